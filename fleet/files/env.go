package files

import (
	"cmp"
	"slices"
	"strings"

	"botring/internal/secret"
)

// A key is what a variable is by its name.
type key int

const (
	keyOther key = iota
	keyToken
	keyAPIID
	keyAPIHash
	keySession
)

// kindOf tells what a variable is by its normal name, BOT_TOKEN, TG_APP_ID, TELEGRAM_API_HASH and their like, and
// what is left of the name without that.
func kindOf(name string) (is key, rest string) {
	for _, each := range []struct {
		ending string
		is     key
	}{
		{"TOKEN", keyToken}, {"APIID", keyAPIID}, {"APPID", keyAPIID}, {"APIHASH", keyAPIHash}, {"APPHASH", keyAPIHash},
		{"SESSIONSTRING", keySession}, {"STRINGSESSION", keySession}, {"SESSION", keySession},
	} {
		if rest, found := strings.CutSuffix(name, each.ending); found {
			return each.is, rest
		}
	}
	return keyOther, name
}

// normal writes a name in capitals without anything between its words.
func normal(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, name)
}

// A variable is one assignment of a .env.
type variable struct {
	line        int
	name, value string
}

// parse reads a line as an assignment: KEY=value, export KEY="value" # comment, set KEY=value, $env:KEY = value.
func parse(line string) (variable, bool) {
	line = strings.TrimSpace(line)
	for _, prefix := range []string{"export ", "set ", "SET ", "$env:", "- "} {
		line = strings.TrimPrefix(line, prefix)
	}
	name, value, found := strings.Cut(strings.TrimSpace(line), "=")
	name = strings.TrimSpace(name)
	if !found || name == "" || strings.IndexFunc(name, notInName) >= 0 || name[0] >= '0' && name[0] <= '9' {
		return variable{}, false
	}
	value = strings.TrimSpace(value)
	if value != "" && strings.ContainsRune("\"'`", rune(value[0])) {
		if end := strings.IndexByte(value[1:], value[0]); end >= 0 {
			value = value[:end+2]
		}
	} else if at := strings.Index(value, " #"); at >= 0 {
		value = value[:at]
	}
	return variable{name: name, value: trim(value)}, true
}

func notInName(r rune) bool {
	return r != '_' && r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// isEnv tells whether a file is a .env: by its name, or since most of its first lines are assignments.
func isEnv(base string, lines []string) bool {
	if strings.HasPrefix(base, ".env") || strings.HasSuffix(base, ".env") {
		return true
	}
	assignments, all := 0, 0
	for _, line := range lines {
		if isComment(line) {
			continue
		}
		if _, ok := parse(line); ok {
			assignments++
		}
		if all++; all == sample {
			break
		}
	}
	return all > 0 && 2*assignments > all
}

// readEnv finds the bots of a .env.
func readEnv(lines []string) []Entry {
	var variables []variable
	for i, line := range lines {
		if v, ok := parse(line); ok && !isComment(line) {
			v.line = i + 1
			variables = append(variables, v)
		}
	}
	entries, _ := group(variables, foundApp{})
	return entries
}

// A foundApp is an app as a file has it.
type foundApp struct {
	id   string
	hash secret.Secret
}

// group finds the bots among variables. Those belong together that differ in their kind only: SHOP_BOT_TOKEN and
// SHOP_API_ID, BOT_TOKEN_2 and API_ID_2. A token without an app of its own takes the one that belongs to nobody,
// which is returned too: it is the outer one unless there is another.
func group(variables []variable, outer foundApp) (entries []Entry, common foundApp) {
	apps := map[string]foundApp{"": outer}
	var tokens []variable
	var bots []string // the group of each token
	sessions := make(map[string][]Entry)
	for _, v := range variables {
		name, number := cutNumber(normal(v.name))
		is, rest := kindOf(name)
		of := groupOf(rest) + number
		if looksLikeToken(v.value) || is == keyToken && v.value != "" && (rest == "" || ofTelegram(name)) {
			tokens, bots = append(tokens, v), append(bots, of)
			continue
		}
		if session, ok := sessionIn(v.value); ok {
			session.Line, session.Name = v.line, v.name
			sessions[of] = append(sessions[of], session)
			continue
		}
		app := apps[of]
		switch is {
		case keyAPIID:
			app.id = v.value
		case keyAPIHash:
			app.hash = secret.New(v.value)
		case keyToken, keySession, keyOther:
			continue
		}
		apps[of] = app
	}
	return join(tokens, bots, apps, sessions), apps[""]
}

// join gives each token the app of its group, and each session the bot of its own.
func join(tokens []variable, bots []string, apps map[string]foundApp, sessions map[string][]Entry) (entries []Entry) {
	whose := make(map[string]int64)
	for i, v := range tokens {
		app, ok := apps[bots[i]]
		if !ok || app.id == "" {
			app = apps[""]
		}
		entries = append(entries, Entry{Line: v.line, Name: v.name, Token: secret.New(v.value), APIID: app.id, APIHash: app.hash})
		if id, again := botOf(v.value), whose[bots[i]]; again == 0 {
			whose[bots[i]] = id
		} else if again != id {
			whose[bots[i]] = severalBots
		}
	}
	for of, found := range sessions {
		for _, session := range found {
			session.Bot = max(0, whose[of])
			entries = append(entries, session)
		}
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Line, b.Line) })
	return entries
}

// cutNumber takes the number off the end of a name: BOTTOKEN2.
func cutNumber(name string) (word, number string) {
	word = strings.TrimRight(name, "0123456789")
	return word, name[len(word):]
}

// words are what names of variables have that says nothing of which bot is meant.
func words() []string { return []string{"TELEGRAM", "BOT", "TG"} }

// groupOf is which bot a variable is of, from what is left of its name: SHOP of SHOPBOT, nobody's of TELEGRAM.
func groupOf(rest string) string {
	for again := true; again; {
		before := rest
		for _, word := range words() {
			rest = strings.TrimSuffix(strings.TrimPrefix(rest, word), word)
		}
		again = rest != before
	}
	return rest
}

// ofTelegram reports whether the name of a token says that it is a bot's: there are tokens of many things.
func ofTelegram(name string) bool {
	return slices.ContainsFunc(words(), func(word string) bool { return strings.Contains(name, word) })
}
