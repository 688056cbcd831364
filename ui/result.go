package ui

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// result says who was saved, and where.
type result struct {
	sh      *shell
	attempt attempt
	saved   fleet.Saved
	yank    yank

	// asking: whether to log this session out again. task does so.
	asking bool
	asked  guard
	task   task
	says   string
	pager  pager
}

func newResult(sh *shell, a attempt, saved fleet.Saved) screen {
	return result{sh: sh, attempt: a, saved: saved}
}

func (r result) Typing() bool { return false }

func (r result) Keys() []key.Binding {
	keys := r.sh.keys
	switch {
	case r.task.id != 0:
		return nil
	case r.asking:
		return []key.Binding{as(keys.open, "log out"), as(keys.back, "keep it")}
	case r.yank.pending:
		return r.yank.keys(r.sh)
	}
	shown := []key.Binding{as(keys.open, "list"), keys.copyToken}
	switch {
	case len(r.attempt.rest) > 0:
		shown = append(shown, as(keys.add, fmt.Sprintf("add the next of %d", len(r.attempt.rest))))
	default:
		shown = append(shown, as(keys.add, "add another"))
	}
	if len(r.saved.Bot.Sessions) > 0 {
		shown = append(shown, as(keys.logOut, "log this session out"))
	}
	return shown
}

func (r result) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if r.task.id == 0 {
			return newAddPasted(r.sh, msg.Content), nil
		}
	case stepMsg:
		if msg.task == r.task.id {
			return r, r.task.watch()
		}
	case taskDoneMsg:
		if msg.task == r.task.id && r.task.id != 0 {
			return r.loggedOut(msg)
		}
	case tea.KeyPressMsg:
		return r.key(msg)
	}
	return r, nil
}

func (r result) key(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys := r.sh, r.sh.keys
	if r.task.id != 0 {
		return r, nil
	}
	if r.asking {
		if key.Matches(msg, keys.open) && !r.asked.ready(sh.now()) {
			return r, nil
		}
		r.asking = false
		if key.Matches(msg, keys.open) {
			return r.logOut()
		}
		return r, nil
	}
	if next, cmd, taken := r.yank.update(sh, msg, r.saved.Bot); taken {
		r.yank = next
		return r, cmd
	}
	switch {
	case key.Matches(msg, keys.open, keys.back, keys.quit):
		return newBotsAt(sh, r.saved.Bot.Key), nil
	case key.Matches(msg, keys.add):
		return newAddNext(sh, r.attempt.rest), nil
	case key.Matches(msg, keys.logOut) && len(r.saved.Bot.Sessions) > 0:
		r.asking, r.asked = true, guard{sh.now()}
	default:
		r.pager, _ = r.pager.update(keys, msg, len(r.text(sh.body)), sh.body.height)
	}
	return r, nil
}

// logOut ends the new session at Telegram: the bot runs elsewhere, and this one may keep updates from it.
func (r result) logOut() (screen, tea.Cmd) {
	f, bot := r.sh.fleet, r.saved.Bot.Key
	var cmd tea.Cmd
	r.task, cmd = r.sh.start("logout", func(ctx context.Context, report func(fleet.Step)) (any, error) {
		return f.LogOut(ctx, bot, report)
	})
	return r, cmd
}

func (r result) loggedOut(msg taskDoneMsg) (screen, tea.Cmd) {
	r.task = task{}
	if bot, ok := msg.value.(fleet.Bot); ok && msg.err == nil {
		r.saved.Bot = bot
		r.says = "Logged out. The token stays saved."
	} else {
		r.says = fault.Of(msg.err).What
	}
	return r, r.sh.reload
}

// trail says what has happened.
func (r result) trail() string {
	switch {
	case r.attempt.aim == loggingIn:
		return "Logged in"
	case r.attempt.aim == replacing:
		return "Token replaced"
	case r.attempt.bot.NoLogin:
		return "Saved"
	case r.saved.Existed:
		return "Updated"
	}
	return "Added"
}

func (r result) View(size size) view {
	t := r.sh.theme
	v := view{trail: r.trail()}
	var more bool
	v.body, more = r.pager.window(r.text(size), size.height)
	switch {
	case r.task.id != 0:
		v.status = t.waiting.Render("Logging out" + t.glyphs.ellipsis)
	case r.asking:
		v.status = t.waiting.Render("Log this session out? The token stays saved.")
	case r.yank.pending:
		v.status = r.yank.status(r.sh)
	case r.says != "":
		v.status = r.says
	default:
		v.status = r.sh.clipboard.status(r.sh.now())
	}
	if v.status == "" && more {
		v.status = t.dim.Render("j more below")
	}
	return v
}

