package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"botring/fleet"
	"botring/fleet/files"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// someFound is what a folder with a candidate of every sort came to.
func someFound() foundToImport {
	bots := someBots()
	here := func(i int, v fleet.Verdict) fleet.Candidate {
		return fleet.Candidate{Entry: files.Entry{File: "bots.csv", Line: i + 2}, Verdict: v, Key: bots[i].Key, Bot: bots[i]}
	}
	at := func(id int64, file string, line int, v fleet.Verdict) fleet.Candidate {
		return fleet.Candidate{Entry: files.Entry{File: file, Line: line}, Verdict: v, Key: fleet.Key{Environment: "production", ID: id}}
	}
	session := func(c fleet.Candidate, name string) fleet.Candidate {
		c.Session, c.Kind, c.SessionName = &sessionstring.Session{DC: 2, UserID: c.Key.ID}, sessionstring.Pyrogram, name
		return c
	}
	named := at(7000000100, ".env", 3, fleet.New)
	named.Name = "SHOP_\u202eBOT_TOKEN"
	labelled := at(7000000101, "deep/er/compose.yml", 12, fleet.New)
	labelled.Label = "天気 Weather of the north and of the south"
	short := at(7000000102, ".env", 9, fleet.New)
	short.Problem = &fleet.InputError{Field: fleet.FieldToken, Problem: fleet.ProblemSecretLength, Got: "34", Want: "35"}
	broken := at(0, "bots.csv", 14, fleet.Invalid)
	broken.Problem = &fleet.InputError{Field: fleet.FieldToken, Problem: fleet.ProblemNoColon}
	twice := at(7000000100, "old/.env", 1, fleet.Contradicted)
	twice.Before, twice.BeforeFile = 3, ".env"
	lost := session(at(0, "worker.session", 0, fleet.Ownerless), "worker")
	lost.Problem = &fleet.InputError{Field: fleet.FieldSession, Problem: fleet.ProblemNoOwner}
	found := foundToImport{
		place: "~/bots",
		doc:   files.Document{Format: files.Folder, Skipped: 12, Links: 1},
		candidates: []fleet.Candidate{
			named, labelled, short, here(0, fleet.Same), here(4, fleet.Same), here(1, fleet.Changed), broken, twice,
			session(here(0, fleet.New), "shop"), session(here(5, fleet.Same), "spare"), lost,
		},
	}
	for _, c := range found.candidates {
		found.doc.Entries = append(found.doc.Entries, c.Entry)
	}
	return found
}

func importOf(sh *shell, found foundToImport) screen {
	return newImportList(sh, newImport(sh).(importPath), found)
}

// importsOf opens the screens of an import.
func importsOf(on func(string, []fleet.Bot, func(*shell) screen)) {
	list := func(pressed ...string) func(*shell) screen {
		return func(sh *shell) screen { return drive(importOf(sh, someFound()), pressed...) }
	}
	on("import", someBots(), newImport)
	on("import, typed", someBots(), func(sh *shell) screen { return drive(newImport(sh), "/") })
	on("import, reading", someBots(), func(sh *shell) screen { return drive(newImport(sh), "x", "enter") })
	on("import, stopping", someBots(), func(sh *shell) screen { return drive(newImport(sh), "x", "enter", "esc") })
	on("import list", someBots(), list("j"))
	on("import list without an app", nil, func(sh *shell) screen { sh.apps = nil; return importOf(sh, someFound()) })
	on("import asking", someBots(), list("enter"))
	on("import asking, low", someBots(), func(sh *shell) screen {
		sh.body = bodySize(size{40, 10})
		return list("enter")(sh)
	})
	on("import list at a session without its bot", someBots(), list("G"))
	second := []string{"j", "j", "j", "j", "j", "j", "j"}
	on("import list at a second token", someBots(), list(second...))
	on("import list, reading", someBots(), list(append(second, "space")...))
	on("import list, stopping", someBots(), list(append(second, "space", "esc")...))
	on("import tags", someBots(), list("t"))
	on("import tags, typed", someBots(), list("t", "p", "r"))
	on("import owner", someBots(), list("G", "E", "7"))
	on("import owner, reading", someBots(), list("G", "E", "7", "enter"))
	on("import owner, stopping", someBots(), list("G", "E", "7", "enter", "esc"))
	on("import asking to save", someBots(), list("ctrl+s"))
}

