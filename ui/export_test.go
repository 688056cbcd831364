package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/files"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

// severalSessions are a bot's own session, one that runs here too, and one that was given away.
func severalSessions() []fleet.Session {
	made := noon().Add(-48 * time.Hour)
	return []fleet.Session{
		{Name: store.DefaultSession, DC: 2, Runs: store.Here, APIID: 10001, MadeAt: made, Since: made},
		{Name: "ci", DC: 2, Runs: store.Elsewhere, At: "ci", APIID: 10001, MadeAt: made.Add(time.Hour), Since: made.Add(time.Hour)},
		{Name: "old", DC: 2, Runs: store.Elsewhere, At: "vps-1", APIID: 10001, MadeAt: made, Since: noon().Add(-3 * time.Hour)},
	}
}

func openExport(t *testing.T, edit func(exports) exports) (*shell, screen) {
	t.Helper()
	bots := someBots()
	bots[0].Sessions = severalSessions()
	sh := testShell(t, bots...)
	e := newExport(sh, bots[:1], 0, newCard(sh, bots[0].Key)).(exports)
	if edit != nil {
		e = edit(e).settled()
	}
	return sh, e
}

// choose takes a choice of a field by its words.
func (e exports) choose(id fleet.Field, choice string) exports {
	f := e.form.field(id)
	f.chosen = slices.Index(f.choices, choice)
	e.form = e.form.with(f)
	return e.settled()
}

func TestExportLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) { return openExport(t, nil) }, nil)
}

func TestExportToAFileLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		return openExport(t, func(e exports) exports {
			return e.choose(fieldFormat, "env").choose(fieldTo, outlets(ClearAfter)[toFile])
		})
	}, nil)
}

func TestExportAsksLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh, s := openExport(t, func(e exports) exports { return e.choose(fieldGoes, store.DefaultSession) })
		return sh, drive(s, "enter")
	}, nil)
}

// openExportOfSeveral opens the export of bots that are marked, some of which the filter hides.
func openExportOfSeveral(t *testing.T, edit func(exports) exports) (*shell, screen) {
	t.Helper()
	bots := someBots()
	bots[0].Sessions = severalSessions()
	sh := testShell(t, bots...)
	e := newExport(sh, bots[:3], 1, nil).(exports)
	if edit != nil {
		e = edit(e).settled()
	}
	return sh, e
}

func TestExportOfSeveralLooks(t *testing.T) {
	at := func(place string) func(exports) exports {
		return func(e exports) exports {
			e.form = e.form.with(e.form.field(fleet.FieldPlace).set(place))
			return e
		}
	}
	for name, edit := range map[string]func(exports) exports{
		"Form": at(""), "Asks": at("ci"),
		"GivesAway": func(e exports) exports { return e.choose(fieldGoes, store.DefaultSession) },
		"Alone":     func(e exports) exports { return e.choose(fieldFormat, "kubernetes") },
		"Systemd":   func(e exports) exports { return e.choose(fieldFormat, "systemd") },
	} {
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) {
				sh, s := openExportOfSeveral(t, edit)
				return sh, drive(s, "enter")
			}, nil)
		})
	}
}

// Several leave after one question, whatever form they leave in, and a session can be chosen only where all have it.
func TestExportOfSeveralAsksOnce(t *testing.T) {
	for _, format := range []string{"env", "json", "kubernetes"} {
		sh, s := openExportOfSeveral(t, func(e exports) exports { return e.choose(fieldFormat, format) })
		s = drive(s, "enter")
		if e := s.(exports); !e.asking || e.task.id != 0 {
			t.Errorf("%s: it does not ask", format)
		}
		sh.now = func() time.Time { return noon().Add(time.Second) }
		if e := drive(s, "enter").(exports); e.asking || e.task.id == 0 {
			t.Errorf("%s: it asks more than once", format)
		}
	}
	_, s := openExportOfSeveral(t, nil)
	if got, want := s.(exports).form.field(fieldGoes).choices, []string{newSession, store.DefaultSession}; !slices.Equal(got, want) {
		t.Errorf("sessions to choose from: %q, want %q", got, want)
	}
}

func TestSessionsLook(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh, _ := openExport(t, nil)
		return sh, drive(newCard(sh, someBots()[0].Key), "o", "j")
	}, nil)
}

func TestCardOfSeveralSessions(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh, _ := openExport(t, nil)
		return sh, newCard(sh, someBots()[0].Key)
	}, nil)
}

// The place is asked for only where it names the session, and enter goes to what is missing.
func TestExportAsksForThePlace(t *testing.T) {
	_, s := openExport(t, nil)
	s = drive(s, "enter")
	if e := s.(exports); e.form.focused().id != fleet.FieldPlace || e.task.id != 0 {
		t.Errorf("enter leads to %s", e.form.focused().id)
	}
	_, s = openExport(t, func(e exports) exports { return e.choose(fieldGoes, "ci") })
	if e := drive(s, "enter").(exports); e.task.id == 0 {
		t.Error("a session that runs elsewhere is asked about")
	}
	_, s = openExport(t, func(e exports) exports { return e.choose(fieldFormat, "json") })
	if e := s.(exports); !e.form.field(fleet.FieldPlace).hidden || !e.form.field(fieldGoes).hidden || e.form.field(fieldWith).hidden {
		t.Error("a session is asked about that does not go along")
	}
	if e := s.(exports).choose(fieldWith, "pyrogram"); e.form.field(fleet.FieldPlace).hidden {
		t.Error("the place of a session that goes along is not asked for")
	}
}

