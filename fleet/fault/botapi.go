package fault

import (
	"errors"
	"fmt"
	"time"

	"botring/fleet"
	"botring/fleet/store"
	"botring/telegram"
	"botring/telegram/botapi"
)

// kindNoBotAPI is the Kind of fleet.ErrNoBotAPI.
const kindNoBotAPI = "no_bot_api"

// ofBotAPI words what came of a question to a Bot API. Most of it says nothing of the token, and each says so.
func ofBotAPI(e *telegram.Error) Fault {
	server := shorten(Clean(e.Addr), maxDetail)
	if server == "" {
		server = "its address"
	}
	f := botAPIWords(e, server)
	f.NotSaved = Unchanged
	if f.Actions == nil {
		f.Actions = []Action{Retry, Keep}
	}
	return f
}

const openQuestion = "Whether the token works is not known."

// botAPIWords looks up why, and else the kind.
func botAPIWords(e *telegram.Error, server string) Fault {
	for _, row := range []struct {
		err             error
		what, why, next string
	}{
		{botapi.ErrNotBotAPI, "What answered at " + server + " is not a Bot API.", "A network that wants a sign-in first answers like this, and so does a wrong URL. " + openQuestion,
			"Look at the network, and at --bot-api if it is used."},
		{botapi.ErrOtherBot, "The server at " + server + " answered about another bot.", "Something stands in between, or it is not a Bot API. " + openQuestion,
			"Look at the network, and at --bot-api if it is used."},
		{botapi.ErrRedirect, "The server at " + server + " would have the token taken elsewhere.", "A Bot API does not do that; a network that wants a sign-in does. botring does not follow.",
			"Look at the network, and at --bot-api if it is used."},
		{botapi.ErrNoMethod, "The Bot API at " + server + " has nothing at this path.", "The path in its URL may be wrong, or it refuses the form of the token. " + openQuestion,
			"Look at --bot-api if it is used, and compare the token with @BotFather's."},
		{botapi.ErrLoggedOut, "The bot is logged out of the Bot API at " + server + ".", "Its owner called logOut there, and for ten minutes that server does not ask Telegram. " + openQuestion,
			"Ask the server that the bot uses, with --bot-api, or wait."},
		{botapi.ErrServersApp, "Telegram refuses the Bot API at " + server + ".", "The server's own api_id and api_hash are wrong, which it answers to every token. " + openQuestion,
			"Mend the server's settings, or ask another one."},
		{botapi.ErrNotServed, "The Bot API at " + server + " does not serve this bot.", "It was started for other bots. " + openQuestion,
			"Ask the server that the bot uses, with --bot-api."},
		{botapi.ErrCertAuthority, noProof(server), "Its certificate is from an authority this computer does not trust. The token was not sent.", "Use another network, or have the authority trusted."},
		{botapi.ErrCertName, noProof(server), "Its certificate is for another name. The token was not sent.", "Look at the URL, or use another network."},
		{botapi.ErrCertTime, noProof(server), "Its certificate has run out, or this computer's clock is wrong. The token was not sent.", "Look at the clock, then try again."},
		{botapi.ErrTLS, noProof(server), "It does not speak TLS as it should. The token was not sent.", "Look at the URL, or use another network."},
		{telegram.ErrMTProxyLeads, "The proxy" + space(shorten(Clean(e.Proxy), maxDetail)) + " does not lead to the Bot API.",
			"An MTProxy leads to Telegram's data centres and nowhere else. Nothing was sent past it.", "Use a SOCKS5 or HTTP proxy for this."},
	} {
		if errors.Is(e, row.err) {
			return Fault{What: row.what, Why: row.why, Next: row.next}
		}
	}
	switch kind := e.Kind; {
	case errors.Is(e, botapi.ErrUnauthorized):
		return Fault{
			What: "The Bot API does not know this token.",
			Why:  "It was revoked in @BotFather, its bot was deleted, or it is mistyped or of the other environment.",
			Next: currentToken, Actions: []Action{ReplaceToken, Keep},
		}
	case kind == telegram.FloodWait:
		return botAPIWait(server, "for "+Duration(e.Wait))
	case kind == telegram.TelegramFault:
		return Fault{What: "The Bot API at " + server + " has a fault of its own at the moment.", Why: fmt.Sprintf("It answered with status %d. ", e.Code) + openQuestion, Next: "Try again in a minute."}
	case kind == telegram.Unreachable:
		return Fault{What: "The Bot API could not be reached" + at(e) + ".", Why: whyDropped(e), Next: "Look at the network, then try again."}
	case kind == telegram.Timeout:
		return Fault{What: "The Bot API did not answer in time" + at(e) + ".", Why: "It is slow, or something on the way holds the connection up. " + openQuestion, Next: "Try again, with more time if the network is slow."}
	case kind == telegram.Unexpected:
		return Fault{What: fmt.Sprintf("The Bot API answered in a way botring does not know: %d.", e.Code), Why: "The answer is new. " + openQuestion, Next: "Try again; if it stays, report it with this status.", Logged: true}
	}
	return wordsOfKind(e)
}

