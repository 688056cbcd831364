package fleet

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// moving is a world whose system keyring is in memory and whose encrypted files are real.
type moving struct {
	*world
	t *testing.T
}

func newMoving(t *testing.T) moving {
	w := moving{newFakeWorld(t), t}
	f := w.open()
	for id := int64(7); id < 10; id++ {
		w.added(f, id)
	}
	further, err := (&sessionItem{Session: fakeSession(9, 99), Runs: store.Elsewhere}).encodeFurther()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]secret.Secret{"bot/" + env + "/9/ci": further, "proxy/home": secret.New("of a later version")} {
		if err := w.store.Memory.Put(t.Context(), keyring.Item{Name: name, Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.SetLabel(t.Context(), key(8), "Eight"); err != nil {
		t.Fatal(err)
	}
	flood := store.Flood{Key: key(8), APIID: testApp, Method: store.MethodLogin, Until: w.clock().Add(time.Hour), SeenAt: w.clock()}
	if err := f.at.Load().PutFlood(t.Context(), flood); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	return w
}

// on opens the fleet on a kind of keyring.
func (w moving) on(kind string) *Fleet {
	w.t.Helper()
	opts := w.options()
	opts.Keyring = kind
	opts.Passphrase = knownPassphrase()
	f, err := Open(w.t.Context(), opts)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = f.Close() })
	f.talk = func(telegram.Network) conversation { return w.fake }
	return f
}

// knownPassphrase is answered whenever it is asked for.
func knownPassphrase() Passphrase {
	return Passphrase{WorkFactor: 4, Ask: func(context.Context, Ask) (secret.Secret, error) { return secret.New("correct horse battery"), nil }}
}

// told is what a fleet has of its bots and apps, but for where it has it.
func told(t *testing.T, f *Fleet) string {
	t.Helper()
	bots, err := f.Bots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	apps, err := f.Apps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintln(apps)
	for _, bot := range bots {
		token, err := f.Token(t.Context(), bot.Key)
		text += fmt.Sprintf("%+v %d %v\n", bot, token.Len(), err)
	}
	return text
}

func sound(t *testing.T, f *Fleet, bots int) {
	t.Helper()
	if v, err := f.VerifyKeyring(t.Context()); err != nil || !v.Sound() || v.Bots != bots {
		t.Errorf("verify: %+v, %v", v, err)
	}
}

