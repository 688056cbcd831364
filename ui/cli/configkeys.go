package cli

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"botring/fleet"
	"botring/ui"
)

// A configKey is a key of the configuration. A new one is added to configKeys, and to docs/CONFIG.md.
type configKey struct {
	name string
	// like is a line of it as it should be.
	like string
	// flag and variable win over it, "" where there is none.
	flag, variable string
	// read keeps what a configuration says.
	read func(*config, any) error
	// put has the flag say what the configuration does. nil where there is no flag.
	put func(*flags, config)
	// value is what is in force, as a configuration would write it.
	value func(*shell) string
	// lastly is the variable that says it where nobody else does, "" for none. nil where there is none.
	lastly func(*shell) string
	// says is what it decides, in a line for the screens; "" where these do not change it. choices are all values
	// where these can be counted, else nil.
	says    string
	choices func(config) []string
}

// The keys that others ask about by name.
const (
	configKeyring      = "keyring"
	configTheme        = "theme"
	configEnvironment  = "environment"
	configEnvironments = "environments"
)

// configKeys are all keys.
func configKeys() []configKey {
	return []configKey{
		{
			name: configKeyring, like: `keyring = "age"`, flag: "keyring", variable: "BOTRING_KEYRING",
			read: (*config).setKeyring, put: func(f *flags, c config) { f.keyring = c.keyring },
			value: func(s *shell) string { return strconv.Quote(s.flags.kind()) },
			says:  `Where secrets are kept. The Keyring screen has the keys that move them.`,
		},
		{
			name: configEnvironment, like: `environment = "test"`, flag: "environment", variable: "BOTRING_ENVIRONMENT",
			read: (*config).setEnvironment, put: func(f *flags, c config) { f.environment = c.environment },
			value:   func(s *shell) string { return strconv.Quote(cmp.Or(s.flags.environment, telegramsOwn[0])) },
			says:    "Where new bots go: production, test, or an environment that is configured.",
			choices: func(c config) []string { return c.allEnvironments() },
		},
		{
			name: configEnvironments, like: `environments = { lab = { dcs = ["2=10.0.0.2:443"], server_keys = ["lab.pem"] } }`,
			read: (*config).setEnvironments,
			value: func(s *shell) string {
				return strings.Join(s.config.allEnvironments(), ", ")
			},
		},
		{
			name: "timeout", like: `timeout = "45s"`, flag: "timeout", variable: "BOTRING_TIMEOUT",
			read: (*config).setTimeout, put: func(f *flags, c config) { f.timeout = seconds(c.timeout) },
			value: func(s *shell) string { return span(time.Duration(s.flags.timeout), fleet.DefaultTimeout) },
			says:  `How long one conversation with Telegram may take: 1s to 10m.`,
		},
		{
			name: "concurrency", like: "concurrency = 8", read: (*config).setConcurrency,
			value: func(s *shell) string {
				if s.config.concurrency == 0 {
					return strconv.Itoa(fleet.AtOnce)
				}
				return strconv.Itoa(s.config.concurrency)
			},
			says: fmt.Sprintf("How many conversations with Telegram are held at a time: 1 to %d.", maxConcurrency),
		},
		{
			name: "watch", like: `watch = "1h"`, read: (*config).setWatch,
			value: func(s *shell) string {
				if s.config.watch == 0 {
					return `"off"`
				}
				return span(s.config.watch, 0)
			},
			says: "How often the screens check all bots by themselves: 1h to 720h, or off.",
		},
		{
			name: configProxy, like: `proxy = "none"`, flag: "proxy", variable: envProxy,
			read: (*config).setProxy, value: (*shell).proxyInForce,
			lastly:  func(s *shell) string { return s.flags.proxy.lastly() },
			says:    "What Telegram is reached through: a proxy that has a name, or none.",
			choices: config.proxyNames,
		},
		{
			name: configProxies, like: `proxies = { office = { url = "socks5://127.0.0.1:1080" } }`, read: (*config).setProxies,
			value: func(s *shell) string { return strings.Join(s.config.proxyNames(), ", ") },
		},
		{
			name: "bot_api", like: `bot_api = "http://127.0.0.1:8081"`, flag: "bot-api", variable: "BOTRING_BOT_API",
			read: (*config).setBotAPI, put: func(f *flags, c config) { f.botAPI = c.botAPI },
			value: func(s *shell) string { return strconv.Quote(cmp.Or(s.flags.botAPI, usualBotAPI)) },
			says:  "Which Bot API server is asked whether tokens work: a URL, or NAME=URL for one environment.",
		},
		{
			name: configTheme, like: `theme = "light"`, variable: "NO_COLOR", read: (*config).setTheme,
			value:   func(s *shell) string { return strconv.Quote(s.theme().String()) },
			says:    `What the screens are drawn for. "auto" asks the terminal for its background; "none" is without colours.`,
			choices: func(config) []string { return []string{"auto", "dark", "light", "none"} },
		},
		{
			name: "clipboard", like: `clipboard = "45s"`, read: (*config).setClipboard,
			value: func(s *shell) string { return span(s.config.clipboard, ui.ClearAfter) },
			says:  `How long a copied secret stays in a clipboard that can be cleared: 5s to 10m.`,
		},
	}
}

