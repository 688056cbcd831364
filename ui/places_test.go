package ui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/fleet"
	"botring/fleet/files"
	"botring/fleet/store"
	"botring/internal/secret"
)

// somePlaces are places of every kind and state.
func somePlaces() []fleet.Departure {
	ago := func(d time.Duration) time.Time { return noon().Add(-d) }
	return []fleet.Departure{
		{Seq: 5, Token: true, App: true, Way: store.ToFile, Place: "/srv/天気/compose/production/docker-compose.override.yml", How: "export compose", Count: 3,
			First: ago(240 * time.Hour), Last: ago(time.Hour), State: store.Stale},
		{Seq: 4, Token: true, Way: store.ToFile, Place: "/srv/shop/.env", How: "export --update", Count: 1, First: ago(time.Minute), Last: ago(time.Minute), State: store.Current},
		{Seq: 3, Session: "vps-1", Way: store.ToPipe, For: "vps-1", How: "export telethon", Count: 1, First: ago(2 * time.Hour), Last: ago(2 * time.Hour), State: store.Stale},
		{Seq: 2, Token: true, App: true, Way: store.ToProgram, Place: "python3", How: "exec plain", Count: 12, First: ago(96 * time.Hour), Last: ago(3 * time.Hour),
			State: store.Done, DoneAt: ago(10 * time.Minute)},
		{Seq: 1, Token: true, Way: store.ToClipboard, How: "copy", Count: 1, First: ago(50 * time.Hour), Last: ago(50 * time.Hour), State: store.Stale},
	}
}

// placesShown are the places of a bot, as its card opens them.
func placesShown(sh *shell, all []fleet.Departure) screen {
	sh.fleet = new(fleet.Fleet)
	s := drive(newCard(sh, sh.bots[0].Key), "D")
	s, _ = s.Update(taskDoneMsg{task: s.(places).task.id, value: all})
	return s
}

// someUpdate is a file that was looked at.
func someUpdate(sh *shell) *fileUpdate {
	id := sh.bots[0].ID
	return &fileUpdate{
		file: files.InPlace{Path: "/srv/shop/docker-compose.yml"}, over: true,
		made: fleet.Renewal{Rewritten: files.Rewritten{
			Changed:  []files.Spot{{Line: 7, Name: "BOT_TOKEN", Bot: id}, {Line: 12, Name: "environment", Bot: id}},
			Left:     []files.Spot{{Line: 1, Bot: id}},
			Sessions: []files.Spot{{Line: 8, Name: "SESSION"}},
		}},
	}
}

// placesAsking asks whether a file is to be written.
func placesAsking(sh *shell) screen {
	unhurried(sh)
	s := drive(placesShown(sh, somePlaces()), "enter")
	s, _ = s.Update(taskDoneMsg{task: s.(places).task.id, value: someUpdate(sh)})
	return s
}

// placesOf opens the screens of places.
func placesOf(on func(string, []fleet.Bot, func(*shell) screen)) {
	at := func(pressed ...string) func(*shell) screen {
		return func(sh *shell) screen { return drive(placesShown(sh, somePlaces()), pressed...) }
	}
	on("places", someBots(), at("j"))
	on("places, stale", someBots(), at())
	on("places, none", someBots(), func(sh *shell) screen { return placesShown(sh, nil) })
	on("places, reading", someBots(), func(sh *shell) screen { return drive(newCard(sh, sh.bots[0].Key), "D") })
	on("places, looking", someBots(), at("enter"))
	on("places, cancelling", someBots(), at("enter", "esc"))
	on("places, asking", someBots(), placesAsking)
	on("places, asking, low", someBots(), func(sh *shell) screen { sh.body = bodySize(size{40, 10}); return drive(placesAsking(sh), "j") })
	on("places, failed", someBots(), func(sh *shell) screen {
		s := drive(placesShown(sh, somePlaces()), "enter")
		s, _ = s.Update(taskDoneMsg{task: s.(places).task.id, err: notUpdated("/srv/x", files.ErrUnsure)})
		return s
	})
}

func TestPlacesLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t, someBots()...)
		return sh, placesShown(sh, somePlaces())
	}, nil)
}

func TestUpdateLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t, someBots()...)
		return sh, placesAsking(sh)
	}, nil)
}

