package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"unknown step":   `dance "x"`,
		"no quotes":      `see x`,
		"no text":        `type`,
		"no duration":    `at soon`,
		"unknown key":    `key return`,
		"control digit":  `key ctrl+1`,
		"bad pattern":    `never "("`,
		"roll with more": `roll camera`,
	} {
		if _, err := parse("# comment\n\n" + text); err == nil || !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestKeyBytes(t *testing.T) {
	for name, want := range map[string]string{
		"enter": "\r", "esc": "\x1b", "ctrl+a": "\x01", "ctrl+z": "\x1a", "a": "a", "!": "!", "天": "天", "down": "\x1b[B",
	} {
		if got, err := keyBytes(name); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestCut(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a": 0, "天": 0, "a\xe5": 1, "a\xe5\xa4": 2, "\xf0\x9f\x98": 3, "\xff": 0, "é\x80": 0,
	} {
		if got := cut([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// shell asks the terminal a question first, so that a stage that does not answer stalls here.
const shell = `printf '\033[6n'; IFS= read -rsd R answer; printf 'ready> '; read -r line; echo "you said: $line"; sleep 30`

func play(t *testing.T, board string) (cast, error) {
	t.Helper()
	script, err := parse(board)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	return record(ctx, script, 40, 5, []string{"bash", "-c", shell})
}

func TestRecord(t *testing.T) {
	got, err := play(t, `
		see "ready>"
		roll
		at 100ms
		type "hé"
		key enter
		see "you said: hé"
		wait 50ms`)
	if err != nil {
		t.Fatal(err)
	}
	if got.Width != 40 || got.Height != 5 {
		t.Errorf("the terminal is %d by %d", got.Width, got.Height)
	}
	if first := got.Events[0]; first.At != 0 || !strings.Contains(first.Output, "ready>") {
		t.Errorf("the recording begins with %+v", first)
	}
	if second := got.Events[1]; second.At < 100*time.Millisecond {
		t.Errorf("typing began at %s", second.At)
	}
	var all strings.Builder
	for _, e := range got.Events[1:] {
		all.WriteString(e.Output)
	}
	if !strings.Contains(all.String(), "you said: hé") {
		t.Errorf("the answer is not in %q", all.String())
	}
}

func TestRecordRefusesWhatMustNotBeSeen(t *testing.T) {
	_, err := play(t, `
		never "AAH[a-z]{4}"
		see "ready>"
		type "AAHsecret"
		see "AAHsecret"`)
	if err == nil || !strings.Contains(err.Error(), "must never be seen") || strings.Contains(err.Error(), "AAHsecret") {
		t.Errorf("error is %v", err)
	}
}

func TestRecordEndsWithTheProgram(t *testing.T) {
	script, err := parse(`see "what never comes"`)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = record(t.Context(), script, 40, 5, []string{"echo", "hello"})
	if err == nil || !strings.Contains(err.Error(), "hello") {
		t.Errorf("error does not show the screen: %v", err)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("waited %s for a program that had ended", took)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("see \"x\"\nat 1s\nkey ctrl+a\nnever \"a+\"")
	f.Add("paste `x`")
	f.Fuzz(func(t *testing.T, text string) {
		board, err := parse(text)
		if err == nil && len(board.steps)+len(board.never) > strings.Count(text, "\n")+1 {
			t.Fatalf("%d steps from %q", len(board.steps)+len(board.never), text)
		}
	})
}
