package ui

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// summaryFile asks where to write what came of an errand, and writes it.
type summaryFile struct {
	summary summary
	form    form
	task    task
	notice  string
}

// fieldPath is the form's only field.
const fieldPath fleet.Field = "path"

// newSummaryFile proposes a name that says what it is and when, in the user's home.
func newSummaryFile(s summary) screen {
	f := newField(fieldPath, "File", maskNone, notEmpty(fieldPath))
	f.quotes = true
	name := strings.ReplaceAll(s.done.deed.did(), " ", "-")
	f = f.set("~" + string(filepath.Separator) + "botring-" + name + "-" + s.done.at.Format("20060102-150405") + ".csv")
	return summaryFile{summary: s, form: form{fields: []field{f}}}
}

func (f summaryFile) Typing() bool { return f.form.typing() }

func (f summaryFile) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if f.task.id != 0 && msg.task == f.task.id {
			return f.written(msg)
		}
	case tea.PasteMsg:
		f.form = f.form.paste(msg.Content)
	case burstMsg:
		if next, text, ok := f.form.pasted(msg); ok {
			f.form = next.paste(text)
		}
	case tea.KeyPressMsg:
		return f.press(msg)
	}
	return f, nil
}

func (f summaryFile) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh := f.summary.sh
	switch {
	case key.Matches(msg, sh.keys.back):
		f.task.cancel()
		return f.summary, nil
	case f.task.id != 0:
		return f, nil
	}
	f.notice = ""
	var cmd tea.Cmd
	var event formEvent
	f.form, cmd, event = f.form.update(sh, msg)
	if event != formSubmitted {
		return f, cmd
	}
	path, rows := f.form.field(fieldPath).value(), f.summary.done.records(sh)
	f.task, cmd = sh.start("save", func(context.Context, func(fleet.Step)) (any, error) {
		return writeRecords(path, rows)
	})
	return f, cmd
}

func (f summaryFile) written(msg taskDoneMsg) (screen, tea.Cmd) {
	f.task = task{}
	path, _ := msg.value.(string)
	if msg.err == nil {
		return f.summary.told("Written to " + fault.Clean(path) + "."), nil
	}
	if f.notice = whyNotWritten(msg.err); f.notice == "" {
		f.notice = "It could not be written: " + fault.Clean(msg.err.Error())
	}
	return f, nil
}

func (f summaryFile) Keys() []key.Binding {
	k := f.summary.sh.keys
	return append([]key.Binding{as(k.open, "write"), k.back}, f.form.keys(f.summary.sh)...)
}

func (f summaryFile) View(size size) view {
	v := view{trail: "Write to a file", status: f.notice}
	v.body, v.cursor = f.form.lines(f.summary.sh, size.width)
	says := "CSV, or JSON where the name ends in .json. Every bot is in it, no secret is, and nobody else may read it."
	v.body = append(append(v.body, ""), prose(says, size.width)...)
	return v
}

// A record is one bot of a summary as it is written to a file. It holds nothing secret.
type record struct {
	Environment string     `json:"environment"`
	ID          int64      `json:"id"`
	Username    string     `json:"username"`
	Name        string     `json:"name"`
	Action      string     `json:"action"`
	Outcome     string     `json:"outcome"`
	Kind        string     `json:"kind"`
	Message     string     `json:"message"`
	WaitUntil   *time.Time `json:"wait_until"`
}

// records are all bots of an errand, in the order in which they ended.
func (f *finished) records(sh *shell) []record {
	var out []record
	for _, r := range f.results {
		rec := record{
			Environment: r.key.Environment, ID: r.key.ID,
			Username: fault.Clean(r.bot.Profile.Username), Name: r.name(),
			Action: f.deed.task(), Outcome: r.ending(f.deed).word(),
		}
		said := r.fault(sh, f.deed)
		rec.Kind, rec.Message = said.Kind, said.What
		if !said.Until.IsZero() {
			until := said.Until.UTC()
			rec.WaitUntil = &until
		}
		out = append(out, rec)
	}
	return out
}

// word is the ending as files have it.
func (v ending) word() string {
	switch v {
	case failed:
		return "failed"
	case waits:
		return "waiting"
	case untried:
		return "not_tried"
	case leftAlone:
		return "left_alone"
	case wentWell:
		return "ok"
	}
	return ""
}

// writeRecords writes a new file that only its owner may read, and returns its path.
func writeRecords(path string, records []record) (string, error) {
	return createPrivate(path, func(path string, w io.Writer) error {
		if strings.EqualFold(filepath.Ext(path), ".json") {
			return writeJSON(w, records)
		}
		return writeCSV(w, records)
	})
}

func writeJSON(w io.Writer, records []record) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Schema int      `json:"schema"`
		Bots   []record `json:"bots"`
	}{fleet.Schema, records})
}

func writeCSV(w io.Writer, records []record) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"environment", "id", "username", "name", "action", "outcome", "kind", "message", "wait_until"}}
	for _, r := range records {
		until := ""
		if r.WaitUntil != nil {
			until = r.WaitUntil.Format(time.RFC3339)
		}
		rows = append(rows, []string{
			r.Environment, strconv.FormatInt(r.ID, 10), cell(r.Username), cell(r.Name), r.Action, r.Outcome, r.Kind, cell(r.Message), until,
		})
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write the rows: %w", err)
	}
	return nil
}

// cell keeps a spreadsheet from taking a stranger's text for a formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
