package fleet

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

// A listener keeps what a Trace is told.
type listener struct {
	mu    sync.Mutex
	held  []time.Time
	steps map[Key][]Step
}

func (l *listener) trace() Trace {
	l.steps = map[Key][]Step{}
	return Trace{
		Held: func(until time.Time) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.held = append(l.held, until)
		},
		Step: func(key Key, s Step) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.steps[key] = append(l.steps[key], s)
		},
	}
}

// queued are the steps in which a bot waited for its turn.
func (l *listener) queued(key Key) (steps []Step) {
	for _, s := range l.steps[key] {
		if s.Stage == Queueing {
			steps = append(steps, s)
		}
	}
	return steps
}

// TestTraceTellsOfHeldAddress once, although many are refused at that time.
func TestTraceTellsOfHeldAddress(t *testing.T) {
	inBubble(t, 40, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		began := time.Now()
		tg.onCheck = func(context.Context, int64) error {
			if time.Since(began) < 20*time.Second {
				return &telegram.Error{Kind: telegram.FloodWait, Code: -429}
			}
			return nil
		}
		var l listener
		f.CheckMany(WithTrace(t.Context(), l.trace()), keys, func(o Outcome) {
			if o.Err != nil {
				t.Errorf("%s: %v", o.Key, o.Err)
			}
		})
		if want := began.Add(addressWait); len(l.held) != 1 || !l.held[0].Equal(want) {
			t.Errorf("held until %v, want once until %v", l.held, want)
		}
		if len(l.steps) != 0 {
			t.Errorf("a check of many tells %d bots' steps", len(l.steps))
		}
	})
}

// TestTraceTellsOfTurns that are worth telling: those of an app of which a bot was told to wait.
func TestTraceTellsOfTurns(t *testing.T) {
	inBubble(t, 6, func(t *testing.T, _ *fakeTelegram, f *Fleet, keys []Key) {
		var l listener
		ctx := WithTrace(t.Context(), l.trace())
		f.LoginMany(ctx, keys[:3], true, func(Outcome) {})
		for _, key := range keys[:3] {
			if got := l.queued(key); len(got) != 0 || len(l.steps[key]) == 0 {
				t.Errorf("%s, without a refusal: %+v", key, got)
			}
		}
		f.schedule.refused(appKey{env, testApp})
		began := time.Now()
		f.LoginMany(ctx, keys[3:], true, func(Outcome) {})
		var turns []time.Duration
		for _, key := range keys[3:] {
			for _, s := range l.queued(key) {
				turns = append(turns, s.Until.Sub(began).Round(time.Second))
			}
		}
		slices.Sort(turns)
		if !slices.Equal(turns, []time.Duration{carefulGap, 2 * carefulGap}) {
			t.Errorf("they wait for their turns until %v", turns)
		}
	})
}

// TestLoginManyEndsWhatCannotBeSaved: nobody is asked about each of many, and no session is left behind.
func TestLoginManyEndsWhatCannotBeSaved(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.store.fail(func(item *keyring.Item) error {
		if item.Name == botItemName(key(7)) {
			return keyring.ErrGone
		}
		return nil
	}, nil)
	was := len(w.fake.alive)
	var got Outcome
	f.LoginMany(t.Context(), []Key{key(7)}, true, func(o Outcome) { got = o })
	if unsaved := (*UnsavedError)(nil); !errors.Is(got.Err, keyring.ErrGone) || errors.As(got.Err, &unsaved) {
		t.Errorf("it ended with %v", got.Err)
	}
	if got.Bot.ID != 7 || len(w.fake.alive) != was {
		t.Errorf("%s, and %d sessions are alive where %d were", got.Bot.Key, len(w.fake.alive), was)
	}
}

// TestRemoveManySitsOutTheAddress: a logout that Telegram did not hear is tried again, not given up.
func TestRemoveManySitsOutTheAddress(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		if err := f.at.Load().PutFlood(t.Context(), store.Flood{
			Key: Key{Environment: env}, SeenAt: time.Now(), Until: time.Now().Add(addressWait),
		}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var l listener
		err := f.RemoveMany(WithTrace(t.Context(), l.trace()), keys, Removal{LogOut: true}, func(r Removed, err error) {
			if err != nil || !r.LoggedOut {
				t.Errorf("%s: %v", r.Bot.Key, err)
			}
		})
		if err != nil || len(tg.alive) != 0 || len(l.held) != 1 {
			t.Errorf("%v, %d alive, held %d times", err, len(tg.alive), len(l.held))
		}
		if took := time.Since(began); took < addressWait || took > 2*addressWait {
			t.Errorf("took %v", took)
		}
	})
}

// TestRestoreMany brings back what can be, and ends where the keyring is shut.
func TestRestoreMany(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	var removed []Removed
	for id := int64(7); id < 10; id++ {
		w.added(f, id)
		r, err := f.Take(t.Context(), key(id))
		if err != nil {
			t.Fatal(err)
		}
		removed = append(removed, r)
	}
	w.added(f, 8)
	errs := map[Key]error{}
	if err := f.RestoreMany(t.Context(), removed, func(o Outcome) { errs[o.Key] = o.Err }); err != nil {
		t.Fatal(err)
	}
	if len(errs) != 3 || errs[key(7)] != nil || !errors.Is(errs[key(8)], ErrBackAlready) || errs[key(9)] != nil {
		t.Errorf("%v", errs)
	}
	if bots, err := f.Bots(t.Context()); err != nil || len(bots) != 3 {
		t.Errorf("%d bots, %v", len(bots), err)
	}
	r, err := f.Take(t.Context(), key(7))
	if err != nil {
		t.Fatal(err)
	}
	w.store.fail(nil, func(string) error { return keyring.ErrDenied })
	tried := 0
	err = f.RestoreMany(t.Context(), []Removed{r, r}, func(Outcome) { tried++ })
	if !errors.Is(err, keyring.ErrDenied) || tried != 1 {
		t.Errorf("with the keyring shut: %d tried, %v", tried, err)
	}
}
