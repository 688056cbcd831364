package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
)

type (
	configPathObject struct {
		header
		Path string `json:"path"`
		// Exists: there is a file. None is needed.
		Exists bool `json:"exists"`
	}
	configShowObject struct {
		configPathObject
		Keys []configKeyJSON `json:"keys"`
	}
	configKeyJSON struct {
		Key string `json:"key"`
		// Value is what is in force, as the configuration would write it.
		Value string `json:"value"`
		// From is "flag", "variable", "configuration" or "default".
		From string `json:"from"`
	}
	configCheckObject struct {
		configPathObject
		Findings []configFindingJSON `json:"findings"`
	}
	configFindingJSON struct {
		// Key is "" and Line 0 where none is to blame.
		Key     string `json:"key"`
		Line    int    `json:"line"`
		Message string `json:"message"`
		Hint    string `json:"hint"`
	}
)

func newConfig(s *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "What is configured, where, and whether it is right",
		Long: "The configuration is config.toml; docs/CONFIG.md tells of every key. None is needed: without one everything is as " +
			"usual. A flag wins over its variable, and that over the configuration.",
		Example: `  botring config show
  botring config check`,
		Args: noCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("What about the configuration?", "The forms are: botring config show, path, check.")
		},
	}
	cmd.AddCommand(newConfigShow(s), newConfigPath(s), newConfigCheck(s))
	return cmd
}

func newConfigShow(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show every setting, and where it comes from",
		Long: "Shows every key of the configuration, what is in force for it, and where that comes from: a flag, a variable, the " +
			"configuration, or nobody.",
		Example: `  botring config show
  botring config show --json`,
		Args: args(0, 0, ""),
		RunE: func(*cobra.Command, []string) error { return s.showConfig() },
	}
}

func (s *shell) showConfig() error {
	if s.flags.err != nil {
		return s.flags.err
	}
	where, err := s.whereConfig()
	if err != nil {
		return err
	}
	if err := s.readConfig(); err != nil {
		return err
	}
	object := configShowObject{configPathObject: where}
	t := newTable("KEY", "VALUE", "FROM")
	for _, key := range configKeys() {
		by := s.chosenBy(key)
		object.Keys = append(object.Keys, configKeyJSON{Key: key.name, Value: key.value(s), From: by.String()})
		t.add(key.name, key.value(s), key.from(by))
	}
	return s.answer(object, func(w io.Writer) {
		t.write(w)
		if where.Exists {
			s.note("The configuration is %s.", s.configPlace())
		} else {
			s.note("There is no configuration. It would be %s.", s.configPlace())
		}
	})
}

// from says in a word who chose a value.
func (k configKey) from(by chooser) string {
	switch by {
	case byFlag:
		return "--" + k.flag
	case byVariable:
		return k.variable
	case byConfig:
		return "the configuration"
	case byDefault:
	}
	return "default"
}

func newConfigPath(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "path",
		Short: "Say where the configuration is, or would be",
		Long:  "Says where the configuration is, or would be where there is none.",
		Example: `  botring config path
  $EDITOR "$(botring config path)"`,
		Args: args(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			where, err := s.whereConfig()
			if err != nil {
				return err
			}
			return s.answer(where, func(w io.Writer) { fmt.Fprintln(w, where.Path) })
		},
	}
}

// whereConfig says where the configuration is.
func (s *shell) whereConfig() (configPathObject, error) {
	path, err := s.configPath()
	if err != nil {
		return configPathObject{}, tellConfig(&configError{path: "config.toml", err: err})
	}
	return configPathObject{Path: path, Exists: exists(path)}, nil
}

func newConfigCheck(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Find what is wrong with the configuration",
		Long: "Looks for values that cannot be used, with which nothing else starts, and for keys that mean nothing, and tells them " +
			"with their lines. The exit code is 3 where there are some.",
		Example: `  botring config check
  botring config check --home /srv/bots --json`,
		Args: args(0, 0, ""),
		RunE: func(*cobra.Command, []string) error { return s.checkConfig() },
	}
}

func (s *shell) checkConfig() error {
	where, err := s.whereConfig()
	if err != nil {
		return err
	}
	content, err := readConfigFile(where.Path)
	var unread *configError
	if err != nil && !errors.As(err, &unread) {
		return err
	}
	object := configCheckObject{configPathObject: where, Findings: []configFindingJSON{}}
	add := func(wrong *configError) {
		f := words(tellConfig(wrong))
		object.Findings = append(object.Findings, configFindingJSON{Key: wrong.key, Line: wrong.line, Message: f.Why, Hint: f.Next})
	}
	var read config
	if unread != nil {
		add(unread)
	} else {
		var wrong []*configError
		read, wrong = readAllOf(where.Path, content)
		for _, w := range wrong {
			add(w)
		}
	}
	for _, name := range read.unknown {
		object.Findings = append(object.Findings, configFindingJSON{
			Key: fault.Clean(name), Line: lineOf(name, content), Message: "The key " + quote(name) + " means nothing to botring.", Hint: keysThere(),
		})
	}
	if err := s.answer(object, func(w io.Writer) { s.writeConfigCheck(w, object) }); err != nil {
		return err
	}
	if len(object.Findings) > 0 {
		return verdict(exitNotOK)
	}
	return nil
}

func (s *shell) writeConfigCheck(w io.Writer, object configCheckObject) {
	place := fault.Clean(fleet.Place(object.Path))
	switch {
	case len(object.Findings) == 0 && !object.Exists:
		s.say("There is no %s, and none is needed.", place)
	case len(object.Findings) == 0:
		s.say("All is well in %s.", place)
	}
	for _, f := range object.Findings {
		at := place
		if f.Line > 0 {
			at = fmt.Sprintf("%s, line %d", place, f.Line)
		}
		fmt.Fprintf(w, "%s: %s\n", at, f.Message)
		if f.Hint != "" {
			fmt.Fprintf(w, "  %s\n", f.Hint)
		}
	}
}

// keysThere names the keys that there are.
func keysThere() string {
	var names []string
	for _, key := range configKeys() {
		names = append(names, key.name)
	}
	return "The keys are " + strings.Join(names, ", ") + "."
}