// text is who the bot is and where it was saved.
func (r result) text(size size) []string {
	m := margin(size.width)
	saved := labelled(r.sh.theme, "Saved", r.where(), size.width)
	saved = append(saved, labelled(r.sh.theme, "Session", r.session(), size.width)...)
	return paragraphs([][]string{
		indent([]string{r.name()}, m), indent(r.facts(size.width), m), indent(saved, m),
	}, size.height)
}

// where says which keyring took it; one in memory is not said to keep it.
func (r result) where() string {
	if r.saved.Keyring.Kind == kindMemory {
		return keyringName(r.saved.Keyring) + ": forgotten at quit"
	}
	return keyringWords(r.saved.Keyring) + ", read back"
}

// name is the mark, the name and the @username.
func (r result) name() string {
	t, bot := r.sh.theme, r.saved.Bot
	mark, _ := fault.State(bot, r.sh.now())
	name := t.mark(mark) + " " + t.strong.Render(displayName(bot))
	if at := fault.Clean(bot.Profile.Username); at != "" {
		name += "   " + t.dim.Render("@"+at)
	}
	return name
}

// facts are what Telegram knows of the bot; of one that was not logged in there is only the id.
func (r result) facts(width int) []string {
	t, bot := r.sh.theme, r.saved.Bot
	dot := " " + t.glyphs.dot + " "
	facts := "id " + strconv.FormatInt(bot.ID, 10)
	if bot.Profile.DC != 0 {
		facts += dot + "DC " + strconv.Itoa(bot.Profile.DC)
	}
	lines := wrap(facts+dot+fault.Clean(bot.Environment), width-margin(width)-1)
	if len(bot.Sessions) == 0 {
		return lines
	}
	p := bot.Profile
	abilities := strings.Join([]string{
		"inline " + yesNo(p.Inline), "groups " + yesNo(p.Groups),
		"reads all messages " + yesNo(p.ReadsAll), "manages bots " + yesNo(p.ManagesBots),
	}, dot)
	for _, line := range wrap(abilities, width-margin(width)-1) {
		lines = append(lines, t.dim.Render(line))
	}
	return lines
}

// session is what to know of the session that was made.
func (r result) session() string {
	here := slices.IndexFunc(r.saved.Bot.Sessions, func(s fleet.Session) bool { return s.Runs == store.Here })
	if here < 0 {
		return "none: saved, not logged in"
	}
	return fault.Clean(r.saved.Bot.Sessions[here].Name) +
		", runs here. If the bot also runs elsewhere it may miss updates: o logs this session out"
}

// keyringWords name a keyring and the place in it.
func keyringWords(s fleet.KeyringStatus) string {
	if s.Kind == kindAge {
		return keyringPlace(s)
	}
	var in []string
	if s.Provider != "" && s.Provider != s.Kind {
		in = append(in, fault.Clean(s.Provider))
	}
	if s.Collection != "" {
		in = append(in, "collection "+strconv.Quote(fault.Clean(s.Collection)))
	}
	if len(in) == 0 {
		return keyringName(s)
	}
	return keyringName(s) + " (" + strings.Join(in, ", ") + ")"
}

// labelled wraps text beside a label, without the margin.
func labelled(t theme, label, text string, width int) []string {
	column := labelCells(width) - 2
	lines := wrap(text, width-margin(width)-1-column)
	for i := range lines {
		lead := indentBy(column)
		if i == 0 {
			lead = t.label.Render(t.pad(label, column))
		}
		lines[i] = lead + lines[i]
	}
	return lines
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// indentBy is n blanks.
func indentBy(n int) string { return strings.Repeat(" ", max(0, n)) }

// here says that a bot that was to be added is here already, and works.
type here struct {
	sh      *shell
	attempt attempt
}

func (h here) Typing() bool { return false }

func (h here) Keys() []key.Binding {
	return []key.Binding{as(h.sh.keys.open, "open it"), h.sh.keys.back}
}

func (h here) Update(msg tea.Msg) (screen, tea.Cmd) {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch {
		case key.Matches(press, h.sh.keys.open):
			h.sh.draft = draft{}
			return newCard(h.sh, h.attempt.key), nil
		case key.Matches(press, h.sh.keys.back, h.sh.keys.quit):
			return h.attempt.returning(h.sh, ""), nil
		}
	}
	return h, nil
}

func (h here) View(size size) view {
	t, name := h.sh.theme, h.attempt.name
	if bot, ok := h.sh.bot(h.attempt.key); ok {
		name = displayName(bot)
	}
	says := t.ok.Render(t.glyphs.ok) + " " + t.strong.Render("This bot is here already and its session works.")
	why := prose(name+" was not logged in again, which would count towards Telegram's limit.", size.width)
	body := paragraphs([][]string{{indentBy(margin(size.width)) + says}, why}, size.height)
	return view{trail: h.attempt.trail(), body: body}
}
