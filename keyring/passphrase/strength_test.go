package passphrase

import (
	"testing"

	"botring/internal/secret"
)

func TestStrength(t *testing.T) {
	for text, want := range map[string]Strength{
		"":                               None,
		"short":                          None,
		"tab\tin between":                None,
		"password":                       Weak,
		"12345678901234567890":           Weak,
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": Weak,
		"Tr0ub4dor&3":                    Fair,
		"correct horse battery staple":   Fair,
		"kG7#mQ2x!vL9pW4z":               Strong,
		"correct horse battery staple ox fence lamp": Strong,
	} {
		if got := StrengthOf(secret.New(text)); got != want {
			t.Errorf("%q is %s (%.0f bits), want %s", text, got, bitsOf(text), want)
		}
	}
}

func FuzzStrength(f *testing.F) {
	f.Add("correct horse battery staple")
	f.Add("\xff ключ 🔑")
	f.Fuzz(func(t *testing.T, text string) {
		if got := StrengthOf(secret.New(text)); got < None || got > Strong {
			t.Fatalf("%q is %d", text, got)
		}
	})
}
