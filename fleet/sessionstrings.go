package fleet

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/sessionstring"
)

// What callers see of session strings.
type (
	// SessionKind is a sessionstring.Kind.
	SessionKind = sessionstring.Kind
	// SessionField is a sessionstring.Field.
	SessionField = sessionstring.Field
)

// The fields that people are told of: where a session is reached, and what a library may have to be given anew.
const (
	SessionAddress = sessionstring.FieldAddress
	SessionAPIID   = sessionstring.FieldAPIID
	SessionUserID  = sessionstring.FieldUserID
	SessionTest    = sessionstring.FieldTest
)

// SessionKinds returns the kinds that can be written.
func SessionKinds() []SessionKind {
	return slices.DeleteFunc(sessionstring.Kinds(), func(k SessionKind) bool { return !k.Writable() })
}

// SessionKindOf finds a kind by its name.
func SessionKindOf(name string) (kind SessionKind, ok bool) { return sessionstring.KindOf(name) }

// A SessionString is a session string of another library that was read.
type SessionString struct {
	sessionstring.Session
	Kind SessionKind
}

// ReadSession reads a session string; nothing is sent and nothing saved. It returns a *sessionstring.Error.
func ReadSession(text secret.Secret) (SessionString, error) {
	session, kind, err := sessionstring.Parse(text)
	if err != nil {
		return SessionString{}, fmt.Errorf("read session: %w", err)
	}
	return SessionString{session, kind}, nil
}

// leastSession is how many bytes of a session string are worth hiding although the rest is missing.
const leastSession = 200

// HoldsSession reports whether a text is a session string, or much of one.
func HoldsSession(text string) bool {
	if len(text) < leastSession {
		return false
	}
	_, kind, _ := sessionstring.Parse(secret.New(text))
	return kind != sessionstring.Unknown
}

// Address is where the session is reached, "" where the string does not say.
func (s SessionString) Address() string {
	if s.Host == "" {
		return ""
	}
	return net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
}

// Environment is the one the session belongs to: what the string says, or else what its address belongs to; ""
// where neither tells.
func (s SessionString) Environment() string {
	switch {
	case s.Test:
		return telegram.EnvironmentTest
	case s.Kind.Keeps(sessionstring.FieldTest):
		return telegram.EnvironmentProduction
	}
	ip, err := netip.ParseAddr(s.Host)
	if err != nil {
		return ""
	}
	for _, network := range []telegram.Network{telegram.Production(), telegram.Test()} {
		for _, dc := range network.DCs {
			for _, addr := range dc.Addrs {
				if known, err := netip.ParseAddrPort(addr); err == nil && known.Addr() == ip {
					return network.Name
				}
			}
		}
	}
	return ""
}

// A SessionFill is what the string of one library lacks and another library wants. Zero fields say nothing.
type SessionFill struct {
	BotID int64
	APIID int
	// Test: the session belongs to the test environment.
	Test bool
}

// A SessionConversion is a session string in another library's form, and what became of it on the way.
type SessionConversion struct {
	Text secret.Secret
	Kind SessionKind
	// Lost are those of the session's fields that the new form has no room for.
	Lost []SessionField
	// Assumed are those that stand in the new form without anybody having said so: the session is taken for
	// production's, the address for Telegram's own.
	Assumed []SessionField
	// Open are those that the new form would have had room for.
	Open []SessionField
}

// A SessionContradictionError says that a session string says otherwise than what was to fill it.
type SessionContradictionError struct {
	Field SessionField
}

func (e *SessionContradictionError) Error() string {
	return "the session string has another " + e.Field.String()
}

// ConvertSession writes a session as another library has it; nothing is sent and nothing saved. Besides a
// *SessionContradictionError it returns a *sessionstring.FormatError, of a field that is missing or does not fit.
func ConvertSession(from SessionString, to SessionKind, fill SessionFill) (SessionConversion, error) {
	environment := from.Environment()
	session, err := from.filled(fill, environment)
	if err != nil {
		return SessionConversion{}, err
	}
	c := SessionConversion{Kind: to}
	wantsAddress := to.Keeps(SessionAddress) && session.Host == ""
	if environment == "" && !fill.Test && (to.Keeps(SessionTest) || wantsAddress) {
		c.Assumed = append(c.Assumed, SessionTest)
	}
	if wantsAddress {
		if session.Host, session.Port = telegramAddress(session.DC, session.Test); session.Host != "" {
			c.Assumed = append(c.Assumed, SessionAddress)
		}
	}
	if c.Text, err = sessionstring.Format(session, to); err != nil {
		return SessionConversion{}, fmt.Errorf("convert session: %w", err)
	}
	c.Lost, c.Open = compared(session, to)
	return c, nil
}

// compared says which of a session's fields a kind has no room for, and for which it has room and the session no
// value.
func compared(session sessionstring.Session, to SessionKind) (lost, open []SessionField) {
	for _, f := range []struct {
		field SessionField
		has   bool
	}{
		{SessionAddress, session.Host != ""}, {SessionAPIID, session.APIID != 0}, {SessionUserID, session.UserID != 0}, {SessionTest, session.Test},
	} {
		switch {
		case f.has && !to.Keeps(f.field):
			lost = append(lost, f.field)
		case !f.has && to.Keeps(f.field) && f.field != SessionTest:
			open = append(open, f.field)
		}
	}
	return lost, open
}

// filled is the session with what its string lacks, as far as the two do not contradict each other.
func (s SessionString) filled(fill SessionFill, environment string) (sessionstring.Session, error) {
	session := s.Session
	session.Test = environment == telegram.EnvironmentTest
	switch {
	case fill.BotID != 0 && session.UserID != 0 && fill.BotID != session.UserID:
		return session, &SessionContradictionError{SessionUserID}
	case fill.APIID != 0 && session.APIID != 0 && fill.APIID != session.APIID:
		return session, &SessionContradictionError{SessionAPIID}
	case fill.Test && environment == telegram.EnvironmentProduction:
		return session, &SessionContradictionError{SessionTest}
	}
	if fill.BotID != 0 {
		session.UserID = fill.BotID
	}
	if fill.APIID != 0 {
		session.APIID = fill.APIID
	}
	session.Test = session.Test || fill.Test
	return session, nil
}

// telegramAddress is where a data centre of Telegram's own is reached.
func telegramAddress(id int, test bool) (host string, port int) {
	network := telegram.Production()
	if test {
		network = telegram.Test()
	}
	for _, dc := range network.DCs {
		if dc.ID != id {
			continue
		}
		if addr, err := netip.ParseAddrPort(dc.Addrs[0]); err == nil {
			return addr.Addr().String(), int(addr.Port())
		}
	}
	return "", 0
}
