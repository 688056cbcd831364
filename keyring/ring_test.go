package keyring

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"botring/internal/secret"
)

// brokenStore is a Memory whose calls a test may spoil.
type brokenStore struct {
	*Memory
	put    func(Item) (Item, error)
	unlock func(context.Context) error
	status Status
	// onlyOne makes List impossible.
	onlyOne bool
	puts    []string
	deletes []string
	maxSize int
}

func (b *brokenStore) Put(ctx context.Context, item Item) error {
	b.puts = append(b.puts, item.Name)
	if b.put != nil {
		changed, err := b.put(item)
		if err != nil {
			return err
		}
		item = changed
	}
	if item.Name == "" {
		return nil
	}
	return b.Memory.Put(ctx, item)
}

func (b *brokenStore) Delete(ctx context.Context, name string) error {
	b.deletes = append(b.deletes, name)
	return b.Memory.Delete(ctx, name)
}

func (b *brokenStore) List(ctx context.Context) ([]string, error) {
	if b.onlyOne {
		return nil, ErrCannotList
	}
	return b.Memory.List(ctx)
}

func (b *brokenStore) Unlock(ctx context.Context) error {
	if b.unlock != nil {
		return b.unlock(ctx)
	}
	return nil
}

func (b *brokenStore) Status(context.Context) (Status, error) { return b.status, nil }
func (b *brokenStore) MaxSize(string) int                     { return b.maxSize }

func newBroken(t *testing.T) (*brokenStore, *Ring) {
	store := &brokenStore{Memory: NewMemory(), status: Status{CanList: true}}
	return store, Wrap(store, Options{LockDir: t.TempDir()})
}

func TestRingOfMemoryIsAStore(t *testing.T) {
	testStore(t, func(t *testing.T) Store {
		ring, err := Open(t.Context(), Options{Kind: KindMemory})
		if err != nil {
			t.Fatal(err)
		}
		return ring
	})
}

func TestOpen(t *testing.T) {
	if _, err := Open(t.Context(), Options{Kind: "paper"}); is(t, err, ErrUnavailable) != UnknownKind {
		t.Errorf("an unknown kind: %v", err)
	}
	for _, kind := range []Kind{KindMemory, KindSystem} {
		if _, err := Open(t.Context(), Options{Kind: kind, Ring: "b\x00t"}); !errors.Is(err, ErrBadName) {
			t.Errorf("a bad ring of kind %s: %v", kind, err)
		}
	}
}

func TestNames(t *testing.T) {
	ring := Wrap(NewMemory(), Options{})
	for _, name := range []string{"", "a\x00", "a\n", "é", strings.Repeat("n", MaxName+1), "\x7f"} {
		_, getErr := ring.Get(t.Context(), name)
		_, allErr := ring.GetAll(t.Context(), []string{name})
		for _, err := range []error{
			getErr, allErr, ring.Put(t.Context(), Item{Name: name, Value: secret.New("x")}), ring.Delete(t.Context(), name),
		} {
			is(t, err, ErrBadName)
		}
	}
	is(t, ring.Put(t.Context(), Item{Name: ProbePrefix + "x"}), ErrBadName)
	mustPut(t, ring, strings.Repeat("n", MaxName), "x")
}

// TestReadBack: a store that acknowledges a write and keeps something else, or nothing.
func TestReadBack(t *testing.T) {
	for name, put := range map[string]func(Item) (Item, error){
		"other value": func(i Item) (Item, error) { i.Value = secret.New("other"); return i, nil },
		"empty":       func(i Item) (Item, error) { i.Value = secret.Secret{}; return i, nil },
		"nothing":     func(Item) (Item, error) { return Item{}, nil },
	} {
		store, ring := newBroken(t)
		store.put = put
		err := ring.Put(t.Context(), Item{Name: "app/1", Value: secret.New("x")})
		if !errors.Is(err, ErrReadBack) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTooLargeIsSaidBeforeWriting(t *testing.T) {
	store, ring := newBroken(t)
	store.maxSize = 10
	store.unlock = func(context.Context) error { t.Error("prompted for what does not fit"); return nil }
	is(t, ring.Put(t.Context(), Item{Name: "a", Value: secret.New("01234567890")}), ErrTooLarge)
	is(t, ring.Preflight(t.Context(), 11), ErrTooLarge)
	if len(store.puts) != 0 {
		t.Errorf("wrote %q", store.puts)
	}
}

func TestLabelsAreCleaned(t *testing.T) {
	var label string
	store, ring := newBroken(t)
	store.put = func(i Item) (Item, error) { label = i.Label; return i, nil }
	err := ring.Put(t.Context(), Item{Name: "a", Label: "botring: \x00@x\n\xff 🤖\x1b[2J", Value: secret.New("x")})
	if err != nil || label != "botring: @x 🤖[2J" {
		t.Errorf("%q, %v", label, err)
	}
}

func TestPreflight(t *testing.T) {
	store, ring := newBroken(t)
	if err := ring.Preflight(t.Context(), 1200); err != nil {
		t.Fatal(err)
	}
	if len(store.puts) != 1 || !slices.Equal(store.puts, store.deletes) || len(store.items) != 0 {
		t.Errorf("wrote %q, deleted %q, left %d", store.puts, store.deletes, len(store.items))
	}
	for _, fault := range []error{ErrDenied, ErrLocked, ErrUnavailable} {
		store, ring := newBroken(t)
		store.unlock = func(context.Context) error { return fault }
		is(t, ring.Preflight(t.Context(), 1), fault)
		if len(store.puts) != 0 {
			t.Errorf("%v: probed all the same", fault)
		}
	}
	for _, fault := range []error{ErrGone, ErrReadBack, ErrDenied} {
		store, ring := newBroken(t)
		store.put = func(i Item) (Item, error) { _ = store.Memory.Put(t.Context(), i); return i, fault }
		is(t, ring.Preflight(t.Context(), 1), fault)
		// After a refusal the next call would prompt again.
		if left := len(store.items); left != 0 && !errors.Is(fault, ErrDenied) {
			t.Errorf("%v: %d probes left", fault, left)
		}
	}
}

// TestWriteStandsForAProbe for a minute, unless a later one failed.
func TestWriteStandsForAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, ring := newBroken(t)
		probes := func() int {
			before := len(store.puts)
			_ = ring.Preflight(t.Context(), 1)
			return len(store.puts) - before
		}
		mustPut(t, ring, "app/1", "x")
		if n := probes(); n != 0 {
			t.Errorf("%d probes right after a write", n)
		}
		time.Sleep(probeTrust)
		if n := probes(); n != 1 {
			t.Errorf("%d probes a minute later", n)
		}
		store.put = func(i Item) (Item, error) { return i, ErrGone }
		if err := ring.Put(t.Context(), Item{Name: "app/1"}); err == nil {
			t.Fatal("a write that failed is reported as done")
		}
		if n := probes(); n != 1 {
			t.Errorf("%d probes after a write that failed", n)
		}
		store.unlock = func(context.Context) error { return ErrLocked }
		store.put = nil
		mustPut(t, ring, "app/1", "x")
		is(t, ring.Preflight(t.Context(), 1), ErrLocked)
	})
}

