package child

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"botring/internal/secret"
)

const (
	tokenID   = "7123456789:"
	tokenTail = "AAHsecret-of-nobody-at-all-00000001"
	apiHash   = "0123456789abcdef0123456789abcdef"
)

func someSecrets() []Hidden {
	return []Hidden{
		{secret.New(tokenID + tokenTail), len(tokenID)},
		{secret.New(tokenTail), 0},
		{secret.New(apiHash), 0},
		{secret.New("1BVtsOK" + strings.Repeat("kZ9-_qQ7", 43) + "=="), 0},
	}
}

// naive replaces secrets in a whole text, looking at every place for every secret.
func naive(text string, hidden []Hidden) string {
	var out strings.Builder
next:
	for at := 0; at < len(text); {
		longest, tells := 0, false
		for _, h := range hidden {
			s := h.Text.Reveal()
			switch rest := text[at:]; {
			case len(s) < leastSecret:
			case strings.HasPrefix(rest, s):
				longest = max(longest, len(s))
			case strings.HasPrefix(s, rest) && len(rest) >= min(h.Public+telling, len(s)):
				tells = true
			}
		}
		switch {
		case longest > 0:
			out.WriteString(secret.Mask)
			at += longest
		case tells:
			out.WriteString(secret.Mask)
			break next
		default:
			out.WriteByte(text[at])
			at++
		}
	}
	return out.String()
}

// inParts writes a text in parts of the given lengths, again and again, and returns what came out.
func inParts(t testing.TB, text string, hidden []Hidden, parts []byte) string {
	var out bytes.Buffer
	m := NewMasker(&out, hidden)
	for i := 0; text != ""; i++ {
		n := len(text)
		if len(parts) > 0 {
			n = min(n, 1+int(parts[i%len(parts)]))
		}
		if _, err := m.Write([]byte(text[:n])); err != nil {
			t.Fatal(err)
		}
		text = text[n:]
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMask(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"nothing", "nothing"},
		{tokenID + tokenTail, "•••"},
		{"bot" + tokenID + tokenTail + "/getMe", "bot•••/getMe"},
		{"7999999999:" + tokenTail + "\n", "7999999999:•••\n"},
		{tokenID + tokenTail + tokenID + tokenTail, "••••••"},
		{"id " + tokenID + " and no more", "id " + tokenID + " and no more"},
		{"712345678" + tokenID + tokenTail, "712345678•••"},
		{"0123456789abcdef" + apiHash, "••••••"}, // the first that there is, and the beginning of another
		{"choose 1-7", "choose 1-7"},
		{"cut off: " + tokenTail[:20], "cut off: •••"},
		{"cut off: " + tokenID + "AAHsecr", "cut off: " + tokenID + "AAHsecr"},
	} {
		for part := range 50 {
			if got := inParts(t, test.text, someSecrets(), []byte{byte(part)}); got != test.want {
				t.Fatalf("%q in parts of %d is %q, want %q", test.text, part+1, got, test.want)
			}
		}
	}
}

func TestNothingToMask(t *testing.T) {
	for _, hidden := range [][]Hidden{nil, {{}}, {{secret.New("abc"), 0}}} {
		if got := inParts(t, "abc and more", hidden, nil); got != "abc and more" {
			t.Errorf("%v: %q", hidden, got)
		}
	}
}

// A prompt is seen although it ends in what a token begins with; a token that comes byte by byte is not.
func TestMaskAcrossPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		m := NewMasker(&out, someSecrets())
		write := func(text string) string {
			t.Helper()
			if _, err := io.WriteString(m, text); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * pause)
			synctest.Wait()
			return out.String()
		}
		if got := write("choose 1-7"); got != "choose 1-7" {
			t.Errorf("after a pause: %q", got)
		}
		if got := write("\nyou chose " + tokenID); got != "choose 1-7\nyou chose "+tokenID {
			t.Errorf("after a pause: %q", got)
		}
		out.Reset()
		for _, b := range []byte("\n" + tokenID + tokenTail + ";") {
			write(string(b))
		}
		if got, want := out.String(), "\n"+tokenID+tokenTail[:telling-1]+"•••;"; got != want {
			t.Errorf("byte by byte: %q, want %q", got, want)
		}
		out.Reset()
		if got := write(tokenTail[:30]); got != "" {
			t.Errorf("most of a secret is shown: %q", got)
		}
		if err := m.Close(); err != nil || out.String() != "•••" {
			t.Errorf("at the end: %q, %v", out.String(), err)
		}
	})
}

func TestMaskTellsOfItsWriter(t *testing.T) {
	r, w := io.Pipe()
	_ = r.Close()
	m := NewMasker(w, someSecrets())
	if _, err := io.WriteString(m, "a line\n"); err == nil {
		t.Error("no error of the first write")
	}
	if _, err := io.WriteString(m, "a line\n"); err == nil {
		t.Error("no error of the second write")
	}
}

