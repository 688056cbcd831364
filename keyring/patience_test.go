package keyring

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"botring/internal/secret"
)

// askingStore asks somebody who is not there.
type askingStore struct{}

func (askingStore) ask(ctx context.Context) error { <-ctx.Done(); return ended(ctx) }

func (s askingStore) Get(ctx context.Context, _ string) (secret.Secret, error) {
	return secret.Secret{}, s.ask(ctx)
}

func (s askingStore) GetAll(ctx context.Context, _ []string) (map[string]secret.Secret, error) {
	return nil, s.ask(ctx)
}
func (s askingStore) Put(ctx context.Context, _ Item) error      { return s.ask(ctx) }
func (s askingStore) Delete(ctx context.Context, _ string) error { return s.ask(ctx) }
func (s askingStore) List(ctx context.Context) ([]string, error) { return nil, s.ask(ctx) }
func (s askingStore) Unlock(ctx context.Context) error           { return lockedError(s.ask(ctx)) }
func (s askingStore) Create(ctx context.Context) error           { return s.ask(ctx) }

// TestPatience: a prompt that nobody answers ends every call in its time, as a keyring that does not answer
// or stayed locked, and a caller who is less patient still ends it sooner.
func TestPatience(t *testing.T) {
	calls := map[string]func(context.Context, *Ring) error{
		"get":    func(ctx context.Context, r *Ring) error { _, err := r.Get(ctx, "x"); return err },
		"all":    func(ctx context.Context, r *Ring) error { _, err := r.GetAll(ctx, nil); return err },
		"put":    func(ctx context.Context, r *Ring) error { return r.Put(ctx, Item{Name: "x"}) },
		"delete": func(ctx context.Context, r *Ring) error { return r.Delete(ctx, "x") },
		"list":   func(ctx context.Context, r *Ring) error { _, err := r.List(ctx); return err },
		"unlock": func(ctx context.Context, r *Ring) error { return r.Unlock(ctx) },
		"create": func(ctx context.Context, r *Ring) error { return r.Create(ctx) },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, patience := range []time.Duration{0, 5 * time.Second} {
					began := time.Now()
					err := call(t.Context(), Wrap(askingStore{}, Options{Patience: patience}))
					want := patience
					if want == 0 {
						want = DefaultPatience
					}
					if took := time.Since(began); took != want {
						t.Errorf("waited %v of %v", took, want)
					}
					var unavailable *UnavailableError
					var locked *LockedError
					if !errors.As(err, &unavailable) || unavailable.Reason != NoAnswer {
						t.Errorf("%v", err)
					}
					if name == "unlock" && (!errors.As(err, &locked) || !locked.Unanswered) {
						t.Errorf("%v", err)
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				err := call(ctx, Wrap(askingStore{}, Options{}))
				if took := time.Since(began); took != time.Second || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUnavailable) {
					t.Errorf("a caller of one second waited %v: %v", took, err)
				}
			})
		})
	}
}
