package cli

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"botring/fleet"
	"botring/internal/secret"
	"botring/telegram"
	"botring/ui"
)

// configured is a shell whose home has this configuration, none where it is "".
func configured(t *testing.T, text string) (*shell, string) {
	t.Helper()
	home := t.TempDir()
	path := filepath.Join(home, "config.toml")
	if text != "" {
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	s := &shell{Process: Process{Err: &strings.Builder{}, Environ: mapEnviron{}}}
	s.flags.home = home
	return s, path
}

func TestRememberKeyring(t *testing.T) {
	for _, test := range []struct{ name, before, after string }{
		{"nothing", "", "# What botring does otherwise than usual. \"botring config show\" tells what can stand here.\nkeyring = \"age\"\n"},
		{"another", "# mine\n  keyring = 'system' # for now\nx = 1\n", "# mine\nkeyring = \"age\"\nx = 1\n"},
		{"the same", "keyring='age'", "keyring='age'"},
		{"other things", "x = 1\n[keys]\nkeyring = 2\n", "keyring = \"age\"\nx = 1\n[keys]\nkeyring = 2\n"},
		{"the other keys", "watch = \"1h\"\nconcurrency = 2\n", "keyring = \"age\"\nwatch = \"1h\"\nconcurrency = 2\n"},
		{"lines of Windows", "keyring = \"memory\"\r\nx = 1\r\n", "keyring = \"age\"\r\nx = 1\r\n"},
	} {
		s, path := configured(t, test.before)
		if err := s.rememberKeyring(keyringAge); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != test.after {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
		info, err := os.Stat(path)
		if changed := test.before != test.after; err != nil || changed && runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", test.name, info.Mode(), err)
		}
		if err := s.readConfig(); err != nil || s.flags.keyring != keyringAge {
			t.Errorf("%s: read again: %q, %v", test.name, s.flags.keyring, err)
		}
		left, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(left) != 1 {
			t.Errorf("%s: left %v, %v", test.name, left, err)
		}
	}
}

// What is not understood is never overwritten.
func TestRememberLeavesBrokenFilesAlone(t *testing.T) {
	for _, text := range []string{"keyring = ", "\"keyring\" = \"system\"", "[keyring]\nx = 1\n", "\xff"} {
		s, path := configured(t, text)
		if err := s.rememberKeyring(keyringAge); err == nil {
			t.Errorf("%q is taken", text)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	}
	s, path := configured(t, "")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.rememberKeyring(keyringAge); err == nil {
		t.Error("a directory is taken")
	}
	if err := s.readConfig(); err == nil {
		t.Error("a directory is read")
	}
}

// A link to where somebody keeps configurations stays one.
func TestRememberFollowsLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need rights here")
	}
	s, path := configured(t, "")
	elsewhere := filepath.Join(t.TempDir(), "botring.toml")
	if err := os.WriteFile(elsewhere, []byte("# mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, path); err != nil {
		t.Fatal(err)
	}
	if err := s.rememberKeyring(keyringAge); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(elsewhere); err != nil || string(got) != "keyring = \"age\"\n# mine\n" {
		t.Errorf("%q, %v", got, err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link became %v, %v", info.Mode(), err)
	}
}

func TestConfigPath(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have places of their own")
	}
	t.Setenv("HOME", "/home/somebody")
	for _, test := range []struct{ home, config, want string }{
		{"/srv/bots", "/etc/x", "/srv/bots/config.toml"},
		{"", "/etc/x", "/etc/x/botring/config.toml"},
		{"", "relative", "/home/somebody/.config/botring/config.toml"},
		{"", "", "/home/somebody/.config/botring/config.toml"},
	} {
		s := &shell{Process: Process{Environ: mapEnviron{"XDG_CONFIG_HOME": test.config}}}
		s.flags.home = test.home
		if got, err := s.configPath(); err != nil || got != test.want {
			t.Errorf("%+v: %q, %v", test, got, err)
		}
	}
}

func TestWatchAndConcurrency(t *testing.T) {
	for _, test := range []struct {
		text        string
		watch       time.Duration
		concurrency int
	}{
		{"", 0, 0},
		{"watch = \"1h\"", time.Hour, 0},
		{"keyring = \"age\"\nwatch = '90m'\nconcurrency = 64", 90 * time.Minute, 64},
		{"watch = \"720h\"\nconcurrency = 1", 720 * time.Hour, 1},
		{"watch = 0", 0, 0}, {"watch = \"0\"", 0, 0}, {"watch = \"off\"", 0, 0}, {"watch = \"0s\"", 0, 0},
	} {
		s, _ := configured(t, test.text)
		if err := s.readConfig(); err != nil || s.config.watch != test.watch || s.config.concurrency != test.concurrency {
			t.Errorf("%q: %v, %d, %v", test.text, s.config.watch, s.config.concurrency, err)
		}
		if opts, err := s.options(); err != nil || opts.AtOnce != test.concurrency {
			t.Errorf("%q: %d at once, %v", test.text, opts.AtOnce, err)
		}
	}
}

// A value that cannot be used is told with its line, the reason, and a line that can.
func TestWrongWatchAndConcurrency(t *testing.T) {
	for text, want := range map[string]string{
		"\nwatch = \"59m\"":                            `line 2. | Watch is an hour at least, since Telegram need not be asked more often: "1h". | watch = "1h"`,
		"watch = \"1000h\"":                            `line 1. | Watch is 30 days at most: "720h". | watch = "1h"`,
		"watch = 3600":                                 `line 1. | Watch is "off", or how often`,
		"watch = true":                                 `line 1. | Watch is "off", or how often`,
		"watch = \"\"":                                 `line 1. | Watch is "off", or how often`,
		"watch = \"-2h\"":                              `line 1. | Watch is "off", or how often`,
		"watch = \"hourly\"":                           `line 1. | Watch is "off", or how often`,
		"# x\n\n concurrency = 0":                      `line 3. | Concurrency is a number from 1 to 64. | concurrency = 8`,
		"concurrency = 65":                             "line 1. | Concurrency is a number from 1 to 64.",
		"concurrency = \"8\"":                          "line 1. | Concurrency is a number from 1 to 64.",
		"concurrency = 8.5":                            "line 1. | Concurrency is a number from 1 to 64.",
		"concurrency = 9223372036854775807":            "line 1. | Concurrency is a number from 1 to 64.",
		"timeout = \"0.5s\"":                           `line 1. | Timeout is how long one conversation with Telegram may take, from "1s" to "10m". | timeout = "45s"`,
		"timeout = 601":                                "line 1. | Timeout is how long",
		"timeout = -1":                                 "line 1. | Timeout is how long",
		"timeout = 9223372036854775807":                "line 1. | Timeout is how long",
		"timeout = true":                               "line 1. | Timeout is how long",
		"clipboard = \"4s\"":                           `line 1. | Clipboard is how long a copied secret stays there, from "5s" to "10m". | clipboard = "45s"`,
		"clipboard = 1.5":                              "line 1. | Clipboard is how long",
		"theme = \"green\"":                            `line 1. | Theme is "auto", "dark", "light" or "none". | theme = "light"`,
		"x = 1\n[theme]\ndark = true":                  `line 2. | Theme is "auto", "dark", "light" or "none".`,
		"theme = 1":                                    "line 1. | Theme is",
		"environment = 1":                              `line 1. | Environment is "production", "test", or the name`,
		"[environments]\nlab = 1":                      `line 1. | Environments have a name`,
		"x = 1\n[environments.lab]\ndcs = [\"1=a:1\"]": "line 2. | Environments have a name",
		"[environments.lab]\ndcs = [\"1=a:1\"]\nserver_keys = [1]":            "Environments have a name",
		"[environments.lab]\ndcs = []\nserver_keys = [\"a\"]":                 "Environments have a name",
		"[environments.lab]\ndcs = [\"1=a:1\"]\nserver_keys = [\"a\"]\nx = 1": "Environments have a name",
		"[environments.test]\ndcs = [\"1=a:1\"]\nserver_keys = [\"a\"]":       "Environments have a name",
		"keyring = \"wallet\"": `line 1. | Keyring is "system", "age" or "memory". | keyring = "age"`,
	} {
		s, _ := configured(t, text)
		err := s.readConfig()
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		said := words(err)
		got := said.What + " | " + said.Why + " | " + said.Next
		for _, part := range strings.Split(want, " | ") {
			if !strings.Contains(got, part) {
				t.Errorf("%q: %s\nwant %s", text, got, part)
			}
		}
	}
}

// Timeout, theme and the clipboard's time arrive where they matter, unless a flag or variable wins.
func TestConfigArrives(t *testing.T) {
	s, _ := configured(t, "timeout = \"45s\"\ntheme = \"light\"\nclipboard = 20")
	if err := s.readConfig(); err != nil {
		t.Fatal(err)
	}
	opts, err := s.options()
	if err != nil || opts.Timeout != 45*time.Second || s.theme() != ui.ThemeLight || s.config.clipboard != 20*time.Second {
		t.Errorf("%v, %v, %v, %v", opts.Timeout, s.theme(), s.config.clipboard, err)
	}
	s.Environ = mapEnviron{"NO_COLOR": "yes"}
	s.flags.timeout = seconds(time.Minute)
	s.flags.choose("timeout", byVariable)
	if err := s.readConfig(); err != nil {
		t.Fatal(err)
	}
	if opts, err := s.options(); err != nil || opts.Timeout != time.Minute || s.theme() != ui.ThemeNone {
		t.Errorf("%v, %v, %v", opts.Timeout, s.theme(), err)
	}
}

// Environments of one's own are known by their names, and addresses that come from elsewhere never take the place of
// theirs or of Telegram's.
func TestConfiguredEnvironments(t *testing.T) {
	const lab = "environment = \"lab\"\n[environments.lab]\ndcs = [\"2=127.0.0.1:1\"]\nserver_keys = [\"lab.pem\"]\n"
	stray := func(f *flags) { f.dcs, f.serverKeys = []string{"2=127.0.0.1:2"}, []string{"lab.pem"} }
	for name, test := range map[string]struct {
		flags       func(*flags)
		current     string
		refused     fleet.Problem
		environment string // by a variable
	}{
		"configured":          {current: "lab"},
		"stray addresses":     {flags: stray, current: "custom"},
		"stray, lab by name":  {flags: stray, environment: "lab", refused: fleet.ProblemConfiguredDCs},
		"stray, test by name": {flags: stray, environment: "test", refused: fleet.ProblemFixedDCs},
		"another by name":     {environment: "test", current: "test"},
		"none that there is":  {environment: "other", refused: fleet.ProblemNeedsDCs},
	} {
		t.Run(name, func(t *testing.T) {
			s, path := configured(t, lab)
			t.Chdir(filepath.Dir(path))
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				t.Fatal(err)
			}
			pub := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&key.PublicKey)})
			if err := os.WriteFile("lab.pem", pub, 0o600); err != nil {
				t.Fatal(err)
			}
			if test.flags != nil {
				test.flags(&s.flags)
			}
			if test.environment != "" {
				s.flags.environment = test.environment
				s.flags.choose("environment", byVariable)
			}
			f, err := s.open(t.Context())
			if f != nil {
				defer func() { _ = f.Close() }()
			}
			var input *fleet.InputError
			switch {
			case test.current != "" && (err != nil || f.Environment() != test.current || !slices.Contains(f.Environments(), "lab")):
				t.Errorf("%v", err)
			case test.current == "" && (!errors.As(err, &input) || input.Problem != test.refused):
				t.Errorf("%v", err)
			}
		})
	}
}

