package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"botring/fleet/files"
)

// checkEntry is what holds of every entry that is a session's, whatever it was read from.
func checkEntry(t *testing.T, e files.Entry) {
	t.Helper()
	switch {
	case !e.IsSession():
	case e.Session != nil && e.Refused != nil:
		t.Error("it is taken and refused")
	case e.Session != nil && e.Session.Key.Len() != 256:
		t.Errorf("a key of %d bytes", e.Session.Key.Len())
	case e.Session != nil && (e.Session.DC < 1 || e.Session.DC > 5 && e.Session.DC != 203):
		t.Errorf("DC %d", e.Session.DC)
	case e.Session != nil && (e.Session.UserID < 0 || e.Session.Port < 0 || e.Session.Port > 65535):
		t.Errorf("%+v", e.Session)
	}
}

// FuzzSessionFile changes the bytes of session files, of which the schema is a part.
func FuzzSessionFile(f *testing.F) {
	for _, schema := range []string{pyrogramSchema + pyrogramOf, telethonSchema, kurigramSchema, `CREATE VIEW sessions AS SELECT 1;`} {
		f.Add(database(f, "PRAGMA page_size = 512; VACUUM;"+schema))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := files.Read("a.session", data)
		if err != nil && len(doc.Entries) > 0 {
			t.Errorf("both %+v and %v", doc, err)
		}
		for _, e := range doc.Entries {
			checkEntry(t, e)
		}
	})
}

// FuzzGramStore changes the values of a folder of GramJS's.
func FuzzGramStore(f *testing.F) {
	dir := f.TempDir()
	gramStore(f, dir, "x%3A")
	key, err := os.ReadFile(filepath.Join(dir, "x%3AauthKey"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(key, []byte("2"), []byte("443"), []byte(`"149.154.167.51"`))
	f.Add([]byte(`{"type":"Buffer","data":[]}`), []byte("{}"), []byte("-1"), []byte("[]"))
	f.Fuzz(func(t *testing.T, key, dc, port, address []byte) {
		dir := t.TempDir()
		write(t, dir, map[string]string{"x:authKey": string(key), "x:dcId": string(dc), "x:port": string(port), "x:serverAddress": string(address)})
		doc, err := files.Gather(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range doc.Entries {
			checkEntry(t, e)
		}
	})
}
