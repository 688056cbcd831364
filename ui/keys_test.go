package ui

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
	"unsafe"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// bindings are all bindings of the keymap by the names of their fields.
func bindings(t *testing.T) map[string]key.Binding {
	t.Helper()
	keys := newKeymap()
	v := reflect.ValueOf(&keys).Elem()
	all := map[string]key.Binding{}
	for i := range v.NumField() {
		f := v.Field(i)
		// The fields are not exported, which keeps reflection from reading them in the usual way.
		all[v.Type().Field(i).Name] = *(*key.Binding)(unsafe.Pointer(f.UnsafeAddr()))
	}
	return all
}

// secondOfAPair are bindings that only follow another key: what they share with a first key is no
// conflict, since y and d ask "what?" and take nothing else then.
var secondOfAPair = map[string]string{
	"copyToken": "copy", "copyID": "copy", "copyName": "copy",
	"removeHere": "remove",
}

// inFields are bindings of forms, where the arrows go from field to field as they go from row to row
// elsewhere, and where ? is text.
var inFields = map[string]string{"nextField": "down", "prevField": "up", "helpTyping": "help", "complete": "nextField"}

func TestOneLetterOneMeaning(t *testing.T) {
	all := bindings(t)
	owner := map[string]string{}
	for _, name := range slices.Sorted(maps(all)) {
		b := all[name]
		if len(b.Keys()) == 0 || b.Help().Key == "" || b.Help().Desc == "" {
			t.Errorf("%s has no key or no words", name)
		}
		for _, k := range b.Keys() {
			if k == "x" || k == "X" {
				t.Errorf("%s is on %s, which stays unbound", name, k)
			}
			if secondOfAPair[name] != "" {
				continue
			}
			if twin := inFields[name]; twin != "" && slices.Contains(all[twin].Keys(), k) {
				continue
			}
			if other, taken := owner[k]; taken {
				t.Errorf("%s is %s and %s", k, other, name)
			}
			owner[k] = name
		}
	}
}

func maps(all map[string]key.Binding) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range all {
			if !yield(name) {
				return
			}
		}
	}
}

