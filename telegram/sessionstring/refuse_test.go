package sessionstring

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"botring/internal/secret"
)

// text writes a session for a test of what becomes of its string.
func text(t testing.TB, s Session, kind Kind) string {
	t.Helper()
	formatted, err := Format(s, kind)
	if err != nil {
		t.Fatal(err)
	}
	return formatted.Reveal()
}

// edit changes the bytes of a string that is base64 with or without a 1 before it.
func edit(t testing.TB, text string, do func(body []byte) []byte) string {
	t.Helper()
	prefix, encoding := "", base64.RawURLEncoding
	if rest, numbered := strings.CutPrefix(text, "1"); numbered {
		prefix, text = "1", rest
	}
	if strings.ContainsAny(text, "+/") {
		encoding = base64.RawStdEncoding
	}
	body, err := encoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		t.Fatal(err)
	}
	return prefix + encoding.EncodeToString(do(body))
}

// put sets bytes at a place, counted from the end where it is negative.
func put(at int, bytes ...byte) func([]byte) []byte {
	return func(body []byte) []byte {
		if at < 0 {
			at += len(body)
		}
		copy(body[at:], bytes)
		return body
	}
}

// less takes bytes from the end, more adds some.
func less(n int) func([]byte) []byte { return func(body []byte) []byte { return body[:len(body)-n] } }
func more(n int) func([]byte) []byte {
	return func(body []byte) []byte { return append(body, "0123456789abcdef"[:n]...) }
}

