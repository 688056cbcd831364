package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// managedWorld has a manager, 9, and bots that it manages, all logged in.
func managedWorld(t *testing.T, ids ...int64) (*world, *Fleet) {
	t.Helper()
	w := newFakeWorld(t)
	for _, id := range ids {
		w.fake.manages[id] = 9
	}
	f := w.open()
	for _, id := range append([]int64{9}, ids...) {
		w.added(f, id)
	}
	return w, f
}

// tokenIs compares the token in the keyring with Telegram's.
func (w *world) tokenIsCurrent(t *testing.T, id int64) {
	t.Helper()
	item, err := decodeBotItem(key(id), w.item(botItemName(key(id))))
	if err != nil {
		t.Fatal(err)
	}
	if current, ok := w.fake.current[id]; !ok || !item.Token.Equal(current) {
		t.Error("the keyring does not have the current token")
	}
}

func noRotations(t *testing.T, f *Fleet) {
	t.Helper()
	if left, err := f.CutOffRotations(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("rotations left: %+v, %v", left, err)
	}
}

func TestRotate(t *testing.T) {
	for _, remake := range []bool{false, true} {
		t.Run(fmt.Sprint("remake ", remake), func(t *testing.T) {
			w, f := managedWorld(t, 7)
			if _, err := f.LoginSession(t.Context(), key(7), NewSession{Name: "vps-1", Elsewhere: true, At: "vps-1"}, nil); err != nil {
				t.Fatal(err)
			}
			var steps []Step
			done, err := f.Rotate(t.Context(), key(7), Rotation{Remake: remake}, func(s Step) { steps = append(steps, s) })
			if err != nil {
				t.Fatal(err)
			}
			w.tokenIsCurrent(t, 7)
			noRotations(t, f)
			wantStatus(t, f, 7, store.OK)
			wantStatus(t, f, 9, store.OK)
			want := []Lost{{LostSession: store.LostSession{Name: "vps-1", Runs: store.Elsewhere, At: "vps-1"}, Remade: remake}}
			if done.Manager.ID != 9 || done.Resumed || done.NotLoggedIn != nil || !slices.Equal(done.Lost, want) || done.Old != OldDead {
				t.Errorf("%+v", done)
			}
			if _, there := done.Bot.Session("vps-1"); there != remake || len(done.Bot.Sessions) == 0 {
				t.Errorf("sessions %+v", done.Bot.Sessions)
			}
			if has := slices.Contains(w.items(), sessionItemName(key(7), "vps-1")); has != remake {
				t.Errorf("the item of the session that died: %v", has)
			}
			if w.fake.revokes != 1 || w.fake.logOuts != 0 || w.fake.twice != 0 {
				t.Errorf("%d revokes, %d logouts, %d sessions opened twice", w.fake.revokes, w.fake.logOuts, w.fake.twice)
			}
			if first := steps[0].Stage; first != OpeningKeyring {
				t.Errorf("begins with stage %d", first)
			}
			if _, err := f.Check(t.Context(), key(7), nil); err != nil {
				t.Errorf("check: %v", err)
			}
		})
	}
}

// TestRotateOverTheWire is the whole of it against a Telegram that revokes.
func TestRotateOverTheWire(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	w.added(f, 7)
	manager := w.bot(9, func(b *telegramtest.Bot) { b.Profile.ManagesBots, b.Manages = true, []int64{7} })
	if _, err := f.Add(t.Context(), manager, nil); err != nil {
		t.Fatal(err)
	}
	done, err := f.Rotate(t.Context(), key(7), Rotation{}, nil)
	if err != nil || done.Bot.Health.Status != store.OK || done.Manager.ID != 9 || done.Old != OldDead {
		t.Fatalf("%+v, %v", done, err)
	}
	token, err := f.Token(t.Context(), key(7))
	if err != nil || token.Equal(tokenOf(7, "x")) || !token.Equal(w.tg.Token(7)) {
		t.Errorf("the keyring's token is not Telegram's: %v", err)
	}
	if bot, err := f.Check(t.Context(), key(7), nil); err != nil || bot.Health.Status != store.OK {
		t.Errorf("check: %+v, %v", bot.Health, err)
	}
	noRotations(t, f)
}

