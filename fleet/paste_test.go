package fleet

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"botring/fleet/radar"
)

const (
	otherToken = "8123456789:BBHfake-fake_fakefakefakefakefakefa"
	pasteHash  = "0123456789abcdef0123456789abcdef"
)

func TestReadPasteTokens(t *testing.T) {
	for _, c := range []struct {
		name, text string
		source     Source
		want       []string
	}{
		{"alone", goodToken, SourcePlain, []string{goodToken}},
		{"line end", goodToken + "\r\n", SourcePlain, []string{goodToken}},
		{"quoted", "  \"" + goodToken + "\"  ", SourcePlain, []string{goodToken}},
		{"typographic quotes", "“" + goodToken + "”", SourcePlain, []string{goodToken}},
		{"zero width and escapes", "\ufeff\x1b[1m" + goodToken[:12] + "\u200b" + goodToken[12:] + "\x1b[0m", SourcePlain, []string{goodToken}},
		{"truncated, alone", "7123456789:AAH", SourcePlain, []string{"7123456789:AAH"}},
		{"sample, alone", "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11", SourcePlain, []string{"123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"}},
		{"BotFather", "Done! Congratulations on your new bot. You will find it at t.me/x_bot.\n\nUse this token to access the HTTP API:\n" +
			goodToken + "\nKeep your token secure and store it safely.", SourceBotFather, []string{goodToken}},
		{"BotFather, revoked", "Your token was replaced with a new one. You can use it to access HTTP API:\r\n" + goodToken + "\r\n\r\nFor a description…", SourceBotFather, []string{goodToken}},
		{"env", "# bot\nBOT_TOKEN=" + goodToken + "\nAPI_ID=1", SourceEnv, []string{goodToken}},
		{"env, exported and quoted", "export TELEGRAM_BOT_TOKEN='" + goodToken + "' # x", SourceEnv, []string{goodToken}},
		{"env, short", "BOT_TOKEN=7123456789:AAH", SourceEnv, []string{"7123456789:AAH"}},
		{"yaml", "  bot_token: \"" + goodToken + "\"", SourceEnv, []string{goodToken}},
		{"json", `{"token":"` + goodToken + `","x":1}`, SourceEnv, []string{goodToken}},
		{"URL", "https://api.telegram.org/bot" + goodToken + "/getMe", SourceURL, []string{goodToken}},
		{"file URL", "https://api.telegram.org/file/bot" + goodToken + "/photos/1.jpg", SourceURL, []string{goodToken}},
		{"URL, escaped", "https://api.telegram.org/bot" + strings.Replace(goodToken, ":", "%3A", 1) + "/getMe", SourceURL, []string{goodToken}},
		{"curl", "curl -s 'https://api.telegram.org/bot" + goodToken + "/getMe'", SourceURL, []string{goodToken}},
		{"sentence", "the token is " + goodToken + ".", SourceText, []string{goodToken}},
		{"chinese", "令牌" + goodToken + "。", SourceText, []string{goodToken}},
		{"formatted", "see _" + goodToken + "_ and **" + otherToken + "**", SourceText, []string{goodToken, otherToken}},
		{"several, in order, once", otherToken + "\n" + goodToken + "\n" + otherToken, SourceText, []string{otherToken, goodToken}},
		{"time of day", "see you at 12:30, room 4:b", 0, nil},
		{"address", "127.0.0.1:8080 and 10.0.0.1:" + strings.Repeat("9", 40), 0, nil},
		{"id too large", "99999999999999999999:" + goodToken[11:], 0, nil},
		{"id 0", "0:" + goodToken[11:], 0, nil},
		{"too long", "x 123:" + strings.Repeat("A", 200), 0, nil},
		{"inside a word", "abc" + goodToken, 0, nil},
		{"cyrillic letter", strings.Replace(goodToken, "fak", "fаk", 1), 0, nil},
		{"empty", "", 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ReadPaste(c.text).Tokens
			if len(got) != len(c.want) {
				t.Fatalf("%d tokens, want %d", len(got), len(c.want))
			}
			for i, f := range got {
				if f.Token.Reveal() != c.want[i] || f.Source != c.source {
					t.Errorf("token %d: %q from %v, want %q from %v", i, f.Token.Reveal(), f.Source, c.want[i], c.source)
				}
				if id, _ := CheckToken(c.want[i]); f.ID != id {
					t.Errorf("id %d", f.ID)
				}
			}
		})
	}
}

