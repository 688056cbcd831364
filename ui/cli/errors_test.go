package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

func TestExitCodes(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"ok", nil, nil, 0},
		{"anything", nil, errors.New("x"), 1},
		{"token refused", nil, &telegram.Error{Kind: telegram.TokenInvalid}, 1},
		{"unreachable", nil, &telegram.Error{Kind: telegram.Unreachable}, 1},
		{"timeout", nil, context.DeadlineExceeded, 1},
		{"no such bot", nil, &fleet.NotFoundError{Ref: "x"}, 1},
		{"no keyring", nil, keyring.ErrUnavailable, 1},
		{"keyring gone", nil, keyring.ErrGone, 1},
		{"catalogue", nil, &store.OpenError{Path: "x", Err: store.ErrNewer}, 1},
		{"input", nil, &fleet.InputError{Field: fleet.FieldToken, Problem: fleet.ProblemNoColon}, 2},
		{"usage", nil, usage("x", "y"), 2},
		{"some are not ok", nil, verdict(exitNotOK), 3},
		{"locked", nil, keyring.ErrLocked, 4},
		{"locked, nobody to ask", nil, (&shell{}).keyringLocked(), 4},
		{"denied", nil, keyring.ErrDenied, 4},
		{"secret missing", nil, fleet.ErrSecretMissing, 4},
		{"no token", nil, secretNeeded("x", "y"), 4},
		{"flood", nil, &fleet.FloodError{Until: time.Now().Add(time.Hour)}, 5},
		{"flood of Telegram's", nil, &telegram.Error{Kind: telegram.FloodWait}, 5},
		{"cancelled below", nil, &telegram.Error{Kind: telegram.Cancelled, Err: context.Canceled}, 130},
		{"interrupted", cancelled, fmt.Errorf("whatever came of it"), 130},
		{"interrupted too late", cancelled, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := c.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			if got := exitCode(ctx, c.err); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
		})
	}
}

func TestWorst(t *testing.T) {
	for _, c := range []struct {
		codes []int
		want  int
	}{
		{nil, 0},
		{[]int{0, 0}, 0},
		{[]int{0, 3}, 3},
		{[]int{3, 1}, 1},
		{[]int{1, 3, 5}, 5},
		{[]int{5, 1, 4, 3}, 4},
		{[]int{4, 5, 130, 1}, 130},
	} {
		if got := worst(c.codes...); got != c.want {
			t.Errorf("worst of %v is %d, want %d", c.codes, got, c.want)
		}
	}
}

func TestCodeOfCheck(t *testing.T) {
	ok := fleet.Bot{Health: store.Health{Status: store.OK}}
	for _, c := range []struct {
		checked fleet.Outcome
		want    int
	}{
		{fleet.Outcome{Bot: ok}, 0},
		{fleet.Outcome{Bot: fleet.Bot{Health: store.Health{Status: store.NotLoggedIn}}}, 3},
		{fleet.Outcome{Bot: ok, Err: &telegram.Error{Kind: telegram.SessionRevoked}}, 3},
		{fleet.Outcome{Bot: ok, Err: &telegram.Error{Kind: telegram.SessionDuplicated}}, 3},
		{fleet.Outcome{Bot: ok, Err: fleet.ErrRunsElsewhere}, 3},
		{fleet.Outcome{Bot: ok, Err: &telegram.Error{Kind: telegram.Unreachable}}, 1},
		{fleet.Outcome{Bot: ok, Err: fleet.ErrSecretMissing}, 4},
		{fleet.Outcome{Bot: ok, Err: keyring.ErrLocked}, 4},
		{fleet.Outcome{Bot: ok, Err: &fleet.FloodError{}}, 5},
		{fleet.Outcome{Bot: ok, Err: context.Canceled}, 130},
	} {
		if got := codeOfOutcome(c.checked); got != c.want {
			t.Errorf("%v: %d, want %d", c.checked.Err, got, c.want)
		}
	}
}

// told is a fault as a command tells it, as text and as JSON.
func told(t *testing.T, s shell, err error) (text, object string) {
	t.Helper()
	var out, errs bytes.Buffer
	s.Out, s.Err = &out, &errs
	s.finish(t.Context(), err)
	if out.Len() > 0 {
		t.Errorf("standard output says %q", out.String())
	}
	text = errs.String()
	errs.Reset()
	s.flags.json = true
	s.finish(t.Context(), err)
	if errs.Len() > 0 {
		t.Errorf("standard error says %q", errs.String())
	}
	if err := validateAs([]string{"error"}, out.String()); err != nil {
		t.Errorf("%s%v", out.String(), err)
	}
	return text, out.String()
}

