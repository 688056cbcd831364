package cli

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"botring/fleet"
)

// An api_hash that is in the environment is not waited for on standard input, which may never end.
func TestAppEditReadsTheEnvironmentFirst(t *testing.T) {
	f, err := fleet.Open(t.Context(), fleet.Options{Keyring: keyringMemory, Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, args := range [][]string{{"app", "add", "main"}, {"app", "edit", "main", "--hash"}} {
		environ := mapEnviron{"BOTRING_KEYRING": keyringMemory, "BOTRING_HOME": t.TempDir(), envAPIHash: strings.Repeat("0a", 16)}
		if args[1] == "add" {
			environ[envAPIID] = "10001"
		}
		s := &shell{fleet: f, Process: Process{Args: args, In: r, Out: io.Discard, Err: io.Discard, Environ: environ}}
		if err := s.run(ctx); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}
