package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// ErrSameKeyring says that secrets are to be moved to where they are.
var ErrSameKeyring = errors.New("secrets are in this keyring already")

// A MoveConflictError names the items that both keyrings have, and not the same. Nothing was moved: which of
// the two is the right one only the user knows.
type MoveConflictError struct{ Names []string }

func (e *MoveConflictError) Error() string {
	return fmt.Sprintf("%d items are in both keyrings and differ", len(e.Names))
}

// A MoveStage is what a move is at.
type MoveStage int

// The stages of a move.
const (
	MoveComparing MoveStage = iota + 1
	MoveCopying
	MoveDeleting
)

// String names the stage.
func (s MoveStage) String() string {
	switch s {
	case MoveComparing:
		return "comparing"
	case MoveCopying:
		return "copying"
	case MoveDeleting:
		return "deleting"
	default:
		return fmt.Sprintf("stage %d", int(s))
	}
}

// A MoveStep tells how far a move is: Done of Total items of its stage.
type MoveStep struct {
	Stage       MoveStage
	Done, Total int
}

// A Moved says what a move did. Where it ended early, that is what it had done by then.
type Moved struct {
	From, To KeyringStatus
	// Copied items were written to the new keyring and read back; Present ones were there from an earlier try.
	Copied, Present int
	// Deleted items were removed from the old keyring. Kept ones were to be, and are not the same in the new one:
	// somebody changed them after they were copied. Another try tells of them as a *MoveConflictError, or copies
	// those that the new one no longer has.
	Deleted, Kept int
}

// MoveKeyring copies everything to the keyring of another kind, "system" or "age": each item is read back,
// and the catalogue's rows and waits go along. Only when all is there, and only with forget, the old keyring
// and catalogue are emptied. Then the fleet goes on in the new one.
//
// The history stays where it was made. Interrupted at any point it can be called again: what is there already is compared and not written again.
// It fails with ErrSameKeyring, or with a *MoveConflictError before anything is written. It is never called
// while another call runs. report may be nil.
func (f *Fleet) MoveKeyring(ctx context.Context, to string, forget bool, report func(MoveStep)) (moved Moved, err error) {
	ctx, op := f.begin(ctx, "move to another keyring", Key{})
	defer op.end(&err)
	kind := keyring.Kind(to)
	on := f.at.Load()
	switch {
	case kind != keyring.KindSystem && kind != keyring.KindAge:
		return Moved{}, &InputError{Field: FieldKeyring, Problem: ProblemUnknown, Got: to}
	case kind == on.kind:
		return Moved{}, ErrSameKeyring
	}
	from, err := on.ring.get(ctx)
	if err != nil {
		return Moved{}, err
	}
	next, target, err := f.prepare(ctx, kind)
	if err != nil {
		return Moved{}, err
	}
	if report == nil {
		report = func(MoveStep) {}
	}
	m := &move{f: f, old: on, next: next, from: from, to: target, writers: from, report: report}
	if on.kind == keyring.KindMemory {
		m.writers = target
	}
	if err := m.run(ctx, forget); err != nil {
		return m.moved, errors.Join(err, next.ring.close(), next.Close())
	}
	return m.moved, f.move(next)
}

// A move is one on its way.
type move struct {
	f         *Fleet
	old, next *ground
	from, to  *keyring.Ring
	// writers is the one whose lock keeps other processes from writing. It goes by the ring's name, so that
	// of one keyring is that of the other; what is in memory has none.
	writers *keyring.Ring
	report  func(MoveStep)
	moved   Moved
	// items are what the old keyring held when the move began, and profiles are those of the bots in its catalogue.
	items    map[string]secret.Secret
	profiles map[Key]Profile
}

func (m *move) run(ctx context.Context, forget bool) (err error) {
	if m.moved.From, err = describe(ctx, m.from); err != nil {
		return err
	}
	rows, err := m.old.Snapshot(ctx, m.f.now())
	if err != nil {
		return err
	}
	m.profiles = make(map[Key]Profile, len(rows.Bots))
	for _, bot := range rows.Bots {
		m.profiles[bot.Key] = bot.Profile
	}
	missing, err := m.compare(ctx, rows)
	if err != nil {
		return err
	}
	if err := m.copy(ctx, missing); err != nil {
		return err
	}
	if err := m.next.Merge(ctx, rows); err != nil {
		return err
	}
	m.next.mark(ctx, m.items)
	if forget {
		if err := m.empty(ctx, rows); err != nil {
			return err
		}
	}
	m.moved.To, err = describe(ctx, m.to)
	return err
}

