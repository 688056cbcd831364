package telegram

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"

	"github.com/gotd/td/mtproxy"
	"github.com/gotd/td/proto/codec"

	"botring/internal/secret"
)

// A ProxyKind is what a proxy speaks.
type ProxyKind int

// The kinds of proxies. The zero one is none.
const (
	NoProxy   ProxyKind = iota
	SOCKS5              // RFC 1928, with or without a user (RFC 1929)
	HTTPProxy           // the CONNECT method, with or without Basic authorization
	MTProxy             // Telegram's own, with a plain, a "dd" or an "ee" secret
)

// scheme is how URLs name the kind.
func (k ProxyKind) scheme() string {
	switch k {
	case SOCKS5:
		return "socks5"
	case HTTPProxy:
		return "http"
	case MTProxy:
		return "mtproxy"
	case NoProxy:
	}
	return ""
}

// A Proxy is what stands between this computer and Telegram. The zero Proxy is none.
type Proxy struct {
	Kind ProxyKind
	// Name is what the user calls it, "" where it has none.
	Name string
	// Addr is HOST:PORT.
	Addr string
	// User is whom a SOCKS5 or HTTP proxy is to admit, "" for anybody.
	User string
	// Secret is the user's password, or the secret of an MTProxy as its links have it, in hexadecimal digits
	// or base64.
	Secret secret.Secret
}

// What is wrong with the description of a proxy. None of them quotes it: any part may be a secret that
// stands in the wrong place.
var (
	ErrProxyURL    = errors.New("a proxy is written as socks5://HOST:PORT, http://HOST:PORT or mtproxy://HOST:PORT, or is a link of Telegram's (tg://proxy, t.me/proxy)")
	ErrProxyTLS    = errors.New("proxies that are themselves reached over TLS (https://) are not supported: http:// is")
	ErrProxySOCKS4 = errors.New("SOCKS4 proxies are not supported: SOCKS5 is")
	ErrProxyAddr   = errors.New("the address of a proxy is HOST:PORT, the host a name or an IP address (IPv6 in brackets)")
	ErrProxyUser   = errors.New("user and password of a proxy have 1 to 255 bytes each, without control characters; a password needs a user, and an HTTP proxy's user has no colon")
	ErrProxyEscape = errors.New("in the URL of a proxy, characters of user and password other than letters, digits and -._~ are written as % and two digits")
	ErrNoSecret    = errors.New("an MTProxy needs its secret")
	ErrMTProxyUser = errors.New("an MTProxy has a secret and no user")
	ErrMTSecret    = errors.New(`the secret of an MTProxy is 32 hexadecimal digits, "dd" and 32 digits, or "ee", 32 digits and a domain; or the same in base64`)
)

// ParseProxy reads the URL of a proxy:
//
//	socks5://[USER:PASSWORD@]HOST:PORT      socks5h:// is the same: names are always looked up by the proxy
//	http://[USER:PASSWORD@]HOST:PORT
//	mtproxy://[SECRET@]HOST:PORT
//	tg://proxy?server=HOST&port=PORT&secret=SECRET, or https://t.me/proxy?…
//	tg://socks?server=HOST&port=PORT[&user=USER&pass=PASSWORD], or https://t.me/socks?…
//
// A secret that is missing is no error here: it may come from elsewhere, and Validate wants it. Errors never
// quote the URL.
func ParseProxy(text string) (Proxy, error) {
	text = strings.TrimSpace(text)
	scheme, _, found := strings.Cut(text, "://")
	u, err := url.Parse(text)
	if !found {
		return Proxy{}, ErrProxyURL
	}
	p := Proxy{}
	switch strings.ToLower(scheme) {
	case "socks5", "socks5h":
		p.Kind = SOCKS5
	case "http":
		p.Kind = HTTPProxy
	case "mtproxy":
		p.Kind = MTProxy
	case "socks4", "socks4a":
		return Proxy{}, ErrProxySOCKS4
	case "tg":
		if err != nil {
			return Proxy{}, ErrProxyURL // its text would quote the URL
		}
		return parseLink(u.Host, u.Query())
	case "https":
		if err == nil && strings.EqualFold(u.Host, "t.me") {
			return parseLink(strings.Trim(u.Path, "/"), u.Query())
		}
		return Proxy{}, ErrProxyTLS
	default:
		return Proxy{}, ErrProxyURL
	}
	switch {
	case err != nil && strings.Contains(text, "@"):
		return Proxy{}, ErrProxyEscape
	case err != nil:
		return Proxy{}, ErrProxyAddr
	case u.RawQuery != "", u.Fragment != "", u.Path != "" && u.Path != "/":
		// A password with a slash, a question mark or a hash comes out as such.
		if strings.Contains(text, "@") {
			return Proxy{}, ErrProxyEscape
		}
		return Proxy{}, ErrProxyURL
	}
	p.Addr, p.User = u.Host, u.User.Username()
	password, _ := u.User.Password()
	p.Secret = secret.New(password)
	if p.Kind == MTProxy {
		if password != "" {
			return Proxy{}, ErrMTProxyUser
		}
		p.User, p.Secret = "", secret.New(p.User)
	}
	return p, p.Check()
}

