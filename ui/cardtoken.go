package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// A tokenTold is what a card was told of its bot's token.
type tokenTold struct {
	asked   bool
	verdict fleet.TokenVerdict
	// says is the answer, more what else is to be known of it.
	says string
	more []string
}

// ask asks the Bot API whether the bot's token is alive.
func (c card) ask() (screen, tea.Cmd) {
	f, bot := c.sh.fleet, c.key
	t, cmd := c.sh.start("token check", func(ctx context.Context, report func(fleet.Step)) (any, error) {
		return f.AskToken(ctx, bot, report)
	})
	c.check, c.step, c.asks, c.token = t, fleet.Step{Stage: fleet.OpeningKeyring}, true, tokenTold{}
	return c, cmd
}

// asked takes the answer. The bot that comes with an error is current as well.
func (c card) asked(msg taskDoneMsg) card {
	bot, _ := msg.value.(fleet.Bot)
	if bot.Key == c.key {
		c.sh.replace(bot)
	}
	if c.cancelling {
		c.notice = "The token check was cancelled."
	} else {
		c.token = toldOf(bot, msg.err, c.sh)
		c.notice = c.token.says
	}
	c.check, c.cancelling, c.asks = task{}, false, false
	return c
}

// toldOf puts an answer into words.
func toldOf(bot fleet.Bot, err error, sh *shell) tokenTold {
	told := tokenTold{asked: true, verdict: fleet.VerdictOf(err), says: "The token is alive."}
	note := fault.TokenNote(told.verdict, bot)
	if err == nil {
		told.more = []string{note}
		return told
	}
	f := fault.OfAt(err, sh.now())
	told.says = f.What
	if bot.Health.Status == store.TokenRevoked && told.verdict == fleet.TokenRevoked {
		return told // its health says the rest
	}
	for _, more := range []string{f.Why, f.Next, note} {
		if more != "" {
			told.more = append(told.more, more)
		}
	}
	return told
}

// lines are the answer on the card.
func (told tokenTold) lines(t theme) []string {
	mark, _ := fault.TokenVerdict(told.verdict)
	lines := []string{t.mark(mark) + " " + told.says}
	for _, more := range told.more {
		lines = append(lines, t.dim.Render(more))
	}
	return lines
}

// doing is what the check under way is at.
func (c card) doing() string {
	if where := fault.Where(c.step); c.asks && c.step.Stage == fleet.Checking && where != "" {
		return "Asking " + where
	}
	return fault.Stage(c.step)
}