// lostAnswer is what a call ends with that Telegram may have carried out.
func lostAnswer() error { return &telegram.Error{Kind: telegram.Timeout, Op: methodExport, Sent: true} }

// theEnd is what a test panics with in place of a kill.
type theEnd struct{}

// killed runs do, which does not live to its end.
func killed(t *testing.T, do func() error) {
	t.Helper()
	defer func() {
		switch broken := recover(); broken {
		case nil:
		case theEnd{}:
			return
		default:
			panic(broken)
		}
		t.Fatal("it lived")
	}()
	t.Errorf("it ended with %v", do())
}

// TestRotationIsKilled at every point where something has been done: the next start tells of it and finishes it,
// and no token is revoked twice unasked.
func TestRotationIsKilled(t *testing.T) {
	itemOf7 := botItemName(key(7))
	for name, test := range map[string]struct {
		arm func(w *world)
		// unrevoked: it was killed before Telegram heard of it.
		unrevoked bool
		step      store.RotationStep
		logins    int // of bot 7 after its first
	}{
		"before the revoke": {arm: func(w *world) {
			w.fake.onExport = func(_ context.Context, _, _ int64, revoke bool) error {
				if revoke {
					panic(theEnd{})
				}
				return nil
			}
		}, unrevoked: true, step: store.RotationRevoking, logins: 1},
		"after the revoke": {arm: func(w *world) {
			w.fake.afterExport = func(_ context.Context, _, _ int64, revoke bool) error {
				if revoke {
					panic(theEnd{})
				}
				return nil
			}
		}, step: store.RotationRevoking, logins: 1},
		"before the keyring has it": {arm: func(w *world) {
			w.store.fail(func(i *keyring.Item) error {
				if i.Name == itemOf7 {
					panic(theEnd{})
				}
				return nil
			}, nil)
		}, step: store.RotationRevoking, logins: 1},
		"before it is read back": {arm: func(w *world) {
			wrote := false
			w.store.fail(func(i *keyring.Item) error {
				wrote = wrote || i.Name == itemOf7
				return nil
			}, func(name string) error {
				if wrote && name == itemOf7 {
					panic(theEnd{})
				}
				return nil
			})
		}, step: store.RotationRevoking, logins: 1},
		"before the login": {arm: func(w *world) {
			w.fake.onLogin = func(context.Context, int64) error { panic(theEnd{}) }
		}, step: store.RotationSaved, logins: 2},
		"after the login": {arm: func(w *world) {
			w.fake.onGrant = func() { panic(theEnd{}) }
		}, step: store.RotationSaved, logins: 2},
	} {
		for _, recovered := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", recovered ", recovered), func(t *testing.T) {
				w, f := managedWorld(t, 7)
				logins := w.fake.logins
				test.arm(w)
				killed(t, func() error {
					_, err := f.Rotate(t.Context(), key(7), Rotation{}, nil)
					return err
				})
				w.fake.onExport, w.fake.afterExport, w.fake.onLogin, w.fake.onGrant = nil, nil, nil, nil
				w.store.fail(nil, nil)
				f = w.open()
				if recovered {
					if _, err := f.Recover(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				left, err := f.CutOffRotations(t.Context())
				step := test.step
				if recovered && name == "before it is read back" {
					step = store.RotationSaved // the journal of saves knew
				}
				if err != nil || len(left) != 1 || left[0].Bot.ID != 7 || left[0].Step != step {
					t.Fatalf("told: %+v, %v", left, err)
				}
				done, err := f.Rotate(t.Context(), key(7), Rotation{}, nil)
				if test.unrevoked {
					if !errors.Is(err, ErrNotRevoked) || w.fake.revokes != 0 {
						t.Fatalf("%v, revoked %d times", err, w.fake.revokes)
					}
					done, err = f.Rotate(t.Context(), key(7), Rotation{Again: true}, nil)
				}
				if err != nil || !done.Resumed || done.Bot.Health.Status != store.OK || done.Manager.ID != 9 {
					t.Fatalf("%+v, %v", done, err)
				}
				w.tokenIsCurrent(t, 7)
				noRotations(t, f)
				if w.fake.revokes != 1 || w.fake.logins-logins != test.logins {
					t.Errorf("%d revokes, %d logins", w.fake.revokes, w.fake.logins-logins)
				}
				if _, err := f.Check(t.Context(), key(7), nil); err != nil {
					t.Errorf("check: %v", err)
				}
			})
		}
	}
}

