//go:build linux

package cli

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

// TestRotationKilledAtEveryStep kills a rotation when its calls arrive at the keyring, before they do something and
// after. The next one finishes it, and the token in the keyring is then the one that Telegram takes.
func TestRotationKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	h, service := scripted(t)
	h.probesMayStay = true
	const manager = faultBot + 1
	h.server.AddBot(telegramtest.Bot{
		Token: tokenOf(manager, "A"), Manages: []int64{faultBot},
		Profile: telegram.Profile{ID: manager, Username: "boss_bot", ManagesBots: true},
	})
	h.mustRun(addBot(manager))
	h.mustRun(addBot(faultBot))
	rotate := on("rotate", "--yes", "--json")
	calls := 0
	service.Set(func() { service.Before = func(string) error { calls++; return nil } })
	h.mustRun(rotate)
	service.Heal()
	_, stride := killRounds()
	killed, cutOff := 0, 0
	for n := 1 + rand.IntN(stride); n <= calls; n += stride {
		done := rand.IntN(2) == 1
		h.secrets = append(h.secrets, h.server.Token(faultBot).Reveal())
		if h.killedAt(service, rotate, n, done).killed {
			killed++
		}
		// Without a yes to another revoke: only what is not finished is gone on with.
		var resumed struct {
			Rotations []struct {
				Bot struct {
					Error *struct {
						Kind string `json:"kind"`
					} `json:"error"`
				} `json:"bot"`
			} `json:"rotations"`
		}
		got := h.run(order{args: []string{"rotate", "--resume", "--json"}})
		if err := json.Unmarshal([]byte(got.out), &resumed); err != nil {
			t.Fatalf("killed at call %d: %v\n%s", n, err, got.out)
		}
		for _, r := range resumed.Rotations {
			cutOff++
			if e := r.Bot.Error; e != nil && e.Kind != "not_revoked" {
				t.Errorf("killed at call %d: the next one ends with %s\n%s", n, e.Kind, got.out)
			}
		}
		if item, _ := h.item(faultBot); item.Token != h.server.Token(faultBot).Reveal() {
			t.Errorf("killed at call %d: the keyring does not have the current token\n%s", n, got.out)
		}
		h.mustRun(on("rotate", "--yes"))
		h.mustRun(on("check"))
		if got := h.mustRun(order{args: []string{"rotate", "--resume"}}); got.out != "No rotation was cut off.\n" {
			t.Errorf("killed at call %d: %s", n, got.out)
		}
	}
	t.Logf("killed %d times over %d calls; %d were cut off", killed, calls, cutOff)
	if killed == 0 {
		t.Error("none was killed")
	}
}
