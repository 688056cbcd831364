package telegram

import (
	"fmt"
	"sync"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/mtproto"
	"github.com/gotd/td/proto"
)

// A witness sees all messages of a line, decrypted, before mtproto.Conn does, and keeps what that one
// does not tell: Telegram's time, without which it drops the messages of a server in another minute; the
// code of a refused message; and the salt. It ends the line on a message that cannot be decrypted, which
// mtproto.Conn would notice no earlier than the next.
type witness struct {
	cipher crypto.Cipher
	link   *link
	clock  *serverClock

	mu      sync.Mutex
	session int64
	salt    int64
	refusal int
}

func newWitness(link *link, clock *serverClock) *witness {
	return &witness{cipher: crypto.NewClientCipher(crypto.DefaultRand()), link: link, clock: clock}
}

// Encrypt encrypts a message of ours.
func (w *witness) Encrypt(key crypto.AuthKey, data crypto.EncryptedMessageData, b *bin.Buffer) error {
	w.mu.Lock()
	w.session, w.salt = data.SessionID, data.Salt
	w.mu.Unlock()
	return w.cipher.Encrypt(key, data, b)
}

// DecryptFromBuffer decrypts a message of the server's and takes note of it.
func (w *witness) DecryptFromBuffer(key crypto.AuthKey, b *bin.Buffer) (*crypto.EncryptedMessageData, error) {
	data, err := w.cipher.DecryptFromBuffer(key, b)
	if err != nil {
		return nil, w.link.fail(fmt.Errorf("%w: %w", errGarbled, err))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	// Of another session is what somebody recorded earlier and plays again.
	if data.SessionID == w.session {
		w.clock.learn(data.MessageID)
		w.note(data.Data())
	}
	return data, nil
}

// note looks for refusals; what cannot be parsed is mtproto.Conn's to judge.
func (w *witness) note(message []byte) {
	b := &bin.Buffer{Buf: message}
	id, err := b.PeekID()
	if err != nil {
		return
	}
	switch id {
	case proto.MessageContainerTypeID:
		var container proto.MessageContainer
		if container.Decode(b) != nil {
			return
		}
		for _, inner := range container.Messages {
			// A container holds no container.
			if innerID, err := (&bin.Buffer{Buf: inner.Body}).PeekID(); err == nil && innerID != id {
				w.note(inner.Body)
			}
		}
	case mt.BadMsgNotificationTypeID:
		var bad mt.BadMsgNotification
		if bad.Decode(b) == nil {
			w.refusal = bad.ErrorCode
		}
	}
}

// takeRefusal returns the code of the last refused message, 0 when there was none since it was asked.
func (w *witness) takeRefusal() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	code := w.refusal
	w.refusal = 0
	return code
}

// lastSalt is the salt in use, or fallback before the first message.
func (w *witness) lastSalt(fallback int64) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session == 0 {
		return fallback
	}
	return w.salt
}

// OnSession takes the salt of a session the server just made.
func (w *witness) OnSession(session mtproto.Session) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.salt = session.Salt
	return nil
}

// OnMessage drops updates: a call is over before they matter.
func (w *witness) OnMessage(*bin.Buffer) error { return nil }
