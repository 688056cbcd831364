package cli

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"botring/fleet"
)

// The keys of the configuration that are about proxies.
const (
	configProxy   = "proxy"   // the name of the one in use
	configProxies = "proxies" // a table of them by name
)

// A proxyLineError is a proxy of the configuration that cannot be used: the key of its table that is to blame, ""
// for the whole.
type proxyLineError struct {
	proxy, key string
	err        error
}

func (e *proxyLineError) Error() string { return e.err.Error() }

// likeProxyURL is a line of a proxy's table as it should be.
const likeProxyURL = `url = "socks5://127.0.0.1:1080"`

var (
	errConfigProxy       = errors.New(`proxy is the name of a proxy that the configuration has, or "none"`)
	errConfigProxies     = errors.New("a proxy is a table [proxies.NAME] with a url and perhaps a user; names are of small letters, digits and dashes")
	errConfigProxySecret = errors.New("passwords and secrets have no place in the configuration: remove it, and botring proxy add keeps it in the keyring")
)

// setProxy reads the name of the proxy in use. Whether there is such a proxy is seen when all are read.
func (c *config) setProxy(value any) error {
	name, _ := value.(string)
	if !fleet.IsProxyName(name) && name != fleet.NoProxy {
		return errConfigProxy
	}
	c.proxy = name
	return nil
}

// setProxies reads the table of proxies.
func (c *config) setProxies(value any) error {
	tables, ok := value.(map[string]any)
	if !ok {
		return errConfigProxies
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		proxy, err := readProxy(name, tables[name])
		if err != nil {
			return err
		}
		c.proxies = append(c.proxies, proxy)
	}
	return nil
}

// knowsProxy reports whether the proxy in use is one that the configuration has.
func (c *config) knowsProxy() bool {
	return c.proxy == "" || c.proxy == fleet.NoProxy ||
		slices.ContainsFunc(c.proxies, func(p fleet.Proxy) bool { return p.Name == c.proxy })
}

// readProxy reads a proxy's table. A secret is refused wherever in it it stands.
func readProxy(name string, value any) (fleet.Proxy, error) {
	refuse := func(key string, err error) (fleet.Proxy, error) {
		return fleet.Proxy{}, &proxyLineError{proxy: name, key: key, err: err}
	}
	table, ok := value.(map[string]any)
	if !ok || !fleet.IsProxyName(name) {
		return refuse("", errConfigProxies)
	}
	for key := range table {
		switch key {
		case "url", "user":
		case "password", "pass", "secret":
			return refuse(key, errConfigProxySecret)
		default:
			return refuse(key, errConfigProxies)
		}
	}
	text, _ := table["url"].(string)
	if !isPublic(text) {
		return refuse("url", errConfigProxySecret)
	}
	proxy, err := fleet.ParseProxy(text)
	if err != nil {
		return refuse("url", errors.Unwrap(err))
	}
	if user, set := table["user"]; set {
		text, ok := user.(string)
		proxy.User = text
		if !ok || text == "" || proxy.Check() != nil {
			return refuse("user", errConfigProxies)
		}
	}
	proxy.Name = name
	return proxy, nil
}

// proxyHeader finds the line that begins a proxy's table.
func proxyHeader(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*\[[ \t]*proxies[ \t]*\.[ \t]*"?` + regexp.QuoteMeta(name) + `"?[ \t]*\][^\r\n]*`)
}

// tableOf finds a proxy's table, from its header to the next, nil where it is written in another way.
func tableOf(name string, content []byte) []int {
	at := proxyHeader(name).FindIndex(content)
	if at == nil {
		return nil
	}
	if next := regexp.MustCompile(`(?m)^[ \t]*\[`).FindIndex(content[at[1]:]); next != nil {
		return []int{at[0], at[1] + next[0]}
	}
	return []int{at[0], len(content)}
}

// lineOfProxy is the number of the line that is to blame, 0 where it is not found.
func lineOfProxy(bad *proxyLineError, content []byte) int {
	table := tableOf(bad.proxy, content)
	if table == nil {
		return 0
	}
	line := 1 + bytes.Count(content[:table[0]], []byte("\n"))
	if bad.key == "" {
		return line
	}
	return line + max(lineOf(bad.key, content[table[0]:table[1]])-1, 0)
}

// withoutProxy takes a proxy's table out of a configuration.
func withoutProxy(content []byte, name string) []byte {
	table := tableOf(name, content)
	if table == nil {
		return content
	}
	return slices.Concat(content[:table[0]], content[table[1]:])
}

// withProxy puts a proxy into a configuration, in the place of the one that has its name.
func withProxy(content []byte, p fleet.Proxy) []byte {
	content = bytes.TrimRight(withoutProxy(content, p.Name), "\n")
	if len(content) > 0 {
		content = append(content, "\n\n"...)
	}
	content = fmt.Appendf(content, "[proxies.%s]\nurl = %q\n", p.Name, p.String())
	if p.User != "" {
		content = fmt.Appendf(content, "user = %q\n", p.User)
	}
	return content
}

// changeProxies changes what the configuration says of proxies. want is what it must then say.
func (s *shell) changeProxies(change func([]byte) []byte, want func(config) bool) error {
	return s.rewriteConfig([]string{configProxies, configProxy}, func(before []byte, _ config) []byte { return change(before) }, want)
}

// proxyNames are the names of those that can be used, with none first.
func (c config) proxyNames() []string {
	names := []string{fleet.NoProxy}
	for _, p := range c.proxies {
		names = append(names, p.Name)
	}
	return names
}
