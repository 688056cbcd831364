//go:build unix

package agefile

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/internal/testneeds"
)

// TestUnsafe: a store that others can write to is refused by every call, and so are links in it.
func TestUnsafe(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"directory":      func(dir string) error { return os.Chmod(dir, 0o770) },
		"open directory": func(dir string) error { return os.Chmod(dir, 0o702) },
		"items":          func(dir string) error { return os.Chmod(filepath.Join(dir, "store"), 0o720) },
		"sub-directory":  func(dir string) error { return os.Chmod(filepath.Join(dir, "store", "bot"), 0o720) },
		"item":           func(dir string) error { return os.Chmod(filepath.Join(dir, "store", "bot", "1.age"), 0o620) },
		"identities":     func(dir string) error { return os.Chmod(filepath.Join(dir, "identities"), 0o602) },
		"linked item":    func(dir string) error { return linkAway(filepath.Join(dir, "store", "bot", "1.age")) },
		"linked items":   func(dir string) error { return linkAway(filepath.Join(dir, "store", "bot")) },
		"linked keys":    func(dir string) error { return linkAway(filepath.Join(dir, "identities")) },
		"linked store":   linkAway,
		"pipe": func(dir string) error {
			file := filepath.Join(dir, "store", "bot", "1.age")
			return errors.Join(os.Remove(file), syscall.Mkfifo(file, 0o600))
		},
		"directory for an item": func(dir string) error {
			file := filepath.Join(dir, "store", "bot", "1.age")
			return errors.Join(os.Remove(file), os.Mkdir(file, 0o700))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := newDir(t)
			mustPut(t, openStore(t, dir), "bot/1", "x")
			must(t, spoil(dir))
			opts, _ := testOptions(dir)
			s, err := Open(opts)
			if err == nil {
				_, err = s.Get(testContext(t), "bot/1")
			}
			if !errors.Is(err, ErrUnsafe) {
				t.Errorf("get: %v", err)
			}
		})
	}
	for name, spoil := range map[string]func(dir string) error{
		"recipients":        func(dir string) error { return os.Chmod(filepath.Join(dir, "store", ".age-recipients"), 0o666) },
		"linked recipients": func(dir string) error { return linkAway(filepath.Join(dir, "store", ".age-recipients")) },
		"linked item":       func(dir string) error { return linkAway(filepath.Join(dir, "store", "bot", "1.age")) },
		"linked tmp":        func(dir string) error { return linkAway(filepath.Join(dir, "tmp")) },
	} {
		t.Run("write: "+name, func(t *testing.T) {
			dir := newDir(t)
			mustPut(t, openStore(t, dir), "bot/1", "x")
			must(t, spoil(dir))
			if err := openStore(t, dir).Put(testContext(t), "bot/1", secret.New("y")); !errors.Is(err, ErrUnsafe) {
				t.Errorf("put: %v", err)
			}
		})
	}
}

// linkAway moves something elsewhere and leaves a link.
func linkAway(path string) error {
	elsewhere := path + ".elsewhere"
	return errors.Join(os.Rename(path, elsewhere), os.Symlink(elsewhere, path))
}

func TestOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := newDir(t)
	mustPut(t, openStore(t, dir), "bot/1", "x")
	for _, file := range []string{"store/bot/1.age", "identities", "store", "."} {
		path := filepath.Join(dir, filepath.FromSlash(file))
		must(t, os.Chown(path, testneeds.Nobody, testneeds.Nobody))
		opts, _ := testOptions(dir)
		s, err := Open(opts)
		if err == nil {
			_, err = s.Get(testContext(t), "bot/1")
		}
		if !errors.Is(err, ErrUnsafe) {
			t.Errorf("%s: %v", file, err)
		}
		must(t, os.Chown(path, 0, 0))
	}
}

// TestReadOnly runs itself again as somebody who cannot write everything.
func TestReadOnly(t *testing.T) {
	if dir := os.Getenv(childVariable); dir != "" {
		readOnly(t, dir)
		return
	}
	dir := filepath.Join(openDir(t), "age")
	mustPut(t, openStore(t, dir), "bot/1", "old")
	unprivileged(t, dir)
}