// span is a duration as a configuration would write it, the usual one where none was chosen.
func span(chosen, usual time.Duration) string {
	if chosen == 0 {
		chosen = usual
	}
	text := chosen.String() // 1h0m0s
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return strconv.Quote(text)
}

// telegramsOwn are the environments that are known by themselves, the usual one first.
var telegramsOwn = []string{"production", "test"}

var (
	errConfigEnvironment  = errors.New(`environment is "production", "test", or the name of one that is configured`)
	errConfigEnvironments = errors.New(`environments have a name of a-z, 0-9 and -, dcs = ["ID=HOST:PORT"] and server_keys = ["FILE.pem"]`)
	errConfigKeyring      = errors.New(`keyring is "system", "age" or "memory"`)
	errConfigTimeout      = fmt.Errorf(`timeout is how long one conversation with Telegram may take, from %s to %s`, span(leastTimeout, 0), span(mostTimeout, 0))
	errConfigConcurrency  = fmt.Errorf("concurrency is a number from 1 to %d", maxConcurrency)
	errConfigWatch        = errors.New(`watch is "off", or how often all bots are checked, such as "1h" or "90m"`)
	errConfigWatchShort   = errors.New(`watch is an hour at least, since Telegram need not be asked more often: "1h"`)
	errConfigWatchLong    = errors.New(`watch is 30 days at most: "720h"`)
	errConfigTheme        = errors.New(`theme is "auto", "dark", "light" or "none"`)
	errConfigBotAPI       = errors.New("the Bot API server is https://HOST, http:// on this computer alone, or NAME=URL for one environment; several with commas between")
	errConfigClipboard    = fmt.Errorf(`clipboard is how long a copied secret stays there, from %s to %s`, span(leastClipboard, 0), span(mostClipboard, 0))
)

// setKeyring reads the kind of keyring.
func (c *config) setKeyring(value any) error {
	kind, _ := value.(string)
	if !slices.Contains([]string{keyringSystem, keyringAge, keyringMemory}, kind) {
		return errConfigKeyring
	}
	c.keyring = kind
	return nil
}

// setEnvironment reads where new bots go. Whether there is such an environment is found out by who opens it.
func (c *config) setEnvironment(value any) error {
	name, ok := value.(string)
	if !ok || name == "" {
		return errConfigEnvironment
	}
	c.environment = name
	return nil
}

// allEnvironments are the names of those that are known.
func (c config) allEnvironments() []string {
	names := slices.Clone(telegramsOwn)
	for _, custom := range c.environments {
		names = append(names, custom.Name)
	}
	return names
}

