package ui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/keyring"
	"botring/ui/internal/screentest"
)

// appsShell has an app that bots use, one that none uses, and a published one.
func appsShell(t *testing.T) *shell {
	t.Helper()
	sh := testShell(t, someBots()...)
	sh.body = bodySize(size{100, 30})
	sh.took(catalogueMsg{bots: sh.bots, apps: []fleet.App{
		{Name: "main", APIID: 10001, Bots: 6}, {Name: "legacy 天気", APIID: 10003}, {Name: "sample", APIID: 17349},
	}})
	return sh
}

func TestAppsLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := appsShell(t)
		return sh, newApps(sh)
	}, nil)
}

func TestNoAppsLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := testShell(t)
		sh.apps = nil
		return sh, newApps(sh)
	}, nil)
}

func TestAppsGoPlaces(t *testing.T) {
	for _, c := range []struct {
		key  string
		want func(screen) bool
	}{
		{"a", is[appForm]}, {"enter", is[appCard]}, {"E", is[appForm]}, {"1", is[bots]}, {"esc", is[bots]}, {"q", is[bots]}, {"j", is[apps]},
	} {
		if next := drive(newApps(appsShell(t)), c.key); !c.want(next) {
			t.Errorf("%s leads to %T", c.key, next)
		}
	}
}

func TestAppsMove(t *testing.T) {
	sh := appsShell(t)
	for _, c := range []struct {
		keys string
		want int
	}{{"", 10001}, {"j", 10003}, {"jjjj", 17349}, {"jjk", 10003}, {"G", 17349}, {"Gg", 10001}, {"k", 10001}} {
		s := drive(newApps(sh), strings.Split(c.keys, "")...)
		if app, _ := s.(apps).current(); app.APIID != c.want {
			t.Errorf("%q leads to %d, want %d", c.keys, app.APIID, c.want)
		}
	}
}

func TestAppInUseStays(t *testing.T) {
	sh := appsShell(t)
	s := drive(newApps(sh), "d")
	a, ok := s.(appCard)
	if !ok || !strings.Contains(a.notice, "main is in use") {
		t.Fatalf("on %T", s)
	}
	sees(t, s, "Shop orders", "Alerts")
}

func TestAppRemoved(t *testing.T) {
	sh := appsShell(t)
	s := drive(newApps(sh), "j", "d", "enter")
	if a := s.(apps); !a.asking || a.task.id != 0 {
		t.Fatal("enter at once removes the app")
	}
	unhurried(sh)
	s = drive(s, "enter")
	if s.(apps).task.id == 0 {
		t.Fatal("enter does not remove the app")
	}
	failed, _ := s.Update(taskDoneMsg{task: s.(apps).task.id, err: keyring.ErrDenied})
	if a := failed.(apps); a.notice == "" || a.task.id != 0 {
		t.Errorf("after a failure: %q", a.notice)
	}
	s, cmd := s.Update(taskDoneMsg{task: s.(apps).task.id})
	if a := s.(apps); !strings.Contains(a.notice, "removed") || cmd == nil {
		t.Errorf("after the removal: %q", a.notice)
	}
}

func TestAppKept(t *testing.T) {
	s := drive(newApps(appsShell(t)), "j", "d", "esc")
	if a := s.(apps); a.asking || a.task.id != 0 {
		t.Error("esc does not keep the app")
	}
}

func TestAppFormLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := appsShell(t)
		return sh, newAppForm(sh)
	}, func(on *screentest.Screen) {
		on.See("api_id")
		on.Paste("API_ID=17349\nAPI_HASH=0123456789abcdef0123456789abcdef")
		on.See("17349")
	})
}

func TestAppEditLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh := appsShell(t)
		return sh, newAppEdit(sh, sh.apps[0])
	}, nil)
}

func TestAppFormSaves(t *testing.T) {
	sh := appsShell(t)
	unhurried(sh)
	s := newAppForm(sh)
	s, _ = s.Update(tea.PasteMsg{Content: "App api_id:\n20002\nApp api_hash:\n0123456789abcdef0123456789abcdef\n"})
	s = drive(s, "enter")
	a, ok := s.(appForm)
	if !ok || a.task.id == 0 {
		t.Fatal("enter does not save")
	}
	refused, _ := s.Update(taskDoneMsg{task: a.task.id, err: &fleet.InputError{Field: fleet.FieldAPIID, Problem: fleet.ProblemTaken, Got: "20002"}})
	if f := refused.(appForm); f.task.id != 0 || f.form.field(fleet.FieldAPIID).refused == nil {
		t.Error("the problem does not stand under its field")
	}
	failed, _ := s.Update(taskDoneMsg{task: a.task.id, err: keyring.ErrLocked})
	if f := failed.(appForm); f.notice == "" || f.form.field(fleet.FieldAPIHash).value() == "" {
		t.Errorf("after a failure: %q", f.notice)
	}
	s, cmd := s.Update(taskDoneMsg{task: a.task.id, value: fleet.App{Name: "app 2", APIID: 20002}})
	if list, ok := s.(apps); !ok || list.selected != 20002 || cmd == nil {
		t.Errorf("after saving on %T", s)
	}
}

func TestAppFormEmpty(t *testing.T) {
	sh := appsShell(t)
	unhurried(sh)
	if a := drive(newAppForm(sh), "enter").(appForm); a.task.id != 0 {
		t.Error("an empty form is saved")
	}
	if !is[apps](drive(newAppForm(sh), "esc")) {
		t.Error("esc does not go back")
	}
}

func TestFreeAppName(t *testing.T) {
	sh := testShell(t)
	for _, c := range []struct {
		taken []string
		want  string
	}{{nil, "main"}, {[]string{"Main"}, "app 2"}, {[]string{"main", "app 2", "x"}, "app 3"}} {
		sh.apps = nil
		for _, name := range c.taken {
			sh.apps = append(sh.apps, fleet.App{Name: name})
		}
		if got := sh.freeAppName(); got != c.want {
			t.Errorf("beside %v: %q, want %q", c.taken, got, c.want)
		}
	}
}
