package sessionstring

import (
	"encoding/json"
	"errors"
	"testing"

	"botring/internal/secret"
)

// FuzzParse reads anything at all. What it accepts is whole: written again and read, it is the same.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		for _, text := range v.Strings {
			f.Add(text)
		}
		session := v.session(f)
		for _, kind := range writable() {
			f.Add(text(f, session, kind))
		}
	}
	f.Add(pyrogram32(2, 0, vectors(f)[0].session(f).Key.Reveal(), 7, 1).Reveal())
	f.Add(`{"Version":1,"Data":{"Config":{"TestMode":true,"x":[1,-0.5e+3,null,"\u0041"]},"DC":2}} `)
	f.Fuzz(func(t *testing.T, raw string) {
		session, kind, err := Parse(secret.New(raw))
		detected := Detect(secret.New(raw))
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Reason < Empty || e.Reason > Unrecognised || e.Kind != kind || !same(session, Session{}) {
				t.Fatalf("%#v, %v, %+v", err, kind, session)
			}
			if (detected != Unknown) != (e.Reason == UserAccount) {
				t.Fatalf("%v is detected as %v", err, detected)
			}
			return
		}
		if detected != kind {
			t.Fatalf("a %v is detected as %v", kind, detected)
		}
		// gotd's test flag comes from a configuration that is not written.
		if session = kept(session, kind); kind.Writable() {
			checkRoundTrip(t, session, kind)
		}
	})
}

// FuzzFormat writes any session as any kind, or refuses it.
func FuzzFormat(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.DC, v.IP, v.Port, v.session(f).Key.Reveal(), v.APIID, v.UserID, v.Test, int64(0))
	}
	f.Add(203, "2001:b28:f23d:f001::e", 443, string(make([]byte, keyBytes)), 1, int64(1), true, int64(-1))
	f.Fuzz(func(t *testing.T, dc int, host string, port int, key string, apiID int, userID int64, test bool, salt int64) {
		s := Session{DC: dc, Host: host, Port: port, Key: secret.New(key), APIID: apiID, UserID: userID, Test: test, Salt: salt}
		if host == "" {
			s.Port = 0 // of nothing
		}
		for _, kind := range Kinds() {
			formatted, err := Format(s, kind)
			if err != nil {
				var e *FormatError
				if !errors.As(err, &e) || e.Kind != kind || !formatted.Empty() {
					t.Fatalf("%#v", err)
				}
				continue
			}
			got, _, err := Parse(formatted)
			if err != nil {
				t.Fatalf("%v of %+v is not read: %v", kind, s, err)
			}
			want := kept(s, kind)
			if kind == Telethon { // which knows addresses, not how they are written
				want.Host = got.Host
			}
			if !same(got, want) {
				t.Fatalf("%v of %+v is read as %+v", kind, s, got)
			}
			checkRoundTrip(t, got, kind)
		}
	})
}

// FuzzScanner holds the reader of gotd's JSON to encoding/json: what it accepts is JSON, and means the same.
func FuzzScanner(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":1}`, `{"a":-0,"b":[1,2.5,-1e9,{}],"c":{"d":null,"e":true,"f":false}}`, `{"a":"\"\\\u00e9\n"}`, `{"a":01}`, `{"a":1,}`,
		`{"a":1}x`, "{\"a\":\"\x01\"}", `{"a":nul}`, `{"a":"\x"}`, ` { "a" : 9223372036854775807 } `, `{"a":.5}`, `{"a":5.}`, `{"a":-}`,
		`{"a":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}`, "{\"a\":\x00}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		j := scanner{text: text}
		for more := j.enter('{', '}'); more; more = j.another('}') {
			j.name()
			j.skip()
		}
		err := j.end(gotdVersion)
		if err == nil && !json.Valid([]byte(text)) {
			t.Fatalf("%q is no JSON", text)
		}
		if err != nil && err.Reason == NotJSON && json.Valid([]byte(text)) {
			var object map[string]any
			if json.Unmarshal([]byte(text), &object) == nil && object != nil && !deep(object, maxDeep) {
				t.Fatalf("%q is JSON: %v", text, err)
			}
		}
	})
}

// deep reports whether a value is nested deeper than that.
func deep(value any, most int) bool {
	if most == 0 {
		return true
	}
	switch value := value.(type) {
	case map[string]any:
		for _, v := range value {
			if deep(v, most-1) {
				return true
			}
		}
	case []any:
		for _, v := range value {
			if deep(v, most-1) {
				return true
			}
		}
	}
	return false
}
