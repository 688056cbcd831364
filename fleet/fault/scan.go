package fault

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"botring/fleet/radar"
	"botring/fleet/store"
	"botring/telegram/sessionstring"
)

// kindScan is the kind of what keeps a scan from being made.
const kindScan = "scan_failed"

// ofScan words what keeps a scan from being made, or a hook from being installed.
func ofScan(err error, _ time.Time) (Fault, bool) {
	f := Fault{Kind: kindScan}
	switch {
	case errors.Is(err, radar.ErrNoGit):
		f.What, f.Next = "There is no git here.", "Install it, or name the files that are to be searched."
	case errors.Is(err, radar.ErrNoRepository):
		f.What = "This folder is in no git repository that git would open."
		f.Why, f.Next = "There is none, or it belongs to somebody else (git's safe.directory).", "Run it in the repository."
	case errors.Is(err, radar.ErrGit):
		f.What, f.Next = "Git could not read the repository.", "git fsck says what is wrong with it. Reading a history takes git 2.32 or later."
	case errors.Is(err, radar.ErrOtherHook):
		f.What, f.Why = "There is a hook before commits already, and it is not botring's.", "It was left as it is."
		f.Next = "Add this line to it: " + radar.HookCommand + " || exit 1"
	case errors.Is(err, radar.ErrNoHook):
		f.What = "There is no hook of botring's to remove."
	default:
		return Fault{}, false
	}
	f.NotSaved = Unchanged
	return f, true
}

// ScanUnread says why something could not be searched, as the end of a sentence.
func ScanUnread(err error) string {
	switch {
	case errors.Is(err, radar.ErrTooDeep):
		return "it is an archive inside too many others"
	case errors.Is(err, radar.ErrTooLarge):
		return "it is an archive that unpacks to too much, or has too much in it"
	case errors.Is(err, radar.ErrEncrypted):
		return "it has a password"
	case errors.Is(err, radar.ErrDamaged):
		return "it is an archive that cannot be read to its end"
	case errors.Is(err, radar.ErrGit):
		return "git could not read it"
	case errors.Is(err, fs.ErrPermission):
		return "it may not be read"
	case errors.Is(err, fs.ErrNotExist):
		return "it is gone"
	}
	return "it could not be read: " + strings.ToLower(strings.TrimSuffix(sentence(innermost(err).Error()), "."))
}

// ScanSecret says what was found, and whose it is: of is what the catalogue calls its bot or app, "" where it has none.
// The secret itself is nowhere in it.
func ScanSecret(found radar.Finding, of string) string {
	what := "token"
	switch found.Kind {
	case radar.Token:
	case radar.APIHash:
		what = "api_hash"
	case radar.Session:
		what = "session"
		if kind, ok := sessionstring.KindOf(found.Format); ok {
			what = kind.Library() + " session"
		}
		if found.Owner.Session != "" && found.Owner.Session != store.DefaultSession {
			what += " " + strconv.Quote(Clean(found.Owner.Session))
		}
	}
	id := strconv.FormatInt(found.ID, 10)
	switch {
	case found.Known && found.Old():
		what = "an old " + what + " of " + Clean(of)
	case found.Known:
		what = "the " + what + " of " + Clean(of)
	case found.Kind == radar.APIHash:
		what = "an api_hash of no app here"
	case found.User:
		what = "the " + what + " of a user's account"
	case of != "":
		what = "a " + what + " of " + Clean(of) + " that was never saved here"
	case found.ID != 0:
		what = "a " + what + " of bot " + id + ", which is not here"
	default:
		what = "a " + what + " of nobody here"
	}
	if found.Kind == radar.Token {
		what += " (" + id + ":•••)"
	}
	switch found.Encoding {
	case "":
	case "url":
		what += ", escaped as in a URL"
	default:
		what += ", in " + Clean(found.Encoding)
	}
	return what
}
