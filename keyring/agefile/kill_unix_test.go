//go:build unix

package agefile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"botring/internal/secret"
)

// newPassphrase is what killed changes of the passphrase change it to.
const newPassphrase = "the new passphrase"

// A deed is something that a process is killed in the middle of.
type deed struct {
	// prepare makes the store before.
	prepare func(t *testing.T, dir string)
	// do is done by the process that is killed.
	do func(ctx context.Context, s *Store) error
	// texts are its answers.
	texts []string
	// check looks at what is left, as the next process. done says that the deed was reported as done.
	check func(t *testing.T, dir string, done bool)
}

// deeds are all of them. The recipient that is added is another process's to know.
func deeds(identity age.Identity, recipient string) map[string]deed {
	return map[string]deed{
		"make a store": {
			prepare: func(*testing.T, string) {},
			do:      func(ctx context.Context, s *Store) error { return s.Put(ctx, "bot/1", secret.New("new")) },
			check:   func(t *testing.T, dir string, done bool) { oldOrNew(t, dir, "bot/1", "", done) },
		},
		"add an item": {
			prepare: prepareItems,
			do:      func(ctx context.Context, s *Store) error { return s.Put(ctx, "new/directory/1", secret.New("new")) },
			check:   func(t *testing.T, dir string, done bool) { oldOrNew(t, dir, "new/directory/1", "", done) },
		},
		"replace an item": {
			prepare: prepareItems,
			do:      func(ctx context.Context, s *Store) error { return s.Put(ctx, "bot/1", secret.New("new")) },
			check:   func(t *testing.T, dir string, done bool) { oldOrNew(t, dir, "bot/1", "old", done) },
		},
		"change the passphrase": {
			prepare: prepareItems,
			do:      func(ctx context.Context, s *Store) error { return s.ChangePassphrase(ctx) },
			texts:   []string{testPassphrase, newPassphrase},
			check: func(t *testing.T, dir string, done bool) {
				_, err := openStore(t, dir).Get(testContext(t), "bot/1")
				if changed := errors.Is(err, ErrWrongPassphrase); changed {
					mustGet(t, openStore(t, dir, newPassphrase), "bot/1", "old")
				} else if err != nil || done {
					t.Errorf("done: %v; with the old passphrase: %v", done, err)
				}
			},
		},
		"add a recipient": {
			prepare: prepareItems,
			do:      func(ctx context.Context, s *Store) error { return s.AddRecipient(ctx, recipient, nil) },
			check:   func(t *testing.T, dir string, done bool) { checkRecipient(t, dir, done, identity) },
		},
	}
}

func prepareItems(t *testing.T, dir string) {
	s := openStore(t, dir)
	for i := range 3 {
		mustPut(t, s, fmt.Sprint("bot/", i), "old")
	}
}

// oldOrNew expects an item's old value or "new", which it must be when that was reported, and that the
// store goes on working. "" stands for no item.
func oldOrNew(t *testing.T, dir, name, old string, done bool) {
	t.Helper()
	got, err := openStore(t, dir).Get(testContext(t), name)
	switch {
	case err == nil && got.Reveal() == "new":
	case done:
		t.Errorf("reported as done: %q, %v", got.Reveal(), err)
	case old == "" && errors.Is(err, ErrNotFound):
	case err != nil || got.Reveal() != old:
		t.Errorf("neither old nor new: %q, %v", got.Reveal(), err)
	}
}

// checkRecipient expects that we can read everything, and the new recipient what it can be told to.
func checkRecipient(t *testing.T, dir string, done bool, identity age.Identity) {
	t.Helper()
	s := openStore(t, dir)
	for i := range 3 {
		mustGet(t, s, fmt.Sprint("bot/", i), "old")
	}
	state, err := s.State(testContext(t))
	must(t, err)
	recipients, err := s.Recipients(testContext(t))
	must(t, err)
	if done && (state.Unfinished || len(recipients) != 2) {
		t.Errorf("reported as done: %+v, %q", state, recipients)
	}
	if state.Unfinished {
		must(t, s.Reencrypt(testContext(t), nil))
	}
	if len(recipients) < 2 {
		return
	}
	for i := range 3 {
		if value, err := readAs(t, dir, fmt.Sprintf("store/bot/%d.age", i), identity); err != nil || value != "old" {
			t.Errorf("item %d for the new recipient: %v", i, err)
		}
	}
}

