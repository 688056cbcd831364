// Package sessionstring reads and writes the session strings of the libraries that bots are written with:
// one line of text that holds an authorization key, and little or much besides.
//
//	session, kind, err := sessionstring.Parse(text)
//	session.APIID = 10001 // which the first library did not keep
//	text, err = sessionstring.Format(session, sessionstring.Pyrogram)
//
// The formats do not name themselves, so Parse tells them by their structure: a text is of a kind only if all
// of it fits, to the last byte. What a kind has no room for is data (Kind.Keeps, Kind.Loses). Only bots'
// sessions are read: where a kind says that it is a user's, Parse refuses it.
//
// The package is pure. Addresses in a string are kept as they stand, and nobody is connected to.
package sessionstring

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"

	"botring/internal/secret"
)

// A Session is what a session string can hold. Fields that its kind does not keep are zero.
type Session struct {
	// DC is the data centre: 1 to 5, or 203.
	DC int
	// Host is where it is reached: an IP address, or with GramJS perhaps a name; "" where that is not known.
	Host string
	// Port belongs to Host, 0 without one.
	Port int
	// Key is the authorization key, 256 bytes.
	Key secret.Secret
	// APIID is the application it was made with, 0 where that is not known.
	APIID int
	// UserID is the bot's, 0 where it is not known.
	UserID int64
	// Test: it belongs to Telegram's test environment. False where a kind does not say.
	Test bool
	// Salt is the server salt last seen, 0 for none; a wrong one costs one round trip.
	Salt int64
}

// Limits of what can stand in a session string.
const (
	keyBytes   = 256
	keyIDBytes = 8
	// maxText is the longest text that is looked at, in bytes: gotd's with the list of data centres and in
	// GoTGProto's wrapping has half of it.
	maxText = 16 << 10
	// maxUserID: ids of users and bots have at most 52 significant bits (core.telegram.org/bots/api#user).
	maxUserID = 1<<52 - 1
	maxAPIID  = 1<<31 - 1
)

// KeyID names the key in hexadecimal without giving it away: it travels openly with every message
// (core.telegram.org/mtproto/description#key-identifier-auth-key-id).
func (s Session) KeyID() string {
	id := keyID([]byte(s.Key.Reveal()))
	return hex.EncodeToString(id[:])
}

func keyID(key []byte) (id [keyIDBytes]byte) {
	sum := sha1.Sum(key) //nolint:gosec // The protocol's.
	copy(id[:], sum[12:])
	return id
}

// Detect says which kind a text is, Unknown if it is not whole or none at all. A user's session is detected
// as well, although Parse refuses it.
func Detect(text secret.Secret) Kind {
	_, kind, err := parse(strings.TrimSpace(text.Reveal()))
	if err != nil && err.Reason != UserAccount {
		return Unknown
	}
	return kind
}

// Parse reads a session string of any kind; blanks around it do not count. Its error is an *Error, which holds
// nothing of the text; the kind that comes with one is what the text seems to be.
func Parse(text secret.Secret) (Session, Kind, error) {
	session, kind, err := parse(strings.TrimSpace(text.Reveal()))
	if err != nil {
		err.Kind = kind
		return Session{}, kind, err
	}
	return session, kind, nil
}

// parse looks first at what no two kinds share: the braces of JSON, the 1 of Telethon and GramJS, which in
// base64 begins a byte that the others never begin with. Then come those whose structure cannot be met by
// chance, and last Pyrogram's, which are told by their length and by flags.
func parse(text string) (Session, Kind, *Error) {
	switch {
	case text == "":
		return Session{}, Unknown, &Error{Reason: Empty}
	case len(text) > maxText:
		return Session{}, Unknown, &Error{Reason: TooLong, Got: len(text), Want: maxText}
	case text[0] == '{':
		session, err := parseGotd(text)
		return session, Gotd, err
	case strings.HasPrefix(text, "eyJ"): // {" in base64
		session, err := parseGoTGProto(text)
		return session, GoTGProto, err
	case text[0] == '1':
		return parseNumbered(text[1:])
	}
	body, err := decode(text)
	switch {
	case err != nil:
		return Session{}, guess(text, err), err
	case isMTKruto(body):
		return parseMTKruto(body)
	case isMtcute(body):
		session, err := parseMtcute(body)
		return session, Mtcute, err
	}
	return parsePyrogram(body)
}

