package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"botring/fleet/store"
	"botring/keyring"
)

// maxSessionName bounds the name of a further session, in bytes. It is a part of the name of a keyring's item.
const maxSessionName = 32

// CheckSessionName says what is wrong with the name of a further session, nil if nothing is: 1 to 32 small
// letters, digits, dots, dashes and underscores, and not the name that a bot's own session has.
func CheckSessionName(name string) *InputError { return checkSessionWord(FieldSession, name) }

// CheckPlace says what is wrong with what somebody calls a place where sessions run. The rule is that of
// CheckSessionName, since a session is named for its place; and PlaceExec is nobody's to give.
func CheckPlace(name string) *InputError {
	if name == PlaceExec {
		return &InputError{Field: FieldPlace, Problem: ProblemReserved, Got: name}
	}
	return checkSessionWord(FieldPlace, name)
}

// checkPlace is CheckPlace for what this package is told, which may be PlaceExec. "" is a place without a name.
func checkPlace(at string) *InputError {
	if at == "" || at == PlaceExec {
		return nil
	}
	return CheckPlace(at)
}

func checkSessionWord(field Field, name string) *InputError {
	switch {
	case name == "":
		return &InputError{Field: field, Problem: ProblemEmpty}
	case name == store.DefaultSession:
		return &InputError{Field: field, Problem: ProblemReserved, Got: name}
	case len(name) > maxSessionName:
		return &InputError{Field: field, Problem: ProblemSyntax, Got: name}
	}
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_"
	if strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(allowed, r) }) {
		return &InputError{Field: field, Problem: ProblemSyntax, Got: name}
	}
	return nil
}

// A NewSession says what LoginSession is to make.
type NewSession struct {
	// Name is as CheckSessionName wants it.
	Name string
	// Elsewhere: it will run in another place, which is called At ("" for a place that has the session's name).
	// It is never opened here then.
	Elsewhere bool
	At        string
	// Force replaces a session of that name that works or runs elsewhere. The old one is ended once the new one is
	// saved, wherever it runs: nobody could end it any more.
	Force bool
}

// LoginSession logs a known bot in once more and saves that session beside its own one, under a name, in the
// order of Add. One of that name that runs here is checked first, and ErrSessionWorks returned if it works; one
// that runs elsewhere is ErrRunsElsewhere. Other errors are those of Login.
func (f *Fleet) LoginSession(ctx context.Context, key Key, order NewSession, report func(Step)) (saved Saved, err error) {
	ctx, op := f.begin(ctx, "log in", key)
	defer op.end(&err)
	if err := order.check(); err != nil {
		return Saved{}, err
	}
	op.detail = order.detail()
	on := f.at.Load()
	release, err := on.guard.take(ctx, key)
	if err != nil {
		return Saved{}, err
	}
	defer release()
	return f.loginSession(ctx, on, key, order, report)
}

// loginSession is LoginSession of a bot whose turn it is.
func (f *Fleet) loginSession(ctx context.Context, on *ground, key Key, order NewSession, report reporter) (Saved, error) {
	r, row, item, err := f.beforeLogin(ctx, on, key, func(row Bot) bool {
		return order.Force || !hasSession(row, order.Name)
	}, report)
	if err != nil {
		return Saved{}, err
	}
	replaced, err := f.replaceable(ctx, on, r, row, order, report)
	if err != nil {
		return Saved{}, err
	}
	item.Session = nil
	s := &save{key: key, item: item, further: order.Name, runs: store.Here, replaced: replaced}
	if order.Elsewhere {
		s.runs, s.at = store.Elsewhere, cmp.Or(order.At, order.Name)
	}
	return f.logInAndSave(ctx, on, r, s, true, report)
}

func (n NewSession) check() error {
	if problem := CheckSessionName(n.Name); problem != nil {
		return problem
	}
	if problem := checkPlace(n.At); problem != nil {
		return problem
	}
	return nil
}

// detail is what the history says of a session.
func (n NewSession) detail() string {
	if n.Elsewhere && n.At != "" && n.At != n.Name {
		return "session " + n.Name + " for " + n.At
	}
	return "session " + n.Name
}

