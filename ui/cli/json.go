package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"syscall"
	"time"

	"botring/fleet"
	"botring/fleet/fault"
)

// schemaNumber is a number that is always fleet.Schema.
type schemaNumber struct{}

// MarshalJSON returns the schema's version.
func (schemaNumber) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, fleet.Schema, 10), nil
}

// Every object begins with the schema; those that tell of bots go on with the keyring in use.
type (
	header struct {
		Schema schemaNumber `json:"schema"`
	}
	botsObject struct {
		header
		Keyring string    `json:"keyring"`
		Bots    []botJSON `json:"bots"`
	}
	checksObject struct {
		header
		Keyring string      `json:"keyring"`
		Bots    []botJSON   `json:"bots"`
		Summary summaryJSON `json:"summary"`
	}
	// An actionObject is what became of several bots that something was done to.
	actionObject struct {
		header
		Keyring string            `json:"keyring"`
		Bots    []botJSON         `json:"bots"`
		Summary actionSummaryJSON `json:"summary"`
	}
	// An importObject is what was found in a file, and what became of it.
	importObject struct {
		header
		Keyring string            `json:"keyring"`
		Format  string            `json:"format"`
		Entries []importedJSON    `json:"entries"`
		Summary importSummaryJSON `json:"summary"`
	}
	botObject struct {
		header
		Keyring string  `json:"keyring"`
		Bot     botJSON `json:"bot"`
		// Changed: the command changed something. False where a session still works and nothing was done.
		Changed *bool `json:"changed,omitempty"`
	}
	removedObject struct {
		header
		Keyring string  `json:"keyring"`
		Removed botJSON `json:"removed"`
		// LoggedOut: its sessions that ran here were ended at Telegram first.
		LoggedOut bool `json:"logged_out"`
	}
	tokenObject struct {
		header
		Keyring     string `json:"keyring"`
		ID          int64  `json:"id"`
		Environment string `json:"environment"`
		// Token is "" where it went elsewhere, File the file it went into.
		Token string `json:"token"`
		File  string `json:"file"`
	}
	// A tokenChecksObject is what the Bot API says of tokens.
	tokenChecksObject struct {
		header
		Keyring string                `json:"keyring"`
		Tokens  []tokenCheckJSON      `json:"tokens"`
		Summary tokenCheckSummaryJSON `json:"summary"`
	}
	appsObject struct {
		header
		Keyring string    `json:"keyring"`
		Apps    []appJSON `json:"apps"`
	}
	appObject struct {
		header
		Keyring string  `json:"keyring"`
		App     appJSON `json:"app"`
	}
	removedAppObject struct {
		header
		Keyring string  `json:"keyring"`
		Removed appJSON `json:"removed"`
	}
	doctorObject struct {
		header
		Keyring  string            `json:"keyring"`
		Findings []findingJSON     `json:"findings"`
		Summary  doctorSummaryJSON `json:"summary"`
	}
	versionObject struct {
		header
		Version string `json:"version"`
		Go      string `json:"go"`
		OS      string `json:"os"`
		Arch    string `json:"arch"`
	}
	errorObject struct {
		header
		Error errorJSON `json:"error"`
	}
)

type botJSON struct {
	ID          int64         `json:"id"`
	Environment string        `json:"environment"`
	Username    string        `json:"username"`
	FirstName   string        `json:"first_name"`
	Label       string        `json:"label"`
	Tags        []string      `json:"tags"`
	APIID       int           `json:"api_id"`
	DC          int           `json:"dc"`
	Status      string        `json:"status"`
	CheckedAt   *string       `json:"checked_at"`
	FloodUntil  *string       `json:"flood_until"`
	Sessions    []sessionJSON `json:"sessions"`
	// Error is why what was to be done to it did not end well.
	Error *errorJSON `json:"error,omitempty"`
}

