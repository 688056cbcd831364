package ui

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// welcome is the first start: no bots yet. It says where secrets will go before anybody types one.
type welcome struct {
	sh *shell
	// task is what enter started: unlocking, looking, reading the ring, or going on in memory.
	task       task
	doing      keyringWork
	cancelling bool

	notice string
	// remote shows how to start a keyring over SSH.
	remote bool
	pager  pager
}

// newWelcome is the first start: no bots yet. It says what the list would have said.
func newWelcome(sh *shell) screen {
	w := welcome{sh: sh, notice: sh.list.notice}
	sh.list.notice = ""
	return w
}

func (w welcome) Typing() bool { return false }
func (w welcome) quits() bool  { return true }

func (w welcome) Update(msg tea.Msg) (screen, tea.Cmd) {
	if len(w.sh.bots) > 0 {
		return w.sh.home(), nil
	}
	switch msg := msg.(type) {
	case taskDoneMsg:
		if w.task.id != 0 && msg.task == w.task.id {
			return w.done(msg)
		}
	case unrememberedMsg:
		w.notice = msg.words()
	case errandMsg:
		if msg.last {
			w.notice = w.sh.list.notice
			if w.task.id == 0 && w.sh.finished != nil && w.sh.finished.unseen {
				return newSummary(w.sh), nil
			}
		}
	case tea.PasteMsg:
		return newAddPasted(w.sh, msg.Content), nil
	case tea.KeyPressMsg:
		return w.press(msg)
	}
	return w, nil
}

func (w welcome) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys := w.sh, w.sh.keys
	if next, moved := w.pager.update(keys, msg, len(w.lines(sh.body)), sh.body.height); moved {
		w.pager = next
		return w, nil
	}
	if w.task.id != 0 {
		if key.Matches(msg, keys.back) {
			w.task.cancel()
			w.cancelling = true
		}
		return w, nil
	}
	w.notice = ""
	switch {
	case key.Matches(msg, keys.back) && sh.errand.running():
		sh.errand = sh.errand.stop()
	case key.Matches(msg, keys.add):
		return newAdd(sh), nil
	case key.Matches(msg, keys.imports):
		return newImport(sh), nil
	case key.Matches(msg, keys.scan):
		return newScan(sh), nil
	case key.Matches(msg, keys.undo):
		cmd := sh.bringBack()
		w.notice = sh.list.notice
		return w, cmd
	case key.Matches(msg, keys.apps):
		return newApps(sh), nil
	case key.Matches(msg, keys.history):
		return newHistory(sh)
	case key.Matches(msg, keys.keyring):
		return newKeyring(sh)
	case key.Matches(msg, keys.settings) && sh.settings != nil:
		return newSettings(sh, w), nil
	case key.Matches(msg, keys.environment) && sh.hasOtherEnvironment():
		sh.otherEnvironment()
		w.notice = sh.list.notice
	case key.Matches(msg, keys.open):
		return w.goOn()
	case key.Matches(msg, keys.howTo) && w.offersHow():
		w.remote, w.pager = !w.remote, pager{}
	case key.Matches(msg, keys.back) && w.remote:
		w.remote, w.pager = false, pager{}
	default:
		if doing, call, ok := sh.way(msg); ok {
			return w.start(doing, call)
		}
	}
	return w, nil
}

// offersHow: how to start a keyring over SSH is no help where one runs, or where files are at fault.
func (w welcome) offersHow() bool {
	return w.sh.ring() == ringMissing && !w.sh.encrypted() && !w.sh.offersKeyring()
}

// goOn is enter: whatever brings the keyring one step further.
func (w welcome) goOn() (screen, tea.Cmd) {
	f := w.sh.fleet
	switch w.sh.ring() {
	case ringLocked:
		return w.start(w.sh.unlock(), f.Unlock)
	case ringMissing:
		return w.start(looking, func(context.Context) error { return nil })
	case ringReady:
		next, cmd := w.begin(rebuilding, func(ctx context.Context) (any, error) { return f.Rebuild(ctx) })
		return next, cmd
	case ringUnknown, ringMemory:
	}
	return w, nil
}

func (w welcome) start(doing keyringWork, call func(context.Context) error) (screen, tea.Cmd) {
	return w.begin(doing, func(ctx context.Context) (any, error) { return nil, call(ctx) })
}

func (w welcome) begin(doing keyringWork, call func(context.Context) (any, error)) (screen, tea.Cmd) {
	w.doing = doing
	var cmd tea.Cmd
	w.task, cmd = w.sh.start("call", func(ctx context.Context, _ func(fleet.Step)) (any, error) { return call(ctx) })
	return w, cmd
}

// done takes the end of a task, and looks at the keyring again whatever came of it.
func (w welcome) done(msg taskDoneMsg) (screen, tea.Cmd) {
	w.task, w.cancelling = task{}, false
	if found, ok := msg.value.(int); ok && msg.err == nil {
		w.notice = "No bots in this keyring yet."
		if found > 0 {
			w.sh.list.notice = "Brought back " + count(found, "bot") + " from the keyring."
			w.notice = w.sh.list.notice
		}
	}
	if msg.err != nil {
		w.notice = w.sh.says(msg.err)
	}
	return w, tea.Batch(w.sh.lookAtKeyring, w.sh.reload)
}

func (w welcome) Keys() []key.Binding {
	k := w.sh.keys
	switch {
	case w.cancelling:
		return nil
	case w.task.id != 0:
		return []key.Binding{as(k.back, "cancel")}
	}
	var keys []key.Binding
	switch w.sh.ring() {
	case ringMissing:
		keys = w.sh.wayKeys()
		switch {
		case !w.offersHow():
		case w.remote:
			keys = append(keys, as(k.howTo, "hide that"))
		default:
			keys = append(keys, as(k.howTo, "start one over SSH"))
		}
		keys = append(keys, as(k.open, "look again"))
		if w.remote {
			keys = append(keys, k.back)
		}
	case ringLocked:
		does := "unlock"
		if w.sh.keyring.status.New {
			does = "choose a passphrase"
		}
		keys = []key.Binding{k.add, as(k.open, does), k.imports}
	case ringReady:
		does := "look for bots in this keyring"
		if w.sh.encrypted() {
			does = "look for bots in this file"
		}
		keys = []key.Binding{k.add, as(k.open, does), k.imports}
	case ringUnknown, ringMemory:
		keys = []key.Binding{k.add, k.imports}
	}
	if w.sh.ring() != ringMissing && w.sh.hasOtherEnvironment() {
		keys = append(keys, k.environment)
	}
	if w.sh.ring() == ringMissing {
		keys = append(keys, k.add, k.imports)
	}
	if len(w.sh.undo) > 0 {
		keys = append(keys, k.undo)
	}
	keys = append(keys, k.apps, k.history, k.keyring, k.scan)
	if w.sh.settings != nil {
		keys = append(keys, k.settings)
	}
	keys = append(keys, k.quit)
	if len(w.lines(w.sh.body)) > w.sh.body.height {
		keys = append(keys, k.down, k.up, k.pageDown, k.pageUp, k.top, k.bottom)
	}
	return keys
}

func (w welcome) View(size size) view {
	t := w.sh.theme
	v := view{tab: tabBots}
	var more bool
	v.body, more = w.pager.window(w.lines(size), size.height)
	switch {
	case w.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case w.task.id != 0:
		v.status = w.doing.String() + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	case w.notice != "":
		v.status = w.notice
	case more:
		v.status = t.dim.Render("more below, j and k scroll")
	}
	return v
}
