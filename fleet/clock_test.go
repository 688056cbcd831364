package fleet

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

// A settable clock is one on the wall: it runs with the bubble's timers, may be set, and goes on while they stand
// still, which to them is the same as being set forward.
type settable struct{ ahead atomic.Int64 }

func (s *settable) now() time.Time { return wallClock().Add(time.Duration(s.ahead.Load())) }

func (s *settable) set(by time.Duration) { s.ahead.Add(int64(by)) }

// hang hangs the clock on the wall of a fleet in a bubble.
func (s *settable) hang(f *Fleet) { f.now, f.schedule.now = s.now, s.now }

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock settable
		if !(deadline{}).passed(clock.now()) {
			t.Error("the zero deadline is waited for")
		}
		for _, test := range []struct {
			name       string
			pass, set  time.Duration
			wantPassed bool
			wantLeft   time.Duration
		}{
			{"nothing happens", 20 * time.Minute, 0, false, 40 * time.Minute},
			{"it passes", time.Hour, 0, true, 0},
			{"a sleep within it", 20 * time.Minute, 30 * time.Minute, false, 10 * time.Minute},
			{"a sleep past it", 20 * time.Minute, 8 * time.Hour, true, 0},
			{"set back an hour", 20 * time.Minute, -time.Hour, false, 40 * time.Minute},
			{"set back an hour, and it passes", time.Hour, -time.Hour, true, 0},
		} {
			d := deadlineIn(clock.now(), time.Hour)
			time.Sleep(test.pass)
			clock.set(test.set)
			now := clock.now()
			if left := d.left(now); d.passed(now) != test.wantPassed || max(0, left) != test.wantLeft || !d.at(now).Equal(now.Add(left)) {
				t.Errorf("%s: passed %v, %v left, at %v", test.name, d.passed(now), left, d.at(now))
			}
		}
	})
}

// TestWatchByTheClockOnTheWall: a round is not late after the computer slept, nor when the clock is set back, and
// the time of the next one is told again.
func TestWatchByTheClockOnTheWall(t *testing.T) {
	for _, test := range []struct {
		name string
		set  time.Duration
		// soonest and latest are when the first round begins, in the time of timers since the clock was set.
		soonest, latest time.Duration
	}{
		{"set forward an hour", time.Hour, 0, lookAgain},
		{"eight hours of sleep", 8 * time.Hour, 0, lookAgain},
		{"set back an hour", -time.Hour, 30 * time.Minute, 36 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, 3, func(t *testing.T, tg *fakeTelegram, f *Fleet, _ []Key) {
				var clock settable
				clock.hang(f)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var next atomic.Pointer[time.Time]
				var rounds, told atomic.Int64
				go f.Watch(ctx, LeastWatch, Watcher{
					Next:  func(at time.Time) { next.Store(&at); told.Add(1) },
					Ended: func(error) { rounds.Add(1) },
				})
				time.Sleep(30 * time.Minute)
				synctest.Wait()
				if left := next.Load().Sub(clock.now()); told.Load() != 1 || left < 30*time.Minute || left > 36*time.Minute {
					t.Fatalf("told %d times that the next round is in %v", told.Load(), left)
				}
				clock.set(test.set)
				set := time.Now()
				time.Sleep(lookAgain)
				synctest.Wait()
				if left := next.Load().Sub(clock.now()); left <= 0 || left > LeastWatch*11/10 {
					t.Errorf("the next round is told to be in %v", left)
				}
				for rounds.Load() == 0 {
					time.Sleep(time.Second)
					synctest.Wait()
				}
				if took := time.Since(set); took < test.soonest || took > test.latest+time.Second {
					t.Errorf("the round began after %v", took)
				}
				// One round for all that was slept through, and the next not before its time.
				time.Sleep(55 * time.Minute)
				synctest.Wait()
				if n := rounds.Load(); n != 1 || tg.checks != 3 {
					t.Errorf("%d rounds, %d checks", n, tg.checks)
				}
			})
		})
	}
}

