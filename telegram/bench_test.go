package telegram_test

import (
	"testing"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

// BenchmarkExchange is what every login costs at least, BenchmarkLogin the whole of it: what lies between
// them is this package's own.
func BenchmarkExchange(b *testing.B) {
	s := serve(b, telegramtest.Options{}, theBot())
	c := telegram.New(s.Network(), telegram.Options{})
	for b.Loop() {
		if err := c.Exchange(b.Context(), 2); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLogin(b *testing.B) {
	s := serve(b, telegramtest.Options{}, theBot())
	c := telegram.New(s.Network(), telegram.Options{})
	for b.Loop() {
		if _, err := c.Login(b.Context(), theApp(), theToken(), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoginAfterExchange is a login whose key is there already: the difference of the two above,
// without their noise.
func BenchmarkLoginAfterExchange(b *testing.B) {
	s := serve(b, telegramtest.Options{}, theBot())
	c := telegram.New(s.Network(), telegram.Options{}).UseKeyOf(sessionOf(b, s))
	for b.Loop() {
		if _, err := c.Login(b.Context(), theApp(), theToken(), nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	s := serve(b, telegramtest.Options{}, theBot())
	c := telegram.New(s.Network(), telegram.Options{})
	session := sessionOf(b, s)
	for b.Loop() {
		if _, err := c.Check(b.Context(), theApp(), session, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoginThroughProxy is BenchmarkLogin through each sort of proxy.
func BenchmarkLoginThroughProxy(b *testing.B) {
	s := serve(b, telegramtest.Options{}, theBot())
	for name, proxy := range everyProxy(b, s) {
		b.Run(name, func(b *testing.B) {
			c := telegram.New(s.Network(), telegram.Options{Proxy: proxy})
			for b.Loop() {
				if _, err := c.Login(b.Context(), theApp(), theToken(), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
