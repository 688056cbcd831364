package files

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// secretKind is what a manifest of Kubernetes says that has its data in base64
// (kubernetes.io/docs/concepts/configuration/secret).
const secretKind = "Secret"

// looksLikeJSON reports whether a text of no form that is known by its name is JSON.
func looksLikeJSON(text string) bool {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return false
	}
	_, err := layoutJSON([]byte(text))
	return err == nil
}

// A level is an object or an array that is being read.
type level struct {
	object bool
	// name is what it is called, and key what comes next in it.
	name, key string
	keyed     bool // key was read, and its value is next
	kind      string
	within    *level
}

// isSecretData reports whether what stands in a level is base64. A manifest may say so after its data.
func (l *level) isSecretData() bool {
	return l.object && l.name == "data" && l.within != nil && l.within.kind == secretKind
}

// layoutJSON reads JSON, several values one after the other included.
func layoutJSON(data []byte) (layout, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	lines := lineCounter{data: data}
	var l layout
	var levels []*level // of each value
	var in *level
	depth := 0
	for {
		begin := decoder.InputOffset()
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && in == nil {
			break
		}
		if err != nil {
			return layout{}, &SyntaxError{"JSON", lines.at(begin)}
		}
		if delim, ok := token.(json.Delim); ok {
			l.rest = append(l.rest, delim.String())
			switch delim {
			case '{', '[':
				if depth++; depth > maxDepth {
					return layout{}, &SyntaxError{"JSON", lines.at(begin)}
				}
				in = &level{object: delim == '{', name: in.next(), within: in}
			default:
				depth--
				in = in.within
			}
			continue
		}
		text, ok := token.(string)
		switch {
		case !ok:
			l.rest = append(l.rest, fmt.Sprintf("%T %v", token, token))
			in.next()
		case in != nil && in.object && !in.keyed:
			l.rest = append(l.rest, "key "+text)
			in.key, in.keyed = text, true
		default:
			if in != nil && in.object && in.key == "kind" {
				in.kind = text
			}
			l.rest = append(l.rest, "text")
			// What comes before the text is blanks, a colon or a comma.
			from := begin + int64(bytes.IndexByte(data[begin:], '"')) + 1
			l.values = append(l.values, value{
				listed: in != nil && !in.object, text: text, line: lines.at(from),
				from: int(from), to: int(decoder.InputOffset()) - 1, name: in.next(),
			})
			levels = append(levels, in)
		}
	}
	for i := range l.values {
		l.values[i].encoded = levels[i] != nil && levels[i].isSecretData()
	}
	return l, nil
}

// next is what the value is called that comes next: its key, or what the array is called that it is in.
func (l *level) next() string {
	switch {
	case l == nil:
		return ""
	case l.object:
		l.keyed = false
		return l.key
	}
	return l.name
}