func TestMoveAndBack(t *testing.T) {
	w := newMoving(t)
	f := w.on("system")
	before, items := told(t, f), w.items()
	var steps []MoveStep
	moved, err := f.MoveKeyring(t.Context(), "age", false, func(s MoveStep) { steps = append(steps, s) })
	if err != nil || moved.Copied != 6 || moved.Present+moved.Deleted+moved.Kept != 0 || moved.To.Kind != "age" || moved.From.Kind == "age" {
		t.Fatalf("move: %+v, %v", moved, err)
	}
	if last := steps[len(steps)-1]; last != (MoveStep{MoveCopying, 6, 6}) {
		t.Errorf("steps: %v", steps)
	}
	if got := told(t, f); got != before {
		t.Errorf("after the move:\n%swant:\n%s", got, before)
	}
	sound(t, f, 3)
	if status, err := f.Keyring(t.Context()); err != nil || status.Kind != "age" {
		t.Errorf("goes on in %+v, %v", status, err)
	}
	if !reflect.DeepEqual(w.items(), items) {
		t.Errorf("without being told to, it left of the old keyring %v", w.items())
	}
	if _, err := f.MoveKeyring(t.Context(), "age", true, nil); !errors.Is(err, ErrSameKeyring) {
		t.Errorf("to where it is: %v", err)
	}
	_ = f.Close()

	// Once more, and now the old one is emptied.
	f = w.on("system")
	moved, err = f.MoveKeyring(t.Context(), "age", true, nil)
	if err != nil || moved.Copied != 0 || moved.Present != 6 || moved.Deleted != 6 || moved.Kept != 0 {
		t.Fatalf("again: %+v, %v", moved, err)
	}
	if left := w.items(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	_ = f.Close()
	f = w.on("system")
	if bots, err := f.Bots(t.Context()); err != nil || len(bots) != 0 {
		t.Errorf("rows left: %v, %v", bots, err)
	}
	_ = f.Close()

	// And the way back.
	f = w.on("age")
	moved, err = f.MoveKeyring(t.Context(), "system", true, nil)
	if err != nil || moved.Copied != 6 || moved.Deleted != 6 {
		t.Fatalf("back: %+v, %v", moved, err)
	}
	if got := told(t, f); got != before || !reflect.DeepEqual(w.items(), items) {
		t.Errorf("back:\n%s%v", got, w.items())
	}
	sound(t, f, 3)
}

// TestMoveCutOff: a move that ends at any write or deletion loses nothing, and the next one does the rest.
func TestMoveCutOff(t *testing.T) {
	for _, end := range []struct {
		stage MoveStage
		after int
	}{{MoveComparing, 0}, {MoveCopying, 0}, {MoveCopying, 1}, {MoveCopying, 5}, {MoveCopying, 6}, {MoveDeleting, 0}, {MoveDeleting, 3}, {MoveDeleting, 6}} {
		t.Run(fmt.Sprint(end), func(t *testing.T) {
			w := newMoving(t)
			f := w.on("system")
			before := told(t, f)
			ctx, cancel := context.WithCancel(t.Context())
			moved, err := f.MoveKeyring(ctx, "age", true, func(s MoveStep) {
				if s.Stage == end.stage && s.Done == end.after {
					cancel()
				}
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%+v, %v", moved, err)
			}
			// Every secret is in one of the two, and what the fleet still stands on can be moved again.
			if status, err := f.Keyring(t.Context()); err != nil || status.Kind == "age" {
				t.Errorf("it stands on %+v, %v", status, err)
			}
			moved, err = f.MoveKeyring(t.Context(), "age", true, nil)
			if err != nil || moved.Kept != 0 {
				t.Fatalf("again: %+v, %v", moved, err)
			}
			if got := told(t, f); got != before {
				t.Errorf("after the second:\n%swant:\n%s", got, before)
			}
			sound(t, f, 3)
			if left := w.items(); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			_ = f.Close()
			if bots, err := w.on("system").Bots(t.Context()); err != nil || len(bots) > 0 {
				t.Errorf("rows left: %v, %v", bots, err)
			}
		})
	}
}

// TestMoveFaults: a keyring that fails in the middle of a move is told as what it is, and nothing is deleted.
func TestMoveFaults(t *testing.T) {
	w := newMoving(t)
	f := w.on("age")
	if _, err := f.Add(t.Context(), w.bot(20), nil); err != nil {
		t.Fatal(err)
	}
	for name, put := range map[string]func(*keyring.Item) error{
		"gone":     func(*keyring.Item) error { return keyring.ErrGone },
		"not kept": func(item *keyring.Item) error { item.Value = secret.New("something else"); return nil },
	} {
		w.store.fail(put, nil)
		want := keyring.ErrGone
		if name == "not kept" {
			want = keyring.ErrReadBack
		}
		moved, err := f.MoveKeyring(t.Context(), "system", true, nil)
		if !errors.Is(err, want) || moved.Deleted > 0 {
			t.Errorf("%s: %+v, %v", name, moved, err)
		}
		if token, err := f.Token(t.Context(), key(20)); err != nil || token.Empty() {
			t.Errorf("%s: the secret is gone: %v", name, err)
		}
		w.store.fail(nil, nil)
		if err := w.store.Memory.Delete(t.Context(), "bot/"+env+"/20"); err != nil && !errors.Is(err, keyring.ErrNotFound) {
			t.Fatal(err)
		}
	}
}

func TestMoveConflict(t *testing.T) {
	w := newMoving(t)
	f := w.on("age")
	other := w.bot(8)
	other.Token, other.NoLogin = tokenOf(8, "z"), true
	if _, err := f.Add(t.Context(), other, nil); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	f = w.on("system")
	_, err := f.MoveKeyring(t.Context(), "age", true, nil)
	var conflict *MoveConflictError
	if !errors.As(err, &conflict) || !slices.Equal(conflict.Names, []string{"bot/" + env + "/8"}) {
		t.Fatalf("got %v", err)
	}
	if len(w.items()) != 6 {
		t.Errorf("items: %v", w.items())
	}
	_ = f.Close()
	f = w.on("age")
	if bots, err := f.Bots(t.Context()); err != nil || len(bots) != 1 {
		t.Errorf("it wrote in spite of the conflict: %v, %v", bots, err)
	}
}

// TestMoveLeavesWhatChanges: an item that another process writes between the copy and the deletion stays, and
// the next move is told of the conflict instead of losing one of the two.
func TestMoveLeavesWhatChanges(t *testing.T) {
	w := newMoving(t)
	f := w.on("system")
	moved, err := f.MoveKeyring(t.Context(), "age", true, func(s MoveStep) {
		if s.Stage == MoveDeleting && s.Done == 0 {
			if err := w.store.Memory.Put(t.Context(), keyring.Item{Name: "bot/" + env + "/8", Value: secret.New("newer")}); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || moved.Kept != 1 || moved.Deleted != 5 {
		t.Fatalf("%+v, %v", moved, err)
	}
	if left := w.items(); !slices.Equal(left, []string{"bot/" + env + "/8"}) {
		t.Errorf("left: %v", left)
	}
}

func TestMoveFromMemory(t *testing.T) {
	w := newMoving(t)
	f := w.on("memory")
	w.added(f, 30)
	moved, err := f.MoveKeyring(t.Context(), "age", true, nil)
	if err != nil || moved.Copied != 2 || moved.Deleted != 2 {
		t.Fatalf("%+v, %v", moved, err)
	}
	sound(t, f, 1)
	if _, err := f.MoveKeyring(t.Context(), "memory", true, nil); err == nil {
		t.Error("it moved everything to where it is forgotten")
	}
}
