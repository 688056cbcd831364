package telegramtest

import (
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"botring/telegram"
)

// decide says how a call is answered. It is called from the connection's own goroutine, with the
// server's mutex held.
func (s *Server) decide(c *conn, k *authKey, req request) reply {
	s.stats.Methods[methodName(req.method)]++
	if c.duplicated {
		c.duplicated = false
		return refuse(406, "AUTH_KEY_DUPLICATED")
	}
	if req.init != nil {
		s.stats.Init = *req.init
		script := s.scripts[AtInit].next()
		if script.refuses() {
			return reply{Script: script}
		}
		// A login says both halves of the pair and is judged by them.
		if req.method != tg.AuthImportBotAuthorizationRequestTypeID && !s.admitted(req.init.APIID) {
			return refuse(400, "CONNECTION_API_ID_INVALID")
		}
		c.inited, c.layer = true, req.init.Layer
		r := s.respond(c, k, req)
		r.Delay += script.Delay
		return r
	}
	if !c.inited {
		return refuse(400, "CONNECTION_NOT_INITED")
	}
	return s.respond(c, k, req)
}

// respond answers a call on a connection that is in order.
func (s *Server) respond(c *conn, k *authKey, req request) reply {
	if req.method == tg.AuthImportBotAuthorizationRequestTypeID {
		return s.login(c, k, req)
	}
	b := s.bots[k.user]
	if b == nil {
		if req.method == tg.HelpGetConfigRequestTypeID {
			return reply{result: s.config(c.dc)}
		}
		return refuse(401, "AUTH_KEY_UNREGISTERED")
	}
	if k.revoked {
		return refuse(401, "SESSION_REVOKED")
	}
	if script := b.call.next(); script != (Script{}) {
		r := reply{Script: script}
		if !script.refuses() || script.Heard {
			r.result = s.method(c, k, b, req).result
		}
		return r
	}
	return s.method(c, k, b, req)
}

// method carries a call out for the bot that is logged in.
func (s *Server) method(c *conn, k *authKey, b *bot, req request) reply {
	body := &bin.Buffer{Buf: req.body}
	switch req.method {
	case tg.HelpGetConfigRequestTypeID:
		return reply{result: s.config(c.dc)}
	case tg.AuthLogOutRequestTypeID:
		k.user = 0
		return reply{result: &tg.AuthLoggedOut{}}
	case tg.UsersGetUsersRequestTypeID:
		var ask tg.UsersGetUsersRequest
		if err := ask.Decode(body); err != nil {
			return refuse(400, "INPUT_FETCH_ERROR")
		}
		users := new(tg.UserClassVector)
		for _, id := range ask.ID {
			if !b.is(id) {
				return refuse(400, "USER_ID_INVALID")
			}
			users.Elems = append(users.Elems, b.user(c.layer))
		}
		return reply{result: users}
	case tg.UsersGetFullUserRequestTypeID:
		var ask tg.UsersGetFullUserRequest
		if err := ask.Decode(body); err != nil {
			return refuse(400, "INPUT_FETCH_ERROR")
		}
		if !b.is(ask.ID) {
			return refuse(400, "USER_ID_INVALID")
		}
		return reply{result: &tg.UsersUserFull{
			FullUser: tg.UserFull{ID: b.Profile.ID},
			Users:    []tg.UserClass{b.user(c.layer)},
		}}
	case tg.BotsExportBotTokenRequestTypeID:
		return s.export(b, body)
	default:
		return refuse(400, fmt.Sprintf("INPUT_METHOD_INVALID_%d", req.method))
	}
}

// methodName names a call in Stats.
func methodName(id uint32) string {
	switch id {
	case tg.AuthImportBotAuthorizationRequestTypeID:
		return "auth.importBotAuthorization"
	case tg.AuthLogOutRequestTypeID:
		return "auth.logOut"
	case tg.UsersGetUsersRequestTypeID:
		return "users.getUsers"
	case tg.UsersGetFullUserRequestTypeID:
		return "users.getFullUser"
	case tg.HelpGetConfigRequestTypeID:
		return "help.getConfig"
	case tg.BotsExportBotTokenRequestTypeID:
		return "bots.exportBotToken"
	default:
		return fmt.Sprintf("%#08x", id)
	}
}

// admitted reports whether an api_id is one of Options.Apps.
func (s *Server) admitted(id int) bool {
	return len(s.opts.Apps) == 0 || slices.ContainsFunc(s.opts.Apps, func(a telegram.App) bool { return a.ID == id })
}

// config is help.getConfig's answer, as short as it may be.
func (s *Server) config(at *dc) *tg.Config {
	now := s.clock.Now()
	config := &tg.Config{
		Date:     int(now.Unix()),
		Expires:  int(now.Add(saltLife).Unix()),
		TestMode: s.opts.Test,
		ThisDC:   at.id,
	}
	for _, d := range s.dcs {
		host, port, err := net.SplitHostPort(d.addr)
		if err != nil {
			continue
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			continue
		}
		config.DCOptions = append(config.DCOptions, tg.DCOption{ID: d.id, IPAddress: host, Port: n})
	}
	return config
}
