package fault

import (
	"cmp"
	"errors"
	"io/fs"
	"syscall"
	"time"

	"botring/fleet/store"
)

// Kinds of catalogue faults in JSON.
const (
	kindForeign     = "catalogue_foreign"
	kindNewer       = "catalogue_newer"
	kindNotWritable = "catalogue_not_writable"
	kindUnreadable  = "catalogue_unreadable"
)

const untouched = "The file was not touched. Tokens and sessions are in the keyring, not in it."

// ofCatalogue words what keeps a catalogue from being opened. The path is always said: only the user can
// tell whether it is the right one.
func ofCatalogue(err error, _ time.Time) (Fault, bool) {
	path := "of this program"
	var e *store.OpenError
	if errors.As(err, &e) {
		path = cmp.Or(Clean(e.Path), "without a name")
	}
	f := Fault{NotSaved: untouched, Actions: []Action{Retry, Keep}}
	switch {
	case errors.Is(err, store.ErrNotACatalogue):
		f.Kind = kindForeign
		f.What = "The file " + path + " is not a catalogue of botring."
		f.Why = "It is damaged, or something else wrote it."
		f.Next = "Move it away and start again; the keyring still has every bot."
	case errors.Is(err, store.ErrNewer):
		f.Kind = kindNewer
		f.What = "The catalogue " + path + " was written by a newer version of botring."
		f.Why = "This version could not keep everything that is in it."
		f.Next = "Update botring, or use another --home."
	case errors.Is(err, store.ErrNotWritable):
		f.Kind = kindNotWritable
		f.What = "The catalogue " + path + " cannot be written."
		f.Why = "The file or its directory is read-only, the disk is full, or it belongs to somebody else."
		f.Next = "Make it writable, or use another --home."
	case e != nil:
		f.Kind = kindUnreadable
		f.What = "The catalogue " + path + " cannot be opened."
		f.Why = whyUnreadable(e.Err)
		f.Next = "Look at the file and its directory, or use another --home."
	default:
		return Fault{}, false
	}
	return f, true
}

func whyUnreadable(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "The system does not allow it."
	case errors.Is(err, syscall.ENOSPC):
		return "The disk is full."
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
		return "A file is where a directory is needed, or the reverse."
	case err == nil:
		return "The system did not say why."
	}
	if why := sentence(innermost(err).Error()); why != "" {
		return why
	}
	return "The system did not say why."
}
