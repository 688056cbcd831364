// Program is botring as the stories of package cli run it: the program, with a version that does not change and passphrases
// that take no second to try. Its environment has it break, lose patience or start a child, which script_test.go names.
package main

import (
	"context"
	"os"
	"os/exec"
	"time"

	"botring/ui"
	"botring/ui/cli"
)

func main() {
	patience, _ := time.ParseDuration(os.Getenv("BOTRING_TEST_PATIENCE"))
	code := cli.Run(context.Background(), broken(os.Getenv("BOTRING_TEST_PANIC"), cli.Process{
		Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: cli.OSEnviron{}, Version: "v1.2.3",
		WorkFactor: 10, Patience: patience,
	}))
	if os.Getenv("BOTRING_TEST_CHILD") != "" {
		child := exec.Command("env")
		child.Stdout = os.Stdout
		if err := child.Run(); err != nil {
			panic(err)
		}
	}
	os.Exit(code)
}

// broken breaks one part of a process.
func broken(part string, p cli.Process) cli.Process {
	switch part {
	case "environ":
		p.Environ = brokenEnviron{}
	case "out":
		p.Out = brokenWriter{}
	case "err":
		p.Err = brokenWriter{}
	case "screens":
		p.Screens = func(ctx context.Context, opts ui.Options) error {
			opts.Log = func() string { return crash() } // failures ask for it while they are drawn
			return ui.Run(ctx, opts)
		}
	}
	return p
}

func crash() string { panic("broken by a test") }

type brokenEnviron struct{ cli.OSEnviron }

func (brokenEnviron) Unset(name string) {
	if name == "BOT_TOKEN" {
		crash()
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) {
	crash()
	return 0, nil
}
