package files

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"botring/internal/secret"
)

// A SyntaxError is a file that is not of the form that it has to be of. What stands in the file is not repeated.
type SyntaxError struct {
	Form string
	Line int // from 1, 0 where it is not known
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("not %s, in line %d", e.Form, e.Line) }

// A node is a value of JSON or YAML: a text, or children, of which those of a mapping have a name.
type node struct {
	name, text string
	line       int
	mapping    bool
	children   []node
}

// Bounds of what is read into a tree. YAML's aliases could make a small file a huge one.
const (
	maxDepth   = 64
	maxAliased = 10_000 // nodes that stand there for an alias
)

// errTooDeep is the error of a tree that is deeper than maxDepth, or larger than its aliases may make it.
var errTooDeep = errors.New("nested too deeply")

// readJSON makes a tree of JSON, several values one after the other included.
func readJSON(data []byte) ([]node, error) {
	lines := lineCounter{data: data}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var trees []node
	for {
		tree, err := nextJSON(decoder, &lines, 0)
		if errors.Is(err, io.EOF) {
			return trees, nil
		}
		if err != nil {
			return nil, &SyntaxError{"JSON", lines.at(decoder.InputOffset())}
		}
		trees = append(trees, tree)
	}
}

func nextJSON(decoder *json.Decoder, lines *lineCounter, depth int) (node, error) {
	token, err := decoder.Token()
	if err != nil {
		return node{}, err
	}
	n := node{line: lines.at(decoder.InputOffset())}
	open, isOpen := token.(json.Delim)
	if !isOpen {
		n.text = textOf(token)
		return n, nil
	}
	if depth > maxDepth {
		return node{}, errTooDeep
	}
	n.mapping = open == '{'
	for decoder.More() {
		name := ""
		if n.mapping {
			key, err := decoder.Token()
			if err != nil {
				return node{}, unexpected(err)
			}
			name = textOf(key)
		}
		child, err := nextJSON(decoder, lines, depth+1)
		if err != nil {
			return node{}, unexpected(err)
		}
		child.name = name
		n.children = append(n.children, child)
	}
	_, err = decoder.Token()
	return n, unexpected(err)
}

// unexpected makes an error of an end in the midst.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func textOf(token json.Token) string {
	switch value := token.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	}
	return ""
}

// A lineCounter tells in which line a place is. Places are asked for in their order.
type lineCounter struct {
	data   []byte
	offset int64
	line   int
}

func (c *lineCounter) at(offset int64) int {
	c.line += bytes.Count(c.data[c.offset:offset], []byte{'\n'})
	c.offset = offset
	return c.line + 1
}

// readYAML makes a tree of each document of a YAML file.
func readYAML(data []byte) ([]node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var reader yamlReader // one for all: a small file has room for many documents, each with aliases
	var trees []node
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return trees, nil
		}
		var tree node
		if err == nil {
			tree, err = reader.read(&document, 0)
		}
		if err != nil {
			return nil, &SyntaxError{"YAML", document.Line}
		}
		trees = append(trees, tree)
	}
}

// A yamlReader makes trees of the documents of a file.
type yamlReader struct {
	within  int // how many aliases stand around what is being read
	aliased int // nodes that were read within one
}

func (r *yamlReader) read(y *yaml.Node, depth int) (node, error) {
	n := node{line: y.Line}
	if r.within > 0 {
		r.aliased++
	}
	if depth > maxDepth || r.aliased > maxAliased {
		return node{}, errTooDeep
	}
	switch y.Kind {
	case yaml.ScalarNode:
		n.text = y.Value
		return n, nil
	case yaml.AliasNode:
		r.within++
		defer func() { r.within-- }()
		return r.read(y.Alias, depth+1)
	case yaml.MappingNode:
		n.mapping = true
	case yaml.DocumentNode, yaml.SequenceNode:
	}
	for i := 0; i < len(y.Content); i++ {
		name := ""
		if n.mapping {
			name = y.Content[i].Value
			i++
		}
		child, err := r.read(y.Content[i], depth+1)
		if err != nil {
			return node{}, err
		}
		if name == "<<" && child.mapping { // YAML's merge key: they are the mapping's own
			n.children = append(n.children, child.children...)
			continue
		}
		child.name = name
		n.children = append(n.children, child)
	}
	return n, nil
}

func entriesOf(trees []node) (entries []Entry) {
	for _, tree := range trees {
		entries = append(entries, node{children: []node{tree}}.entries(foundApp{})...)
	}
	return entries
}

// entries finds the bots of a tree. Texts of one mapping belong together as the variables of a .env do, and so do
// those of a sequence that are assignments, which is how a docker-compose file may have them. An app that a mapping
// names is that of all bots within.
func (n node) entries(app foundApp) []Entry {
	var own []variable
	var entries []Entry
	for _, child := range n.children {
		switch v, assigned := parse(child.text); {
		case len(child.children) > 0 || child.text == "":
		case n.mapping:
			own = append(own, variable{line: child.line, name: child.name, value: strings.TrimSpace(child.text)})
		case assigned:
			v.line = child.line
			own = append(own, v)
		default:
			if token := tokenIn(child.text); looksLikeToken(token) {
				entries = append(entries, Entry{
					Line: child.line, Token: secret.New(token), APIID: app.id, APIHash: app.hash,
				})
			} else if session, ok := sessionIn(child.text); ok {
				session.Line = child.line
				entries = append(entries, session)
			}
		}
	}
	found, app := group(own, app)
	n.describe(found)
	entries = append(entries, found...)
	for _, child := range n.children {
		entries = append(entries, child.entries(app)...)
	}
	return entries
}

// describe adds what else a mapping says of its only bot.
func (n node) describe(found []Entry) {
	tokens := slices.DeleteFunc(slices.Clone(found), Entry.IsSession)
	if len(tokens) != 1 {
		return
	}
	entry := &found[slices.IndexFunc(found, func(e Entry) bool { return !e.IsSession() })]
	for _, child := range n.children {
		switch columnOf(child.name) {
		case columnApp:
			entry.App = strings.TrimSpace(child.text)
		case columnLabel:
			entry.Label = strings.TrimSpace(child.text)
		case columnEnvironment:
			entry.Environment = strings.ToLower(strings.TrimSpace(child.text))
		case columnTags:
			entry.Tags = splitTags(child.text)
			for _, tag := range child.children {
				entry.Tags = append(entry.Tags, strings.TrimSpace(tag.text))
			}
		case columnToken, columnAPIID, columnAPIHash, columnSession, columnOther:
		}
	}
}
