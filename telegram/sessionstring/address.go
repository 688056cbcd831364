package sessionstring

import (
	"net/netip"
	"strconv"
	"strings"
)

const (
	maxPort = 1<<16 - 1
	// maxSignedPort is the largest port that GramJS reads and writes: its ports are signed.
	maxSignedPort = 1<<15 - 1
	// maxHost is how long a name can be (RFC 1035, 2.3.4, without the root's dot).
	maxHost = 253
)

// isHost reports whether a text can be an address or a name: what has a colon must be IPv6, what has nothing
// but digits and dots IPv4.
func isHost(text string) bool {
	if text == "" || len(text) > maxHost {
		return false
	}
	digits := true
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= '0' && c <= '9', c == '.':
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '_', c == ':':
			digits = false
		default:
			return false
		}
	}
	if digits || strings.Contains(text, ":") {
		_, err := netip.ParseAddr(text)
		return err == nil
	}
	return true
}

// canReach reports whether the kind can hold an address.
func (k Kind) canReach(host string, port int) bool {
	switch {
	case !isHost(host) || port < 1 || port > maxPort:
		return false
	case k == Telethon:
		ip, err := netip.ParseAddr(host)
		return err == nil && isTelethonIP(ip.AsSlice())
	case k == GramJS:
		return port <= maxSignedPort
	}
	return true
}

// isTelethonIP refuses two ranges in which nobody has an address, since GramJS strings look like them.
func isTelethonIP(packed []byte) bool {
	if len(packed) == 4 {
		return packed[0] != 0
	}
	return packed[0] != 0 || packed[1] != gramJSTwin
}

// gramJSTwin is the length of the address in a GramJS string that is as long as a Telethon string with IPv6.
const gramJSTwin = telethonIPv6 - gramJSAround

// appendHostPort writes an address as Go has it, with brackets around IPv6.
func appendHostPort(b []byte, host string, port int) []byte {
	if strings.Contains(host, ":") {
		b = append(b, '[')
		b = append(b, host...)
		b = append(b, ']')
	} else {
		b = append(b, host...)
	}
	return strconv.AppendInt(append(b, ':'), int64(port), 10)
}

// splitHostPort reads what appendHostPort writes.
func splitHostPort(text string) (host string, port int, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return "", 0, false
	}
	host = text[:i]
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		if host, bracketed = strings.CutSuffix(inner, "]"); !bracketed || !strings.Contains(host, ":") {
			return "", 0, false
		}
	} else if strings.Contains(host, ":") {
		return "", 0, false
	}
	n, err := strconv.ParseUint(text[i+1:], 10, 16)
	return host, int(n), err == nil && n > 0 && isHost(host)
}
