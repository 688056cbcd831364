package files

import (
	"strconv"
	"strings"

	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// minSession is how long a word has to be to be looked at as a session string: the shortest whole one has 351
// characters, and of one that was cut off this much is worth telling from a broken token.
const minSession = 300

// sessionIn reads a text that is a session string and nothing else. One that is refused is found as well, if it
// says plainly enough what it is.
func sessionIn(text string) (Entry, bool) {
	text = trim(text)
	if len(text) < minSession {
		return Entry{}, false
	}
	session, kind, err := sessionstring.Parse(secret.New(text))
	switch {
	case err == nil:
		return Entry{Session: &session, Kind: kind}, true
	case kind != sessionstring.Unknown && text[0] != '{':
		return Entry{Kind: kind, Refused: err}, true
	}
	return Entry{}, false // JSON of anything else, or nothing that is known
}

// sessionAmong finds the session string among the words of a line.
func sessionAmong(line string) (Entry, bool) {
	if len(line) < minSession {
		return Entry{}, false
	}
	for word := range strings.FieldsSeq(line) {
		// SESSION=1BJWap… in a file that is none of variables
		if _, value, found := strings.Cut(word, "="); found && len(value) >= minSession {
			if entry, ok := sessionIn(value); ok {
				return entry, true
			}
		}
		if entry, ok := sessionIn(strings.Trim(word, "\"'`“”<>()[],;")); ok {
			return entry, true
		}
	}
	return Entry{}, false
}

// botOf is the bot that a token is of, 0 where it looks like none.
func botOf(token string) int64 {
	if !looksLikeToken(token) {
		return 0
	}
	digits, _, _ := strings.Cut(token, ":")
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// severalBots stands for the bot where there is more than one.
const severalBots = -1

// attribute gives sessions that say not whose they are the one bot whose token stands beside them.
func attribute(entries []Entry) {
	var only int64
	for _, e := range entries {
		switch id := botOf(e.Token.Reveal()); {
		case id == 0 || id == only:
		case only == 0:
			only = id
		default:
			only = severalBots
		}
	}
	for i := range entries {
		if e := &entries[i]; e.Session != nil && e.Bot == 0 && only > 0 {
			e.Bot = only
		}
	}
}
