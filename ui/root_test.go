package ui

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"botring/fleet"
	"botring/fleet/store"
	"botring/keyring"
	"botring/ui/internal/screentest"
)

// homeOf is a home whose catalogue has these bots.
func homeOf(t *testing.T, bots []fleet.Bot) string {
	t.Helper()
	home := t.TempDir()
	catalogue, err := store.Open(t.Context(), filepath.Join(home, "catalogue.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bot := range bots {
		if err := catalogue.Commit(t.Context(), store.Save{Key: bot.Key, Edit: func(b *fleet.Bot) { *b = bot }}); err != nil {
			t.Fatal(err)
		}
	}
	if err := catalogue.Close(); err != nil {
		t.Fatal(err)
	}
	return home
}

// The list is on the screen before the keyring is asked for anything, and goes on working while the
// keyring does not answer.
func TestListComesBeforeTheKeyring(t *testing.T) {
	screen := make(chan *screentest.Screen, 1)
	asked := make(chan string, 1)
	release := make(chan struct{})
	f, err := fleet.Open(t.Context(), fleet.Options{
		Home: homeOf(t, someBots()),
		OpenRing: func(context.Context) (*keyring.Ring, error) {
			asked <- (<-screen).Text()
			<-release
			return nil, keyring.ErrUnavailable
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	defer close(release)
	model, err := newRoot(t.Context(), Options{Fleet: f, Environ: []string{"TERM=xterm-256color", "LANG=C.UTF-8"}})
	if err != nil {
		t.Fatal(err)
	}
	s := screentest.Run(t, model, 100, 30, screentest.Dark)
	screen <- s
	select {
	case text := <-asked:
		if !strings.Contains(text, "7 bots") {
			t.Errorf("when the keyring was asked, the screen was:\n%s", text)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the keyring is never asked for")
	}
	s.Type("/shop")
	s.See("1 of 7 bots")
}

// running is a shell with a call that ends when it is told to, or when it is cancelled and lets.
func running(t *testing.T, sh *shell) (cancelled chan struct{}, end chan struct{}) {
	t.Helper()
	cancelled, end = make(chan struct{}), make(chan struct{})
	_, cmd := sh.start("login", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		<-ctx.Done()
		close(cancelled)
		<-end
		return nil, context.Cause(ctx)
	})
	for _, part := range cmd().(tea.BatchMsg) {
		go part()
	}
	return cancelled, end
}

func TestQuitAsksWhileCallsRun(t *testing.T) {
	sh := testShell(t, someBots()...)
	t1, _ := sh.start("login", nil)
	s := screentest.Run(t, still{root{sh: sh, screen: newBots(sh)}}, 80, 24, screentest.Dark)
	s.See("7 bots")
	s.Type("q")
	s.See("1 call is running")
	s.Press(uv.KeyEscape)
	s.See("7 bots")
	s.Type("q")
	s.See("1 call is running")
	s.Press(uv.KeyEnter)
	s.See("Leaving")
	s.Send(taskDoneMsg{task: t1.id, err: errStopped})
	if err := s.Ended(); err != nil {
		t.Error(err)
	}
}

func TestLeavingWaitsForWhatIsCancelledAndNoLonger(t *testing.T) {
	sh := testShell(t, someBots()...)
	cancelled, end := running(t, sh)
	defer close(end)
	s := screentest.Run(t, still{root{sh: sh, screen: newBots(sh)}}, 80, 24, screentest.Dark)
	s.See("7 bots")
	began := time.Now()
	s.Ctrl('c')
	s.See("Leaving")
	<-cancelled
	if err := s.Ended(); err != nil { // it never ends: the time does
		t.Error(err)
	}
	if took := time.Since(began); took < leaveTime || took > leaveTime+3*time.Second {
		t.Errorf("it left after %v", took)
	}
}

func TestLeavingTwiceLeavesAtOnce(t *testing.T) {
	sh := testShell(t, someBots()...)
	_, end := running(t, sh)
	defer close(end)
	s := screentest.Run(t, still{root{sh: sh, screen: newBots(sh)}}, 80, 24, screentest.Dark)
	s.See("7 bots")
	began := time.Now()
	s.Ctrl('c')
	s.See("Leaving")
	s.Ctrl('c')
	if err := s.Ended(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took >= leaveTime {
		t.Errorf("it left after %v", took)
	}
}

func TestHelpLiesOverEveryScreen(t *testing.T) {
	sh := testShell(t, someBots()...)
	s := screentest.Run(t, still{root{sh: sh, screen: newBots(sh)}}, 100, 30, screentest.Dark)
	s.See("7 bots")
	s.Type("?")
	s.See("half a page")
	s.Press(uv.KeyEscape)
	s.Gone("half a page")
	// Where text is typed, ? is text and F1 the way.
	s.Type("/?")
	s.See("/ ?")
	s.Press(uv.KeyF1)
	s.See("all bots")
	s.Press(uv.KeyF1)
	s.See("/ ?")
}

// asksOnly is a root that does at its start what all do, and then nothing by itself.
type asksOnly struct{ still }

func (a asksOnly) Init() tea.Cmd { return tea.RequestBackgroundColor }

func (a asksOnly) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	model, cmd := a.still.Update(msg)
	return asksOnly{model.(still)}, cmd
}

func TestColoursFollowTheBackground(t *testing.T) {
	sh := testShell(t, someBots()...)
	s := screentest.Run(t, asksOnly{still{root{sh: sh, screen: newBots(sh)}}}, 80, 24, screentest.Light)
	s.Wrote("38;2;11;99;181") // the light theme's accent
}

func TestAStaleAnswerIsDropped(t *testing.T) {
	sh := testShell(t, someBots()...)
	model, _ := root{sh: sh, screen: newBots(sh), term: size{80, 24}}.Update(taskDoneMsg{task: 99, err: errors.New("late")})
	model, _ = model.Update(stepMsg{task: 99})
	model, _ = model.Update(errandMsg{task: 99, last: true})
	if text := model.(root).View().Content; strings.Contains(text, "late") {
		t.Errorf("the screen speaks of a task that is not its own:\n%s", text)
	}
}

func TestEnvironmentIsSwitched(t *testing.T) {
	sh := testShell(t, someBots()...)
	drive(newBots(sh), "w")
	if sh.environment != "test" || !strings.Contains(sh.list.notice, "test") {
		t.Errorf("w leads to %q and says %q", sh.environment, sh.list.notice)
	}
	drive(newBots(sh), "w")
	if sh.environment != "production" {
		t.Errorf("w does not lead back: %q", sh.environment)
	}
	sh.environment = "lab"
	sh.environments = []string{"lab"}
	drive(newBots(sh), "w")
	if sh.environment != "lab" {
		t.Errorf("w leads from a custom environment to %q", sh.environment)
	}
}

func TestTinyTerminals(t *testing.T) {
	sh := testShell(t, someBots()...)
	for _, term := range []size{{1, 1}, {2, 2}, {10, 3}, {20, 4}, {39, 9}, {300, 100}} {
		r := root{sh: sh, screen: newBots(sh), term: term}
		for _, s := range []screen{newBots(sh), newCard(sh, someBots()[0].Key), newApps(sh), newWelcome(sh)} {
			r.screen = s
			lines := strings.Split(r.View().Content, "\n")
			if len(lines) > max(term.height, 4) {
				t.Errorf("%T on %dx%d has %d lines", s, term.width, term.height, len(lines))
			}
		}
	}
}
