package cli

import (
	"os"
	"slices"
	"strings"
	"testing"

	"botring/fleet"
)

// The table of docs/EXEC.md is the presets'.
func TestPresetsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/EXEC.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range presets() {
		row := "| " + p.name
		for _, f := range []field{fieldToken, fieldAPIID, fieldAPIHash, fieldSession} {
			var names []string
			for _, v := range p.variables {
				if v.field == f {
					names = append(names, "`"+v.name+"`")
				}
			}
			row += " | " + strings.Join(names, ", ")
			if len(names) == 0 {
				row = strings.TrimSuffix(row, " ")
			}
		}
		if !strings.Contains(string(text), "\n"+row) {
			t.Errorf("docs/EXEC.md has no row that begins with %q", row)
		}
	}
}

func TestPresets(t *testing.T) {
	kinds := fleet.SessionKinds()
	for _, p := range presets() {
		has := slices.ContainsFunc(p.variables, func(v variable) bool { return v.field == fieldSession })
		if has != (p.session != "") {
			t.Errorf("%s: a variable for a session: %v, a form for it: %q", p.name, has, p.session)
		}
		if has && !slices.Contains(kinds, p.sessionKind()) {
			t.Errorf("%s: its session cannot be written", p.name)
		}
		var names []string
		for _, v := range p.variables {
			if slices.Contains(names, v.name) || isOurs(v.name) || v.name == "TG_SESSION" {
				t.Errorf("%s sets %s", p.name, v.name)
			}
			names = append(names, v.name)
		}
	}
}

func TestReadVariable(t *testing.T) {
	for text, ok := range map[string]bool{
		"TOKEN=token": true, "_x1=api_hash": true, "TOKEN": false, "=token": false, "1X=token": false, "A B=token": false,
		"TOKEN=": false, "TOKEN=Token": false, "BOTRING_X=token": false, "botring_x=token": false, "X=token=": false,
	} {
		if _, err := readVariable(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestLineName(t *testing.T) {
	bot := fleet.Bot{Key: fleet.Key{Environment: "production", ID: 7}}
	if got := lineName(bot); got != "7" {
		t.Errorf("%q", got)
	}
	bot.Profile.Username = "x\x1b[2J_bot"
	if got := lineName(bot); strings.Contains(got, "\x1b") || !strings.HasPrefix(got, "@x") {
		t.Errorf("%q", got)
	}
}
