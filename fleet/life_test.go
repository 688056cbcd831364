package fleet

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"botring/fleet/store"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

func TestAddLogsInSavesAndRemembers(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	order := w.bot(7, func(b *telegramtest.Bot) { b.DC = 4 })
	order.Label, order.Tags = "Shop", []string{"prod", "eu", "prod"}
	var steps []Step
	saved, err := f.Add(t.Context(), order, func(s Step) { steps = append(steps, s) })
	if err != nil {
		t.Fatal(err)
	}
	want := Bot{
		Key: key(7), Label: "Shop", Tags: []string{"prod", "eu"}, APIID: testApp, AddedAt: w.clock(),
		Profile: Profile{Username: "x7_bot", FirstName: "Bot 7", DC: 4, Groups: true},
		Health:  store.Health{Status: store.OK, CheckedAt: w.clock(), Since: w.clock()},
	}
	got := saved.Bot
	if len(got.Sessions) != 1 {
		t.Fatalf("sessions %+v", got.Sessions)
	}
	session := got.Sessions[0]
	if session.Name != store.DefaultSession || session.DC != 4 || session.Runs != store.Here || session.APIID != testApp ||
		session.MadeAt.IsZero() || !session.CheckedAt.Equal(w.clock()) {
		t.Errorf("session %+v", session)
	}
	got.Sessions = nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("bot  %+v\nwant %+v", got, want)
	}
	if saved.Existed || saved.Keyring.Kind != "memory" && saved.Keyring.Kind != "system" {
		t.Errorf("saved %+v", saved)
	}
	wantStages(t, steps, OpeningKeyring, Connecting, Securing, LoggingIn, Moving, Connecting, Securing, LoggingIn, Saving)

	// The next start knows it all, and a check uses what was saved.
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f = w.open()
	bots, err := f.Bots(t.Context())
	if err != nil || len(bots) != 1 || !reflect.DeepEqual(bots[0], saved.Bot) {
		t.Errorf("next start: %+v, %v", bots, err)
	}
	apps, err := f.Apps(t.Context())
	if want := []App{{Name: "main", APIID: testApp, Bots: 1}}; err != nil || !reflect.DeepEqual(apps, want) {
		t.Errorf("apps: %+v, %v", apps, err)
	}
	if bot, err := f.Check(t.Context(), key(7), nil); err != nil || bot.Health.Status != store.OK {
		t.Errorf("check: %+v, %v", bot.Health, err)
	}
	if token, err := f.Token(t.Context(), key(7)); err != nil || !token.Equal(order.Token) {
		t.Errorf("token: %v", err)
	}
	if got := w.tg.Stats().Logins; got != 2 { // one moved, one granted
		t.Errorf("%d logins", got)
	}
}

// wantStages compares the stages in the order they began, repeats of one left out.
func wantStages(t *testing.T, steps []Step, want ...Stage) {
	t.Helper()
	began, done := map[Stage]int{}, map[Stage]int{}
	for _, s := range steps {
		if s.Done {
			done[s.Stage]++
		} else {
			began[s.Stage]++
		}
	}
	for _, stage := range want {
		if began[stage] == 0 || done[stage] == 0 {
			t.Errorf("stage %d began %d times, ended %d times: %+v", stage, began[stage], done[stage], steps)
		}
	}
	if first, last := steps[0].Stage, steps[len(steps)-1].Stage; first != want[0] || last != want[len(want)-1] {
		t.Errorf("from stage %d to %d", first, last)
	}
}

func TestAWholeLifeLeavesNoSecretOnDisk(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	w.added(f, 7)
	w.added(f, 8)
	item, err := decodeBotItem(key(7), w.item(botItemName(key(7))))
	if err != nil {
		t.Fatal(err)
	}
	authKey := item.Session.Key.Reveal()
	ctx := t.Context()
	w.tg.AddBot(w.tgBot(7, "y"))
	steps := map[string]func() error{
		"1 check":   func() error { _, err := f.Check(ctx, key(7), nil); return err },
		"2 label":   func() error { _, err := f.SetLabel(ctx, key(7), "Shop"); return err },
		"3 replace": func() error { _, err := f.ReplaceToken(ctx, key(7), tokenOf(7, "y"), false, nil); return err },
		"4 log out": func() error { _, err := f.LogOut(ctx, key(7), nil); return err },
		"5 log in":  func() error { _, err := f.Login(ctx, key(7), false, nil); return err },
		"6 remove":  func() error { return f.Remove(ctx, key(7)) },
	}
	for _, name := range slices.Sorted(maps.Keys(steps)) {
		if err := steps[name](); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	secrets := map[string]string{
		"token": tokenOf(7, "x").Reveal()[2:], "new token": tokenOf(7, "y").Reveal()[2:], "hash": testHash().Reveal(),
		"key": authKey[:16], "key in base64": base64.StdEncoding.EncodeToString([]byte(authKey))[:20],
	}
	look := func(when string) {
		files := 0
		err := filepath.WalkDir(w.home, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			files++
			for name, s := range secrets {
				if bytes.Contains(data, []byte(s)) {
					t.Errorf("%s: %s is in %s", when, name, filepath.Base(path))
				}
			}
			return err
		})
		if err != nil || files == 0 {
			t.Errorf("%s: %d files, %v", when, files, err)
		}
		w.journal.mu.Lock()
		defer w.journal.mu.Unlock()
		for name, s := range secrets {
			if bytes.Contains(w.journal.text.Bytes(), []byte(s)) {
				t.Errorf("%s: %s is in the log", when, name)
			}
		}
	}
	look("running")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	look("closed")
}