func TestReadPasteApp(t *testing.T) {
	for _, c := range []struct {
		name, text string
		id         int
		hash       bool
	}{
		{"env", "API_ID=10001\nAPI_HASH=" + pasteHash, 10001, true},
		{"windows, quoted", "API_ID=\"10001\"\r\nAPI_HASH='" + pasteHash + "'\r\n", 10001, true},
		{"telegram prefix", "TELEGRAM_API_ID = 10001\nTELEGRAM_API_HASH = " + pasteHash + " # mine", 10001, true},
		{"app id", "APP_ID=10001\nAPP_HASH=" + pasteHash, 10001, true},
		{"another app", "FACEBOOK_APP_ID=10002\nTG_APP_ID=10001", 10001, false},
		{"json", "{\n \"apiId\": 10001,\n \"apiHash\": \"" + pasteHash + "\"\n}", 10001, true},
		{"python", "api_id = 10001\napi_hash = '" + pasteHash + "'", 10001, true},
		{"the web page", "App configuration\nApp api_id:\n10001\nApp api_hash:\n\n" + pasteHash + "\n", 10001, true},
		{"first wins", "API_ID=10001\nAPI_ID=10002", 10001, false},
		{"published", "API_ID=17349", 17349, false},
		{"out of range", "API_ID=0\nAPI_HASH=abc", 0, false},
		{"nothing", "just words: and more", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := ReadPaste(c.text)
			if p.APIID != c.id || p.APIHash.Empty() == c.hash {
				t.Errorf("id %d, hash %v", p.APIID, !p.APIHash.Empty())
			}
			if c.hash && p.APIHash.Reveal() != pasteHash {
				t.Error("another hash")
			}
		})
	}
}

func TestReadPasteRest(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"  'hello\r\nworld'\x00 ", "hello world"},
		{goodToken, ""},
		{strings.Repeat("ä", 200), strings.Repeat("ä", 128)},
		{"+49 151 2345678\n", "+49 151 2345678"},
	} {
		if got := ReadPaste(c.in).Rest; got != c.want {
			t.Errorf("Rest of %q is %q, want %q", c.in, got, c.want)
		}
	}
}

// TestReadPasteTime holds the worst pastes to a bound: any of them hanging the screen would be noticed.
func TestReadPasteTime(t *testing.T) {
	for name, unit := range map[string]string{
		"colons": ":", "digits": "7", "digits and colons": "1:", "letters": "a", "escapes": "\x1b]", "tokens": goodToken + " ",
		"lines": "A=1\n", "blanks": " ", "joiners": "👩\u200d", "quotes": "'", "urls": "/bot1:", "escaped": "%3A", "keys": "API_ID=\n",
	} {
		text := strings.Repeat(unit, 1<<20/len(unit)+1)
		start := time.Now()
		ReadPaste(text)
		// The aim is 50 ms; the bound leaves room for a busy machine and the race detector.
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("1 MiB of %s took %v", name, took)
		}
	}
}

func TestReadPasteReadsOneMiB(t *testing.T) {
	p := ReadPaste(strings.Repeat(" ", 1<<20) + goodToken)
	if len(p.Tokens) != 0 {
		t.Error("read on after the limit")
	}
}

func BenchmarkReadPaste(b *testing.B) {
	for _, n := range []int{1 << 10, 1 << 20} {
		text := strings.Repeat("Some words and 12:30 and https://example.com:80/\n", n/48)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				ReadPaste(text)
			}
		})
	}
}

func FuzzReadPaste(f *testing.F) {
	for _, s := range []string{
		goodToken, "BOT_TOKEN=" + goodToken + "\r\nAPI_ID=1\nAPI_HASH=" + pasteHash,
		"https://api.telegram.org/bot7123456789%3AAAH/getMe", "Use this token to access the HTTP API:\n" + goodToken,
		"api_id:\n5", "1:1:1:1", "\x1b[31m1:a", "“1:a”", "\xff1:\u202ea",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := ReadPaste(s)
		seen := map[string]bool{}
		for _, found := range p.Tokens {
			token := found.Token.Reveal()
			id, problem := CheckToken(token)
			if problem != nil && !problem.Warning() && problem.Problem != ProblemSample || id != found.ID {
				t.Fatalf("found %q: %v", token, problem)
			}
			if seen[token] {
				t.Fatalf("found %q twice", token)
			}
			seen[token] = true
		}
		if p.APIID != 0 {
			if _, problem := CheckAPIID(fmt.Sprint(p.APIID)); problem != nil && !problem.Warning() {
				t.Fatalf("api_id %d: %v", p.APIID, problem)
			}
		}
		if !p.APIHash.Empty() && CheckAPIHash(p.APIHash.Reveal()) != nil {
			t.Fatalf("api_hash %q", p.APIHash.Reveal())
		}
		if len(p.Rest) > maxRest || !utf8.ValidString(p.Rest) || strings.ContainsFunc(p.Rest, unicode.IsControl) {
			t.Fatalf("rest %q", p.Rest)
		}
	})
}

func FuzzCheckToken(f *testing.F) {
	f.Add(goodToken)
	f.Add("0:x")
	f.Add("+49 1")
	f.Fuzz(func(t *testing.T, s string) {
		id, problem := CheckToken(s)
		if (problem == nil || problem.Warning()) && (id <= 0 || id >= maxBotID || len(s) > radar.MaxToken || strings.Contains(s, "/")) {
			t.Fatalf("%q passed as %d", s, id)
		}
	})
}
