package sessionstring

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/gotd/td/crypto"

	"botring/internal/secret"
)

// The kinds that testdata/vectors.json has no strings of. gotd's and Telethon's with IPv6 are in
// testdata/gotd.json: what the session.Loader of gotd 0.162.0 saves of the same sessions, with a
// configuration and without, and what its TelethonSession reads as those addresses. MTKruto's of today,
// Pyrogram's with 32 bits and GoTGProto's wrapping are written down here a second time, from their layout.

type gotdVector struct {
	Name     string `json:"name"`
	Salt     int64  `json:"salt,string"`
	Saved    string `json:"gotd"`
	Config   string `json:"gotd_config"`
	IPv6     string `json:"ipv6"`
	Telethon string `json:"telethon_ipv6"`
}

func gotdVectors(t testing.TB) []gotdVector {
	t.Helper()
	data, err := os.ReadFile("testdata/gotd.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []gotdVector
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWhatGotdSaves(t *testing.T) {
	all := vectors(t)
	for i, v := range gotdVectors(t) {
		session := all[i].session(t)
		session.Salt = v.Salt
		for _, text := range []string{v.Saved, v.Config} {
			if text == "" {
				continue
			}
			want := kept(session, Gotd)
			want.Test = session.Test && text == v.Config // where a configuration stands beside it, that tells
			got, kind, err := Parse(secret.New(text))
			if err != nil || kind != Gotd || !same(got, want) {
				t.Errorf("%s, %d bytes: %v, %v, %+v", v.Name, len(text), err, kind, got)
			}
		}
	}
}

// gotdFile is gotd's session.Data without the configuration. gotd loads it with encoding/json, copies key and
// id, and refuses an id that is not the key's.
type gotdFile struct {
	Version int
	Data    struct {
		DC        int
		Addr      string
		AuthKey   []byte
		AuthKeyID []byte
		Salt      int64
	}
}

func TestWhatGotdLoads(t *testing.T) {
	for _, v := range vectors(t) {
		for _, salt := range []int64{0, -6411436473428917721} {
			for _, host := range []string{"", v.IP, "2001:67c:4e8:f002::a"} {
				session := v.session(t)
				session.Salt, session.Host = salt, host
				text, err := Format(session, Gotd)
				if err != nil {
					t.Fatal(err)
				}
				var loaded gotdFile
				decoder := json.NewDecoder(strings.NewReader(text.Reveal()))
				decoder.DisallowUnknownFields()
				if err := decoder.Decode(&loaded); err != nil {
					t.Fatal(err)
				}
				var key crypto.Key
				copy(key[:], loaded.Data.AuthKey)
				id := key.ID()
				if d := loaded.Data; loaded.Version != 1 || d.DC != v.DC || d.Salt != salt || !bytes.Equal(d.AuthKeyID, id[:]) ||
					!secret.New(string(d.AuthKey)).Equal(session.Key) {
					t.Errorf("%s: %+v", v.Name, loaded)
				}
				if host == "" {
					if loaded.Data.Addr != "" {
						t.Errorf("address %q", loaded.Data.Addr)
					}
					continue
				}
				if addr, err := netip.ParseAddrPort(loaded.Data.Addr); err != nil || addr.Addr() != netip.MustParseAddr(host) || addr.Port() != 443 {
					t.Errorf("address %q, %v", loaded.Data.Addr, err)
				}
			}
		}
	}
}

// Of the sizes that are known of gotd's the one without a configuration is written.
func TestSizes(t *testing.T) {
	session := vectors(t)[0].session(t)
	for kind, want := range map[Kind]int{
		Telethon: 353, Pyrogram: 362, PyrogramOld64: 356, GramJS: 369, Mtcute: 402, Gotd: 441,
	} {
		text, err := Format(session, kind)
		if err != nil || text.Len() != want {
			t.Errorf("%v has %d characters, want %d: %v", kind, text.Len(), want, err)
		}
	}
}

func TestTelethonIPv6(t *testing.T) {
	all := vectors(t)
	for i, v := range gotdVectors(t) {
		session := all[i].session(t)
		session.Host = v.IPv6
		text, err := Format(session, Telethon)
		if err != nil || text.Reveal() != v.Telethon || text.Len() != 369 {
			t.Errorf("%s: %v, %s", v.Name, err, text.Reveal())
		}
		got, kind, err := Parse(secret.New(v.Telethon))
		if err != nil || kind != Telethon || !same(got, kept(session, Telethon)) {
			t.Errorf("%s: %v, %v, %+v", v.Name, err, kind, got)
		}
	}
}

// GoTGProto writes its row of the table of sessions with encoding/json into base64.
func TestGoTGProto(t *testing.T) {
	for _, v := range vectors(t) {
		session := v.session(t)
		inner, err := Format(session, Gotd)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		encoder := base64.NewEncoder(base64.StdEncoding, &b)
		row := struct {
			Version int
			Data    []byte
		}{1, []byte(inner.Reveal())}
		if err := json.NewEncoder(encoder).Encode(row); err != nil {
			t.Fatal(err)
		}
		if err := encoder.Close(); err != nil {
			t.Fatal(err)
		}
		text, err := Format(session, GoTGProto)
		if err != nil || text.Reveal() != b.String() {
			t.Errorf("%s: %v\n%s\nwant\n%s", v.Name, err, text.Reveal(), b.String())
		}
		got, kind, err := Parse(secret.New(b.String()))
		if err != nil || kind != GoTGProto || !same(got, kept(session, GoTGProto)) {
			t.Errorf("%s: %v, %v, %+v", v.Name, err, kind, got)
		}
	}
}

func TestMTKrutoLayout(t *testing.T) {
	key := strings.Repeat("\x05\x00\x01\x00\x00\x02\x00\x07", 32)
	squeezed := "\x00\x01" + strings.Repeat("\x05\x00\x01\x01\x00\x02\x02\x00\x01\x07", 32) // after the length's zero
	zeros := "\x00\xff\x00\x02"
	for _, c := range []struct {
		name                 string
		key                  string
		session              Session
		head, squeezed, tail string
	}{
		{
			"production", key, Session{DC: 2, APIID: 10001, UserID: 123456789},
			"\x012\x00\x02\xfe\x00\x01\x01", squeezed, "\x11\x27\x00\x02\x01\x15\xcd\x5b\x07\x00\x04",
		},
		{
			"test", key, Session{DC: 1, Test: true, APIID: 0x01020304, UserID: 1 << 40},
			"\x061-test\x00\x01\xfe\x00\x01\x01", squeezed, "\x04\x03\x02\x01\x01\x00\x05\x01\x00\x02",
		},
		{"media", key, Session{DC: 203, APIID: 1, UserID: 1}, "\x03203\xfe\x00\x01\x01", squeezed, "\x01\x00\x03\x01\x01\x00\x07"},
		{
			"a run beyond 255", strings.Repeat("\x00", 256), Session{DC: 2, APIID: 1, UserID: 1},
			"\x012\x00\x02\xfe\x00\x01\x01", zeros, "\x01\x00\x03\x01\x01\x00\x07",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.session.Key = secret.New(c.key)
			want := base64.RawURLEncoding.EncodeToString([]byte(c.head + c.squeezed + c.tail))
			text, err := Format(c.session, MTKruto)
			if err != nil || text.Reveal() != want {
				t.Errorf("%v\n%q\nwant\n%q", err, text.Reveal(), want)
			}
			got, kind, err := Parse(secret.New(want))
			if err != nil || kind != MTKruto || !same(got, c.session) {
				t.Errorf("%v, %v, %+v", err, kind, got)
			}
		})
	}
}

// pyrogram32 is >B?256sI?.
func pyrogram32(dc, test byte, key string, userID uint32, bot byte) secret.Secret {
	body := append([]byte{dc, test}, key...)
	body = append(binary.BigEndian.AppendUint32(body, userID), bot)
	return secret.New(base64.RawURLEncoding.EncodeToString(body))
}

func TestPyrogram32(t *testing.T) {
	session := vectors(t)[0].session(t)
	text := pyrogram32(2, 0, session.Key.Reveal(), 123456789, 1)
	if text.Len() != 351 {
		t.Errorf("%d characters", text.Len())
	}
	got, kind, err := Parse(text)
	if err != nil || kind != PyrogramOld32 || !same(got, kept(session, PyrogramOld32)) || Detect(text) != PyrogramOld32 {
		t.Errorf("%v, %v, %+v", err, kind, got)
	}
}
