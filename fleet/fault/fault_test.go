package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"botring/fleet"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

var now = time.Date(2026, 3, 14, 22, 16, 0, 0, time.UTC)

func TestEveryTelegramKind(t *testing.T) {
	names := constants(t, "../../telegram", "Kind")
	if len(names) < 20 {
		t.Fatalf("only %d kinds found: %v", len(names), names)
	}
	unexpected := wordsOfKind(&telegram.Error{}).What
	seen := map[string]string{}
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			kind := telegram.Kind(i)
			for _, sent := range []bool{false, true} {
				err := &telegram.Error{Kind: kind, Wait: 31 * time.Second, DC: 2, Addr: "127.0.0.1:443", Sent: sent, Skew: time.Hour}
				f := OfAt(fmt.Errorf("log in: %w", err), now)
				checkWords(t, f)
				if f.Kind != kind.String() {
					t.Errorf("kind %q, want %q", f.Kind, kind)
				}
				if kind != telegram.Unexpected && f.What == unexpected {
					t.Error("no words of its own")
				}
				if other := seen[f.What]; other != "" && other != name {
					t.Errorf("the same words as %s: %q", other, f.What)
				}
				seen[f.What] = name
			}
		})
	}
	checkWords(t, Of(&telegram.Error{Kind: telegram.Kind(len(names))}))
}

// TestFrozenKinds holds the names that scripts rely on.
func TestFrozenKinds(t *testing.T) {
	for kind, want := range map[telegram.Kind]string{
		telegram.Unexpected: "unexpected", telegram.TokenRevoked: "token_revoked", telegram.TokenInvalid: "token_invalid",
		telegram.APIIDInvalid: "api_id_invalid", telegram.APIIDPublished: "api_id_published", telegram.AuthKeyInvalid: "auth_key_invalid",
		telegram.SessionDead: "session_dead", telegram.SessionRevoked: "session_revoked", telegram.BotDeactivated: "bot_deactivated",
		telegram.SessionDuplicated: "session_duplicated", telegram.UpdateNeeded: "update_needed", telegram.FloodWait: "flood_wait",
		telegram.TelegramFault: "telegram_fault", telegram.WrongDC: "wrong_dc", telegram.ClockWrong: "clock_wrong",
		telegram.NotTelegram: "not_telegram", telegram.Unreachable: "unreachable", telegram.Timeout: "timeout",
		telegram.Cancelled: "cancelled", telegram.NotABot: "not_a_bot",
		telegram.ProxyUnreachable: "proxy_unreachable", telegram.ProxyDenied: "proxy_denied", telegram.ProxyRefused: "proxy_refused",
		telegram.ProxyBroken: "proxy_broken", telegram.ProxySecret: "proxy_secret",
		telegram.NotManaged: "bot_not_managed", telegram.BotRequired: "bot_required",
	} {
		if got := Of(&telegram.Error{Kind: kind}).Kind; got != want {
			t.Errorf("%d is %q, want %q", kind, got, want)
		}
	}
}

func TestEveryKeyringSentinel(t *testing.T) {
	all := map[string]struct {
		err  error
		kind string
	}{
		"ErrUnavailable": {keyring.ErrUnavailable, "keyring_unavailable"},
		"ErrLocked":      {keyring.ErrLocked, "keyring_locked"},
		"ErrDenied":      {keyring.ErrDenied, "keyring_denied"},
		"ErrTooLarge":    {keyring.ErrTooLarge, "keyring_too_large"},
		"ErrNotFound":    {keyring.ErrNotFound, "keyring_missing_item"},
		"ErrGone":        {keyring.ErrGone, "keyring_gone"},
		"ErrBadName":     {keyring.ErrBadName, "keyring_bad_name"},
		"ErrReadBack":    {keyring.ErrReadBack, "keyring_read_back"},
		"ErrCannotList":  {keyring.ErrCannotList, "keyring_cannot_list"},
		"ErrDamaged":     {keyring.ErrDamaged, "keyring_damaged"},
		"ErrHeld":        {keyring.ErrHeld, "keyring_busy"},
		"ErrCannotSee":   {keyring.ErrCannotSee, "keyring_unseen"},
	}
	for _, name := range sentinels(t, "../../keyring") {
		row, ok := all[name]
		if !ok {
			t.Errorf("keyring.%s has no words", name)
			continue
		}
		f := Of(fmt.Errorf("save bot: %w", row.err))
		checkWords(t, f)
		if f.Kind != row.kind {
			t.Errorf("%s is %q, want %q", name, f.Kind, row.kind)
		}
	}
}

