package fleet

import (
	"context"
	"errors"
	"slices"
	"testing"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
)

func TestVerifyAndMend(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	for id := int64(7); id < 11; id++ {
		w.added(f, id)
	}
	sound(t, f, 4)

	prefix := "bot/" + env + "/"
	further, err := (&sessionItem{Session: fakeSession(99, 99), Runs: store.Elsewhere}).encodeFurther()
	if err != nil {
		t.Fatal(err)
	}
	// 8 was deleted by another program, 9 is damaged, 10 newer; 11 is a copy of 7 that no row knows of, and
	// 99's session belongs to nobody.
	eleven := botItem{Token: tokenOf(11, "y"), APIID: testApp}
	value, err := eleven.encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]secret.Secret{
		prefix + "9": secret.New("rubbish"), prefix + "10": secret.New(`{"v":9}`), prefix + "11": value, prefix + "99/ci": further,
		"proxy/home": secret.New("x"),
	} {
		if err := w.store.Memory.Put(t.Context(), keyring.Item{Name: name, Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.store.Memory.Delete(t.Context(), prefix+"8"); err != nil {
		t.Fatal(err)
	}
	items := w.items()
	v, err := f.VerifyKeyring(t.Context())
	if err != nil || v.Sound() || v.Blind {
		t.Fatalf("%+v, %v", v, err)
	}
	if v.Bots != 2 || v.Apps != 1 || v.Sessions != 1 || v.Others != 1 {
		t.Errorf("counts: %+v", v)
	}
	if len(v.Bad) != 2 || v.Bad[0].Name != prefix+"10" || !errors.Is(v.Bad[0].Err, ErrItemNewer) || !errors.Is(v.Bad[1].Err, ErrItemDamaged) {
		t.Errorf("bad: %v", v.Bad)
	}
	if !slices.Equal(v.WithoutRow, []string{prefix + "11", prefix + "99/ci"}) || len(v.WithoutItem) != 1 || v.WithoutItem[0].ID != 8 {
		t.Errorf("without row %v, without item %v", v.WithoutRow, v.WithoutItem)
	}

	m, err := f.Mend(t.Context(), v)
	if err != nil || m != (Mending{Added: 1, Marked: 1}) {
		t.Fatalf("mend: %+v, %v", m, err)
	}
	wantStatus(t, f, 8, store.SecretMissing)
	wantStatus(t, f, 11, store.NotLoggedIn)
	if !slices.Equal(w.items(), items) {
		t.Errorf("the keyring was changed: %v", w.items())
	}
	if v, err = f.VerifyKeyring(t.Context()); err != nil || !slices.Equal(v.WithoutRow, []string{prefix + "99/ci"}) {
		t.Errorf("afterwards: %+v, %v", v, err)
	}
	if m, err = f.Mend(t.Context(), v); err != nil || m != (Mending{}) {
		t.Errorf("again: %+v, %v", m, err)
	}

	// 8 comes back, from a backup.
	if err := w.store.Memory.Put(t.Context(), keyring.Item{Name: prefix + "8", Value: botValue(t, 8)}); err != nil {
		t.Fatal(err)
	}
	if v, err = f.VerifyKeyring(t.Context()); err != nil || len(v.Returned) != 1 || len(v.WithoutItem) != 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	if m, err = f.Mend(t.Context(), v); err != nil || m.Returned != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	wantStatus(t, f, 8, store.NotLoggedIn)
}

func botValue(t *testing.T, id int64) secret.Secret {
	t.Helper()
	item := botItem{Token: tokenOf(id, "x"), APIID: testApp}
	value, err := item.encode()
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestVerifyWhereTheRingCannotList: what the catalogue knows of is looked at one by one.
func TestVerifyWhereTheRingCannotList(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.added(f, 8)
	if err := w.store.Memory.Delete(t.Context(), "app/10001"); err != nil {
		t.Fatal(err)
	}
	f.at.Load().ring.opened = keyring.Wrap(blindStore{w.store}, keyring.Options{})
	v, err := f.VerifyKeyring(t.Context())
	if err != nil || !v.Blind || v.Bots != 2 || v.Apps != 0 || len(v.AppsWithoutItem) != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	if m, err := f.Mend(t.Context(), v); err != nil || m != (Mending{}) {
		t.Errorf("mend: %+v, %v", m, err)
	}
}

// TestVerifyNamesWhatCannotBeDecrypted: one file that is damaged does not hide the others.
func TestVerifyNamesWhatCannotBeDecrypted(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	w.added(f, 7)
	w.added(f, 8)
	bad := "bot/" + env + "/8"
	f.at.Load().ring.opened = keyring.Wrap(damagedStore{w.store, bad}, keyring.Options{})
	v, err := f.VerifyKeyring(t.Context())
	if err != nil || v.Bots != 1 || len(v.Bad) != 1 || v.Bad[0].Name != bad || len(v.WithoutItem) != 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

// A damagedStore has an item that cannot be decrypted.
type damagedStore struct {
	*faultyStore
	bad string
}

func (s damagedStore) Get(ctx context.Context, name string) (secret.Secret, error) {
	if name == s.bad {
		return secret.Secret{}, keyring.ErrDamaged
	}
	return s.faultyStore.Get(ctx, name)
}
