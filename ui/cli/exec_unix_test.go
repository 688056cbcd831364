//go:build !windows

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"botring/internal/testneeds"
	"botring/telegram"
	"botring/telegram/telegramtest"
	"botring/ui/cli/child"
	"botring/ui/internal/screentest"
)

const execHash = "0123456789abcdef0123456789abcdef"

// A tenant is a home with one bot that was never logged in, in an encrypted file.
type tenant struct {
	t     *testing.T
	home  string
	env   []string
	token string
}

func newTenant(t *testing.T) *tenant {
	t.Helper()
	home := t.TempDir()
	h := &tenant{t: t, home: home, token: tokenOf(7001, "A").Reveal(), env: []string{
		"HOME=" + home, "XDG_STATE_HOME=" + home + "/state", "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "LANG=C.UTF-8",
		"BOTRING_HOME=" + home + "/botring", "BOTRING_KEYRING=age", "BOTRING_PASSPHRASE_FILE=" + home + "/passphrase",
	}}
	if err := os.WriteFile(home+"/passphrase", []byte("seven bold ferrets\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	add := h.command("add", "--no-login")
	add.Env = append(add.Env, "BOT_TOKEN="+h.token, "API_ID=10001", "API_HASH="+execHash)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return h
}

func (h *tenant) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(h.t.Context(), program, args...)
	cmd.Env = append([]string{}, h.env...)
	return cmd
}

// screen runs a shell with job control on a terminal, which runs a program as the bot does.
func (h *tenant) screen(t *testing.T, script string) *screentest.Screen {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", "set -m; "+script)
	cmd.Env = h.env
	return screentest.Start(t, cmd, 80, 24)
}

func (h *tenant) eventually(what string, happened func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("waited 20 s for %s", what)
		}
	}
}

// Nothing secret stands among arguments, and nothing of botring's in the environment; no process stays that has
// nothing left to do.
func TestExecLeaksNothing(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("there is no /proc here")
	}
	h := newTenant(t)
	for _, flags := range [][]string{nil, {"--mask"}, {"--stdin"}, {"--file", "--file-in", h.home}} {
		args := append(append([]string{"exec", "7001"}, flags...), "--", "sh", "-c", `echo $$ $PPID; tr '\0' '\n' < /proc/$$/environ; sleep 30; :`)
		cmd := h.command(args...)
		cmd.Env = append(cmd.Env, "BOTRING_TIMEOUT=5s", "API_HASH=of-somebody-else")
		r, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1<<16)
		n := 0
		h.eventually("the environment", func() bool {
			more, _ := r.Read(buf[n:])
			n += more
			return strings.Contains(string(buf[:n]), "\nTERM=") || strings.Contains(string(buf[:n]), "\nXDG_STATE_HOME=")
		})
		said := string(buf[:n])
		var pid, parent int
		_, _ = fmt.Sscan(said, &pid, &parent)
		if replaced := pid == cmd.Process.Pid; replaced != (len(flags) == 0 || flags[0] == "--stdin") {
			t.Errorf("%v: the child is process %d, botring was %d", flags, pid, cmd.Process.Pid)
		}
		for _, p := range []int{pid, cmd.Process.Pid} {
			line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p))
			if err != nil || bytes.Contains(line, []byte(secretMark)) || bytes.Contains(line, []byte(execHash)) {
				t.Errorf("%v: arguments of %d: %q, %v", flags, p, line, err)
			}
		}
		if strings.Contains(said, "BOTRING_") || strings.Contains(said, "of-somebody-else") {
			t.Errorf("%v: the child has\n%s", flags, said)
		}
		if has := strings.Contains(said, "\nBOT_TOKEN="+h.token+"\n"); has != (len(flags) == 0) {
			t.Errorf("%v: the token is in the environment: %v", flags, has)
		}
		_ = syscall.Kill(pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}
}