func TestEveryReasonOfAKeyring(t *testing.T) {
	seen := map[string]string{}
	for i, name := range constants(t, "../../keyring", "Reason") {
		// The reasons start at one.
		f := Of(fmt.Errorf("open: %w", &keyring.UnavailableError{Reason: keyring.Reason(i + 1), Err: errors.New("seen")}))
		checkWords(t, f)
		if f.Kind != "keyring_unavailable" || !strings.HasSuffix(f.Why, noPlainText) {
			t.Errorf("%s: %+v", name, f)
		}
		if other := seen[f.Why]; other != "" {
			t.Errorf("%s reads as %s", name, other)
		}
		seen[f.Why] = name
	}
	checkWords(t, Of(&keyring.UnavailableError{}))
	unanswered, silent := Of(&keyring.LockedError{Unanswered: true}), Of(&keyring.LockedError{})
	checkWords(t, unanswered)
	checkWords(t, silent)
	if unanswered.Why == silent.Why {
		t.Error("a prompt that nobody answered reads as one that was not shown")
	}
	unasked := Of(&keyring.LockedError{NotAsked: true})
	checkWords(t, unasked)
	if unasked.What == silent.What || unasked.Kind != "keyring_locked" || slices.Contains(unasked.Actions, Unlock) {
		t.Errorf("a prompt that was not to be shown: %+v", unasked)
	}
	alone := Of(&keyring.LockedError{NeedsPassphrase: true})
	checkWords(t, alone)
	if alone.Why == silent.Why || alone.Kind != "keyring_locked" {
		t.Errorf("a passphrase that nobody could be asked for: %+v", alone)
	}
}

func TestHolderOfTheLock(t *testing.T) {
	unknown, known := Of(&keyring.HeldError{}), Of(fmt.Errorf("add: %w", &keyring.HeldError{Process: 4711}))
	stopped := Of(&keyring.HeldError{Process: 4711, Stopped: true, Err: errors.New("seen")})
	for _, f := range []Fault{unknown, known, stopped} {
		checkWords(t, f)
		if f.Kind != "keyring_busy" || strings.Contains(f.Why, "4711") == (f.Why == unknown.Why) {
			t.Errorf("%+v", f)
		}
	}
	if known.Why == stopped.Why || !strings.Contains(stopped.Next, "fg") {
		t.Errorf("one that is stopped reads as one that works: %+v", stopped)
	}
}

func TestEveryRefusalOfAKeyring(t *testing.T) {
	seen := map[string]string{Of(keyring.ErrDenied).Why: "a refusal without a reason"}
	for i, name := range constants(t, "../../keyring", "Refusal") {
		f := Of(fmt.Errorf("read: %w", &keyring.DeniedError{Refusal: keyring.Refusal(i + 1), Err: errors.New("seen")}))
		checkWords(t, f)
		if f.Kind != "keyring_denied" {
			t.Errorf("%s is %q", name, f.Kind)
		}
		if other := seen[f.Why]; other != "" {
			t.Errorf("%s reads as %s", name, other)
		}
		seen[f.Why] = name
	}
}

