package cli

import "testing"

func TestLayOut(t *testing.T) {
	mend := []string{"Unlock it, then look again.", "botring keyring unlock unlocks it."}
	for name, c := range map[string]struct {
		width int
		want  string
	}{
		"no terminal": {0, "" +
			"warning  lock             The keyring 天気 is locked, so what is in it cannot be looked at.\n" +
			"                            Unlock it, then look again.\n" +
			"                            botring keyring unlock unlocks it.\n"},
		"wide": {60, "" +
			"warning  lock             The keyring 天気 is locked, so\n" +
			"                          what is in it cannot be looked at.\n" +
			"                            Unlock it, then look again.\n" +
			"                            botring keyring unlock unlocks\n" +
			"                            it.\n"},
		"narrow": {40, "" +
			"warning  lock: The keyring 天気 is\n" +
			"  locked, so what is in it cannot be\n" +
			"  looked at.\n" +
			"    Unlock it, then look again.\n" +
			"    botring keyring unlock unlocks it.\n"},
	} {
		got := layOut(c.width, "warning", "lock", "The keyring 天気 is locked, so what is in it cannot be looked at.", mend)
		if got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestDoctorsVerdict(t *testing.T) {
	for name, c := range map[string]struct {
		summary     doctorSummaryJSON
		fix, locked bool
		sum         string
		code        int
	}{
		"well":              {doctorSummaryJSON{OK: 9, Skipped: 1}, false, false, "All is well.", exitOK},
		"warnings":          {doctorSummaryJSON{Warnings: 2}, false, true, "2 warnings.", exitOK},
		"a problem":         {doctorSummaryJSON{Problems: 1, Warnings: 1}, false, true, "1 problem, 1 warning.", exitNotOK},
		"mended":            {doctorSummaryJSON{OK: 3, Fixed: 2}, true, false, "All is well. 2 mended.", exitOK},
		"mended in part":    {doctorSummaryJSON{Problems: 1, Fixed: 1}, true, false, "1 problem. 1 mended.", exitNotOK},
		"locked, to mend":   {doctorSummaryJSON{Warnings: 1}, true, true, "1 warning.", exitSecret},
		"locked, and worse": {doctorSummaryJSON{Problems: 1}, true, true, "1 problem.", exitSecret},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shell{flags: flags{quiet: true}}
			con := &consultation{shell: s, fix: c.fix, locked: c.locked, object: doctorObject{Summary: c.summary}}
			if got := con.sum(); got != c.sum {
				t.Errorf("%q, want %q", got, c.sum)
			}
			if code := exitCode(t.Context(), con.end()); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
		})
	}
}