// What runs here is given away after another enter, which is deaf at first, and never by one key too many.
func TestExportAsksBeforeItGivesAway(t *testing.T) {
	sh, s := openExport(t, func(e exports) exports { return e.choose(fieldGoes, store.DefaultSession) })
	s = drive(s, "enter")
	if e := s.(exports); !e.asking || e.task.id != 0 {
		t.Fatal("it does not ask")
	}
	if e := drive(s, "enter").(exports); !e.asking || e.task.id != 0 {
		t.Error("enter came too soon and counted")
	}
	if e := drive(s, "esc").(exports); e.asking || e.task.id != 0 {
		t.Error("esc does not think better of it")
	}
	sh.now = func() time.Time { return noon().Add(time.Second) }
	if e := drive(s, "enter").(exports); e.task.id == 0 {
		t.Error("enter does nothing")
	}
}

// TestPickSessionHoldsTheSession: what is logged out is what was asked about, or nothing.
func TestPickSessionHoldsTheSession(t *testing.T) {
	for name, c := range map[string]struct {
		edit func([]fleet.Session) []fleet.Session
		want string
	}{
		"as it was":         {func(s []fleet.Session) []fleet.Session { return s }, "ci"},
		"another one gone":  {func(s []fleet.Session) []fleet.Session { return s[1:] }, "ci"},
		"gone":              {func(s []fleet.Session) []fleet.Session { return slices.Delete(s, 1, 2) }, ""},
		"runs here by now":  {func(s []fleet.Session) []fleet.Session { s[1].Runs, s[1].At = store.Here, ""; return s }, ""},
		"runs at elsewhere": {func(s []fleet.Session) []fleet.Session { s[1].At = "vps-9"; return s }, ""},
	} {
		for _, told := range []bool{true, false} {
			sh, _ := openExport(t, nil)
			bot, _ := sh.bot(someBots()[0].Key)
			unhurried(sh)
			s := drive(newPickSession(sh, bot.Key, newCard(sh, bot.Key)), "j", "o")
			sees(t, s, "It runs at ci.")
			bot.Sessions = c.edit(severalSessions())
			sh.replace(bot)
			if told {
				s, _ = s.Update(catalogueMsg{})
			}
			p := drive(s, "enter").(pickSession)
			if (p.task.id != 0) != (c.want != "") || c.want != "" && p.about.Name != c.want {
				t.Errorf("%s: %q is logged out, task %d", name, p.about.Name, p.task.id)
			}
			if !told && c.want == "" {
				sees(t, p, "Nothing was done.")
			}
		}
	}
}

// A paste that comes while it is asked changes nothing of what the question is about.
func TestExportAsksAboutWhatLeaves(t *testing.T) {
	sh, s := openExportOfSeveral(t, func(e exports) exports {
		e.form = e.form.with(e.form.field(fleet.FieldPlace).set("ci"))
		return e
	})
	unhurried(sh)
	s = drive(s, "tab", "tab", "enter")
	asked := s.(exports)
	if !asked.asking || asked.form.focused().id != fleet.FieldPlace {
		t.Fatalf("asking: %v, at %s", asked.asking, asked.form.focused().id)
	}
	s, _ = s.Update(tea.PasteMsg{Content: "-elsewhere"})
	if got := s.(exports).form.field(fleet.FieldPlace).value(); got != "ci" {
		t.Errorf("the place is %q now", got)
	}
}

// What was made or marked before an export failed is said: it does not come back.
func TestExportSaysWhatFailingLeaves(t *testing.T) {
	w := exportWhole(t)
	w.slowly("\t")
	w.See("▌ Session")
	w.right("< default >")
	w.clip.breaks()
	w.slowly("\r")
	w.See("Give session default away?")
	w.confirm()
	w.See("The session counts as given away now.")
	if s := w.session(t, store.DefaultSession); s.Runs != store.Elsewhere {
		t.Errorf("session %+v", s)
	}
	w.right("< a new one, for its place >")
	w.slowly("\t")
	w.See("▌ Runs at")
	w.slowly("vps-1")
	w.Settled()
	w.slowly("\r")
	w.See("The session was made, and is kept.")
	w.session(t, "vps-1")
}

// exportWhole opens the export of a bot that is logged in, over a real fleet and a Telegram on loopback.
func exportWhole(t *testing.T) *whole {
	t.Helper()
	w := newWhole(t, 1)
	w.See("Whole 1")
	w.Press(tea.KeyEnter)
	w.See("Sessions")
	w.Type("e")
	w.See("Export Whole 1")
	return w
}

