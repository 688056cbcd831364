package ui

import (
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
)

// bots is the list of all bots, the screen everything starts from.
type bots struct {
	sh   *shell
	yank yank

	// asking: "Check 248 bots?" stands in the status line.
	field  textinput.Model
	asking bool
	asked  guard
}

// newBots shows the list as it was left.
func newBots(sh *shell) screen {
	field := newFilterInput()
	field.SetValue(sh.list.filter)
	sh.list.finding = false
	return bots{sh: sh, field: field}
}

// newBotsAt shows the list with a bot selected: the one that was just added, say.
func newBotsAt(sh *shell, at fleet.Key) screen {
	sh.list.find(at)
	return newBots(sh)
}

func (b bots) Typing() bool { return b.sh.list.finding }

// quits: on the list, q leaves.
func (b bots) quits() bool { return !b.asking && !b.yank.pending }

func (b bots) Update(msg tea.Msg) (screen, tea.Cmd) {
	if len(b.sh.list.all) == 0 {
		return newWelcome(b.sh), nil
	}
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if b.sh.list.finding {
			var cmd tea.Cmd
			b.field, cmd = typeInto(b.field, msg)
			return b.filtered(), cmd
		}
		b.sh.list.notice = ""
		return newAddPasted(b.sh, msg.Content), nil
	case errandMsg:
		if msg.last && b.idle() && b.sh.finished != nil && b.sh.finished.unseen {
			return newSummary(b.sh), nil
		}
	case tea.KeyPressMsg:
		return b.key(msg)
	}
	return b, nil
}

// idle: nobody is in the midst of something here.
func (b bots) idle() bool {
	return !b.asking && !b.yank.pending && !b.sh.list.finding && !b.sh.list.span.on
}

func (b bots) key(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys, list := b.sh, b.sh.keys, &b.sh.list
	switch {
	case b.sh.list.finding:
		return b.find(msg)
	case b.asking:
		return b.answer(msg)
	}
	if r, ok := list.current(); ok {
		if next, cmd, taken := b.yank.update(sh, msg, r.bot); taken {
			b.yank, list.notice = next, ""
			return b, cmd
		}
	}
	if b.move(msg) {
		return b, nil
	}
	list.notice = ""
	if b.ranging(msg) {
		return b, nil
	}
	switch {
	case key.Matches(msg, keys.add):
		return newAdd(sh), nil
	case key.Matches(msg, keys.imports):
		return newImport(sh), nil
	case key.Matches(msg, keys.scan):
		return newScan(sh), nil
	case key.Matches(msg, keys.open):
		if r, ok := list.current(); ok {
			return newCard(sh, r.bot.Key), nil
		}
	case key.Matches(msg, keys.check):
		bots, hidden := list.targets()
		return b, sh.check(bots, hidden)
	case key.Matches(msg, keys.checkAll):
		b.asking, b.asked = !sh.errand.running(), guard{sh.now()}
	case key.Matches(msg, keys.newToken):
		if r, ok := list.current(); ok {
			return newReplace(sh, r.bot), nil
		}
	case key.Matches(msg, keys.remove):
		if bots, hidden := list.targets(); len(bots) > 0 {
			return newRemove(sh, bots, hidden), nil
		}
	case key.Matches(msg, keys.login, keys.logOut, keys.otherApp, keys.rotate, keys.leaked, keys.export, keys.askToken, keys.undo, keys.results):
		return b.many(msg)
	case key.Matches(msg, keys.filter):
		b.sh.list.finding = true
		return b, b.field.Focus()
	case key.Matches(msg, keys.sort):
		sh.reorder(list.order.next(list.all, sh.now()))
	case key.Matches(msg, keys.reverse):
		sh.reorder(ordering{by: list.order.by, reverse: !list.order.reverse})
	case key.Matches(msg, keys.problem):
		if !list.nextProblem(sh.now()) {
			list.notice = "No bot needs you."
		}
	case key.Matches(msg, keys.mark):
		list.toggle()
	case key.Matches(msg, keys.markAll):
		list.toggleAll()
	case key.Matches(msg, keys.markRange):
		list.beginSpan()
	case key.Matches(msg, keys.tags):
		if bots, hidden := list.targets(); len(bots) > 0 {
			return newTags(sh, bots, hidden, len(list.marked) > 0, nil), nil
		}
	case key.Matches(msg, keys.environment):
		sh.otherEnvironment()
	case key.Matches(msg, keys.watch):
		return b, sh.toggleWatch()
	case key.Matches(msg, keys.apps):
		return newApps(sh), nil
	case key.Matches(msg, keys.history):
		return newHistory(sh)
	case key.Matches(msg, keys.keyring):
		return newKeyring(sh)
	case key.Matches(msg, keys.settings) && sh.settings != nil:
		return newSettings(sh, b), nil
	case key.Matches(msg, keys.back):
		return b.back(), nil
	}
	return b, nil
}

