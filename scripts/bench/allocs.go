package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// allocsFile is what the benchmarks allocated when somebody last looked: a name and a number on each line.
const allocsFile = "scripts/bench/allocs.txt"

// slack is how much more is still the same: what runs beside each other does not always meet in the same order, and
// buffers that are kept in pools are lost now and then.
func slack(allocs float64) float64 { return allocs*0.05 + 5 }

// allocBenchmarks are those whose allocations are the same on every machine.
func allocBenchmarks() [][]string {
	count := func(pkg, pattern, rounds string) []string { return append(goBench(pkg, pattern, rounds), "-benchmem") }
	return [][]string{
		count("./telegram", "^Benchmark(Check|Login)$", "50x"),
		count("./telegram/sessionstring", "^Benchmark(Parse|Format)$", "2000x"),
		count("./fleet", "^Benchmark(OpenAndBots1000|Add|CheckMany1000|Preview|ReadPaste)$", "20x"),
		count("./fleet/store", "^Benchmark(Commit|Update|OpenAndRead1000)$", "100x"),
		count("./fleet/plain", "^BenchmarkLine$", "2000x"),
		count("./ui", "^Benchmark(Filter|ListFrame|Keys|Take)$", "50x"),
		count("./ui/cli/child", "^BenchmarkMasker$", "20x"),
	}
}

func allocs(ctx context.Context) (map[string]float64, error) {
	all := figures{}
	for _, command := range allocBenchmarks() {
		if err := all.run(ctx, command...); err != nil {
			return nil, err
		}
	}
	counts := map[string]float64{}
	for name, of := range all {
		if n, ok := of["allocs/op"]; ok && !strings.HasSuffix(name, "/bubbles") {
			counts[name] = n
		}
	}
	return counts, nil
}

// holdAllocs fails where a benchmark allocates more often than it did, is new, or is gone.
func holdAllocs(ctx context.Context) error {
	text, err := os.ReadFile(allocsFile)
	if err != nil {
		return err
	}
	want := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		var name string
		var n float64
		if _, err := fmt.Sscan(line, &name, &n); err != nil {
			return fmt.Errorf("%s: %q: %w", allocsFile, line, err)
		}
		want[name] = n
	}
	got, err := allocs(ctx)
	if err != nil {
		return err
	}
	worse := 0
	for _, name := range slices.Sorted(maps.Keys(got)) {
		n, known := want[name]
		switch {
		case !known:
			worse++
			fmt.Printf("%s allocates %.0f times, and is not in %s\n", name, got[name], allocsFile)
		case got[name] > n+slack(n):
			worse++
			fmt.Printf("%s allocates %.0f times, and did %.0f times\n", name, got[name], n)
		case got[name] < n-slack(n):
			fmt.Printf("%s allocates %.0f times now, and did %.0f times: %s may be written anew\n", name, got[name], n, allocsFile)
		}
		delete(want, name)
	}
	for name := range want {
		worse++
		fmt.Printf("%s is in %s, and is not measured any more\n", name, allocsFile)
	}
	if worse > 0 {
		return fmt.Errorf("%d benchmarks allocate more, or are not known; where that is meant: go run ./scripts/bench allocs -update", worse)
	}
	fmt.Printf("%d benchmarks allocate no more than they did\n", len(got))
	return nil
}

func updateAllocs(ctx context.Context) error {
	got, err := allocs(ctx)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(got)) {
		fmt.Fprintf(&text, "%s %.0f\n", name, got[name])
	}
	return os.WriteFile(allocsFile, []byte(text.String()), 0o600)
}
