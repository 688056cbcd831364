package ui

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"botring/fleet"
	"botring/keyring"
	"botring/telegram"
	"botring/ui/internal/screentest"
)

// onTerminals compares a screen on a usual terminal and on a small one with its golden files.
func onTerminals(t *testing.T, open func(t *testing.T) (*shell, screen)) {
	t.Helper()
	for name, at := range map[string]size{"80x24": {80, 24}, "40x12": {40, 12}} {
		t.Run(name, func(t *testing.T) {
			sh, s := open(t)
			sh.body = bodySize(at)
			screentest.Run(t, still{root{sh: sh, screen: s}}, at.width, at.height, screentest.Dark).Golden()
		})
	}
}

func TestSummaryLooks(t *testing.T) {
	for name, c := range map[string]struct {
		deed deed
		outs []outcome
		keys []string
	}{
		"Logins":  {loggingInMany, mixed(), []string{"j", "j"}},
		"Waiting": {loggingInMany, mixed(), []string{"G"}},
		"Clean":   {checking, mixed()[:1], nil},
		"File":    {checking, mixed(), []string{"e"}},
	} {
		t.Run(name, func(t *testing.T) {
			onTerminals(t, func(t *testing.T) (*shell, screen) {
				sh := testShell(t, someBots()...)
				return sh, drive(sumUp(sh, c.deed, c.outs...), c.keys...)
			})
		})
	}
}

// TestSummaryComesByItself where something failed and nobody is in the midst of something, and not otherwise.
func TestSummaryComesByItself(t *testing.T) {
	shut := mixed()[:1]
	shut[0].err = keyring.ErrLocked
	for name, c := range map[string]struct {
		outs []outcome
		keys []string
		want bool
	}{
		"failures":           {mixed(), nil, true},
		"all well":           {mixed()[:2], nil, false},
		"a keyring shut":     {shut, nil, false},
		"while finding":      {mixed(), []string{"/", "s"}, false},
		"while copying":      {mixed(), []string{"y"}, false},
		"while ranging":      {mixed(), []string{"v", "j"}, false},
		"while on something": {mixed(), []string{"enter"}, false},
	} {
		sh := testShell(t, someBots()...)
		sh.run(order{deed: loggingInMany, bots: sh.bots})
		s := drive(newBots(sh), c.keys...)
		ended(sh, c.outs...)
		s, _ = s.Update(errandMsg{last: true})
		if is[summary](s) != c.want {
			t.Errorf("%s: on %T", name, s)
		}
		if c.want {
			if next, _ := s.Update(errandMsg{last: true}); !is[bots](drive(next, "esc")) {
				t.Errorf("%s: esc does not lead to the list", name)
			}
		}
		if s = drive(newBots(sh), "R"); !is[summary](s) {
			t.Errorf("%s: R leads to %T", name, s)
		}
	}
	sh := testShell(t, someBots()...)
	if s := drive(newBots(sh), "R"); !is[bots](s) || sh.list.notice == "" {
		t.Errorf("with nothing done R leads to %T", s)
	}
}

func TestSummaryGoesPlaces(t *testing.T) {
	sh := testShell(t, someBots()...)
	now := noon()
	sh.now = func() time.Time { return now }
	s := sumUp(sh, loggingInMany, mixed()...)
	opened := drive(s, "j", "enter")
	if c, ok := opened.(card); !ok || c.key != s.(summary).rows[1].key {
		t.Fatalf("enter leads to %T", opened)
	}
	if back := drive(opened, "esc"); !is[summary](back) || back.(summary).at != 1 {
		t.Error("esc on the bot does not lead back")
	}
	if drive(s, "r"); sh.errand.running() {
		t.Error("a key that was on its way begins it again")
	}
	now = now.Add(guardTime)
	if next := drive(s, "r"); !is[bots](next) || sh.errand.deed != loggingInMany || sh.errand.total != 5 {
		t.Errorf("r leads to %T with %d bots", next, sh.errand.total)
	}
}

// TestSummaryAsksAgain: what ends sessions or removes is not repeated without a question.
func TestSummaryAsksAgain(t *testing.T) {
	for d, want := range map[deed]func(screen) bool{removing: is[remove], loggingOutAway: is[remove], loggingOut: is[bulk], loggingInAnew: is[bulk], rotatingMany: is[bulk], makingSafe: is[leak]} {
		sh := testShell(t, someBots()...)
		unhurried(sh)
		s := sumUp(sh, d, mixed()...)
		if next := drive(s, "r"); !want(next) || sh.errand.running() {
			t.Errorf("%s: r leads to %T", d, next)
		}
	}
}

