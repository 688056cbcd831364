package secretservice

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"botring/internal/secret"
)

func TestPrompts(t *testing.T) {
	for name, c := range map[string]struct {
		answer promptAnswer
		want   []error
	}{
		"accepted":   {promptAccepted, nil},
		"dismissed":  {promptDismissed, []error{ErrDenied}},
		"unanswered": {promptUnanswered, []error{ErrLocked, context.DeadlineExceeded}},
		"death":      {promptDeath, []error{ErrGone}},
	} {
		t.Run(name, func(t *testing.T) {
			for operation, call := range map[string]func(context.Context, *Client) error{
				"unlock": func(ctx context.Context, client *Client) error { return client.Unlock(ctx) },
				"get": func(ctx context.Context, client *Client) error {
					_, err := client.Get(ctx, tokenItem)
					return err
				},
				"put": func(ctx context.Context, client *Client) error {
					return client.Put(ctx, tokenItem, "", secret.New("new"))
				},
				"delete": func(ctx context.Context, client *Client) error { return client.Delete(ctx, tokenItem) },
				"find": func(ctx context.Context, client *Client) error {
					found, err := client.Find(ctx, tokenItem)
					if err == nil && len(found) != 1 {
						err = errors.New("nothing found")
					}
					return err
				},
			} {
				t.Run(operation, func(t *testing.T) {
					fake, client := connect(t)
					mustPut(t, client, "old")
					var waits []bool
					client.opts.Ask.Prompting = func(_ context.Context, on bool) { waits = append(waits, on) }
					client.drop(client.link)
					fake.set(func() { fake.locked, fake.hideLocked, fake.answer = true, true, c.answer })
					limit := 5 * time.Second
					if c.answer == promptUnanswered {
						limit = 150 * time.Millisecond
					}
					began := time.Now()
					err := call(testContext(t, limit), client)
					if c.want == nil && err != nil {
						t.Error(err)
					}
					for _, want := range c.want {
						if !errors.Is(err, want) {
							t.Errorf("not %v: %v", want, err)
						}
					}
					if took := time.Since(began); took > 2*time.Second {
						t.Errorf("took %v", took)
					}
					if n := fake.count("Prompt"); n != 1 || !slices.Equal(waits, []bool{true, false}) {
						t.Errorf("%d prompts, told %v", n, waits)
					}
					fake.mu.Lock()
					defer fake.mu.Unlock()
					if len(fake.items) != 1 && (c.answer != promptAccepted || operation != "delete") {
						t.Error("the item is gone")
					}
				})
			}
		})
	}
}

// TestManyWaitForOnePrompt: ten reads of a locked keyring show one prompt.
func TestManyWaitForOnePrompt(t *testing.T) {
	fake, client := connect(t)
	mustPut(t, client, "x")
	fake.set(func() { fake.locked, fake.hideLocked = true, true })
	var tasks sync.WaitGroup
	for range 10 {
		tasks.Go(func() { mustGet(t, client, "x") })
	}
	tasks.Wait()
	if n := fake.count("Prompt"); n != 1 {
		t.Errorf("%d prompts", n)
	}
}

// TestPromptsOfWrites: KeePassXC may ask before it writes or deletes, and what is dismissed has not happened.
func TestPromptsOfWrites(t *testing.T) {
	fake, client := connect(t)
	fake.set(func() { fake.writePrompts, fake.answer = true, promptDismissed })
	if err := put(t, client, "x"); !errors.Is(err, ErrDenied) {
		t.Errorf("put, dismissed: %v", err)
	}
	fake.set(func() { fake.answer = promptAccepted })
	mustPut(t, client, "x")
	mustGet(t, client, "x")
	fake.set(func() { fake.answer = promptDismissed })
	if err := client.Delete(testContext(t, time.Second), tokenItem); !errors.Is(err, ErrDenied) {
		t.Errorf("delete, dismissed: %v", err)
	}
	mustGet(t, client, "x")
	fake.set(func() { fake.answer = promptUnanswered })
	err := client.Put(testContext(t, 100*time.Millisecond), tokenItem, "", secret.New("y"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("put, unanswered: %v", err)
	}
	fake.set(func() { fake.answer = promptDeath })
	began := time.Now()
	if err := put(t, client, "y"); !errors.Is(err, ErrGone) || time.Since(began) > time.Second {
		t.Errorf("put, death: %v after %v", err, time.Since(began))
	}
}

// TestItemsLockedByThemselves: KeePassXC asks about each item though the database is open.
func TestItemsLockedByThemselves(t *testing.T) {
	fake, client := connect(t)
	mustPut(t, client, "x")
	lock := func(answer promptAnswer) {
		fake.set(func() {
			fake.answer = answer
			for _, item := range fake.items {
				item.locked = true
			}
		})
	}
	lock(promptAccepted)
	mustGet(t, client, "x")
	lock(promptAccepted)
	entries, err := client.GetAll(testContext(t, time.Second), Attributes{"service": "botring"})
	if err != nil || len(entries) != 1 || entries[0].Secret.Reveal() != "x" {
		t.Errorf("get all: %d, %v", len(entries), err)
	}
	lock(promptDismissed)
	if _, err := client.Get(testContext(t, time.Second), tokenItem); !errors.Is(err, ErrDenied) {
		t.Errorf("get, dismissed: %v", err)
	}
}

// TestLockedInBetween: somebody locks the collection after we looked and before we write.
func TestLockedInBetween(t *testing.T) {
	fake, client := connect(t)
	var once sync.Once
	fake.set(func() {
		fake.before = func(method string) *dbus.Error {
			if method == "CreateItem" {
				once.Do(func() { fake.set(func() { fake.locked = true }) })
			}
			return nil
		}
	})
	mustPut(t, client, "x")
	mustGet(t, client, "x")
	if n := fake.count("Prompt"); n != 1 {
		t.Errorf("%d prompts", n)
	}
}
