// Command cast2gif draws an asciicast as a GIF that loops for ever:
//
//	cast2gif -font Mono.ttf [-bold Bold.ttf] [-italic Italic.ttf] [-fallback Other.ttf]… demo.cast demo.gif
//
// It emulates the terminal, draws every cell with anti-aliased letters in a palette made for the colours
// that occur, and writes of each frame only what changed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"image/gif"
	"os"
	"time"

	"botring/docs/demo/asciicast"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "cast2gif:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var files fontFiles
	flags := flag.NewFlagSet("cast2gif", flag.ContinueOnError)
	flags.StringVar(&files.regular, "font", "", "`file` of the monospaced font")
	flags.StringVar(&files.bold, "bold", "", "`file` of its bold cut")
	flags.StringVar(&files.italic, "italic", "", "`file` of its italic cut")
	flags.Func("fallback", "`file` of a font for what the others lack; repeatable, asked in order", func(path string) error {
		files.fallbacks = append(files.fallbacks, path)
		return nil
	})
	size := flags.Float64("size", 20, "size of the letters in `pixels`")
	hold := flags.Duration("hold", 2*time.Second, "how long the last picture stands")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if files.regular == "" || flags.NArg() != 2 {
		return errors.New("a font, a recording and an output are needed")
	}

	in, err := os.Open(flags.Arg(0))
	if err != nil {
		return fmt.Errorf("read recording: %w", err)
	}
	defer in.Close() //nolint:errcheck // only read
	cast, err := asciicast.Read(in)
	if err != nil {
		return err
	}
	face, err := files.load(*size)
	if err != nil {
		return err
	}
	picture, err := draw(shoot(cast, *hold), face)
	if err != nil {
		return err
	}

	out, err := os.Create(flags.Arg(1))
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	if err := errors.Join(gif.EncodeAll(out, picture), out.Close()); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}