// TestPreflightCleansUpAfterItself even when the user leaves in the middle of it.
func TestPreflightCleansUpAfterItself(t *testing.T) {
	store, ring := newBroken(t)
	ctx, cancel := context.WithCancel(t.Context())
	store.put = func(i Item) (Item, error) {
		_ = store.Memory.Put(t.Context(), i)
		cancel()
		return i, ctx.Err()
	}
	if err := ring.Preflight(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if len(store.items) != 0 {
		t.Error("the probe is still there")
	}
}

func TestProbesNeverShow(t *testing.T) {
	store, ring := newBroken(t)
	mustPut(t, ring, "app/1", "x")
	now := time.Now()
	fresh, old := probeName(now, true), probeName(now.Add(-time.Hour), true)
	for _, name := range []string{fresh, old, ProbePrefix + "nonsense", probeName(now, false)} {
		mustPut(t, store, name, "p")
	}
	names, err := ring.List(t.Context())
	if err != nil || !slices.Equal(names, []string{"app/1"}) {
		t.Errorf("list: %q, %v", names, err)
	}
	values, err := ring.GetAll(t.Context(), nil)
	if err != nil || len(values) != 1 {
		t.Errorf("get all: %d, %v", len(values), err)
	}
	// A fresh one may be in use by another process; the others are nobody's.
	if left := slices.Sorted(maps.Keys(store.items)); !slices.Equal(left, []string{"app/1", fresh}) {
		t.Errorf("left: %q", left)
	}
}

// TestProbesOfAStoreThatCannotList have a few names only, so that a crash cannot leave many.
func TestProbesOfAStoreThatCannotList(t *testing.T) {
	store, ring := newBroken(t)
	store.onlyOne, store.status = true, Status{CanList: false}
	for range 100 {
		ring.proved.Store(nil)
		if err := ring.Preflight(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	if len(store.puts) != 100 {
		t.Fatalf("%d probes", len(store.puts))
	}
	slices.Sort(store.puts)
	if names := slices.Compact(store.puts); len(names) > probeSlots {
		t.Errorf("%d names", len(names))
	}
	is(t, func() error { _, err := ring.List(t.Context()); return err }(), ErrCannotList)
	is(t, func() error { _, err := ring.GetAll(t.Context(), nil); return err }(), ErrCannotList)
}

func TestGetAll(t *testing.T) {
	ring := Wrap(NewMemory(), Options{})
	for _, name := range []string{"app/1", "app/2", "app/3"} {
		mustPut(t, ring, name, "of "+name)
	}
	for _, c := range []struct{ names, want []string }{
		{nil, []string{"app/1", "app/2", "app/3"}},
		{[]string{"app/2"}, []string{"app/2"}},
		{[]string{"app/3", "app/4", "app/1"}, []string{"app/1", "app/3"}},
		{[]string{}, nil},
	} {
		values, err := ring.GetAll(t.Context(), c.names)
		if got := slices.Sorted(maps.Keys(values)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, %v", c.names, got, err)
		}
		for name, value := range values {
			if value.Reveal() != "of "+name {
				t.Errorf("%s has another's value", name)
			}
		}
	}
}

func TestStatus(t *testing.T) {
	status, err := Wrap(NewMemory(), Options{}).Status(t.Context())
	if err != nil || status.Kind != KindMemory || !status.CanList {
		t.Errorf("%+v, %v", status, err)
	}
	plain := struct{ Store }{NewMemory()}
	status, err = Wrap(plain, Options{}).Status(t.Context())
	if err != nil || status.Kind != KindSystem || !status.CanList {
		t.Errorf("%+v, %v", status, err)
	}
	if err := Wrap(plain, Options{}).Close(); err != nil {
		t.Error(err)
	}
}
