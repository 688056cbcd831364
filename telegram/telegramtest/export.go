package telegramtest

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"botring/internal/secret"
)

// export answers bots.exportBotToken for the bot that is logged in. The caller holds the server's mutex.
func (s *Server) export(manager *bot, body *bin.Buffer) reply {
	var ask tg.BotsExportBotTokenRequest
	if err := ask.Decode(body); err != nil {
		return refuse(400, "INPUT_FETCH_ERROR")
	}
	if manager.Person {
		return refuse(400, "USER_BOT_REQUIRED")
	}
	of, ok := ask.Bot.(*tg.InputUser)
	if !ok || !manager.Profile.ManagesBots || !slices.Contains(manager.Manages, of.UserID) || s.bots[of.UserID] == nil {
		return refuse(400, "BOT_INVALID")
	}
	managed := s.bots[of.UserID]
	if ask.Revoke {
		s.revoke(of.UserID)
		managed.Token = newToken(of.UserID)
	}
	return reply{result: &tg.BotsExportedBotToken{Token: managed.Token.Reveal()}}
}

// newToken makes a token in the form that Telegram gives them: 35 characters after the id.
func newToken(id int64) secret.Secret {
	random := make([]byte, 24)
	_, _ = rand.Read(random) // never fails, says its documentation
	return secret.New(strconv.FormatInt(id, 10) + ":AAG" + base64.RawURLEncoding.EncodeToString(random))
}
