package botapi_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/botapi"
	"botring/telegram/telegramtest"
)

const (
	botID  = 7123456789
	theKey = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"
)

func token() secret.Secret { return secret.New(fmt.Sprintf("%d:%s", int64(botID), theKey)) }

// profile is the bot of the tests.
func profile() telegram.Profile {
	return telegram.Profile{ID: botID, Username: "shop_bot", FirstName: "Shop", Groups: true, Inline: true, ManagesBots: true}
}

// world is a Telegram with one bot and its Bot API.
func world(t *testing.T, opts telegramtest.Options) (*telegramtest.Server, *telegramtest.BotAPI, string) {
	t.Helper()
	opts.DCs, opts.Pipe = 1, true
	tg, err := telegramtest.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tg.Close() })
	tg.AddBot(telegramtest.Bot{Token: token(), Profile: profile()})
	api, at, err := tg.ListenBotAPI()
	if err != nil {
		t.Fatal(err)
	}
	return tg, api, at
}

func parse(t *testing.T, text string) botapi.Server {
	t.Helper()
	server, err := botapi.Parse(text, false)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// noSecret fails where an error tells of the token, however it is looked at.
func noSecret(t *testing.T, err error) {
	t.Helper()
	for next := err; next != nil; next = errors.Unwrap(next) {
		asJSON, _ := json.Marshal(next)
		for _, text := range []string{next.Error(), fmt.Sprintf("%+v", next), fmt.Sprintf("%#v", next), string(asJSON)} {
			for _, part := range []string{theKey, theKey[:12], theKey[len(theKey)-12:], url.PathEscape(token().Reveal()), url.QueryEscape(token().Reveal()), "/bot", "/getMe", "%3A"} {
				if strings.Contains(text, part) {
					t.Errorf("%T tells %q: %s", next, part, text)
				}
			}
		}
	}
}

func TestATokenIsAliveOnlyWhereTheBotAnswers(t *testing.T) {
	tg, api, at := world(t, telegramtest.Options{})
	server := parse(t, at)
	got, err := server.GetMe(t.Context(), token(), false, botapi.Options{})
	if err != nil || got != profile() {
		t.Fatalf("%+v, %v", got, err)
	}
	if asked := api.Asked(); len(asked) != 1 || asked[0].Method != "getMe" || asked[0].Test || asked[0].Bot != botID {
		t.Errorf("asked %+v", asked)
	}
	tg.RevokeToken(botID)
	_, err = server.GetMe(t.Context(), token(), false, botapi.Options{})
	if !errors.Is(err, telegram.TokenRevoked) || !errors.Is(err, botapi.ErrUnauthorized) {
		t.Errorf("revoked: %v", err)
	}
	noSecret(t, err)
	_, err = server.GetMe(t.Context(), secret.New("0:"+theKey), false, botapi.Options{})
	if !errors.Is(err, telegram.TokenInvalid) {
		t.Errorf("no token: %v", err)
	}
}

func TestTheTestEnvironmentIsAskedInItsOwnPlace(t *testing.T) {
	_, api, at := world(t, telegramtest.Options{Test: true})
	if _, err := parse(t, at).GetMe(t.Context(), token(), false, botapi.Options{}); !errors.Is(err, telegram.TokenRevoked) {
		t.Errorf("in production: %v", err)
	}
	if _, err := parse(t, at+"/").GetMe(t.Context(), token(), true, botapi.Options{}); err != nil {
		t.Errorf("in test: %v", err)
	}
	if asked := api.Asked(); len(asked) != 2 || asked[0].Test || !asked[1].Test {
		t.Errorf("asked %+v", asked)
	}
}

// TestWhatIsNotCertainIsNotKnown has one answer a row. None but a bot's own is alive, none but the server's plain
// "Unauthorized" is revoked, and no error tells the token, which every server here sends back.
func TestWhatIsNotCertainIsNotKnown(t *testing.T) {
	fine := fmt.Sprintf(`{"ok":true,"result":{"id":%d,"is_bot":true,"first_name":"Shop","username":"shop_bot"}}`, int64(botID))
	refusal := func(code int, description string) string {
		return fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q}`, code, description)
	}
	type header = map[string]string
	rows := []struct {
		name   string
		answer telegramtest.HTTPScript
		kind   telegram.Kind
		why    error
		wait   time.Duration
	}{
		{"another bot", telegramtest.HTTPScript{Status: 200, Body: strings.Replace(fine, "7123456789", "7123456780", 1)}, telegram.NotTelegram, botapi.ErrOtherBot, 0},
		{"a person", telegramtest.HTTPScript{Status: 200, Body: strings.Replace(fine, `"is_bot":true`, `"is_bot":false`, 1)}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"no result", telegramtest.HTTPScript{Status: 200, Body: `{"ok":true}`}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"ok missing", telegramtest.HTTPScript{Status: 200, Body: strings.Replace(fine, `"ok":true,`, "", 1)}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"ok false", telegramtest.HTTPScript{Status: 200, Body: strings.Replace(fine, `"ok":true`, `"ok":false`, 1)}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"more behind it", telegramtest.HTTPScript{Status: 200, Body: fine + fine}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"another status of success", telegramtest.HTTPScript{Status: 203, Body: fine}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"sign-in page", telegramtest.HTTPScript{Status: 200, Header: header{"Content-Type": "text/html"}, Body: "<html>{token}"}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"empty", telegramtest.HTTPScript{Status: 200}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"endless", telegramtest.HTTPScript{Status: 200, Body: fine + strings.Repeat(" ", 1<<17)}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"endless header", telegramtest.HTTPScript{Status: 200, Header: header{"X": strings.Repeat("x", 1<<18)}, Body: fine}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"401 without the envelope", telegramtest.HTTPScript{Status: 401, Body: "Unauthorized"}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"401 of another code", telegramtest.HTTPScript{Status: 401, Body: refusal(404, "Unauthorized")}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"401 that is ok", telegramtest.HTTPScript{Status: 401, Body: fine}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"401 of the server's app", telegramtest.HTTPScript{Status: 401, Body: refusal(401, "Unauthorized: invalid api-id/api-hash")}, telegram.Unexpected, botapi.ErrServersApp, 0},
		{"401 that is new", telegramtest.HTTPScript{Status: 401, Body: refusal(401, "Unauthorized: {token}")}, telegram.Unexpected, botapi.ErrOther, 0},
		{"400 logged out", telegramtest.HTTPScript{Status: 400, Body: refusal(400, "Logged out")}, telegram.Unexpected, botapi.ErrLoggedOut, 0},
		{"403", telegramtest.HTTPScript{Status: 403, Body: refusal(403, "Forbidden: {token}")}, telegram.Unexpected, botapi.ErrOther, 0},
		{"404", telegramtest.HTTPScript{Status: 404, Body: refusal(404, "Not Found")}, telegram.Unexpected, botapi.ErrNoMethod, 0},
		{"404 of a web server", telegramtest.HTTPScript{Status: 404, Body: "<h1>/bot{token}/getMe</h1>"}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"421", telegramtest.HTTPScript{Status: 421, Body: refusal(421, "Misdirected Request: unallowed token specified")}, telegram.Unexpected, botapi.ErrNotServed, 0},
		{"429", telegramtest.HTTPScript{Status: 429, Body: `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 17","parameters":{"retry_after":17}}`}, telegram.FloodWait, nil, 17 * time.Second},
		{"429 in the header", telegramtest.HTTPScript{Status: 429, Header: header{"Retry-After": "12"}}, telegram.FloodWait, nil, 12 * time.Second},
		{"429 without a time", telegramtest.HTTPScript{Status: 429, Body: "<html>"}, telegram.FloodWait, nil, 30 * time.Second},
		{"429 for ever", telegramtest.HTTPScript{Status: 429, Body: `{"ok":false,"parameters":{"retry_after":9000000000000}}`}, telegram.FloodWait, nil, 24 * time.Hour},
		{"429 of the past", telegramtest.HTTPScript{Status: 429, Body: `{"ok":false,"parameters":{"retry_after":-5}}`}, telegram.FloodWait, nil, 30 * time.Second},
		{"500", telegramtest.HTTPScript{Status: 500, Body: refusal(500, "Internal Server Error: restart")}, telegram.TelegramFault, nil, 0},
		{"502 of a gateway", telegramtest.HTTPScript{Status: 502, Body: "<html>Bad Gateway"}, telegram.TelegramFault, nil, 0},
		{"redirect", telegramtest.HTTPScript{Status: 302, Header: header{"Location": "/bot{token}/getMe"}, Body: fine}, telegram.NotTelegram, botapi.ErrRedirect, 0},
		{"dropped", telegramtest.HTTPScript{Drop: true}, telegram.Unreachable, nil, 0},
		{"dropped half-way", telegramtest.HTTPScript{Drop: true, Body: "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + fine}, telegram.Unreachable, nil, 0},
		{"no HTTP", telegramtest.HTTPScript{Drop: true, Body: "POST /bot{token}/getMe what is that\r\n\r\n"}, telegram.NotTelegram, botapi.ErrNotBotAPI, 0},
		{"stalled", telegramtest.HTTPScript{Stall: true}, telegram.Timeout, nil, 0},
	}
	_, api, at := world(t, telegramtest.Options{})
	server := parse(t, at)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			api.Script(row.answer)
			before := len(api.Asked())
			opts := botapi.Options{}
			if row.answer.Stall {
				opts.Timeout = 50 * time.Millisecond
			}
			got, err := server.GetMe(t.Context(), token(), false, opts)
			var e *telegram.Error
			if !errors.As(err, &e) || e.Kind != row.kind || got != (telegram.Profile{}) {
				t.Fatalf("%+v, %v; want %v", got, err, row.kind)
			}
			if row.why != nil && !errors.Is(err, row.why) || e.Wait != row.wait || e.Op != botapi.Op || e.Addr != server.Addr() {
				t.Errorf("%+v", e)
			}
			noSecret(t, err)
			if asked := len(api.Asked()) - before; asked != 1 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var followed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { followed.Add(1) }))
	defer elsewhere.Close()
	_, api, at := world(t, telegramtest.Options{})
	for _, status := range []int{301, 302, 303, 307, 308} {
		api.Script(telegramtest.HTTPScript{Status: status, Header: map[string]string{"Location": elsewhere.URL + "/bot{token}/getMe"}})
		_, err := parse(t, at).GetMe(t.Context(), token(), false, botapi.Options{})
		if !errors.Is(err, botapi.ErrRedirect) {
			t.Errorf("%d: %v", status, err)
		}
		noSecret(t, err)
	}
	if n := followed.Load(); n > 0 {
		t.Errorf("followed %d times", n)
	}
}