func noProof(server string) string {
	return "The server at " + server + " did not prove to be the Bot API."
}

func botAPIWait(server, howLong string) Fault {
	return Fault{
		What: "The Bot API at " + server + " asks this address to wait " + howLong + ".",
		Why:  "It takes 20 new tokens a minute and 600 an hour from an address. Whether the token works is not known.",
		Next: "Ask again then; logins and checks do not wait for it.",
	}
}

// ofBotAPIFlood is a wait that a Bot API asked for.
func ofBotAPIFlood(e *fleet.FloodError, now time.Time) Fault {
	f := botAPIWait(shorten(Clean(e.BotAPI), maxDetail), Duration(e.Until.Sub(now)))
	var answer *telegram.Error
	if errors.As(e.Err, &answer) {
		f.Code = answer.Code
	}
	f.Kind, f.Until, f.NotSaved, f.Actions = telegram.FloodWait.String(), e.Until, Unchanged, []Action{Retry, Keep}
	return f
}

// botAPIProblems: what was typed is no URL of a Bot API server. The reasons are botapi's own sentences, and quote
// nothing.
func botAPIProblems(e *fleet.InputError) map[fleet.Problem]Fault {
	f := Fault{
		What: "This is no Bot API server that can be asked.",
		Why:  "Its URL is not of the form it should have.",
		Next: "Write it as https://HOST for production and test, or NAME=https://HOST for one environment.",
	}
	for _, reason := range []error{botapi.ErrURL, botapi.ErrURLUser, botapi.ErrURLBot, botapi.ErrPlain} {
		if errors.Is(e.Err, reason) {
			first, rest := splitRune(reason.Error())
			f.Why = first + rest + "."
		}
	}
	if errors.Is(e.Err, botapi.ErrPlain) {
		f.Next = "Use https://, or --insecure-bot-api where everybody on the way may know the tokens."
	}
	return map[fleet.Problem]Fault{fleet.ProblemBotAPI: f}
}

// noBotAPI is for an environment whose tokens nobody may be told.
func noBotAPI() Fault {
	return Fault{
		Kind:     kindNoBotAPI,
		What:     "No Bot API of this environment is known.",
		Why:      "Tokens of an environment of your own are never sent to Telegram's servers, nor to those named for another environment.",
		Next:     "Name its server: --bot-api NAME=URL, $BOTRING_BOT_API, or bot_api in the configuration.",
		NotSaved: Unchanged,
		Actions:  []Action{Keep},
	}
}

// TokenVerdict says what is known of a token, at a glance and in few words.
func TokenVerdict(v fleet.TokenVerdict) (Mark, string) {
	switch v {
	case fleet.TokenAlive:
		return OK, "alive"
	case fleet.TokenRevoked:
		return NeedsYou, "revoked"
	case fleet.TokenUnknown:
	}
	return Unknown, "not known"
}

// TokenNote says what a verdict means for a saved bot and its session, "" where the fault says all.
func TokenNote(v fleet.TokenVerdict, bot store.Bot) string {
	status := bot.Health.Status
	switch v {
	case fleet.TokenAlive:
		switch status {
		case store.SessionDead, store.SessionRevoked, store.SessionDuplicated:
			return "It is the session that is dead: log in again to make a new one."
		case store.NotLoggedIn, store.Flooded:
			return "The bot is not logged in."
		case store.OK, store.TokenRevoked, store.Deactivated, store.SecretMissing, store.Unreachable, store.Unchecked:
		}
		return "Its session was not looked at: only a check tells of that."
	case fleet.TokenRevoked:
		if status == store.OK || status == store.Unchecked || status == store.Unreachable {
			return "Its session was not looked at: a check tells whether it still works."
		}
	case fleet.TokenUnknown:
	}
	return ""
}
