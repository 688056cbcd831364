package files

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"botring/internal/secret"
)

// MaxRewritten is the largest file that is rewritten, in bytes.
const MaxRewritten = 4 << 20

var (
	// ErrNotRewritten is the error of a file of another form than those Rewrite knows.
	ErrNotRewritten = errors.New("not a form that is rewritten")
	// ErrUnsure is the error of a file that would not have been read as the same but for the values.
	ErrUnsure = errors.New("more than the value would change")
	// ErrTokenForm is the error of a token with characters that no token has, which a file might read as something else.
	ErrTokenForm = errors.New("not the form of a token")
)

// A Renewal is what tokens of a bot become.
type Renewal struct {
	Bot   int64
	Token secret.Secret
}

// A Spot is where something stands in a file.
type Spot struct {
	Line int    // from 1
	Name string // of the variable or key, "" where it has none, or where that is a token itself
	Bot  int64
}

// A Rewritten is a file with other tokens in it.
type Rewritten struct {
	Format Format
	Data   []byte
	// Changed are the values that were changed, and Current those that are as they are to be.
	Changed, Current []Spot
	// Left are older tokens that stand elsewhere than as a value, in a comment or within a text: they are still there.
	Left []Spot
	// Sessions are session strings; Bot is 0 where they do not say whose they are.
	Sessions []Spot
}

// A value is a text of a file, and data[from:to] are the bytes that stand for it, without quotes: none where that is
// not known.
type value struct {
	name, text string
	line       int
	from, to   int
	listed     bool // in a sequence, where it may be an assignment
	encoded    bool // base64, as the data of a Kubernetes Secret are
}

// A layout is a file as its form has it: the values, and all the rest, which must stay as it is.
type layout struct {
	values []value
	rest   []string
}

// A form reads a file.
type form func(data []byte) (layout, error)

// Rewrite puts current tokens in the place of others of the same bots, where they stand as values; not a byte beside
// them changes. The name says what the file may be where its content leaves that open. What comes out was read again,
// and differs from what went in by those values alone, or the error is ErrUnsure. Other errors are ErrNotRewritten,
// ErrTokenForm, ErrTooLarge, ErrNotText and a *SyntaxError.
func Rewrite(name string, data []byte, renewals []Renewal) (Rewritten, error) {
	for _, r := range renewals {
		if !looksLikeToken(r.Token.Reveal()) || ownerOf(r.Token.Reveal()) != r.Bot {
			return Rewritten{}, ErrTokenForm
		}
	}
	is, read, text, err := recognised(name, data)
	if err != nil {
		return Rewritten{}, err
	}
	out, err := rewrite(text, read, renewals)
	if err != nil {
		return Rewritten{}, err
	}
	out.Format = is
	out.Left = once(append(out.Left, leftIn(out.Data, renewals)...))
	out.Data = slices.Concat(data[:len(data)-len(text)], out.Data)
	return out, nil
}

// Owners are the bots whose tokens are in a file, wherever in it. Errors are those of Rewrite.
func Owners(name string, data []byte) ([]int64, error) {
	_, read, text, err := recognised(name, data)
	if err != nil {
		return nil, err
	}
	all, err := read(text)
	if err != nil {
		return nil, err
	}
	var owners []int64
	add := func(text string) {
		for _, token := range written().FindAllString(text, -1) {
			owners = append(owners, ownerOf(unescaped(token)))
		}
	}
	add(string(text))
	for _, v := range all.values {
		add(v.plain())
	}
	slices.Sort(owners)
	return slices.Compact(owners), nil
}

