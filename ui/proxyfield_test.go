package ui

import (
	"fmt"
	"net"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/fleet"
	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

const proxyPassword = "hunter2hunter2"

// TestProxyChoice: a proxy is chosen by name or typed as a URL, whose secret is not seen.
func TestProxyChoice(t *testing.T) {
	sh, h := formShell(t, mainApp())
	sh.proxies = []fleet.Proxy{{Kind: telegram.SOCKS5, Name: "office", Addr: "h:1"}}
	s := h.paste(newAdd(sh), testToken)
	seesNot(t, s, "Proxy  ")
	s = h.keys(s, "tab", "tab", "enter", "tab", "tab", "tab", "tab") // More, label, tags, environment
	sees(t, s, "Proxy         < none >")
	s = h.keys(s, "right")
	sees(t, s, "Proxy         < office > 2/3")
	s = h.keys(s, "right", "tab")
	sees(t, s, "Proxy         another one", "Proxy URL", "socks5://, http:// or mtproxy://HOST:PORT")
	s = h.types(s, "socks5://me:"+proxyPassword)
	seesNot(t, s, proxyPassword, "no proxy")
	if _, sent := h.keys(s, "enter").(progress); sent {
		t.Fatal("half a proxy is used")
	}
	sees(t, h.keys(s, "enter"), "This is no proxy that can be used.")
	s = h.types(s, "@h:1")
	seesNot(t, s, proxyPassword, "This is no proxy", "me:")
	if got := s.(add).form.field(fleet.FieldProxy); got.blocks() || got.value() != "socks5://me:"+proxyPassword+"@h:1" {
		t.Errorf("%q", got.value())
	}
}

// TestProxyInUse: what is in use is what the form begins with.
func TestProxyInUse(t *testing.T) {
	sh, _ := formShell(t, mainApp())
	sh.proxies = []fleet.Proxy{{Kind: telegram.SOCKS5, Name: "office", Addr: "h:1"}}
	for want, proxy := range map[string]fleet.Proxy{
		noProxy: {}, "office": sh.proxies[0],
		"http://x:2": {Kind: telegram.HTTPProxy, Addr: "x:2", User: "me", Secret: secret.New(proxyPassword)},
	} {
		sh.proxy = proxy
		through := newAdd(sh).(add).form.field(fieldThrough)
		if got := through.choices[through.chosen]; got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

// TestAddThroughProxy: a link that is pasted is used from then on, and seen where the program connects to.
func TestAddThroughProxy(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	w.production.AddBot(aBot(1, 4, telegramtest.Script{}))
	running, err := w.production.MTProxy(telegramtest.MTProxyOptions{Cloak: "www.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Close() })
	proxy := running.Proxy()
	host, port, _ := net.SplitHostPort(proxy.Addr)
	w.Type("a")
	w.See("Bot token")
	w.Paste(fmt.Sprintf("https://t.me/proxy?server=%s&port=%s&secret=%s", host, port, proxy.Secret.Reveal()))
	w.See("A proxy was pasted.")
	w.Paste(env(wholeToken(1)))
	w.See(":••••••••")
	w.pause()
	// Not a step further than where it says that it connects.
	w.production.Script(telegramtest.AtExchange, telegramtest.Script{Stall: true})
	w.Press(uv.KeyEnter)
	w.See("DC 2, 127.0.0.1:")
	w.See(", through mtproxy://" + proxy.Addr)
	w.Comes("the proxy is asked", func(string) bool { return len(running.DCs()) == 1 })
	w.Press(uv.KeyEscape)
	w.See("Cancelled.")
	w.production.Script(telegramtest.AtExchange, telegramtest.Script{})
	w.pause()
	w.Press(uv.KeyEnter)
	w.See("read back")
	if got := running.DCs(); len(got) != 3 || got[2] != 4 {
		t.Errorf("asked for data centres %v", got)
	}
	if strings.Contains(w.Raw(), proxy.Secret.Reveal()) {
		t.Error("the secret was on the screen")
	}
	if _, err := w.fleet.Check(t.Context(), w.bots(t)[0].Key, nil); err != nil || len(running.DCs()) != 4 {
		t.Errorf("%v", err)
	}
}

// TestDeadProxy: it has a sentence of its own, and going back the proxy can be changed.
func TestDeadProxy(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	w.production.AddBot(aBot(1, 2, telegramtest.Script{}))
	w.Type("a")
	w.See("Bot token")
	w.Paste("socks5://me:" + proxyPassword + "@127.0.0.1:1")
	w.See("A proxy was pasted.")
	w.Paste(env(wholeToken(1)))
	w.See(":••••••••")
	w.pause()
	w.Press(uv.KeyEnter)
	w.See("The proxy socks5://127.0.0.1:1 could not be reached.")
	if text := w.Raw(); strings.Contains(text, proxyPassword) {
		t.Error("the password was on the screen")
	}
	if seen := w.production.Stats(); seen.Connections != 0 {
		t.Error("Telegram was reached past the proxy")
	}
}