func TestEveryProblem(t *testing.T) {
	fields := []fleet.Field{fleet.FieldToken, fleet.FieldAPIID, fleet.FieldAPIHash, fleet.FieldLabel, fleet.FieldTag, fleet.FieldAppName,
		fleet.FieldEnvironment, fleet.FieldDC, fleet.FieldServerKey, fleet.FieldKeyring, fleet.FieldRing, fleet.FieldSession, fleet.FieldPlace, fleet.FieldProxy,
		fleet.FieldProxyName, fleet.FieldProxySecret, fleet.FieldRecipient, fleet.FieldBotAPI}
	if names := constants(t, "..", "Field"); len(names) != len(fields) {
		t.Fatalf("fields are %v", names)
	}
	seen := map[string]string{}
	for i, name := range constants(t, "..", "Problem") {
		for _, field := range fields {
			t.Run(name+"/"+string(field), func(t *testing.T) {
				for _, err := range []error{
					&fleet.InputError{Field: field, Problem: fleet.Problem(i), Got: "34", Want: "35"},
					&fleet.InputError{Field: field, Problem: fleet.Problem(i), Err: errors.New("no such host")},
				} {
					f := Of(fmt.Errorf("add: %w", err))
					checkWords(t, f)
					if f.Kind != "invalid_input" {
						t.Errorf("kind %q", f.Kind)
					}
					if other := seen[f.What]; other != "" && other != name {
						t.Errorf("the same words as %s: %q", other, f.What)
					}
					seen[f.What] = name
				}
			})
		}
	}
}

func TestEveryFleetSentinel(t *testing.T) {
	all := map[string]error{
		"ErrSessionWorks": fleet.ErrSessionWorks, "ErrRunsElsewhere": fleet.ErrRunsElsewhere, "ErrSecretMissing": fleet.ErrSecretMissing,
		"ErrRunsHere": fleet.ErrRunsHere, "ErrNoSession": fleet.ErrNoSession,
		"ErrSessionBusy": fleet.ErrSessionBusy, "ErrNoApp": fleet.ErrNoApp, "ErrNoBot": fleet.ErrNoBot, "ErrNoBotAPI": fleet.ErrNoBotAPI,
		"ErrNotEncrypted": fleet.ErrNotEncrypted, "ErrSameKeyring": fleet.ErrSameKeyring, "ErrBackAlready": fleet.ErrBackAlready, "ErrSameID": fleet.ErrSameID,
		"ErrNotManaged": fleet.ErrNotManaged, "ErrNotRevoked": fleet.ErrNotRevoked, "ErrNothingPasted": fleet.ErrNothingPasted,
		"ErrItemNewer": fleet.ErrItemNewer, "ErrItemDamaged": fleet.ErrItemDamaged,
	}
	for _, name := range sentinels(t, "..") {
		err, ok := all[name]
		if !ok {
			t.Errorf("fleet.%s has no words", name)
			continue
		}
		f := Of(fmt.Errorf("check: %w", err))
		checkWords(t, f)
		if f.Kind == KindUnexpected {
			t.Errorf("%s has no words", name)
		}
	}
	all = map[string]error{"ErrNotACatalogue": store.ErrNotACatalogue, "ErrNewer": store.ErrNewer, "ErrNotWritable": store.ErrNotWritable, "ErrNotFound": store.ErrNotFound, "ErrTaken": store.ErrTaken}
	for _, name := range sentinels(t, "../store") {
		err, ok := all[name]
		if !ok {
			t.Errorf("store.%s has no words", name)
			continue
		}
		f := Of(fmt.Errorf("open: %w", err))
		checkWords(t, f)
		if f.Kind == KindUnexpected {
			t.Errorf("%s has no words", name)
		}
	}
}

