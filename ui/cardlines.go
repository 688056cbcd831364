package ui

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
)

// lines is the whole card.
func (c card) lines(width int) []string {
	bot, known := c.sh.bot(c.key)
	if !known {
		return nil
	}
	t, now := c.sh.theme, c.sh.now()
	dot := " " + t.glyphs.dot + " "
	mark, _ := fault.State(bot, now)
	head := t.mark(mark) + " " + t.strong.Render(displayName(bot))
	if bot.Profile.Username != "" {
		head += "   " + t.dim.Render("@"+fault.Clean(bot.Profile.Username))
	}
	lines := append(indent([]string{head}, margin(width)), "")
	add := func(label string, paragraphs ...string) {
		lines = append(lines, t.fact(label, width, paragraphs...)...)
	}

	where := []string{fmt.Sprint(bot.ID)}
	if bot.Profile.DC != 0 {
		where = append(where, fmt.Sprintf("DC %d", bot.Profile.DC))
	}
	add("id", strings.Join(append(where, fault.Clean(bot.Environment)), dot))
	add("App", c.app(bot))
	add("Label", orNone(fault.Clean(bot.Label)))
	if bot.Label != "" && bot.Profile.FirstName != "" {
		add("Name", fault.Clean(bot.Profile.FirstName))
	}
	if len(bot.Tags) > 0 {
		add("Tags", fault.Clean(strings.Join(bot.Tags, " ")))
	}
	if bot.Profile != (fleet.Profile{}) {
		add("Abilities", abilities(bot.Profile, dot))
	}
	lines = append(lines, "")
	add("Health", c.health(bot)...)
	if c.token.asked {
		add("Token", c.token.lines(t)...)
	}
	if left := bot.FloodUntil.Sub(now); left > 0 {
		add("Logins", fmt.Sprintf("not before %s, in %s: Telegram asked to wait", bot.FloodUntil.In(now.Location()).Format("15:04"), fault.Duration(left)))
	}
	for _, r := range c.sh.cutOff {
		if r.Bot.Key == bot.Key {
			add("Rotation", fault.RotationCutOff(r), t.dim.Render(c.sh.keys.rotate.Help().Key+" goes on with it"))
		}
	}
	add("Sessions", c.sessions(bot, dot)...)
	add("Secrets", c.kept())
	return lines
}

// factCells is the width of the column of labels on a card.
func factCells(width int) int {
	if width < narrow {
		return 11
	}
	return 12
}

// fact is a label and, beside it, paragraphs wrapped into what the label leaves.
func (t theme) fact(label string, width int, paragraphs ...string) []string {
	m, cells := margin(width), max(factCells(width), len(label)+2)
	var lines []string
	for _, p := range paragraphs {
		// Of the styled text every line must stand by itself: some may be scrolled away.
		lines = append(lines, strings.Split(lipgloss.Wrap(p, max(1, width-m-cells-1), ""), "\n")...)
	}
	lines = indent(lines, m+cells)
	if len(lines) > 0 {
		lines[0] = strings.Repeat(" ", m) + t.label.Render(t.pad(label, cells)) + lines[0][m+cells:]
	}
	return lines
}

func (c card) app(bot fleet.Bot) string {
	if bot.APIID == 0 {
		return "none yet"
	}
	for _, a := range c.sh.apps {
		if a.APIID == bot.APIID {
			return fmt.Sprintf("%s %s api_id %d", fault.Clean(a.Name), c.sh.theme.glyphs.dot, a.APIID)
		}
	}
	return fmt.Sprintf("api_id %d", bot.APIID)
}

func abilities(p fleet.Profile, dot string) string {
	yes := func(what string, can bool) string {
		if can {
			return what + " yes"
		}
		return what + " no"
	}
	return strings.Join([]string{
		yes("inline", p.Inline), yes("groups", p.Groups),
		yes("reads all messages", p.ReadsAll), yes("manages bots", p.ManagesBots),
	}, dot)
}

// health is the state in words: what it is, why, what to do, and how old that is.
func (c card) health(bot fleet.Bot) []string {
	t, now := c.sh.theme, c.sh.now()
	mark, state := fault.State(bot, now)
	said := fault.OfHealth(bot.Health)
	if bot.Health.Status == store.Flooded && mark != fault.Waiting {
		said = fault.Fault{} // the wait is over
	}
	paragraphs := []string{t.mark(mark) + " " + state}
	if said.What != "" {
		paragraphs[0] = t.mark(mark) + " " + said.What
	}
	for _, more := range []string{said.Why, said.Next, fault.WhyUnchecked(bot)} {
		if more != "" {
			paragraphs = append(paragraphs, t.dim.Render(more))
		}
	}
	var age []string
	h := bot.Health
	if mark != fault.OK && !h.CheckedAt.IsZero() {
		age = append(age, "checked "+fault.Ago(now.Sub(h.CheckedAt)))
	}
	if !h.Since.IsZero() {
		age = append(age, "unchanged for "+fault.Duration(now.Sub(h.Since)))
	}
	if h.Code != 0 {
		age = append(age, fmt.Sprintf("%d %s", h.Code, fault.Clean(h.Type)))
	}
	if len(age) > 0 {
		paragraphs = append(paragraphs, t.dim.Render(strings.Join(age, " "+t.glyphs.dot+" ")))
	}
	return paragraphs
}

func (c card) sessions(bot fleet.Bot, dot string) []string {
	if len(bot.Sessions) == 0 {
		return []string{"none"}
	}
	lines := make([]string, len(bot.Sessions))
	for i, s := range bot.Sessions {
		parts := []string{fault.Clean(s.Name), fmt.Sprintf("DC %d", s.DC), "runs " + fault.Runs(s)}
		if since := sinceWhen(s, c.sh.now()); since != "" {
			parts = append(parts, since)
		}
		lines[i] = strings.Join(parts, dot)
	}
	return lines
}

// sinceWhen says when a session was made, or since when it runs where it does if that is later.
func sinceWhen(s fleet.Session, now time.Time) string {
	switch since := fault.Since(s, now); {
	case since == "":
		return ""
	case s.Since.Sub(s.MadeAt) < time.Minute:
		return "made " + since
	}
	return "since " + clockTime(s.Since, now)
}

// kept says where the bot's secrets are.
func (c card) kept() string {
	k := c.sh.keyring
	switch {
	case !k.looked:
		return c.sh.theme.glyphs.ellipsis
	case k.err != nil:
		return fault.Of(k.err).What
	}
	return keyringPlace(k.status)
}

// keyringPlace names a keyring with the program behind it and the place in it.
func keyringPlace(s fleet.KeyringStatus) string {
	if s.Kind == kindAge {
		return keyringName(s) + " (" + fault.Clean(s.Collection) + ")"
	}
	var inside []string
	if s.Provider != "" {
		inside = append(inside, fault.Clean(s.Provider))
	}
	if s.Collection != "" {
		inside = append(inside, fmt.Sprintf("collection %q", fault.Clean(s.Collection)))
	}
	if len(inside) == 0 || s.Kind == kindMemory {
		return keyringName(s)
	}
	return keyringName(s) + " (" + strings.Join(inside, ", ") + ")"
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
