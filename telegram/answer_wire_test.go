package telegram_test

import (
	"slices"
	"testing"
	"time"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

// An answer as Telegram documents it, and what it must come out as.
type answer struct {
	code int
	typ  string
	kind telegram.Kind
	wait time.Duration
}

// answers are all that is documented for auth.importBotAuthorization (ACCESS_TOKEN_EXPIRED to
// AUTH_KEY_INVALID) and for the calls of a session, and some that are not.
var answers = []answer{
	{400, "ACCESS_TOKEN_EXPIRED", telegram.TokenRevoked, 0},
	{400, "ACCESS_TOKEN_INVALID", telegram.TokenInvalid, 0},
	{400, "API_ID_INVALID", telegram.APIIDInvalid, 0},
	{400, "API_ID_PUBLISHED_FLOOD", telegram.APIIDPublished, 0},
	{400, "BOT_INVALID", telegram.NotManaged, 0},
	{400, "USER_BOT_REQUIRED", telegram.BotRequired, 0},
	{401, "AUTH_KEY_INVALID", telegram.AuthKeyInvalid, 0},
	{400, "CONNECTION_API_ID_INVALID", telegram.APIIDInvalid, 0},
	{401, "AUTH_KEY_UNREGISTERED", telegram.SessionDead, 0},
	{401, "SESSION_REVOKED", telegram.SessionRevoked, 0},
	{401, "SESSION_EXPIRED", telegram.SessionRevoked, 0},
	{401, "USER_DEACTIVATED", telegram.BotDeactivated, 0},
	{401, "USER_DEACTIVATED_BAN", telegram.BotDeactivated, 0},
	{406, "AUTH_KEY_DUPLICATED", telegram.SessionDuplicated, 0},
	{406, "UPDATE_APP_TO_LOGIN", telegram.UpdateNeeded, 0},
	{420, "FLOOD_WAIT_1873", telegram.FloodWait, 1873 * time.Second},
	{420, "FLOOD_PREMIUM_WAIT_7", telegram.FloodWait, 7 * time.Second},
	{400, "CONNECTION_NOT_INITED", telegram.Unexpected, 0},
	{400, "INPUT_METHOD_INVALID", telegram.Unexpected, 0},
	{400, "NEVER_SEEN_BEFORE", telegram.Unexpected, 0},
	{-404, "", telegram.SessionDead, 0},
	{-429, "", telegram.FloodWait, 30 * time.Second},
	{-444, "", telegram.WrongDC, 0},
	{-1000, "", telegram.Unexpected, 0},
}

// faults are Telegram's own.
var faults = []answer{
	{500, "RPC_CALL_FAIL", telegram.TelegramFault, 0},
	{500, "AUTH_RESTART", telegram.TelegramFault, 0},
	{500, "INTERDC_4_CALL_ERROR", telegram.TelegramFault, 0},
	{500, "INTERDC_2_CALL_RICH_ERROR", telegram.TelegramFault, 0},
	{503, "TIMEOUT", telegram.TelegramFault, 0},
	{-503, "TIMEOUT", telegram.TelegramFault, 0},
}

// script makes a server answer so.
func (a answer) script() telegramtest.Script {
	if a.typ == "" {
		return telegramtest.Script{Transport: a.code}
	}
	return telegramtest.Script{Code: a.code, Error: a.typ}
}

func (a answer) is(t *testing.T, err error, sent bool) {
	t.Helper()
	e := failed(t, err, a.kind)
	if e.Code != a.code || e.Type != a.typ || e.Wait != a.wait || e.Sent != sent || e.DC != 2 || e.Addr == "" {
		t.Errorf("error %+v", e)
	}
}

func TestAnswersToLogin(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	key := sessionOf(t, s)
	c := telegram.New(s.Network(), telegram.Options{}).UseKeyOf(key)
	if err := c.LogOut(t.Context(), theApp(), key, nil); err != nil {
		t.Fatal(err)
	}
	for _, a := range append(answers, faults...) {
		t.Run(a.typ, func(t *testing.T) {
			bot := theBot()
			bot.Login = a.script()
			s.AddBot(bot)
			before := s.Stats().Logins
			_, err := c.Login(t.Context(), theApp(), theToken(), nil)
			// A server that does not know the key has not read the token.
			a.is(t, err, a.code != -404)
			want := 1
			if a.code == -404 {
				want = 2
			}
			if got := s.Stats().Logins - before; got != want {
				t.Errorf("the token was sent %d times, want %d", got, want)
			}
		})
	}
	if s.Stats().Sessions != 0 {
		t.Error("a session came of refused logins")
	}
}

func TestAnswersToCheck(t *testing.T) {
	s := serve(t, telegramtest.Options{})
	c := telegram.New(s.Network(), telegram.Options{})
	for _, a := range answers {
		t.Run(a.typ, func(t *testing.T) {
			bot := theBot()
			bot.Call = a.script()
			s.AddBot(bot)
			_, err := c.Check(t.Context(), theApp(), sessionOf(t, s), nil)
			a.is(t, err, false)
		})
	}
	if stats := s.Stats(); stats.Exchanges != 0 || stats.Logins != 0 {
		t.Errorf("a check made a key or a login: %+v", stats)
	}
}

func TestAnswersToLogOut(t *testing.T) {
	gone := []telegram.Kind{
		telegram.SessionDead, telegram.SessionRevoked, telegram.SessionDuplicated,
		telegram.AuthKeyInvalid, telegram.BotDeactivated,
	}
	s := serve(t, telegramtest.Options{})
	c := telegram.New(s.Network(), telegram.Options{})
	for _, a := range answers {
		t.Run(a.typ, func(t *testing.T) {
			bot := theBot()
			bot.Call = a.script()
			s.AddBot(bot)
			err := c.LogOut(t.Context(), theApp(), sessionOf(t, s), nil)
			// A transport error is nobody's proof: whoever keeps the request from Telegram can send one.
			if a.code < 0 || !slices.Contains(gone, a.kind) {
				a.is(t, err, false)
			} else if err != nil {
				t.Errorf("a session that is gone: %v", err)
			}
		})
	}
}

// TestRefusalOfInitConnection: a bad api_id is told at once, not after retries or a time-out.
func TestRefusalOfInitConnection(t *testing.T) {
	s := serve(t, telegramtest.Options{Apps: []telegram.App{theApp()}}, theBot())
	c := telegram.New(s.Network(), telegram.Options{}).UseKeyOf(sessionOf(t, s))
	stranger := telegram.App{ID: 10002, Hash: theApp().Hash}

	_, err := c.Login(t.Context(), stranger, theToken(), nil)
	failed(t, err, telegram.APIIDInvalid)
	_, err = c.Check(t.Context(), stranger, sessionOf(t, s), nil)
	if e := failed(t, err, telegram.APIIDInvalid); e.Type != "CONNECTION_API_ID_INVALID" {
		t.Errorf("error %+v", e)
	}

	s.Script(telegramtest.AtInit, telegramtest.Script{Code: 400, Error: "CONNECTION_API_ID_INVALID"})
	start := time.Now()
	_, err = c.Login(t.Context(), theApp(), theToken(), nil)
	if e := failed(t, err, telegram.APIIDInvalid); e.Type != "CONNECTION_API_ID_INVALID" || time.Since(start) > 5*time.Second {
		t.Errorf("after %v: %+v", time.Since(start), e)
	}
}

// TestHostileType: what Telegram calls an error reaches terminals and logs, so it is let through only when
// it looks like a type.
func TestHostileType(t *testing.T) {
	s := serve(t, telegramtest.Options{})
	c := telegram.New(s.Network(), telegram.Options{})
	for _, hostile := range []string{"\x1b[2J", "ACCESS_TOKEN_INVALID\n", "Timeout", "A\u202eB", tokenText} {
		bot := theBot()
		bot.Call = telegramtest.Script{Code: 400, Error: hostile}
		s.AddBot(bot)
		_, err := c.Check(t.Context(), theApp(), sessionOf(t, s), nil)
		if e := failed(t, err, telegram.Unexpected); e.Type != "" || e.Code != 400 || e.Error() != "users.getUsers: 400" {
			t.Errorf("%q comes through: %v", hostile, e)
		}
	}
}

func TestRevokedToken(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	session := sessionOf(t, s)
	c := telegram.New(s.Network(), telegram.Options{}).UseKeyOf(session)
	s.RevokeToken(botID)
	_, err := c.Login(t.Context(), theApp(), theToken(), nil)
	failed(t, err, telegram.TokenRevoked)
	_, err = c.Check(t.Context(), theApp(), session, nil)
	failed(t, err, telegram.SessionRevoked)
}

// TestDuplicatedSession: two connections of one session at the same time.
func TestDuplicatedSession(t *testing.T) {
	bot := theBot()
	bot.Call = telegramtest.Script{Delay: time.Second}
	s := serve(t, telegramtest.Options{}, bot)
	c := telegram.New(s.Network(), telegram.Options{})
	session := sessionOf(t, s)
	errs := make(chan error, 2)
	for range cap(errs) {
		go func() {
			_, err := c.Check(t.Context(), theApp(), session, nil)
			errs <- err
		}()
	}
	first, second := <-errs, <-errs
	if first == nil {
		first, second = second, first
	}
	failed(t, first, telegram.SessionDuplicated)
	if second != nil {
		failed(t, second, telegram.SessionDuplicated)
	}
	_, err := c.Check(t.Context(), theApp(), session, nil)
	failed(t, err, telegram.SessionDead)
}

// TestPersonsAccount: this program keeps bots only.
func TestPersonsAccount(t *testing.T) {
	bot := theBot()
	bot.Person = true
	s := serve(t, telegramtest.Options{}, bot)
	c := telegram.New(s.Network(), telegram.Options{})
	profile, err := c.Check(t.Context(), theApp(), sessionOf(t, s), nil)
	failed(t, err, telegram.NotABot)
	if profile != (telegram.Profile{}) {
		t.Errorf("a person's profile: %+v", profile)
	}
}
