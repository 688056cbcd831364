package handshake

import (
	"math/big"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
)

// groupBytes is the size of p, of its powers of g and of a key.
const groupBytes = 256

// A group is what the powers are taken in: those of g modulo p. ga is the server's power.
type group struct {
	p, g, ga *big.Int
	// low and high bound the powers on both sides: 2^{2048-64} and p less that.
	low, high *big.Int
}

// newGroup takes a group from the server's answer and checks all of it but that p is a safe prime.
func newGroup(answer *mt.ServerDHInnerData) (*group, error) {
	// Numbers of other lengths would be computed with for as long as their sender likes.
	if len(answer.DhPrime) != groupBytes {
		return nil, ErrPrimeSize
	}
	if len(answer.GA) > groupBytes {
		return nil, ErrRange
	}
	g := &group{
		p:   new(big.Int).SetBytes(answer.DhPrime),
		g:   big.NewInt(int64(answer.G)),
		ga:  new(big.Int).SetBytes(answer.GA),
		low: new(big.Int).Lsh(big.NewInt(1), groupBytes*8-64),
	}
	g.high = new(big.Int).Sub(g.p, g.low)
	if g.p.BitLen() != groupBytes*8 {
		return nil, ErrPrimeSize
	}
	if err := checkGenerator(answer.G, g.p); err != nil {
		return nil, err
	}
	return g, g.checkRange(g.ga)
}

// checkRange wants a power strictly between low and high, which excludes 0, 1, p-1 and whatever is near
// enough to them to be no accident. g itself, from 2 to 7, needs no such check.
func (g *group) checkRange(power *big.Int) error {
	if power.Cmp(g.low) <= 0 || power.Cmp(g.high) >= 0 {
		return ErrRange
	}
	return nil
}

// checkGenerator wants g to be a quadratic residue modulo p, so that its powers are a subgroup of prime
// order, by the law of quadratic reciprocity.
func checkGenerator(g int, p *big.Int) error {
	residues := map[int]struct {
		modulus uint64
		fit     []uint64
	}{
		2: {8, []uint64{7}},
		3: {3, []uint64{2}},
		4: {1, []uint64{0}},
		5: {5, []uint64{1, 4}},
		6: {24, []uint64{19, 23}},
		7: {7, []uint64{3, 5, 6}},
	}
	want, known := residues[g]
	if !known {
		return ErrGenerator
	}
	rest := new(big.Int).Mod(p, new(big.Int).SetUint64(want.modulus)).Uint64()
	for _, fit := range want.fit {
		if rest == fit {
			return nil
		}
	}
	return ErrSubgroup
}

// public is g to the power of a secret.
func (g *group) public(secret []byte) ([]byte, error) {
	b := new(big.Int).SetBytes(secret)
	defer wipe(b)
	gb := new(big.Int).Exp(g.g, b, g.p)
	return gb.Bytes(), g.checkRange(gb)
}

// shared is the server's power to that of a secret: the key.
func (g *group) shared(secret []byte) (key crypto.Key) {
	b := new(big.Int).SetBytes(secret)
	defer wipe(b)
	power := new(big.Int).Exp(g.ga, b, g.p)
	defer wipe(power)
	power.FillBytes(key[:])
	return key
}

// wipe forgets a number. What math/big computed on the way to it is out of reach.
func wipe(n *big.Int) {
	words := n.Bits()
	clear(words[:cap(words)])
	n.SetInt64(0)
}
