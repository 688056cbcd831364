package ui

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/internal/secret"
)

const copiedToken = "7000000001:AAHfake-fake_fakefakefakefakefakefa"

// fakeClipboard is a native clipboard; a broken one fails whatever it is asked.
type fakeClipboard struct {
	mu      sync.Mutex
	text    string
	adds    string // a line end, as some programs add
	broken  bool
	written int
}

func (f *fakeClipboard) name() string { return "fake-copy" }

func (f *fakeClipboard) read(context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return "", errors.New("no display")
	}
	return f.text + f.adds, nil
}

func (f *fakeClipboard) write(_ context.Context, text string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return errors.New("no display")
	}
	f.text = text
	f.written++
	return nil
}

func (f *fakeClipboard) holds() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text
}

// hold is somebody else copying.
func (f *fakeClipboard) hold(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text = text
}

func (f *fakeClipboard) breaks() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = true
}

// settle runs a command and all it leads to, and gives the messages to the shell. Inside a bubble of
// synctest, that lets the time pass that the commands wait for.
func settle(sh *shell, cmd tea.Cmd) (sent string) {
	queue := []tea.Cmd{cmd}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if next == nil {
			continue
		}
		switch msg := next().(type) {
		case nil:
		case tea.BatchMsg:
			queue = append(queue, msg...)
		default:
			if text, ok := osc52(msg); ok {
				sent = text
			}
			queue = append(queue, sh.update(msg))
			if done, ok := msg.(taskDoneMsg); ok {
				delete(sh.tasks, done.task)
			}
		}
	}
	return sent
}

// osc52 is the text of the message that tea makes an OSC 52 of.
func osc52(msg tea.Msg) (string, bool) {
	set := tea.SetClipboard("x")()
	if strings.TrimPrefix(typeName(msg), "*") != typeName(set) {
		return "", false
	}
	return stringOf(msg), true
}

// copying is a shell on the clock of the bubble, with a fake clipboard.
func copying(t *testing.T) (*shell, *fakeClipboard) {
	sh := testShell(t, someBots()...)
	sh.now = time.Now
	native := &fakeClipboard{}
	sh.clipboard.native = native
	return sh, native
}

func copyToken(sh *shell) tea.Cmd {
	return sh.copy("token", true, func(context.Context) (secret.Secret, error) { return secret.New(copiedToken), nil }, nil)
}

// tokenCopied copies a token and returns the command that waits for its time to be over.
func tokenCopied(sh *shell) tea.Cmd {
	done := copyToken(sh)().(tea.BatchMsg)[0]().(taskDoneMsg)
	timer := sh.update(done)
	delete(sh.tasks, done.task)
	return timer
}

func TestTokenIsClearedInTime(t *testing.T) {
	for name, c := range map[string]struct {
		adds, then string
		cleared    bool
		says       string
	}{
		"still there":       {cleared: true, says: "cleared"},
		"with a line end":   {adds: "\r\n", cleared: true, says: "cleared"},
		"something else by": {then: "hello", says: "left alone"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sh, native := copying(t)
				native.adds = c.adds
				start := time.Now()
				timer := tokenCopied(sh)
				time.Sleep(time.Second)
				if native.holds() != copiedToken {
					t.Errorf("the clipboard holds %d bytes", len(native.holds()))
				}
				if got := sh.clipboard.status(sh.now()); !strings.Contains(got, "Copied with fake-copy") ||
					!strings.Contains(got, "clears in 44 s") || !strings.Contains(got, "managers keep copies") {
					t.Errorf("status: %q", got)
				}
				if c.then != "" {
					native.hold(c.then)
				}
				settle(sh, timer)
				if took := time.Since(start); took != ClearAfter {
					t.Errorf("looked after %v", took)
				}
				if (native.holds() == "") != c.cleared {
					t.Errorf("holds %d bytes", len(native.holds()))
				}
				if got := sh.clipboard.status(sh.now()); !strings.Contains(got, c.says) {
					t.Errorf("status: %q", got)
				}
				time.Sleep(time.Minute)
				if got := sh.clipboard.status(sh.now()); got != "" {
					t.Errorf("a minute later: %q", got)
				}
			})
		})
	}
}

