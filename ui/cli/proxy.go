package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"botring/fleet"
	"botring/fleet/fault"
)

// Variables that name a proxy. The first is read and unset; the others belong to all programs and stay. They are
// looked up in the order in which curl does.
const (
	envProxy   = "BOTRING_PROXY"
	envAll     = "all_proxy"
	envAllBig  = "ALL_PROXY"
	envNone    = "no_proxy"
	envNoneBig = "NO_PROXY"
)

// maxProxyFile bounds what is read of a --proxy-file, in bytes.
const maxProxyFile = 4 << 10

// A proxyFlags is what flags and variables say of a proxy.
type proxyFlags struct {
	flag, file, variable string
	// all is what every program's variable says, and allName which one that is.
	all, allName string
}

func (p *proxyFlags) register(set *pflag.FlagSet) {
	set.StringVar(&p.flag, "proxy", "", "the `proxy` to Telegram: a name, a URL without a secret, or none [BOTRING_PROXY, ALL_PROXY]")
	set.StringVar(&p.file, "proxy-file", "", "a private `file` with the URL of the proxy, secrets included")
}

// above reports whether a flag or variable wins over the configuration.
func (p *proxyFlags) above() bool { return p.flag != "" || p.file != "" || p.variable != "" }

// readEnviron reads the variables.
func (p *proxyFlags) readEnviron(environ Environ) {
	p.variable, _ = environ.Lookup(envProxy)
	environ.Unset(envProxy)
	for _, name := range []string{envAll, envAllBig} {
		if value, _ := environ.Lookup(name); value != "" && p.all == "" {
			p.all, p.allName = value, name
		}
	}
	for _, name := range []string{envNone, envNoneBig} {
		// What else they list are hosts that are near, which none of Telegram's is.
		if value, _ := environ.Lookup(name); strings.TrimSpace(value) == "*" {
			p.all = ""
		}
	}
}

// errPublic is an argument that holds a secret or may do so.
var errPublic = usage("A proxy with a user, password or secret is among the arguments, where every program of this machine can see it.",
	"Save it under a name with botring proxy add, or give it in $"+envProxy+" or with --proxy-file. If others use this machine, change the password.")

// isPublic reports whether a text that names a proxy holds nothing that arguments must not.
func isPublic(text string) bool {
	p, err := fleet.ParseProxy(text)
	if err != nil {
		// It may be one that was mistyped.
		return !regexp.MustCompile(`(?i)@|secret=|pass=`).MatchString(text)
	}
	return p.User == "" && p.Secret.Empty() && !strings.Contains(text, "@")
}

// choose decides on the proxy: a flag, else the file, the variable, the configuration, and what all programs are
// told to use.
func (p *proxyFlags) choose(of config) (chosen fleet.Proxy, by string, err error) {
	text := ""
	switch {
	case p.flag != "" && p.file != "":
		return chosen, "", usage("Both --proxy and --proxy-file are given.", "Give one of them.")
	case p.flag != "":
		text, by = p.flag, "--proxy"
		if !isPublic(text) {
			return chosen, by, errPublic
		}
	case p.file != "":
		by = "--proxy-file"
		text, err = readProxyFile(p.file)
	case p.variable != "":
		text, by = p.variable, "$"+envProxy
	case of.proxy != "":
		text, by = of.proxy, "the configuration"
	case p.all != "":
		text, by = p.all, "$"+p.allName
	}
	if err == nil {
		chosen, err = fleet.FindProxy(of.proxies, text)
	}
	return chosen, by, namedBy(by, err)
}

// proxy puts the proxy into the options of a fleet. One that all programs are told to use and that cannot be used
// here is no reason for commands to fail that need no Telegram; those that do are not to go past it.
func (s *shell) proxy(opts *fleet.Options) error {
	chosen, by, err := s.flags.proxy.choose(s.config)
	opts.Proxy, opts.Proxies = chosen, s.config.proxies
	if by == "$"+s.flags.proxy.allName {
		opts.NoWay, err = err, nil
	}
	return err
}

// lastly is the variable of every program's that says which proxy is used, where nobody else does.
func (p *proxyFlags) lastly() string {
	if p.all == "" {
		return ""
	}
	return p.allName
}

// proxyInForce is the proxy in use as the configuration would name it, or its address, without what is secret.
func (s *shell) proxyInForce() string {
	chosen, by, err := s.flags.proxy.choose(s.config)
	switch {
	case err != nil:
		return "one that cannot be used, from " + by
	case chosen.Name != "":
		return strconv.Quote(chosen.Name)
	case chosen == fleet.Proxy{}:
		return strconv.Quote(fleet.NoProxy)
	}
	return strconv.Quote(chosen.String())
}

// namedBy says where a proxy that cannot be used was named.
func namedBy(by string, err error) error {
	var typed *fleet.InputError
	if errors.As(err, &typed) && typed.Problem == fleet.ProblemProxy {
		typed.Got = by
	}
	return err
}

// readProxyFile reads the one line of a file that nobody else can read.
func readProxyFile(path string) (string, error) {
	refuse := func(why string) error {
		return usage("The file of --proxy-file cannot be used.", why)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", refuse("It cannot be read: " + fault.Clean(reason(err)) + ".")
	case !info.Mode().IsRegular():
		return "", refuse("It is no plain file.")
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return "", refuse(fmt.Sprintf("Others can read it (mode %04o): chmod 600 keeps them out.", info.Mode().Perm()))
	}
	f, err := os.Open(path)
	if err != nil {
		return "", refuse("It cannot be read: " + fault.Clean(reason(err)) + ".")
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, maxProxyFile+1))
	text := strings.TrimSpace(string(content))
	if err != nil || text == "" || len(content) > maxProxyFile || strings.ContainsAny(text, "\r\n") {
		return "", refuse("It is to hold one line: the URL of a proxy.")
	}
	return text, nil
}

// reason is an error of the file system without the path, which the caller has named.
func reason(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}