// docs/CONFIG.md has a row for each key, with its default and what wins over it, and an example that can be used.
func TestConfigIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/CONFIG.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Keys")
	rows := map[string]string{}
	for line := range strings.Lines(table) {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ = strings.Cut(name, "`")
			rows[name] = line
		}
	}
	_, example, _ := strings.Cut(string(text), "```toml\n")
	example, _, _ = strings.Cut(example, "```")
	read, wrong := readAllOf("config.toml", []byte(example))
	if len(wrong) > 0 || len(read.unknown) > 0 {
		t.Errorf("the example: %v, %v", wrong, read.unknown)
	}
	s := &shell{Process: Process{Environ: mapEnviron{}}}
	flags := newRoot(s).PersistentFlags()
	for _, key := range configKeys() {
		cells := strings.Split(rows[key.name], " | ")
		wins := ""
		if key.flag != "" {
			wins = "`--" + key.flag + "`, "
			if flag := flags.Lookup(key.flag); flag == nil || !strings.Contains(strings.ReplaceAll(flag.Usage, ",", "]"), "["+key.variable+"]") {
				t.Errorf("--%s and %s do not belong together", key.flag, key.variable)
			}
		}
		if key.variable != "" {
			wins += "`" + key.variable + "`"
		}
		if len(cells) != 5 || cells[2] != "`"+key.value(s)+"`" || strings.TrimSpace(cells[3]) != wins {
			t.Errorf("%s is %s by default, and %q wins over it; the row is %q", key.name, key.value(s), wins, rows[key.name])
		}
		if !read.says(key.name) {
			t.Errorf("the example says nothing of %s", key.name)
		}
		if _, wrong := readAllOf("config.toml", []byte(key.like)); len(wrong) > 0 || !strings.HasPrefix(key.like, key.name+" = ") {
			t.Errorf("%s: %v", key.like, wrong)
		}
		delete(rows, key.name)
	}
	if len(rows) > 0 {
		t.Errorf("there are no such keys: %v", rows)
	}
}

