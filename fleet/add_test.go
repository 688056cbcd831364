package fleet

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

func refuseAPIID(context.Context, int64) error {
	return &telegram.Error{Kind: telegram.APIIDInvalid, Code: 400, Type: "API_ID_INVALID", Sent: true}
}

func TestAddRefusesBadInputBeforeAnythingIsTouched(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	catalogued(t, f, named(env, 99, "Taken", "", ""))
	f.at.Load().ring.open = nil // would panic
	tests := map[string]struct {
		edit  func(*NewBot)
		field Field
		want  Problem
	}{
		"no token":            {func(b *NewBot) { b.Token = secret.Secret{} }, FieldToken, ProblemEmpty},
		"no colon":            {func(b *NewBot) { b.Token = secret.New("hello") }, FieldToken, ProblemNoColon},
		"no api_id":           {func(b *NewBot) { b.APIID, b.APIHash = 0, secret.Secret{} }, FieldAPIID, ProblemEmpty},
		"a hash without id":   {func(b *NewBot) { b.APIID = 0 }, FieldAPIID, ProblemRange},
		"a bad hash":          {func(b *NewBot) { b.APIHash = secret.New("x") }, FieldAPIHash, ProblemNotHex},
		"a label that is had": {func(b *NewBot) { b.Label = "taken" }, FieldLabel, ProblemTaken},
		"a tag with a blank":  {func(b *NewBot) { b.Tags = []string{"a b"} }, FieldTag, ProblemSyntax},
		"an empty tag":        {func(b *NewBot) { b.Tags = []string{" "} }, FieldTag, ProblemEmpty},
		"a long tag":          {func(b *NewBot) { b.Tags = []string{"123456789012345678901234567890123"} }, FieldTag, ProblemTooLong},
		"another environment": {func(b *NewBot) { b.Environment = "lab" }, FieldEnvironment, ProblemNeedsDCs},
		"no environment":      {func(b *NewBot) { b.Environment = "Lab!" }, FieldEnvironment, ProblemSyntax},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			order := w.bot(7)
			test.edit(&order)
			_, err := f.Add(t.Context(), order, nil)
			var input *InputError
			if !errors.As(err, &input) || input.Field != test.field || input.Problem != test.want {
				t.Errorf("got %v, want %s: problem %d", err, test.field, test.want)
			}
		})
	}
	if w.fake.logins != 0 {
		t.Error("logged in")
	}
}

func TestAddFindsTheApp(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	if _, err := f.Add(t.Context(), NewBot{Token: tokenOf(1, "x"), APIID: 4711}, nil); !errors.Is(err, ErrNoApp) {
		t.Errorf("unknown app: %v", err)
	}
	w.added(f, 7)
	if saved, err := f.Add(t.Context(), NewBot{Token: tokenOf(8, "x")}, nil); err != nil || saved.Bot.APIID != testApp {
		t.Errorf("the only app: %+v, %v", saved.Bot, err)
	}
	if _, err := f.AddApp(t.Context(), "other", testApp+1, testHash()); err != nil {
		t.Fatal(err)
	}
	var input *InputError
	if _, err := f.Add(t.Context(), NewBot{Token: tokenOf(9, "x")}, nil); !errors.As(err, &input) || input.Field != FieldAPIID {
		t.Errorf("one of two: %v", err)
	}
	// The catalogue was lost, the ring was not.
	if err := f.at.Load().DeleteApp(t.Context(), testApp+1); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Add(t.Context(), NewBot{Token: tokenOf(9, "x"), APIID: testApp + 1}, nil); err != nil {
		t.Errorf("an app of the ring: %v", err)
	}
	if apps, err := f.Apps(t.Context()); err != nil || len(apps) != 2 {
		t.Errorf("apps: %v, %v", apps, err)
	}
}

