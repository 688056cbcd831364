package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/botapi"
	"botring/telegram/telegramtest"
)

// withBotAPI opens a fleet of a world that has a Telegram, with a Bot API of it.
func (w *world) withBotAPI(edit ...func(*Options)) (*Fleet, *telegramtest.BotAPI) {
	w.t.Helper()
	api, at, err := w.tg.ListenBotAPI()
	if err != nil {
		w.t.Fatal(err)
	}
	opts := w.options()
	opts.BotAPI = env + "=" + at
	for _, e := range edit {
		e(&opts)
	}
	f, err := Open(w.t.Context(), opts)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = f.Close() })
	return f, api
}

func wantVerdict(t *testing.T, err error, want TokenVerdict) {
	t.Helper()
	if got := VerdictOf(err); got != want {
		t.Errorf("%v: %v, want %v", got, err, want)
	}
}

// TestARevokedTokenIsToldFromADeadSession is what it is all for.
func TestARevokedTokenIsToldFromADeadSession(t *testing.T) {
	w := newWorld(t)
	f, api := w.withBotAPI()
	for _, id := range []int64{7, 8} {
		if _, err := f.Add(t.Context(), w.bot(id), nil); err != nil {
			t.Fatal(err)
		}
	}
	// Both sessions are dead. The token of one of them was revoked, that of the other has been given back.
	w.tg.RevokeToken(7)
	w.tg.RevokeToken(8)
	w.tg.AddBot(w.tgBot(8, "x"))
	for _, id := range []int64{7, 8} {
		if _, err := f.Check(t.Context(), key(id), nil); !errors.Is(err, telegram.SessionRevoked) {
			t.Fatal(err)
		}
	}
	logins := w.tg.Stats().Logins
	bot, err := f.AskToken(t.Context(), key(7), nil)
	wantVerdict(t, err, TokenRevoked)
	if bot.Health.Status != store.TokenRevoked || bot.Health.Code != 401 || bot.Health.Kind != "token_revoked" {
		t.Errorf("revoked: %+v", bot.Health)
	}
	bot, err = f.AskToken(t.Context(), key(8), nil)
	wantVerdict(t, err, TokenAlive)
	if bot.Health.Status != store.SessionRevoked {
		t.Errorf("alive: %+v", bot.Health)
	}
	if asked := api.Asked(); len(asked) != 2 || w.tg.Stats().Logins != logins {
		t.Errorf("asked %+v, logged in %d times", asked, w.tg.Stats().Logins-logins)
	}
	entries, err := f.History(t.Context(), 2)
	if err != nil || len(entries) != 2 || entries[0].Action != "token check" || entries[0].Outcome != OutcomeOK || entries[1].Outcome == OutcomeOK {
		t.Errorf("%+v, %v", entries, err)
	}
	// A token that came to life again was never revoked: nothing is known of the session.
	w.tg.AddBot(w.tgBot(7, "x"))
	bot, err = f.AskToken(t.Context(), key(7), nil)
	wantVerdict(t, err, TokenAlive)
	if bot.Health.Status != store.Unchecked || bot.Health.Kind != "" {
		t.Errorf("alive again: %+v", bot.Health)
	}
}

// TestASessionThatMayWorkStaysWhatItIs: that a token is not known does not say that a session is dead.
func TestASessionThatMayWorkStaysWhatItIs(t *testing.T) {
	w := newWorld(t)
	f, _ := w.withBotAPI()
	if _, err := f.Add(t.Context(), w.bot(7), nil); err != nil {
		t.Fatal(err)
	}
	order := w.bot(8)
	order.NoLogin = true
	if _, err := f.Add(t.Context(), order, nil); err != nil {
		t.Fatal(err)
	}
	bot, err := f.AskToken(t.Context(), key(8), nil)
	wantVerdict(t, err, TokenAlive)
	if bot.Health.Status != store.NotLoggedIn || bot.Profile.Username != "x8_bot" || !bot.Profile.Groups {
		t.Errorf("not logged in: %+v", bot)
	}
	w.tg.RevokeToken(7)
	w.tg.RevokeToken(8)
	bot, err = f.AskToken(t.Context(), key(7), nil)
	wantVerdict(t, err, TokenRevoked)
	if bot.Health.Status != store.OK {
		t.Errorf("beside a session: %+v", bot.Health)
	}
	bot, err = f.AskToken(t.Context(), key(8), nil)
	wantVerdict(t, err, TokenRevoked)
	if bot.Health.Status != store.TokenRevoked {
		t.Errorf("without one: %+v", bot.Health)
	}
}