func readOnly(t *testing.T, dir string) {
	ctx := testContext(t)
	for _, part := range []string{".", "tmp", "store/bot"} {
		path := filepath.Join(dir, filepath.FromSlash(part))
		must(t, os.Chmod(path, 0o500))
		s := openStore(t, dir)
		mustGet(t, s, "bot/1", "old")
		if part == "." {
			// What is there can still be written; what has to be made at the top cannot.
			if err := s.ChangePassphrase(ctx); !errors.Is(err, ErrNotWritable) {
				t.Errorf("%s: change of passphrase: %v", part, err)
			}
		} else if err := s.Put(ctx, "bot/1", secret.New("new")); !errors.Is(err, ErrNotWritable) {
			t.Errorf("%s: put: %v", part, err)
		}
		if part == "store/bot" {
			if err := s.Delete(ctx, "bot/1"); !errors.Is(err, ErrNotWritable) {
				t.Errorf("%s: delete: %v", part, err)
			}
		}
		mustGet(t, openStore(t, dir), "bot/1", "old")
		must(t, os.Chmod(path, 0o700))
	}
	// A store that cannot even be made asks for no passphrase.
	must(t, os.Chmod(dir, 0o500))
	opts, a := testOptions(filepath.Join(dir, "within", "age"))
	s, err := Open(opts)
	must(t, err)
	if err := s.Unlock(ctx); !errors.Is(err, ErrNotWritable) || len(a.purposes()) > 0 {
		t.Errorf("make: %v; asked %q", err, a.purposes())
	}
	must(t, os.Chmod(dir, 0o700))
	// Nor can what may not be read.
	for _, part := range []string{"store/bot/1.age", "identities", "store/bot", "."} {
		path := filepath.Join(dir, filepath.FromSlash(part))
		must(t, os.Chmod(path, 0))
		opts, _ := testOptions(dir)
		s, err := Open(opts)
		if err == nil {
			_, err = s.Get(ctx, "bot/1")
		}
		if !errors.Is(err, ErrNotReadable) {
			t.Errorf("%s: get: %v", part, err)
		}
		must(t, os.Chmod(path, 0o700))
	}
	mustGet(t, openStore(t, dir), "bot/1", "old")
}

// notWritable expects that everything can be read and nothing written.
func notWritable(t *testing.T, dir string) {
	t.Helper()
	ctx := testContext(t)
	s := openStore(t, dir)
	mustGet(t, s, "bot/1", "old")
	_, other := somebody(t)
	for name, err := range map[string]error{
		"put": s.Put(ctx, "bot/1", secret.New("new")), "put another": s.Put(ctx, "new/1", secret.New("new")),
		"delete": s.Delete(ctx, "bot/1"), "passphrase": s.ChangePassphrase(ctx), "recipient": s.AddRecipient(ctx, other, nil),
	} {
		if !errors.Is(err, ErrNotWritable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Delete(ctx, "bot/2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("delete of nothing: %v", err)
	}
	mustGet(t, openStore(t, dir), "bot/1", "old")
}

// TestFileSizeLimit runs itself again under a limit of the size of files, which answers writes as a full
// disk does: in the middle of them.
func TestFileSizeLimit(t *testing.T) {
	dir := os.Getenv(childVariable)
	if dir == "" {
		dir = newDir(t)
		mustPut(t, openStore(t, dir), "bot/1", "old")
		testneeds.Passes(t, command(t, nil, dir))
		mustGet(t, openStore(t, dir), "bot/1", "old")
		noneLeft(t, dir)
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	s := openStore(t, dir)
	must(t, s.Unlock(testContext(t)))
	const limit = 1000
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}))
	full(t, s)
	mustPut(t, s, "bot/3", "what still fits")
	_, other := somebody(t)
	if err := s.ChangePassphrase(testContext(t)); err != nil {
		t.Errorf("a change of passphrase still fits: %v", err)
	}
	must(t, s.AddRecipient(testContext(t), other, nil))
}

// full expects that nothing large can be written, and that nothing is lost by trying.
func full(t *testing.T, s *Store) {
	t.Helper()
	for _, name := range []string{"bot/1", "bot/2", "new/directory/1"} {
		if err := s.Put(testContext(t), name, secret.New(strings.Repeat("v", 200<<10))); !errors.Is(err, ErrFull) {
			t.Errorf("put %s: %v", name, err)
		}
	}
	mustGet(t, s, "bot/1", "old")
	if _, err := s.Get(testContext(t), "bot/2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("what was not written: %v", err)
	}
	noneLeft(t, s.opts.Dir)
}

