package ui

import (
	"fmt"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// root is the one tea.Model. It holds the frame, the keys that work everywhere, and the leaving.
type root struct {
	sh     *shell
	screen screen
	help   *help // over the screen, when open
	term   size
	rest   tea.Cmd // reads all bots where the first frame has but the first, else nil

	// asking: the user pressed quit while tasks run. leaving: they are being cancelled, until the time.
	asking, leaving bool
}

// leaveTime is how long leaving waits for what is being cancelled.
const leaveTime = 2 * time.Second

// lookAfter lets the first frame out before the keyring is asked anything.
const lookAfter = 50 * time.Millisecond

type lookMsg struct{}

// redrawAfter lets a resize come to rest. Drawn at once, cells of the old size stay behind: the renderer
// leaves blanks at the end of a line to the terminal, which has moved its lines meanwhile.
const redrawAfter = 60 * time.Millisecond

// redrawMsg has the screen drawn anew after a resize to term.
type redrawMsg struct{ term size }

// leaveMsg ends the program whatever still runs.
type leaveMsg struct{}

func (r root) Init() tea.Cmd {
	var background tea.Cmd
	if r.sh.themed == ThemeAuto {
		background = tea.RequestBackgroundColor
	}
	return tea.Batch(
		r.rest,
		background,
		tea.Tick(lookAfter, func(time.Time) tea.Msg { return lookMsg{} }),
		r.sh.clock(),
		r.sh.passphrases.next(r.sh.ctx),
		r.sh.watchAtStart(),
	)
}

func (r root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		return r.resize(size{msg.Width, msg.Height})
	case redrawMsg:
		if msg.term == r.term {
			return r, tea.ClearScreen
		}
		return r, nil
	case tea.BackgroundColorMsg:
		if r.sh.themed == ThemeAuto { // else nobody asked
			r.sh.theme = newTheme(msg.IsDark(), r.sh.theme.glyphs)
		}
		return r, nil
	case lookMsg:
		return r, tea.Batch(r.sh.lookAtKeyring, r.sh.recover)
	case keyringMsg:
		was := r.sh.keyring
		r.sh.keyring = keyringState(msg)
		if was.status.Locked && msg.err == nil && !msg.status.Locked {
			// What an earlier run of the program left half done can be settled now.
			model, cmd := r.pass(msg)
			return model, tea.Batch(cmd, r.sh.recover)
		}
	case catalogueMsg:
		r.sh.took(msg)
		return r.late(msg)
	case askedMsg:
		r.help = nil
		r.screen = asked(r.sh, r.screen, msg)
		return r, r.sh.passphrases.next(r.sh.ctx)
	case openedMsg:
		return r.opened(msg)
	case promptedMsg:
		r.sh.prompted(msg)
		return r, r.sh.passphrases.next(r.sh.ctx)
	case unrememberedMsg:
		r.sh.list.notice = msg.words()
		model, cmd := r.pass(msg)
		return model, tea.Batch(cmd, r.sh.passphrases.next(r.sh.ctx))
	case leaveMsg:
		return r, tea.Quit
	case taskDoneMsg:
		return r.done(msg)
	case tea.KeyPressMsg:
		if r.early(msg) {
			return r, nil
		}
		if model, cmd, taken := r.key(msg); taken {
			return model, cmd
		}
	case tea.PasteMsg:
		if r.early(msg) {
			return r, nil
		}
	}
	return r.pass(msg)
}

// early keeps what was typed while only the first bots are there: "*" marks all of them, and "G" leads to the last.
// It reports whether it did. Leaving needs no bots.
func (r root) early(msg tea.Msg) bool {
	press, ok := msg.(tea.KeyPressMsg)
	if !r.sh.beginning || ok && key.Matches(press, r.sh.keys.leave, r.sh.keys.suspend) {
		return false
	}
	r.sh.early = append(r.sh.early, msg)
	return true
}

// late takes the catalogue to the screen, and then what was typed before it was there.
func (r root) late(msg catalogueMsg) (tea.Model, tea.Cmd) {
	model, cmd := r.pass(msg)
	cmds := []tea.Cmd{cmd}
	early := r.sh.early
	r.sh.beginning, r.sh.early = false, nil
	for _, msg := range early {
		model, cmd = model.Update(msg)
		cmds = append(cmds, cmd)
	}
	return model, tea.Batch(cmds...)
}

// opened goes back to what the passphrase was asked over.
func (r root) opened(msg openedMsg) (tea.Model, tea.Cmd) {
	r.screen = answered(r.screen, msg.task)
	next := r.sh.passphrases.next(r.sh.ctx)
	if _, runs := r.sh.tasks[msg.task]; runs {
		return r, next // it is looked at the keyring when the task has ended
	}
	return r, tea.Batch(next, r.sh.lookAtKeyring)
}