// everyScreen opens every screen in every state that has keys of its own.
func everyScreen() map[string]func(*testing.T) (*shell, screen) {
	type opener = func(*testing.T) (*shell, screen)
	screens := map[string]opener{}
	on := func(name string, bots []fleet.Bot, open func(*shell) screen) {
		screens[name] = func(t *testing.T) (*shell, screen) {
			sh := testShell(t, bots...)
			sh.body = bodySize(size{80, 24})
			sh.list.height = sh.body.height - 1
			unhurried(sh)
			return sh, open(sh)
		}
	}
	keys := func(open func(*shell) screen, pressed ...string) func(*shell) screen {
		return func(sh *shell) screen { return drive(open(sh), pressed...) }
	}
	for name, ring := range keyrings() {
		on("welcome "+name, nil, func(sh *shell) screen { sh.keyring = ring; return newWelcome(sh) })
	}
	on("welcome over SSH", nil, func(sh *shell) screen {
		sh.keyring = keyrings()["Missing"]
		return drive(newWelcome(sh), "h")
	})
	on("welcome unlocking", nil, func(sh *shell) screen {
		sh.keyring = keyrings()["Locked"]
		return drive(newWelcome(sh), "enter")
	})
	for name, ask := range passphraseAsks() {
		on("passphrase "+name, nil, func(sh *shell) screen { return passphraseOver(sh, ask) })
		on("passphrase typed "+name, nil, func(sh *shell) screen { return drive(passphraseOver(sh, ask), "a") })
	}
	on("passphrase opening", nil, func(sh *shell) screen {
		return drive(passphraseOver(sh, passphraseAsks()["Open"]), "a", "enter")
	})
	on("bots", fineBots(60), keys(newBots, "j", "j", "space"))
	on("bots finding", someBots(), keys(newBots, "/", "o"))
	on("bots asking", someBots(), keys(newBots, "C"))
	on("bots copying", someBots(), keys(newBots, "y"))
	on("bots ranging", fineBots(60), keys(newBots, "j", "v", "j"))
	for name, open := range tagScreens() {
		on("tags "+name, someBots(), open)
	}
	for _, b := range someBots() {
		on("card "+string(b.Health.Status), someBots(), func(sh *shell) screen { return newCard(sh, b.Key) })
	}
	onCard := func(sh *shell) screen { return newCard(sh, sh.bots[0].Key) }
	on("card checking", someBots(), keys(onCard, "r"))
	on("card cancelling", someBots(), keys(onCard, "r", "esc"))
	on("card asking about the token", someBots(), keys(onCard, "T"))
	on("card told of the token", someBots(), func(sh *shell) screen { return askedCard(sh, nil) })
	on("card copying", someBots(), keys(onCard, "y"))
	withSessions := func(sh *shell) screen {
		sh.bots[0].Sessions = severalSessions()
		return newCard(sh, sh.bots[0].Key)
	}
	on("export", someBots(), keys(withSessions, "e"))
	on("export to a file", someBots(), func(sh *shell) screen {
		e := newExport(sh, sh.bots[:1], 0, newCard(sh, sh.bots[0].Key)).(exports)
		to := e.form.field(fieldTo)
		to.chosen = int(toFile)
		e.form = e.form.with(to)
		return e.settled()
	})
	on("export, asking", someBots(), keys(withSessions, "e", "tab", "right", "enter"))
	on("export, running", someBots(), keys(withSessions, "e", "tab", "right", "right", "enter"))
	on("export, cancelling", someBots(), keys(withSessions, "e", "tab", "right", "right", "enter", "esc"))
	on("export of several", someBots(), keys(newBots, "*", "e"))
	on("export of several, asking", someBots(), keys(newBots, "*", "e", "tab", "tab", "v", "1", "enter"))
	on("export of several, running", someBots(), keys(newBots, "*", "e", "tab", "tab", "v", "1", "enter", "enter"))
	on("export of several, cancelling", someBots(), keys(newBots, "*", "e", "tab", "tab", "v", "1", "enter", "enter", "esc"))
	on("sessions", someBots(), keys(withSessions, "o"))
	on("sessions, asking", someBots(), keys(withSessions, "o", "o"))
	on("sessions, ending", someBots(), keys(withSessions, "o", "o", "enter"))
	on("sessions, cancelling", someBots(), keys(withSessions, "o", "o", "enter", "esc"))
	on("card, low", someBots(), func(sh *shell) screen {
		sh.body = bodySize(size{40, 10})
		return drive(onCard(sh), "j")
	})
	on("label", someBots(), func(sh *shell) screen { return newLabel(sh, sh.bots[0]) })
	onRemove := func(sh *shell) screen { return newRemove(sh, sh.bots, 0) }
	on("remove", someBots(), onRemove)
	on("remove confirming", someBots(), keys(onRemove, "o"))
	on("remove confirming many", fineBots(12), keys(onRemove, "d", "1", "2"))
	on("remove running", someBots(), keys(onRemove, "d", "enter"))
	manyOf(on)
	on("apps", someBots(), keys(newApps, "j"))
	on("apps asking", someBots(), func(sh *shell) screen {
		sh.apps = []fleet.App{{Name: "unused", APIID: 10009}}
		return drive(newApps(sh), "d")
	})
	on("no apps", nil, func(sh *shell) screen { sh.apps = nil; return newApps(sh) })
	on("app form", nil, keys(newAppForm, "7"))
	on("app edit", nil, func(sh *shell) screen { return newAppEdit(sh, sh.apps[0]) })
	on("add", someBots(), newAdd)
	on("first add", nil, func(sh *shell) screen { sh.apps = nil; return newAdd(sh) })
	on("replace", someBots(), func(sh *shell) screen { return newReplace(sh, sh.bots[0]) })
	for name, open := range rotationScreens() {
		on("rotation "+name, someBots(), open)
	}
	for name, open := range leakScreens() {
		on("leak "+name, someBots(), open)
	}
	on("login", someBots(), func(sh *shell) screen { return newLogin(sh, sh.bots[0]) })
	on("history", someBots(), func(sh *shell) screen { return drive(shownHistory(sh), "j") })
	on("history of many", someBots(), keys(shownHistory))
	on("history, nothing yet", someBots(), func(sh *shell) screen { s, _ := newHistory(sh); return answeredHistory(s, nil) })
	on("history finding", someBots(), keys(shownHistory, "/", "c"))
	on("history filtered", someBots(), keys(shownHistory, "/", "c", "enter"))
	on("history verifying", someBots(), keys(shownHistory, "r"))
	on("history cancelling", someBots(), keys(shownHistory, "r", "esc"))
	on("history entry", someBots(), keys(shownHistory, "G", "enter"))
	on("history verdict", someBots(), func(sh *shell) screen {
		sh.body = bodySize(size{40, 10})
		return verdict{sh: sh, from: shownHistory(sh).(history), found: fleet.HistoryCheck{Entries: 8, Unsealed: 2, Pruned: 7}}
	})
	on("history of a bot", someBots(), func(sh *shell) screen {
		return answeredHistory(drive(newCard(sh, sh.bots[3].Key), "3"), someHistory(sh))
	})
	onSettings := func(sh *shell) screen {
		sh.settings = someSettings()
		return drive(newSettings(sh, newBots(sh)), "j")
	}
	on("settings", nil, onSettings)
	on("settings, chosen", nil, keys(onSettings, "G"))
	on("settings, typing", nil, keys(onSettings, "enter"))
	on("settings, choosing", nil, keys(onSettings, "j", "j", "enter"))
	proxiesOf(on)
	addTo(on)
	importsOf(on)
	keyringsOf(on)
	recipientsOf(on)
	placesOf(on)
	scansOf(on)
	return screens
}

