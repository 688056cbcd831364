package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet/fault"
	"botring/ui/internal/screentest"
)

// filtered are the names that a filter leaves, in their order.
func filtered(sh *shell, typed string) []string {
	sh.list.filter, sh.list.words = typed, parseFilter(typed)
	sh.refresh()
	return names(sh)
}

func TestFilterWords(t *testing.T) {
	some := someBots()
	some[4].Tags = []string{"production"}
	some[0].Label, some[0].Profile.FirstName = "My shop", "Shop orders"
	for typed, want := range map[string][]string{
		"#prod":           {"Alerts", "My shop", "New one", "天気 Weather"},
		"#PROD":           {"Alerts", "My shop", "New one", "天気 Weather"},
		"#produ":          {"New one"},
		"#eu":             {"天気 Weather"},
		"#e":              {"天気 Weather"},
		"#rod":            {},
		"#":               {"Alerts", "My shop", "New one", "天気 Weather"},
		":waiting":        {"Alerts"},
		":w":              {"Alerts"},
		":problem":        {"Old support", "👩‍👩‍👧 Family 🎂"},
		":unknown":        {"New one"},
		":revoked":        {"Old support", "👩‍👩‍👧 Family 🎂"},
		":token":          {"👩‍👩‍👧 Family 🎂"},
		":nonsense":       {},
		"#prod :ok":       {"My shop", "天気 Weather"},
		":ok #prod shop":  {"My shop"},
		"shop #prod :ok":  {"My shop"},
		"shop :waiting":   {},
		"@shop":           {"My shop"},
		"orders":          {"My shop"}, // the bot's own name, under a label
		"support legacy":  {"Old support"},
		"LEGACY":          {"Old support"},
		"suprt":           {"Old support"},
		"7000000003":      {"Alerts"},
		"family tenki":    {},
		"  alerts   #p  ": {"Alerts"},
	} {
		sh := testShell(t, some...)
		got := filtered(sh, typed)
		slices.Sort(got)
		if !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%q leaves %q, want %q", typed, got, want)
		}
	}
}

// TestFilterOrder: what was most likely meant comes first.
func TestFilterOrder(t *testing.T) {
	ordered := map[string][]string{
		// whole, begins with it, a word does, inside, only the letters in their order
		"shop": {"Shop", "Shop orders", "My shop", "Bishops", "So hope"},
		// equally good: the shorter one
		"be": {"Best", "Better things"},
	}
	for typed, want := range ordered {
		bots := fineBots(len(want))
		for i := range bots {
			bots[i].Profile.FirstName = want[(i+2)%len(want)] // in some other order
			bots[i].Profile.Username = ""
		}
		if got := filtered(testShell(t, bots...), typed); !slices.Equal(got, want) {
			t.Errorf("%q shows %q, want %q", typed, got, want)
		}
	}
}

// TestFilterGrowsNarrower: a letter more never shows a bot that was not shown before.
func TestFilterGrowsNarrower(t *testing.T) {
	sh := testShell(t, manyBots(2000)...)
	for _, typed := range []string{"shop orders", "#prod :problem ni", ":revoked #eu", "number0012", "天気 #us", "Données"} {
		before := len(sh.list.all)
		for i := range typed {
			n := len(filtered(sh, typed[:i]))
			if strings.HasSuffix(typed[:i], tagSign) || strings.HasSuffix(typed[:i], stateSign) {
				continue
			}
			if n > before {
				t.Errorf("%q shows %d bots, a letter less %d", typed[:i], n, before)
			}
			before = n
		}
		if n := len(filtered(sh, typed)); n == 0 {
			t.Errorf("%q shows none", typed)
		}
	}
}

// TestFoundLetters: the letters that the filter has found are marked in whatever column they are.
func TestFoundLetters(t *testing.T) {
	some := someBots()
	for _, at := range []struct{ typed, bot, want string }{
		{"shop", "Shop orders", "Shop/shop"},
		{"sord", "Shop orders", "Sord"},
		{"天気", "天気 Weather", "天気"},
		{"weather eu", "天気 Weather", "Weather/eu"},
		{"legacy", "Old support", "legacy"},
		{"#eu", "天気 Weather", "eu"},
		{"#prod", "天気 Weather", "prod"},
		{":ok", "天気 Weather", ""},
		{"7000000002", "天気 Weather", ""},
	} {
		sh := testShell(t, some...)
		filtered(sh, at.typed)
		i := slices.Index(names(sh), at.bot)
		if i < 0 {
			t.Errorf("%q does not show %q", at.typed, at.bot)
			continue
		}
		r := sh.list.rows[i]
		var marked []string
		for in, places := range sh.list.words.marked(r) {
			shown := []rune([textKinds]string{inName: r.name, inUsername: r.username, inTags: r.tags, inApp: r.app}[in])
			var letters []rune
			for _, place := range places {
				if len(shown) > 0 {
					letters = append(letters, shown[place])
				}
			}
			if len(letters) > 0 {
				marked = append(marked, string(letters))
			}
		}
		if got := strings.Join(marked, "/"); got != at.want {
			t.Errorf("%q marks %q of %q, want %q", at.typed, got, at.bot, at.want)
		}
		// However it is marked, the line says the same and is as wide.
		plain := ansi.Strip(sh.theme.line(sh.list.widths.measure(100), r, rowLook{}))
		if line := ansi.Strip(sh.theme.line(sh.list.widths.measure(100), r, rowLook{found: sh.list.words.marked(r)})); line != plain {
			t.Errorf("%q changes the line to\n%q from\n%q", at.typed, line, plain)
		}
	}
}

