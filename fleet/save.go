package fleet

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// A save is a bot on its way into the keyring and the catalogue, or one further session of it.
type save struct {
	key  Key
	item botItem
	// further is the name of the session that is saved, with an item of its own: item is not written then, and
	// has the bot's token and that session. "" where the bot's item is.
	further string
	// runs is where a session that is being made will run, "" for here; at is what that place is called.
	runs store.Place
	at   string
	// app is what it logs in with; newApp: its item has to be written too, and first, so that no bot ever
	// names an app that is not there.
	app    appItem
	newApp bool
	// status is the bot's from then on, "" for the one it has.
	status Status
	// rotates: it writes the new token of the bot's rotation.
	rotates bool
	// relabel and retag: the item's label and tags are new, and not those the row had.
	relabel, retag bool
	// granted: the item holds a session that Telegram has just made and nothing else does.
	granted bool
	// replaced is a session that may still work when the item with the new one is written, or nil.
	replaced *sessionItem

	// on is where it was tried last. What was there before can be put back there.
	on          *ground
	looked      bool
	old, oldApp secret.Secret
	wrote       bool
}

// A Saved is a bot that was written to the keyring, read back, and entered into the catalogue.
type Saved struct {
	Bot     Bot
	Keyring KeyringStatus
	// Existed: the bot was known before and has been updated.
	Existed bool
}

// newNonce names a save in the journal and in the item it writes.
func newNonce() string {
	var nonce [8]byte
	_, _ = rand.Read(nonce[:]) // never fails, says its documentation
	return hex.EncodeToString(nonce[:])
}

// begin enters a save into the journal, and with logsIn that a login comes before it.
func (s *save) begin(ctx context.Context, f *Fleet, on *ground, logsIn bool) error {
	s.item.Save = newNonce()
	intent := store.Intent{Nonce: s.item.Save, Key: s.key, Session: s.further, Began: f.now(), Rotates: s.rotates}
	if logsIn {
		intent.APIID = s.item.APIID
	}
	return on.Begin(ctx, intent)
}

// drop takes a save that came to nothing out of the journal. Where that fails the next start finds that
// nothing was written.
func (s *save) drop(ctx context.Context, on *ground) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	_ = on.End(ctx, s.item.Save)
}

// finish writes a save. A login that cannot be saved stays in memory, unless the user has turned away:
// then it is ended.
func (f *Fleet) finish(ctx context.Context, on *ground, s *save, report reporter) (Saved, error) {
	saved, err := f.write(ctx, on, s, report)
	switch {
	case err == nil:
		return saved, nil
	case !s.granted:
		return Saved{}, also(err, f.undo(ctx, on, s))
	case errors.Is(ctx.Err(), context.Canceled):
		return Saved{}, also(cancelled(err), f.giveUp(ctx, on, s))
	}
	reading, cancel := afterwards(ctx)
	defer cancel()
	before, _, _ := f.known(reading, on, s.key)
	return Saved{}, &UnsavedError{Bot: s.row(f, before), Err: err, login: s}
}

// write puts a save's items, reads them back, and enters the bot into the catalogue.
func (f *Fleet) write(ctx context.Context, on *ground, s *save, report reporter) (saved Saved, err error) {
	err = report.stage(Saving, func() error {
		r, err := on.ring.get(ctx)
		if err != nil {
			return err
		}
		if s.further != "" {
			// A session without its bot is nobody's: another ring may not have it.
			if _, err := on.Row(ctx, s.key); err != nil {
				return err
			}
		}
		if err := s.put(ctx, on, r); err != nil {
			return err
		}
		// The keyring has it: from here on it is saved, whoever turns away.
		ctx, cancel := afterwards(ctx)
		defer cancel()
		_, err = on.Bot(ctx, s.key, f.now())
		saved.Existed = err == nil
		if err := f.enter(ctx, on, s); err != nil {
			return fmt.Errorf("enter into the catalogue: %w", err)
		}
		if saved.Bot, err = on.Bot(ctx, s.key, f.now()); err != nil {
			return err
		}
		// Only for the eye: the bot is saved whatever the keyring says of itself.
		saved.Keyring, _ = describe(ctx, r)
		return nil
	})
	if err == nil && s.replaced != nil && (s.replaced.Runs == store.Here || s.further != "") {
		// Its key is gone with this save, and nobody could ever end it any more. Where Telegram cannot be
		// reached for that now, it stays until the token is revoked.
		_ = f.end(ctx, s.replaced.Session)
	}
	return saved, err
}

// put writes the items under the writers' lock.
func (s *save) put(ctx context.Context, on *ground, r *keyring.Ring) error {
	release, err := r.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := s.look(ctx, on, r); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.wrote = true
	if s.newApp {
		if err := putApp(ctx, r, s.app); err != nil {
			return err
		}
	}
	if s.further != "" {
		session := *s.item.Session
		session.Save = s.item.Save
		return putFurther(ctx, r, s.key, s.further, s.itemLabel(), session)
	}
	return putBot(ctx, r, s.key, s.item)
}

