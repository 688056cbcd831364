package sessionstring

import "encoding/binary"

// A cursor reads a body from its front. What is asked for beyond its end reads as zeros, and cut says so.
type cursor struct {
	rest []byte
	cut  bool
}

// bytes takes n bytes, nil where there are not so many.
func (c *cursor) bytes(n int) []byte {
	if n > len(c.rest) {
		c.cut, c.rest = true, nil
		return nil
	}
	taken := c.rest[:n]
	c.rest = c.rest[n:]
	return taken
}

func (c *cursor) uint8() byte {
	if b := c.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) uint16() int {
	if b := c.bytes(2); b != nil {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if b := c.bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) uint64() uint64 {
	if b := c.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// TL, Telegram's own serialization, is little-endian.

func (c *cursor) tlInt() int32 {
	if b := c.bytes(4); b != nil {
		return int32(binary.LittleEndian.Uint32(b))
	}
	return 0
}

func (c *cursor) tlLong() int64 {
	if b := c.bytes(8); b != nil {
		return int64(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// tlBytes takes bytes with their length before them, padded to a multiple of 4. ok is false where length or
// padding are not as they are written.
func (c *cursor) tlBytes() (taken []byte, ok bool) {
	n, head := int(c.uint8()), 1
	ok = n <= tlLongForm
	if n == tlLongForm {
		if b := c.bytes(3); b != nil {
			n = int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		}
		head = 4
		ok = n >= tlLongForm
	}
	taken = c.bytes(n)
	for _, b := range c.bytes(-(head + n) & 3) {
		ok = ok && b == 0
	}
	return taken, ok
}

// tlLongForm in the place of a length says that three bytes of it follow.
const tlLongForm = 254

func appendTL(b []byte, bytes string) []byte {
	head := 1
	if len(bytes) < tlLongForm {
		b = append(b, byte(len(bytes)))
	} else {
		b = append(b, tlLongForm, byte(len(bytes)), byte(len(bytes)>>8), byte(len(bytes)>>16))
		head = 4
	}
	b = append(b, bytes...)
	for range -(head + len(bytes)) & 3 {
		b = append(b, 0)
	}
	return b
}