func (w *whole) session(t *testing.T, name string) fleet.Session {
	t.Helper()
	bot, err := w.fleet.Bot(t.Context(), fleet.Key{Environment: "test", ID: wholeID(1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range bot.Sessions {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no session %s among %v", name, bot.Sessions)
	return fleet.Session{}
}

func TestAWholeExport(t *testing.T) {
	w := exportWhole(t)
	w.slowly("\t")
	w.See("▌ Session")
	w.slowly("\t")
	w.See("▌ Runs at")
	w.Type("vps-1")
	w.See("vps-1")
	w.Settled() // an enter that comes on the heels of a letter is a paste's
	w.slowly("\r")
	w.See("Copied with fake-copy")
	w.See("vps-1")
	if s := w.session(t, "vps-1"); s.Runs != store.Elsewhere || s.At != "vps-1" {
		t.Errorf("session %+v", s)
	}
	got, err := fleet.ReadSession(secret.New(w.clip.text))
	if err != nil || got.Kind.String() != "telethon" {
		t.Errorf("the clipboard holds %d bytes: %v", len(w.clip.text), err)
	}
	w.Gone(w.clip.text[:40])

	// The card lists it, and it alone is ended: after a question that says what that means.
	w.Type("o")
	w.See("Sessions of Whole 1")
	w.Type("j")
	w.Type("o")
	w.See("It runs at vps-1. Log it out, and end the bot there?")
	time.Sleep(guardTime)
	w.Press(tea.KeyEnter)
	w.See("Logged out. The token stays saved.")
	if bot, err := w.fleet.Check(t.Context(), fleet.Key{Environment: "test", ID: wholeID(1)}, nil); err != nil || len(bot.Sessions) != 1 {
		t.Errorf("%v, %v", bot.Sessions, err)
	}
}

// right goes on to the choice that is drawn so.
func (w *whole) right(choice string) {
	for range 20 {
		w.Settled()
		if strings.Contains(w.Text(), choice) {
			return
		}
		w.Press(tea.KeyRight)
	}
	w.See(choice)
}

// Marked bots leave in one file, each with a session of its own; run again, it makes none.
func TestAWholeExportOfSeveral(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bots.env")
	w := newWhole(t, 3)
	w.See("3 bots")
	bring := func() {
		w.Type("*")
		w.See("3 marked")
		w.Type("e")
		w.See("Export 3 bots")
		w.right("< env >")
		w.slowly("\t")
		w.See("▌ With")
		w.right("< telethon >")
		w.slowly("\t")
		w.See("▌ Session")
		w.slowly("\t")
		w.See("▌ Runs at")
		w.Type("vps-1")
		w.See("vps-1")
		w.Settled()
		w.slowly("\t")
		w.See("▌ To")
		w.right("< a new file >")
		w.slowly("\t")
		w.See("▌ File")
		w.Ctrl('u')
		w.slowly(file)
		w.Settled()
		w.slowly("\r")
	}
	bring()
	w.See("3 sessions are made for their place, by 3 logins")
	w.See("Export 3 bots?")
	time.Sleep(guardTime)
	w.Press(tea.KeyEnter)
	w.See("Written to " + file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := files.Read("bots.env", text)
	tokens, sessions := 0, 0
	for _, e := range doc.Entries {
		if e.IsSession() {
			sessions++
		} else {
			tokens++
		}
	}
	if err != nil || tokens != 3 || sessions != 3 {
		t.Errorf("%v: %d tokens and %d sessions in it", err, tokens, sessions)
	}
	if stats := w.telegram.Stats(); stats.Sessions != 6 {
		t.Errorf("%d sessions at Telegram", stats.Sessions)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	w.Press(tea.KeyEscape)
	bring()
	w.See("Session vps-1 of 3 bots goes out once more.")
	time.Sleep(guardTime)
	w.Press(tea.KeyEnter)
	w.See("Written to " + file)
	if stats := w.telegram.Stats(); stats.Sessions != 6 {
		t.Errorf("%d sessions at Telegram after the second time", stats.Sessions)
	}
}

// Where an export can go nowhere, no session is made for it; what is there is not written over.
func TestAnExportThatCannotLeave(t *testing.T) {
	sh, _ := openExport(t, nil)
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err  error
		says string
	}{
		"no clipboard": {ErrNoClipboard, "There is no clipboard here."},
		"a file":       {mayCreate(there), "That file is there already"},
		"no directory": {mayCreate(filepath.Join(there+"s", "x")), "There is no such directory."},
		"a keyring":    {keyring.ErrGone, ""},
	} {
		if c.err == nil {
			t.Errorf("%s: not refused", name)
		}
		e := exports{sh: sh, bots: sh.bots[:1]}
		if got := e.why(c.err, false, 0); got == "" || !strings.HasPrefix(got, c.says) {
			t.Errorf("%s: %q", name, got)
		}
	}
	e := exports{sh: sh, bots: sh.bots[:1]}
	if got := e.why(context.Canceled, true, 0); got != "Cancelled. Nothing was exported." {
		t.Errorf("cancelled: %q", got)
	}
	if _, err := writePrivate(there, "another's"); !errors.Is(err, os.ErrExist) {
		t.Errorf("written over: %v", err)
	}
	fresh, err := writePrivate(filepath.Join(t.TempDir(), "fresh"), "secret")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
