package ui

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/store"
)

// manyBots are n bots as different from each other as those of somebody who has ten thousand: several apps and
// environments, every state, tags, names beyond ASCII.
func manyBots(n int) []fleet.Bot {
	kinds := []string{"Shop orders", "天気 Weather", "Alerts", "Support", "Новости", "Night radio", "Données", "Family 🎂"}
	states := []store.Status{store.OK, store.OK, store.OK, store.OK, store.NotLoggedIn, store.SessionRevoked, store.TokenRevoked, store.Unreachable}
	tags := []string{"prod", "eu", "us", "test", "legacy", "billing"}
	bots := make([]fleet.Bot, n)
	for i := range bots {
		b := &bots[i]
		b.Key = fleet.Key{Environment: "production", ID: int64(7000000000 + i*7919%99991)}
		if i%50 == 0 {
			b.Environment = "test"
		}
		b.APIID = 10001 + i%2
		b.Profile = fleet.Profile{FirstName: fmt.Sprintf("%s %05d", kinds[i%len(kinds)], i), Username: fmt.Sprintf("Number%05d_%c_bot", i, 'a'+rune(i%26)), DC: 2}
		b.Health = store.Health{Status: states[i%len(states)], CheckedAt: noon().Add(-time.Duration(i) * time.Minute)}
		b.Tags = []string{tags[i%len(tags)], tags[(i/7)%len(tags)]}
		b.Sessions = []fleet.Session{{Name: store.DefaultSession, DC: 2, Runs: store.Here, APIID: b.APIID}}
		if i%100 == 0 {
			b.Label = fmt.Sprint("Label of ", i)
		}
	}
	return bots
}

// scale is how many bots the list is made for.
const scale = 10_000

// onList is the list of many bots on a terminal of 120 by 40.
func onList(tb testing.TB, bots []fleet.Bot) (*shell, tea.Model) {
	tb.Helper()
	sh := testShell(tb, bots...)
	model, _ := root{sh: sh, screen: newBots(sh)}.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	return sh, model
}

// typing is what somebody does to a long list: moves, filters of every kind typed and deleted, orders, marks.
func typing() []string {
	var keys []string
	for range 40 {
		keys = append(keys, "j")
	}
	keys = append(keys, "G", "k", "k", "ctrl+u", "g", "ctrl+d", "ctrl+d", "!")
	for _, filter := range []string{"o", "number0", "shop orders", "n99", "天気", "#prod", "#eu :problem", ":ok alerts", "zzzz", "7000"} {
		keys = append(keys, "/")
		for _, r := range filter {
			if r == ' ' {
				keys = append(keys, "space")
				continue
			}
			keys = append(keys, string(r))
		}
		keys = append(keys, "backspace", "backspace", "enter", "j", "j", "esc")
	}
	for range int(sortings) {
		keys = append(keys, "s", "S", "j")
	}
	return append(keys, "*", "j", "space", "j", "*", "*", "v", "G", "v", "j", "esc")
}

// timed presses keys and takes the time from each to the screen that shows what came of it, by a clock of its own.
func timed(tb testing.TB, model tea.Model, keys []string, clock func() time.Duration) (tea.Model, []time.Duration) {
	tb.Helper()
	took := make([]time.Duration, len(keys))
	for i, k := range keys {
		began := clock()
		model, _ = model.Update(press(k))
		if v := model.(root).View(); v.Content == "" {
			tb.Fatal("nothing is drawn")
		}
		took[i] = clock() - began
	}
	return model, took
}

// percentile is the time that p of a hundred of these stay under.
func percentile(took []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

// frame is the time in which an eye sees no waiting: one picture of a screen at 60 Hz.
const frame = 16 * time.Millisecond

// TestKeysAtScale: with ten thousand bots every key is drawn within a frame. What counts is the work that a key
// makes, since other work on the machine lengthens the wait for it.
func TestKeysAtScale(t *testing.T) {
	bound := frame
	if raceDetector {
		bound *= 15
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_, model := onList(t, manyBots(scale))
	_, took := timed(t, model, typing(), func() time.Duration { return spent(t) })
	t.Logf("of %d keys: half within %v, 99 %% within %v, all within %v", len(took), percentile(took, 50), percentile(took, 99), percentile(took, 100))
	if p99 := percentile(took, 99); p99 > bound {
		t.Errorf("99 of 100 keys are drawn within %v, the bound is %v", p99, bound)
	}
}

// BenchmarkKeys is a key at the list of ten thousand, from the key to the screen.
func BenchmarkKeys(b *testing.B) {
	_, model := onList(b, manyBots(scale))
	began := time.Now()
	var all []time.Duration
	for b.Loop() {
		var took []time.Duration
		model, took = timed(b, model, typing(), func() time.Duration { return time.Since(began) })
		all = append(all, took...)
	}
	b.ReportMetric(0, "ns/op")
	for _, p := range []int{50, 99, 100} {
		b.ReportMetric(float64(percentile(all, p).Microseconds())/1000, fmt.Sprintf("ms-p%d", p))
	}
}

// BenchmarkTake is what comes between reading the catalogue and the first frame.
func BenchmarkTake(b *testing.B) {
	bots := manyBots(scale)
	sh := testShell(b)
	for b.Loop() {
		sh.took(catalogueMsg{bots: bots, apps: sh.apps})
	}
}
