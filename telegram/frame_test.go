package telegram

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/proto/codec"
)

// TestPadding: whatever number of bytes, up to the 15 there may be, follows a message, it is read as it was.
func TestPadding(t *testing.T) {
	encrypted := append([]byte{1, 2, 3, 4, 5, 6, 7, 8}, bytes.Repeat([]byte{9}, 16+48)...)
	transportError := []byte{0x6c, 0xfe, 0xff, 0xff} // -404
	for n := range 16 {
		framed := func(message []byte) *bytes.Buffer {
			b := binary.LittleEndian.AppendUint32(nil, uint32(len(message)+n))
			return bytes.NewBuffer(append(append(b, message...), bytes.Repeat([]byte{0xa5}, n)...))
		}
		var b bin.Buffer
		if err := (padded{}).Read(framed(encrypted), &b); err != nil || !bytes.Equal(b.Buf, encrypted) {
			t.Errorf("%d bytes: %x, %v", n, b.Buf, err)
		}
		var code *codec.ProtocolErr
		if err := (padded{}).Read(framed(transportError), &b); !errors.As(err, &code) || code.Code != 404 {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	for size := 1; size < 4; size++ {
		frame := append(binary.LittleEndian.AppendUint32(nil, uint32(size)), 1, 2, 3)
		if err := (padded{}).Read(bytes.NewBuffer(frame), new(bin.Buffer)); err == nil {
			t.Errorf("a frame of %d bytes was read", size)
		}
	}
}