func FuzzMask(f *testing.F) {
	f.Add("say "+tokenID+tokenTail+" and "+apiHash, "abab", "ababc", []byte{3, 1})
	f.Add("abababcababd", "abab", "ababcabx", []byte{0})
	f.Add("aaaaaaaaaaaaa", "aaaaa", "aaaaaaa", []byte{1, 0, 2})
	f.Fuzz(func(t *testing.T, text, one, other string, parts []byte) {
		hidden := append(someSecrets(), Hidden{secret.New(one), len(one) / 3}, Hidden{secret.New(other), 0})
		want := naive(text, hidden)
		if got := inParts(t, text, hidden, parts); got != want {
			t.Errorf("%q without %q, %q in parts %v:\n got %q\nwant %q", text, one, other, parts, got, want)
		}
	})
}

// The fuzzer rarely finds secrets in a text by itself: this makes texts of parts of secrets.
func TestMaskAgainstNaive(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 3000 {
		letters := "ab"[:1+random.IntN(2)]
		word := func(most int) string {
			var b strings.Builder
			for range 4 + random.IntN(most) {
				b.WriteByte(letters[random.IntN(len(letters))])
			}
			return b.String()
		}
		var hidden []Hidden
		for range 1 + random.IntN(3) {
			hidden = append(hidden, Hidden{secret.New(word(20)), random.IntN(3)})
		}
		var text strings.Builder
		for range 1 + random.IntN(8) {
			part := hidden[random.IntN(len(hidden))].Text.Reveal()
			text.WriteString(part[:1+random.IntN(len(part))])
			text.WriteString([]string{"", "", "a", "b", "\n"}[random.IntN(5)])
		}
		parts := []byte{byte(random.IntN(5)), byte(random.IntN(9))}
		if got, want := inParts(t, text.String(), hidden, parts), naive(text.String(), hidden); got != want {
			t.Fatalf("round %d: %q\n got %q\nwant %q", round, text.String(), got, want)
		}
	}
}

// logLines are what bots write: times, ids, hexadecimal digits, words. A secret stands in every thousandth line.
func logLines(size int) []byte {
	random := rand.New(rand.NewPCG(3, 4))
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "2026-11-25 08:%02d:%02d INFO update %d from chat -100%d: %x, it took %d ms\n",
			i/60%60, i%60, 812345678+i, 7123456789+i%100, random.Uint64(), random.IntN(900))
		if i%1000 == 999 {
			fmt.Fprintf(&b, "POST https://api.telegram.org/bot%s%s/sendMessage\n", tokenID, tokenTail)
		}
	}
	return b.Bytes()[:size]
}

func BenchmarkMasker(b *testing.B) {
	data := logLines(1 << 20)
	m := NewMasker(io.Discard, someSecrets())
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		for part := data; len(part) > 0; {
			n := min(len(part), copySize)
			if _, err := m.Write(part[:n]); err != nil {
				b.Fatal(err)
			}
			part = part[n:]
		}
	}
}

// BenchmarkOutput sends 64 MiB through a pipe as a child's output comes, as it is and with secrets replaced. A
// masked copy that falls under 100 MB/s fails.
func BenchmarkOutput(b *testing.B) {
	data := logLines(1 << 20)
	for _, masked := range []bool{false, true} {
		b.Run(map[bool]string{false: "plain", true: "masked"}[masked], func(b *testing.B) {
			r, w, err := os.Pipe()
			if err != nil {
				b.Fatal(err)
			}
			sink, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			if err != nil {
				b.Fatal(err)
			}
			done := make(chan error, 1)
			var to io.Writer = struct{ io.Writer }{sink}
			if masked {
				to = NewMasker(sink, someSecrets())
			}
			go func() { done <- copyOutput(to, r) }()
			const rounds = 64
			b.SetBytes(int64(len(data)) * rounds)
			began, n := time.Now(), 0
			for b.Loop() {
				for range rounds {
					if _, err := w.Write(data); err != nil {
						b.Fatal(err)
					}
				}
				n++
			}
			rate := float64(n*rounds*len(data)) / 1e6 / time.Since(began).Seconds()
			_ = w.Close()
			if err := <-done; err != nil {
				b.Error(err)
			}
			if n >= 3 && rate < 100 {
				b.Errorf("%.0f MB/s", rate)
			}
		})
	}
}

// What a program has left running may write for longer than anybody hides its secrets.
func TestNothingIsWrittenAfterTheEnd(t *testing.T) {
	var out bytes.Buffer
	m := NewMasker(&out, []Hidden{{Text: secret.New("whisper")}})
	l := newLines(&out, "| ")
	for _, w := range []io.WriteCloser{m, l} {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if n, err := w.Write([]byte("a whisper\n")); n != 0 || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%d, %v", n, err)
		}
		if err := w.Close(); err != nil || out.Len() > 0 {
			t.Errorf("%v, %q", err, out.String())
		}
	}
}
