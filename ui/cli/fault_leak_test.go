//go:build linux

package cli

import (
	"maps"
	"os/exec"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"

	"botring/ui/internal/screentest"
)

// TestPanics: a program that breaks with secrets in its memory prints traces of calls and their arguments, and
// none of the secrets. What breaks is what TestMain puts in its place.
func TestPanics(t *testing.T) {
	for name, o := range map[string]order{
		// The token has been read from the environment and is just being taken out of it.
		"environ": addBot(faultBot + 1),
		// The token is what is written.
		"out": on("token show"),
		// A login was granted, and what failed is being told.
		"err": addBot(faultBot),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, service := scripted(t)
			if name == "err" {
				keepBots(func(string) (string, bool) { return "", false })(h, service)
			} else {
				h.mustRun(addBot(faultBot))
			}
			o.environ = map[string]string{panicVariable: name}
			o.shows = false
			got := h.run(o)
			if got.code != 2 || !strings.Contains(got.err, panicWords) || !strings.Contains(got.err, "goroutine 1 [running]") {
				t.Errorf("exit code %d\n%s", got.code, got.err)
			}
			service.Heal()
			h.environ[panicVariable] = ""
			h.settle()
		})
	}
}

// TestPanicOfTheScreens: Bubble Tea catches what breaks in a screen, gives the terminal back and prints the
// trace there; the pasted token is in the memory of the screen that breaks.
func TestPanicOfTheScreens(t *testing.T) {
	t.Parallel()
	h, service := scripted(t)
	h.mustRun(addBot(faultBot + 1)) // with the app
	refuse("CreateItem", "org.freedesktop.DBus.Error.Failed")(h, service)
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path)
	for name, value := range h.environ {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "LANG=C.UTF-8", panicVariable+"=screens")
	token := tokenOf(faultBot, "A").Reveal()
	h.secrets = append(h.secrets, token)
	s := screentest.Start(t, cmd, 100, 30)
	s.See("1 bot")
	s.Paste(token)
	s.See("7001:••••")
	s.Press(uv.KeyEnter)
	err = s.Ended()
	raw := s.Raw()
	if err == nil || !strings.Contains(raw, panicWords) || !strings.Contains(raw, "\x1b[?1049l") {
		t.Errorf("%v; the trace is on the terminal: %v", err, strings.Contains(raw, panicWords))
	}
	h.nothingWritten(order{args: []string{"screens"}}, outcome{out: raw})
	h.environ[panicVariable] = ""
	service.Heal()
	h.settle()
}

// TestChildrenGetNoSecret: the program starts no others on Linux, and if it did, they would not get the secrets
// that it has read from its environment. TestMain starts one at the program's end, which prints what it has
// got. A variable that a command has no use for is not its to read, and stays.
func TestChildrenGetNoSecret(t *testing.T) {
	t.Parallel()
	h, _ := scripted(t)
	hash := order{args: []string{"app", "edit", "main", "--hash"}, environ: map[string]string{"API_HASH": faultHash}}
	unread := on("check")
	unread.environ = map[string]string{"BOT_TOKEN": "unread"}
	for _, row := range []struct {
		order
		unset, left string
	}{
		{addBot(faultBot), "BOT_TOKEN= API_ID= API_HASH=", ""},
		{replace("--no-login"), "BOT_TOKEN=", ""},
		{hash, "API_HASH=", ""},
		{unread, "API_HASH=", "BOT_TOKEN=unread"},
	} {
		o := row.order
		o.environ = maps.Clone(o.environ)
		if o.environ == nil {
			o.environ = map[string]string{}
		}
		o.environ[childVariable] = "1"
		o.shows = true // what the child prints is looked at here
		got := h.run(o)
		if got.code != exitOK || !strings.Contains(got.out, "HOME="+h.dir) || !strings.Contains(got.out, row.left) {
			t.Errorf("%v: exit code %d\n%s%s", o.args, got.code, got.out, got.err)
		}
		for name := range strings.FieldsSeq(row.unset) {
			if strings.Contains(got.out, name) {
				t.Errorf("%v: the child gets %s", o.args, name)
			}
		}
	}
}
