package keyring

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"botring/internal/secret"
)

// testStore is what every Store has to do. open returns a new, empty one each time.
func testStore(t *testing.T, open func(t *testing.T) Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Store){
		"put and get":          putAndGet,
		"replace":              replace,
		"delete":               deleteItem,
		"list":                 list,
		"values":               values,
		"sizes":                sizes,
		"at the same time":     atTheSameTime,
		"ended context":        endedContext,
		"names that are alike": alikeNames,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func mustPut(t *testing.T, s Store, name, value string) {
	t.Helper()
	err := s.Put(testContext(t), Item{Name: name, Label: "botring: " + name, Value: secret.New(value)})
	if err != nil {
		t.Fatalf("put %s: %v", name, err)
	}
}

func mustGet(t *testing.T, s Store, name, want string) {
	t.Helper()
	got, err := s.Get(testContext(t), name)
	if err != nil {
		t.Fatalf("get %s: %v", name, err)
	}
	if got.Reveal() != want {
		t.Fatalf("get %s: %d bytes, not the %d that were put", name, got.Len(), len(want))
	}
}

func putAndGet(t *testing.T, s Store) {
	if _, err := s.Get(testContext(t), "bot/production/1"); !errors.Is(err, ErrNotFound) {
		t.Fatalf("get of nothing: %v", err)
	}
	mustPut(t, s, "bot/production/1", "one")
	mustPut(t, s, "bot/production/1/ci", "session")
	mustGet(t, s, "bot/production/1", "one")
	mustGet(t, s, "bot/production/1/ci", "session")
}

func replace(t *testing.T, s Store) {
	for i := range 3 {
		mustPut(t, s, "app/1", fmt.Sprint("value ", i))
		mustGet(t, s, "app/1", fmt.Sprint("value ", i))
	}
	if names, err := s.List(testContext(t)); !errors.Is(err, ErrCannotList) && (err != nil || len(names) != 1) {
		t.Errorf("after three writes of one name: %q, %v", names, err)
	}
}

func deleteItem(t *testing.T, s Store) {
	if err := s.Delete(testContext(t), "app/1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("delete of nothing: %v", err)
	}
	mustPut(t, s, "app/1", "x")
	mustPut(t, s, "app/2", "y")
	if err := s.Delete(testContext(t), "app/1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(testContext(t), "app/1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("get after delete: %v", err)
	}
	mustGet(t, s, "app/2", "y")
}

func list(t *testing.T, s Store) {
	names, err := s.List(testContext(t))
	if errors.Is(err, ErrCannotList) {
		t.Skip("this store cannot list, and says so")
	}
	if err != nil || len(names) != 0 {
		t.Fatalf("list of an empty store: %q, %v", names, err)
	}
	want := []string{"app/1", "bot/production/10", "bot/production/9", "proxy/home"}
	for _, name := range []string{want[2], want[0], want[3], want[1]} {
		mustPut(t, s, name, "x")
	}
	if names, err = s.List(testContext(t)); err != nil || !slices.Equal(names, want) {
		t.Errorf("list: %q, %v", names, err)
	}
}

func values(t *testing.T, s Store) {
	object, err := json.Marshal(map[string]any{
		"v": 1, "token": "7123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1", "name": "Zoë 🤖 بوت\x00\n\"'\\",
		"key": []byte(rand.Text()),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"json":    string(object),
		"spaces":  "  around  \n",
		"lines":   "a\r\nb\nc",
		"bytes":   "\xff\x00\xfe\x80",
		"one":     "x",
		"shell":   `$(id) "'" ` + "`id`",
		"prefix":  "go-keyring-base64:eA==",
		"block":   strings.Repeat("b", 16),
		"unicode": "ключ 鍵 🔑",
	} {
		mustPut(t, s, "value/"+name, value)
		mustGet(t, s, "value/"+name, value)
	}
}

// sizes fills a value up to the store's own limit, or well beyond what items ever are.
func sizes(t *testing.T, s Store) {
	limit, limited := 64<<10, false
	if l, ok := s.(limiter); ok && l.MaxSize("bot/production/1") > 0 {
		limit, limited = l.MaxSize("bot/production/1"), true
	}
	for _, size := range []int{1, 15, 16, 17, 1200, limit} {
		mustPut(t, s, "bot/production/1", strings.Repeat("s", size))
		mustGet(t, s, "bot/production/1", strings.Repeat("s", size))
	}
	if !limited {
		return
	}
	item := Item{Name: "bot/production/1", Value: secret.New(strings.Repeat("s", limit+3))}
	if err := s.Put(testContext(t), item); !errors.Is(err, ErrTooLarge) {
		t.Errorf("put of more than the limit of %d: %v", limit, err)
	}
	mustGet(t, s, "bot/production/1", strings.Repeat("s", limit))
}

func atTheSameTime(t *testing.T, s Store) {
	var tasks sync.WaitGroup
	for worker := range 8 {
		tasks.Go(func() {
			name := fmt.Sprintf("bot/production/%d", worker)
			for i := range 4 {
				value := secret.New(fmt.Sprint(name, " ", i))
				if err := s.Put(testContext(t), Item{Name: name, Label: name, Value: value}); err != nil {
					t.Errorf("put %s: %v", name, err)
					return
				}
				if got, err := s.Get(testContext(t), name); err != nil || !got.Equal(value) {
					t.Errorf("get %s: %v", name, err)
				}
			}
		})
	}
	tasks.Wait()
}

func endedContext(t *testing.T, s Store) {
	mustPut(t, s, "app/1", "before")
	cause := errors.New("the user left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	item := Item{Name: "app/1", Value: secret.New("after")}
	calls := map[string]func() error{
		"get":    func() error { _, err := s.Get(ctx, "app/1"); return err },
		"put":    func() error { return s.Put(ctx, item) },
		"delete": func() error { return s.Delete(ctx, "app/1") },
		"list":   func() error { _, err := s.List(ctx); return err },
	}
	for name, call := range calls {
		err := call()
		if errors.Is(err, ErrCannotList) {
			continue
		}
		if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
			t.Errorf("%s: %v", name, err)
		}
	}
	mustGet(t, s, "app/1", "before")
}

func alikeNames(t *testing.T, s Store) {
	names := []string{"bot/x/1", "bot/x/1/CI", "bot/x/1/ci", "bot/x/1/c^i", "bot/x/1/^ci", "bot/x", "it's a \"name\""}
	for _, name := range names {
		mustPut(t, s, name, "value of "+name)
	}
	for _, name := range names {
		mustGet(t, s, name, "value of "+name)
	}
}
