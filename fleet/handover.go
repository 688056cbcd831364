package fleet

import (
	"context"
	"fmt"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// PlaceExec is what the place is called where programs run that a session was handed to on this computer.
const PlaceExec = "exec"

// MayExec reports whether a session that is there is one for ReadyForExec: it runs here, or at PlaceExec already.
func MayExec(s Session) bool { return s.Runs == store.Here || s.At == PlaceExec }

// ReadyForExec makes sure that a bot has a session of a name that runs at PlaceExec, and reports whether that took a
// login, which needs the network and counts towards Telegram's limit. A session of that name that runs here runs
// there from now on; one that runs in any other place is ErrRunsElsewhere. It is to be held.
func (f *Fleet) ReadyForExec(ctx context.Context, key Key, name string, report func(Step)) (madeOne bool, err error) {
	if problem := CheckSessionName(name); problem != nil {
		return false, problem
	}
	row, err := f.Bot(ctx, key)
	if err != nil {
		return false, err
	}
	session, there := row.Session(name)
	if !there {
		_, err := f.LoginSession(ctx, key, NewSession{Name: name, Elsewhere: true, At: PlaceExec}, report)
		return err == nil, err
	}
	switch {
	case !MayExec(session):
		return false, ErrRunsElsewhere
	case session.Runs == store.Here:
		_, err = f.MarkElsewhere(ctx, key, name, PlaceExec)
	}
	return false, err
}

// HandOut takes a bot out of the keyring for an export, with a session of a name that is ready for its place ("" for
// none), and reports whether that took a login. One that is there is marked where TakesAway says that it leaves where it
// runs: whoever calls has asked for that. Without a place none is made, and the error is ErrNoSession.
func (f *Fleet) HandOut(ctx context.Context, key Key, name, place string, form ExportForm, report func(Step)) (opened OpenedSession, madeOne bool, err error) {
	detail := form.String()
	if name != "" {
		if madeOne, err = f.readyForPlace(ctx, key, name, place, report); err != nil {
			return OpenedSession{}, false, err
		}
		detail = "session " + name + ", " + detail
	}
	opened, err = f.OpenSession(ctx, key, name, Use{Action: "export", Detail: detail})
	return opened, madeOne, err
}

func (f *Fleet) readyForPlace(ctx context.Context, key Key, name, place string, report func(Step)) (madeOne bool, err error) {
	row, err := f.Bot(ctx, key)
	if err != nil {
		return false, err
	}
	session, there := row.Session(name)
	switch {
	case there && TakesAway(session, place):
		_, err = f.MarkElsewhere(ctx, key, name, place)
	case there:
	case place == "":
		err = ErrNoSession
	default:
		_, err = f.LoginSession(ctx, key, NewSession{Name: name, Elsewhere: true, At: place}, report)
		madeOne = err == nil
	}
	return madeOne, err
}

// As writes the session as a library has it. Its error is a *sessionstring.FormatError.
func (o OpenedSession) As(kind SessionKind) (secret.Secret, error) {
	text, err := sessionstring.Format(o.portable(), kind)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("hand session over: %w", err)
	}
	return text, nil
}