// keyringsOf opens the screens about the keyring.
func keyringsOf(on func(string, []fleet.Bot, func(*shell) screen)) {
	for name, ring := range keyrings() {
		at := func(pressed ...string) func(*shell) screen {
			return func(sh *shell) screen { sh.keyring = ring; return drive(keyringScreen{sh: sh}, pressed...) }
		}
		on("keyring "+name, someBots(), at())
		on("keyring looking "+name, nil, at("enter"))
		on("keyring cancelling "+name, nil, at("enter", "esc"))
		on("keyring moving "+name, someBots(), at("M"))
		on("keyring moving, asking "+name, someBots(), at("M", "j", "enter"))
		on("keyring moving, running "+name, someBots(), at("M", "enter"))
	}
	on("keyring, low", someBots(), func(sh *shell) screen {
		sh.body = bodySize(size{40, 10})
		sh.keyring = keyrings()["File"]
		return keyringScreen{sh: sh, err: keyring.ErrDenied}
	})
	on("keyring unfinished", nil, func(sh *shell) screen {
		sh.keyring = keyrings()["File"]
		sh.keyring.status.Unfinished = true
		return keyringScreen{sh: sh}
	})
	for name, found := range verifications() {
		at := func(pressed ...string) func(*shell) screen {
			return func(sh *shell) screen { return drive(newVerified(sh, found), pressed...) }
		}
		on("verified "+name, someBots(), at())
		on("verifying again "+name, someBots(), at("r"))
		on("mending "+name, someBots(), at("enter"))
	}
	for name, end := range moveEnds() {
		on("moved "+name, someBots(), func(sh *shell) screen { return movedTo(sh, end) })
	}
}

// addTo opens the screens of an attempt.
func addTo(on func(string, []fleet.Bot, func(*shell) screen)) {
	attemptOf := func(sh *shell) attempt {
		return attempt{
			aim: adding, bot: fleet.NewBot{Token: secret.New(copiedToken), APIID: 10001},
			key: sh.bots[0].Key, name: "7000000001", back: newAdd(sh),
		}
	}
	on("progress", someBots(), func(sh *shell) screen {
		t, _ := sh.start("login", func(context.Context, func(fleet.Step)) (any, error) { return nil, nil })
		return newProgress(sh, attemptOf(sh), t)
	})
	on("result", someBots(), func(sh *shell) screen {
		return newResult(sh, attemptOf(sh), fleet.Saved{Bot: sh.bots[0], Keyring: sh.keyring.status})
	})
	on("failure", someBots(), func(sh *shell) screen {
		return newFailure(sh, attemptOf(sh), fleet.ErrRunsElsewhere)
	})
	on("flood", someBots(), func(sh *shell) screen {
		until := noon().Add(time.Hour)
		return newFlood(sh, attemptOf(sh), &fleet.FloodError{Key: sh.bots[0].Key, Until: until}, until)
	})
}

