package files

import (
	"bytes"
	"strings"
)

// layoutEnv reads a file of assignments, which the programs that read such files agree on as little as to be quoted: so a
// value is what stands between its quotes, or up to a comment, and nothing in it is replaced.
func layoutEnv(data []byte) (layout, error) {
	var l layout
	for at, number := 0, 1; at < len(data); {
		end := at + lineLength(data[at:])
		v, ok := assignment(data, at, end)
		if ok && v.to > end {
			end = v.to + lineLength(data[v.to:]) // quotes that are closed in another line
		}
		v.line = number
		number += bytes.Count(data[at:end], []byte{'\n'})
		if !ok {
			l.rest = append(l.rest, string(data[at:end]))
		} else {
			l.rest = append(l.rest, string(data[at:v.from]), string(data[v.to:end]))
			l.values = append(l.values, v)
		}
		at = end
	}
	return l, nil
}

// lineLength is the length of the first line of data with its end.
func lineLength(data []byte) int {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		return end + 1
	}
	return len(data)
}

// assignment finds the value of the line data[at:end].
func assignment(data []byte, at, end int) (value, bool) {
	line := string(data[at:end])
	if isComment(line) {
		return value{}, false
	}
	equals := strings.IndexByte(line, '=')
	if equals < 0 {
		return value{}, false
	}
	name := strings.TrimSpace(line[:equals])
	for _, prefix := range []string{"export ", "set ", "SET ", "$env:", "- "} {
		name = strings.TrimSpace(strings.TrimPrefix(name, prefix))
	}
	if name == "" || strings.IndexFunc(name, notInName) >= 0 || name[0] >= '0' && name[0] <= '9' {
		return value{}, false
	}
	v := value{name: name, from: at + equals + 1}
	for v.from < end && (data[v.from] == ' ' || data[v.from] == '\t') {
		v.from++
	}
	if v.from < end && strings.IndexByte("\"'`", data[v.from]) >= 0 {
		if to, closed := closing(data, v.from); closed {
			v.from, v.to = v.from+1, to
			v.text = string(data[v.from:v.to])
			return v, true
		}
	}
	text := string(data[v.from:end])
	if i := strings.Index(text, " #"); i >= 0 {
		text = text[:i]
	}
	if i := strings.Index(text, "\t#"); i >= 0 {
		text = text[:i]
	}
	v.text = strings.TrimRight(text, " \t\r\n")
	v.to = v.from + len(v.text)
	return v, true
}

// closing finds the quote that closes the one at from, behind which nothing but a comment stands.
func closing(data []byte, from int) (at int, ok bool) {
	quote := data[from]
	for i := from + 1; i < len(data); i++ {
		switch {
		case data[i] == '\\' && quote == '"':
			i++
		case data[i] == quote:
			rest := data[i+1:]
			after := bytes.TrimLeft(rest[:lineLength(rest)], " \t\r\n")
			return i, len(after) == 0 || after[0] == '#'
		}
	}
	return 0, false
}
