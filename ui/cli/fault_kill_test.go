//go:build linux

package cli

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"botring/keyring/secretservice/servicetest"
	"botring/telegram/telegramtest"
)

// killRounds is how often the program is killed at a random moment on a real keyring. BOTRING_LONG=1 has it
// killed 200 times there, and at every step of every write on the scripted service instead of at some.
func killRounds() (rounds, stride int) {
	if os.Getenv("BOTRING_LONG") == "1" {
		return 200, 1
	}
	return 20, 9
}

// survive looks at what a killed process left: the old value or the new one, and after the next start a
// catalogue that agrees. Then it makes everything as it was before the order.
func (h *house) survive(o order) {
	h.t.Helper()
	switch o.args[0] {
	case "add", "remove":
		h.holds(faultBot, "A-")
	default:
		h.holds(faultBot, "AB")
	}
	h.settle()
	_, listed := h.rows()[faultBot]
	switch item, there := h.item(faultBot); {
	case o.args[0] == "add" && listed:
		h.mustRun(on("remove", "--yes"))
	case o.args[0] != "add" && (!there || item.Token != tokenOf(faultBot, "A").Reveal()):
		if listed {
			h.mustRun(on("remove", "--yes"))
		}
		h.mustRun(addBot(faultBot))
	}
}

// TestKilledAtEveryStep kills the program when its calls arrive at the keyring, before they do something and
// after, and in the midst of its conversation with Telegram.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]order{
		"add": addBot(faultBot), "replace": replace("--no-login"), "remove": on("remove", "--yes"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, service := scripted(t)
			h.probesMayStay = true
			if name != "add" {
				h.mustRun(addBot(faultBot))
			}
			calls := 0
			service.Set(func() { service.Before = func(string) error { calls++; return nil } })
			h.mustRun(o)
			service.Heal()
			h.survive(o)
			if calls < 5 {
				t.Fatalf("%d calls", calls)
			}
			_, stride := killRounds()
			killed, rounds := 0, 0
			for n := 1 + rand.IntN(stride); n <= calls; n += stride {
				for _, done := range []bool{false, true} {
					rounds++
					if h.killedAt(service, o, n, done).killed {
						killed++
					}
					h.survive(o)
				}
			}
			t.Logf("killed %d times in %d rounds over %d calls", killed, rounds, calls)
			if killed < rounds/2 {
				t.Errorf("only %d of %d rounds killed", killed, rounds)
			}
			if name == "add" {
				h.killedByTelegram(o)
			}
		})
	}
}

// killedAt kills a process at the nth call to the keyring, which is done all the same or never arrives.
func (h *house) killedAt(service *servicetest.Service, o order, n int, done bool) outcome {
	h.t.Helper()
	process := make(chan *started, 1)
	kill := func() {
		p := <-process
		_ = p.cmd.Process.Kill()
	}
	seen := 0
	service.Set(func() {
		service.Before = func(string) error {
			if seen++; seen != n {
				return nil
			}
			kill()
			if done {
				return nil
			}
			return servicetest.Refusal("org.freedesktop.DBus.Error.Failed")
		}
	})
	p := h.start(o)
	process <- p
	got := p.wait()
	service.Heal()
	return got
}

// killedByTelegram kills the program while it waits for Telegram.
func (h *house) killedByTelegram(o order) {
	h.t.Helper()
	for _, at := range []telegramtest.Point{telegramtest.AtConnect, telegramtest.AtExchange, telegramtest.AtInit} {
		h.server.Script(at, telegramtest.Script{Stall: true})
		before := h.server.Stats().Connections
		p := h.start(o)
		for deadline := time.Now().Add(20 * time.Second); h.server.Stats().Connections == before; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				h.t.Fatal("the program never connected")
			}
		}
		time.Sleep(50 * time.Millisecond)
		_ = p.cmd.Process.Kill()
		if got := p.wait(); !got.killed {
			h.t.Errorf("at %v: exit code %d\n%s", at, got.code, got.err)
		}
		h.server.Script(at, telegramtest.Script{})
		h.survive(o)
	}
}

// TestKilledAtAnyMoment kills the program at random moments of its work with a real keyring.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	h, _, _ := realGnome(t)
	h.probesMayStay = true
	// How long an order lasts depends on what else the machine does: the moments follow what was seen.
	var span [3]time.Duration
	orders := [3]order{addBot(faultBot), replace("--no-login"), on("remove", "--yes")}
	for i, o := range orders {
		span[i] = h.mustRun(o).took
	}
	rounds, _ := killRounds()
	killed := 0
	for round := range rounds {
		i := round % len(orders)
		o := orders[i]
		if _, there := h.item(faultBot); there == (o.args[0] == "add") {
			if there {
				h.mustRun(on("remove", "--yes"))
			} else {
				h.mustRun(addBot(faultBot))
			}
		}
		p := h.start(o)
		time.Sleep(rand.N(span[i]))
		_ = p.cmd.Process.Kill()
		if p.wait().killed {
			killed++
			span[i] += span[i] / 8
		} else {
			span[i] -= span[i] / 4
		}
		h.survive(o)
		if t.Failed() {
			t.Fatalf("in round %d, %v", round, o.args)
		}
	}
	t.Logf("killed %d of %d times, within %v", killed, rounds, span)
	if killed < rounds/4 {
		t.Errorf("only %d of %d processes were killed", killed, rounds)
	}
}
