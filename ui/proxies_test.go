package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/telegramtest"
	"botring/ui/internal/screentest"
)

// A proxyBook is proxies in memory: those of the configuration, and what the keyring has of them.
type proxyBook struct {
	state   ProxyState
	secrets map[string]secret.Secret
	// refuses is what comes of every change, nil for what should.
	refuses error
	keep    func(context.Context, fleet.Proxy) error
}

func (b *proxyBook) All() ProxyState {
	state := b.state
	state.Named = slices.Clone(state.Named)
	return state
}

func (b *proxyBook) Save(ctx context.Context, p fleet.Proxy) (ProxyState, error) {
	if b.refuses != nil {
		return ProxyState{}, b.refuses
	}
	if b.keep != nil {
		if err := b.keep(ctx, p); err != nil {
			return ProxyState{}, err
		}
	}
	b.secrets[p.Name] = p.Secret
	p.Secret = secret.Secret{}
	b.state.Named = append(slices.DeleteFunc(b.state.Named, func(old fleet.Proxy) bool { return old.Name == p.Name }), p)
	return b.All(), nil
}

func (b *proxyBook) Remove(_ context.Context, name string) (ProxyState, error) {
	if b.refuses != nil {
		return ProxyState{}, b.refuses
	}
	delete(b.secrets, name)
	b.state.Named = slices.DeleteFunc(b.state.Named, func(old fleet.Proxy) bool { return old.Name == name })
	return b.All(), nil
}

func (b *proxyBook) Use(name string) (ProxyState, error) {
	if b.refuses != nil {
		return ProxyState{}, b.refuses
	}
	b.state.Configured = name
	if !b.state.Above {
		b.state.By = "the configuration"
		b.state.InUse, _ = fleet.FindProxy(b.state.Named, name)
	}
	return b.All(), nil
}

// someProxies are those of somebody who has one of every kind and uses the first.
func someProxies() *proxyBook {
	named := []fleet.Proxy{
		{Kind: telegram.HTTPProxy, Name: "home", Addr: "192.168.7.1:3128"},
		{Kind: telegram.SOCKS5, Name: "office", Addr: "proxy.office.example:1080", User: "me"},
		{Kind: telegram.MTProxy, Name: "on-the-way", Addr: "[2001:db8::7]:443"},
	}
	return &proxyBook{
		state: ProxyState{
			Named: named, Configured: "home", InUse: named[0], By: "the configuration",
		},
		secrets: map[string]secret.Secret{"office": secret.New(proxyPassword)},
	}
}

// withProxies is a shell with proxies, the first in use, and their screen.
func withProxies(t testing.TB) (*shell, *proxyBook, screen) {
	t.Helper()
	sh, _ := configured(t)
	book := someProxies()
	shelved(sh, book)
	return sh, book, newProxies(sh, newSettings(sh, newBots(sh)).(settings))
}

// shelved gives a shell the proxies of a book, as it has them at the start.
func shelved(sh *shell, book *proxyBook) {
	sh.fleet, sh.proxyBook = new(fleet.Fleet), book
	sh.proxies, sh.proxy = book.All().Named, book.state.InUse
}

// proxiesOf opens the screens of proxies.
func proxiesOf(on func(string, []fleet.Bot, func(*shell) screen)) {
	at := func(pressed ...string) func(*shell) screen {
		return func(sh *shell) screen {
			shelved(sh, someProxies())
			return drive(newProxies(sh, newSettings(sh, newBots(sh)).(settings)), pressed...)
		}
	}
	on("proxies", nil, at("down"))
	on("proxies, in use", nil, at())
	on("proxies, none", nil, at("g"))
	on("proxies, asking", nil, at("down", "d"))
	on("proxies, testing", nil, at("r"))
	on("proxies, cancelling", nil, at("r", "esc"))
	on("proxy form", nil, at("a", "n"))
	on("proxy form, secret", nil, at("a", "up", "s"))
	on("proxies, unnamed", nil, func(sh *shell) screen {
		book := someProxies()
		book.state.InUse = fleet.Proxy{Kind: telegram.SOCKS5, Addr: "127.0.0.1:9050"}
		book.state.By = "$ALL_PROXY"
		shelved(sh, book)
		return drive(newProxies(sh, newSettings(sh, newBots(sh)).(settings)), "G")
	})
	on("proxies, failed", nil, func(sh *shell) screen {
		sh.body = bodySize(size{40, 10})
		return failedTrial(at()(sh))
	})
	on("proxies, none yet", nil, func(sh *shell) screen {
		shelved(sh, &proxyBook{})
		return newProxies(sh, newSettings(sh, newBots(sh)).(settings))
	})
}

