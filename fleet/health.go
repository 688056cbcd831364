package fleet

import (
	"errors"

	"botring/fleet/store"
	"botring/telegram"
)

// health follows one state of a bot with the next: since when it is so goes on where it is the same.
func (f *Fleet) health(before, after store.Health) store.Health {
	after.Since = before.Since
	if after.Status != before.Status || before.Since.IsZero() {
		after.Since = f.now()
	}
	if after.CheckedAt.IsZero() {
		after.CheckedAt = before.CheckedAt
	}
	return after
}

// dead reports whether a status means that the bot's session is known to work no more.
func dead(status Status) bool {
	switch status {
	case store.TokenRevoked, store.SessionDead, store.SessionRevoked, store.SessionDuplicated, store.Deactivated:
		return true
	case store.OK, store.NotLoggedIn, store.Flooded, store.SecretMissing, store.Unreachable, store.Unchecked:
	}
	return false
}

// afterCheck is a bot's state after the check of its session ended with err.
//
// Only Telegram's word about the session makes it dead. What keeps the question from being answered makes
// a bot unreachable, unless it is known to be dead: that is still true. What is about the app, the
// program, a proxy or Telegram's own faults says nothing of the bot.
func (f *Fleet) afterCheck(before store.Health, err error) store.Health {
	if err == nil {
		return f.health(before, store.Health{Status: store.OK, CheckedAt: f.now()})
	}
	var answer *telegram.Error
	if !errors.As(err, &answer) {
		return before
	}
	after := store.Health{Kind: answer.Kind.String(), Code: answer.Code, Type: answer.Type, CheckedAt: f.now()}
	switch answer.Kind {
	case telegram.SessionDead, telegram.AuthKeyInvalid, telegram.SessionRevoked:
		if before.Status == store.TokenRevoked || before.Status == store.SessionDuplicated {
			// What is known says why the session is dead; that it is dead says less.
			before.CheckedAt = f.now()
			return before
		}
		after.Status = store.SessionDead
		if answer.Kind == telegram.SessionRevoked {
			after.Status = store.SessionRevoked
		}
	case telegram.SessionDuplicated:
		after.Status = store.SessionDuplicated
	case telegram.BotDeactivated:
		after.Status = store.Deactivated
	case telegram.Unreachable, telegram.Timeout, telegram.WrongDC, telegram.NotTelegram, telegram.ClockWrong:
		if dead(before.Status) {
			return before
		}
		after.Status, after.CheckedAt = store.Unreachable, before.CheckedAt
	case telegram.TokenRevoked, telegram.TokenInvalid, telegram.APIIDInvalid, telegram.APIIDPublished,
		telegram.UpdateNeeded, telegram.FloodWait, telegram.TelegramFault, telegram.Cancelled, telegram.NotABot,
		telegram.ProxyUnreachable, telegram.ProxyDenied, telegram.ProxyRefused, telegram.ProxyBroken, telegram.ProxySecret,
		telegram.NotManaged, telegram.BotRequired,
		telegram.Unexpected:
		return before
	}
	return f.health(before, after)
}

// afterRefusal is a known bot's state after its login was refused with err. That a token is revoked, only
// a login tells; a token that is invalid leaves the bot what it was and says why.
func (f *Fleet) afterRefusal(before store.Health, err error) store.Health {
	var answer *telegram.Error
	if !errors.As(err, &answer) {
		return before
	}
	after := store.Health{Kind: answer.Kind.String(), Code: answer.Code, Type: answer.Type, CheckedAt: f.now()}
	switch answer.Kind {
	case telegram.TokenRevoked:
		after.Status = store.TokenRevoked
	case telegram.BotDeactivated:
		after.Status = store.Deactivated
	case telegram.TokenInvalid:
		after.Status = before.Status
	case telegram.SessionDead, telegram.SessionRevoked, telegram.SessionDuplicated, telegram.AuthKeyInvalid,
		telegram.APIIDInvalid, telegram.APIIDPublished, telegram.UpdateNeeded, telegram.FloodWait,
		telegram.TelegramFault, telegram.WrongDC, telegram.ClockWrong, telegram.NotTelegram,
		telegram.Unreachable, telegram.Timeout, telegram.Cancelled, telegram.NotABot, telegram.ProxyUnreachable,
		telegram.ProxyDenied, telegram.ProxyRefused, telegram.ProxyBroken, telegram.ProxySecret, telegram.NotManaged, telegram.BotRequired, telegram.Unexpected:
		return before // nothing of it is about this bot
	}
	return f.health(before, after)
}
