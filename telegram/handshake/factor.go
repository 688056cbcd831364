package handshake

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// maxPQBytes is what a number below 2^63 takes. pq is sent back as it came, so zeros before it count.
const maxPQBytes = 8

// split finds the primes of pq for the server to see that work was done.
func split(pq []byte) (p, q []byte, err error) {
	n := new(big.Int).SetBytes(pq)
	if len(pq) > maxPQBytes || n.BitLen() > 63 {
		return nil, nil, ErrPQ
	}
	a, b, ok := factor(n.Uint64())
	if !ok || a == 2 || a == b {
		return nil, nil, ErrPQ
	}
	return bigEndian(a), bigEndian(b), nil
}

// bigEndian is a number in as few bytes as it needs.
func bigEndian(n uint64) []byte {
	b := binary.BigEndian.AppendUint64(nil, n)
	return b[bits.LeadingZeros64(n)/8:]
}

const (
	// maxTrial bounds the factors found by dividing: the cycles of smaller ones are too short for brent.
	maxTrial = 1024
	// maxSteps and maxPolynomials bound what a number costs that is no product of two primes below 2^63,
	// or an unlucky one: under a tenth of a second. A factor of 31 bits takes some 2^16 steps of one
	// polynomial, and more than the 2^19 that lengths up to maxSteps add up to once in e^45 numbers.
	maxSteps       = 1 << 18
	maxPolynomials = 8
)

// factor splits a product of two primes below 2^63, the lower one first. Any other number is refused.
func factor(n uint64) (p, q uint64, ok bool) {
	if n < 4 || isPrime(n) {
		return 0, 0, false
	}
	d := smallFactor(n)
	if d == 0 {
		d = squareRoot(n)
	}
	for c := uint64(1); d == 0 && c <= maxPolynomials; c++ {
		d = brent(n, c)
	}
	if d == 0 || !isPrime(d) || !isPrime(n/d) {
		return 0, 0, false
	}
	return min(d, n/d), max(d, n/d), true
}

// isPrime is exact below 2^64, as math/big promises.
func isPrime(n uint64) bool { return new(big.Int).SetUint64(n).ProbablyPrime(0) }

func smallFactor(n uint64) uint64 {
	if n%2 == 0 {
		return 2
	}
	for d := uint64(3); d < maxTrial; d += 2 {
		if n%d == 0 {
			return d
		}
	}
	return 0
}

// squareRoot is n's root when n is a square, else 0.
func squareRoot(n uint64) uint64 {
	root := new(big.Int).Sqrt(new(big.Int).SetUint64(n)).Uint64()
	if root*root == n {
		return root
	}
	return 0
}

// brent is Pollard's rho as improved by Brent (An improved Monte Carlo factorization algorithm, 1980): it
// walks x → x² + c modulo n until two places are equal modulo a factor. Their differences are multiplied up
// and looked at all at once. It returns 0 when this polynomial finds none.
func brent(n, c uint64) uint64 {
	const batch = 128
	m := newMontgomery(n)
	step := func(x uint64) uint64 { return m.add(m.mul(x, x), c) }
	y := uint64(2)
	for length := 1; length <= maxSteps; length *= 2 {
		x := y
		for range length {
			y = step(y)
		}
		for done := 0; done < length; done += batch {
			before, product := y, m.one
			for range min(batch, length-done) {
				y = step(y)
				product = m.mul(product, distance(x, y))
			}
			if g := gcd(product, n); g != 1 {
				return retrace(m, step, x, before)
			}
		}
	}
	return 0
}

// retrace goes through a batch again, one step at a time: it had more than one factor in it.
func retrace(m montgomery, step func(uint64) uint64, x, y uint64) uint64 {
	for {
		y = step(y)
		switch g := gcd(distance(x, y), m.n); g {
		case 1:
		case m.n:
			return 0
		default:
			return g
		}
	}
}

func distance(a, b uint64) uint64 { return max(a, b) - min(a, b) }

func gcd(a, b uint64) uint64 {
	for a != 0 {
		a, b = b%a, a
	}
	return b
}

// montgomery multiplies modulo an odd n below 2^63 without dividing: numbers x stand for x / 2^64.
type montgomery struct{ n, inverse, one uint64 }

func newMontgomery(n uint64) montgomery {
	// Newton's method: n is its own inverse modulo 8, and each turn doubles the bits.
	inverse := n
	for range 5 {
		inverse *= 2 - n*inverse
	}
	_, one := bits.Div64(1, 0, n)
	return montgomery{n: n, inverse: -inverse, one: one}
}

func (m montgomery) mul(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	more, rest := bits.Mul64(low*m.inverse, m.n)
	_, carry := bits.Add64(low, rest, 0)
	return m.reduce(high + more + carry)
}

func (m montgomery) add(a, b uint64) uint64 { return m.reduce(a + b) }

func (m montgomery) reduce(x uint64) uint64 {
	if x >= m.n {
		return x - m.n
	}
	return x
}