// A login is worth more than a name: one that somebody takes while it is under way is given up.
func TestNamesTakenDuringTheLogin(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	catalogued(t, f, named(env, 1, "", "", ""))
	w.fake.onLogin = func(ctx context.Context, _ int64) error {
		_, err := f.SetLabel(ctx, key(1), "Shop")
		return errors.Join(err, f.at.Load().PutApp(ctx, App{Name: "Main", APIID: 5}))
	}
	order := w.bot(7)
	order.Label = "shop"
	saved, err := f.Add(t.Context(), order, nil)
	if err != nil || saved.Bot.Label != "" || saved.Bot.Health.Status != store.OK {
		t.Errorf("%+v, %v", saved.Bot, err)
	}
	apps, err := f.Apps(t.Context())
	if want := []App{{Name: "app 10001", APIID: testApp, Bots: 2}, {Name: "Main", APIID: 5}}; err != nil || !reflect.DeepEqual(apps, want) {
		t.Errorf("apps %+v, %v", apps, err)
	}
}

func TestAdopt(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	order := NewBot{Token: tokenOf(7, "x"), APIID: testApp, APIHash: testHash(), Label: "Shop", Tags: []string{"prod"}}
	saved, err := f.Adopt(t.Context(), order, fakeSession(7, 1), fakeProfile(7), store.Here)
	if err != nil || saved.Bot.Health.Status != store.Unchecked || saved.Bot.Profile.Username != "x7_bot" || saved.Bot.Label != "Shop" {
		t.Fatalf("%+v, %v", saved.Bot, err)
	}
	if w.fake.logins+w.fake.checks != 0 {
		t.Error("something was dialled")
	}
	w.fake.alive[fakeSession(7, 1).Key.Reveal()] = 7
	if bot, err := f.Check(t.Context(), key(7), nil); err != nil || bot.Health.Status != store.OK {
		t.Errorf("check: %+v, %v", bot.Health, err)
	}
	if _, err := f.Adopt(t.Context(), order, fakeSession(7, 2), fakeProfile(7), store.Here); !errors.Is(err, ErrSessionWorks) {
		t.Errorf("another session: %v", err)
	}
	other := fakeSession(8, 1)
	var input *InputError
	if _, err := f.Adopt(t.Context(), order, other, fakeProfile(8), store.Here); !errors.As(err, &input) || input.Problem != ProblemOtherBot {
		t.Errorf("another bot's: %v", err)
	}
	other.UserID, other.Environment = 7, "test"
	if _, err := f.Adopt(t.Context(), order, other, fakeProfile(7), store.Here); !errors.As(err, &input) || input.Field != FieldEnvironment {
		t.Errorf("another environment's: %v", err)
	}
	other.Environment, other.Key = env, secret.New("short")
	if _, err := f.Adopt(t.Context(), order, other, fakeProfile(7), store.Here); !errors.Is(err, errNoSession) {
		t.Errorf("no key: %v", err)
	}
}

func TestASessionElsewhereIsNotOpened(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	order := w.bot(7)
	if _, err := f.Adopt(t.Context(), order, fakeSession(7, 1), fakeProfile(7), store.Elsewhere); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"check": func() error { _, err := f.Check(t.Context(), key(7), nil); return err },
		"login": func() error { _, err := f.Login(t.Context(), key(7), false, nil); return err },
		"add":   func() error { _, err := f.Add(t.Context(), order, nil); return err },
	} {
		if err := call(); !errors.Is(err, ErrRunsElsewhere) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if bot, err := f.LogOut(t.Context(), key(7), nil); err != nil || len(bot.Sessions) != 1 {
		t.Errorf("log out: %+v, %v", bot.Sessions, err)
	}
	if w.fake.checks+w.fake.logins+w.fake.logOuts != 0 {
		t.Error("something was sent")
	}
	if saved, err := f.Login(t.Context(), key(7), true, nil); err != nil || saved.Bot.Sessions[0].Runs != store.Here || w.fake.logOuts != 0 {
		t.Errorf("by force: %+v, %v", saved.Bot.Sessions, err)
	}
}

