package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command is in a story, which shows how it is used.
func TestEveryCommandHasAStory(t *testing.T) {
	var stories strings.Builder
	for _, pattern := range []string{"testdata/script/*.txtar", "testdata/age/*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			stories.Write(text)
		}
	}
	everyCommand(newRoot(&shell{}), func(cmd *cobra.Command) {
		// The demo is screens, and a passphrase is typed: both are tried on a terminal. A move takes two keyrings.
		if groups(cmd) || cmd.Name() == "demo" || cmd.Name() == "passphrase" || cmd.Name() == "move" {
			return
		}
		if !strings.Contains(stories.String(), "\n"+cmd.CommandPath()+" ") && !strings.Contains(stories.String(), "\n"+cmd.CommandPath()+"\n") {
			t.Errorf("no story shows %s", cmd.CommandPath())
		}
	})
}