// TestKeysComeFromTheKeymap: no screen shows a key that the keymap does not have, nor one key twice.
func TestKeysComeFromTheKeymap(t *testing.T) {
	var known []string
	for _, b := range bindings(t) {
		known = append(known, b.Keys()...)
	}
	for name, open := range everyScreen() {
		_, s := open(t)
		seen := map[string]bool{}
		for _, b := range s.Keys() {
			for _, k := range b.Keys() {
				if !slices.Contains(known, k) {
					t.Errorf("%s: %s is not in the keymap", name, k)
				}
				if seen[k] {
					t.Errorf("%s: %s is shown twice", name, k)
				}
				seen[k] = true
			}
			if b.Help().Desc == "" {
				t.Errorf("%s: %v says nothing", name, b.Keys())
			}
		}
	}
}

// TestShownKeysDoSomething presses each key that a screen shows: the screen changes, or a command is
// returned.
func TestShownKeysDoSomething(t *testing.T) {
	for name, open := range everyScreen() {
		_, first := open(t)
		for _, b := range first.Keys() {
			for _, k := range b.Keys() {
				// At the top, up does nothing, and down nothing at the end: then they must do so elsewhere.
				if !does(t, open, k) && !does(t, open, k, "down") && !does(t, open, k, "G") && !does(t, open, k, "g") {
					t.Errorf("%s: %s %q does nothing", name, k, b.Help().Desc)
				}
			}
		}
	}
}

// does presses a key on a fresh screen, after others, and reports whether anything came of it.
func does(t *testing.T, open func(*testing.T) (*shell, screen), k string, before ...string) bool {
	t.Helper()
	sh, s := open(t)
	var model tea.Model = root{sh: sh, screen: s, term: size{sh.body.width, sh.body.height + 5}}
	if sh.body.height < roomy-3 {
		model = root{sh: sh, screen: s, term: size{sh.body.width, sh.body.height + 3}}
	}
	for _, each := range before {
		model, _ = model.Update(press(each))
	}
	was := seenOn(model)
	model, cmd := model.Update(press(k))
	return cmd != nil || seenOn(model) != was
}

// seenOn is what one can see of a model, the time aside.
func seenOn(model tea.Model) string {
	r := model.(root)
	now := r.sh.now
	r.sh.now = noon
	defer func() { r.sh.now = now }()
	v := r.View()
	at := ""
	if v.Cursor != nil {
		at = fmt.Sprint(v.Cursor.Position)
	}
	return fmt.Sprintf("%T %v %v\n%s%s", r.screen, r.leaving, r.sh.list.marked, v.Content, at)
}

// TestEveryScreenGoesBack: esc, pressed often enough, ends at home, and never leaves the program.
func TestEveryScreenGoesBack(t *testing.T) {
	for name, open := range everyScreen() {
		sh, s := open(t)
		r := root{sh: sh, screen: s, term: size{80, 24}}
		for range 8 {
			model, _ := r.Update(press("esc"))
			r = model.(root)
			if r.leaving || r.asking {
				t.Errorf("%s: esc leaves", name)
			}
			// What was cancelled ends.
			for id := range sh.tasks {
				delete(sh.tasks, id)
				r.screen, _ = r.screen.Update(taskDoneMsg{task: id, err: context.Canceled})
				end := errandMsg{task: id, last: true}
				sh.update(end)
				r.screen, _ = r.screen.Update(end)
			}
		}
		if !is[bots](r.screen) && !is[welcome](r.screen) {
			t.Errorf("%s: esc ends on %T", name, r.screen)
		}
	}
}

// TestStatusesHaveKeys: whatever a bot's status, its card offers what helps first.
func TestStatusesHaveKeys(t *testing.T) {
	for status, want := range map[store.Status]string{
		store.OK: "r", store.TokenRevoked: "p", store.SecretMissing: "p", store.SessionRevoked: "l",
		store.SessionDead: "l", store.SessionDuplicated: "l", store.NotLoggedIn: "l", store.Flooded: "l", store.Unchecked: "r",
	} {
		bot := someBots()[0]
		bot.Health.Status = status
		sh := testShell(t, bot)
		if got := newCard(sh, bot.Key).Keys()[0].Help().Key; got != want {
			t.Errorf("%s: %s comes first, want %s", status, got, want)
		}
	}
}
