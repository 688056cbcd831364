package cli

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
)

// rememberKeyring writes the kind of keyring that the user chose into the configuration.
func (s *shell) rememberKeyring(kind string) error {
	return s.configure(configKeyring, strconv.Quote(kind))
}

// configure writes what a key is to be into the configuration, as it stands there, or takes the key out where that is
// "".
func (s *shell) configure(name, value string) error {
	var wanted config
	if value != "" {
		var wrong []*configError
		wanted, wrong = readAllOf("config.toml", fmt.Appendf(nil, "%s = %s", name, value))
		if len(wrong) > 0 && !errors.Is(wrong[0], errConfigProxy) { // whether there is such a proxy is seen in the whole
			return refusedSetting(name, wrong[0])
		}
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
