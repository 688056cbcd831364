package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"botring/fleet/store"
)

func TestWhomAFloodBinds(t *testing.T) {
	const app, otherApp = 10001, 10002
	a := store.Key{Environment: "production", ID: 1}
	b := store.Key{Environment: "production", ID: 2}
	c := store.Key{Environment: "production", ID: 3}
	inTest := store.Key{Environment: "test", ID: 1}
	login := func(key store.Key, app int, after, wait time.Duration) store.Flood {
		return store.Flood{Key: key, APIID: app, Method: store.MethodLogin, SeenAt: now.Add(after), Until: now.Add(after + wait)}
	}
	tests := map[string]struct {
		floods []store.Flood
		key    store.Key
		app    int
		method string
		at     time.Duration
		want   time.Duration // since now, 0 for free
	}{
		"the bot itself":             {[]store.Flood{login(a, app, 0, time.Hour)}, a, app, store.MethodLogin, 0, time.Hour},
		"the bot with another app":   {[]store.Flood{login(a, app, 0, time.Hour)}, a, otherApp, store.MethodLogin, 0, time.Hour},
		"not another bot":            {[]store.Flood{login(a, app, 0, time.Hour)}, b, app, store.MethodLogin, 0, 0},
		"not the other environment":  {[]store.Flood{login(a, app, 0, time.Hour)}, inTest, app, store.MethodLogin, 0, 0},
		"not another method":         {[]store.Flood{login(a, app, 0, time.Hour)}, a, app, "check", 0, 0},
		"not when it has ended":      {[]store.Flood{login(a, app, 0, time.Hour)}, a, app, store.MethodLogin, time.Hour, 0},
		"never brought forward":      {[]store.Flood{login(a, app, 0, time.Hour), login(a, app, time.Minute, time.Second)}, a, app, store.MethodLogin, 0, time.Hour},
		"two bots bind the app":      {[]store.Flood{login(a, app, 0, time.Minute), login(b, app, 9*time.Minute, time.Hour)}, c, app, store.MethodLogin, 10 * time.Minute, 69 * time.Minute},
		"two bots, another app's":    {[]store.Flood{login(a, app, 0, time.Hour), login(b, app, 0, time.Hour)}, c, otherApp, store.MethodLogin, 0, 0},
		"two bots of different apps": {[]store.Flood{login(a, app, 0, time.Hour), login(b, otherApp, 0, time.Hour)}, c, app, store.MethodLogin, 0, 0},
		"two bots, eleven minutes":   {[]store.Flood{login(a, app, 0, time.Hour), login(b, app, 11*time.Minute, time.Hour)}, c, app, store.MethodLogin, 11 * time.Minute, 0},
		"one bot twice":              {[]store.Flood{login(a, app, 0, time.Hour), login(a, app, time.Minute, time.Hour)}, c, app, store.MethodLogin, time.Minute, 0},
		"the address, any method":    {[]store.Flood{{Key: store.Key{Environment: "production"}, SeenAt: now, Until: now.Add(30 * time.Second)}}, c, app, "check", 0, 30 * time.Second},
		"the address, not in test":   {[]store.Flood{{Key: store.Key{Environment: "production"}, SeenAt: now, Until: now.Add(30 * time.Second)}}, inTest, app, "check", 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := memory(t)
			for _, f := range test.floods {
				if err := s.PutFlood(t.Context(), f); err != nil {
					t.Fatal(err)
				}
			}
			floods, err := s.Floods(t.Context(), now.Add(test.at))
			if err != nil {
				t.Fatal(err)
			}
			var want time.Time
			if test.want != 0 {
				want = now.Add(test.want)
			}
			if got := floods.Until(test.key, test.app, test.method); !got.Equal(want) {
				t.Errorf("until %v, want %v", got, want)
			}
		})
	}
}

// What a bot's row says while its logins are refused, and after, also when the program started anew.
func TestFloodedStatus(t *testing.T) {
	for status, want := range map[store.Status]store.Status{
		store.OK:             store.OK,
		store.NotLoggedIn:    store.Flooded,
		store.SessionDead:    store.Flooded,
		store.SessionRevoked: store.Flooded,
		store.TokenRevoked:   store.TokenRevoked,
		store.Deactivated:    store.Deactivated,
		store.SecretMissing:  store.SecretMissing,
		store.Unreachable:    store.Unreachable,
		store.Unchecked:      store.Unchecked,
	} {
		t.Run(string(status), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "catalogue.db")
			s := open(t, path)
			b := bot(7)
			b.Health = store.Health{Status: status}
			commit(t, s, b)
			until := now.Add(time.Hour)
			err := s.PutFlood(t.Context(), store.Flood{Key: b.Key, APIID: b.APIID, Method: store.MethodLogin, SeenAt: now, Until: until})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, path)
			got, err := s.Bot(t.Context(), b.Key, now.Add(59*time.Minute))
			if err != nil || got.Health.Status != want || !got.FloodUntil.Equal(until) {
				t.Errorf("before: %s until %v, %v", got.Health.Status, got.FloodUntil, err)
			}
			got, err = s.Bot(t.Context(), b.Key, until)
			if err != nil || got.Health.Status != status || !got.FloodUntil.IsZero() {
				t.Errorf("after: %s until %v, %v", got.Health.Status, got.FloodUntil, err)
			}
		})
	}
}
