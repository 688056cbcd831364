package fleet

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"botring/fleet/store"
	"botring/keyring"
	"botring/keyring/passphrase"
)

// ExamineOptions say what Examine looks at and what it may do about it. The zero value only looks, and sends
// nothing to Telegram.
type ExamineOptions struct {
	// Fix mends what can be mended: rows of the catalogue that agree with the keyring, a catalogue that is
	// damaged (set aside under another name and rebuilt), files of ours that others can read. Nothing is deleted,
	// and nothing in the keyring changed but how far the history goes, where the one of before was lost.
	Fix bool
	// Brief looks only at what can be looked at beside other work: nothing is written to the keyring, nothing
	// opened with a passphrase, no item read. It is the keyring's state, other daemons and permissions.
	Brief bool
	// Network makes a key exchange with every address of the current environment, which logs nobody in.
	Network bool
	// Files are the caller's own files.
	Files []OwnFile
	// Built is when this program was built, which the clock cannot be before; zero where that is not known.
	Built time.Time
}

// lookTakes bounds one look, itemsTake that at all items: a thousand of them take a second. A keyring that
// does not answer says so itself before that.
const (
	lookTakes = 30 * time.Second
	itemsTake = 2 * time.Minute
)

// OpenToExamine is Open for Examine alone: a catalogue that cannot be opened is no error, and Examine tells of
// it. Until that mends it there is an empty one in memory in its place. Errors are *InputError.
func OpenToExamine(ctx context.Context, opts Options) (*Fleet, error) {
	f, kind, err := newFleet(opts)
	if err != nil {
		return nil, err
	}
	if path, err := cataloguePath(opts.Home, opts.Ring, kind); err == nil && !f.inMemory(kind) {
		// Opening narrows it, and what it was has to be told.
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			f.exposed = info.Mode().Perm() & forOwner
		}
	}
	on, err := f.ground(ctx, kind)
	if err != nil {
		if on, err = f.unreadGround(ctx, kind, err); err != nil {
			return nil, err
		}
	}
	f.at.Store(on)
	return f, nil
}

// unreadGround is a ground whose catalogue cannot be opened, and why.
func (f *Fleet) unreadGround(ctx context.Context, kind keyring.Kind, why error) (on *ground, err error) {
	on = f.bareGround(kind)
	on.unread = why
	on.Store, err = store.Memory(ctx)
	return on, err
}

// Examine looks at everything the fleet stands on, from the bus to the clock, and returns what it found; report,
// which may be nil, is told of each finding as it comes. It never prompts: what a locked keyring holds is not
// looked at. The only error is the context's, with what was found until then.
//
// With Fix it must not run while another call does.
func (f *Fleet) Examine(ctx context.Context, opts ExamineOptions, report func(Finding)) (findings []Finding, err error) {
	ctx, op := f.begin(ctx, "examine", Key{})
	defer op.end(&err)
	if opts.Brief {
		ctx = passphrase.Quietly(ctx) // somebody may lock the keyring meanwhile
	}
	x := &examination{f: f, opts: opts, report: report, began: f.now()}
	for _, look := range []struct {
		at    func(context.Context)
		takes time.Duration
		brief bool
	}{
		{x.keyring, lookTakes, true}, {x.probe, lookTakes, false}, {x.daemons, lookTakes, true}, {x.permissions, lookTakes, true},
		{x.catalogue, itemsTake, false}, {x.items, itemsTake, false}, {x.rotations, lookTakes, false}, {x.history, itemsTake, false}, {x.proxy, 0, false}, {x.network, 0, false}, {x.clock, lookTakes, false},
	} {
		if opts.Brief && !look.brief {
			continue
		}
		x.look(ctx, look.takes, look.at)
		if err := ctx.Err(); err != nil {
			return x.findings, err
		}
	}
	return x.findings, nil
}

// An examination is one run of Examine, and what its earlier looks have found for the later ones.
type examination struct {
	f        *Fleet
	opts     ExamineOptions
	report   func(Finding)
	over     context.Context // the caller's; when it has ended nothing is found any more
	began    time.Time
	findings []Finding

	// ring is nil where there is no keyring; closed says why its items cannot be looked at all the same, and is
	// FoundFault where they can.
	ring   *keyring.Ring
	status KeyringStatus
	closed Sign
	// rowless: items of the keyring are not in the catalogue.
	rowless bool
	// barred: the proxy does not lead anywhere, or may not be tried.
	barred bool
	// measured is how far the clock was ahead of each of Telegram's servers.
	measured []time.Duration
}

// look bounds one look in time; what it does itself has no bound with 0.
func (x *examination) look(ctx context.Context, takes time.Duration, at func(context.Context)) {
	x.over = ctx
	if takes > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, takes)
		defer cancel()
	}
	at(ctx)
}

// found takes a finding down. What a look says that was cut off by the caller says nothing.
func (x *examination) found(f Finding) {
	if x.over.Err() != nil {
		return
	}
	x.findings = append(x.findings, f)
	if x.report != nil {
		x.report(f)
	}
}

// fault takes down that a look at topic ended in an error.
func (x *examination) fault(topic Topic, took time.Duration, err error) {
	x.found(Finding{Topic: topic, Grade: GradeProblem, Found: FoundFault, Took: took, Err: err})
}

