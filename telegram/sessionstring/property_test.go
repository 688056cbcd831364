package sessionstring

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"botring/internal/secret"
)

// random makes sessions of all sorts, the same in every run.
type random struct{ *rand.Rand }

func newRandom() random { return random{rand.New(rand.NewPCG(1, 2))} }

// key has few zeros or many: they change how long MTKruto's strings are.
func (r random) key() secret.Secret {
	key := make([]byte, keyBytes)
	zeros := r.IntN(4) * 20
	for i := range key {
		if key[i] = byte(r.Uint32()); r.IntN(100) < zeros {
			key[i] = 0
		}
	}
	if r.IntN(20) == 0 {
		clear(key[r.IntN(keyBytes):])
	}
	return secret.New(string(key))
}

func (r random) session() Session {
	hosts := []string{
		"149.154.167.50", "91.108.56.130", "127.0.0.1", "1.2.3.4", "32.1.2.3", "255.255.255.255", "2001:67c:4e8:f002::a", "::1", "::ffff:1.2.3.4", "fe80::1",
	}
	s := Session{
		DC: []int{1, 2, 3, 4, 5, 203}[r.IntN(6)], Host: hosts[r.IntN(len(hosts))], Port: 1 + r.IntN(maxSignedPort),
		Key: r.key(), APIID: 1 + r.IntN(maxAPIID), UserID: 1 + r.Int64N(maxUserID), Test: r.IntN(2) == 0,
	}
	if r.IntN(2) == 0 {
		s.Salt = int64(r.Uint64())
	}
	if r.IntN(2) == 0 { // as they are in life
		s.APIID, s.UserID = 1+r.IntN(1<<25), 1+r.Int64N(1<<33)
	}
	return s
}

// checkRoundTrip writes a session as a kind and reads it again.
func checkRoundTrip(t testing.TB, s Session, kind Kind) {
	t.Helper()
	text, err := Format(s, kind)
	if err != nil {
		t.Fatalf("%v of %+v: %v", kind, s, err)
	}
	got, read, err := Parse(text)
	if err != nil || read != kind || !same(got, kept(s, kind)) {
		t.Fatalf("%v of %+v is read as %v, %+v: %v\n%s", kind, s, read, got, err, text.Reveal())
	}
	if again, err := Format(got, kind); err != nil || !again.Equal(text) {
		t.Fatalf("%v of %+v is written anew as\n%s\nand was\n%s: %v", kind, s, again.Reveal(), text.Reveal(), err)
	}
	if detected := Detect(text); detected != kind {
		t.Fatalf("%v of %+v is detected as %v", kind, s, detected)
	}
}

func writable() []Kind {
	var kinds []Kind
	for _, kind := range Kinds() {
		if kind.Writable() {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func TestRoundTrip(t *testing.T) {
	r := newRandom()
	lengths := map[Kind]map[int]bool{}
	for range 400 {
		s := r.session()
		for _, kind := range writable() {
			checkRoundTrip(t, s, kind)
			if lengths[kind] == nil {
				lengths[kind] = map[int]bool{}
			}
			lengths[kind][len(text(t, s, kind))] = true
		}
	}
	// Those that others are told by their length have met: MTKruto's as long as each of Pyrogram's, GramJS's as
	// long as Telethon's with IPv6.
	for _, length := range []int{351, 356, 362} {
		if !lengths[MTKruto][length] && !lengths[MTKrutoLegacy][length] {
			t.Errorf("no MTKruto string had %d characters", length)
		}
	}
	if !lengths[GramJS][369] || !lengths[Telethon][369] || !lengths[Telethon][353] {
		t.Error("no GramJS string was as long as a Telethon string")
	}
}

// A GramJS string is as long as its address makes it: with 14 characters as long as Telethon's with IPv6.
func TestHostsOfAllLengths(t *testing.T) {
	r := newRandom()
	for length := 1; length <= maxHost; length++ {
		s := r.session()
		s.Host = strings.Repeat("a", length)
		for _, kind := range []Kind{GramJS, Mtcute, Gotd, GoTGProto} {
			checkRoundTrip(t, s, kind)
		}
	}
	for n := range 100 {
		s := r.session()
		s.Host = fmt.Sprintf("149.154.167.%d", 100+n)[:14]
		checkRoundTrip(t, s, GramJS)
		checkRoundTrip(t, s, Telethon)
	}
}

// What a kind does not keep makes no difference to what it writes.
func TestWhatIsLostIsNotWritten(t *testing.T) {
	r := newRandom()
	for range 50 {
		s := r.session()
		for _, kind := range writable() {
			whole, err := Format(s, kind)
			if err != nil {
				t.Fatal(err)
			}
			rest, err := Format(kept(s, kind), kind)
			if err != nil || !rest.Equal(whole) {
				t.Errorf("%v: %v", kind, err)
			}
		}
	}
}

// Without the user id mtcute's says nothing of whom it belongs to.
func TestMtcuteWithoutSelf(t *testing.T) {
	s := newRandom().session()
	s.UserID = 0
	checkRoundTrip(t, s, Mtcute)
}
