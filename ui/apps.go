package ui

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
)

// apps lists the apps that bots log in with. Their api_hashes stay in the keyring and are never shown.
type apps struct {
	sh *shell
	// selected is the api_id of the row with the bar: rows come and go.
	selected int
	// asking: the selected app is to be removed.
	asking bool
	asked  guard
	task   task
	// cancelling: the removal was told to end.
	cancelling bool
	notice     string
}

// newApps lists the apps.
func newApps(sh *shell) screen { return newAppsAt(sh, 0, "") }

// newAppsAt lists the apps with one selected and a word on what was just done.
func newAppsAt(sh *shell, apiID int, notice string) screen {
	return apps{sh: sh, selected: apiID, notice: notice}
}

func (a apps) Typing() bool { return false }

// at is the index of the selected app, 0 when it is gone.
func (a apps) at() int {
	for i, app := range a.sh.apps {
		if app.APIID == a.selected {
			return i
		}
	}
	return 0
}

// current is the selected app, if there is any.
func (a apps) current() (fleet.App, bool) {
	if len(a.sh.apps) == 0 {
		return fleet.App{}, false
	}
	return a.sh.apps[a.at()], true
}

func (a apps) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if a.task.id != 0 && msg.task == a.task.id {
			return a.removed(msg)
		}
	case tea.KeyPressMsg:
		switch {
		case a.task.id != 0:
			if key.Matches(msg, a.sh.keys.back) {
				a.task.cancel()
				a.cancelling = true
			}
		case a.asking:
			return a.answer(msg)
		default:
			a.notice = ""
			return a.press(msg)
		}
	}
	return a, nil
}

func (a apps) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys := a.sh, a.sh.keys
	if by, moved := keys.steps(msg, sh.body.height/2, len(sh.apps)); moved {
		return a.move(by), nil
	}
	app, ok := a.current()
	switch {
	case key.Matches(msg, keys.add):
		return newAppForm(sh), nil
	case key.Matches(msg, keys.open) && ok:
		return newAppCard(sh, app.APIID, ""), nil
	case key.Matches(msg, keys.edit) && ok:
		return newAppEdit(sh, app), nil
	case key.Matches(msg, keys.remove) && ok:
		return a.ask(app), nil
	case key.Matches(msg, keys.history):
		return newHistory(sh)
	case key.Matches(msg, keys.keyring):
		return newKeyring(sh)
	case key.Matches(msg, keys.bots, keys.back, keys.quit):
		return sh.home(), nil
	}
	return a, nil
}

func (a apps) move(n int) apps {
	if len(a.sh.apps) > 0 {
		a.selected = a.sh.apps[clamp(a.at()+n, 0, len(a.sh.apps)-1)].APIID
	}
	return a
}

// ask asks whether to remove an app, or shows the bots that keep it from being removed.
func (a apps) ask(app fleet.App) screen {
	if users := a.sh.usersOf(app); len(users) > 0 || app.Bots > 0 {
		says := fault.Of(&fleet.AppInUseError{App: app, Bots: users}).What
		return newAppCard(a.sh, app.APIID, says+" "+raised(a.sh.keys.otherApp.Help().Key)+" moves its bots to another one.")
	}
	a.selected, a.asking, a.asked = app.APIID, true, guard{a.sh.now()}
	return a
}

// usersOf are the bots that log in with an app.
func (sh *shell) usersOf(app fleet.App) []fleet.Bot {
	var users []fleet.Bot
	for _, b := range sh.bots {
		if b.APIID == app.APIID {
			users = append(users, b)
		}
	}
	return users
}

func (a apps) answer(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	switch keys := a.sh.keys; {
	case key.Matches(msg, keys.back):
		a.asking = false
	case key.Matches(msg, keys.open) && a.asked.ready(a.sh.now()):
		sh, id := a.sh, a.selected
		a.asking = false
		var cmd tea.Cmd
		a.task, cmd = sh.start("removal", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
			return nil, sh.fleet.RemoveApp(ctx, id)
		})
		return a, cmd
	}
	return a, nil
}

func (a apps) removed(msg taskDoneMsg) (screen, tea.Cmd) {
	a.task, a.cancelling = task{}, false
	switch {
	case msg.err == nil:
		a.notice = "The app was removed."
	case errors.Is(msg.err, context.Canceled):
		a.notice = "Cancelled."
	default:
		a.notice = fault.Of(msg.err).What
	}
	return a, a.sh.reload
}