// carried presses a key and gives the screen the end of the task that it begins.
func carried(t *testing.T, s screen, key string) screen {
	t.Helper()
	s, cmd := s.Update(press(key))
	if cmd == nil {
		t.Fatalf("%s begins nothing", key)
	}
	batch, ok := cmd().(tea.BatchMsg)
	if !ok {
		t.Fatalf("%s begins no task", key)
	}
	s, _ = s.Update(batch[0]())
	return s
}

// failedTrial is a trial of the selected proxy that did not lead anywhere.
func failedTrial(s screen) screen {
	s, _ = s.Update(press("r"))
	p := s.(proxies)
	s, _ = s.Update(taskDoneMsg{task: p.task.id, err: &fleet.ProxySecretError{Proxy: p.selected}})
	return s
}

func TestProxiesLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		_, _, s := withProxies(t)
		sh := s.(proxies).sh
		return sh, drive(s, "down")
	}, nil)
}

func TestProxyFailedLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh, _, s := withProxies(t)
		return sh, failedTrial(drive(s, "down"))
	}, nil)
}

func TestProxyFormLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh, _, s := withProxies(t)
		return sh, drive(s, "a")
	}, func(on *screentest.Screen) {
		on.See("Name")
		on.Paste("socks5://me:" + proxyPassword + "@proxy.example:1080")
		on.Settled()
	})
}

// TestUseAProxy: what is chosen is written down and holds at once, none as well, and what wins over it is said.
func TestUseAProxy(t *testing.T) {
	sh, book, s := withProxies(t)
	sees(t, s, "✓ home", "In use: home, by the configuration.")
	s = carried(t, drive(s, "down"), "enter")
	sees(t, s, "✓ office", "Telegram is reached through office from now on.", "In use: office, by the configuration.")
	if book.state.Configured != "office" || sh.proxy.Name != "office" || sh.fleet.Proxy() != sh.proxy {
		t.Errorf("%+v, %+v", book.state, sh.proxy)
	}
	s = carried(t, drive(s, "g"), "enter")
	sees(t, s, "✓ none", "Telegram is reached directly from now on.", "No proxy is in use, by the configuration.")
	if book.state.Configured != fleet.NoProxy || sh.fleet.Proxy() != (fleet.Proxy{}) {
		t.Errorf("%+v, %+v", book.state, sh.proxy)
	}
	book.state.Above, book.state.By, book.state.InUse = true, "--proxy", book.state.Named[2]
	shelved(sh, book)
	s = carried(t, drive(newProxies(sh, settings{sh: sh}), "g", "down"), "enter")
	sees(t, s, "Saved. --proxy wins over it.", "✓ on-the-way", "In use: on-the-way, by --proxy.")
	if book.state.Configured != "home" || sh.proxy.Name != "on-the-way" {
		t.Errorf("%+v, %+v", book.state, sh.proxy)
	}
	// One that was chosen on the Add screen is neither.
	sh.goThrough(fleet.Proxy{Kind: telegram.SOCKS5, Addr: "127.0.0.1:9050"})
	s = newProxies(sh, settings{sh: sh})
	sees(t, s, "✓ socks5://127.0.0.1:9050", "In use: socks5://127.0.0.1:9050, for this run.")
	if keys := offersKeys(s); strings.Contains(keys, "use it") || strings.Contains(keys, "remove") || !strings.Contains(keys, "test it") {
		t.Error(keys)
	}
}

