package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"botring/fleet"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// startServer starts a Telegram named "custom".
func startServer(t *testing.T) *telegramtest.Server {
	t.Helper()
	server, err := telegramtest.Start(telegramtest.Options{Environment: "custom", Key: serverKey()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// process makes the program with a home of its own and no keyring.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	return cmd
}

// An interrupt ends a login that hangs, saves nothing, and is told by the exit code.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals here")
	}
	server := startServer(t)
	server.Script(telegramtest.AtExchange, telegramtest.Script{Stall: true})
	var dcs []string
	for _, dc := range server.Network().DCs {
		dcs = append(dcs, fmt.Sprintf("%d=%s", dc.ID, dc.Addrs[0]))
	}
	keyFile, err := serverKeyFile(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cmd := process(t, "add", "--keyring", "memory", "--json")
	cmd.Env = append(cmd.Env, "BOT_TOKEN="+tokenOf(7001, "A").Reveal(), "API_ID=10001", "API_HASH=0123456789abcdef0123456789abcdef",
		"BOTRING_DC="+strings.Join(dcs, ","), "BOTRING_SERVER_KEY="+keyFile)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); server.Stats().Connections == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the program never connected")
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitCancelled {
		t.Errorf("%v, %s", err, errs.String())
	}
	if !strings.Contains(out.String(), `"kind":"cancelled"`) || errs.Len() > 0 {
		t.Errorf("out %q, err %q", out.String(), errs.String())
	}
}

// A reader that leaves early is no reason for a stack trace.
func TestClosedPipe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("pipes end otherwise here")
	}
	for _, args := range [][]string{{"--help"}, {"list"}, {"list", "--json"}, {"version"}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
		cmd := process(t, args...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &errs
		_ = cmd.Run()
		_ = w.Close()
		if errs.Len() > 0 {
			t.Errorf("%v: %s", args, errs.String())
		}
	}
}

// Lists come from the catalogue alone: a bus that would hang is not even connected to.
func TestListLeavesTheKeyringAlone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the keyring is asked over D-Bus on Linux only")
	}
	dir := t.TempDir()
	bus, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	asked := make(chan struct{}, 10)
	go func() {
		for {
			if _, err := bus.Accept(); err != nil {
				return
			}
			asked <- struct{}{}
		}
	}()
	for _, args := range [][]string{{"list"}, {"app", "list"}, {"list", "--json"}, {"version"}, {"--help"}, {"__complete", "show", ""}, {"config", "show"}} {
		cmd := process(t, args...)
		cmd.Env = append(cmd.Env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+filepath.Join(dir, "bus"), "XDG_RUNTIME_DIR="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v: %s", args, err, out)
		}
	}
	select {
	case <-asked:
		t.Error("the keyring was asked")
	default:
	}
}

// Without a keyring a command says what is missing, and stores nothing in a weaker place.
func TestNoKeyring(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is always a keyring here")
	}
	cmd := process(t, "add")
	cmd.Env = append(cmd.Env, "BOT_TOKEN="+tokenOf(7001, "A").Reveal(), "API_ID=10001", "API_HASH=0123456789abcdef0123456789abcdef",
		"DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent/bus")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailure {
		t.Errorf("%v", err)
	}
	if text := string(out); !strings.HasPrefix(text, "botring: There is no keyring here.\n") || !strings.Contains(text, "never stores secrets in plain text") {
		t.Errorf("%s", text)
	}
}

// deaf is a keyring store that takes nothing.
type deaf struct{ *keyring.Memory }

var errDeaf = fmt.Errorf("write: %w", keyring.ErrGone)

func (d deaf) Put(ctx context.Context, item keyring.Item) error {
	if strings.HasPrefix(item.Name, "bot/") {
		return errDeaf
	}
	return d.Memory.Put(ctx, item)
}

