// Command record plays a storyboard to a program on a terminal of its own and writes what the program
// drew as an asciicast:
//
//	record -storyboard storyboard.txt -o demo.cast [-size 84x20] COMMAND [ARG…]
//
// The storyboard waits for what it wants to see before it goes on, so that the recording comes out alike on
// fast and slow machines. A recording in which something forbidden was to be seen is not written.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	board := flags.String("storyboard", "", "`file` with what to do and to wait for")
	output := flags.String("o", "", "`file` to write the recording to")
	size := flags.String("size", "84x20", "`columns x rows` of the terminal")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *board == "" || *output == "" || flags.NArg() == 0 {
		return errors.New("a storyboard, an output and a command are needed")
	}
	var width, height int
	if _, err := fmt.Sscanf(*size, "%dx%d", &width, &height); err != nil || width < 1 || height < 1 {
		return fmt.Errorf("size %q is not of the form 84x20", *size)
	}

	text, err := os.ReadFile(*board)
	if err != nil {
		return fmt.Errorf("read storyboard: %w", err)
	}
	script, err := parse(string(text))
	if err != nil {
		return fmt.Errorf("read storyboard: %w", err)
	}

	cast, err := record(ctx, script, width, height, flags.Args())
	if err != nil {
		return err
	}
	f, err := os.Create(*output)
	if err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	return errors.Join(cast.Write(f), f.Close())
}

// record runs the command and plays the storyboard to it.
func record(ctx context.Context, script storyboard, width, height int, command []string) (cast, error) {
	stage, err := open(ctx, width, height, command, script.never)
	if err != nil {
		return cast{}, err
	}
	defer stage.close()
	if err := script.play(ctx, stage); err != nil {
		return cast{}, err
	}
	return stage.cast()
}