func TestRefused(t *testing.T) {
	s := vectors(t)[0].session(t)
	ipv6 := s
	ipv6.Host = "2001:67c:4e8:f002::a"
	fullAPIID := s
	fullAPIID.APIID = 0x01020304
	telethon, gramjs, pyrogram := text(t, s, Telethon), text(t, s, GramJS), text(t, s, Pyrogram)
	old64, mtcute, mtkruto := text(t, s, PyrogramOld64), text(t, s, Mtcute), text(t, s, MTKruto)
	gotd, key := text(t, s, Gotd), s.Key.Reveal()
	wrapped := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	dcOption := append([]byte{2, 1, 0, 0, 0, 0x0d, 0xa1, 0xb7, 0x18}, make([]byte, 300)...)
	for _, c := range []struct {
		name, text string
		want       Error
	}{
		{"nothing", " \n", Error{Reason: Empty}},
		{"far too long", strings.Repeat("A", maxText+1), Error{Reason: TooLong, Got: maxText + 1, Want: maxText}},
		{"no base64", "what is this", Error{Reason: NotBase64}},
		{"padding alone", "====", Error{Reason: Unrecognised}},
		{"a bot token", "7001:AAAxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", Error{Reason: NotBase64}},
		{"an api_hash", "0123456789abcdef0123456789abcdef", Error{Reason: Unrecognised, Got: 24}},
		{"base64 of nothing known", strings.Repeat("zzzz", 90), Error{Reason: Unrecognised, Got: 270}},
		{"both alphabets", telethon[:100] + "+-" + telethon[102:], Error{Kind: Telethon, Reason: NotBase64}},

		{"telethon, a line of it", telethon[:76], Error{Kind: Telethon, Reason: Cut, Got: 56, Want: 263}},
		{"telethon, followed by bytes", edit(t, telethon, more(3)), Error{Kind: Telethon, Reason: Long, Got: 266, Want: 263}},
		{"telethon, dc", edit(t, telethon, put(0, 6)), Error{Kind: Telethon, Reason: Implausible, Field: FieldDC}},
		{"telethon, port", edit(t, telethon, put(5, 0, 0)), Error{Kind: Telethon, Reason: Implausible, Field: FieldAddress}},
		{"telethon, address", edit(t, telethon, put(1, 0)), Error{Kind: Telethon, Reason: Implausible, Field: FieldAddress}},
		{"telethon with IPv6, cut to one with IPv4", edit(t, text(t, ipv6, Telethon), less(12)), Error{Kind: Telethon, Reason: Cut, Got: 263, Want: 275}},
		{"telethon with IPv6, followed by bytes", edit(t, text(t, ipv6, Telethon), more(2)), Error{Kind: Telethon, Reason: Long, Got: 277, Want: 275}},
		{"telethon, a newer version", "2" + telethon[1:], Error{Reason: Unrecognised, Got: 264}},

		{"gramjs, cut", edit(t, gramjs, less(1)), Error{Kind: GramJS, Reason: Cut, Got: 274, Want: 275}},
		{"gramjs, cut to a telethon's", edit(t, gramjs, less(12)), Error{Kind: GramJS, Reason: Cut, Got: 263, Want: 275}},
		{"gramjs, followed by a byte", edit(t, gramjs, more(1)), Error{Kind: GramJS, Reason: Long, Got: 276, Want: 275}},
		{"gramjs, a signed port", edit(t, gramjs, put(17, 0x80, 0)), Error{Kind: GramJS, Reason: Implausible, Field: FieldAddress}},
		{"gramjs, a blank in the address", edit(t, gramjs, put(5, ' ')), Error{Kind: Telethon, Reason: Implausible, Field: FieldAddress}},
		{"gramjs, a slash in the address", edit(t, gramjs, put(5, '/')), Error{Kind: GramJS, Reason: Implausible, Field: FieldAddress}},
		{"gramjs, dc", edit(t, gramjs, put(0, 0)), Error{Kind: GramJS, Reason: Implausible, Field: FieldDC}},

		{"pyrogram, cut", edit(t, pyrogram, less(2)), Error{Kind: Pyrogram, Reason: Cut, Got: 269, Want: 271}},
		{"pyrogram, a character less", pyrogram[:361], Error{Kind: Pyrogram, Reason: Cut}},
		{"mtcute, a character less", mtcute[:401], Error{Kind: Mtcute, Reason: Cut}},
		{"pyrogram, followed by a byte", edit(t, pyrogram, more(1)), Error{Kind: Pyrogram, Reason: Long, Got: 272, Want: 271}},
		{"pyrogram, dc", edit(t, pyrogram, put(0, 77)), Error{Kind: Pyrogram, Reason: Implausible, Field: FieldDC}},
		{"pyrogram, api_id", edit(t, pyrogram, put(1, 0, 0, 0, 0)), Error{Kind: Pyrogram, Reason: Implausible, Field: FieldAPIID}},
		{"pyrogram, test", edit(t, pyrogram, put(5, 2)), Error{Kind: Pyrogram, Reason: Implausible, Field: FieldTest}},
		{"pyrogram, user id", edit(t, pyrogram, put(-9, 1)), Error{Kind: Pyrogram, Reason: Implausible, Field: FieldUserID}},
		{"pyrogram, bot", edit(t, pyrogram, put(-1, 2)), Error{Kind: Pyrogram, Reason: Implausible, Field: FieldBot}},
		{"pyrogram, a user's", edit(t, pyrogram, put(-1, 0)), Error{Kind: Pyrogram, Reason: UserAccount}},
		{"pyrogram old, a user's", edit(t, old64, put(-1, 0)), Error{Kind: PyrogramOld64, Reason: UserAccount}},
		{"pyrogram older, a user's", pyrogram32(2, 0, key, 1, 0).Reveal(), Error{Kind: PyrogramOld32, Reason: UserAccount}},
		{"pyrogram older, test", pyrogram32(2, 7, key, 1, 1).Reveal(), Error{Kind: PyrogramOld32, Reason: Implausible, Field: FieldTest}},

		{"mtcute, cut", edit(t, mtcute, less(1)), Error{Kind: Mtcute, Reason: Cut}},
		{"mtcute, followed by bytes", edit(t, mtcute, more(4)), Error{Kind: Mtcute, Reason: Long, Got: 305, Want: 301}},
		{"mtcute, an older version", base64.RawURLEncoding.EncodeToString(dcOption), Error{Kind: Mtcute, Reason: Version, Got: 2, Want: 3}},
		{"mtcute, dc", edit(t, mtcute, put(7, 9)), Error{Kind: Mtcute, Reason: Implausible, Field: FieldDC}},
		{"mtcute, port", edit(t, mtcute, put(25, 0, 0, 0, 1)), Error{Kind: Mtcute, Reason: Implausible, Field: FieldAddress}},
		{"mtcute, user id", edit(t, mtcute, put(36, 0x80)), Error{Kind: Mtcute, Reason: Implausible, Field: FieldUserID}},
		{"mtcute, bot", edit(t, mtcute, put(37, 1)), Error{Kind: Mtcute, Reason: Implausible, Field: FieldBot}},
		{"mtcute, a user's", edit(t, mtcute, put(37, 0x37, 0x97, 0x79, 0xbc)), Error{Kind: Mtcute, Reason: UserAccount}},
		{"mtcute, key", edit(t, mtcute, put(41, 252)), Error{Kind: Mtcute, Reason: Implausible, Field: FieldKey}},

		{"mtkruto, cut", edit(t, mtkruto, less(1)), Error{Kind: MTKruto, Reason: Cut}},
		{"mtkruto, cut more", edit(t, mtkruto, less(100)), Error{Kind: MTKruto, Reason: Cut}},
		{"mtkruto, followed by a byte", edit(t, mtkruto, more(1)), Error{Kind: MTKruto, Reason: Long, Got: 278, Want: 277}},
		{"mtkruto, followed by much", edit(t, mtkruto, more(16)), Error{Kind: MTKruto, Reason: Long}},
		{"mtkruto, runs", edit(t, mtkruto, put(-2, 0, 0)), Error{Kind: MTKruto, Reason: Implausible, Field: FieldKey}},
		{"mtkruto, api_id", edit(t, text(t, fullAPIID, MTKruto), put(-8, 0x80)), Error{Kind: MTKruto, Reason: Implausible, Field: FieldAPIID}},
		{"mtkruto, bot", edit(t, mtkruto, put(-7, 9)), Error{Kind: MTKruto, Reason: Implausible, Field: FieldBot}},

		{"gotd, cut", gotd[:len(gotd)-1], Error{Kind: Gotd, Reason: Cut}},
		{"gotd, cut in a string", gotd[:100], Error{Kind: Gotd, Reason: Cut}},
		{"gotd, followed by something", gotd + " x", Error{Kind: Gotd, Reason: Long, Got: len(gotd) + 2, Want: len(gotd) + 1}},
		{"gotd, a newer version", strings.Replace(gotd, `:1,`, `:2,`, 1), Error{Kind: Gotd, Reason: Version, Got: 2, Want: 1}},
		{"gotd, other JSON", `{"token":"x"}`, Error{Kind: Gotd, Reason: Version, Got: 0, Want: 1}},
		{"gotd, another form", `{"Version":1,"Data":[]}`, Error{Kind: Gotd, Reason: NotJSON}},
		{"gotd, no JSON", `{Version:1}`, Error{Kind: Gotd, Reason: NotJSON}},
		{"gotd, dc", strings.Replace(gotd, `"DC":2`, `"DC":0`, 1), Error{Kind: Gotd, Reason: Implausible, Field: FieldDC}},
		{"gotd, address", strings.Replace(gotd, `.50:443`, `.50`, 1), Error{Kind: Gotd, Reason: Implausible, Field: FieldAddress}},
		{"gotd, key", strings.Replace(gotd, `"AuthKey":"`, `"AuthKey":"AAAA`, 1), Error{Kind: Gotd, Reason: Implausible, Field: FieldKey}},
		{"gotd, key id", strings.Replace(gotd, `"AuthKeyID":"f`, `"AuthKeyID":"g`, 1), Error{Kind: Gotd, Reason: WrongKeyID}},
		{"gotd, the key changed", strings.Replace(gotd, `"AuthKey":"PN`, `"AuthKey":"PM`, 1), Error{Kind: Gotd, Reason: WrongKeyID}},

		{"gotgproto, cut", text(t, s, GoTGProto)[:400], Error{Kind: GoTGProto, Reason: Cut}},
		{"gotgproto, cut inside", wrapped(`{"Version":1,"Data":"` + wrapped(gotd[:300]) + `"}`), Error{Kind: GoTGProto, Reason: Cut}},
		{"gotgproto, a newer version", wrapped(`{"Version":2,"Data":""}`), Error{Kind: GoTGProto, Reason: Version, Got: 2, Want: 1}},
		{"gotgproto, nothing inside", wrapped(`{"Version":1,"Data":""}`), Error{Kind: GoTGProto, Reason: Cut}},
	} {
		t.Run(c.name, func(t *testing.T) {
			session, kind, err := Parse(secret.New(c.text))
			var got *Error
			if !errors.As(err, &got) || *got != c.want || kind != c.want.Kind || !same(session, Session{}) {
				t.Errorf("%+v, want %+v", err, c.want)
			}
			if detected := Detect(secret.New(c.text)); (detected != Unknown) != (c.want.Reason == UserAccount) {
				t.Errorf("detected: %v", detected)
			}
		})
	}
}

