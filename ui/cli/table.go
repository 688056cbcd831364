package cli

import (
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// A table is rows of cells under a line of headings. Columns are as wide on the screen as their widest
// cell: characters of other scripts and emoji count for the cells they take.
type table struct {
	rows [][]string
}

func newTable(headings ...string) *table { return &table{rows: [][]string{headings}} }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// dropEmpty takes a column away that says nothing.
func (t *table) dropEmpty(heading string) {
	for column, name := range t.rows[0] {
		if name != heading {
			continue
		}
		for _, row := range t.rows[1:] {
			if row[column] != "" {
				return
			}
		}
		for i, row := range t.rows {
			t.rows[i] = append(row[:column:column], row[column+1:]...)
		}
		return
	}
}

func (t *table) write(w io.Writer) {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	_, _ = io.WriteString(w, b.String())
}
