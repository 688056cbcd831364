package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func TestTableAlignsByWidth(t *testing.T) {
	tab := newTable("BOT", "NAME", "STATE", "TAGS")
	tab.add("1", "天気 Weather", "ok", "")
	tab.add("22", "🎧 Night radio", "wait 31 min", "")
	tab.add("333", "בוט", "token revoked", "")
	tab.dropEmpty("TAGS")
	var b bytes.Buffer
	tab.write(&b)
	want := "" +
		"BOT  NAME            STATE\n" +
		"1    天気 Weather    ok\n" +
		"22   🎧 Night radio  wait 31 min\n" +
		"333  בוט             token revoked\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	for line := range strings.Lines(b.String()) {
		i := strings.IndexAny(line, "oSwt")
		if i > 0 && ansi.StringWidth(line[:i]) < 5 {
			t.Errorf("column out of line: %q", line)
		}
	}
}

// everyCommand walks the tree of commands.
func everyCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			everyCommand(sub, do)
		}
	}
}

func TestHelp(t *testing.T) {
	root := newRoot(&shell{Process: Process{Environ: mapEnviron{}}})
	everyCommand(root, func(cmd *cobra.Command) {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			var out, errs bytes.Buffer
			s := &shell{Process: Process{
				Args: append(strings.Fields(cmd.CommandPath())[1:], "--help"), In: strings.NewReader(""), Out: &out, Err: &errs, Environ: mapEnviron{},
			}}
			if code := s.finish(t.Context(), s.run(t.Context())); code != 0 || errs.Len() > 0 {
				t.Errorf("exit code %d, %s", code, errs.String())
			}
			text := out.String()
			if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") || cmd.Long == "" && cmd.HasParent() && !cmd.HasSubCommands() {
				t.Error("no short or long words")
			}
			if examples := strings.Split(cmd.Example, "\n"); len(examples) != 2 || examples[0] == examples[1] {
				t.Errorf("%d examples, want 2", len(examples))
			} else {
				for _, example := range examples {
					if !strings.HasPrefix(example, "  ") || !strings.Contains(example, cmd.CommandPath()) {
						t.Errorf("example %q", example)
					}
				}
			}
			cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
				if !strings.Contains(text, "--"+f.Name) || f.Usage == "" {
					t.Errorf("no word of --%s", f.Name)
				}
			})
			for line := range strings.Lines(text) {
				if ansi.StringWidth(strings.TrimSuffix(line, "\n")) > helpWidth || strings.TrimRight(line, " \n")+"\n" != line || strings.ContainsAny(line, "\x1b\t") {
					t.Errorf("line %q", line)
				}
			}
		})
	})
}

func TestMayReceive(t *testing.T) {
	if err := mayReceive(&bytes.Buffer{}, "token"); err != nil {
		t.Errorf("a pipe: %v", err)
	}
	if runtime.GOOS == "windows" {
		t.Skip("no modes of files here")
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "token"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o644: false} {
		if err := file.Chmod(mode); err != nil {
			t.Fatal(err)
		}
		if err := mayReceive(file, "token"); (err == nil) != ok {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	if err := mayReceive(null, "token"); err != nil {
		t.Errorf("the null device: %v", err)
	}
}

func TestRefuseSecrets(t *testing.T) {
	for _, c := range []struct {
		arg  string
		want bool
	}{
		{"7123456789:AAHfakefakefakefakefakefakefakefake", true},
		{"--label=7123456789:AAHfakefakefakefakefakefakefakefake", true},
		{"https://api.telegram.org/bot7123456789:AAHfakefakefakefakefakefakefakefake/getMe", true},
		{"0123456789abcdef0123456789abcdef", true},
		{"--hash=0123456789abcdef0123456789abcdef", true},
		{"12:30", false},
		{"2=127.0.0.1:4430", false},
		{"2=[::1]:4430", false},
		{"10:20:30", false},
		{"@shop_orders_bot", false},
		{"test/7123456789", false},
		{"", false},
	} {
		err := refuseSecrets([]string{"add", c.arg})
		if (err != nil) != c.want {
			t.Errorf("%s: %v", c.arg, err)
		}
		if err != nil && strings.Contains(err.Error()+words(err).Next, "fake") {
			t.Errorf("%s is repeated", c.arg)
		}
	}
}

func TestFlagsAndEnviron(t *testing.T) {
	environ := mapEnviron{
		"BOTRING_KEYRING": "memory", "BOTRING_ENVIRONMENT": "mine", "BOTRING_DC": "1=a:1, 2=b:2,",
		"BOTRING_SERVER_KEY": "a.pem" + string(filepath.ListSeparator) + "b.pem", "BOTRING_HOME": "/x", "BOTRING_RING": "r", "BOTRING_TIMEOUT": "45", "OTHER": "stays",
	}
	var f flags
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.register(set)
	if err := set.Parse([]string{"--home", "/y", "--timeout", "2m"}); err != nil {
		t.Fatal(err)
	}
	f.readEnviron(environ, set)
	opts, err := f.options()
	if err != nil {
		t.Fatal(err)
	}
	if opts.Keyring != "memory" || !opts.Ephemeral || opts.Environment != "mine" || len(opts.DCs) != 2 || opts.DCs[1] != "2=b:2" ||
		len(opts.ServerKeys) != 2 || opts.Home != "/y" || opts.Ring != "r" || opts.Timeout.String() != "2m0s" {
		t.Errorf("%+v", opts)
	}
	if len(environ) != 1 {
		t.Errorf("left in the environment: %v", environ)
	}

	f = flags{}
	f.readEnviron(mapEnviron{"BOTRING_TIMEOUT": "soon"}, set)
	if _, err := f.options(); err != nil {
		t.Errorf("a flag wins over a variable that cannot be read: %v", err)
	}
	f = flags{}
	set = pflag.NewFlagSet("", pflag.ContinueOnError)
	f.register(set)
	f.readEnviron(mapEnviron{"BOTRING_TIMEOUT": "soon"}, set)
	if _, err := f.options(); exitCode(t.Context(), err) != exitUsage {
		t.Errorf("a variable that cannot be read: %v", err)
	}
}
