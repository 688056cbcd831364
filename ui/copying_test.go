package ui

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"botring/internal/secret"
)

func TestCopyingStaysUntilItIsCleared(t *testing.T) {
	const text = "7:AAEsecret"
	for name, c := range map[string]struct {
		adds    string // what the clipboard's program gives back besides
		other   string // what is copied over it meanwhile
		leave   time.Duration
		lasts   time.Duration
		cleared bool
	}{
		"time is up":                {lasts: ClearAfter, cleared: true},
		"a program adds a line end": {adds: "\n", lasts: ClearAfter, cleared: true},
		"the user leaves":           {leave: 3 * time.Second, lasts: 3 * time.Second, cleared: true},
		"something else is there":   {other: "a shopping list", lasts: ClearAfter},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				native := &fakeClipboard{adds: c.adds}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.leave > 0 {
					time.AfterFunc(c.leave, cancel)
				}
				began := time.Now()
				copied := Copying{Text: secret.New(text), native: native, Copied: func(via string, until time.Time) {
					if native.text != text || via != "fake-copy" || until.Sub(began) != ClearAfter {
						t.Errorf("told of %q by %s until %s", native.text, via, until)
					}
					if c.other != "" {
						native.text = c.other
					}
				}}
				cleared, err := copied.Do(ctx)
				if err != nil || cleared != c.cleared || native.text != c.other {
					t.Errorf("cleared %t, %v; the clipboard holds %q", cleared, err, native.text)
				}
				if lasted := time.Since(began); lasted != c.lasts {
					t.Errorf("stayed for %s", lasted)
				}
			})
		})
	}
}

// hurriedClipboard is one whose user leaves while it is being written to, when it has the text already.
type hurriedClipboard struct {
	*fakeClipboard
	leave context.CancelFunc
}

func (h hurriedClipboard) write(ctx context.Context, text string) error {
	err := h.fakeClipboard.write(ctx, text)
	if h.leave(); ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func TestLeavingWhileItIsCopied(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	native := hurriedClipboard{&fakeClipboard{}, cancel}
	cleared, err := Copying{Text: secret.New("7:AAEsecret"), native: native}.Do(ctx)
	if !cleared || err != nil || native.written == 0 || native.holds() != "" {
		t.Errorf("cleared %t, %v; the clipboard holds %q", cleared, err, native.holds())
	}
}

func TestCopyingWithoutAClipboard(t *testing.T) {
	for name, native := range map[string]nativeClipboard{"none": noClipboard{}, "broken": &fakeClipboard{broken: true}} {
		told := func(string, time.Time) { t.Errorf("%s: told that it was copied", name) }
		if _, err := (Copying{Text: secret.New("x"), native: native, Copied: told}).Do(t.Context()); !errors.Is(err, ErrNoClipboard) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSendToTerminal(t *testing.T) {
	var out bytes.Buffer
	if err := SendToTerminal(&out, secret.New("hello")); err != nil || out.String() != "\x1b]52;c;aGVsbG8=\a" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestCopyingStaysAsLongAsItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, native := time.Now(), &fakeClipboard{}
		cleared, err := Copying{Text: secret.New("7:AAEsecret"), After: 20 * time.Second, native: native}.Do(t.Context())
		if took := time.Since(began); !cleared || err != nil || took != 20*time.Second {
			t.Errorf("cleared %t after %v, %v", cleared, took, err)
		}
	})
}
