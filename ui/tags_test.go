package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/ui/internal/screentest"
)

// tagScreens are the tags of one bot, of several, in the middle of typing, and the question.
func tagScreens() map[string]func(*shell) screen {
	return map[string]func(*shell) screen{
		"one":     func(sh *shell) screen { return newTags(sh, someBots()[:1], 0, false, newCard(sh, someBots()[0].Key)) },
		"several": func(sh *shell) screen { return newTags(sh, sh.bots, 3, true, nil) },
		"typing": func(sh *shell) screen {
			return drive(newTags(sh, sh.bots, 3, true, nil), strings.Split("beta -eu p", "")...)
		},
		"asking": func(sh *shell) screen {
			unhurried(sh)
			return drive(newTags(sh, sh.bots, 3, true, nil), append(strings.Split("beta -eu", ""), "enter")...)
		},
	}
}

func TestTagsLook(t *testing.T) {
	for name, open := range tagScreens() {
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) {
				sh := testShell(t, someBots()...)
				return sh, open(sh)
			}, nil)
		})
	}
}

func TestTypedTags(t *testing.T) {
	for _, at := range []struct {
		typed       string
		add, remove []string
	}{
		{"", nil, nil},
		{"prod", []string{"prod"}, nil},
		{" prod, eu -old ", []string{"prod", "eu"}, []string{"old"}},
		{"+prod -old,-older", []string{"prod"}, []string{"old", "older"}},
		{"- +", nil, nil},
		{"a-b", []string{"a-b"}, nil},
	} {
		add, remove := typedTags(at.typed)
		if !slices.Equal(add, at.add) || !slices.Equal(remove, at.remove) {
			t.Errorf("%q gives %q and takes away %q", at.typed, add, remove)
		}
	}
}

func TestTagsComplete(t *testing.T) {
	bots := fineBots(4)
	bots[0].Tags = []string{"prod", "Preview"}
	bots[1].Tags = []string{"prod"}
	bots[2].Tags = []string{"prod", "old"}
	bots[3].Tags = []string{"prod", "pre"}
	for _, at := range []struct {
		typed string
		tabs  int
		want  string
	}{
		{"pre", 1, "Preview"}, // "pre" itself is a tag already
		{"pr", 1, "pre"},      // and all of these have "prod"
		{"pr", 2, "Preview"},
		{"pr", 3, "pre"},
		{"-pr", 3, "-prod"},
		{"x -o", 1, "x -old"},
		{"view", 1, "Preview"},
		{"zz", 1, "zz"},
		{"", 1, "old"},
	} {
		sh := testShell(t, bots...)
		unhurried(sh)
		s := newTags(sh, sh.bots, 0, true, nil)
		for _, r := range at.typed {
			k := string(r)
			if r == ' ' {
				k = "space"
			}
			s = drive(s, k)
		}
		for range at.tabs {
			s = drive(s, "tab")
		}
		if got := s.(tagging).value(); got != at.want {
			t.Errorf("%q and %d tabs is %q, want %q", at.typed, at.tabs, got, at.want)
		}
	}
}

// TestTagsAsk: of marked bots it is asked with their number, and an enter on its way answers nothing.
func TestTagsAsk(t *testing.T) {
	sh := testShell(t, fineBots(248)...)
	s := drive(newBots(sh), "*")
	s = drive(s, "/", "1", "enter", "t")
	clock := sh.now()
	sh.now = func() time.Time { clock = clock.Add(20 * time.Millisecond); return clock }
	s = drive(s, "p", "r", "o", "d", "enter")
	body := ansi.Strip(strings.Join(s.View(size{80, 19}).body, "\n"))
	hidden := 248 - len(sh.list.rows)
	if !strings.Contains(body, fmt.Sprintf("248 bots, %d hidden by the filter", hidden)) {
		t.Errorf("it asks\n%s", body)
	}
	if s = drive(s, "enter"); len(sh.tasks) != 0 {
		t.Error("an enter that was on its way already confirmed")
	}
	if s = drive(s, "esc"); !s.Typing() || s.(tagging).value() != "prod" {
		t.Error("esc does not go back to what was typed")
	}
	s = drive(s, "enter")
	clock = clock.Add(guardTime)
	if drive(s, "enter"); len(sh.tasks) != 1 {
		t.Error("enter does not save")
	}
}

// TestTagsRefused: what fleet says of a tag stands under the field, and what was typed is kept.
func TestTagsRefused(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	s := drive(newTags(sh, sh.bots[:1], 0, false, nil), "a", "enter")
	task := s.(tagging).saving.id
	s, _ = s.Update(taskDoneMsg{task: task, err: &fleet.InputError{Field: fleet.FieldTag, Problem: fleet.ProblemTooLong, Got: "40", Want: "32"}})
	if body := ansi.Strip(strings.Join(s.View(size{80, 19}).body, "\n")); !strings.Contains(body, "The tag is too long.") || s.(tagging).value() != "a" {
		t.Errorf("a refused tag shows\n%s", body)
	}
	s = drive(s, "b", "enter")
	s, _ = s.Update(taskDoneMsg{task: s.(tagging).saving.id, err: errors.New("the disk is full")})
	if s.View(size{80, 19}).status == "" || !s.Typing() {
		t.Error("a fault is not told of")
	}
}

// TestTagsLife: tags from the list and from a card, kept by the fleet.
func TestTagsLife(t *testing.T) {
	w := newWhole(t, 3)
	w.See("3 bots")
	w.Type("*t")
	w.See("Tags of 3 bots")
	slowly(w.Screen, "prod eu")
	w.Press(uv.KeyEnter)
	w.See("This gives prod eu: 3 bots.")
	w.confirm()
	w.See("The tags of 3 bots were saved.")
	w.See("prod eu")

	w.Press(uv.KeyEscape)
	w.Gone("were saved.")
	w.Press(uv.KeyEnter)
	w.See("Health")
	w.Type("t")
	w.See("has it")
	slowly(w.Screen, "-e\t")
	w.See("-eu")
	w.Press(uv.KeyEnter)
	w.See("The tags were saved.")
	w.Press(uv.KeyEscape)
	w.See("3 bots")
	slowly(w.Screen, "/#eu")
	w.See("2 of 3 bots")

	bots, err := w.fleet.Bots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{{"prod"}, {"prod", "eu"}, {"prod", "eu"}} {
		if !slices.Equal(bots[i].Tags, want) {
			t.Errorf("%s has the tags %q, want %q", bots[i].Name(), bots[i].Tags, want)
		}
	}
}

// slowly types as a person's fingers do: faster would be a paste.
func slowly(s *screentest.Screen, text string) {
	time.Sleep(30 * time.Millisecond)
	for _, r := range text {
		s.Type(string(r))
		time.Sleep(2 * pastedWithin)
	}
}