func (a apps) Keys() []key.Binding {
	k := a.sh.keys
	switch {
	case a.cancelling:
		return nil
	case a.task.id != 0:
		return []key.Binding{as(k.back, "cancel")}
	case a.asking:
		return []key.Binding{as(k.open, "remove"), as(k.back, "keep it")}
	case len(a.sh.apps) == 0:
		return []key.Binding{as(k.add, "add an app"), k.bots, k.history, k.keyring, k.back, as(k.quit, "back")}
	}
	return []key.Binding{
		as(k.add, a.sh.words("add an app", "add")), as(k.open, "its bots"), k.edit, k.remove, k.bots, k.history, k.keyring, k.back,
		k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp, as(k.quit, "back"),
	}
}

func (a apps) View(size size) view {
	t := a.sh.theme
	v := view{tab: tabApps, status: a.status()}
	if len(a.sh.apps) == 0 {
		v.body = prose("No app yet. An app is the api_id and api_hash of my.telegram.org/apps: made once, shared by all your bots.", size.width)
		return v
	}
	names := 4
	for _, app := range a.sh.apps {
		names = max(names, ansi.StringWidth(fault.Clean(app.Name)))
	}
	names = min(names, size.width/3)
	v.body = append(v.body, t.dim.Render("   "+t.pad("App", names)+"  "+t.pad("api_id", apiIDCells)+"  Bots"))
	height := max(1, size.height-1)
	at := a.at()
	top := clamp(at-height/2, 0, max(0, len(a.sh.apps)-height))
	for i := top; i < min(top+height, len(a.sh.apps)); i++ {
		v.body = append(v.body, a.line(a.sh.apps[i], i == at, names, size.width))
	}
	return v
}

// apiIDCells is the width of the largest api_id, 2^31-1.
const apiIDCells = 10

func (a apps) line(app fleet.App, selected bool, names, width int) string {
	t := a.sh.theme
	bar, name := "   ", t.text
	if selected {
		bar, name = " "+t.focus.Render(t.glyphs.row)+" ", t.strong
	}
	bots := "none"
	if app.Bots > 0 {
		bots = count(app.Bots, "bot")
	}
	line := bar + name.Render(t.pad(fault.Clean(app.Name), names)) + "  " + t.pad(strconv.Itoa(app.APIID), apiIDCells) + "  " + t.dim.Render(bots)
	if says := a.waits(app); says != "" {
		line += "  " + t.waiting.Render(t.glyphs.waiting+" "+says)
	}
	if published(app.APIID) != nil {
		line += "  " + t.waiting.Render(t.glyphs.waiting)
		if says := " published, use your own"; ansi.StringWidth(line)+len(says) < width {
			line += t.waiting.Render(says)
		}
	}
	return t.cut(line, width)
}

// waits is what Telegram holds back of an app, in a few words.
func (a apps) waits(app fleet.App) string {
	if until := a.sh.appWait(app); !until.IsZero() {
		return "no login before " + clockTime(until, a.sh.now())
	}
	if n, last := a.sh.botsWait(app); n > 0 {
		if n == 1 {
			return "1 waits until " + clockTime(last, a.sh.now())
		}
		return fmt.Sprintf("%d wait until %s", n, clockTime(last, a.sh.now()))
	}
	return ""
}

// published is the warning about an api_id that anybody can know, nil for any other.
func published(apiID int) *fleet.InputError {
	_, problem := fleet.CheckAPIID(strconv.Itoa(apiID))
	if problem != nil && problem.Problem == fleet.ProblemPublished {
		return problem
	}
	return nil
}

func (a apps) status() string {
	t := a.sh.theme
	switch {
	case a.cancelling:
		return "Cancelling" + t.glyphs.ellipsis
	case a.task.id != 0:
		return "removing" + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	case a.asking:
		app, _ := a.current()
		return t.waiting.Render(fmt.Sprintf("Remove %s and its api_hash from this keyring?", fault.Clean(app.Name)))
	case a.notice != "":
		return a.notice
	}
	app, _ := a.current()
	if problem := published(app.APIID); problem != nil {
		return t.waiting.Render(fault.Of(problem).What)
	}
	users := a.sh.usersOf(app)
	if len(users) == 0 {
		return ""
	}
	names := make([]string, len(users))
	for i, b := range users {
		names[i] = displayName(b)
	}
	return t.dim.Render("used by " + strings.Join(names, ", "))
}
