package fleet

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

func TestSessionNames(t *testing.T) {
	for name, want := range map[string]Problem{
		"ci": -1, "vps-1": -1, "a.b_c-9": -1, strings.Repeat("x", 32): -1,
		"": ProblemEmpty, "default": ProblemReserved, "CI": ProblemSyntax, "a/b": ProblemSyntax, "a b": ProblemSyntax,
		"größe": ProblemSyntax, strings.Repeat("x", 33): ProblemSyntax, "a\n": ProblemSyntax,
	} {
		problem := CheckSessionName(name)
		if want == -1 && problem != nil || want >= 0 && (problem == nil || problem.Problem != want || problem.Field != FieldSession) {
			t.Errorf("%q: %v, want problem %d", name, problem, want)
		}
	}
}

// The place of programs that run under botring exec is none that somebody may name: what is exported for it would
// pass for theirs.
func TestPlaces(t *testing.T) {
	for name, want := range map[string]Problem{"ci": -1, PlaceExec: ProblemReserved, "default": ProblemReserved, "": ProblemEmpty, "A": ProblemSyntax} {
		problem := CheckPlace(name)
		if want == -1 && problem != nil || want >= 0 && (problem == nil || problem.Problem != want || problem.Field != FieldPlace) {
			t.Errorf("%q: %v, want problem %d", name, problem, want)
		}
	}
}

// session is a bot's row of that session.
func session(t *testing.T, f *Fleet, id int64, name string) Session {
	t.Helper()
	bot, err := f.Bot(t.Context(), key(id))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(bot.Sessions, func(s Session) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no session %s in %+v", name, bot.Sessions)
	}
	return bot.Sessions[i]
}

