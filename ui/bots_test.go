package ui

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"charm.land/bubbles/v2/list"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/ui/internal/screentest"
)

func TestBotsLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t, inOrder(someBots())...)
		return sh, newBots(sh)
	}, nil)
}

func TestBotsFilterLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t, someBots()...)
		return sh, newBots(sh)
	}, func(s *screentest.Screen) {
		s.See("Shop")
		s.Type("/ald")
		s.See("/ ald")
	})
}

func names(sh *shell) []string {
	var out []string
	for _, r := range sh.list.rows {
		out = append(out, r.name)
	}
	return out
}

func TestBotsFilter(t *testing.T) {
	for filter, first := range map[string]string{
		"shop":       "Shop orders",
		"tenki":      "天気 Weather",
		"天気":         "天気 Weather",
		"7123456789": "New one",
		"new":        "New one",
		"legacy":     "Old support",
		"eu":         "天気 Weather",
	} {
		t.Run(filter, func(t *testing.T) {
			sh := testShell(t, someBots()...)
			s := drive(newBots(sh), "/")
			s = drive(s, strings.Split(filter, "")...)
			if got := names(sh); len(got) == 0 || got[0] != first {
				t.Fatalf("the filter %q shows %q first of all, want %q", filter, got, first)
			}
			if !s.Typing() {
				t.Error("letters are no longer text")
			}
			s = drive(s, "enter")
			if s.Typing() || sh.list.filter != filter {
				t.Error("enter does not keep the filter")
			}
			drive(s, "esc")
			if len(sh.list.rows) != len(someBots()) {
				t.Error("esc does not show all")
			}
		})
	}
}

func TestBotsFilterThatMatchesNothing(t *testing.T) {
	sh := testShell(t, someBots()...)
	s := drive(newBots(sh), "/", "z", "z", "z", "z")
	if text := ansi.Strip(strings.Join(s.View(size{80, 19}).body, "\n")); !strings.Contains(text, "No bot matches") {
		t.Errorf("nothing says that no bot matches:\n%s", text)
	}
	s = drive(s, "enter", "enter", "d", "r", "space", "y", "i", "esc", "esc")
	if _, ok := s.(bots); !ok {
		t.Errorf("keys on an empty list lead to %T", s)
	}
}

// TestBotsSort goes through all columns in which bots differ, and turns each round.
func TestBotsSort(t *testing.T) {
	some := someBots()
	some[2].Environment = "test"
	some[1].Health.CheckedAt = noon().Add(-time.Hour)
	sh := testShell(t, inOrder(some)...)
	s := newBots(sh)
	first := map[sorting]string{
		byName: "Alerts", byUsername: "New one", byEnvironment: "Alerts", byApp: "Old support",
		byState: "Old support", byChecked: "New one", byTags: "Alerts",
	}
	for by := range sortings {
		list := &sh.list
		if list.order.by != by {
			t.Fatalf("after %s comes %s", by-1, list.order.by)
		}
		there := names(sh)
		if by == byEnvironment {
			slices.Reverse(there) // "test" comes last
		}
		if there[0] != first[by] {
			t.Errorf("by %s, first is %q of %q", by, there[0], there)
		}
		header := ansi.Strip(s.View(size{140, 19}).body[0])
		if strings.Count(header, "▾") != 1 {
			t.Errorf("by %s the header is %q", by, header)
		}
		s = drive(s, "S")
		if header = ansi.Strip(s.View(size{140, 19}).body[0]); strings.Count(header, "▴") != 1 {
			t.Errorf("by %s, turned round, the header is %q", by, header)
		}
		back := slices.Clone(list.rows)
		slices.Reverse(back)
		if !slices.IsSortedFunc(back, func(a, b *row) int { return by.key(a, noon()).compare(by.key(b, noon())) }) {
			t.Errorf("by %s, turned round: %q", by, names(sh))
		}
		s = drive(s, "S", "s")
		if want := "Sorted by " + list.order.by.String() + "."; list.notice != want {
			t.Errorf("sorting says %q, want %q", list.notice, want)
		}
	}
	if sh.list.order != (ordering{}) {
		t.Error("sorting does not come round")
	}
}

// TestSortSkipsWhatTellsNothing: a column that says the same of every bot is no order.
func TestSortSkipsWhatTellsNothing(t *testing.T) {
	sh := testShell(t, fineBots(20)...)
	s := drive(newBots(sh), "s")
	if sh.list.order.by != byUsername {
		t.Errorf("the second order is by %s", sh.list.order.by)
	}
	if drive(s, "s"); sh.list.order.by != byName {
		t.Errorf("the third order is by %s, in which all are alike", sh.list.order.by)
	}
}

func TestBotsKeepTheirPlace(t *testing.T) {
	sh := testShell(t, fineBots(500)...)
	sh.list.height = 18
	s := drive(newBots(sh), "G", "k", "k")
	at, _ := sh.list.current()
	sh.took(catalogueMsg{bots: fineBots(500)})
	if now, _ := sh.list.current(); now.bot.Key != at.bot.Key {
		t.Errorf("after a reload %v is selected, before it was %v", now.bot.Key, at.bot.Key)
	}
	s = drive(s, "enter")
	if _, ok := s.(card); !ok {
		t.Fatalf("enter leads to %T", s)
	}
	newBots(sh)
	if now, _ := sh.list.current(); now.bot.Key != at.bot.Key {
		t.Error("the place is lost after going into a bot")
	}
}

