package fleet

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"botring/fleet/files"
	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// handed is a bot as OpenSession hands it out.
func handed(id int64, username string) OpenedSession {
	session := fakeSession(id, 1)
	session.Environment = "production"
	return OpenedSession{
		Bot: Bot{Key: Key{Environment: "production", ID: id}, Profile: Profile{Username: username}}, Name: "vps-1",
		Session: session, APIHash: testHash(), Token: tokenOf(id, "x"),
	}
}

// Each kind holds the very session, and loses what it says that it loses.
func TestExportedSessionStrings(t *testing.T) {
	o := handed(7, "shop_orders_bot")
	for _, kind := range SessionKinds() {
		out, err := Export([]OpenedSession{o}, ExportForm{Kind: kind})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		got, gotKind, err := sessionstring.Parse(out.Text)
		if err != nil || gotKind != kind || !got.Key.Equal(o.Key) || got.DC != 2 {
			t.Errorf("%s: read back as %s, %v", kind, gotKind, err)
		}
		for _, lost := range out.Lost {
			if kind.Keeps(lost) {
				t.Errorf("%s keeps %s and says it is lost", kind, lost)
			}
		}
		if kind.Keeps(SessionAPIID) != (got.APIID == testApp) || kind.Keeps(SessionAddress) != (got.Host == "127.0.0.1") {
			t.Errorf("%s: %d, %s", kind, got.APIID, got.Host)
		}
	}
}

// A session that was saved without an address goes out with Telegram's own.
func TestAnExportedSessionHasAnAddress(t *testing.T) {
	o := handed(7, "x")
	o.Addr = ""
	out, err := Export([]OpenedSession{o}, ExportForm{Kind: sessionstring.Telethon})
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := sessionstring.Parse(out.Text); err != nil || got.Host == "" || got.Port != 443 {
		t.Errorf("%s:%d, %v", got.Host, got.Port, err)
	}
	// Nobody knows one of another network.
	o.Environment = "custom"
	var unfit *sessionstring.FormatError
	if _, err := Export([]OpenedSession{o}, ExportForm{Kind: sessionstring.Telethon}); !errors.As(err, &unfit) || unfit.Field != SessionAddress {
		t.Errorf("another network's: %v", err)
	}
}

// Every envelope is read by what it is for, here by the reader of files, and tells each bot's token from the others'.
func TestEnvelopesAreReadBack(t *testing.T) {
	one := []OpenedSession{handed(7, "shop_orders_bot")}
	// A stranger chose the second name, the fourth is taken.
	several := append([]OpenedSession{one[0]}, handed(8, "x: &a\n- y'"), handed(9, ""), handed(10, "Shop_Orders_bot"))
	for _, form := range ExportForms() {
		if form.Envelope == Bare {
			continue
		}
		for name, bots := range map[string][]OpenedSession{"one": one, "several": several} {
			for _, kind := range append(SessionKinds(), sessionstring.Unknown) {
				form.Kind = kind
				out, err := Export(bots, form)
				if err != nil {
					t.Fatalf("%s: %v", form, err)
				}
				text := out.Text.Reveal()
				if !strings.HasSuffix(text, "\n") || strings.Contains(text, "- y") || strings.Count(text, "AAE"+strings.Repeat("x", 32)) != len(bots) {
					t.Errorf("%s of %s: %d bytes", form, name, len(text))
				}
				read := readExport(t, out.Text, form.Envelope)
				for _, o := range bots {
					if !read[o.Token.Reveal()] {
						t.Errorf("%s of %s: the token of %d is not found", form, name, o.Bot.ID)
					}
				}
			}
		}
	}
}

// readExport is the tokens that the reader of files finds.
func readExport(t *testing.T, text secret.Secret, envelope Envelope) map[string]bool {
	t.Helper()
	name := map[Envelope]string{
		EnvFile: "bots.env", SystemdCredential: "bots.env", JSONFile: "bots.json", KubernetesSecret: "secret.yaml", ComposeFile: "compose.yaml",
	}[envelope]
	list, err := files.Read(name, []byte(text.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, entry := range list.Entries {
		found[entry.Token.Reveal()] = true
	}
	return found
}

func TestExportedJSON(t *testing.T) {
	out, err := Export([]OpenedSession{handed(7, "shop_orders_bot")}, ExportForm{Envelope: JSONFile, Kind: sessionstring.Telethon})
	if err != nil {
		t.Fatal(err)
	}
	var got exportJSON
	if err := json.Unmarshal([]byte(out.Text.Reveal()), &got); err != nil || len(got.Bots) != 1 {
		t.Fatal(err)
	}
	bot := got.Bots[0]
	if bot.ID != 7 || bot.Username != "shop_orders_bot" || bot.Token != tokenOf(7, "x").Reveal() || bot.APIHash != testHash().Reveal() ||
		bot.Session == nil || bot.Session.Format != "telethon" || bot.Session.Name != "vps-1" || bot.Session.String == "" {
		t.Errorf("bot %d, session %v", bot.ID, bot.Session != nil)
	}
}

// gotd's JSON is the one value that shells and compose files would read otherwise.
func TestValuesAreQuoted(t *testing.T) {
	if got := envValue(`{"a":"b"}`); got != `'{"a":"b"}'` {
		t.Errorf("in a file of variables: %s", got)
	}
	if got := envValue("7:AAE-_x"); got != "7:AAE-_x" {
		t.Errorf("a token: %s", got)
	}
	o := handed(7, "x")
	o.APIHash = secret.New(`a$b"c`)
	out, err := Export([]OpenedSession{o}, ExportForm{Envelope: ComposeFile})
	if err != nil || !strings.Contains(out.Text.Reveal(), `API_HASH: "a$$b\"c"`) {
		t.Errorf("in a compose file: %v", err)
	}
}

func TestExportFormsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, form := range ExportForms() {
		if back, ok := ExportFormOf(form.String()); !ok || back != form || seen[form.String()] {
			t.Errorf("%s: %+v, %t", form, back, ok)
		}
		seen[form.String()] = true
	}
	for _, name := range []string{"", "string", "unknown", "pyrogram-old-32", "tdata"} {
		if _, ok := ExportFormOf(name); ok {
			t.Errorf("there is a form %q", name)
		}
	}
	if form, ok := ExportFormOf("kurigram"); !ok || form.Kind != sessionstring.Pyrogram {
		t.Errorf("kurigram is %s", form)
	}
}