// TestWatchLeavesALockedKeyringAlone: also one that is locked while a round is under way.
func TestWatchLeavesALockedKeyringAlone(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, tg *fakeTelegram, f *Fleet, _ []Key) {
		lockable := &lockable{Memory: keyring.NewMemory()}
		was := f.at.Load().ring.peek()
		for _, name := range mustList(t, was) {
			value, err := was.Get(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if err := lockable.Put(t.Context(), keyring.Item{Name: name, Value: value}); err != nil {
				t.Fatal(err)
			}
		}
		f.at.Load().ring.opened = keyring.Wrap(lockable, keyring.Options{})
		tg.onCheck = func(context.Context, int64) error { lockable.locked.Store(true); return nil }
		f.schedule.slots = make(chan struct{}, 1)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var ended []error
		checked := map[bool]int{}
		go f.Watch(ctx, LeastWatch, Watcher{
			Checked: func(o Outcome) { checked[o.Err == nil]++ },
			Ended:   func(err error) { ended = append(ended, err) },
		})
		time.Sleep(150 * time.Minute)
		synctest.Wait()
		if len(ended) != 2 || ended[0] != nil || !errors.Is(ended[1], keyring.ErrLocked) {
			t.Errorf("the rounds ended with %v", ended)
		}
		if checked[true] != 1 || checked[false] != 2 || tg.checks != 1 {
			t.Errorf("%d checked, %d not, %d at Telegram", checked[true], checked[false], tg.checks)
		}
		if n := lockable.asked.Load(); n > 0 {
			t.Errorf("somebody was asked to unlock %d times", n)
		}
	})
}

// TestWatchOpensNothingThatRunsElsewhere: such a session is not asked for, and the watch goes on without it.
func TestWatchOpensNothingThatRunsElsewhere(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, tg *fakeTelegram, f *Fleet, _ []Key) {
		order := NewBot{Token: tokenOf(9, "x"), APIID: testApp, NoLogin: true}
		session := fakeSession(9, 9)
		if _, err := f.Adopt(t.Context(), order, session, fakeProfile(9), store.Elsewhere); err != nil {
			t.Fatal(err)
		}
		tg.onCheck = func(_ context.Context, id int64) error {
			if id == 9 {
				t.Error("the session that runs elsewhere was opened")
			}
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go f.Watch(ctx, LeastWatch, Watcher{})
		time.Sleep(100 * time.Minute)
		synctest.Wait()
		if tg.checks != 2 {
			t.Errorf("%d checks", tg.checks)
		}
	})
}

