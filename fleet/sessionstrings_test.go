package fleet

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// sessionVectors are the strings of the libraries, by session and kind.
func sessionVectors(t *testing.T) map[string]map[string]string {
	t.Helper()
	data, err := os.ReadFile("../telegram/sessionstring/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Name    string            `json:"name"`
		Strings map[string]string `json:"strings"`
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	vectors := map[string]map[string]string{}
	for _, row := range rows {
		vectors[row.Name] = row.Strings
	}
	return vectors
}

// Every string of every session becomes every other one, given what it lacks: to the byte, whatever it came from.
func TestConvertEveryVector(t *testing.T) {
	fills := map[string]SessionFill{
		"prod-dc2": {BotID: 123456789, APIID: 10001}, "prod-dc4-bigid": {BotID: 7123456789, APIID: 29999999},
		"test-dc2": {BotID: 5000123456, APIID: 10002, Test: true},
	}
	kinds := map[string]SessionKind{
		"telethon": sessionstring.Telethon, "pyrogram": sessionstring.Pyrogram, "pyrogram_old64": sessionstring.PyrogramOld64,
		"gramjs": sessionstring.GramJS, "mtcute": sessionstring.Mtcute, "mtkruto_legacy": sessionstring.MTKrutoLegacy,
	}
	converted := 0
	for name, strings := range sessionVectors(t) {
		for source, text := range strings {
			from, err := ReadSession(secret.New(text))
			if err != nil {
				t.Fatal(err)
			}
			for target, want := range strings {
				kind, ok := kinds[target]
				if !ok {
					continue
				}
				c, err := ConvertSession(from, kind, fills[name])
				if err != nil || c.Text.Reveal() != want || c.Kind != kind {
					t.Errorf("%s, %s to %s: %v\n%s\nwant\n%s", name, source, target, err, c.Text.Reveal(), want)
				}
				converted++
			}
		}
	}
	if converted != 3*7*6 {
		t.Errorf("%d converted", converted)
	}
}

func TestConvertSession(t *testing.T) {
	vectors := sessionVectors(t)
	production, test := vectors["prod-dc2"], vectors["test-dc2"]
	own := func(kind SessionKind, host string, dc int) string {
		text, err := sessionstring.Format(sessionstring.Session{DC: dc, Host: host, Port: 8443, Key: secret.New(strings.Repeat("k", 256))}, kind)
		if err != nil {
			t.Fatal(err)
		}
		return text.Reveal()
	}
	fields := func(fields ...SessionField) []SessionField { return fields }
	for _, c := range []struct {
		name, text          string
		to                  SessionKind
		fill                SessionFill
		lost, assumed, open []SessionField
	}{
		{"less", production["pyrogram"], sessionstring.Telethon, SessionFill{}, fields(SessionAPIID, SessionUserID), fields(SessionAddress), nil},
		{"less of test", test["pyrogram"], sessionstring.Telethon, SessionFill{}, fields(SessionAPIID, SessionUserID, SessionTest), fields(SessionAddress), nil},
		{"the same", production["pyrogram"], sessionstring.Pyrogram, SessionFill{}, nil, nil, nil},
		{"more, filled", production["telethon"], sessionstring.Pyrogram, SessionFill{BotID: 1, APIID: 2}, fields(SessionAddress), nil, nil},
		{"open", production["telethon"], sessionstring.Mtcute, SessionFill{}, nil, nil, fields(SessionUserID)},
		{"filled with what it has", production["pyrogram"], sessionstring.MTKruto, SessionFill{BotID: 123456789, APIID: 10001}, nil, nil, nil},
		{"an address of nobody's", own(sessionstring.Telethon, "127.0.0.1", 2), sessionstring.Mtcute, SessionFill{}, nil, fields(SessionTest), fields(SessionUserID)},
		{"said to be test", own(sessionstring.Telethon, "127.0.0.1", 2), sessionstring.Mtcute, SessionFill{BotID: 1, Test: true}, nil, nil, nil},
		{"neither address nor environment", own(sessionstring.Gotd, "", 3), sessionstring.Mtcute, SessionFill{BotID: 1}, nil, fields(SessionTest, SessionAddress), nil},
		{"an address of which environment", own(sessionstring.Gotd, "", 3), sessionstring.Telethon, SessionFill{}, nil, fields(SessionTest, SessionAddress), nil},
		{"gotd does without an address", own(sessionstring.Gotd, "", 5), sessionstring.Gotd, SessionFill{Test: true}, fields(SessionTest), nil, fields(SessionAddress)},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, err := ReadSession(secret.New(c.text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := ConvertSession(from, c.to, c.fill)
			if err != nil || !slices.Equal(got.Lost, c.lost) || !slices.Equal(got.Assumed, c.assumed) || !slices.Equal(got.Open, c.open) {
				t.Errorf("%v, lost %v, assumed %v, open %v", err, got.Lost, got.Assumed, got.Open)
			}
		})
	}
}

func TestConvertSessionRefused(t *testing.T) {
	vectors := sessionVectors(t)
	production, test := vectors["prod-dc2"], vectors["test-dc2"]
	for _, c := range []struct {
		name, text string
		to         SessionKind
		fill       SessionFill
		field      SessionField // of a contradiction, or else of what is missing
		missing    bool
	}{
		{"another bot", production["pyrogram"], sessionstring.Telethon, SessionFill{BotID: 1}, SessionUserID, false},
		{"another app", production["pyrogram"], sessionstring.Telethon, SessionFill{APIID: 1}, SessionAPIID, false},
		{"production said", production["pyrogram"], sessionstring.Telethon, SessionFill{Test: true}, SessionTest, false},
		{"production by its address", production["telethon"], sessionstring.GramJS, SessionFill{Test: true}, SessionTest, false},
		{"no api_id", production["telethon"], sessionstring.Pyrogram, SessionFill{BotID: 1}, SessionAPIID, true},
		{"no bot", test["gramjs"], sessionstring.MTKruto, SessionFill{APIID: 1}, SessionUserID, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, err := ReadSession(secret.New(c.text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := ConvertSession(from, c.to, c.fill)
			var contradiction *SessionContradictionError
			var missing *sessionstring.FormatError
			switch {
			case !got.Text.Empty():
				t.Error("it was written")
			case c.missing && (!errors.As(err, &missing) || missing.Field != c.field || missing.Problem != sessionstring.Missing):
				t.Errorf("%v", err)
			case !c.missing && (!errors.As(err, &contradiction) || contradiction.Field != c.field):
				t.Errorf("%v", err)
			}
		})
	}
}

func TestEnvironmentOfSession(t *testing.T) {
	vectors := sessionVectors(t)
	for name, want := range map[string]string{"prod-dc2": "production", "prod-dc4-bigid": "production", "test-dc2": "test"} {
		for kind, text := range vectors[name] {
			s, err := ReadSession(secret.New(text))
			if err != nil || s.Environment() != want {
				t.Errorf("%s, %s: %v, %q", name, kind, err, s.Environment())
			}
		}
	}
	elsewhere := SessionString{sessionstring.Session{Host: "10.0.0.1", Port: 443}, sessionstring.Telethon}
	if got := elsewhere.Environment(); got != "" || elsewhere.Address() != "10.0.0.1:443" {
		t.Errorf("%q, %q", got, elsewhere.Address())
	}
}

func TestHoldsSession(t *testing.T) {
	for _, strings := range sessionVectors(t) {
		for kind, text := range strings {
			for _, part := range []string{text, text[:300], text[:250] + "-" + text[250:]} {
				if !HoldsSession(part) {
					t.Errorf("%s of %d is not seen", kind, len(part))
				}
			}
		}
	}
	for _, text := range []string{"", "1", "@shop_orders_bot", "2=127.0.0.1:4430", "/" + strings.Repeat("directory/", 40) + "bots.csv", strings.Repeat("word ", 60)} {
		if HoldsSession(text) {
			t.Errorf("%q", text)
		}
	}
}
