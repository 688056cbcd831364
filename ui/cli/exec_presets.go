package cli

import (
	"regexp"
	"slices"
	"strings"

	"botring/fleet"
)

// A field is what a variable of a program's environment can hold of a bot.
type field string

// The fields.
const (
	fieldToken    field = "token"
	fieldID       field = "id"
	fieldUsername field = "username"
	fieldAPIID    field = "api_id"
	fieldAPIHash  field = "api_hash"
	fieldSession  field = "session"
)

func fields() []field {
	return []field{fieldToken, fieldID, fieldUsername, fieldAPIID, fieldAPIHash, fieldSession}
}

// A variable is one of those a program gets.
type variable struct {
	name  string
	field field
	// file: the library takes the path of a file that holds it.
	file bool
	// asked: somebody has named it, so that it must not be missing.
	asked bool
}

// A preset is what programs written with a library expect in their environment. docs/EXEC.md has the same table,
// with where the names come from.
type preset struct {
	name string
	// variables are what it sets.
	variables []variable
	// session names the form of its session, "" where the library takes none from outside.
	session string
}

func presets() []preset {
	token := variable{name: envToken, field: fieldToken}
	bot := []variable{token, {name: envAPIID, field: fieldAPIID}, {name: envAPIHash, field: fieldAPIHash}}
	and := func(more ...variable) []variable { return slices.Concat(bot, more) }
	return []preset{
		{name: "plain", variables: bot},
		{name: "telethon", session: "telethon", variables: and(
			variable{name: "TG_TOKEN", field: fieldToken},
			variable{name: "TG_API_ID", field: fieldAPIID},
			variable{name: "TG_API_HASH", field: fieldAPIHash},
			variable{name: "STRING_SESSION", field: fieldSession},
		)},
		{name: "pyrogram", session: "pyrogram", variables: and(variable{name: "SESSION_STRING", field: fieldSession})},
		{name: "gramjs", session: "gramjs", variables: and(variable{name: "STRING_SESSION", field: fieldSession})},
		{name: "mtcute", session: "mtcute", variables: and(variable{name: "SESSION", field: fieldSession})},
		{name: "gotd", session: "gotd", variables: []variable{
			token, {name: "APP_ID", field: fieldAPIID}, {name: "APP_HASH", field: fieldAPIHash},
			{name: "SESSION_FILE", field: fieldSession, file: true},
		}},
		{name: "madelineproto", variables: bot},
		{name: "aiogram", variables: []variable{token}},
		{name: "grammy", variables: []variable{token}},
	}
}

// presetNames are the names of the presets.
func presetNames() []string {
	var names []string
	for _, p := range presets() {
		names = append(names, p.name)
	}
	return names
}

// findPreset finds a preset by its name.
func findPreset(name string) (preset, error) {
	for _, p := range presets() {
		if p.name == name {
			return p, nil
		}
	}
	return preset{}, usage("There is no preset "+quote(name)+".", "Presets are: "+strings.Join(presetNames(), ", ")+".")
}

// sessionKind is the form of the preset's session.
func (p preset) sessionKind() fleet.SessionKind {
	kind, _ := fleet.SessionKindOf(p.session)
	return kind
}

// readVariable reads what --env says: NAME=field.
func readVariable(text string) (variable, error) {
	name, value, ok := strings.Cut(text, "=")
	switch {
	case !ok || !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name):
		return variable{}, usage("--env takes a variable's name and what it is to hold.", "The form is: --env TELEGRAM_TOKEN=token.")
	case isOurs(name):
		return variable{}, usage("Variables named BOTRING_ are botring's own, and no child gets one.", "Give it another name.")
	case !slices.Contains(fields(), field(value)):
		var names []string
		for _, f := range fields() {
			names = append(names, string(f))
		}
		return variable{}, usage("There is no field "+quote(value)+".", "Fields are: "+strings.Join(names, ", ")+".")
	}
	return variable{name: name, field: field(value), asked: true}, nil
}

// isOurs reports whether a variable is one of this program's settings, which no child is to have.
func isOurs(name string) bool { return strings.HasPrefix(strings.ToUpper(name), "BOTRING_") }
