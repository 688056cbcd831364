package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/files"
)

// importPath asks which file or folder to import, and has it read. Nothing is written.
type importPath struct {
	sh   *shell
	form form
	task task
	// cancelling: the reading was told to end.
	cancelling bool
	notice     string
}

// maxPath bounds a path that is typed, in characters.
const maxPath = 4096

// newImport asks what to import.
func newImport(sh *shell) screen {
	f := newPathField("a file or folder: .env, bots.csv, ~/bots")
	f.check = notEmpty(fieldPath)
	return importPath{sh: sh, form: form{fields: []field{f}}}
}

// newPathField makes the field of a file or folder that is to be read.
func newPathField(hint string) field {
	f := newField(fieldPath, "Path", maskNone, nil)
	f.hint = hint
	f.quotes = true // which a shell puts around a name that is dragged in: they are taken off when it is read
	f.input.CharLimit = maxPath
	return f
}

func (p importPath) Typing() bool { return true }

// A foundToImport is what reading a file or folder came to: candidates, or the words for why there are none.
type foundToImport struct {
	place      string
	doc        files.Document
	candidates []fleet.Candidate
	unread     *fault.Fault
}

// completedMsg is how a path that was typed goes on.
type completedMsg struct {
	typed, path string
	others      []string // what it could be, where it is not clear
}

func (p importPath) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case taskDoneMsg:
		if p.task.id != 0 && msg.task == p.task.id {
			return p.read(msg)
		}
	case completedMsg:
		if at := p.form.focused(); p.task.id == 0 && at.input.Value() == msg.typed {
			p.form = p.form.with(at.set(msg.path))
			p.notice = strings.Join(msg.others, "  ")
		}
	case tea.PasteMsg:
		return p.paste(p.form, msg.Content), nil
	case burstMsg:
		if next, text, ok := p.form.pasted(msg); ok {
			return p.paste(next, text), nil
		}
	case tea.KeyPressMsg:
		return p.press(msg)
	}
	return p, nil
}

// paste takes a path. Somebody who pastes a token means to add it.
func (p importPath) paste(f form, text string) screen {
	if p.task.id != 0 {
		return p
	}
	if len(fleet.ReadPaste(text).Tokens) > 0 {
		return newAddPasted(p.sh, text)
	}
	p.notice = ""
	p.form = f.with(f.focused().insert(strings.TrimSpace(text)))
	return p
}

func (p importPath) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := p.sh.keys
	back := key.Matches(msg, keys.back)
	switch {
	case back && p.task.id != 0:
		p.task.cancel()
		p.cancelling = true
		return p, nil
	case back:
		return p.sh.home(), nil
	case p.task.id != 0:
		return p, nil
	}
	p.notice = ""
	if key.Matches(msg, keys.complete) && p.sh.now().Sub(p.form.lastKey) >= pastedWithin {
		p.form.lastKey = p.sh.now()
		return p, complete(p.form.focused().input.Value())
	}
	var cmd tea.Cmd
	var event formEvent
	p.form, cmd, event = p.form.update(p.sh, msg)
	if event != formSubmitted {
		return p, cmd
	}
	f, path := p.sh.fleet, fleet.Trim(p.form.field(fieldPath).value())
	p.task, cmd = p.sh.start("reading", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		return gather(ctx, f, path)
	})
	return p, cmd
}

// gather reads a file or folder, and says what importing it would come to.
func gather(ctx context.Context, f *fleet.Fleet, path string) (found foundToImport, err error) {
	found.place = path
	whole, err := fromTilde(path)
	if err != nil {
		return found, err
	}
	name := "“" + fault.Clean(path) + "”"
	found.doc, err = files.Gather(ctx, whole)
	switch {
	case ctx.Err() != nil:
		return found, ctx.Err()
	case err != nil:
		said := fault.UnreadFile(name, err)
		found.unread = &said
		return found, nil
	case len(found.doc.Entries) == 0:
		said := fault.NothingInFile(name)
		found.unread = &said
		return found, nil
	}
	found.candidates, err = f.Preview(ctx, found.doc.Entries)
	return found, err
}

// fromTilde is a path as the system takes it, of one that may begin with ~ for the user's own directory.
func fromTilde(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && !os.IsPathSeparator(rest[0]) {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, rest), nil
}

// read takes what was read to the screen that shows it.
func (p importPath) read(msg taskDoneMsg) (screen, tea.Cmd) {
	cancelled := p.cancelling || errors.Is(msg.err, context.Canceled)
	p.task, p.cancelling = task{}, false
	found, _ := msg.value.(foundToImport)
	switch {
	case cancelled:
		p.notice = "Stopped. Nothing was changed."
	case msg.err != nil:
		p.notice = p.sh.says(msg.err)
	case found.unread != nil:
		p.notice = joined(" ", found.unread.What, found.unread.Next)
	default:
		return newImportList(p.sh, p, found), nil
	}
	return p, nil
}

func (p importPath) Keys() []key.Binding {
	k := p.sh.keys
	switch {
	case p.cancelling:
		return nil
	case p.task.id != 0:
		return []key.Binding{as(k.back, "stop")}
	}
	return []key.Binding{as(k.open, "look into it"), k.complete, k.back}
}

func (p importPath) View(size size) view {
	t := p.sh.theme
	v := view{trail: "Import"}
	v.body, v.cursor = p.form.lines(p.sh, size.width)
	says := "Lists, tables (CSV, TSV), .env, JSON, YAML, session strings and session files, or a folder of them. First you see what is in it; nothing is saved before you say so."
	lines := prose(says, size.width)
	if p.notice != "" {
		lines = prose(p.notice, size.width)
	}
	if room := size.height - len(v.body); len(lines)+1 <= room {
		v.body = append(v.body, "")
	}
	v.body = append(v.body, lines...)
	switch {
	case p.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case p.task.id != 0:
		v.status = "reading" + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc stops"
	}
	return v
}

// mostCompletions are so many names shown of what a path could be.
const mostCompletions = 20

// complete goes on with a path as far as it is clear from what is there.
func complete(typed string) tea.Cmd {
	return func() tea.Msg {
		dir, base := filepath.Split(typed)
		from, err := fromTilde(dir)
		if typed == "~" {
			return completedMsg{typed: typed, path: "~" + string(filepath.Separator)}
		}
		if from == "" {
			from = "."
		}
		entries, readErr := os.ReadDir(from)
		if err != nil || readErr != nil {
			return completedMsg{typed: typed, path: typed}
		}
		var names []string
		for _, e := range entries {
			name := e.Name()
			if !strings.HasPrefix(name, base) || base == "" && strings.HasPrefix(name, ".") {
				continue
			}
			if e.IsDir() {
				name += string(filepath.Separator)
			}
			names = append(names, name)
		}
		if len(names) == 0 {
			return completedMsg{typed: typed, path: typed}
		}
		msg := completedMsg{typed: typed, path: dir + commonStart(names)}
		if len(names) > 1 && msg.path == typed {
			for _, name := range names[:min(len(names), mostCompletions)] {
				msg.others = append(msg.others, fault.Clean(name))
			}
		}
		return msg
	}
}

// commonStart is what all of these begin with, in whole characters.
func commonStart(names []string) string {
	start := []rune(names[0])
	for _, name := range names[1:] {
		n := 0
		for _, r := range name {
			if n == len(start) || start[n] != r {
				break
			}
			n++
		}
		start = start[:n]
	}
	return string(start)
}
