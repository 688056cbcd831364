package fault

import (
	"log/slog"
	"strings"

	"botring/fleet"
)

// maxChain bounds what a log keeps of an error's chain, in runes.
const maxChain = 1000

// LogAttrs are an error as a log keeps it: its Kind as the outcome, Telegram's own code and type, and the
// chain of what went wrong, which the words for people leave out.
func LogAttrs(err error) []slog.Attr {
	f := Of(err)
	attrs := []slog.Attr{slog.String("outcome", f.Kind)}
	if f.Code != 0 {
		attrs = append(attrs, slog.Int("code", f.Code))
	}
	if f.Type != "" {
		attrs = append(attrs, slog.String("type", f.Type))
	}
	return append(attrs, slog.String("error", chain(err)))
}

// chain is an error's text on one line. No error holds a secret; one that does all the same is left out.
func chain(err error) string {
	text := shorten(Clean(err.Error()), maxChain)
	if found := fleet.ReadPaste(text); len(found.Tokens) > 0 || !found.APIHash.Empty() {
		return "left out: there is a secret in it"
	}
	return text
}

// LogHint names the log at path where it says more than the fault's words, and is "" where it does not or
// where path is: then there is no log.
func (f Fault) LogHint(path string) string {
	if path = Clean(path); !f.Logged || path == "" {
		return ""
	}
	return "The log has more: " + path + "."
}

// WithLog is the fault with its LogHint at the end of Next.
func (f Fault) WithLog(path string) Fault {
	f.Next = strings.TrimSpace(f.Next + " " + f.LogHint(path))
	return f
}
