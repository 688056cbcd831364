package cli

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"botring/fleet"
	"botring/ui/cli/child"
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

// What comes before there is a program keeps it from being run, and leaves no file of it.
func TestExecThatIsCancelled(t *testing.T) {
	f, err := fleet.Open(t.Context(), fleet.Options{Keyring: keyringMemory, Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	run := func(dir string, args ...string) *shell {
		s := &shell{fleet: f, Process: Process{Args: args, In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Environ: mapEnviron{
			"BOTRING_KEYRING": keyringMemory, "BOTRING_HOME": dir, envToken: tokenOf(7001, "A").Reveal(), envAPIID: "10001", envAPIHash: strings.Repeat("0a", 16),
		}}}
		if err := s.run(t.Context()); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return s
	}
	run(t.TempDir(), "add", "--no-login")
	for name, c := range map[string]struct {
		err       error
		cancelled bool
		want      int
	}{
		"a signal":            {nil, true, exitCancelled},
		"a catalogue's fault": {errors.New("close the catalogue"), false, child.NotPrepared},
	} {
		dir := t.TempDir()
		s := run(dir, "exec", "7001", "--file", "--file-in", dir, "--", os.Args[0], "-test.run=^$") // which would end well
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Fatalf("%s: no folder is made beforehand: %v, %v", name, left, err)
		}
		if code := s.finish(t.Context(), s.conclude(c.err, c.cancelled)); code != c.want {
			t.Errorf("%s: code %d, want %d", name, code, c.want)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: left behind: %v, %v", name, left, err)
		}
	}
}
