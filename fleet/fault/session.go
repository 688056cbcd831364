package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"botring/fleet"
	"botring/telegram"
	"botring/telegram/sessionstring"
)

const kindSession = "invalid_session"

// ofSession words what is wrong with a session string, or with one that is to be made.
func ofSession(err error, _ time.Time) (Fault, bool) {
	var (
		unread     *sessionstring.Error
		unfit      *sessionstring.FormatError
		contradict *fleet.SessionContradictionError
	)
	f := Fault{Kind: kindInput}
	switch {
	case errors.As(err, &unread):
		if unread.Reason == sessionstring.UserAccount {
			return wordsOf(&telegram.Error{Kind: telegram.NotABot}), true
		}
		f = wordsOfSession(unread)
		f.Kind = kindSession
	case errors.As(err, &unfit):
		f.What, f.Why, f.Next = wordsOfUnfit(unfit)
	case errors.As(err, &contradict):
		name := SessionField(contradict.Field)
		f.What = "The session string has another " + name + " than the one that is given."
		f.Why, f.Next = "What stands in it is what the session was made with.", "Leave "+flagOf(contradict.Field)+" out."
		if contradict.Field == fleet.SessionTest {
			f.What = "The session belongs to production, not to the test environment."
			f.Why = "The string says so, or the address in it."
		}
	default:
		return Fault{}, false
	}
	f.NotSaved, f.Actions = Unchanged, []Action{Edit}
	return f, true
}

// wordsOfSession looks up why a text is no session string.
func wordsOfSession(e *sessionstring.Error) Fault {
	this := "This " + strings.TrimSpace(e.Kind.Library()+" session string")
	whole := "Copy it again, from its first character to its last."
	damaged := Fault{What: this + " is damaged.", Next: whole}
	switch e.Reason {
	case sessionstring.Empty:
		return Fault{What: "There is no session string.", Why: "Nothing was given.", Next: "Give it on standard input."}
	case sessionstring.TooLong:
		return Fault{What: "This is too long for a session string.", Why: fmt.Sprintf("It has more than %d bytes.", e.Want), Next: whole}
	case sessionstring.NotBase64:
		damaged.What = "There are characters in it that no session string has."
		damaged.Why = "One is a single word of letters, digits and a few signs, or gotd's JSON."
		return damaged
	case sessionstring.NotJSON:
		damaged.Why = "Its JSON cannot be read."
		return damaged
	case sessionstring.Cut:
		f := Fault{What: this + " is cut off.", Why: "Its end is missing.", Next: whole}
		if e.Want > 0 {
			f.Why = fmt.Sprintf("It holds %d bytes; a whole one has %d.", e.Got, e.Want)
		}
		return f
	case sessionstring.Long:
		return Fault{What: this + " goes on beyond its end.", Why: "Something was copied along with it.", Next: whole}
	case sessionstring.Version:
		return Fault{
			What: this + " is of a version that botring does not read.", Why: fmt.Sprintf("It says %d; %d is read.", e.Got, e.Want),
			Next: "Have the library export it again.",
		}
	case sessionstring.Implausible:
		damaged.Why = "There can be no such " + SessionField(e.Field) + " as the one in it."
		return damaged
	case sessionstring.WrongKeyID:
		damaged.Why = "Its key does not have the id that stands beside it."
		return damaged
	case sessionstring.UserAccount, sessionstring.Unrecognised: // the first has words of its own
	}
	var libraries []string
	for _, kind := range sessionstring.Kinds() {
		if name := kind.Library(); len(libraries) == 0 || libraries[len(libraries)-1] != name {
			libraries = append(libraries, name)
		}
	}
	return Fault{What: "This is no session string that botring knows.", Why: "It reads those of " + strings.Join(libraries, ", ") + ".", Next: whole}
}

// wordsOfUnfit says what a library's form wants.
func wordsOfUnfit(e *sessionstring.FormatError) (what, why, next string) {
	form, name := "A session string of "+e.Kind.Library(), SessionField(e.Field)
	switch e.Problem {
	case sessionstring.ReadOnly:
		return "This form of session string is read, not written.", "The library has a newer one.", "Choose another form."
	case sessionstring.Missing:
		what, why, next = form+" needs the "+name+".", "It is not in the one that was given.", "Choose another form."
	case sessionstring.NoRoom:
		what, why, next = form+" cannot hold this "+name+".", "There is no room for such a one in it.", "Choose another form."
	}
	switch flag := flagOf(e.Field); {
	case flag == "":
	case e.Problem == sessionstring.Missing:
		next = "Give it with " + flag + "."
	default:
		next = "Give the right one with " + flag + "."
	}
	return what, why, next
}

// SessionField names a part of a session in a sentence.
func SessionField(field fleet.SessionField) string {
	switch field {
	case sessionstring.FieldKey:
		return "key"
	case sessionstring.FieldDC:
		return "data centre"
	case sessionstring.FieldAddress:
		return "address"
	case sessionstring.FieldAPIID:
		return "api_id"
	case sessionstring.FieldUserID:
		return "bot's id"
	case sessionstring.FieldBot:
		return "mark of a bot"
	case sessionstring.FieldTest:
		return "mark of the test environment"
	case sessionstring.FieldSalt:
		return "salt"
	}
	return "value"
}

// flagOf is the flag that gives a part of a session, "" where there is none.
func flagOf(field fleet.SessionField) string {
	switch field {
	case sessionstring.FieldAPIID:
		return "--api-id"
	case sessionstring.FieldUserID:
		return "--bot"
	case sessionstring.FieldTest:
		return "--test"
	case sessionstring.FieldKey, sessionstring.FieldDC, sessionstring.FieldAddress, sessionstring.FieldBot, sessionstring.FieldSalt:
	}
	return ""
}