// itemName is the name of the item that is written.
func (s *save) itemName() string {
	if s.further != "" {
		return sessionItemName(s.key, s.further)
	}
	return botItemName(s.key)
}

// itemLabel is what people see of it in keyring programs.
func (s *save) itemLabel() string {
	if s.further != "" {
		return furtherLabel(s.item.Profile, s.key, s.further)
	}
	return s.item.label(s.key)
}

// judge says whether a value is one that the item may have.
func (s *save) judge(value secret.Secret) (err error) {
	if s.further != "" {
		_, err = decodeFurther(s.key, s.further, value)
	} else {
		_, err = decodeBotItem(s.key, value)
	}
	return err
}

// look keeps what the items hold before they are written.
func (s *save) look(ctx context.Context, on *ground, r *keyring.Ring) error {
	if s.looked && s.on == on {
		return nil
	}
	old, err := mayReplace(ctx, r, s.itemName(), s.judge)
	if err != nil {
		return err
	}
	var oldApp secret.Secret
	if s.newApp {
		oldApp, err = mayReplace(ctx, r, appItemName(s.app.APIID), func(value secret.Secret) error {
			_, err := decodeAppItem(s.app.APIID, value)
			return err
		})
		if err != nil {
			return err
		}
	}
	s.on, s.looked, s.wrote, s.old, s.oldApp = on, true, false, old, oldApp
	return nil
}

// enter writes the catalogue's rows. A name that somebody took meanwhile is given up: it can be chosen
// again, a login cannot.
func (f *Fleet) enter(ctx context.Context, on *ground, s *save) error {
	commit := store.Save{Key: s.key, Nonce: s.item.Save, Edit: func(b *Bot) { *b = s.row(f, *b) }, Marks: s.marks(ctx, on)}
	if s.further == "" {
		commit.Mark = markOf(s.item.Token)
	}
	if s.newApp {
		commit.App = &App{Name: s.app.Name, APIID: s.app.APIID}
	}
	err := on.Commit(ctx, commit)
	if errors.Is(err, store.ErrTaken) && s.item.Label != "" {
		s.item.Label = ""
		err = on.Commit(ctx, commit)
	}
	if errors.Is(err, store.ErrTaken) && s.newApp {
		commit.App.Name = fmt.Sprint("app ", s.app.APIID)
		err = on.Commit(ctx, commit)
	}
	return err
}

// row makes the bot's row from the one before, which for a new bot is empty.
func (s *save) row(f *Fleet, b Bot) Bot {
	if s.further != "" {
		return s.furtherRow(f, b)
	}
	isNew := b.AddedAt.IsZero()
	if isNew {
		b.AddedAt = f.now()
	}
	if isNew || s.relabel {
		b.Label = s.item.Label
	}
	if isNew || s.retag {
		b.Tags = s.item.Tags
	}
	b.APIID = s.item.APIID
	if s.item.Profile != (Profile{}) {
		b.Profile = s.item.Profile
	}
	health := store.Health{Status: s.status}
	session := s.item.Session.row()
	session.CheckedAt = checkedBefore(b, session)
	switch {
	case s.status == store.OK:
		health.CheckedAt, session.CheckedAt = f.now(), f.now()
		b.Health = f.health(b.Health, health)
	case s.status != "":
		b.Health = f.health(b.Health, health)
	case isNew || b.Health.Status == store.SecretMissing:
		health.Status = unproven(s.item.Session)
		b.Health = f.health(b.Health, health)
	}
	b.Sessions = slices.DeleteFunc(slices.Clone(b.Sessions), func(x Session) bool { return x.Name == store.DefaultSession })
	if s.item.Session != nil {
		b.Sessions = append(b.Sessions, session)
	}
	return b
}

// checkedBefore is when a session was checked that is the same as it was, or zero.
func checkedBefore(b Bot, session Session) time.Time {
	for _, before := range b.Sessions {
		if before.Name == session.Name && before.MadeAt.Equal(session.MadeAt) {
			return before.CheckedAt
		}
	}
	return time.Time{}
}

// unproven is the status of a bot whose session, or want of one, nobody has looked at.
func unproven(session *sessionItem) Status {
	if session == nil {
		return store.NotLoggedIn
	}
	return store.Unchecked
}

// row is what the catalogue knows of the default session.
func (s *sessionItem) row() Session {
	if s == nil {
		return Session{}
	}
	return Session{
		Name: store.DefaultSession, DC: s.DC, Runs: s.Runs, At: s.At, Since: s.Since, APIID: s.APIID, MadeAt: s.MadeAt,
	}
}
