package handshake

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"math/big"
	"math/bits"
	"testing"

	"github.com/gotd/td/crypto"
)

// TestFactorSmall goes through all numbers up to 2^16 and knows the answer by sieving.
func TestFactorSmall(t *testing.T) {
	const limit = 1 << 16
	least := make([]uint64, limit)
	for p := uint64(2); p < limit; p++ {
		if least[p] != 0 {
			continue
		}
		for n := p; n < limit; n += p {
			if least[n] == 0 {
				least[n] = p
			}
		}
	}
	for n := uint64(0); n < limit; n++ {
		p := least[n]
		semiprime := p != 0 && p != n && least[n/p] == n/p
		gotP, gotQ, ok := factor(n)
		if ok != semiprime || ok && (gotP != p || gotQ != n/p) {
			t.Fatalf("%d: %d, %d, %v", n, gotP, gotQ, ok)
		}
	}
}

// TestFactorPairs goes through all products of the primes whose cycles are the shortest that brent meets.
func TestFactorPairs(t *testing.T) {
	var primes []uint64
	for n := uint64(maxTrial); n < 3000; n++ {
		if isPrime(n) {
			primes = append(primes, n)
		}
	}
	for i, p := range primes {
		for _, q := range primes[i:] {
			wantFactors(t, p, q)
		}
	}
}

// TestFactorSizes factors products of random primes of all sizes that fit below 2^63.
func TestFactorSizes(t *testing.T) {
	for a := 2; a <= 61; a++ {
		for b := a; a+b <= 63; b++ {
			p, err := rand.Prime(rand.Reader, a)
			if err != nil {
				t.Fatal(err)
			}
			q, err := rand.Prime(rand.Reader, b)
			if err != nil {
				t.Fatal(err)
			}
			wantFactors(t, p.Uint64(), q.Uint64())
		}
	}
}

func wantFactors(t *testing.T, p, q uint64) {
	t.Helper()
	gotP, gotQ, ok := factor(p * q)
	if !ok || gotP != min(p, q) || gotQ != max(p, q) {
		t.Errorf("%d × %d: %d, %d, %v", p, q, gotP, gotQ, ok)
	}
}

// TestFactorEdges: the largest semiprimes, squares, and numbers that are none.
func TestFactorEdges(t *testing.T) {
	for _, f := range [][2]uint64{
		{3037000493, 3037000493}, // the largest square of a prime below 2^63
		{3037000453, 3037000493},
		{2147483629, 2147483647},
		{3, 3074457345618258599}, // the largest triple of a prime below 2^63
		{2, 4611686018427387847}, // the largest double
		{1008949199, 1455403679}, // the sample of the specification
		{1229739323, 1402015859}, // gotd's
		{251, 257}, {257, 257}, {2, 2}, {2, 3}, {65521, 65537},
	} {
		for _, n := range f {
			if !new(big.Int).SetUint64(n).ProbablyPrime(20) {
				t.Fatalf("%d is no prime", n)
			}
		}
		wantFactors(t, f[0], f[1])
	}
	for _, n := range []uint64{0, 1, 2, 3, 8, 30, 1<<61 - 1, 1 << 62, 257 * 263 * 269, 1000003 * 1000033 * 1000037} {
		if p, q, ok := factor(n); ok {
			t.Errorf("%d: %d, %d", n, p, q)
		}
	}
}

func TestSplit(t *testing.T) {
	p, q, err := split([]byte{0x14, 0x60, 0xE7, 0xD3, 0xFA, 0x72, 0x77, 0x91})
	if err != nil || binary.BigEndian.Uint32(p) != 1008949199 || binary.BigEndian.Uint32(q) != 1455403679 {
		t.Errorf("%x, %x, %v", p, q, err)
	}
	if p, q, err := split([]byte{15}); err != nil || string(p) != "\x03" || string(q) != "\x05" {
		t.Errorf("%x, %x, %v", p, q, err)
	}
}