// noneLeft expects that no temporary file is left.
func noneLeft(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(filepath.Join(dir, "tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestDamagedIdentity: whatever befalls the file, it is refused, and never written over.
func TestDamagedIdentity(t *testing.T) {
	dir := newDir(t)
	mustPut(t, openStore(t, dir), "bot/1", "x")
	file := filepath.Join(dir, "identities")
	whole, err := os.ReadFile(file)
	must(t, err)
	damaged := map[string][]byte{
		"empty": nil, "zeroes": make([]byte, len(whole)), "plain": []byte("AGE-SECRET-KEY-1" + strings.Repeat("Q", 58) + "\n"),
		"longer": append(whole[:len(whole):len(whole)], 'x'), "huge": make([]byte, maxIdentities+1),
	}
	for i := range whole {
		damaged["cut"+string(rune(i))] = whole[:i]
		flipped := append([]byte(nil), whole...)
		flipped[i] ^= 1
		damaged["flipped"+string(rune(i))] = flipped
	}
	for name, content := range damaged {
		must(t, os.WriteFile(file, content, 0o600))
		s := openStore(t, dir)
		_, err := s.Get(testContext(t), "bot/1")
		if !errors.Is(err, ErrDamagedIdentity) && !errors.Is(err, ErrWrongPassphrase) && (name != "huge" || !errors.Is(err, ErrFault)) {
			t.Errorf("%q: %v", name, err)
		}
		if err := s.Put(testContext(t), "bot/1", secret.New("y")); err == nil {
			t.Errorf("%q: put", name)
		}
		if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, content) {
			t.Fatalf("%q: the file was written, %v", name, err)
		}
	}
	must(t, os.WriteFile(file, whole, 0o600))
	mustGet(t, openStore(t, dir), "bot/1", "x")

	// Gone altogether, it is not made anew: that would close the items for good.
	must(t, os.Remove(file))
	opts, a := testOptions(dir)
	s, err := Open(opts)
	must(t, err)
	for name, err := range map[string]error{
		"unlock": s.Unlock(testContext(t)), "put": s.Put(testContext(t), "bot/2", secret.New("y")),
		"get": func() error { _, err := s.Get(testContext(t), "bot/1"); return err }(),
	} {
		if !errors.Is(err, ErrNoIdentity) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := a.purposes(); len(got) > 0 {
		t.Errorf("asked %q", got)
	}
}

func TestDamagedItem(t *testing.T) {
	dir := newDir(t)
	s := openStore(t, dir)
	mustPut(t, s, "bot/1", "x")
	mustPut(t, s, "bot/2", "y")
	file := filepath.Join(dir, "store", "bot", "1.age")
	whole, err := os.ReadFile(file)
	must(t, err)
	for i := range whole {
		flipped := append([]byte(nil), whole...)
		flipped[i] ^= 1
		for _, content := range [][]byte{whole[:i], flipped} {
			must(t, os.WriteFile(file, content, 0o600))
			if got, err := s.Get(testContext(t), "bot/1"); !errors.Is(err, ErrDamagedItem) {
				t.Errorf("byte %d: %q, %v", i, got.Reveal(), err)
			}
		}
	}
	if all, err := s.GetAll(testContext(t), nil); !errors.Is(err, ErrDamagedItem) || !strings.Contains(err.Error(), "bot/1") {
		t.Errorf("all: %v, %v", all, err)
	}
	mustGet(t, s, "bot/2", "y")
	mustPut(t, s, "bot/1", "mended")
	mustGet(t, s, "bot/1", "mended")
}

// TestGone: a directory that is removed, or unmounted, is no empty store.
func TestGone(t *testing.T) {
	dir := newDir(t)
	s := openStore(t, dir)
	mustPut(t, s, "bot/1", "x")
	must(t, os.RemoveAll(dir))
	ctx := testContext(t)
	_, getErr := s.Get(ctx, "bot/1")
	_, listErr := s.List(ctx)
	for name, err := range map[string]error{
		"get": getErr, "list": listErr, "put": s.Put(ctx, "bot/1", secret.New("y")), "delete": s.Delete(ctx, "bot/1"),
	} {
		if !errors.Is(err, ErrGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLockedByAnother: a writer that does not let go holds others up no longer than they want to wait.
func TestLockedByAnother(t *testing.T) {
	dir := newDir(t)
	s, other := openStore(t, dir), openStore(t, dir)
	mustPut(t, s, "bot/1", "old")
	release, err := other.lock(testContext(t), true)
	must(t, err)
	ctx, cancel := context.WithTimeout(testContext(t), 50*time.Millisecond)
	defer cancel()
	if err := s.Put(ctx, "bot/1", secret.New("new")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("put: %v", err)
	}
	mustGet(t, s, "bot/1", "old")
	release()
	mustPut(t, s, "bot/1", "later")
	mustGet(t, s, "bot/1", "later")
}
