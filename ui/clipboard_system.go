package ui

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	atotto "github.com/atotto/clipboard"
)

// A nativeClipboard is one that can be read back, and therefore cleared without harm. What is written goes
// to it through standard input or a system call, never as an argument.
type nativeClipboard interface {
	// name is the program behind it, "" where there is none.
	name() string
	read(ctx context.Context) (string, error)
	write(ctx context.Context, text string) error
}

// nativeTime bounds a call of a clipboard program. Those of a display that hangs never end by themselves.
const nativeTime = 3 * time.Second

// systemClipboard is the operating system's.
type systemClipboard struct{}

// name is asked only when something is copied: it looks at every directory of PATH. The order is that in
// which the library chose, which does not tell.
func (systemClipboard) name() string {
	if atotto.Unsupported {
		return ""
	}
	switch runtime.GOOS {
	case "darwin":
		return "pbcopy"
	case "windows":
		return "Windows"
	case "plan9":
		return "/dev/snarf"
	}
	has := func(program string) bool {
		_, err := exec.LookPath(program)
		return err == nil
	}
	onX := os.Getenv("DISPLAY") != "" // without it the two programs reach nothing
	switch {
	case os.Getenv("WAYLAND_DISPLAY") != "" && has("wl-copy") && has("wl-paste"):
		return "wl-copy"
	case has("xclip"):
		return when(onX, "xclip")
	case has("xsel"):
		return when(onX, "xsel")
	case has("termux-clipboard-set") && has("termux-clipboard-get"):
		return "termux-clipboard-set"
	}
	return "clip.exe"
}

func when(is bool, name string) string {
	if is {
		return name
	}
	return ""
}

func (systemClipboard) read(ctx context.Context) (string, error) {
	return bounded(ctx, "read clipboard", atotto.ReadAll)
}

// write is not cut short when ctx ends meanwhile: what arrives after that would be cleared by nobody.
func (systemClipboard) write(ctx context.Context, text string) error {
	_, err := bounded(context.WithoutCancel(ctx), "write clipboard", func() (string, error) { return "", atotto.WriteAll(text) })
	return err
}

// bounded gives a call that knows no context a time limit; one that hangs is left behind.
func bounded(ctx context.Context, does string, call func() (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, nativeTime)
	defer cancel()
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := call()
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil {
			// The library's errors hold what a program said, and none of what it was given.
			return "", fmt.Errorf("%s: %w", does, a.err)
		}
		return a.text, nil
	case <-ctx.Done():
		return "", fmt.Errorf("%s: %w", does, context.Cause(ctx))
	}
}
