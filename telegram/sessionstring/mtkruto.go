package sessionstring

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"botring/internal/secret"
)

// MTKruto's is TL in which every run of zeros is written as a zero and their number: the data centre as text,
// the key, and since 2024 the api_id, whether it is a bot's, and whose.
// Source: MTKruto, client/0_storage_operations.ts and utilities/0_rle.ts.
const (
	mtkrutoTest = "-test"
	mtkrutoTail = 4 + 1 + 8 // all that follows the key
	mtkrutoHead = 12 + 4    // all that precedes it, with "203-test"
	mtkrutoMost = mtkrutoHead + keyBytes + mtkrutoTail
	maxRun      = 255
)

// isMTKruto reports whether a body begins as MTKruto's do: with a data centre as text, and then 256 bytes.
// Eight bytes have to fit, none of which is the key's.
func isMTKruto(body []byte) bool {
	var space [mtkrutoHead]byte // what does not fit is not looked at
	plain, _ := expand(space[:0], body)
	c := cursor{rest: plain}
	name, ok := c.tlBytes()
	_, _, named := mtkrutoDC(string(name))
	return ok && named && c.tlInt() == keyBytes<<8|tlLongForm
}

func mtkrutoDC(name string) (dc int, test, ok bool) {
	digits, test := strings.CutSuffix(name, mtkrutoTest)
	dc, err := strconv.Atoi(digits)
	return dc, test, err == nil && isDC(int64(dc)) && strconv.Itoa(dc) == digits
}

// parseMTKruto reads what isMTKruto has looked at. One of today's that was cut off right behind the key is a
// whole one of the older form, and true as far as it goes.
func parseMTKruto(body []byte) (Session, Kind, *Error) {
	var space [mtkrutoMost]byte
	plain, bad := expand(space[:0], body)
	c := cursor{rest: plain}
	name, _ := c.tlBytes()
	key, _ := c.tlBytes()
	if bad == 0 && !c.cut && len(c.rest) == 0 {
		session := Session{Key: secret.New(string(key))}
		session.DC, session.Test, _ = mtkrutoDC(string(name))
		return session, MTKrutoLegacy, nil
	}
	apiID, bot, userID := int64(c.tlInt()), c.uint8(), c.tlLong()
	switch {
	case bad == Implausible: // where the zeros are, most of all
		return Session{}, MTKruto, implausible(FieldKey)
	case bad != 0:
		return Session{}, MTKruto, &Error{Reason: bad}
	case c.cut:
		return Session{}, MTKruto, &Error{Reason: Cut}
	case len(c.rest) > 0:
		return Session{}, MTKruto, misfit(len(plain), len(plain)-len(c.rest))
	case !isAPIID(apiID):
		return Session{}, MTKruto, implausible(FieldAPIID)
	case bot > 1:
		return Session{}, MTKruto, implausible(FieldBot)
	case !isUserID(userID):
		return Session{}, MTKruto, implausible(FieldUserID)
	case bot == 0:
		return Session{}, MTKruto, &Error{Reason: UserAccount}
	}
	session := Session{Key: secret.New(string(key)), APIID: int(apiID), UserID: userID}
	session.DC, session.Test, _ = mtkrutoDC(string(name))
	return session, MTKruto, nil
}

func appendMTKruto(b []byte, s Session, kind Kind) []byte {
	var space [mtkrutoMost]byte
	name := strconv.Itoa(s.DC)
	if s.Test {
		name += mtkrutoTest
	}
	plain := appendTL(appendTL(space[:0], name), s.Key.Reveal())
	if kind == MTKruto {
		plain = binary.LittleEndian.AppendUint32(plain, uint32(s.APIID))
		plain = append(plain, 1) // a bot's
		plain = binary.LittleEndian.AppendUint64(plain, uint64(s.UserID))
	}
	return squeeze(b, plain)
}

// squeeze writes runs of zeros as a zero and their number.
func squeeze(b, plain []byte) []byte {
	run := 0
	for i, c := range plain {
		if c != 0 {
			b = append(b, c)
			continue
		}
		run++
		if run == maxRun || i+1 == len(plain) || plain[i+1] != 0 {
			b = append(b, 0, byte(run))
			run = 0
		}
	}
	return b
}

// expand undoes squeeze, as far as b has capacity. What squeeze would not have written is refused: Cut where
// the number of zeros is missing, Long where there is no room for more, else Implausible.
func expand(b, squeezed []byte) (plain []byte, bad Reason) {
	for last := maxRun; ; {
		literal := squeezed
		zero := bytes.IndexByte(squeezed, 0)
		if zero >= 0 {
			literal = squeezed[:zero]
		}
		room := cap(b) - len(b)
		b = append(b, literal[:min(len(literal), room)]...)
		switch {
		case len(literal) > room:
			return b, Long
		case zero < 0:
			return b, 0
		case zero+1 == len(squeezed):
			return b, Cut
		}
		run := int(squeezed[zero+1])
		if run == 0 || zero == 0 && last != maxRun { // runs follow each other only where one was full
			return b, Implausible
		}
		begins, room := len(b), cap(b)-len(b)
		b = b[:begins+min(run, room)]
		clear(b[begins:])
		if run > room {
			return b, Long
		}
		squeezed, last = squeezed[zero+2:], run
	}
}
