package radar

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

const (
	ringToken   = "7123456789:AAHk3vQd0ZlM_x8r-TtYw2BnJ5cPfGuLsEo"
	oldToken    = "7123456789:AAFq9sW1eR5tY7uI0oP2aS4dF6gH8jK1lZx"
	otherToken  = "6987654321:AAEz1xC3vB5nM7aS9dF2gH4jK6lQ8wE0rTy"
	ringHash    = "5d41402abc4b2a76b9719d911017c592"
	foreignHash = "098f6bcd4621d373cade4e832627b4f6"
)

// authKey is an authorization key like no other.
func authKey(seed byte) secret.Secret {
	key := make([]byte, authKeySize)
	for i := range key {
		key[i] = byte(i)*31 ^ seed ^ byte(i>>2)
	}
	return secret.New(string(key))
}

func sessionText(t testing.TB, seed byte, kind sessionstring.Kind) string {
	t.Helper()
	text, err := sessionstring.Format(sessionstring.Session{
		DC: 2, Host: "149.154.167.50", Port: 443, Key: authKey(seed), APIID: 10001, UserID: 7123456789,
	}, kind)
	if err != nil {
		t.Fatal(err)
	}
	return text.Reveal()
}

// ring is the marks of a ring with one bot and one app.
func ring() *Marks {
	m := &Marks{Key: Key{1, 2, 3}}
	bot := Owner{Environment: "production", ID: 7123456789}
	m.Add(Token, m.Key.HashOf(Token, secret.New(ringToken)), bot)
	was := bot
	was.Old = true
	m.Add(Token, m.Key.HashOf(Token, secret.New(oldToken)), was)
	m.Add(APIHash, m.Key.HashOf(APIHash, secret.New(strings.ToUpper(ringHash))), Owner{ID: 10001})
	at := bot
	at.Session = "default"
	m.Add(Session, m.Key.HashOf(Session, authKey(1)), at)
	return m
}

// searched is what a text has in it, each as a word or two, read in pieces as from has them.
func searched(t testing.TB, marks *Marks, from io.Reader) []string {
	t.Helper()
	var all []string
	s := newScan(Options{Marks: marks})
	w := s.worker(func(path string, p place) {
		word := fmt.Sprintf("%s%d %s %d", path, p.line, p.secret.Kind, p.secret.ID)
		switch {
		case p.secret.Owner.Old:
			word += " old"
		case p.secret.Known:
			word += " known"
		}
		for _, more := range []string{p.secret.Format, p.encoding} {
			if more != "" {
				word += " " + more
			}
		}
		all = append(all, word)
	})
	if err := w.search(context.Background(), source{from: from}); err != nil {
		t.Fatal(err)
	}
	for _, u := range s.report.Unread {
		all = append(all, "unread "+u.Err.Error())
	}
	return all
}

