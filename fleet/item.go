package fleet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/telegram"
)

// maxItem is the largest value in bytes that is ever written: it fits every keyring there is, Windows'
// 2,560 bytes of UTF-16 included.
const maxItem = 1200

// itemVersion is the version of the values below. An item of a newer one is neither read nor replaced.
const itemVersion = 1

// A botItem is what the keyring holds of a bot: its secrets, and enough besides to make its row again.
type botItem struct {
	// Save is the nonce of the save that wrote it, by which the journal knows its own.
	Save    string
	Token   secret.Secret
	APIID   int
	Label   string
	Tags    []string
	Profile Profile
	// Session is the default one, nil if there is none.
	Session *sessionItem
}

// A sessionItem is a session and where it runs: At is what that place is called, Since since when it does.
type sessionItem struct {
	telegram.Session
	Runs  store.Place
	At    string
	Since time.Time
	// Save is the nonce of the save that wrote it, of a session that has an item of its own.
	Save string
}

// An appItem is what the keyring holds of an app.
type appItem struct {
	Name  string
	APIID int
	Hash  secret.Secret
}

type (
	botJSON struct {
		V       int          `json:"v"`
		Save    string       `json:"save,omitempty"`
		Token   string       `json:"token"`
		APIID   int          `json:"api_id,omitempty"`
		Label   string       `json:"label,omitempty"`
		Tags    []string     `json:"tags,omitempty"`
		Profile *profileJSON `json:"profile,omitempty"`
		Session *sessionJSON `json:"session,omitempty"`
	}
	profileJSON struct {
		Username    string `json:"username,omitempty"`
		FirstName   string `json:"first_name,omitempty"`
		DC          int    `json:"dc,omitempty"`
		Inline      bool   `json:"inline,omitempty"`
		Groups      bool   `json:"groups,omitempty"`
		ReadsAll    bool   `json:"reads_all,omitempty"`
		ManagesBots bool   `json:"manages_bots,omitempty"`
	}
	sessionJSON struct {
		Key    []byte      `json:"key"`
		DC     int         `json:"dc"`
		Addr   string      `json:"addr,omitempty"`
		Salt   int64       `json:"salt,string"` // a number of this size does not survive other languages
		APIID  int         `json:"api_id"`
		MadeAt int64       `json:"made_at,omitempty"` // milliseconds since 1970
		Runs   store.Place `json:"runs"`
		At     string      `json:"at,omitempty"`
		Since  int64       `json:"since,omitempty"` // milliseconds since 1970
	}
	furtherJSON struct {
		V       int          `json:"v"`
		Save    string       `json:"save,omitempty"`
		Session *sessionJSON `json:"session"`
	}
	pendingJSON struct {
		V     int    `json:"v"`
		Token string `json:"token"`
	}
	appJSON struct {
		V     int    `json:"v"`
		Name  string `json:"name"`
		APIID int    `json:"api_id"`
		Hash  string `json:"api_hash"`
	}
)

// The names of items.

func botItemName(key Key) string {
	return "bot/" + key.Environment + "/" + strconv.FormatInt(key.ID, 10)
}

func sessionItemName(key Key, session string) string { return botItemName(key) + "/" + session }

func appItemName(apiID int) string { return "app/" + strconv.Itoa(apiID) }

// parseBotItemName reads the name of a bot's item, or of a further session's.
func parseBotItemName(name string) (key Key, session string, ok bool) {
	parts := strings.Split(name, "/")
	if len(parts) < 3 || len(parts) > 4 || parts[0] != "bot" || parts[1] == "" {
		return Key{}, "", false
	}
	id, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != parts[2] {
		return Key{}, "", false
	}
	if len(parts) == 4 {
		session = parts[3]
		if session == "" || session == store.DefaultSession {
			return Key{}, "", false
		}
	}
	return Key{Environment: parts[1], ID: id}, session, true
}

