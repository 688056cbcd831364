package passphrase

import (
	"context"
	"errors"
	"testing"

	"botring/internal/secret"
)

// TestQuietly: nobody is asked, and nobody hears of it.
func TestQuietly(t *testing.T) {
	asked, ended := 0, 0
	asker := Asker{
		Ask:   func(context.Context, Ask) (secret.Secret, error) { asked++; return secret.New("a passphrase"), nil },
		Ended: func(context.Context, error) { ended++ },
	}
	open := func(ctx context.Context) error {
		return asker.Open(ctx, Files, "~/x", func(secret.Secret) error { return nil })
	}
	if err := open(Quietly(t.Context())); !errors.Is(err, ErrUnanswered) || asked+ended != 0 {
		t.Errorf("%v after %d questions", err, asked)
	}
	if err := open(t.Context()); err != nil || asked != 1 || ended != 1 {
		t.Errorf("%v after %d questions", err, asked)
	}
}
