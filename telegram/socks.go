package telegram

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
)

// SOCKS5 as in RFC 1928, with users as in RFC 1929. golang.org/x/net/proxy would speak it as well, but tells in
// text alone whether a proxy refuses the user or the address.
const (
	socksVersion = 5
	// How one makes oneself known: not at all, by user and password, or in no way that the proxy accepts.
	socksAnybody, socksUser, socksNoWay = 0, 2, 0xff
	socksUserVersion                    = 1
	socksConnect                        = 1
	// The kinds of addresses.
	socksIPv4, socksName, socksIPv6 = 1, 3, 4
)

// A socksRefusal is the reason in a proxy's reply (RFC 1928, section 6).
type socksRefusal byte

func (r socksRefusal) Error() string {
	reasons := [...]string{
		1: "general failure", 2: "not allowed", 3: "network unreachable", 4: "host unreachable",
		5: "connection refused", 6: "expired on the way", 7: "command not supported", 8: "kind of address not supported",
	}
	if int(r) < len(reasons) && reasons[r] != "" {
		return "SOCKS: " + reasons[r]
	}
	return fmt.Sprintf("SOCKS: reply %d", byte(r))
}

// greetSOCKS is what comes before anything is asked for: who we are.
func (p Proxy) greetSOCKS(conn net.Conn) error {
	ways := []byte{socksAnybody}
	if p.User != "" {
		ways = append(ways, socksUser)
	}
	if _, err := conn.Write(append([]byte{socksVersion, byte(len(ways))}, ways...)); err != nil {
		return err
	}
	way, err := answerSOCKS(conn, socksVersion)
	switch {
	case err != nil:
		return err
	case way == socksAnybody:
		return nil
	case way == socksNoWay, way == socksUser && p.User == "":
		return &Error{Kind: ProxyDenied, Err: fmt.Errorf("SOCKS: none of %d ways to make oneself known will do", len(ways))}
	case way != socksUser:
		return fmt.Errorf("SOCKS: way %d to make oneself known was not offered", way)
	}
	login := append([]byte{socksUserVersion, byte(len(p.User))}, p.User...)
	login = append(append(login, byte(p.Secret.Len())), p.Secret.Reveal()...)
	defer clear(login)
	if _, err := conn.Write(login); err != nil {
		return err
	}
	status, err := answerSOCKS(conn, socksUserVersion)
	if err == nil && status != 0 {
		err = &Error{Kind: ProxyDenied, Err: fmt.Errorf("SOCKS: user or password refused with status %d", status)}
	}
	return err
}

// answerSOCKS reads an answer of two bytes, the first of which is a version, and returns the second.
func answerSOCKS(conn net.Conn, version byte) (byte, error) {
	var answer [2]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return 0, err
	}
	if answer[0] != version {
		return 0, fmt.Errorf("SOCKS: version %d in the answer, not %d", answer[0], version)
	}
	return answer[1], nil
}

// askSOCKS has the proxy connect to an address. A name is handed on as such.
func askSOCKS(conn net.Conn, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return err
	}
	request := []byte{socksVersion, socksConnect, 0}
	if ip, err := netip.ParseAddr(host); err != nil {
		request = append(append(request, socksName, byte(len(host))), host...)
	} else if ip = ip.Unmap(); ip.Is4() {
		request = append(append(request, socksIPv4), ip.AsSlice()...)
	} else {
		request = append(append(request, socksIPv6), ip.AsSlice()...)
	}
	if _, err := conn.Write(binary.BigEndian.AppendUint16(request, uint16(number))); err != nil {
		return err
	}
	reason, err := answerSOCKS(conn, socksVersion)
	if err != nil {
		return err
	}
	if reason != 0 {
		return &Error{Kind: ProxyRefused, Err: socksRefusal(reason)}
	}
	return skipSOCKSAddr(conn)
}

// skipSOCKSAddr reads the rest of a reply: the address that the proxy connects from, which is of no interest.
func skipSOCKSAddr(conn net.Conn) error {
	var head [3]byte // reserved, kind, and the first byte of the address, which of a name is its length
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return err
	}
	const portSize = 2
	var rest int
	switch head[1] {
	case socksIPv4:
		rest = net.IPv4len - 1
	case socksIPv6:
		rest = net.IPv6len - 1
	case socksName:
		rest = int(head[2])
	default:
		return fmt.Errorf("SOCKS: kind %d of address in the answer", head[1])
	}
	_, err := io.CopyN(io.Discard, conn, int64(rest+portSize))
	return err
}