// A setting is written where it belongs, and refused with the reason where it cannot be that.
func TestConfigSet(t *testing.T) {
	for _, test := range []struct{ before, key, value, after, wrong string }{
		{"# mine\nwatch = \"2h\" # often\n[x]\ny = 1\n", "watch", "90m", "# mine\nwatch = \"90m\"\n[x]\ny = 1\n", ""},
		{"# mine\nwatch = \"2h\" # often\n[x]\ny = 1\n", "watch", "", "# mine\n[x]\ny = 1\n", ""},
		{"watch = \"2h\"\r\nx = 1\r\n", "watch", "", "x = 1\r\n", ""},
		{"x = 1\nwatch = \"2h\"", "watch", "", "x = 1\n", ""},
		{"x = 1", "watch", "", "x = 1", ""},
		{"x = 1", "concurrency", "4", "concurrency = 4\nx = 1", ""},
		{"timeout = 20", "timeout", "45", "timeout = 45", ""},
		{"theme = \"green\"", "theme", "light", "theme = \"light\"", ""},
		{"theme = \"green\"\n", "theme", "", "", ""},
		{"theme = \"green\"", "watch", "2h", "theme = \"green\"", "Theme is"},
		{"x = 1", "watch", "59m", "x = 1", "Watch is an hour at least"},
		{"x = 1", "watch", "2h\nkeyring = \"memory\"", "x = 1", "Watch is"},
		{"x = 1", "watch", "\"2h\"\nkeyring = \"memory\"", "x = 1", "does not change"},
		{"x = 1", "concurrency", "1e3", "x = 1", "Concurrency is"},
		{"x = 1", "colour", "red", "x = 1", "means nothing"},
		{"\"watch\" = \"2h\"", "watch", "3h", "\"watch\" = \"2h\"", "does not change"},
		{"a = [\n", "watch", "3h", "a = [\n", "no TOML"},
	} {
		s, path := configured(t, test.before)
		err := s.set(test.key, test.value)
		got, readErr := os.ReadFile(path)
		if readErr != nil || string(got) != test.after {
			t.Errorf("%q, %s = %q: %q, %v", test.before, test.key, test.value, got, readErr)
		}
		said := ""
		if err != nil {
			f := words(err)
			said = f.What + " " + f.Why
		}
		if test.wrong == "" && err != nil || !strings.Contains(said, test.wrong) {
			t.Errorf("%q, %s = %q says %q, want %q", test.before, test.key, test.value, said, test.wrong)
		}
	}
}