func TestDetector(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString
	gotd := sessionText(t, 1, sessionstring.Gotd)
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", strings.Repeat("all is well, at 12:30:45 and 10.0.0.1:8080 with sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709\n", 99), nil},
		{"a token of the ring", "a\nTOKEN=" + ringToken + "\n", []string{"2 token 7123456789 known"}},
		{"one that was replaced", oldToken, []string{"1 token 7123456789 old"}},
		{"another of that bot", strings.Replace(ringToken, "Qd0", "Qd1", 1), []string{"1 token 7123456789"}},
		{"a token of nobody", `{"token":"` + otherToken + `"}`, []string{"1 token 6987654321"}},
		{"in a URL", "https://api.telegram.org/bot" + otherToken + "/getMe", []string{"1 token 6987654321"}},
		{"escaped", "?t=" + strings.Replace(ringToken, ":", "%3A", 1) + "&x", []string{"1 token 7123456789 known url"}},
		{"in an escaped URL", "u=https%3A%2F%2Fapi.telegram.org%2Fbot" + strings.Replace(ringToken, ":", "%3A", 1) + "%2FgetMe", []string{"1 token 7123456789 known url"}},
		{"after what a URL escapes", "%3D" + strings.Replace(ringToken, ":", "%3A", 1) + " %20" + strings.Replace(otherToken, ":", "%3a", 1), []string{"1 token 7123456789 known url", "1 token 6987654321 url"}},
		{"after an escaped line end", `{"text":"the HTTP API:\n` + ringToken + `\nKeep it","at":"\u003d` + otherToken + `\u0026` + oldToken + `","py":"\x3d` + ringToken + `"}`, []string{"1 token 7123456789 known", "1 token 6987654321", "1 token 7123456789 old", "1 token 7123456789 known"}},
		{"no escapes", `\q` + ringToken + ` n` + ringToken + ` \u7` + ringToken[:3] + "x" + ringToken[3:] + " %2Fb" + otherToken, nil},
		{"hashes after escapes", "%3D" + ringHash + ` \n` + ringHash + ` \u003d` + ringHash + " %" + ringHash + " api_hash%3D" + foreignHash, []string{"1 api_hash 0 known", "1 api_hash 0 known", "1 api_hash 0 known", "1 api_hash 0 known", "1 api_hash 0"}},
		{"sessions after escapes", `\n` + sessionText(t, 1, sessionstring.Telethon) + `\n %3D` + sessionText(t, 2, sessionstring.Telethon) + " %" + sessionText(t, 1, sessionstring.Telethon), []string{"1 session 0 known telethon", "1 session 0 telethon", "1 session 0 known telethon"}},
		{"base64 after an escape", `\n` + b64([]byte(ringToken)), []string{"1 token 7123456789 known base64"}},
		{"in formatting", "__" + ringToken + "__", []string{"1 token 7123456789 known"}},
		{"two in a line", ringToken + " " + otherToken, []string{"1 token 7123456789 known", "1 token 6987654321"}},
		{"the documentation's", "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcA 110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", nil},
		{"a placeholder", "7123456789:AAXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", nil},
		{"too short a number", "12345" + ringToken[10:], nil},
		{"too long", ringToken + "x", nil},
		{"in a word", "x" + ringToken, nil},
		{"an api_hash of the ring", "md5 " + ringHash + " and " + strings.ToUpper(ringHash), []string{"1 api_hash 0 known", "1 api_hash 0 known"}},
		{"a hash in a path", "cache/" + ringHash + "/x=" + foreignHash, []string{"1 api_hash 0 known"}},
		{"an api_hash by its name", "API_HASH=" + foreignHash + "\napiHash: '" + foreignHash + "'\n", []string{"1 api_hash 0", "2 api_hash 0"}},
		{"a hash of something else", "hash=" + foreignHash + "\napi_hash\n" + foreignHash, nil},
		{"an example of one", "api_hash=0123456789abcdef0123456789abcdef", nil},
		{"a longer hash", "api_hash=" + foreignHash + "00", nil},
		{"Telethon's session", "S=" + sessionText(t, 1, sessionstring.Telethon), []string{"1 session 0 known telethon"}},
		{"another's", "S=" + sessionText(t, 2, sessionstring.Telethon), []string{"1 session 0 telethon"}},
		{"Pyrogram's", sessionText(t, 1, sessionstring.Pyrogram), []string{"1 session 7123456789 known pyrogram"}},
		{"GramJS's", "'" + sessionText(t, 1, sessionstring.GramJS) + "'", []string{"1 session 0 known gramjs"}},
		{"mtcute's", sessionText(t, 1, sessionstring.Mtcute), []string{"1 session 7123456789 known mtcute"}},
		{"MTKruto's", sessionText(t, 1, sessionstring.MTKruto), []string{"1 session 7123456789 known mtkruto"}},
		{"gotd's", gotd, []string{"1 session 0 known"}},
		{"gotd's of nobody", sessionText(t, 9, sessionstring.Gotd), []string{"1 session 0 gotd"}},
		{"GoTGProto's", sessionText(t, 1, sessionstring.GoTGProto), []string{"1 session 0 known gotgproto"}},
		{"a key in hexadecimal", hex.EncodeToString([]byte(authKey(1).Reveal())), []string{"1 session 0 known"}},
		{"a token in base64", "data:\n  token: " + b64([]byte(ringToken)) + "\n", []string{"2 token 7123456789 known base64"}},
		{"a file in base64", b64([]byte("# settings\nA=1\nBOT_TOKEN=" + otherToken + "\nAPI_HASH=" + ringHash)), []string{"1 token 6987654321 base64", "1 api_hash 0 known base64"}},
		{"a hash in base64", b64([]byte(ringHash)), []string{"1 api_hash 0 known base64"}},
		{"in binary", "\x7fELF\x00\x00" + ringToken + "\x00", []string{"0 token 7123456789 known"}},
		{"in UTF-16", utf16Of("a\r\nTOKEN=" + ringToken + "\r\n"), []string{"2 token 7123456789 known utf-16"}},
		{"after a run without end", "\n" + strings.Repeat("x", 3*blockSize) + ":" + ringToken + "\n" + otherToken, []string{"2 token 7123456789 known", "3 token 6987654321"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := searched(t, ring(), strings.NewReader(test.text)); !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

func utf16Of(text string) string {
	out := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return string(out)
}

// What is cut by the end of a block is found as if it were not, at whatever byte that is.
func TestBlocks(t *testing.T) {
	session := sessionText(t, 1, sessionstring.Telethon)
	for _, what := range []struct{ text, want string }{
		{" " + ringToken + "\n", "token 7123456789 known"},
		{"/bot" + ringToken + "/x", "token 7123456789 known"},
		{"api_hash = " + foreignHash + " ", "api_hash 0"},
		{" " + base64.StdEncoding.EncodeToString([]byte(ringToken)) + " ", "token 7123456789 known base64"},
		{"=" + session + " ", "session 0 known telethon"},
	} {
		for cut := 0; cut <= len(what.text)+forward; cut++ {
			before := strings.Repeat("a line.\n", (blockSize-cut)/8)
			before += strings.Repeat(" ", blockSize-cut-len(before))
			want := fmt.Sprintf("%d %s", 1+strings.Count(before, "\n"), what.want)
			got := searched(t, ring(), strings.NewReader(before+what.text+strings.Repeat("and so on\n", 100)))
			if !slices.Equal(got, []string{want}) {
				t.Fatalf("cut after %d bytes of %q: found %q, want %q", cut, what.text[:5], got, want)
			}
		}
	}
}

// FuzzBoundaries: whatever a text is, it does not matter in what pieces it is looked at.
func FuzzBoundaries(f *testing.F) {
	f.Add([]byte("TOKEN="+ringToken+"\n"), uint16(3))
	f.Add([]byte(sessionText(f, 1, sessionstring.Telethon)), uint16(100))
	f.Add([]byte("api_hash: "+foreignHash+" "+base64.StdEncoding.EncodeToString([]byte(otherToken))), uint16(41))
	f.Add([]byte(strings.Repeat("x", 200)+":"+ringToken+"%3A"+otherToken), uint16(7))
	f.Add([]byte(`\n`+ringToken+` \u0026`+otherToken+" %2Fbot7123456789%3A"+ringToken[11:]+"%3D"+ringHash), uint16(5))
	marks := ring()
	f.Fuzz(func(t *testing.T, text []byte, size uint16) {
		whole := newDetector(marks)
		whole.scan(text, 0, true)
		pieces := newDetector(marks)
		block := mostRun + backward + forward + 1 + int(size)
		// A long beginning, so that the text is cut where the fuzzer wants it to be.
		all := bytes.Repeat([]byte(" "), block-int(size)%min(block, len(text)+1))
		all = append(all, text...)
		s := &stream{block: make([]byte, block), from: iotest.HalfReader(bytes.NewReader(all))}
		s.fill()
		var got []string
		if err := pieces.search(t.Context(), s, func(p place) { got = append(got, fmt.Sprint(p.secret, p.encoding)) }); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, h := range whole.hits {
			want = append(want, fmt.Sprint(h.secret, h.encoding))
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pieces %q, whole %q", got, want)
		}
	})
}

// FuzzSearch: nothing that is searched makes it stop, archives included.
func FuzzSearch(f *testing.F) {
	f.Add([]byte(zipOf(f, map[string]string{"a": ringToken})))
	f.Add([]byte(tarGzOf(f, map[string]string{"a": ringToken})))
	f.Add([]byte(utf16Of(ringToken)))
	marks := ring()
	f.Fuzz(func(t *testing.T, text []byte) { searched(t, marks, bytes.NewReader(text)) })
}
