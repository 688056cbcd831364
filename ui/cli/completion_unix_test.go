//go:build unix

package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"botring/internal/testneeds"
	"botring/ui/internal/screentest"
)

// A person's own shell, at which botring is completed with the tab key.
type prompt struct {
	*screentest.Screen
	dir string
}

// startShell starts a shell that has nothing but botring and its completion, in a directory with a file called notes.txt.
func startShell(t *testing.T, name string) prompt {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil && name == "bash" {
		t.Fatal(err) // other tests need it as well
	}
	shell := testneeds.Program(t, name)
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir, home := t.TempDir(), catalogue(t, 3)
	label := exec.CommandContext(t.Context(), bin, "label", "7000000002", "Shop orders", "--home", home)
	label.Env = []string{"HOME=" + home, "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"}
	if out, err := label.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	script, err := exec.CommandContext(t.Context(), bin, "completion", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		"notes.txt": "", "completion": string(script),
		".bashrc": "PS1='$ '\nsource ./completion\nbind 'set enable-bracketed-paste off'\n",
		".zshrc":  "PS1='$ '\nautoload -Uz compinit && compinit -u -D\nsource ./completion\n",
		".config/fish/config.fish": "function fish_prompt; echo '$ '; end\nfunction fish_right_prompt; end\nset -g fish_greeting\n" +
			"set -g fish_autosuggestion_enabled 0\nsource ./completion\n",
	} {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := map[string][]string{"bash": {"--noprofile", "--rcfile", ".bashrc", "-i"}, "zsh": {"-i"}, "fish": {"-i"}}[name]
	cmd := exec.CommandContext(t.Context(), shell, args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"HOME=" + dir, "ZDOTDIR=" + dir, "TERM=xterm-256color", "LANG=C.UTF-8", "BOTRING_HOME=" + home,
		"PATH=" + filepath.Dir(bin) + ":" + os.Getenv("PATH"),
	}
	p := prompt{screentest.Start(t, cmd, 100, 30), dir}
	p.See("$")
	return p
}

// completes types a line and the tab key, and waits for what it becomes.
func (p prompt) completes(line, want string) {
	p.Type(line)
	p.Settled()
	p.Type("\t")
	p.See(want)
	p.Ctrl('u')
	p.Comes("an empty line", func(screen string) bool { return !strings.Contains(screen, "botring "+strings.Fields(line)[1]) })
}

// Real shells complete what is to be completed, and run nothing of what is typed.
func TestShellsComplete(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			p := startShell(t, shell)
			for _, c := range []struct{ line, want string }{
				{"botring hist", "botring history"},
				{"botring show @number_00001", "botring show @number_00001_bot"},
				{"botring token show 70000000", "botring token show 700000000"},
				{`botring show Shop\ or`, `botring show Shop\ orders`},
				{"botring --keyring=mem", "botring --keyring=memory"},

				{`botring show "Sho`, `botring show "Shop orders"`},
				{"botring show Sho", `botring show Shop\ orders`},
				{"botring check --tag=p", "botring check --tag=prod"},
				{"botring app use m", "botring app use main"},
				{"botring import not", "botring import notes.txt"},
				{"botring export --format gotg", "botring export --format gotgproto"},
				{"botring show $(touch ran) @number_00001", "botring show $(touch ran) @number_00001"},
			} {
				p.completes(c.line, c.want)
			}
			if _, err := os.Stat(filepath.Join(p.dir, "ran")); err == nil {
				t.Error("what was typed was run")
			}
			p.Type("exit\r")
			_ = p.Ended()
		})
	}
}
