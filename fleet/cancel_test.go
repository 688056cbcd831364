package fleet

import (
	"context"
	"errors"
	"testing"

	"botring/keyring"
	"botring/telegram"
)

func TestCancelSavesNothing(t *testing.T) {
	// Each cancels at another moment.
	tests := map[string]func(w *world, cancel context.CancelFunc){
		"while the login is under way": func(w *world, cancel context.CancelFunc) {
			w.fake.onLogin = func(ctx context.Context, _ int64) error {
				cancel()
				<-ctx.Done()
				return &telegram.Error{Kind: telegram.Cancelled, Sent: true, Err: ctx.Err()}
			}
		},
		"when the login has been granted": func(w *world, cancel context.CancelFunc) { w.fake.onGrant = cancel },
		"while the keyring is locked for writing": func(w *world, cancel context.CancelFunc) {
			w.fake.onGrant = func() {
				release, err := w.ring.Hold(context.Background())
				if err != nil {
					w.t.Error(err)
				}
				context.AfterFunc(w.t.Context(), release)
				cancel()
			}
		},
		"before the bot is written": func(w *world, cancel context.CancelFunc) {
			w.store.fail(func(i *keyring.Item) error {
				if i.Name == botItemName(key(7)) {
					cancel()
					return context.Canceled
				}
				return nil
			}, nil)
		},
	}
	for name, arrange := range tests {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			w.ring = keyring.Wrap(w.store, keyring.Options{Kind: keyring.KindMemory})
			f := w.open()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			arrange(w, cancel)
			_, err := f.Add(ctx, w.bot(7), nil)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, telegram.Cancelled) {
				t.Errorf("add: %v", err)
			}
			if w.fake.sessions() != 0 {
				t.Error("the session lives on")
			}
			wantNothing(t, w, f)
		})
	}
}

func TestCancelAfterTheWriteIsTooLate(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.store.fail(nil, func(name string) error {
		// The last look at the item: reading back what the ring has read back once already.
		if w.store.puts >= 2 && name == botItemName(key(7)) {
			cancel()
		}
		return nil
	})
	saved, err := f.Add(ctx, w.bot(7), nil)
	bots, readErr := f.Bots(t.Context())
	if readErr != nil {
		t.Fatal(readErr)
	}
	// Either it is saved or nothing of it is; never half.
	if err == nil {
		if len(bots) != 1 || saved.Bot.Key != key(7) {
			t.Errorf("saved, and %d rows", len(bots))
		}
		return
	}
	if !errors.Is(err, context.Canceled) || w.fake.sessions() != 0 {
		t.Errorf("not saved: %v, %d sessions", err, w.fake.sessions())
	}
	wantNothing(t, w, f)
}
