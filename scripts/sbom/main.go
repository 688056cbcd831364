// Sbom writes what a program was built from, as Go has recorded it in its file: a CycloneDX bill of materials
// (https://cyclonedx.org/docs/1.5/json/) on standard output.
//
//	go run ./scripts/sbom PROGRAM
package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
)

type bill struct {
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Version  int    `json:"version"`
	Metadata struct {
		Component component `json:"component"`
	} `json:"metadata"`
	Components []component `json:"components"`
}

type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl"`
}

// moduleOf describes a module by its package URL (https://github.com/package-url/purl-spec).
func moduleOf(kind string, m *debug.Module) component {
	if m.Replace != nil {
		m = m.Replace
	}
	return component{kind, m.Path, m.Version, "pkg:golang/" + m.Path + "@" + strings.ReplaceAll(m.Version, "+", "%2B")}
}

func write(to io.Writer, path string) error {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return err
	}
	b := bill{Format: "CycloneDX", Spec: "1.5", Version: 1}
	b.Metadata.Component = moduleOf("application", &info.Main)
	for _, m := range info.Deps {
		b.Components = append(b.Components, moduleOf("library", m))
	}
	b.Components = append(b.Components, moduleOf("library", &debug.Module{Path: "stdlib", Version: strings.TrimPrefix(info.GoVersion, "go")}))
	out := json.NewEncoder(to)
	out.SetIndent("", "  ")
	return out.Encode(b)
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: sbom PROGRAM")
		os.Exit(2)
	}
	if err := write(os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}
