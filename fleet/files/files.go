// Package files reads bots' credentials out of the files that people keep them in: a list of tokens, a table, a
// .env, JSON, YAML, and the sessions that other libraries keep; and it puts other tokens into such files. Read and Rewrite
// are pure: bytes in, entries or bytes out, nothing asked. Gather opens files and writes none, InPlace replaces one.
//
// It recognises and does not judge. What stands where a token belongs becomes an entry even where it can be no
// token, so that nobody wonders where a line went; package fleet says what is wrong with it.
package files

import (
	"bytes"
	"encoding/binary"
	"errors"
	"path"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// MaxSize is the largest file that is read, in bytes.
const MaxSize = 64 << 20

// ErrNotText is the error of a file that holds something else than text.
var ErrNotText = errors.New("not a text file")

// A Format is what a file was taken for.
type Format int

// The formats.
const (
	List  Format = iota // a token a line
	Table               // CSV or TSV, with a header or without
	Env                 // KEY=value lines
	JSON
	YAML         // docker-compose files too
	TOML         // only rewritten
	SessionFile  // SQLite, as Telethon and Pyrogram keep a session
	SessionText  // gotd's JSON, which is a file of its own
	SessionStore // a folder, as GramJS keeps a session
	Folder
)

// String is the format's name, as JSON has it.
func (f Format) String() string {
	switch f {
	case List:
		return "list"
	case Table:
		return "table"
	case Env:
		return "env"
	case JSON:
		return "json"
	case YAML:
		return "yaml"
	case TOML:
		return "toml"
	case SessionFile:
		return "session_file"
	case SessionText:
		return "session"
	case SessionStore:
		return "session_folder"
	case Folder:
		return "folder"
	}
	return "unknown"
}

// An Entry is one bot's credentials as a file has them, trimmed of blanks and quotes: a token and what belongs to
// it, or a session. What the file does not tell is empty.
type Entry struct {
	// File is where it stands within a folder, with slashes, "" where one file was read. Line is where in the
	// file, from 1, and 0 where the whole file is meant. Name is what it is called there: a variable, or "".
	File string
	Line int
	Name string
	// Stem is the name of the file without its folders and ending, "" where it has none.
	Stem string

	// Session is there in place of a token, with Kind the library's whose form it has.
	Session *sessionstring.Session
	Kind    sessionstring.Kind
	// Bot is whose session it is by the token that stands beside it, 0 where none does.
	Bot int64
	// Refused is why what stands here as a session is not taken: a *sessionstring.Error or a *DatabaseError.
	Refused error

	Token secret.Secret
	// Preferred: somebody chose this token over others of its bot that stand further up.
	Preferred bool
	// APIID is text: whether it is a number has yet to be seen. App is the name or api_id of a saved app.
	APIID   string
	APIHash secret.Secret
	App     string

	Label       string
	Tags        []string
	Environment string
}

// IsSession reports whether the entry is a session's, perhaps one that is refused.
func (e Entry) IsSession() bool { return e.Session != nil || e.Refused != nil }

// A Document is what a file or a folder yields.
type Document struct {
	Format  Format
	Entries []Entry

	// Of a folder: how many files had something in them, how many had nothing that is known, and how many
	// links were not followed. Incomplete: there was more than is looked at.
	Files, Skipped, Links int
	Incomplete            bool
}

// Read finds the credentials in a file. The name says what it may be where its content leaves that open; it may
// be empty. The error is ErrNotText, a *SyntaxError, or a *DatabaseError of a database that is not a session's at all.
func Read(name string, data []byte) (Document, error) {
	doc, err := read(name, data)
	attribute(doc.Entries)
	return doc, err
}

func read(name string, data []byte) (Document, error) {
	if isDatabase(data) {
		return readSessionFile(data)
	}
	text, err := decode(data)
	if err != nil {
		return Document{}, err
	}
	if entry, ok := sessionIn(text); ok && entry.Kind == sessionstring.Gotd {
		return Document{Format: SessionText, Entries: []Entry{entry}}, nil
	}
	lines := strings.Split(text, "\n")
	base := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	if read, is := structure(base, text); read != nil {
		trees, err := read([]byte(text))
		return Document{Format: is, Entries: entriesOf(trees)}, err
	}
	if isEnv(base, lines) {
		return Document{Format: Env, Entries: readEnv(lines)}, nil
	}
	if comma, ok := delimiter(base, lines); ok {
		return Document{Format: Table, Entries: readTable(text, comma)}, nil
	}
	return Document{Format: List, Entries: readList(lines)}, nil
}

// The marks that UTF-16 begins with.
const (
	littleEndian = "\xff\xfe"
	bigEndian    = "\xfe\xff"
)

func isUTF16(data []byte) bool {
	return bytes.HasPrefix(data, []byte(littleEndian)) || bytes.HasPrefix(data, []byte(bigEndian))
}

// decode makes text of a file: UTF-8, or UTF-16 with its mark, as PowerShell and Excel write it.
func decode(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte(littleEndian)):
		data = fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte(bigEndian)):
		data = fromUTF16(data[2:], binary.BigEndian)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) {
		return "", ErrNotText
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	return strings.ReplaceAll(text, "\r", "\n"), nil
}

func fromUTF16(data []byte, order binary.ByteOrder) []byte {
	if len(data)%2 != 0 {
		return []byte{0} // no text
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

// structure recognises JSON and YAML, by the name or by how the text begins.
func structure(base, text string) (read func([]byte) ([]node, error), is Format) {
	text = strings.TrimSpace(text)
	switch ext := path.Ext(base); {
	case ext == ".json", strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return readJSON, JSON
	case ext == ".yaml", ext == ".yml", strings.HasPrefix(text, "---\n"):
		return readYAML, YAML
	}
	return nil, List
}

// Trim takes blanks and one pair of quotes off a value.
func trim(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'' || s[0] == '`') && s[len(s)-1] == s[0] {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}

// minSecret is how many characters must follow the colon for something to be taken for a token by its look
// alone: times of day and addresses are digits and a colon too.
const minSecret = 30

// looksLikeToken reports whether a word has the form of a bot token: digits, a colon, and enough of the
// characters that tokens have.
func looksLikeToken(word string) bool {
	digits, rest, found := strings.Cut(word, ":")
	return found && digits != "" && strings.Trim(digits, "0123456789") == "" && len(rest) >= minSecret &&
		strings.IndexFunc(rest, func(r rune) bool { return !isTokenRune(r) }) < 0
}

func isTokenRune(r rune) bool {
	return r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// isComment reports whether a line says nothing.
func isComment(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//")
}