func TestSummaryFile(t *testing.T) {
	dir := t.TempDir()
	sh := testShell(t, someBots()...)
	outs := mixed()
	outs[0].bot.Label = "=HYPERLINK(\"http://evil\")"
	s := sumUp(sh, loggingInMany, outs...).(summary)
	records := s.done.records(sh)

	path, err := writeRecords(filepath.Join(dir, "out.csv"), records)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) != 8 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if got := strings.Join(rows[1], "|"); !strings.HasPrefix(got, `production|7000000001|shop_orders_bot|'=HYPERLINK("http://evil")|login|ok`) {
		t.Errorf("the first is %s", got)
	}
	if got := rows[3]; got[5] != "waiting" || got[8] != "2026-03-14T12:31:00Z" {
		t.Errorf("the one that waits is %v", got)
	}

	for _, there := range []string{path, link(t, dir)} {
		if _, err := writeRecords(there, records); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s is written over: %v", there, err)
		}
	}

	path, err = writeRecords(filepath.Join(dir, "out.JSON"), records)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var whole struct {
		Schema *int
		Bots   []record
	}
	if err := json.Unmarshal(text, &whole); err != nil || whole.Schema == nil || len(whole.Bots) != 7 || whole.Bots[3].Kind == "" {
		t.Errorf("%v: %s", err, text)
	}
	schema, err := jsonschema.NewCompiler().Compile("../docs/schema/document-summary.json")
	if err != nil {
		t.Fatal(err)
	}
	object, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(object); err != nil {
		t.Errorf("%s%v", text, err)
	}
}

