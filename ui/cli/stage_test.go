package cli

import (
	"context"
	"errors"
	"os"
	"testing"

	"botring/fleet"
	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

// openDemoFleet opens a fleet on a stage; memory is its keyring, dir its home.
func openDemoFleet(t *testing.T, st *stage, memory *keyring.Memory, dir string) *fleet.Fleet {
	t.Helper()
	f, err := fleet.Open(t.Context(), fleet.Options{
		Networks: st.networks(), BotAPI: st.botAPIs(), Home: dir,
		OpenRing: func(context.Context) (*keyring.Ring, error) {
			return keyring.Wrap(memory, keyring.Options{Kind: keyring.KindMemory}), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func openTestStage(t *testing.T) *stage {
	t.Helper()
	st, err := openStage()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.close() })
	return st
}

func statuses(t *testing.T, f *fleet.Fleet) map[string]store.Status {
	t.Helper()
	bots, err := f.Bots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]store.Status)
	for _, bot := range bots {
		found[bot.Name()] = bot.Health.Status
	}
	return found
}

// The demo's bots are in the states they are there for, and an earlier demo's bots are well again when the
// demo's Telegram is a new one.
func TestDemoBots(t *testing.T) {
	memory, dir := keyring.NewMemory(), t.TempDir()
	want := map[string]store.Status{
		"Shop orders": store.OK, "天気 Weather": store.OK, "🎧 Night radio": store.OK, "Alerts": store.Flooded,
		"Old support": store.SessionRevoked, "News digest": store.SessionDuplicated, "New one": store.NotLoggedIn,
	}
	for _, round := range []string{"first", "second"} {
		st := openTestStage(t)
		f := openDemoFleet(t, st, memory, dir)
		if err := st.fill(t.Context(), f); err != nil {
			t.Fatalf("%s demo: %v", round, err)
		}
		got := statuses(t, f)
		for name, status := range want {
			if got[name] != status {
				t.Errorf("%s demo: %s is %s, want %s", round, name, got[name], status)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s demo: %d bots", round, len(got))
		}
		bot, err := f.Find(t.Context(), "@shop_orders_bot")
		if err != nil || len(bot.Tags) != 1 {
			t.Errorf("%s demo: %+v, %v", round, bot, err)
		}
		if bot, err = f.Check(t.Context(), bot.Key, nil); err != nil || bot.Health.Status != store.OK {
			t.Errorf("%s demo: %s, %v", round, bot.Health.Status, err)
		}
		// One of them is managed by another, which rotates it; the rest is rotated by hand.
		if bot, err = f.Find(t.Context(), "@tenki_bot"); err != nil {
			t.Fatal(err)
		}
		done, err := f.Rotate(t.Context(), bot.Key, fleet.Rotation{}, nil)
		if err != nil || done.Manager.Profile.Username != "night_radio_bot" || done.Bot.Health.Status != store.OK {
			t.Errorf("%s demo: rotated: %+v, %v", round, done, err)
		}
		if bot, err = f.Find(t.Context(), "@shop_orders_bot"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Rotate(t.Context(), bot.Key, fleet.Rotation{}, nil); !errors.Is(err, fleet.ErrNotManaged) {
			t.Errorf("%s demo: by hand: %v", round, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Two of the demo's sessions are dead, and only one of them because its token is.
func TestDemoTokens(t *testing.T) {
	st := openTestStage(t)
	f := openDemoFleet(t, st, keyring.NewMemory(), t.TempDir())
	if err := st.fill(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fleet.TokenVerdict{"@support_old_bot": fleet.TokenRevoked, "@news_digest_bot": fleet.TokenAlive} {
		bot, err := f.Find(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.AskToken(t.Context(), bot.Key, nil); fleet.VerdictOf(err) != want {
			t.Errorf("the token of %s: %v", name, err)
		}
	}
}

// Each token does what the line under the field says of it.
func TestDemoSamples(t *testing.T) {
	st := openTestStage(t)
	f := openDemoFleet(t, st, keyring.NewMemory(), t.TempDir())
	st.addSamples()
	if _, err := f.AddApp(t.Context(), "main", mainApp, demoHash(mainApp)); err != nil {
		t.Fatal(err)
	}
	for _, sample := range samples() {
		if _, problem := fleet.CheckToken(sample.Token.Reveal()); problem != nil {
			t.Errorf("%s: the token itself: %v", sample.Says, problem)
		}
		if sample.Says == "stalled" {
			continue // until its time is up
		}
		t.Run(sample.Says, func(t *testing.T) {
			saved, err := f.Add(t.Context(), fleet.NewBot{Token: sample.Token, APIID: mainApp}, nil)
			var refused *telegram.Error
			var flood *fleet.FloodError
			switch sample.Says {
			case "fine":
				if err != nil || saved.Bot.Profile.DC != 2 {
					t.Errorf("%+v, %v", saved.Bot, err)
				}
			case "moves to DC 4":
				if err != nil || saved.Bot.Profile.DC != 4 {
					t.Errorf("%+v, %v", saved.Bot, err)
				}
			case "revoked":
				if !errors.As(err, &refused) || refused.Kind != telegram.TokenRevoked {
					t.Errorf("%v", err)
				}
			case "test only":
				if !errors.As(err, &refused) || refused.Kind != telegram.TokenInvalid {
					t.Errorf("in production: %v", err)
				}
				if _, err := f.Add(t.Context(), fleet.NewBot{Token: sample.Token, APIID: mainApp, Environment: telegram.EnvironmentTest}, nil); err != nil {
					t.Errorf("in test: %v", err)
				}
			case "flooded":
				if !errors.As(err, &flood) {
					t.Errorf("%v", err)
				}
			default:
				t.Error("nobody knows what this is for")
			}
		})
	}
}

// BenchmarkDemoStart is what comes before the demo's first frame.
func BenchmarkDemoStart(b *testing.B) {
	for b.Loop() {
		st, err := openStage()
		if err != nil {
			b.Fatal(err)
		}
		f, err := fleet.Open(b.Context(), fleet.Options{Networks: st.networks(), Keyring: keyringMemory, Ephemeral: true, Home: os.DevNull})
		if err != nil {
			b.Fatal(err)
		}
		if err := st.fill(b.Context(), f); err != nil {
			b.Fatal(err)
		}
		_ = f.Close()
		_ = st.close()
	}
}
