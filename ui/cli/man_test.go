package cli

import (
	"botring/internal/testneeds"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// manual writes all pages into a directory.
func manual(t *testing.T) (dir string, pages []string) {
	t.Helper()
	dir = t.TempDir()
	var out, errs bytes.Buffer
	s := &shell{Process: Process{
		Args: []string{"man", "--dir", dir}, In: strings.NewReader(""), Out: &out, Err: &errs, Environ: mapEnviron{}, Version: "v1.2.3",
	}}
	if code := s.finish(t.Context(), s.run(t.Context())); code != 0 || errs.Len() > 0 {
		t.Fatalf("exit code %d, %s", code, errs.String())
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("Wrote %d pages.\n", len(pages)); out.String() != want {
		t.Errorf("said %q, want %q", out.String(), want)
	}
	return dir, pages
}

// Every command has a page, with its flags, and no page is of nothing.
func TestManual(t *testing.T) {
	dir, pages := manual(t)
	left := len(pages)
	everyCommand(newRoot(&shell{}), func(cmd *cobra.Command) {
		left--
		text, err := os.ReadFile(filepath.Join(dir, pageName(cmd)+".1"))
		if err != nil {
			t.Error(err)
			return
		}
		for _, want := range []string{".TH " + strings.ReplaceAll(strings.ToUpper(pageName(cmd)), "-", `\-`) + " 1 ", "\n.SH NAME\n", "\n.SH EXAMPLES\n", `"botring v1.2.3"`} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s has no %q", cmd.CommandPath(), want)
			}
		}
		if cmd.Flags().Lookup("tag") != nil && !strings.Contains(string(text), `\-\-tag`) {
			t.Errorf("%s has no --tag", cmd.CommandPath())
		}
	})
	if left != 0 {
		t.Errorf("%d pages are of no command", left)
	}
}

// What reads manual pages finds nothing to complain of.
func TestManualReads(t *testing.T) {
	_, pages := manual(t)
	for _, reader := range [][]string{
		{"mandoc", "-T", "lint", "-W", "warning"},
		{"groff", "-man", "-ww", "-Tutf8", "-z"},
	} {
		t.Run(reader[0], func(t *testing.T) {
			testneeds.Program(t, reader[0])
			out, err := exec.CommandContext(t.Context(), reader[0], append(reader[1:], pages...)...).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// The exit codes are in README.md as in the manual.
func TestExitCodesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range exitCodes() {
		if row := fmt.Sprintf("| %d | %s |", code.code, code.means); !strings.Contains(string(text), row) {
			t.Errorf("README.md has no row %q", row)
		}
	}
}

func TestRoff(t *testing.T) {
	for text, want := range map[string]string{
		`.TH`: `\&.TH`, `'x`: `\&'x`, `a\b`: `a\eb`, "--yes": `\-\-yes`, "BOT…": "BOT...", "“x”": `\[u201C]x\[u201D]`, "a.b": "a.b",
	} {
		if got := roff(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