func TestCheckTellsWhatBecameOfASession(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	w.added(f, 7)
	w.tg.RevokeToken(7)
	bot, err := f.Check(t.Context(), key(7), nil)
	var answer *telegram.Error
	if !errors.As(err, &answer) || answer.Kind != telegram.SessionRevoked {
		t.Fatalf("check: %v", err)
	}
	if bot.Health.Status != store.SessionRevoked || bot.Health.Kind != "session_revoked" || bot.Health.Code != 401 {
		t.Errorf("health %+v", bot.Health)
	}
	// Only a login proves the token revoked.
	if _, err := f.Login(t.Context(), key(7), false, nil); !errors.Is(err, telegram.TokenRevoked) {
		t.Fatalf("login: %v", err)
	}
	wantStatus(t, f, 7, store.TokenRevoked)
	// A new token mends it.
	w.tg.AddBot(w.tgBot(7, "y"))
	saved, err := f.ReplaceToken(t.Context(), key(7), tokenOf(7, "y"), false, nil)
	if err != nil || saved.Bot.Health.Status != store.OK || !saved.Existed {
		t.Errorf("replace: %+v, %v", saved.Bot.Health, err)
	}
	if token, err := f.Token(t.Context(), key(7)); err != nil || !token.Equal(tokenOf(7, "y")) {
		t.Errorf("token after: %v", err)
	}
}

func TestLogOutThenRemove(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	w.added(f, 7)
	bot, err := f.LogOut(t.Context(), key(7), nil)
	if err != nil || bot.Health.Status != store.NotLoggedIn || len(bot.Sessions) != 0 {
		t.Fatalf("log out: %+v, %v", bot, err)
	}
	if got := w.tg.Stats().Sessions; got != 0 {
		t.Errorf("%d sessions live on", got)
	}
	if bot, err := f.Check(t.Context(), key(7), nil); err != nil || bot.Health.Status != store.NotLoggedIn {
		t.Errorf("check: %+v, %v", bot.Health, err)
	}
	if _, err := f.LogOut(t.Context(), key(7), nil); err != nil {
		t.Errorf("log out again: %v", err)
	}
	var inUse *AppInUseError
	if err := f.RemoveApp(t.Context(), testApp); !errors.As(err, &inUse) || len(inUse.Bots) != 1 {
		t.Errorf("remove app: %v", err)
	}
	if err := f.Remove(t.Context(), key(7)); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(t.Context(), key(7)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("remove again: %v", err)
	}
	if err := f.RemoveApp(t.Context(), testApp); err != nil {
		t.Error(err)
	}
	if names := w.items(); len(names) != 0 {
		t.Errorf("left in the keyring: %v", names)
	}
}

func TestOpenTouchesNoKeyring(t *testing.T) {
	w := newWorld(t)
	opts := w.options()
	opts.OpenRing = nil
	opts.Keyring = ""
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	f, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if bots, err := f.Bots(t.Context()); err != nil || len(bots) != 0 {
		t.Errorf("%v, %v", bots, err)
	}
	if lost, err := f.Recover(t.Context()); err != nil || lost != nil {
		t.Errorf("%v, %v", lost, err)
	}
	if f.at.Load().ring.opened != nil {
		t.Error("the keyring is open")
	}
}

func TestEphemeralTouchesNoDisk(t *testing.T) {
	w := newWorld(t)
	opts := w.options()
	opts.Ephemeral, opts.Keyring, opts.OpenRing = true, "memory", nil
	f, err := Open(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	w.added(f, 7)
	if _, err := f.Check(t.Context(), key(7), nil); err != nil {
		t.Error(err)
	}
	for _, dir := range []string{w.home, os.Getenv("XDG_STATE_HOME")} {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
			t.Errorf("%s: %v, %v", dir, entries, err)
		}
	}
}
