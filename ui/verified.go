package ui

import (
	"context"
	"errors"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/store"
)

// verified shows what reading every item of the keyring has found, and mends what can be mended: the list.
// Nothing in the keyring is changed from here.
type verified struct {
	sh    *shell
	found fleet.Verification
	// mended: the list was brought in line, and what is still there cannot be mended that way.
	mended bool

	task       task
	doing      keyringWork
	cancelling bool
	err        error
	notice     string
	pager      pager
}

func newVerified(sh *shell, found fleet.Verification) screen { return verified{sh: sh, found: found} }

// mendedMsg is what a mending did, and what was found after it.
type mendedMsg struct {
	did   fleet.Mending
	found fleet.Verification
}

func (v verified) Typing() bool { return false }

func (v verified) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if v.task.id != 0 && msg.task == v.task.id {
			return v.done(msg)
		}
	case tea.KeyPressMsg:
		return v.press(msg)
	}
	return v, nil
}

func (v verified) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys, f := v.sh, v.sh.keys, v.sh.fleet
	if next, moved := v.pager.update(keys, msg, len(v.lines(sh.body)), sh.body.height); moved {
		v.pager = next
		return v, nil
	}
	if v.task.id != 0 {
		if key.Matches(msg, keys.back, keys.quit) {
			v.task.cancel()
			v.cancelling = true
		}
		return v, nil
	}
	v.notice, v.err = "", nil
	switch {
	case key.Matches(msg, keys.back, keys.quit):
		return newKeyring(sh)
	case key.Matches(msg, keys.open) && v.mends():
		found := v.found
		return v.start(mending, func(ctx context.Context) (any, error) {
			did, err := f.Mend(ctx, found)
			if err != nil {
				return nil, err
			}
			after, err := f.VerifyKeyring(ctx)
			return mendedMsg{did, after}, err
		})
	case key.Matches(msg, keys.check):
		return v.start(verifying, func(ctx context.Context) (any, error) { return f.VerifyKeyring(ctx) })
	case key.Matches(msg, keys.newToken) && len(v.found.WithoutItem) > 0:
		return newReplace(sh, v.found.WithoutItem[0]), nil
	case key.Matches(msg, keys.remove) && len(v.found.WithoutItem) > 0:
		return newRemove(sh, v.found.WithoutItem, 0), nil
	}
	return v, nil
}

func (v verified) start(doing keyringWork, call func(context.Context) (any, error)) (screen, tea.Cmd) {
	v.doing = doing
	var cmd tea.Cmd
	v.task, cmd = v.sh.start("call", func(ctx context.Context, _ func(fleet.Step)) (any, error) { return call(ctx) })
	return v, cmd
}

func (v verified) done(msg taskDoneMsg) (screen, tea.Cmd) {
	stopped := v.cancelling || errors.Is(msg.err, context.Canceled)
	v.task, v.cancelling = task{}, false
	switch value := msg.value.(type) {
	case mendedMsg:
		v.mended, v.notice = true, mendedInWords(value.did)
		if msg.err == nil {
			v.found = value.found
		}
	case fleet.Verification:
		if msg.err == nil {
			v.found, v.mended, v.notice = value, false, "Read again."
		}
	}
	switch {
	case msg.err != nil && stopped:
		v.notice = "Cancelled."
	case msg.err != nil:
		v.err, v.pager = msg.err, pager{}
	}
	return v, tea.Batch(v.sh.reload, v.sh.lookAtKeyring)
}

// mends reports whether the list can be brought in line with what was found.
func (v verified) mends() bool {
	if v.mended {
		return false
	}
	return !v.found.Blind && len(v.found.WithoutRow) > 0 || len(v.found.Returned) > 0 || v.unmarked() > 0
}

// unmarked is how many bots without a secret the list does not say that of yet.
func (v verified) unmarked() int {
	n := 0
	for _, bot := range v.found.WithoutItem {
		if bot.Health.Status != store.SecretMissing {
			n++
		}
	}
	return n
}

func (v verified) Keys() []key.Binding {
	k := v.sh.keys
	switch {
	case v.cancelling:
		return nil
	case v.task.id != 0:
		return []key.Binding{as(k.back, "cancel"), as(k.quit, "cancel")}
	}
	var shown []key.Binding
	if v.mends() {
		shown = append(shown, as(k.open, "mend the list"))
	}
	switch n := len(v.found.WithoutItem); {
	case n == 1:
		shown = append(shown, as(k.newToken, "paste its token"), k.remove)
	case n > 1:
		shown = append(shown, as(k.newToken, "paste the first one's token"), as(k.remove, "remove all of them"))
	}
	shown = append(shown, as(k.check, "read again"), k.back, as(k.quit, "back"))
	if len(v.lines(v.sh.body)) > v.sh.body.height {
		shown = append(shown, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	return shown
}

func (v verified) View(size size) view {
	t := v.sh.theme
	out := view{trail: "Every item"}
	var more bool
	out.body, more = v.pager.window(v.lines(size), size.height)
	switch {
	case v.cancelling:
		out.status = "Cancelling" + t.glyphs.ellipsis
	case v.task.id != 0:
		out.status = v.doing.String() + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	case v.notice != "":
		out.status = v.notice
	case more:
		out.status = t.dim.Render("more below, j and k scroll")
	}
	return out
}