// Cut off anywhere, a string is refused. Two cuts leave a whole one: of the last characters that stand for
// nothing, padding and GoTGProto's line end, and of all that today's MTKruto has behind the key, which is the
// older form and no less true.
func TestCutAnywhere(t *testing.T) {
	for _, s := range append(sessionsOf(t), newRandom().session()) {
		for _, kind := range writable() {
			whole := text(t, s, kind)
			for n := range len(whole) {
				got, read, err := Parse(secret.New(whole[:n]))
				switch {
				case err != nil:
				case read == kind && len(whole)-n <= 4 && same(got, kept(s, kind)):
				case read == MTKrutoLegacy && kind == MTKruto && same(got, kept(s, MTKrutoLegacy)):
				default:
					t.Errorf("%v, cut to %d of %d, is read as %v", kind, n, len(whole), read)
				}
			}
		}
	}
}

func TestLongAnywhere(t *testing.T) {
	for _, s := range sessionsOf(t) {
		for _, kind := range writable() {
			whole := text(t, s, kind)
			for _, tail := range []string{"A", "AA", "AAA", "AAAA", "z", "zzzz", "zzzzzzzz", "}", ".", whole} {
				if _, read, err := Parse(secret.New(whole + tail)); err == nil {
					t.Errorf("%v, followed by %q, is read as %v", kind, tail, read)
				}
			}
		}
	}
}

