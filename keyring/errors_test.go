package keyring

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"botring/keyring/secretservice"
)

// sentinels are all errors that may leave the package, beside those of contexts.
var sentinels = map[string]error{
	"unavailable": ErrUnavailable, "locked": ErrLocked, "denied": ErrDenied, "too large": ErrTooLarge,
	"not found": ErrNotFound, "gone": ErrGone, "read back": ErrReadBack, "cannot list": ErrCannotList, "bad name": ErrBadName,
}

// is checks that an error is one sentinel and no other, and returns its reason when it has one.
func is(t *testing.T, err, want error) Reason {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v is not %v", err, want)
	}
	for name, sentinel := range sentinels {
		if !errors.Is(sentinel, want) && errors.Is(err, sentinel) {
			t.Errorf("%v is also %s", err, name)
		}
	}
	var missing *UnavailableError
	if errors.As(err, &missing) {
		return missing.Reason
	}
	return 0
}

func TestErrorsOfTheSecretService(t *testing.T) {
	for _, c := range []struct {
		err    error
		want   error
		reason Reason
	}{
		{secretservice.ErrNoBus, ErrUnavailable, NoSessionBus},
		{secretservice.ErrNoService, ErrUnavailable, NoSecretService},
		{secretservice.ErrNoCollection, ErrUnavailable, NoCollection},
		{secretservice.ErrNoEncryption, ErrUnavailable, NoEncryption},
		{secretservice.ErrNoAnswer, ErrUnavailable, NoAnswer},
		{secretservice.ErrFault, ErrUnavailable, KeyringFault},
		{errors.New("anything else"), ErrUnavailable, KeyringFault},
		{secretservice.ErrLocked, ErrLocked, 0},
		{secretservice.ErrDenied, ErrDenied, 0},
		{secretservice.ErrGone, ErrGone, 0},
		{secretservice.ErrNotFound, ErrNotFound, 0},
		{secretservice.ErrReadBack, ErrReadBack, 0},
		{fmt.Errorf("%w: %w", secretservice.ErrReadBack, secretservice.ErrNotFound), ErrReadBack, 0},
		{fmt.Errorf("%w: %w", secretservice.ErrNoEncryption, secretservice.ErrFault), ErrUnavailable, NoEncryption},
		{fmt.Errorf("%w: %w", secretservice.ErrGone, secretservice.ErrNoAnswer), ErrGone, 0},
	} {
		err := serviceError(fmt.Errorf("write item: %w", c.err))
		if reason := is(t, err, c.want); reason != c.reason {
			t.Errorf("%v has the reason %v, not %v", err, reason, c.reason)
		}
	}
	if serviceError(nil) != nil {
		t.Error("no error became one")
	}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if err := serviceError(fmt.Errorf("search: %w", ended)); !errors.Is(err, ended) || errors.Is(err, ErrUnavailable) {
			t.Errorf("%v became %v", ended, err)
		}
		err := serviceError(fmt.Errorf("%w: %w", secretservice.ErrLocked, ended))
		var locked *LockedError
		if !errors.As(err, &locked) || !locked.Unanswered || !errors.Is(err, ended) || !errors.Is(err, ErrLocked) {
			t.Errorf("a prompt that nobody answered: %v", err)
		}
	}
}

func TestReasonsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for reason := NoSessionBus; reason <= UnknownKind; reason++ {
		text := (&UnavailableError{Reason: reason, Err: errors.New("seen")}).Error()
		if seen[reason.String()] || strings.HasPrefix(reason.String(), "reason ") || !strings.Contains(text, "seen") {
			t.Errorf("reason %d: %q", reason, text)
		}
		seen[reason.String()] = true
	}
	if got := (&LockedError{}).Error(); got != ErrLocked.Error() {
		t.Error(got)
	}
	if err := (&UnavailableError{Reason: UnsupportedOS}); !errors.Is(err, ErrUnavailable) || err.Error() == "" {
		t.Error(err)
	}
}
