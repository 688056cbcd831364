package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"botring/fleet"
	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// sessionKey is the key of the sessions of these tests. It holds secretMark as it is.
func sessionKey() string { return strings.Repeat(secretMark+"\x00\xff", 64)[:256] }

// sessionTexts are a session as every library writes it.
func sessionTexts(t *testing.T) []string {
	t.Helper()
	session := sessionstring.Session{DC: 2, Host: "149.154.167.50", Port: 443, Key: secret.New(sessionKey()), APIID: 10001, UserID: 7001}
	var texts []string
	for _, kind := range fleet.SessionKinds() {
		text, err := sessionstring.Format(session, kind)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text.Reveal())
	}
	return texts
}

// runSession runs a command on a session string and returns all that it says.
func runSession(t *testing.T, stdin string, args ...string) (said string, code int) {
	t.Helper()
	var all bytes.Buffer
	s := &shell{Process: Process{Args: args, In: strings.NewReader(stdin), Out: &all, Err: &all, Environ: mapEnviron{}}}
	code = s.finish(t.Context(), s.run(t.Context()))
	return all.String(), code
}

// Whatever is said of a session string, whole or broken anywhere, no part of it is in it, and none of its key.
func TestSessionInspectKeepsTheKey(t *testing.T) {
	key := sessionKey()
	for _, text := range sessionTexts(t) {
		for _, given := range []string{text, text[:len(text)/2], text[len(text)/2:], text[1:], text + "x", "\"" + text + "\""} {
			for _, args := range [][]string{{"session", "inspect"}, {"session", "inspect", "--json"}, {"session", "inspect", given}, {"session", "inspect", "--to=" + given}} {
				said, code := runSession(t, given, args...)
				if (code == exitOK) != (given == text && len(args[len(args)-1]) < 10) {
					t.Errorf("exit code %d of %d bytes: %s", code, len(given), said)
				}
				for _, encoded := range []string{
					key, hex.EncodeToString([]byte(key)), base64.StdEncoding.EncodeToString([]byte(key)), base64.RawURLEncoding.EncodeToString([]byte(key)),
					strings.Replace(text, "149.154.167.50", "", 1), // which is shown
				} {
					for i := 0; i+12 <= len(encoded); i++ {
						if strings.Contains(said, encoded[i:i+12]) {
							t.Fatalf("%q is in %q", encoded[i:i+12], said)
						}
					}
				}
			}
		}
	}
}

// A session string goes to nobody but whom a token may go to.
func TestSessionConvertIntoAFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes of files here")
	}
	text := sessionTexts(t)[0]
	for _, c := range []struct {
		mode os.FileMode
		args []string
		want int
	}{
		{0o600, nil, exitOK}, {0o644, nil, exitUsage}, {0o644, []string{"--reveal"}, exitOK}, {0o644, []string{"--json"}, exitUsage},
	} {
		file, err := os.OpenFile(filepath.Join(t.TempDir(), "session"), os.O_CREATE|os.O_RDWR, c.mode)
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Chmod(c.mode); err != nil {
			t.Fatal(err)
		}
		cmd := process(t, append([]string{"session", "convert", "--to", "gramjs"}, c.args...)...)
		cmd.Stdin, cmd.Stdout = strings.NewReader(text), file
		_ = cmd.Run()
		written, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != c.want || strings.HasPrefix(string(written), "1AgAO") != (c.want == exitOK) {
			t.Errorf("mode %v, %v: exit code %d, %q", c.mode, c.args, code, written)
		}
		_ = file.Close()
	}
}

// Nothing is left behind: no catalogue, no log.
func TestSessionsLeaveNothingBehind(t *testing.T) {
	cmd := process(t, "session", "convert", "--to", "gotd")
	home := strings.TrimPrefix(cmd.Env[0], "HOME=")
	cmd.Stdin = strings.NewReader(sessionTexts(t)[0])
	if out, err := cmd.Output(); err != nil || !bytes.HasPrefix(out, []byte(`{"Version":1`)) {
		t.Errorf("%v: %s", err, out)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("%v is left: %v", left, err)
	}
}
