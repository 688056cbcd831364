package secretservice

import (
	"errors"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	gokeyring "github.com/zalando/go-keyring"

	"botring/internal/secret"
	"botring/keyring/secretservice/servicetest"
)

func TestGnomeKeyring(t *testing.T) {
	startGnome(t)
	client := connectTo(t)
	ctx := testContext(t, 20*time.Second)
	if _, err := client.Get(ctx, tokenItem); !errors.Is(err, ErrNotFound) {
		t.Errorf("get of nothing: %v", err)
	}
	mustPut(t, client, "one")
	mustPut(t, client, "two")
	mustGet(t, client, "two")
	entries, err := client.GetAll(ctx, Attributes{"service": "botring"})
	if err != nil || len(entries) != 1 || entries[0].Secret.Reveal() != "two" || !maps.Equal(ours(entries[0].Attributes), tokenItem) {
		t.Errorf("get all: %d, %v", len(entries), err)
	}
	d, err := client.Describe(ctx)
	if err != nil || d.Provider != "gnome-keyring" || d.Collection == "" || d.Locked {
		t.Errorf("describe: %+v, %v", d, err)
	}
	if err := client.Delete(ctx, tokenItem); err != nil {
		t.Error(err)
	}
	if err := client.Delete(ctx, tokenItem); !errors.Is(err, ErrNotFound) {
		t.Errorf("delete of nothing: %v", err)
	}
}

