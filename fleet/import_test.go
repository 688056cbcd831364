package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"botring/fleet/files"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// entriesOf reads a file that a test has written.
func entriesOf(t testing.TB, text string) []files.Entry {
	t.Helper()
	doc, err := files.Read("bots.csv", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc.Entries
}

func preview(t testing.TB, f *Fleet, text string) []Candidate {
	t.Helper()
	candidates, err := f.Preview(t.Context(), entriesOf(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return candidates
}

func TestPreview(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	for id, letter := range map[int64]string{1: "x", 2: "x"} {
		order := NewBot{Token: tokenOf(id, letter), APIID: testApp, APIHash: testHash(), Label: fmt.Sprint("Label ", id)}
		if _, err := f.Add(t.Context(), order, nil); err != nil {
			t.Fatal(err)
		}
	}
	text := func(token secret.Secret) string { return token.Reveal() }
	got := preview(t, f, strings.Join([]string{
		"token,label,api_id,api_hash,app,tags,environment",
		text(tokenOf(1, "x")) + ",,,,,,",
		text(tokenOf(2, "y")) + ",,,,,,",
		text(tokenOf(3, "x")) + ",label 1,,,main,prod eu,",
		text(tokenOf(3, "x")) + ",,,,,,",
		text(tokenOf(3, "y")) + ",,,,,,",
		"no token,,,,,,",
		text(tokenOf(4, "x")) + ",,20001,,,,",
		text(tokenOf(5, "x")) + ",,20001," + testHash().Reveal() + ",,,",
		text(tokenOf(6, "x")) + ",,,,nobody's,,",
		text(tokenOf(7, "x")) + ",,,,,,elsewhere",
		text(tokenOf(8, "x")) + ",12345,,,,,",
		"9:short,,17349," + testHash().Reveal() + ",,,",
	}, "\n"))
	problem := func(field Field, p Problem) *InputError { return &InputError{Field: field, Problem: p} }
	for i, want := range []struct {
		verdict Verdict
		problem *InputError
		before  int
	}{
		{verdict: Same},
		{verdict: Changed},
		{verdict: New},
		{verdict: Repeated, before: 4},
		{verdict: Contradicted, before: 4},
		{Invalid, problem(FieldToken, ProblemNoColon), 0},
		{Invalid, problem(FieldAPIHash, ProblemEmpty), 0},
		{verdict: New},
		{Invalid, problem(FieldAppName, ProblemUnknown), 0},
		{Invalid, problem(FieldEnvironment, ProblemNeedsDCs), 0},
		{Invalid, problem(FieldLabel, ProblemReserved), 0},
		{New, problem(FieldToken, ProblemSecretLength), 0},
	} {
		c := got[i]
		if c.Verdict != want.verdict || c.Before != want.before {
			t.Errorf("line %d: %v, before %d; want %v, %d", c.Line, c.Verdict, c.Before, want.verdict, want.before)
		}
		switch {
		case want.problem == nil && c.Problem != nil:
			t.Errorf("line %d: %v", c.Line, c.Problem)
		case want.problem != nil && (c.Problem == nil || c.Problem.Field != want.problem.Field || c.Problem.Problem != want.problem.Problem):
			t.Errorf("line %d: problem %v, want %v", c.Line, c.Problem, want.problem)
		}
	}
	if c := got[2]; !c.NoLabel || c.Label != "" || !slices.Equal(c.Tags, []string{"prod", "eu"}) {
		t.Errorf("a label that is taken: %+v", c)
	}
	if w.fake.logins != 2 || w.fake.checks != 0 {
		t.Errorf("the preview spoke with Telegram: %d logins, %d checks", w.fake.logins, w.fake.checks)
	}
}

// TestPreviewPreferred: of several tokens of a bot the first counts, or the one that somebody prefers. What it comes to
// is judged by itself, and the others give way to it.
func TestPreviewPreferred(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 1)
	x, y := tokenOf(1, "x").Reveal(), tokenOf(1, "y").Reveal()
	entries := entriesOf(t, "token,label\n"+y+",\n"+x+",\n"+y+",\n"+tokenOf(2, "x").Reveal()+",\n")
	for _, test := range []struct {
		preferred int // its line, 0 for none
		want      []Verdict
		before    []int
	}{
		{0, []Verdict{Changed, Contradicted, Repeated, New}, []int{0, 2, 2, 0}},
		{3, []Verdict{Contradicted, Same, Contradicted, New}, []int{3, 0, 3, 0}},
		{4, []Verdict{Repeated, Contradicted, Changed, New}, []int{4, 4, 0, 0}},
	} {
		for i := range entries {
			entries[i].Preferred = entries[i].Line == test.preferred
		}
		candidates, err := f.Preview(t.Context(), entries)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range candidates {
			if c.Verdict != test.want[i] || c.Before != test.before[i] {
				t.Errorf("line %d preferred: line %d is %v, before %d; want %v, %d", test.preferred, c.Line, c.Verdict, c.Before, test.want[i], test.before[i])
			}
		}
	}
}

// TestImport imports a file twice: what the first run did, the second leaves alone.
func TestImport(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	file := "label,token,api_id,api_hash\n"
	for id := int64(1); id <= 20; id++ {
		file += fmt.Sprintf("Bot no %d,%s,%d,%s\n", id, tokenOf(id, "x").Reveal(), testApp+id%2, testHash().Reveal())
	}
	w.fake.onLogin = func(_ context.Context, id int64) error {
		if id == 13 {
			return &telegram.Error{Kind: telegram.TokenRevoked, Code: 400, Type: "ACCESS_TOKEN_EXPIRED"}
		}
		return nil
	}
	run := func() (saved, still, revoked int) {
		candidates := preview(t, f, file)
		err := f.Import(t.Context(), candidates, Importing{Tags: []string{"new"}}, func(i int, o Outcome) {
			if candidates[i].Key != o.Key {
				t.Errorf("%v was told at the place of %v", o.Key, candidates[i].Key)
			}
			switch {
			case o.Err == nil:
				saved++
				if o.Bot.Label != candidates[i].Label || !slices.Contains(o.Bot.Tags, "new") {
					t.Errorf("saved as %q with tags %q", o.Bot.Label, o.Bot.Tags)
				}
			case errors.Is(o.Err, ErrSessionWorks):
				still++
			case errors.Is(o.Err, telegram.TokenRevoked):
				revoked++
			default:
				t.Error(o.Err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return saved, still, revoked
	}
	if saved, still, revoked := run(); saved != 19 || still != 0 || revoked != 1 {
		t.Errorf("first: %d saved, %d still work, %d revoked", saved, still, revoked)
	}
	apps, err := f.Apps(t.Context())
	if err != nil || len(apps) != 2 || apps[0].Bots+apps[1].Bots != 19 {
		t.Errorf("apps %+v, %v", apps, err)
	}
	logins := w.fake.logins
	if saved, still, revoked := run(); saved != 0 || still != 19 || revoked != 1 {
		t.Errorf("second: %d saved, %d still work, %d revoked", saved, still, revoked)
	}
	if again := w.fake.logins - logins; again != 1 {
		t.Errorf("the second run logged in %d bots", again)
	}
}

// TestImportChanged: the token that is saved is not lost to one of an old file.
func TestImportChanged(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 1)
	candidates := preview(t, f, "token,label\n"+tokenOf(1, "o").Reveal()+",\n")
	if how := (Importing{}); how.Takes(candidates[0]) {
		t.Error("it would be taken without being told to")
	}
	w.fake.onLogin = func(context.Context, int64) error {
		return &telegram.Error{Kind: telegram.TokenRevoked, Code: 400, Type: "ACCESS_TOKEN_EXPIRED"}
	}
	var got Outcome
	replace := func() {
		if err := f.Import(t.Context(), candidates, Importing{Replace: true, Tags: []string{"new"}}, func(_ int, o Outcome) { got = o }); err != nil {
			t.Fatal(err)
		}
	}
	replace()
	token, err := f.Token(t.Context(), key(1))
	if !errors.Is(got.Err, telegram.TokenRevoked) || err != nil || !token.Equal(tokenOf(1, "x")) {
		t.Errorf("with a revoked one: %v; then the token is the old one: %t, %v", got.Err, token.Equal(tokenOf(1, "x")), err)
	}
	w.fake.onLogin = nil
	replace()
	if token, err = f.Token(t.Context(), key(1)); got.Err != nil || err != nil || !token.Equal(tokenOf(1, "o")) {
		t.Errorf("with one that works: %v; then the token is the new one: %t, %v", got.Err, token.Equal(tokenOf(1, "o")), err)
	}
	if !slices.Equal(got.Bot.Tags, []string{"new"}) {
		t.Errorf("a bot whose token is replaced has the tags %q", got.Bot.Tags)
	}
	var wrong *InputError
	err = f.Import(t.Context(), candidates, Importing{Tags: []string{"two words"}}, func(int, Outcome) { t.Error("a bot was tried") })
	if !errors.As(err, &wrong) || wrong.Field != FieldTag {
		t.Errorf("a tag that is none: %v", err)
	}
}

// TestImportOfBotsThatAreHere: they keep their labels and tags, and get the file's besides, whether a login is made, none
// is needed, or the token is another one.
func TestImportOfBotsThatAreHere(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	const works, loggedOut, changed, nameless = 1, 2, 3, 4
	for id := int64(works); id <= nameless; id++ {
		w.added(f, id)
		if _, err := f.Tag(t.Context(), []Key{key(id)}, []string{"mine"}, nil); err != nil {
			t.Fatal(err)
		}
		if id == nameless {
			break
		}
		if _, err := f.SetLabel(t.Context(), key(id), fmt.Sprint("Label ", id, "!")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.LogOut(t.Context(), key(loggedOut), nil); err != nil {
		t.Fatal(err)
	}
	file := "token,label,tags\n"
	for id, letter := range map[int64]string{works: "x", loggedOut: "x", changed: "o", nameless: "x"} {
		file += fmt.Sprintf("%s,Of the file %d,mine file\n", tokenOf(id, letter).Reveal(), id)
	}
	for round := range 2 {
		err := f.Import(t.Context(), preview(t, f, file), Importing{Tags: []string{"new"}, Replace: true}, func(_ int, o Outcome) {
			label := fmt.Sprint("Label ", o.Key.ID, "!")
			if o.Key.ID == nameless {
				label = fmt.Sprint("Of the file ", nameless)
			}
			if o.Err != nil && !errors.Is(o.Err, ErrSessionWorks) || o.Bot.Label != label || !slices.Equal(o.Bot.Tags, []string{"mine", "file", "new"}) {
				t.Errorf("round %d: %d is %q with %q, %v", round, o.Key.ID, o.Bot.Label, o.Bot.Tags, o.Err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestImportFaults: the keyring's faults are told once, before anything is sent, and a login that cannot be saved
// is ended.
func TestImportFaults(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	if _, err := f.AddApp(t.Context(), "main", testApp, testHash()); err != nil {
		t.Fatal(err)
	}
	candidates := preview(t, f, "token,label\n"+tokenOf(1, "x").Reveal()+",\n"+tokenOf(2, "x").Reveal()+",\n")
	w.store.fail(func(item *keyring.Item) error {
		if strings.HasPrefix(item.Name, "bot/") {
			return keyring.ErrGone
		}
		return nil
	}, nil)
	ended := 0
	err := f.Import(t.Context(), candidates, Importing{}, func(_ int, o Outcome) {
		ended++
		if !errors.Is(o.Err, keyring.ErrGone) {
			t.Error(o.Err)
		}
	})
	if err != nil || ended != 2 || w.fake.sessions() != 0 {
		t.Errorf("%v; %d told, %d sessions left alive", err, ended, w.fake.sessions())
	}
	w.store.fail(nil, nil)

	shut := errors.New("shut")
	g, err := Open(t.Context(), Options{
		Environment: env, Networks: []telegram.Network{{Name: env}}, Home: t.TempDir(),
		OpenRing: func(context.Context) (*keyring.Ring, error) { return nil, shut },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	logins := w.fake.logins
	err = g.Import(t.Context(), candidates, Importing{APIID: testApp}, func(int, Outcome) { t.Error("a bot was tried") })
	if !errors.Is(err, shut) || w.fake.logins != logins {
		t.Errorf("a keyring that is shut: %v", err)
	}
}

// TestImportCancelled: what was begun ends, nothing more begins, and the next run does the rest.
func TestImportCancelled(t *testing.T) {
	inBubble(t, 0, func(t *testing.T, tg *fakeTelegram, f *Fleet, _ []Key) {
		file := "token,label\n"
		for id := int64(1); id <= 30; id++ {
			file += tokenOf(id, "x").Reveal() + ",\n"
		}
		candidates := preview(t, f, file)
		ctx, cancel := context.WithCancel(t.Context())
		var granted atomic.Int64
		tg.onLogin = func(ctx context.Context, _ int64) error {
			time.Sleep(time.Millisecond)
			if granted.Add(1) == 10 {
				cancel()
			}
			return nil
		}
		err := f.Import(ctx, candidates, Importing{}, func(int, Outcome) {})
		bots, listErr := f.Bots(t.Context())
		if err != nil || listErr != nil || len(bots) == 0 || len(bots) >= 30 {
			t.Fatalf("%v, %v: %d bots saved", err, listErr, len(bots))
		}
		if tg.sessions() != len(bots) {
			t.Errorf("%d sessions are alive, %d bots are saved", tg.sessions(), len(bots))
		}
		tg.onLogin = nil
		if err := f.Import(t.Context(), preview(t, f, file), Importing{}, func(int, Outcome) {}); err != nil {
			t.Fatal(err)
		}
		bots, err = f.Bots(t.Context())
		if err != nil || len(bots) != 30 {
			t.Errorf("after the second run %d bots are saved, %v", len(bots), err)
		}
		for _, bot := range bots {
			if bot.Health.Status != store.OK {
				t.Errorf("%v is %v", bot.Key, bot.Health.Status)
			}
		}
	})
}
