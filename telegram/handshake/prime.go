package handshake

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"sync"
)

// telegramPrime is the one that Telegram's servers use. The specification gives it for clients to know by
// value (core.telegram.org/mtproto/auth_key#presenting-proof-of-work-server-authentication), as TDLib
// (td/telegram/DhCache.cpp) and Telegram Desktop (mtproto_dh_utils.cpp) do. A test proves it.
const telegramPrime = "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f" +
	"48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37" +
	"20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64" +
	"2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4" +
	"a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754" +
	"fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4" +
	"e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f" +
	"0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b"

// rounds of Miller-Rabin with random bases let a composite pass with a probability below 4^-64, whoever
// chose it. TDLib and OpenSSL do as many.
const rounds = 64

// maxProved bounds the primes remembered: a server that has one of its own has one.
const maxProved = 16

// Primes are the safe primes known to be such: Telegram's and those that were proved, which takes half a
// second each. The zero value is ready; it may be used by many at once.
type Primes struct {
	mu     sync.Mutex
	proved map[string]bool
}

// check wants a safe prime of 2048 bits. It looks at ctx between two exponentiations.
func (ps *Primes) check(ctx context.Context, p *big.Int) error {
	name := hex.EncodeToString(p.Bytes())
	if name == telegramPrime || ps.knows(name) {
		return nil
	}
	if err := prove(ctx, p); err != nil {
		return err
	}
	ps.remember(name)
	return nil
}

func (ps *Primes) knows(name string) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.proved[name]
}

func (ps *Primes) remember(name string) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.proved == nil {
		ps.proved = make(map[string]bool)
	}
	if len(ps.proved) < maxProved {
		ps.proved[name] = true
	}
}

// prove is the check of the specification: p and (p-1)/2 are prime. A number that is not prime is mostly
// found out by the first, quick look at both.
func prove(ctx context.Context, p *big.Int) error {
	half := new(big.Int).Rsh(p, 1)
	for _, n := range []struct {
		*big.Int
		refused error
	}{{p, ErrPrime}, {half, ErrSafePrime}} {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !n.ProbablyPrime(0) {
			return n.refused
		}
	}
	for _, n := range []struct {
		*big.Int
		refused error
	}{{p, ErrPrime}, {half, ErrSafePrime}} {
		for range rounds {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !passes(n.Int, randomBelow(n.Int)) {
				return n.refused
			}
		}
	}
	return nil
}

// passes is one round of Miller-Rabin: an odd n that fails is composite. Bases are random, as math/big's
// are not, whose round a composite could be made for.
func passes(n, base *big.Int) bool {
	one := big.NewInt(1)
	last := new(big.Int).Sub(n, one)
	twos := last.TrailingZeroBits()
	x := new(big.Int).Exp(base, new(big.Int).Rsh(last, twos), n)
	if x.Cmp(one) == 0 || x.Cmp(last) == 0 {
		return true
	}
	for range twos - 1 {
		if x.Mul(x, x).Mod(x, n).Cmp(last) == 0 {
			return true
		}
	}
	return false
}

// randomBelow is a number from 2 to n-2.
func randomBelow(n *big.Int) *big.Int {
	buf := make([]byte, len(n.Bytes())+8)
	_, _ = rand.Read(buf)
	x := new(big.Int).SetBytes(buf)
	x.Mod(x, new(big.Int).Sub(n, big.NewInt(3)))
	return x.Add(x, big.NewInt(2))
}
