package files

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"
)

// tomlHeader is the line that begins a table, which a .env has none of.
var tomlHeader = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*\[{1,2}[A-Za-z0-9_."' -]+\]{1,2}[ \t]*(#.*)?$`)
})

// looksLikeTOML reports whether a text of no form that is known by its name is TOML, and could not be a .env.
func looksLikeTOML(text string) bool {
	var tree map[string]any
	return tomlHeader().MatchString(text) && toml.Unmarshal([]byte(text), &tree) == nil
}

// layoutTOML reads TOML. The library says what is in the file and not where: its texts are found by a scan, and counted
// against what the library has read.
func layoutTOML(data []byte) (layout, error) {
	var tree map[string]any
	if err := toml.Unmarshal(data, &tree); err != nil {
		line := 0
		var parse toml.ParseError
		if errors.As(err, &parse) {
			line = parse.Position.Line
		}
		return layout{}, &SyntaxError{"TOML", line}
	}
	s := tomlScan{data: data, lines: lineCounter{data: data}}
	s.scan()
	var l layout
	var texts []string
	outline(&l, &texts, "", tree)
	found := make([]string, 0, len(s.values))
	for _, v := range s.values {
		found = append(found, v.text)
	}
	l.values = s.values
	slices.Sort(texts)
	slices.Sort(found)
	if !slices.Equal(texts, found) {
		return layout{}, ErrUnsure
	}
	return l, nil
}

// outline tells a tree in lines, and of its texts where they are; what they are goes to texts.
func outline(l *layout, texts *[]string, path string, tree any) {
	switch tree := tree.(type) {
	case map[string]any:
		l.rest = append(l.rest, path+" table")
		for _, key := range slices.Sorted(maps.Keys(tree)) {
			outline(l, texts, fmt.Sprintf("%s.%q", path, key), tree[key])
		}
	case []map[string]any:
		l.rest = append(l.rest, fmt.Sprintf("%s tables %d", path, len(tree)))
		for i, child := range tree {
			outline(l, texts, fmt.Sprintf("%s[%d]", path, i), child)
		}
	case []any:
		l.rest = append(l.rest, fmt.Sprintf("%s array %d", path, len(tree)))
		for i, child := range tree {
			outline(l, texts, fmt.Sprintf("%s[%d]", path, i), child)
		}
	case string:
		l.rest = append(l.rest, path+" text")
		*texts = append(*texts, tree)
	default:
		l.rest = append(l.rest, fmt.Sprintf("%s %T %v", path, tree, tree))
	}
}

// A tomlScan finds the texts of a file that is TOML (toml.io/en/v1.0.0).
type tomlScan struct {
	data   []byte
	lines  lineCounter
	at     int
	name   string // the key that was read last
	depth  int    // brackets of a value that are open
	header bool   // in the line of a table's name
	value  bool   // behind the sign of a key
	values []value
}

func (s *tomlScan) scan() {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case c == '#':
			s.at += lineLength(s.data[s.at:])
			s.lineEnds()
			continue
		case c == '"' || c == '\'':
			s.text()
			continue
		case c == '\n':
			s.lineEnds()
		case c == '=':
			s.value = true
		case c == '[' && !s.value && s.depth == 0:
			s.header = true
		case c == '[' || c == '{':
			s.depth++
		case c == ']' || c == '}':
			s.depth = max(0, s.depth-1)
		case !s.value || s.depth > 0:
			s.bare()
			continue
		}
		s.at++
	}
}

// lineEnds ends what ends with a line.
func (s *tomlScan) lineEnds() {
	s.header = false
	if s.depth == 0 {
		s.value = false
	}
}

// bare reads a key without quotes, or passes over whatever else stands there.
func (s *tomlScan) bare() {
	end := s.at
	for end < len(s.data) && !notInName(rune(s.data[end])) && s.data[end] != '.' {
		end++
	}
	if end == s.at {
		s.at++
		return
	}
	if s.isKey(end) {
		s.name = string(s.data[s.at:end])
	}
	s.at = end
}

// isKey reports whether what ends at end is a key, or a part of one.
func (s *tomlScan) isKey(end int) bool {
	rest := bytes.TrimLeft(s.data[end:], " \t")
	return len(rest) > 0 && (rest[0] == '=' || rest[0] == '.')
}

// text reads a text between quotes: a value, or a key.
func (s *tomlScan) text() {
	quote, rest := s.data[s.at:s.at+1], s.data[s.at:]
	long := bytes.Repeat(quote, 3)
	open := 1
	if bytes.HasPrefix(rest, long) {
		open = 3
	}
	shut := textEnd(rest, quote[0], open)
	from, to := s.at+open, s.at+shut
	end := min(to+open, len(s.data))
	written := string(s.data[s.at:end])
	s.at = end
	text, ok := tomlText(written)
	switch {
	case s.header:
	case ok && open == 1 && s.isKey(end):
		s.name = text
	case ok:
		s.values = append(s.values, value{
			name: s.name, text: text, line: s.lines.at(int64(from)), from: from, to: to, listed: s.depth > 0,
		})
	}
}

// textEnd is where the quotes begin that close a text; so many open it.
func textEnd(text []byte, quote byte, open int) int {
	for i := open; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == quote && open == 1:
			return i
		case text[i] == quote && bytes.HasPrefix(text[i:], bytes.Repeat([]byte{quote}, 3)):
			// Two more may belong to the text.
			for more := 0; more < 2 && i+3 < len(text) && text[i+3] == quote; more++ {
				i++
			}
			return i
		}
	}
	return len(text)
}

// tomlText is what a text between quotes says.
func tomlText(written string) (string, bool) {
	var one struct{ V string }
	err := toml.Unmarshal([]byte("V = "+written), &one)
	return one.V, err == nil
}
