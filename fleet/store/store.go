// Package store keeps the catalogue: what is known of the bots that is no secret, in one SQLite file.
//
// Names, ids, labels, tags, states, the deadlines of floods and the journal of saves are here; tokens,
// hashes and auth keys never are.
package store

import (
	"errors"
	"strconv"
	"time"
)

// Errors of opening a catalogue. They come wrapped in an *OpenError that holds the path; nothing is
// overwritten in any of these cases.
var (
	// ErrNotACatalogue: the file is not a database, or a database of something else.
	ErrNotACatalogue = errors.New("not a botring catalogue")
	// ErrNewer: a newer version of the program wrote it.
	ErrNewer = errors.New("catalogue is from a newer version")
	// ErrNotWritable: the file or its directory cannot be written.
	ErrNotWritable = errors.New("catalogue cannot be written")
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("not in the catalogue")
	// ErrTaken: another row has this label or name.
	ErrTaken = errors.New("name is taken")
)

// An OpenError says which file cannot be used as a catalogue, and why: it could not be opened, or turned out
// damaged or not writable later on.
type OpenError struct {
	Path string
	Err  error
}

func (e *OpenError) Error() string { return "open catalogue " + e.Path + ": " + e.Err.Error() }

// Unwrap returns one of the sentinels of this package, or the system's error.
func (e *OpenError) Unwrap() error { return e.Err }

// A Key names a bot: its id is unique within an environment only.
type Key struct {
	Environment string
	ID          int64
}

// String is "123" in production and "test/123" elsewhere, as commands take it.
func (k Key) String() string {
	id := strconv.FormatInt(k.ID, 10)
	if k.Environment == "production" || k.Environment == "" {
		return id
	}
	return k.Environment + "/" + id
}

// A Bot is a row of the catalogue.
type Bot struct {
	Key
	// Label and Tags are the user's own words.
	Label string
	Tags  []string
	// APIID is the app it logs in with.
	APIID int
	// Profile as of the last login or check; the zero Profile before the first.
	Profile Profile
	Health  Health
	// FloodUntil is until when Telegram refuses this bot's logins, or zero.
	FloodUntil time.Time
	Sessions   []Session
	AddedAt    time.Time
}

// A Profile is who the bot is, as Telegram says. Strings are as received: hostile.
type Profile struct {
	Username, FirstName                   string
	DC                                    int
	Inline, Groups, ReadsAll, ManagesBots bool
}

// Health is what the last look at a bot found.
type Health struct {
	Status Status
	// Kind, Code and Type say why, as a fault's do: "session_revoked", 401, "SESSION_REVOKED". Empty when ok.
	Kind string
	Code int
	Type string
	// CheckedAt is when Telegram last answered for this bot, Since when the status became what it is.
	CheckedAt, Since time.Time
}

// A Session is what the catalogue knows of a session; its auth key is in the keyring.
type Session struct {
	// Name is "default", or what the user calls the place it was made for.
	Name string
	DC   int
	// Runs says where connections of this session are opened. Only a session that runs Here may be
	// checked: Telegram destroys one that is used in two places.
	Runs Place
	// At is what the place is called where it runs, "" where nobody has named it. Since is since when it runs
	// there, or zero.
	At    string
	Since time.Time
	// APIID is the app it was made with.
	APIID             int
	MadeAt, CheckedAt time.Time
}

// A Place is where a session runs.
type Place string

// The places.
const (
	Here      Place = "here"
	Elsewhere Place = "elsewhere"
)

// DefaultSession is the name of the session botring makes for itself.
const DefaultSession = "default"

// A Status is the state of a bot in one word, as in JSON output.
type Status string

// The statuses.
const (
	OK                Status = "ok"
	NotLoggedIn       Status = "not_logged_in"
	TokenRevoked      Status = "token_revoked"
	SessionDead       Status = "session_dead"
	SessionRevoked    Status = "session_revoked"
	SessionDuplicated Status = "session_duplicated"
	Deactivated       Status = "deactivated"
	Flooded           Status = "flooded"
	SecretMissing     Status = "secret_missing"
	Unreachable       Status = "unreachable"
	Unchecked         Status = "unchecked"
)

// An App is an application's row; its api_hash is in the keyring.
type App struct {
	Name  string
	APIID int
	// Bots is how many bots log in with it.
	Bots int
}