func TestBrentGivesUp(t *testing.T) {
	// A prime, which factor does not let come so far: the walk closes on itself.
	if d := brent(1000003, 1); d != 0 {
		t.Errorf("%d divides a prime", d)
	}
	// The way to its end finds no factor of a prime this large.
	if d := brent(1<<61-1, 1); d != 0 {
		t.Errorf("%d divides a prime", d)
	}
}

func FuzzFactor(f *testing.F) {
	for _, n := range []uint64{15, 1468428376148703121, 1724114033281923457, 4, 9, 1 << 62, 65535 * 65537} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n uint64) {
		n >>= 1
		p, q, ok := factor(n)
		if ok {
			product := new(big.Int).Mul(new(big.Int).SetUint64(p), new(big.Int).SetUint64(q))
			if p > q || product.Cmp(new(big.Int).SetUint64(n)) != 0 || !isPrime(p) || !isPrime(q) {
				t.Fatalf("%d: %d, %d", n, p, q)
			}
		}
		// The same by math/big, where gotd's way is made for it: two odd primes.
		a, b := nextPrime(n>>32), nextPrime(n&(1<<31-1))
		if hi, lo := bits.Mul64(a, b); hi == 0 && lo < 1<<63 {
			wantFactors(t, a, b)
		}
	})
}

// nextPrime is the first prime from n on.
func nextPrime(n uint64) uint64 {
	for n = max(n, 2); !isPrime(n); n++ {
	}
	return n
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte{15})
	f.Add([]byte{0, 0, 0, 0, 0x14, 0x60, 0xE7, 0xD3, 0xFA, 0x72, 0x77, 0x91})
	f.Fuzz(func(t *testing.T, pq []byte) {
		p, q, err := split(pq)
		if err != nil {
			if !errors.Is(err, ErrPQ) {
				t.Error(err)
			}
			return
		}
		a, b := new(big.Int).SetBytes(p), new(big.Int).SetBytes(q)
		if a.Cmp(b) >= 0 || new(big.Int).Mul(a, b).Cmp(new(big.Int).SetBytes(pq)) != 0 || p[0] == 0 || q[0] == 0 {
			t.Errorf("%x: %x, %x", pq, p, q)
		}
	})
}

// TestMontgomery compares the multiplication with math/big.
func TestMontgomery(t *testing.T) {
	for _, n := range []uint64{3, 5, 257, 1<<31 - 1, 1<<61 - 1, 1<<63 - 25, 1<<63 - 1} {
		m := newMontgomery(n)
		for range 200 {
			a, b := randomBelow64(n), randomBelow64(n)
			got := new(big.Int).SetUint64(m.mul(a, b))
			got.Lsh(got, 64).Mod(got, new(big.Int).SetUint64(n))
			want := new(big.Int).Mul(new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))
			if want.Mod(want, new(big.Int).SetUint64(n)).Cmp(got) != 0 {
				t.Fatalf("%d × %d mod %d: %v, want %v", a, b, n, got, want)
			}
		}
	}
}

func randomBelow64(n uint64) uint64 {
	x, _ := rand.Int(rand.Reader, new(big.Int).SetUint64(n))
	return x.Uint64()
}

func BenchmarkFactor(b *testing.B) {
	var numbers []uint64
	for range 64 {
		p, _ := rand.Prime(rand.Reader, 31)
		q, _ := rand.Prime(rand.Reader, 31)
		numbers = append(numbers, p.Uint64()*q.Uint64())
	}
	b.Run("ours", func(b *testing.B) {
		for i := range b.N {
			if _, _, ok := factor(numbers[i%len(numbers)]); !ok {
				b.Fatal("not factored")
			}
		}
	})
	b.Run("gotd", func(b *testing.B) {
		for i := range b.N {
			if _, _, err := crypto.DecomposePQ(new(big.Int).SetUint64(numbers[i%len(numbers)]), rand.Reader); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRefusal is what the worst number costs: one whose every walk goes to its end.
func BenchmarkRefusal(b *testing.B) {
	for b.Loop() {
		for c := uint64(1); c <= maxPolynomials; c++ {
			if brent(1<<61-1, c) != 0 {
				b.Fatal("a factor of a prime")
			}
		}
	}
}
