package agefile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"botring/internal/secret"
)

// maxSealed bounds the file of an item: the value, 16 bytes to each 64 KiB of it, and a header with room
// for thousands of recipients.
const maxSealed = MaxSize + MaxSize/4096 + 1<<20

// Get returns an item's value, or ErrNotFound, for which no passphrase is needed.
func (s *Store) Get(ctx context.Context, name string) (secret.Secret, error) {
	sealed, err := do(ctx, func() ([]byte, error) { return s.read(name) })
	if err != nil {
		return secret.Secret{}, err
	}
	k, err := s.unlock(ctx, false)
	if err != nil {
		return secret.Secret{}, err
	}
	return k.decrypt(sealed)
}

// GetAll returns the values of the named items that there are, or of all when names is nil. One item that
// cannot be decrypted is an error for all of them: a copy without it would pass for whole.
func (s *Store) GetAll(ctx context.Context, names []string) (map[string]secret.Secret, error) {
	if names == nil {
		var err error
		if names, err = s.List(ctx); err != nil {
			return nil, err
		}
	}
	values := make(map[string]secret.Secret, len(names))
	for _, name := range names {
		value, err := s.Get(ctx, name)
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		values[name] = value
	}
	return values, nil
}

// read reads the encrypted file of an item.
func (s *Store) read(name string) ([]byte, error) {
	file, err := itemPath(name)
	if err != nil {
		return nil, err
	}
	root, err := s.rootInUse()
	if err != nil {
		return nil, notFound(err)
	}
	defer closeRead(root)
	sealed, err := readFile(root, file, maxSealed)
	return sealed, notFound(err)
}

// rootInUse is root for a store that may be open: where it was, its directory must still be there.
func (s *Store) rootInUse() (*os.Root, error) {
	root, err := s.root()
	if errors.Is(err, fs.ErrNotExist) && s.opened() != nil {
		return nil, fmt.Errorf("%w: %s", ErrGone, s.opts.Dir)
	}
	return root, err
}

func notFound(err error) error {
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrGone) {
		return ErrNotFound
	}
	return err
}

// Put writes an item, in place of the one with its name. When it returns nil the item is on the disk and
// was decrypted from there; after an error there is the old value, if there was one.
func (s *Store) Put(ctx context.Context, name string, value secret.Secret) error {
	file, err := itemPath(name)
	if err != nil {
		return err
	}
	if value.Len() > MaxSize {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, value.Len(), MaxSize)
	}
	k, err := s.unlock(ctx, true)
	if err != nil {
		return err
	}
	return s.change(ctx, false, func(root *os.Root) error { return s.put(root, k, file, value) })
}

// put encrypts a value and writes its file.
func (s *Store) put(root *os.Root, k *keys, file string, value secret.Secret) error {
	recipients, _, err := readRecipients(root, k)
	if err != nil {
		return err
	}
	sealed, err := encrypt(value, recipients...)
	if err != nil {
		return err
	}
	return s.replace(root, file, sealed, same(value, k.decrypt))
}

// Delete removes an item, or returns ErrNotFound. It needs no passphrase.
func (s *Store) Delete(ctx context.Context, name string) error {
	file, err := itemPath(name)
	if err != nil {
		return err
	}
	// What is not there is not there on a read-only disk either.
	if _, err := do(ctx, func() ([]byte, error) { return s.read(name) }); errors.Is(err, ErrNotFound) {
		return err
	}
	return s.change(ctx, false, func(root *os.Root) error {
		if err := checkParents(root, file); err != nil {
			return notFound(err)
		}
		if err := root.Remove(file); err != nil {
			return ofWrite(notFound(err))
		}
		return ofWrite(syncDir(root, path.Dir(file)))
	})
}

// List returns the names of all items in ascending order. It needs no passphrase.
func (s *Store) List(ctx context.Context) ([]string, error) {
	return do(ctx, func() ([]string, error) {
		root, err := s.rootInUse()
		if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrGone) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		defer closeRead(root)
		return list(ctx, root)
	})
}

// list walks the items. Files that are not named like items are somebody else's, such as git's.
func list(ctx context.Context, root *os.Root) ([]string, error) {
	var names []string
	err := fs.WalkDir(root.FS(), itemsDir, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // not made yet, or removed meanwhile
			return nil
		case err != nil:
			return ofRead(err)
		case strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.IsDir() {
			if name, ok := itemName(file); ok && entry.Type().IsRegular() {
				names = append(names, name)
			}
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return ofRead(err)
		}
		if err := checkDir(file, info); err != nil {
			return err
		}
		return ended(ctx)
	})
	slices.Sort(names)
	return names, err
}

// change makes a change to the disk, one at a time, under the lock between processes. A change that is
// given up on runs to its end, and the next one waits for it: it cannot overtake a later one.
func (s *Store) change(ctx context.Context, exclusive bool, apply func(*os.Root) error) error {
	release, err := take(ctx, s.writing)
	if err != nil {
		return err
	}
	_, err = wait(ctx, func() (struct{}, error) {
		defer release()
		root, err := s.rootInUse()
		if err != nil {
			return struct{}{}, notFound(err)
		}
		defer closeRead(root)
		s.swept.Do(func() { s.sweep(root) })
		unlock, err := s.lock(ctx, exclusive)
		if err != nil {
			return struct{}{}, err
		}
		defer unlock()
		// The last moment to turn back.
		if err := ended(ctx); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, apply(root)
	})
	return err
}
