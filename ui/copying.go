package ui

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"time"

	"botring/internal/secret"
)

// ErrNoClipboard says that there is no clipboard of the operating system's, or none that can be reached: a
// terminal's can neither be seen nor cleared.
var ErrNoClipboard = errors.New("no clipboard")

// CanCopy reports whether there is a clipboard that a Copying could use. Whether it takes a text shows only then.
func CanCopy() bool { return systemClipboard{}.name() != "" }

// A Copying is what a command copies. Its zero fields are the operating system's clipboard and the usual time.
type Copying struct {
	Text secret.Secret
	// Copied is told, once it is there, by which program and until when it stays.
	Copied func(via string, until time.Time)
	// After is how long it stays, ClearAfter when zero.
	After time.Duration

	native nativeClipboard
}

// Do copies and stays until the text has been cleared again: after its time, or as soon as ctx ends. cleared is
// false where the clipboard holds something else by then. That ctx ended is no error.
func (c Copying) Do(ctx context.Context) (cleared bool, err error) {
	if c.native == nil {
		c.native = systemClipboard{}
	}
	after := cmp.Or(c.After, ClearAfter)
	via := c.native.name()
	if via == "" {
		return false, ErrNoClipboard
	}
	// One that is interrupted midway may have it already, and would keep it.
	if err := c.native.write(context.WithoutCancel(ctx), c.Text.Reveal()); err != nil {
		return false, errors.Join(ErrNoClipboard, err)
	}
	if c.Copied != nil {
		c.Copied(via, time.Now().Add(after))
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return clearHeld(context.WithoutCancel(ctx), c.native, sha256.Sum256([]byte(c.Text.Reveal())))
}

// SendToTerminal hands a text to the clipboard of the terminal that w writes to (OSC 52, of xterm's control
// sequences). Whether it arrives cannot be seen, and it cannot be cleared.
func SendToTerminal(w io.Writer, text secret.Secret) error {
	_, err := io.WriteString(w, "\x1b]52;c;"+base64.StdEncoding.EncodeToString([]byte(text.Reveal()))+"\a")
	return err
}
