package files

import (
	"encoding/json"
	"strings"

	"botring/telegram/sessionstring"
)

// GramJS keeps a session in a folder of node-localstorage's, a file a value: the name of the session, a divider,
// which may be escaped as %3A, and what it is. Each holds JSON (gramjs/sessions/StoreSession.ts).
const (
	storeKey     = "authKey"
	storeDC      = "dcId"
	storeAddress = "serverAddress"
	storePort    = "port"
)

// storeValues are what the values are that make a session.
func storeValues() []string { return []string{storeKey, storeDC, storeAddress, storePort} }

// stores are the sessions of a folder by what the names of their files begin with.
type stores map[string]*Entry

// of tells whether a file is one that GramJS has written: a value of one of the sessions, or a chat that it has met,
// which is named by its id. With the file of the key comes the session, with others nil.
func (s stores) of(name string) (stored *Entry, taken bool) {
	for _, value := range storeValues() {
		if prefix, is := strings.CutSuffix(name, value); is && s[prefix] != nil {
			if value == storeKey {
				stored = s[prefix]
			}
			return stored, true
		}
	}
	// Where the prefix ends and the id begins only the prefixes tell: one may end in digits or a dash.
	for end := len(name) - 1; end > 0 && isDigit(name[end]); end-- {
		if s[name[:end]] != nil || name[end-1] == '-' && s[name[:end-1]] != nil {
			return nil, true
		}
	}
	return nil, false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// maxStored is the most of one of these files that is read, in bytes: the key, as 256 numbers, has about 1,000.
const maxStored = 8 << 10

// storePrefix is what the names of one session's files begin with, where name is that of its key.
func storePrefix(name string) (prefix string, ok bool) {
	prefix, ok = strings.CutSuffix(name, storeKey)
	return prefix, ok && prefix != ""
}

// readStore reads the session of such a folder from the values of its files, nil for one that is not there. It
// reports whether there is one: a key that was never made is stored as nothing.
func readStore(name string, values map[string][]byte) (Entry, bool) {
	var buffer struct {
		Type string `json:"type"`
		Data []int  `json:"data"`
	}
	if json.Unmarshal(values[storeKey], &buffer) != nil || buffer.Type != "Buffer" {
		return Entry{}, false
	}
	refused := Entry{Name: name, Kind: sessionstring.GramJS, Refused: wrongDatabase(OtherValues)}
	var key []byte
	for _, b := range buffer.Data {
		if b < 0 || b > 255 {
			return refused, true
		}
		key = append(key, byte(b))
	}
	var dc, port int64
	var host string
	for _, each := range []struct {
		name string
		into any
	}{{storeDC, &dc}, {storePort, &port}, {storeAddress, &host}} {
		if value := values[each.name]; value != nil && json.Unmarshal(value, each.into) != nil {
			return refused, true
		}
	}
	row := storedSession{dc: dc, key: key, host: host, port: port}
	entry, err := row.entry(sessionstring.GramJS)
	if err != nil {
		return refused, true
	}
	entry.Name = name
	return entry, true
}

// storeName is the session's name as its program knows it.
func storeName(prefix string) string {
	return strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(prefix, "%3A"), "%3a"), ":._-")
}
