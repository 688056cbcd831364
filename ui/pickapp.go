package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
)

// pickApp has bots log in with another app from now on.
type pickApp struct {
	sh     *shell
	bots   []fleet.Bot
	hidden int // how many of them the filter does not show
	// from is the screen that asked, home when nil.
	from screen
	// selected is the api_id of the row with the bar: apps come and go.
	selected int
	asked    guard
	task     task
	// to is the app that they are being moved to.
	to fleet.App
	// cancelling: the move was told to end.
	cancelling bool
	says       string
}

// newPickApp asks which app bots, hidden of which the filter does not show, are to log in with.
func newPickApp(sh *shell, bots []fleet.Bot, hidden int, from screen) screen {
	p := pickApp{sh: sh, bots: bots, hidden: hidden, from: from, asked: guard{sh.now()}}
	return p.move(0)
}

func (p pickApp) Typing() bool { return false }

func (p pickApp) notice(text string) screen { p.says = text; return p }

func (p pickApp) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if p.task.id != 0 && msg.task == p.task.id {
			return p.moved(msg)
		}
	case catalogueMsg:
		if len(p.sh.apps) > 0 && p.current().APIID != p.selected {
			p = p.move(0)
			p.asked = guard{p.sh.now()} // the bar stands on another one
		}
	case tea.KeyPressMsg:
		return p.press(msg)
	}
	return p, nil
}

func (p pickApp) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := p.sh.keys
	by, moved := keys.steps(msg, p.sh.body.height/2, len(p.sh.apps))
	switch {
	case p.task.id != 0:
		if key.Matches(msg, keys.back) {
			p.task.cancel()
			p.cancelling = true
		}
	case key.Matches(msg, keys.back, keys.quit):
		return p.leave(), nil
	case key.Matches(msg, keys.add):
		form := newAppForm(p.sh).(appForm)
		form.from = p
		return form, nil
	case moved:
		return p.move(by), nil
	case key.Matches(msg, keys.open) && len(p.sh.apps) > 0 && p.asked.ready(p.sh.now()):
		return p.start()
	}
	p.says = ""
	return p, nil
}

func (p pickApp) move(n int) pickApp {
	if all := p.sh.apps; len(all) > 0 {
		p.selected = all[clamp(p.at()+n, 0, len(all)-1)].APIID
	}
	p.says = ""
	return p
}

// at is the index of the selected app, 0 when it is gone.
func (p pickApp) at() int {
	return max(0, slices.IndexFunc(p.sh.apps, func(a fleet.App) bool { return a.APIID == p.selected }))
}

func (p pickApp) leave() screen {
	if p.from != nil {
		return p.from
	}
	return p.sh.home()
}

// current is the selected app, where there is one.
func (p pickApp) current() fleet.App { return p.sh.apps[p.at()] }

// start moves those that have another app.
func (p pickApp) start() (screen, tea.Cmd) {
	sh, app := p.sh, p.current()
	var keys []fleet.Key
	for _, b := range p.bots {
		if b.APIID != app.APIID {
			keys = append(keys, b.Key)
		}
	}
	if len(keys) == 0 {
		p.says = p.sh.already(p.bots, app)
		return p, nil
	}
	p.to = app
	var cmd tea.Cmd
	p.task, cmd = sh.start("save", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		return sh.fleet.UseApp(ctx, keys, app.APIID)
	})
	return p, cmd
}

func (sh *shell) already(bots []fleet.Bot, app fleet.App) string {
	if len(bots) == 1 {
		return displayName(bots[0]) + " logs in with " + fault.Clean(app.Name) + " already."
	}
	return "They all log in with " + fault.Clean(app.Name) + " already."
}

func (p pickApp) moved(msg taskDoneMsg) (screen, tea.Cmd) {
	moved, _ := msg.value.([]fleet.Bot)
	app := p.to
	for _, b := range moved {
		p.sh.replace(b)
	}
	p.task, p.cancelling = task{}, false
	switch {
	case msg.err != nil && !errors.Is(msg.err, context.Canceled):
		p.says = fault.OfAt(msg.err, p.sh.now()).What
		return p, p.sh.reload
	case msg.err != nil:
		p.sh.list.notice = fmt.Sprintf("Stopped: %d of %d moved to %s.", len(moved), len(p.bots), fault.Clean(app.Name))
	case len(moved) == 1:
		p.sh.list.notice = displayName(moved[0]) + " uses " + fault.Clean(app.Name) + " from its next login on."
	default:
		p.sh.list.notice = fmt.Sprintf("%s use %s from their next login on.", count(len(moved), "bot"), fault.Clean(app.Name))
	}
	return told(p.leave(), p.sh.list.notice), p.sh.reload
}

func (p pickApp) Keys() []key.Binding {
	k := p.sh.keys
	switch {
	case p.cancelling:
		return nil
	case p.task.id != 0:
		return []key.Binding{as(k.back, "stop")}
	}
	keys := []key.Binding{as(k.add, "add an app"), k.back}
	if len(p.sh.apps) > 0 {
		keys = append([]key.Binding{as(k.open, "move there")}, keys...)
	}
	if len(p.sh.apps) > 1 {
		keys = append(keys, k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp)
	}
	return append(keys, as(k.quit, "back"))
}

func (p pickApp) View(size size) view {
	t := p.sh.theme
	v := view{trail: "Another app for " + whom(p.bots), status: p.says}
	switch {
	case p.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case p.task.id != 0:
		v.status = "moving" + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc stops"
	}
	if len(p.sh.apps) == 0 {
		v.body = prose("No app yet: a adds one.", size.width)
		return v
	}
	if p.hidden > 0 {
		v.body = append(v.body, indentBy(margin(size.width))+t.waiting.Render(fmt.Sprintf("The filter hides %d of them.", p.hidden)), "")
	}
	why := prose("It counts from the next login on. Sessions that are there go on.", size.width)
	height := max(1, size.height-len(v.body)-len(why)-1)
	names := 0
	for _, app := range p.sh.apps {
		names = max(names, ansi.StringWidth(fault.Clean(app.Name)))
	}
	names = min(names, size.width/3)
	at := p.at()
	top := clamp(at-height/2, 0, max(0, len(p.sh.apps)-height))
	for i := top; i < min(top+height, len(p.sh.apps)); i++ {
		v.body = append(v.body, p.line(p.sh.apps[i], i == at, names, size.width))
	}
	v.body = append(append(v.body, ""), why...)
	return v
}

// line is one app, and how many of the bots have it now.
func (p pickApp) line(app fleet.App, selected bool, names, width int) string {
	t := p.sh.theme
	bar, name := "   ", t.text
	if selected {
		bar, name = " "+t.focus.Render(t.glyphs.row)+" ", t.strong
	}
	line := bar + name.Render(t.pad(fault.Clean(app.Name), names)) + "  " + t.pad(strconv.Itoa(app.APIID), apiIDCells)
	have := 0
	for _, b := range p.bots {
		if b.APIID == app.APIID {
			have++
		}
	}
	switch {
	case have == len(p.bots):
		line += "  " + t.dim.Render("the one in use")
	case have > 0:
		line += "  " + t.dim.Render(fmt.Sprintf("%d of them have it", have))
	}
	if wait := p.sh.appWait(app); !wait.IsZero() {
		line += "  " + t.waiting.Render(t.glyphs.waiting+" until "+clockTime(wait, p.sh.now()))
	}
	return t.cut(line, width)
}
