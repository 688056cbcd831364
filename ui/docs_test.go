package ui

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestKeysAreDocumented: docs/SCREENS.md has every key, and names none that there is not.
func TestKeysAreDocumented(t *testing.T) {
	content, err := os.ReadFile("../docs/SCREENS.md")
	if err != nil {
		t.Fatal(err)
	}
	var keys strings.Builder // what is said of keys: the second column, and the text after the table
	for line := range strings.Lines(string(content)) {
		cells := strings.Split(line, " | ")
		switch {
		case len(cells) == 3:
			keys.WriteString(cells[1] + "\n")
		case !strings.HasPrefix(line, "|"):
			keys.WriteString(line)
		}
	}
	var said []string
	for i, quoted := range strings.Split(keys.String(), "`") {
		if i%2 == 1 {
			said = append(said, quoted)
		}
	}
	known := []string{"fleet"}
	for name, b := range bindings(t) {
		if name == "lineFeed" {
			continue
		}
		known = append(known, b.Keys()...)
		known = append(known, b.Help().Key)
		if !slices.ContainsFunc(b.Keys(), func(k string) bool { return slices.Contains(said, k) }) && !slices.Contains(said, b.Help().Key) {
			t.Errorf("docs/SCREENS.md does not say what %s (%s) does", b.Help().Key, name)
		}
	}
	for _, k := range said {
		if !slices.Contains(known, k) {
			t.Errorf("docs/SCREENS.md names %s, which is no key", k)
		}
	}
}
