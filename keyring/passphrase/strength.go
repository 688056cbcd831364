package passphrase

import (
	"fmt"
	"math"
	"unicode"
	"unicode/utf8"

	"botring/internal/secret"
)

// A Strength says how well a passphrase would stand guessing, as a hint to whoever thinks one up.
type Strength int

// The strengths of a passphrase. At 0.8 s a guess, one core tries 2^25 a year.
const (
	// None: too short, or nothing that can be typed.
	None Strength = iota
	// Weak: guessed by somebody who tries.
	Weak
	// Fair: guessed by somebody who spends on it.
	Fair
	// Strong: not guessed, as far as length and variety tell.
	Strong
)

// String names the strength.
func (s Strength) String() string {
	switch s {
	case None:
		return "none"
	case Weak:
		return "weak"
	case Fair:
		return "fair"
	case Strong:
		return "strong"
	default:
		return fmt.Sprintf("strength %d", int(s))
	}
}

// Bounds of the strengths in bits.
const (
	fairBits   = 45
	strongBits = 65
)

const (
	// maxBitsEach is what a character adds at most: what people make up is no dice.
	maxBitsEach = 4.5
	// bitsInWords is what a character of a word adds, four random words being 50 bits.
	bitsInWords = 2.5
)

// StrengthOf guesses from length and variety alone: it knows no dictionary, so a passphrase may be weaker
// than it says, and hardly stronger.
func StrengthOf(passphrase secret.Secret) Strength {
	if Unfit(passphrase) != First {
		return None
	}
	switch bits := bitsOf(passphrase.Reveal()); {
	case bits < fairBits:
		return Weak
	case bits < strongBits:
		return Fair
	default:
		return Strong
	}
}

// bitsOf estimates a text's entropy. Characters that repeat the last one, or go on from it as in "abc" and
// "321", hardly count.
func bitsOf(text string) float64 {
	var pool float64
	seen := make(map[string]bool)
	distinct := make(map[rune]bool)
	fresh := 0.0
	last := rune(-1)
	for _, r := range text {
		sort, size := sortOf(r)
		if !seen[sort] {
			seen[sort] = true
			pool += size
		}
		if last >= 0 && r-last <= 1 && r-last >= -1 {
			fresh += 0.25
		} else {
			fresh++
		}
		distinct[r] = true
		last = r
	}
	// A few characters over and over are a pattern, however long.
	fresh = min(fresh, 3*float64(len(distinct)))
	perCharacter := min(math.Log2(pool), maxBitsEach)
	if len(seen) <= 2 && seen["lower"] {
		perCharacter = min(perCharacter, bitsInWords)
	}
	return fresh * perCharacter
}

// sortOf returns the alphabet a character comes from and its size.
func sortOf(r rune) (sort string, size float64) {
	switch {
	case 'a' <= r && r <= 'z':
		return "lower", 26
	case 'A' <= r && r <= 'Z':
		return "upper", 26
	case '0' <= r && r <= '9':
		return "digit", 10
	case r < utf8.RuneSelf:
		return "sign", 33
	case unicode.IsLetter(r):
		return "letter", 60
	default:
		return "other", 100
	}
}
