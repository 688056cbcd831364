package ui

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
	"botring/internal/secret"
)

// An exported is what an export task returns.
type exported struct {
	// path is the file that was written, or copied what the clipboard took.
	path   string
	copied copied
	// made and given are how many sessions were made and are given away, also where something went wrong then.
	made, given int
}

// gone counts of the sessions that are to be made those that are there, and of those that are to be taken away those that
// are marked so: what fails after that does not take it back.
func gone(ctx context.Context, f *fleet.Fleet, toMake, taken []fleet.Bot, name, place string) (made, given int) {
	ctx = context.WithoutCancel(ctx)
	for _, bot := range toMake {
		if row, err := f.Bot(ctx, bot.Key); err == nil {
			if _, there := row.Session(name); there {
				made++
			}
		}
	}
	for _, bot := range taken {
		if row, err := f.Bot(ctx, bot.Key); err == nil {
			if session, there := row.Session(name); there && !fleet.TakesAway(session, place) {
				given++
			}
		}
	}
	return made, given
}

// An exportError is what kept a bot from being exported.
type exportError struct {
	bot fleet.Bot
	err error
}

func (e *exportError) Error() string { return "export " + e.bot.String() + ": " + e.err.Error() }

func (e *exportError) Unwrap() error { return e.err }

// start has the sessions made or marked, and what was asked for written. What the task needs is taken now.
func (e exports) start() (screen, tea.Cmd) {
	f, bots, shape, way, name := e.sh.fleet, e.bots, e.shape(), e.way(), e.leaving()
	place, path := e.form.field(fleet.FieldPlace).value(), e.form.field(fieldPath).value()
	native := e.sh.clipboard.system()
	toMake, taken, _ := e.sorted()
	e.toMake, e.made = len(toMake), 0
	var cmd tea.Cmd
	e.task, cmd = e.sh.start("export", func(ctx context.Context, report func(fleet.Step)) (any, error) {
		if way == toClipboard && native.name() == "" {
			return nil, ErrNoClipboard // before a session is made that could go nowhere
		}
		if way == toFile {
			if err := mayCreate(path); err != nil {
				return nil, err
			}
		}
		if shape.HasSession() {
			if err := f.Fits(bots, name, shape.Kind); err != nil {
				return nil, err
			}
		}
		done, err := func() (exported, error) {
			var opened []fleet.OpenedSession
			for _, bot := range bots {
				one, _, err := f.HandOut(ctx, bot.Key, name, place, shape, report)
				if err != nil {
					return exported{}, &exportError{bot, err}
				}
				opened = append(opened, one)
			}
			out, err := fleet.Export(opened, shape)
			if err != nil {
				return exported{}, err
			}
			done, err := deliver(ctx, native, way, path, out.Text)
			if err == nil {
				by := fleet.Outlet{Way: store.ToClipboard, Place: done.path, For: place, How: "export " + shape.String()}
				if way == toFile {
					by.Way = store.ToFile
				}
				f.WentOut(ctx, opened, shape.Contents(), by)
			}
			return done, err
		}()
		if err != nil {
			done.made, done.given = gone(ctx, f, toMake, taken, name, place)
		}
		return done, err
	})
	e.step = fleet.Step{Stage: fleet.OpeningKeyring}
	return e, cmd
}

// deliver lets a text leave.
func deliver(ctx context.Context, native nativeClipboard, way outlet, path string, text secret.Secret) (exported, error) {
	if way == toFile {
		written, err := writePrivate(path, text.Reveal())
		return exported{path: written}, err
	}
	// Its last line end would send it where it is pasted.
	text = secret.New(trimLineEnd(text.Reveal()))
	done := copied{what: "export", secret: true, sum: sha256.Sum256([]byte(text.Reveal())), text: text}
	if way == toClipboard {
		if err := native.write(ctx, text.Reveal()); err != nil {
			return exported{}, errors.Join(ErrNoClipboard, err)
		}
		done.via, done.text = native.name(), secret.Secret{}
	}
	return exported{copied: done}, nil
}

// ended goes back to the card when it is done, and otherwise says why it is not.
func (e exports) ended(msg taskDoneMsg) (screen, tea.Cmd) {
	cancelled := e.cancelling
	e.task, e.cancelling = task{}, false
	var unsaved *fleet.UnsavedError
	if errors.As(msg.err, &unsaved) {
		a := attempt{aim: loggingIn, key: unsaved.Bot.Key, name: displayName(unsaved.Bot), back: e}
		if cancelled {
			e.sh.unsaved = unsaved
			next, cmd := newAbandoning(e.sh, a, "Cancelled. Nothing was saved.")
			return next, tea.Batch(cmd, e.sh.reload)
		}
		return a.ended(e.sh, nil, msg.err)
	}
	done, ok := msg.value.(exported)
	switch {
	case msg.err != nil || !ok:
		e.made = done.made
		e.says = e.why(msg.err, cancelled, done.given)
		return e, e.sh.reload
	case done.path != "":
		return e.leave("Written to " + fault.Clean(done.path) + ", which nobody else may read."), e.sh.reload
	}
	var cmd tea.Cmd
	e.sh.clipboard, cmd = e.sh.clipboard.took(done.copied, e.sh.now())
	return e.leave(""), tea.Batch(cmd, e.sh.reload)
}

// why says in a line what was done before an export was kept from leaving, and what kept it. Sessions that were made are kept:
// they go out the next time, as do those that count as given away.
func (e exports) why(err error, cancelled bool, given int) string {
	var done string
	switch {
	case e.made > 0 && e.toMake > 1:
		done = fmt.Sprintf("%d of %d sessions were made, and are kept.", e.made, e.toMake)
	case e.made > 0:
		done = "The session was made, and is kept."
	}
	switch {
	case given > 0 && len(e.bots) > 1:
		done = joined(" ", done, countsAs(given)+" given away now.")
	case given > 0:
		done = "The session counts as given away now."
	}
	return joined(" ", done, e.reason(err, cancelled))
}

// countsAs is "1 session counts as", "2 sessions count as".
func countsAs(n int) string {
	if n == 1 {
		return "1 session counts as"
	}
	return count(n, "session") + " count as"
}

func (e exports) reason(err error, cancelled bool) string {
	switch {
	case cancelled:
		return "Cancelled. Nothing was exported."
	case errors.Is(err, ErrNoClipboard):
		return "There is no clipboard here. Choose a file, or the terminal's."
	}
	if said := whyNotWritten(err); said != "" {
		return said
	}
	var of *exportError
	if errors.As(err, &of) && len(e.bots) > 1 {
		return displayName(of.bot) + ": " + lowered(e.sh.says(of.err))
	}
	return e.sh.says(err)
}