// TestRotationIsCutOff by what Telegram or the keyring answer: the error says how far it came, and the next one goes on.
func TestRotationIsCutOff(t *testing.T) {
	for name, test := range map[string]struct {
		arm     func(w *world)
		revoked bool
		step    store.RotationStep
	}{
		"the answer is lost": {arm: func(w *world) {
			w.fake.afterExport = func(_ context.Context, _, _ int64, revoke bool) error {
				if revoke {
					return lostAnswer()
				}
				return nil
			}
		}, step: store.RotationRevoking},
		"the keyring fails": {arm: func(w *world) {
			w.store.fail(func(*keyring.Item) error { return keyring.ErrGone }, nil)
		}, step: store.RotationRevoking, revoked: true},
		"the network fails": {arm: func(w *world) {
			w.fake.onLogin = func(context.Context, int64) error { return &telegram.Error{Kind: telegram.Unreachable} }
		}, step: store.RotationSaved, revoked: true},
		"the login cannot be saved": {arm: func(w *world) {
			w.fake.onGrant = func() { w.store.fail(func(*keyring.Item) error { return keyring.ErrGone }, nil) }
		}, step: store.RotationSaved, revoked: true},
	} {
		t.Run(name, func(t *testing.T) {
			w, f := managedWorld(t, 7)
			test.arm(w)
			_, err := f.Rotate(t.Context(), key(7), Rotation{}, nil)
			var cut *UnfinishedError
			if !errors.As(err, &cut) || cut.Step != test.step || cut.Revoked != test.revoked || cut.Bot.ID != 7 {
				t.Fatalf("%+v, %v", cut, err)
			}
			if left, err := f.CutOffRotations(t.Context()); err != nil || len(left) != 1 || left[0].Step != test.step {
				t.Errorf("told: %+v, %v", left, err)
			}
			w.fake.afterExport, w.fake.onLogin, w.fake.onGrant = nil, nil, nil
			w.store.fail(nil, nil)
			done, err := f.Rotate(t.Context(), key(7), Rotation{}, nil)
			if err != nil || done.Bot.Health.Status != store.OK || w.fake.revokes != 1 {
				t.Errorf("%+v, %v, %d revokes", done, err, w.fake.revokes)
			}
			w.tokenIsCurrent(t, 7)
			noRotations(t, f)
			if alive := w.fake.sessions(); alive != 2 {
				t.Errorf("%d sessions live at Telegram", alive)
			}
		})
	}
}

// TestRotateIsRefused before anything is revoked: nothing has changed, and nothing is left to finish.
func TestRotateIsRefused(t *testing.T) {
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	for name, test := range map[string]struct {
		arm func(w *world, f *Fleet)
		how Rotation
		is  func(error) bool
	}{
		"nobody manages it": {arm: func(w *world, _ *Fleet) { w.fake.manages[7] = 5 }, is: is(ErrNotManaged)},
		"another is wanted": {how: Rotation{Manager: key(8)}, is: is(telegram.NotManaged)},
		"itself is wanted":  {how: Rotation{Manager: key(7)}, is: is(ErrNotManaged)},
		"the manager's session is dead": {arm: func(w *world, _ *Fleet) {
			w.fake.revokeLocked(9, secret.New("9:none"))
		}, is: is(telegram.SessionRevoked)},
		"the manager's session runs elsewhere": {arm: func(_ *world, f *Fleet) {
			if _, err := f.MarkElsewhere(context.Background(), key(9), store.DefaultSession, "vps-1"); err != nil {
				panic(err)
			}
		}, is: is(ErrRunsElsewhere)},
		"the manager is logged out": {arm: func(_ *world, f *Fleet) {
			if _, err := f.LogOut(context.Background(), key(9), nil); err != nil {
				panic(err)
			}
		}, is: is(ErrNoSession)},
		"a flood": {arm: func(w *world, _ *Fleet) {
			w.fake.onExport = func(_ context.Context, _, _ int64, revoke bool) error {
				if revoke {
					return floodWait(time.Minute)
				}
				return nil
			}
		}, is: func(err error) bool { var flood *FloodError; return errors.As(err, &flood) && flood.Key == key(9) }},
		"the keyring cannot be written": {arm: func(w *world, _ *Fleet) {
			w.ring = keyring.Wrap(brokenStore{w.store}, keyring.Options{})
		}, is: is(keyring.ErrGone)},
	} {
		t.Run(name, func(t *testing.T) {
			w, f := managedWorld(t, 7)
			w.fake.manages[6] = 9
			w.added(f, 8)
			if test.arm != nil {
				test.arm(w, f)
			}
			if name == "the keyring cannot be written" {
				f = w.open()
			}
			exports := w.fake.exports
			_, err := f.Rotate(t.Context(), key(7), test.how, nil)
			if !test.is(err) {
				t.Errorf("%v", err)
			}
			if w.fake.revokes != 0 {
				t.Error("revoked all the same")
			}
			if strings.HasSuffix(name, "elsewhere") && w.fake.exports != exports {
				t.Error("a session was opened that runs elsewhere")
			}
			noRotations(t, f)
			wantStatus(t, f, 7, store.OK)
		})
	}
}

