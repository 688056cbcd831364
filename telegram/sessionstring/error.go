package sessionstring

import "fmt"

// A Reason is why a text is not taken for a session string.
type Reason int

// The reasons.
const (
	// Empty: there is nothing.
	Empty Reason = iota + 1
	// TooLong: it is longer than any session string. Got and Want are bytes of text.
	TooLong
	// NotBase64: there is a character in it that none has.
	NotBase64
	// NotJSON: the JSON of gotd's kinds is broken or has other fields.
	NotJSON
	// Cut: its end is missing. Got and Want are bytes, 0 where they are not known.
	Cut
	// Long: something follows that does not belong to it. Got and Want are bytes.
	Long
	// Version: it is of a version that is not read. Got is that, Want the one that is.
	Version
	// Implausible: Field has a value that it cannot have.
	Implausible
	// WrongKeyID: the key does not have the id that stands beside it, so one of them was changed.
	WrongKeyID
	// UserAccount: it is the session of a user, not of a bot.
	UserAccount
	// Unrecognised: it is none of the kinds. Got is how many bytes it has.
	Unrecognised
)

// String says it in a few words, for a log.
func (r Reason) String() string {
	switch r {
	case Empty:
		return "empty"
	case TooLong:
		return "too long"
	case NotBase64:
		return "not base64"
	case NotJSON:
		return "not the JSON it should be"
	case Cut:
		return "cut off"
	case Long:
		return "followed by something else"
	case Version:
		return "unknown version"
	case Implausible:
		return "implausible"
	case WrongKeyID:
		return "key and key id do not belong together"
	case UserAccount:
		return "a user's session"
	case Unrecognised:
		return "not recognised"
	}
	return "unknown reason"
}

// An Error is why Parse refused a text. It holds nothing of the text.
type Error struct {
	// Kind is what the text seems to be, Unknown if nothing fits.
	Kind   Kind
	Reason Reason
	// Field is what is Implausible.
	Field Field
	// Got and Want are numbers that some reasons have, else 0.
	Got, Want int
}

func (e *Error) Error() string {
	text := "session string"
	if e.Kind != Unknown {
		text = e.Kind.String() + " " + text
	}
	text += ": " + e.Reason.String()
	if e.Reason == Implausible {
		text += " " + e.Field.String()
	}
	if e.Want != 0 {
		text += fmt.Sprintf(" (%d, not %d)", e.Got, e.Want)
	}
	return text
}

func implausible(field Field) *Error { return &Error{Reason: Implausible, Field: field} }

// A Problem is what is wrong with a field of a session that is to be written.
type Problem int

// The problems.
const (
	// Missing: the kind needs the field.
	Missing Problem = iota + 1
	// NoRoom: the kind cannot hold the value, such as a host name in Telethon's.
	NoRoom
	// ReadOnly: the kind is not written at all.
	ReadOnly
)

// String says it in a few words, for a log.
func (p Problem) String() string {
	switch p {
	case Missing:
		return "missing"
	case NoRoom:
		return "does not fit"
	case ReadOnly:
		return "only read"
	}
	return "unknown problem"
}

// A FormatError is why a session cannot be written as a kind.
type FormatError struct {
	Kind Kind
	// Field is what is missing or does not fit, 0 for ReadOnly.
	Field   Field
	Problem Problem
}

func (e *FormatError) Error() string {
	if e.Problem == ReadOnly {
		return e.Kind.String() + " session string: " + e.Problem.String()
	}
	return e.Kind.String() + " session string: " + e.Field.String() + " " + e.Problem.String()
}
