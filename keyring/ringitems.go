package keyring

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"botring/internal/secret"
)

// Get returns an item's value, or ErrNotFound; a locked ring prompts first.
func (r *Ring) Get(ctx context.Context, name string) (secret.Secret, error) {
	ctx, cancel := r.patiently(ctx)
	defer cancel()
	if err := checkName(name); err != nil {
		return secret.Secret{}, err
	}
	value, err := r.store.Get(ctx, name)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("read %s from the keyring: %w", name, err)
	}
	return value, nil
}

// GetAll returns the values of these items, or of all items of the ring when names is nil. Names that
// there is no item of are left out. It is much faster than Get for each where the keyring can do that.
func (r *Ring) GetAll(ctx context.Context, names []string) (map[string]secret.Secret, error) {
	for _, name := range names {
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	if b, ok := r.store.(batchGetter); ok && len(names) != 1 {
		ctx, cancel := r.patiently(ctx)
		defer cancel()
		values, err := b.GetAll(ctx, names)
		if err != nil {
			return nil, fmt.Errorf("read all items from the keyring: %w", err)
		}
		maps.DeleteFunc(values, func(name string, _ secret.Secret) bool { return strings.HasPrefix(name, ProbePrefix) })
		return values, nil
	}
	if names == nil {
		var err error
		if names, err = r.List(ctx); err != nil {
			return nil, err
		}
	}
	values := make(map[string]secret.Secret, len(names))
	for _, name := range names {
		value, err := r.Get(ctx, name)
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		values[name] = value
	}
	return values, nil
}

// Put writes an item, in place of the one with its name, and has read it back when it returns nil.
// A value that does not fit is ErrTooLarge before anything is written.
func (r *Ring) Put(ctx context.Context, item Item) error {
	if err := checkName(item.Name); err != nil {
		return err
	}
	if strings.HasPrefix(item.Name, ProbePrefix) {
		return fmt.Errorf("%w: %s is taken", ErrBadName, ProbePrefix)
	}
	item.Label = cleanLabel(item.Label)
	if err := r.put(ctx, item); err != nil {
		return fmt.Errorf("write %s to the keyring: %w", item.Name, err)
	}
	return nil
}

// put writes an item whose name has been checked, reads it back, and remembers when that went well.
func (r *Ring) put(ctx context.Context, item Item) error {
	err := r.write(ctx, item)
	if err != nil {
		r.proved.Store(nil)
		return err
	}
	now := time.Now()
	r.proved.Store(&now)
	return nil
}

func (r *Ring) write(ctx context.Context, item Item) error {
	ctx, cancel := r.patiently(ctx)
	defer cancel()
	if err := r.fits(item.Name, item.Value.Len()); err != nil {
		return err
	}
	if err := r.store.Put(ctx, item); err != nil {
		return err
	}
	if _, ok := r.store.(verifier); ok {
		return nil
	}
	got, err := r.store.Get(ctx, item.Name)
	switch {
	case errors.Is(err, ErrNotFound):
		return fmt.Errorf("%w: there is no item", ErrReadBack)
	case err != nil:
		return fmt.Errorf("read it back: %w", err)
	case !got.Equal(item.Value):
		return ErrReadBack
	}
	return nil
}

// MaxSize returns how many bytes fit into the item of this name, 0 where there is no known limit.
func (r *Ring) MaxSize(name string) int {
	if l, ok := r.store.(limiter); ok {
		return l.MaxSize(name)
	}
	return 0
}

// fits returns ErrTooLarge for a value that the store cannot take.
func (r *Ring) fits(name string, size int) error {
	if limit := r.MaxSize(name); limit > 0 && size > limit {
		return fmt.Errorf("%w: %d bytes of at most %d", ErrTooLarge, size, limit)
	}
	return nil
}

// Delete removes an item. It returns ErrNotFound where there is none.
func (r *Ring) Delete(ctx context.Context, name string) error {
	ctx, cancel := r.patiently(ctx)
	defer cancel()
	if err := checkName(name); err != nil {
		return err
	}
	if err := r.store.Delete(ctx, name); err != nil {
		return fmt.Errorf("delete %s from the keyring: %w", name, err)
	}
	return nil
}

// List returns the names of all items of the ring in ascending order, or ErrCannotList. Probes that a
// crash left behind are not among them: it deletes those.
func (r *Ring) List(ctx context.Context) ([]string, error) {
	ctx, cancel := r.patiently(ctx)
	defer cancel()
	names, err := r.store.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the keyring: %w", err)
	}
	var probes []string
	names = slices.DeleteFunc(names, func(name string) bool {
		probe := strings.HasPrefix(name, ProbePrefix)
		if probe {
			probes = append(probes, name)
		}
		return probe
	})
	r.sweep(ctx, probes)
	return names, nil
}
