package telegram_test

import (
	"testing"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

const managerID = 7000000001

func theManager(manages ...int64) telegramtest.Bot {
	return telegramtest.Bot{
		Token:   secret.New("7000000001:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw2"),
		Profile: telegram.Profile{ID: managerID, Username: "manager_bot", ManagesBots: true},
		Manages: manages, DC: 4,
	}
}

// TestExportBotToken goes over the wire: the manager is told the token, and revokes it with all that stood on it.
func TestExportBotToken(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot(), theManager(botID))
	session := sessionOf(t, s)
	manager, err := s.Session(managerID)
	if err != nil {
		t.Fatal(err)
	}
	c := telegram.New(s.Network(), telegram.Options{})
	app := theApp()
	for range 2 {
		token, err := c.ExportBotToken(t.Context(), app, manager, botID, false, nil)
		if err != nil || !token.Equal(theToken()) {
			t.Fatalf("without revoke: %v, the bot's: %v", err, token.Equal(theToken()))
		}
	}
	if _, err := c.Check(t.Context(), app, session, nil); err != nil {
		t.Errorf("after an export without revoke: %v", err)
	}

	var stages []telegram.Stage
	fresh, err := c.ExportBotToken(t.Context(), app, manager, botID, true, func(s telegram.Step) {
		if s.Done {
			stages = append(stages, s.Stage)
		}
	})
	if err != nil || fresh.Equal(theToken()) || !fresh.Equal(s.Token(botID)) {
		t.Fatalf("revoke: %v, still the old one: %v", err, fresh.Equal(theToken()))
	}
	if len(stages) != 2 || stages[1] != telegram.Exporting {
		t.Errorf("stages %v", stages)
	}
	if again, err := c.ExportBotToken(t.Context(), app, manager, botID, false, nil); err != nil || !again.Equal(fresh) {
		t.Errorf("asked for again: %v, the new one: %v", err, again.Equal(fresh))
	}
	_, err = c.Check(t.Context(), app, session, nil)
	failed(t, err, telegram.SessionRevoked)
	_, err = c.Login(t.Context(), app, theToken(), nil)
	failed(t, err, telegram.TokenRevoked)
	if _, err := c.Login(t.Context(), app, fresh, nil); err != nil {
		t.Errorf("login with the new token: %v", err)
	}
	if _, err := c.Check(t.Context(), app, manager, nil); err != nil {
		t.Errorf("the manager's session: %v", err)
	}
}

func TestExportBotTokenIsRefused(t *testing.T) {
	lazy := theManager(botID)
	lazy.Profile.ManagesBots = false
	person := theManager(botID)
	person.Person = true
	flooded := theManager(botID)
	flooded.Call = telegramtest.Script{Error: "FLOOD_WAIT_31"}
	for name, test := range map[string]struct {
		manager telegramtest.Bot
		want    telegram.Kind
	}{
		"manages another":    {theManager(5), telegram.NotManaged},
		"manages none":       {lazy, telegram.NotManaged},
		"a person's account": {person, telegram.BotRequired},
		"a flood":            {flooded, telegram.FloodWait},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, telegramtest.Options{}, theBot(), test.manager)
			manager, err := s.Session(managerID)
			if err != nil {
				t.Fatal(err)
			}
			c := telegram.New(s.Network(), telegram.Options{})
			_, err = c.ExportBotToken(t.Context(), theApp(), manager, botID, true, nil)
			failed(t, err, test.want)
			if !s.Token(botID).Equal(theToken()) {
				t.Error("revoked all the same")
			}
		})
	}
}

// TestRevokeIsNotRepeated: a fault of Telegram's, or an answer that is lost, leaves open whether the token was
// revoked, so it is asked once and the caller is told.
func TestRevokeIsNotRepeated(t *testing.T) {
	for name, script := range map[string]telegramtest.Script{
		"a fault": {Error: "RPC_CALL_FAIL", Code: 500, Heard: true},
		"dropped": {Drop: true, Heard: true},
	} {
		t.Run(name, func(t *testing.T) {
			bot := theManager(botID)
			bot.Call = script
			s := serve(t, telegramtest.Options{}, theBot(), bot)
			manager, err := s.Session(managerID)
			if err != nil {
				t.Fatal(err)
			}
			c := telegram.New(s.Network(), telegram.Options{})
			_, err = c.ExportBotToken(t.Context(), theApp(), manager, botID, true, nil)
			want := telegram.TelegramFault
			if script.Drop {
				want = telegram.Unreachable
			}
			if e := failed(t, err, want); !e.Sent {
				t.Error("it says that nothing was sent")
			}
			if n := s.Stats().Methods["bots.exportBotToken"]; n != 1 {
				t.Errorf("asked %d times", n)
			}
			if s.Token(botID).Equal(theToken()) {
				t.Error("not carried out: the test tests nothing")
			}
		})
	}
}

func TestForeignTokenIsNoAnswer(t *testing.T) {
	for _, text := range []string{"", "8:AAA", "7123456789", "7123456789:", "71234567890:AAA"} {
		if _, err := telegram.TokenOf(text, botID); err == nil {
			t.Errorf("%q is taken for a token of %d", text, botID)
		}
	}
}
