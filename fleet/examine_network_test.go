package fleet

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"botring/telegram"
)

func TestExamineClock(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	find(t, examine(t, f, ExamineOptions{}), FoundClockPlausible)
	w.sleep(-time.Hour)
	if got := find(t, examine(t, f, ExamineOptions{}), FoundClockBehind); got.Grade != GradeWarning || got.Ahead != -time.Hour {
		t.Errorf("before the catalogue: %+v", got)
	}
	w.sleep(2 * time.Hour)
	built := w.clock().Add(48 * time.Hour)
	if got := find(t, examine(t, f, ExamineOptions{Built: built}), FoundClockBehind); got.Ahead != -48*time.Hour {
		t.Errorf("before the build: %+v", got)
	}
	for ahead, want := range map[time.Duration]Sign{
		0: FoundClockRight, -29 * time.Second: FoundClockRight, 31 * time.Second: FoundClockWrong, -time.Hour: FoundClockWrong,
	} {
		// Two servers of five may be wrong.
		got := clockFinding([]time.Duration{ahead, ahead + time.Second, -24 * time.Hour, 24 * time.Hour, ahead - time.Second})
		if got.Found != want || got.Ahead != ahead {
			t.Errorf("%v: %+v", ahead, got)
		}
	}
}

// TestExamineNetwork: at most eight at once, told in their order, and an address that fails is less bad where the
// data centre has another.
func TestExamineNetwork(t *testing.T) {
	w := newFakeWorld(t)
	network := telegram.Network{Name: env}
	for id := 1; id <= 20; id++ {
		network.DCs = append(network.DCs, telegram.DC{ID: id, Addrs: []string{fmt.Sprintf("a%d:1", id), fmt.Sprintf("b%d:1", id)}})
	}
	f := w.open()
	f.envs.known[env] = func() telegram.Network { return network }
	var running, most atomic.Int64
	w.fake.onContact = func(_ context.Context, dc int, addr string) (telegram.Contact, error) {
		n := running.Add(1)
		defer running.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(2 * time.Millisecond)
		if dc == 3 || dc == 4 && addr == "a4:1" {
			return telegram.Contact{}, &telegram.Error{Kind: telegram.Unreachable, DC: dc, Addr: addr}
		}
		return telegram.Contact{Ahead: -5 * time.Minute}, nil
	}
	findings := examine(t, f, ExamineOptions{Network: true})
	var order []string
	for _, f := range findings {
		if f.Topic != TopicNetwork {
			continue
		}
		order = append(order, f.Subject)
		want := GradeOK
		switch f.Subject {
		case "a3:1", "b3:1":
			want = GradeProblem
		case "a4:1":
			want = GradeWarning
		}
		if f.Grade != want || (f.Err != nil) != (want != GradeOK) {
			t.Errorf("%+v", f)
		}
	}
	if len(order) != 40 || order[0] != "a1:1" || order[39] != "b20:1" {
		t.Errorf("order %v", order)
	}
	if most.Load() > contacts || most.Load() < 2 {
		t.Errorf("%d at once", most.Load())
	}
	if got := find(t, findings, FoundClockWrong); got.Grade != GradeProblem || got.Ahead != -5*time.Minute {
		t.Errorf("%+v", got)
	}
}

// TestExamineRealNetwork: not one packet leaves unasked, and then a key is made with each data centre.
func TestExamineRealNetwork(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	examine(t, f, ExamineOptions{Fix: true})
	if seen := w.tg.Stats(); seen.Connections != 0 {
		t.Errorf("%d connections", seen.Connections)
	}
	findings := examine(t, f, ExamineOptions{Network: true})
	for _, f := range findings {
		if f.Topic == TopicNetwork && (f.Grade != GradeOK || f.Took <= 0) {
			t.Errorf("%+v", f)
		}
	}
	if got := find(t, findings, FoundClockRight); got.Ahead.Abs() > 5*time.Second {
		t.Errorf("%+v", got)
	}
	if seen := w.tg.Stats(); seen.Exchanges != len(w.tg.Network().DCs) || seen.Logins+seen.Calls != 0 {
		t.Errorf("%+v", seen)
	}
}