// compare reads both keyrings, and returns the names of what has to be copied.
func (m *move) compare(ctx context.Context, rows store.Snapshot) (missing []string, err error) {
	m.report(MoveStep{Stage: MoveComparing})
	m.items, err = m.from.GetAll(ctx, nil)
	if errors.Is(err, keyring.ErrCannotList) {
		m.items, err = m.from.GetAll(ctx, itemNames(rows))
	}
	if err != nil {
		return nil, err
	}
	// What seals a history stays with its catalogue.
	maps.DeleteFunc(m.items, func(name string, _ secret.Secret) bool { return strings.HasPrefix(name, historyItems) })
	names := slices.Sorted(maps.Keys(m.items))
	there, err := m.to.GetAll(ctx, names)
	if err != nil {
		return nil, err
	}
	conflict := &MoveConflictError{}
	for _, name := range names {
		value, known := there[name]
		switch {
		case !known:
			missing = append(missing, name)
		case !value.Equal(m.items[name]):
			conflict.Names = append(conflict.Names, name)
		}
	}
	if len(conflict.Names) > 0 {
		return nil, conflict
	}
	m.moved.Present = len(names) - len(missing)
	return missing, m.fits(missing)
}

// fits finds out before the first write whether there is an item too large for the new keyring.
func (m *move) fits(names []string) error {
	for _, name := range names {
		if limit, size := m.to.MaxSize(name), m.items[name].Len(); limit > 0 && size > limit {
			return fmt.Errorf("%w: %s has %d bytes of at most %d", keyring.ErrTooLarge, name, size, limit)
		}
	}
	return nil
}

// copy writes items to the new keyring, each as it is in the old one at that moment.
func (m *move) copy(ctx context.Context, names []string) error {
	for i, name := range names {
		m.report(MoveStep{MoveCopying, i, len(names)})
		if err := m.copyOne(ctx, name); err != nil {
			return err
		}
	}
	if len(names) > 0 {
		m.report(MoveStep{MoveCopying, len(names), len(names)})
	}
	return nil
}

func (m *move) copyOne(ctx context.Context, name string) error {
	release, err := m.writers.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	value, err := m.from.Get(ctx, name)
	if errors.Is(err, keyring.ErrNotFound) {
		delete(m.items, name) // somebody removed it meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	if err := m.to.Put(ctx, keyring.Item{Name: name, Label: itemLabel(name, value, m.profiles), Value: value}); err != nil {
		return err
	}
	m.items[name] = value
	m.moved.Copied++
	return nil
}

// itemLabel is what people see of an item in keyring programs. That of a further session names its bot, which is told
// by the bot's profile.
func itemLabel(name string, value secret.Secret, profiles map[Key]Profile) string {
	if key, session, ok := parseBotItemName(name); ok {
		if session != "" {
			return furtherLabel(profiles[key], key, session)
		}
		if item, err := decodeBotItem(key, value); err == nil {
			return item.label(key)
		}
	}
	if key, ok := parsePendingItemName(name); ok {
		return pendingLabel(profiles[key], key)
	}
	if apiID, ok := parseAppItemName(name); ok {
		if item, err := decodeAppItem(apiID, value); err == nil {
			return item.label()
		}
	}
	return "botring: " + name
}

// empty deletes what was copied from the old keyring, and then the rows of what is there no more.
func (m *move) empty(ctx context.Context, rows store.Snapshot) error {
	names := slices.Sorted(maps.Keys(m.items))
	for i, name := range names {
		m.report(MoveStep{MoveDeleting, i, len(names)})
		if err := m.deleteOne(ctx, name); err != nil {
			return err
		}
	}
	m.report(MoveStep{MoveDeleting, len(names), len(names)})
	return m.forget(ctx, rows)
}

// deleteOne deletes an item of the old keyring, if the new one has it as it is.
func (m *move) deleteOne(ctx context.Context, name string) error {
	release, err := m.writers.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	value, err := m.from.Get(ctx, name)
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	copied, err := m.to.Get(ctx, name)
	switch {
	case errors.Is(err, keyring.ErrNotFound), err == nil && !copied.Equal(value):
		m.moved.Kept++
		return nil
	case err != nil:
		return err
	}
	if err := deleteItem(ctx, m.from, name); err != nil {
		return err
	}
	m.moved.Deleted++
	return nil
}

// forget removes the rows whose items are in the new keyring alone, those included whose items an earlier try
// had deleted.
func (m *move) forget(ctx context.Context, rows store.Snapshot) error {
	names := itemNames(rows)
	left, err := m.from.GetAll(ctx, names)
	if err != nil {
		return err
	}
	there, err := m.to.GetAll(ctx, names)
	if err != nil {
		return err
	}
	gone := func(name string) bool {
		_, old := left[name]
		_, copied := there[name]
		return copied && !old
	}
	var bots []Key
	var apps []int
	for _, bot := range rows.Bots {
		if gone(botItemName(bot.Key)) {
			bots = append(bots, bot.Key)
		}
	}
	for _, app := range rows.Apps {
		if gone(appItemName(app.APIID)) {
			apps = append(apps, app.APIID)
		}
	}
	return m.old.Forget(ctx, bots, apps)
}
