package ui

import (
	"context"
	"errors"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// Proxies are those that have names, as the screens see and change them. Where a change is refused for a reason that is
// not fleet's the error is a *RefusedError.
type Proxies interface {
	// All are they, and the one in use.
	All() ProxyState
	// Save saves one under its name, in the place of the one that has it: its secret in the keyring, the rest in the
	// configuration. It returns all as they are then, as the others do.
	Save(ctx context.Context, p fleet.Proxy) (ProxyState, error)
	// Remove removes one that the configuration does not have in use.
	Remove(ctx context.Context, name string) (ProxyState, error)
	// Use has one used from now on, or none with fleet.NoProxy.
	Use(name string) (ProxyState, error)
}

// A ProxyState is what is known of proxies.
type ProxyState struct {
	// Named are those of the configuration, without their secrets.
	Named []fleet.Proxy
	// Configured is the name of the one that the configuration has in use, "" where it says nothing of it.
	Configured string
	// InUse is the one that was chosen, the zero Proxy for none, and By who chose it: "the configuration", "--proxy",
	// "$ALL_PROXY" and so on, "" for nobody. Above: that wins over the configuration. Unusable: it cannot be used.
	InUse           fleet.Proxy
	By              string
	Above, Unusable bool
}

// A RefusedError is an error that brings its own words along.
type RefusedError struct{ fault.Fault }

func (e *RefusedError) Error() string { return e.What }

// A proxyWork is what a task does with a proxy.
type proxyWork int

const (
	usingProxy proxyWork = iota
	tryingProxy
	removingProxy
)

func (w proxyWork) String() string {
	switch w {
	case usingProxy:
		return "Writing it down"
	case tryingProxy:
		return "Trying it"
	case removingProxy:
		return "Removing it"
	}
	return ""
}

// proxies lists the proxies that have names, and does with them what one does.
type proxies struct {
	sh   *shell
	from settings
	// selected is the name of the row with the bar: rows come and go.
	selected string
	state    ProxyState

	// asking: the selected proxy is to be removed.
	asking bool
	asked  guard
	task   task
	doing  proxyWork
	// cancelling: the task was told to end.
	cancelling bool
	notice     string
	trouble    trouble
}

// newProxies lists the proxies, with the one in use selected.
func newProxies(sh *shell, from settings) screen {
	p := proxies{sh: sh, from: from, state: sh.proxyBook.All()}
	p.selected = inUse(sh)
	return p
}

// rows are what can be selected: none, those that have names, and one in use that has no name.
func (p proxies) rows() []fleet.Proxy {
	rows := append([]fleet.Proxy{{Name: fleet.NoProxy}}, p.state.Named...)
	if now := p.sh.proxy; now != (fleet.Proxy{}) && !p.named(now.Name) {
		rows = append(rows, now)
	}
	return rows
}

// named reports whether the configuration has a proxy of that name.
func (p proxies) named(name string) bool {
	for _, each := range p.state.Named {
		if each.Name == name {
			return true
		}
	}
	return false
}

// at is the index of the selected row, 0 when it is gone.
func (p proxies) at() int {
	for i, row := range p.rows() {
		if row.Title() == p.selected {
			return i
		}
	}
	return 0
}

func (p proxies) current() fleet.Proxy { return p.rows()[p.at()] }

// removable reports whether the selected proxy has a name and nobody uses it.
func (p proxies) removable() bool {
	name := p.current().Name
	return p.named(name) && name != p.sh.proxy.Name && name != p.state.Configured
}

// usable reports whether the configuration can have the selected row used.
func (p proxies) usable() bool {
	name := p.current().Name
	return name == fleet.NoProxy || p.named(name)
}

func (p proxies) Typing() bool { return false }

func (p proxies) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if p.task.id != 0 && msg.task == p.task.id {
			return p.done(msg)
		}
	case tea.KeyPressMsg:
		switch keys := p.sh.keys; {
		case p.task.id != 0:
			if key.Matches(msg, keys.back, keys.quit) {
				p.task.cancel()
				p.cancelling = true
			}
		case p.trouble.there():
			return p.read(msg)
		case p.asking:
			return p.answer(msg)
		default:
			p.notice = ""
			return p.press(msg)
		}
	}
	return p, nil
}

func (p proxies) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := p.sh.keys
	if by, moved := keys.steps(msg, p.sh.body.height/2, len(p.rows())); moved {
		return p.move(by), nil
	}
	switch {
	case key.Matches(msg, keys.back, keys.quit):
		return p.from.again(), nil
	case key.Matches(msg, keys.add):
		return newProxyForm(p), nil
	case key.Matches(msg, keys.open) && p.usable():
		return p.use()
	case key.Matches(msg, keys.check) && p.current().Name != fleet.NoProxy:
		return p.try()
	case key.Matches(msg, keys.remove) && p.removable():
		p.asking, p.asked = true, guard{p.sh.now()}
	case key.Matches(msg, keys.remove) && p.named(p.current().Name):
		p.notice = p.current().Name + " is in use: have another one used first, or none."
	}
	return p, nil
}

