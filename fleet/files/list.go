package files

import (
	"strings"

	"botring/internal/secret"
)

// readList reads a token or a session string a line. Other words may stand beside it; a line without anything that
// looks like either is taken for a broken token.
func readList(lines []string) []Entry {
	var entries []Entry
	for i, line := range lines {
		if isComment(line) {
			continue
		}
		token := tokenIn(line)
		session, found := sessionAmong(line)
		if !found || looksLikeToken(token) {
			entries = append(entries, Entry{Line: i + 1, Token: secret.New(token)})
		}
		if found {
			session.Line, session.Bot = i+1, botOf(token)
			entries = append(entries, session)
		}
	}
	return entries
}

// tokenIn is the word of a line that looks like a token, or else the whole line.
func tokenIn(line string) string {
	for word := range strings.FieldsSeq(line) {
		word = strings.Trim(word, "\"'`“”<>()[]{}.,;")
		if looksLikeToken(word) {
			return word
		}
		// https://api.telegram.org/bot<token>/getMe
		if _, rest, found := strings.Cut(word, "/bot"); found {
			if rest, _, _ = strings.Cut(rest, "/"); looksLikeToken(rest) {
				return rest
			}
		}
	}
	return trim(line)
}