func TestStatusAfterACheck(t *testing.T) {
	answer := func(kind telegram.Kind) error { return &telegram.Error{Kind: kind, Code: 1, Type: "T"} }
	tests := map[string]struct {
		before Status
		answer error
		want   Status
	}{
		"works":                     {store.Unchecked, nil, store.OK},
		"works again":               {store.Unreachable, nil, store.OK},
		"dead":                      {store.OK, answer(telegram.SessionDead), store.SessionDead},
		"key invalid":               {store.OK, answer(telegram.AuthKeyInvalid), store.SessionDead},
		"revoked":                   {store.OK, answer(telegram.SessionRevoked), store.SessionRevoked},
		"duplicated":                {store.OK, answer(telegram.SessionDuplicated), store.SessionDuplicated},
		"deactivated":               {store.OK, answer(telegram.BotDeactivated), store.Deactivated},
		"a session proves no token": {store.OK, answer(telegram.TokenRevoked), store.OK},
		"unreachable":               {store.OK, answer(telegram.Unreachable), store.Unreachable},
		"timeout":                   {store.Unchecked, answer(telegram.Timeout), store.Unreachable},
		"not telegram":              {store.OK, answer(telegram.NotTelegram), store.Unreachable},
		"dead stays dead":           {store.SessionDead, answer(telegram.Unreachable), store.SessionDead},
		"a login knows better":      {store.TokenRevoked, answer(telegram.SessionRevoked), store.TokenRevoked},
		"the cause stays":           {store.SessionDuplicated, answer(telegram.SessionDead), store.SessionDuplicated},
		"revoked stays revoked":     {store.TokenRevoked, answer(telegram.Timeout), store.TokenRevoked},
		"telegram's own fault":      {store.OK, answer(telegram.TelegramFault), store.OK},
		"no proxy":                  {store.OK, answer(telegram.ProxyUnreachable), store.OK},
		"a proxy's password":        {store.Unchecked, answer(telegram.ProxyDenied), store.Unchecked},
		"a proxy that refuses":      {store.OK, answer(telegram.ProxyRefused), store.OK},
		"a proxy that hangs up":     {store.OK, answer(telegram.ProxyBroken), store.OK},
		"a proxy's secret":          {store.Unreachable, answer(telegram.ProxySecret), store.Unreachable},
		"cancelled":                 {store.OK, answer(telegram.Cancelled), store.OK},
		"another error":             {store.OK, errors.New("x"), store.OK},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			w.added(f, 7)
			long := w.clock()
			err := f.at.Load().Update(t.Context(), key(7), func(b *Bot) { b.Health = store.Health{Status: test.before, Since: long, CheckedAt: long} })
			if err != nil {
				t.Fatal(err)
			}
			w.sleep(3600e9)
			w.fake.onCheck = func(context.Context, int64) error { return test.answer }
			bot, err := f.Check(t.Context(), key(7), nil)
			if !errors.Is(err, test.answer) || bot.Health.Status != test.want {
				t.Fatalf("%+v, %v, want %s", bot.Health, err, test.want)
			}
			if changed := test.want != test.before; changed == bot.Health.Since.Equal(long) {
				t.Errorf("since %v", bot.Health.Since)
			}
		})
	}
}

