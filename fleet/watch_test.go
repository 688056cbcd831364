package fleet

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"botring/fleet/store"
	"botring/telegram"
)

// TestAWeekOfWatch: bots that are checked every hour for a week leave memory as it was, and what changed is seen
// within the hour. The long run has 500 of them.
func TestAWeekOfWatch(t *testing.T) {
	bots := int64(20)
	if os.Getenv("BOTRING_LONG") == "1" {
		bots = 500
	}
	inBubble(t, bots, func(t *testing.T, tg *fakeTelegram, f *Fleet, keys []Key) {
		const rounds = 7 * 24
		ctx, cancel := context.WithCancel(t.Context())
		goroutines := inThisBubble()
		began, round, checks := time.Now(), 0, 0
		var early, late, revoked uint64
		seen := time.Time{}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			f.Watch(ctx, time.Minute, Watcher{Checked: func(o Outcome) {
				checks++
				if o.Bot.Health.Status == store.SessionRevoked && seen.IsZero() {
					seen = time.Now()
				}
			}, Ended: func(err error) {
				if err != nil {
					t.Error(err)
				}
				switch round++; round {
				case rounds / 4:
					early = heap()
				case rounds / 2:
					revoked = uint64(time.Now().Unix())
					tg.onCheck = func(_ context.Context, id int64) error {
						if id == 7 {
							return &telegram.Error{Kind: telegram.SessionRevoked, Code: 401, Type: "SESSION_REVOKED"}
						}
						return nil
					}
				case rounds:
					late = heap()
					cancel()
				}
			}})
		}()
		<-ended
		synctest.Wait()
		if left := inThisBubble(); left > goroutines {
			t.Errorf("%d goroutines, and %d before", left, goroutines)
		}
		took := time.Since(began)
		if took < rounds*time.Hour || took > rounds*time.Hour*11/10 {
			t.Errorf("%d rounds took %v", round, took)
		}
		if wait := seen.Unix() - int64(revoked); seen.IsZero() || wait > int64(LeastWatch/time.Second)*11/10 {
			t.Errorf("a revoked session was seen after %d s", wait)
		}
		// The dead one is not asked about any more.
		if want := rounds/2*len(keys) + 1 + rounds/2*(len(keys)-1); checks != want {
			t.Errorf("%d checks, want %d", checks, want)
		}
		if late > early+early/10+1<<20 {
			t.Errorf("the heap grew from %d to %d bytes", early, late)
		}
		entries, err := f.History(t.Context(), 0)
		if err != nil || len(entries) > 2*len(keys)+rounds+10 {
			t.Errorf("%d entries in the history, %v", len(entries), err)
		}
	})
}

// inThisBubble counts the goroutines of the bubble under test. runtime.NumGoroutine would count the runtime's own as
// well, while it runs a finalizer.
func inThisBubble() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte(", synctest bubble "))
}

// heap is what is live on the heap, in bytes.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