func TestBotsMarks(t *testing.T) {
	sh := testShell(t, someBots()...)
	s := drive(newBots(sh), "space", "space", "j", "space")
	if bots, hidden := sh.list.targets(); len(bots) != 3 || hidden != 0 {
		t.Fatalf("%d marked, %d hidden", len(bots), hidden)
	}
	s = drive(s, "/", "s", "h", "o", "p", "enter")
	if bots, hidden := sh.list.targets(); len(bots) != 3 || hidden < 2 {
		t.Errorf("with a filter %d marked, %d hidden", len(bots), hidden)
	}
	s = drive(s, "esc", "*")
	if len(sh.list.marked) != len(someBots()) {
		t.Errorf("* marks %d", len(sh.list.marked))
	}
	drive(s, "esc")
	if len(sh.list.marked) != 0 {
		t.Error("esc keeps the marks")
	}
}

func TestBotsNextProblem(t *testing.T) {
	sh := testShell(t, someBots()...)
	s := newBots(sh)
	seen := map[string]bool{}
	for range 4 {
		s = drive(s, "!")
		r, _ := sh.list.current()
		seen[r.name] = true
	}
	if len(seen) != 2 || !seen["Old support"] {
		t.Errorf("! goes to %v", seen)
	}
	fine := testShell(t, someBots()[:2]...)
	drive(newBots(fine), "!")
	if !strings.Contains(fine.list.notice, "No bot needs you") {
		t.Errorf("with no problem it says %q", fine.list.notice)
	}
}

func TestCheckAllAsks(t *testing.T) {
	sh := testShell(t, someBots()...)
	s := drive(newBots(sh), "C")
	if status := s.View(size{80, 19}).status; !strings.Contains(status, "Check 7 bots?") {
		t.Errorf("it asks %q", status)
	}
	if s = drive(s, "enter"); sh.errand.running() {
		t.Error("an enter that was on its way already confirmed")
	}
	if s = drive(s, "esc"); sh.errand.running() || strings.Contains(s.View(size{80, 19}).status, "Check") {
		t.Error("esc does not take the question back")
	}
}

func TestPastingOnTheListOpensAdd(t *testing.T) {
	sh := testShell(t, someBots()...)
	s, _ := newBots(sh).Update(tea.PasteMsg{Content: "7000000042:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"})
	if _, ok := s.(bots); ok {
		t.Error("pasting a token changes nothing")
	}

	sh.list.notice = "What you typed is kept: a goes on with it."
	newBots(sh).Update(tea.PasteMsg{Content: "7000000042:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"})
	if sh.list.notice != "" {
		t.Errorf("after a paste the list goes on saying %q", sh.list.notice)
	}
}

func TestColumnsStayAligned(t *testing.T) {
	sh := testShell(t, someBots()...)
	for _, width := range []int{40, 59, 60, 72, 80, 100, 140} {
		for i, line := range newBots(sh).View(size{width, 20}).body {
			if w := ansi.StringWidth(line); w > width {
				t.Errorf("at %d columns line %d is %d wide: %q", width, i, w, ansi.Strip(line))
			}
			for _, r := range ansi.Strip(line) {
				if r < ' ' || r == '\u202e' {
					t.Errorf("line %d has %U", i, r)
				}
			}
		}
	}
}

func TestConstantColumnsAreHidden(t *testing.T) {
	sh := testShell(t, someBots()[:3]...)
	if c := widthsOf(sh.list.all).measure(120); c.app != 0 || c.environment != 0 {
		t.Errorf("columns that say the same in every row are shown: %+v", c)
	}
	mixed := someBots()[:3]
	mixed[1].Environment = "test"
	sh = testShell(t, mixed...)
	if c := widthsOf(sh.list.all).measure(120); c.environment == 0 {
		t.Error("two environments, and no column for them")
	}
}

func TestEmptyListIsTheWelcome(t *testing.T) {
	sh := testShell(t)
	if _, ok := sh.home().(bots); ok {
		t.Error("no bots, and a list is shown")
	}
	sh = testShell(t, someBots()...)
	s := newBots(sh)
	sh.took(catalogueMsg{})
	s, _ = s.Update(catalogueMsg{})
	if _, ok := s.(bots); ok {
		t.Error("the last bot is gone, and a list is shown")
	}
}

// BenchmarkFilter is one pass of the filter over ten thousand bots, beside that of bubbles' list over their names.
func BenchmarkFilter(b *testing.B) {
	bots := fineBots(10_000)
	b.Run("botring", func(b *testing.B) {
		sh := testShell(b, bots...)
		for b.Loop() {
			sh.list.words = parseFilter("n99")
			sh.refresh()
		}
	})
	b.Run("bubbles", func(b *testing.B) {
		var names []string
		for _, bot := range bots {
			names = append(names, displayName(bot))
		}
		for b.Loop() {
			list.DefaultFilter("n99", names)
		}
	})
}

// BenchmarkListFrame is one frame of the list, of few bots and of many.
func BenchmarkListFrame(b *testing.B) {
	for _, bots := range []int{100, 10_000} {
		b.Run(strconv.Itoa(bots), func(b *testing.B) {
			b.ReportAllocs()
			sh := testShell(b, fineBots(bots)...)
			model, _ := root{sh: sh, screen: newBots(sh)}.Update(tea.WindowSizeMsg{Width: 120, Height: 45})
			r := model.(root)
			for b.Loop() {
				r.View()
			}
		})
	}
}
