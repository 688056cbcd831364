package ui

import (
	"slices"

	"botring/fleet"
)

// fieldThrough chooses what Telegram is reached through. Where that is another one, fleet.FieldProxy is its URL.
const fieldThrough fleet.Field = "through"

// The choices beside the proxies that have names.
const (
	noProxy      = "none"
	anotherProxy = "another one"
)

// proxyFields are the choice of a proxy, the one in use chosen, and the URL of another, which may hold a secret.
func proxyFields(sh *shell) []field {
	choices := []string{noProxy}
	for _, p := range sh.proxies {
		choices = append(choices, p.Name)
	}
	now := inUse(sh)
	if !slices.Contains(choices, now) {
		choices = append(choices, now)
	}
	through := newChoice(fieldThrough, "Proxy", append(choices, anotherProxy))
	through.chosen = slices.Index(choices, now)
	return []field{through, newProxyField(func(s string) *fleet.InputError {
		_, problem := readProxy(s)
		return problem
	})}
}

// newProxyField makes the field of a proxy's URL, which may hold a secret.
func newProxyField(check func(string) *fleet.InputError) field {
	url := newField(fleet.FieldProxy, "Proxy URL", maskAll, check)
	url.hint = "socks5://, http:// or mtproxy://HOST:PORT, or a link"
	return url
}

// inUse is the choice that stands for what Telegram is reached through now.
func inUse(sh *shell) string {
	if title := sh.proxy.Title(); title != "" {
		return title
	}
	return noProxy
}

// readProxy reads the URL of a proxy with all that it is opened with.
func readProxy(text string) (fleet.Proxy, *fleet.InputError) {
	p, problem := parseProxy(text)
	if problem == nil {
		problem = problemOf(fleet.CheckProxy(p))
	}
	return p, problem
}

// parseProxy reads the URL of a proxy, which may lack what it is opened with.
func parseProxy(text string) (fleet.Proxy, *fleet.InputError) {
	if text == "" {
		return fleet.Proxy{}, &fleet.InputError{Field: fleet.FieldProxy, Problem: fleet.ProblemEmpty}
	}
	p, err := fleet.ParseProxy(text)
	return p, problemOf(err)
}

// problemOf is what fleet said of a proxy.
func problemOf(err error) *fleet.InputError {
	problem, _ := err.(*fleet.InputError) //nolint:errorlint // it is nothing else
	return problem
}

// takeProxy puts the URL of a proxy where it belongs; false where a text is none.
func (a add) takeProxy(text string) (add, bool) {
	text = fleet.Trim(text)
	if _, problem := readProxy(text); problem != nil {
		return a, false
	}
	more, through := a.form.field(fieldMore), a.form.field(fieldThrough)
	more.open, through.chosen = true, len(through.choices)-1
	a.form = a.form.with(more).with(through).with(a.form.field(fleet.FieldProxy).set(text))
	return a.arranged().goOn(), true
}

// useProxy has the program go through what is chosen, from now on and until it ends.
func (a add) useProxy() {
	through := a.form.field(fieldThrough)
	chosen := through.choices[through.chosen]
	var proxy fleet.Proxy
	switch chosen {
	case inUse(a.sh):
		return
	case noProxy:
	case anotherProxy:
		proxy, _ = readProxy(a.form.field(fleet.FieldProxy).value())
	default:
		if i := slices.IndexFunc(a.sh.proxies, func(p fleet.Proxy) bool { return p.Name == chosen }); i >= 0 {
			proxy = a.sh.proxies[i]
		}
	}
	a.sh.goThrough(proxy)
}