func TestFilterIsExplained(t *testing.T) {
	sh := testShell(t, someBots()...)
	on := screentest.Run(t, still{root{sh: sh, screen: newBots(sh)}}, 100, 40, screentest.Dark)
	on.See("Shop")
	on.Type("/")
	on.See("#tag, :problem")
	on.Type(":prob")
	on.See("2 of 7 bots")
	on.Gone("#tag, :problem")
	on.Type("x")
	on.See("No bot matches")
	sh = testShell(t, someBots()...)
	on = screentest.Run(t, still{root{sh: sh, screen: newBots(sh)}}, 100, 40, screentest.Dark)
	on.See("Shop")
	on.Type("?")
	on.See("or :ok :waiting :unknown")
}

// TestTexts: what is known of a text beforehand is the same whichever way it was found out.
func TestTexts(t *testing.T) {
	for _, s := range []string{"", "Shop orders", "shopOrders_bot", "@A-b.c/d", "ABC", "  x", strings.Repeat("Aa_", 40)} {
		quick := newText(s)
		if quick.letters != lettersOf(quick.folded) || quick.starts != startsOf(s) {
			t.Errorf("%q: %+v, want letters %x and starts %x", s, quick, lettersOf(quick.folded), startsOf(s))
		}
	}
}

// FuzzFilter: whatever is typed, for whatever names: no crash, and every letter that is marked is there.
func FuzzFilter(f *testing.F) {
	for _, seed := range [][2]string{{"shop", "Shop orders"}, {"天", "天気"}, {"#a :ok b", "İI ß ſ"}, {"k", "\u212a elvin"}, {"\u0301e", "é é"}, {"::", "##"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, typed, name string) {
		b := fineBots(1)[0]
		b.Label, b.Tags, b.Profile.Username = name, []string{name, "eu"}, name
		var r row
		r.set(&b, map[int]appName{10001: newAppName(fault.Clean(name))})
		words := parseFilter(typed)
		words.match(&r, noon())
		for in, places := range words.marked(&r) {
			shown := []rune([textKinds]string{inName: r.name, inUsername: r.username, inTags: r.tags, inApp: r.app}[in])
			for _, place := range places {
				if textKind(in) < inID && place >= len(shown) {
					t.Errorf("%q marks letter %d of %q", typed, place, string(shown))
				}
			}
		}
		sh := testShell(t, b)
		sh.theme.line(sh.list.widths.measure(100), &r, rowLook{found: words.marked(&r)})
	})
}

func TestSpan(t *testing.T) {
	sh := testShell(t, fineBots(40)...)
	sh.list.height = 18
	marked := func() int { return len(sh.list.marked) }

	s := drive(newBots(sh), "j", "v", "j", "j")
	if status := s.View(size{80, 19}).status; !strings.Contains(status, "3 bots in the range") || marked() != 0 {
		t.Errorf("while the range grows the status is %q and %d are marked", status, marked())
	}
	if shown := strings.Count(strings.Join(s.View(size{80, 19}).body, "\n"), sh.theme.glyphs.ranged); shown != 3 {
		t.Errorf("%d rows are shown as those of the range", shown)
	}
	s = drive(s, "v")
	if marked() != 3 || sh.list.span.on {
		t.Errorf("v at its end leaves %d marks", marked())
	}
	s = drive(s, "G", "v", "k", "esc")
	if marked() != 3 || sh.list.span.on {
		t.Errorf("esc does not give the range up: %d marks", marked())
	}
	s = drive(s, "G", "v", "g", "space")
	if marked() != 40 {
		t.Errorf("a range upwards to the first marks %d", marked())
	}
	s = drive(s, "esc", "/", "5", "enter", "g", "v", "G", "v")
	if _, hidden := sh.list.targets(); marked() != len(sh.list.rows) || hidden != 0 || marked() == 40 {
		t.Errorf("with a filter that shows %d, %d are marked", len(sh.list.rows), marked())
	}
	// Any other key is for what is in the range.
	s = drive(s, "esc", "esc", "g", "v", "j", "j", "j", "d")
	if _, ok := s.(remove); !ok || marked() != 4 {
		t.Errorf("d in a range of 4 leads to %T with %d marks", s, marked())
	}
}

