package files_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"botring/fleet/files"
)

// Tokens of bots that nobody has.
const (
	one   = "7123450001:AAHfiles-nobodys-token-000071234501"
	two   = "7123450002:AAHfiles-nobodys-token-000071234502"
	three = "7123450003:AAHfiles-nobodys-token-000071234503"
	hash  = "0123456789abcdef0123456789abcdef"
)

func TestRead(t *testing.T) {
	for _, test := range []struct {
		name, file, text string
		format           files.Format
		want             []string // line name token api_id api_hash app label tags environment, by |
	}{
		{
			name: "a list with comments and blank lines", text: "# mine\n\n" + one + "\n  " + two + "  \r\n",
			want: []string{"3||" + one + "||||||", "4||" + two + "||||||"},
		},
		{
			name: "words and quotes beside the tokens", text: "@shop_bot " + one + "\n- \"" + two + "\"\nhttps://api.telegram.org/bot" + three + "/getMe\n",
			want: []string{"1||" + one + "||||||", "2||" + two + "||||||", "3||" + three + "||||||"},
		},
		{
			name: "a broken line is an entry", text: one + "\nnot a token\n",
			want: []string{"1||" + one + "||||||", "2||not a token||||||"},
		},
		{name: "nothing", text: "\n \n", want: nil},
		{
			name: "a table with a heading", format: files.Table,
			text: "Name;Bot token;Tags;api_id;API hash;Environment\nShop;" + one + ";prod eu;10001;" + hash + ";Test\nAlerts;" + two + ";;;;\n",
			want: []string{"2||" + one + "|10001|" + hash + "||Shop|prod eu|test", "3||" + two + "||||Alerts||"},
		},
		{
			name: "a table without a heading", format: files.Table,
			text: "Shop," + one + ",10001," + hash + "\n\"Alerts, all\"," + two + ",10001," + hash + "\n",
			want: []string{"1||" + one + "|10001|" + hash + "||Shop||", "2||" + two + "|10001|" + hash + "||Alerts, all||"},
		},
		{
			name: "tabs", format: files.Table, text: "token\tlabel\tapp\n" + one + "\tShop\tmain\n",
			want: []string{"2||" + one + "|||main|Shop||"},
		},
		{
			name: "one column, by its name", file: "bots.CSV", format: files.Table, text: "bot_token\n" + one + "\n",
			want: []string{"2||" + one + "||||||"},
		},
		{
			name: "Excel's own first line", format: files.Table, text: "sep=;\ntoken;label\n" + one + ";Shop\n",
			want: []string{"3||" + one + "||||Shop||"},
		},
		{
			name: "a row that lacks its token", format: files.Table, text: "label,token\nShop," + one + "\nAlerts,\n,\n",
			want: []string{"2||" + one + "||||Shop||", "3||||||Alerts||"},
		},
		{
			name: "rows longer and shorter than the heading", format: files.Table, text: "token,label\n" + one + ",Shop,more,and more\n" + two + ",\n",
			want: []string{"2||" + one + "||||Shop||", "3||" + two + "||||||"},
		},
		{
			name: "a table of broken tokens", format: files.Table, text: "first,second\nthird,fourth\n",
			want: []string{"1||first||||||", "2||third||||||"},
		},
		{
			name: "a .env", file: "/srv/bot/.env", format: files.Env,
			text: "DEBUG=1\nexport BOT_TOKEN=\"" + one + "\" # the shop\nAPI_ID=10001\nAPI_HASH='" + hash + "'\nGITHUB_TOKEN=ghp_x\n",
			want: []string{"2|BOT_TOKEN|" + one + "|10001|" + hash + "||||"},
		},
		{
			name: "numbered and prefixed variables", format: files.Env,
			text: "BOT_TOKEN_1=" + one + "\nSHOP_BOT_TOKEN=" + two + "\nALERTS=" + three + "\n" +
				"TELEGRAM_API_ID=10001\nTELEGRAM_API_HASH=" + hash + "\nSHOP_APP_ID=10002\nSHOP_APP_HASH=" + hash + "\n",
			want: []string{
				"1|BOT_TOKEN_1|" + one + "|10001|" + hash + "||||", "2|SHOP_BOT_TOKEN|" + two + "|10002|" + hash + "||||",
				"3|ALERTS|" + three + "|10001|" + hash + "||||",
			},
		},
		{
			name: "a placeholder", file: ".env.example", format: files.Env, text: "TG_BOT_TOKEN=your token here\nBOT_TOKEN=\nNPM_TOKEN=abc\n",
			want: []string{"1|TG_BOT_TOKEN|your token here||||||"},
		},
		{
			name: "PowerShell", format: files.Env, text: "$env:TELEGRAM_TOKEN = '" + one + "'\n",
			want: []string{"1|TELEGRAM_TOKEN|" + one + "||||||"},
		},
		{
			name: "JSON, a list of bots", format: files.JSON,
			text: "{\n \"api_id\": 10001, \"api_hash\": \"" + hash + "\",\n \"bots\": [\n  {\"name\": \"Shop\", \"token\": \"" + one + "\", \"tags\": [\"prod\", \"eu\"]},\n" +
				"  {\"token\": \"" + two + "\", \"api_id\": 10002, \"api_hash\": \"" + hash + "\"},\n  {\"token\": \"broken\"}\n ]}",
			want: []string{
				"4|token|" + one + "|10001|" + hash + "||Shop|prod eu|", "5|token|" + two + "|10002|" + hash + "||||",
				"6|token|broken|10001|" + hash + "||||",
			},
		},
		{
			name: "JSON, tokens alone", format: files.JSON, text: "[\"" + one + "\",\n\"" + two + "\", null, \"7\"]",
			want: []string{"1||" + one + "||||||", "2||" + two + "||||||"},
		},
		{
			name: "JSON, tokens by name", format: files.JSON, text: "{\"shop\": \"" + one + "\",\n\"alerts\": \"" + two + "\"}",
			want: []string{"1|shop|" + one + "||||||", "2|alerts|" + two + "||||||"},
		},
		{
			name: "YAML", file: "bots.yaml", format: files.YAML,
			text: "app: &app\n  api_id: 10001\n  api_hash: " + hash + "\nbots:\n  - label: Shop\n    bot_token: \"" + one + "\"\n    tags: prod, eu\n  - <<: *app\n    token: " + two + "\n",
			want: []string{"6|bot_token|" + one + "||||Shop|prod eu|", "9|token|" + two + "|10001|" + hash + "||||"},
		},
		{
			name: "docker-compose", file: "docker-compose.yml", format: files.YAML,
			text: "services:\n  shop:\n    environment:\n      - BOT_TOKEN=" + one + "\n      - API_ID=10001\n      - API_HASH=" + hash + "\n" +
				"  alerts:\n    environment:\n      TELEGRAM_TOKEN: " + two + "\n      POSTGRES_PASSWORD: x\n    command: [bot, --token=" + three + "]\n",
			want: []string{
				"4|BOT_TOKEN|" + one + "|10001|" + hash + "||||", "9|TELEGRAM_TOKEN|" + two + "||||||", "11|--token|" + three + "||||||",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc, err := files.Read(test.file, []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if doc.Format != test.format {
				t.Errorf("taken for a %v, not a %v", doc.Format, test.format)
			}
			var got []string
			for _, e := range doc.Entries {
				got = append(got, strings.Join([]string{
					fmt.Sprint(e.Line), e.Name, e.Token.Reveal(), e.APIID, e.APIHash.Reveal(), e.App, e.Label,
					strings.Join(e.Tags, " "), e.Environment,
				}, "|"))
			}
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// utf16File is a text as a file of UTF-16 with its mark.
func utf16File(order binary.AppendByteOrder, text string) []byte {
	data := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(text)) {
		data = order.AppendUint16(data, unit)
	}
	return data
}

func TestEncodings(t *testing.T) {
	text := "token,label\r\n" + one + ",Läden\r\n"
	for name, data := range map[string][]byte{
		"UTF-8 with a mark": []byte("\ufeff" + text),
		"UTF-16, little":    utf16File(binary.LittleEndian, text),
		"UTF-16, big":       utf16File(binary.BigEndian, text),
	} {
		doc, err := files.Read("", data)
		if err != nil || len(doc.Entries) != 1 || doc.Entries[0].Token.Reveal() != one || doc.Entries[0].Label != "Läden" {
			t.Errorf("%s: %+v, %v", name, doc, err)
		}
	}
}

func TestNotRead(t *testing.T) {
	for _, data := range []string{"\x7fELF\x00", "\xff\xfe\x00", "caf\xe9 " + one} {
		if doc, err := files.Read("bots.txt", []byte(data)); !errors.Is(err, files.ErrNotText) {
			t.Errorf("%q: %+v, %v", data, doc, err)
		}
	}
	for _, test := range []struct {
		name, text, form string
		line             int
	}{
		{"bots.json", "{\n\"token\": \"" + one + "\",\n", "JSON", 2},
		{"bots.json", "[\n1,\n}", "JSON", 3},
		{"", `{"a": [1 2]}`, "JSON", 1},
		{"bots.yml", "a: [b\n", "YAML", 0},
		{"deep.json", strings.Repeat("[", 1000) + strings.Repeat("]", 1000), "JSON", 1},
		{"deep.yaml", "a: &a [" + strings.Repeat("[", 900) + strings.Repeat("]", 901), "YAML", 1},
		{"bombs.yaml", strings.Repeat("---\na: &a ["+strings.Repeat("x, ", 200)+"x]\nb: ["+strings.Repeat("*a, ", 20)+"*a]\n", 10), "YAML", 7},
		{"bomb.yaml", "a: &a [x]\nb: &b [" + strings.Repeat("*a, ", 4000) + "*a]\nc: [*b, *b]", "YAML", 1},
	} {
		var wrong *files.SyntaxError
		if doc, err := files.Read(test.name, []byte(test.text)); !errors.As(err, &wrong) || wrong.Form != test.form || wrong.Line != test.line || len(doc.Entries) > 0 {
			t.Errorf("%.40q: %v, %+v", test.text, err, wrong)
		}
	}
}

// FuzzRead: whatever a file holds, it is read without a panic, and every entry has a line of the file.
func FuzzRead(f *testing.F) {
	f.Add("", []byte(one+"\n"))
	f.Add("bots.csv", []byte("token,label\n\""+one+"\",\"a\"\"b\n"))
	f.Add("bots.json", []byte(`[{"token": "`+one+`", "tags": ["a"]}]`))
	f.Add("bots.yml", []byte("a: &a\n  token: "+one+"\nb: *a\n"))
	f.Add(".env", []byte("SHOP_BOT_TOKEN="+one+"\nAPI_ID=1"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		doc, err := files.Read(name, data)
		if err != nil {
			return
		}
		lines := strings.Count(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n") + strings.Count(string(data), "\r") + len(data)/2
		for _, e := range doc.Entries {
			if e.Line < 1 || e.Line > lines+1 {
				t.Errorf("line %d of %d", e.Line, lines)
			}
		}
	})
}

// Ten thousand lines are read in a moment: they are previewed before anything is done.
func TestLargeFile(t *testing.T) {
	var b strings.Builder
	b.WriteString("token,label,tags\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "%d:AAHfiles-nobodys-token-0000712345010,Bot %d,prod eu\n", 7_000_000_000+i, i)
	}
	start := time.Now()
	doc, err := files.Read("bots.csv", []byte(b.String()))
	took := time.Since(start)
	if err != nil || len(doc.Entries) != 10_000 {
		t.Fatalf("%d entries, %v", len(doc.Entries), err)
	}
	t.Logf("10,000 lines in %v", took)
	if took > time.Second {
		t.Errorf("10,000 lines took %v", took)
	}
}