// setEnvironments reads the environments of somebody's own, in the order of their names.
func (c *config) setEnvironments(value any) error {
	tables, ok := value.(map[string]any)
	if !ok {
		return errConfigEnvironments
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		table, ok := tables[name].(map[string]any)
		dcs, isList := textsOf(table["dcs"])
		keys, areFiles := textsOf(table["server_keys"])
		if !ok || !isList || !areFiles || len(table) != 2 || slices.Contains(telegramsOwn, name) {
			return errConfigEnvironments
		}
		for i, key := range keys {
			if !filepath.IsAbs(key) {
				keys[i] = filepath.Join(c.dir, key)
			}
		}
		c.environments = append(c.environments, fleet.CustomEnvironment{Name: name, DCs: dcs, ServerKeys: keys})
	}
	return nil
}

// textsOf reads a list of texts, which is not empty.
func textsOf(value any) (texts []string, ok bool) {
	list, ok := value.([]any)
	for _, each := range list {
		text, isText := each.(string)
		ok = ok && isText
		texts = append(texts, text)
	}
	return texts, ok && len(list) > 0
}

// usualBotAPI is the server that is asked where nobody has chosen one.
const usualBotAPI = "https://api.telegram.org"

// setBotAPI reads which Bot API servers are asked. Nothing in a configuration takes tokens elsewhere without TLS.
func (c *config) setBotAPI(value any) error {
	text, ok := value.(string)
	if !ok || fleet.Trim(text) == "" || fleet.CheckBotAPI(text) != nil {
		return errConfigBotAPI
	}
	c.botAPI = text
	return nil
}

// setWatch reads "off", 0 or a duration such as "1h".
func (c *config) setWatch(value any) error {
	text, isText := value.(string)
	if text == "off" || value == int64(0) {
		return nil
	}
	every, err := time.ParseDuration(text)
	switch {
	case !isText || err != nil || every < 0:
		return errConfigWatch
	case every == 0:
		return nil
	case every < fleet.LeastWatch:
		return errConfigWatchShort
	case every > fleet.MostWatch:
		return errConfigWatchLong
	}
	c.watch = every
	return nil
}

// maxConcurrency bounds what one computer asks of Telegram at a time.
const maxConcurrency = 64

// setConcurrency reads a number of conversations.
func (c *config) setConcurrency(value any) error {
	n, ok := value.(int64)
	if !ok || n < 1 || n > maxConcurrency {
		return errConfigConcurrency
	}
	c.concurrency = int(n)
	return nil
}

// What is asked for for ever is not asked for by mistake.
const (
	leastTimeout, mostTimeout     = time.Second, 10 * time.Minute
	leastClipboard, mostClipboard = 5 * time.Second, 10 * time.Minute
)

// setTimeout reads how long a conversation may take.
func (c *config) setTimeout(value any) (err error) {
	c.timeout, err = within(value, leastTimeout, mostTimeout, errConfigTimeout)
	return err
}

// setClipboard reads how long a secret stays in the clipboard.
func (c *config) setClipboard(value any) (err error) {
	c.clipboard, err = within(value, leastClipboard, mostClipboard, errConfigClipboard)
	return err
}

// within reads a duration, as text or as a number of seconds; anything else is wrong.
func within(value any, least, most time.Duration, wrong error) (time.Duration, error) {
	var d seconds
	switch value := value.(type) {
	case string:
		if d.Set(value) != nil {
			return 0, wrong
		}
	case int64:
		if value < 0 || value > int64(most/time.Second) {
			return 0, wrong
		}
		d = seconds(time.Duration(value) * time.Second)
	default:
		return 0, wrong
	}
	if time.Duration(d) < least || time.Duration(d) > most {
		return 0, wrong
	}
	return time.Duration(d), nil
}

// setTheme reads what the screens are drawn for.
func (c *config) setTheme(value any) (err error) {
	name, _ := value.(string)
	var ok bool
	if c.theme, ok = ui.ThemeOf(name); !ok {
		return errConfigTheme
	}
	return nil
}

// theme is the one in force. Who sets NO_COLOR has said it for every program.
func (s *shell) theme() ui.Theme {
	if value, _ := s.Environ.Lookup("NO_COLOR"); value != "" {
		return ui.ThemeNone
	}
	return s.config.theme
}
