package store_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"botring/fleet/store"
)

// catalogue is one with bots in it, and where it is.
func catalogue(t *testing.T, ids ...int64) (s *store.Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "catalogue.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, id := range ids {
		b := bot(id)
		if err := s.Commit(t.Context(), store.Save{Key: b.Key, Edit: func(row *store.Bot) { *row = b }}); err != nil {
			t.Fatal(err)
		}
	}
	return s, path
}

// TestCopyOfSeveralAtOnce: processes that end at the same time do not take each other's half-made copies, which only
// their owner can read, and those of processes that were killed do not pile up.
func TestCopyOfSeveralAtOnce(t *testing.T) {
	s, path := catalogue(t, 7, 8)
	to := path + ".copy"
	killed, now := to+".new-killed", to+".new-now"
	for _, half := range []string{to + ".new", killed, now} {
		write(t, half, []byte("half"))
	}
	long := time.Now().Add(-2 * time.Hour)
	for _, half := range []string{to + ".new", killed} {
		if err := os.Chtimes(half, long, long); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for range 4 {
		other, err := store.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = other.Close() })
		all.Go(func() {
			for range 5 {
				if err := other.CopyTo(t.Context(), to); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	rows, _, err := store.ReadCopy(t.Context(), to, time.Now())
	if err != nil || len(rows.Bots) != 2 {
		t.Errorf("%d bots, %v", len(rows.Bots), err)
	}
	if info, err := os.Stat(to); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	// Where the copy cannot be put in its place, nothing is left of it.
	if err := os.Mkdir(path+".dir", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.CopyTo(t.Context(), path+".dir"); err == nil {
		t.Error("a directory was replaced")
	}
	halves, err := filepath.Glob(path + ".*.new*")
	if err != nil || !slices.Equal(halves, []string{now}) {
		t.Errorf("left: %q, %v", halves, err)
	}
}

// TestReadCopy: one of an older schema gives its rows and stays as it is, and what is none is said not to be.
func TestReadCopy(t *testing.T) {
	s, path := catalogue(t, 7)
	whole, older := path+".copy", path+".older"
	for _, to := range []string{whole, older} {
		if err := s.CopyTo(t.Context(), to); err != nil {
			t.Fatal(err)
		}
	}
	age(t, older)
	otherDatabase(t, path+".other", "PRAGMA user_version = 1")
	otherDatabase(t, path+".newer", "PRAGMA application_id = 1651798631; PRAGMA user_version = 99")
	write(t, path+".empty", nil)
	write(t, path+".rubbish", bytes.Repeat([]byte("rubbish "), 500))
	for end, want := range map[string]error{
		".copy": nil, ".older": nil, ".other": store.ErrNotACatalogue, ".newer": store.ErrNewer, ".empty": store.ErrNotACatalogue,
		".rubbish": store.ErrNotACatalogue, ".none": fs.ErrNotExist,
	} {
		before, _ := os.ReadFile(path + end)
		rows, made, err := store.ReadCopy(t.Context(), path+end, time.Now())
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", end, err, want)
		}
		if want == nil && (len(rows.Bots) != 1 || !reflect.DeepEqual(rows.Bots[0].Sessions, bot(7).Sessions) || made.IsZero()) {
			t.Errorf("%s: %+v, made %v", end, rows.Bots, made)
		}
		if after, _ := os.ReadFile(path + end); !bytes.Equal(before, after) {
			t.Errorf("%s was changed", end)
		}
	}
}
