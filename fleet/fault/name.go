package fault

import (
	"botring/fleet"
)

// nameWords is for names and for what the command line and the environment set.
func nameWords(e *fleet.InputError) map[fleet.Problem]Fault {
	reserved := "A number would be taken for an id, and @ starts a username."
	if e.Field == fleet.FieldEnvironment {
		reserved = "The names production and test are Telegram's own environments."
	}
	if e.Field == fleet.FieldSession || e.Field == fleet.FieldPlace {
		reserved = "It is the session that botring makes for itself."
	}
	if e.Field == fleet.FieldPlace && e.Got == fleet.PlaceExec {
		reserved = "It is where botring exec runs programs on this computer."
	}
	taken := Fault{
		What: title(e.Field) + quoted(e.Got) + " is taken.",
		Why:  "Names are unique, so that commands know which one is meant.",
		Next: "Choose another one.",
	}
	if e.Field == fleet.FieldAPIID {
		taken.Why = "Each app is saved once."
		taken.Next = "Use the one that is saved, or give it another name."
	}
	if e.Field == fleet.FieldRecipient {
		taken = Fault{What: "The files are encrypted to this recipient already.", Why: "One is added once.", Next: "Add another one, or leave it as it is."}
	}
	words := map[fleet.Problem]Fault{
		fleet.ProblemTaken: taken,
		fleet.ProblemReserved: {
			What: title(e.Field) + quoted(e.Got) + " cannot be used.",
			Why:  reserved,
			Next: "Choose another one.",
		},
		fleet.ProblemNeedsDCs: {
			What: "The environment" + quoted(e.Got) + " needs addresses and a key.",
			Why:  "Only production and test are known by themselves.",
			Next: "Give --dc ID=HOST:PORT and --server-key FILE, each as often as needed.",
		},
		fleet.ProblemFixedDCs: {
			What: "Production and test have addresses and keys of their own.",
			Why:  "Another server in their place would receive real tokens.",
			Next: "Leave --dc and --server-key out, or give --environment another name.",
		},
		fleet.ProblemConfiguredDCs: {
			What: "The environment" + quoted(e.Got) + " is configured with addresses and keys of its own.",
			Why:  "Another server in their place would receive its tokens.",
			Next: "Leave --dc and --server-key out (BOTRING_DC and BOTRING_SERVER_KEY too), or give --environment another name.",
		},
		fleet.ProblemChecksum: {
			What: "This recipient cannot be right.",
			Why:  "It begins as one of age's, and its check sum does not fit.",
			Next: "It may be mistyped, or cut off.",
		},
		fleet.ProblemUnknown: wordsOfUnknown(e),
		fleet.ProblemSyntax:  wordsOfSyntax(e),
	}
	if e.Field != fleet.FieldToken {
		words[fleet.ProblemTooLong] = wordsOfLength(e)
		words[fleet.ProblemCharacters] = Fault{
			What: title(e.Field) + " has characters in it that cannot be shown.",
			Why:  "They were copied along, or turn the direction of the text around.",
			Next: "Type it by hand.",
		}
	}
	return words
}

func wordsOfLength(e *fleet.InputError) Fault {
	f := Fault{What: title(e.Field) + " is too long.", Why: "There is no room for it.", Next: "Choose a shorter one."}
	if e.Got != "" && e.Want != "" {
		f.Why = "It has " + counted(e.Got, "character") + " of " + value(e.Want) + " at most."
	}
	return f
}

// typo is what to look for where nothing better is known.
const typo = "Look for a typing mistake."

func wordsOfUnknown(e *fleet.InputError) Fault {
	f := Fault{What: title(e.Field) + quoted(e.Got) + " is not known.", Why: "Nothing here has that name.", Next: typo}
	app := Fault{What: "There is no app" + quoted(e.Got) + ".", Why: f.Why, Next: "Choose one of the saved apps, or add it first."}
	own, ok := map[fleet.Field]Fault{
		fleet.FieldAppName:     app,
		fleet.FieldAPIID:       app,
		fleet.FieldEnvironment: {What: f.What, Why: f.Why, Next: "Use production or test, or give a custom one --dc and --server-key."},
		fleet.FieldKeyring:     {What: "There is no keyring" + quoted(e.Got) + ".", Why: f.Why, Next: "Use system, age or memory."},
		fleet.FieldProxy:       {What: "There is no proxy" + quoted(e.Got) + ".", Why: f.Why, Next: "botring proxy list shows the proxies; a URL says what it is: socks5://HOST:PORT."},
	}[e.Field]
	if ok {
		return own
	}
	return f
}

func wordsOfSyntax(e *fleet.InputError) Fault {
	if e.Field == fleet.FieldProxyName {
		return Fault{
			What: "The name of a proxy is of up to 32 small letters, digits and dashes, and not none.",
			Why:  "The configuration has a table of this name, and none means that there is no proxy.", Next: "Give it another name.",
		}
	}
	if e.Field == fleet.FieldRecipient {
		return Fault{
			What: "This is no recipient of age's.", Why: "One begins with age1.", Next: "The command age-keygen -y prints that of a key.",
		}
	}
	f := Fault{What: title(e.Field) + quoted(e.Got) + " cannot be read.", Why: "It does not have the form that is needed.", Next: typo}
	if e.Err != nil {
		if detail := sentence(innermost(e.Err).Error()); detail != "" {
			f.Why = detail
		}
	}
	const letters, small = "Use a shorter one, of letters and digits.", "Use up to 32 small letters, digits and dashes."
	const session = "Use up to 32 small letters, digits, dots, dashes and underscores."
	next := map[fleet.Field]string{
		fleet.FieldDC:          "Write it as ID=HOST:PORT, such as 2=127.0.0.1:4430.",
		fleet.FieldServerKey:   "Give a PEM file with an RSA public key.",
		fleet.FieldEnvironment: small,
		fleet.FieldRing:        small,
		fleet.FieldSession:     session,
		fleet.FieldPlace:       session,
		fleet.FieldLabel:       letters,
		fleet.FieldTag:         letters,
		fleet.FieldAppName:     letters,
	}[e.Field]
	if next != "" {
		f.Next = next
	}
	return f
}

// quoted is " “name”" of a name that an error brings along, or nothing.
func quoted(name string) string {
	name = value(name)
	if name == "" {
		return ""
	}
	return " “" + name + "”"
}
