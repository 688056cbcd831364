package handshake

import (
	"context"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/proto"
)

// headerBytes is what stands before a message in plain text: a key id of zero, the message's id, its length.
const headerBytes = 8 + 8 + 4

const (
	// maxPadding bounds what may follow an answer inside its message. Telegram appends up to a few hundred
	// random bytes: in the sample of core.telegram.org/mtproto/samples-auth_key the lengths of its three
	// messages are 104, 36 and 60 bytes more than the answers in them. Telegram Desktop and TDLib pass over
	// them too. 1024 is the most that encrypted messages may have.
	maxPadding = 1024
	// maxFramePadding bounds what may follow a message inside its frame: padded transports add up to 15 bytes.
	maxFramePadding = 15
	// maxFrame bounds what is looked at before the other end has proved anything: decrypting and hashing 16 MiB,
	// which is what a transport lets through, would take long. The longest honest answer has 1,700 bytes.
	maxFrame = 4096
)

// send writes a question as a message in plain text.
func (x *exchange) send(ctx context.Context, question bin.Encoder) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var body, b bin.Buffer
	if err := question.Encode(&body); err != nil {
		return fmt.Errorf("encode question: %w", err)
	}
	message := proto.UnencryptedMessage{MessageID: x.newID(), MessageData: body.Buf}
	if err := message.Encode(&b); err != nil {
		return fmt.Errorf("encode question: %w", err)
	}
	return x.conn.Send(ctx, &b)
}

// newID makes a message's id of the time, each higher than the last.
func (x *exchange) newID() int64 {
	// The two lowest bits are the type's.
	x.lastID = max(x.lastID+4, int64(proto.NewMessageID(x.Now(), proto.MessageFromClient)))
	return x.lastID
}

// receive waits for an answer and returns what its message holds.
func (x *exchange) receive(ctx context.Context) ([]byte, error) {
	var b bin.Buffer
	if err := x.conn.Recv(ctx, &b); err != nil {
		return nil, err
	}
	return unwrap(b.Buf)
}

// unwrap takes a server's message out of its frame.
func unwrap(frame []byte) ([]byte, error) {
	if len(frame) < headerBytes || len(frame) > maxFrame {
		return nil, fmt.Errorf("%w: %d bytes", ErrGarbled, len(frame))
	}
	keyID := binary.LittleEndian.Uint64(frame)
	id := binary.LittleEndian.Uint64(frame[8:])
	length := binary.LittleEndian.Uint32(frame[16:])
	body := frame[headerBytes:]
	switch {
	case keyID != 0:
		return nil, fmt.Errorf("%w: encrypted", ErrGarbled)
	case id%4 != 1:
		return nil, fmt.Errorf("%w: its id is not an answer's", ErrGarbled)
	case length == 0 || length%4 != 0 || uint64(length) > uint64(len(body)):
		return nil, fmt.Errorf("%w: %d bytes said to be %d", ErrGarbled, len(body), length)
	case len(body)-int(length) > maxFramePadding:
		return nil, fmt.Errorf("%w: %d bytes behind it", ErrGarbled, len(body)-int(length))
	}
	return body[:length], nil
}

// decode reads a TL object that at most padding bytes follow.
func decode(data []byte, into bin.Decoder, padding int) error {
	b := &bin.Buffer{Buf: data}
	err := into.Decode(b)
	var other *bin.UnexpectedIDErr
	switch {
	case err == nil && b.Len() > padding:
		return fmt.Errorf("%w: %d bytes behind it", ErrGarbled, b.Len())
	case err == nil:
		return nil
	case errors.As(err, &other) && other.ID == binary.LittleEndian.Uint32(data):
		// What was said to be of another kind is the object itself, not a part of it.
		return fmt.Errorf("%w: %#08x", ErrUnexpected, other.ID)
	}
	return fmt.Errorf("%w: %w", ErrGarbled, err)
}

// choose finds the first known key that the server has.
func choose(keys []*rsa.PublicKey, fingerprints []int64) (*rsa.PublicKey, int64, error) {
	for _, key := range keys {
		if fingerprint := crypto.RSAFingerprint(key); slices.Contains(fingerprints, fingerprint) {
			return key, fingerprint, nil
		}
	}
	return nil, 0, ErrFingerprint
}
