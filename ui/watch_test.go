package ui

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// watching is a shell whose watch is on, and what has it tell something.
func watching(t *testing.T) (*shell, func(any) tea.Cmd) {
	t.Helper()
	sh := testShell(t, someBots()...)
	sh.body = bodySize(size{100, 30})
	if cmd := sh.toggleWatch(); cmd == nil || !sh.watch.on() {
		t.Fatal("the watch is not on")
	}
	return sh, func(event any) tea.Cmd { return sh.update(watchMsg{sh.watch.id, event}) }
}

func TestWatchTells(t *testing.T) {
	sh, tell := watching(t)
	sees(t, newBots(sh), "The watch is on: every hour all bots are checked, while this is open.")
	sh.list.notice = ""
	tell(watchNext{noon().Add(time.Hour)})
	sees(t, newBots(sh), "7 bots", "watch: next 13:00")
	tell(watchBegan{3})
	tell(fleet.Outcome{Key: sh.bots[1].Key, Bot: sh.bots[1]})
	sees(t, newBots(sh), "watch: checking 1 of 3")
	if sh.busy() == "" {
		t.Error("the keyring could be changed below a round")
	}

	// One that went bad is told, one that was bad before is not, and neither is one that is fine.
	bad := sh.bots[0]
	bad.Health.Status = store.SessionRevoked
	tell(fleet.Outcome{Key: bad.Key, Bot: bad})
	tell(fleet.Outcome{Key: sh.bots[3].Key, Bot: sh.bots[3]})
	if now, _ := sh.bot(bad.Key); now.Health.Status != store.SessionRevoked {
		t.Error("the row is as it was")
	}
	tell(watchEnded{})
	sees(t, newBots(sh), "The watch found Shop orders: logged out by Telegram. ! goes there")
	tell(watchNext{noon().Add(25 * time.Hour)})
	sh.list.notice = ""
	sees(t, newBots(sh), "watch: next 13:00, Mar 15")
	sh.body = bodySize(size{40, 12})
	sees(t, newBots(sh), "watch 13:00, Mar 15 · 7 bots")

	// A round that found nothing says nothing.
	tell(watchBegan{3})
	tell(watchEnded{})
	if sh.list.notice != "" || sh.busy() != "" {
		t.Errorf("%q, %q", sh.list.notice, sh.busy())
	}
	tell(watchEnded{keyring.ErrLocked})
	if want := "The watch checked nothing. The keyring is locked."; sh.list.notice != want {
		t.Errorf("%q", sh.list.notice)
	}
}

func TestWatchTellsOfSeveral(t *testing.T) {
	sh, tell := watching(t)
	for _, i := range []int{1, 0, 5} {
		bad := sh.bots[i]
		bad.Health.Status = store.SessionDead
		tell(fleet.Outcome{Key: bad.Key, Bot: bad})
	}
	tell(watchEnded{})
	if want := "The watch found 天気 Weather: logged out. 2 bots more. ! goes there"; sh.list.notice != want {
		t.Errorf("%q", sh.list.notice)
	}
}

// TestWatchIsTurnedOff: what it still tells then is dropped.
func TestWatchIsTurnedOff(t *testing.T) {
	sh, tell := watching(t)
	tell(watchNext{noon().Add(time.Hour)})
	old := sh.watch.id
	s := drive(newBots(sh), "W")
	sees(t, s, "The watch is off.")
	sh.list.notice = ""
	if sh.update(watchMsg{old, watchBegan{3}}); sh.watch.bots != 0 || strings.Contains(sh.watch.beside(sh, ""), "watch") {
		t.Error("it is still there")
	}
	drive(s, "W")
	if sh.update(watchMsg{old, watchBegan{3}}); sh.watch.bots != 0 {
		t.Error("the old one speaks for the new one")
	}
}

