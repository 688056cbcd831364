package files

import (
	"bytes"
	"strings"
)

// isTokens reports whether there is a token a line and nothing else but comments, as there is in a file that a token was
// written to.
func isTokens(lines []string) bool {
	found := false
	for _, line := range lines {
		switch {
		case isComment(line):
		case !looksLikeToken(strings.TrimSpace(line)):
			return false
		default:
			found = true
		}
	}
	return found
}

// layoutList reads a token a line.
func layoutList(data []byte) (layout, error) {
	var l layout
	for at, number := 0, 1; at < len(data); number++ {
		end := at + lineLength(data[at:])
		line := data[at:end]
		text := bytes.TrimSpace(line)
		if isComment(string(line)) {
			l.rest = append(l.rest, string(line))
		} else {
			from := at + bytes.Index(line, text)
			l.rest = append(l.rest, string(data[at:from]), string(data[from+len(text):end]))
			l.values = append(l.values, value{text: string(text), line: number, from: from, to: from + len(text)})
		}
		at = end
	}
	return l, nil
}