// pendingItems is what the names of tokens begin with that were pasted and are not their bots' yet.
const pendingItems = "pending/"

func pendingItemName(key Key) string {
	return pendingItems + key.Environment + "/" + strconv.FormatInt(key.ID, 10)
}

func parsePendingItemName(name string) (Key, bool) {
	rest, found := strings.CutPrefix(name, pendingItems)
	key, session, ok := parseBotItemName("bot/" + rest)
	return key, found && ok && session == ""
}

func parseAppItemName(name string) (apiID int, ok bool) {
	text, found := strings.CutPrefix(name, "app/")
	id, err := strconv.ParseInt(text, 10, 32)
	return int(id), found && err == nil && id > 0 && strconv.FormatInt(id, 10) == text
}

// label is what people see of the item in keyring programs.
func (b botItem) label(key Key) string {
	if b.Profile.Username != "" {
		return "botring: @" + b.Profile.Username
	}
	id := strconv.FormatInt(key.ID, 10)
	if key.String() == id {
		return "botring: " + id
	}
	return "botring: " + id + " (" + key.Environment + ")"
}

// label is what people see of the item in keyring programs.
func (a appItem) label() string { return "botring: app " + a.Name }

// The longest strings of a profile that are kept, in characters: Telegram's own limits.
const (
	maxUsername  = 32
	maxFirstName = 64
)

// encode makes the value of a bot's item. It never refuses for size: what can be asked of Telegram again
// goes first, then what the catalogue has too.
func (b botItem) encode() (secret.Secret, error) {
	out := botJSON{
		V: itemVersion, Save: b.Save, Token: b.Token.Reveal(), APIID: b.APIID, Label: b.Label, Tags: b.Tags,
		Session: b.Session.toJSON(),
	}
	if b.Profile != (Profile{}) {
		p := profileJSON(b.Profile)
		p.Username, p.FirstName = clip(p.Username, maxUsername), clip(p.FirstName, maxFirstName)
		out.Profile = &p
	}
	for _, lighter := range []func(){
		func() { out.Profile = nil },
		func() { out.Tags = nil },
		func() { out.Label = "" },
		func() {},
	} {
		value, err := encodeJSON(out)
		if err != nil || len(value) <= maxItem {
			return secret.New(value), err
		}
		lighter()
	}
	return secret.Secret{}, fmt.Errorf("item of a bot is over %d bytes", maxItem)
}

func (a appItem) encode() (secret.Secret, error) {
	value, err := encodeJSON(appJSON{V: itemVersion, Name: a.Name, APIID: a.APIID, Hash: a.Hash.Reveal()})
	return secret.New(value), err
}

// encodePending makes the value of a pasted token's item.
func encodePending(token secret.Secret) (secret.Secret, error) {
	value, err := encodeJSON(pendingJSON{V: itemVersion, Token: token.Reveal()})
	return secret.New(value), err
}

// encodeFurther makes the value of a further session's item.
func (s *sessionItem) encodeFurther() (secret.Secret, error) {
	value, err := encodeJSON(furtherJSON{V: itemVersion, Save: s.Save, Session: s.toJSON()})
	return secret.New(value), err
}

func (s *sessionItem) toJSON() *sessionJSON {
	if s == nil {
		return nil
	}
	out := &sessionJSON{Key: []byte(s.Key.Reveal()), DC: s.DC, Addr: s.Addr, Salt: s.Salt, APIID: s.APIID, Runs: s.Runs, At: s.At}
	if !s.MadeAt.IsZero() {
		out.MadeAt = s.MadeAt.UnixMilli()
	}
	if !s.Since.IsZero() {
		out.Since = s.Since.UnixMilli()
	}
	return out
}

func encodeJSON(v any) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // six bytes for a "<" that no browser will see
	if err := encoder.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

func clip(text string, runes int) string {
	if len(text) <= runes {
		return text
	}
	all := []rune(text)
	return string(all[:min(runes, len(all))])
}

