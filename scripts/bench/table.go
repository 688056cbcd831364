package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A figure is one that a benchmark told.
type figure struct{ bench, unit string }

// A row sets two figures side by side. Each is divided by how many it is of, where it is of many.
type row struct {
	what         string
	ours, theirs figure
	beside       string // what theirs is
	of, ofTheirs float64
}

// A part is rows whose benchmarks are run together.
type part struct {
	title   string
	command []string
	// lacks is what the part cannot do without, "" where all is there.
	lacks string
	rows  []row
}

func goBench(pkg, pattern, rounds string) []string {
	return []string{"go", "test", pkg, "-run", "^$", "-bench", pattern, "-benchtime", rounds, "-timeout", "30m"}
}

// parts are all there are. GramJS and mtcute are where BENCH_CLIENTS says; the programs whose starts are measured are
// BENCH_BOTRING and BENCH_HELLO.
func parts() []part {
	clients := os.Getenv("BENCH_CLIENTS")
	noClients := ""
	if clients == "" {
		noClients = "node and npm, to install it with"
	}
	noRipgrep := ""
	if _, err := exec.LookPath("rg"); err != nil {
		noRipgrep = "ripgrep"
	}
	return []part{
		{title: "Logins and checks", command: goBench("./telegram", "Contest", "10x"), rows: contest(clients != "")},
		{title: "Many bots at once", command: goBench("./fleet", "Many/(login|check)/(100|200|1000)$/", "1x"), rows: many()},
		{title: "Session strings", command: goBench("./telegram/sessionstring", "(Parse|Format)/(telethon|pyrogram)$", "200000x")},
		{
			title: "Session strings, mtcute", lacks: noClients,
			command: []string{"node", "scripts/bench/mtcute.mjs", clients, "telegram/sessionstring/testdata/vectors.json"},
			rows: []row{
				{what: "a Telethon string read", ours: figure{"Parse/telethon", "ns/op"}, theirs: figure{"Mtcute/parse/telethon", "ns/op"}, beside: "@mtcute/convert"},
				{what: "a Telethon string written", ours: figure{"Format/telethon", "ns/op"}, theirs: figure{"Mtcute/format/telethon", "ns/op"}, beside: "@mtcute/convert"},
				{what: "a Pyrogram string read", ours: figure{"Parse/pyrogram", "ns/op"}, theirs: figure{"Mtcute/parse/pyrogram", "ns/op"}, beside: "@mtcute/convert"},
				{what: "a Pyrogram string written", ours: figure{"Format/pyrogram", "ns/op"}, theirs: figure{"Mtcute/format/pyrogram", "ns/op"}, beside: "@mtcute/convert"},
			},
		},
		{title: "Keyring", command: goBench("./keyring", "System/^10$/(get|put)/", "40x"), rows: []row{
			{what: "an item read, 10 in the keyring", ours: figure{"System/10/get/botring", "ms"}, theirs: figure{"System/10/get/zalando", "ms"}, beside: "zalando/go-keyring"},
			{what: "an item written, and read back", ours: figure{"System/10/put/botring", "ms"}, theirs: figure{"System/10/put/zalando", "ms"}, beside: "zalando/go-keyring, not read back"},
		}},
		{title: "Start", command: goBench("./ui/cli", "Start$", "20x"), rows: []row{
			{what: "botring version", ours: figure{"Start", "ms-version"}, theirs: figure{"Start", "ms-hello"}, beside: "a Go program that prints a line"},
			{what: "botring --help", ours: figure{"Start", "ms-help"}, theirs: figure{"Start", "ms-version"}, beside: "botring version"},
			{what: "botring list --json, 1,000 bots", ours: figure{"Start", "ms-list"}, theirs: figure{"Start", "ms-version"}, beside: "botring version"},
			{what: "one of 1,000 bots completed", ours: figure{"Start", "ms-complete"}, theirs: figure{"Start", "ms-version"}, beside: "botring version"},
		}},
		{title: "Screens", command: goBench("./ui/cli", "FirstFrame|KeyOnTerminal", "10x"), rows: []row{
			{what: "start to the first frame, 10,000 bots", ours: figure{"FirstFrame10000", "ns/op"}, theirs: figure{"FirstFrame1000", "ns/op"}, beside: "1,000 bots"},
			{what: "a key to its frame, 10,000 bots, 99 of 100", ours: figure{"KeyOnTerminal", "ms-p99"}, theirs: figure{"KeyOnTerminal", "ms-p50"}, beside: "half of them"},
		}},
		{title: "The list", command: goBench("./ui", "^BenchmarkFilter|ListFrame", "200x"), rows: []row{
			{what: "10,000 bots filtered", ours: figure{"Filter/botring", "ns/op"}, theirs: figure{"Filter/bubbles", "ns/op"}, beside: "bubbles' list, names alone"},
			{what: "a frame of the list, 10,000 bots", ours: figure{"ListFrame/10000", "ns/op"}, theirs: figure{"ListFrame/100", "ns/op"}, beside: "100 bots"},
		}},
		{title: "Leaks", lacks: noRipgrep, command: goBench("./fleet/radar", "Scan", "5x"), rows: []row{
			{what: "a tree of source searched", ours: figure{"Scan/botring", "ns/op"}, theirs: figure{"Scan/ripgrep", "ns/op"}, beside: "ripgrep, for the same shapes"},
		}},
		{title: "Import", command: goBench("./fleet", "Preview", "20x"), rows: []row{
			{what: "a line of 10,000 previewed", ours: figure{"Preview/10000", "ns/op"}, of: 10_000, theirs: figure{"Preview/1000", "ns/op"}, ofTheirs: 1000, beside: "a line of 1,000"},
		}},
	}
}