func TestErrorsAsTextAndJSON(t *testing.T) {
	for _, c := range []struct {
		name         string
		shell        shell
		err          error
		text, object string
	}{
		{
			"a refused token", shell{verb: "add"}, &telegram.Error{Kind: telegram.TokenInvalid, Code: 400, Type: "ACCESS_TOKEN_INVALID"},
			`botring: Telegram rejected this token. (400 ACCESS_TOKEN_INVALID)
  It may be mistyped, or belong to the test environment.
  The current one: @BotFather, /mybots, the bot, API Token.
  Nothing was saved.
  botring add --environment test tries the test environment.
  botring add --no-login saves it without logging in.
`,
			`{"schema":1,"error":{"kind":"token_invalid","code":400,"type":"ACCESS_TOKEN_INVALID",` +
				`"message":"Telegram rejected this token. It may be mistyped, or belong to the test environment.",` +
				`"hint":"The current one: @BotFather, /mybots, the bot, API Token. Nothing was saved. ` +
				`botring add --environment test tries the test environment. botring add --no-login saves it without logging in.",` +
				`"wait_seconds":0,"saved":false}}` + "\n",
		},
		{
			"a dead session", shell{verb: "check", subject: "test/7"}, &telegram.Error{Kind: telegram.SessionDead, Code: -404},
			`botring: Telegram does not know this session any more. (-404)
  It was logged out, or never logged in.
  Log in again to make a new one.
  The token is still saved.
  botring login test/7 --force logs it in again.
  botring token check test/7 asks whether its token is revoked.
  botring replace-token test/7 takes the new token.
`,
			`{"schema":1,"error":{"kind":"session_dead","code":-404,"type":"",` +
				`"message":"Telegram does not know this session any more. It was logged out, or never logged in.",` +
				`"hint":"Log in again to make a new one. The token is still saved. botring login test/7 --force logs it in again. ` +
				`botring token check test/7 asks whether its token is revoked. botring replace-token test/7 takes the new token.","wait_seconds":0,"saved":false}}` + "\n",
		},
		{
			"wrong usage", shell{}, usage("There is no flag --x.", "botring --help lists the flags."),
			"botring: There is no flag --x.\n  botring --help lists the flags.\n",
			`{"schema":1,"error":{"kind":"usage","code":0,"type":"","message":"There is no flag --x.","hint":"botring --help lists the flags.",` +
				`"wait_seconds":0,"saved":false}}` + "\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, object := told(t, c.shell, c.err)
			if text != c.text {
				t.Errorf("text:\n%s\nwant:\n%s", text, c.text)
			}
			if object != c.object {
				t.Errorf("JSON:\n%s\nwant:\n%s", object, c.object)
			}
		})
	}
}

func TestWaitSeconds(t *testing.T) {
	_, object := told(t, shell{}, &fleet.FloodError{Until: time.Now().Add(31 * time.Second)})
	if !strings.Contains(object, `"wait_seconds":31`) {
		t.Error(object)
	}
}

func TestEveryActionIsWordedOrKnown(t *testing.T) {
	s := shell{verb: "add", subject: "7"}
	for _, action := range []fault.Action{fault.SaveOnly, fault.OtherEnvironment, fault.LogIn, fault.ReplaceToken, fault.Remove, fault.EditApp, fault.UseFile, fault.UseMemory} {
		if line := s.commandFor(action); !strings.HasSuffix(line, ".") || !strings.Contains(line, "--") && !strings.Contains(line, "botring ") {
			t.Errorf("%s: %q", action, line)
		}
	}
}

// A code is told unless the sentence has told it; the port of a server is not it.
func TestCodeIsTold(t *testing.T) {
	for what, want := range map[string]string{
		"The Bot API at 127.0.0.1:44295 asks to wait.":  "botring: The Bot API at 127.0.0.1:44295 asks to wait. (429)\n",
		"The Bot API at 127.0.0.1:44295 answered 429.":  "botring: The Bot API at 127.0.0.1:44295 answered 429.\n",
		"The Bot API at 127.0.0.1:8081 answered (429).": "botring: The Bot API at 127.0.0.1:8081 answered (429).\n",
	} {
		var said strings.Builder
		new(shell).tell(&said, fault.Fault{What: what, Code: 429})
		if said.String() != want {
			t.Errorf("%q, want %q", said.String(), want)
		}
	}
}
