package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/radar"
	"botring/internal/secret"
)

// scan asks where to look for secrets that got out, and looks there.
type scan struct {
	sh   *shell
	form form

	task       task
	progress   *scanProgress // of the task
	pace       pace          // of its bytes
	frame      int           // of the spinner
	cancelling bool
	notice     string
}

// The form's own fields, beside the path.
const (
	fieldGitHistory fleet.Field = "git history"
	fieldIgnored    fleet.Field = "git-ignored"
	fieldAlive      fleet.Field = "alive"
)

// A scanProgress is how far a scan is, and how far the questions are that follow it.
type scanProgress struct {
	radar.Progress
	asked, toAsk atomic.Int64
}

// A scanned is what a scan has found.
type scanned struct {
	secrets []foundSecret
	report  radar.Report // but for its findings, which are the secrets
	known   fleet.Marked // but for the marks
	key     radar.Key    // theirs
	// stopped: it was, and this is what it had found until then.
	stopped bool
	// asked: of the tokens it was asked whether they work. unasked is why it is not known of one of them.
	asked   bool
	unasked error
}

// A foundSecret is where a secret was found and whose it is, without the secret.
type foundSecret struct {
	radar.Finding
	asked   bool
	verdict fleet.TokenVerdict
}

// newScan asks where to look.
func newScan(sh *shell) screen {
	path := newPathField("this folder")
	path.optional = true
	ask := []string{"do not ask"}
	if server, err := sh.fleet.BotAPI(sh.environment); err == nil {
		ask = append(ask, "ask "+server)
	}
	return scan{sh: sh, form: form{fields: []field{
		path,
		newChoice(fieldGitHistory, "Git history", []string{"search it", "leave it out"}),
		newChoice(fieldIgnored, "Git-ignored", []string{"leave it out", "search it"}),
		newChoice(fieldAlive, "Alive", ask),
	}}}
}

func (s scan) Typing() bool { return s.task.id == 0 && s.form.typing() }

func (s scan) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case spinMsg:
		if s.task.id != 0 && msg.task == s.task.id {
			s.frame++
			s.pace = s.pace.at(s.sh.now(), int(s.progress.Bytes.Load()))
			return s, s.task.spin()
		}
	case taskDoneMsg:
		if s.task.id != 0 && msg.task == s.task.id {
			return s.ended(msg), nil
		}
	case driftedMsg:
		if s.task.id != 0 {
			s.pace = newPace(s.sh.now(), int(s.progress.Bytes.Load()))
		}
	case completedMsg:
		if s.task.id == 0 && s.onPath() && s.form.focused().input.Value() == msg.typed {
			return s.completed(msg), nil
		}
	case tea.PasteMsg:
		return s.paste(s.form, msg.Content), nil
	case burstMsg:
		if next, text, ok := s.form.pasted(msg); ok {
			return s.paste(next, text), nil
		}
	case tea.KeyPressMsg:
		return s.press(msg)
	}
	return s, nil
}

// onPath: the path is being typed.
func (s scan) onPath() bool { return s.form.focused().id == fieldPath }

// completed goes on with the path as far as it is clear, and to the next field where it is all there.
func (s scan) completed(msg completedMsg) screen {
	switch {
	case msg.path != msg.typed:
		s.form = s.form.with(s.form.focused().set(msg.path))
	case len(msg.others) == 0:
		s.form = s.form.move(1)
	}
	s.notice = strings.Join(msg.others, "  ")
	return s
}

// paste takes a path. Somebody who pastes a token means to add it.
func (s scan) paste(f form, text string) screen {
	switch {
	case s.task.id != 0:
		return s
	case len(fleet.ReadPaste(text).Tokens) > 0:
		return newAddPasted(s.sh, text)
	}
	s.notice = ""
	s.form = f.focus(fieldPath)
	s.form = s.form.with(s.form.focused().insert(strings.TrimSpace(text)))
	return s
}

func (s scan) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	keys := s.sh.keys
	back := key.Matches(msg, keys.back)
	switch {
	case s.task.id != 0:
		if back || key.Matches(msg, keys.quit) {
			s.task.cancel()
			s.cancelling = true
		}
		return s, nil
	case back:
		return s.sh.home(), nil
	}
	s.notice = ""
	if s.onPath() && key.Matches(msg, keys.complete) && s.sh.now().Sub(s.form.lastKey) >= pastedWithin {
		s.form.lastKey = s.sh.now()
		typed := s.form.focused().input.Value()
		if typed == "" {
			s.form = s.form.move(1)
			return s, nil
		}
		return s, complete(typed)
	}
	var cmd tea.Cmd
	var event formEvent
	s.form, cmd, event = s.form.update(s.sh, msg)
	if event != formSubmitted {
		return s, cmd
	}
	return s.start()
}

// place is where it looks, as it was typed.
func (s scan) place() string {
	if path := fleet.Trim(s.form.field(fieldPath).value()); path != "" {
		return path
	}
	return "."
}

// asks: it asks whether the tokens work that it finds.
func (s scan) asks() bool { return s.form.field(fieldAlive).chosen == 1 }

// start looks.
func (s scan) start() (screen, tea.Cmd) {
	f, path, environment := s.sh.fleet, s.place(), s.sh.environment
	progress := &scanProgress{}
	opts := radar.Options{
		History: s.form.field(fieldGitHistory).chosen == 0, NoIgnore: s.form.field(fieldIgnored).chosen == 1,
		Hold: s.asks(), Progress: &progress.Progress,
	}
	var cmd tea.Cmd
	s.task, cmd = s.sh.start("scan", func(ctx context.Context, _ func(fleet.Step)) (any, error) {
		found, err := search(ctx, f, path, environment, opts, progress)
		if ctx.Err() != nil {
			found.stopped, err = true, nil
		}
		return found, err
	})
	s.progress, s.pace, s.frame, s.notice = progress, newPace(s.sh.now(), 0), 0, ""
	return s, tea.Batch(cmd, s.task.spin())
}

