package ui

import (
	"context"
	"errors"
	"strings"
	"testing"

	"botring/fleet"
	"botring/fleet/store"
	"botring/telegram"
	"botring/telegram/botapi"
)

// notKnown is the answer of a Bot API that does not know a token.
func notKnown() error {
	return &telegram.Error{Kind: telegram.TokenRevoked, Op: botapi.Op, Code: 401, Addr: "api.telegram.org", Err: botapi.ErrUnauthorized}
}

// askedCard is the card of a bot whose session is dead, with an answer about its token.
func askedCard(sh *shell, err error) screen {
	bot, _ := sh.bot(fleet.Key{Environment: "production", ID: 7000000004})
	s := drive(newCard(sh, bot.Key), "T")
	if err != nil {
		bot.Health = store.Health{Status: store.TokenRevoked, Kind: "token_revoked", Code: 401, Since: noon(), CheckedAt: noon()}
	}
	s, _ = s.Update(taskDoneMsg{task: s.(card).check.id, value: bot, err: err})
	delete(sh.tasks, sh.lastTask)
	return s
}

func TestCardTokenLooks(t *testing.T) {
	for name, err := range map[string]error{"Alive": nil, "Revoked": notKnown()} {
		t.Run(name, func(t *testing.T) {
			onTerminals(t, func(t *testing.T) (*shell, screen) {
				sh := testShell(t, someBots()...)
				return sh, askedCard(sh, err)
			})
		})
	}
}

// TestCardAsksAboutTheToken: what is asked of whom is told while it goes on, and the answer stays on the card.
func TestCardAsksAboutTheToken(t *testing.T) {
	sh, s := cardOf(t, 7000000004)
	if keys := s.Keys(); keys[1].Help().Key != "T" {
		t.Errorf("beside a dead session %s comes second", keys[1].Help().Key)
	}
	s = drive(s, "T")
	c := s.(card)
	if !c.checking() || !c.asks {
		t.Fatal("T asks nothing")
	}
	s, _ = s.Update(stepMsg{task: c.check.id, step: fleet.Step{Stage: fleet.Checking, Addr: "api.telegram.org", Proxy: "office"}})
	if got := s.View(sh.body).status; !strings.Contains(got, "Asking api.telegram.org, through office") || !strings.Contains(got, "esc cancels") {
		t.Errorf("status: %q", got)
	}
	bot, _ := sh.bot(c.key)
	alive, _ := s.Update(taskDoneMsg{task: c.check.id, value: bot})
	sees(t, alive, "The token is alive.", "It is the session that is dead")
	revoked, _ := s.Update(taskDoneMsg{task: c.check.id, value: bot, err: notKnown()})
	sees(t, revoked, "The Bot API does not know this token.", "It was revoked in @BotFather")
	unknown, _ := s.Update(taskDoneMsg{task: c.check.id, value: bot, err: &telegram.Error{Kind: telegram.NotTelegram, Op: botapi.Op, Addr: "x.example", Err: botapi.ErrNotBotAPI}})
	sees(t, unknown, "is not a Bot API", "Whether the token works is not known.")
	if strings.Contains(strings.Join(unknown.View(sh.body).body, "\n"), "alive") {
		t.Error("what is not known is told as alive")
	}
	cancelled, _ := drive(s, "esc").Update(taskDoneMsg{task: c.check.id, value: bot, err: context.Canceled})
	if got := cancelled.(card); got.checking() || got.token.asked || !strings.Contains(got.notice, "cancelled") {
		t.Errorf("%+v", got)
	}
}

// TestAskingAboutTokensOfMany: revoked ones are failures with words, and a wait is a wait.
func TestAskingAboutTokensOfMany(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	bots := someBots()
	drive(newBots(sh), "*", "T")
	if sh.errand.deed != askingTokens || sh.errand.total != len(bots) {
		t.Fatalf("%s of %d", sh.errand.deed, sh.errand.total)
	}
	sh.update(errandMsg{task: sh.errand.task.id, events: []event{{key: bots[1].Key, step: fleet.Step{Stage: fleet.Queueing, Until: noon().AddDate(0, 0, 1)}}}})
	if got := sh.errand.status(sh, true); !strings.Contains(got, "asking about tokens 0 of 7") || !strings.Contains(got, "goes on in") {
		t.Errorf("%q", got)
	}
	ended(sh,
		outcome{key: bots[0].Key, bot: bots[0]},
		outcome{key: bots[1].Key, bot: bots[1], err: notKnown()},
		outcome{key: bots[2].Key, bot: bots[2], err: &fleet.FloodError{Key: bots[2].Key, Until: noon().AddDate(0, 0, 1), Address: true, BotAPI: "api.telegram.org"}},
		outcome{key: bots[3].Key, bot: bots[3], err: errors.New("something")},
	)
	if got := sh.list.notice; !strings.Contains(got, "Stopped: 1 of 7 found alive") || !strings.Contains(got, "1 waiting") || !strings.Contains(got, "2 failed") {
		t.Errorf("%q", got)
	}
	sees(t, newSummary(sh), "does not know this token")
}