// TestGnomeKeyringLocked: its prompter ends at once without a display, which looks like a dismissed prompt.
// What other clients take for success must not look like it.
func TestGnomeKeyringLocked(t *testing.T) {
	g := startGnome(t)
	client := connectTo(t)
	mustPut(t, client, "kept")
	g.Lock()
	ctx := testContext(t, 20*time.Second)
	if d, err := client.Describe(ctx); err != nil || !d.Locked {
		t.Errorf("describe: %+v, %v", d, err)
	}
	_, getErr := client.Get(ctx, tokenItem)
	for name, err := range map[string]error{
		"unlock": client.Unlock(ctx), "put": put(t, client, "lost"), "delete": client.Delete(ctx, tokenItem), "get": getErr,
	} {
		if !errors.Is(err, ErrNoPrompter) || !errors.Is(err, ErrLocked) || errors.Is(err, ErrGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	mustGet(t, connectAs(t, &person{answers: []string{servicetest.MasterPassword}}, false), "kept")
	mustGet(t, client, "kept")
	if err := client.Unlock(ctx); err != nil {
		t.Errorf("unlock of what is not locked: %v", err)
	}
}

func TestGnomeKeyringKilled(t *testing.T) {
	g := startGnome(t)
	client := connectTo(t)
	mustPut(t, client, "kept")
	g.Kill()
	if err := put(t, client, "lost"); !errors.Is(err, ErrNoService) {
		t.Errorf("put with nobody there: %v", err)
	}
	g.Start()
	mustGet(t, client, "kept")
	mustPut(t, client, "again")
	g.Kill()
	g.Start()
	mustPut(t, client, "and again")
	mustGet(t, client, "and again")
}

func TestBusThatDies(t *testing.T) {
	g := startGnome(t)
	client := connectTo(t)
	mustPut(t, client, "x")
	g.Kill()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", "")
	client.link.close()
	if err := put(t, client, "lost"); !errors.Is(err, ErrNoBus) {
		t.Errorf("put: %v", err)
	}
}

// TestOthersReadOurs and the other way round: secret-tool and go-keyring use the same attributes.
func TestOthersReadOurs(t *testing.T) {
	g := startGnome(t)
	client := connectTo(t)
	mustPut(t, client, "ours")
	if got, err := gokeyring.Get("botring", tokenItem["username"]); err != nil || got != "ours" {
		t.Errorf("go-keyring reads %d bytes, %v", len(got), err)
	}
	if got, err := secretTool(t, g, "", "lookup", "service", "botring", "username", tokenItem["username"]); err != nil || got != "ours" {
		t.Errorf("secret-tool reads %d bytes, %v", len(got), err)
	}
}

func TestWeReadOthers(t *testing.T) {
	g := startGnome(t)
	client := connectTo(t)
	ctx := testContext(t, 10*time.Second)
	if err := gokeyring.Set("botring", "by-go-keyring", "theirs"); err != nil {
		t.Fatal(err)
	}
	_, err := secretTool(t, g, "theirs too", "store", "--label=x", "service", "botring", "username", "by-secret-tool")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"by-go-keyring": "theirs", "by-secret-tool": "theirs too"} {
		item := Attributes{"service": "botring", "username": name}
		if got, err := client.Get(ctx, item); err != nil || got.Reveal() != want {
			t.Errorf("%s: %d bytes, %v", name, got.Len(), err)
		}
		// Ours goes in place of it, not beside it.
		if err := client.Put(ctx, item, "", secret.New("ours now")); err != nil {
			t.Error(err)
		}
		entries, err := client.GetAll(ctx, item)
		if err != nil || len(entries) != 1 || entries[0].Secret.Reveal() != "ours now" {
			t.Fatalf("%s after our write: %+v, %v", name, entries, err)
		}
		if !maps.Equal(ours(entries[0].Attributes), item) {
			t.Errorf("%s has the attributes %v after our write", name, entries[0].Attributes)
		}
	}
}

// ours are the attributes that we gave. About one time in twenty gnome-keyring 42.1 adds its own name for "no
// schema" to an item that was written before. A search by our two attributes finds it all the same.
func ours(attributes Attributes) Attributes {
	attributes = maps.Clone(attributes)
	delete(attributes, "xdg:schema")
	return attributes
}

// secretTool runs secret-tool on this keyring.
func secretTool(t testing.TB, g *servicetest.Gnome, input string, args ...string) (string, error) {
	path, err := exec.LookPath("secret-tool")
	if err != nil {
		servicetest.Skip(t, "secret-tool is not installed")
	}
	command := exec.CommandContext(testContext(t, 10*time.Second), path, args...)
	command.Env, command.Stdin = g.Env, strings.NewReader(input)
	out, err := command.Output()
	return string(out), err
}

// TestNothingInTheClear: the secret must not pass the bus as it is, in either direction.
func TestNothingInTheClear(t *testing.T) {
	bus := startBus(t)
	servicetest.StartGnome(t, bus)
	traffic := bus.Listen(t)
	client := connectTo(t)
	const text = "a-secret-that-is-easy-to-recognise"
	mustPut(t, client, text)
	mustGet(t, client, text)
	if _, err := client.GetAll(testContext(t, time.Second), tokenItem); err != nil {
		t.Error(err)
	}
	seen := traffic()
	if !strings.Contains(seen, "CreateItem") || !strings.Contains(seen, "GetSecrets") {
		t.Fatal("the monitor did not see our calls")
	}
	if strings.Contains(seen, text) {
		t.Error("the secret passed the bus in the clear")
	}
}

// TestManyItems: the calls that are under way at once keep items and answers together.
func TestManyItems(t *testing.T) {
	startGnome(t)
	client := connectTo(t)
	ctx := testContext(t, 60*time.Second)
	var want []string
	for i := range pipeline + 7 {
		name := "bot/production/" + strings.Repeat("9", i%7) + string(rune('a'+i%26)) + strings.Repeat("1", i/26)
		want = append(want, name)
		if err := client.Put(ctx, Attributes{"service": "many", "username": name}, "", secret.New("of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(want)
	want = slices.Compact(want)
	entries, err := client.GetAll(ctx, Attributes{"service": "many"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Attributes["username"])
		if entry.Secret.Reveal() != "of "+entry.Attributes["username"] {
			t.Errorf("%s has another's secret", entry.Attributes["username"])
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%d of %d items", len(got), len(want))
	}
}
