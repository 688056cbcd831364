package fault

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"botring/fleet"
	"botring/telegram"
)

// proxyWords: Telegram was not reached, since the proxy in between does not lead there. None of it is about a bot.
func proxyWords(e *telegram.Error) map[telegram.Kind]Fault {
	proxy := "The proxy" + space(shorten(Clean(e.Proxy), maxDetail))
	actions := []Action{Retry, SaveOnly}
	return map[telegram.Kind]Fault{
		telegram.ProxyUnreachable: {
			What:     proxy + " could not be reached.",
			Why:      whyNoProxy(e.Err),
			Next:     "Look at its address and whether it runs, or use another proxy.",
			NotSaved: notSaved,
			Actions:  actions,
		},
		telegram.ProxyDenied: {
			What:     proxy + " did not let botring in.",
			Why:      "It wants a user and a password, or others than these.",
			Next:     "Give it the right ones: botring proxy add asks for a password and keeps it in the keyring.",
			NotSaved: notSaved,
			Actions:  actions,
		},
		telegram.ProxyRefused: {
			What:     proxy + " does not lead to Telegram.",
			Why:      "It was reached, and it cannot or may not connect" + to(e) + ".",
			Next:     "Use another proxy, or have this one allow it.",
			NotSaved: notSaved,
			Actions:  actions,
		},
		telegram.ProxyBroken: {
			What:     proxy + " hung up, or is no proxy of its kind.",
			Why:      "The connection to it ended half-way, or its answer was not one of " + protocol(e.ProxyKind) + ".",
			Next:     "Look at its address, its port and its kind.",
			NotSaved: notSaved,
			Actions:  actions,
		},
		telegram.ProxySecret: {
			What:     proxy + " did not prove to know the secret.",
			Why:      "The secret may be wrong, the proxy may not lead to Telegram, or this computer's clock may be off.",
			Next:     "Compare the secret with the proxy's link, and look at the clock.",
			NotSaved: notSaved,
			Actions:  actions,
		},
	}
}

func space(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// to names the address that a proxy was asked for, " to …", or Telegram.
func to(e *telegram.Error) string {
	if addr := shorten(Clean(e.Addr), maxDetail); addr != "" {
		return " to " + addr
	}
	return " to it"
}

func protocol(kind telegram.ProxyKind) string {
	switch kind {
	case telegram.SOCKS5:
		return "SOCKS5"
	case telegram.HTTPProxy:
		return "HTTP"
	case telegram.MTProxy:
		return "an MTProxy"
	case telegram.NoProxy:
	}
	return "its kind"
}

func whyNoProxy(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "Its name could not be looked up: it may be mistyped, or there is no network."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "The connection was refused: nothing listens there, or a firewall says no."
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "There is no way to it: there may be no network."
	}
	return "It did not answer: it may not run, or something on the way holds the connection up."
}

// ofProxySecret: a proxy has a name, and the keyring has nothing under it.
func ofProxySecret(e *fleet.ProxySecretError) Fault {
	name := value(e.Proxy)
	return Fault{
		Kind:     kindMissingItem,
		What:     "The keyring has no password or secret of the proxy " + name + ".",
		Why:      "It has a user, or is an MTProxy, and the configuration never holds what it is opened with.",
		Next:     "botring proxy add " + name + " asks for it and keeps it.",
		NotSaved: notSaved,
		Actions:  []Action{Retry, SaveOnly},
	}
}

// proxyProblems: what was typed is no proxy. The reasons are telegram's own sentences, and quote nothing.
func proxyProblems(e *fleet.InputError) map[fleet.Problem]Fault {
	f := Fault{
		What: "This is no proxy that can be used.",
		Why:  "Its address or its secret is not of the form it should have.",
		Next: "Write it as socks5://HOST:PORT, http://HOST:PORT or mtproxy://HOST:PORT.",
	}
	if e.Field == fleet.FieldProxySecret {
		f.What = "This password or secret does not fit a proxy."
	}
	if e.Got != "" {
		f.What = "The proxy in " + value(e.Got) + " cannot be used."
		f.Next += " --proxy none goes without one."
	}
	for _, reason := range []error{
		telegram.ErrProxyURL, telegram.ErrProxyTLS, telegram.ErrProxySOCKS4, telegram.ErrProxyAddr, telegram.ErrProxyUser,
		telegram.ErrProxyEscape, telegram.ErrNoSecret, telegram.ErrMTProxyUser, telegram.ErrMTSecret,
	} {
		if errors.Is(e.Err, reason) {
			first, rest := splitRune(reason.Error())
			f.Why = first + rest + "."
		}
	}
	return map[fleet.Problem]Fault{fleet.ProblemProxy: f}
}

// ProxyLeads says what a proxy's trial has shown.
func ProxyLeads(p fleet.Proxy, tried fleet.ProxyTrial) string {
	return fmt.Sprintf("%s leads to Telegram: DC %d is connected to in %s, secured in %s.", Clean(p.Title()), tried.DC,
		Latency(tried.Leading), Latency(tried.Exchanging))
}
