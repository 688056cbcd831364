package telegramtest

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"time"

	"github.com/gotd/td/mt"
)

// A server salt lives for an hour, and half an hour after it began the next one does
// (core.telegram.org/mtproto/description#server-salt).
const (
	saltLife = time.Hour
	saltStep = 30 * time.Minute
	maxSalts = 64
)

// salts are the salts of one key, oldest first, always at least one.
type salts []salt

type salt struct {
	value int64
	since time.Time
}

func newSalts(first int64, now time.Time) salts { return salts{{first, now}} }

// extend makes salts until n of them are or will be good, and forgets those that no longer are.
func (s *salts) extend(n int, now time.Time) {
	*s = slices.DeleteFunc(*s, func(old salt) bool { return !now.Before(old.since.Add(saltLife)) })
	for len(*s) < n {
		next := salt{randomLong(), now}
		if len(*s) > 0 {
			next.since = (*s)[len(*s)-1].since.Add(saltStep)
		}
		*s = append(*s, next)
	}
}

// current returns the newest salt that is good now.
func (s *salts) current(now time.Time) int64 {
	s.extend(1, now)
	value := (*s)[0].value
	for _, one := range *s {
		if !now.Before(one.since) {
			value = one.value
		}
	}
	return value
}

// good reports whether a message with this salt is to be taken.
func (s *salts) good(value int64, now time.Time) bool {
	s.extend(1, now)
	return slices.ContainsFunc(*s, func(one salt) bool {
		return one.value == value && !now.Before(one.since)
	})
}

// future returns up to n salts with the times they are good.
func (s *salts) future(n int, now time.Time) []mt.FutureSalt {
	n = min(max(n, 1), maxSalts)
	s.extend(n, now)
	list := make([]mt.FutureSalt, n)
	for i := range list {
		one := (*s)[i]
		list[i] = mt.FutureSalt{
			ValidSince: int(one.since.Unix()),
			ValidUntil: int(one.since.Add(saltLife).Unix()),
			Salt:       one.value,
		}
	}
	return list
}

// randomLong returns eight random bytes. crypto/rand does not fail.
func randomLong() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return int64(binary.LittleEndian.Uint64(b[:]))
}
