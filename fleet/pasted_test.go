package fleet

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/botapi"
)

// revokedByHand is what somebody does in @BotFather: a new token, and the old one with all its sessions dead.
func (w *world) revokedByHand(id int64) secret.Secret {
	w.fake.mu.Lock()
	defer w.fake.mu.Unlock()
	w.fake.revokeLocked(id, tokenOf(id, "x"))
	w.fake.current[id] = tokenOf(id, "n")
	return w.fake.current[id]
}

func (w *world) noPending(t *testing.T) {
	t.Helper()
	for _, name := range w.items() {
		if strings.HasPrefix(name, pendingItems) {
			t.Errorf("%s is left", name)
		}
	}
}

// botAPIOf has a Bot API say which tokens work.
func botAPIOf(f *Fleet, works func(secret.Secret) bool) {
	f.botAPIs = botAPIs{env: botapi.Server{}}
	f.getMe = func(_ botapi.Server, _ context.Context, token secret.Secret, _ bool, _ botapi.Options) (telegram.Profile, error) {
		if !works(token) {
			return telegram.Profile{}, &telegram.Error{Kind: telegram.TokenRevoked, Code: 401, Err: botapi.ErrUnauthorized}
		}
		return fakeProfile(7), nil
	}
}

func TestRotateWith(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	if _, err := f.LoginSession(t.Context(), key(7), NewSession{Name: "ci", Elsewhere: true}, nil); err != nil {
		t.Fatal(err)
	}
	var asked []secret.Secret
	botAPIOf(f, func(token secret.Secret) bool {
		asked = append(asked, token)
		return false
	})
	fresh := w.revokedByHand(7)
	sawPending := false
	w.fake.onLogin = func(context.Context, int64) error {
		sawPending = !w.item(pendingItemName(key(7))).Empty()
		return nil
	}
	done, err := f.RotateWith(t.Context(), key(7), secret.New(" "+fresh.Reveal()+"\n"), Rotation{}, nil)
	if err != nil || done.Manager.ID != 0 || done.Resumed || done.NotLoggedIn != nil || done.Old != OldDead {
		t.Fatalf("%+v, %v", done, err)
	}
	want := []Lost{{LostSession: store.LostSession{Name: "ci", Runs: store.Elsewhere, At: "ci"}}}
	if !slices.Equal(done.Lost, want) || len(done.Bot.Sessions) != 1 || done.Bot.Health.Status != store.OK {
		t.Errorf("%+v", done)
	}
	if !sawPending {
		t.Error("the token did not rest in the keyring before the login")
	}
	if len(asked) != 1 || !asked[0].Equal(tokenOf(7, "x")) {
		t.Error("it was not the old token that was asked for")
	}
	w.tokenIsCurrent(t, 7)
	w.noPending(t)
	noRotations(t, f)
}

// TestPastedTokenIsRefused: nothing of it is kept, and the bot is as it was.
func TestPastedTokenIsRefused(t *testing.T) {
	problem := func(want Problem) func(error) bool {
		return func(err error) bool {
			var input *InputError
			return errors.As(err, &input) && input.Problem == want
		}
	}
	for name, test := range map[string]struct {
		token secret.Secret
		is    func(error) bool
	}{
		"another bot's": {tokenOf(8, "n"), problem(ProblemOtherBot)},
		"the old one":   {tokenOf(7, "x"), problem(ProblemSameToken)},
		"no token":      {secret.New("hello"), problem(ProblemNoColon)},
		"revoked":       {tokenOf(7, "r"), func(err error) bool { return errors.Is(err, telegram.TokenRevoked) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			w.added(f, 7)
			w.fake.revoked[tokenOf(7, "r").Reveal()] = true
			if _, err := f.RotateWith(t.Context(), key(7), test.token, Rotation{}, nil); !test.is(err) {
				t.Errorf("%v", err)
			}
			w.noPending(t)
			noRotations(t, f)
			if token, err := f.Token(t.Context(), key(7)); err != nil || !token.Equal(tokenOf(7, "x")) {
				t.Errorf("the token is not as it was: %v", err)
			}
			wantStatus(t, f, 7, store.OK) // it was not its own token that was refused
		})
	}
}