// A session of its own is made, kept, found by the next start and by a catalogue that was lost, handed out and
// ended alone.
func TestANamedSessionsLife(t *testing.T) {
	w := newWorld(t)
	f := w.open()
	w.added(f, 7)
	ctx := t.Context()
	saved, err := f.LoginSession(ctx, key(7), NewSession{Name: "vps-1", Elsewhere: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(saved.Bot.Sessions) != 2 || saved.Bot.Health.Status != store.OK {
		t.Errorf("saved %+v", saved.Bot)
	}
	row := session(t, f, 7, "vps-1")
	if row.Runs != store.Elsewhere || row.At != "vps-1" || !row.Since.Equal(w.clock()) || row.APIID != testApp || row.DC != 2 {
		t.Errorf("row %+v", row)
	}
	own, err := decodeBotItem(key(7), w.item(botItemName(key(7))))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := f.OpenSession(ctx, key(7), "vps-1", Use{Action: "export", Detail: "vps-1, telethon"})
	if err != nil {
		t.Fatal(err)
	}
	if opened.Key.Len() != authKeySize || opened.Key.Equal(own.Session.Key) || !opened.Token.Equal(tokenOf(7, "x")) ||
		!opened.APIHash.Equal(testHash()) || opened.UserID != 7 || opened.Addr == "" || opened.APIID != testApp {
		t.Error("what was handed out is not what was made")
	}
	entries, err := f.History(ctx, 1)
	if err != nil || len(entries) != 1 || entries[0].Action != "export" || entries[0].Detail != "vps-1, telethon" {
		t.Errorf("history %+v, %v", entries, err)
	}

	// The next start knows it, and so does one whose catalogue was lost.
	_ = f.Close()
	f = w.open()
	if got := session(t, f, 7, "vps-1"); got != row {
		t.Errorf("next start: %+v, want %+v", got, row)
	}
	if err := f.at.Load().Delete(ctx, key(7)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Rebuild(ctx); err != nil {
		t.Fatal(err)
	}
	if got := session(t, f, 7, "vps-1"); got.Runs != store.Elsewhere || got.At != "vps-1" || !got.Since.Equal(row.Since) {
		t.Errorf("rebuilt: %+v", got)
	}

	if _, err := f.LogOutSession(ctx, key(7), "vps-1", false, nil); !errors.Is(err, ErrRunsElsewhere) {
		t.Errorf("ended without a word: %v", err)
	}
	bot, err := f.LogOutSession(ctx, key(7), "vps-1", true, nil)
	if err != nil || len(bot.Sessions) != 1 || bot.Sessions[0].Name != store.DefaultSession {
		t.Errorf("logged out: %+v, %v", bot.Sessions, err)
	}
	if bot, err = f.Check(ctx, key(7), nil); err != nil || bot.Health.Status != store.OK {
		t.Errorf("the bot's own session: %+v, %v", bot.Health, err)
	}
	talk, err := f.speak(env)
	if err != nil {
		t.Fatal(err)
	}
	var answer *telegram.Error
	if _, err := talk.Check(ctx, telegram.App{ID: testApp}, opened.Session, nil); !errors.As(err, &answer) || answer.Kind != telegram.SessionDead {
		t.Errorf("the session that was ended: %v", err)
	}
	if slices.Contains(w.items(), sessionItemName(key(7), "vps-1")) {
		t.Error("its item is still there")
	}
	if _, err := f.OpenSession(ctx, key(7), "vps-1", Use{Action: "export"}); !errors.Is(err, ErrNoSession) {
		t.Errorf("handed out after its end: %v", err)
	}
	wantNoIntents(t, f)
}

func TestALiveSessionIsNotReplaced(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	ctx := t.Context()
	here, elsewhere := NewSession{Name: "ci"}, NewSession{Name: "vps-1", Elsewhere: true}
	for _, order := range []NewSession{here, elsewhere} {
		if _, err := f.LoginSession(ctx, key(7), order, nil); err != nil {
			t.Fatal(err)
		}
	}
	logins := w.fake.logins
	if _, err := f.LoginSession(ctx, key(7), here, nil); !errors.Is(err, ErrSessionWorks) {
		t.Errorf("one that works: %v", err)
	}
	if _, err := f.LoginSession(ctx, key(7), elsewhere, nil); !errors.Is(err, ErrRunsElsewhere) {
		t.Errorf("one that runs elsewhere: %v", err)
	}
	if w.fake.logins != logins || w.fake.sessions() != 3 {
		t.Errorf("%d logins, %d sessions", w.fake.logins-logins, w.fake.sessions())
	}
	// By force the old one is ended, wherever it ran.
	for _, order := range []NewSession{here, elsewhere} {
		order.Force = true
		if _, err := f.LoginSession(ctx, key(7), order, nil); err != nil {
			t.Fatal(err)
		}
	}
	if w.fake.logins != logins+2 || w.fake.sessions() != 3 {
		t.Errorf("by force: %d logins, %d sessions", w.fake.logins-logins, w.fake.sessions())
	}
	// A dead one is replaced, and says nothing of the bot, whose own session works.
	item, err := decodeFurther(key(7), "ci", w.item(sessionItemName(key(7), "ci")))
	if err != nil {
		t.Fatal(err)
	}
	_ = w.fake.LogOut(ctx, telegram.App{}, item.Session, nil)
	saved, err := f.LoginSession(ctx, key(7), here, nil)
	if err != nil || saved.Bot.Health.Status != store.OK {
		t.Errorf("a dead one: %+v, %v", saved.Bot.Health, err)
	}
}

// A further session says of a bot only what its own one does not.
func TestWhatAFurtherSessionSaysOfItsBot(t *testing.T) {
	for name, c := range map[string]struct {
		before Status
		own    bool
		want   Status
	}{
		"none of its own":   {store.NotLoggedIn, false, store.OK},
		"works":             {store.OK, true, store.OK},
		"dead":              {store.SessionDead, true, store.SessionDead},
		"the token works":   {store.TokenRevoked, true, store.Unchecked},
		"is not gone":       {store.Deactivated, true, store.Unchecked},
		"not reached alone": {store.Unreachable, false, store.OK},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			w.added(f, 7)
			err := f.at.Load().Update(t.Context(), key(7), func(b *Bot) {
				b.Health = store.Health{Status: c.before}
				if !c.own {
					b.Sessions = nil
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.LoginSession(t.Context(), key(7), NewSession{Name: "ci", Elsewhere: true}, nil); err != nil {
				t.Fatal(err)
			}
			wantStatus(t, f, 7, c.want)
		})
	}
}

func TestASessionThatRunsHereIsMarkedBeforeItIsHandedOut(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	ctx := t.Context()
	if _, err := f.LoginSession(ctx, key(7), NewSession{Name: "ci"}, nil); err != nil {
		t.Fatal(err)
	}
	made := session(t, f, 7, "ci").MadeAt
	w.sleep(time.Hour)
	for _, name := range []string{store.DefaultSession, "ci"} {
		checked := session(t, f, 7, name).CheckedAt
		if _, err := f.OpenSession(ctx, key(7), name, Use{Action: "export"}); !errors.Is(err, ErrRunsHere) {
			t.Errorf("%s: handed out while it runs here: %v", name, err)
		}
		if _, err := f.MarkElsewhere(ctx, key(7), name, "vps-1"); err != nil {
			t.Fatal(err)
		}
		got := session(t, f, 7, name)
		if got.Runs != store.Elsewhere || got.At != "vps-1" || !got.Since.Equal(w.clock()) || !got.MadeAt.Equal(made) || !got.CheckedAt.Equal(checked) {
			t.Errorf("%s: %+v", name, got)
		}
		if opened, err := f.OpenSession(ctx, key(7), name, Use{Action: "export"}); err != nil || opened.Key.Empty() {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantStatus(t, f, 7, store.OK)
	checks := w.fake.checks
	if _, err := f.Check(ctx, key(7), nil); !errors.Is(err, ErrRunsElsewhere) || w.fake.checks != checks {
		t.Errorf("checked although all run elsewhere: %v", err)
	}
	if _, err := f.MarkElsewhere(ctx, key(7), "none", ""); !errors.Is(err, ErrNoSession) {
		t.Errorf("marked one that is not there: %v", err)
	}
	wantNoIntents(t, f)
}

// An item that was marked by a process which died before it wrote the row is not opened all the same.
func TestTheItemSaysWhereASessionRuns(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	ctx := t.Context()
	if _, err := f.LoginSession(ctx, key(7), NewSession{Name: "ci"}, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{store.DefaultSession, "ci"} {
		if _, err := f.MarkElsewhere(ctx, key(7), name, PlaceExec); err != nil {
			t.Fatal(err)
		}
	}
	rowLags := func() {
		t.Helper()
		err := f.at.Load().Update(ctx, key(7), func(b *Bot) {
			for i := range b.Sessions {
				b.Sessions[i].Runs, b.Sessions[i].At = store.Here, ""
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rowLags()
	checks := w.fake.checks
	if _, err := f.Check(ctx, key(7), nil); !errors.Is(err, ErrRunsElsewhere) || w.fake.checks != checks {
		t.Errorf("%v, %d checks", err, w.fake.checks-checks)
	}
	rowLags()
	bot, err := f.LogOut(ctx, key(7), nil)
	stillHere := slices.ContainsFunc(bot.Sessions, func(s Session) bool { return s.Runs == store.Here })
	if err != nil || w.fake.logOuts != 0 || len(bot.Sessions) != 2 || stillHere {
		t.Errorf("logged out: %v, %d sessions ended, %+v", err, w.fake.logOuts, bot.Sessions)
	}
	rowLags()
	for _, name := range []string{store.DefaultSession, "ci"} {
		if _, err := f.MarkElsewhere(ctx, key(7), name, "vps-1"); !errors.Is(err, ErrRunsElsewhere) {
			t.Errorf("%s is given away twice: %v", name, err)
		}
		if got := session(t, f, 7, name); got.Runs != store.Elsewhere || got.At != PlaceExec {
			t.Errorf("the row of %s: %+v", name, got)
		}
	}
	rowLags()
	if _, err := f.ReadyForExec(ctx, key(7), "ci", nil); !errors.Is(err, ErrRunsElsewhere) {
		t.Errorf("handed to a program while another has it: %v", err)
	}
	wantNoIntents(t, f)
}

// Killed between the login and the row, the session is found by the next start; killed before its item was
// written, it is told to be lost.
func TestRecoverAFurtherSession(t *testing.T) {
	for name, written := range map[string]bool{"written": true, "not written": false} {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			w.added(f, 7)
			s := &save{key: key(7), further: "ci", item: botItem{
				Token: tokenOf(7, "x"), APIID: testApp,
				Session: &sessionItem{Session: fakeSession(7, 50), Runs: store.Elsewhere, At: "ci", Since: w.clock()},
			}}
			on := f.at.Load()
			if err := s.begin(t.Context(), f, on, true); err != nil {
				t.Fatal(err)
			}
			if written {
				if err := s.put(t.Context(), on, w.ring); err != nil {
					t.Fatal(err)
				}
			}
			_ = f.Close()
			f = w.open()
			lost, err := f.Recover(t.Context())
			if err != nil || (len(lost) == 0) != written {
				t.Errorf("lost %v, %v", lost, err)
			}
			wantNoIntents(t, f)
			bot, err := f.Bot(t.Context(), key(7))
			if err != nil || (len(bot.Sessions) == 2) != written || bot.Health.Status != store.OK {
				t.Errorf("bot %+v, %v", bot, err)
			}
			if written {
				if got := session(t, f, 7, "ci"); got.Runs != store.Elsewhere || got.At != "ci" {
					t.Errorf("session %+v", got)
				}
			}
		})
	}
}

// A session that the keyring does not take stays in memory: saved later, or ended.
func TestAFurtherSessionThatIsNotSaved(t *testing.T) {
	for name, again := range map[string]bool{"saved again": true, "given up": false} {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorld(t)
			f := w.open()
			w.added(f, 7)
			before := w.item(botItemName(key(7)))
			w.store.fail(func(*keyring.Item) error { return keyring.ErrGone }, nil)
			_, err := f.LoginSession(t.Context(), key(7), NewSession{Name: "ci"}, nil)
			var unsaved *UnsavedError
			if !errors.As(err, &unsaved) || !errors.Is(err, keyring.ErrGone) {
				t.Fatalf("not told: %v", err)
			}
			w.store.fail(nil, nil)
			if again {
				saved, err := f.SaveAgain(t.Context(), unsaved)
				if err != nil || len(saved.Bot.Sessions) != 2 || w.fake.sessions() != 2 {
					t.Errorf("%+v, %v, %d sessions", saved.Bot.Sessions, err, w.fake.sessions())
				}
			} else {
				if err := f.Abandon(t.Context(), unsaved); err != nil || w.fake.sessions() != 1 {
					t.Errorf("%v, %d sessions", err, w.fake.sessions())
				}
				if slices.Contains(w.items(), sessionItemName(key(7), "ci")) {
					t.Error("its item was left")
				}
			}
			if !w.item(botItemName(key(7))).Equal(before) {
				t.Error("the bot's own item was changed")
			}
			wantNoIntents(t, f)
		})
	}
}

// Where the item of a session is gone there is nothing to end it with: its row goes, and that is told.
func TestLogOutOfASessionWithoutItsItem(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	if _, err := f.LoginSession(t.Context(), key(7), NewSession{Name: "ci"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Delete(context.Background(), sessionItemName(key(7), "ci")); err != nil {
		t.Fatal(err)
	}
	bot, err := f.LogOutSession(t.Context(), key(7), "ci", false, nil)
	if !errors.Is(err, ErrSecretMissing) || len(bot.Sessions) != 1 {
		t.Errorf("%+v, %v", bot.Sessions, err)
	}
	if _, err := f.LogOutSession(t.Context(), key(7), "ci", false, nil); !errors.Is(err, ErrNoSession) {
		t.Errorf("again: %v", err)
	}
}

// The largest item that can come of all this still fits every keyring.
func TestAFurtherItemFits(t *testing.T) {
	s := sessionItem{
		Session: fakeSession(1<<52-1, 1), Runs: store.Elsewhere, At: strings.Repeat("x", maxSessionName),
		Since: time.Now(), Save: newNonce(),
	}
	s.Addr, s.APIID = strings.Repeat("a", 60)+":65535", 1<<31-1
	value, err := s.encodeFurther()
	if err != nil || value.Len() > maxItem {
		t.Fatalf("%d bytes, %v", value.Len(), err)
	}
	back, err := decodeFurther(key(1<<52-1), "ci", value)
	if err != nil {
		t.Fatal(err)
	}
	s.Since, back.Since = s.Since.Truncate(time.Millisecond), back.Since.Local()
	if again, err := back.encodeFurther(); err != nil || !again.Equal(value) || !reflect.DeepEqual(back.At, s.At) || !back.Since.Equal(s.Since) {
		t.Errorf("read back %+v, %v", back.At, err)
	}
}

func TestTakesAway(t *testing.T) {
	here, ci, nameless := Session{Runs: store.Here}, Session{Runs: store.Elsewhere, At: "ci"}, Session{Runs: store.Elsewhere}
	program := Session{Runs: store.Elsewhere, At: PlaceExec}
	for _, c := range []struct {
		session Session
		place   string
		want    bool
	}{
		{here, "", true}, {here, "vps-1", true}, {ci, "", false}, {ci, "ci", false}, {ci, "vps-1", true}, {nameless, "vps-1", true},
		{nameless, "", false}, {program, "", true}, {program, "vps-1", true}, {program, PlaceExec, true},
	} {
		if got := TakesAway(c.session, c.place); got != c.want {
			t.Errorf("%+v for %q: %t", c.session, c.place, got)
		}
	}
}
