package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// What keys send on a terminal that hands them over one by one.
const (
	keyInterrupt = 0x03
	keyEnd       = 0x04
	keyBackspace = 0x08
	keyClear     = 0x15
	keyDelete    = 0x7f
)

const (
	// maxAnswer bounds an answer, in bytes: a message from @BotFather has fewer than a thousand.
	maxAnswer = 16 << 10
	// pasteGap is how soon the next line of a paste comes. Nobody types that fast.
	pasteGap = 50 * time.Millisecond
)

// typed returns what is typed, byte by byte, closed at the end of input. One reader serves all prompts:
// it cannot be called back from a read, and what it has read already must not be lost to the next prompt.
func (s *shell) typed() <-chan byte {
	if s.keys != nil {
		return s.keys
	}
	keys := make(chan byte)
	s.keys = keys
	goOn := func() bool { return true }
	if fd, ok := terminal(s.In); ok {
		if stop, stopped, err := os.Pipe(); err == nil {
			goOn = func() bool { return awaitInput(fd, stop) }
			s.untyped = func() { _ = stopped.Close() }
		}
	}
	go func() {
		defer close(keys)
		for b := make([]byte, 1); goOn(); {
			n, err := s.In.Read(b)
			if n > 0 {
				keys <- b[0]
			}
			if err != nil {
				return
			}
		}
	}()
	return keys
}

// promptSecret asks for an answer that the terminal does not show, not even while it is being asked: the
// echo is off before the question is there. A paste may have several lines.
func (s *shell) promptSecret(ctx context.Context, prompt string) (string, error) {
	fd, ok := terminal(s.In)
	if !ok {
		return "", errors.New("prompt without a terminal")
	}
	before, err := term.MakeRaw(fd)
	if err != nil {
		return "", fmt.Errorf("ask the terminal: %w", err)
	}
	fmt.Fprint(s.Err, prompt)
	answer, err := readHidden(ctx, s.typed())
	if err := term.Restore(fd, before); err != nil {
		return "", fmt.Errorf("give the terminal back: %w", err)
	}
	fmt.Fprintln(s.Err)
	return answer, err
}

// readHidden reads an answer from a terminal that leaves editing to us.
func readHidden(ctx context.Context, keys <-chan byte) (string, error) {
	var answer []byte
	var enough <-chan time.Time // runs from the end of a line
	for len(answer) < maxAnswer {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-enough:
			return string(answer), nil
		case key, ok := <-keys:
			enough = nil
			switch {
			case !ok, key == keyEnd:
				return string(answer), nil
			case key == keyInterrupt:
				return "", context.Canceled
			case key == keyBackspace, key == keyDelete:
				answer = answer[:max(len(answer)-1, 0)]
			case key == keyClear:
				answer = nil
			default:
				answer = append(answer, key)
				if key == '\r' || key == '\n' {
					enough = time.After(pasteGap)
				}
			}
		}
	}
	return string(answer), nil
}

// promptLine asks for a line that may be seen; the terminal shows and edits it.
func (s *shell) promptLine(ctx context.Context, prompt string) (string, error) {
	fmt.Fprint(s.Err, prompt)
	var line []byte
	for len(line) < maxAnswer {
		select {
		case <-ctx.Done():
			fmt.Fprintln(s.Err)
			return "", ctx.Err()
		case key, ok := <-s.typed():
			if !ok || key == '\n' {
				return strings.TrimRight(string(line), "\r"), nil
			}
			line = append(line, key)
		}
	}
	return string(line), nil
}

// confirm asks a question that only a typed yes answers.
func (s *shell) confirm(ctx context.Context, question string) error {
	if !s.asks() {
		return usage("This asks before it acts, and there is nobody to ask.", "--yes answers it beforehand.")
	}
	answer, err := s.promptLine(ctx, question+" [y/N] ")
	if err != nil {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	s.note("Nothing was changed.")
	return verdict(exitFailure)
}
