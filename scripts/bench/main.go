// Bench sets what botring takes beside what others take, or beside what it takes of less, and writes one table in
// Markdown. Both sides of a row are measured in one run.
//
//	go run ./scripts/bench [TITLE…]         the table, or those of its parts; scripts/bench.sh calls it with what it needs
//	go run ./scripts/bench allocs           what benchmarks allocate, held against scripts/bench/allocs.txt
//	go run ./scripts/bench allocs -update   writes that file anew
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

func main() {
	ctx := context.Background()
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 0 || args[0] != "allocs":
		err = table(ctx, os.Stdout, args...)
	case args[0] == "allocs" && len(args) == 1:
		err = holdAllocs(ctx)
	case args[0] == "allocs" && args[1] == "-update":
		err = updateAllocs(ctx)
	default:
		err = errors.New("usage: bench [TITLE…] | allocs [-update]")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// figures are what benchmarks told: by name, without the number of processors, and unit.
type figures map[string]map[string]float64

// run runs a command that prints benchmarks as go test does and adds what they tell.
func (f figures) run(ctx context.Context, command ...string) error {
	fmt.Fprintln(os.Stderr, "bench:", strings.Join(command, " "))
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	maps.Copy(f, parse(bytes.NewReader(out)))
	if err != nil {
		_, _ = os.Stderr.Write(out)
		return fmt.Errorf("%s: %w", command[0], err)
	}
	return nil
}

// parse reads lines of the form "BenchmarkName-2  20  123 ns/op  4 unit …" (golang.org/design/14313-benchmark-format).
func parse(r io.Reader) figures {
	f := figures{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if at := strings.LastIndexByte(name, '-'); at > 0 {
			if _, err := strconv.Atoi(name[at+1:]); err == nil {
				name = name[:at]
			}
		}
		of := map[string]float64{}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				break
			}
			of[fields[i+1]] = value
		}
		f[name] = of
	}
	return f
}
