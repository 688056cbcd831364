package secretservice

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/keyring/secretservice/servicetest"
)

func TestPrompts(t *testing.T) {
	for name, c := range map[string]struct {
		answer servicetest.Answer
		want   []error
	}{
		"accepted":   {servicetest.Accepted, nil},
		"dismissed":  {servicetest.Dismissed, []error{ErrDenied}},
		"unanswered": {servicetest.Unanswered, []error{ErrLocked, context.DeadlineExceeded}},
		"death":      {servicetest.Death, []error{ErrGone}},
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
					fake.Set(func() { fake.Locked, fake.HideLocked, fake.Answer = true, true, c.answer })
					limit := 5 * time.Second
					if c.answer == servicetest.Unanswered {
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
					if n := fake.Count("Prompt"); n != 1 || !slices.Equal(waits, []bool{true, false}) {
						t.Errorf("%d prompts, told %v", n, waits)
					}
					if n := len(fake.Texts("botring")); n != 1 && (c.answer != servicetest.Accepted || operation != "delete") {
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
	fake.Set(func() { fake.Locked, fake.HideLocked = true, true })
	var tasks sync.WaitGroup
	for range 10 {
		tasks.Go(func() { mustGet(t, client, "x") })
	}
	tasks.Wait()
	if n := fake.Count("Prompt"); n != 1 {
		t.Errorf("%d prompts", n)
	}
}

// TestPromptsOfWrites: KeePassXC may ask before it writes or deletes, and what is dismissed has not happened.
func TestPromptsOfWrites(t *testing.T) {
	fake, client := connect(t)
	fake.Set(func() { fake.WritePrompts, fake.Answer = true, servicetest.Dismissed })
	if err := put(t, client, "x"); !errors.Is(err, ErrDenied) {
		t.Errorf("put, dismissed: %v", err)
	}
	fake.Set(func() { fake.Answer = servicetest.Accepted })
	mustPut(t, client, "x")
	mustGet(t, client, "x")
	fake.Set(func() { fake.Answer = servicetest.Dismissed })
	if err := client.Delete(testContext(t, time.Second), tokenItem); !errors.Is(err, ErrDenied) {
		t.Errorf("delete, dismissed: %v", err)
	}
	mustGet(t, client, "x")
	fake.Set(func() { fake.Answer = servicetest.Unanswered })
	err := client.Put(testContext(t, 100*time.Millisecond), tokenItem, "", secret.New("y"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("put, unanswered: %v", err)
	}
	fake.Set(func() { fake.Answer = servicetest.Death })
	began := time.Now()
	if err := put(t, client, "y"); !errors.Is(err, ErrGone) || time.Since(began) > time.Second {
		t.Errorf("put, death: %v after %v", err, time.Since(began))
	}
}

// TestItemsLockedByThemselves: KeePassXC asks about each item though the database is open.
func TestItemsLockedByThemselves(t *testing.T) {
	fake, client := connect(t)
	mustPut(t, client, "x")
	lock := func(answer servicetest.Answer) {
		fake.Set(func() {
			fake.Answer = answer
			for _, item := range fake.Items {
				item.Locked = true
			}
		})
	}
	lock(servicetest.Accepted)
	mustGet(t, client, "x")
	lock(servicetest.Accepted)
	entries, err := client.GetAll(testContext(t, time.Second), Attributes{"service": "botring"})
	if err != nil || len(entries) != 1 || entries[0].Secret.Reveal() != "x" {
		t.Errorf("get all: %d, %v", len(entries), err)
	}
	lock(servicetest.Dismissed)
	if _, err := client.Get(testContext(t, time.Second), tokenItem); !errors.Is(err, ErrDenied) {
		t.Errorf("get, dismissed: %v", err)
	}
}

// TestLockedInBetween: somebody locks the collection after we looked and before we write.
func TestLockedInBetween(t *testing.T) {
	fake, client := connect(t)
	var once sync.Once
	fake.Set(func() {
		fake.Before = func(method string) error {
			if method == "CreateItem" {
				once.Do(func() { fake.Set(func() { fake.Locked = true }) })
			}
			return nil
		}
	})
	mustPut(t, client, "x")
	mustGet(t, client, "x")
	if n := fake.Count("Prompt"); n != 1 {
		t.Errorf("%d prompts", n)
	}
}

// TestLateAnswers: a prompt before a write or a deletion that nobody answered in time cannot be answered later:
// what was reported as not done stays undone. gnome-keyring's are left alone, and so are those that unlock.
func TestLateAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		spoil     func(*servicetest.Service)
		call      func(context.Context, *Client) error
		late      int
		dismissed int
	}{
		"put": {func(f *servicetest.Service) { f.WritePrompts = true }, func(ctx context.Context, client *Client) error {
			return client.Put(ctx, tokenItem, "", secret.New("new"))
		}, 0, 1},
		"delete": {func(f *servicetest.Service) { f.WritePrompts = true }, func(ctx context.Context, client *Client) error {
			return client.Delete(ctx, tokenItem)
		}, 0, 1},
		"unlock": {func(f *servicetest.Service) { f.Locked = true }, func(ctx context.Context, client *Client) error {
			return client.Unlock(ctx)
		}, 1, 0},
		"put to gnome-keyring": {func(f *servicetest.Service) { f.WritePrompts, f.TakesPasswords = true, true }, func(ctx context.Context, client *Client) error {
			return client.Put(ctx, tokenItem, "", secret.New("new"))
		}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := connect(t)
			mustPut(t, client, "old")
			fake.Set(func() { c.spoil(fake); fake.Answer = servicetest.Unanswered })
			if err := c.call(testContext(t, 100*time.Millisecond), client); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			if late, dismissed := fake.AcceptLate(), fake.Count("Dismiss"); late != c.late || dismissed != c.dismissed {
				t.Errorf("%d prompts are left, %d were dismissed", late, dismissed)
			}
			fake.Set(func() { fake.WritePrompts = false })
			if c.late == 0 {
				mustGet(t, client, "old")
			}
		})
	}
}

// TestDismissalIsBounded: a service that does not answer its dismissal either holds nobody up.
func TestDismissalIsBounded(t *testing.T) {
	fake, client := connect(t)
	fake.Set(func() {
		fake.WritePrompts, fake.Answer = true, servicetest.Unanswered
		fake.Before = func(call string) error {
			if call == "Dismiss" {
				<-t.Context().Done()
			}
			return nil
		}
	})
	began := time.Now()
	err := client.Put(testContext(t, 100*time.Millisecond), tokenItem, "", secret.New("x"))
	if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > dismissTakes+time.Second {
		t.Errorf("%v after %v", err, took)
	}
}

// TestNobodyIsAsked: with NoPrompts nothing is waited for that somebody would have to answer. Of what only may
// ask, the prompt is begun and soon taken back.
func TestNobodyIsAsked(t *testing.T) {
	lockItems := func(f *servicetest.Service) {
		for _, item := range f.Items {
			item.Locked = true
		}
	}
	lock := func(f *servicetest.Service) { f.Locked = true }
	ask := func(f *servicetest.Service) { f.WritePrompts = true }
	get := func(ctx context.Context, client *Client) error {
		_, err := client.Get(ctx, tokenItem)
		return err
	}
	put := func(ctx context.Context, client *Client) error {
		return client.Put(ctx, tokenItem, "", secret.New("new"))
	}
	remove := func(ctx context.Context, client *Client) error { return client.Delete(ctx, tokenItem) }
	for name, c := range map[string]struct {
		spoil func(*servicetest.Service)
		call  func(context.Context, *Client) error
		begun int
	}{
		"unlock": {lock, func(ctx context.Context, client *Client) error { return client.Unlock(ctx) }, 0},
		"make a collection": {func(f *servicetest.Service) { f.NoCollection = true }, func(ctx context.Context, client *Client) error {
			return client.CreateCollection(ctx, "x")
		}, 0},
		"get, locked": {lock, get, 0}, "put, locked": {lock, put, 0}, "delete, locked": {lock, remove, 0},
		"get an item": {lockItems, get, 0}, "replace": {ask, put, 0}, "delete": {ask, remove, 1},
		"create": {ask, func(ctx context.Context, client *Client) error {
			return client.Put(ctx, Attributes{"service": "botring", "username": "another"}, "", secret.New("new"))
		}, 1},
		"get all": {lockItems, func(ctx context.Context, client *Client) error {
			_, err := client.GetAll(ctx, Attributes{"service": "botring"})
			return err
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := connect(t)
			mustPut(t, client, "old")
			fake.Set(func() { c.spoil(fake); fake.Answer = servicetest.Unanswered })
			client.opts.NoPrompts = true
			client.drop(client.link)
			began := time.Now()
			err := c.call(testContext(t, 20*time.Second), client)
			took := time.Since(began)
			if !errors.Is(err, ErrNotAsked) || !errors.Is(err, ErrLocked) || errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			if took > unaskedTakes+3*time.Second {
				t.Errorf("after %v", took)
			}
			if n := fake.Count("Prompt"); n != c.begun {
				t.Errorf("%d prompts", n)
			}
			if n := fake.AcceptLate(); n != 0 {
				t.Errorf("%d prompts are left", n)
			}
			fake.Set(func() { fake.Locked, fake.NoCollection = false, false })
			if texts := fake.Texts("botring"); len(texts) != 1 || texts[tokenItem["username"]] != "old" {
				t.Errorf("%d items", len(texts))
			}
		})
	}
}

// TestPromptsThatAskNobody: KeePassXC's for what is new and for what goes end by themselves, and are no reason
// to refuse.
func TestPromptsThatAskNobody(t *testing.T) {
	fake, client := connect(t)
	fake.Set(func() { fake.WritePrompts = true })
	client.opts.NoPrompts = true
	client.drop(client.link)
	mustPut(t, client, "x")
	if err := client.Delete(testContext(t, 5*time.Second), tokenItem); err != nil {
		t.Error(err)
	}
	if n := fake.Count("Prompt"); n != 2 {
		t.Errorf("%d prompts", n)
	}
}
