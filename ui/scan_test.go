package ui

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"botring/fleet"
	"botring/fleet/radar"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/telegramtest"
	"botring/ui/internal/screentest"
)

// someScanned is what a scan has found: secrets of every sort, at places of every sort, in a hostile repository.
func someScanned() scanned {
	bots := someBots()
	token := func(i int, path string, line int) foundSecret {
		key := bots[i].Key
		return foundSecret{Finding: radar.Finding{
			Secret: radar.Secret{Kind: radar.Token, ID: key.ID, Known: true, Owner: radar.Owner{Environment: key.Environment, ID: key.ID}},
			Path:   path, Line: line,
		}}
	}
	in := func(l foundSecret, commit string) foundSecret {
		l.Commit, l.Date, l.Versions = commit, noon().Add(-500*24*time.Hour), 3
		return l
	}
	old := in(token(1, "deploy/天気/compose/production/docker-compose.override.yml", 12), "0123456789abcdef0123456789abcdef01234567")
	old.Owner.Old = true
	foreign := foundSecret{Finding: radar.Finding{Secret: radar.Secret{Kind: radar.Token, ID: 7009998887}, Path: "old/\u202egnp.\x1b[31mbackup.tar.gz!.env", Line: 3, Encoding: "base64"}}
	session := token(5, "worker.session", 0)
	session.Kind, session.Format, session.Owner.Session = radar.Session, "telethon", store.DefaultSession
	user := foundSecret{Finding: radar.Finding{Secret: radar.Secret{Kind: radar.Session, User: true, Format: "pyrogram"}, Path: "me.session"}}
	hash := foundSecret{Finding: radar.Finding{Secret: radar.Secret{Kind: radar.APIHash, Known: true, Owner: radar.Owner{ID: 10001}}, Path: "config.py", Line: 4}}
	message := in(token(0, "", 1), "fedcba9876543210fedcba9876543210fedcba98")
	message.Message = true
	other := token(4, "notes.txt", 1)
	other.Known, other.Owner = false, radar.Owner{}
	return scanned{
		secrets: []foundSecret{token(0, "src/config.py", 12), foreign, session, user, hash, other, old, message},
		report: radar.Report{Files: 1204, Blobs: 312, Bytes: 56_000_000, Ignored: 2, Links: 1, Repositories: 1, Unread: []radar.Unread{
			{Path: "secret\x1b[2J.zip", Err: radar.ErrEncrypted},
		}},
		known: fleet.Marked{Bots: 5, Unmarked: 2},
	}
}

// answeredScan is what was found, with answers about the tokens.
func answeredScan() scanned {
	found := someScanned()
	found.asked, found.unasked = true, &telegram.Error{Kind: telegram.Unreachable}
	for i, verdict := range []fleet.TokenVerdict{fleet.TokenAlive, fleet.TokenRevoked} {
		found.secrets[i].asked, found.secrets[i].verdict = true, verdict
	}
	found.secrets[6].asked = true
	return found
}

func findingsOf(sh *shell, found scanned) screen { return newFindings(newScan(sh).(scan), found) }

// scanRuns is a scan that has come some way.
func scanRuns(sh *shell) screen {
	form := newScan(sh).(scan)
	form.form = form.form.with(form.form.focused().set("~/src"))
	started, _ := form.start()
	s := started.(scan)
	s.progress.Files.Store(1204)
	s.progress.Bytes.Store(56_000_000)
	s.progress.Findings.Store(3)
	s.pace = newPace(noon(), 0).at(noon().Add(2*time.Second), 56_000_000)
	return s
}

// scansOf opens the screens of a scan.
func scansOf(on func(string, []fleet.Bot, func(*shell) screen)) {
	list := func(found func() scanned, pressed ...string) func(*shell) screen {
		return func(sh *shell) screen { return drive(findingsOf(sh, found()), pressed...) }
	}
	form := func(pressed ...string) func(*shell) screen {
		return func(sh *shell) screen { return drive(newScan(sh), pressed...) }
	}
	on("scan", someBots(), newScan)
	on("scan of a path", someBots(), form("/"))
	on("scan, at a choice", someBots(), form("tab"))
	on("scan, at the question", someBots(), form("tab", "tab", "tab", "right"))
	on("scan, running", someBots(), scanRuns)
	on("scan, asking", someBots(), func(sh *shell) screen {
		s := scanRuns(sh).(scan)
		s.progress.toAsk.Store(12)
		s.progress.asked.Store(5)
		return s
	})
	on("scan, stopping", someBots(), func(sh *shell) screen { return drive(scanRuns(sh), "esc") })
	on("findings", someBots(), list(someScanned))
	on("findings, at one of nobody", someBots(), list(someScanned, "j"))
	on("findings, answered", someBots(), list(answeredScan))
	on("findings, what was left out", someBots(), list(someScanned, "right"))
	on("findings, none", nil, list(func() scanned { return scanned{} }))
	on("findings, low", someBots(), func(sh *shell) screen {
		sh.body = bodySize(size{40, 10})
		return drive(findingsOf(sh, answeredScan()), "right", "j")
	})
}