// TestWhatIsNotAnsweredChangesNothing: none of these is alive or revoked, and none has a token in its words.
func TestWhatIsNotAnsweredChangesNothing(t *testing.T) {
	w := newWorld(t)
	f, api := w.withBotAPI()
	if _, err := f.Add(t.Context(), w.bot(7), nil); err != nil {
		t.Fatal(err)
	}
	w.tg.RevokeToken(7)
	if _, err := f.Check(t.Context(), key(7), nil); err == nil {
		t.Fatal("the session works")
	}
	before, err := f.Bot(t.Context(), key(7))
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range []telegramtest.HTTPScript{
		{Status: 200, Body: `{"ok":true,"result":{"id":8,"is_bot":true}}`},
		{Status: 200, Body: "<html>{token}"},
		{Status: 401, Body: "{token}"},
		{Status: 401, Body: `{"ok":false,"error_code":401,"description":"Unauthorized: invalid api-id/api-hash"}`},
		{Status: 404, Body: `{"ok":false,"error_code":404,"description":"Not Found"}`},
		{Status: 503},
		{Status: 307, Header: map[string]string{"Location": "https://example.invalid/bot{token}/getMe"}},
		{Drop: true, Body: "bot{token}"},
	} {
		api.Script(script)
		bot, err := f.AskToken(t.Context(), key(7), nil)
		wantVerdict(t, err, TokenUnknown)
		if bot.Health != before.Health || strings.Contains(fmt.Sprintf("%+v", err), "AAE") {
			t.Errorf("%+v: %+v, %v", script, bot.Health, err)
		}
	}
}