// A process that is killed can clear nothing away: its child is told to end, and its files go with the next exec.
func TestExecKilled(t *testing.T) {
	t.Parallel()
	h := newTenant(t)
	base := filepath.Join(h.home, "memory")
	if err := os.Mkdir(base, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := h.command("exec", "7001", "--file", "--file-in", base, "--", "sh", "-c", `trap 'echo ended > $HOME/ended; exit' TERM; echo $BOT_TOKEN_FILE; while :; do sleep 0.05; done`)
	r, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 1000)
	n, _ := r.Read(line)
	path := strings.TrimSpace(string(line[:n]))
	if token, err := os.ReadFile(path); err != nil || string(token) != h.token {
		t.Fatalf("%q: %v", path, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if _, err := os.Stat("/proc/self"); err == nil { // Linux tells the child
		h.eventually("the child's end", func() bool { _, err := os.Stat(h.home + "/ended"); return err == nil })
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("a killed process has removed its files: %v", err)
	}
	if out, err := h.command("exec", "7001", "--file", "--file-in", base, "--", "true").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if left, err := os.ReadDir(base); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A signal that ends the child leaves no file.
func TestExecSignalled(t *testing.T) {
	t.Parallel()
	h := newTenant(t)
	base := filepath.Join(h.home, "memory")
	if err := os.Mkdir(base, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		cmd := h.command("exec", "7001", "--file", "--file-in", base, "--", "sh", "-c", `echo ready; while :; do sleep 0.05; done`)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		r, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if n, err := r.Read(make([]byte, 100)); n == 0 {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 128+int(signal) {
			t.Errorf("%v: exit code %d", signal, code)
		}
		if left, err := os.ReadDir(base); err != nil || len(left) > 0 {
			t.Errorf("%v: left behind: %v, %v", signal, left, err)
		}
	}
}

// A session runs in one place: a second program has to wait, also where the first one has taken botring's place.
func TestExecHoldsItsSession(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	h := newTenant(t)
	server.AddBot(telegramtest.Bot{Token: tokenOf(7001, "A"), Profile: telegram.Profile{ID: 7001, Username: "x_bot"}})
	var dcs []string
	for _, dc := range server.Network().DCs {
		dcs = append(dcs, fmt.Sprintf("%d=%s", dc.ID, dc.Addrs[0]))
	}
	keyFile, err := serverKeyFile(h.home)
	if err != nil {
		t.Fatal(err)
	}
	h.env = append(h.env, "BOTRING_DC="+strings.Join(dcs, ","), "BOTRING_SERVER_KEY="+keyFile)
	add := h.command("add", "--no-login", "--label", "Ours")
	add.Env = append(add.Env, "BOT_TOKEN="+h.token, "API_ID=10001", "API_HASH="+execHash)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, flags := range [][]string{nil, {"--mask"}} {
		args := append(append([]string{"exec", "Ours", "--preset", "telethon"}, flags...), "--", "sh", "-c", "echo ready; read line; echo done")
		first := h.command(args...)
		in, err := first.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		r, err := first.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := first.Start(); err != nil {
			t.Fatal(err)
		}
		if n, err := r.Read(make([]byte, 100)); n == 0 {
			t.Fatal(err)
		}
		out, err := h.command("exec", "Ours", "--preset", "pyrogram", "--", "true").CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != child.NotPrepared || !strings.Contains(string(out), "has this session open") {
			t.Errorf("%v beside the first: %v, %s", flags, err, out)
		}
		if out, err := h.command("exec", "Ours", "--", "true").CombinedOutput(); err != nil {
			t.Errorf("%v without a session: %v, %s", flags, err, out)
		}
		_ = in.Close()
		_ = first.Wait()
		if out, err := h.command("exec", "Ours", "--preset", "pyrogram", "--", "true").CombinedOutput(); err != nil {
			t.Errorf("%v after the first: %v, %s", flags, err, out)
		}
	}
	if stats := server.Stats(); stats.Logins != 1 {
		t.Errorf("%d logins, want one for all", stats.Logins)
	}

	// A program that goes on when botring beside it is killed holds its session all the same.
	first := h.command("exec", "Ours", "--preset", "telethon", "--mask", "--", "sh", "-c", `trap "" TERM; echo ready; read line`)
	in, err := first.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(make([]byte, 100)); n == 0 {
		t.Fatal(err)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = first.Process.Wait()
	if out, err := h.command("exec", "Ours", "--preset", "telethon", "--", "true").CombinedOutput(); err == nil || !strings.Contains(string(out), "has this session open") {
		t.Errorf("beside what a killed process has left: %v, %s", err, out)
	}
	_ = in.Close()
	h.eventually("the session", func() bool { return h.command("exec", "Ours", "--preset", "telethon", "--", "true").Run() == nil })
}

// On a terminal a program is a job like any other, also where botring stays beside it.
func TestExecByHand(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Fatal(err)
	}
	h := newTenant(t)
	for _, flags := range []string{"", "--mask", "--file --file-in $HOME"} {
		t.Run(strings.Fields(flags + " plain")[0], func(t *testing.T) {
			t.Parallel()
			run := program + " exec 7001 " + flags + " -- "
			t.Run("interrupt", func(t *testing.T) {
				s := h.screen(t, run+`sh -c 'trap "echo interrupted; exit 9" INT; test -t 0 && test -t 1 && echo on a terminal; while :; do sleep 0.05; done'; echo "left with $?"`)
				s.See("on a terminal")
				s.Ctrl('c')
				s.See("interrupted")
				s.See("left with 9")
				if err := s.Ended(); err != nil {
					t.Error(err)
				}
			})
			t.Run("stop", func(t *testing.T) {
				s := h.screen(t, run+`sh -c 'echo ready; read line; echo read $line, $BOT_TOKEN; exit 3'; echo "left with $?"; fg >/dev/null; echo "then with $?"`)
				s.See("ready")
				s.Ctrl('z')
				s.See("left with 14") // 128 + SIGTSTP or SIGSTOP
				s.Type("a word\r")
				s.See("read a word,")
				s.See("then with 3")
				if err := s.Ended(); err != nil {
					t.Error(err)
				}
				if flags == "--mask" && strings.Contains(s.Raw(), secretMark) {
					t.Error("the token is on the screen")
				}
			})
			t.Run("background", func(t *testing.T) {
				s := h.screen(t, run+`sh -c 'sleep 0.3; read line; echo read $line; exit 4' & sleep 0.1; fg >/dev/null; echo "left with $?"`)
				time.Sleep(500 * time.Millisecond)
				s.Type("a word\r")
				s.See("read a word")
				s.See("left with 4")
				if err := s.Ended(); err != nil {
					t.Error(err)
				}
			})
			t.Run("size", func(t *testing.T) {
				s := h.screen(t, run+`bash -c 'trap "size=\$(stty size <&2); echo \$size; test \"\$size\" != \"30 100\" || exit 6" WINCH; echo at $(stty size <&2); for i in {1..400}; do sleep 0.05; done'; echo "left with $?"`)
				s.See("at 24 80")
				s.Resize(100, 30)
				s.See("30 100")
				s.See("left with 6")
				if err := s.Ended(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Under --mask a program has all of a terminal: its keys come from standard input, from /dev/tty and from what is behind
// its output alike, and what it writes there is masked.
func TestExecMaskedOnATerminal(t *testing.T) {
	t.Parallel()
	h := newTenant(t)
	run := program + " exec 7001 --mask -- "
	for name, c := range map[string]struct{ script, typed, want string }{
		"standard input":  {`echo ready; read a; echo "read $a"`, "abc\r", "read abc"},
		"/dev/tty":        {`echo ready; read a < /dev/tty; echo "read $a, $BOT_TOKEN" > /dev/tty`, "abc\r", "read abc, •••"},
		"standard error":  {`echo ready; read a <&2; echo "read $a" >&2`, "abc\r", "read abc"},
		"a key, raw":      {`stty -icanon -echo; echo ready; k=$(dd bs=1 count=1 2>/dev/null); stty sane; echo "key $k"`, "q", "key q"},
		"interrupt":       {`trap "echo interrupted; exit 0" INT; echo ready; while :; do sleep 0.05; done`, "\x03", "interrupted"},
		"its own session": {`echo ready; read a; ps -o tpgid= -p $$ | grep -qw $$ && echo in the foreground`, "\r", "in the foreground"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := h.screen(t, run+"sh -c '"+c.script+"'; echo left with $?; stty -a | grep -q -- -icanon && echo raw || echo as it was")
			s.See("ready")
			s.Type(c.typed)
			s.See(c.want)
			s.See("left with 0")
			s.See("as it was")
			if err := s.Ended(); err != nil {
				t.Error(err)
			}
			if strings.Contains(s.Raw(), secretMark) {
				t.Error("the token is on the screen")
			}
		})
	}
}

// less takes its keys from the terminal behind standard error, and follows the size.
func TestExecMaskedLess(t *testing.T) {
	t.Parallel()
	testneeds.Program(t, "less")
	h := newTenant(t)
	for name, command := range map[string]string{
		"by hand":     program + ` exec 7001 --mask -- sh -c 'seq 1 500 | sed "s/^/line-/" | less'`,
		"of a script": `sh -c '` + program + ` exec 7001 --mask -- sh -c "seq 1 500 | sed s/^/line-/ | less"; exit $?'`,
		"in a pipe":   `seq 1 500 | sed s/^/line-/ | ` + program + ` exec 7001 --mask -- less`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := h.screen(t, command+`; echo "left with $?"`)
			s.See("line-23")
			s.Type("G")
			s.See("line-500")
			s.Type("g")
			s.See("line-23")
			s.Settled() // less waits for a key: it forgets sizes that it hears of while it draws
			s.Resize(80, 30)
			s.See("line-29")
			s.Type("q")
			s.See("left with 0")
			if err := s.Ended(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A program that reads key by key is stopped and goes on like any job, together with those it shares the terminal with.
func TestExecMaskedStops(t *testing.T) {
	t.Parallel()
	h := newTenant(t)
	const reads = `stty -icanon -echo </dev/tty; echo ready; while :; do k=$(dd bs=1 count=1 2>/dev/null </dev/tty); echo "key-$k"; test "$k" != q || exit 3; done`
	keys := h.home + "/keys"
	if err := os.WriteFile(keys, []byte("#!/bin/sh\n"+reads+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	run := program + " exec 7001 --mask -- " + keys
	for name, command := range map[string]string{"by hand": run, "of a script": `sh -c '` + run + `; exit $?'`, "in a pipe": "true | " + run} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := h.screen(t, command+`; echo "left with $?"; read wait; echo going on; fg >/dev/null; echo "then with $?"`)
			s.See("ready")
			s.Type("a")
			s.See("key-a")
			s.Ctrl('z')
			s.See("left with 1") // 128 + SIGTSTP or SIGSTOP; of a pipe 128, as without botring
			s.Type("\r")
			s.See("going on")
			s.Type("b")
			s.See("key-b")
			s.Type("q")
			s.See("then with 3")
			if err := s.Ended(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A terminal that goes away ends what runs on it, in its foreground and in the background.
func TestExecMaskedHangup(t *testing.T) {
	t.Parallel()
	h := newTenant(t)
	for name, then := range map[string]string{"foreground": "fg >/dev/null", "background": "sleep 60"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pids := h.home + "/" + name
			s := h.screen(t, program+` exec 7001 --mask -- sh -c 'echo $$ $PPID > `+pids+`; echo ready; sleep 60; :' & `+then)
			s.See("ready")
			var child, attendant int
			if text, err := os.ReadFile(pids); err != nil {
				t.Fatal(err)
			} else if _, err := fmt.Sscan(string(text), &child, &attendant); err != nil {
				t.Fatal(err)
			}
			s.Leave()
			for _, pid := range []int{child, attendant} {
				h.eventually("its end", func() bool { return syscall.Kill(pid, 0) != nil })
			}
		})
	}
}

// What was written last is seen, however much it is.
func TestExecMaskedToTheEnd(t *testing.T) {
	t.Parallel()
	h := newTenant(t)
	for range 5 {
		s := h.screen(t, program+` exec 7001 --mask -- sh -c 'seq 1 6000; printf "the %s end" "$BOT_TOKEN"'; echo " left with $?"`)
		s.See("the ••• end left with 0")
		if err := s.Ended(); err != nil {
			t.Error(err)
		}
	}
}

// In a pipeline or a script the terminal stays with all who share it.
func TestExecInAPipeline(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Fatal(err)
	}
	h := newTenant(t)
	s := h.screen(t, program+` exec 7001 --mask -- sh -c 'echo $BOT_TOKEN; while :; do sleep 0.05; done' | (read line; echo "$line"; read answer </dev/tty; echo "you said $answer"; cat)`)
	s.See("•••")
	s.Type("this\r")
	s.See("you said this")
	s.Ctrl('c') // ends all of it, and the shell that waits
	var exit *exec.ExitError
	if err := s.Ended(); !errors.As(err, &exit) || exit.ExitCode() != exitCancelled {
		t.Errorf("%v", err)
	}
}

// Who was asked for the passphrase goes on typing to the program.
func TestExecAfterAQuestion(t *testing.T) {
	t.Parallel()
	h := newTenant(t)
	var env []string
	for _, entry := range h.env {
		if !strings.HasPrefix(entry, "BOTRING_PASSPHRASE_FILE=") {
			env = append(env, entry)
		}
	}
	for _, flags := range [][]string{nil, {"--mask"}} {
		cmd := h.command(append(append([]string{"exec", "7001"}, flags...), "--", "sh", "-c", `echo ready; read line; echo "read $line"`)...)
		cmd.Env = env
		s := screentest.Start(t, cmd, 80, 24)
		s.See("assphrase")
		s.Type("seven bold ferrets\r")
		s.See("ready")
		s.Type("abc\r")
		s.See("read abc")
		if err := s.Ended(); err != nil {
			t.Errorf("%v: %v", flags, err)
		}
	}
}