// authKeySize is the size of an auth key in bytes.
const authKeySize = 256

// decodeBotItem reads the value of key's item: ErrItemNewer or ErrItemDamaged if it cannot.
func decodeBotItem(key Key, value secret.Secret) (botItem, error) {
	var in botJSON
	if err := decodeJSON(botItemName(key), value, &in, &in.V); err != nil {
		return botItem{}, err
	}
	id, _, _ := strings.Cut(in.Token, ":")
	if id != strconv.FormatInt(key.ID, 10) || in.APIID < 0 {
		return botItem{}, damaged(botItemName(key))
	}
	out := botItem{Save: in.Save, Token: secret.New(in.Token), APIID: in.APIID, Label: in.Label, Tags: slices.Clip(in.Tags)}
	if in.Profile != nil {
		out.Profile = Profile(*in.Profile)
	}
	var err error
	out.Session, err = in.Session.session(key, botItemName(key))
	return out, err
}

// decodeFurther reads the value of a further session's item.
func decodeFurther(key Key, name string, value secret.Secret) (*sessionItem, error) {
	var in furtherJSON
	item := sessionItemName(key, name)
	if err := decodeJSON(item, value, &in, &in.V); err != nil {
		return nil, err
	}
	session, err := in.Session.session(key, item)
	switch {
	case err != nil:
		return nil, err
	case session == nil:
		return nil, damaged(item)
	}
	session.Save = in.Save
	return session, nil
}

// decodePending reads the token that was pasted for a bot.
func decodePending(key Key, value secret.Secret) (secret.Secret, error) {
	var in pendingJSON
	if err := decodeJSON(pendingItemName(key), value, &in, &in.V); err != nil {
		return secret.Secret{}, err
	}
	token := secret.New(in.Token)
	if checkReplacement(key, token) != nil {
		return secret.Secret{}, damaged(pendingItemName(key))
	}
	return token, nil
}

func decodeAppItem(apiID int, value secret.Secret) (appItem, error) {
	var in appJSON
	if err := decodeJSON(appItemName(apiID), value, &in, &in.V); err != nil {
		return appItem{}, err
	}
	if in.APIID != apiID || in.Hash == "" {
		return appItem{}, damaged(appItemName(apiID))
	}
	return appItem{Name: in.Name, APIID: in.APIID, Hash: secret.New(in.Hash)}, nil
}

func (s *sessionJSON) session(key Key, item string) (*sessionItem, error) {
	if s == nil {
		return nil, nil
	}
	if len(s.Key) != authKeySize || s.DC < 1 || s.Runs != store.Here && s.Runs != store.Elsewhere {
		return nil, damaged(item)
	}
	out := &sessionItem{
		Session: telegram.Session{
			DC: s.DC, Addr: s.Addr, Environment: key.Environment, Key: secret.New(string(s.Key)), Salt: s.Salt,
			APIID: s.APIID, UserID: key.ID,
		},
		Runs: s.Runs, At: s.At,
	}
	if s.Since != 0 {
		out.Since = time.UnixMilli(s.Since)
	}
	if s.MadeAt != 0 {
		out.MadeAt = time.UnixMilli(s.MadeAt)
	}
	return out, nil
}

// decodeJSON reads value into out and then judges *version, which out holds. Its errors tell the item's
// name and nothing of its content.
func decodeJSON(item string, value secret.Secret, out any, version *int) error {
	text := []byte(value.Reveal())
	var head struct {
		V int `json:"v"`
	}
	// The version first: a newer item may hold other types under the same names.
	if json.Unmarshal(text, &head) == nil && head.V > itemVersion {
		return fmt.Errorf("%w: %s has version %d", ErrItemNewer, item, head.V)
	}
	if json.Unmarshal(text, out) != nil || *version != itemVersion {
		return damaged(item)
	}
	return nil
}

func damaged(item string) error { return fmt.Errorf("%w: %s", ErrItemDamaged, item) }