// TestAWaitOfTheBotAPI: it binds questions, of all bots and across restarts, and neither logins nor checks.
func TestAWaitOfTheBotAPI(t *testing.T) {
	w := newWorld(t)
	var at string
	f, api := w.withBotAPI(func(o *Options) { at = o.BotAPI })
	for _, id := range []int64{7, 8} {
		if _, err := f.Add(t.Context(), w.bot(id), nil); err != nil {
			t.Fatal(err)
		}
	}
	api.Script(telegramtest.HTTPScript{Status: 429, Body: `{"ok":false,"error_code":429,"parameters":{"retry_after":900}}`, Times: 1})
	until := w.clock().Add(900 * time.Second)
	bot, err := f.AskToken(t.Context(), key(7), nil)
	wantVerdict(t, err, TokenUnknown)
	wantFlood(t, err, until, false)
	if bot.Health.Status != store.OK || !bot.FloodUntil.IsZero() {
		t.Errorf("%+v", bot)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	opts := w.options()
	opts.BotAPI = at
	if f, err = Open(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	_, err = f.AskToken(t.Context(), key(8), nil)
	wantFlood(t, err, until, true)
	var flood *FloodError
	if !errors.As(err, &flood) || flood.BotAPI == "" || !strings.Contains(at, flood.BotAPI) {
		t.Errorf("%+v", flood)
	}
	if len(api.Asked()) != 1 {
		t.Error("it was asked while it was not to be")
	}
	if _, err := f.Check(t.Context(), key(8), nil); err != nil {
		t.Errorf("check: %v", err)
	}
	if _, err := f.Login(t.Context(), key(8), true, nil); err != nil {
		t.Errorf("login: %v", err)
	}
	w.sleep(900 * time.Second)
	_, err = f.AskToken(t.Context(), key(8), nil)
	wantVerdict(t, err, TokenAlive)
}

// TestATokenThatIsReplacedMeanwhile: the answer about the old one says nothing of the new one.
func TestATokenThatIsReplacedMeanwhile(t *testing.T) {
	w := newWorld(t)
	f, _ := w.withBotAPI()
	order := w.bot(7)
	order.NoLogin = true
	if _, err := f.Add(t.Context(), order, nil); err != nil {
		t.Fatal(err)
	}
	w.tg.AddBot(w.tgBot(7, "y"))
	asks, times := f.getMe, 0
	f.getMe = func(s botapi.Server, ctx context.Context, token secret.Secret, test bool, opts botapi.Options) (telegram.Profile, error) {
		if times++; times == 1 {
			if _, err := f.ReplaceToken(ctx, key(7), tokenOf(7, "y"), true, nil); err != nil {
				t.Error(err)
			}
		}
		return asks(s, ctx, token, test, opts)
	}
	bot, err := f.AskToken(t.Context(), key(7), nil)
	wantVerdict(t, err, TokenAlive)
	if bot.Health.Status != store.NotLoggedIn || times != 2 {
		t.Errorf("%+v, asked %d times", bot.Health, times)
	}
}

func TestAskingAboutATokenThatIsNotSaved(t *testing.T) {
	w := newWorld(t)
	f, api := w.withBotAPI()
	w.bot(7)
	profile, err := f.AskTokenText(t.Context(), env, secret.New(" "+tokenOf(7, "x").Reveal()+"\n"), nil)
	if err != nil || profile.Username != "x7_bot" {
		t.Errorf("%+v, %v", profile, err)
	}
	if verdict, err := f.TokenAlive(t.Context(), env, tokenOf(7, "x")); verdict != TokenAlive || err != nil {
		t.Errorf("%v, %v", verdict, err)
	}
	w.tg.RevokeToken(7)
	if verdict, err := f.TokenAlive(t.Context(), env, tokenOf(7, "x")); verdict != TokenRevoked || err != nil {
		t.Errorf("%v, %v", verdict, err)
	}
	asked := len(api.Asked())
	var input *InputError
	if verdict, err := f.TokenAlive(t.Context(), env, secret.New("7/../x:y")); verdict != TokenUnknown || !errors.As(err, &input) {
		t.Errorf("%v, %v", verdict, err)
	}
	if len(api.Asked()) != asked {
		t.Error("what is no token was sent")
	}
	if bots, _ := f.Bots(t.Context()); len(bots) > 0 {
		t.Error("it was saved")
	}
}

// TestWhoMayBeToldAToken: a token reaches the server of its own environment and no other.
func TestWhoMayBeToldAToken(t *testing.T) {
	open := func(t *testing.T, opts Options) *Fleet {
		opts.Ephemeral, opts.Keyring = true, string(keyring.KindMemory)
		f, err := Open(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	lab := telegram.Network{Name: "lab"}
	for _, row := range []struct {
		name string
		opts Options
		want map[string]string // by environment, "" for none
	}{
		{"Telegram's own", Options{Networks: []telegram.Network{lab}}, map[string]string{"production": "api.telegram.org", "test": "api.telegram.org", "lab": ""}},
		{"a URL is for Telegram's own environments", Options{Networks: []telegram.Network{lab}, BotAPI: "https://a.example"},
			map[string]string{"production": "a.example", "test": "a.example", "lab": ""}},
		{"one with a name for that alone", Options{Networks: []telegram.Network{lab}, BotAPI: "lab=http://127.0.0.1:8081"},
			map[string]string{"production": "api.telegram.org", "test": "api.telegram.org", "lab": "127.0.0.1:8081"}},
		{"several", Options{Networks: []telegram.Network{lab}, BotAPI: "test=https://t.example, lab=https://l.example"},
			map[string]string{"production": "api.telegram.org", "test": "t.example", "lab": "l.example"}},
		{"the demo's are nobody else's", Options{Networks: []telegram.Network{{Name: "production"}}}, map[string]string{"production": "", "test": "api.telegram.org"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := open(t, row.opts)
			for environment, want := range row.want {
				got, err := f.BotAPI(environment)
				if got != want || (want == "") != errors.Is(err, ErrNoBotAPI) {
					t.Errorf("%s: %q, %v; want %q", environment, got, err, want)
				}
				if want == "" {
					if verdict, err := f.TokenAlive(t.Context(), environment, tokenOf(7, "x")); verdict != TokenUnknown || !errors.Is(err, ErrNoBotAPI) {
						t.Errorf("%v, %v", verdict, err)
					}
				}
			}
		})
	}
	for text, want := range map[string]error{
		"http://bots.example":                      botapi.ErrPlain,
		"lab=http://bots.example":                  botapi.ErrPlain,
		"https://me@bots.example":                  botapi.ErrURLUser,
		"https://a.example,https://b.example":      errBotAPITwice,
		"https://a.example,production=https://b.x": errBotAPITwice,
		"lab": botapi.ErrURL,
	} {
		_, err := Open(t.Context(), Options{Ephemeral: true, Keyring: "memory", BotAPI: text})
		var input *InputError
		if !errors.As(err, &input) || input.Field != FieldBotAPI || !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
		if CheckBotAPI(text) == nil {
			t.Errorf("%s is fine to CheckBotAPI", text)
		}
	}
	if _, err := Open(t.Context(), Options{Ephemeral: true, Keyring: "memory", BotAPI: "http://bots.example", InsecureBotAPI: true}); err != nil {
		t.Errorf("insecure: %v", err)
	}
}

// TestNeverPastAProxy: what cannot lead to a Bot API ends the question, and nothing is asked directly.
func TestNeverPastAProxy(t *testing.T) {
	w := newFakeWorld(t)
	asked := 0
	openWith := func(edit func(*Options)) *Fleet {
		opts := w.options()
		opts.BotAPI = env + "=https://bots.example.invalid"
		edit(&opts)
		f, err := Open(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		f.getMe = func(_ botapi.Server, _ context.Context, _ secret.Secret, _ bool, opts botapi.Options) (telegram.Profile, error) {
			if asked++; opts.Proxy.Secret.Empty() {
				t.Errorf("asked through %+v", opts.Proxy)
			}
			return telegram.Profile{ID: 7}, nil
		}
		return f
	}
	mt := telegram.Proxy{Kind: telegram.MTProxy, Name: "mt", Addr: "127.0.0.1:1", Secret: secret.New(strings.Repeat("0", 32))}
	_, err := openWith(func(o *Options) { o.Proxy = mt }).TokenAlive(t.Context(), env, tokenOf(7, "x"))
	if !errors.Is(err, telegram.ErrMTProxyLeads) {
		t.Errorf("MTProxy: %v", err)
	}
	noWay := errors.New("no way")
	_, err = openWith(func(o *Options) { o.NoWay = noWay }).TokenAlive(t.Context(), env, tokenOf(7, "x"))
	if !errors.Is(err, noWay) {
		t.Errorf("no way: %v", err)
	}
	if asked > 0 {
		t.Fatal("asked past the proxy")
	}
	// The secret of one that has a name is the keyring's.
	socks := telegram.Proxy{Kind: telegram.SOCKS5, Name: "office", Addr: "127.0.0.1:1", User: "me"}
	f := openWith(func(o *Options) { o.Proxy, o.Proxies = socks, []Proxy{socks} })
	var missing *ProxySecretError
	if _, err := f.TokenAlive(t.Context(), env, tokenOf(7, "x")); !errors.As(err, &missing) {
		t.Errorf("without a secret: %v", err)
	}
	full := socks
	full.Secret = secret.New("pass")
	if err := f.SaveProxySecret(t.Context(), full); err != nil {
		t.Fatal(err)
	}
	if verdict, err := f.TokenAlive(t.Context(), env, tokenOf(7, "x")); verdict != TokenAlive || asked != 1 {
		t.Errorf("%v, %v, asked %d times", verdict, err, asked)
	}
}

// TestManyQuestionsKeepThePace: 300 tokens take as long as the server's limits make them, and none is asked sooner.
func TestManyQuestionsKeepThePace(t *testing.T) {
	inBubble(t, 300, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		f.botAPIs[env], _ = botapi.Parse("https://bots.example.invalid", false)
		var mu sync.Mutex
		var asked []time.Time
		f.getMe = func(_ botapi.Server, _ context.Context, token secret.Secret, _ bool, _ botapi.Options) (telegram.Profile, error) {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, time.Now())
			id, _ := CheckToken(token.Reveal())
			return telegram.Profile{ID: id}, nil
		}
		began, done, queued := time.Now(), 0, 0
		ctx := WithTrace(t.Context(), Trace{Step: func(_ Key, s Step) {
			if s.Stage == Queueing {
				mu.Lock()
				queued++
				mu.Unlock()
			}
		}})
		f.AskTokens(ctx, keys, func(o Outcome) {
			if done++; o.Err != nil {
				t.Errorf("%v: %v", o.Key, o.Err)
			}
		})
		slices.SortFunc(asked, time.Time.Compare)
		for i := 20; i < len(asked); i++ {
			if took := asked[i].Sub(asked[i-20]); took < time.Minute {
				t.Fatalf("21 within %v", took)
			}
		}
		if took := time.Since(began); done != 300 || took < 14*time.Minute || took > 15*time.Minute || queued == 0 {
			t.Errorf("%d in %v, %d told to queue", done, took, queued)
		}
		// Meanwhile and afterwards the rest goes on: no place of the conversations is held.
		if _, err := f.Check(t.Context(), keys[0], nil); err != nil {
			t.Error(err)
		}
	})
}

// TestAStalledBotAPIHoldsUpNothing but questions.
func TestAStalledBotAPIHoldsUpNothing(t *testing.T) {
	inBubble(t, 20, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		f.botAPIs[env], _ = botapi.Parse("https://bots.example.invalid", false)
		f.getMe = func(_ botapi.Server, ctx context.Context, _ secret.Secret, _ bool, _ botapi.Options) (telegram.Profile, error) {
			<-ctx.Done()
			return telegram.Profile{}, &telegram.Error{Kind: telegram.Cancelled, Err: ctx.Err()}
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan int)
		go func() {
			n := 0
			f.AskTokens(ctx, keys, func(Outcome) { n++ })
			ended <- n
		}()
		synctest.Wait()
		began := time.Now()
		checked := 0
		f.CheckMany(t.Context(), keys, func(o Outcome) {
			if checked++; o.Err != nil {
				t.Error(o.Err)
			}
		})
		if took := time.Since(began); checked != len(keys) || took > time.Second {
			t.Errorf("%d checked in %v", checked, took)
		}
		cancel()
		if n := <-ended; n > AtOnce {
			t.Errorf("%d ended", n)
		}
	})
}

// TestPace: turns that are given back are had by others.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pace{limits: asksLimits()}
		began := time.Now()
		var last time.Time
		for range 601 {
			last = p.next()
		}
		if wait := last.Sub(began); wait != time.Hour {
			t.Errorf("the 601st waits %v", wait)
		}
		p.giveBack(last)
		if again := p.next(); !again.Equal(last) {
			t.Errorf("%v, want %v", again, last)
		}
		time.Sleep(2 * time.Hour)
		if at := p.next(); !at.Equal(time.Now()) {
			t.Errorf("after a pause: %v", time.Until(at))
		}
	})
}
