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
)

// The keys of the configuration.
const (
	configKeyring     = "keyring"     // the kind of keyring that was chosen
	configWatch       = "watch"       // how often the screens check all bots by themselves
	configConcurrency = "concurrency" // how many conversations with Telegram are held at a time
)

// maxConfig bounds what is read of a configuration, in bytes.
const maxConfig = 1 << 20

// A config is what a configuration says.
type config struct {
	keyring string
	// watch is 0 where the screens are not to watch; concurrency where nothing is said.
	watch       time.Duration
	concurrency int
	// proxy is the name of the one in use, "" where nothing is said.
	proxy   string
	proxies []fleet.Proxy
	// unknown are keys that mean nothing.
	unknown []string
}

// A configError is a configuration that cannot be used. The file is left as it is.
type configError struct {
	path string
	line int    // 0 where none is to blame
	like string // a line as it should be, the keyring's when empty
	err  error
}

func (e *configError) Error() string { return "configuration: " + e.err.Error() }

func (e *configError) Unwrap() error { return e.err }

var (
	errConfigSyntax  = errors.New("it is no TOML")
	errConfigKeyring = errors.New(`keyring is "system", "age" or "memory"`)

	errConfigWatch       = errors.New(`watch is "off", or how often all bots are checked, such as "1h" or "90m"`)
	errConfigWatchShort  = errors.New(`watch is an hour at least, since Telegram need not be asked more often: "1h"`)
	errConfigWatchLong   = errors.New(`watch is 30 days at most: "720h"`)
	errConfigConcurrency = fmt.Errorf("concurrency is a number from 1 to %d", maxConcurrency)
)

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
	s.config = read
	if s.flags.keyring == "" && read.keyring != "" {
		s.flags.keyring, s.flags.keyringBy = read.keyring, byConfig
	}
	return nil
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

// parseConfig reads the text of a configuration.
func parseConfig(path string, content []byte) (config, error) {
	var read config
	values := map[string]any{}
	meta, err := toml.Decode(string(content), &values)
	var syntax toml.ParseError
	switch {
	case errors.As(err, &syntax):
		// The parser's own words may quote the line, and nobody knows what stands there.
		return read, &configError{path: path, line: syntax.Position.Line, err: errConfigSyntax}
	case err != nil:
		return read, &configError{path: path, err: errConfigSyntax}
	}
	for _, name := range meta.Keys() {
		if len(name) == 1 && !slices.Contains([]string{configKeyring, configWatch, configConcurrency, configProxy, configProxies}, name[0]) {
			read.unknown = append(read.unknown, name.String())
		}
	}
	for _, key := range []struct {
		name, like string
		read       func(any) error
	}{
		{configKeyring, `keyring = "age"`, read.setKeyring},
		{configWatch, `watch = "1h"`, read.setWatch},
		{configConcurrency, "concurrency = 8", read.setConcurrency},
		{configProxy, `proxy = "office"`, read.setProxy},
		{configProxies, `url = "socks5://127.0.0.1:1080"`, read.setProxies},
	} {
		value, set := values[key.name]
		if !set {
			continue
		}
		if err := key.read(value); err != nil {
			bad := &configError{path: path, line: lineOf(key.name, content), like: key.like, err: err}
			var proxy *proxyLineError
			if errors.As(err, &proxy) {
				bad.line = lineOfProxy(proxy, content)
			}
			return config{unknown: read.unknown}, bad
		}
	}
	if !read.knowsProxy() {
		return config{unknown: read.unknown}, &configError{path: path, line: lineOf(configProxy, content), like: `proxy = "none"`, err: errConfigProxy}
	}
	return read, nil
}

// keyLine finds a key where it is written as everybody writes it.
func keyLine(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*` + regexp.QuoteMeta(name) + `[ \t]*=[^\r\n]*`)
}

// lineOf is the number of a key's line, 0 where it is not found.
func lineOf(name string, content []byte) int {
	at := keyLine(name).FindIndex(content)
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

// rememberKeyring writes the kind of keyring that the user chose into the configuration, and leaves the
// rest of it as it is.
func (s *shell) rememberKeyring(kind string) error {
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
	was, err := parseConfig(path, before)
	if err != nil {
		return tellConfig(err)
	}
	if was.keyring == kind {
		return nil
	}
	after := withKeyring(before, was.keyring, kind)
	if is, err := parseConfig(path, after); err != nil || is.keyring != kind || !is.sameRest(was) {
		// The key is there in a way of writing that is not understood here.
		return tellConfig(&configError{path: path, err: errConfigKeyring})
	}
	if err := replaceFile(path, after); err != nil {
		return tellConfig(&configError{path: path, err: err})
	}
	return nil
}

// sameRest reports whether two configurations differ in the keyring at most.
func (c config) sameRest(other config) bool {
	return c.sameButProxies(other) && c.proxy == other.proxy && slices.Equal(c.proxies, other.proxies)
}

// sameButProxies reports whether two configurations differ in the keyring and proxies at most.
func (c config) sameButProxies(other config) bool {
	return c.watch == other.watch && c.concurrency == other.concurrency && slices.Equal(c.unknown, other.unknown)
}

// withKeyring puts the key into a configuration: in the place of the one that is there, else on top, since
// what follows a table belongs to it.
func withKeyring(content []byte, was, kind string) []byte {
	line := fmt.Appendf(nil, "%s = %q", configKeyring, kind)
	if at := keyLine(configKeyring).FindIndex(content); was != "" && at != nil {
		return slices.Concat(content[:at[0]], line, content[at[1]:])
	}
	if len(content) == 0 {
		line = slices.Concat([]byte("# Where botring keeps secrets: \"system\", \"age\" (an encrypted file) or \"memory\".\n"), line)
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
