package telegram_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gotd/td/crypto"

	"botring/internal/secret"
	"botring/telegram/sessionstring"
	"botring/telegram/telegramtest"
)

// TestSessionsOfRealClients has the libraries themselves read what is written for them, and GramJS ask a Telegram on
// loopback who it is. scripts/clients.sh installs them; without BOTRING_CLIENTS there is nobody to ask.
func TestSessionsOfRealClients(t *testing.T) {
	folder := os.Getenv("BOTRING_CLIENTS")
	if folder == "" {
		t.Skip("BOTRING_CLIENTS names no folder: scripts/clients.sh makes one")
	}
	s := serve(t, telegramtest.Options{}, theBot())
	made := sessionOf(t, s)
	session := sessionstring.Session{
		DC: made.DC, Host: "127.0.0.1", Port: lowPort(t, made.Addr), Key: made.Key, APIID: theApp().ID, UserID: made.UserID, Salt: made.Salt,
	}
	key := hex.EncodeToString([]byte(made.Key.Reveal()))
	write := func(kind sessionstring.Kind) secret.Secret {
		t.Helper()
		text, err := sessionstring.Format(session, kind)
		if err != nil {
			t.Fatalf("%v: %v", kind, err)
		}
		return text
	}
	type answer struct {
		DC       int    `json:"dc"`
		Key      string `json:"key"`
		Username string `json:"username"`
	}
	right := func(reader string, kind sessionstring.Kind, got answer) {
		t.Helper()
		if got.DC != made.DC || got.Key != key {
			t.Errorf("%s reads another session in %v: DC %d, the same key: %t", reader, kind, got.DC, got.Key == key)
			return
		}
		t.Logf("| %v | %s | the same key, DC %d |", kind, reader, got.DC)
	}
	for _, reader := range []struct {
		name  string
		args  []string
		kinds []sessionstring.Kind
	}{
		{"Telethon 1.25.1", []string{"python3", "-B", "../scripts/clients/read_telethon.py"}, []sessionstring.Kind{sessionstring.Telethon}},
		{"mtcute 0.29.7", []string{"node", "../scripts/clients/mtcute.mjs", folder}, []sessionstring.Kind{
			sessionstring.Telethon, sessionstring.Pyrogram, sessionstring.GramJS, sessionstring.MTKruto, sessionstring.Mtcute,
		}},
	} {
		type one struct {
			Kind string `json:"kind"`
			Text string `json:"text"`
		}
		var asked []one
		for _, kind := range reader.kinds {
			asked = append(asked, one{kind.String(), write(kind).Reveal()})
		}
		var got []answer
		ask(t, folder, reader.args, asked, &got)
		if len(got) != len(asked) {
			t.Fatalf("%s answered %d of %d", reader.name, len(got), len(asked))
		}
		for i, kind := range reader.kinds {
			right(reader.name, kind, got[i])
		}
	}

	public := s.Network().Keys[0]
	var got answer
	ask(t, folder, []string{"node", "../scripts/clients/gramjs.cjs", folder}, map[string]any{
		"text": write(sessionstring.GramJS).Reveal(), "apiID": theApp().ID,
		"fingerprint": fmt.Sprint(crypto.RSAFingerprint(public)), "modulus": public.N.Text(16), "exponent": public.E,
	}, &got)
	right("GramJS 2.26.22", sessionstring.GramJS, got)
	if want := theBot().Profile.Username; got.Username != want {
		t.Errorf("GramJS is %q, want %q", got.Username, want)
	}
	if stats := s.Stats(); stats.Exchanges != 0 || stats.Methods["users.getUsers"] == 0 {
		t.Errorf("GramJS made %d keys and asked %v", stats.Exchanges, stats.Methods)
	}
	t.Logf("| %v | GramJS 2.26.22 | users.getUsers: @%s, without a login |", sessionstring.GramJS, got.Username)
}

// ask runs a reader on what it is asked, and reads what it answers.
func ask(t *testing.T, folder string, args []string, asked, answered any) {
	t.Helper()
	in, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Stdin = bytes.NewReader(in)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(folder, "python", "usr", "lib", "python3", "dist-packages"))
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", args[1], err, said.String())
	}
	if err := json.Unmarshal(out, answered); err != nil {
		t.Fatal(err)
	}
}

// lowPort forwards a port that fits the sign of GramJS's to an address. Systems give higher ones by themselves.
func lowPort(t *testing.T, to string) (port int) {
	t.Helper()
	var listener net.Listener
	for port = 20_000; listener == nil; port++ {
		if port == 1<<15 {
			t.Fatal("no port below 32,768 is free")
		}
		listener, _ = net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
				go func() {
					_, _ = io.Copy(pair[0], pair[1])
					_ = pair[0].Close()
				}()
			}
		}
	}()
	return port - 1
}
