package telegram_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

const (
	botID     = 7123456789
	tokenText = "7123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"
	hashText  = "0123456789abcdef0123456789abcdef"
)

// serverKey is one RSA key for all servers of the tests: making one takes long.
var serverKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func theApp() telegram.App { return telegram.App{ID: 10001, Hash: secret.New(hashText)} }

func theToken() secret.Secret { return secret.New(tokenText) }

func theBot() telegramtest.Bot {
	return telegramtest.Bot{
		Token: theToken(),
		Profile: telegram.Profile{
			ID: botID, Username: "shop_orders_bot", FirstName: "Shop orders", Inline: true, Groups: true,
		},
	}
}

// serve starts a server that knows the bots.
func serve(t testing.TB, opts telegramtest.Options, bots ...telegramtest.Bot) *telegramtest.Server {
	t.Helper()
	key, err := serverKey()
	if err != nil {
		t.Fatal(err)
	}
	opts.Key = key
	s, err := telegramtest.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, bot := range bots {
		s.AddBot(bot)
	}
	return s
}

func sessionOf(t testing.TB, s *telegramtest.Server) telegram.Session {
	t.Helper()
	session, err := s.Session(botID)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// failed wants a *telegram.Error of a kind, without a secret in it, and returns what it says.
func failed(t testing.TB, err error, want telegram.Kind) telegram.Error {
	t.Helper()
	var e *telegram.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want a *telegram.Error of kind %v", err, err, want)
	}
	if e.Kind != want || !errors.Is(err, want) {
		t.Fatalf("kind %v (%v), want %v", e.Kind, err, want)
	}
	for _, leak := range []string{tokenText, tokenText[11:], hashText} {
		if strings.Contains(err.Error(), leak) {
			t.Fatalf("the error shows a secret: %v", err)
		}
	}
	return *e
}

// steps collects what is reported and checks that it comes from the goroutine that made the call: a
// plain slice under -race.
func steps(into *[]telegram.Step) func(telegram.Step) {
	return func(s telegram.Step) { *into = append(*into, s) }
}

func TestLoginAndCheckAndLogOut(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	c := telegram.New(s.Network(), telegram.Options{Version: "1.2.3"})
	before := time.Now()
	var seen []telegram.Step
	login, err := c.Login(t.Context(), theApp(), theToken(), steps(&seen))
	if err != nil {
		t.Fatal(err)
	}
	if login.Profile != theBot().Profile {
		t.Errorf("profile %+v", login.Profile)
	}
	addr := s.Network().DCs[1].Addrs[0]
	got := login.Session
	if got.DC != 2 || got.Addr != addr || got.Environment != s.Network().Name || got.Key.Len() != 256 ||
		got.APIID != 10001 || got.UserID != botID || got.MadeAt.Before(before) {
		t.Errorf("session %+v", got)
	}
	wantStages(t, seen, "connecting 2", "connecting 2 done", "securing 2", "securing 2 done", "logging in 2", "logging in 2 done")

	profile, err := c.Check(t.Context(), theApp(), got, nil)
	if err != nil || profile != theBot().Profile {
		t.Errorf("check: %+v, %v", profile, err)
	}
	if stats := s.Stats(); stats.Exchanges != 1 || stats.Logins != 1 {
		t.Errorf("a check made a key or a login: %+v", stats)
	}
	init := s.Stats().Init
	want := telegramtest.Init{
		Layer: init.Layer, APIID: 10001, DeviceModel: "botring", SystemVersion: runtime.GOOS + " " + runtime.GOARCH,
		AppVersion: "1.2.3", SystemLangCode: "en", LangCode: "en", NoUpdates: true,
	}
	if init != want || init.Layer < 200 {
		t.Errorf("initConnection %+v", init)
	}

	seen = nil
	if err := c.LogOut(t.Context(), theApp(), got, steps(&seen)); err != nil {
		t.Fatal(err)
	}
	wantStages(t, seen, "connecting 2", "connecting 2 done", "logging out 2", "logging out 2 done")
	if err := c.LogOut(t.Context(), theApp(), got, nil); err != nil {
		t.Errorf("a second log-out: %v", err)
	}
	_, err = c.Check(t.Context(), theApp(), got, nil)
	failed(t, err, telegram.SessionDead)
}

// wantStages compares steps with words such as "moving 4 done".
func wantStages(t testing.TB, got []telegram.Step, want ...string) {
	t.Helper()
	var words []string
	for _, s := range got {
		word := fmt.Sprintf("%v %d", s.Stage, s.DC)
		if s.Done {
			word += " done"
		}
		if s.Done != (s.Took > 0) || s.Addr == "" && (s.Stage != telegram.Moving || s.Done) {
			t.Errorf("step %+v", s)
		}
		words = append(words, word)
	}
	if strings.Join(words, ", ") != strings.Join(want, ", ") {
		t.Errorf("steps %q\nwant %q", words, want)
	}
}

// TestStaleSalt: a salt that has expired costs a round trip and no more.
func TestStaleSalt(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	c := telegram.New(s.Network(), telegram.Options{})
	session := sessionOf(t, s)
	session.Salt++
	if _, err := c.Check(t.Context(), theApp(), session, nil); err != nil {
		t.Error(err)
	}
	login, err := c.UseKeyOf(session).Login(t.Context(), theApp(), theToken(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if login.Session.Salt == session.Salt {
		t.Error("the stale salt was kept")
	}
}

// TestManyAtOnce: two hundred at once get what one gets, and one client serves many callers.
func TestManyAtOnce(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	shared := telegram.New(s.Network(), telegram.Options{})
	var wg sync.WaitGroup
	for i := range 200 {
		session, c := sessionOf(t, s), shared
		if i%2 == 0 {
			c = telegram.New(s.Network(), telegram.Options{})
		}
		wg.Go(func() {
			var seen []telegram.Step
			if _, err := c.Check(t.Context(), theApp(), session, steps(&seen)); err != nil || len(seen) != 4 {
				t.Errorf("%v after %+v", err, seen)
			}
		})
	}
	wg.Wait()
}

// TestManyLogins: whatever numbers both ends make up, they agree on a key, and the call under it is understood.
func TestManyLogins(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	c := telegram.New(s.Network(), telegram.Options{})
	times := 100
	if testing.Short() {
		times = 10
	}
	keys := make(map[string]bool)
	for range times {
		login, err := c.Login(t.Context(), theApp(), theToken(), nil)
		if err != nil {
			t.Fatal(err)
		}
		keys[login.Session.Key.Reveal()] = true
	}
	if stats := s.Stats(); len(keys) != times || stats.Exchanges != times || stats.Sessions != times {
		t.Errorf("%d keys after %+v", len(keys), stats)
	}
}

// TestProfile: what Telegram says of a bot arrives, each mark for itself.
func TestProfile(t *testing.T) {
	for _, want := range []telegram.Profile{
		{ID: botID, Username: "tenki_bot", FirstName: "天気 \u202eWeather\x1b[2J"},
		{ID: botID, Username: "a_bot", FirstName: "A", Inline: true},
		{ID: botID, Username: "a_bot", FirstName: "A", Groups: true},
		{ID: botID, Username: "a_bot", FirstName: "A", ReadsAll: true},
		{ID: botID, Username: "a_bot", FirstName: "A", ManagesBots: true},
	} {
		bot := theBot()
		bot.Profile = want
		s := serve(t, telegramtest.Options{}, bot)
		c := telegram.New(s.Network(), telegram.Options{})
		got, err := c.Check(t.Context(), theApp(), sessionOf(t, s), nil)
		if err != nil || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
}
