package telegramtest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"botring/internal/secret"
	"botring/telegram"
)

// defaultDC is where bots live that name no data centre.
const defaultDC = 2

// bot is a Bot and how often its scripts were followed. The server's mutex guards it.
type bot struct {
	Bot
	login, call running
}

// AddBot makes a bot known, in place of the one with its id, whose sessions it keeps. The id is the
// token's; Profile.ID may be left 0.
func (s *Server) AddBot(b Bot) {
	id := tokenID(b.Token)
	if b.Profile.ID == 0 {
		b.Profile.ID = id
	}
	if b.DC == 0 {
		b.DC = defaultDC
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.revoked, b.Token.Reveal())
	s.bots[id] = &bot{Bot: b, login: running{Script: b.Login}, call: running{Script: b.Call}}
}

// RevokeToken makes a bot's token answer ACCESS_TOKEN_EXPIRED and its sessions SESSION_REVOKED. A new
// token is given to the bot with AddBot.
func (s *Server) RevokeToken(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoke(id)
}

// Token is a bot's token as it is now, the empty secret where there is no such bot.
func (s *Server) Token(id int64) secret.Secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bots[id]; b != nil {
		return b.Token
	}
	return secret.Secret{}
}

// revoke is RevokeToken. The caller holds the server's mutex.
func (s *Server) revoke(id int64) {
	if b := s.bots[id]; b != nil {
		s.revoked[b.Token.Reveal()] = true
	}
	for _, k := range s.keys {
		if k.user == id {
			k.revoked = true
		}
	}
}

// login answers auth.importBotAuthorization. The caller holds the server's mutex.
func (s *Server) login(c *conn, k *authKey, req request) reply {
	var ask tg.AuthImportBotAuthorizationRequest
	if err := ask.Decode(&bin.Buffer{Buf: req.body}); err != nil {
		return refuse(400, "INPUT_FETCH_ERROR")
	}
	token := secret.New(ask.BotAuthToken)
	id := tokenID(token)
	s.stats.Logins++
	s.stats.LoginsOf[id]++

	app := telegram.App{ID: ask.APIID, Hash: secret.New(ask.APIHash)}
	if len(s.opts.Apps) > 0 && !slices.ContainsFunc(s.opts.Apps, func(a telegram.App) bool {
		return a.ID == app.ID && a.Hash.Equal(app.Hash)
	}) {
		return refuse(400, "API_ID_INVALID")
	}
	if s.revoked[ask.BotAuthToken] {
		return refuse(400, "ACCESS_TOKEN_EXPIRED")
	}
	b := s.bots[id]
	if b == nil || !b.Token.Equal(token) {
		return refuse(400, "ACCESS_TOKEN_INVALID")
	}
	if b.DC != c.dc.id {
		return refuse(303, fmt.Sprintf("USER_MIGRATE_%d", b.DC))
	}
	script := b.login.next()
	if script.refuses() {
		return reply{Script: script}
	}
	k.user, k.revoked = id, false
	return reply{Script: script, result: &tg.AuthAuthorization{User: b.user(c.layer)}}
}

// tokenID returns the bot id a token begins with, or 0.
func tokenID(token secret.Secret) int64 {
	digits, _, _ := strings.Cut(token.Reveal(), ":")
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// is reports whether a call means the bot itself.
func (b *bot) is(id tg.InputUserClass) bool {
	switch id := id.(type) {
	case *tg.InputUserSelf:
		return true
	case *tg.InputUser:
		return id.UserID == b.Profile.ID
	default:
		return false
	}
}

// user is the bot as Telegram describes it to itself, in the constructor of a client's layer.
func (b *bot) user(layer int) tg.UserClass {
	if layer > 0 && layer <= olderLayer {
		return olderUser{b.newest()}
	}
	return b.newest()
}

// olderLayer is the last layer whose user begins with olderUserID, as far as is known: GramJS 2.26.22 speaks it
// (its tl/apiTl.js). What is sent of a user has the same shape in both.
const (
	olderLayer  = 198
	olderUserID = 0x4b46c37e
)

// olderUser is a user for a client of an older layer.
type olderUser struct{ *tg.User }

// Encode writes the user with the constructor of olderLayer.
func (u olderUser) Encode(b *bin.Buffer) error {
	start := b.Len()
	if err := u.User.Encode(b); err != nil {
		return err
	}
	binary.LittleEndian.PutUint32(b.Buf[start:], olderUserID)
	return nil
}

// newest is the user in the newest layer.
func (b *bot) newest() *tg.User {
	p := b.Profile
	u := &tg.User{
		Self:             true,
		Bot:              !b.Person,
		BotChatHistory:   p.ReadsAll,
		BotNochats:       !p.Groups,
		BotCanManageBots: p.ManagesBots,
		ID:               p.ID,
	}
	u.SetAccessHash(p.ID<<16 | 1)
	u.SetFirstName(p.FirstName)
	u.SetUsername(p.Username)
	if b.Person {
		return u
	}
	// The version travels under the very flag that says "bot".
	u.SetBotInfoVersion(1)
	if p.Inline {
		u.SetBotInlinePlaceholder("Search…")
	}
	return u
}