// A login that cannot be saved is given up, and both are told.
func TestUnsavedLoginIsGivenUp(t *testing.T) {
	server := startServer(t)
	server.AddBot(telegramtest.Bot{Token: tokenOf(7001, "A"), Profile: telegram.Profile{ID: 7001, Username: "x_bot"}})
	f, err := fleet.Open(t.Context(), fleet.Options{
		Networks: []telegram.Network{server.Network()}, Environment: "custom", Ephemeral: true, Home: t.TempDir(),
		OpenRing: func(context.Context) (*keyring.Ring, error) {
			return keyring.Wrap(deaf{keyring.NewMemory()}, keyring.Options{Kind: keyring.KindMemory}), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out, errs bytes.Buffer
	s := &shell{fleet: f, Process: Process{
		Args: []string{"add"}, In: strings.NewReader(""), Out: &out, Err: &errs, Environ: mapEnviron{
			"BOT_TOKEN": tokenOf(7001, "A").Reveal(), "API_ID": "10001", "API_HASH": "0123456789abcdef0123456789abcdef",
		},
	}}
	if code := s.finish(t.Context(), s.run(t.Context())); code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	text := errs.String()
	if !strings.Contains(text, "is logged in, and the login could not be saved.") || !strings.Contains(text, "The login was given up: that login was ended again.") {
		t.Errorf("%s", text)
	}
	if stats := server.Stats(); stats.Sessions != 0 || stats.Logins != 1 {
		t.Errorf("%d sessions left after %d logins", stats.Sessions, stats.Logins)
	}
}

// TestNoSecretInOutput runs every command in a house full of secrets and reads all that was said.
func TestNoSecretInOutput(t *testing.T) {
	server := startServer(t)
	const hash = "5ec7e75ec7e75ec7e75ec7e75ec7e75e"
	token := tokenOf(7001, "A").Reveal()
	server.AddBot(telegramtest.Bot{Token: secret.New(token), Profile: telegram.Profile{ID: 7001, Username: "x_bot", FirstName: "X\x1b[2J\u202e"}})
	server.AddBot(telegramtest.Bot{Token: tokenOf(7002, "A"), Login: telegramtest.Script{Error: "FLOOD_WAIT_1873"}})
	home := t.TempDir()
	api, at, err := server.ListenBotAPI()
	if err != nil {
		t.Fatal(err)
	}
	logged := loggedShell(t, server, keyring.NewMemory(), home, func(o *fleet.Options) { o.BotAPI = "custom=" + at })
	f := logged.fleet
	ran := map[string]bool{}
	run := func(stdin string, args ...string) {
		for _, extra := range [][]string{nil, {"--json"}} {
			var all bytes.Buffer
			s := &shell{fleet: f, log: logged.log, Process: Process{
				Args: append(args, extra...), In: strings.NewReader(stdin), Out: &all, Err: &all, Version: "v1.2.3",
				Environ: mapEnviron{"API_ID": "10001", "API_HASH": hash},
				Screens: nil,
			}}
			s.finish(t.Context(), s.run(t.Context()))
			text := all.String()
			if err := validate(s.Args, text); err != nil {
				t.Errorf("botring %v prints\n%s%v", s.Args, text, err)
			}
			for _, leak := range []string{secretMark, hash, "\x1b", "\u202e", "goroutine"} {
				if strings.Contains(text, leak) {
					t.Errorf("botring %v says %q:\n%s", args, leak, text)
				}
			}
			ran[s.verb] = true
		}
	}
	run(token, "add", "--label", "Theirs", "--tag", "a\x1b[1m")
	run(token, "add", "--label", "Mine")
	run(tokenOf(7002, "A").Reveal(), "add")
	run(tokenOf(7003, "A").Reveal(), "add")
	run("nothing:"+secretMark, "add")
	run(token+" "+tokenOf(7002, "A").Reveal(), "add")
	run("", "add", token)
	run("", token)
	run("", "show", token)
	run("", "--nonsense="+token)
	run(token+"\n"+token+"\nnothing:"+secretMark+"\n"+tokenOf(7001, "Z").Reveal(), "import", "-", "--dry-run")
	run("a\x1b[1m,"+token+","+hash+"\n", "import", "-", "--yes", "--replace")
	run("API_HASH="+secretMark+"\nAPI_ID=7\nTG_TOKEN="+tokenOf(7002, "A").Reveal(), "import", "-", "--yes", "--no-login")
	run("", "list")
	run("", "list", "--quiet")
	run("", "show", "Mine")
	run("", "check", "--all")
	run("", "doctor", "--network")
	run("", "token", "check", "--all")
	run(tokenOf(7003, "A").Reveal(), "token", "check", "-")
	api.Script(telegramtest.HTTPScript{Status: 302, Header: map[string]string{"Location": "/bot{token}/getMe"}, Body: "{token}"})
	run("", "token", "check", "Mine")
	api.Script(telegramtest.HTTPScript{Drop: true, Body: "POST /bot{token}/getMe"})
	run(token, "token", "check", "-")
	api.Script(telegramtest.HTTPScript{Status: 418, Body: `{"ok":false,"error_code":418,"description":"{token}"}`})
	run("", "token", "check", "Mine")
	run("", "login", "Mine")
	run("", "login", "--all")
	run("", "label", "Mine", token)
	run("", "label", "Mine", "My own")
	run("", "tag", "My own", "--add", token)
	run("", "tag", "My own", "--add", "prod")
	run(tokenOf(7002, "A").Reveal(), "replace-token", "My own")
	run(tokenOf(7001, "Z").Reveal(), "replace-token", "My own")
	run("", "rotate", "My own", "--dry-run")
	run("", "rotate", "My own")
	run("", "rotate", "My own", "--yes")
	run(tokenOf(7002, "A").Reveal(), "rotate", "My own", "--by-hand")
	run(tokenOf(7001, "Z").Reveal(), "rotate", "My own", "--by-hand")
	run(tokenOf(7001, "Y").Reveal(), "rotate", "My own", "--by-hand")
	run("", "rotate", "--all", "--yes")
	run("", "rotate", "--resume")
	run("", "config", "set", "theme", token, "--home", home)
	run("", "config", "set", "theme", "dark", "--home", home)
	run("", "config", "unset", "theme", "--home", home)
	run("", "exec", "My own", "--", "no-such-program-anywhere")
	run("", "exec", "My own", "--mask", "--", "sh", "-c", "set")
	run("", "app", "add", "other")
	run("", "app", "edit", "main", "--hash")
	run("", "app", "list")
	run("", "app", "remove", "main", "--yes")
	run("", "logout", "My own")
	run("", "login", "My own", "--session", "ci")
	run("", "session", "list", "My own")
	file := filepath.Join(t.TempDir(), "export")
	run("", "export", "My own", "--format", "telethon", "--for", "vps-1", "--output", file, "--force")
	run("", "export", "My own", "--format", "env", "--output", file, "--force")
	run("", "export", "My own", "--format", "env", "--output", file)
	run("", "export", "My own", "--format", "gotd", "--session", "ci")
	run("", "export", "My own", "--format", "env", "--for", "a\x1b[1m", "--reveal")
	run("", "places", "My own")
	run("", "places", "My own", "--done", token)
	old := t.TempDir() + string(filepath.Separator) + "old\x1b[2J.yaml"
	content := "# " + token + "\n\"a\\u001b[2J\": " + token + "\nother: \"" + secretMark + "\"\n"
	if err := os.WriteFile(old, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	run("", "export", "My own", "--update", old, "--dry-run")
	run("", "export", "My own", "--update", old)
	run("", "export", "My own", "--update", filepath.Join(t.TempDir(), token))
	run("", "export", token)
	run("", "logout", "My own", "--session", "ci")
	run("1"+secretMark, "session", "inspect")
	run(strings.Repeat(secretMark, 50), "session", "convert", "--to", "telethon")
	run(sessionTexts(t)[0], "session", "inspect")
	run(sessionTexts(t)[0], "session", "convert", "--to", "x\x1b[1m")
	run("", "demo")
	run("", "version")
	elsewhere := t.TempDir() // for a configuration
	run("socks5://me:"+secretMark+"@127.0.0.1:1", "proxy", "add", "office", "--home", elsewhere)
	run(secretMark, "proxy", "add", "home", "http://127.0.0.1:1", "--user", "me\x1b[2J", "--home", elsewhere)
	run(secretMark, "proxy", "add", "home", "http://127.0.0.1:1", "--user", "me", "--home", elsewhere)
	run("socks5://me:"+secretMark+"@127.0.0.1", "proxy", "add", "bad", "--home", elsewhere)
	run("", "proxy", "add", "bad", "socks5://me:"+secretMark+"@127.0.0.1:1", "--home", elsewhere)
	run("", "list", "--proxy", "socks5://me:"+secretMark+"@127.0.0.1:1")
	run("", "proxy", "list", "--home", elsewhere)
	run("", "proxy", "use", "home", "--home", elsewhere)
	run("", "proxy", "test", "office", "--home", elsewhere)
	run("", "proxy", "remove", "office", "--yes", "--home", elsewhere)
	leaks := t.TempDir()
	if err := os.WriteFile(leaks+"/a\x1b[2J.env", []byte(tokenOf(7001, "Z").Reveal()+"\n"+tokenOf(7009, "Z").Reveal()+"\nAPI_HASH="+hash+"\n"+sessionTexts(t)[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	run("", "scan", leaks)
	run("", "scan", leaks, "--sarif")
	run("", "scan", leaks, "--check")
	run("", "scan", leaks, "--staged")
	run("", "scan", leaks, "--install-hook")
	run("", "scan", leaks+token)
	run("", "remove", "My own", "--yes")
	run("", "history")
	run("", "history", "verify")
	run("", "keyring", "status")
	run("", "keyring", "verify")
	run("", "doctor")
	run("", "config", "show")
	run("", "config", "path")
	run("", "config", "check")
	run("", "completion", "bash")
	run("", "completion", "tcsh")
	run("", "man", "token", "show")
	text := readLog(t, home)
	for _, leak := range []string{secretMark, hash, "\x1b", "\u202e", `\x1b`, `\u202e`, "goroutine"} {
		if strings.Contains(text, leak) {
			t.Errorf("%q is in the log:\n%s", leak, text)
		}
	}
	for _, want := range []string{"msg=add", "msg=check", `msg="log in"`, `msg="replace token"`, `msg="log out"`, "msg=remove", "outcome=flood_wait"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in the log:\n%s", want, text)
		}
	}
	root := newRoot(&shell{})
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() && !cmd.HasSubCommands() && !ran[cmd.Name()] {
			t.Errorf("botring %s was not run", cmd.Name())
		}
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	s := &shell{Process: Process{In: r}}
	cancel()
	if _, err := s.readAll(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
