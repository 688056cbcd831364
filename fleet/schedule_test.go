package fleet

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

// inBubble runs a test in virtual time, with a fleet that lives in memory and the bots 1 to n in it, each with
// a session.
func inBubble(t *testing.T, n int64, run func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key)) {
	synctest.Test(t, func(t *testing.T) {
		tg := &fakeTelegram{alive: map[string]int64{}, open: map[string]int{}}
		ring := keyring.Wrap(keyring.NewMemory(), keyring.Options{})
		f, err := Open(t.Context(), Options{
			Environment: env, Networks: []telegram.Network{{Name: env}}, Ephemeral: true,
			OpenRing: func(context.Context) (*keyring.Ring, error) { return ring, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		f.talk = func(telegram.Network) conversation { return tg }
		if _, err := f.AddApp(t.Context(), "main", testApp, testHash()); err != nil {
			t.Fatal(err)
		}
		var keys []Key
		for id := int64(1); id <= n; id++ {
			session := fakeSession(id, int(id))
			tg.alive[session.Key.Reveal()] = id
			order := NewBot{Token: tokenOf(id, "x"), APIID: testApp, NoLogin: true}
			if _, err := f.Adopt(t.Context(), order, session, fakeProfile(id), store.Here); err != nil {
				t.Fatal(err)
			}
			keys = append(keys, key(id))
		}
		run(t, tg, f, keys)
	})
}

// crowding counts calls that are under way at once.
type crowding struct {
	now, most atomic.Int64
}

func (c *crowding) during(ctx context.Context, takes time.Duration) error {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	select {
	case <-time.After(takes):
		return nil
	case <-ctx.Done():
		return &telegram.Error{Kind: telegram.Cancelled, Err: ctx.Err()}
	}
}

// TestALongCheckReadsAgain: of a session that was given away through another catalogue of the ring no row here knows. The
// item does, and a bot whose turn comes late has its item read again.
func TestALongCheckReadsAgain(t *testing.T) {
	inBubble(t, 20, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		other, err := Open(t.Context(), f.opts)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = other.Close() }()
		if _, err := other.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		last := keys[len(keys)-1]
		tg.onCheck = func(_ context.Context, id int64) error {
			if id == last.ID {
				t.Error("the session that was given away was opened")
			}
			time.Sleep(staleItem + time.Second)
			return nil
		}
		given := false
		f.CheckMany(t.Context(), keys, func(o Outcome) {
			if !given {
				given = true
				if _, err := other.MarkElsewhere(t.Context(), last, store.DefaultSession, "vps-1"); err != nil {
					t.Error(err)
				}
			}
			if o.Key == last != errors.Is(o.Err, ErrRunsElsewhere) {
				t.Errorf("%s: %v", o.Key, o.Err)
			}
		})
	})
}

// TestOneScheduleForAll: checks of many, single checks and logouts together are never more than allowed.
func TestOneScheduleForAll(t *testing.T) {
	inBubble(t, 60, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		var c crowding
		tg.onCheck = func(ctx context.Context, _ int64) error { return c.during(ctx, time.Second) }
		began := time.Now()
		var all sync.WaitGroup
		for _, some := range [][]Key{keys[:20], keys[20:40]} {
			all.Go(func() { f.CheckMany(t.Context(), some, func(Outcome) {}) })
		}
		for _, k := range keys[40:] {
			all.Go(func() {
				if _, err := f.Check(t.Context(), k, nil); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := c.most.Load(); got != AtOnce {
			t.Errorf("%d at once", got)
		}
		if took := time.Since(began); took < 7*time.Second || took > 10*time.Second {
			t.Errorf("60 checks of a second each took %v", took)
		}
	})
}

// TestLoginsOfAnAppAreStaggered: they begin one after the other, and much slower once one was refused. Those
// of another app are not held up.
func TestLoginsOfAnAppAreStaggered(t *testing.T) {
	inBubble(t, 4, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		var mu sync.Mutex
		var began []time.Time
		tg.onLogin = func(context.Context, int64) error {
			mu.Lock()
			defer mu.Unlock()
			began = append(began, time.Now())
			return nil
		}
		gaps := func() (all []time.Duration) {
			slices.SortFunc(began, time.Time.Compare)
			for i := 1; i < len(began); i++ {
				all = append(all, began[i].Sub(began[i-1]))
			}
			began = nil
			return all
		}
		f.LoginMany(t.Context(), keys, true, func(o Outcome) {
			if o.Err != nil {
				t.Error(o.Err)
			}
		})
		if got := gaps(); len(got) != 3 || slices.Min(got) < loginGap || slices.Max(got) > 2*loginGap {
			t.Errorf("gaps: %v", got)
		}
		// One bot is refused for an hour. The others go on, with care.
		grant := tg.onLogin
		tg.onLogin = func(ctx context.Context, id int64) error {
			_ = grant(ctx, id)
			if id == 1 {
				return &telegram.Error{Kind: telegram.FloodWait, Code: 420, Type: "FLOOD_WAIT_3600", Wait: time.Hour}
			}
			return nil
		}
		var flood *FloodError
		if _, err := f.Login(t.Context(), keys[0], true, nil); !errors.As(err, &flood) {
			t.Fatalf("login: %v", err)
		}
		time.Sleep(time.Minute)
		began = nil
		refused := 0
		f.LoginMany(t.Context(), keys, true, func(o Outcome) {
			if errors.As(o.Err, &flood) {
				refused++
			} else if o.Err != nil {
				t.Error(o.Err)
			}
		})
		if got := gaps(); refused != 1 || len(got) != 2 || slices.Min(got) < carefulGap {
			t.Errorf("%d refused, gaps %v", refused, got)
		}
	})
}

// TestAnAddressThatAsksTooOften: all wait, go on with half as many at a time, and every bot is checked.
func TestAnAddressThatAsksTooOften(t *testing.T) {
	inBubble(t, 100, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		var before, after crowding
		var asked, refusals atomic.Int64
		began := time.Now()
		tg.onCheck = func(ctx context.Context, _ int64) error {
			if asked.Add(1) <= 40 {
				return before.during(ctx, time.Second)
			}
			if time.Since(began) < 20*time.Second {
				refusals.Add(1)
				return &telegram.Error{Kind: telegram.FloodWait, Code: -429}
			}
			return after.during(ctx, time.Second)
		}
		ok := map[Key]bool{}
		f.CheckMany(t.Context(), keys, func(o Outcome) {
			if o.Err != nil || o.Bot.Health.Status != store.OK || ok[o.Key] {
				t.Errorf("%s: %s, %v", o.Key, o.Bot.Health.Status, o.Err)
			}
			ok[o.Key] = true
		})
		if len(ok) != len(keys) || before.most.Load() != AtOnce || after.most.Load() != AtOnce/2 {
			t.Errorf("%d checked, %d at once before and %d after", len(ok), before.most.Load(), after.most.Load())
		}
		if n := refusals.Load(); n < 1 || n > AtOnce {
			t.Errorf("%d refusals", n)
		}
		if took := time.Since(began); took < addressWait || took > 2*addressWait {
			t.Errorf("took %v", took)
		}
	})
}

// TestAnAddressThatIsRefusedForLong: a wait of hours is told for every bot, and not waited for.
func TestAnAddressThatIsRefusedForLong(t *testing.T) {
	inBubble(t, 30, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		tg.onCheck = func(context.Context, int64) error {
			return &telegram.Error{Kind: telegram.FloodWait, Code: -429, Wait: time.Hour}
		}
		began, told := time.Now(), 0
		f.CheckMany(t.Context(), keys, func(o Outcome) {
			var flood *FloodError
			if errors.As(o.Err, &flood) && flood.Address {
				told++
			}
			if o.Bot.Health.Status == store.SessionDead {
				t.Errorf("%s is %s", o.Key, o.Bot.Health.Status)
			}
		})
		if told != len(keys) || tg.checks > AtOnce || time.Since(began) > time.Second {
			t.Errorf("told %d times after %d checks and %v", told, tg.checks, time.Since(began))
		}
	})
}

