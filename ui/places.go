package ui

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/files"
	"botring/fleet/store"
)

// A placesWork is what a task does about places.
type placesWork int

const (
	listingPlaces placesWork = iota
	settlingPlace
	lookingAtFile
	updatingFile
)

func (w placesWork) String() string {
	switch w {
	case listingPlaces:
		return "Reading"
	case settlingPlace:
		return "Writing it down"
	case lookingAtFile:
		return "Looking at the file"
	case updatingFile:
		return "Updating the file"
	}
	return ""
}

// places lists where secrets of a bot went, and updates the files among them.
type places struct {
	sh   *shell
	key  fleet.Key
	from screen
	// all are they, the last first, and selected the one with the bar, by its number: rows come and go.
	all      []fleet.Departure
	selected int64
	known    bool

	task       task
	doing      placesWork
	cancelling bool
	// update is a file as it would be, which is asked about, or nil.
	update *fileUpdate
	asked  guard
	pager  pager

	notice  string
	trouble trouble
}

// A fileUpdate is a file that is to hold the token of today.
type fileUpdate struct {
	file files.InPlace
	made fleet.Renewal
	// over: there is a backup already.
	over bool
	// backup is where what it was is kept once it was written.
	backup string
}

func openPlaces(sh *shell, bot fleet.Key, from screen) (screen, tea.Cmd) {
	return places{sh: sh, key: bot, from: from}.read()
}

func (p places) Typing() bool { return false }

// read reads the list anew.
func (p places) read() (screen, tea.Cmd) {
	f, bot := p.sh.fleet, p.key
	return p.start(listingPlaces, func(ctx context.Context) (any, error) { return f.Places(ctx, bot) })
}

func (p places) start(doing placesWork, call func(context.Context) (any, error)) (screen, tea.Cmd) {
	p.task.cancel() // of the list that is read anew
	p.doing = doing
	var cmd tea.Cmd
	p.task, cmd = p.sh.start("call", func(ctx context.Context, _ func(fleet.Step)) (any, error) { return call(ctx) })
	return p, cmd
}

// busy reports whether something is waited for. A list on show that is read anew is not: keys work on it meanwhile.
func (p places) busy() bool { return p.task.id != 0 && (p.doing != listingPlaces || !p.known) }

// at is the index of the selected place, 0 when it is gone.
func (p places) at() int {
	for i, d := range p.all {
		if d.Seq == p.selected {
			return i
		}
	}
	return 0
}

func (p places) current() (fleet.Departure, bool) {
	if len(p.all) == 0 {
		return fleet.Departure{}, false
	}
	return p.all[p.at()], true
}

// updatable reports whether the selected place is a file that an older token went into.
func (p places) updatable() bool {
	d, ok := p.current()
	return ok && d.Way == store.ToFile && d.Token && d.State != store.Current
}

func (p places) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if p.task.id != 0 && msg.task == p.task.id {
			return p.done(msg)
		}
	case catalogueMsg:
		if p.task.id == 0 && p.update == nil && !p.trouble.there() {
			return p.read()
		}
	case tea.KeyPressMsg:
		switch keys := p.sh.keys; {
		case p.busy():
			if key.Matches(msg, keys.back, keys.quit) {
				p.task.cancel()
				p.cancelling = true
			}
		case p.trouble.there():
			p.trouble = p.trouble.update(p.sh, msg)
		case p.update != nil:
			return p.answer(msg)
		default:
			p.notice = ""
			return p.press(msg)
		}
	}
	return p, nil
}

func (p places) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := p.sh.keys
	if by, moved := keys.steps(msg, p.sh.body.height/2, len(p.all)); moved {
		return p.move(by), nil
	}
	switch {
	case key.Matches(msg, keys.back, keys.quit):
		return p.back(), nil
	case key.Matches(msg, keys.mark):
		return p.settle()
	case key.Matches(msg, keys.open) && p.updatable():
		return p.look()
	}
	return p, nil
}

// A placer is a screen that says how many places there are: it is told what they are when one comes back from them.
type placer interface {
	placed([]fleet.Departure) screen
}

func (p places) back() screen {
	if from, ok := p.from.(placer); ok && p.known {
		return from.placed(p.all)
	}
	return p.from
}

func (p places) move(n int) places {
	if len(p.all) > 0 {
		p.selected = p.all[clamp(p.at()+n, 0, len(p.all)-1)].Seq
	}
	return p
}

