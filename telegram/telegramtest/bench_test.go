package telegramtest_test

import (
	"testing"

	"botring/telegram/telegramtest"
)

// BenchmarkHandshake is a connection and a key exchange, both ends.
func BenchmarkHandshake(b *testing.B) {
	s := start(b, telegramtest.Options{})
	c := clientOf(s, 2)
	for b.Loop() {
		if err := c.run(b.Context(), nothing); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheck is a connection and a call with a seeded session, both ends.
func BenchmarkCheck(b *testing.B) {
	s := start(b, telegramtest.Options{})
	session, err := s.Session(123)
	if err != nil {
		b.Fatal(err)
	}
	c := clientOf(s, 2).with(session)
	for b.Loop() {
		if _, err := c.check(b.Context(), 1); err != nil {
			b.Fatal(err)
		}
	}
}
