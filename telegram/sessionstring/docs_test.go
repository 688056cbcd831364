package sessionstring_test

import (
	"os"
	"strings"
	"testing"

	"botring/telegram/sessionstring"
)

// TestDocumentedForms: the table in docs/SESSIONS.md says of each form what it keeps.
func TestDocumentedForms(t *testing.T) {
	text, err := os.ReadFile("../../docs/SESSIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string][]string)
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(strings.Trim(line, "|\n"), "|"); len(cells) == 7 {
			rows[strings.TrimSpace(cells[0])] = cells[1:]
		}
	}
	fields := []sessionstring.Field{
		sessionstring.FieldDC, sessionstring.FieldAddress, sessionstring.FieldKey, sessionstring.FieldAPIID,
		sessionstring.FieldUserID, sessionstring.FieldTest,
	}
	for form, kind := range map[string]sessionstring.Kind{
		"Telethon": sessionstring.Telethon, "Pyrogram, Kurigram": sessionstring.Pyrogram,
		"Pyrogram, before 2.0": sessionstring.PyrogramOld64, "GramJS, teleproto": sessionstring.GramJS,
		"mtcute": sessionstring.Mtcute, "MTKruto": sessionstring.MTKruto, "MTKruto, before": sessionstring.MTKrutoLegacy,
		"gotd": sessionstring.Gotd, "GoTGProto": sessionstring.GoTGProto,
	} {
		cells, ok := rows[form]
		if !ok {
			t.Errorf("%s is not in the table", form)
			continue
		}
		for i, field := range fields {
			if says := strings.TrimSpace(cells[i]) != ""; says != kind.Keeps(field) {
				t.Errorf("%s, %v: the table says %t, it is %t", form, field, says, kind.Keeps(field))
			}
		}
	}
}
