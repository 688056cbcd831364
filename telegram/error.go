package telegram

import (
	"strconv"
	"strings"
	"time"
)

// An Error is every error that leaves this package. errors.Is finds its Kind in it.
type Error struct {
	Kind Kind
	// Op is what was being done: a method such as "auth.importBotAuthorization", or "connect", "secure".
	Op string
	// Code and Type are Telegram's own, such as 400 and "ACCESS_TOKEN_INVALID", or a transport error's
	// negative code; 0 and "" when the failure lies below. Type consists of A-Z, 0-9 and _ only.
	Code int
	Type string
	// Wait is how long Telegram asks to wait, for FloodWait.
	Wait time.Duration
	// Skew is how far this computer's clock is ahead of Telegram's (negative: behind), for ClockWrong.
	Skew time.Duration
	// DC is the data centre that was asked, 0 when none was reached.
	DC int
	// Addr is the address that was dialled, "" when none was.
	Addr string
	// Proxy is what the proxy that was dialled in its place is called, Proxy.Title, and ProxyKind its kind.
	Proxy     string
	ProxyKind ProxyKind
	// Sent reports whether what must not be asked twice unasked may have reached Telegram: after
	// auth.importBotAuthorization, trying again counts as another login; after a bots.exportBotToken that was to
	// revoke, the token may be another one by now.
	Sent bool
	// Err is the cause, if there is one to unwrap. It never holds a secret.
	Err error
}

// Error describes the failure for a log, as in "auth.importBotAuthorization: 400 ACCESS_TOKEN_INVALID".
// The words people see stand in package fault.
func (e *Error) Error() string {
	var parts []string
	for _, part := range []string{e.Op, e.answer()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if e.Proxy != "" {
		parts = append(parts, "through "+e.Proxy)
	}
	return strings.Join(parts, ": ")
}

// answer is Telegram's code and type, or the kind where there are none.
func (e *Error) answer() string {
	switch {
	case e.Code == 0:
		return e.Kind.String()
	case e.Type == "":
		return strconv.Itoa(e.Code)
	}
	return strconv.Itoa(e.Code) + " " + e.Type
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is this error's Kind.
func (e *Error) Is(target error) bool {
	kind, ok := target.(Kind)
	return ok && kind == e.Kind
}
