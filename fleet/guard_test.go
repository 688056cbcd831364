package fleet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

func TestOneSessionIsNeverOpenTwice(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	for id := range int64(4) {
		w.added(f, id+1)
	}
	w.fake.hold = time.Millisecond
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for id := range int64(4) {
				if _, err := f.Check(t.Context(), key(id+1), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if w.fake.twice != 0 || w.fake.checks != 32 {
		t.Errorf("%d of %d checks met another one", w.fake.twice, w.fake.checks)
	}
}

func TestAnotherProcessIsToldThatASessionIsOpen(t *testing.T) {
	w := newFakeWorld(t)
	one, two := w.open(), w.open()
	w.added(one, 7)
	checking, done := make(chan struct{}), make(chan struct{})
	w.fake.onCheck = func(context.Context, int64) error {
		close(checking)
		<-done
		return nil
	}
	result := make(chan error)
	go func() {
		_, err := one.Check(context.Background(), key(7), nil)
		result <- err
	}()
	<-checking
	bot, err := two.Check(t.Context(), key(7), nil)
	if !errors.Is(err, ErrSessionBusy) || bot.Key != key(7) || bot.Health.Status != store.OK {
		t.Errorf("check: %+v, %v", bot, err)
	}
	if _, err := two.Login(t.Context(), key(7), true, nil); !errors.Is(err, ErrSessionBusy) {
		t.Errorf("login: %v", err)
	}
	close(done)
	if err := <-result; err != nil {
		t.Error(err)
	}
	w.fake.onCheck = nil
	if _, err := two.Check(t.Context(), key(7), nil); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(os.Getenv("XDG_STATE_HOME"), "botring", "locks", "bot-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestTwoFleetsShareAHome(t *testing.T) {
	w := newFakeWorld(t)
	fleets := []*Fleet{w.open(), w.open()}
	w.added(fleets[0], 100)
	var all sync.WaitGroup
	for i, f := range fleets {
		all.Go(func() {
			for n := range int64(10) {
				order := NewBot{Token: tokenOf(n*2+int64(i)+1, "x"), APIID: testApp}
				if _, err := f.Add(t.Context(), order, nil); err != nil {
					t.Error(err)
				}
				if _, err := f.Check(t.Context(), key(100), nil); err != nil && !errors.Is(err, ErrSessionBusy) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, f := range fleets {
		if bots, err := f.Bots(t.Context()); err != nil || len(bots) != 21 {
			t.Errorf("%d bots, %v", len(bots), err)
		}
		wantNoIntents(t, f)
	}
	if names := w.items(); len(names) != 22 {
		t.Errorf("%d items", len(names))
	}
}

func TestTheSameBotAddedTwiceAtOnce(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	order := w.bot(7)
	var saved, worked atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			switch _, err := f.Add(t.Context(), order, nil); {
			case err == nil:
				saved.Add(1)
			case errors.Is(err, ErrSessionWorks):
				worked.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if saved.Load() != 1 || worked.Load() != 5 || w.fake.logins != 1 {
		t.Errorf("saved %d, worked %d, %d logins", saved.Load(), worked.Load(), w.fake.logins)
	}
}

func TestWaitingForATurnEndsWithTheContext(t *testing.T) {
	g := &guard{}
	release, err := g.take(t.Context(), key(7))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := g.take(ctx, key(7)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	release()
	if len(g.bots) != 0 {
		t.Errorf("%d turns are remembered", len(g.bots))
	}
}

func TestCheckMany(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	var keys []Key
	for id := range int64(30) {
		w.added(f, id+1)
		keys = append(keys, key(id+1))
	}
	var running, most atomic.Int32
	w.fake.onCheck = func(context.Context, int64) error {
		n := running.Add(1)
		defer running.Add(-1)
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		time.Sleep(time.Millisecond)
		return nil
	}
	keys = append(keys, key(999))
	var told, missing int // written by one call at a time, says the race detector
	f.CheckMany(t.Context(), keys, func(c Outcome) {
		told++
		if errors.Is(c.Err, store.ErrNotFound) {
			missing++
		} else if c.Err != nil || c.Bot.Health.Status != store.OK {
			t.Errorf("%+v", c)
		}
	})
	if told != 31 || missing != 1 || most.Load() > AtOnce {
		t.Errorf("told %d, missing %d, %d at once", told, missing, most.Load())
	}
}

// TestCheckManyOpensNothingThatWasGivenAway: a check of many takes its time, and meanwhile the session of a later bot
// is given away, or that and then replaced by a new one. What was read of it before is not opened.
func TestCheckManyOpensNothingThatWasGivenAway(t *testing.T) {
	for name, replaced := range map[string]bool{"given away": false, "and replaced": true} {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			opts := w.options()
			opts.AtOnce = 1
			f, err := Open(t.Context(), opts)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			f.talk = func(telegram.Network) conversation { return w.fake }
			var keys []Key
			for id := int64(1); id <= 10; id++ {
				w.added(f, id)
				keys = append(keys, key(id))
			}
			item, err := decodeBotItem(key(9), w.item(botItemName(key(9))))
			if err != nil {
				t.Fatal(err)
			}
			given := item.Session.Key.Reveal()
			w.fake.onCheck = func(_ context.Context, id int64) error {
				w.fake.mu.Lock()
				defer w.fake.mu.Unlock()
				if w.fake.open[given] > 0 {
					t.Error("the session that was given away was opened")
				}
				return nil
			}
			var once sync.Once
			got := map[Key]Outcome{}
			f.CheckMany(t.Context(), keys, func(o Outcome) {
				once.Do(func() {
					w.sleep(time.Minute)
					if _, err := f.MarkElsewhere(t.Context(), key(9), store.DefaultSession, "vps-1"); err != nil {
						t.Error(err)
					}
					if !replaced {
						return
					}
					if _, err := f.Login(t.Context(), key(9), true, nil); err != nil {
						t.Error(err)
					}
				})
				got[o.Key] = o
			})
			if o := got[key(9)]; replaced && (o.Err != nil || o.Bot.Health.Status != store.OK) || !replaced && !errors.Is(o.Err, ErrRunsElsewhere) {
				t.Errorf("%+v", o)
			}
			if len(got) != len(keys) || w.fake.checks < 9 {
				t.Errorf("%d outcomes, %d checks", len(got), w.fake.checks)
			}
		})
	}
}

func TestCheckManyEndsWithTheContext(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	var keys []Key
	for id := range int64(30) {
		w.added(f, id+1)
		keys = append(keys, key(id+1))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.fake.hold = time.Hour
	time.AfterFunc(20*time.Millisecond, cancel)
	told := 0
	f.CheckMany(ctx, keys, func(c Outcome) {
		told++
		if !errors.Is(c.Err, context.Canceled) || c.Bot.Health.Status != store.OK {
			t.Errorf("%+v", c)
		}
	})
	if told > AtOnce {
		t.Errorf("%d were told", told)
	}
}

func TestCheckManyWithALockedKeyring(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	order := w.bot(8)
	order.NoLogin = true
	if _, err := f.Add(t.Context(), order, nil); err != nil {
		t.Fatal(err)
	}
	at := &f.at.Load().ring
	at.mu.Lock()
	at.opened = keyring.Wrap(refusingStore{w.store}, keyring.Options{})
	at.mu.Unlock()
	got := map[int64]error{}
	f.CheckMany(t.Context(), []Key{key(7), key(8)}, func(c Outcome) { got[c.Bot.ID] = c.Err })
	if len(got) != 2 || !errors.Is(got[7], keyring.ErrDenied) || got[8] != nil {
		t.Errorf("got %v", got)
	}
}

// A refusingStore is locked, and its user dismisses the prompt.
type refusingStore struct{ *faultyStore }

func (refusingStore) Unlock(context.Context) error { return keyring.ErrDenied }

// TestTwoHundredAtOnce: as many connections as a schedule can be told to hold, each with a bot of its own.
func TestTwoHundredAtOnce(t *testing.T) {
	w := newWorld(t)
	opts := w.options()
	opts.AtOnce, opts.Timeout = 200, time.Minute
	f, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	keys := w.seed(f, 200)
	ok := map[Key]bool{}
	f.CheckMany(t.Context(), keys, func(o Outcome) {
		if o.Err != nil || o.Bot.Health.Status != store.OK {
			t.Errorf("%s: %s, %v", o.Key, o.Bot.Health.Status, o.Err)
		}
		ok[o.Key] = true
	})
	if stats := w.tg.Stats(); len(ok) != len(keys) || stats.Methods["auth.importBotAuthorization"] != 0 {
		t.Errorf("%d of %d checked, %v", len(ok), len(keys), stats.Methods)
	}
}