// TestManyEndsWithItsContext: what runs is cancelled, what waits for a turn or for the address begins no more.
func TestManyEndsWithItsContext(t *testing.T) {
	inBubble(t, 50, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		var c crowding
		tg.onCheck = func(ctx context.Context, id int64) error {
			if id%10 == 0 {
				return &telegram.Error{Kind: telegram.FloodWait, Code: -429}
			}
			return c.during(ctx, time.Second)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(1500*time.Millisecond, cancel)
		began := time.Now()
		f.CheckMany(ctx, keys, func(Outcome) {})
		if took := time.Since(began); took > 1600*time.Millisecond {
			t.Errorf("took %v", took)
		}
		synctest.Wait()
		checks := tg.checks
		time.Sleep(time.Hour)
		if tg.checks != checks || c.now.Load() != 0 {
			t.Errorf("%d checks after the end, %d under way", tg.checks-checks, c.now.Load())
		}
	})
}

// TestASessionReplacedMeanwhile: an item that was read with all others may be out of date when its bot's turn
// comes. A session that somebody has replaced by then is not told to be dead.
func TestASessionReplacedMeanwhile(t *testing.T) {
	inBubble(t, 20, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		tg.onCheck = func(ctx context.Context, id int64) error {
			if id == 1 {
				// The last one gets another session while the first is being checked.
				if _, err := f.Login(ctx, keys[19], true, nil); err != nil {
					t.Error(err)
				}
			}
			return nil
		}
		f.CheckMany(t.Context(), keys, func(o Outcome) {
			if o.Err != nil || o.Bot.Health.Status != store.OK {
				t.Errorf("%s: %s, %v", o.Key, o.Bot.Health.Status, o.Err)
			}
		})
	})
}

// TestAsManyAtOnceAsConfigured: the option is what bounds all conversations.
func TestAsManyAtOnceAsConfigured(t *testing.T) {
	for _, test := range []struct{ option, want int }{{0, AtOnce}, {1, 1}, {3, 3}, {64, 64}} {
		w := newFakeWorld(t)
		opts := w.options()
		opts.AtOnce = test.option
		f, err := Open(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		if got := f.schedule.atOnce(); got != test.want {
			t.Errorf("%d becomes %d", test.option, got)
		}
	}
}
