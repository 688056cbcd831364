package telegram_test

import (
	"strings"
	"testing"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

// TestMove: a bot of another data centre is followed there, visibly.
func TestMove(t *testing.T) {
	bot := theBot()
	bot.DC = 4
	s := serve(t, telegramtest.Options{}, bot)
	c := telegram.New(s.Network(), telegram.Options{})
	var seen []telegram.Step
	login, err := c.Login(t.Context(), theApp(), theToken(), steps(&seen))
	if err != nil {
		t.Fatal(err)
	}
	if login.Session.DC != 4 || login.Session.Addr != s.Network().DCs[3].Addrs[0] {
		t.Errorf("session %+v", login.Session)
	}
	wantStages(t, seen,
		"connecting 2", "connecting 2 done", "securing 2", "securing 2 done", "logging in 2",
		"moving 4", "connecting 4", "connecting 4 done", "securing 4", "securing 4 done", "moving 4 done",
		"logging in 4", "logging in 4 done")
	if _, err := c.Check(t.Context(), theApp(), login.Session, nil); err != nil {
		t.Error(err)
	}
	if stats := s.Stats(); stats.Connections != 3 || stats.Exchanges != 2 {
		t.Errorf("connections: %+v", stats)
	}
}

// TestMoves: every way of sending a bot on is followed, two hops too, and no more than three.
func TestMoves(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer string
		times  int
		kind   telegram.Kind
		logins int
		says   string
	}{
		{"network", "NETWORK_MIGRATE_2", 1, 0, 2, ""},
		{"phone, two hops", "PHONE_MIGRATE_2", 2, 0, 3, ""},
		{"round and round", "USER_MIGRATE_2", 0, telegram.WrongDC, 4, "moved 3 times already"},
		{"unknown", "USER_MIGRATE_203", 0, telegram.WrongDC, 1, "data centre 203 is not in the list of test-loopback"},
		{"absurd", "USER_MIGRATE_99999999999999999999", 0, telegram.WrongDC, 1, "is not in the list"},
		{"zero", "USER_MIGRATE_0", 0, telegram.WrongDC, 1, "data centre 0 is not"},
		{"not a number", "USER_MIGRATE_X", 0, telegram.Unexpected, 1, ""},
		{"files", "FILE_MIGRATE_2", 0, telegram.Unexpected, 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			bot := theBot()
			bot.Login = telegramtest.Script{Code: 303, Error: test.answer, Times: test.times}
			s := serve(t, telegramtest.Options{}, bot)
			c := telegram.New(s.Network(), telegram.Options{}).UseKeyOf(sessionOf(t, s))
			_, err := c.Login(t.Context(), theApp(), theToken(), nil)
			if got := s.Stats().Logins; got != test.logins {
				t.Errorf("%d logins, want %d", got, test.logins)
			}
			if test.times > 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e := failed(t, err, test.kind)
			if !strings.Contains(err.Error(), test.says) || e.Code != 303 || e.Type != test.answer {
				t.Errorf("error %v", err)
			}
			if e.Sent != (test.kind == telegram.Unexpected) {
				t.Errorf("sent %v", e.Sent)
			}
		})
	}
}

// TestMovedSession: a session is bound to its data centre, so a redirection ends a check.
func TestMovedSession(t *testing.T) {
	bot := theBot()
	bot.Call = telegramtest.Script{Code: 303, Error: "USER_MIGRATE_4"}
	s := serve(t, telegramtest.Options{}, bot)
	c := telegram.New(s.Network(), telegram.Options{})
	_, err := c.Check(t.Context(), theApp(), sessionOf(t, s), nil)
	if e := failed(t, err, telegram.WrongDC); !strings.Contains(e.Error(), "belongs to data centre 4") {
		t.Errorf("error %v", e)
	}
}

// TestTestEnvironment: there, ids of data centres travel as id+10000.
func TestTestEnvironment(t *testing.T) {
	s := serve(t, telegramtest.Options{Test: true}, theBot())
	if _, err := telegram.New(s.Network(), telegram.Options{}).Login(t.Context(), theApp(), theToken(), nil); err != nil {
		t.Error(err)
	}
}

// TestForgottenKey: a server that does not know the key it has just agreed on has read nothing, so the
// login is tried once more with a new key.
func TestForgottenKey(t *testing.T) {
	bot := theBot()
	bot.Login = telegramtest.Script{Transport: -404, Times: 1}
	s := serve(t, telegramtest.Options{}, bot)
	c := telegram.New(s.Network(), telegram.Options{}).UseKeyOf(sessionOf(t, s))
	if _, err := c.Login(t.Context(), theApp(), theToken(), nil); err != nil || s.Stats().Logins != 2 {
		t.Errorf("%v after %d logins", err, s.Stats().Logins)
	}
}

// TestUnknownKey: a server answers -404 to a session it does not know, and no key is made in its place.
func TestUnknownKey(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	other := serve(t, telegramtest.Options{}, theBot())
	_, err := telegram.New(other.Network(), telegram.Options{}).Check(t.Context(), theApp(), sessionOf(t, s), nil)
	if e := failed(t, err, telegram.SessionDead); e.Code != -404 {
		t.Errorf("error %+v", e)
	}
	if stats := other.Stats(); stats.Exchanges != 0 || stats.Connections != 1 {
		t.Errorf("stats %+v", stats)
	}
}
