package fleet

import (
	"context"
	"errors"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/telegram"
)

func wantFlood(t *testing.T, err error, until time.Time, remembered bool) {
	t.Helper()
	var flood *FloodError
	if !errors.As(err, &flood) {
		t.Fatalf("got %v, want a flood wait", err)
	}
	if !flood.Until.Equal(until) || flood.Remembered != remembered {
		t.Errorf("until %v (remembered %v), want %v (%v)", flood.Until, flood.Remembered, until, remembered)
	}
}

func TestALoginFloodIsHonouredAcrossStarts(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	const wait = 1873 * time.Second
	until := w.clock().Add(wait)
	w.fake.onLogin = func(context.Context, int64) error { return floodWait(wait) }
	_, err := f.Add(t.Context(), w.bot(7), nil)
	wantFlood(t, err, until, false)
	var answer *telegram.Error
	if !errors.As(err, &answer) || answer.Type != "FLOOD_WAIT_1873" {
		t.Errorf("Telegram's answer is lost: %v", err)
	}
	wantNothing(t, w, f)

	// Saved without logging in, it waits.
	order := w.bot(7)
	order.NoLogin = true
	saved, err := f.Add(t.Context(), order, nil)
	if err != nil || saved.Bot.Health.Status != store.Flooded || !saved.Bot.FloodUntil.Equal(until) {
		t.Errorf("save only: %+v, %v", saved.Bot, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	f = w.open()
	w.sleep(wait - time.Second)
	_, err = f.Login(t.Context(), key(7), true, nil)
	wantFlood(t, err, until, true)
	_, err = f.Add(t.Context(), w.bot(7), nil)
	wantFlood(t, err, until, true)
	_, err = f.ReplaceToken(t.Context(), key(7), tokenOf(7, "y"), false, nil)
	wantFlood(t, err, until, true)
	if w.fake.logins != 1 {
		t.Errorf("%d logins were sent", w.fake.logins)
	}
	// Another bot is free.
	w.fake.onLogin = nil
	w.added(f, 8)

	w.sleep(time.Second)
	wantStatus(t, f, 7, store.NotLoggedIn)
	if _, err := f.Login(t.Context(), key(7), false, nil); err != nil {
		t.Error(err)
	}
	wantStatus(t, f, 7, store.OK)
}

func TestALoginFloodLeavesAWorkingSessionAlone(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.fake.onLogin = func(context.Context, int64) error { return floodWait(time.Hour) }
	until := w.clock().Add(time.Hour)
	_, err := f.Login(t.Context(), key(7), true, nil)
	wantFlood(t, err, until, false)
	bot, err := f.Check(t.Context(), key(7), nil)
	if err != nil || bot.Health.Status != store.OK || !bot.FloodUntil.Equal(until) {
		t.Errorf("check: %+v until %v, %v", bot.Health, bot.FloodUntil, err)
	}
	if _, err := f.Login(t.Context(), key(7), false, nil); !errors.Is(err, ErrSessionWorks) {
		t.Errorf("login: %v", err)
	}
}

func TestTwoFloodedBotsBindTheirApp(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	if _, err := f.AddApp(t.Context(), "main", testApp, testHash()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.AddApp(t.Context(), "other", testApp+1, testHash()); err != nil {
		t.Fatal(err)
	}
	w.fake.onLogin = func(_ context.Context, id int64) error {
		if id < 9 {
			return floodWait(time.Hour)
		}
		return nil
	}
	order := func(id int64, app int) NewBot { return NewBot{Token: tokenOf(id, "x"), APIID: app} }
	_, err := f.Add(t.Context(), order(7, testApp), nil)
	wantFlood(t, err, w.clock().Add(time.Hour), false)
	w.sleep(9 * time.Minute)
	_, err = f.Add(t.Context(), order(8, testApp), nil)
	until := w.clock().Add(time.Hour)
	wantFlood(t, err, until, false)
	_, err = f.Add(t.Context(), order(9, testApp), nil)
	wantFlood(t, err, until, true)
	if _, err := f.Add(t.Context(), order(9, testApp+1), nil); err != nil {
		t.Errorf("with another app: %v", err)
	}
}

func TestTooManyConnectionsBindTheAddress(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.added(f, 8)
	tooMany := &telegram.Error{Kind: telegram.FloodWait, Code: -429}
	w.fake.onCheck = func(context.Context, int64) error { return tooMany }
	until := w.clock().Add(30 * time.Second)
	_, err := f.Check(t.Context(), key(7), nil)
	wantFlood(t, err, until, false)
	checks := w.fake.checks
	_, err = f.Check(t.Context(), key(8), nil)
	wantFlood(t, err, until, true)
	_, err = f.Add(t.Context(), w.bot(9), nil)
	wantFlood(t, err, until, true)
	_, err = f.LogOut(t.Context(), key(8), nil)
	wantFlood(t, err, until, true)
	if w.fake.checks != checks || w.fake.logins != 2 || w.fake.logOuts != 0 {
		t.Error("something was sent")
	}
	wantStatus(t, f, 8, store.OK)
	w.sleep(30 * time.Second)
	w.fake.onCheck = nil
	if _, err := f.Check(t.Context(), key(8), nil); err != nil {
		t.Error(err)
	}
}

func TestACheckFloodBindsChecksOnly(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.fake.onCheck = func(context.Context, int64) error { return floodWait(time.Minute) }
	bot, err := f.Check(t.Context(), key(7), nil)
	wantFlood(t, err, w.clock().Add(time.Minute), false)
	if bot.Health.Status != store.OK || !bot.FloodUntil.IsZero() {
		t.Errorf("%+v until %v", bot.Health, bot.FloodUntil)
	}
	if _, err := f.Login(t.Context(), key(7), true, nil); err != nil {
		t.Errorf("login: %v", err)
	}
}