func TestImportLooks(t *testing.T) {
	for name, pressed := range map[string][]string{
		"List": nil, "End": {"G"}, "Asking": {"j", "j", "enter"}, "SaveOnly": {"*", "*", "ctrl+s"},
		"SecondToken": {"j", "j", "j", "j", "j", "j", "j"},
		"Tags":        {"t", "p", "r"}, "Tagged": {"t", "e", "u", "enter"}, "TaggedAsking": {"t", "e", "u", "enter", "enter"}, "Owner": {"G", "E", "7"},
	} {
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) {
				sh := testShell(t, someBots()...)
				sh.body = bodySize(size{100, 30})
				unhurried(sh) // an enter that comes at once is part of a paste
				s := drive(importOf(sh, someFound()), pressed...)
				sh.now = noon
				return sh, s
			}, nil)
		})
	}
	t.Run("Path", func(t *testing.T) {
		looks(t, func(t *testing.T) (*shell, screen) {
			sh := testShell(t, someBots()...)
			return sh, newImport(sh)
		}, nil)
	})
}

// TestImportChoice: what is new is chosen, what another token would replace only by itself, the rest never.
func TestImportChoice(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.body = bodySize(size{100, 30})
	chosen := func(s screen) string {
		var out strings.Builder
		for _, is := range s.(importList).chosen {
			out.WriteString(map[bool]string{true: "x", false: "."}[is])
		}
		return out.String()
	}
	for _, test := range []struct{ pressed, want string }{
		{"", "xxx.x...x.."},
		{"space", ".xx.x...x.."},
		{"*", "xxxxx...x.."},
		{"* *", "..........."},
		{"j j j j j space", "xxx.xx..x.."},
		{"j j j j j space *", "xxxxxx..x.."},
		{"j j j j j j space", "xxx.x...x.."}, // there is nothing to choose
		{"G space", "xxx.x...x.."},
	} {
		if got := chosen(drive(importOf(sh, someFound()), strings.Fields(test.pressed)...)); got != test.want {
			t.Errorf("%q: %s, want %s", test.pressed, got, test.want)
		}
	}
	none := drive(importOf(sh, someFound()), "*", "*", "enter")
	if l := none.(importList); l.asking || l.says == "" {
		t.Error("nothing is chosen, and it asks all the same")
	}
	sh.apps = nil
	if l := drive(importOf(sh, someFound()), "enter").(importList); l.asking {
		t.Error("it would log in without an app")
	}
	if l := drive(importOf(sh, someFound()), "ctrl+s").(importList); !l.asking || !l.order().how.NoLogin {
		t.Error("without an app tokens can still be saved")
	}
}

// TestImportTags: what is typed goes along with all of them, and can be typed anew.
func TestImportTags(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.body = bodySize(size{100, 30})
	unhurried(sh)
	tags := func(s screen) string { return strings.Join(s.(importList).order().how.Tags, " ") }
	s := drive(importOf(sh, someFound()), "t", "p", "tab", "space", "n", "enter")
	if got := tags(s); got != "prod n" {
		t.Errorf("tags %q", got)
	}
	if got := tags(drive(s, "t", "backspace", "backspace", "enter")); got != "prod" {
		t.Errorf("tags %q after one was taken back", got)
	}
	if got := tags(drive(s, "t", "a", "esc")); got != "prod n" {
		t.Errorf("tags %q after esc", got)
	}
	if s := drive(s, "t", "space", "-", "e", "u", "enter"); !is[tagging](s) {
		t.Errorf("a tag was taken away from bots that are yet to be made: %T", s)
	}
}

