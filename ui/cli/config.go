package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
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

// rememberKeyring writes the kind of keyring that the user chose into the configuration.
func (s *shell) rememberKeyring(kind string) error {
	return s.configure(configKeyring, strconv.Quote(kind))
}

// configure writes what a key is to be into the configuration, as it stands there, or takes the key out where that is
// "".
func (s *shell) configure(name, value string) error {
	wanted, err := config{}, error(nil)
	if value != "" {
		// Whether there is such a proxy is seen in the whole.
		if wanted, err = parseConfig("config.toml", fmt.Appendf(nil, "%s = %s", name, value)); errors.Is(err, errConfigProxy) {
			wanted, _ = readAllOf("config.toml", fmt.Appendf(nil, "%s = %s", name, value))
			err = nil
		}
	}
	if err != nil {
		return refusedSetting(name, err)
	}
	return s.rewriteConfig([]string{name}, func(before []byte, was config) []byte {
		if reflect.DeepEqual(was.values[name], wanted.values[name]) {
			return before
		}
		return withKey(before, was.says(name), name, value)
	}, func(is config) bool { return reflect.DeepEqual(is.values[name], wanted.values[name]) })
}

// rewriteConfig changes some keys of the configuration, and leaves the rest of the file as it is. want is what it must
// then say.
func (s *shell) rewriteConfig(keys []string, change func([]byte, config) []byte, want func(config) bool) error {
	path, err := s.configPath()
	if err != nil {
		return tellConfig(&configError{path: "config.toml", err: err})
	}
	// Some keep their configurations elsewhere, behind links.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	before, err := readConfigFile(path)
	if err != nil {
		return tellConfig(err)
	}
	was, wrong := readAllOf(path, before)
	for _, w := range wrong {
		if !slices.Contains(keys, w.key) { // those are being mended
			return tellConfig(w)
		}
	}
	after := change(before, was)
	if bytes.Equal(before, after) {
		return nil
	}
	is, err := parseConfig(path, after)
	switch {
	case errors.Is(err, errConfigProxy):
		return refusedSetting(configProxy, err)
	case err != nil, !want(is), !is.sameBut(was, keys):
		// They are there in a way of writing that is not understood here.
		return tellConfig(&configError{path: path, key: keys[0], line: lineOf(keys[0], before), like: likeOf(keys[0]), err: errConfigWriting})
	}
	if err := replaceFile(path, after); err != nil {
		return tellConfig(&configError{path: path, err: err})
	}
	return nil
}

// refusedSetting says what is wrong with a value that somebody wanted to write.
func refusedSetting(name string, err error) error {
	why := errors.New(name + " cannot be that")
	var bad *configError
	if errors.As(err, &bad) && bad.key == name {
		why = bad.err
	}
	return usage(sentence(why.Error()), "It looks like this: "+likeOf(name)+". Nothing was written.")
}

// errConfigWriting is a key in a way of writing in which it cannot be changed.
var errConfigWriting = errors.New("the key is written in a way that botring does not change")

// likeOf is a line of a key as it should be.
func likeOf(name string) string {
	for _, key := range configKeys() {
		if key.name == name {
			return key.like
		}
	}
	return ""
}

// sameBut reports whether two configurations differ in these keys at most.
func (c config) sameBut(other config, keys []string) bool {
	mine, others := maps.Clone(c.values), maps.Clone(other.values)
	for _, key := range keys {
		delete(mine, key)
		delete(others, key)
	}
	return len(mine) == len(others) && (len(mine) == 0 || reflect.DeepEqual(mine, others))
}

// withKey puts a key into a configuration: in the place of the one that is there, else on top, since what follows a
// table belongs to it. With a value of "" it takes the line out.
func withKey(content []byte, there bool, name, value string) []byte {
	line := fmt.Appendf(nil, "%s = %s", name, value)
	if at := keyLine(name).FindIndex(content); there && at != nil {
		if value == "" {
			end := at[1]
			if rest := content[end:]; bytes.HasPrefix(rest, []byte("\r\n")) {
				end += 2
			} else if len(rest) > 0 {
				end++
			}
			return slices.Concat(content[:at[0]], content[end:])
		}
		return slices.Concat(content[:at[0]], line, content[at[1]:])
	}
	if value == "" {
		return content
	}
	if len(content) == 0 {
		line = slices.Concat([]byte("# What botring does otherwise than usual. \"botring config show\" tells what can stand here.\n"), line)
	}
	return slices.Concat(line, []byte("\n"), content)
}

// replaceFile puts content in the place of a file, whole or not at all.
func replaceFile(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".config-*.toml") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(content)
	if syncErr := f.Sync(); err == nil {
		err = syncErr
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