// settle says of the selected place that it was seen to, or takes that back.
func (p places) settle() (screen, tea.Cmd) {
	d, ok := p.current()
	switch {
	case !ok:
		return p, nil
	case d.State == store.Current:
		p.notice = "What went there is current: there is nothing to be done."
		return p, nil
	}
	f, bot := p.sh.fleet, p.key
	return p.start(settlingPlace, func(ctx context.Context) (any, error) {
		if err := f.SettlePlaces(ctx, []fleet.Departure{d}, d.State == store.Stale); err != nil {
			return nil, err
		}
		return f.Places(ctx, bot)
	})
}

// look finds out what would change in the selected file.
func (p places) look() (screen, tea.Cmd) {
	f, bot := p.sh.fleet, p.key
	d, _ := p.current()
	return p.start(lookingAtFile, func(ctx context.Context) (any, error) {
		update, err := readUpdate(ctx, f, bot, d.Place, true)
		if err == nil && len(update.made.Changed) == 0 && update.made.Holds(bot) {
			f.Renewed(ctx, update.made, update.file.Path) // somebody else has put it there
		}
		return update, err
	})
}

// readUpdate reads a file, and what it is to be.
func readUpdate(ctx context.Context, f *fleet.Fleet, bot fleet.Key, path string, dry bool) (*fileUpdate, error) {
	file, err := files.OpenInPlace(path)
	if err != nil {
		return nil, notUpdated(path, err)
	}
	made, err := f.Renew(ctx, []fleet.Key{bot}, file.Path, file.Data, dry)
	if err != nil {
		return nil, notUpdated(path, err)
	}
	_, err = os.Lstat(file.Path + files.BackupEnding)
	return &fileUpdate{file: file, made: made, over: !errors.Is(err, fs.ErrNotExist)}, nil
}

// notUpdated brings the words along of what keeps a file from being updated, where that was not told to end.
func notUpdated(path string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &RefusedError{fault.NotUpdated(fault.Clean(path), err)}
}

// answer is what is said to the question whether to write a file.
func (p places) answer(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := p.sh.keys
	if next, moved := p.pager.update(keys, msg, len(p.preview(p.sh.body.width)), p.sh.body.height); moved {
		p.pager = next
		return p, nil
	}
	switch {
	case key.Matches(msg, keys.back, keys.quit):
		p.update = nil
	case key.Matches(msg, keys.open) && p.asked.ready(p.sh.now()):
		return p.write()
	}
	return p, nil
}

// write writes the file that was asked about, if it is still what was shown and the token is.
func (p places) write() (screen, tea.Cmd) {
	f, bot, shown := p.sh.fleet, p.key, p.update
	p.update = nil
	return p.start(updatingFile, func(ctx context.Context) (any, error) {
		now, err := readUpdate(ctx, f, bot, shown.file.Path, false)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(now.made.Data, shown.made.Data) {
			return nil, notUpdated(shown.file.Path, files.ErrChangedMeanwhile)
		}
		// That an older backup goes stood in the question.
		if now.backup, err = now.file.Replace(now.made.Data, shown.over); err != nil {
			return nil, notUpdated(shown.file.Path, err)
		}
		f.Renewed(ctx, now.made, now.file.Path)
		return now, nil
	})
}

// done takes the end of a task.
func (p places) done(msg taskDoneMsg) (screen, tea.Cmd) {
	stopped := p.cancelling && errors.Is(msg.err, context.Canceled)
	p.task, p.cancelling = task{}, false
	switch value := msg.value.(type) {
	case []fleet.Departure:
		p.all, p.known = value, true
		if d, ok := p.current(); ok {
			p.selected = d.Seq // the bar stays on it when others come before it
		}
	case *fileUpdate:
		if msg.err == nil {
			return p.updated(value)
		}
	}
	switch {
	case stopped && !p.known:
		return p.from, nil
	case stopped:
		p.notice = "Cancelled. Nothing was changed."
	case msg.err != nil:
		p.trouble = trouble{err: msg.err, unsaved: p.doing == updatingFile}
	}
	return p, nil
}

// updated goes on with a file that was looked at or written.
func (p places) updated(u *fileUpdate) (screen, tea.Cmd) {
	switch {
	case u.backup != "":
		p.notice = "Updated. " + fault.Backup(u.file.Path+files.BackupEnding)
	case len(u.made.Changed) > 0:
		p.update, p.asked, p.pager = u, guard{p.sh.now()}, pager{}
		return p, nil
	case u.made.Holds(p.key):
		p.notice = "It holds the current token already."
	case len(u.made.Left) > 0:
		p.notice = "An older token stands in it within a text or a comment, which is left alone."
	default:
		p.notice = "There is no token of this bot in it any more."
	}
	return p.read()
}
