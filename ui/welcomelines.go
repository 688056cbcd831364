package ui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"

	"botring/fleet"
	"botring/fleet/fault"
)

// lines is the sentence, the keys, and where secrets go. On a low terminal the last of these comes first:
// the line of keys says the rest.
func (w welcome) lines(size size) []string {
	low := size.height < roomy-5
	if low && w.sh.ring() == ringMissing && !w.remote {
		return w.secrets(size.width, low)
	}
	t, m := w.sh.theme, margin(size.width)
	lines := prose("Your Telegram bot tokens, out of .env and into your keyring.", size.width)
	for i, line := range lines {
		lines[i] = strings.Repeat(" ", m) + t.strong.Render(strings.TrimSpace(line))
	}
	switch {
	case w.remote && low:
		return w.overSSH(size.width)
	case w.remote:
		return append(append(lines, ""), w.overSSH(size.width)...)
	case low:
		lines = append(lines, w.offer(w.sh.keys.add, "", size.width)...)
	case w.sh.ring() == ringMissing:
		lines = append(lines, "")
	default:
		lines = append(lines, "")
		lines = append(lines, w.offer(w.sh.keys.add, "a token from @BotFather; api_id and api_hash from my.telegram.org/apps", size.width)...)
		lines = append(lines, w.offer(w.sh.keys.imports, "the tokens of a .env, a table, a list, a folder", size.width)...)
		lines = append(lines, w.offer(w.sh.keys.help, "", size.width)...)
		lines = append(lines, "")
	}
	return append(lines, w.secrets(size.width, low)...)
}

// offerCells is the width of the column of what the keys on the welcome do.
const offerCells = 18

// offer is a key, what it does, and what is needed for it.
func (w welcome) offer(b key.Binding, needs string, width int) []string {
	t, m := w.sh.theme, margin(width)
	head := strings.Repeat(" ", m) + t.key.Render(b.Help().Key) + "   " + t.pad(b.Help().Desc, offerCells)
	if needs == "" {
		return []string{head}
	}
	if width < narrow {
		return append([]string{head}, indent(wrap(needs, width-m-5), m+4)...)
	}
	lines := indent(wrap(needs, width-m-4-offerCells-1), m+4+offerCells)
	lines[0] = head + t.dim.Render(strings.TrimSpace(lines[0]))
	for i := 1; i < len(lines); i++ {
		lines[i] = t.dim.Render(lines[i])
	}
	return lines
}

// secrets says where they go, and what there is to do about it.
func (w welcome) secrets(width int, low bool) []string {
	t, k := w.sh.theme, w.sh.keyring
	to := func(sign, place string, more ...string) []string {
		label := "Secrets go to"
		if width < narrow {
			label = "Secrets"
		}
		return t.fact(label, width, append([]string{sign + " " + place}, more...)...)
	}
	switch w.sh.ring() {
	case ringUnknown:
		return to(t.dim.Render(t.glyphs.unknown), "looking for your keyring"+t.glyphs.ellipsis)
	case ringReady:
		return to(t.ok.Render(t.glyphs.done), keyringWith(k.status, "unlocked"))
	case ringLocked:
		if w.sh.encrypted() {
			return w.closed(to)
		}
		return to(t.waiting.Render(t.glyphs.waiting), keyringWith(k.status, "locked"),
			t.dim.Render("The unlock prompt may be on the machine's own screen."))
	case ringMemory:
		return to(t.waiting.Render(t.glyphs.waiting), "memory only: everything is forgotten at quit")
	case ringMissing:
	}
	said := fault.Of(k.err)
	lines := append(prose(t.bad.Render(t.glyphs.cross)+" "+said.What, width), prose(said.Why, width)...)
	lines = append(lines, prose(said.LogHint(w.sh.log()), width)...)
	if !low {
		lines = append(lines, "")
	}
	for _, b := range w.ways(width) {
		lines = append(lines, strings.Repeat(" ", margin(width))+t.key.Render(t.pad(b.Help().Key, 6))+"  "+b.Help().Desc)
	}
	return lines
}

// closed says of the encrypted file that its passphrase will be asked for.
func (w welcome) closed(to func(sign, place string, more ...string) []string) []string {
	t, s := w.sh.theme, w.sh.keyring.status
	if s.New {
		return to(t.waiting.Render(t.glyphs.waiting), keyringWith(s, "not made yet"),
			t.dim.Render("Its passphrase is chosen when the first secret is saved."))
	}
	return to(t.waiting.Render(t.glyphs.waiting), keyringWith(s, "locked"),
		t.dim.Render("Its passphrase is asked for when a secret is needed."))
}

// ways are what there is to do where no keyring is.
func (w welcome) ways(width int) []key.Binding {
	ways := append(w.sh.ways(width), as(w.sh.keys.open, "look again"))
	if w.offersHow() {
		ways = slices.Insert(ways, len(ways)-1, w.sh.keys.howTo)
	}
	return ways
}

// keyringWith names a keyring with the program behind it and its state.
func keyringWith(s fleet.KeyringStatus, state string) string {
	if s.Kind == kindAge {
		return fmt.Sprintf("%s (%s, %s)", keyringName(s), fault.Clean(s.Collection), state)
	}
	if s.Provider == "" {
		return fmt.Sprintf("%s (%s)", keyringName(s), state)
	}
	return fmt.Sprintf("%s (%s, %s)", keyringName(s), fault.Clean(s.Provider), state)
}

// overSSH is how to have a keyring where nobody is logged in at a screen. The password goes through a pipe
// of the shell's own: the daemon takes a line end as part of it, and an argument could be read by others.
func (w welcome) overSSH(width int) []string {
	t, m := w.sh.theme, margin(width)
	lines := prose("Over SSH there is often no D-Bus session, and no keyring on it. This starts both, for one shell:", width)
	lines = append(lines, "")
	for _, command := range []string{
		"dbus-run-session -- bash",
		"read -rs PW",
		`printf %s "$PW" | gnome-keyring-daemon --unlock`,
		"unset PW; botring",
	} {
		for _, line := range wrap(command, width-m-3) {
			lines = append(lines, strings.Repeat(" ", m+2)+t.key.Render(line))
		}
	}
	lines = append(lines, "")
	return append(lines, prose("The second waits for the keyring's password, unseen; of a new keyring it becomes the password. A wrong one is not told: the keyring then stays locked.", width)...)
}