// TestPastedIsKilled at every point after the token was put to rest: nothing has to be pasted again.
func TestPastedIsKilled(t *testing.T) {
	itemOf7 := botItemName(key(7))
	for name, arm := range map[string]func(w *world){
		"before the login": func(w *world) { w.fake.onLogin = func(context.Context, int64) error { panic(theEnd{}) } },
		"after the login":  func(w *world) { w.fake.onGrant = func() { panic(theEnd{}) } },
		"before the keyring has it": func(w *world) {
			w.store.fail(func(i *keyring.Item) error {
				if i.Name == itemOf7 {
					panic(theEnd{})
				}
				return nil
			}, nil)
		},
		"before it is read back": func(w *world) {
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
		},
	} {
		for _, recovered := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				w := newFakeWorld(t)
				f := w.open()
				w.added(f, 7)
				fresh := w.revokedByHand(7)
				arm(w)
				killed(t, func() error {
					_, err := f.RotateWith(t.Context(), key(7), fresh, Rotation{}, nil)
					return err
				})
				w.fake.onLogin, w.fake.onGrant = nil, nil
				w.store.fail(nil, nil)
				f = w.open()
				if recovered {
					if _, err := f.Recover(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if left, err := f.CutOffRotations(t.Context()); err != nil || len(left) != 1 {
					t.Fatalf("told: %+v, %v", left, err)
				}
				done, err := f.Rotate(t.Context(), key(7), Rotation{}, nil)
				if err != nil || !done.Resumed || len(done.Bot.Sessions) != 1 {
					t.Fatalf("%+v, %v", done, err)
				}
				if bot, err := f.Check(t.Context(), key(7), nil); err != nil || bot.Health.Status != store.OK {
					t.Errorf("check: %+v, %v", bot, err)
				}
				w.tokenIsCurrent(t, 7)
				w.noPending(t)
				noRotations(t, f)
			})
		}
	}
}

// TestPastedWaitsForAFlood: it rests until it can be logged in, unless it can be asked otherwise whether it is good.
func TestPastedWaitsForAFlood(t *testing.T) {
	for _, known := range []bool{false, true} {
		w := newFakeWorld(t)
		f := w.open()
		w.added(f, 7)
		fresh := w.revokedByHand(7)
		w.fake.onLogin = func(context.Context, int64) error { return floodWait(time.Hour) }
		if known {
			botAPIOf(f, fresh.Equal)
		}
		done, err := f.RotateWith(t.Context(), key(7), fresh, Rotation{}, nil)
		var flood *FloodError
		if known {
			if err != nil || !errors.As(done.NotLoggedIn, &flood) || done.Bot.Health.Status != store.Flooded || done.Old != OldDead {
				t.Errorf("%+v, %v", done, err)
			}
			w.tokenIsCurrent(t, 7)
			w.noPending(t)
			noRotations(t, f)
			continue
		}
		var cut *UnfinishedError
		if !errors.As(err, &cut) || cut.Step != store.RotationPasted || !errors.As(err, &flood) {
			t.Fatalf("%v", err)
		}
		w.fake.onLogin = nil
		w.sleep(2 * time.Hour)
		if done, err := f.Rotate(t.Context(), key(7), Rotation{}, nil); err != nil || !done.Resumed {
			t.Errorf("%+v, %v", done, err)
		}
		w.tokenIsCurrent(t, 7)
		w.noPending(t)
	}
}

// resting is a world where a pasted token rests beside bot 7.
func resting(t *testing.T) (*world, *Fleet, secret.Secret) {
	t.Helper()
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	fresh := w.revokedByHand(7)
	w.fake.onLogin = func(context.Context, int64) error { return &telegram.Error{Kind: telegram.Unreachable} }
	if _, err := f.RotateWith(t.Context(), key(7), fresh, Rotation{}, nil); err == nil {
		t.Fatal("it was logged in")
	}
	w.fake.onLogin = nil
	return w, f, fresh
}