func TestEnvironments(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "server.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&key.PublicKey)})
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	dcs, keys := []string{"2=127.0.0.1:4430"}, []string{file}
	lab := []CustomEnvironment{{"lab", []string{"2=127.0.0.1:4431"}, keys}}
	tests := map[string]struct {
		opts  Options
		names []string // nil: refused
		field Field
		want  Problem
	}{
		"default":             {opts: Options{}, names: []string{"production", "test"}},
		"test":                {opts: Options{Environment: "test"}, names: []string{"test", "production"}},
		"no name":             {opts: Options{DCs: dcs, ServerKeys: keys}, names: []string{"custom", "production", "test"}},
		"a name":              {opts: Options{Environment: "lab-2", DCs: dcs, ServerKeys: keys}, names: []string{"lab-2", "production", "test"}},
		"given networks":      {opts: Options{Environment: "loop", Networks: []telegram.Network{{Name: "loop"}, {Name: "production"}}}, names: []string{"loop", "production", "test"}},
		"production with DCs": {opts: Options{Environment: "production", DCs: dcs, ServerKeys: keys}, field: FieldDC, want: ProblemFixedDCs},
		"test with keys":      {opts: Options{Environment: "test", ServerKeys: keys}, field: FieldServerKey, want: ProblemFixedDCs},
		"a name alone":        {opts: Options{Environment: "lab"}, field: FieldEnvironment, want: ProblemNeedsDCs},
		"no keys":             {opts: Options{Environment: "lab", DCs: dcs}, field: FieldServerKey, want: ProblemNeedsDCs},
		"no DCs":              {opts: Options{ServerKeys: keys}, field: FieldDC, want: ProblemNeedsDCs},
		"a bad name":          {opts: Options{Environment: "Lab", DCs: dcs, ServerKeys: keys}, field: FieldEnvironment, want: ProblemSyntax},
		"a bad DC":            {opts: Options{DCs: []string{"x"}, ServerKeys: keys}, field: FieldDC, want: ProblemSyntax},
		"a bad key":           {opts: Options{DCs: dcs, ServerKeys: []string{"/nonexistent"}}, field: FieldServerKey, want: ProblemSyntax},
		"configured":          {opts: Options{Custom: lab}, names: []string{"production", "test", "lab"}},
		"configured, chosen":  {opts: Options{Custom: lab, Environment: "lab"}, names: []string{"lab", "production", "test"}},
		"beside a configured": {opts: Options{Custom: lab, DCs: dcs, ServerKeys: keys}, names: []string{"custom", "production", "test", "lab"}},
		"in place of one":     {opts: Options{Custom: lab, Environment: "lab", DCs: dcs, ServerKeys: keys}, field: FieldDC, want: ProblemConfiguredDCs},
		"its key in place":    {opts: Options{Custom: lab, Environment: "lab", ServerKeys: keys}, field: FieldServerKey, want: ProblemConfiguredDCs},
		"Telegram's own":      {opts: Options{Custom: []CustomEnvironment{{"test", dcs, keys}}}, field: FieldDC, want: ProblemFixedDCs},
		"configured, no keys": {opts: Options{Custom: []CustomEnvironment{{"lab", dcs, nil}}}, field: FieldServerKey, want: ProblemNeedsDCs},
		"a bad ring":          {opts: Options{Ring: "../x"}, field: FieldRing, want: ProblemSyntax},
		"a bad keyring":       {opts: Options{Keyring: "cloud"}, field: FieldKeyring, want: ProblemUnknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.opts.Home = t.TempDir()
			f, err := Open(t.Context(), test.opts)
			if test.names != nil {
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = f.Close() }()
				if got := f.Environments(); !reflect.DeepEqual(got, test.names) || f.Environment() != test.names[0] {
					t.Errorf("environments %v, want %v", got, test.names)
				}
				return
			}
			var input *InputError
			if !errors.As(err, &input) || input.Field != test.field || input.Problem != test.want || f != nil {
				t.Errorf("got %v, want %s: problem %d", err, test.field, test.want)
			}
		})
	}
}

func TestABotOfAnotherEnvironmentIsNotSentAnywhere(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	lab := named("lab", 7, "", "", "")
	lab.Sessions = []Session{{Name: store.DefaultSession, DC: 2, Runs: store.Here}}
	catalogued(t, f, lab)
	for name, call := range map[string]func() error{
		"check":   func() error { _, err := f.Check(t.Context(), lab.Key, nil); return err },
		"login":   func() error { _, err := f.Login(t.Context(), lab.Key, true, nil); return err },
		"log out": func() error { _, err := f.LogOut(t.Context(), lab.Key, nil); return err },
		"replace": func() error { _, err := f.ReplaceToken(t.Context(), lab.Key, tokenOf(7, "x"), false, nil); return err },
	} {
		var input *InputError
		if err := call(); !errors.As(err, &input) || input.Problem != ProblemNeedsDCs || input.Got != "lab" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhereTheCatalogueIs(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_DATA_HOME", dir)
	t.Setenv("HOME", filepath.Join(dir, "home"))
	t.Setenv("LocalAppData", dir)
	for _, test := range []struct{ home, ring, want string }{
		{"/x", "", "/x/catalogue.db"},
		{"/x", "work", "/x/catalogue-work.db"},
	} {
		if got, err := cataloguePath(test.home, test.ring, keyring.KindSystem); err != nil || filepath.ToSlash(got) != test.want {
			t.Errorf("%+v: %s, %v", test, got, err)
		}
	}
	if got, err := cataloguePath("", "", keyring.KindSystem); err != nil || !filepath.IsAbs(got) || filepath.Dir(filepath.Dir(got)) == "/" {
		t.Errorf("default: %s, %v", got, err)
	}
	f, err := Open(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var openErr *store.OpenError
	home := filepath.Join(dir, "file")
	if err := os.WriteFile(home, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Home: home}); !errors.As(err, &openErr) {
		t.Errorf("a home that is a file: %v", err)
	}
}