// skip takes down that topic was not looked at, and why.
func (x *examination) skip(topic Topic, why Sign) {
	x.found(Finding{Topic: topic, Grade: GradeSkipped, Found: why})
}

// catalogue has SQLite look at the whole file, and sets it aside and rebuilds it where it may.
func (x *examination) catalogue(ctx context.Context) {
	on := x.f.at.Load()
	began := time.Now()
	finding := Finding{Topic: TopicCatalogue, Grade: GradeProblem, Found: FoundFault, Err: on.unread}
	path, err := cataloguePath(x.f.opts.Home, x.f.opts.Ring, on.kind)
	switch {
	case x.f.inMemory(on.kind):
		x.found(Finding{Topic: TopicCatalogue, Found: FoundInMemory})
		return
	case finding.Err == nil:
		finding.Subject, finding.Found = fromHome(path), FoundDamaged
		finding.Names, finding.Err = on.Examine(ctx)
		if finding.Err != nil {
			finding.Found = FoundFault
		}
	}
	finding.Took = time.Since(began)
	if finding.Err == nil && len(finding.Names) == 0 {
		bots, _ := x.f.Bots(ctx)
		finding.Grade, finding.Found, finding.Count = GradeOK, FoundWhole, len(bots)
		if len(bots) == 0 && x.emptied(ctx, path) {
			return
		}
		x.found(finding)
		return
	}
	damaged := finding.Found == FoundDamaged || errors.Is(finding.Err, store.ErrNotACatalogue)
	var made time.Time
	finding.Fixable = err == nil && damaged && x.readable()
	if finding.Fixable && !x.status.CanList {
		_, made, finding.Fixable = x.f.copied(ctx, x.ring, path)
	}
	if !x.opts.Fix || !finding.Fixable {
		x.found(finding)
		return
	}
	began = time.Now()
	aside, count, err := x.f.renew(ctx, x.ring, path)
	if err != nil {
		x.found(finding)
		x.fault(TopicCatalogue, time.Since(began), err)
		return
	}
	rebuilt := Finding{Topic: TopicCatalogue, Found: FoundRebuilt, Subject: fromHome(aside), Count: count, Took: time.Since(began), Fixed: true}
	if !x.status.CanList {
		rebuilt.Found, rebuilt.At = FoundRestored, made
	}
	x.found(rebuilt)
}

// emptied looks for a copy of a catalogue that has no bots, beside a keyring that cannot say which it has, and
// takes its rows over where it may.
func (x *examination) emptied(ctx context.Context, path string) bool {
	if !x.readable() || x.status.CanList {
		return false
	}
	rows, made, there := x.f.copied(ctx, x.ring, path)
	if !there {
		return false
	}
	finding := Finding{Topic: TopicCatalogue, Grade: GradeProblem, Found: FoundEmptied, Count: len(rows.Bots), At: made, Fixable: true}
	if !x.opts.Fix {
		x.found(finding)
		return true
	}
	began := time.Now()
	count, err := x.f.restore(ctx, rows)
	if err != nil {
		x.fault(TopicCatalogue, time.Since(began), err)
		return true
	}
	x.found(Finding{Topic: TopicCatalogue, Found: FoundRestored, Count: count, At: made, Took: time.Since(began), Fixed: true})
	return true
}

// renew sets the catalogue aside, makes a new one of what can still be read of it and of the keyring, and
// returns where the old one is and how many bots there are now. Before anything is moved the keyring has
// given all it has.
func (f *Fleet) renew(ctx context.Context, r *keyring.Ring, path string) (aside string, bots int, err error) {
	ctx, op := f.begin(ctx, "renew catalogue", Key{})
	defer op.end(&err)
	_, err = r.GetAll(ctx, nil)
	var copied store.Snapshot
	blind := errors.Is(err, keyring.ErrCannotList)
	if blind {
		copied, _, blind = f.copied(ctx, r, path)
	}
	if err != nil && !blind {
		return "", 0, err
	}
	old := f.at.Load()
	// Waits that Telegram asked for are in the catalogue alone; a file with a fault most often still tells them.
	var kept store.Snapshot
	if old.unread == nil {
		kept, _ = old.Snapshot(ctx, f.now())
	}
	settled, cancel := afterwards(ctx) // from here on the fleet must not be left without a catalogue
	defer cancel()
	_ = old.Close()
	aside, err = store.SetAside(path, f.now())
	next, openErr := f.ground(settled, old.kind)
	if openErr != nil {
		next, err = f.unreadGround(settled, old.kind, openErr)
		if err != nil {
			return "", 0, err
		}
		err = openErr
	}
	next.ring.opened = old.ring.give()
	f.at.Store(next)
	if err != nil {
		return "", 0, err
	}
	// All or nothing; what it cannot keep the keyring has.
	_ = next.Merge(settled, kept)
	if blind {
		bots, err = f.restore(ctx, copied)
		return aside, bots, err
	}
	if _, err := f.Rebuild(ctx); err != nil {
		return aside, 0, err
	}
	if err := f.beginAgain(ctx, next, r); err != nil {
		return aside, 0, err
	}
	rows, err := f.Bots(ctx)
	return aside, len(rows), err
}

// forOwner are the bits of a mode that let others in.
const forOwner fs.FileMode = 0o077