// guess says what a text seems to be whose last characters make no whole byte.
func guess(text string, err *Error) Kind {
	if err.Reason != Cut {
		return Unknown
	}
	body, err := decode(text[:len(text)/4*4])
	switch {
	case err != nil:
		return Unknown
	case isMTKruto(body):
		return MTKruto
	case isMtcute(body):
		return Mtcute
	case isPartOfPyrogram(body):
		return Pyrogram
	}
	return Unknown
}

// Format writes a session as a kind has it. Its error is a *FormatError: a field that the kind needs is
// missing, or has a value that it has no room for. What the kind does not keep is left out.
func Format(s Session, kind Kind) (secret.Secret, error) {
	if err := check(s, kind); err != nil {
		return secret.Secret{}, err
	}
	var space [maxBody]byte
	body := space[:0]
	switch kind {
	case Unknown, PyrogramOld32: // refused above
	case Telethon:
		return encode("1", urlPadded, appendTelethon(body, s)), nil
	case GramJS:
		return encode("1", stdPadded, appendGramJS(body, s)), nil
	case Pyrogram, PyrogramOld64:
		return encode("", url, appendPyrogram(body, s, kind)), nil
	case Mtcute:
		return encode("", url, appendMtcute(body, s)), nil
	case MTKruto, MTKrutoLegacy:
		return encode("", url, appendMTKruto(body, s, kind)), nil
	case Gotd:
		return secret.New(string(appendGotd(body, s))), nil
	case GoTGProto:
		return encode("", stdPadded, appendGoTGProto(body, s)), nil
	}
	return secret.Secret{}, nil
}

// maxBody is room for the largest that Format writes before the last base64, GoTGProto's with a long host name.
const maxBody = 1280

// check says what keeps a session from being written as a kind.
func check(s Session, kind Kind) error {
	missing := func(field Field) error { return &FormatError{Kind: kind, Field: field, Problem: Missing} }
	unfit := func(field Field) error { return &FormatError{Kind: kind, Field: field, Problem: NoRoom} }
	switch {
	case !kind.Writable():
		return &FormatError{Kind: kind, Problem: ReadOnly}
	case s.Key.Empty():
		return missing(FieldKey)
	case s.Key.Len() != keyBytes:
		return unfit(FieldKey)
	case s.DC == 0:
		return missing(FieldDC)
	case !isDC(int64(s.DC)):
		return unfit(FieldDC)
	case kind.Needs(FieldAddress) && s.Host == "":
		return missing(FieldAddress)
	case kind.Keeps(FieldAddress) && s.Host != "" && !kind.canReach(s.Host, s.Port):
		return unfit(FieldAddress)
	case kind.Needs(FieldAPIID) && s.APIID == 0:
		return missing(FieldAPIID)
	case kind.Keeps(FieldAPIID) && !isAPIID(int64(s.APIID)):
		return unfit(FieldAPIID)
	case kind.Needs(FieldUserID) && s.UserID == 0:
		return missing(FieldUserID)
	case kind.Keeps(FieldUserID) && s.UserID != 0 && !isUserID(s.UserID):
		return unfit(FieldUserID)
	}
	return nil
}

func isDC(id int64) bool { return id >= 1 && id <= 5 || id == 203 }

func isAPIID(id int64) bool { return id >= 1 && id <= maxAPIID }

func isUserID(id int64) bool { return id >= 1 && id <= maxUserID }