// brokenStore takes nothing.
type brokenStore struct{ *faultyStore }

func (brokenStore) Put(context.Context, keyring.Item) error { return keyring.ErrGone }

// TestRotateWaitsForNoFlood: a login that has to wait is no failure of the rotation.
func TestRotateWaitsForNoFlood(t *testing.T) {
	w, f := managedWorld(t, 7)
	w.fake.onLogin = func(context.Context, int64) error { return floodWait(time.Hour) }
	done, err := f.Rotate(t.Context(), key(7), Rotation{}, nil)
	var flood *FloodError
	if err != nil || !errors.As(done.NotLoggedIn, &flood) || done.Bot.Health.Status != store.Flooded || len(done.Bot.Sessions) != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	if until := w.clock().Add(time.Hour); !flood.Until.Equal(until) || !done.Bot.FloodUntil.Equal(until) {
		t.Errorf("until %v and %v, want %v", flood.Until, done.Bot.FloodUntil, until)
	}
	w.tokenIsCurrent(t, 7)
	noRotations(t, f)
}

// TestRotateMany: one manager's session is opened by one at a time, and a manager among them goes last.
func TestRotateMany(t *testing.T) {
	w, f := managedWorld(t, 1, 2, 3, 4, 5, 6)
	w.fake.manages[9] = 8
	w.added(f, 8)
	var order []int64
	results := map[int64]RotationOutcome{}
	f.RotateMany(t.Context(), []Key{key(9), key(1), key(2), key(3), key(4), key(5), key(6), key(8)}, Rotation{}, func(o RotationOutcome) {
		order = append(order, o.Key.ID)
		results[o.Key.ID] = o
	})
	if len(order) != 8 || slices.Index(order, 9) < 6 || slices.Index(order, 8) < 6 {
		t.Errorf("order %v", order)
	}
	for id, o := range results {
		if id == 8 {
			if !errors.Is(o.Err, ErrNotManaged) {
				t.Errorf("8: %v", o.Err)
			}
			continue
		}
		// 8 is rotated beside 9 and is not managed, so that its session lives on.
		if o.Err != nil || o.Bot.Health.Status != store.OK {
			t.Errorf("%d: %+v, %v", id, o.Bot.Health, o.Err)
			continue
		}
		w.tokenIsCurrent(t, id)
	}
	if w.fake.twice != 0 || w.fake.revokes != 7 {
		t.Errorf("%d sessions opened twice, %d revokes", w.fake.twice, w.fake.revokes)
	}
	noRotations(t, f)
}

// TestPlanRotation revokes nothing and says who would.
func TestPlanRotation(t *testing.T) {
	w, f := managedWorld(t, 7)
	w.added(f, 8)
	plan, err := f.PlanRotation(t.Context(), key(7), Key{}, nil)
	if err != nil || plan.Manager.ID != 9 || plan.CutOff != "" || len(plan.Lost) != 1 {
		t.Errorf("%+v, %v", plan, err)
	}
	if plan, err = f.PlanRotation(t.Context(), key(8), Key{}, nil); err != nil || plan.Manager.ID != 0 {
		t.Errorf("by hand: %+v, %v", plan, err)
	}
	if w.fake.revokes != 0 {
		t.Error("it revoked")
	}
}
