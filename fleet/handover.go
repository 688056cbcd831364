package fleet

import (
	"context"
	"fmt"
	"slices"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// PlaceExec is what the place is called where programs run that a session was handed to on this computer.
const PlaceExec = "exec"

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
	at := slices.IndexFunc(row.Sessions, func(s Session) bool { return s.Name == name })
	if at < 0 {
		_, err := f.LoginSession(ctx, key, NewSession{Name: name, Elsewhere: true, At: PlaceExec}, report)
		return err == nil, err
	}
	switch session := row.Sessions[at]; {
	case session.Runs == store.Here:
		_, err := f.MarkElsewhere(ctx, key, name, PlaceExec)
		return false, err
	case session.At != PlaceExec:
		return false, ErrRunsElsewhere
	}
	return false, nil
}

// As writes the session as a library has it. Its error is a *sessionstring.FormatError.
func (o OpenedSession) As(kind SessionKind) (secret.Secret, error) {
	text, err := sessionstring.Format(o.portable(), kind)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("hand session over: %w", err)
	}
	return text, nil
}
