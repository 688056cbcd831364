package secretservice

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"botring/internal/secret"
	"botring/keyring/passphrase"
	"botring/keyring/secretservice/servicetest"
)

// A person answers questions for passwords one after the other, and gives none when there are no answers
// left.
type person struct {
	answers []string
	asked   []passphrase.Ask
	// ended is what this person was told of the end.
	ended []error
}

func (p *person) ask(_ context.Context, question passphrase.Ask) (secret.Secret, error) {
	p.asked = append(p.asked, question)
	if len(p.answers) == 0 {
		return secret.Secret{}, errors.New("esc")
	}
	answer := p.answers[0]
	p.answers = p.answers[1:]
	return secret.New(answer), nil
}

// connectAs connects with somebody who can be asked, nil for nobody.
func connectAs(t testing.TB, who *person, first bool) *Client {
	t.Helper()
	opts := Options{AskFirst: first}
	if who != nil {
		opts.Ask.Ask = who.ask
		opts.Ask.Ended = func(_ context.Context, err error) { who.ended = append(who.ended, err) }
	}
	client, err := Connect(testContext(t, 10*time.Second), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// TestUnlockWithPassword: without a screen gnome-keyring's prompt is over at once, and its password is asked
// for here, by whatever call comes first.
func TestUnlockWithPassword(t *testing.T) {
	for name, c := range map[string]struct {
		who   *person
		first bool
		want  error
		asked []passphrase.Again
	}{
		"nobody to ask":       {nil, false, ErrNoPrompter, nil},
		"right":               {&person{answers: []string{servicetest.MasterPassword}}, false, nil, []passphrase.Again{passphrase.First}},
		"right, asked first":  {&person{answers: []string{servicetest.MasterPassword}}, true, nil, []passphrase.Again{passphrase.First}},
		"wrong once":          {&person{answers: []string{"wrong", servicetest.MasterPassword}}, false, nil, []passphrase.Again{passphrase.First, passphrase.Wrong}},
		"with a line end":     {&person{answers: []string{servicetest.MasterPassword + "\n", servicetest.MasterPassword}}, false, nil, []passphrase.Again{passphrase.First, passphrase.Wrong}},
		"wrong at every try":  {&person{answers: []string{"wrong", "", "rong"}}, false, ErrWrongPassword, []passphrase.Again{passphrase.First, passphrase.Wrong, passphrase.Wrong}},
		"given up":            {&person{}, false, ErrDenied, []passphrase.Again{passphrase.First}},
		"given up after one":  {&person{answers: []string{"wrong"}}, true, ErrDenied, []passphrase.Again{passphrase.First, passphrase.Wrong}},
		"nobody, asked first": {nil, true, ErrNoPrompter, nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := startGnome(t)
			client := connectAs(t, c.who, c.first)
			mustPut(t, client, "kept")
			g.Lock()
			got, err := client.Get(testContext(t, 10*time.Second), tokenItem)
			if !errors.Is(err, c.want) || err == nil && got.Reveal() != "kept" {
				t.Errorf("get: %d bytes, %v", got.Len(), err)
			}
			if c.who == nil {
				return
			}
			var again []passphrase.Again
			for _, question := range c.who.asked {
				again = append(again, question.Again)
				if question.Purpose != passphrase.ToOpen || question.Lock != passphrase.Keyring || question.Place == "" {
					t.Errorf("asked: %+v", question)
				}
			}
			if !slices.Equal(again, c.asked) {
				t.Errorf("asked %v", again)
			}
			if len(c.who.ended) != 1 || (c.who.ended[0] == nil) != (c.want == nil) {
				t.Errorf("told that it ended with %v", c.who.ended)
			}
			if d, err := client.Describe(testContext(t, time.Second)); err != nil || d.Locked != (c.want != nil) || d.Process != g.Pid() {
				t.Errorf("afterwards: %+v, %v", d, err)
			}
		})
	}
}

// TestPromptSomebodySees: where somebody shows prompts, a dismissed one is the user's no, and nobody is asked
// once more.
func TestPromptSomebodySees(t *testing.T) {
	fake, client := connect(t)
	who := &person{answers: []string{"anything"}}
	client.opts.Ask.Ask = who.ask
	mustPut(t, client, "old")
	prompter, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = prompter.Close() }()
	if _, err := prompter.RequestName(prompterName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	for _, takes := range []bool{false, true} {
		fake.Set(func() { fake.Locked, fake.Answer, fake.TakesPasswords = true, servicetest.Dismissed, takes })
		if err := client.Unlock(testContext(t, 5*time.Second)); !errors.Is(err, ErrDenied) || errors.Is(err, ErrNoPrompter) {
			t.Errorf("takes passwords %v: %v", takes, err)
		}
	}
	// Nobody shows prompts any more, but the service is one that takes no passwords: KeePassXC's no is one.
	_ = prompter.Close()
	fake.Set(func() { fake.TakesPasswords = false })
	if err := client.Unlock(testContext(t, 5*time.Second)); !errors.Is(err, ErrDenied) || errors.Is(err, ErrNoPrompter) {
		t.Errorf("no prompter: %v", err)
	}
	if len(who.asked) > 0 {
		t.Errorf("asked %+v", who.asked)
	}
}

// TestUnlockWhileAskedEnds: the end of the context ends a question that nobody answers.
func TestUnlockWhileAskedEnds(t *testing.T) {
	g := startGnome(t)
	client := connectTo(t)
	mustPut(t, client, "kept")
	g.Lock()
	client.opts.Ask.Ask = func(context.Context, passphrase.Ask) (secret.Secret, error) { select {} }
	err := client.Unlock(testContext(t, 100*time.Millisecond))
	if !errors.Is(err, ErrLocked) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestLockAndUnlock(t *testing.T) {
	startGnome(t)
	client := connectAs(t, &person{answers: []string{servicetest.MasterPassword}}, false)
	ctx := testContext(t, 10*time.Second)
	mustPut(t, client, "kept")
	for range 2 { // what is locked can be locked
		if err := client.Lock(ctx); err != nil {
			t.Fatal(err)
		}
		if d, err := client.Describe(ctx); err != nil || !d.Locked {
			t.Errorf("locked: %+v, %v", d, err)
		}
	}
	mustGet(t, client, "kept")
}

// TestCreateCollection: a gnome-keyring that was never used has no collection.
func TestCreateCollection(t *testing.T) {
	for name, c := range map[string]struct {
		who  *person
		want error
	}{
		"nobody to ask":           {nil, ErrNoPrompter},
		"a password":              {&person{answers: []string{"a new password", "a new password"}}, nil},
		"another confirmation":    {&person{answers: []string{"a new password", "other", "a new password", "a new password"}}, nil},
		"none that will do":       {&person{answers: []string{"", "short", ""}}, ErrDenied},
		"given up":                {&person{}, ErrDenied},
		"given up when confirmed": {&person{answers: []string{"a new password"}}, ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			g := startGnome(t)
			client := connectAs(t, c.who, c.who != nil)
			ctx := testContext(t, 10*time.Second)
			if err := client.link.call(ctx, servicePath, serviceInterface+".SetAlias", "default", nothing).err; err != nil {
				t.Fatal(err)
			}
			if err := client.Unlock(ctx); !errors.Is(err, ErrNoCollection) {
				t.Fatalf("before: %v", err)
			}
			if err := client.CreateCollection(ctx, "Default keyring"); !errors.Is(err, c.want) {
				t.Fatalf("create: %v", err)
			}
			d, err := client.Describe(ctx)
			if c.want != nil {
				if !errors.Is(err, ErrNoCollection) {
					t.Errorf("afterwards: %+v, %v", d, err)
				}
				return
			}
			if err != nil || d.Collection != "Default keyring" || d.Locked {
				t.Errorf("afterwards: %+v, %v", d, err)
			}
			mustPut(t, client, "kept")
			// It is encrypted with that password, and one that is there is not made again.
			g.Lock()
			if err := client.CreateCollection(ctx, "Another"); err != nil {
				t.Errorf("once more: %v", err)
			}
			c.who.answers = []string{"not the password", "a new password"}
			mustGet(t, client, "kept")
		})
	}
}

// TestCreateCollectionByPrompt: a service with prompts of its own asks itself.
func TestCreateCollectionByPrompt(t *testing.T) {
	for name, c := range map[string]struct {
		answer servicetest.Answer
		want   error
	}{
		"accepted": {servicetest.Accepted, nil}, "dismissed": {servicetest.Dismissed, ErrDenied},
		"unanswered": {servicetest.Unanswered, ErrLocked}, "death": {servicetest.Death, ErrGone},
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := connect(t)
			fake.Set(func() { fake.NoCollection, fake.Answer = true, c.answer })
			if err := client.CreateCollection(testContext(t, 300*time.Millisecond), "x"); !errors.Is(err, c.want) {
				t.Errorf("create: %v", err)
			}
			if n := fake.Count("CreateCollection"); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

// TestPasswordsCrossEncrypted: neither a password nor a wrong one crosses the bus in the clear, and no file
// of the keyring's holds what is in a collection that was made here.
func TestPasswordsCrossEncrypted(t *testing.T) {
	bus := startBus(t)
	g := servicetest.StartGnome(t, bus)
	traffic := bus.Listen(t)
	const wrong, fresh, text = "a wrong password", "a fresh password", "a-secret-that-is-easy-to-recognise"
	who := &person{answers: []string{fresh, fresh, wrong, fresh}}
	client := connectAs(t, who, true)
	ctx := testContext(t, 10*time.Second)
	if err := client.link.call(ctx, servicePath, serviceInterface+".SetAlias", "default", nothing).err; err != nil {
		t.Fatal(err)
	}
	if err := client.CreateCollection(ctx, "Default keyring"); err != nil {
		t.Fatal(err)
	}
	mustPut(t, client, text)
	g.Lock()
	mustGet(t, client, text)
	seen := traffic()
	for _, call := range []string{"CreateWithMasterPassword", "UnlockWithMasterPassword"} {
		if !strings.Contains(seen, call) {
			t.Errorf("the monitor did not see %s", call)
		}
	}
	for _, secret := range []string{wrong, fresh, text} {
		if strings.Contains(seen, secret) {
			t.Errorf("%q crossed the bus in the clear", secret)
		}
	}
	files, err := filepath.Glob(filepath.Join(g.Home, ".local", "share", "keyrings", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of the keyring: %v", err)
	}
	for _, file := range files {
		if content, err := os.ReadFile(file); err != nil || strings.Contains(string(content), text) {
			t.Errorf("%s: %v, or the secret is in it", filepath.Base(file), err)
		}
	}
}
