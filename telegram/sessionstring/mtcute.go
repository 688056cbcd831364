package sessionstring

import (
	"encoding/binary"
	"strings"

	"botring/internal/secret"
)

// mtcute's is TL: a version, flags, the data centre, who it belongs to, the key.
// Source: mtcute, packages/core/src/highlevel/utils/string-session.ts and src/utils/dcs.ts.
const (
	mtcuteVersion = 3

	mtcuteSelf    = 1 << 0 // who it belongs to is in it
	mtcuteOldTest = 1 << 1 // where the test flag stood before version 3
	mtcuteMedia   = 1 << 2 // a data centre for media follows the first

	mtcuteDCVersion = 2
	mtcuteDCIPv6    = 1 << 0
	mtcuteDCMedia   = 1 << 1
	mtcuteDCTest    = 1 << 2

	tlTrue, tlFalse = 0x997275b5, 0xbc799737 // boolTrue and boolFalse
)

// isMtcute reports whether a body begins as mtcute's do. Its data centre is TL inside of TL, so it has a
// length of 3 beyond a multiple of 4. In versions 1 and 2 an object of the API stood there, dcOption#18b7a10d.
func isMtcute(body []byte) bool {
	if len(body) < 10 || binary.LittleEndian.Uint32(body[1:])&^(mtcuteSelf|mtcuteOldTest|mtcuteMedia) != 0 {
		return false
	}
	switch body[0] {
	case 1, 2:
		return binary.LittleEndian.Uint32(body[5:]) == 0x18b7a10d
	case mtcuteVersion:
		length, version := body[5], body[6]
		if length == tlLongForm {
			length, version = body[6], body[9]
		}
		return length&3 == 3 && (version == 1 || version == mtcuteDCVersion)
	}
	return false
}

func parseMtcute(body []byte) (Session, *Error) {
	c := cursor{rest: body}
	if version := c.uint8(); version != mtcuteVersion {
		return Session{}, &Error{Reason: Version, Got: int(version), Want: mtcuteVersion}
	}
	flags := c.tlInt()
	option, dcOK := c.tlBytes()
	session, err := parseMtcuteDC(option)
	if flags&mtcuteMedia != 0 {
		// The library does without it, and no other kind has it.
		_, mediaOK := c.tlBytes()
		dcOK = dcOK && mediaOK
	}
	self, bot := flags&mtcuteSelf != 0, uint32(tlTrue)
	if self {
		session.UserID = c.tlLong()
		bot = uint32(c.tlInt())
	}
	key, keyOK := c.tlBytes()
	switch {
	case c.cut:
		return Session{}, &Error{Reason: Cut}
	case !dcOK:
		return Session{}, implausible(FieldDC)
	case err != nil:
		return Session{}, err
	case !keyOK || len(key) != keyBytes:
		return Session{}, implausible(FieldKey)
	case len(c.rest) > 0:
		return Session{}, misfit(len(body), len(body)-len(c.rest))
	case self && !isUserID(session.UserID):
		return Session{}, implausible(FieldUserID)
	case bot != tlTrue && bot != tlFalse:
		return Session{}, implausible(FieldBot)
	case bot == tlFalse:
		return Session{}, &Error{Reason: UserAccount}
	}
	session.Test = session.Test || flags&mtcuteOldTest != 0
	session.Key = secret.New(string(key))
	return session, nil
}

func parseMtcuteDC(option []byte) (Session, *Error) {
	c := cursor{rest: option}
	version, dc, flags := c.uint8(), int(c.uint8()), c.uint8()
	host, ok := c.tlBytes()
	port := int(c.tlInt())
	switch {
	case c.cut || !ok || len(c.rest) > 0 || version < 1 || version > mtcuteDCVersion || !isDC(int64(dc)):
		return Session{}, implausible(FieldDC)
	case !Mtcute.canReach(string(host), port):
		return Session{}, implausible(FieldAddress)
	}
	return Session{DC: dc, Host: string(host), Port: port, Test: version == mtcuteDCVersion && flags&mtcuteDCTest != 0}, nil
}

func appendMtcute(b []byte, s Session) []byte {
	var space [3 + 4 + maxHost + 4 + 4]byte
	dcFlags := byte(0)
	if strings.Contains(s.Host, ":") {
		dcFlags |= mtcuteDCIPv6
	}
	if s.Test {
		dcFlags |= mtcuteDCTest
	}
	option := append(space[:0], mtcuteDCVersion, byte(s.DC), dcFlags)
	option = appendTL(option, s.Host)
	option = binary.LittleEndian.AppendUint32(option, uint32(s.Port))

	flags := uint32(0)
	if s.UserID != 0 {
		flags |= mtcuteSelf
	}
	b = append(b, mtcuteVersion)
	b = binary.LittleEndian.AppendUint32(b, flags)
	b = appendTL(b, string(option))
	if s.UserID != 0 {
		b = binary.LittleEndian.AppendUint64(b, uint64(s.UserID))
		b = binary.LittleEndian.AppendUint32(b, tlTrue)
	}
	return appendTL(b, s.Key.Reveal())
}
