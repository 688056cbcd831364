package ui

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strconv"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
	"botring/internal/secret"
)

// ClearAfter is how long a copied token stays in a clipboard that can be cleared again, unless Options say otherwise.
const ClearAfter = 45 * time.Second

// copiedShows is how long the status line speaks of a copy that needs no clearing.
const copiedShows = 10 * time.Second

// yank is the two-key copying: y, then what.
type yank struct{ pending bool }

// update takes the key that y begins and the one that follows it. taken is false for any other.
func (y yank) update(sh *shell, msg tea.KeyPressMsg, bot fleet.Bot) (next yank, cmd tea.Cmd, taken bool) {
	keys := sh.keys
	switch {
	case sh.clipboard.reading.id != 0 && key.Matches(msg, keys.back):
		// The keyring may be waiting for somebody to unlock it.
		sh.clipboard.reading.cancel()
		return yank{}, nil, true
	case !y.pending && key.Matches(msg, keys.copy):
		return yank{pending: true}, nil, true
	case !y.pending:
		return y, nil, false
	case key.Matches(msg, keys.copyName):
		if bot.Profile.Username == "" {
			sh.clipboard = sh.clipboard.say("This bot's @username is not known yet.", sh.now())
			return yank{}, nil, true
		}
		return yank{}, sh.copy("@username", false, says("@"+fault.Clean(bot.Profile.Username)), nil), true
	case key.Matches(msg, keys.copyID):
		return yank{}, sh.copy("id", false, says(strconv.FormatInt(bot.ID, 10)), nil), true
	case key.Matches(msg, keys.copyToken):
		return yank{}, sh.copy("token", true, func(ctx context.Context) (secret.Secret, error) {
			return sh.fleet.Token(ctx, bot.Key)
		}, func(ctx context.Context, token secret.Secret) {
			sh.fleet.TokenWentOut(ctx, bot.Key, token, fleet.Outlet{Way: store.ToClipboard, How: "copy"})
		}), true
	}
	// Any other key, esc among them, thinks better of it.
	return yank{}, nil, true
}

// status is what can follow y, "" when y was not pressed.
func (y yank) status(sh *shell) string {
	if !y.pending {
		return ""
	}
	dot := " " + sh.theme.glyphs.dot + " "
	return "y copy: u @username" + dot + "i id" + dot + "y token"
}

// keys are those that can follow y.
func (y yank) keys(sh *shell) []key.Binding {
	k := sh.keys
	return []key.Binding{k.copyName, k.copyID, k.copyToken, as(k.back, "copy nothing")}
}

// clipboard is what was copied and has to be cleared.
type clipboard struct {
	// native is the operating system's clipboard; systemClipboard when nil.
	native nativeClipboard
	// after is how long a secret stays, ClearAfter when zero.
	after time.Duration
	// reading is the copy under way.
	reading task
	// held is the hash of the token that a native clipboard holds until clearAt: enough to recognise it.
	held    [sha256.Size]byte
	holding bool
	what    string // what that is: "token", "export"
	heldBy  string // the program that took it
	clearAt time.Time
	// copies numbers the tokens copied, so that the timer of an earlier one leaves a later one alone.
	copies int
	// warned: it was said once that clipboard managers keep copies.
	warned bool

	// said is what there is to say until saidUntil, before the token's time is told on.
	said      string
	saidUntil time.Time
}

// copied is what a copy task returns.
type copied struct {
	what   string
	secret bool
	sum    [sha256.Size]byte
	// via is the program that took it; when empty, text goes to the terminal's clipboard.
	via  string
	text secret.Secret
}

// clearMsg is the end of the time of one copy.
type clearMsg struct{ copy int }

// clearedMsg tells that the clipboard was looked at: whether it still held the token, and was cleared.
type clearedMsg struct {
	copy    int
	cleared bool
	err     error
}

// says makes a source of a text that is no secret.
func says(text string) func(context.Context) (secret.Secret, error) {
	return func(context.Context) (secret.Secret, error) { return secret.New(text), nil }
}

// copy puts what source returns into the clipboard, as a task: the keyring may have to be unlocked first. went, where there
// is one, hears of it once it has left.
func (sh *shell) copy(what string, isSecret bool, source func(context.Context) (secret.Secret, error), went func(context.Context, secret.Secret)) tea.Cmd {
	if sh.clipboard.reading.id != 0 {
		// Of two only the later would be known, and the earlier might be the last to arrive.
		sh.clipboard = sh.clipboard.say("Something is still being copied: esc gives that up.", sh.now())
		return nil
	}
	native := sh.clipboard.system()
	if went == nil {
		went = func(context.Context, secret.Secret) {}
	}
	reading, cmd := sh.start("copy", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		text, err := source(ctx)
		if err != nil {
			return nil, err
		}
		done := copied{what: what, secret: isSecret, sum: sha256.Sum256([]byte(text.Reveal()))}
		if via := native.name(); via != "" && native.write(ctx, text.Reveal()) == nil {
			done.via = via
			went(ctx, text)
			return done, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err() // given up: it need not go another way
		}
		// No native clipboard, or one that is installed and not reachable, as xclip without a display.
		done.text = text
		went(ctx, text)
		return done, nil
	})
	sh.clipboard.reading = reading
	sh.clipboard = sh.clipboard.say("Copying the "+what+sh.theme.glyphs.ellipsis, sh.now().Add(time.Hour))
	return cmd
}

