package secretservice

import (
	"errors"
	"testing"
	"time"

	"botring/keyring/passphrase"
	"botring/keyring/secretservice/servicetest"
)

// TestQuietly: what nobody asked for reads what is open, and shows no prompt over what is not.
func TestQuietly(t *testing.T) {
	for name, lock := range map[string]func(*servicetest.Service){
		"the collection": func(fake *servicetest.Service) { fake.Locked = true },
		"each item": func(fake *servicetest.Service) {
			for _, item := range fake.Items {
				item.Locked = true
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := connect(t)
			mustPut(t, client, "x")
			ctx := passphrase.Quietly(testContext(t, 5*time.Second))
			if got, err := client.Get(ctx, tokenItem); err != nil || got.Reveal() != "x" {
				t.Fatalf("while it is open: %v", err)
			}
			fake.Set(func() { fake.Answer = servicetest.Unanswered; lock(fake) })
			began := time.Now()
			if _, err := client.Get(ctx, tokenItem); !errors.Is(err, ErrLocked) {
				t.Errorf("get: %v", err)
			}
			if _, err := client.GetAll(ctx, Attributes{"service": "botring"}); !errors.Is(err, ErrLocked) {
				t.Errorf("get all: %v", err)
			}
			if n := fake.Count("Prompt"); n != 0 || time.Since(began) > time.Second {
				t.Errorf("%d prompts in %v", n, time.Since(began))
			}
		})
	}
}
