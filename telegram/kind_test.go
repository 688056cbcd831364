package telegram

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestKindNames(t *testing.T) {
	// The order and the names are frozen.
	for i, name := range []string{
		"unexpected", "token_revoked", "token_invalid", "api_id_invalid", "api_id_published",
		"auth_key_invalid", "session_dead", "session_revoked", "bot_deactivated", "session_duplicated",
		"update_needed", "flood_wait", "telegram_fault", "wrong_dc", "clock_wrong", "not_telegram",
		"unreachable", "timeout", "cancelled", "not_a_bot",
		"proxy_unreachable", "proxy_denied", "proxy_refused", "proxy_broken", "proxy_secret", "bot_not_managed", "bot_required",
	} {
		if got := Kind(i).String(); got != name {
			t.Errorf("Kind(%d) is %q, want %q", i, got, name)
		}
	}
}

func TestErrorText(t *testing.T) {
	for _, test := range []struct {
		err  *Error
		want string
	}{
		{&Error{Kind: TokenInvalid, Op: "auth.importBotAuthorization", Code: 400, Type: "ACCESS_TOKEN_INVALID"},
			"auth.importBotAuthorization: 400 ACCESS_TOKEN_INVALID"},
		{&Error{Kind: Unreachable, Op: "connect", Err: errors.New("refused")}, "connect: unreachable: refused"},
		{&Error{Kind: FloodWait, Code: -429}, "-429"},
		{&Error{}, "unexpected"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestSentinels(t *testing.T) {
	err := fmt.Errorf("log in: %w", &Error{Kind: TokenRevoked, Err: errors.New("cause")})
	if !errors.Is(err, TokenRevoked) || errors.Is(err, TokenInvalid) || errors.Is(err, errors.New("cause")) {
		t.Error("errors.Is does not tell kinds apart")
	}
	var unexpected error = Unexpected
	if errors.Is(err, unexpected) {
		t.Error("the zero kind matches every error")
	}
}

func TestFloodWait(t *testing.T) {
	for typ, want := range map[string]time.Duration{
		"FLOOD_WAIT_0": 0, "FLOOD_WAIT_31": 31 * time.Second, "FLOOD_WAIT": 30 * time.Second,
		"FLOOD_WAIT_": 30 * time.Second, "FLOOD_WAIT_X": 30 * time.Second,
		"FLOOD_PREMIUM_WAIT_3":                3 * time.Second,
		"FLOOD_WAIT_99999999999999999999":     1e9 * time.Second,
		"FLOOD_WAIT_9223372036854775807":      1e9 * time.Second,
		"FLOOD_WAIT_000000000000000000000012": 12 * time.Second,
	} {
		e := answered(420, typ)
		if e.Kind != FloodWait || e.Wait != want {
			t.Errorf("%s: %v, %v, want %v", typ, e.Kind, e.Wait, want)
		}
	}
}

func TestPublishedAPIID(t *testing.T) {
	for _, id := range []int{17349, 2040, 6, 4, 94575, 2496, 611335} {
		if !PublishedAPIID(id) || PublishedBy(id) == "" {
			t.Errorf("%d is not known", id)
		}
	}
	if PublishedAPIID(10001) || PublishedAPIID(0) {
		t.Error("an api_id nobody published is said to be published")
	}
}

func FuzzAnswered(f *testing.F) {
	for _, r := range rules() {
		f.Add(r.code, r.typ)
	}
	for _, typ := range []string{"FLOOD_WAIT_31", "USER_MIGRATE_4", "INTERDC_2_CALL_ERROR", "\x1b[2J", ""} {
		f.Add(420, typ)
		f.Add(303, typ)
		f.Add(500, typ)
	}
	f.Fuzz(func(t *testing.T, code int, message string) {
		e := answered(code, message)
		if e.Type != "" && (e.Type != message || !isType(e.Type)) || len(e.Type) > maxTypeLen {
			t.Errorf("type %q of %q", e.Type, message)
		}
		if e.Wait < 0 || e.Wait != 0 && e.Kind != FloodWait {
			t.Errorf("%v waits %v", e.Kind, e.Wait)
		}
		if dc, ok := e.migration(); dc < 0 || !ok && dc != 0 || ok && code != 303 {
			t.Errorf("%q leads to %d", message, dc)
		}
		if transportFailed(code).Code != code || e.Code != code {
			t.Error("the code is lost")
		}
	})
}