func TestScanLooks(t *testing.T) {
	for name, open := range map[string]func(*shell) screen{
		"form": newScan,
		"question": func(sh *shell) screen {
			s := newScan(sh).(scan)
			s.form = s.form.focus(fieldAlive)
			return drive(s, "right")
		},
		"running":  scanRuns,
		"findings": func(sh *shell) screen { return findingsOf(sh, someScanned()) },
		"answered": func(sh *shell) screen { return drive(findingsOf(sh, answeredScan()), "j") },
		"left out": func(sh *shell) screen { return drive(findingsOf(sh, answeredScan()), "right") },
	} {
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) {
				sh := testShell(t, someBots()...)
				return sh, open(sh)
			}, nil)
		})
	}
	t.Run("40x12", func(t *testing.T) {
		sh := testShell(t, someBots()...)
		screentest.Run(t, still{root{sh: sh, screen: findingsOf(sh, someScanned())}}, 40, 12, screentest.Dark).Golden()
	})
}

// Where there is little room the field that is typed into has it, and what went wrong.
func TestScanFormInLittleRoom(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.body = size{30, 4}
	unhurried(sh)
	s := drive(newScan(sh), "tab", "tab")
	for _, want := range []string{"3/4", "Git-ignored", "leave it out"} {
		if text := plainView(s, 30, 4); !strings.Contains(text, want) {
			t.Errorf("%q is not on the screen:\n%s", want, text)
		}
	}
}

// What a repository calls its files cannot speak to the terminal.
func TestLeaksCannotSpeakToTheTerminal(t *testing.T) {
	sh := testShell(t, someBots()...)
	for _, at := range []size{{100, 25}, {80, 19}, {40, 7}} {
		sh.body = at
		for _, keys := range [][]string{{"j"}, {"right"}} {
			v := drive(findingsOf(sh, someScanned()), keys...).View(at)
			for _, line := range append(v.body, v.status) {
				if strings.ContainsAny(line, "\u202e\a") || strings.Contains(line, "\x1b[2J") || strings.Contains(line, "\x1b[31m") {
					t.Errorf("%q is drawn", line)
				}
			}
		}
	}
}

// Where one can go from a finding depends on whose it is.
func TestLeaksLeadOn(t *testing.T) {
	sh := testShell(t, someBots()...)
	sh.body = bodySize(size{80, 24})
	s := findingsOf(sh, someScanned())
	sees(t, s, "8 findings in 1204 files and 312 versions in the history.", "2 bots of this ring would not be known again. r on Keyring (4) changes that.",
		"src/config.py:12", "not on this ring", "N replaces it")
	if c, ok := drive(s, "enter").(card); !ok || c.key != sh.bots[0].Key {
		t.Errorf("enter leads to %T", drive(s, "enter"))
	}
	if back, ok := drive(s, "enter", "esc").(findings); !ok || back.at != 0 {
		t.Error("esc on the card does not lead back")
	}
	r, ok := drive(s, "N").(rotation)
	if !ok || r.bot.Key != sh.bots[0].Key {
		t.Fatalf("N leads to %T", drive(s, "N"))
	}
	stopped, _ := drive(r, "esc").Update(taskDoneMsg{task: r.task.id, err: context.Canceled})
	sees(t, stopped, "Cancelled. Nothing was changed.", "8 findings")
	if out := drive(s, "B"); !is[leak](out) {
		t.Errorf("B leads to %T", out)
	}
	for _, at := range []struct {
		pressed []string
		offers  string
	}{
		{[]string{"j"}, ""}, {[]string{"j", "j"}, "enter"}, {[]string{"j", "j", "j"}, ""}, {[]string{"j", "j", "j", "j"}, ""},
		{[]string{"G", "k"}, "enter"}, {[]string{"G"}, "enter N"},
	} {
		on := drive(s, at.pressed...)
		var offers []string
		for _, b := range on.Keys() {
			if k := b.Help().Key; k == "enter" || k == "N" {
				offers = append(offers, k)
			}
		}
		if got := strings.Join(offers, " "); got != at.offers {
			t.Errorf("after %v: %q is offered, want %q", at.pressed, got, at.offers)
		}
		if _, stays := drive(on, "N").(findings); stays == strings.Contains(at.offers, "N") {
			t.Errorf("after %v: N leads to %T", at.pressed, drive(on, "N"))
		}
	}
	sees(t, drive(s, "j"), "A token of bot 7009998887, which is not here (7009998887:•••), in base64.", "If it is yours, revoke it in @BotFather")
	sees(t, drive(s, "G", "k"), "12 in 0123456789ab of 2024-10-30 and", "An old token of 天気 Weather", "It was replaced since.")
	sees(t, drive(s, "right"), "that git ignores; the form has a choice for them.", "Not followed: 1 link.", "it has a password", "1 repository inside")
	if again, ok := drive(s, "r").(scan); !ok || again.task.id == 0 {
		t.Error("r does not scan again")
	}
}

