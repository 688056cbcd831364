package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/BurntSushi/toml"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/ui"
)

// maxConfig bounds what is read of a configuration, in bytes.
const maxConfig = 1 << 20

// A config is what a configuration says. Where it says nothing of something, that is zero.
type config struct {
	dir                string // where it is, which relative names of files in it begin at
	keyring            string
	environment        string
	environments       []fleet.CustomEnvironment
	timeout, clipboard time.Duration
	watch              time.Duration // 0 where the screens are not to watch
	concurrency        int
	theme              ui.Theme
	proxy              string // the name of the one in use
	proxies            []fleet.Proxy
	botAPI             string
	// values are all that it says, by key.
	values map[string]any
	// unknown are keys that mean nothing.
	unknown []string
}

// A configError is a configuration that cannot be used. The file is left as it is.
type configError struct {
	path string
	key  string // "" where none is to blame
	line int    // 0 where none is to blame
	like string // a line as it should be, the keyring's when empty
	err  error
}

func (e *configError) Error() string { return "configuration: " + e.err.Error() }

func (e *configError) Unwrap() error { return e.err }

var errConfigSyntax = errors.New("it is no TOML")

// configPath is where the configuration is: --home, or the operating system's usual place.
func (s *shell) configPath() (string, error) {
	home, err := s.flags.homeDir()
	if err != nil {
		return "", err
	}
	if home != "" {
		return filepath.Join(home, "config.toml"), nil
	}
	// Relative paths in it are to be ignored, says the XDG specification.
	dir, _ := s.Environ.Lookup("XDG_CONFIG_HOME")
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		dir, err = os.UserConfigDir()
	} else if !filepath.IsAbs(dir) {
		dir, err = os.UserHomeDir()
		dir = filepath.Join(dir, ".config")
	}
	return filepath.Join(dir, "botring", "config.toml"), err
}

// readConfig fills in what neither a flag nor a variable has said.
func (s *shell) readConfig() error {
	read, path, err := s.loadConfig()
	if err != nil {
		return tellConfig(err)
	}
	for _, name := range read.unknown {
		s.warning = fmt.Sprintf("The key %s in %s means nothing to botring.", quote(name), fault.Clean(fleet.Place(path)))
		s.note("%s", s.warning)
	}
	s.obey(read)
	return nil
}

// obey has a configuration say what neither a flag nor a variable has said.
func (s *shell) obey(read config) {
	s.config = read
	for _, key := range configKeys() {
		if key.put == nil {
			continue
		}
		switch by := s.flags.chosenBy(key.flag); {
		case by == byFlag, by == byVariable:
		case read.says(key.name):
			key.put(&s.flags, read)
			s.flags.choose(key.flag, byConfig)
		case by == byConfig: // it said so before
			key.put(&s.flags, read)
			s.flags.choose(key.flag, byDefault)
		}
	}
}

// says reports whether a configuration says something of a key.
func (c config) says(key string) bool {
	_, ok := c.values[key]
	return ok
}

// chosenBy says who chose what is in force for a key, and in words.
func (s *shell) chosenBy(key configKey) (by chooser, from string) {
	if key.flag != "" {
		by = s.flags.chosenBy(key.flag)
	} else if value, _ := s.Environ.Lookup(key.variable); value != "" {
		by = byVariable
	}
	switch {
	case by == byFlag:
		return by, "--" + key.flag
	case by == byVariable:
		return by, key.variable
	case s.config.says(key.name):
		return byConfig, "the configuration"
	case key.lastly != nil && key.lastly(s) != "":
		return byVariable, key.lastly(s)
	}
	return byDefault, "default"
}

// loadConfig reads the configuration and says where it is. Where there is no home there is no configuration
// either, and no path.
func (s *shell) loadConfig() (read config, path string, err error) {
	if path, err = s.configPath(); err != nil {
		return config{}, "", nil //nolint:nilerr // whoever needs a place to write will say that there is none
	}
	content, err := readConfigFile(path)
	if err != nil {
		return config{}, path, err
	}
	read, err = parseConfig(path, content)
	return read, path, err
}