// done takes the end of a task. It may have opened a keyring that was locked.
func (r root) done(msg taskDoneMsg) (tea.Model, tea.Cmd) {
	delete(r.sh.tasks, msg.task)
	r.sh.prompted(promptedMsg{task: msg.task})
	r.screen = answered(r.screen, msg.task)
	if r.leaving && len(r.sh.tasks) == 0 {
		return r, tea.Quit
	}
	model, cmd := r.pass(msg)
	if r.sh.keyring.status.Locked {
		cmd = tea.Batch(cmd, r.sh.lookAtKeyring)
	}
	return model, cmd
}

// resize takes a new size of the terminal; the first one is where drawing begins.
func (r root) resize(term size) (tea.Model, tea.Cmd) {
	again := r.term != size{} && r.term != term
	r.term, r.sh.body = term, bodySize(term)
	r.sh.list.height = r.sh.body.height - 1
	r.sh.list.measure(term.width)
	r.sh.list.move(0)
	if !again {
		return r, nil
	}
	return r, tea.Tick(redrawAfter, func(time.Time) tea.Msg { return redrawMsg{term} })
}

// pass hands a message to the screen, after the shell has taken what concerns all screens.
func (r root) pass(msg tea.Msg) (tea.Model, tea.Cmd) {
	shared := r.sh.update(msg)
	next, cmd := r.screen.Update(msg)
	r.screen = next
	return r, tea.Batch(shared, cmd)
}

// key handles the keys that work everywhere. taken is false for one that is the screen's.
func (r root) key(msg tea.KeyPressMsg) (model tea.Model, cmd tea.Cmd, taken bool) {
	keys := r.sh.keys
	switch {
	case key.Matches(msg, keys.leave):
		if r.leaving {
			return r, tea.Quit, true
		}
		model, cmd = r.leave()
		return model, cmd, true
	case r.leaving:
		return r, nil, true
	case r.asking:
		r.asking = false
		if key.Matches(msg, keys.open) {
			model, cmd = r.leave()
			return model, cmd, true
		}
		return r, nil, true
	case key.Matches(msg, keys.suspend):
		return r, tea.Suspend, true
	case r.help != nil:
		next, open := r.help.update(msg, bodySize(r.term))
		r.help = next
		if !open {
			r.help = nil
		}
		return r, nil, true
	case key.Matches(msg, keys.back) && r.sh.giveUp():
		return r, nil, true
	case key.Matches(msg, keys.helpTyping), !r.screen.Typing() && key.Matches(msg, keys.help):
		r.help = newHelp(r.sh, r.screen)
		return r, nil, true
	}
	if quits, ok := r.screen.(quitter); ok && !r.screen.Typing() && key.Matches(msg, keys.quit) && quits.quits() {
		if len(r.sh.tasks) > 0 {
			r.asking = true
			return r, nil, true
		}
		model, cmd = r.leave()
		return model, cmd, true
	}
	return r, nil, false
}

// A quitter is a screen on which q leaves the program. Elsewhere q is the screen's, as esc.
type quitter interface{ quits() bool }

// leave cancels what runs and ends the program when all of it has ended, or after leaveTime.
func (r root) leave() (tea.Model, tea.Cmd) {
	r.leaving, r.asking = true, false
	for _, t := range r.sh.tasks {
		t.cancel()
	}
	if len(r.sh.tasks) == 0 {
		return r, tea.Quit
	}
	return r, tea.Tick(leaveTime, func(time.Time) tea.Msg { return leaveMsg{} })
}

func (r root) View() tea.View {
	var out tea.View
	out.AltScreen = true
	out.WindowTitle = "botring"
	if r.term.width == 0 || r.term.height == 0 {
		return out
	}
	body := bodySize(r.term)
	var v view
	var keys []key.Binding
	last := r.sh.keys.help
	if r.help != nil {
		v, last = r.help.view(body), as(r.sh.keys.back, "close")
	} else {
		v, keys = r.screen.View(body), r.screen.Keys()
		if r.screen.Typing() {
			last = r.sh.keys.helpTyping
		}
	}
	if v.status == "" && r.help == nil && r.sh.errand.running() {
		v.status = r.sh.errand.status(r.sh) // it goes on wherever one is
	}
	if says := r.sh.prompting(body.width); says != "" {
		v.status = r.sh.theme.waiting.Render(says)
	}
	if question := r.question(); question != "" {
		v.status = r.sh.theme.waiting.Render(question)
	}
	content, top := r.sh.frame(v, keys, last, r.term)
	out.SetContent(content)
	if v.cursor != nil {
		c := *v.cursor
		c.Y += top
		out.Cursor = &c
	}
	return out
}

// question is what stands in the status line while the user is leaving.
func (r root) question() string {
	n := len(r.sh.tasks)
	switch {
	case r.leaving:
		return "Leaving: waiting for what is being cancelled. ctrl+c leaves at once"
	case r.asking && n == 1:
		return "1 call is running. enter leave, nothing half-saved " + r.sh.theme.glyphs.dot + " esc stay"
	case r.asking:
		return fmt.Sprintf("%d calls are running. enter leave, nothing half-saved %s esc stay", n, r.sh.theme.glyphs.dot)
	}
	return ""
}
