package fault

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"botring/keyring"
	"botring/telegram"
)

func TestLogAttrs(t *testing.T) {
	refused := &telegram.Error{
		Kind: telegram.TokenInvalid, Op: "auth.importBotAuthorization", Code: 400, Type: "ACCESS_TOKEN_INVALID",
		DC: 2, Addr: "149.154.167.41:443", Sent: true,
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{refused, `outcome=token_invalid code=400 type=ACCESS_TOKEN_INVALID error="auth.importBotAuthorization: 400 ACCESS_TOKEN_INVALID"`},
		{fmt.Errorf("open keyring: %w", &keyring.UnavailableError{Reason: keyring.NoSessionBus, Err: errors.New("dial unix /run/user/1000/bus: connect: no such file or directory")}),
			`outcome=keyring_unavailable error="open keyring: keyring unavailable: no D-Bus session: dial unix /run/user/1000/bus: connect: no such file or directory"`},
		{fmt.Errorf("connect: dial tcp 149.154.167.41:443: %w", errors.New("host 127.0.0.1:43999")),
			`outcome=unexpected error="connect: dial tcp 149.154.167.41:443: host 127.0.0.1:43999"`},
		{errors.Join(errors.New("one\x1b[2J"), errors.New("two\u202e")), `outcome=unexpected error="one two"`},
		{errors.New("sent 7123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"), `outcome=unexpected error="left out: there is a secret in it"`},
		{errors.New("api_hash=0123456789abcdef0123456789abcdef"), `outcome=unexpected error="left out: there is a secret in it"`},
	} {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		log.LogAttrs(t.Context(), slog.LevelInfo, "x", LogAttrs(c.err)...)
		_, got, _ := strings.Cut(out.String(), "msg=x ")
		if got != c.want+"\n" {
			t.Errorf("got  %swant %s", got, c.want)
		}
	}
	attrs := LogAttrs(errors.New(strings.Repeat("天気 ", 5000)))
	if text := attrs[len(attrs)-1].Value.String(); utf8.RuneCountInString(text) > maxChain {
		t.Errorf("%d characters", utf8.RuneCountInString(text))
	}
}

// Where these words do not say all, the log is named, unless there is none.
func TestLogHint(t *testing.T) {
	const path = "~/.local/state/botring/botring.log"
	const says = "The log has more: " + path + "."
	for _, c := range []struct {
		err  error
		more bool
	}{
		{errors.New("x"), true},
		{&telegram.Error{Kind: telegram.Unexpected, Code: 400, Type: "CONNECTION_NOT_INITED"}, true},
		{&keyring.UnavailableError{Reason: keyring.KeyringFault}, true},
		{&keyring.UnavailableError{Reason: keyring.StoreFault}, true},
		{&keyring.UnavailableError{Reason: keyring.NoSessionBus}, false},
		{&telegram.Error{Kind: telegram.TokenInvalid}, false},
		{keyring.ErrLocked, false},
	} {
		f := Of(c.err)
		want := f.Next
		if c.more {
			want += " " + says
		}
		got := f.WithLog(path)
		if got.Next != want {
			t.Errorf("%v: %q, want %q", c.err, got.Next, want)
		}
		checkWords(t, got)
		if without := f.WithLog(""); without.Next != f.Next || f.LogHint("") != "" {
			t.Errorf("%v: without a log %q", c.err, without.Next)
		}
	}
	if hint := Of(errors.New("x")).LogHint("/a\x1b[2J/b"); hint != "The log has more: /a/b." {
		t.Errorf("%q", hint)
	}
}
