package radar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// benchTree is a tree of source: what BENCH_TREE names, or else Go's own.
func benchTree(b *testing.B) string {
	b.Helper()
	tree := os.Getenv("BENCH_TREE")
	if tree == "" {
		root, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			b.Skip(err)
		}
		tree = filepath.Join(strings.TrimSpace(string(root)), "src")
	}
	if _, err := os.Stat(tree); err != nil {
		b.Skip(err)
	}
	return tree
}

// BenchmarkScan searches a tree whose files are in memory, and has ripgrep do so for the same shapes.
func BenchmarkScan(b *testing.B) {
	tree := benchTree(b)
	scan := func(b *testing.B) int64 {
		b.Helper()
		report, err := Scan(context.Background(), Options{Paths: []string{tree}, Marks: ring(), NoIgnore: true})
		if err != nil {
			b.Fatal(err)
		}
		return report.Bytes
	}
	size := scan(b)
	b.Run("botring", func(b *testing.B) {
		b.SetBytes(size)
		b.ReportAllocs()
		for b.Loop() {
			scan(b)
		}
	})
	b.Run("ripgrep", func(b *testing.B) {
		if _, err := exec.LookPath("rg"); err != nil {
			b.Skip("no ripgrep")
		}
		b.SetBytes(size)
		for b.Loop() {
			cmd := exec.Command("rg", "--no-config", "--no-ignore", "--hidden", "--text", "--count", "--threads", fmt.Sprint(workers()),
				"-e", `[0-9]{6,16}(:|%3A)[A-Za-z0-9_-]{35}`, "-e", `[0-9a-f]{32}`, "-e", `[A-Za-z0-9+/_-]{320,}`, tree)
			var exit *exec.ExitError
			if err := cmd.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) { // 1 is nothing found
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDetector looks through text alone: source, which has next to nothing in it, and the worst, which is nothing but
// hashes.
func BenchmarkDetector(b *testing.B) {
	source, err := os.ReadFile("detector.go")
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"source": bytes.Repeat(source, 100),
		"hashes": []byte(strings.Repeat(foreignHash+"  some/file/of/them\n", 20_000)),
		"base64": []byte(strings.Repeat(strings.Repeat("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZn", 2)+"\n", 10_000)),
	} {
		b.Run(name, func(b *testing.B) {
			d := newDetector(ring())
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				d.hits = d.hits[:0]
				d.scan(text, 0, true)
			}
		})
	}
}

// BenchmarkHistory searches a history of 100,000 commits, a version of a file in each.
func BenchmarkHistory(b *testing.B) {
	w := newWorkshop(b)
	cmd := exec.Command("git", "-C", w.path, "fast-import", "--quiet")
	to, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	const commits, files = 100_000, 2000
	for i := range commits {
		text := strings.Repeat(fmt.Sprintf("line %d of file %d\n", i, i%files), 40)
		if i%files == 7 {
			text += "TOKEN=" + otherToken + "\n"
		}
		said := fmt.Sprintf("change %d", i)
		_, err := fmt.Fprintf(to, "commit refs/heads/main\ncommitter A <a@example.com> %d +0000\ndata %d\n%s\nM 100644 inline d%d/f%d\ndata %d\n%s\n",
			1_600_000_000+i, len(said), said, i%40, i%files, len(text), text)
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(to.Close(), cmd.Wait()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s := newScan(Options{Paths: []string{w.path}, Marks: ring(), History: true})
		if err := s.histories(context.Background()); err != nil {
			b.Fatal(err)
		}
		if r := s.end(); r.Blobs != commits || len(r.Findings) != 1 || r.Findings[0].Versions != commits/files {
			b.Fatalf("the report says %+v", r)
		}
	}
	b.ReportMetric(float64(commits)*float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// BenchmarkStaged is what a hook adds to a commit, beside the start of the program.
func BenchmarkStaged(b *testing.B) {
	w := newWorkshop(b)
	for i := range 20 {
		w.write(fmt.Sprintf("f%d", i), strings.Repeat("a line\n", 1000))
	}
	w.git("add", ".")
	for b.Loop() {
		if _, err := ScanStaged(context.Background(), w.path, Options{Marks: ring()}); err != nil {
			b.Fatal(err)
		}
	}
}