// TestAddAProxy: a link that is pasted goes where it belongs, and no secret is seen.
func TestAddAProxy(t *testing.T) {
	sh, book, s := withProxies(t)
	h := &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	s = h.keys(s, "a")
	s = h.types(s, "Lab")
	s = h.keys(s, "enter") // to the URL, which is empty
	s = h.types(s, "socks5://me:"+proxyPassword+"@h:1")
	seesNot(t, s, proxyPassword, "me:")
	sees(t, s, "✓ socks5://h:1")
	s = h.keys(s, "enter")
	sees(t, s, "The name of a proxy is of up to 32 small letters")
	s = h.keys(s, "backspace", "backspace", "backspace")
	s = h.types(s, "lab")
	h.wait(time.Second)
	s = carried(t, s, "enter")
	sees(t, s, "Saved the proxy lab.", "lab", "socks5://h:1 as me, its password in the keyring.")
	if got := book.secrets["lab"]; got.Reveal() != proxyPassword || len(sh.proxies) != 4 {
		t.Errorf("%d, %+v", len(sh.proxies), book.secrets)
	}
	seesNot(t, s, proxyPassword)

	// The secret beside the URL, which lacks it at first.
	s = h.keys(s, "a")
	s = h.types(s, "lab2")
	s = h.paste(s, "mtproxy://h:443")
	s = h.keys(s, "enter")
	sees(t, s, "password or secret is empty")
	s = h.types(s, "00112233")
	s = h.keys(s, "enter")
	sees(t, s, "This password or secret does not fit a proxy.")
	s = h.types(s, "445566778899aabbccddeeff")
	seesNot(t, s, "00112233", "aabbccdd")
	h.wait(time.Second)
	s = carried(t, s, "enter")
	sees(t, s, "Saved the proxy lab2.", "its secret in the keyring")
	if got := book.secrets["lab2"]; got.Reveal() != "00112233445566778899aabbccddeeff" {
		t.Errorf("%d characters", len(got.Reveal()))
	}
}

// TestProxyURLInTheWrongField: a terminal that types what is pasted shows no secret either.
func TestProxyURLInTheWrongField(t *testing.T) {
	_, _, s := withProxies(t)
	s = drive(s, "a")
	for _, r := range "socks5://me:" + proxyPassword + "@h:1" {
		s = drive(s, string(r))
	}
	sees(t, s, "••••••••")
	seesNot(t, s, proxyPassword)
}

// TestReplaceAProxy: it is asked once, and the one in use is used as it is now.
func TestReplaceAProxy(t *testing.T) {
	sh, book, s := withProxies(t)
	h := &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	s = h.keys(s, "a")
	s = h.types(s, "home")
	s = h.paste(s, "http://192.168.7.2:3128")
	s = h.keys(s, "enter")
	sees(t, s, "There is a proxy home. Replace it?")
	s = h.keys(s, "enter") // too soon
	h.now = h.now.Add(guardTime)
	s = carried(t, s, "enter")
	sees(t, s, "Saved the proxy home.", "http://192.168.7.2:3128")
	if len(book.state.Named) != 3 || sh.proxy.Addr != "192.168.7.2:3128" || sh.fleet.Proxy() != sh.proxy {
		t.Errorf("%+v, %+v", book.state.Named, sh.proxy)
	}
}

// TestRemoveAProxy: it is asked once, and neither the one in use nor none can go.
func TestRemoveAProxy(t *testing.T) {
	sh, book, s := withProxies(t)
	at := noon()
	sh.now = func() time.Time { return at }
	s = drive(s, "d")
	sees(t, s, "home is in use: have another one used first, or none.")
	s = drive(s, "down", "d")
	sees(t, s, "Remove the proxy office and its password?")
	s = drive(s, "esc")
	seesNot(t, s, "Remove")
	s = drive(s, "d", "enter") // too soon
	sees(t, s, "Remove the proxy office")
	at = at.Add(guardTime)
	s = carried(t, s, "enter")
	sees(t, s, "Removed the proxy office.")
	seesNot(t, s, "proxy.office.example")
	if len(book.state.Named) != 2 || len(sh.proxies) != 2 || len(book.secrets) != 0 {
		t.Errorf("%+v, %v", book.state.Named, book.secrets)
	}
	if s = drive(s, "g", "d"); strings.Contains(plainView(s, 100, 25), "Remove the") {
		t.Error("none can be removed")
	}
	if s = drive(s, "esc"); !is[settings](s) {
		t.Errorf("esc leads to %T", s)
	}
}

// TestProxyRefused: words of the configuration's own, or of the keyring's, are told as they are, and nothing is lost of
// what was typed.
func TestProxyRefused(t *testing.T) {
	_, book, s := withProxies(t)
	book.refuses = &RefusedError{fault.Fault{What: "The configuration cannot be used: line 3.", Why: "It is no TOML.", NotSaved: "The file was not touched."}}
	failed := carried(t, drive(s, "down"), "enter")
	sees(t, failed, "The configuration cannot be used: line 3.", "It is no TOML.", "The file was not touched.")
	sees(t, drive(failed, "enter"), "office", "In use: home")

	sh := s.(proxies).sh
	h := &hands{now: noon()}
	sh.now = func() time.Time { return h.now }
	book.refuses = keyring.ErrDenied
	s = h.types(h.keys(s, "a"), "lab")
	s = h.paste(s, "socks5://me:"+proxyPassword+"@h:1")
	s = h.keys(s, "tab")
	h.wait(time.Second)
	s = carried(t, s, "enter")
	sees(t, s, fault.Of(keyring.ErrDenied).What, fault.Of(keyring.ErrDenied).Why, "lab", "socks5://h:1")
	seesNot(t, s, proxyPassword)
}