func sessionsOf(t testing.TB) []Session {
	t.Helper()
	var sessions []Session
	for _, v := range vectors(t) {
		sessions = append(sessions, v.session(t))
	}
	ipv6 := sessions[0]
	ipv6.Host = "2001:b28:f23d:f001::e"
	return append(sessions, ipv6)
}

// What people and programs do to strings does not change them.
func TestTolerated(t *testing.T) {
	for _, s := range sessionsOf(t) {
		for _, kind := range writable() {
			whole := text(t, s, kind)
			changed := []string{" " + whole + "\r\n", whole}
			if kind != Gotd {
				bare := strings.TrimRight(whole, "=")
				changed = append(changed, bare, strings.NewReplacer("+", "-", "/", "_").Replace(whole),
					strings.NewReplacer("-", "+", "_", "/").Replace(bare), whole[:76]+"\n"+whole[76:])
			} else {
				changed = append(changed, strings.NewReplacer("{", " {\n ", ":", " : ").Replace(whole[:28])+whole[28:], strings.ReplaceAll(whole, "/", `\/`))
			}
			for _, text := range changed {
				if got, read, err := Parse(secret.New(text)); err != nil || read != kind || !same(got, kept(s, kind)) {
					t.Errorf("%v: %v, %v of %q", kind, err, read, text)
				}
			}
		}
	}
}

// mtcute writes a data centre for media, and before version 3 had the test flag elsewhere.
func TestMtcuteOfOthers(t *testing.T) {
	s := vectors(t)[2].session(t)
	own := text(t, s, Mtcute)
	for name, do := range map[string]func([]byte) []byte{
		"media": func(body []byte) []byte {
			option := body[5 : 5+24]
			changed := append([]byte{}, body[:5+24]...)
			changed[1] |= mtcuteMedia
			return append(append(changed, option...), body[5+24:]...)
		},
		"test before 3": func(body []byte) []byte {
			body[1] |= mtcuteOldTest
			body[6], body[8] = 1, 0
			return body
		},
	} {
		got, kind, err := Parse(secret.New(edit(t, own, do)))
		if err != nil || kind != Mtcute || !same(got, kept(s, Mtcute)) {
			t.Errorf("%s: %v, %v, %+v", name, err, kind, got)
		}
	}
}

