package sessionstring

import (
	"encoding/binary"

	"botring/internal/secret"
)

// Pyrogram's are told by their length: nothing in them says what they are. In the order of their age,
// >B?256sI?, >B?256sQ? and >BI?256sQ? in the language of Python's struct.
// Sources: pyrogram/storage/storage.py of Pyrogram 2, pyrogram/storage/memory_storage.py of 1.4.
const (
	pyrogramOld32 = 1 + 1 + keyBytes + 4 + 1
	pyrogramOld64 = 1 + 1 + keyBytes + 8 + 1
	pyrogram      = 1 + 4 + 1 + keyBytes + 8 + 1
	// pyrogramLeast and pyrogramMost bound what may be one that was cut or copied with something behind it.
	pyrogramLeast = 128
	pyrogramMost  = 2 * pyrogram
)

func parsePyrogram(body []byte) (Session, Kind, *Error) {
	var kind Kind
	switch len(body) {
	case pyrogram:
		kind = Pyrogram
	case pyrogramOld64:
		kind = PyrogramOld64
	case pyrogramOld32:
		kind = PyrogramOld32
	default:
		if isPartOfPyrogram(body) {
			return Session{}, Pyrogram, misfit(len(body), pyrogram)
		}
		return Session{}, Unknown, &Error{Reason: Unrecognised, Got: len(body)}
	}
	session, err := parsePyrogramBody(body, kind)
	return session, kind, err
}

// isPartOfPyrogram is a guess, which only an error makes use of.
func isPartOfPyrogram(body []byte) bool {
	return len(body) > pyrogramLeast && len(body) < pyrogramMost && isDC(int64(body[0]))
}

func parsePyrogramBody(body []byte, kind Kind) (Session, *Error) {
	c := cursor{rest: body}
	dc := int(c.uint8())
	apiID := int64(0)
	if kind == Pyrogram {
		apiID = int64(c.uint32())
	}
	test := c.uint8()
	key := c.bytes(keyBytes)
	var userID uint64
	if kind == PyrogramOld32 {
		userID = uint64(c.uint32())
	} else {
		userID = c.uint64()
	}
	bot := c.uint8()
	switch {
	case !isDC(int64(dc)):
		return Session{}, implausible(FieldDC)
	case kind == Pyrogram && !isAPIID(apiID):
		return Session{}, implausible(FieldAPIID)
	case test > 1:
		return Session{}, implausible(FieldTest)
	case userID > maxUserID || userID == 0:
		return Session{}, implausible(FieldUserID)
	case bot > 1:
		return Session{}, implausible(FieldBot)
	case bot == 0:
		return Session{}, &Error{Reason: UserAccount}
	}
	return Session{
		DC: dc, APIID: int(apiID), Test: test == 1, Key: secret.New(string(key)), UserID: int64(userID),
	}, nil
}

func appendPyrogram(b []byte, s Session, kind Kind) []byte {
	b = append(b, byte(s.DC))
	if kind == Pyrogram {
		b = binary.BigEndian.AppendUint32(b, uint32(s.APIID))
	}
	b = appendFlag(b, s.Test)
	b = append(b, s.Key.Reveal()...)
	b = binary.BigEndian.AppendUint64(b, uint64(s.UserID))
	return append(b, 1) // a bot's
}

func appendFlag(b []byte, flag bool) []byte {
	if flag {
		return append(b, 1)
	}
	return append(b, 0)
}
