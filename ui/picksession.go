package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// pickSession ends one of a bot's sessions and leaves the others alone.
type pickSession struct {
	sh   *shell
	key  fleet.Key
	from screen
	// selected is the name of the session with the bar: sessions come and go.
	selected string
	// asking: whether the selected one is to be ended, which was this one when it was asked.
	asking bool
	about  fleet.Session
	asked  guard
	task   task
	step   fleet.Step
	// cancelling: esc was pressed, and the task has not ended yet.
	cancelling bool
	says       string
}

func newPickSession(sh *shell, bot fleet.Key, from screen) screen {
	return pickSession{sh: sh, key: bot, from: from}
}

func (p pickSession) Typing() bool { return false }

func (p pickSession) notice(text string) screen { p.says = text; return p }

// sessions are those to choose from: another program may have ended one meanwhile.
func (p pickSession) sessions() []fleet.Session {
	bot, _ := p.sh.bot(p.key)
	return bot.Sessions
}

func (p pickSession) current() (fleet.Session, bool) {
	all := p.sessions()
	if len(all) == 0 {
		return fleet.Session{}, false
	}
	return all[p.at()], true
}

// at is the index of the selected session, 0 when it is gone.
func (p pickSession) at() int {
	return max(0, slices.IndexFunc(p.sessions(), func(s fleet.Session) bool { return s.Name == p.selected }))
}

// stale reports whether what is asked about is no longer so: another program has ended the session, or given it away.
func (p pickSession) stale() bool {
	now, ok := p.current()
	return !ok || now.Name != p.about.Name || now.Runs != p.about.Runs || now.At != p.about.At
}

// unasked takes the question back.
func (p pickSession) unasked() pickSession {
	p.asking, p.says = false, "That session has changed meanwhile. Nothing was done."
	return p
}

func (p pickSession) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case stepMsg:
		if p.task.id != 0 && msg.task == p.task.id {
			p.step = msg.step
			return p, p.task.watch()
		}
	case taskDoneMsg:
		if p.task.id != 0 && msg.task == p.task.id {
			return p.ended(msg)
		}
	case catalogueMsg:
		if p.asking && p.stale() {
			return p.unasked(), nil
		}
	case tea.KeyPressMsg:
		return p.press(msg)
	}
	return p, nil
}

func (p pickSession) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := p.sh.keys
	p.says = ""
	by, moved := keys.steps(msg, p.sh.body.height/2, len(p.sessions()))
	switch {
	case p.task.id != 0:
		if key.Matches(msg, keys.back) {
			p.task.cancel()
			p.cancelling = true
		}
	case p.asking:
		if key.Matches(msg, keys.open) && !p.asked.ready(p.sh.now()) {
			return p, nil
		}
		if p.stale() {
			return p.unasked(), nil
		}
		p.asking = false
		if key.Matches(msg, keys.open) {
			return p.start()
		}
	case key.Matches(msg, keys.back, keys.quit):
		return p.from, nil
	case moved:
		return p.move(by), nil
	case key.Matches(msg, keys.logOut):
		p.about, p.asking = p.current()
		p.selected, p.asked = p.about.Name, guard{p.sh.now()}
	}
	return p, nil
}

func (p pickSession) move(n int) pickSession {
	return p.selectAt(p.at() + n)
}

func (p pickSession) selectAt(i int) pickSession {
	if all := p.sessions(); len(all) > 0 {
		p.selected = all[clamp(i, 0, len(all)-1)].Name
	}
	return p
}

func (p pickSession) start() (screen, tea.Cmd) {
	f, bot, session := p.sh.fleet, p.key, p.about
	var cmd tea.Cmd
	p.task, cmd = p.sh.start("logout", func(ctx context.Context, report func(fleet.Step)) (any, error) {
		// That it runs elsewhere stood in the question.
		return f.LogOutSession(ctx, bot, session.Name, session.Runs != store.Here, report)
	})
	p.step = fleet.Step{Stage: fleet.Connecting}
	return p, cmd
}

func (p pickSession) ended(msg taskDoneMsg) (screen, tea.Cmd) {
	cancelled := p.cancelling
	p.task, p.cancelling = task{}, false
	if bot, ok := msg.value.(fleet.Bot); ok && bot.Key == p.key {
		at := p.at()
		p.sh.replace(bot)
		p = p.selectAt(at)
	}
	switch {
	case msg.err == nil:
		p.says = "Logged out. The token stays saved."
	case cancelled && errors.Is(msg.err, context.Canceled):
		p.says = "Cancelled. The session goes on."
	default:
		p.says = fault.OfAt(msg.err, p.sh.now()).What
	}
	if len(p.sessions()) == 0 {
		return told(p.from, p.says), p.sh.reload
	}
	return p, p.sh.reload
}

func (p pickSession) Keys() []key.Binding {
	k := p.sh.keys
	switch {
	case p.cancelling:
		return nil
	case p.task.id != 0:
		return []key.Binding{as(k.back, "cancel")}
	case p.asking:
		return []key.Binding{as(k.open, "log out"), as(k.back, "keep it")}
	}
	keys := []key.Binding{as(k.logOut, "log this one out"), k.back}
	if len(p.sessions()) > 1 {
		keys = append(keys, k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp)
	}
	return append(keys, as(k.quit, "back"))
}

func (p pickSession) View(size size) view {
	t := p.sh.theme
	bot, _ := p.sh.bot(p.key)
	v := view{trail: "Sessions of " + displayName(bot), status: p.says}
	all := p.sessions()
	why := prose(fault.SessionCost+" Each is logged out alone.", size.width)
	height := max(1, size.height-len(why)-1)
	names := 0
	for _, s := range all {
		names = max(names, ansi.StringWidth(fault.Clean(s.Name)))
	}
	at := p.at()
	top := clamp(at-height/2, 0, max(0, len(all)-height))
	for i := top; i < min(top+height, len(all)); i++ {
		v.body = append(v.body, p.line(all[i], i == at, min(names, size.width/3), size.width))
	}
	v.body = append(append(v.body, ""), why...)
	session := p.about
	switch {
	case p.cancelling:
		v.status = t.waiting.Render("Cancelling" + t.glyphs.ellipsis)
	case p.task.id != 0:
		v.status = fault.Stage(p.step) + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	case p.asking && session.Runs != store.Here:
		v.status = t.waiting.Render("It runs " + fault.Runs(session) + ". Log it out, and end the bot there?")
	case p.asking:
		v.status = t.waiting.Render("Log out " + fault.Clean(session.Name) + "? The token stays saved.")
	}
	return v
}

func (p pickSession) line(s fleet.Session, selected bool, names, width int) string {
	t := p.sh.theme
	bar, name := "   ", t.text
	if selected {
		bar, name = " "+t.focus.Render(t.glyphs.row)+" ", t.strong
	}
	line := bar + name.Render(t.pad(fault.Clean(s.Name), names)) + fmt.Sprintf("  DC %-3d  runs %s", s.DC, fault.Runs(s))
	if since := sinceWhen(s, p.sh.now()); since != "" {
		line += t.dim.Render(", " + since)
	}
	return t.cut(line, width)
}
