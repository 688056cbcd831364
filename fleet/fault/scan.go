package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"botring/fleet"
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
	case errors.Is(err, radar.ErrNoFile):
		return "it is neither a file nor a folder"
	case errors.Is(err, radar.ErrPartial):
		return "a part of its history is not here"
	case errors.Is(err, radar.ErrGit):
		return "git could not read it"
	case errors.Is(err, fs.ErrPermission):
		return "it may not be read"
	case errors.Is(err, fs.ErrNotExist):
		return "it is gone"
	}
	return "it could not be read: " + strings.ToLower(strings.TrimSuffix(sentence(innermost(err).Error()), "."))
}

// Unsearched says that a path cannot be searched at all, and why. It is false of what is not about a path.
func Unsearched(err error) (what, why string, ok bool) {
	var e *fs.PathError
	if !errors.As(err, &e) {
		return "", "", false
	}
	return "“" + Clean(e.Path) + "” cannot be searched.", sentence(ScanUnread(e.Err)), true
}

// RevokeYours is what to do about a token that is not on the ring.
const RevokeYours = "If it is yours, revoke it in @BotFather (/mybots, API Token, Revoke)."

// ScanPlace is where a finding is: its path and line, and in the history what brought it there.
func ScanPlace(found radar.Finding) string {
	place := Clean(found.Path)
	if found.Message {
		place = "message"
	}
	if found.Line > 0 {
		place += fmt.Sprintf(":%d", found.Line)
	}
	if found.Commit == "" {
		return place
	}
	place += " in " + Clean(found.Commit[:min(len(found.Commit), 12)])
	if !found.Date.IsZero() {
		place += " of " + found.Date.Format(time.DateOnly)
	}
	if found.Versions > 1 {
		place += " and " + count(found.Versions-1, "later version")
	}
	return place
}

// Searched is what a scan has looked at.
func Searched(report radar.Report) string {
	text := count(int(report.Files), "file")
	if report.Blobs > 0 {
		text += " and " + count(int(report.Blobs), "version") + " in the history"
	}
	return text
}

// Searching is how far a scan is: "1204 files, 56 MB".
func Searching(p *radar.Progress) string {
	text := count(int(p.Files.Load()), "file")
	if n := p.Blobs.Load(); n > 0 {
		text += ", " + count(int(n), "version")
	}
	return text + ", " + Bytes(p.Bytes.Load())
}

// Bytes says how many bytes n are: "312 bytes", "5.6 MB".
func Bytes(n int64) string {
	if n < 1000 {
		return count(int(n), "byte")
	}
	x, unit := float64(n)/1000, 0
	units := []string{"kB", "MB", "GB", "TB"}
	for x >= 1000 && unit < len(units)-1 {
		x, unit = x/1000, unit+1
	}
	if x < 10 {
		return fmt.Sprintf("%.1f %s", x, units[unit])
	}
	return fmt.Sprintf("%.0f %s", x, units[unit])
}

// ScanKnows says what of the ring a scan would not know again, "" where it knows all. verify is what changes that.
func ScanKnows(known fleet.Marked, verify string) string {
	switch {
	case known.Bots == 0 && known.Unmarked == 0:
		return "There are no bots here to know: only what has the shape of a secret was looked for."
	case known.Unmarked > 0:
		return count(known.Unmarked, "bot") + " of this ring would not be known again. " + verify + " changes that."
	}
	return ""
}

// LeftOut says what a scan left out, and what it could not read. ignored and repositories are how these are searched too.
func LeftOut(report radar.Report, ignored, repositories string) (says []string) {
	if report.Ignored > 0 {
		says = append(says, "Left out: "+count(report.Ignored, "file")+" or folders that git ignores; "+ignored+".")
	}
	if report.Links > 0 {
		says = append(says, "Not followed: "+count(report.Links, "link")+".")
	}
	if n := report.Repositories; n > 0 {
		inside := "1 repository"
		if n > 1 {
			inside = fmt.Sprintf("%d repositories", n)
		}
		says = append(says, "The history of "+inside+" inside was not searched: "+repositories+".")
	}
	if report.NoGit {
		says = append(says, "There is no git here: no history was searched, and nothing was left out that git ignores.")
	}
	for _, u := range report.Unread {
		says = append(says, "“"+Clean(u.Path)+"” was not searched to its end: "+ScanUnread(u.Err)+".")
	}
	if report.UnreadMore > 0 {
		says = append(says, fmt.Sprintf("%d more were not.", report.UnreadMore))
	}
	if report.More {
		says = append(says, "There is more of it: not all could be kept.")
	}
	return says
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
