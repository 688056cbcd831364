package ui

import (
	"context"
	"errors"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/internal/secret"
)

// fieldProxyUser is the user that a proxy is to admit.
const fieldProxyUser fleet.Field = "proxy user"

// proxyForm asks for a proxy that is to have a name. What it is opened with may be in the URL or beside it.
type proxyForm struct {
	sh   *shell
	from proxies
	form form
	// asking: there is a proxy of that name, and it is to be replaced.
	asking bool
	asked  guard

	task       task
	cancelling bool
	err        error
}

func newProxyForm(from proxies) screen {
	name := newField(fleet.FieldProxyName, "Name", maskNone, fleet.CheckProxyName)
	name.hint = "small letters, digits and dashes"
	url := newProxyField(func(s string) *fleet.InputError {
		_, problem := parseProxy(s)
		return problem
	})
	url.label = "URL"
	user := newField(fieldProxyUser, "User", maskNone, nil)
	user.optional, user.hint = true, "where the proxy wants one"
	password := newField(fleet.FieldProxySecret, "Secret", maskAll, nil)
	password.optional, password.hint = true, "the password, or an MTProxy's secret"
	return proxyForm{sh: from.sh, from: from, form: form{fields: []field{name, url, user, password}}}
}

func (p proxyForm) Typing() bool { return p.task.id == 0 && !p.asking && p.form.typing() }

func (p proxyForm) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if p.task.id != 0 && msg.task == p.task.id {
			return p.saved(msg)
		}
	case tea.PasteMsg:
		if p.Typing() {
			return p.paste(msg.Content), nil
		}
	case burstMsg:
		if next, text, ok := p.form.pasted(msg); ok && p.Typing() {
			p.form = next
			return p.paste(text), nil
		}
	case tea.KeyPressMsg:
		return p.press(msg)
	}
	return p, nil
}

// paste puts the URL or link of a proxy where it belongs, which may hold a secret; anything else where the cursor is.
func (p proxyForm) paste(text string) proxyForm {
	p.err = nil
	if _, problem := parseProxy(fleet.Trim(text)); problem == nil {
		p.form = p.form.with(p.form.field(fleet.FieldProxy).set(fleet.Trim(text)))
	} else {
		p.form = p.form.paste(text)
	}
	return p.settled()
}

// settled says beside the masked URL what it leads to. A URL that went into another field, as one does that a terminal
// types instead of pasting, is masked there as well.
func (p proxyForm) settled() proxyForm {
	url := p.form.field(fleet.FieldProxy)
	url.note = ""
	if read, problem := parseProxy(url.value()); problem == nil {
		url.note = read.String()
	}
	p.form = p.form.with(url)
	for _, id := range []fleet.Field{fleet.FieldProxyName, fieldProxyUser} {
		f := p.form.field(id)
		f.mask = maskNone
		if strings.Contains(f.value(), "://") {
			f.mask = maskAll
		}
		p.form = p.form.with(f)
	}
	return p
}

func (p proxyForm) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := p.sh.keys
	back := key.Matches(msg, keys.back)
	switch {
	case p.task.id != 0:
		if back {
			p.task.cancel()
			p.cancelling = true
		}
		return p, nil
	case p.asking && back:
		p.asking = false
		return p, nil
	case p.asking:
		if key.Matches(msg, keys.open) && p.asked.ready(p.sh.now()) {
			return p.save()
		}
		return p, nil
	case back:
		return p.from, nil
	}
	p.err = nil
	var cmd tea.Cmd
	var event formEvent
	p.form, cmd, event = p.form.update(p.sh, msg)
	p = p.settled()
	if event != formSubmitted {
		return p, cmd
	}
	return p.submit(cmd)
}

