package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
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
		Short: "See and change what is configured",
		Long: "The configuration is config.toml; docs/CONFIG.md tells of every key. None is needed: without one everything is as " +
			"usual. A flag wins over its variable, and that over the configuration.",
		Example: `  botring config show
  botring config check`,
		Args: noCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("What about the configuration?", "The forms are: botring config show, path, check, set, unset.")
		},
	}
	cmd.AddCommand(newConfigShow(s), newConfigPath(s), newConfigCheck(s), newConfigSet(s), newConfigUnset(s))
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
		by, from := s.chosenBy(key)
		object.Keys = append(object.Keys, configKeyJSON{Key: key.name, Value: key.value(s), From: by.String()})
		t.add(key.name, key.value(s), from)
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

func newConfigSet(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "set KEY VALUE",
		Short: "Write a setting into the configuration",
		Long: "Writes a key of the configuration, and leaves the rest of the file as it is. A value that cannot be used is " +
			"refused, and nothing is written.",
		Example: `  botring config set watch 1h
  botring config set theme light`,
		Args: args(2, 2, "KEY VALUE"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := s.set(args[0], args[1]); err != nil {
				return err
			}
			return s.tellSet(args[0])
		},
	}
}

func newConfigUnset(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "unset KEY",
		Short: "Take a setting out of the configuration",
		Long:  "Takes a key out of the configuration, so that it is as usual again, and leaves the rest of the file as it is.",
		Example: `  botring config unset watch
  botring config unset theme --json`,
		Args: args(1, 1, "KEY"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := s.set(args[0], ""); err != nil {
				return err
			}
			return s.tellSet(args[0])
		},
	}
}

// set writes what somebody has typed for a key, "" for nothing, and obeys it.
func (s *shell) set(name, typed string) error {
	if !slices.ContainsFunc(configKeys(), func(key configKey) bool { return key.name == name }) {
		return usage("The key "+quote(name)+" means nothing to botring.", keysThere())
	}
	value := typed
	if _, err := strconv.ParseInt(typed, 10, 64); err != nil && typed != "" && !strings.HasPrefix(typed, `"`) {
		value = strconv.Quote(typed)
	}
	if err := s.configure(name, value); err != nil {
		return err
	}
	read, _, err := s.loadConfig()
	if err != nil {
		return tellConfig(err)
	}
	s.obey(read)
	return nil
}

// tellSet says what a key is now, and what wins over it.
func (s *shell) tellSet(name string) error {
	where, err := s.whereConfig()
	if err != nil {
		return err
	}
	object := configShowObject{configPathObject: where}
	for _, key := range configKeys() {
		if key.name != name {
			continue
		}
		by, from := s.chosenBy(key)
		object.Keys = []configKeyJSON{{Key: key.name, Value: key.value(s), From: by.String()}}
		if by == byFlag || by == byVariable {
			s.note("%s wins over the configuration.", from)
		}
	}
	return s.answer(object, func(w io.Writer) { fmt.Fprintf(w, "%s = %s\n", name, object.Keys[0].Value) })
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