// readConfigFile reads a configuration, which is empty where there is none.
func readConfigFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return nil, nil // that its directory is none is told by what needs one
	case err != nil:
		return nil, &configError{path: path, err: err}
	case !info.Mode().IsRegular(), info.Size() > maxConfig:
		return nil, &configError{path: path, err: errors.New("it is no plain file, or a very large one")}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, &configError{path: path, err: err}
	}
	return content, nil
}

// parseConfig reads the text of a configuration. The first value that cannot be used is the error.
func parseConfig(path string, content []byte) (config, error) {
	read, wrong := readAllOf(path, content)
	if len(wrong) > 0 {
		return config{unknown: read.unknown}, wrong[0]
	}
	return read, nil
}

// readAllOf reads the text of a configuration, and says of everything in it what cannot be used.
func readAllOf(path string, content []byte) (read config, wrong []*configError) {
	read.dir = filepath.Dir(path)
	meta, err := toml.Decode(string(content), &read.values)
	var syntax toml.ParseError
	switch {
	case errors.As(err, &syntax):
		// The parser's own words may quote the line, and nobody knows what stands there.
		return read, []*configError{{path: path, line: syntax.Position.Line, err: errConfigSyntax}}
	case err != nil:
		return read, []*configError{{path: path, err: errConfigSyntax}}
	}
	keys := configKeys()
	for _, name := range meta.Keys() {
		if len(name) == 1 && !slices.ContainsFunc(keys, func(key configKey) bool { return key.name == name[0] }) {
			read.unknown = append(read.unknown, name.String())
		}
	}
	for _, key := range keys {
		if !read.says(key.name) {
			continue
		}
		if err := key.read(&read, read.values[key.name]); err != nil {
			bad := &configError{path: path, key: key.name, line: lineOf(key.name, content), like: key.like, err: err}
			var proxy *proxyLineError
			if errors.As(err, &proxy) {
				bad.line, bad.like = lineOfProxy(proxy, content), likeProxyURL
			}
			wrong = append(wrong, bad)
		}
	}
	if len(wrong) == 0 && !read.knowsProxy() {
		wrong = append(wrong, &configError{path: path, key: configProxy, line: lineOf(configProxy, content), like: likeOf(configProxy), err: errConfigProxy})
	}
	return read, wrong
}

// keyLine finds a key where it is written as everybody writes it.
func keyLine(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*` + regexp.QuoteMeta(name) + `[ \t]*=[^\r\n]*`)
}

// lineOf is the number of the line of a key or table, 0 where it is not found.
func lineOf(name string, content []byte) int {
	at := keyLine(name).FindIndex(content)
	if at == nil {
		at = regexp.MustCompile(`(?m)^[ \t]*\[+[ \t]*` + regexp.QuoteMeta(name) + `[ \t]*[\].]`).FindIndex(content)
	}
	if at == nil {
		return 0
	}
	return 1 + bytes.Count(content[:at[0]], []byte("\n"))
}

// tellConfig puts an unusable configuration into words.
func tellConfig(err error) error {
	var bad *configError
	if !errors.As(err, &bad) {
		return err
	}
	where := fault.Clean(fleet.Place(bad.path))
	if bad.line > 0 {
		where += fmt.Sprintf(", line %d", bad.line)
	}
	var path *fs.PathError
	why := bad.err.Error()
	if errors.As(bad.err, &path) {
		why = path.Err.Error()
	}
	return &usageError{fault.Fault{
		Kind:     "configuration",
		What:     "The configuration cannot be used: " + where + ".",
		Why:      sentence(why),
		Next:     "Mend it or remove it. A line of it looks like this: " + cmp.Or(bad.like, `keyring = "age"`) + ".",
		NotSaved: "The file was not touched.",
	}, exitUsage}
}
