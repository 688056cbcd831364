package cli

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// commandsOnly are what no screen does, by their paths.
var commandsOnly = []string{
	"session inspect", "session convert", "exec", "completion", "man", "version", "demo",
}

// TestCommandsHaveScreens: docs/SCREENS.md has every command, and a key beside it unless no screen is to do that.
func TestCommandsHaveScreens(t *testing.T) {
	content, err := os.ReadFile("../../docs/SCREENS.md")
	if err != nil {
		t.Fatal(err)
	}
	hasKey := map[string]bool{}
	for line := range strings.Lines(string(content)) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) != 3 || !strings.HasPrefix(line, "| ") {
			continue
		}
		for i, command := range strings.Split(cells[2], "`") {
			if i%2 == 1 {
				hasKey[command] = hasKey[command] || cells[1] != "—"
			}
		}
	}
	everyCommand(newRoot(&shell{}), func(cmd *cobra.Command) {
		path := below(cmd)
		if groups(cmd) || !cmd.HasParent() {
			return
		}
		key, said := hasKey[path]
		if !said {
			t.Errorf("docs/SCREENS.md does not name %s", path)
		}
		if only := slices.Contains(commandsOnly, path); key == only {
			t.Errorf("%s has a key: %v; that it is a command only: %v", path, key, only)
		}
		delete(hasKey, path)
	})
	for path := range hasKey {
		t.Errorf("docs/SCREENS.md names %s, which is no command", path)
	}
}
