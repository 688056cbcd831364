package plain

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Shop orders", "Shop orders"},
		{"chinese", "天気 Weather", "天気 Weather"},
		{"hebrew", "בוט שלום", "בוט שלום"},
		{"colour", "\x1b[31mred\x1b[0m", "red"},
		{"clear screen", "a\x1b[2J\x1b[Hb", "ab"},
		{"eight-bit control sequence", "a\u009b2Jb", "ab"},
		{"window title", "a\x1b]0;owned\x07b", "ab"},
		{"clipboard", "a\x1b]52;c;AAAA\x1b\\b", "ab"},
		{"unfinished title", "a\x1b]0;rest of the name", "a0;rest of the name"},
		{"charset", "a\x1b(0b", "ab"},
		{"escape at the end", "a\x1b", "a"},
		{"line ends", "two\r\nlines\u2028three\u0085four\tfive", "two lines three four five"},
		{"blanks", "  a \u00a0\u3000 b  ", "a b"},
		{"nul and bell", "a\x00\x07b\x7f", "ab"},
		{"override", "safe\u202egpj.exe", "safegpj.exe"},
		{"isolates", "\u2066a\u2069\u200e\u200f\u061cb", "ab"},
		{"zero width", "a\u200bd\u200cm\u2060i\ufeffn", "admin"},
		{"soft hyphen", "ad\u00admin", "admin"},
		{"hangul filler", "\u3164\u3164", ""},
		{"blank braille", "\u2800\u2800", ""},
		{"tags", "x\U000e0041\U000e0042", "x"},
		{"family", "👨‍👩‍👧 home", "👨‍👩‍👧 home"},
		{"skin and joiner", "👩🏽‍💻", "👩🏽‍💻"},
		{"heart", "❤️ love", "❤️ love"},
		{"rainbow flag", "🏳️‍🌈", "🏳️‍🌈"},
		{"joiner between letters", "a\u200db", "ab"},
		{"joiner at the end", "👩\u200d", "👩"},
		{"selector after a letter", "a\ufe0f", "a"},
		{"tower of marks", "a" + strings.Repeat("\u0301", 50), "a" + strings.Repeat("\u0301", 4)},
		{"mark without a letter", "\u0301a", "a"},
		{"thai", "น้ำ", "น้ำ"},
		{"broken utf-8", "a\xffb\xc3", "a\ufffdb\ufffd"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Line(c.in); got != c.want {
				t.Errorf("Line(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	in := "A=1\r\nB=\x1b[1m2\x1b[0m\rC=\u200b3\u00a04\x00\n"
	if got, want := Text(in), "A=1\nB=2\nC=3 4\n"; got != want {
		t.Errorf("Text(%q) = %q, want %q", in, got, want)
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{"天気", "\x1b[31mred", "a\x1b]0;t\x07", "👩🏽‍💻", "\u202ea\u2066", "\xff\xfe", "\u0085\u2028", "a\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		if !utf8.ValidString(got) {
			t.Fatalf("not UTF-8: %q", got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.In(r, unicode.Zl, unicode.Zp) {
				t.Fatalf("%U in %q of %q", r, got, s)
			}
		}
		if again := Line(got); again != got {
			t.Fatalf("not stable: %q, then %q", got, again)
		}
		if len(got) > 3*len(s) {
			t.Fatalf("%d bytes grew to %d", len(s), len(got))
		}
		for _, r := range Text(s) {
			if unicode.IsControl(r) && r != '\n' {
				t.Fatalf("%U in Text of %q", r, s)
			}
		}
	})
}

func BenchmarkLine(b *testing.B) {
	for b.Loop() {
		Line("天気 Weather 👩🏽‍💻 bot")
	}
}
