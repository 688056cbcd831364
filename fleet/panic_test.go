package fleet

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// further gives a bot a session that runs at vps-1.
func further(t *testing.T, f *Fleet, id int64) {
	t.Helper()
	if _, err := f.LoginSession(t.Context(), key(id), NewSession{Name: "vps-1", Elsewhere: true, At: "vps-1"}, nil); err != nil {
		t.Fatal(err)
	}
}

func TestPanicRevokes(t *testing.T) {
	w, f := managedWorld(t, 7)
	further(t, f, 7)
	old := w.fake.current[7]
	f.TokenWentOut(t.Context(), key(7), tokenOf(7, "x"), Outlet{Way: store.ToFile, Place: "/srv/.env"})
	p, err := f.Panic(t.Context(), key(7), Key{}, nil)
	if err != nil || p.Err != nil || !p.Revoked || p.Manager.ID != 9 {
		t.Fatalf("%+v, %v", p, err)
	}
	w.tokenIsCurrent(t, 7)
	if w.fake.current[7].Equal(old) {
		t.Error("the token is the one that got out")
	}
	if len(p.Sessions) != 2 || p.Sessions[0].Err != nil || p.Sessions[1].Err != nil || len(p.Bot.Sessions) != 0 {
		t.Errorf("sessions %+v; left %+v", p.Sessions, p.Bot.Sessions)
	}
	if len(p.Places) != 1 || p.Places[0].State != store.Stale {
		t.Errorf("places %+v", p.Places)
	}
	if slices.Contains(p.Bot.Tags, TagLeaked) || p.Bot.Health.Status != store.NotLoggedIn {
		t.Errorf("%+v", p.Bot)
	}
}

// TestPanicWithoutAManager: every session ends, also the one that runs elsewhere, and the bot is marked until its token
// is replaced.
func TestPanicWithoutAManager(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	further(t, f, 7)
	var about []string
	p, err := f.Panic(t.Context(), key(7), Key{}, func(step Step) {
		if step.Stage == Saving && step.Done {
			about = append(about, step.Session)
		}
	})
	if err != nil || p.Revoked || !errors.Is(p.Err, ErrNotManaged) {
		t.Fatalf("%+v, %v", p, err)
	}
	if !slices.Equal(about, []string{store.DefaultSession, "vps-1"}) {
		t.Errorf("steps are about %q", about)
	}
	if len(p.Sessions) != 2 || p.Sessions[0].Err != nil || p.Sessions[1].Err != nil || len(p.Bot.Sessions) != 0 || len(w.fake.alive) != 0 {
		t.Errorf("sessions %+v; left %+v, at Telegram %d", p.Sessions, p.Bot.Sessions, len(w.fake.alive))
	}
	if !slices.Contains(p.Bot.Tags, TagLeaked) {
		t.Errorf("tags %q", p.Bot.Tags)
	}
	fresh := w.revokedByHand(7)
	done, err := f.RotateWith(t.Context(), key(7), fresh, Rotation{}, nil)
	if err != nil || slices.Contains(done.Bot.Tags, TagLeaked) {
		t.Errorf("%+v, %v", done.Bot.Tags, err)
	}
}

// TestPanicGoesOn: one session that cannot be ended keeps no other from it.
func TestPanicGoesOn(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	further(t, f, 7)
	refusal := &telegram.Error{Kind: telegram.Unreachable}
	w.fake.onLogOut = func(context.Context, int64) error {
		w.fake.onLogOut = nil
		return refusal
	}
	p, err := f.Panic(t.Context(), key(7), Key{}, nil)
	if err != nil || len(p.Sessions) != 2 || !errors.Is(p.Sessions[0].Err, telegram.Unreachable) || p.Sessions[1].Err != nil || len(p.Bot.Sessions) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := f.Panic(t.Context(), key(8), Key{}, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of no bot: %v", err)
	}
}

// TestPanicAfterACutOff: what an earlier rotation left is finished, and its token may be the one that got out.
func TestPanicAfterACutOff(t *testing.T) {
	w, f := managedWorld(t, 7)
	before := w.fake.current[7]
	w.fake.afterExport = func(_ context.Context, _, _ int64, revoke bool) error {
		if !revoke {
			return nil
		}
		w.fake.afterExport = nil
		return &telegram.Error{Kind: telegram.Timeout, Sent: true}
	}
	if _, err := f.Rotate(t.Context(), key(7), Rotation{}, nil); err == nil {
		t.Fatal("nothing was cut off")
	}
	between := w.fake.current[7]
	p, err := f.Panic(t.Context(), key(7), Key{}, nil)
	if err != nil || p.Err != nil || !p.Revoked {
		t.Fatalf("%+v, %v", p, err)
	}
	if now := w.fake.current[7]; now.Equal(before) || now.Equal(between) {
		t.Error("the token was not revoked once more")
	}
	w.tokenIsCurrent(t, 7)
	noRotations(t, f)
}

func TestPanicMany(t *testing.T) {
	w, f := managedWorld(t, 7, 8)
	w.added(f, 10)
	revoked := map[int64]bool{}
	f.PanicMany(t.Context(), []Key{key(9), key(7), key(8), key(10)}, Key{}, func(o PanicOutcome) {
		if o.Err != nil || len(o.Bot.Sessions) > 0 {
			t.Errorf("%+v", o)
		}
		revoked[o.Key.ID] = o.Revoked
	})
	if len(revoked) != 4 || !revoked[7] || !revoked[8] || revoked[9] || revoked[10] {
		t.Errorf("%v", revoked)
	}
}