// What was found before a scan was stopped is shown, and that it was.
func TestScanStopped(t *testing.T) {
	sh := testShell(t, someBots()...)
	running := scanRuns(sh).(scan)
	s := drive(running, "esc")
	sees(t, s, "Cancelling")
	found := someScanned()
	found.stopped = true
	s, _ = s.Update(taskDoneMsg{task: running.task.id, value: found})
	sees(t, s, "Stopped. Until then: 8 findings in 1204 files")
	s, _ = running.Update(taskDoneMsg{task: running.task.id, value: scanned{stopped: true}})
	sees(t, s, "Stopped. Until then: nothing was found in 0 files.")
	s, _ = running.Update(taskDoneMsg{task: running.task.id, err: &fs.PathError{Op: "stat", Path: "gone\x1b[2J", Err: fs.ErrNotExist}})
	sees(t, s, "“gone” cannot be searched. It is gone.")
	if strings.Contains(plainView(s, 80, 20), "[2J") {
		t.Error("a path speaks to the terminal")
	}
}

// A search that is cancelled gives back what it has.
func TestSearchStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f, err := fleet.Open(t.Context(), fleet.Options{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	sh := testShell(t, someBots()...)
	sh.fleet, sh.ctx = f, ctx
	s := drive(newScan(sh), "x").(scan)
	s.form = s.form.with(s.form.focused().set(t.TempDir()))
	cancel()
	next, cmd := s.start()
	done := endOf(t, cmd)
	found, ok := done.value.(scanned)
	if done.err != nil || !ok || !found.stopped {
		t.Errorf("it ends with %+v, %v", done.value, done.err)
	}
	if next.(scan).task.id != done.task {
		t.Error("another task has ended")
	}
}

// endOf runs what a screen has started until its task ends.
func endOf(t *testing.T, cmd tea.Cmd) taskDoneMsg {
	t.Helper()
	pending := []tea.Cmd{cmd}
	for len(pending) > 0 {
		next := pending[0]
		pending = pending[1:]
		if next == nil {
			continue
		}
		switch msg := next().(type) {
		case tea.BatchMsg:
			pending = append(pending, msg...)
		case taskDoneMsg:
			return msg
		}
	}
	t.Fatal("the task does not end")
	return taskDoneMsg{}
}

// A tab completes the path, and where there is nothing to complete goes on.
func TestScanPath(t *testing.T) {
	sh := testShell(t, someBots()...)
	unhurried(sh)
	s := drive(newScan(sh), "tab")
	if at := s.(scan).form.focused().id; at != fieldGitHistory {
		t.Errorf("tab leads to %s", at)
	}
	s = drive(newScan(sh), "/", "x", "tab")
	s, _ = s.Update(completedMsg{typed: "/x", path: "/xyz/"})
	if p := s.(scan); p.place() != "/xyz/" || !p.onPath() {
		t.Errorf("it completes to %q", p.place())
	}
	s, _ = s.Update(completedMsg{typed: "/xyz/", path: "/xyz/", others: []string{"a", "b"}})
	sees(t, s, "a  b")
	s, _ = s.Update(completedMsg{typed: "/xyz/", path: "/xyz/"})
	if at := s.(scan).form.focused().id; at != fieldGitHistory {
		t.Errorf("a whole path leads to %s", at)
	}
	s, _ = s.Update(tea.PasteMsg{Content: " /tmp\n"})
	if p := s.(scan); p.place() != "/xyz//tmp" {
		t.Errorf("a paste makes %q", p.place())
	}
	if s, _ = s.Update(tea.PasteMsg{Content: copiedToken}); !is[add](s) {
		t.Errorf("a token leads to %T", s)
	}
}

// TestManyLeaksAreDrawnAtOnce: a screen costs what it shows, not what was found.
func TestManyLeaksAreDrawnAtOnce(t *testing.T) {
	sh := testShell(t, fineBots(1000)...)
	sh.body = bodySize(size{80, 24})
	found := scanned{secrets: make([]foundSecret, 10_000)}
	for i := range found.secrets {
		found.secrets[i] = foundSecret{Finding: radar.Finding{Secret: radar.Secret{Kind: radar.Token, ID: int64(7000000000 + i%2000)}, Path: fmt.Sprintf("deep/%05d/.env", i), Line: i}}
	}
	s := findingsOf(sh, found)
	began := time.Now()
	for range 100 {
		s = drive(s, "j")
		s.View(sh.body)
	}
	if took := time.Since(began) / 100; took > 20*time.Millisecond {
		t.Errorf("a key and a frame take %v", took)
	}
	if got := len(drive(s, "G").View(sh.body).body); got != sh.body.height {
		t.Errorf("%d lines in a body of %d", got, sh.body.height)
	}
}

// scan searches a folder, from the list of two bots.
func (w *whole) scan(dir string) {
	w.See("2 bots")
	w.Type("F")
	w.See("Git-ignored")
	w.slowly(dir)
	w.slowly("")
	w.Press(uv.KeyEnter)
}

// What was replaced since a scan is told as such when one comes back to what it found: nobody is to have the new token revoked.
func TestFindingsAreLookedAtAgain(t *testing.T) {
	w := newWhole(t, 2)
	dir := t.TempDir()
	for i := 1; i <= 2; i++ {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), []byte(wholeToken(i).Reveal()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.scan(dir)
	w.See("2 findings in 2 files.")
	w.See("N replaces it")
	w.Press(uv.KeyEnter)
	w.See("Health")
	next := secret.New(strings.Replace(wholeToken(1).Reveal(), "AAH", "AAJ", 1))
	if _, err := w.fleet.ReplaceToken(t.Context(), fleet.Key{Environment: "test", ID: wholeID(1)}, next, true, nil); err != nil {
		t.Fatal(err)
	}
	w.Press(uv.KeyEscape)
	w.See("It was replaced since.")
	if text := w.Text(); strings.Contains(text, "N rotate") || !strings.Contains(text, "old token") {
		t.Errorf("it is to be replaced again:\n%s", text)
	}
	w.Type("j")
	w.See("N replaces it")
}

// TestScanLife scans a folder with a token of the ring and one that is not, and goes on from there.
func TestScanLife(t *testing.T) {
	w := newWhole(t, 2)
	api, url, err := w.telegram.ListenBotAPI()
	if err != nil {
		t.Fatal(err)
	}
	at := strings.TrimPrefix(url, "http://")
	api.Script(telegramtest.HTTPScript{Status: 200, Times: 1, Body: fmt.Sprintf(`{"ok":true,"result":{"id":%d,"is_bot":true,"first_name":"x"}}`, wholeID(2))})
	w.fleet = w.openAsking(t, "test="+url)
	if _, err := w.fleet.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.start(t)
	dir := t.TempDir()
	foreign := secret.New("7009998887:AAHk3vQd0ZlM_x8r-TtYw2BnJ5cPfGuLsEo")
	for name, text := range map[string]string{"config.py": "#\nTOKEN = '" + wholeToken(2).Reveal() + "'\n", "notes\x1b]0;x\a.txt": foreign.Reveal()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.scan(dir)
	w.See("2 findings in 2 files.")
	w.See("Whole 2")
	w.See("config.py:2")
	w.See("not on this ring")
	if strings.Contains(w.Text(), "AAH") {
		t.Errorf("a secret is on the screen:\n%s", w.Text())
	}
	w.Press(uv.KeyEnter)
	w.See("Health")
	w.See("@whole_2_bot")
	w.Press(uv.KeyEscape)
	w.See("2 findings")
	w.Type("N")
	w.See("Rotate the token of Whole 2")
	w.See("BotFather")
	w.Press(uv.KeyEscape)
	w.See("2 findings")
	w.Type("j")
	w.See("A token of bot 7009998887, which is not here")
	w.Press(uv.KeyEscape)
	w.See("Git history")
	w.slowly("")
	w.Press(uv.KeyDown)
	w.slowly("")
	w.Press(uv.KeyDown)
	w.slowly("")
	w.Press(uv.KeyDown)
	w.See("Asking sends them to " + at)
	w.Press(uv.KeyRight)
	w.See("ask " + at)
	w.slowly("")
	w.Press(uv.KeyEnter)
	w.See("alive")
	w.See("revoked")
	if asked := api.Asked(); len(asked) != 2 {
		t.Errorf("asked %+v", asked)
	}
	w.Press(uv.KeyEscape)
	w.See("Git history")
	w.Press(uv.KeyEscape)
	w.See("2 bots")
}