// recognised is a file's form, and the file without the mark at its beginning, which is no text and would be counted by some
// readers and not by others.
func recognised(name string, data []byte) (Format, form, []byte, error) {
	if len(data) > MaxRewritten {
		return 0, nil, nil, ErrTooLarge
	}
	if isUTF16(data) {
		return 0, nil, nil, ErrNotRewritten
	}
	text, err := decode(data)
	if err != nil {
		return 0, nil, nil, err
	}
	is, read := formOf(name, text)
	if read == nil {
		return 0, nil, nil, ErrNotRewritten
	}
	return is, read, bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

// formOf recognises a file.
func formOf(name, text string) (Format, form) {
	base := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	switch path.Ext(base) {
	case ".json":
		return JSON, layoutJSON
	case ".yaml", ".yml":
		return YAML, layoutYAML
	case ".toml":
		return TOML, layoutTOML
	}
	lines := strings.Split(text, "\n")
	switch {
	case strings.HasPrefix(base, ".env"), path.Ext(base) == ".env":
		return Env, layoutEnv
	case looksLikeJSON(text):
		return JSON, layoutJSON
	case looksLikeTOML(text):
		return TOML, layoutTOML
	case strings.HasPrefix(strings.TrimSpace(text), "---\n"):
		return YAML, layoutYAML
	case isEnv(base, lines):
		return Env, layoutEnv
	case isTokens(lines):
		return List, layoutList
	case looksLikeYAML(text):
		return YAML, layoutYAML
	}
	return List, nil
}

// An edit puts a text in the place of data[from:to].
type edit struct {
	from, to int
	with     string
	value    int // whose
	want     string
}

func rewrite(data []byte, read form, renewals []Renewal) (Rewritten, error) {
	before, err := read(data)
	if err != nil {
		return Rewritten{}, err
	}
	var out Rewritten
	var edits []edit
	lines := lineCounter{data: data}
	for i, v := range before.values {
		spot := Spot{Line: v.line, Name: nameOf(v)}
		if entry, ok := sessionIn(v.text); ok {
			if entry.Session != nil {
				spot.Bot = entry.Session.UserID
			}
			out.Sessions = append(out.Sessions, spot)
			continue
		}
		held, text := v.holds()
		spot.Bot = ownerOf(held)
		at := slices.IndexFunc(renewals, func(r Renewal) bool { return r.Bot == spot.Bot })
		if spot.Bot == 0 || at < 0 {
			if v.encoded && held == "" {
				out.Left = append(out.Left, v.hides(renewals)...)
			}
			continue
		}
		current := renewals[at].Token.Reveal()
		if held == current {
			out.Current = append(out.Current, spot)
			continue
		}
		if e, ok := v.edit(data, held, text, current); ok {
			e.value, spot.Line = i, lines.at(int64(e.from)) // of a block the line that the token is in
			edits = append(edits, e)
			out.Changed = append(out.Changed, spot)
		} else {
			out.Left = append(out.Left, spot)
		}
	}
	out.Data = spliced(data, edits)
	after, err := read(out.Data)
	if err != nil || !before.differsBy(after, edits) {
		return Rewritten{}, ErrUnsure
	}
	return out, nil
}

// holds returns the token that a value is, or is but for what stands around it, "" for none, and the text that it is
// found in.
func (v value) holds() (token, text string) {
	text = v.plain()
	if token = strings.TrimSpace(text); looksLikeToken(token) {
		return token, text
	}
	if name, rest, assigned := strings.Cut(text, "="); assigned && v.listed && name != "" && strings.IndexFunc(name, notInName) < 0 {
		if token = strings.TrimSpace(rest); looksLikeToken(token) {
			return token, text
		}
	}
	return "", ""
}

// plain is the text without its encoding, "" where it is not encoded as it should be.
func (v value) plain() string {
	if !v.encoded {
		return v.text
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(v.text))
	if err != nil {
		return ""
	}
	return string(plain)
}

// edit is how a value gets the current token in the place of the one that it holds.
func (v value) edit(data []byte, held, text, current string) (edit, bool) {
	if v.from >= v.to {
		return edit{}, false
	}
	want := strings.Replace(text, held, current, 1)
	old, replacement := held, current
	if v.encoded {
		old, replacement = strings.TrimSpace(v.text), base64.StdEncoding.EncodeToString([]byte(want))
		want = strings.Replace(v.text, old, replacement, 1)
	}
	raw := string(data[v.from:v.to])
	e := edit{from: v.from, to: v.to, with: replacement, want: want}
	switch {
	case strings.Count(raw, old) == 1:
		e.from += strings.Index(raw, old)
		e.to = e.from + len(old)
	case v.text != held:
		return edit{}, false // it is written with escapes, among other things
	}
	return e, true
}

// spliced is data with edits, which are in their order.
func spliced(data []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.from - b.from })
	out := make([]byte, 0, len(data))
	at := 0
	for _, e := range edits {
		if e.from < at {
			continue // it overlaps another, and what is read again will tell
		}
		out = append(append(out, data[at:e.from]...), e.with...)
		at = e.to
	}
	return append(out, data[at:]...)
}

// differsBy reports whether another layout is this one but for edits.
func (l layout) differsBy(after layout, edits []edit) bool {
	want := make(map[int]string, len(edits))
	for _, e := range edits {
		want[e.value] = e.want
	}
	if len(l.values) != len(after.values) || !slices.Equal(l.rest, after.rest) {
		return false
	}
	for i, v := range l.values {
		text, edited := want[i]
		if !edited {
			text = v.text
		}
		if other := after.values[i]; other.text != text || other.name != v.name || other.encoded != v.encoded {
			return false
		}
	}
	return true
}

// ownerOf is the bot that a token is of, 0 where it is no token as Telegram writes one.
func ownerOf(token string) int64 {
	id := botOf(token)
	if !strings.HasPrefix(token, strconv.FormatInt(id, 10)+":") {
		return 0
	}
	return id
}

// written finds what looks like tokens in a text, also in an address, whose colons may be escaped. Like tomlHeader it is made
// when it is needed, which is hardly ever.
var written = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9]{1,20}(?::|%3[Aa])[0-9A-Za-z_-]{30,}`) })

// unescaped is a token that was found as written finds it.
func unescaped(token string) string {
	return strings.Replace(strings.Replace(token, "%3A", ":", 1), "%3a", ":", 1)
}

// nameOf is what a value is called. What is called by a token has no name that could be shown.
func nameOf(v value) string {
	if written().MatchString(v.name) {
		return ""
	}
	return v.name
}

// hides finds older tokens that are a part of what is encoded.
func (v value) hides(renewals []Renewal) []Spot {
	left := leftIn([]byte(v.plain()), renewals)
	for i := range left {
		left[i].Line, left[i].Name = v.line, nameOf(v)
	}
	return left
}

// once leaves of spots of one bot in one line the first.
func once(spots []Spot) []Spot {
	slices.SortStableFunc(spots, func(a, b Spot) int { return cmp.Or(a.Line-b.Line, cmp.Compare(a.Bot, b.Bot)) })
	return slices.CompactFunc(spots, func(a, b Spot) bool { return a.Line == b.Line && a.Bot == b.Bot })
}

// leftIn finds older tokens that are still in a file.
func leftIn(data []byte, renewals []Renewal) (left []Spot) {
	lines := lineCounter{data: data}
	for _, at := range written().FindAllIndex(data, -1) {
		token := unescaped(string(data[at[0]:at[1]]))
		id := ownerOf(token)
		for _, r := range renewals {
			if r.Bot == id && r.Token.Reveal() != token {
				left = append(left, Spot{Line: lines.at(int64(at[0])), Bot: id})
			}
		}
	}
	return left
}