func TestUnfit(t *testing.T) {
	s := vectors(t)[0].session(t)
	type change func(*Session)
	for _, c := range []struct {
		name  string
		kinds []Kind
		do    change
		want  FormatError
	}{
		{"no key", writable(), func(s *Session) { s.Key = secret.Secret{} }, FormatError{Field: FieldKey, Problem: Missing}},
		{"a short key", writable(), func(s *Session) { s.Key = secret.New("short") }, FormatError{Field: FieldKey, Problem: NoRoom}},
		{"no dc", writable(), func(s *Session) { s.DC = 0 }, FormatError{Field: FieldDC, Problem: Missing}},
		{"dc 6", writable(), func(s *Session) { s.DC = 6 }, FormatError{Field: FieldDC, Problem: NoRoom}},
		{"no address", []Kind{Telethon, GramJS, Mtcute}, func(s *Session) { s.Host = "" }, FormatError{Field: FieldAddress, Problem: Missing}},
		{"a host name", []Kind{Telethon}, func(s *Session) { s.Host = "dc2.example" }, FormatError{Field: FieldAddress, Problem: NoRoom}},
		{"no host name", []Kind{Telethon, GramJS, Mtcute, Gotd}, func(s *Session) { s.Host = "a b" }, FormatError{Field: FieldAddress, Problem: NoRoom}},
		{"a zone", []Kind{Telethon, GramJS, Mtcute, Gotd}, func(s *Session) { s.Host = "fe80::1%eth0" }, FormatError{Field: FieldAddress, Problem: NoRoom}},
		{"what looks like gramjs", []Kind{Telethon}, func(s *Session) { s.Host = "e:3134::" }, FormatError{Field: FieldAddress, Problem: NoRoom}},
		{"no port", []Kind{Telethon, GramJS, Mtcute, Gotd}, func(s *Session) { s.Port = 0 }, FormatError{Field: FieldAddress, Problem: NoRoom}},
		{"a high port", []Kind{GramJS}, func(s *Session) { s.Port = 40000 }, FormatError{Field: FieldAddress, Problem: NoRoom}},
		{"no api_id", []Kind{Pyrogram, MTKruto}, func(s *Session) { s.APIID = 0 }, FormatError{Field: FieldAPIID, Problem: Missing}},
		{"a negative api_id", []Kind{Pyrogram, MTKruto}, func(s *Session) { s.APIID = -1 }, FormatError{Field: FieldAPIID, Problem: NoRoom}},
		{"no user id", []Kind{Pyrogram, PyrogramOld64, MTKruto}, func(s *Session) { s.UserID = 0 }, FormatError{Field: FieldUserID, Problem: Missing}},
		{"a large user id", []Kind{Pyrogram, Mtcute}, func(s *Session) { s.UserID = 1 << 52 }, FormatError{Field: FieldUserID, Problem: NoRoom}},
		{"only read", []Kind{PyrogramOld32, Unknown}, func(*Session) {}, FormatError{Problem: ReadOnly}},
	} {
		for _, kind := range c.kinds {
			changed := s
			c.do(&changed)
			c.want.Kind = kind
			formatted, err := Format(changed, kind)
			var got *FormatError
			if !errors.As(err, &got) || *got != c.want || !formatted.Empty() {
				t.Errorf("%s, %v: %v", c.name, kind, err)
			}
		}
	}
}

// No error repeats any of the text, however it came to be.
func TestErrorsAreSilent(t *testing.T) {
	s := vectors(t)[0].session(t)
	for _, kind := range writable() {
		whole := text(t, s, kind)
		for n := 0; n < len(whole); n += 7 {
			for _, changed := range []string{whole[:n], whole[:n] + "WHISPER!" + whole[n:], whole[n:]} {
				_, _, err := Parse(secret.New(changed))
				if err == nil {
					continue
				}
				said := err.Error()
				for i := 0; i+8 <= len(changed); i++ {
					if strings.Contains(said, changed[i:i+8]) {
						t.Fatalf("%q is said of %q", said, changed)
					}
				}
			}
		}
	}
}

func TestKinds(t *testing.T) {
	for _, kind := range Kinds() {
		if got, ok := KindOf(kind.String()); !ok || got != kind || kind.Library() == "" {
			t.Errorf("%v is found as %v", kind, got)
		}
		lost := map[Field]bool{}
		for _, field := range kind.Loses() {
			lost[field] = true
		}
		for _, field := range Fields() {
			if kind.Keeps(field) == lost[field] || kind.Needs(field) && lost[field] {
				t.Errorf("%v and %v", kind, field)
			}
			if field.String() == "unknown" {
				t.Errorf("field %d has no name", field)
			}
		}
	}
	for name, want := range map[string]Kind{"kurigram": Pyrogram, "teleproto": GramJS, "unknown": Unknown, "": Unknown, "Telethon": Unknown} {
		if got, ok := KindOf(name); got != want || ok != (want != Unknown) {
			t.Errorf("%q is %v", name, got)
		}
	}
}

// The byte order of an api_id that uses all of its bytes, which no vector has.
func TestPyrogramAPIID(t *testing.T) {
	s := vectors(t)[0].session(t)
	s.APIID = 0x01020304
	edit(t, text(t, s, Pyrogram), func(body []byte) []byte {
		if got := binary.BigEndian.Uint32(body[1:]); got != 0x01020304 {
			t.Errorf("%x", got)
		}
		return body
	})
}