// move handles the keys that move the selection.
func (b bots) move(msg tea.KeyPressMsg) bool {
	list := &b.sh.list
	by, moved := b.sh.keys.steps(msg, list.visible()/2, len(list.rows))
	if moved {
		list.move(by)
	}
	return moved
}

// back takes one thing back: the running check, then the filter, then the marks. It never leaves.
func (b bots) back() screen {
	list := &b.sh.list
	switch {
	case b.sh.errand.running():
		b.sh.errand = b.sh.errand.stop()
	case list.filter != "":
		b.field.SetValue("")
		return b.filtered()
	case len(list.marked) > 0:
		list.marked = nil
	}
	return b
}

// find takes a key while the filter is being typed.
func (b bots) find(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := b.sh.keys
	switch {
	case key.Matches(msg, keys.back):
		b.field.SetValue("")
		b.sh.list.finding = false
		b.field.Blur()
		return b.filtered(), nil
	case key.Matches(msg, keys.open):
		b.sh.list.finding = false
		b.field.Blur()
		return b, nil
	case key.Matches(msg, keys.nextField):
		b.sh.list.move(1)
		return b, nil
	case key.Matches(msg, keys.prevField):
		b.sh.list.move(-1)
		return b, nil
	}
	var cmd tea.Cmd
	b.field, cmd = typeInto(b.field, msg)
	return b.filtered(), cmd
}

// filtered applies what stands in the filter's field, the best match selected.
func (b bots) filtered() bots {
	list := &b.sh.list
	if value := b.field.Value(); value != list.filter {
		list.filter, list.words = value, parseFilter(value)
		b.sh.refresh()
		if value != "" {
			list.selected = 0
			list.move(0)
		}
	}
	return b
}

// answer takes the answer to "Check 248 bots?".
func (b bots) answer(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	if key.Matches(msg, b.sh.keys.open) {
		if !b.asked.ready(b.sh.now()) {
			return b, nil
		}
		b.asking = false
		return b, b.sh.check(b.sh.bots, 0)
	}
	b.asking = false
	return b, nil
}

// explains is how filters are written.
func (b bots) explains() keyGroup { return keyGroup{name: "Find", keys: filterKeys()} }

func (b bots) Keys() []key.Binding {
	k := b.sh.keys
	switch {
	case b.sh.list.finding:
		return []key.Binding{as(k.open, "keep the filter"), as(k.nextField, "down"), as(k.prevField, "up"), as(k.back, "all bots")}
	case b.asking:
		return []key.Binding{as(k.open, "check"), as(k.back, "no")}
	case b.yank.pending:
		return []key.Binding{k.copyName, k.copyID, k.copyToken, as(k.back, "copy nothing")}
	}
	if b.sh.list.span.on {
		return []key.Binding{
			as(k.markRange, "mark these"), as(k.back, "give the range up"), as(k.check, "check these"), as(k.tags, "their tags"),
			as(k.remove, "remove these"), as(k.login, "log these in"), as(k.logOut, "log these out"), as(k.otherApp, "move these to another app"),
			as(k.export, "export these"), as(k.askToken, "are their tokens alive"), as(k.rotate, "rotate their tokens"), as(k.leaked, "their tokens got out"),
			k.problem, k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp, k.quit, k.suspend, k.leave,
		}
	}
	keys := []key.Binding{
		k.filter, as(k.add, "add"), k.open, k.check, k.problem, k.checkAll, k.remove, k.login, k.logOut, k.newToken, k.imports, as(k.export, "export"), k.copy, k.tags,
		k.mark, k.markRange, k.markAll, k.sort, k.reverse,
	}
	keys = append(keys, b.sh.backwards()...)
	keys = append(keys, k.rotate, k.leaked, k.otherApp, k.askToken, k.watch, k.scan)
	if b.sh.hasOtherEnvironment() {
		keys = append(keys, k.environment)
	}
	if b.sh.settings != nil {
		keys = append(keys, k.settings)
	}
	keys = append(keys, k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp, k.apps, k.history, k.keyring, as(k.back, "clear"), k.quit, k.suspend, k.leave)
	return b.sh.meanwhile(keys)
}