// TestImportSecondToken: of two tokens of a bot the first counts until somebody chooses the other, and chooses back.
func TestImportSecondToken(t *testing.T) {
	dir := t.TempDir()
	w := newWhole(t, 1)
	w.See("1 bot")
	w.addBot(2)
	other := fmt.Sprintf("%d:AAH%s", wholeID(2), strings.Repeat("o", 32))
	text := other + "\n" + wholeToken(2).Reveal() + "\n"
	if err := os.WriteFile(filepath.Join(dir, "bots.txt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Type("i")
	w.See("Lists, tables")
	w.slowly(filepath.Join(dir, "bots.txt"))
	w.slowly("")
	w.Press(uv.KeyEnter)
	w.See("1 of 2 chosen · 1 new · 1 twice")
	w.Type("j")
	w.See("space take this one")
	w.Type(" ")
	w.See("This token counts now, in place of the other.")
	w.See("line 1  another token of this bot is in line 2")
	w.Type("k")
	w.See("space take this one")
	w.Type(" ")
	w.See("line 2  another token of this bot is in line 1")
	w.Type("j")
	w.Type(" ")
	w.See("line 1  another token of this bot is in line 2")
	w.See("1 of 2 chosen · 1 new · 1 twice")
	w.slowly("")
	w.Press(uv.KeyEnter)
	w.See("1 bot will be logged in")
	w.confirm()
	w.See("Imported Whole 2")
	token, err := w.fleet.Token(t.Context(), fleet.Key{Environment: "test", ID: wholeID(2)})
	if err != nil || !token.Equal(wholeToken(2)) {
		t.Errorf("the one that was chosen is saved: %t, %v", token.Equal(wholeToken(2)), err)
	}
}

// TestImportPasteOfAToken: somebody who pastes a token means to add it.
func TestImportPasteOfAToken(t *testing.T) {
	sh := testShell(t, someBots()...)
	next, _ := newImport(sh).Update(tea.PasteMsg{Content: "BOT_TOKEN=" + copiedToken})
	if !is[add](next) {
		t.Errorf("it leads to %T", next)
	}
}

func TestCompletePath(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for _, name := range []string{"bots/a.csv", "bots/a.env", "bots/日本.csv", "bots/日光.csv", ".env"} {
		if err := os.MkdirAll(filepath.Join(home, "bots"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, filepath.FromSlash(name)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		typed, path string
		others      int
	}{
		{"~", "~/", 0}, {"~/b", "~/bots/", 0}, {"~/bots/a", "~/bots/a.", 0}, {"~/bots/a.", "~/bots/a.", 2},
		{"~/bots/日", "~/bots/日", 2}, {"~/.", "~/.env", 0}, {"~/nothing", "~/nothing", 0}, {home + "/bots/a.c", home + "/bots/a.csv", 0},
	} {
		got := complete(test.typed)().(completedMsg)
		if got.path != test.path || len(got.others) != test.others {
			t.Errorf("%q goes on as %q with %q", test.typed, got.path, got.others)
		}
	}
}

// TestManyToImportAreDrawnAtOnce: a screen costs what it shows, not what was found.
func TestManyToImportAreDrawnAtOnce(t *testing.T) {
	sh := testShell(t)
	sh.body = bodySize(size{80, 24})
	found := foundToImport{place: "bots.csv", candidates: make([]fleet.Candidate, 10_000)}
	for i := range found.candidates {
		found.candidates[i] = fleet.Candidate{
			Entry: files.Entry{Line: i + 1}, Verdict: fleet.New, Key: fleet.Key{Environment: "production", ID: int64(i + 1)},
		}
	}
	s := importOf(sh, found)
	began := time.Now()
	for range 100 {
		s = drive(s, "j", "space")
		s.View(sh.body)
	}
	if took := time.Since(began) / 100; took > 50*time.Millisecond {
		t.Errorf("a key and a frame take %v", took)
	}
	if got := len(drive(s, "G").View(sh.body).body); got > sh.body.height {
		t.Errorf("%d lines in a body of %d", got, sh.body.height)
	}
}

// TestImportLife is a folder imported with the keys: seen first, then asked, then done; and again, which does the
// rest.
func TestImportLife(t *testing.T) {
	dir := t.TempDir()
	w := newWhole(t, 2)
	w.See("2 bots")
	var list strings.Builder
	for i := 3; i <= 6; i++ {
		if i < 6 {
			w.addBot(i)
		}
		fmt.Fprintln(&list, wholeToken(i).Reveal())
	}
	text, err := sessionstring.Format(sessionstring.Session{
		DC: 2, Key: secret.New(strings.Repeat("k", 256)), APIID: 10001, UserID: wholeID(3), Test: true,
	}, sessionstring.Pyrogram)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(&list, text.Reveal())
	// Telethon does not write down whose a session is.
	worker, err := sessionstring.Format(sessionstring.Session{
		DC: 2, Host: "149.154.167.40", Port: 443, Key: secret.New(strings.Repeat("w", 256)),
	}, sessionstring.Telethon)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"bots.txt": list.String(), "worker.txt": worker.Reveal() + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	w.Type("i")
	w.See("Lists, tables")
	w.slowly(dir)
	w.slowly("")
	w.Press(uv.KeyEnter)
	w.See("5 of 6 chosen · 5 new · 1 not usable")
	w.See("a Pyrogram session")
	w.Type("G")
	w.See("whose it is")
	w.Type("E")
	w.See("does not say whose it is")
	w.slowly("7000000004")
	w.slowly("")
	w.Press(uv.KeyEnter)
	w.See("6 of 6 chosen · 6 new")
	w.Type("t")
	w.See("Tags of what is imported")
	w.slowly("vps eu")
	w.slowly("")
	w.Press(uv.KeyEnter)
	w.See("vps eu")
	if bots, _ := w.fleet.Bots(t.Context()); len(bots) != 2 || len(w.items(t)) != 2 {
		t.Errorf("looking has written: %d bots, %v", len(bots), w.items(t))
	}
	w.slowly("")
	w.Press(uv.KeyEnter)
	w.See("4 bots will be logged in")
	w.confirm()
	w.See("Imported 5 of 6 items")
	w.See("✕ 7000000006")
	w.Press(uv.KeyEscape)
	w.See("Whole 5")
	if bot, err := w.fleet.Bot(t.Context(), fleet.Key{Environment: "test", ID: wholeID(3)}); err != nil || len(bot.Sessions) != 2 || bot.Sessions[1].Runs != store.Elsewhere {
		t.Errorf("%+v, %v", bot.Sessions, err)
	}
	if bot, err := w.fleet.Bot(t.Context(), fleet.Key{Environment: "test", ID: wholeID(4)}); err != nil || len(bot.Sessions) != 2 || !slices.Equal(bot.Tags, []string{"vps", "eu"}) {
		t.Errorf("%+v, %v", bot, err)
	}
	if stats := w.telegram.Stats(); stats.Sessions != 5 {
		t.Errorf("%d sessions at Telegram: what was imported is none that it knows", stats.Sessions)
	}

	w.addBot(6)
	w.Type("i")
	w.See("Lists, tables")
	w.slowly(dir)
	w.slowly("")
	w.Press(uv.KeyEnter)
	w.See("1 of 6 chosen · 1 new · 4 here already · 1 not usable")
	w.slowly("")
	w.Press(uv.KeyEnter)
	w.See("1 bot will be logged in")
	w.confirm()
	w.See("Whole 6")
	w.See("Imported Whole 6")
}
