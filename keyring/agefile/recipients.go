package agefile

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"filippo.io/age"

	"botring/internal/secret"
)

// maxRecipients is the largest file of recipients in bytes.
const maxRecipients = 256 << 10

// Progress is told how many of the items are done. It may be nil, and is called from one goroutine.
type Progress func(done, total int)

// Recipients returns whom items are encrypted to, as age writes it. It needs the passphrase: a store
// without a file of recipients encrypts to its own identities.
func (s *Store) Recipients(ctx context.Context) ([]string, error) {
	k, err := s.unlock(ctx, false)
	if err != nil {
		return nil, err
	}
	return do(ctx, func() ([]string, error) {
		root, err := s.rootInUse()
		if err != nil {
			return nil, err
		}
		defer closeRead(root)
		_, text, err := readRecipients(root, k)
		return recipientLines(text), err
	})
}

// IsRecipient reports whether a text is one recipient that items can be encrypted to, its check sum included.
func IsRecipient(text string) bool {
	_, err := age.ParseRecipients(strings.NewReader(text))
	return err == nil && !strings.ContainsAny(text, "\r\n#")
}

// AddRecipient lets one more recipient read all items, and encrypts them anew.
func (s *Store) AddRecipient(ctx context.Context, recipient string, report Progress) error {
	if !IsRecipient(recipient) {
		return fmt.Errorf("%w: it is none of age's", ErrRecipients)
	}
	return s.setRecipients(ctx, report, func(_ *keys, text string) (string, error) {
		if slices.Contains(recipientLines(text), recipient) {
			return text, nil
		}
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		return text + recipient + "\n", nil
	})
}

// RemoveRecipient encrypts all items anew without one of the recipients. What that one has read already,
// or has copies of, stays readable to it.
func (s *Store) RemoveRecipient(ctx context.Context, recipient string, report Progress) error {
	return s.setRecipients(ctx, report, func(_ *keys, text string) (string, error) {
		lines := strings.SplitAfter(text, "\n")
		kept := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return strings.TrimSpace(line) == recipient })
		if len(kept) == len(lines) {
			return "", fmt.Errorf("%w: it is not among them", ErrRecipients)
		}
		return strings.Join(kept, ""), nil
	})
}

// setRecipients rewrites the file of recipients and encrypts all items anew. That there is something to
// finish is on the disk before the recipients are.
func (s *Store) setRecipients(ctx context.Context, report Progress, edit func(*keys, string) (string, error)) error {
	k, err := s.unlock(ctx, false)
	if err != nil {
		return err
	}
	err = s.change(ctx, true, func(root *os.Root) error {
		_, before, err := readRecipients(root, k)
		if err != nil {
			return err
		}
		after, err := edit(k, before)
		if err != nil {
			return err
		}
		recipients, err := parseRecipients(after, k)
		if err != nil {
			return err
		}
		// age does not mix all sorts of recipients; better to know now than at the next write.
		if _, err := encrypt(secret.Secret{}, recipients...); err != nil {
			return err
		}
		// The nonce tells this change from the next one.
		pending := []byte(rand.Text() + "\n")
		if err := s.replace(root, pendingFile, pending, equal(pending)); err != nil {
			return err
		}
		return s.replace(root, recipientsFile, []byte(after), equal([]byte(after)))
	})
	if err != nil {
		return err
	}
	return s.Reencrypt(ctx, report)
}

// Reencrypt encrypts all items anew to the recipients as they are now. Killed or cancelled at any point it
// leaves every item readable to us, and State says that it has to be called again. Items that cannot be
// read are left alone and reported at the end.
func (s *Store) Reencrypt(ctx context.Context, report Progress) error {
	k, err := s.unlock(ctx, false)
	if err != nil {
		return err
	}
	pending, err := do(ctx, s.pending)
	if err != nil {
		return err
	}
	// Whatever is written after this moment is encrypted to the recipients of this moment or later ones.
	names, err := s.List(ctx)
	if err != nil {
		return err
	}
	var damaged []error
	for i, name := range names {
		err := s.reencrypt(ctx, k, name)
		switch {
		case errors.Is(err, ErrDamagedItem):
			damaged = append(damaged, fmt.Errorf("%s: %w", name, err))
		case err != nil:
			return fmt.Errorf("encrypt %s anew: %w", name, err)
		}
		if report != nil {
			report(i+1, len(names))
		}
	}
	if len(damaged) > 0 {
		return errors.Join(damaged...)
	}
	return s.finish(ctx, pending)
}

// reencrypt encrypts one item anew. The lock is exclusive, since this is a read followed by a write, and
// taken for each item, so that others get their turn.
func (s *Store) reencrypt(ctx context.Context, k *keys, name string) error {
	file, err := itemPath(name)
	if err != nil {
		return err
	}
	return s.change(ctx, true, func(root *os.Root) error {
		sealed, err := readFile(root, file, maxSealed)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		value, err := k.decrypt(sealed)
		if err != nil {
			return err
		}
		return s.put(root, k, file, value)
	})
}

// pending returns the mark of an unfinished change of recipients, "" where there is none.
func (s *Store) pending() (string, error) {
	root, err := s.rootInUse()
	if err != nil {
		return "", err
	}
	defer closeRead(root)
	return readPending(root)
}

func readPending(root *os.Root) (string, error) {
	mark, err := readFile(root, pendingFile, maxRecipients)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(mark), err
}

// finish removes the mark of a change, unless it is that of a later one.
func (s *Store) finish(ctx context.Context, pending string) error {
	if pending == "" {
		return nil
	}
	return s.change(ctx, true, func(root *os.Root) error {
		now, err := readPending(root)
		if err != nil || now != pending {
			return err
		}
		if err := root.Remove(pendingFile); err != nil {
			return ofWrite(err)
		}
		return ofWrite(syncDir(root, "."))
	})
}

// readRecipients reads whom to encrypt to, and the text that says so.
func readRecipients(root *os.Root, k *keys) ([]age.Recipient, string, error) {
	content, err := readFile(root, recipientsFile, maxRecipients)
	text := string(content)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		text = strings.Join(k.recipients, "\n") + "\n"
	case err != nil:
		return nil, "", err
	}
	recipients, err := parseRecipients(text, k)
	return recipients, text, err
}

// parseRecipients reads a file of recipients, of whom we must be one: what we could not read ourselves we
// do not write.
func parseRecipients(text string, k *keys) ([]age.Recipient, error) {
	recipients, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecipients, err)
	}
	if !slices.ContainsFunc(recipientLines(text), func(line string) bool { return slices.Contains(k.recipients, line) }) {
		return nil, fmt.Errorf("%w: this store's own identity is not among them", ErrRecipients)
	}
	return recipients, nil
}

// recipientLines returns the recipients of a file without its comments.
func recipientLines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}
