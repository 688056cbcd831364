package ui

import (
	"fmt"
	"strings"
	"testing"

	"botring/fleet"
	"botring/fleet/store"
	"botring/telegram"
)

// TestListsMoveAlike: whatever a list lists, the keys of the bots' list go through it, by as many rows as there.
func TestListsMoveAlike(t *testing.T) {
	const many = 60
	named := func(i int) string { return fmt.Sprintf("number-%02d", i) }
	for name, list := range map[string]struct {
		open func(*shell) screen
		at   func(screen) int
	}{
		"apps":          {newApps, func(s screen) int { return s.(apps).at() }},
		"another app":   {func(sh *shell) screen { return newPickApp(sh, sh.bots[:1], 0, nil) }, func(s screen) int { return s.(pickApp).at() }},
		"sessions":      {func(sh *shell) screen { return newPickSession(sh, sh.bots[0].Key, nil) }, func(s screen) int { return s.(pickSession).at() }},
		"settings":      {func(sh *shell) screen { return newSettings(sh, newBots(sh)) }, func(s screen) int { return s.(settings).at }},
		"proxies":       {func(sh *shell) screen { return newProxies(sh, newSettings(sh, newBots(sh)).(settings)) }, func(s screen) int { return s.(proxies).at() }},
		"recipients":    {func(sh *shell) screen { return recipientsShown(sh, 3) }, func(s screen) int { return s.(recipients).at() }},
		"bots of one":   {func(sh *shell) screen { return newAppCard(sh, 10001, "") }, func(s screen) int { return s.(appCard).at }},
		"where it went": {func(sh *shell) screen { return placesShown(sh, make([]fleet.Departure, many)) }, func(s screen) int { return s.(places).at() }},
	} {
		sh := testShell(t, fineBots(many)...)
		sh.body = bodySize(size{80, 24})
		all, configured, book := make([]fleet.App, many), &configuration{}, &proxyBook{}
		var sessions []fleet.Session
		var departed []fleet.Departure
		var keys []string
		for i := range many {
			all[i] = fleet.App{Name: named(i), APIID: 10001 + i}
			sessions = append(sessions, fleet.Session{Name: named(i), Runs: store.Here})
			configured.all = append(configured.all, Setting{Key: named(i)})
			book.state.Named = append(book.state.Named, fleet.Proxy{Kind: telegram.SOCKS5, Name: named(i), Addr: "192.0.2.1:1080"})
			departed = append(departed, fleet.Departure{Seq: int64(many - i), Way: store.ToFile, Place: named(i), State: store.Stale})
			keys = append(keys, named(i))
		}
		sh.apps, sh.settings, sh.proxyBook, sh.bots[0].Sessions = all, configured, book, sessions
		s := list.open(sh)
		switch of := s.(type) { // those that are read when they are opened
		case places:
			of.all, of.selected = departed, departed[0].Seq
			s = of
		case recipients:
			of.all, of.selected = keys, keys[0]
			s = of
		}
		rows := many
		if name == "proxies" {
			rows++ // none
		}
		offers := offersKeys(s)
		for _, at := range []struct {
			press string
			want  int
		}{{"pgdown", sh.body.height / 2}, {"j", sh.body.height/2 + 1}, {"pgup", 1}, {"pgup", 0}, {"end", rows - 1}, {"ctrl+d", rows - 1}, {"home", 0}} {
			if s = drive(s, at.press); list.at(s) != at.want {
				t.Errorf("%s: %s leads to row %d, not to %d", name, at.press, list.at(s), at.want)
			}
		}
		for _, key := range []string{"ctrl+d half a page down", "ctrl+u half a page up", "g first", "G last"} {
			if !strings.Contains(offers, key) {
				t.Errorf("%s does not say %q: %s", name, key, offers)
			}
		}
	}
}
