package fleet

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// PlaceExec is what the place is called where programs run that a session was handed to on this computer.
const PlaceExec = "exec"

// OpenBot hands out a bot without a session: its token, and its app where it has one. The history keeps for what.
func (f *Fleet) OpenBot(ctx context.Context, key Key, use Use) (opened OpenedSession, err error) {
	ctx, op := f.begin(ctx, use.Action, key)
	defer op.end(&err)
	op.detail = use.Detail
	on := f.at.Load()
	row, err := on.Bot(ctx, key, f.now())
	if err != nil {
		return OpenedSession{}, err
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return OpenedSession{}, err
	}
	item, err := f.readBot(ctx, on, r, key)
	if err != nil {
		return OpenedSession{}, err
	}
	opened = OpenedSession{Bot: row, Token: item.Token}
	opened.APIID = row.APIID
	if row.APIID != 0 {
		app, err := readApp(ctx, r, row.APIID)
		if err != nil && !errors.Is(err, ErrSecretMissing) {
			return OpenedSession{}, err
		}
		opened.APIHash = app.Hash
	}
	return opened, nil
}

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
	s := sessionstring.Session{
		DC: o.DC, Key: o.Key, APIID: o.APIID, UserID: o.Bot.ID, Test: o.Test, Salt: o.Salt,
	}
	if host, port, err := net.SplitHostPort(o.Addr); err == nil {
		s.Host = host
		s.Port, _ = strconv.Atoi(port)
	}
	if s.Host == "" {
		s.Host, s.Port = telegramAddress(o.DC, o.Test)
	}
	return sessionstring.Format(s, kind)
}
