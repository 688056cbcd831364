package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
	"botring/ui/internal/screentest"
)

// noon is the time on every clock of these tests.
func noon() time.Time { return time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC) }

// testShell is a shell with a catalogue in memory and no fleet behind it: enough for everything that only
// shows and moves.
func testShell(t testing.TB, bots ...fleet.Bot) *shell {
	t.Helper()
	sh := &shell{
		ctx:          t.Context(),
		fleet:        new(fleet.Fleet),
		theme:        newTheme(true, unicodeGlyphs()),
		keys:         newKeymap(),
		now:          noon,
		environment:  "production",
		environments: []string{"production", "test"},
		tasks:        map[int]task{},
		passphrases:  NewPassphrases(),
		remember:     func(string) error { return nil },
		settings:     &configuration{all: usualSettings()},
		keyring: keyringState{looked: true, status: fleet.KeyringStatus{
			Kind: "system", Provider: "gnome-keyring", Collection: "Login",
		}},
	}
	sh.took(catalogueMsg{bots: bots, apps: []fleet.App{
		{Name: "main", APIID: 10001, Bots: len(bots)}, {Name: "legacy", APIID: 10002},
	}})
	return sh
}

// inOrder are bots as a fleet returns them: by name.
func inOrder(bots []fleet.Bot) []fleet.Bot {
	return slices.SortedFunc(slices.Values(bots), func(a, b fleet.Bot) int {
		return strings.Compare(strings.ToLower(fault.Clean(a.Name())), strings.ToLower(fault.Clean(b.Name())))
	})
}

// someBots are bots in every state, with names that are hard to align and harder to trust.
func someBots() []fleet.Bot {
	bot := func(id int64, name, username string, status store.Status, edit func(*fleet.Bot)) fleet.Bot {
		b := fleet.Bot{
			Key:     fleet.Key{Environment: "production", ID: id},
			APIID:   10001,
			Profile: fleet.Profile{FirstName: name, Username: username, DC: 2, Groups: true},
			Health:  store.Health{Status: status, CheckedAt: noon().Add(-2 * time.Minute), Since: noon().Add(-time.Hour)},
			Sessions: []fleet.Session{{
				Name: store.DefaultSession, DC: 2, Runs: store.Here, APIID: 10001,
				MadeAt: noon().Add(-48 * time.Hour), CheckedAt: noon().Add(-2 * time.Minute),
			}},
			AddedAt: noon().Add(-48 * time.Hour),
		}
		if edit != nil {
			edit(&b)
		}
		return b
	}
	return []fleet.Bot{
		bot(7000000001, "Shop orders", "shop_orders_bot", store.OK, func(b *fleet.Bot) { b.Tags = []string{"prod"} }),
		bot(7000000002, "天気 Weather", "tenki_bot", store.OK, func(b *fleet.Bot) { b.Tags = []string{"prod", "eu"} }),
		bot(7000000003, "Alerts", "alerts_bot", store.Flooded, func(b *fleet.Bot) {
			b.FloodUntil = noon().Add(31 * time.Minute)
			b.Tags = []string{"prod"}
		}),
		bot(7000000004, "Old support", "support_old_bot", store.SessionRevoked, func(b *fleet.Bot) {
			b.APIID = 10002
			b.Health.Kind, b.Health.Code, b.Health.Type = "session_revoked", 401, "SESSION_REVOKED"
		}),
		bot(7123456789, "", "", store.NotLoggedIn, func(b *fleet.Bot) {
			b.Label, b.Sessions, b.Profile = "New one", nil, fleet.Profile{}
			b.Health = store.Health{Status: store.NotLoggedIn}
		}),
		bot(7000000006, "مخزن \u202e evil\x1b[31m", "hostile_bot", store.OK, nil),
		bot(7000000007, "👩‍👩‍👧 Family 🎂", "family_bot", store.TokenRevoked, func(b *fleet.Bot) {
			b.Health.Kind, b.Health.Code, b.Health.Type = "token_revoked", 400, "ACCESS_TOKEN_EXPIRED"
		}),
	}
}

// fineBots are n bots that are all right.
func fineBots(n int) []fleet.Bot {
	bots := make([]fleet.Bot, n)
	for i := range bots {
		bots[i] = fleet.Bot{
			Key:     fleet.Key{Environment: "production", ID: int64(7000000000 + i)},
			APIID:   10001,
			Profile: fleet.Profile{FirstName: fmt.Sprintf("Bot number %05d", i), Username: fmt.Sprintf("number_%05d_bot", i), DC: 2},
			Health:  store.Health{Status: store.OK, CheckedAt: noon().Add(-time.Minute)},
		}
	}
	return bots
}

// press makes the message of a key as tea names it: "a", "enter", "ctrl+s".
func press(key string) tea.KeyPressMsg {
	named := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "space": tea.KeySpace, "f1": tea.KeyF1, "backspace": tea.KeyBackspace,
		"home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	}
	if len(key) > 5 && key[:5] == "ctrl+" {
		return tea.KeyPressMsg{Code: rune(key[5]), Mod: tea.ModCtrl}
	}
	if key == "shift+tab" {
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	}
	if code, ok := named[key]; ok {
		if key == "space" {
			return tea.KeyPressMsg{Code: code, Text: " "}
		}
		return tea.KeyPressMsg{Code: code}
	}
	r := []rune(key)[0]
	return tea.KeyPressMsg{Code: r, Text: key}
}

// drive presses keys on a screen, dropping the commands, and returns the screen they lead to.
func drive(s screen, keys ...string) screen {
	for _, k := range keys {
		s, _ = s.Update(press(k))
	}
	return s
}

// run runs one command with patience.
func run(ctx context.Context, cmd tea.Cmd) tea.Msg {
	out := make(chan tea.Msg, 1)
	go func() { out <- cmd() }()
	select {
	case msg := <-out:
		return msg
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond): // a tick: nothing to wait for here
	}
	return nil
}

// still is a root without what moves by itself, so that a screen can be compared whole. It does not ask the
// terminal for its background either: the answer may come when the screen has been compared.
type still struct{ root }

func (s still) Init() tea.Cmd { return nil }

func (s still) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	model, cmd := s.root.Update(msg)
	return still{model.(root)}, cmd
}

// looks runs a screen on terminals of several sizes and looks, each compared with its golden file. They mostly wait for
// the screen to be still, and wait together.
func looks(t *testing.T, open func(t *testing.T) (*shell, screen), after func(*screentest.Screen)) {
	t.Helper()
	show := func(t *testing.T, cols, rows int, look screentest.Look) *screentest.Screen {
		sh, s := open(t)
		sh.theme = newTheme(look != screentest.Light, sh.theme.glyphs)
		on := screentest.Run(t, still{root{sh: sh, screen: s}}, cols, rows, look)
		if after != nil {
			after(on)
		}
		return on
	}
	for _, at := range []struct{ cols, rows int }{{40, 10}, {60, 12}, {80, 24}, {100, 30}} {
		t.Run(fmt.Sprintf("%dx%d", at.cols, at.rows), func(t *testing.T) {
			t.Parallel()
			show(t, at.cols, at.rows, screentest.Dark).Golden()
		})
	}
	for _, look := range []screentest.Look{screentest.Dark, screentest.Light, screentest.NoColor} {
		t.Run(look.String(), func(t *testing.T) {
			t.Parallel()
			show(t, 100, 30, look).GoldenStyled()
		})
	}
}