func TestWordsOfErrors(t *testing.T) {
	bot := store.Bot{Key: store.Key{Environment: "production", ID: 7123456789}, Profile: store.Profile{Username: "shop_orders_bot"}}
	twin := bot
	twin.Environment = "test"
	flood := &telegram.Error{Kind: telegram.FloodWait, Code: 420, Type: "FLOOD_WAIT_1873", Wait: 1873 * time.Second, Sent: true}
	for _, c := range []struct {
		name       string
		err        error
		kind, what string
		code       int
		errorType  string
		actions    []Action
	}{
		{
			"the token of the screens", &telegram.Error{Kind: telegram.TokenInvalid, Code: 400, Type: "ACCESS_TOKEN_INVALID", Sent: true},
			"token_invalid", "Telegram rejected this token.", 400, "ACCESS_TOKEN_INVALID", []Action{Edit, OtherEnvironment, SaveOnly},
		},
		{
			"a flood now", &fleet.FloodError{Key: bot.Key, Until: now.Add(1873 * time.Second), Err: flood},
			"flood_wait", "Telegram asks to wait 31 min 13 s before this bot logs in.", 420, "FLOOD_WAIT_1873", []Action{SaveOnly, Keep},
		},
		{
			"a flood remembered", &fleet.FloodError{Key: bot.Key, Until: now.Add(time.Minute), Remembered: true},
			"flood_wait", "Telegram asks to wait 1 min before this bot logs in.", 0, "", []Action{SaveOnly, Keep},
		},
		{
			"a flood of something else", &telegram.Error{Kind: telegram.FloodWait, Code: -429, Wait: 30 * time.Second},
			"flood_wait", "Telegram asks to wait 30 s.", -429, "", []Action{SaveOnly, Keep},
		},
		{
			"unexpected", &telegram.Error{Code: 400, Type: "SOMETHING_NEW"},
			"unexpected", "Telegram answered in a way botring does not know: 400 SOMETHING_NEW.", 400, "SOMETHING_NEW", []Action{Retry, SaveOnly},
		},
		{
			"a hostile type", &telegram.Error{Code: 400, Type: "\x1b[2JOWNED\u202e!"},
			"unexpected", "Telegram answered in a way botring does not know: 400 2JOWNED.", 400, "2JOWNED", []Action{Retry, SaveOnly},
		},
		{
			"the clock", &telegram.Error{Kind: telegram.ClockWrong, Skew: -3 * time.Hour},
			"clock_wrong", "This computer's clock is wrong: it is 3 h behind.", 0, "", []Action{Retry, SaveOnly},
		},
		{
			"dropped behind a proxy", &telegram.Error{Kind: telegram.Unreachable, Addr: "149.154.167.50:443", Proxy: "office"},
			"unreachable", "Telegram could not be reached at 149.154.167.50:443 through office.", 0, "", []Action{Retry, SaveOnly},
		},
		{
			"a proxy that is not there", &telegram.Error{Kind: telegram.ProxyUnreachable, Addr: "149.154.167.50:443", Proxy: "office\x1b[2J", Err: syscall.ECONNREFUSED},
			"proxy_unreachable", "The proxy office could not be reached.", 0, "", []Action{Retry, SaveOnly},
		},
		{
			"refused", &telegram.Error{Kind: telegram.Unreachable, Addr: "149.154.167.50:443", Err: syscall.ECONNREFUSED},
			"unreachable", "Telegram could not be reached at 149.154.167.50:443.", 0, "", []Action{Retry, SaveOnly},
		},
		{
			"unsaved", &fleet.UnsavedError{Bot: bot, Err: fmt.Errorf("write: %w", keyring.ErrGone)},
			"keyring_gone", "@shop_orders_bot is logged in, and the login could not be saved.", 0, "", []Action{SaveAgain, Abandon},
		},
		{
			"unsaved for no reason", &fleet.UnsavedError{Bot: bot},
			"keyring_gone", "@shop_orders_bot is logged in, and the login could not be saved.", 0, "", []Action{SaveAgain, Abandon},
		},
		{
			"another token", &fleet.TokenDiffersError{Bot: bot, Token: secret.New("7123456789:x")},
			"token_differs", "@shop_orders_bot is saved with another token.", 0, "", []Action{ReplaceToken, Keep},
		},
		{
			"another bot", &fleet.InputError{Field: fleet.FieldToken, Problem: fleet.ProblemOtherBot, Got: "5", Want: "7123456789"},
			"invalid_input", "This is the token of bot 5, not of bot 7123456789.", 0, "", []Action{Edit},
		},
		{
			"34 characters", &fleet.InputError{Field: fleet.FieldToken, Problem: fleet.ProblemSecretLength, Got: "34"},
			"invalid_input", "34 characters after the colon; tokens have 35.", 0, "", []Action{Edit, Keep},
		},
		{
			"not managed by this one", &fleet.ManagerError{Manager: bot, Err: &telegram.Error{Kind: telegram.NotManaged, Code: 400, Type: "BOT_INVALID"}},
			"bot_not_managed", "@shop_orders_bot does not manage this bot.", 400, "BOT_INVALID", []Action{Retry, Keep},
		},
		{
			"a manager that is logged out", &fleet.ManagerError{Manager: bot, Err: &telegram.Error{Kind: telegram.SessionRevoked, Code: 401, Type: "SESSION_REVOKED"}},
			"session_revoked", "@shop_orders_bot, which may manage this bot, could not be asked.", 401, "SESSION_REVOKED", []Action{Retry, Keep},
		},
		{
			"a manager that has to wait", &fleet.ManagerError{Manager: bot, Err: &fleet.FloodError{Until: now.Add(time.Minute)}},
			"flood_wait", "@shop_orders_bot, which may manage this bot, could not be asked.", 0, "", []Action{Retry, Keep},
		},
		{
			"a revoke whose answer is lost", &fleet.UnfinishedError{Bot: bot, Step: store.RotationRevoking, Err: &telegram.Error{Kind: telegram.Timeout, Sent: true}},
			"timeout", "Whether the token of @shop_orders_bot was replaced is not known.", 0, "", []Action{Retry, Keep},
		},
		{
			"a new token that is not saved", &fleet.UnfinishedError{Bot: bot, Step: store.RotationRevoking, Revoked: true, Err: keyring.ErrGone},
			"keyring_gone", "The token of @shop_orders_bot was replaced, and the new one could not be saved.", 0, "", []Action{Retry, Keep},
		},
		{
			"a new token that is not logged in", &fleet.UnfinishedError{Bot: bot, Step: store.RotationSaved, Err: &telegram.Error{Kind: telegram.Unreachable}},
			"unreachable", "@shop_orders_bot has its new token, and the rotation is not done.", 0, "", []Action{Retry, Keep},
		},
		{
			"a pasted token that rests", &fleet.UnfinishedError{Bot: bot, Step: store.RotationPasted, Err: &fleet.FloodError{Until: now.Add(time.Minute)}},
			"flood_wait", "The new token of @shop_orders_bot is not in its place yet.", 0, "", []Action{Retry, Keep},
		},
		{
			"app in use", &fleet.AppInUseError{App: store.App{Name: "main", Bots: 5}, Bots: []store.Bot{bot, twin, bot, twin}},
			"app_in_use", "The app main is in use.", 0, "", []Action{Keep},
		},
		{
			"not found", &fleet.NotFoundError{Ref: "shp\x1b[2J", Near: []store.Bot{bot}},
			"not_found", "There is no bot “shp”.", 0, "", []Action{Edit},
		},
		{
			"not found, nothing near", &fleet.NotFoundError{Ref: "x"},
			"not_found", "There is no bot “x”.", 0, "", []Action{Edit},
		},
		{
			"move conflict", &fleet.MoveConflictError{Names: []string{"bot/production/7", "app/1"}},
			"move_conflict", "2 items are in both keyrings, and not the same.", 0, "", []Action{Keep},
		},
		{
			"ambiguous", &fleet.AmbiguousError{Ref: "7123456789", Bots: []store.Bot{bot, twin}},
			"ambiguous", "2 bots are called “7123456789”.", 0, "", []Action{Edit},
		},
		{
			"not a catalogue", &store.OpenError{Path: "/home/u/catalogue.db", Err: store.ErrNotACatalogue},
			"catalogue_foreign", "The file /home/u/catalogue.db is not a catalogue of botring.", 0, "", []Action{Retry, Keep},
		},
		{
			"no permission", &store.OpenError{Path: "/root/x", Err: &fs.PathError{Op: "open", Path: "/root/x", Err: syscall.EACCES}},
			"catalogue_unreadable", "The catalogue /root/x cannot be opened.", 0, "", []Action{Retry, Keep},
		},
		{
			"no reason", &store.OpenError{Path: "/x", Err: errors.New("")},
			"catalogue_unreadable", "The catalogue /x cannot be opened.", 0, "", []Action{Retry, Keep},
		},
		{"cancelled", fmt.Errorf("add: %w", context.Canceled), "cancelled", "Cancelled.", 0, "", []Action{Retry, Keep}},
		{"cancelled at the keyring's prompt", fmt.Errorf("unlock: %w: %w", keyring.ErrLocked, context.Canceled), "cancelled", "Cancelled.", 0, "", []Action{Retry, Keep}},
		{"deadline", fmt.Errorf("add: %w", context.DeadlineExceeded), "timeout", "It took longer than it may.", 0, "", []Action{Retry, Keep}},
		{"the keyring's deadline", fmt.Errorf("unlock: %w: %w", keyring.ErrLocked, context.DeadlineExceeded), "keyring_locked", "The keyring is locked.", 0, "", []Action{Unlock, Retry}},
		{"missing item of fleet", fmt.Errorf("%w: %w", fleet.ErrSecretMissing, keyring.ErrNotFound), "keyring_missing_item", "The secret of this bot is missing from the keyring.", 0, "", []Action{ReplaceToken, Remove}},
		{"anything", fmt.Errorf("do: %w", errors.New("disk\x1b[1m on fire")), "unexpected", "Something happened that botring has no words for.", 0, "", []Action{Retry, Keep}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := OfAt(fmt.Errorf("outer: %w", c.err), now)
			checkWords(t, f)
			if f.Kind != c.kind || f.What != c.what || f.Code != c.code || f.Type != c.errorType || !slices.Equal(f.Actions, c.actions) {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestOfNil(t *testing.T) {
	if f := Of(nil); f.Kind != "" || f.What != "" || f.Actions != nil {
		t.Errorf("%+v", f)
	}
}

func TestNoTokenIsQuoted(t *testing.T) {
	const token = "7123456789:AAHfakefakefakefakefakefakefakefake"
	f := Of(errors.New("cannot read " + token))
	if strings.Contains(fmt.Sprint(f), "AAH") {
		t.Errorf("%+v", f)
	}
}

func TestFloodUntil(t *testing.T) {
	f := OfAt(&telegram.Error{Kind: telegram.FloodWait, Wait: time.Minute}, now)
	if !f.Until.Equal(now.Add(time.Minute)) {
		t.Errorf("until %v", f.Until)
	}
}

func TestWhyUnreachable(t *testing.T) {
	seen := map[string]bool{}
	for _, err := range []error{
		&net.DNSError{Err: "no such host"}, syscall.ECONNREFUSED, &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}, io.EOF, nil,
	} {
		why := whyUnreachable(err)
		checkSentences(t, "Why", why)
		if seen[why] {
			t.Errorf("%v: the same as another: %q", err, why)
		}
		seen[why] = true
	}
}

func FuzzOf(f *testing.F) {
	f.Add("name\x1b[2J", "TYPE\u202e", 400, 3)
	f.Fuzz(func(t *testing.T, name, errorType string, code, problem int) {
		for _, err := range []error{
			errors.New(name),
			&telegram.Error{Code: code, Type: errorType, Addr: name, Kind: telegram.Unreachable},
			&telegram.Error{Code: code, Type: errorType},
			&fleet.InputError{Field: fleet.FieldLabel, Problem: fleet.Problem(problem), Got: name, Want: name, Err: errors.New(errorType)},
			&fleet.NotFoundError{Ref: name, Near: []store.Bot{{Label: name}}},
			&fleet.UnsavedError{Bot: store.Bot{Profile: store.Profile{Username: name}}, Err: errors.New(name)},
			&store.OpenError{Path: name, Err: errors.New(errorType)},
		} {
			words := Of(err)
			for _, text := range []string{words.What, words.Why, words.Next, words.NotSaved, words.Type} {
				if text != Clean(text) {
					t.Fatalf("%T: %q is not clean", err, text)
				}
			}
		}
	})
}