func TestACancelIsACancel(t *testing.T) {
	_, api, at := world(t, telegramtest.Options{})
	api.Script(telegramtest.HTTPScript{Stall: true})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	_, err := parse(t, at).GetMe(ctx, token(), false, botapi.Options{})
	if !errors.Is(err, telegram.Cancelled) {
		t.Errorf("%v", err)
	}
	noSecret(t, err)
}

// TestCertificates: what cannot prove itself is told nothing.
func TestCertificates(t *testing.T) {
	var told atomic.Int32
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { told.Add(1) })
	quiet := func(s *httptest.Server) *httptest.Server {
		s.Config.ErrorLog = quietLog()
		return s
	}
	trusted := quiet(httptest.NewUnstartedServer(handler))
	trusted.StartTLS()
	defer trusted.Close()
	roots := x509.NewCertPool()
	roots.AddCert(trusted.Certificate())
	old := quiet(httptest.NewUnstartedServer(handler))
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10} // what is not to be spoken with
	old.StartTLS()
	defer old.Close()
	plain := quiet(httptest.NewUnstartedServer(handler))
	plain.Start()
	defer plain.Close()
	wrongName := strings.Replace(trusted.URL, "127.0.0.1", "localhost", 1)
	wantsOurs := quiet(httptest.NewUnstartedServer(handler))
	wantsOurs.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}
	wantsOurs.StartTLS()
	defer wantsOurs.Close()

	for _, row := range []struct {
		name, url string
		roots     *x509.CertPool
		why       error
	}{
		{"authority", trusted.URL, nil, botapi.ErrCertAuthority},
		{"name", wrongName, roots, botapi.ErrCertName},
		{"old TLS", old.URL, roots, nil},
		{"no TLS", strings.Replace(plain.URL, "http:", "https:", 1), roots, nil},
		{"it wants a certificate", wantsOurs.URL, roots, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := parse(t, row.url).GetMe(t.Context(), token(), false, botapi.Options{Roots: row.roots})
			if !errors.Is(err, telegram.NotTelegram) || row.why != nil && !errors.Is(err, row.why) {
				t.Errorf("%v", err)
			}
			noSecret(t, err)
		})
	}
	if n := told.Load(); n > 0 {
		t.Errorf("told %d times", n)
	}
	// The same server with the authority is asked: it is the certificate that decides.
	_, _ = parse(t, trusted.URL).GetMe(t.Context(), token(), false, botapi.Options{Roots: roots})
	if told.Load() != 1 {
		t.Error("a server that proves itself is not asked")
	}
}

func TestNothingListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := "http://" + l.Addr().String()
	_ = l.Close()
	_, err = parse(t, at).GetMe(t.Context(), token(), false, botapi.Options{})
	if !errors.Is(err, telegram.Unreachable) {
		t.Errorf("%v", err)
	}
	noSecret(t, err)
}

func TestURLs(t *testing.T) {
	for text, want := range map[string]error{
		"https://bots.example.com":                     nil,
		"https://bots.example.com:8443/api/":           nil,
		"http://127.0.0.1:8081":                        nil,
		"http://[::1]:8081":                            nil,
		"http://localhost:8081":                        nil,
		"http://bots.example.com":                      botapi.ErrPlain,
		"http://127.0.0.1.example.com":                 botapi.ErrPlain,
		"http://10.0.0.1:8081":                         botapi.ErrPlain,
		"http://localhost.example.com":                 botapi.ErrPlain,
		"https://u:p@bots.example.com":                 botapi.ErrURLUser,
		"https://u@bots.example.com":                   botapi.ErrURLUser,
		"https://bots.example.com?a=b":                 botapi.ErrURLUser,
		"https://bots.example.com/?":                   botapi.ErrURLUser,
		"https://bots.example.com/#x":                  botapi.ErrURLUser,
		"https://bots.example.com/#":                   botapi.ErrURLUser,
		"https://bots.example.com/bot":                 botapi.ErrURLBot,
		"https://api.telegram.org/bot" + "1:" + theKey: botapi.ErrURLBot,
		"https://bots.example.com/1:" + theKey:         botapi.ErrURLBot,
		"ftp://bots.example.com":                       botapi.ErrURL,
		"bots.example.com":                             botapi.ErrURL,
		"https://":                                     botapi.ErrURL,
		"https://bots.example.com:":                    botapi.ErrURL,
		"https:bots.example.com":                       botapi.ErrURL,
		"":                                             botapi.ErrURL,
		"https://[::1":                                 botapi.ErrURL,
	} {
		_, err := botapi.Parse(text, false)
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
	if _, err := botapi.Parse("http://10.0.0.1:8081", true); err != nil {
		t.Errorf("insecure: %v", err)
	}
	if botapi.Telegram().String() != "https://api.telegram.org" || botapi.Telegram().Local() {
		t.Error(botapi.Telegram())
	}
}

// TestProxies: what is not on this computer is reached through the proxy, which is told the name, and never past it.
func TestProxies(t *testing.T) {
	_, _, at := world(t, telegramtest.Options{})
	far, _ := strings.CutPrefix(at, "http://")
	var asked, authorized atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Method != http.MethodConnect || r.Host != "bots.example.invalid:80" {
			t.Errorf("%s %s", r.Method, r.Host)
		}
		if r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("me:pass")) {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		authorized.Add(1)
		pipeTo(t, w, far)
	}))
	defer proxy.Close()
	server, err := botapi.Parse("http://bots.example.invalid", true)
	if err != nil {
		t.Fatal(err)
	}
	through := telegram.Proxy{Kind: telegram.HTTPProxy, Name: "office", Addr: proxy.Listener.Addr().String(), User: "me", Secret: secret.New("pass")}
	if got, err := server.GetMe(t.Context(), token(), false, botapi.Options{Proxy: through}); err != nil || got.ID != botID {
		t.Errorf("%+v, %v", got, err)
	}
	through.Secret = secret.New("wrong")
	_, err = server.GetMe(t.Context(), token(), false, botapi.Options{Proxy: through})
	var e *telegram.Error
	if !errors.As(err, &e) || e.Kind != telegram.ProxyDenied || e.Proxy != "office" {
		t.Errorf("denied: %v", err)
	}
	noSecret(t, err)
	if asked.Load() != 2 || authorized.Load() != 1 {
		t.Errorf("asked %d, authorized %d", asked.Load(), authorized.Load())
	}
	// An MTProxy leads to data centres alone. On this computer there is nothing to lead to.
	mt := telegram.Proxy{Kind: telegram.MTProxy, Addr: "127.0.0.1:1", Secret: secret.New(strings.Repeat("0", 32))}
	_, err = server.GetMe(t.Context(), token(), false, botapi.Options{Proxy: mt})
	if !errors.Is(err, telegram.ErrMTProxyLeads) || !errors.Is(err, telegram.ProxyRefused) {
		t.Errorf("MTProxy: %v", err)
	}
	noSecret(t, err)
	if _, err := parse(t, at).GetMe(t.Context(), token(), false, botapi.Options{Proxy: mt}); err != nil {
		t.Errorf("on this computer: %v", err)
	}
	// The variables of every program do not decide.
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	if _, err = server.GetMe(t.Context(), token(), false, botapi.Options{}); !errors.Is(err, telegram.Unreachable) {
		t.Errorf("without a proxy: %v", err)
	}
	if asked.Load() != 2 {
		t.Error("a proxy of the environment's was asked")
	}
}
