package store_test

import (
	"path/filepath"
	"testing"

	"botring/fleet/store"
)

// TestMissingMarks: of few and of many marks the same are missing: those that are not there, and those that are old.
func TestMissingMarks(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "catalogue.db"))
	mark := func(id int64, hash byte) store.SecretMark {
		return store.SecretMark{Kind: "token", Key: bot(id).Key, Hash: []byte{hash, byte(id)}}
	}
	var now []store.SecretMark
	for id := int64(1); id <= 40; id++ {
		commit(t, s, bot(id))
		now = append(now, mark(id, 'a'))
	}
	if err := s.MarkSecrets(t.Context(), append(now, mark(7, 'b'))); err != nil {
		t.Fatal(err)
	}
	for name, marks := range map[string][]store.SecretMark{"few": now[:10], "many": now} {
		missing, err := s.MissingMarks(t.Context(), append(marks[:len(marks):len(marks)], mark(3, 'c')))
		if err != nil || len(missing) != 2 || missing[0].Key.ID != 7 || missing[1].Hash[0] != 'c' {
			t.Errorf("%s: %+v, %v", name, missing, err)
		}
	}
}
