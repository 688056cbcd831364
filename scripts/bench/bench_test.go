package main

import (
	"strings"
	"testing"
)

const told = `goos: linux
BenchmarkMany/login/200/memory/8-2         	       1	2787825773 ns/op	        29.81 MB-peak	      2788 ms	      4227 ms-cpu
BenchmarkParse/mtkruto-legacy-16   	  200000	       512.5 ns/op	     720 B/op	       3 allocs/op
BenchmarkMtcute/parse/telethon	50000	2000.0 ns/op
--- SKIP: BenchmarkContest/login/first/gramjs
PASS
`

func TestParse(t *testing.T) {
	got := parse(strings.NewReader(told))
	for name, of := range (figures{
		"Many/login/200/memory/8": {"ms": 2788, "ms-cpu": 4227, "MB-peak": 29.81},
		"Parse/mtkruto-legacy":    {"ns/op": 512.5, "allocs/op": 3},
		"Mtcute/parse/telethon":   {"ns/op": 2000},
	}) {
		for unit, want := range of {
			if value, ok := got[name][unit]; !ok || value != want {
				t.Errorf("%s: %v %s, want %v", name, value, unit, want)
			}
		}
	}
	if len(got) != 3 {
		t.Errorf("%d benchmarks in %v", len(got), got)
	}
}

func TestRows(t *testing.T) {
	all := parse(strings.NewReader(told))
	for _, test := range []struct {
		row  row
		want string
	}{
		{
			row{what: "read", ours: figure{"Parse/mtkruto-legacy", "ns/op"}, theirs: figure{"Mtcute/parse/telethon", "ns/op"}, beside: "mtcute"},
			"| read | 0.51 µs | 2.00 µs | mtcute | 0.26 |\n",
		},
		{
			row{
				what: "one", ours: figure{"Many/login/200/memory/8", "ms"}, of: 200,
				theirs: figure{"Many/login/200/memory/8", "ms-cpu"}, ofTheirs: 400, beside: "CPU",
			},
			"| one | 14 ms | 11 ms | CPU | 1.32 |\n",
		},
		{
			row{what: "login", ours: figure{"Parse/mtkruto-legacy", "ns/op"}, theirs: figure{"Contest/login/first/gramjs", "wall-ms"}, beside: "GramJS"},
			"| login | not measured | | GramJS | |\n",
		},
	} {
		var out strings.Builder
		if err := test.row.write(&out, all); err != nil || out.String() != test.want {
			t.Errorf("%q, %v; want %q", out.String(), err, test.want)
		}
	}
}
