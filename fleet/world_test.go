package fleet

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

const (
	env     = "test-loopback"
	testApp = 10001
)

// serverKey is what all servers of these tests prove themselves with: making one takes long.
var serverKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// testHash is the api_hash of the tests' app.
func testHash() secret.Secret { return secret.New("0123456789abcdef0123456789abcdef") }

// A world is what a fleet lives in: a Telegram on loopback, a keyring, a home and a clock.
type world struct {
	t     testing.TB
	tg    *telegramtest.Server
	fake  *fakeTelegram // in the server's place where it is not nil
	store *faultyStore
	ring  *keyring.Ring
	home  string
	// journal is the log, which no test may leave a secret in.
	journal journal

	mu  sync.Mutex
	now time.Time
}

// newWorld has a Telegram on loopback, where every login costs an exchange of keys.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := emptyWorld(t)
	server, err := telegramtest.Start(telegramtest.Options{
		Environment: env, Key: serverKey(), Apps: []telegram.App{{ID: testApp, Hash: testHash()}, {ID: testApp + 1, Hash: testHash()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w.tg = server
	return w
}

// newFakeWorld has a Telegram that only pretends, for tests of what surrounds the conversation.
func newFakeWorld(t testing.TB) *world {
	t.Helper()
	w := emptyWorld(t)
	w.fake = &fakeTelegram{alive: map[string]int64{}, open: map[string]int{},
		manages: map[int64]int64{}, current: map[int64]secret.Secret{}, revoked: map[string]bool{}}
	return w
}

func emptyWorld(t testing.TB) *world {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	w := &world{t: t, home: t.TempDir(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)}
	w.store = &faultyStore{Memory: keyring.NewMemory()}
	w.ring = keyring.Wrap(w.store, keyring.Options{})
	t.Cleanup(func() {
		if leaks := w.journal.leaks(); len(leaks) > 0 {
			t.Errorf("in the log: %q", leaks)
		}
	})
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) sleep(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) options() Options {
	network := telegram.Network{Name: env}
	if w.tg != nil {
		network = w.tg.Network()
	}
	return Options{
		Environment: env, Networks: []telegram.Network{network}, Home: w.home, Timeout: 10 * time.Second,
		OpenRing: func(context.Context) (*keyring.Ring, error) { return w.ring, nil },
		Now:      w.clock, Log: w.journal.logger(),
	}
}

// open starts a fleet, as a new start of the program does.
func (w *world) open() *Fleet {
	w.t.Helper()
	f, err := Open(w.t.Context(), w.options())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = f.Close() })
	if w.fake != nil {
		f.talk = func(telegram.Network) conversation { return w.fake }
	}
	return f
}

func tokenOf(id int64, letter string) secret.Secret {
	return secret.New(fmt.Sprintf("%d:AAE%s", id, strings.Repeat(letter, 32)))
}

// tgBot is a bot as Telegram knows it, with the token of that letter.
func (w *world) tgBot(id int64, letter string) telegramtest.Bot {
	return telegramtest.Bot{
		Token: tokenOf(id, letter), DC: 2,
		Profile: telegram.Profile{ID: id, Username: fmt.Sprintf("x%d_bot", id), FirstName: fmt.Sprint("Bot ", id), Groups: true},
	}
}

// bot makes a bot known to Telegram.
func (w *world) bot(id int64, edit ...func(*telegramtest.Bot)) NewBot {
	bot := w.tgBot(id, "x")
	for _, e := range edit {
		e(&bot)
	}
	if w.tg != nil {
		w.tg.AddBot(bot)
	}
	return NewBot{Token: bot.Token, APIID: testApp, APIHash: testHash()}
}

// added is a bot that has been logged in and saved.
func (w *world) added(f *Fleet, id int64) Bot {
	w.t.Helper()
	saved, err := f.Add(w.t.Context(), w.bot(id), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return saved.Bot
}

// seed makes bots with sessions, on both sides and without a login each, and returns their keys.
func (w *world) seed(f *Fleet, bots int) (keys []Key) {
	w.t.Helper()
	if _, err := f.AddApp(w.t.Context(), "main", testApp, testHash()); err != nil {
		w.t.Fatal(err)
	}
	for id := int64(1); id <= int64(bots); id++ {
		bot := w.tgBot(id, "x")
		w.tg.AddBot(bot)
		session, err := w.tg.Session(id)
		if err != nil {
			w.t.Fatal(err)
		}
		order := NewBot{Token: bot.Token, APIID: testApp, NoLogin: true}
		if _, err := f.Adopt(w.t.Context(), order, session, bot.Profile, store.Here); err != nil {
			w.t.Fatal(err)
		}
		keys = append(keys, key(id))
	}
	return keys
}

func key(id int64) Key { return Key{Environment: env, ID: id} }

// items are the names in the keyring.
func (w *world) items() []string {
	w.t.Helper()
	names, err := w.store.List(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return names
}

func (w *world) item(name string) secret.Secret {
	value, _ := w.store.Memory.Get(context.Background(), name)
	return value
}

// A faultyStore is a memory store that fails as it is told.
type faultyStore struct {
	*keyring.Memory
	mu sync.Mutex
	// put and get, when set, are asked before each; an error is returned in their place. put may change
	// the item that is written.
	put func(*keyring.Item) error
	get func(name string) error
	// deleted is what ends each deletion, probes left out.
	deleted error
	// puts counts the writes, probes left out.
	puts int
}

func (s *faultyStore) Put(ctx context.Context, item keyring.Item) error {
	s.mu.Lock()
	put := s.put
	probe := strings.HasPrefix(item.Name, keyring.ProbePrefix)
	if !probe {
		s.puts++
	}
	s.mu.Unlock()
	if put != nil && !probe {
		if err := put(&item); err != nil {
			return err
		}
	}
	return s.Memory.Put(ctx, item)
}

func (s *faultyStore) Get(ctx context.Context, name string) (secret.Secret, error) {
	s.mu.Lock()
	get := s.get
	s.mu.Unlock()
	if get != nil {
		if err := get(name); err != nil {
			return secret.Secret{}, err
		}
	}
	return s.Memory.Get(ctx, name)
}

func (s *faultyStore) Delete(ctx context.Context, name string) error {
	s.mu.Lock()
	err := s.deleted
	s.mu.Unlock()
	if err != nil && !strings.HasPrefix(name, keyring.ProbePrefix) {
		return err
	}
	return s.Memory.Delete(ctx, name)
}

func (s *faultyStore) failDelete(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleted = err
}

func (s *faultyStore) fail(put func(*keyring.Item) error, get func(string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put, s.get = put, get
}

func status(t testing.TB, f *Fleet, id int64) Status {
	t.Helper()
	bot, err := f.Bot(t.Context(), key(id))
	if err != nil {
		t.Fatal(err)
	}
	return bot.Health.Status
}

func wantStatus(t testing.TB, f *Fleet, id int64, want store.Status) {
	t.Helper()
	if got := status(t, f, id); got != want {
		t.Errorf("status of %d is %s, want %s", id, got, want)
	}
}
