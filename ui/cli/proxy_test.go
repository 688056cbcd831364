package cli

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"botring/fleet"
	"botring/internal/secret"
)

// TestPublic: an argument is refused that holds a secret, or may do so since it was mistyped.
func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"office": true, "none": true, "socks5://h:1": true, "http://h:1": true, "mtproxy://h:443": true, "h:1080": true,
		"socks5://me:pw@h:1": false, "socks5://me@h:1": false, "socks5://@h:1": false, "me:pw@h:1": false, "socks5:/me:pw@h:1": false,
		"mtproxy://0123456789abcdef0123456789abcdef@h:1":                      false,
		"tg://proxy?server=h&port=1&secret=0123456789abcdef0123456789abcdef":  false,
		"tg://proxy?server=h&port=x&secret=0123456789abcdef0123456789abcdef":  false,
		"https://t.me/socks?server=h&port=1&user=me&pass=pw":                  false,
		"https://t.me/proxy?server=h&port=1&SECRET=ee0123456789abcdef0123456": false,
	} {
		if isPublic(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// TestWhoNamesTheProxy: the order in which a proxy is looked for.
func TestWhoNamesTheProxy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "proxy")
	if err := os.WriteFile(file, []byte(" socks5://me:pw@file:1\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	of := config{proxy: "office", proxies: []fleet.Proxy{{Kind: 1, Name: "office", Addr: "office:1"}}}
	all := mapEnviron{"ALL_PROXY": "socks5://big:1", "all_proxy": "socks5h://small:1", "NO_PROXY": "localhost,10.0.0.0/8"}
	for _, test := range []struct {
		name    string
		flags   proxyFlags
		environ mapEnviron
		of      config
		addr    string
		by      string
	}{
		{name: "nobody"},
		{"all programs", proxyFlags{}, all, config{}, "small:1", "$all_proxy"},
		{"all programs, in capitals", proxyFlags{}, mapEnviron{"ALL_PROXY": "http://big:1"}, config{}, "big:1", "$ALL_PROXY"},
		{"all programs, and none", proxyFlags{}, mapEnviron{"ALL_PROXY": "http://big:1", "no_proxy": "*"}, config{}, "", ""},
		{"the configuration", proxyFlags{}, all, of, "office:1", "the configuration"},
		{"the configuration, none", proxyFlags{}, all, config{proxy: "none"}, "", "the configuration"},
		{"the variable", proxyFlags{}, mapEnviron{"BOTRING_PROXY": "http://me:pw@var:1", "ALL_PROXY": "http://big:1"}, of, "var:1", "$BOTRING_PROXY"},
		{"the variable, a name", proxyFlags{}, mapEnviron{"BOTRING_PROXY": "office"}, of, "office:1", "$BOTRING_PROXY"},
		{"the file", proxyFlags{file: file}, mapEnviron{"BOTRING_PROXY": "http://var:1"}, of, "file:1", "--proxy-file"},
		{"the flag", proxyFlags{flag: "http://flag:1"}, mapEnviron{"BOTRING_PROXY": "http://var:1"}, of, "flag:1", "--proxy"},
		{"the flag, none", proxyFlags{flag: "none"}, all, of, "", "--proxy"},
	} {
		environ := mapEnviron{}
		for name, value := range test.environ {
			environ[name] = value
		}
		test.flags.readEnviron(environ)
		p, by, err := test.flags.choose(test.of)
		if err != nil || p.Addr != test.addr || by != test.by {
			t.Errorf("%s: %v by %q, %v", test.name, p, by, err)
		}
		if _, left := environ["BOTRING_PROXY"]; left || len(environ) < len(test.environ)-1 {
			t.Errorf("%s: left %v", test.name, environ)
		}
	}
}

func TestProxyFileRefused(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct {
		content string
		mode    os.FileMode
	}{
		"others": {"socks5://h:1", 0o640}, "empty": {"\n", 0o600}, "two lines": {"socks5://h:1\nsocks5://h:2", 0o600},
		"long": {strings.Repeat("x", maxProxyFile+1), 0o600},
	} {
		if name == "others" && runtime.GOOS == "windows" {
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, test.mode); err != nil {
			t.Fatal(err)
		}
		var said *usageError
		if _, err := readProxyFile(path); !errors.As(err, &said) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readProxyFile(dir); err == nil {
		t.Error("a directory was read")
	}
}

// TestProxiesInTheConfiguration: what is written there by hand stays, and what is not understood is not changed.
func TestProxiesInTheConfiguration(t *testing.T) {
	office := fleet.Proxy{Kind: 1, Name: "office", Addr: "h:1", User: "me"}
	has := func(p fleet.Proxy) func(config) bool {
		return func(is config) bool { return len(is.proxies) > 0 && is.proxies[len(is.proxies)-1] == p }
	}
	for _, test := range []struct{ name, before, after string }{
		{"nothing", "", "[proxies.office]\nurl = \"socks5://h:1\"\nuser = \"me\"\n"},
		{"other keys", "# mine\nwatch = \"2h\"", "# mine\nwatch = \"2h\"\n\n[proxies.office]\nurl = \"socks5://h:1\"\nuser = \"me\"\n"},
		{
			"another of its name", "[proxies.office] # old\nurl = \"http://x:2\"\n\n[proxies.home]\nurl = \"http://x:2\" # mine\n",
			"[proxies.home]\nurl = \"http://x:2\" # mine\n\n[proxies.office]\nurl = \"socks5://h:1\"\nuser = \"me\"\n",
		},
	} {
		s, path := configured(t, test.before)
		if err := s.changeProxies(func(b []byte) []byte { return withProxy(b, office) }, has(office)); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != test.after {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
	for _, text := range []string{"proxies.office.url = \"http://x:1\"\n", "[proxies]\noffice = {url = \"http://x:1\"}\n", "proxies = 1"} {
		s, path := configured(t, text)
		var said *usageError
		if err := s.changeProxies(func(b []byte) []byte { return withProxy(b, office) }, has(office)); !errors.As(err, &said) || said.exit != exitUsage {
			t.Errorf("%q: %v", text, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	}
}

// TestProxySecretsInTheConfiguration: they are refused wherever they stand, with the line and without being repeated.
func TestProxySecretsInTheConfiguration(t *testing.T) {
	const bad = "[proxies.fine]\nurl = \"http://x:1\"\n\n[proxies.bad]\n"
	for text, line := range map[string]int{
		bad + "url = \"socks5://h:1\"\npassword = \"" + secretMark + "\"":      6,
		bad + "secret = \"" + secretMark + "\"\nurl = \"mtproxy://h:1\"":       5,
		bad + "url = \"socks5://me:" + secretMark + "@h:1\"":                   5,
		bad + "url = \"tg://proxy?server=h&port=1&secret=" + secretMark + "\"": 5,
		bad + "url = \"socks5://h:1\"\nuser = 7":                               6,
		bad + "url = \"socks5://h\"":                                           5,
		bad + "url = \"socks5://h:1\"\nport = 7":                               6,
		bad + "user = \"me\"":                                                  5,
		"[proxies.none]\nurl = \"http://x:1\"":                                 1,
		"[proxies.A]\nurl = \"http://x:1\"":                                    1,
		"proxy = \"fine\"":                                                     1,
	} {
		s, _ := configured(t, text)
		_, _, err := s.loadConfig()
		var wrong *configError
		if !errors.As(err, &wrong) || wrong.line != line && line != 5 || line == 5 && (wrong.line < 4 || wrong.line > 5) {
			t.Errorf("%q: %+v", text, wrong)
		}
		if f := words(tellConfig(err)); strings.Contains(f.What+f.Why+f.Next, secretMark) {
			t.Errorf("%q: %+v", text, f)
		}
	}
}

// TestProxyPrompts: on a pipe the secret is what comes, and without any the exit code says so.
func TestProxyPrompts(t *testing.T) {
	s := &shell{Process: Process{In: strings.NewReader(" pw \n"), Err: &strings.Builder{}, Environ: mapEnviron{}}}
	p, err := s.readProxyOf(t.Context(), "socks5://h:1", "me")
	if err != nil || p.User != "me" || !p.Secret.Equal(secret.New("pw")) {
		t.Errorf("%+v, %v", p, err)
	}
	s.In = strings.NewReader("")
	var said *usageError
	if _, err := s.readProxyOf(t.Context(), "mtproxy://h:1", ""); !errors.As(err, &said) || said.exit != exitSecret {
		t.Errorf("%v", err)
	}
	s.In = strings.NewReader("short")
	if _, err := s.readProxyOf(t.Context(), "mtproxy://h:1", ""); err == nil {
		t.Error("a secret that is none was taken")
	}
}
