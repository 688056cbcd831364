package handshake

import (
	"context"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
)

// unsafeOffset added to Telegram's prime makes the next prime, which is not a safe one.
const unsafeOffset = 570

// foreignPrime is a safe prime of 2048 bits that is not Telegram's: group 14 of RFC 3526.
const foreignPrime = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05" +
	"98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB" +
	"9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718" +
	"3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF"

// TestTelegramPrime proves what is recognised by value otherwise, by this package's check and gotd's.
func TestTelegramPrime(t *testing.T) {
	p := number(t, telegramPrime)
	if p.BitLen() != groupBytes*8 {
		t.Errorf("%d bits", p.BitLen())
	}
	if err := prove(t.Context(), p); err != nil {
		t.Error(err)
	}
	if err := crypto.CheckDH(3, p); err != nil {
		t.Error(err)
	}
	if err := new(Primes).check(expired(), p); err != nil {
		t.Errorf("not recognised: %v", err)
	}
}

// expired is a context in which no proof can be made.
func expired() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// TestForeignPrime: another safe prime is proved once.
func TestForeignPrime(t *testing.T) {
	p := number(t, foreignPrime)
	primes := new(Primes)
	if err := primes.check(expired(), p); !errors.Is(err, context.Canceled) {
		t.Errorf("believed without a proof: %v", err)
	}
	s := newServer(t)
	s.prime, s.g = p, 2
	params := s.trusted(t)
	params.Primes = primes
	if got, err := Run(t.Context(), s, params); err != nil || got.Key.Value != s.authKey {
		t.Fatal(err)
	}
	if err := primes.check(expired(), p); err != nil {
		t.Errorf("proved and forgotten: %v", err)
	}
	if err := new(Primes).check(expired(), p); err == nil {
		t.Error("remembered by others")
	}
}

// TestCancelProof: the one long computation ends soon after its context.
func TestCancelProof(t *testing.T) {
	p := number(t, foreignPrime)
	ctx, cancel := context.WithCancelCause(t.Context())
	var at time.Time
	time.AfterFunc(50*time.Millisecond, func() {
		at = time.Now()
		cancel(nil)
	})
	err := new(Primes).check(ctx, p)
	if took := time.Since(at); !errors.Is(err, context.Canceled) || took > 100*time.Millisecond {
		t.Errorf("%v, %v after the cancel", err, took)
	}
}

func TestPrimesAreBounded(t *testing.T) {
	var primes Primes
	for i := range 2 * maxProved {
		primes.remember(string(rune('a' + i)))
	}
	if len(primes.proved) != maxProved || !primes.knows("a") {
		t.Errorf("%d primes remembered", len(primes.proved))
	}
}

// TestMillerRabin: a round with an honest base finds composites out that were made to pass others.
func TestMillerRabin(t *testing.T) {
	for _, test := range []struct {
		n     int64
		prime bool
	}{
		{5, true}, {7, true}, {13, true}, {97, true}, {65537, true}, {1<<61 - 1, true},
		{9, false}, {15, false}, {561, false}, {1729, false}, {41041, false},
		// Strong pseudoprimes to the bases 2, 3, 5 and 7.
		{2047, false}, {1373653, false}, {25326001, false}, {3215031751, false},
	} {
		n := big.NewInt(test.n)
		got := true
		for range 64 {
			got = got && passes(n, randomBelow(n))
		}
		if got != test.prime {
			t.Errorf("%d: %v", test.n, got)
		}
	}
	// 2 is a liar for 2047, and the way by squares is taken for it in 65537.
	if !passes(big.NewInt(2047), big.NewInt(2)) || !passes(big.NewInt(65537), big.NewInt(3)) {
		t.Error("a round is too strict")
	}
}

func TestRandomBelow(t *testing.T) {
	n := big.NewInt(7)
	seen := make(map[int64]bool)
	for range 1000 {
		seen[randomBelow(n).Int64()] = true
	}
	for x := int64(0); x < 7; x++ {
		if want := x >= 2 && x <= 5; seen[x] != want {
			t.Errorf("%d: %v", x, seen[x])
		}
	}
}

// TestGenerators compares the rules for g with Euler's criterion.
func TestGenerators(t *testing.T) {
	fits := 0
	for _, hex := range []string{telegramPrime, foreignPrime} {
		p := number(t, hex)
		for g := -1; g <= 9; g++ {
			err := checkGenerator(g, p)
			if g < 2 || g > 7 {
				if !errors.Is(err, ErrGenerator) {
					t.Errorf("g = %d: %v", g, err)
				}
				continue
			}
			residue := big.Jacobi(big.NewInt(int64(g)), p) == 1
			if residue != (err == nil) || err != nil && !errors.Is(err, ErrSubgroup) {
				t.Errorf("g = %d: residue %v, %v", g, residue, err)
			}
			if residue {
				fits++
			}
		}
	}
	if fits == 0 || fits == 12 {
		t.Errorf("%d of 12 fit", fits)
	}
	// Small safe primes, so that every rule says yes and no.
	for _, p := range []int64{5, 7, 11, 23, 47, 59, 83, 107, 167, 179, 227, 263, 347, 359, 383, 467, 479, 503, 563, 587} {
		for g := 2; g <= 7; g++ {
			if int64(g) >= p || p%int64(g) == 0 {
				continue
			}
			want := big.Jacobi(big.NewInt(int64(g)), big.NewInt(p)) == 1
			// The rules are for primes that are 3 modulo 4, as all safe ones but 5 are.
			if got := checkGenerator(g, big.NewInt(p)) == nil; got != want && p%4 == 3 {
				t.Errorf("g = %d, p = %d: %v", g, p, got)
			}
		}
	}
}

// TestPublicRange: a power of our own is checked as the server's is.
func TestPublicRange(t *testing.T) {
	g := &group{p: number(t, telegramPrime), g: big.NewInt(3), low: new(big.Int).Lsh(big.NewInt(1), 1984)}
	g.high = new(big.Int).Sub(g.p, g.low)
	for _, secret := range [][]byte{nil, {1}, {4, 0}} {
		if _, err := g.public(secret); !errors.Is(err, ErrRange) {
			t.Errorf("%x: %v", secret, err)
		}
	}
	if _, err := g.public([]byte{5, 0}); err != nil {
		t.Error(err)
	}
}