// update takes the messages of copying and clearing.
func (c clipboard) update(sh *shell, msg tea.Msg) (clipboard, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if c.reading.id == 0 || msg.task != c.reading.id {
			return c, nil
		}
		c.reading = task{}
		done, ok := msg.value.(copied)
		if !ok || msg.err != nil {
			return c.say(fault.Of(msg.err).What, sh.now()), nil
		}
		return c.took(done, sh.now())
	case clearMsg:
		if !c.holding || msg.copy != c.copies {
			return c, nil
		}
		return c, c.clear(sh.ctx)
	case clearedMsg:
		if msg.copy != c.copies {
			return c, nil
		}
		c.holding = false
		switch {
		case msg.err != nil:
			c = c.say("The clipboard could not be cleared; it may still hold the "+c.what+".", sh.now())
		case msg.cleared:
			c = c.say("The "+c.what+" was cleared from the clipboard.", sh.now())
		default:
			c = c.say("The clipboard holds something else by now; it was left alone.", sh.now())
		}
	}
	return c, nil
}

// took goes on after a copy: it plans the clearing, or hands the text to the terminal.
func (c clipboard) took(done copied, now time.Time) (clipboard, tea.Cmd) {
	if done.via == "" {
		// No longer than a line of 80 cells: whether it arrived cannot be told either.
		says := "Sent to the terminal's clipboard"
		if done.secret {
			says += ", where botring can neither see nor clear it"
		}
		return c.say(says, now), tea.SetClipboard(done.text.Reveal())
	}
	c.copies++
	if !done.secret {
		// It has taken the place of a token, if there was one.
		c.holding = false
		return c.say("Copied the "+done.what+" with "+done.via, now), nil
	}
	c.held, c.holding, c.heldBy, c.clearAt, c.said = done.sum, true, done.via, now.Add(c.stays()), ""
	c.what = done.what
	if !c.warned {
		c.warned = true
		c.heldBy += " (clipboard managers keep copies)"
	}
	copies := c.copies
	return c, tea.Tick(c.stays(), func(time.Time) tea.Msg { return clearMsg{copies} })
}

func (c clipboard) say(text string, from time.Time) clipboard {
	c.said, c.saidUntil = text, from.Add(copiedShows)
	return c
}

// status is what the list and the card show of copying, "" when there is nothing to say.
func (c clipboard) status(now time.Time) string {
	if c.said != "" && now.Before(c.saidUntil) {
		return c.said
	}
	if left := c.clearAt.Sub(now).Round(time.Second); c.holding && left > 0 {
		return fmt.Sprintf("Copied with %s, clears in %s", c.heldBy, fault.Duration(left))
	}
	return ""
}

// fresh is status as long as a copy is new, where something else has the line.
func (c clipboard) fresh(now time.Time) string {
	if c.holding && c.said == "" && c.clearAt.Sub(now) <= c.stays()-copiedShows {
		return ""
	}
	return c.status(now)
}

// clear takes the token away, if it is still what the clipboard holds.
func (c clipboard) clear(ctx context.Context) tea.Cmd {
	native, held, copies := c.system(), c.held, c.copies
	return func() tea.Msg {
		cleared, err := clearHeld(ctx, native, held)
		return clearedMsg{copy: copies, cleared: cleared, err: err}
	}
}

// part clears the clipboard when the program ends before the time is up.
func (c clipboard) part(ctx context.Context) {
	if c.holding {
		// There is no screen left to say on that it could not be cleared.
		_, _ = clearHeld(ctx, c.system(), c.held)
	}
}

func clearHeld(ctx context.Context, native nativeClipboard, held [sha256.Size]byte) (bool, error) {
	now, err := native.read(ctx)
	if err != nil {
		return false, err
	}
	// Some clipboards give back a line end that was never put in.
	sum := sha256.Sum256([]byte(strings.TrimRight(now, "\r\n")))
	if subtle.ConstantTimeCompare(sum[:], held[:]) == 0 {
		return false, nil
	}
	return true, native.write(ctx, "")
}

// stays is how long a secret does.
func (c clipboard) stays() time.Duration { return cmp.Or(c.after, ClearAfter) }

func (c clipboard) system() nativeClipboard {
	if c.native == nil {
		return systemClipboard{}
	}
	return c.native
}
