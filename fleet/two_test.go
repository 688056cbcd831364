package fleet

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"botring/telegram"
)

// The environment of a process that changes a catalogue: where it is, and what to call its changes.
const (
	changerHome = "BOTRING_TEST_CHANGER_HOME"
	changerName = "BOTRING_TEST_CHANGER_NAME"
)

const (
	changes   = 500
	shareBots = 10
)

// TestMain makes this program the other process of TestTwoPrograms, where it is to be that.
func TestMain(m *testing.M) {
	if home := os.Getenv(changerHome); home != "" {
		if err := change(context.Background(), home, os.Getenv(changerName)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// change makes many small changes to a catalogue.
func change(ctx context.Context, home, name string) error {
	f, err := Open(ctx, Options{Environment: env, Networks: []telegram.Network{{Name: env}}, Home: home})
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for i := range changes {
		if _, err := f.Tag(ctx, []Key{key(int64(i%shareBots + 1))}, []string{name + strconv.Itoa(i)}, nil); err != nil {
			return err
		}
	}
	return nil
}

// TestTwoPrograms: two processes that change the same bots lose none of each other's changes, and a third that
// looks on sees that there are some within a second.
func TestTwoPrograms(t *testing.T) {
	w := newFakeWorld(t)
	f := w.open()
	for id := range int64(shareBots) {
		catalogued(t, f, Bot{Key: key(id + 1), APIID: testApp})
	}
	if changed, err := f.Changed(t.Context()); err != nil || changed {
		t.Errorf("its own changes: %v, %v", changed, err)
	}
	began := time.Now()
	var processes []*exec.Cmd
	for _, name := range []string{"a", "b"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), changerHome+"="+w.home, changerName+"="+name)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		processes = append(processes, cmd)
	}
	seen := 0
	ended := make(chan error, len(processes))
	for _, cmd := range processes {
		go func() { ended <- cmd.Wait() }()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for left := len(processes); left > 0; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			left--
		case <-time.After(100 * time.Millisecond):
			if changed, err := f.Changed(ctx); err != nil {
				t.Fatal(err)
			} else if changed {
				seen++
			}
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		}
	}
	if seen == 0 {
		t.Errorf("nothing was seen in %v", time.Since(began))
	}
	bots, err := f.Bots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, bot := range bots {
		for i := int(bot.ID - 1); i < changes; i += shareBots {
			for _, name := range []string{"a", "b"} {
				if tag := fmt.Sprint(name, i); !slices.Contains(bot.Tags, tag) {
					t.Errorf("%s lost %s", bot.Key, tag)
				}
			}
		}
	}
	entries, err := f.History(t.Context(), 0)
	if err != nil || len(entries) != 2*changes {
		t.Errorf("%d entries in the history, %v", len(entries), err)
	}
}
