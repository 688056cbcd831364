package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"
)

// looksLikeYAML reports whether a text of no form that is known by its look is YAML: it is a mapping.
func looksLikeYAML(text string) bool {
	var document yaml.Node
	return yaml.Unmarshal([]byte(text), &document) == nil && document.Kind == yaml.DocumentNode &&
		document.Content[0].Kind == yaml.MappingNode
}

// A yamlLayout is a layout on its way.
type yamlLayout struct {
	layout
	data  []byte
	lines []int // where each begins
	// What offset has found last: the next is looked for from there.
	line, column, at int
}

// layoutYAML reads the documents of a YAML file.
func layoutYAML(data []byte) (layout, error) {
	l := yamlLayout{data: data, lines: yamlLines(data)}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return l.layout, nil
		}
		if err == nil {
			err = l.read(&document, level{}, 0)
		}
		if err != nil {
			return layout{}, &SyntaxError{"YAML", document.Line}
		}
	}
}

// read adds a node, which stands in a level. An alias is told by its name: what it stands for stands elsewhere.
func (l *yamlLayout) read(y *yaml.Node, in level, depth int) error {
	if depth > maxDepth {
		return errTooDeep
	}
	l.rest = append(l.rest, fmt.Sprintf("%d %d %q %q %q %q %q", y.Kind, y.Style, y.Tag, y.Anchor, y.HeadComment, y.LineComment, y.FootComment))
	switch y.Kind {
	case yaml.ScalarNode:
		v := value{name: in.key, text: y.Value, line: y.Line, listed: !in.object, encoded: in.isSecretData()}
		v.from, v.to = l.place(y)
		l.values = append(l.values, v)
	case yaml.AliasNode:
		l.rest = append(l.rest, y.Value)
	case yaml.MappingNode:
		own := level{object: true, name: in.key, within: &in, kind: kindIn(y)}
		for i := 0; i+1 < len(y.Content); i += 2 {
			if err := l.key(y.Content[i], depth+1); err != nil {
				return err
			}
			own.key = y.Content[i].Value
			if err := l.read(y.Content[i+1], own, depth+1); err != nil {
				return err
			}
		}
	case yaml.DocumentNode, yaml.SequenceNode:
		own := level{name: in.key, key: in.key, within: &in}
		for _, child := range y.Content {
			if err := l.read(child, own, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// key adds what is no value and stays: the key of a mapping, whatever it is.
func (l *yamlLayout) key(y *yaml.Node, depth int) error {
	if depth > maxDepth {
		return errTooDeep
	}
	l.rest = append(l.rest, fmt.Sprintf("key %d %d %q %q %q %q %q %q", y.Kind, y.Style, y.Tag, y.Anchor, y.Value, y.HeadComment, y.LineComment, y.FootComment))
	for _, child := range y.Content {
		if err := l.key(child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// kindIn is what a mapping says of its kind.
func kindIn(y *yaml.Node) string {
	for i := 0; i+1 < len(y.Content); i += 2 {
		if y.Content[i].Value == "kind" {
			return y.Content[i+1].Value
		}
	}
	return ""
}

// yamlLines finds where lines begin as the parser counts them: at its line ends, of which YAML 1.1 has more than others
// (yaml.org/spec/1.1, chapter 5.4).
func yamlLines(data []byte) []int {
	lines := []int{0}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		i += size
		switch {
		case r == '\r' && i < len(data) && data[i] == '\n':
		case r == '\n', r == '\r', r == '\u0085', r == '\u2028', r == '\u2029':
			lines = append(lines, i)
		}
	}
	return lines
}

// place finds the bytes of a scalar, none where it is not written as it is read.
func (l *yamlLayout) place(y *yaml.Node) (from, to int) {
	at, ok := l.offset(y.Line, y.Column)
	if !ok {
		return 0, 0
	}
	at = l.afterProperties(at)
	rest := l.data[at:]
	switch {
	case len(rest) == 0:
		return 0, 0
	case y.Style&yaml.DoubleQuotedStyle != 0 && rest[0] == '"', y.Style&yaml.SingleQuotedStyle != 0 && rest[0] == '\'':
		if end, ok := quoteEnd(rest); ok {
			return at + 1, at + end
		}
	case y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return l.onlyLine(at, y.Value)
	case y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 && bytes.HasPrefix(rest, []byte(y.Value)):
		return at, at + len(y.Value)
	}
	return 0, 0
}

// offset is where a line and a column are, which are counted from 1 in characters.
func (l *yamlLayout) offset(line, column int) (int, bool) {
	if line < 1 || line > len(l.lines) {
		return 0, false
	}
	if line != l.line || column < l.column {
		l.line, l.column, l.at = line, 1, l.lines[line-1]
	}
	for ; l.column < column; l.column++ {
		if l.at >= len(l.data) {
			return 0, false
		}
		_, size := utf8.DecodeRune(l.data[l.at:])
		l.at += size
	}
	return l.at, true
}

// afterProperties skips the tag and the anchor of a scalar that begins in the same line.
func (l *yamlLayout) afterProperties(at int) int {
	for at < len(l.data) && (l.data[at] == '!' || l.data[at] == '&') {
		for at < len(l.data) && !strings.ContainsRune(" \t\r\n", rune(l.data[at])) {
			at++
		}
		for at < len(l.data) && (l.data[at] == ' ' || l.data[at] == '\t') {
			at++
		}
	}
	return at
}

// quoteEnd finds the quote that closes the one a text begins with.
func quoteEnd(text []byte) (int, bool) {
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i, true
		}
	}
	return 0, false
}

// onlyLine is where the text of a block stands that has one line. Others have no one place.
func (l *yamlLayout) onlyLine(at int, text string) (from, to int) {
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text, "\r\n") {
		return 0, 0
	}
	header := lineLength(l.data[at:])
	for from = at + header; from < len(l.data); {
		length := lineLength(l.data[from:])
		line := l.data[from : from+length]
		trimmed := bytes.TrimSpace(line)
		if len(trimmed) == 0 {
			from += length
			continue
		}
		if string(trimmed) != text {
			return 0, 0
		}
		from += bytes.Index(line, trimmed)
		return from, from + len(trimmed)
	}
	return 0, 0
}
