package ui

import (
	"fmt"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// appCard shows one app: whether Telegram holds it back, and the bots that log in with it.
type appCard struct {
	sh     *shell
	apiID  int
	at     int // which of the bots is selected
	notice string
}

func newAppCard(sh *shell, apiID int, notice string) screen {
	return appCard{sh: sh, apiID: apiID, notice: notice}
}

func (a appCard) Typing() bool { return false }

// app is the app as it is now, false when it is gone.
func (a appCard) app() (fleet.App, bool) {
	for _, app := range a.sh.apps {
		if app.APIID == a.apiID {
			return app, true
		}
	}
	return fleet.App{}, false
}

func (a appCard) Update(msg tea.Msg) (screen, tea.Cmd) {
	app, known := a.app()
	if !known {
		return newAppsAt(a.sh, 0, "That app is no longer in the catalogue."), nil
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return a, nil
	}
	sh, keys, users := a.sh, a.sh.keys, a.sh.usersOf(app)
	a.at = max(0, min(a.at, len(users)-1))
	a.notice = ""
	switch {
	case key.Matches(press, keys.open) && len(users) > 0:
		sh.list.find(users[a.at].Key)
		return card{sh: sh, key: users[a.at].Key, from: a}, nil
	case key.Matches(press, keys.edit):
		return newAppEdit(sh, app), nil
	case key.Matches(press, keys.otherApp) && len(users) > 0:
		return newPickApp(sh, users, 0, a), nil
	case key.Matches(press, keys.back, keys.quit):
		return newAppsAt(sh, a.apiID, ""), nil
	case key.Matches(press, keys.bots):
		return sh.home(), nil
	}
	by, moved := a.sh.keys.steps(press, a.sh.body.height/2, len(users))
	if moved {
		a.at = max(0, min(a.at+by, len(users)-1))
	}
	return a, nil
}

func (a appCard) Keys() []key.Binding {
	k := a.sh.keys
	app, _ := a.app()
	users := a.sh.usersOf(app)
	keys := []key.Binding{k.edit}
	if len(users) > 0 {
		keys = []key.Binding{as(k.open, "open the bot"), k.edit, as(k.otherApp, a.sh.words("move them to another app", "another app"))}
	}
	keys = append(keys, k.back, k.bots)
	if len(users) > 1 {
		keys = append(keys, k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp)
	}
	return append(keys, as(k.quit, "back"))
}

func (a appCard) View(size size) view {
	t, now := a.sh.theme, a.sh.now()
	app, _ := a.app()
	v := view{trail: fmt.Sprintf("%s %s api_id %d", fault.Clean(app.Name), t.glyphs.dot, app.APIID), status: a.notice}
	for _, line := range a.held(app) {
		v.body = append(v.body, prose(line, size.width)...)
	}
	if problem := published(app.APIID); problem != nil {
		v.body = append(v.body, prose(t.waiting.Render(fault.Of(problem).What), size.width)...)
	}
	users := a.sh.usersOf(app)
	if len(users) == 0 {
		v.body = append(v.body, prose("No bot logs in with it.", size.width)...)
		return v
	}
	m := margin(size.width)
	v.body = append(v.body, indentBy(m)+t.dim.Render(count(len(users), "bot")+" log in with it:"))
	if len(users) == 1 {
		v.body[len(v.body)-1] = indentBy(m) + t.dim.Render("1 bot logs in with it:")
	}
	height := max(1, size.height-len(v.body))
	at := max(0, min(a.at, len(users)-1))
	top := clamp(at-height/2, 0, max(0, len(users)-height))
	names := clamp(size.width/2-6, 8, summaryName)
	for i := top; i < min(top+height, len(users)); i++ {
		bar, style := " ", t.text
		if i == at {
			bar, style = t.focus.Render(t.glyphs.row), t.strong
		}
		mark, state := fault.State(users[i], now)
		if wait := users[i].FloodUntil; wait.After(now) && mark == fault.OK {
			state += ", no login before " + clockTime(wait, now)
		}
		line := " " + bar + " " + t.mark(mark) + " " + style.Render(t.pad(displayName(users[i]), names)) + "  " + t.dim.Render(state)
		v.body = append(v.body, t.cut(line, size.width))
	}
	return v
}

// held says what Telegram holds back of an app, in sentences.
func (a appCard) held(app fleet.App) []string {
	t, now := a.sh.theme, a.sh.now()
	var lines []string
	if until := a.sh.appWait(app); !until.IsZero() {
		says := fmt.Sprintf("Telegram asked the whole api_id to wait: no login with it before %s, in %s.", clockTime(until, now), fault.Duration(until.Sub(now)))
		lines = append(lines, t.waiting.Render(t.glyphs.waiting+" "+says))
	}
	if n, last := a.sh.botsWait(app); n > 0 {
		says := fmt.Sprintf("%s told to wait before the next login, the last until %s.", was(n), clockTime(last, now))
		lines = append(lines, t.waiting.Render(t.glyphs.waiting+" "+says))
	}
	return lines
}

func was(n int) string {
	if n == 1 {
		return "1 bot was"
	}
	return count(n, "bot") + " were"
}

// appWait is until when no bot of an app may log in, since its api_id was told to wait; zero if it was not.
func (sh *shell) appWait(app fleet.App) time.Time {
	var until time.Time
	for _, w := range sh.waits {
		if w.ID == 0 && w.APIID == app.APIID && w.Method == store.MethodLogin && w.Until.After(sh.now()) && w.Until.After(until) {
			until = w.Until
		}
	}
	return until
}

// botsWait is how many bots of an app were told to wait themselves, and until when the last of them has to.
func (sh *shell) botsWait(app fleet.App) (n int, last time.Time) {
	for _, w := range sh.waits {
		if w.ID == 0 || w.APIID != app.APIID || w.Method != store.MethodLogin || !w.Until.After(sh.now()) {
			continue
		}
		n++
		if w.Until.After(last) {
			last = w.Until
		}
	}
	return n, last
}
