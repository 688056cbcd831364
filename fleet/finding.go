package fleet

import (
	"io/fs"
	"time"
)

// A Finding is one thing that Examine has looked at, and what it found there. It is data alone: the words are
// package fault's. Subject and Names may come from strangers and have to be cleaned before they are shown.
type Finding struct {
	Topic Topic
	Grade Grade
	Found Sign
	// Took is how long the look took, 0 where nobody would want to know.
	Took time.Duration
	// Subject is the one thing it is about: an address, a program, a path.
	Subject string
	// Names are the things it is about where there may be several: items, bots, process ids.
	Names []string
	// Count and Apps are how many bots and apps, or things of another kind, it speaks of.
	Count, Apps int
	// Process is a process id, DC a data centre's.
	Process, DC int
	// Mode is what a file allows, of FoundExposed and FoundNarrowed.
	Mode fs.FileMode
	// Ahead is how far this computer's clock is ahead (negative: behind).
	Ahead time.Duration
	// At is when it was, of what was kept from then.
	At time.Time
	// Err is what went wrong, of FoundFault and where it says more.
	Err error
	// Fixable: Examine mends it when it is told to. Fixed: it did.
	Fixable, Fixed bool
}

// A Topic is what a finding is about. Its string is the one in JSON.
type Topic string

// The topics, in the order in which they are looked at.
const (
	TopicConfiguration Topic = "configuration" // of the caller's, not Examine's
	TopicBus           Topic = "bus"           // the D-Bus session
	TopicService       Topic = "service"       // the keyring program
	TopicCollection    Topic = "collection"    // where in it items go
	TopicKeyring       Topic = "keyring"       // encrypted files, or memory
	TopicLock          Topic = "lock"
	TopicProbe         Topic = "probe" // something written, read and deleted
	TopicDaemons       Topic = "daemons"
	TopicPermissions   Topic = "permissions"
	TopicCatalogue     Topic = "catalogue"
	TopicItems         Topic = "items"
	TopicHistory       Topic = "history"
	TopicProxy         Topic = "proxy"
	TopicNetwork       Topic = "network"
	TopicClock         Topic = "clock"
	TopicTerminal      Topic = "terminal" // this and the rest are the screens'
	TopicColours       Topic = "colours"
	TopicCharacters    Topic = "characters"
	TopicClipboard     Topic = "clipboard"
)

// A Grade says how bad a finding is.
type Grade int

// The grades. What was mended is OK.
const (
	GradeOK Grade = iota
	GradeWarning
	GradeProblem
	GradeSkipped // it could not be looked at
)

// String is the grade as in JSON.
func (g Grade) String() string {
	switch g {
	case GradeOK:
		return "ok"
	case GradeWarning:
		return "warning"
	case GradeProblem:
		return "problem"
	case GradeSkipped:
		return "skipped"
	}
	return "unknown"
}

// A Sign is what was found, which decides the words.
type Sign int

// What can be found. The fields that are filled in stand beside each.
const (
	// FoundFault: Err says it.
	FoundFault Sign = iota
	// Why something was not looked at: the keyring is locked, there is none, encrypted files are not made yet,
	// the catalogue cannot be read, the system does not tell, this is no terminal.
	FoundLockedOut
	FoundNoKeyring
	FoundNothingYet
	FoundNoCatalogue
	FoundUnseen
	FoundNoTerminal
	// The keyring.
	FoundBus        // Subject: the address
	FoundService    // Subject: the program; Process
	FoundCollection // Subject: its name
	FoundFiles      // Subject: the directory
	FoundNotMade    // Subject: the directory that the first save makes
	FoundUnfinished // a change of recipients was cut off
	FoundMemory     // nothing is kept
	FoundUnlocked
	FoundLocked
	FoundProbed       // Took
	FoundSlow         // Took: longer than a keyring should
	FoundAlone        // no other daemon
	FoundRivals       // Names: the process ids
	FoundMaybeRivals  // Names: the process ids of daemons whose files are not to be seen
	FoundPrivate      // Count: how many files and directories
	FoundExposed      // Subject: the path; Mode
	FoundNarrowed     // Subject: the path; Mode: what it was
	FoundWhole        // Subject: the catalogue's path; Count: bots
	FoundDamaged      // Subject: the catalogue's path; Names: faults in SQLite's words
	FoundRebuilt      // Subject: where the old one is; Count: bots
	FoundEmptied      // At: when its copy was made; Count: bots in that
	FoundRestored     // At: when its copy was made; Count: bots; Subject: where the old one is, "" where there was none
	FoundInMemory     // the catalogue
	FoundAgreement    // Count, Apps
	FoundBlind        // Count, Apps: the keyring cannot list, so only what the catalogue knows was looked for
	FoundWithoutRow   // Names: items
	FoundOrphans      // Names: items of sessions whose bots are nowhere
	FoundWithoutItem  // Names: bots
	FoundAppsWithout  // Names: apps whose api_hash is gone
	FoundReturned     // Names: bots that have a secret again
	FoundBadItems     // Names: items; Err: what is wrong with the first
	FoundRowsAdded    // Count: mended
	FoundRowsMarked   // Count: mended
	FoundRowsReturned // Count: mended
	FoundRotations    // Names: bots whose rotations were cut off
	// The history.
	FoundHistoryCutOff // Count: the number of the first entry that is missing
	FoundHistoryBegun  // Count: the number of the last entry that was lost
	// Telegram and the time.
	FoundProxy      // Subject: its name; Names: its address
	FoundProxyLeads // Subject, Names; Took
	FoundReached    // DC, Subject: the address
	FoundUnreached  // DC, Subject, Err
	FoundClockPlausible
	FoundClockBehind // Ahead: of what has happened already
	FoundClockRight  // Ahead: of Telegram's
	FoundClockWrong  // Ahead: of Telegram's
	// The screens.
	FoundTerminal      // Subject: its size
	FoundSmallTerminal // Subject: its size
	FoundDumbTerminal
	FoundColours
	FoundNoColours
	FoundUnicode
	FoundASCII
	FoundClipboard // Subject: the program
	FoundNoClipboard
	// The caller's own.
	FoundConfiguration   // Subject: its path
	FoundNoConfiguration // Subject: where it would be
	FoundUnknownKeys     // Subject: its path; Names: the keys
)