// TestSecondCopyStartsTheTimeAnew: the first timer leaves the second token alone, and the warning is said
// once.
func TestSecondCopyStartsTheTimeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sh, native := copying(t)
		timer := tokenCopied(sh)
		time.Sleep(30 * time.Second)
		later := tokenCopied(sh)
		if got := sh.clipboard.status(sh.now()); !strings.Contains(got, "clears in 45 s") || strings.Contains(got, "managers") {
			t.Errorf("warned again: %q", got)
		}
		settle(sh, timer)
		if native.holds() != copiedToken {
			t.Fatal("the timer of the first copy cleared the second")
		}
		settle(sh, later)
		if native.holds() != "" {
			t.Error("the second copy was never cleared")
		}
	})
}

// TestCopyOverAToken: what takes the token's place in the clipboard stays there.
func TestCopyOverAToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sh, native := copying(t)
		timer := tokenCopied(sh)
		settle(sh, sh.copy("id", false, says("7000000001"), nil))
		if got := sh.clipboard.status(sh.now()); got != "Copied the id with fake-copy" {
			t.Errorf("status: %q", got)
		}
		settle(sh, timer)
		if native.holds() != "7000000001" || sh.clipboard.status(sh.now()) != "" {
			t.Errorf("holds %q, says %q", native.holds(), sh.clipboard.status(sh.now()))
		}
	})
}

func TestTerminalsClipboard(t *testing.T) {
	for name, native := range map[string]nativeClipboard{"none": noClipboard{}, "broken": &fakeClipboard{broken: true}} {
		t.Run(name, func(t *testing.T) {
			sh := testShell(t, someBots()...)
			sh.clipboard.native = native
			if sent := settle(sh, copyToken(sh)); sent != copiedToken {
				t.Errorf("sent %d bytes", len(sent))
			}
			got := sh.clipboard.status(sh.now())
			if got != "Sent to the terminal's clipboard, where botring can neither see nor clear it" {
				t.Errorf("status: %q", got)
			}
			if sh.clipboard.holding {
				t.Error("there is something to clear at the end")
			}
		})
	}
}

type noClipboard struct{}

func (noClipboard) name() string                         { return "" }
func (noClipboard) read(context.Context) (string, error) { return "", errors.New("none") }
func (noClipboard) write(context.Context, string) error  { return errors.New("none") }

func TestPartClears(t *testing.T) {
	sh, native := copying(t)
	sh.now = noon
	tokenCopied(sh)
	sh.part(t.Context())
	if native.holds() != "" {
		t.Error("the token was left behind")
	}
}

func TestCopyFails(t *testing.T) {
	sh, native := copying(t)
	settle(sh, sh.copy("token", true, func(context.Context) (secret.Secret, error) {
		return secret.Secret{}, fleet.ErrSecretMissing
	}, func(context.Context, secret.Secret) { t.Error("what was not read went out") }))
	if got := sh.clipboard.status(sh.now()); got == "" || native.written != 0 {
		t.Errorf("status: %q", got)
	}
}

func TestCopyCannotClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sh, native := copying(t)
		timer := tokenCopied(sh)
		native.breaks()
		settle(sh, timer)
		if got := sh.clipboard.status(sh.now()); !strings.Contains(got, "may still hold") {
			t.Errorf("status: %q", got)
		}
	})
}

// TestYank are the keys after y.
func TestYank(t *testing.T) {
	for _, c := range []struct {
		id         int64
		key, holds string
		says       string
	}{
		{7000000001, "u", "@shop_orders_bot", "Copied the @username with fake-copy"},
		{7000000001, "i", "7000000001", "Copied the id with fake-copy"},
		{7123456789, "u", "", "not known yet"},
		{7000000001, "esc", "", ""},
		{7000000001, "d", "", ""},
	} {
		sh, native := copying(t)
		sh.now = noon
		bot, _ := sh.bot(fleet.Key{Environment: "production", ID: c.id})
		y, cmd, taken := yank{}.update(sh, press("y"), bot)
		if !taken || cmd != nil || !strings.Contains(y.status(sh), "u @username · i id · y token") {
			t.Fatalf("y: taken %v, says %q", taken, y.status(sh))
		}
		y, cmd, taken = y.update(sh, press(c.key), bot)
		if !taken || y.pending {
			t.Errorf("%s: taken %v, pending %v", c.key, taken, y.pending)
		}
		settle(sh, cmd)
		if native.holds() != c.holds || !strings.Contains(sh.clipboard.status(sh.now()), c.says) {
			t.Errorf("%s: holds %q, says %q", c.key, native.holds(), sh.clipboard.status(sh.now()))
		}
	}
}