// What was asked for is given up with esc, and the list stays.
func TestPlacesCancelled(t *testing.T) {
	sh := testShell(t, someBots()...)
	s := drive(placesShown(sh, somePlaces()), "enter", "esc")
	s, _ = s.Update(taskDoneMsg{task: s.(places).task.id, err: context.Canceled})
	if p, ok := s.(places); !ok || p.notice == "" || len(p.all) != 5 || p.trouble.there() {
		t.Errorf("%+v", s)
	}
	if s = drive(placesAsking(sh), "esc"); s.(places).update != nil {
		t.Error("it still asks")
	}
}

// What was cancelled while a file was looked at is told as cancelled, and as no trouble with the file.
func TestPlacesCancelledInTheFile(t *testing.T) {
	sh := testShell(t, someBots()...)
	s := drive(placesShown(sh, somePlaces()), "enter", "esc")
	s, _ = s.Update(taskDoneMsg{task: s.(places).task.id, err: notUpdated("/srv/x", fmt.Errorf("read keyring: %w", context.Canceled))})
	sees(t, s, "Cancelled. Nothing was changed.", "older token")
	if s.(places).trouble.there() {
		t.Errorf("%v", s.(places).trouble.err)
	}
}

// The bar stays on the place that it is on, also where nobody has moved it yet.
func TestPlacesThatComeBeforeTheSelected(t *testing.T) {
	sh := testShell(t, someBots()...)
	all := somePlaces()
	s, _ := placesShown(sh, all[1:]).Update(catalogueMsg{bots: sh.bots})
	s, _ = s.Update(taskDoneMsg{task: s.(places).task.id, value: all})
	if d, _ := s.(places).current(); d.Seq != all[1].Seq {
		t.Errorf("it went to %q", d.Place)
	}
}

// A list that is read anew beside it takes keys all the same, and the answer that comes too late is dropped.
func TestPlacesReadAnew(t *testing.T) {
	sh := testShell(t, someBots()...)
	s, _ := placesShown(sh, somePlaces()).Update(catalogueMsg{bots: sh.bots})
	reading := s.(places).task.id
	seesNot(t, s, "Reading")
	s = drive(s, "j", "j", "space")
	if p := s.(places); p.selected != 3 || p.doing != settlingPlace || p.task.id == reading {
		t.Fatalf("%d is selected, %s", p.selected, p.doing)
	}
	s, _ = s.Update(taskDoneMsg{task: reading, value: []fleet.Departure(nil)})
	if p := s.(places); len(p.all) != 5 || p.task.id == 0 {
		t.Error("an answer of before is taken")
	}
}

// A copy of the token and a file are listed; after the token was replaced the file takes the new one, and nothing else of it
// changes.
func TestWholePlaces(t *testing.T) {
	t.Parallel()
	w := newWhole(t, 1)
	dir := t.TempDir()
	path := filepath.Join(dir, ".env")
	before := "# a comment\r\nBOT_TOKEN='" + wholeToken(1).Reveal() + "'\r\nOTHER=kept"
	if err := os.WriteFile(path, []byte(before), 0o640); err != nil {
		t.Fatal(err)
	}
	key := fleet.Key{Environment: "test", ID: wholeID(1)}
	w.fleet.TokenWentOut(t.Context(), key, wholeToken(1), fleet.Outlet{Way: store.ToFile, Place: path, How: "token show"})
	next := secret.New(strings.Replace(wholeToken(1).Reveal(), "AAH", "AAJ", 1))
	w.See("Whole 1")
	w.Type("yy")
	w.See("Copied")
	if _, err := w.fleet.ReplaceToken(t.Context(), key, next, true, nil); err != nil {
		t.Fatal(err)
	}
	w.Press(uv.KeyEnter)
	w.See("Health")
	w.Type("D")
	w.See("the clipboard")
	w.See("older token")
	w.Type("j")
	w.See("update the file")
	w.Press(uv.KeyEnter)
	w.See("@@ line 2 @@")
	w.See("Write it?")
	w.confirm()
	w.See("Updated.")
	after, err := os.ReadFile(path)
	if want := strings.Replace(before, wholeToken(1).Reveal(), next.Reveal(), 1); err != nil || string(after) != want {
		t.Errorf("%q, %v", after, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	all, err := w.fleet.Places(t.Context(), key)
	if err != nil || len(all) != 2 || all[0].Place != path || all[0].State != store.Current || all[1].State != store.Stale {
		t.Errorf("%+v, %v", all, err)
	}
	w.See("current") // the list is of after the update: the clipboard is below
	w.Type("j ")
	w.See("done")
}