// replaceable is the session that a new one of that name takes the place of and that may still work, nil for
// none. It is asked first whether it works, unless it is to be replaced by force.
func (f *Fleet) replaceable(ctx context.Context, on *ground, r *keyring.Ring, row Bot, order NewSession, report reporter) (*sessionItem, error) {
	old, err := on.readFurther(ctx, r, row.Key, order.Name)
	switch {
	case errors.Is(err, ErrSecretMissing), errors.Is(err, ErrItemDamaged):
		return nil, nil //nolint:nilerr // There is nothing to keep.
	case err != nil:
		return nil, err
	case order.Force:
		return old, nil
	case old.Runs != store.Here:
		return nil, ErrRunsElsewhere
	}
	err = f.ask(ctx, on, row.Key, order.Name, old.Session, report)
	if err == nil {
		return nil, ErrSessionWorks
	}
	if dead(f.afterCheck(store.Health{}, err).Status) {
		return nil, nil //nolint:nilerr // That it is dead is what was asked.
	}
	return nil, err
}

// hasSession reports whether a bot has a session of that name, as far as its row says.
func hasSession(row Bot, name string) bool {
	_, ok := row.Session(name)
	return ok
}

// furtherRow is the bot's row with the further session that is saved.
func (s *save) furtherRow(f *Fleet, b Bot) Bot {
	session := s.item.Session.row()
	session.Name = s.further
	session.CheckedAt = checkedBefore(b, session)
	if s.granted {
		session.CheckedAt = f.now()
		b.Profile = s.item.Profile
	}
	b.Sessions = slices.DeleteFunc(slices.Clone(b.Sessions), func(x Session) bool { return x.Name == s.further })
	b.Sessions = append(b.Sessions, session)
	b.Health = f.afterFurther(b, s.granted)
	return b
}

// afterFurther is the state of a bot that has a further session, with granted after a login. Of the bot's own
// session, which its state is about where it has one, that says only that it is not the token that is wrong.
func (f *Fleet) afterFurther(b Bot, granted bool) store.Health {
	own := hasSession(b, store.DefaultSession)
	switch {
	case granted && !own:
		return f.health(b.Health, store.Health{Status: store.OK, CheckedAt: f.now()})
	case granted && (b.Health.Status == store.TokenRevoked || b.Health.Status == store.Deactivated),
		!own && b.Health.Status == store.NotLoggedIn:
		return f.health(b.Health, store.Health{Status: store.Unchecked})
	}
	return b.Health
}

// recoverFurther settles the journal's entry of a further session, as recoverOne does a bot's.
func (f *Fleet) recoverFurther(ctx context.Context, on *ground, r *keyring.Ring, intent store.Intent) (lost bool, err error) {
	session, err := on.readFurther(ctx, r, intent.Key, intent.Session)
	bad := errors.Is(err, ErrSecretMissing) || itemIsBad(err)
	if err != nil && !bad {
		return false, err
	}
	_, known, err := f.known(ctx, on, intent.Key)
	if err != nil {
		return false, err
	}
	if bad || !known || session.Save != intent.Nonce {
		return intent.APIID != 0, on.End(ctx, intent.Nonce)
	}
	s := &save{key: intent.Key, further: intent.Session, item: botItem{Save: intent.Nonce, Session: session}}
	return false, f.enter(ctx, on, s)
}

// LogOutSession ends one session of a bot at Telegram and removes it; token, bot and its other sessions stay. One
// that runs elsewhere is ErrRunsElsewhere, unless elsewhereToo: it ends the bot there. A session that the bot
// does not have is ErrNoSession. The bot it returns is current even when err is not nil.
func (f *Fleet) LogOutSession(ctx context.Context, key Key, name string, elsewhereToo bool, report func(Step)) (bot Bot, err error) {
	ctx, op := f.begin(ctx, "log out", key)
	defer op.end(&err)
	op.detail = "session " + name
	return f.leave(ctx, key, func(on *ground, row Bot) error {
		return f.logOutOne(ctx, on, row, name, elsewhereToo, report)
	})
}