// contest sets logins and checks beside gotd's and, where it is there, GramJS'.
func contest(gramjs bool) (rows []row) {
	for _, event := range []struct{ name, what string }{
		{"login/first", "login, first in its process"}, {"login/again", "login, again"},
		{"login-moved/again", "login, sent on to another data centre"},
		{"check/first", "check of a session, first"}, {"check/again", "check of a session, again"},
	} {
		ours := figure{"Contest/" + event.name + "/botring", "wall-ms"}
		rows = append(rows, row{what: event.what, ours: ours, theirs: figure{"Contest/" + event.name + "/gotd", "wall-ms"}, beside: "gotd"})
		if gramjs {
			rows = append(rows, row{what: event.what, ours: ours, theirs: figure{"Contest/" + event.name + "/gramjs", "wall-ms"}, beside: "GramJS"})
		}
	}
	return rows
}

// many sets many at a time beside one after the other, and many bots beside few.
func many() (rows []row) {
	for _, work := range []struct {
		name, what string
	}{{"login/200", "200 logins"}, {"check/1000", "1,000 checks"}} {
		bench := func(ring string, atOnce int) string { return fmt.Sprintf("Many/%s/%s/%d", work.name, ring, atOnce) }
		for _, atOnce := range []int{8, 32} {
			rows = append(rows, row{
				what: fmt.Sprintf("%s, %d at a time", work.what, atOnce),
				ours: figure{bench("memory", atOnce), "ms"}, theirs: figure{bench("memory", 1), "ms"}, beside: "one at a time",
			})
		}
		for _, of := range []struct{ unit, what string }{{"ms-cpu", "CPU"}, {"MB-peak", "memory at most"}} {
			rows = append(rows, row{
				what: fmt.Sprintf("%s, 32 at a time: %s", work.what, of.what),
				ours: figure{bench("memory", 32), of.unit}, theirs: figure{bench("memory", 1), of.unit}, beside: "one at a time",
			})
		}
		rows = append(rows, row{
			what: work.what + ", 8 at a time, gnome-keyring",
			ours: figure{bench("system", 8), "ms"}, theirs: figure{bench("memory", 8), "ms"}, beside: "in memory",
		})
	}
	for _, work := range []string{"login", "check"} {
		rows = append(rows, row{
			what: "a " + work + " of 1,000", ours: figure{"Many/" + work + "/1000/memory/8", "ms"}, of: 1000,
			theirs: figure{"Many/" + work + "/100/memory/8", "ms"}, ofTheirs: 100, beside: "one of 100",
		})
	}
	return rows
}

// table runs parts, all where none is named by the beginning of its title, and writes what they told.
func table(ctx context.Context, out io.Writer, titles ...string) error {
	all, lacking := figures{}, ""
	chosen := slices.DeleteFunc(parts(), func(p part) bool {
		return len(titles) > 0 && !slices.ContainsFunc(titles, func(title string) bool { return strings.HasPrefix(p.title, title) })
	})
	for _, p := range chosen {
		if p.lacks != "" {
			lacking += fmt.Sprintf("\n%s is left out: it needs %s.\n", p.title, p.lacks)
			continue
		}
		if err := all.run(ctx, p.command...); err != nil {
			return fmt.Errorf("%s: %w", p.title, err)
		}
	}
	_, err := fmt.Fprintf(out, "%s, %s/%s, %d cores, %s.\n\n| what | botring | | beside | ratio |\n|---|--:|--:|---|--:|\n",
		time.Now().Format("2 January 2006"), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	for _, p := range chosen {
		for _, r := range p.rows {
			if p.lacks == "" && err == nil {
				err = r.write(out, all)
			}
		}
	}
	if err == nil {
		_, err = io.WriteString(out, lacking)
	}
	return err
}

// write writes a row of the table, if what it is of was measured: a keyring may not be there.
func (r row) write(out io.Writer, all figures) error {
	ours, ok := all[r.ours.bench][r.ours.unit]
	theirs, there := all[r.theirs.bench][r.theirs.unit]
	if !ok || !there {
		_, err := fmt.Fprintf(out, "| %s | not measured | | %s | |\n", r.what, r.beside)
		return err
	}
	ours, theirs = ours/max(r.of, 1), theirs/max(r.ofTheirs, 1)
	_, err := fmt.Fprintf(out, "| %s | %s | %s | %s | %.2f |\n",
		r.what, amount(ours, r.ours.unit), amount(theirs, r.theirs.unit), r.beside, ours/theirs)
	return err
}

// amount is a figure with a unit that suits it.
func amount(value float64, unit string) string {
	switch unit {
	case "ns/op":
		return amount(value/1e6, "ms")
	case "MB-peak":
		return fmt.Sprintf("%.0f MB", value)
	}
	switch { // milliseconds
	case value < 0.1:
		return fmt.Sprintf("%.2f µs", value*1e3)
	case value < 10:
		return fmt.Sprintf("%.2f ms", value)
	case value < 10_000:
		return fmt.Sprintf("%.0f ms", value)
	}
	return fmt.Sprintf("%.1f s", value/1e3)
}