// What is set holds from then on, what is taken out is as usual, and a flag goes on to win.
func TestSettingsOfTheScreens(t *testing.T) {
	s, _ := configured(t, "timeout = 20\n")
	if err := s.readConfig(); err != nil {
		t.Fatal(err)
	}
	of := func(key string) ui.Setting {
		t.Helper()
		for _, one := range (settings{s}).All() {
			if one.Key == key {
				return one
			}
		}
		t.Fatalf("no setting %s", key)
		return ui.Setting{}
	}
	if one := of("timeout"); one.Value != "20s" || !one.Chosen || one.Above != "" {
		t.Errorf("%+v", one)
	}
	all, err := settings{s}.Set("timeout", "1m")
	if err != nil || len(all) != len(settings{s}.All()) || of("timeout").Value != "1m" {
		t.Errorf("%+v, %v", of("timeout"), err)
	}
	if _, err := (settings{s}).Set("timeout", ""); err != nil || of("timeout").Value != "30s" || of("timeout").Chosen {
		t.Errorf("%+v, %v", of("timeout"), err)
	}
	if _, err := (settings{s}).Set("timeout", "1h"); err == nil || !strings.Contains(err.Error(), "Timeout is how long") {
		t.Errorf("%v", err)
	}
	s.flags.timeout = seconds(5 * time.Second)
	s.flags.choose("timeout", byFlag)
	if _, err := (settings{s}).Set("timeout", "2m"); err != nil || of("timeout").Value != "5s" || of("timeout").Above != "--timeout" {
		t.Errorf("%+v, %v", of("timeout"), err)
	}
	for _, one := range (settings{s}).All() {
		if one.Says == "" || one.Value == "" {
			t.Errorf("%+v says too little", one)
		}
	}
}