// parseLink reads what a link of Telegram's says, such as tg://proxy or https://t.me/socks.
func parseLink(what string, query url.Values) (Proxy, error) {
	p := Proxy{}
	host := strings.Trim(query.Get("server"), "[]")
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	p.Addr = host + ":" + query.Get("port")
	switch what {
	case "proxy":
		p.Kind, p.Secret = MTProxy, secret.New(query.Get("secret"))
		if p.Secret.Empty() {
			return Proxy{}, ErrNoSecret
		}
	case "socks":
		p.Kind, p.User, p.Secret = SOCKS5, query.Get("user"), secret.New(query.Get("pass"))
	default:
		return Proxy{}, ErrProxyURL
	}
	return p, p.Check()
}

// Check is Validate of what is there: a secret that is missing may come from elsewhere.
func (p Proxy) Check() error {
	if checkAddr(p.Addr) != nil {
		return ErrProxyAddr
	}
	if p.Kind == MTProxy {
		if p.User != "" {
			return ErrMTProxyUser
		}
		if p.Secret.Empty() {
			return nil
		}
		_, err := p.disguise()
		return err
	}
	for _, part := range []string{p.User, p.Secret.Reveal()} {
		if len(part) > 255 || strings.ContainsFunc(part, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return ErrProxyUser
		}
	}
	if p.User == "" && !p.Secret.Empty() || p.Kind == HTTPProxy && strings.Contains(p.User, ":") {
		return ErrProxyUser
	}
	return nil
}

// Validate reports what makes a proxy unusable. The zero Proxy is fine.
func (p Proxy) Validate() error {
	switch p.Kind {
	case NoProxy:
		return nil
	case MTProxy:
		if p.Secret.Empty() {
			return ErrNoSecret
		}
	case SOCKS5, HTTPProxy:
	}
	return p.Check()
}

// String is the proxy's URL without user and secret.
func (p Proxy) String() string {
	if p.Kind == NoProxy {
		return ""
	}
	return p.Kind.scheme() + "://" + p.Addr
}

// Title is what the user calls the proxy, or its URL without user and secret.
func (p Proxy) Title() string {
	if p.Name != "" {
		return p.Name
	}
	return p.String()
}

const (
	// mtSecretSize is the size of the secret proper.
	mtSecretSize = 16
	// maxCloak is the longest name of a host that official clients take (tdlib, ProxySecret.h).
	maxCloak = 182
)

// disguise reads the secret of an MTProxy: 16 bytes, or 0xdd and 16 bytes, or 0xee, 16 bytes and the domain
// that the proxy pretends to be.
func (p Proxy) disguise() (mtproxy.Secret, error) {
	raw, ok := decodeSecret(p.Secret.Reveal())
	if !ok {
		return mtproxy.Secret{}, ErrMTSecret
	}
	const tagged = 1 + mtSecretSize
	switch {
	case len(raw) == mtSecretSize:
		return mtproxy.Secret{Type: mtproxy.Simple, Secret: raw}, nil
	case len(raw) == tagged && raw[0] == codec.PaddedIntermediateClientStart[0]:
		return mtproxy.Secret{Type: mtproxy.Secured, Tag: raw[0], Secret: raw[1:]}, nil
	case len(raw) > tagged && len(raw) <= tagged+maxCloak && raw[0] == codec.IntermediateClientStart[0] && isHostName(string(raw[tagged:])):
		return mtproxy.Secret{Type: mtproxy.TLS, Tag: raw[0], Secret: raw[1:tagged], CloakHost: string(raw[tagged:])}, nil
	}
	return mtproxy.Secret{}, ErrMTSecret
}

// decodeSecret reads hexadecimal digits or base64 of either alphabet, with or without its padding.
func decodeSecret(text string) ([]byte, bool) {
	if raw, err := hex.DecodeString(text); err == nil {
		return raw, true
	}
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return raw, err == nil
}
