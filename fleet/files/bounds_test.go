package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestStoresAreBounded: the files of GramJS count as all others do, and reading them ends with its context.
func TestStoresAreBounded(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for i := range 50 {
		for _, value := range storeValues() {
			name := fmt.Sprint("bot", i, "%3A", value)
			names = append(names, name)
			if err := os.WriteFile(filepath.Join(dir, name), []byte(`{"type": "Buffer", "data": [1]}`), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	g := gatherer{root: root, files: maxFiles - 40}
	if err := g.filesOf(t.Context(), ".", names); err != nil || !g.doc.Incomplete || len(g.doc.Entries) != 10 || g.files != maxFiles {
		t.Errorf("%d entries, %d files, incomplete: %t, %v", len(g.doc.Entries), g.files, g.doc.Incomplete, err)
	}
	g = gatherer{root: root, doc: Document{Entries: make([]Entry, maxFound-1)}}
	if err := g.filesOf(t.Context(), ".", names); err != nil || !g.doc.Incomplete || len(g.doc.Entries) != maxFound {
		t.Errorf("%d entries, incomplete: %t, %v", len(g.doc.Entries), g.doc.Incomplete, err)
	}
	g = gatherer{root: root}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.filesOf(ctx, ".", names); !errors.Is(err, context.Canceled) || g.size != 0 {
		t.Errorf("%d bytes were read, %v", g.size, err)
	}
}
