package telegram

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/gotd/td/tg"

	"botring/internal/secret"
)

// ExportBotToken has a bot that manages others say the token of one of them, whose id is bot. With revoke that is
// a new one, and the old one and all sessions of the bot are dead; without, nothing changes
// (core.telegram.org/method/bots.exportBotToken). The manager's session must run nowhere else.
//
// NotManaged means that this bot is not among those the manager manages, or none at all. A call that was to revoke
// is not repeated; Error.Sent says whether it may have come to pass all the same, and a call without revoke then
// tells which token is the current one. report is as in Login. Errors are *Error.
func (c *Client) ExportBotToken(ctx context.Context, app App, manager Session, bot int64, revoke bool, report func(Step)) (secret.Secret, error) {
	call, ctx, end := c.begin(ctx, "bots.exportBotToken", report)
	defer end()
	call.once = revoke
	// Bots may name others by their id alone (core.telegram.org/api/peers#access-hash).
	query := &tg.BotsExportBotTokenRequest{Bot: &tg.InputUser{UserID: bot}, Revoke: revoke}
	var answer tg.BotsExportedBotToken
	var token secret.Secret
	err := call.use(ctx, app, manager, Exporting, query, &answer, func(err error) error {
		if err == nil {
			token, err = tokenOf(answer.Token, bot)
		}
		return err
	})
	return token, err
}

// tokenOf takes an answer for a bot's token, if it can be that.
func tokenOf(text string, bot int64) (secret.Secret, error) {
	id, rest, _ := strings.Cut(text, ":")
	if id != strconv.FormatInt(bot, 10) || rest == "" {
		return secret.Secret{}, errors.New("the answer is not a token of that bot")
	}
	return secret.New(text), nil
}
