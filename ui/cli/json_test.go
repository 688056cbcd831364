package cli

import (
	"bytes"
	"errors"
	"syscall"
	"testing"
	"time"

	"botring/fleet"
	"botring/fleet/store"
)

func TestBotAsJSON(t *testing.T) {
	at := time.Date(2026, 3, 14, 22, 16, 5, 999, time.FixedZone("", 3600))
	bot := fleet.Bot{
		Key: store.Key{Environment: "production", ID: 123}, Tags: []string{"prod", "\x1b[31meu"}, APIID: 10001,
		Profile:    store.Profile{Username: "x_bot", FirstName: "X <&> \u202e\u009b2J天気", DC: 2},
		Health:     store.Health{Status: store.OK, CheckedAt: at},
		FloodUntil: at,
		Sessions:   []store.Session{{Name: "default", DC: 2, Runs: store.Here, MadeAt: at}},
	}
	changed := true
	for _, c := range []struct {
		name   string
		object any
		want   string
	}{
		{
			"the least", botsObject{Keyring: "system", Bots: []botJSON{newBotJSON(fleet.Bot{Key: store.Key{Environment: "test", ID: 1}, Health: store.Health{Status: store.NotLoggedIn}})}},
			`{"schema":1,"keyring":"system","bots":[{"id":1,"environment":"test","username":"","first_name":"","label":"","tags":[],"api_id":0,` +
				`"dc":0,"status":"not_logged_in","checked_at":null,"flood_until":null,"sessions":[]}]}`,
		},
		{
			"all", botObject{Keyring: "system", Bot: newBotJSON(bot), Changed: &changed},
			`{"schema":1,"keyring":"system","bot":{"id":123,"environment":"production","username":"x_bot","first_name":"X <&> 天気","label":"",` +
				`"tags":["prod","eu"],"api_id":10001,"dc":2,"status":"ok","checked_at":"2026-03-14T21:16:05Z","flood_until":"2026-03-14T21:16:05Z",` +
				`"sessions":[{"name":"default","dc":2,"runs":"here","at":"","since":null,"made_at":"2026-03-14T21:16:05Z","checked_at":null}]},"changed":true}`,
		},
		{"none", botsObject{Keyring: "memory", Bots: []botJSON{}}, `{"schema":1,"keyring":"memory","bots":[]}`},
		{
			"a check", checksObject{Keyring: "system", Bots: []botJSON{}, Summary: summaryJSON{3, 2, 1}},
			`{"schema":1,"keyring":"system","bots":[],"summary":{"checked":3,"ok":2,"not_ok":1}}`,
		},
		{
			"apps", appsObject{Keyring: "system", Apps: []appJSON{newAppJSON(fleet.App{Name: "ma\x07in", APIID: 1, Bots: 2})}},
			`{"schema":1,"keyring":"system","apps":[{"name":"main","api_id":1,"bots":2}]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := writeJSON(&b, c.object); err != nil {
				t.Fatal(err)
			}
			if b.String() != c.want+"\n" {
				t.Errorf("got\n%s\nwant\n%s", b.String(), c.want)
			}
		})
	}
}

// What is written a bot at a time is what would be written at once.
func TestWriteBots(t *testing.T) {
	for n := range 3 {
		bots, object := make([]fleet.Bot, n), botsObject{Keyring: keyringSystem, Bots: []botJSON{}}
		for i := range bots {
			bots[i].Key, bots[i].Label = store.Key{Environment: "test", ID: int64(i + 1)}, "a]b <&>"
			object.Bots = append(object.Bots, newBotJSON(bots[i]))
		}
		var got, want bytes.Buffer
		if err := errors.Join(writeBots(&got, keyringSystem, bots), writeJSON(&want, object)); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("got\n%swant\n%s", got.String(), want.String())
		}
	}
	if err := writeBots(brokenPipe{}, keyringSystem, make([]fleet.Bot, 100)); !errors.Is(err, errReaderLeft) {
		t.Errorf("nobody reads on: %v", err)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestAsksForJSON(t *testing.T) {
	for _, c := range []struct {
		args []string
		want bool
	}{
		{[]string{"list", "--json"}, true},
		{[]string{"--json=true", "list"}, true},
		{[]string{"label", "x", "--", "--json"}, false},
		{[]string{"list"}, false},
	} {
		if got := asksForJSON(c.args); got != c.want {
			t.Errorf("%v: %v", c.args, got)
		}
	}
}