func (f *Fleet) logOutOne(ctx context.Context, on *ground, row Bot, name string, elsewhereToo bool, report reporter) error {
	if err := f.envs.require(row.Environment); err != nil {
		return err
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return err
	}
	session, item, err := f.readSession(ctx, on, r, row.Key, name)
	if errors.Is(err, ErrNoSession) && hasSession(row, name) && name != store.DefaultSession {
		// The item is gone, and with it the means to end the session.
		return also(missing(err), f.forgetFurther(ctx, on, r, row.Key, name))
	}
	switch {
	case err != nil:
		return err
	case session.Runs != store.Here && !elsewhereToo:
		return ErrRunsElsewhere
	}
	if err := f.logOut(ctx, on, row.Key, session.Session, report); err != nil {
		return err
	}
	return report.stage(Saving, func() error {
		if name == store.DefaultSession {
			return f.forgetDefault(ctx, on, r, row, item)
		}
		return f.forgetFurther(ctx, on, r, row.Key, name)
	})
}

func missing(err error) error { return fmt.Errorf("%w: %w", ErrSecretMissing, err) }

// readSession reads a session of a bot, whichever, and the bot's item: ErrNoSession where there is none of that
// name.
func (f *Fleet) readSession(ctx context.Context, on *ground, r *keyring.Ring, key Key, name string) (*sessionItem, botItem, error) {
	item, err := f.readBot(ctx, on, r, key)
	if err != nil {
		return nil, botItem{}, err
	}
	if name == store.DefaultSession {
		if item.Session == nil {
			return nil, item, ErrNoSession
		}
		return item.Session, item, nil
	}
	if problem := CheckSessionName(name); problem != nil {
		return nil, item, problem
	}
	session, err := on.readFurther(ctx, r, key, name)
	if errors.Is(err, ErrSecretMissing) {
		return nil, item, ErrNoSession
	}
	return session, item, err
}

// TakesAway reports whether a session that is handed out for a place would run in two: it runs here, under botring
// exec on this computer, or in a place of another name or of none.
func TakesAway(s Session, place string) bool {
	return s.Runs == store.Here || s.At == PlaceExec || place != "" && s.At != place
}

// MarkElsewhere says that a session runs in another place from now on, which is called at, and saves that: it is
// never opened here again. A session that the bot does not have is ErrNoSession, and one that was given away
// already, which the row had not heard of, is ErrRunsElsewhere.
func (f *Fleet) MarkElsewhere(ctx context.Context, key Key, name, at string) (bot Bot, err error) {
	ctx, op := f.begin(ctx, "give session away", key)
	defer op.end(&err)
	op.detail = "session " + name
	if problem := checkPlace(at); problem != nil {
		return Bot{}, problem
	}
	if at != "" {
		op.detail += " to " + at
	}
	on := f.at.Load()
	release, err := on.guard.take(ctx, key)
	if err != nil {
		return Bot{}, err
	}
	defer release()
	row, err := on.Row(ctx, key)
	if err != nil {
		return Bot{}, err
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return Bot{}, err
	}
	session, item, err := f.readSession(ctx, on, r, key, name)
	if err != nil {
		return Bot{}, err
	}
	if session.Runs != store.Here && runsHere(row, name) {
		return Bot{}, also(ErrRunsElsewhere, f.noteElsewhere(ctx, on, key, name, session))
	}
	moved := *session
	moved.Runs, moved.At, moved.Since = store.Elsewhere, at, f.now()
	item.Session, item.Label, item.Tags, item.Profile = &moved, row.Label, row.Tags, row.Profile
	s := &save{key: key, item: item}
	if name != store.DefaultSession {
		s.further = name
	}
	if err := s.begin(ctx, f, on, false); err != nil {
		return Bot{}, err
	}
	saved, err := f.finish(ctx, on, s, nil)
	return saved.Bot, err
}

// runsHere reports whether a bot's row says that a session of that name runs here.
func runsHere(row Bot, name string) bool {
	return slices.ContainsFunc(row.Sessions, func(s Session) bool { return s.Name == name && s.Runs == store.Here })
}

// noteElsewhere tells the row where a session runs whose item says that it was given away: by another catalogue of
// the ring, or by a process that died before it wrote the row.
func (f *Fleet) noteElsewhere(ctx context.Context, on *ground, key Key, name string, session *sessionItem) error {
	return on.Update(ctx, key, func(b *Bot) {
		for i := range b.Sessions {
			if s := &b.Sessions[i]; s.Name == name {
				s.Runs, s.At, s.Since = session.Runs, session.At, session.Since
			}
		}
	})
}
