package fleet

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"botring/fleet/store"
	"botring/internal/secret"
)

// catalogued enters bots into the catalogue alone.
func catalogued(t testing.TB, f *Fleet, bots ...Bot) {
	t.Helper()
	for _, bot := range bots {
		bot.AddedAt = f.now()
		if bot.Health.Status == "" {
			bot.Health.Status = store.NotLoggedIn
		}
		err := f.at.Load().Commit(t.Context(), store.Save{Key: bot.Key, Edit: func(b *Bot) { *b = bot }})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func named(environment string, id int64, label, username, firstName string) Bot {
	return Bot{
		Key: Key{Environment: environment, ID: id}, Label: label, APIID: testApp,
		Profile: Profile{Username: username, FirstName: firstName},
	}
}

func TestFind(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	catalogued(t, f,
		named("production", 7123456789, "Shop", "shop_orders_bot", "Shop orders"),
		named("production", 8, "Support", "support_bot", "Support"),
		named("test", 8, "support-test", "support_bot", "Support"),
		named("production", 9, "tenki_bot", "other_bot", "天気"),
		named("production", 10, "", "tenki_bot", "Weather"),
		named("production", 11, "", "", ""),
	)
	found := map[string]string{
		"7123456789": "7123456789", "production/8": "8", "test/8": "test/8", "@shop_orders_bot": "7123456789",
		"@SHOP_Orders_bot": "7123456789", "SUPPORT": "8", "support-test": "test/8",
		"shop_orders_bot": "7123456789", // without the @
		"tenki_bot":       "9",          // a label before a username
		"@tenki_bot":      "10",         // and with the @ it is no label
		"11":              "11",
	}
	for ref, want := range found {
		if bot, err := f.Find(t.Context(), ref); err != nil || bot.String() != want {
			t.Errorf("%q is %v, %v, want %s", ref, bot.Key, err, want)
		}
	}
	for ref, want := range map[string]int{"8": 2, "@support_bot": 2} {
		_, err := f.Find(t.Context(), ref)
		var ambiguous *AmbiguousError
		if !errors.As(err, &ambiguous) || len(ambiguous.Bots) != want || ambiguous.Ref != ref {
			t.Errorf("%q: %v", ref, err)
		}
	}
	for ref, want := range map[string][]string{
		"shopp": {"7123456789"}, "@shop_order_bot": {"7123456789"}, "7123456780": {"7123456789"}, "supprt": {"8", "test/8"},
		"orders": {"7123456789"}, "": nil, "@": nil, "nothing like it": nil, "production/7": nil,
	} {
		_, err := f.Find(t.Context(), ref)
		var missing *NotFoundError
		if !errors.As(err, &missing) {
			t.Errorf("%q: %v", ref, err)
			continue
		}
		var near []string
		for _, bot := range missing.Near {
			near = append(near, bot.String())
		}
		if !reflect.DeepEqual(near, want) {
			t.Errorf("%q: near %v, want %v", ref, near, want)
		}
	}
}

func TestUnlikeness(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"天気", "天", 1}, {"flaw", "lawn", 2}, {"orders", "order", 1}} {
		if got := unlikeness(test.a, test.b); got != test.want {
			t.Errorf("%q, %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestSetLabel(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	catalogued(t, f, named(env, 8, "Taken", "", ""), named(env, 9, "Läden", "", ""))
	puts := w.store.puts
	for label, want := range map[string]Problem{
		"taken": ProblemTaken, "LÄDEN": ProblemTaken, "123": ProblemReserved, "@x": ProblemReserved, "test/8": ProblemReserved,
		"a\x1b[31mb": ProblemCharacters, "a\u202eb": ProblemCharacters, "\xff": ProblemCharacters,
		strings.Repeat("ä", 65): ProblemTooLong,
	} {
		_, err := f.SetLabel(t.Context(), key(7), label)
		var input *InputError
		if !errors.As(err, &input) || input.Field != FieldLabel || input.Problem != want {
			t.Errorf("%q: %v, want problem %d", label, err, want)
		}
	}
	for _, label := range []string{"Shop", "shop", strings.Repeat("ä", 64), "天気 🤖", ""} {
		if bot, err := f.SetLabel(t.Context(), key(7), "  "+label+" "); err != nil || bot.Label != label {
			t.Errorf("%q: %q, %v", label, bot.Label, err)
		}
	}
	if _, err := f.SetLabel(t.Context(), key(99), "x"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown bot: %v", err)
	}
	if w.store.puts != puts {
		t.Error("the keyring was written for a label")
	}
}

func TestApps(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	ctx := t.Context()
	app, err := f.AddApp(ctx, "", testApp, secret.New(" '"+testHash().Reveal()+"'\r\n"))
	if err != nil || app != (App{Name: "main", APIID: testApp}) {
		t.Fatalf("%+v, %v", app, err)
	}
	if app, err := f.AddApp(ctx, "", 5, testHash()); err != nil || app.Name != "app 2" {
		t.Errorf("second: %+v, %v", app, err)
	}
	bad := map[string]struct {
		name  string
		id    int
		hash  string
		field Field
		want  Problem
	}{
		"known id":    {"x", testApp, testHash().Reveal(), FieldAPIID, ProblemTaken},
		"known name":  {"MAIN", 9, testHash().Reveal(), FieldAppName, ProblemTaken},
		"id 0":        {"x", 0, testHash().Reveal(), FieldAPIID, ProblemRange},
		"negative id": {"x", -4, testHash().Reveal(), FieldAPIID, ProblemRange},
		"no hash":     {"x", 9, "", FieldAPIHash, ProblemEmpty},
		"bad hash":    {"x", 9, "xyz", FieldAPIHash, ProblemNotHex},
		"number":      {"42", 9, testHash().Reveal(), FieldAppName, ProblemReserved},
	}
	for name, test := range bad {
		_, err := f.AddApp(ctx, test.name, test.id, secret.New(test.hash))
		var input *InputError
		if !errors.As(err, &input) || input.Field != test.field || input.Problem != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	puts := w.store.puts
	if app, err := f.EditApp(ctx, testApp, "legacy", secret.Secret{}); err != nil || app.Name != "legacy" || w.store.puts != puts {
		t.Errorf("rename: %+v, %v, %d writes", app, err, w.store.puts-puts)
	}
	newHash := secret.New(strings.Repeat("ab", 16))
	if app, err := f.EditApp(ctx, testApp, "", newHash); err != nil || app.Name != "legacy" {
		t.Errorf("new hash: %+v, %v", app, err)
	}
	if _, err := f.Add(ctx, NewBot{Token: tokenOf(7, "x"), APIID: testApp}, nil); err != nil || !w.fake.last.Hash.Equal(newHash) {
		t.Errorf("the new hash is not used: %v", err)
	}
	if _, err := f.EditApp(ctx, 5, "Legacy", secret.Secret{}); err == nil {
		t.Error("renamed to a name that is taken")
	}
	for _, err := range []error{f.RemoveApp(ctx, 4711), func() error { _, err := f.EditApp(ctx, 4711, "x", secret.Secret{}); return err }()} {
		if !errors.Is(err, ErrNoApp) {
			t.Errorf("unknown app: %v", err)
		}
	}
	if err := f.RemoveApp(ctx, 5); err != nil {
		t.Error(err)
	}
	// An app whose item somebody deleted.
	if err := w.store.Delete(ctx, appItemName(testApp)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Login(ctx, key(7), true, nil); !errors.Is(err, ErrSecretMissing) {
		t.Errorf("login without the hash: %v", err)
	}
}

func TestAddSavesANewHashOnlyOnceItIsProven(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	if _, err := f.AddApp(t.Context(), "main", testApp, testHash()); err != nil {
		t.Fatal(err)
	}
	newHash := secret.New(strings.Repeat("ab", 16))
	order := NewBot{Token: tokenOf(7, "x"), APIID: testApp, APIHash: newHash}
	hashNow := func() secret.Secret {
		item, err := decodeAppItem(testApp, w.item(appItemName(testApp)))
		if err != nil {
			t.Fatal(err)
		}
		return item.Hash
	}
	w.fake.onLogin = refuseAPIID
	if _, err := f.Add(t.Context(), order, nil); err == nil || !hashNow().Equal(testHash()) {
		t.Errorf("refused, and the old hash is gone: %v", err)
	}
	w.fake.onLogin = nil
	if _, err := f.Add(t.Context(), order, nil); err != nil || !hashNow().Equal(newHash) {
		t.Errorf("granted, and the old hash is still there: %v", err)
	}
	if apps, err := f.Apps(t.Context()); err != nil || len(apps) != 1 || apps[0].Name != "main" {
		t.Errorf("apps %v, %v", apps, err)
	}
}
