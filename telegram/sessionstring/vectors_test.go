package sessionstring

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"botring/internal/secret"
)

// A vector is a session as the libraries themselves write it: testdata/vectors.json, from GramJS's own
// StringSession and mtcute's converter, the Telethon strings read by Telethon 1.25.
type vector struct {
	Name    string            `json:"name"`
	DC      int               `json:"dc"`
	IP      string            `json:"ip"`
	Port    int               `json:"port"`
	Test    bool              `json:"test"`
	UserID  int64             `json:"user_id"`
	APIID   int               `json:"api_id"`
	Key     string            `json:"auth_key_hex"`
	KeyID   string            `json:"auth_key_id_hex"`
	Strings map[string]string `json:"strings"`
}

func (v vector) session(t testing.TB) Session {
	t.Helper()
	key, err := hex.DecodeString(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	return Session{DC: v.DC, Host: v.IP, Port: v.Port, Key: secret.New(string(key)), APIID: v.APIID, UserID: v.UserID, Test: v.Test}
}

func vectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 3 {
		t.Fatalf("%d vectors", len(all))
	}
	return all
}

// kindsOfVectors are the names that the vectors have for kinds.
func kindsOfVectors() map[string]Kind {
	return map[string]Kind{
		"telethon": Telethon, "pyrogram": Pyrogram, "pyrogram_old64": PyrogramOld64, "gramjs": GramJS,
		"gramjs_convert": GramJS, "mtcute": Mtcute, "mtkruto_legacy": MTKrutoLegacy,
	}
}

// kept is what is left of a session in a kind.
func kept(s Session, kind Kind) Session {
	if !kind.Keeps(FieldAddress) {
		s.Host, s.Port = "", 0
	}
	if !kind.Keeps(FieldAPIID) {
		s.APIID = 0
	}
	if !kind.Keeps(FieldUserID) {
		s.UserID = 0
	}
	if !kind.Keeps(FieldSalt) {
		s.Salt = 0
	}
	s.Test = s.Test && kind.Keeps(FieldTest)
	return s
}

// same compares sessions by what they hold: a Secret is a pointer.
func same(a, b Session) bool {
	key := a.Key.Equal(b.Key)
	a.Key, b.Key = secret.Secret{}, secret.Secret{}
	return key && a == b
}

func TestVectors(t *testing.T) {
	compared := 0
	for _, v := range vectors(t) {
		session := v.session(t)
		if got := session.KeyID(); got != v.KeyID {
			t.Errorf("%s: key id %s, want %s", v.Name, got, v.KeyID)
		}
		for name, want := range v.Strings {
			kind, ok := kindsOfVectors()[name]
			if !ok {
				t.Fatalf("nothing is known of %s", name)
			}
			t.Run(v.Name+"/"+name, func(t *testing.T) {
				text, err := Format(session, kind)
				if err != nil || text.Reveal() != want {
					t.Errorf("written: %v\n%s\nwant\n%s", err, text.Reveal(), want)
				}
				got, read, err := Parse(secret.New(want))
				if err != nil || read != kind || !same(got, kept(session, kind)) {
					t.Errorf("read: %v, %v, %+v", err, read, got)
				}
				if detected := Detect(secret.New(want)); detected != kind {
					t.Errorf("detected: %v", detected)
				}
			})
			compared++
		}
	}
	if compared != 21 {
		t.Errorf("%d strings compared", compared)
	}
}
