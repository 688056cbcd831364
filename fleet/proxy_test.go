package fleet

import (
	"errors"
	"strings"
	"testing"

	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// through starts an MTProxy that leads to the world's Telegram.
func (w *world) through() Proxy {
	w.t.Helper()
	p, err := w.tg.MTProxy(telegramtest.MTProxyOptions{Cloak: "www.example.com"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = p.Close() })
	return p.Proxy()
}

// configured is a proxy as the configuration has it: with a name and no secret.
func configured(p Proxy, name string) Proxy {
	p.Name, p.Secret = name, secret.Secret{}
	return p
}

// TestNamedProxy: the secret of a proxy is read from the keyring when something is to be sent, and not before.
func TestNamedProxy(t *testing.T) {
	w := newWorld(t)
	w.tg.AddBot(w.tgBot(7, "A"))
	whole := w.through()
	opts := w.options()
	opts.Proxies = []Proxy{configured(whole, "office")}
	opts.Proxy = opts.Proxies[0]
	f, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()

	var missing *ProxySecretError
	if _, err := f.TryProxy(t.Context(), f.Proxy()); !errors.As(err, &missing) || missing.Proxy != "office" {
		t.Fatalf("%v", err)
	}
	if _, err := f.Add(t.Context(), w.bot(7), nil); !errors.As(err, &missing) {
		t.Fatalf("%v", err)
	}
	if seen := w.tg.Stats(); seen.Connections != 0 {
		t.Fatal("Telegram was reached past the proxy")
	}
	whole.Name = "office"
	if err := f.SaveProxySecret(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	var steps []Step
	if _, err := f.Add(t.Context(), w.bot(7), func(s Step) { steps = append(steps, s) }); err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		if step.Addr != "" && step.Proxy != "office" {
			t.Errorf("%+v", step)
		}
	}
	if _, err := f.Check(t.Context(), key(7), nil); err != nil {
		t.Error(err)
	}
	if tried, err := f.TryProxy(t.Context(), opts.Proxy); err != nil || tried.DC != 2 || tried.Exchanging <= 0 {
		t.Errorf("%+v, %v", tried, err)
	}
	// A rebuilt catalogue, a verification and a move know nothing of it and leave it alone.
	if _, err := f.Rebuild(t.Context()); err != nil {
		t.Error(err)
	}
	if v, err := f.VerifyKeyring(t.Context()); err != nil || !v.Sound() {
		t.Errorf("%+v, %v", v, err)
	}
	if err := f.RemoveProxySecret(t.Context(), "office"); err != nil {
		t.Error(err)
	}
	if _, err := w.ring.Get(t.Context(), "proxy/office"); !errors.Is(err, keyring.ErrNotFound) {
		t.Error(err)
	}
	if err := f.RemoveProxySecret(t.Context(), "office"); err != nil {
		t.Errorf("once more: %v", err)
	}
	if log := strings.Join(w.journal.take(), "\n"); strings.Contains(log, whole.Secret.Reveal()) || !strings.Contains(log, "proxy=office") {
		t.Errorf("log: %s", log)
	}
}

// TestProxySecretOfAnotherKind: what was kept for an MTProxy is not sent to anything else.
func TestProxySecretOfAnotherKind(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	p := Proxy{Kind: telegram.SOCKS5, Name: "office", Addr: "127.0.0.1:1", User: "me", Secret: secret.New("hunter2")}
	if err := f.SaveProxySecret(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	p.Kind, p.User, p.Secret = telegram.MTProxy, "", secret.Secret{}
	if _, err := f.TryProxy(t.Context(), p); !errors.Is(err, ErrItemDamaged) {
		t.Error(err)
	}
	if err := w.store.Put(t.Context(), keyring.Item{Name: "proxy/office", Value: secret.New(`{"v":2,"secret":"x"}`)}); err != nil {
		t.Fatal(err)
	}
	p = Proxy{Kind: telegram.SOCKS5, Name: "office", Addr: "127.0.0.1:1", User: "me", Secret: secret.New("hunter3")}
	if err := f.SaveProxySecret(t.Context(), p); !errors.Is(err, ErrItemNewer) {
		t.Error(err)
	}
}

// TestUseProxy: another proxy is in use from the next call on.
func TestUseProxy(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	w.added(f, 7)
	dead := Proxy{Kind: telegram.SOCKS5, Addr: "127.0.0.1:1"}
	f.UseProxy(dead)
	before, err := f.Bot(t.Context(), key(7))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Check(t.Context(), key(7), nil); !errors.Is(err, telegram.ProxyUnreachable) {
		t.Error(err)
	}
	if after, err := f.Bot(t.Context(), key(7)); err != nil || after.Health != before.Health {
		t.Errorf("a proxy's fault is the bot's: %+v, %v", after.Health, err)
	}
	f.UseProxy(w.through())
	if _, err := f.Check(t.Context(), key(7), nil); err != nil {
		t.Error(err)
	}
	f.UseProxy(Proxy{})
	if _, err := f.Check(t.Context(), key(7), nil); err != nil {
		t.Error(err)
	}
}

func TestFindProxy(t *testing.T) {
	known := []Proxy{{Kind: telegram.SOCKS5, Name: "office", Addr: "h:1", User: "me"}}
	for text, want := range map[string]Proxy{
		"":                 {},
		"none":             {},
		"office":           known[0],
		"http://h:3128":    {Kind: telegram.HTTPProxy, Addr: "h:3128"},
		"socks5://me@h:10": {Kind: telegram.SOCKS5, Addr: "h:10", User: "me"},
	} {
		if got, err := FindProxy(known, text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for text, problem := range map[string]Problem{"home": ProblemUnknown, "h:1080": ProblemProxy, "mtproxy://h:443": ProblemProxy} {
		var typed *InputError
		if _, err := FindProxy(known, text); !errors.As(err, &typed) || typed.Problem != problem || typed.Field != FieldProxy {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestExamineProxy: it is said which proxy is in use, and with the network whether it leads anywhere.
func TestExamineProxy(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	f.UseProxy(w.through())
	findings := examine(t, f, ExamineOptions{})
	if got := find(t, findings, FoundProxy); got.Names[0] != f.Proxy().String() {
		t.Errorf("%+v", got)
	}
	if w.tg.Stats().Connections != 0 {
		t.Error("something was sent")
	}
	findings = examine(t, f, ExamineOptions{Network: true})
	if got := find(t, findings, FoundProxyLeads); got.Grade != GradeOK {
		t.Errorf("%+v", got)
	}
	find(t, findings, FoundReached)

	f.UseProxy(Proxy{Kind: telegram.SOCKS5, Addr: "127.0.0.1:1"})
	findings = examine(t, f, ExamineOptions{Network: true})
	for _, finding := range findings {
		if finding.Topic == TopicNetwork {
			t.Errorf("%+v", finding)
		}
	}
	if got := find(t, findings, FoundFault); got.Topic != TopicProxy || got.Grade != GradeProblem || !errors.Is(got.Err, telegram.ProxyUnreachable) {
		t.Errorf("%+v", got)
	}
}
