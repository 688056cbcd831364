package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"botring/fleet"
	"botring/fleet/files"
	"botring/telegram/sessionstring"
)

// Candidate says in a few words what importing a candidate comes to. replace: another token is to take the place of
// the one that is saved.
func Candidate(c fleet.Candidate, replace bool) string {
	what := func() string { return strings.TrimSuffix(Of(c.Problem).What, ".") }
	switch c.Verdict {
	case fleet.Invalid, fleet.Ownerless:
		return what()
	case fleet.New:
		switch {
		case c.IsSession():
			return "a " + c.Kind.Library() + " session, which is not opened"
		case c.Problem != nil: // a warning
			return "new; " + lowered(what())
		case c.NoLabel:
			return "new; another bot has its label, which is left out"
		}
		return "new"
	case fleet.Same:
		if c.IsSession() {
			return "this session is saved already"
		}
		return "its token is saved already"
	case fleet.Changed:
		if replace {
			return "takes the place of another token"
		}
		return "another token is saved"
	case fleet.Repeated:
		return "as in " + before(c)
	case fleet.Contradicted:
		return "another token of this bot is in " + before(c)
	}
	return ""
}

// before says where the entry further up stands.
func before(c fleet.Candidate) string {
	switch {
	case c.BeforeFile == "" || c.BeforeFile == c.File && c.Before > 0:
		return fmt.Sprintf("line %d", c.Before)
	case c.Before == 0:
		return Clean(c.BeforeFile)
	}
	return fmt.Sprintf("%s, line %d", Clean(c.BeforeFile), c.Before)
}

func lowered(s string) string {
	if len(s) < 2 || s[1] < 'a' || s[1] > 'z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// importedWords are what is wrong with a session that is to be imported.
func importedWords(e *fleet.InputError) map[fleet.Problem]Fault {
	unusable := Fault{What: "This session cannot be used.", Why: "It could not be read.", Next: "Have its program export it again."}
	var unread *sessionstring.Error
	var file *files.DatabaseError
	if errors.As(e.Err, &unread) {
		unusable, _ = ofSession(unread, time.Time{})
	} else if errors.As(e.Err, &file) {
		unusable = wordsOfSessionFile(file.Reason)
	}
	return map[fleet.Problem]Fault{
		fleet.ProblemSession: unusable,
		fleet.ProblemNoOwner: {
			What: "A session of a bot that nothing here names.",
			Why:  "The library that made it does not write down whose it is, and no single token stands beside it.",
			Next: "Put the bot's token beside it, or name the bot: --bot ID.",
		},
		fleet.ProblemBotNotYet: {
			What: "A session of bot " + value(e.Got) + ", whose token is not here.",
			Why:  "A session is kept with its bot.",
			Next: "Add the token first, or put it beside the session.",
		},
	}
}

// wordsOfSessionFile says why a session file is not taken.
func wordsOfSessionFile(reason files.DatabaseReason) Fault {
	switch reason {
	case files.NoSessions:
		return Fault{
			What: "This database holds no session.", Why: "There is no table of sessions in it.",
			Next: "The .session files of Telethon and Pyrogram are read.",
		}
	case files.NotATable:
		return Fault{
			What: "This session file computes what it holds, and is not read.", Why: "No library makes such a one.",
			Next: "Find out where it comes from before anything opens it.",
		}
	case files.OtherColumns:
		return Fault{
			What: "This session file is not of Telethon or Pyrogram.", Why: "Its table of sessions has other columns.",
			Next: "Have its program export a session string.",
		}
	case files.NoKey:
		return Fault{
			What: "Nobody is logged in by this session file.", Why: "It has no key, or that still stands in the journal beside it.",
			Next: "Stop the program that uses it, so that it writes all down, and read it again.",
		}
	case files.SeveralKeys:
		return Fault{
			What: "There are several sessions in this file.", Why: "Nothing tells which one is in use.",
			Next: "Have its program export a session string.",
		}
	case files.OtherValues:
		return Fault{
			What: "This session holds values that there cannot be.", Why: "It is damaged, or was not made by that library.",
			Next: "Have its program export a session string.",
		}
	case files.DamagedDatabase:
	}
	return Fault{
		What: "This session file is damaged.", Why: "SQLite cannot read it.",
		Next: "Have its program export a session string.",
	}
}

// filesRead is what can be imported.
const filesRead = "Lists with a token or a session string a line, tables (CSV, TSV), .env, JSON, YAML and session files are read."

// UnreadFile says why a file or folder that was to be imported cannot be read, name being what it is called. What
// stands in it is not repeated.
func UnreadFile(name string, err error) Fault {
	var wrong *files.SyntaxError
	var database *files.DatabaseError
	f := Fault{Kind: kindInput, NotSaved: Unchanged, Actions: []Action{Edit}}
	switch {
	case errors.As(err, &wrong) && wrong.Line > 0:
		f.What = fmt.Sprintf("%s is not %s: line %d cannot be read.", name, wrong.Form, wrong.Line)
	case errors.As(err, &wrong):
		f.What = fmt.Sprintf("%s is not %s.", name, wrong.Form)
	case errors.As(err, &database):
		said := wordsOfSessionFile(database.Reason)
		f.What, f.Why, f.Next = said.What, said.Why, said.Next
	case errors.Is(err, files.ErrNotText):
		f.What, f.Next = name+" is not a text file.", filesRead
	case errors.Is(err, files.ErrTooLarge):
		f.What, f.Next = name+" is too large.", fmt.Sprintf("At most %d MB are read.", files.MaxSize>>20)
	case errors.Is(err, files.ErrNotRegular):
		f.What, f.Next = name+" is neither a regular file nor a folder.", filesRead
	case errors.Is(err, fs.ErrNotExist):
		f.What, f.Next = "There is no file "+name+".", "A relative path begins where botring was started."
	case errors.Is(err, fs.ErrPermission):
		f.What, f.Next = name+" may not be read.", "Its owner can allow it."
	default:
		return Of(fmt.Errorf("read the file: %w", err))
	}
	return f
}

// NothingInFile says that a file or folder holds nothing to import.
func NothingInFile(name string) Fault {
	return Fault{
		Kind: kindInput, What: "There is no bot token and no session in " + name + ".", Next: filesRead, NotSaved: Unchanged, Actions: []Action{Edit},
	}
}