// link is a dangling link: what it points to must not come into being.
func link(t *testing.T, dir string) string {
	t.Helper()
	at := filepath.Join(dir, "link.csv")
	if err := os.Symlink(filepath.Join(dir, "elsewhere.csv"), at); err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSummaryFileIsWritten(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	s := drive(sumUp(sh, checking, mixed()...), "e")
	f, ok := s.(summaryFile)
	if !ok || !strings.HasPrefix(f.form.field(fieldPath).value(), "~/botring-checked-20260314-") {
		t.Fatalf("e leads to %T", s)
	}
	s = drive(s, "enter")
	id := s.(summaryFile).task.id
	if id == 0 {
		t.Fatal("enter does not write")
	}
	refused, _ := s.Update(taskDoneMsg{task: id, err: fs.ErrExist})
	sees(t, refused, "there already")
	s, _ = s.Update(taskDoneMsg{task: id, value: "/home/u/out.csv"})
	if !is[summary](s) {
		t.Fatalf("written, on %T", s)
	}
	sees(t, s, "Written to /home/u/out.csv.")
}

// TestWhatWasTakenIsKeptOnce: the summary outlives the ten minutes, and holds no secret.
func TestWhatWasTakenIsKeptOnce(t *testing.T) {
	w := newWhole(t, 2)
	w.See("2 bots")
	w.Type("*dd")
	w.See("brings them back")
	w.confirm()
	w.See("Removed 2 bots")
	w.Type("q")
	if err := w.Ended(); err != nil {
		t.Fatal(err)
	}
	sh := w.shell
	for _, r := range sh.finished.results {
		if r.removed.Whole() {
			t.Errorf("the summary keeps the items of %s", r.key)
		}
	}
	if len(sh.undo) != 1 || len(sh.undo[0].removed) != 2 || !sh.undo[0].removed[0].Whole() {
		t.Errorf("kept for bringing back: %d", len(sh.undo))
	}
}

// TestUndoIsKeptForTenMinutes and then forgotten.
func TestUndoIsKeptForTenMinutes(t *testing.T) {
	sh := testShell(t, someBots()...)
	now := noon()
	sh.now = func() time.Time { return now }
	gone := []fleet.Removed{{Bot: sh.bots[0]}, {Bot: sh.bots[1]}}
	if until := sh.keep(gone); until != noon().Add(10*time.Minute) {
		t.Errorf("kept until %v", until)
	}
	now = now.Add(10*time.Minute - time.Second)
	sh.update(tickMsg{})
	if len(sh.undo) != 1 {
		t.Fatal("forgotten too early")
	}
	drive(newBots(sh), "U")
	if sh.errand.deed != restoring || sh.errand.total != 2 {
		t.Fatalf("U begins %s of %d", sh.errand.deed, sh.errand.total)
	}
	// The one that could not be brought back now can be tried again, with its own time.
	ended(sh, outcome{key: gone[0].Bot.Key, bot: gone[0].Bot}, outcome{key: gone[1].Bot.Key, err: keyring.ErrReadBack})
	if len(sh.undo) != 1 || len(sh.undo[0].removed) != 1 || sh.undo[0].removed[0].Bot.Key != gone[1].Bot.Key {
		t.Fatalf("kept: %+v", sh.undo)
	}
	drive(newBots(sh), "U")
	ended(sh, outcome{key: gone[1].Bot.Key, err: fleet.ErrBackAlready})
	if len(sh.undo) != 0 {
		t.Error("one that is there again is kept")
	}
	sh.keep(gone)
	now = now.Add(10 * time.Minute)
	sh.update(tickMsg{})
	if len(sh.undo) != 0 {
		t.Error("kept for longer than ten minutes")
	}
	drive(newBots(sh), "U")
	if sh.errand.running() || sh.list.notice != "Nothing to bring back." {
		t.Errorf("says %q", sh.list.notice)
	}
}

// TestRemovalPromisesWhatCanBeKept: of bots whose secrets are missing nothing can be brought back.
func TestRemovalPromisesWhatCanBeKept(t *testing.T) {
	w := newWhole(t, 3)
	w.See("3 bots")
	for _, i := range []int{1, 2} {
		if err := w.ring.Delete(t.Context(), fmt.Sprintf("bot/test/%d", wholeID(i))); err != nil {
			t.Fatal(err)
		}
	}
	w.Type("C")
	w.See("Check 3 bots?")
	w.confirm()
	w.See("1 ok · 2 failed")
	w.Press(uv.KeyEscape)
	w.See("Checked 3 bots in")
	w.Type("*d")
	w.See("leave the keyring")
	w.Type("d")
	w.See("U on the list brings 1 of them back")
	w.confirm()
	w.See("Removed 3 bots · U brings 1 of them back until")
	w.Type("U")
	w.See("Brought back Whole 3")
}

// TestStoppedIsCounted: what was cancelled in the midst was not done, and what never began stands in the file as such.
func TestStoppedIsCounted(t *testing.T) {
	sh := testShell(t, someBots()...)
	b := sh.bots
	sh.run(order{deed: checking, bots: b})
	ended(sh, outcome{key: b[0].Key, bot: b[0]}, outcome{key: b[1].Key, bot: b[1], err: refusal(telegram.Cancelled, 0, "")})
	if !strings.HasPrefix(sh.list.notice, "Stopped: 1 of 7 checked") {
		t.Errorf("it says %q", sh.list.notice)
	}
	records := sh.finished.records(sh)
	if len(records) != len(b) {
		t.Fatalf("%d of %d bots are in the file", len(records), len(b))
	}
	for _, r := range records[1:] {
		if r.Outcome != "not_tried" || r.Name == "" {
			t.Errorf("%+v", r)
		}
	}
}

// TestImportedSecretsAreNotKept: of what was imported only that stays in memory which can be tried again.
func TestImportedSecretsAreNotKept(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	all := someFound().candidates[:3]
	session := someFound().candidates[8]
	o := order{deed: importing, candidates: append(all, session)}
	sh.run(o)
	ended(sh, outcome{key: all[0].Key, candidate: 0}, outcome{key: all[2].Key, candidate: 2, err: keyring.ErrReadBack})
	if kept := sh.finished.candidates; len(kept) != 1 || kept[0].Key != all[2].Key {
		t.Fatalf("%d are kept", len(kept))
	}
	records := sh.finished.records(sh)
	if len(records) != 4 || records[3].Outcome != "not_tried" || !strings.HasSuffix(records[3].Name, "session shop") {
		t.Errorf("the file has %+v", records)
	}
	s := newSummary(sh)
	sees(t, s, "of 4 items")
	drive(s, "r")
	if again := sh.errand.candidates; len(again) != 1 || again[0].Key != all[2].Key {
		t.Errorf("%d are tried again", len(again))
	}
}