// TestProxyRow: enter on the setting leads to the proxies, and esc back to the settings as they are then.
func TestProxyRow(t *testing.T) {
	sh, c := configured(t)
	shelved(sh, someProxies())
	c.all = append(c.all, Setting{Key: "proxy", Value: "home", Says: "What Telegram is reached through.", Choices: []string{"none", "home"}})
	s := drive(newSettings(sh, newBots(sh)), "G", "enter")
	if !is[proxies](s) {
		t.Fatalf("enter leads to %T", s)
	}
	c.all[len(c.all)-1].Value = "office"
	s = drive(s, "esc")
	if shown := ansi.Strip(strings.Join(s.View(size{80, 19}).body, "\n")); !is[settings](s) || !strings.Contains(shown, "office") {
		t.Errorf("%T: %s", s, shown)
	}
	sh.proxyBook = nil
	if s = drive(newSettings(sh, newBots(sh)), "G", "enter"); !s.Typing() && s.(settings).form.focused().choices == nil {
		t.Error("where no proxies can be kept, one is not chosen as any setting is")
	}
}

// TestProxiesLife: a proxy is saved, tried, used and seen where bots are checked; then it is gone, and that is said.
func TestProxiesLife(t *testing.T) {
	t.Parallel()
	w := newTwoTelegrams(t)
	running, err := w.production.MTProxy(telegramtest.MTProxyOptions{Cloak: "www.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Close() })
	link := running.Proxy()
	book := &proxyBook{secrets: map[string]secret.Secret{}, keep: w.fleet.SaveProxySecret}
	c := &configuration{all: []Setting{{Key: "proxy", Value: "none", Says: "What Telegram is reached through."}}}
	model, err := newRoot(t.Context(), Options{Fleet: w.fleet, Settings: c, Proxies: book, Environ: []string{"TERM=xterm-256color", "LANG=C.UTF-8"}})
	if err != nil {
		t.Fatal(err)
	}
	w.Screen = screentest.Run(t, model, 100, 30, screentest.NoColor)
	w.See("add a bot")
	w.Type("4")
	w.See("unlocked")
	w.Type(",")
	w.See("What Telegram is reached through.")
	w.Press(uv.KeyEnter)
	w.See("No proxy is in use.")
	w.Type("a")
	w.See("small letters, digits and dashes")
	w.pause()
	w.Type("lab")
	w.Settled()
	w.Paste("mtproxy://" + link.Secret.Reveal() + "@" + link.Addr)
	w.See("✓ mtproxy://" + link.Addr)
	w.pause()
	w.Press(uv.KeyEnter)
	w.See("Saved the proxy lab.")
	w.Type("r")
	w.See("lab leads to Telegram: DC 2 is connected to in")
	w.Press(uv.KeyEnter)
	w.See("Telegram is reached through lab from now on.")
	if got := len(running.DCs()); got != 1 || w.fleet.Proxy().Name != "lab" {
		t.Errorf("asked for %d data centres, %+v", got, w.fleet.Proxy())
	}
	_ = running.Close()
	w.Type("r")
	w.See("The proxy lab could not be reached.")
	w.Press(uv.KeyEnter)
	w.See("In use: lab")
	if strings.Contains(w.Raw(), link.Secret.Reveal()) {
		t.Error("the secret was on the screen")
	}
}

// TestProxyTrialIsCancelled: esc ends it, and the list is there again.
func TestProxyTrialIsCancelled(t *testing.T) {
	sh, _, s := withProxies(t)
	s = drive(s, "r", "esc")
	sees(t, s, "Cancelling…")
	if s = drive(s, "down", "a"); !is[proxies](s) {
		t.Fatalf("a key leads to %T", s)
	}
	s, _ = s.Update(taskDoneMsg{task: sh.lastTask, err: errors.Join(context.Canceled)})
	sees(t, s, "Cancelled.", "home")
}