type sessionJSON struct {
	Name      string  `json:"name"`
	DC        int     `json:"dc"`
	Runs      string  `json:"runs"`
	At        string  `json:"at"`    // what the place is called, "" where nobody has named it
	Since     *string `json:"since"` // when it began to run there
	MadeAt    *string `json:"made_at"`
	CheckedAt *string `json:"checked_at"`
}

type appJSON struct {
	Name  string `json:"name"`
	APIID int    `json:"api_id"`
	Bots  int    `json:"bots"`
}

type summaryJSON struct {
	Checked int `json:"checked"`
	OK      int `json:"ok"`
	NotOK   int `json:"not_ok"`
}

type actionSummaryJSON struct {
	Done int `json:"done"`
	// Unchanged is how many needed nothing: their session works, or their token is saved already.
	Unchanged int `json:"unchanged"`
	Failed    int `json:"failed"`
}

// An importedJSON is a token or a session that stands in a file. It is left out itself.
type importedJSON struct {
	File        string `json:"file,omitempty"` // within a folder
	Line        int    `json:"line"`           // 0 for the whole file
	Name        string `json:"name"`           // of the variable, "" where it has none
	ID          int64  `json:"id"`
	Environment string `json:"environment"`
	Label       string `json:"label"`
	Verdict     string `json:"verdict"`
	// Before is where the one stands that counts in place of this one, nil where this one counts itself.
	Before *placeJSON `json:"before,omitempty"`
	// Session is nil for a token.
	Session *importedSessionJSON `json:"session,omitempty"`
	// Result is "" where nothing was done: in a dry run, or since the token stands further up too.
	Result string     `json:"result"`
	Error  *errorJSON `json:"error,omitempty"`

	says string
}

// A placeJSON is where something stands.
type placeJSON struct {
	File string `json:"file,omitempty"` // within a folder
	Line int    `json:"line"`
}

// An importedSessionJSON is what a session is written as, and what it is called once it is saved.
type importedSessionJSON struct {
	Format string `json:"format"`
	Name   string `json:"name"`
}

type importSummaryJSON struct {
	actionSummaryJSON
	// Refused is how many were not taken: they are no tokens, contradict others, or another token is saved.
	Refused int `json:"refused"`
}

// A tokenCheckJSON is what is known of one token, which is left out itself.
type tokenCheckJSON struct {
	ID          int64  `json:"id"`
	Environment string `json:"environment"`
	// Server is the Bot API that was to be asked, "" where none is known.
	Server  string `json:"server"`
	Verdict string `json:"verdict"`
	// Saved: the token is a saved bot's; Label and Status are that bot's.
	Saved  bool   `json:"saved"`
	Label  string `json:"label"`
	Status string `json:"status,omitempty"`
	// Profile is who the bot is, of a token that is alive.
	Profile *profileJSON `json:"profile,omitempty"`
	// Error is why the token is not known to be alive.
	Error *errorJSON `json:"error,omitempty"`
}

type profileJSON struct {
	Username    string `json:"username"`
	FirstName   string `json:"first_name"`
	Inline      bool   `json:"inline"`
	Groups      bool   `json:"groups"`
	ReadsAll    bool   `json:"reads_all"`
	ManagesBots bool   `json:"manages_bots"`
}

type tokenCheckSummaryJSON struct {
	Asked   int `json:"asked"`
	Alive   int `json:"alive"`
	Revoked int `json:"revoked"`
	Unknown int `json:"unknown"`
}

type findingJSON struct {
	Topic string `json:"topic"`
	Grade string `json:"grade"`
	Says  string `json:"says"`
	Mend  string `json:"mend"`
	// TookMS is how long the look took, in milliseconds, 0 where nobody would want to know.
	TookMS int64 `json:"took_ms"`
	// Fixed: it was mended by this run, and is ok now.
	Fixed bool `json:"fixed"`
}

type doctorSummaryJSON struct {
	OK       int `json:"ok"`
	Warnings int `json:"warnings"`
	Problems int `json:"problems"`
	Skipped  int `json:"skipped"`
	// Fixed is how many of those that are ok were not before.
	Fixed int `json:"fixed"`
}