// TestKilledAtEveryStep runs itself again for every step of every deed, and is killed there.
func TestKilledAtEveryStep(t *testing.T) {
	if task := os.Getenv(childVariable); task != "" {
		killedChild(t, task)
		return
	}
	identity, recipient := somebody(t)
	for name, d := range deeds(identity, recipient) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at := 1; ; at++ {
				dir := newDir(t)
				d.prepare(t, dir)
				done := killedParent(t, strings.Join([]string{name, strconv.Itoa(at), dir, recipient}, "\n"))
				d.check(t, dir, done)
				// Whatever was left, the next write works and clears up.
				text := testPassphrase
				if _, err := openStore(t, dir).Get(testContext(t), "bot/1"); errors.Is(err, ErrWrongPassphrase) {
					text = newPassphrase
				}
				s := openStore(t, dir, text)
				mustPut(t, s, "bot/1", "after")
				mustGet(t, openStore(t, dir, text), "bot/1", "after")
				noneLeft(t, dir)
				if t.Failed() {
					t.Fatalf("killed at step %d", at)
				}
				if done {
					if at < int(stepDone) {
						t.Errorf("done after %d steps", at)
					}
					t.Logf("killed at %d steps", at-1)
					return
				}
			}
		})
	}
}

// killedParent runs a deed in a process that kills itself, and reports whether it came to its end instead.
func killedParent(t *testing.T, task string) (done bool) {
	t.Helper()
	out, err := command(t, nil, task).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return false
	}
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Fatalf("%v\n%s", err, out)
	}
	return true
}

// killedChild does a deed and kills itself at the step it was told.
func killedChild(t *testing.T, task string) {
	parts := strings.Split(task, "\n")
	d := deeds(nil, parts[3])[parts[0]]
	at, err := strconv.Atoi(parts[1])
	must(t, err)
	s := openStore(t, parts[2], d.texts...)
	s.step = func(step) {
		if at--; at == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until it arrives
		}
	}
	must(t, d.do(testContext(t), s))
}

// TestKilledAtAnyTime kills a process that writes one item over and over: 20 times, or as often as
// BOTRING_KILLS says.
func TestKilledAtAnyTime(t *testing.T) {
	if dir := os.Getenv(childVariable); dir != "" {
		s := openStore(t, dir)
		for i := 1; ; i++ {
			mustPut(t, s, "bot/1", strconv.Itoa(i))
			fmt.Printf("saved %d\n", i)
		}
	}
	rounds := 20
	if text := os.Getenv("BOTRING_KILLS"); text != "" {
		var err error
		rounds, err = strconv.Atoi(text)
		must(t, err)
	}
	writes := 0
	for range rounds {
		dir := newDir(t)
		must(t, openStore(t, dir).Unlock(testContext(t)))
		saved := writeUntilKilled(t, dir)
		writes += saved
		value, err := openStore(t, dir).Get(testContext(t), "bot/1")
		must(t, err)
		// What was reported is there, or the one that was being written.
		if got, err := strconv.Atoi(value.Reveal()); err != nil || got != saved && got != saved+1 {
			t.Fatalf("%d writes were reported, and %q is there", saved, value.Reveal())
		}
	}
	t.Logf("%d writes in %d rounds, none lost", writes, rounds)
}

// writeUntilKilled runs the writer, kills it some time after its first write and returns the last one
// that it reported.
func writeUntilKilled(t *testing.T, dir string) (saved int) {
	t.Helper()
	cmd := command(t, nil, dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "saved ")
		if !ok {
			continue
		}
		saved, err = strconv.Atoi(text)
		must(t, err)
		if saved == 1 {
			time.AfterFunc(time.Duration(rand.IntN(30_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || saved == 0 {
		t.Fatalf("the writer ended by itself after %d writes: %v", saved, err)
	}
	return saved
}
