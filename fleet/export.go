package fleet

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/sessionstring"
)

// An Envelope is what bots leave the keyring in.
type Envelope int

// The envelopes.
const (
	// Bare is a session string and nothing else, a line for each bot.
	Bare Envelope = iota
	// EnvFile is a file of variables, as programs and shells read it.
	EnvFile
	// JSONFile is one object.
	JSONFile
	// SystemdCredential is what systemd-creds encrypts and a service finds in its $CREDENTIALS_DIRECTORY
	// (systemd.exec(5), LoadCredentialEncrypted=): variables, as in EnvFile.
	SystemdCredential
	// KubernetesSecret is a manifest for each bot (kubernetes.io/docs/concepts/configuration/secret).
	KubernetesSecret
	// ComposeFile is the services of a compose file (docs.docker.com/reference/compose-file).
	ComposeFile
)

// String is the name, as commands have it.
func (e Envelope) String() string {
	switch e {
	case Bare:
		return "string"
	case EnvFile:
		return "env"
	case JSONFile:
		return "json"
	case SystemdCredential:
		return "systemd"
	case KubernetesSecret:
		return "kubernetes"
	case ComposeFile:
		return "compose"
	}
	return "unknown"
}

// An ExportForm is how bots leave: the envelope, and in whose form their sessions are in it. Without a kind they
// stay, and token and app go alone.
type ExportForm struct {
	Envelope Envelope
	Kind     SessionKind
}

// ExportForms are the forms that have a name, session strings first. Into an envelope a session goes in any kind.
func ExportForms() []ExportForm {
	var forms []ExportForm
	for _, kind := range SessionKinds() {
		forms = append(forms, ExportForm{Kind: kind})
	}
	for _, envelope := range []Envelope{EnvFile, JSONFile, SystemdCredential, KubernetesSecret, ComposeFile} {
		forms = append(forms, ExportForm{Envelope: envelope})
	}
	return forms
}

// ExportFormOf finds a form by its name.
func ExportFormOf(name string) (ExportForm, bool) {
	if kind, ok := SessionKindOf(name); ok {
		return ExportForm{Kind: kind}, kind.Writable()
	}
	for _, form := range ExportForms() {
		if form.String() == name {
			return form, true
		}
	}
	return ExportForm{}, false
}

// String is the name, as commands and the history have it.
func (f ExportForm) String() string {
	switch {
	case f.Envelope == Bare:
		return f.Kind.String()
	case f.HasSession():
		return f.Envelope.String() + " with " + f.Kind.String()
	}
	return f.Envelope.String()
}

// HasSession reports whether a session goes along.
func (f ExportForm) HasSession() bool { return f.Kind != sessionstring.Unknown }

// An Exported is bots as they leave.
type Exported struct {
	// Text ends with a line end.
	Text secret.Secret
	// Lost are the fields of the sessions that the kind has no room for, Open those that nobody has given.
	Lost, Open []SessionField
}

// Export writes what OpenSession handed out; nothing is sent and nothing saved. It returns a
// *sessionstring.FormatError where a session lacks what the kind needs.
func Export(opened []OpenedSession, form ExportForm) (Exported, error) {
	var out Exported
	bots := make([]parcel, 0, len(opened))
	for _, o := range opened {
		p := newParcel(o, bots, len(opened) > 1)
		if form.HasSession() {
			session := o.portable()
			text, err := sessionstring.Format(session, form.Kind)
			if err != nil {
				return Exported{}, fmt.Errorf("export session: %w", err)
			}
			p.session, p.kind = text, form.Kind
			lost, open := compared(session, form.Kind)
			out.Lost, out.Open = union(out.Lost, lost), union(out.Open, open)
		}
		bots = append(bots, p)
	}
	text, err := pack(bots, form.Envelope)
	out.Text = text
	return out, err
}

// Fits says of bots what would keep a session of that name from going into a form, as far as that shows before the
// session is made: its network's addresses. The error is a *sessionstring.FormatError.
func (f *Fleet) Fits(bots []Bot, name string, kind SessionKind) error {
	for _, bot := range bots {
		network, known := f.envs.known[bot.Environment]
		if _, there := bot.Session(name); there || !known {
			continue // it is told when it is opened
		}
		dcs := network().DCs
		at := max(0, slices.IndexFunc(dcs, func(dc telegram.DC) bool { return dc.ID == bot.Profile.DC }))
		if len(dcs) == 0 || len(dcs[at].Addrs) == 0 {
			continue
		}
		opened := OpenedSession{Bot: bot, Session: telegram.Session{
			DC: dcs[at].ID, Addr: dcs[at].Addrs[0], Environment: bot.Environment, APIID: cmp.Or(bot.APIID, 1), UserID: bot.ID,
			Key: secret.New(string(make([]byte, authKeySize))),
		}}
		if _, err := opened.As(kind); err != nil {
			return err
		}
	}
	return nil
}

func union(fields, more []SessionField) []SessionField {
	for _, field := range more {
		if !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	return fields
}

// portable is a session as session strings have it. Its address is the one that was dialled, or Telegram's own.
func (o OpenedSession) portable() sessionstring.Session {
	s := sessionstring.Session{
		DC: o.DC, Key: o.Key, APIID: o.APIID, UserID: o.UserID, Test: o.Test, Salt: o.Salt,
	}
	if host, port, err := net.SplitHostPort(o.Addr); err == nil {
		s.Host = host
		s.Port, _ = strconv.Atoi(port)
	}
	if s.Host == "" && (o.Environment == telegram.EnvironmentProduction || o.Environment == telegram.EnvironmentTest) {
		s.Host, s.Port = telegramAddress(o.DC, o.Test)
	}
	return s
}