type errorJSON struct {
	Kind    string `json:"kind"`
	Code    int    `json:"code"`
	Type    string `json:"type"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	// WaitSeconds is how long Telegram asks to wait, 0 where it does not.
	WaitSeconds int64 `json:"wait_seconds"`
	// Saved: something was saved in spite of the error.
	Saved bool `json:"saved"`
}

func newBotJSON(bot fleet.Bot) botJSON {
	b := botJSON{
		ID:          bot.ID,
		Environment: fault.Clean(bot.Environment),
		Username:    fault.Clean(bot.Profile.Username),
		FirstName:   fault.Clean(bot.Profile.FirstName),
		Label:       fault.Clean(bot.Label),
		Tags:        []string{},
		APIID:       bot.APIID,
		DC:          bot.Profile.DC,
		Status:      string(bot.Health.Status),
		CheckedAt:   timestamp(bot.Health.CheckedAt),
		FloodUntil:  timestamp(bot.FloodUntil),
		Sessions:    []sessionJSON{},
	}
	for _, tag := range bot.Tags {
		b.Tags = append(b.Tags, fault.Clean(tag))
	}
	for _, s := range bot.Sessions {
		b.Sessions = append(b.Sessions, sessionJSON{
			fault.Clean(s.Name), s.DC, string(s.Runs), fault.Clean(s.At), timestamp(s.Since), timestamp(s.MadeAt), timestamp(s.CheckedAt),
		})
	}
	return b
}

func newAppJSON(app fleet.App) appJSON { return appJSON{fault.Clean(app.Name), app.APIID, app.Bots} }

// timestamp is a time in RFC 3339, UTC, in whole seconds; null for none.
func timestamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format(time.RFC3339)
	return &text
}

func (s *shell) errorJSON(f fault.Fault) errorJSON {
	message := f.What
	if f.Why != "" {
		message += " " + f.Why
	}
	// Why is in the message; what else helps is the hint.
	f.Why = ""
	e := errorJSON{Kind: f.Kind, Code: f.Code, Type: f.Type, Message: message, Hint: strings.Join(s.hints(f), " "), Saved: f.Saved}
	if wait := time.Until(f.Until); wait > 0 {
		e.WaitSeconds = int64(math.Ceil(wait.Seconds()))
	}
	return e
}

// answer gives a command's result: as one JSON object, or as text.
func (s *shell) answer(object any, text func(io.Writer)) error {
	if s.flags.json {
		return writeJSON(s.Out, object)
	}
	text(s.Out)
	return nil
}

func writeJSON(w io.Writer, object any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return written(encoder.Encode(object))
}

// writeBots writes a botsObject a bot at a time: ten thousand are neither held as objects nor as text.
func writeBots(w io.Writer, keyring string, bots []fleet.Bot) error {
	var object, one bytes.Buffer
	if err := writeJSON(&object, botsObject{Keyring: keyring, Bots: []botJSON{}}); err != nil {
		return err
	}
	head, tail, _ := bytes.Cut(object.Bytes(), []byte("]"))
	out := bufio.NewWriter(w)
	_, _ = out.Write(head)
	for i, bot := range bots {
		one.Reset()
		if err := writeJSON(&one, newBotJSON(bot)); err != nil {
			return err
		}
		if i > 0 {
			_ = out.WriteByte(',')
		}
		if _, err := out.Write(bytes.TrimSuffix(one.Bytes(), []byte("\n"))); err != nil {
			return written(err)
		}
	}
	_ = out.WriteByte(']')
	_, _ = out.Write(tail)
	return written(out.Flush())
}

// errReaderLeft: whoever read standard output has enough.
var errReaderLeft = errors.New("standard output is closed")

// written is the error of writing an answer.
func written(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return errReaderLeft
	}
	return err
}

// asksForJSON reports whether --json is among arguments that could not be parsed.
func asksForJSON(args []string) bool {
	for _, arg := range args {
		switch arg {
		case "--":
			return false
		case "--json", "--json=true":
			return true
		}
	}
	return false
}