// TestWatchWithoutANetwork: what stays as it is does not fill the history, however often it is found.
func TestWatchWithoutANetwork(t *testing.T) {
	inBubble(t, 5, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		tg.onCheck = func(context.Context, int64) error { return &telegram.Error{Kind: telegram.Unreachable} }
		before, err := f.History(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		rounds := 0
		go f.Watch(ctx, LeastWatch, Watcher{Ended: func(error) { rounds++ }})
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		after, err := f.History(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		// Each bot's once, when it became so, and a line a round.
		if n := len(after) - len(before); rounds < 20 || n != len(keys)+rounds {
			t.Errorf("%d entries after %d rounds", n, rounds)
		}
	})
}

// TestAFloodAndTheClock: a wait is as long as Telegram said, whatever happens to the clock on the wall.
func TestAFloodAndTheClock(t *testing.T) {
	const wait = 31 * time.Minute
	for _, test := range []struct {
		name     string
		set      time.Duration
		wantLeft time.Duration
	}{
		{"nothing happens", 0, wait},
		{"a minute of sleep", time.Minute, wait - time.Minute},
		{"set forward an hour, or as much sleep", time.Hour, 0},
		{"set back an hour", -time.Hour, wait},
		{"set back by less than a second", -500 * time.Millisecond, wait + 500*time.Millisecond},
	} {
		w := newFakeWorld(t)
		f := w.open()
		if _, err := f.AddApp(t.Context(), "main", testApp, testHash()); err != nil {
			t.Fatal(err)
		}
		order := w.bot(7)
		order.NoLogin = true
		if _, err := f.Add(t.Context(), order, nil); err != nil {
			t.Fatal(err)
		}
		w.fake.onLogin = func(context.Context, int64) error { return floodWait(wait) }
		if _, err := f.Login(t.Context(), key(7), false, nil); err == nil {
			t.Fatal("no flood")
		}
		w.sleep(test.set)
		// The list says it, and so does whoever tries to log in, after another start as well.
		for range 2 {
			bots, err := f.Bots(t.Context())
			if err != nil || len(bots) != 1 {
				t.Fatalf("%s: %v, %v", test.name, bots, err)
			}
			left := time.Duration(0)
			if until := bots[0].FloodUntil; !until.IsZero() {
				left = until.Sub(w.clock())
			}
			if left != test.wantLeft {
				t.Errorf("%s: the list says %v", test.name, left)
			}
			w.fake.onLogin = nil
			if test.wantLeft > 0 {
				_, err = f.Login(t.Context(), key(7), false, nil)
				wantFlood(t, err, w.clock().Add(test.wantLeft), true)
			}
			_ = f.Close()
			f = w.open()
		}
		w.sleep(test.wantLeft)
		if _, err := f.Login(t.Context(), key(7), false, nil); err != nil {
			t.Errorf("%s: after the wait: %v", test.name, err)
		}
	}
}

// TestAnAddressAndTheClock: the pause of an address that asked too often ends, though the clock was set back in
// the middle of it.
func TestAnAddressAndTheClock(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, time.Hour} {
		inBubble(t, 4, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
			var clock settable
			clock.hang(f)
			var refused atomic.Bool
			tg.onCheck = func(context.Context, int64) error {
				if refused.CompareAndSwap(false, true) {
					return &telegram.Error{Kind: telegram.FloodWait, Code: -429}
				}
				return nil
			}
			time.AfterFunc(addressWait/2, func() { clock.set(by) })
			began, fine := time.Now(), 0
			f.CheckMany(t.Context(), keys, func(o Outcome) {
				if o.Err == nil {
					fine++
				}
			})
			if took := time.Since(began); fine != len(keys) || took > 3*addressWait {
				t.Errorf("set by %v: %d checked in %v", by, fine, took)
			}
		})
	}
}

// TestCarefulAndTheClock: an app is treated with care for ten minutes, by either clock.
func TestCarefulAndTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock settable
		app := appKey{env, testApp}
		gap := func(s *schedule) time.Duration {
			s.turn(app)
			return time.Until(s.logins[app])
		}
		for _, test := range []struct {
			pass, set time.Duration
			want      time.Duration
		}{
			{0, 0, carefulGap},
			{5 * time.Minute, -time.Hour, carefulGap},
			{11 * time.Minute, -time.Hour, loginGap},
			{time.Minute, 8 * time.Hour, loginGap},
		} {
			s := newSchedule(1, clock.now)
			s.refused(app)
			time.Sleep(test.pass)
			clock.set(test.set)
			if got := gap(s); got != test.want {
				t.Errorf("after %v and set by %v: %v, want %v", test.pass, test.set, got, test.want)
			}
		}
	})
}

// A lockable store is locked by somebody else, and counts who asks for it to be unlocked.
type lockable struct {
	*keyring.Memory
	locked atomic.Bool
	asked  atomic.Int64
}

func (l *lockable) Status(context.Context) (keyring.Status, error) {
	return keyring.Status{Kind: keyring.KindSystem, Locked: l.locked.Load(), CanList: true}, nil
}

func (l *lockable) Unlock(context.Context) error {
	if l.locked.Load() {
		l.asked.Add(1)
	}
	return nil
}

func mustList(t *testing.T, r *keyring.Ring) []string {
	t.Helper()
	names, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return names
}