// TestSpanThroughAChange: another program changes the list while a range grows.
func TestSpanThroughAChange(t *testing.T) {
	all := fineBots(20)
	sh := testShell(t, all...)
	drive(newBots(sh), "j", "j", "v", "j")
	sh.took(catalogueMsg{bots: all[1:]})
	if first, last := sh.list.bounds(); first != 1 || last != 2 || !sh.list.span.on {
		t.Errorf("the range is now from %d to %d", first, last)
	}
	sh.took(catalogueMsg{bots: all[5:]})
	if sh.list.span.on {
		t.Error("a range goes on that has lost its beginning")
	}
}

// TestListSurvivesAChange: selection, line, marks, filter and order stay when the catalogue is read again.
func TestListSurvivesAChange(t *testing.T) {
	all := fineBots(200)
	sh := testShell(t, all...)
	sh.list.height = 18
	s := drive(newBots(sh), "s", "S", "*", "/", "1", "enter", "G", "k", "k", "k")
	at, _ := sh.list.current()
	line := sh.list.selected - sh.list.top
	shown, order := len(sh.list.rows), sh.list.order

	changed := slices.Clone(all)[2:]
	changed[100].Label = "Renamed elsewhere"
	sh.took(catalogueMsg{bots: changed})
	s, _ = s.Update(catalogueMsg{bots: changed})
	now, ok := sh.list.current()
	if !ok || now.bot.Key != at.bot.Key || sh.list.selected-sh.list.top != line {
		t.Errorf("selected is %v on line %d, it was %v on line %d", now.bot.Key, sh.list.selected-sh.list.top, at.bot.Key, line)
	}
	if len(sh.list.marked) != len(changed) {
		t.Errorf("%d marks, %d bots", len(sh.list.marked), len(changed))
	}
	if sh.list.filter != "1" || sh.list.order != order || len(sh.list.rows) < shown-2 {
		t.Errorf("filter %q, order %v, %d shown", sh.list.filter, sh.list.order, len(sh.list.rows))
	}
	// Into the bot, and back.
	if s = drive(s, "enter"); !is[card](s) {
		t.Fatalf("enter leads to %T", s)
	}
	drive(s, "esc")
	if back, _ := sh.list.current(); back.bot.Key != at.bot.Key || sh.list.filter != "1" {
		t.Errorf("back from the bot, %v is selected", back.bot.Key)
	}
}

// TestCountsAreAsOfNow: a wait that is over is no longer counted as one.
func TestCountsAreAsOfNow(t *testing.T) {
	sh := testShell(t, someBots()...)
	if says := sh.counts(); !strings.Contains(says, "1 waiting") {
		t.Fatalf("the footer says %q", says)
	}
	sh.now = func() time.Time { return noon().Add(32 * time.Minute) }
	if says := sh.counts(); strings.Contains(says, "waiting") || !strings.Contains(says, "2 not logged in") {
		t.Errorf("after the wait the footer says %q", says)
	}
}

// TestFilterLine: the cursor stands behind what was typed however wide it is, the end of what is long is in sight, and a
// paste holds nothing that turns the line about.
func TestFilterLine(t *testing.T) {
	sh := testShell(t, someBots()...)
	for name, open := range map[string]func() screen{
		"list": func() screen { return drive(newBots(sh), "/") }, "history": func() screen { return drive(shownHistory(sh), "/") },
	} {
		for typed, want := range map[string]struct {
			line string
			at   int
		}{
			"天気":                                {" / 天気", 7},
			strings.Repeat("x", 50) + "the end": {strings.Repeat("x", 28) + "the end", 38},
			"a\u202eb\x1b[31m":                  {" / ab[31m", 9},
		} {
			s, _ := open().Update(tea.PasteMsg{Content: typed})
			v := s.View(size{40, 10})
			if line := ansi.Strip(v.body[0]); !strings.HasSuffix(line, want.line) || ansi.StringWidth(line) > 39 {
				t.Errorf("%s, %q: drawn as %q", name, typed, line)
			}
			if v.cursor == nil || v.cursor.X != want.at {
				t.Errorf("%s, %q: the cursor is at %+v", name, typed, v.cursor)
			}
			sh.list.filter = ""
		}
	}
}