// TestPanicAfterAPaste: a token that was pasted takes its place first, and what that ended is no session that is left.
func TestPanicAfterAPaste(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	further(t, f, 7)
	fresh := w.revokedByHand(7)
	w.fake.onLogin = func(context.Context, int64) error { return floodWait(time.Hour) }
	var unfinished *UnfinishedError
	if _, err := f.RotateWith(t.Context(), key(7), fresh, Rotation{}, nil); !errors.As(err, &unfinished) {
		t.Fatal(err)
	}
	p, err := f.Panic(t.Context(), key(7), Key{}, nil)
	if err != nil || p.Revoked || !errors.Is(p.Err, ErrNotManaged) || len(p.Bot.Sessions) != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, session := range p.Sessions {
		if session.Err != nil {
			t.Errorf("%s: %v", session.Name, session.Err)
		}
	}
	w.tokenIsCurrent(t, 7)
}

// TestPanicFinishesWithoutARevoke: that a rotation was cut off after its token was replaced does not make the token dead
// that may have got out since.
func TestPanicFinishesWithoutARevoke(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	fresh := w.revokedByHand(7)
	w.fake.onGrant = func() { w.store.failDelete(keyring.ErrDenied) }
	if _, err := f.RotateWith(t.Context(), key(7), fresh, Rotation{}, nil); err == nil {
		t.Fatal("nothing was cut off")
	}
	p, err := f.Panic(t.Context(), key(7), Key{}, nil)
	if err != nil || p.Revoked || !errors.Is(p.Err, keyring.ErrDenied) {
		t.Fatalf("%+v, %v", p, err)
	}
	if len(p.Sessions) != 1 || p.Sessions[0].Err != nil || w.fake.sessions() != 0 || !slices.Contains(p.Bot.Tags, TagLeaked) {
		t.Errorf("%+v; at Telegram %d", p, w.fake.sessions())
	}
}

// TestPanicRevokesOnce: a rotation that had revoked nothing, and whose revoke this is, is not followed by another.
func TestPanicRevokesOnce(t *testing.T) {
	w, f := managedWorld(t, 7)
	w.fake.onExport = func(_ context.Context, _, _ int64, revoke bool) error {
		if revoke {
			return lostAnswer()
		}
		return nil
	}
	if _, err := f.Rotate(t.Context(), key(7), Rotation{}, nil); err == nil {
		t.Fatal("nothing was cut off")
	}
	w.fake.onExport = nil
	p, err := f.Panic(t.Context(), key(7), Key{}, nil)
	if err != nil || p.Err != nil || !p.Revoked || w.fake.revokes != 1 {
		t.Fatalf("%+v, %v, %d revokes", p, err, w.fake.revokes)
	}
	w.tokenIsCurrent(t, 7)
}

// TestPanicOverAPaste: what was pasted keeps no manager from revoking, be it refused or gone.
func TestPanicOverAPaste(t *testing.T) {
	for name, arm := range map[string]func(w *world, f *Fleet){
		"refused": func(_ *world, f *Fleet) { botAPIOf(f, func(secret.Secret) bool { return false }) },
		"gone": func(w *world, _ *Fleet) {
			if err := w.store.Delete(context.Background(), pendingItemName(key(7))); err != nil {
				panic(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, f, _ := resting(t)
			w.fake.manages[7] = 9
			w.added(f, 9)
			arm(w, f)
			p, err := f.Panic(t.Context(), key(7), Key{}, nil)
			if err != nil || p.Err != nil || !p.Revoked || p.Manager.ID != 9 {
				t.Fatalf("%+v, %v", p, err)
			}
			w.tokenIsCurrent(t, 7)
			w.noPending(t)
			noRotations(t, f)
		})
	}
}

// TestPanicKeepsWhatEndsASession: a token that was pasted and is none of the bot's takes no session from it that only its
// key can end.
func TestPanicKeepsWhatEndsASession(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.fake.onLogin = func(context.Context, int64) error { return &telegram.Error{Kind: telegram.Unreachable} }
	if _, err := f.RotateWith(t.Context(), key(7), tokenOf(7, "r"), Rotation{}, nil); err == nil {
		t.Fatal("it was logged in")
	}
	p, err := f.Panic(t.Context(), key(7), Key{}, nil)
	if err != nil || p.Revoked || len(p.Sessions) != 1 || p.Sessions[0].Err != nil || w.fake.sessions() != 0 {
		t.Fatalf("%+v, %v; at Telegram %d", p, err, w.fake.sessions())
	}
}

// TestLeakedUntilReplaced: in whichever way the token is replaced.
func TestLeakedUntilReplaced(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	if _, err := f.Panic(t.Context(), key(7), Key{}, nil); err != nil {
		t.Fatal(err)
	}
	saved, err := f.ReplaceToken(t.Context(), key(7), w.revokedByHand(7), false, nil)
	if err != nil || slices.Contains(saved.Bot.Tags, TagLeaked) {
		t.Errorf("%q, %v", saved.Bot.Tags, err)
	}
	item, err := decodeBotItem(key(7), w.item(botItemName(key(7))))
	if err != nil || slices.Contains(item.Tags, TagLeaked) {
		t.Errorf("in the keyring %q, %v", item.Tags, err)
	}
}

// TestPlanPanic: who can revoke is found out also where something else is to be finished first.
func TestPlanPanic(t *testing.T) {
	w, f, _ := resting(t)
	plan, err := f.PlanPanic(t.Context(), key(7), Key{}, nil)
	if err != nil || plan.CutOff != store.RotationPasted || plan.Manager.ID != 0 {
		t.Errorf("nobody: %+v, %v", plan, err)
	}
	w.fake.manages[7] = 9
	w.added(f, 9)
	if plan, err = f.PlanPanic(t.Context(), key(7), Key{}, nil); err != nil || plan.Manager.ID != 9 || w.fake.revokes != 0 {
		t.Errorf("%+v, %v, %d revokes", plan, err, w.fake.revokes)
	}
}