// What the Proxies screen does is what the commands do: secrets go to the keyring, the rest to the configuration.
func TestProxiesOfTheScreens(t *testing.T) {
	s, path := configured(t, "timeout = 20\n")
	s.flags.keyring = keyringMemory
	s.flags.proxy.all, s.flags.proxy.allName = "socks5://127.0.0.1:1", "ALL_PROXY"
	f, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	book := proxies{s}
	if state := book.All(); len(state.Named) != 0 || state.By != "$ALL_PROXY" || state.InUse.Addr != "127.0.0.1:1" || state.Above || state.Unusable {
		t.Errorf("%+v", state)
	}
	office := fleet.Proxy{Kind: telegram.SOCKS5, Name: "office", Addr: "127.0.0.1:2", User: "me", Secret: secret.New("hunter2hunter2")}
	state, err := book.Save(t.Context(), office)
	if err != nil || len(state.Named) != 1 || state.Named[0].Name != "office" || !state.Named[0].Secret.Empty() {
		t.Errorf("%+v, %v", state, err)
	}
	if state, err = book.Use("office"); err != nil || state.Configured != "office" || state.By != "the configuration" || state.InUse.Name != "office" {
		t.Errorf("%+v, %v", state, err)
	}
	var refused *ui.RefusedError
	if _, err := book.Remove(t.Context(), "office"); !errors.As(err, &refused) || refused.What != "The proxy office is in use." {
		t.Errorf("%v", err)
	}
	var missing *fleet.InputError
	if _, err := book.Use("lab"); !errors.As(err, &missing) || missing.Problem != fleet.ProblemUnknown {
		t.Errorf("%v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(content), "hunter2") || !strings.Contains(string(content), `proxy = "office"`) {
		t.Errorf("%s, %v", content, err)
	}
	// The keyring has it: nothing is said of a secret that is missing, but that the proxy is not there.
	if _, err := f.TryProxy(t.Context(), state.InUse); !errors.Is(err, telegram.ProxyUnreachable) {
		t.Errorf("%v", err)
	}
	if state, err = book.Use(fleet.NoProxy); err != nil || state.InUse != (fleet.Proxy{}) {
		t.Errorf("%+v, %v", state, err)
	}
	if state, err = book.Remove(t.Context(), "office"); err != nil || len(state.Named) != 0 {
		t.Errorf("%+v, %v", state, err)
	}
	var lacking *fleet.ProxySecretError
	if _, err := f.TryProxy(t.Context(), fleet.Proxy{Kind: telegram.SOCKS5, Name: "office", Addr: "127.0.0.1:2", User: "me"}); !errors.As(err, &lacking) {
		t.Errorf("the secret was left behind: %v", err)
	}
	s.flags.proxy.flag = "none"
	if state := book.All(); !state.Above || state.By != "--proxy" {
		t.Errorf("%+v", state)
	}
	if err := os.WriteFile(path, []byte("timeout ="), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Use(fleet.NoProxy); !errors.As(err, &refused) || !strings.Contains(refused.What, "The configuration cannot be used") {
		t.Errorf("%v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, seed := range []string{"", "keyring = \"age\"", "keyring = 1", "[a]\nb = 2", "a.b = '''x", "keyring.x = 1", "watch = \"1h\"", "watch = 1", "concurrency = 8", "concurrency.x = 8", "\ufeffkeyring='age'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		was, err := parseConfig("config.toml", []byte(text))
		if err != nil {
			if told := tellConfig(err); told == nil || words(told).What == "" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		// Whatever it is, it says what was chosen afterwards, or nothing is written.
		after, err := parseConfig("config.toml", withKey([]byte(text), was.says(configKeyring), configKeyring, `"memory"`))
		if err == nil && was.keyring == "" && after.keyring != keyringMemory {
			t.Errorf("%q: the choice is lost", text)
		}
	})
}

func TestDemoLeavesTheEncryptedFileAlone(t *testing.T) {
	s := &shell{}
	s.flags.keyring = keyringAge
	if err := s.demo(t.Context()); err == nil || !strings.Contains(words(err).What, "The demo keeps its secrets") {
		t.Errorf("%v", err)
	}
}