// read is the proxy that was typed, or what is wrong with it.
func (p proxyForm) read() (fleet.Proxy, *fleet.InputError) {
	proxy, problem := parseProxy(p.form.field(fleet.FieldProxy).value())
	if problem != nil {
		return proxy, problem
	}
	proxy.Name = p.form.field(fleet.FieldProxyName).value()
	if user := p.form.field(fieldProxyUser).value(); user != "" {
		proxy.User = user
	}
	if typed := p.form.field(fleet.FieldProxySecret).secret(); !typed.Empty() {
		proxy.Secret = typed
	}
	if fleet.NeedsProxySecret(proxy) {
		return proxy, &fleet.InputError{Field: fleet.FieldProxySecret, Problem: fleet.ProblemEmpty}
	}
	problem = problemOf(fleet.CheckProxy(proxy))
	bare := proxy
	bare.Secret = secret.Secret{}
	if problem != nil && bare.Check() == nil && p.form.field(fleet.FieldProxySecret).value() != "" {
		problem.Field = fleet.FieldProxySecret
	}
	return proxy, problem
}

// submit saves the proxy, or asks first where there is one of that name.
func (p proxyForm) submit(cmd tea.Cmd) (screen, tea.Cmd) {
	proxy, problem := p.read()
	if problem != nil {
		p.form, _ = p.form.refuse(problem)
		return p, cmd
	}
	if p.from.named(proxy.Name) {
		p.asking, p.asked = true, guard{p.sh.now()}
		return p, cmd
	}
	return p.save()
}

func (p proxyForm) save() (screen, tea.Cmd) {
	p.asking = false
	proxy, _ := p.read()
	book := p.sh.proxyBook
	var cmd tea.Cmd
	p.task, cmd = p.sh.start("save", func(ctx context.Context, _ func(fleet.Step)) (any, error) { return book.Save(ctx, proxy) })
	return p, cmd
}

// saved takes the end. The proxy in use is used as it is now.
func (p proxyForm) saved(msg taskDoneMsg) (screen, tea.Cmd) {
	p.task, p.cancelling = task{}, false
	if msg.err != nil {
		var input *fleet.InputError
		if errors.As(msg.err, &input) {
			if refused, ok := p.form.refuse(input); ok {
				p.form = refused
				return p, nil
			}
		}
		p.err = msg.err
		return p, nil
	}
	name := p.form.field(fleet.FieldProxyName).value()
	to := p.from
	if state, ok := msg.value.(ProxyState); ok {
		to = to.take(state)
	}
	for _, each := range to.state.Named {
		if each.Name == name && p.sh.proxy.Name == name {
			p.sh.goThrough(each)
		}
	}
	to.selected, to.notice = name, "Saved the proxy "+name+"."
	return to, nil
}

func (p proxyForm) Keys() []key.Binding {
	k := p.sh.keys
	switch {
	case p.cancelling:
		return nil
	case p.task.id != 0:
		return []key.Binding{as(k.back, "cancel")}
	case p.asking:
		return []key.Binding{as(k.open, "replace"), as(k.back, "keep it")}
	}
	return append([]key.Binding{as(k.open, "save"), k.back}, p.form.keys(p.sh)...)
}

func (p proxyForm) View(size size) view {
	t := p.sh.theme
	v := view{trail: "Proxies " + t.glyphs.trail + " Add a proxy"}
	switch {
	case p.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case p.task.id != 0:
		v.status = "saving" + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	case p.asking:
		v.status = t.waiting.Render("There is a proxy " + p.form.field(fleet.FieldProxyName).value() + ". Replace it?")
	case p.err != nil:
		v.status = p.sh.faultOf(p.err).What
	}
	v.body, v.cursor = p.form.lines(p.sh, size.width)
	if len(v.body) > size.height {
		var where string
		v.body, v.cursor, where = p.form.one(p.sh, size.width)
		v.trail = "Add a proxy " + where
	}
	if p.err != nil {
		said := p.sh.faultOf(p.err)
		for _, text := range []string{said.Why, said.Next, said.NotSaved} {
			if more := prose(text, size.width); len(v.body)+len(more) <= size.height {
				v.body = append(v.body, more...)
			}
		}
	}
	return v
}
