package telegramtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A BotAPI is the Bot API of a Server: an http.Handler that answers getMe for the bots AddBot made known, in the words
// of the published server (github.com/tdlib/telegram-bot-api, ClientManager.cpp). A Server of Telegram's test kind is
// asked under /bot<token>/test/.
type BotAPI struct {
	server *Server

	mu     sync.Mutex
	script HTTPScript
	left   int // how often it is still followed
	asked  []Asked
}

// Asked is a request as it came, without the token.
type Asked struct {
	At     time.Time
	Bot    int64
	Method string
	Test   bool
}

// An HTTPScript is another answer than the right one. Token is put in the place of "{token}" in Body and the values of
// Header: what a server was sent it can send back.
type HTTPScript struct {
	Status int
	Header map[string]string
	Body   string
	// Stall: never answer. Drop: close the connection; with a Body, after that as it is.
	Stall, Drop bool
	// Times is how often this script is followed before all is well again, 0 for always.
	Times int
}

// BotAPI makes a Bot API of the server.
func (s *Server) BotAPI() *BotAPI { return &BotAPI{server: s} }

// Script says how the next requests are answered. The zero HTTPScript undoes it.
func (b *BotAPI) Script(script HTTPScript) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.script, b.left = script, script.Times
}

// Asked are the requests so far.
func (b *BotAPI) Asked() []Asked {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Asked(nil), b.asked...)
}

// next is the script to follow, if there is one.
func (b *BotAPI) next(asked Asked) (script HTTPScript, follow bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, asked)
	script = b.script
	if script.Times > 0 {
		if b.left == 0 {
			return HTTPScript{}, false
		}
		b.left--
	}
	return script, script.Status != 0 || script.Stall || script.Drop
}

// ServeHTTP answers a request.
func (b *BotAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, isBot := strings.CutPrefix(r.URL.Path, "/bot")
	token, method, ok := strings.Cut(path, "/")
	if !isBot || !ok {
		refuseHTTP(w, http.StatusNotFound, "Not Found")
		return
	}
	method, test := strings.CutPrefix(method, "test/")
	digits, _, colon := strings.Cut(token, ":")
	id, err := strconv.ParseInt(digits, 10, 64)
	if script, follow := b.next(Asked{At: time.Now(), Bot: id, Method: method, Test: test}); follow {
		script.play(w, r, token)
		return
	}
	switch {
	case !colon || err != nil || id <= 0:
		refuseHTTP(w, http.StatusUnauthorized, "Unauthorized: invalid token specified")
	case !strings.EqualFold(method, "getMe"):
		refuseHTTP(w, http.StatusNotFound, "Not Found: method not found")
	case !b.knows(id, token, test):
		refuseHTTP(w, http.StatusUnauthorized, "Unauthorized")
	default:
		writeHTTP(w, http.StatusOK, map[string]any{"ok": true, "result": b.user(id)})
	}
}

// knows reports whether a token is its bot's at present.
func (b *BotAPI) knows(id int64, token string, test bool) bool {
	s := b.server
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.bots[id]
	return known != nil && known.Token.Reveal() == token && !s.revoked[token] && test == s.opts.Test
}

// user is a bot as getMe tells of it.
func (b *BotAPI) user(id int64) map[string]any {
	s := b.server
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.bots[id]
	p := known.Profile
	return map[string]any{
		"id": id, "is_bot": !known.Person, "first_name": p.FirstName, "username": p.Username,
		"can_join_groups": p.Groups, "can_read_all_group_messages": p.ReadsAll,
		"supports_inline_queries": p.Inline, "can_manage_bots": p.ManagesBots,
	}
}

func refuseHTTP(w http.ResponseWriter, status int, description string) {
	writeHTTP(w, status, map[string]any{"ok": false, "error_code": status, "description": description})
}

func writeHTTP(w http.ResponseWriter, status int, answer map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

// play answers as scripted.
func (s HTTPScript) play(w http.ResponseWriter, r *http.Request, token string) {
	echo := func(text string) string { return strings.ReplaceAll(text, "{token}", token) }
	switch {
	case s.Stall:
		<-r.Context().Done()
	case s.Drop:
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, echo(s.Body))
		_ = conn.Close()
	default:
		for name, value := range s.Header {
			w.Header().Set(name, echo(value))
		}
		w.WriteHeader(s.Status)
		_, _ = io.WriteString(w, echo(s.Body))
	}
}

// ListenBotAPI serves a Bot API on loopback until the server is closed, and says at which URL.
func (s *Server) ListenBotAPI() (api *BotAPI, url string, err error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("listen for the Bot API: %w", err)
	}
	api = s.BotAPI()
	served := &http.Server{Handler: api, ReadHeaderTimeout: time.Minute}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = l.Close()
		return nil, "", net.ErrClosed
	}
	s.web = append(s.web, served)
	s.wg.Go(func() { _ = served.Serve(l) })
	return api, "http://" + l.Addr().String(), nil
}
