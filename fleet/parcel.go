package fleet

import (
	"slices"
	"strconv"
	"strings"

	"botring/internal/secret"
)

// A parcel is one bot as it leaves.
type parcel struct {
	opened  OpenedSession
	name    string // of letters, digits and _: the bot's username or id
	prefix  string // of its variables, where there are several bots
	session secret.Secret
	kind    SessionKind
}

// newParcel names a bot as none of the others is: a username is another's in another environment.
func newParcel(o OpenedSession, others []parcel, several bool) parcel {
	p := parcel{opened: o, name: word(o.Bot.Profile.Username)}
	id := strconv.FormatInt(o.Bot.ID, 10)
	switch taken := slices.ContainsFunc(others, func(x parcel) bool { return strings.EqualFold(x.name, p.name) }); {
	case p.name == "":
		p.name = "bot_" + id
	case taken:
		p.name += "_" + id
	}
	if several {
		p.prefix = strings.ToUpper(p.name) + "_"
	}
	return p
}

// word leaves of a username what Telegram lets be in one (core.telegram.org/method/account.updateUsername): what
// is made of it stands in files of several languages. One that begins otherwise than with a letter is none.
func word(username string) string {
	left := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, username)
	if left == "" || left[0] < 'A' {
		return ""
	}
	return strings.Trim(left, "_")
}

// A variable is a name and what it is set to.
type variable struct{ name, value string }

// variables are what the programs of a bot look for. Those without a value are left out.
func (p parcel) variables() []variable {
	token := "BOT_TOKEN"
	if p.prefix != "" {
		token = "TOKEN"
	}
	var apiID string
	if p.opened.APIID != 0 {
		apiID = strconv.Itoa(p.opened.APIID)
	}
	var all []variable
	for _, v := range []variable{
		{token, p.opened.Token.Reveal()}, {"API_ID", apiID}, {"API_HASH", p.opened.APIHash.Reveal()}, {"SESSION_STRING", p.session.Reveal()},
	} {
		if v.value != "" {
			all = append(all, variable{p.prefix + v.name, v.value})
		}
	}
	return all
}

// pack puts bots into an envelope.
func pack(bots []parcel, envelope Envelope) (secret.Secret, error) {
	var b strings.Builder
	switch envelope {
	case Bare:
		for _, p := range bots {
			b.WriteString(p.session.Reveal() + "\n")
		}
	case EnvFile, SystemdCredential:
		packEnv(&b, bots)
	case JSONFile:
		text, err := packJSON(bots)
		return secret.New(text + "\n"), err
	case KubernetesSecret:
		packKubernetes(&b, bots)
	case ComposeFile:
		packCompose(&b, bots)
	}
	return secret.New(b.String()), nil
}

func packEnv(b *strings.Builder, bots []parcel) {
	for i, p := range bots {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("# " + p.says() + "\n")
		for _, v := range p.variables() {
			b.WriteString(v.name + "=" + envValue(v.value) + "\n")
		}
	}
}

// envValue is a value as shells, docker and the libraries called dotenv read it alike: gotd's JSON is the only one
// that needs quotes, and has none of the single ones.
func envValue(value string) string {
	if strings.ContainsAny(value, " \"{}#$\\") {
		return "'" + value + "'"
	}
	return value
}

// says names a bot and its session in a comment.
func (p parcel) says() string {
	text := p.name + ", " + p.opened.Bot.Key.String()
	if p.session.Empty() {
		return text
	}
	return text + ", session " + p.opened.Name + " for " + p.kind.Library()
}

type (
	exportJSON struct {
		Schema int             `json:"schema"`
		Bots   []exportBotJSON `json:"bots"`
	}
	exportBotJSON struct {
		ID          int64              `json:"id"`
		Environment string             `json:"environment"`
		Username    string             `json:"username"`
		Token       string             `json:"token"`
		APIID       int                `json:"api_id"`
		APIHash     string             `json:"api_hash"`
		Session     *exportSessionJSON `json:"session"`
	}
	exportSessionJSON struct {
		Name   string `json:"name"`
		DC     int    `json:"dc"`
		Format string `json:"format"`
		String string `json:"string"`
	}
)

func packJSON(bots []parcel) (string, error) {
	out := exportJSON{Schema: Schema}
	for _, p := range bots {
		bot := exportBotJSON{
			ID: p.opened.Bot.ID, Environment: p.opened.Bot.Environment, Username: word(p.opened.Bot.Profile.Username),
			Token: p.opened.Token.Reveal(), APIID: p.opened.APIID, APIHash: p.opened.APIHash.Reveal(),
		}
		if !p.session.Empty() {
			bot.Session = &exportSessionJSON{p.opened.Name, p.opened.DC, p.kind.String(), p.session.Reveal()}
		}
		out.Bots = append(out.Bots, bot)
	}
	return encodeJSON(out)
}

// resource is a name as Kubernetes wants it (RFC 1123), which a compose file can have too.
func (p parcel) resource() string {
	return strings.Trim(strings.ToLower(strings.ReplaceAll(p.name, "_", "-")), "-")
}

func packKubernetes(b *strings.Builder, bots []parcel) {
	for i, p := range bots {
		if i > 0 {
			b.WriteString("---\n")
		}
		p.prefix = "" // each has a manifest of its own
		b.WriteString("apiVersion: v1\nkind: Secret\nmetadata:\n  name: " + p.resource() + "\ntype: Opaque\nstringData:\n")
		for _, v := range p.variables() {
			b.WriteString("  " + v.name + ": " + yamlValue(v.value) + "\n")
		}
	}
}

func packCompose(b *strings.Builder, bots []parcel) {
	b.WriteString("services:\n")
	for _, p := range bots {
		p.prefix = ""
		b.WriteString("  " + p.resource() + ":\n    environment:\n")
		for _, v := range p.variables() {
			// $ begins the name of a variable there, and two of them are one.
			b.WriteString("      " + v.name + ": " + yamlValue(strings.ReplaceAll(v.value, "$", "$$")) + "\n")
		}
	}
}

// yamlValue is a text as YAML 1.2 has it between double quotes, of which JSON's are a part (yaml.org/spec/1.2.2,
// chapter 5.7).
func yamlValue(text string) string {
	quoted, err := encodeJSON(text)
	if err != nil {
		return `""` // a string is always encoded
	}
	return quoted
}
