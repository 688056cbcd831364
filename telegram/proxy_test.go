package telegram_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"botring/internal/secret"
	"botring/telegram"
)

const (
	plainSecret = "0123456789abcdef0123456789abcdef"
	cloakSecret = "ee" + plainSecret + "7777772e6578616d706c652e636f6d" // www.example.com
)

func TestParseProxy(t *testing.T) {
	raw, err := hex.DecodeString(cloakSecret)
	if err != nil {
		t.Fatal(err)
	}
	inBase64 := base64.RawURLEncoding.EncodeToString(raw)
	for text, want := range map[string]telegram.Proxy{
		"socks5://127.0.0.1:1080":                 {Kind: telegram.SOCKS5, Addr: "127.0.0.1:1080"},
		"SOCKS5h://proxy.example:1080/":           {Kind: telegram.SOCKS5, Addr: "proxy.example:1080"},
		"socks5://me:p%40ss%3A@[::1]:1080":        {Kind: telegram.SOCKS5, Addr: "[::1]:1080", User: "me", Secret: secret.New("p@ss:")},
		"socks5://me@h:1":                         {Kind: telegram.SOCKS5, Addr: "h:1", User: "me"},
		"http://me:pw@proxy:3128":                 {Kind: telegram.HTTPProxy, Addr: "proxy:3128", User: "me", Secret: secret.New("pw")},
		"mtproxy://h:443":                         {Kind: telegram.MTProxy, Addr: "h:443"},
		"mtproxy://" + plainSecret + "@h:443":     {Kind: telegram.MTProxy, Addr: "h:443", Secret: secret.New(plainSecret)},
		"mtproxy://dd" + plainSecret + "@h:443":   {Kind: telegram.MTProxy, Addr: "h:443", Secret: secret.New("dd" + plainSecret)},
		"mtproxy://" + inBase64 + "@h:443":        {Kind: telegram.MTProxy, Addr: "h:443", Secret: secret.New(inBase64)},
		"tg://socks?server=h&port=1&user=u&pass=": {Kind: telegram.SOCKS5, Addr: "h:1", User: "u"},

		"tg://proxy?server=::1&port=443&secret=" + cloakSecret:         {Kind: telegram.MTProxy, Addr: "[::1]:443", Secret: secret.New(cloakSecret)},
		"https://t.me/proxy?server=h&port=443&secret=" + inBase64:      {Kind: telegram.MTProxy, Addr: "h:443", Secret: secret.New(inBase64)},
		"https://t.me/socks?server=1.2.3.4&port=1&user=a%2Fb&pass=%3F": {Kind: telegram.SOCKS5, Addr: "1.2.3.4:1", User: "a/b", Secret: secret.New("?")},
	} {
		got, err := telegram.ParseProxy(text)
		if err != nil || got.Kind != want.Kind || got.Addr != want.Addr || got.User != want.User || !got.Secret.Equal(want.Secret) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		if !got.Secret.Empty() && strings.Contains(fmt.Sprintf("%v %+v %#v %s %s", got, got, got, got, got.Title()), got.Secret.Reveal()) {
			t.Errorf("%q shows its secret", text)
		}
		again, err := telegram.ParseProxy(got.String())
		if err != nil || again.Kind != got.Kind || again.Addr != got.Addr || again.User != "" || !again.Secret.Empty() {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}

func TestParseProxyRefuses(t *testing.T) {
	const pw = "hunter2hunter2"
	for text, want := range map[string]error{
		"":                                        telegram.ErrProxyURL,
		"127.0.0.1:1080":                          telegram.ErrProxyURL,
		pw + "://h:1":                             telegram.ErrProxyURL,
		"me:" + pw + "@h:1080":                    telegram.ErrProxyURL,
		"socks4://h:1":                            telegram.ErrProxySOCKS4,
		"https://me:" + pw + "@h:1":               telegram.ErrProxyTLS,
		"https://t.me/" + pw:                      telegram.ErrProxyURL,
		"socks5://h":                              telegram.ErrProxyAddr,
		"socks5://h:0":                            telegram.ErrProxyAddr,
		"socks5://h:" + pw:                        telegram.ErrProxyAddr,
		"socks5://h\x1b:1":                        telegram.ErrProxyAddr,
		"socks5://me:" + pw + "#x@h:1":            telegram.ErrProxyEscape,
		"socks5://me:" + pw + "/x@h:1":            telegram.ErrProxyEscape,
		"socks5://me:" + pw + "%zz@h:1":           telegram.ErrProxyEscape,
		"socks5://:" + pw + "@h:1":                telegram.ErrProxyUser,
		"socks5://me:" + pw + "%0a@h:1":           telegram.ErrProxyUser,
		"http://a%3Ab:" + pw + "@h:1":             telegram.ErrProxyUser,
		"socks5://h:1/" + pw:                      telegram.ErrProxyURL,
		"socks5://h:1?secret=" + pw:               telegram.ErrProxyURL,
		"mtproxy://a:" + pw + "@h:1":              telegram.ErrMTProxyUser,
		"mtproxy://" + pw + "@h:1":                telegram.ErrMTSecret,
		"mtproxy://ee" + plainSecret + "@h:1":     telegram.ErrMTSecret, // no domain
		"mtproxy://ef" + plainSecret + "@h:1":     telegram.ErrMTSecret,
		"mtproxy://dd" + plainSecret + "00@h:1":   telegram.ErrMTSecret,
		"mtproxy://" + cloakSecret + "0a@h:1":     telegram.ErrMTSecret, // a domain with a line break
		"tg://proxy?server=h&port=1":              telegram.ErrNoSecret,
		"tg://proxy?server=h&port=1&secret=" + pw: telegram.ErrMTSecret,
		"tg://resolve?domain=" + pw:               telegram.ErrProxyURL,

		"socks5://me:" + strings.Repeat("x", 256) + "@h:1": telegram.ErrProxyUser,
	} {
		_, err := telegram.ParseProxy(text)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), pw) {
			t.Errorf("%q: the error quotes it: %v", text, err)
		}
	}
}

// TestProxyWithoutSecret: nothing is dialled through an MTProxy whose secret is not known.
func TestProxyWithoutSecret(t *testing.T) {
	c := telegram.New(telegram.Production(), telegram.Options{
		Proxy: telegram.Proxy{Kind: telegram.MTProxy, Addr: closedPort(t)}, Dial: dialsNothing(t),
	})
	_, err := c.Login(t.Context(), theApp(), theToken(), nil)
	if failed(t, err, telegram.Unexpected); !errors.Is(err, telegram.ErrNoSecret) {
		t.Error(err)
	}
}

func FuzzParseProxy(f *testing.F) {
	for _, text := range []string{
		"socks5://me:pw@h:1", "http://h:1", "mtproxy://" + cloakSecret + "@h:1", "https://t.me/proxy?server=h&port=1&secret=" + plainSecret,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := telegram.ParseProxy(text)
		if err != nil {
			return
		}
		if err := p.Validate(); err != nil && !errors.Is(err, telegram.ErrNoSecret) {
			t.Errorf("%+v was read: %v", p, err)
		}
		if again, err := telegram.ParseProxy(p.String()); err != nil || again.Addr != p.Addr || again.Kind != p.Kind {
			t.Errorf("%q is shown as %q: %v", text, p, err)
		}
	})
}
