package agefile

import (
	"botring/internal/testneeds"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// runAge runs age in a store's directory, on a terminal of its own, where it asks for passphrases, and
// types an answer to each question.
func runAge(t *testing.T, dir string, answers []string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(testContext(t), "age", args...)
	cmd.Dir = dir
	terminal, err := pty.Start(cmd)
	must(t, err)
	defer func() { _ = terminal.Close() }()
	var screen lockedBuffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&screen, terminal)
	}()
	for i, answer := range answers {
		deadline := time.Now().Add(30 * time.Second)
		for strings.Count(strings.ToLower(screen.String()), "passphrase") <= i {
			if time.Now().After(deadline) {
				t.Fatalf("age %s does not ask: %q", args, screen.String())
			}
			time.Sleep(5 * time.Millisecond)
		}
		// It switches the echo off after it asks; an answer that is echoed would count as a question.
		time.Sleep(100 * time.Millisecond)
		_, err := terminal.WriteString(answer + "\r")
		must(t, err)
	}
	err = cmd.Wait()
	_ = terminal.Close()
	<-read
	if err != nil {
		t.Fatalf("age %s: %v\n%s", args, err, screen.String())
	}
}

// A lockedBuffer is read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// TestAgeOpensTheStore: with the passphrase, age reads what we wrote and nothing of ours is needed.
func TestAgeOpensTheStore(t *testing.T) {
	testneeds.Program(t, "age")
	dir := newDir(t)
	const value = "7123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1\n\x00\xff"
	mustPut(t, openStore(t, dir), "bot/production/7123456789", value)
	out := filepath.Join(t.TempDir(), "out")
	runAge(t, dir, []string{testPassphrase}, "-d", "-i", "identities", "-o", out, "store/bot/production/7123456789.age")
	if got, err := os.ReadFile(out); err != nil || string(got) != value {
		t.Errorf("age reads %q, %v", got, err)
	}
	runAge(t, dir, []string{testPassphrase}, "-d", "-o", out+"2", "identities")
	if got, err := os.ReadFile(out + "2"); err != nil || !strings.Contains(string(got), "\nAGE-SECRET-KEY-1") {
		t.Errorf("age reads identities of %d bytes, %v", len(got), err)
	}
}

// TestWeOpenAgesStore: a store of age's and passage's making, at age's own work factor, is one of ours.
func TestWeOpenAgesStore(t *testing.T) {
	testneeds.Program(t, "age")
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o700))
	must(t, os.MkdirAll(filepath.Join(dir, "store", "web"), 0o700))
	identity, recipient := somebody(t)
	plain := filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(plain, []byte(identity.String()+"\n"), 0o600))
	runAge(t, dir, []string{testPassphrase, testPassphrase}, "-p", "-o", "identities", plain)
	must(t, os.WriteFile(plain, []byte("a value"), 0o600))
	runAge(t, dir, nil, "-r", recipient, "-o", "store/web/mail.age", plain)
	s := openStore(t, dir)
	mustGet(t, s, "web/mail", "a value")
	// passage leaves the file of recipients out.
	mustPut(t, s, "web/news", "another")
	if names, err := s.List(testContext(t)); err != nil || len(names) != 2 {
		t.Errorf("%q, %v", names, err)
	}
	// What age calls a file of recipients it encrypts to as well.
	_, other := somebody(t)
	must(t, s.AddRecipient(testContext(t), other, nil))
	runAge(t, dir, nil, "-R", "store/.age-recipients", "-o", "store/web/third.age", plain)
	mustGet(t, s, "web/third", "a value")
}
