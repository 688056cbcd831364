package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"botring/fleet"
)

// TestWhoChoosesTheBotAPI: a flag, else the variable, else the configuration. None of them takes tokens past TLS to
// another machine but the flag that says so, which no variable and no configuration can.
func TestWhoChoosesTheBotAPI(t *testing.T) {
	for _, row := range []struct {
		name, config, variable string
		args                   []string
		want                   string // the server of production, "" for a refusal
	}{
		{"nobody", "", "", nil, "api.telegram.org"},
		{"the configuration", `bot_api = "https://c.example"`, "", nil, "c.example"},
		{"the variable", `bot_api = "https://c.example"`, "https://v.example", nil, "v.example"},
		{"the flag", `bot_api = "https://c.example"`, "https://v.example", []string{"--bot-api", "https://f.example"}, "f.example"},
		{"plain on this computer", "", "http://127.0.0.1:8081", nil, "127.0.0.1:8081"},
		{"plain elsewhere", "", "http://v.example", nil, ""},
		{"plain elsewhere on purpose", "", "", []string{"--bot-api", "http://f.example", "--insecure-bot-api"}, "f.example"},
		{"for another environment", "", "lab=https://v.example", nil, "api.telegram.org"},
		{"with a user", "", "https://me:WHISPER@v.example", nil, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			home := t.TempDir()
			if err := os.WriteFile(filepath.Join(home, "config.toml"), []byte(row.config), 0o600); err != nil {
				t.Fatal(err)
			}
			var all bytes.Buffer
			environ := mapEnviron{"BOTRING_BOT_API": row.variable, "BOTRING_HOME": home}
			s := &shell{Process: Process{
				Args: append([]string{"list", "--keyring", "memory"}, row.args...), In: strings.NewReader(""), Out: &all, Err: &all, Environ: environ,
			}}
			err := s.run(t.Context())
			if s.fleet != nil {
				defer func() { _ = s.fleet.Close() }()
			}
			if _, left := environ["BOTRING_BOT_API"]; left {
				t.Error("children get the variable")
			}
			if row.want == "" {
				var input *fleet.InputError
				if !errors.As(err, &input) || input.Field != fleet.FieldBotAPI || s.finish(t.Context(), err) != exitUsage {
					t.Errorf("%v", err)
				}
				if strings.Contains(all.String(), "WHISPER") || !strings.Contains(all.String(), "Bot API server") {
					t.Errorf("%s", all.String())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.fleet.BotAPI("production"); got != row.want || err != nil {
				t.Errorf("%q, %v; want %q", got, err, row.want)
			}
		})
	}
}

// TestATokenInTheURLIsRefused: it would be an argument that everybody can read, and a line of the configuration.
func TestATokenInTheURLIsRefused(t *testing.T) {
	var all bytes.Buffer
	s := &shell{Process: Process{
		Args: []string{"list", "--keyring", "memory", "--bot-api", "https://api.telegram.org/bot" + tokenOf(7001, "A").Reveal()},
		In:   strings.NewReader(""), Out: &all, Err: &all, Environ: mapEnviron{},
	}}
	if code := s.finish(t.Context(), s.run(t.Context())); code != exitUsage || strings.Contains(all.String(), secretMark) {
		t.Errorf("%d: %s", code, all.String())
	}
}