// search looks for secrets and asks whether tokens among them work, where they are held for that. What was held is let go.
func search(ctx context.Context, f *fleet.Fleet, path, environment string, opts radar.Options, progress *scanProgress) (found scanned, err error) {
	path, err = fromTilde(path)
	if err != nil {
		return found, err
	}
	if found.known, err = f.Marks(ctx); err != nil {
		return found, err
	}
	opts.Paths, opts.Marks = []string{path}, found.known.Marks
	found.key, found.known.Marks = found.known.Key, nil
	found.report, err = fleet.Scan(ctx, opts)
	var verdicts fleet.Verdicts
	if err == nil && opts.Hold {
		found.asked = true
		verdicts, err = f.AskFound(ctx, environment, found.report.Findings, func(at fleet.Asking) {
			progress.toAsk.Store(int64(at.Of))
			progress.asked.Store(int64(at.Done))
			if at.Err != nil {
				found.unasked = at.Err
			}
		})
	}
	found.secrets = make([]foundSecret, len(found.report.Findings))
	for i, each := range found.report.Findings {
		l := foundSecret{Finding: each}
		l.verdict, l.asked = verdicts.Of(each)
		l.Held = secret.Secret{}
		found.secrets[i] = l
	}
	found.report.Findings = nil
	return found, err
}

// ended goes on to what was found.
func (s scan) ended(msg taskDoneMsg) screen {
	s.task, s.cancelling = task{}, false
	found, ok := msg.value.(scanned)
	what, why, refused := fault.Unsearched(msg.err)
	switch {
	case refused:
		s.notice = what + " " + why
	case errors.Is(msg.err, context.Canceled):
		s.notice = "Stopped."
	case msg.err != nil || !ok:
		s.notice = s.sh.says(msg.err)
	default:
		return newFindings(s, found)
	}
	return s
}

func (s scan) Keys() []key.Binding {
	k := s.sh.keys
	switch {
	case s.cancelling:
		return nil
	case s.task.id != 0:
		return []key.Binding{as(k.back, "stop"), as(k.quit, "stop")}
	}
	keys := []key.Binding{as(k.open, "scan")}
	if s.onPath() {
		return append(keys, as(k.complete, "complete, next"), k.back)
	}
	return append(slices.Concat(keys, s.form.keys(s.sh)), k.back)
}

func (s scan) View(size size) view {
	t := s.sh.theme
	v := view{trail: "Find leaked secrets"}
	if size.width < narrow {
		v.trail = "Find leaks"
	}
	switch {
	case s.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case s.task.id != 0:
		v.status = t.roomy(size.width-2, "esc stops, and shows what was found until then", "esc stops")
	}
	if s.task.id != 0 {
		v.body = s.running(size.width)
		return v
	}
	v.body, v.cursor = s.form.lines(s.sh, size.width)
	lines := prose(s.explains(), size.width)
	if s.notice != "" {
		lines = prose(s.notice, size.width)
	}
	if len(v.body)+len(lines) > size.height {
		var where string
		v.body, v.cursor, where = s.form.one(s.sh, size.width)
		v.trail = "Find leaks " + where
	}
	if room := size.height - len(v.body); len(lines)+1 <= room {
		v.body = append(v.body, "")
	}
	v.body = append(v.body, lines...)
	return v
}

// explains says what the focused field is about.
func (s scan) explains() string {
	switch s.form.focused().id { //nolint:exhaustive // the fields of this form
	case fieldGitHistory:
		return "Every version of every file, of all branches and tags, and what was written about commits."
	case fieldIgnored:
		return "What git ignores. An ignored .env is where tokens are, and where they may be."
	case fieldAlive:
		server, err := s.sh.fleet.BotAPI(s.sh.environment)
		if err != nil {
			return fault.Of(err).What
		}
		return "Whether tokens that are found work. Asking sends them to " + fault.Clean(server) + "; a hundred at most, some 20 a minute."
	}
	return "Looks for tokens, api_hashes and sessions in files, in archives and in the history of git. The keyring is not opened, and no secret is shown."
}

// running is how far it is.
func (s scan) running(width int) []string {
	t, p := s.sh.theme, s.progress
	dot := " " + t.glyphs.dot + " "
	spinner := t.focus.Render(t.glyphs.spinner[s.frame%len(t.glyphs.spinner)])
	does := "Searching " + fault.Clean(s.place())
	counts := []string{fault.Searching(&p.Progress)}
	if of := p.toAsk.Load(); of > 0 {
		does = "Asking whether they work"
		counts = []string{t.bar(int(p.asked.Load()), int(of), 16) + " " + fmt.Sprintf("%d of %d", p.asked.Load(), of)}
	} else if rate := s.pace.rate(); rate > 0 {
		counts = append(counts, fault.Bytes(int64(rate))+"/s")
	}
	lines := []string{indentBy(margin(width)) + spinner + " " + t.cut(does, width-margin(width)-3), ""}
	lines = append(lines, prose(strings.Join(counts, dot), width)...)
	found := "Nothing found yet."
	if n := p.Findings.Load(); n > 0 {
		found = count(int(n), "finding") + "."
	}
	return append(lines, prose(found, width)...)
}