func (p proxies) move(n int) proxies {
	rows := p.rows()
	p.selected = rows[clamp(p.at()+n, 0, len(rows)-1)].Title()
	return p
}

// start begins a task with the selected proxy, which is held by its name.
func (p proxies) start(doing proxyWork, call func(context.Context) (any, error)) (screen, tea.Cmd) {
	p.doing, p.selected = doing, p.current().Title()
	var cmd tea.Cmd
	p.task, cmd = p.sh.start("call", func(ctx context.Context, _ func(fleet.Step)) (any, error) { return call(ctx) })
	return p, cmd
}

func (p proxies) use() (screen, tea.Cmd) {
	book, name := p.sh.proxyBook, p.current().Name
	return p.start(usingProxy, func(context.Context) (any, error) { return book.Use(name) })
}

func (p proxies) try() (screen, tea.Cmd) {
	f, of := p.sh.fleet, p.current()
	return p.start(tryingProxy, func(ctx context.Context) (any, error) { return f.TryProxy(ctx, of) })
}

// answer is what is said to the question whether to remove one.
func (p proxies) answer(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	switch keys := p.sh.keys; {
	case key.Matches(msg, keys.back):
		p.asking = false
	case key.Matches(msg, keys.open) && p.asked.ready(p.sh.now()):
		p.asking = false
		book, name := p.sh.proxyBook, p.current().Name
		return p.start(removingProxy, func(ctx context.Context) (any, error) { return book.Remove(ctx, name) })
	}
	return p, nil
}

// read takes keys while it stands there what went wrong.
func (p proxies) read(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	if key.Matches(msg, p.sh.keys.check) && p.doing == tryingProxy {
		p.trouble = trouble{}
		return p.try()
	}
	p.trouble = p.trouble.update(p.sh, msg)
	return p, nil
}

// done takes the end of a task.
func (p proxies) done(msg taskDoneMsg) (screen, tea.Cmd) {
	stopped := p.cancelling || errors.Is(msg.err, context.Canceled)
	p.task, p.cancelling = task{}, false
	switch {
	case msg.err != nil && stopped:
		p.notice = "Cancelled."
		return p, nil
	case msg.err != nil:
		p.trouble = trouble{err: msg.err, unsaved: p.doing != tryingProxy}
		return p, nil
	}
	switch value := msg.value.(type) {
	case fleet.ProxyTrial:
		p.notice = fault.ProxyLeads(p.current(), value)
	case ProxyState:
		if p.doing == removingProxy {
			name := p.selected
			p = p.take(value)
			p.notice = "Removed the proxy " + name + "."
			return p, nil
		}
		p = p.take(value)
		p.notice = p.used()
	}
	return p, nil
}

// take shows the proxies as they are now.
func (p proxies) take(state ProxyState) proxies {
	p.state = state
	p.sh.proxies = state.Named
	return p
}

// used has the proxy that the configuration says used at once, where nothing wins over it, and says so.
func (p proxies) used() string {
	if p.state.Above {
		return "Saved. " + p.state.By + " wins over it."
	}
	p.sh.goThrough(p.state.InUse)
	if p.sh.proxy == (fleet.Proxy{}) {
		return "Telegram is reached directly from now on."
	}
	return "Telegram is reached through " + fault.Clean(p.sh.proxy.Title()) + " from now on."
}

// goThrough has Telegram be reached through a proxy from now on, through none with the zero Proxy.
func (sh *shell) goThrough(p fleet.Proxy) {
	sh.proxy = p
	sh.fleet.UseProxy(p)
}

// faultOf puts an error into words, those that it brings along first.
func (sh *shell) faultOf(err error) fault.Fault {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return refused.Fault
	}
	return fault.OfAt(err, sh.now()).WithLog(sh.log())
}

func (p proxies) Keys() []key.Binding {
	k := p.sh.keys
	switch {
	case p.cancelling:
		return nil
	case p.task.id != 0:
		return []key.Binding{as(k.back, "cancel"), as(k.quit, "cancel")}
	case p.trouble.there() && p.doing == tryingProxy:
		return p.trouble.keys(p.sh, "the proxies", as(k.check, "try again"))
	case p.trouble.there():
		return p.trouble.keys(p.sh, "the proxies")
	case p.asking:
		return []key.Binding{as(k.open, "remove"), as(k.back, "keep it")}
	}
	var shown []key.Binding
	if p.usable() {
		shown = append(shown, as(k.open, "use it"))
		if p.current().Name == fleet.NoProxy {
			shown[0] = as(k.open, "use none")
		}
	}
	shown = append(shown, as(k.add, p.sh.words("add a proxy", "add")))
	if p.current().Name != fleet.NoProxy {
		shown = append(shown, as(k.check, "test it"))
	}
	if p.removable() {
		shown = append(shown, k.remove)
	}
	shown = append(shown, k.back, as(k.quit, "back"))
	if len(p.rows()) > 1 {
		shown = append(shown, k.down, k.up, k.top, k.bottom, k.pageDown, k.pageUp)
	}
	return shown
}