// TestYankReadsTheTokenAsATask: the keyring may prompt, so that esc cancels and does not go back.
func TestYankReadsTheTokenAsATask(t *testing.T) {
	sh, _ := copying(t)
	bot := sh.bots[0]
	y, cmd, _ := yank{pending: true}.update(sh, press("y"), bot)
	if cmd == nil || len(sh.tasks) != 1 || y.pending {
		t.Fatal("yy starts no task")
	}
	if _, _, taken := y.update(sh, press("esc"), bot); !taken {
		t.Error("esc is not taken while the keyring is being read")
	}
	sh.update(taskDoneMsg{task: sh.clipboard.reading.id, err: context.Canceled})
	if _, _, taken := y.update(sh, press("esc"), bot); taken {
		t.Error("esc is still taken afterwards")
	}
}

func TestSystemClipboardHasALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		never := make(chan struct{})
		_, err := bounded(t.Context(), "read clipboard", func() (string, error) { <-never; return "", nil })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != nativeTime {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		close(never)
	})
}

func typeName(msg tea.Msg) string { return fmt.Sprintf("%T", msg) }

func stringOf(msg tea.Msg) string { return fmt.Sprint(msg) }

// TestOneCopyAtATime: a copy that waits for the keyring is not overtaken by another, which would be the only one known.
func TestOneCopyAtATime(t *testing.T) {
	sh, native := copying(t)
	s := drive(newBots(sh), "y", "y")
	first := sh.clipboard.reading
	s = drive(s, "y", "u")
	if sh.clipboard.reading.id != first.id || sh.lastTask != first.id {
		t.Fatal("a second copy began")
	}
	sees(t, s, "still being copied")
	if err := native.write(t.Context(), copiedToken); err != nil {
		t.Fatal(err)
	}
	sh.calls.Done() // what the first copy is to do is done here
	sh.update(taskDoneMsg{task: first.id, value: copied{what: "token", secret: true, sum: sha256.Sum256([]byte(copiedToken)), via: native.name()}})
	sh.part(t.Context())
	if native.holds() != "" {
		t.Error("the token was left behind")
	}
}

// TestCopyGivenUpGoesNoOtherWay: what the clipboard did not take before esc is not sent to the terminal's.
func TestCopyGivenUpGoesNoOtherWay(t *testing.T) {
	sh, _ := copying(t)
	sh.clipboard.native = noClipboard{}
	cmd := copyToken(sh)
	sh.clipboard.reading.cancel()
	if sent := settle(sh, cmd); sent != "" {
		t.Errorf("sent %d bytes", len(sent))
	}
}

// TestLeavingTakesWhatEndsWithIt: a token or an export that arrives in the clipboard as the program ends is cleared too.
func TestLeavingTakesWhatEndsWithIt(t *testing.T) {
	for name, begin := range map[string]func(*shell) tea.Cmd{
		"token": copyToken,
		"export": func(sh *shell) tea.Cmd {
			native := sh.clipboard.system()
			_, cmd := sh.start("export", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
				return deliver(ctx, native, toClipboard, "", secret.New(copiedToken))
			})
			return cmd
		},
	} {
		for way, ends := range map[string]func(root, taskDoneMsg){
			"told":   func(r root, done taskDoneMsg) { r.Update(done) },
			"untold": func(root, taskDoneMsg) {},
		} {
			sh, native := copying(t)
			done := begin(sh)().(tea.BatchMsg)[0]().(taskDoneMsg)
			if native.holds() != copiedToken {
				t.Fatalf("%s: nothing was copied", name)
			}
			ends(root{sh: sh, screen: newBots(sh), term: size{80, 24}, leaving: true}, done)
			sh.part(t.Context())
			if native.holds() != "" {
				t.Errorf("%s, %s: it was left behind", name, way)
			}
		}
	}
}