// TestRestingTokenIsKnown to all that goes through the items of a keyring.
func TestRestingTokenIsKnown(t *testing.T) {
	pending := pendingItemName(key(7))
	t.Run("verified", func(t *testing.T) {
		_, f, _ := resting(t)
		if v, err := f.VerifyKeyring(t.Context()); err != nil || !v.Sound() || v.Pending != 1 || v.Others != 0 {
			t.Errorf("%+v, %v", v, err)
		}
	})
	t.Run("told by an examination", func(t *testing.T) {
		_, f, _ := resting(t)
		found, err := f.Examine(t.Context(), ExamineOptions{}, nil)
		told := slices.IndexFunc(found, func(x Finding) bool { return x.Found == FoundRotations })
		if err != nil || told < 0 || !slices.Equal(found[told].Names, []string{env + "/7"}) || found[told].Grade != GradeWarning {
			t.Errorf("%+v, %v", found, err)
		}
	})
	t.Run("listed where the keyring cannot", func(t *testing.T) {
		_, f, _ := resting(t)
		rows, err := f.at.Load().Snapshot(t.Context(), f.now())
		if err != nil || !slices.Contains(itemNames(rows), pending) {
			t.Errorf("%v, %v", itemNames(rows), err)
		}
	})
	t.Run("rebuilt", func(t *testing.T) {
		w, f, _ := resting(t)
		if err := f.at.Load().EndRotation(t.Context(), key(7)); err != nil {
			t.Fatal(err)
		}
		v, err := f.VerifyKeyring(t.Context())
		if err != nil || !slices.Equal(v.WithoutRow, []string{pending}) {
			t.Fatalf("%+v, %v", v, err)
		}
		if _, err := f.Mend(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		if v, err = f.VerifyKeyring(t.Context()); err != nil || !v.Sound() {
			t.Errorf("%+v, %v", v, err)
		}
		if done, err := f.Rotate(t.Context(), key(7), Rotation{}, nil); err != nil || !done.Resumed {
			t.Errorf("%+v, %v", done, err)
		}
		w.tokenIsCurrent(t, 7)
	})
	t.Run("removed with its bot", func(t *testing.T) {
		w, f, _ := resting(t)
		if err := f.Remove(t.Context(), key(7)); err != nil {
			t.Fatal(err)
		}
		w.noPending(t)
		noRotations(t, f)
	})
	t.Run("after it took the old one's place", func(t *testing.T) {
		w := newFakeWorld(t)
		f := w.open()
		w.added(f, 7)
		fresh := w.revokedByHand(7)
		w.fake.onGrant = func() { w.store.failDelete(keyring.ErrDenied) }
		var cut *UnfinishedError
		if _, err := f.RotateWith(t.Context(), key(7), fresh, Rotation{}, nil); !errors.As(err, &cut) || cut.Step != store.RotationSaved {
			t.Fatalf("%v", err)
		}
		w.store.failDelete(nil)
		if v, err := f.VerifyKeyring(t.Context()); err != nil || !v.Sound() || v.Pending != 1 {
			t.Errorf("%+v, %v", v, err)
		}
		if err := f.Remove(t.Context(), key(7)); err != nil {
			t.Fatal(err)
		}
		w.noPending(t)
	})
	t.Run("forgotten", func(t *testing.T) {
		w, f, _ := resting(t)
		if err := f.ForgetPasted(t.Context(), key(7)); err != nil {
			t.Fatal(err)
		}
		w.noPending(t)
		noRotations(t, f)
	})
	t.Run("replaced in another way", func(t *testing.T) {
		w, f, fresh := resting(t)
		if _, err := f.ReplaceToken(t.Context(), key(7), fresh, false, nil); err != nil {
			t.Fatal(err)
		}
		w.noPending(t)
		noRotations(t, f)
	})
	t.Run("labelled", func(t *testing.T) {
		w, _, _ := resting(t)
		label := itemLabel(pending, w.item(pending), map[Key]Profile{key(7): {Username: "x7_bot"}})
		if label != "botring: @x7_bot, new token" {
			t.Errorf("%q", label)
		}
	})
	t.Run("gone", func(t *testing.T) {
		w, f, _ := resting(t)
		if err := w.store.Delete(t.Context(), pending); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Rotate(t.Context(), key(7), Rotation{}, nil); !errors.Is(err, ErrNothingPasted) {
			t.Errorf("%v", err)
		}
		noRotations(t, f)
	})
}

// TestPastedOverAnother: a token that is refused, or that the keyring does not take, leaves what was cut off before it.
func TestPastedOverAnother(t *testing.T) {
	wrong := tokenOf(7, "r")
	for name, arm := range map[string]func(w *world){
		"refused": func(w *world) { w.fake.revoked[wrong.Reveal()] = true },
		"the keyring fails": func(w *world) {
			w.store.fail(func(*keyring.Item) error { return keyring.ErrGone }, nil)
		},
	} {
		t.Run(name+", one rests", func(t *testing.T) {
			w, f, _ := resting(t)
			arm(w)
			if _, err := f.RotateWith(t.Context(), key(7), wrong, Rotation{}, nil); err == nil {
				t.Fatal("it was taken")
			}
			w.store.fail(nil, nil)
			if done, err := f.Rotate(t.Context(), key(7), Rotation{}, nil); err != nil || !done.Resumed {
				t.Fatalf("%+v, %v", done, err)
			}
			w.tokenIsCurrent(t, 7)
			w.noPending(t)
			noRotations(t, f)
		})
		t.Run(name+", a manager revoked", func(t *testing.T) {
			w, f := managedWorld(t, 7)
			further(t, f, 7)
			w.fake.afterExport = func(_ context.Context, _, _ int64, revoke bool) error {
				if revoke {
					return lostAnswer()
				}
				return nil
			}
			if _, err := f.Rotate(t.Context(), key(7), Rotation{}, nil); err == nil {
				t.Fatal("nothing was cut off")
			}
			w.fake.afterExport = nil
			arm(w)
			if _, err := f.RotateWith(t.Context(), key(7), wrong, Rotation{}, nil); err == nil {
				t.Fatal("it was taken")
			}
			w.store.fail(nil, nil)
			w.noPending(t)
			done, err := f.Rotate(t.Context(), key(7), Rotation{}, nil)
			if err != nil || !done.Resumed || w.fake.revokes != 1 || len(done.Lost) != 1 {
				t.Fatalf("%+v, %v, %d revokes", done, err, w.fake.revokes)
			}
			w.tokenIsCurrent(t, 7)
		})
	}
	t.Run("the same once more", func(t *testing.T) {
		w, f, fresh := resting(t)
		w.fake.revoked[fresh.Reveal()] = true
		if _, err := f.RotateWith(t.Context(), key(7), fresh, Rotation{}, nil); !errors.Is(err, telegram.TokenRevoked) {
			t.Fatal(err)
		}
		w.noPending(t)
		noRotations(t, f)
	})
}

// TestPastedUnproven: without a login it is the Bot API that keeps an older token, which @BotFather's messages show too,
// from taking the place of one that works.
func TestPastedUnproven(t *testing.T) {
	for name, test := range map[string]struct {
		asked  bool
		works  bool
		rests  bool
		status Status
	}{
		"alive":   {asked: true, works: true, status: store.NotLoggedIn},
		"revoked": {asked: true, rests: true, status: store.OK},
		// Of its session only a check tells, and nothing else could end it.
		"nobody is asked": {status: store.Unchecked},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			w.added(f, 7)
			pasted := tokenOf(7, "n")
			if test.asked {
				botAPIOf(f, func(token secret.Secret) bool { return token.Equal(pasted) == test.works })
			}
			_, err := f.RotateWith(t.Context(), key(7), pasted, Rotation{NoLogin: true}, nil)
			var cut *UnfinishedError
			if rests := errors.As(err, &cut) && cut.Step == store.RotationPasted; rests != test.rests || err != nil && !rests {
				t.Fatalf("%v", err)
			}
			wantStatus(t, f, 7, test.status)
			if token, err := f.Token(t.Context(), key(7)); err != nil || token.Equal(pasted) == test.rests {
				t.Errorf("the token: %v", err)
			}
			if !test.rests {
				noRotations(t, f)
				return
			}
			// A login decides.
			if done, err := f.Rotate(t.Context(), key(7), Rotation{}, nil); err != nil || !done.Resumed {
				t.Errorf("%+v, %v", done, err)
			}
		})
	}
}
