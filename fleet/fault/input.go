package fault

import (
	"errors"
	"time"

	"botring/fleet"
)

const kindInput = "invalid_input"

func ofInput(err error, _ time.Time) (Fault, bool) {
	var e *fleet.InputError
	if !errors.As(err, &e) {
		return Fault{}, false
	}
	f := wordsOfProblem(e)
	f.Kind = kindInput
	f.NotSaved = notSent
	if f.Actions == nil {
		f.Actions = []Action{Edit}
	}
	return f, true
}

// wordsOfProblem looks a problem up. What of each is short enough to stand under a field.
func wordsOfProblem(e *fleet.InputError) Fault {
	tables := []map[fleet.Problem]Fault{{fleet.ProblemEmpty: wordsOfEmpty(e.Field)}, nameWords(e), tokenWords(e), appWords(e), importedWords(e), proxyProblems(e), botAPIProblems(e)}
	for _, problem := range []fleet.Problem{e.Problem, fleet.ProblemSyntax} {
		for _, table := range tables {
			if f, ok := table[problem]; ok {
				return f
			}
		}
	}
	return Fault{}
}

func wordsOfEmpty(field fleet.Field) Fault {
	next := map[fleet.Field]string{
		fleet.FieldToken:     "Paste the bot token, or a whole message from @BotFather.",
		fleet.FieldAPIID:     "It is at my.telegram.org/apps, once for all your bots.",
		fleet.FieldAPIHash:   "It is at my.telegram.org/apps, once for all your bots.",
		fleet.FieldDC:        "Give at least one address, as ID=HOST:PORT.",
		fleet.FieldServerKey: "Give a PEM file with the server's RSA public key.",
		fleet.FieldSession:   "Name it for where it is used, such as ci.",
		fleet.FieldPlace:     "Name the place where it runs, such as vps-1.",
	}[field]
	if next == "" {
		next = "Give it a value, or leave it out."
	}
	return Fault{What: title(field) + " is empty.", Why: "It is needed here.", Next: next}
}

// What a token looks like, and where to find it.
const (
	tokenForm  = "A token is the bot's number, a colon and 35 characters, as @BotFather sends it."
	tokenPlace = "Copy it again from @BotFather, /mybots, the bot, API Token."
)

func tokenWords(e *fleet.InputError) map[fleet.Problem]Fault {
	return map[fleet.Problem]Fault{
		fleet.ProblemNoColon: {
			What: "There is no colon in it; a token has one after the bot's number.", Why: tokenForm, Next: tokenPlace,
		},
		fleet.ProblemNoDigits: {
			What: "A token starts with the bot's number, then a colon.", Why: tokenForm, Next: tokenPlace,
		},
		fleet.ProblemIDRange: {
			What: "No bot has the number before the colon.", Why: tokenForm, Next: tokenPlace,
		},
		fleet.ProblemSlash: {
			What: "There is a slash in it; tokens have none.", Why: tokenForm, Next: tokenPlace,
		},
		fleet.ProblemTooLong: {
			What: "It is too long for a token.", Why: tokenForm, Next: tokenPlace,
		},
		fleet.ProblemCharacters: {
			What: "There are characters in it that no token has.", Why: tokenForm, Next: tokenPlace,
		},
		fleet.ProblemPhone: {
			What: "This looks like a phone number.",
			Why:  "botring logs in bots, not people: a bot has a token.",
			Next: "Get one from @BotFather.",
		},
		fleet.ProblemSample: {
			What: "This is the sample token of Telegram's documentation.",
			Why:  "It belongs to nobody and works nowhere.",
			Next: "Get one of your own from @BotFather.",
		},
		fleet.ProblemSecretLength: {
			What:    counted(e.Got, "character") + " after the colon; tokens have 35.",
			Why:     "A part of it may be missing, or something was copied along.",
			Next:    "Compare it with @BotFather's message, or try it as it is.",
			Actions: []Action{Edit, Keep},
		},
		fleet.ProblemOtherBot: {
			What: "This is the token of bot " + value(e.Got) + ", not of bot " + value(e.Want) + ".",
			Why:  "A new token of the same bot keeps its number.",
			Next: "Paste the new token of this bot, or add the other one as a bot of its own.",
		},
		fleet.ProblemSameToken: {
			What: "This is the token it has already.",
			Why:  "Nothing would change.",
			Next: "Paste the new one: @BotFather, /mybots, the bot, API Token.",
		},
	}
}

// appPlace is where both numbers of an app can be seen.
const appPlace = "Compare it with my.telegram.org/apps."

func appWords(e *fleet.InputError) map[fleet.Problem]Fault {
	hash := Fault{What: title(e.Field) + " has 32 digits and letters from a to f.", Why: "There is another character in it.", Next: appPlace}
	if e.Got != "" && e.Got != "32" {
		hash.What = title(e.Field) + " has 32 digits and letters from a to f; this has " + value(e.Got) + "."
		hash.Why = "A part of it may be missing, or something was copied along."
	}
	whose := "It comes with a sample or an app, and too many use it."
	if e.Want != "" {
		whose = "It is that of " + value(e.Want) + ", and too many use it."
	}
	return map[fleet.Problem]Fault{
		fleet.ProblemNotANumber: {
			What: title(e.Field) + " is a number.", Why: "There is something else than digits in it.", Next: appPlace,
		},
		fleet.ProblemRange: {
			What: title(e.Field) + " is a number from 1 to 2147483647.", Why: "This one is outside of it.", Next: appPlace,
		},
		fleet.ProblemNotHex: hash,
		fleet.ProblemPublished: {
			What:    "This api_id is published; Telegram may refuse it.",
			Why:     whose,
			Next:    "Use an app of your own, from my.telegram.org/apps.",
			Actions: []Action{EditApp, Keep},
		},
	}
}

// title names a field at the start of a sentence. api_id and api_hash are names and keep their letters.
func title(field fleet.Field) string {
	switch field {
	case fleet.FieldToken:
		return "The bot token"
	case fleet.FieldAPIID, fleet.FieldAPIHash:
		return string(field)
	case fleet.FieldLabel:
		return "The label"
	case fleet.FieldTag:
		return "The tag"
	case fleet.FieldAppName:
		return "The app's name"
	case fleet.FieldEnvironment:
		return "The environment"
	case fleet.FieldSession:
		return "The session's name"
	case fleet.FieldPlace:
		return "The place's name"
	case fleet.FieldProxy:
		return "The proxy"
	case fleet.FieldProxyName:
		return "The proxy's name"
	case fleet.FieldProxySecret:
		return "The proxy's password or secret"
	case fleet.FieldRecipient:
		return "The recipient"
	case fleet.FieldBotAPI:
		return "The Bot API server"
	case fleet.FieldDC, fleet.FieldServerKey, fleet.FieldKeyring, fleet.FieldRing:
		return "--" + string(field)
	}
	return "The value"
}

// value quotes a name or number an error brings along. It may come from a file or from Telegram.
func value(s string) string { return shorten(Clean(s), 64) }

func counted(n, noun string) string {
	if n == "1" {
		return "1 " + noun
	}
	return value(n) + " " + noun + "s"
}
