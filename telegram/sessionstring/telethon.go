package sessionstring

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"botring/internal/secret"
)

// Telethon's has the address packed, GramJS's as text with its length before it; both begin with a 1.
// Sources: telethon/sessions/string.py, gramjs/sessions/StringSession.ts.
const (
	telethonIPv4  = 1 + 4 + 2 + keyBytes
	telethonIPv6  = 1 + 16 + 2 + keyBytes
	gramJSAround  = 1 + 2 + 2 + keyBytes // all but the address
	gramJSAddress = 3                    // where it begins
)

// parseNumbered reads what follows the 1. GramJS's are looked for first: one whose address has 14 characters is
// as long as Telethon's with IPv6, and no IP address begins as the length and text of an address do.
func parseNumbered(text string) (Session, Kind, *Error) {
	body, err := decode(text)
	if err != nil {
		return Session{}, Telethon, err
	}
	said, atGramJS := saysGramJS(body)
	switch {
	case atGramJS && len(body) == gramJSAround+said:
		session, err := parseGramJS(body, said)
		return session, GramJS, err
	case atGramJS:
		return Session{}, GramJS, misfit(len(body), gramJSAround+said)
	case len(body) == telethonIPv4 && !isCutIPv6(body, text):
		session, err := parseTelethon(body, 4)
		return session, Telethon, err
	case len(body) == telethonIPv6:
		session, err := parseTelethon(body, 16)
		return session, Telethon, err
	case len(body) > telethonIPv6 || isCutIPv6(body, text):
		return Session{}, Telethon, misfit(len(body), telethonIPv6)
	}
	return Session{}, Telethon, misfit(len(body), telethonIPv4)
}

// misfit is the error of a body that is too short or too long.
func misfit(got, want int) *Error {
	if got < want {
		return &Error{Reason: Cut, Got: got, Want: want}
	}
	return &Error{Reason: Long, Got: got, Want: want}
}

// saysGramJS reports whether a body begins as GramJS's do, and how long it says that the address is.
func saysGramJS(body []byte) (said int, ok bool) {
	if len(body) <= gramJSAddress {
		return 0, false
	}
	said = int(binary.BigEndian.Uint16(body[1:]))
	if said < 1 || said > maxHost {
		return said, false
	}
	for _, c := range body[gramJSAddress:min(gramJSAddress+said, len(body))] {
		if c <= ' ' || c > '~' {
			return said, false
		}
	}
	return said, true
}

// isCutIPv6 tells a Telethon string with IPv6 that was cut to the length of one with IPv4. Telegram's IPv6
// addresses begin with 2001:, its IPv4 addresses not with 32.1; and a whole string is padded, or a program
// took the padding away and then left the rest alone.
func isCutIPv6(body []byte, text string) bool {
	return len(body) >= 3 && len(body) < telethonIPv6 && body[1] == 0x20 && body[2] == 0x01 && !strings.HasSuffix(text, "=")
}

func parseTelethon(body []byte, ipBytes int) (Session, *Error) {
	c := cursor{rest: body}
	dc := int(c.uint8())
	packed := c.bytes(ipBytes)
	port := c.uint16()
	key := c.bytes(keyBytes)
	ip, _ := netip.AddrFromSlice(packed)
	switch {
	case !isDC(int64(dc)):
		return Session{}, implausible(FieldDC)
	case port == 0 || !isTelethonIP(packed):
		return Session{}, implausible(FieldAddress)
	}
	return Session{DC: dc, Host: ip.String(), Port: port, Key: secret.New(string(key))}, nil
}

func appendTelethon(b []byte, s Session) []byte {
	ip, _ := netip.ParseAddr(s.Host) // check has parsed it
	b = append(b, byte(s.DC))
	if ip.Is4() {
		packed := ip.As4()
		b = append(b, packed[:]...)
	} else {
		packed := ip.As16()
		b = append(b, packed[:]...)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(s.Port))
	return append(b, s.Key.Reveal()...)
}

func parseGramJS(body []byte, addressBytes int) (Session, *Error) {
	c := cursor{rest: body}
	dc := int(c.uint8())
	c.uint16()
	host := string(c.bytes(addressBytes))
	port := c.uint16()
	key := c.bytes(keyBytes)
	switch {
	case !isDC(int64(dc)):
		return Session{}, implausible(FieldDC)
	case port == 0 || !GramJS.canReach(host, port):
		return Session{}, implausible(FieldAddress)
	}
	return Session{DC: dc, Host: host, Port: port, Key: secret.New(string(key))}, nil
}

func appendGramJS(b []byte, s Session) []byte {
	b = append(b, byte(s.DC))
	b = binary.BigEndian.AppendUint16(b, uint16(len(s.Host)))
	b = append(b, s.Host...)
	b = binary.BigEndian.AppendUint16(b, uint16(s.Port))
	return append(b, s.Key.Reveal()...)
}