// TestWatchInTheProgram runs the watch with a fleet under it in virtual time: the configuration turns it on and says
// how often, a keyring that is locked is left alone and that is told, and quitting ends it.
func TestWatchInTheProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		locks := &lockingStore{Store: keyring.NewMemory()}
		ring := keyring.Wrap(locks, keyring.Options{Kind: keyring.KindSystem, LockDir: t.TempDir()})
		ctx, quit := context.WithCancel(t.Context())
		defer quit()
		f, err := fleet.Open(ctx, fleet.Options{
			Environment: "test", Networks: []telegram.Network{{Name: "test"}}, Ephemeral: true, Timeout: time.Second,
			OpenRing: func(context.Context) (*keyring.Ring, error) { return ring, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		if _, err := f.AddApp(ctx, "main", 10001, secret.New(strings.Repeat("0123456789abcdef", 2))); err != nil {
			t.Fatal(err)
		}
		session := telegram.Session{
			DC: 2, Addr: "127.0.0.1:1", Environment: "test", Key: secret.New(strings.Repeat("\xff\x00", 128)),
			APIID: 10001, UserID: wholeID(1), MadeAt: time.Now(),
		}
		order := fleet.NewBot{Token: wholeToken(1), APIID: 10001, NoLogin: true}
		if _, err := f.Adopt(ctx, order, session, telegram.Profile{ID: wholeID(1), FirstName: "Whole 1"}, store.Here); err != nil {
			t.Fatal(err)
		}
		locks.locked = true
		model, err := newRoot(ctx, Options{Fleet: f, Watch: 90 * time.Minute, Environ: []string{"LANG=C.UTF-8"}})
		if err != nil {
			t.Fatal(err)
		}
		sh := model.sh
		sh.body = bodySize(size{100, 30})
		// pump runs commands as Bubble Tea does, and hands what they return to the shell.
		messages := make(chan tea.Msg)
		var pump func(tea.Cmd)
		pump = func(cmd tea.Cmd) {
			if cmd == nil {
				return
			}
			go func() {
				msg := cmd()
				if batch, ok := msg.(tea.BatchMsg); ok {
					for _, each := range batch {
						pump(each)
					}
					return
				}
				select {
				case messages <- msg:
				case <-ctx.Done():
				}
			}()
		}
		began := time.Now()
		pump(sh.watchAtStart())
		for sh.list.notice == "" && time.Since(began) < 3*time.Hour {
			select {
			case msg := <-messages:
				pump(sh.update(msg))
			case <-time.After(time.Minute):
			}
		}
		if took := time.Since(began); took < 90*time.Minute || took > 99*time.Minute {
			t.Errorf("the round ended after %v", took)
		}
		if want := "The watch checked nothing. The keyring is locked."; sh.list.notice != want {
			t.Errorf("%q", sh.list.notice)
		}
		if locks.asked > 0 {
			t.Error("the keyring was to be unlocked")
		}
		quit()
		sh.part(t.Context())
		// The bubble ends only when nothing is left running in it.
	})
}

// A lockingStore can be locked, and counts who wants to open it.
type lockingStore struct {
	keyring.Store
	locked bool
	asked  int
}

func (l *lockingStore) Status(context.Context) (keyring.Status, error) {
	return keyring.Status{Kind: keyring.KindSystem, CanList: true, Locked: l.locked}, nil
}

func (l *lockingStore) Unlock(context.Context) error {
	if l.locked {
		l.asked++
	}
	return nil
}

// TestDrift: a clock that is set is told of, and so is a sleep, once. One that runs, or is being corrected, is not.
func TestDrift(t *testing.T) {
	first := drift{noon(), 10 * time.Minute}
	for _, test := range []struct {
		name               string
		wall, steady, want time.Duration
	}{
		{"a second passes", time.Second, time.Second, 0},
		{"an hour passes", time.Hour, time.Hour, 0},
		{"it is corrected", time.Second + 100*time.Millisecond, time.Second, 0},
		{"set forward an hour", time.Hour + time.Second, time.Second, time.Hour},
		{"set back an hour", time.Second - time.Hour, time.Second, -time.Hour},
		{"a night of sleep", 8 * time.Hour, 2 * time.Second, 8*time.Hour - 2*time.Second},
	} {
		if got := first.to(drift{noon().Add(test.wall), first.steady + test.steady}); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	if got := (drift{}).to(first); got != 0 {
		t.Errorf("the first look: %v", got)
	}
	sh := testShell(t, someBots()...)
	sh.began = time.Now()
	if sh.drifted() != nil {
		t.Error("the first tick finds a drift")
	}
	sh.now = func() time.Time { return noon().Add(-time.Hour) }
	if sh.drifted() == nil {
		t.Error("a clock that was set back is not seen")
	}
	if sh.drifted() != nil {
		t.Error("it is seen twice")
	}
}

// TestFloodGoesBackWithTheClock: a wait is no longer because the clock was set back.
func TestFloodGoesBackWithTheClock(t *testing.T) {
	sh, h := formShell(t, mainApp())
	until := h.now.Add(31 * time.Minute)
	wait := &fleet.FloodError{Key: savedBot().Bot.Key, Until: until, Err: refusal(telegram.FloodWait, 420, "FLOOD_WAIT_1860")}
	s := end(started(t, sh, h), nil, wait)
	h.wait(10 * time.Minute)
	h.wait(-time.Hour)
	s, _ = s.Update(driftedMsg{-time.Hour})
	sees(t, s, "Telegram asks to wait 21 min before", "until "+h.now.Add(21*time.Minute).Format("15:04"))
	// A sleep is time that has passed.
	h.wait(20 * time.Minute)
	s, _ = s.Update(driftedMsg{20 * time.Minute})
	sees(t, s, "Telegram asks to wait 1 min before")
	h.wait(time.Hour)
	s, _ = s.Update(driftedMsg{time.Hour})
	sees(t, s, "The wait is over.")
}
