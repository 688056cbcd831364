package files

import (
	"encoding/csv"
	"errors"
	"io"
	"path"
	"strings"

	"botring/internal/secret"
)

// A column is what a column of a table holds.
type column int

const (
	columnOther column = iota
	columnToken
	columnAPIID
	columnAPIHash
	columnApp
	columnLabel
	columnTags
	columnEnvironment
	columnSession
)

// columnOf reads a heading.
func columnOf(heading string) column {
	name := normal(heading)
	switch is, _ := kindOf(name); is {
	case keyToken:
		return columnToken
	case keyAPIID:
		return columnAPIID
	case keyAPIHash:
		return columnAPIHash
	case keySession:
		return columnSession
	case keyOther:
	}
	switch name {
	case "APP", "APPNAME":
		return columnApp
	case "LABEL", "NAME", "BOT", "BOTNAME", "TITLE":
		return columnLabel
	case "TAG", "TAGS":
		return columnTags
	case "ENVIRONMENT", "ENV":
		return columnEnvironment
	}
	return columnOther
}

// delimiters are what separates the cells of tables. No token holds one of them.
const delimiters = "\t;,"

// sample is how many lines are looked at to tell what a file is.
const sample = 20

// delimiter tells whether a file is a table, and what separates its cells: what stands in each of the first
// lines. A table of a single column is one by its name or heading.
func delimiter(base string, lines []string) (comma rune, ok bool) {
	var first []string
	for _, line := range lines {
		if isComment(line) {
			continue
		}
		if mark, found := strings.CutPrefix(line, "sep="); found && len(mark) == 1 && strings.Contains(delimiters, mark) {
			return rune(mark[0]), true // Excel's own way to say it
		}
		if first = append(first, line); len(first) == sample {
			break
		}
	}
	for _, comma := range delimiters {
		everywhere := len(first) > 0
		for _, line := range first {
			everywhere = everywhere && strings.ContainsRune(line, comma)
		}
		if everywhere {
			return comma, true
		}
	}
	switch path.Ext(base) {
	case ".csv":
		return ',', true
	case ".tsv":
		return '\t', true
	}
	return ',', len(first) > 1 && columnOf(trim(first[0])) == columnToken
}

// readTable reads a table with a heading, or without: then the columns are told by what stands in them.
func readTable(text string, comma rune) []Entry {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.FieldsPerRecord, reader.LazyQuotes, reader.TrimLeadingSpace = comma, -1, true, comma != '\t'
	var entries []Entry
	var columns []column
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			continue // a line that is no row: with lazy quotes there is none
		}
		line, _ := reader.FieldPos(0)
		if strings.HasPrefix(cells[0], "#") || columns == nil && strings.HasPrefix(cells[0], "sep=") {
			continue
		}
		if columns == nil {
			var heading bool
			if columns, heading = columnsOf(cells); heading {
				continue
			}
		}
		entry, session, ok := entryOf(columns, cells)
		if ok && (session == nil || !entry.Token.Empty()) {
			entry.Line = line
			entries = append(entries, entry)
		}
		if session != nil {
			session.Line, session.Bot, session.Environment = line, botOf(entry.Token.Reveal()), entry.Environment
			entries = append(entries, *session)
		}
	}
}

// columnsOf tells what the columns are from the first row, and whether that is a heading.
func columnsOf(cells []string) (columns []column, heading bool) {
	columns = make([]column, len(cells))
	for i, cell := range cells {
		columns[i] = columnOf(trim(cell))
		heading = heading || columns[i] == columnToken || columns[i] == columnSession
	}
	if heading {
		return columns, true
	}
	clear(columns)
	taken := make(map[column]bool)
	for i, cell := range cells {
		is := guess(trim(cell))
		if !taken[is] {
			columns[i], taken[is] = is, true
		}
	}
	if !taken[columnToken] && !taken[columnSession] {
		columns[0] = columnToken // a broken one, which is said of it
	}
	return columns, false
}

// guess tells what a cell is by its look.
func guess(cell string) column {
	_, session := sessionIn(cell)
	switch {
	case looksLikeToken(cell):
		return columnToken
	case session:
		return columnSession
	case len(cell) == 32 && strings.Trim(cell, "0123456789abcdefABCDEF") == "":
		return columnAPIHash
	case cell != "" && len(cell) <= 10 && strings.Trim(cell, "0123456789") == "":
		return columnAPIID
	case cell != "":
		return columnLabel
	}
	return columnOther
}

// entryOf reads a row, and the session in it if there is one. An empty row is none.
func entryOf(columns []column, cells []string) (entry Entry, session *Entry, ok bool) {
	for i, cell := range cells {
		cell = trim(cell)
		ok = ok || cell != ""
		if i >= len(columns) {
			break
		}
		switch columns[i] {
		case columnToken:
			entry.Token = secret.New(cell)
		case columnAPIID:
			entry.APIID = cell
		case columnAPIHash:
			entry.APIHash = secret.New(cell)
		case columnApp:
			entry.App = cell
		case columnLabel:
			entry.Label = cell
		case columnTags:
			entry.Tags = splitTags(cell)
		case columnEnvironment:
			entry.Environment = strings.ToLower(cell)
		case columnSession:
			if found, is := sessionIn(cell); is {
				session = &found
			}
		case columnOther:
		}
	}
	return entry, session, ok
}

func splitTags(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;|", r) })
}
