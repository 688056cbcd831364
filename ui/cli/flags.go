package cli

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"botring/fleet"
)

// flags are the global ones. A flag wins over its variable of the environment.
type flags struct {
	json, quiet, noInput bool
	keyring, environment string
	by                   map[string]chooser // by flag; see chosenBy
	dcs, serverKeys      []string
	home, ring           string
	timeout              seconds
	// passphraseFile and credentials say where the passphrase of the encrypted files may be.
	passphraseFile, credentials string
	proxy                       proxyFlags
	botAPI                      string
	insecureBotAPI              bool
	err                         error // a variable that cannot be read
}

// A chooser is what has chosen a setting.
type chooser int

const (
	byDefault chooser = iota
	byFlag
	byVariable
	byConfig
)

// String is the chooser as JSON names it.
func (c chooser) String() string {
	switch c {
	case byDefault:
		return "default"
	case byFlag:
		return "flag"
	case byVariable:
		return "variable"
	case byConfig:
		return "configuration"
	default:
		return fmt.Sprintf("chooser %d", int(c))
	}
}

// The kinds of keyring.
const (
	keyringSystem = "system"
	keyringAge    = "age"    // encrypted files
	keyringMemory = "memory" // forgets
)

// Variables that say where the passphrase of the encrypted files is. None holds the passphrase itself.
const (
	envPassphraseFile = "BOTRING_PASSPHRASE_FILE"
	envCredentials    = "CREDENTIALS_DIRECTORY"
)

func (f *flags) register(set *pflag.FlagSet) {
	set.BoolVar(&f.json, "json", false, "answer with one JSON object on standard output")
	set.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing but results")
	set.BoolVar(&f.noInput, "no-input", false, "never ask; end with code 4 where a secret or an unlocking is needed")
	set.StringVar(&f.keyring, "keyring", "", "the `kind` of keyring: system, age (an encrypted file) or memory [BOTRING_KEYRING]")
	set.StringVar(&f.environment, "environment", "", "the `name` of Telegram's: production, test, or one of your own [BOTRING_ENVIRONMENT]")
	set.StringArrayVar(&f.dcs, "dc", nil, "a data centre of a custom environment, `id=host:port`; repeatable [BOTRING_DC]")
	set.StringArrayVar(&f.serverKeys, "server-key", nil, "a PEM `file` with its RSA public key; repeatable [BOTRING_SERVER_KEY]")
	set.StringVar(&f.home, "home", "", "a `directory` for everything botring writes [BOTRING_HOME]")
	set.StringVar(&f.ring, "ring", "", "the `name` of another set of secrets in the same keyring [BOTRING_RING]")
	f.proxy.register(set)
	set.StringVar(&f.botAPI, "bot-api", "", "the `URL` of the Bot API server asked about tokens, or NAME=URL for one environment [BOTRING_BOT_API]")
	set.BoolVar(&f.insecureBotAPI, "insecure-bot-api", false, "let that server be one without TLS on another machine")
	set.Var(&f.timeout, "timeout", "how `long` one conversation with Telegram may take, such as 45s [BOTRING_TIMEOUT]")
}

// readEnviron fills in what no flag has said, and unsets what it has read.
func (f *flags) readEnviron(environ Environ, set *pflag.FlagSet) {
	for _, v := range []struct {
		name, flag string
		put        func(string) error
	}{
		{"BOTRING_KEYRING", "keyring", func(s string) error { f.keyring = s; return nil }},
		{"BOTRING_ENVIRONMENT", "environment", func(s string) error { f.environment = s; return nil }},
		{"BOTRING_DC", "dc", func(s string) error { f.dcs = split(s, ","); return nil }},
		{"BOTRING_SERVER_KEY", "server-key", func(s string) error { f.serverKeys = split(s, string(filepath.ListSeparator)); return nil }},
		{"BOTRING_HOME", "home", func(s string) error { f.home = s; return nil }},
		{"BOTRING_RING", "ring", func(s string) error { f.ring = s; return nil }},
		{"BOTRING_BOT_API", "bot-api", func(s string) error { f.botAPI = s; return nil }},
		{"BOTRING_TIMEOUT", "timeout", f.timeout.Set},
	} {
		value, ok := environ.Lookup(v.name)
		if !ok {
			continue
		}
		environ.Unset(v.name)
		if value == "" || set.Changed(v.flag) {
			continue
		}
		if err := v.put(value); err != nil && f.err == nil {
			f.err = badValue(v.name, err)
		}
		f.choose(v.flag, byVariable)
	}
	f.proxy.readEnviron(environ)
	if f.proxy.variable != "" {
		f.choose("proxy", byVariable)
	}
	set.Visit(func(flag *pflag.Flag) { f.choose(flag.Name, byFlag) })
	if f.proxy.file != "" {
		f.choose("proxy", byFlag)
	}
	f.passphraseFile, _ = environ.Lookup(envPassphraseFile)
	environ.Unset(envPassphraseFile)
	f.credentials, _ = environ.Lookup(envCredentials) // systemd's, and not ours to take away
}

// choose notes who chose the value of a flag, and chosenBy says who did.
func (f *flags) choose(flag string, by chooser) {
	if f.by == nil {
		f.by = make(map[string]chooser)
	}
	f.by[flag] = by
}

func (f *flags) chosenBy(flag string) chooser { return f.by[flag] }

func split(s, separator string) []string {
	var parts []string
	for part := range strings.SplitSeq(s, separator) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// homeDir is --home as a path that stays what it is, "" where there is none.
func (f *flags) homeDir() (string, error) {
	if f.home == "" {
		return "", nil
	}
	home, err := filepath.Abs(f.home)
	if err != nil {
		return "", badValue("--home", err)
	}
	return home, nil
}

// options are the flags as a fleet takes them.
func (f *flags) options() (fleet.Options, error) {
	if f.err != nil {
		return fleet.Options{}, f.err
	}
	home, err := f.homeDir()
	if err != nil {
		return fleet.Options{}, err
	}
	return fleet.Options{
		Environment: f.environment,
		DCs:         f.dcs,
		ServerKeys:  f.serverKeys,
		Home:        home,
		Ring:        f.ring,
		Keyring:     f.keyring,
		// What forgets its secrets has no use for a list of them.
		Ephemeral:      f.keyring == keyringMemory,
		Timeout:        time.Duration(f.timeout),
		BotAPI:         f.botAPI,
		InsecureBotAPI: f.insecureBotAPI,
		Passphrase:     fleet.Passphrase{File: f.passphraseFile, CredentialsDir: f.credentials},
	}, nil
}

// kind is the keyring as JSON names it.
func (f *flags) kind() string {
	if f.keyring == "" {
		return keyringSystem
	}
	return f.keyring
}

// seconds is a duration that may be written as a bare number of seconds.
type seconds time.Duration

// Set reads "45s", "2m" or "45".
func (s *seconds) Set(text string) error {
	d, err := time.ParseDuration(text)
	if n, numErr := strconv.ParseInt(text, 10, 32); numErr == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || d <= 0 {
		return errNotADuration
	}
	*s = seconds(d)
	return nil
}

// String is the duration, "" where none was given.
func (s *seconds) String() string {
	if *s == 0 {
		return ""
	}
	return time.Duration(*s).String()
}

// Type names the value in help.
func (s *seconds) Type() string { return "duration" }
