package ui

import (
	"fmt"
	"strconv"
	"strings"

	"botring/fleet"
	"botring/fleet/fault"
)

// lines is what went wrong last, if anything did, and then what there is to say of the keyring.
func (k keyringScreen) lines(size size) []string {
	var failed []string
	if k.err != nil {
		failed = append(faultLines(k.sh.theme, k.failed(), size.width), "")
	}
	var lines []string
	switch k.sh.ring() {
	case ringUnknown:
		lines = k.head(k.sh.theme.dim.Render(k.sh.theme.glyphs.unknown), "looking for your keyring"+k.sh.theme.glyphs.ellipsis, size.width)
	case ringMissing:
		lines = k.missing(size)
	case ringReady, ringLocked, ringMemory:
		lines = k.facts(size)
	}
	return append(failed, lines...)
}

// faultLines is a fault as paragraphs, without blank lines between them.
func faultLines(t theme, said fault.Fault, width int) []string {
	lines := headline(t, t.bad.Render(t.glyphs.cross), said, width)
	lines = append(lines, prose(said.Why, width)...)
	return append(lines, prose(said.Next, width)...)
}

func (k keyringScreen) head(sign, text string, width int) []string {
	lines := wrap(text, width-margin(width)-3)
	for i, line := range lines {
		lead := "  "
		if i == 0 {
			lead = sign + " "
		}
		lines[i] = indentBy(margin(width)) + lead + k.sh.theme.strong.Render(line)
	}
	return lines
}

// missing says why there is no keyring, and what there is to do about it: where there is little room, only the
// keys for that.
func (k keyringScreen) missing(size size) []string {
	t, width := k.sh.theme, size.width
	said := fault.Of(k.sh.keyring.err).WithLog(k.sh.log())
	var ways []string
	for _, b := range k.sh.ways(width) {
		ways = append(ways, indentBy(margin(width))+t.key.Render(t.pad(b.Help().Key, 6))+"  "+b.Help().Desc)
	}
	if full := faultLines(t, said, width); len(full)+len(ways) <= size.height {
		return paragraphs([][]string{full, ways, k.holdings(width)}, size.height)
	}
	said.Next = ""
	return append(faultLines(t, said, width), ways...)
}

// facts are what is known of the keyring in use.
func (k keyringScreen) facts(size size) []string {
	t, s, width := k.sh.theme, k.sh.keyring.status, size.width
	var lines []string
	add := func(label string, paragraphs ...string) {
		lines = append(lines, t.fact(label, width, paragraphs...)...)
	}
	switch k.sh.ring() {
	case ringMemory:
		lines = k.head(t.waiting.Render(t.glyphs.waiting), keyringName(s), width)
	case ringLocked:
		state := "locked"
		if s.New {
			state = "not made yet"
		}
		lines = k.head(t.waiting.Render(t.glyphs.waiting), keyringName(s)+", "+state, width)
	case ringReady, ringUnknown, ringMissing:
		lines = k.head(t.ok.Render(t.glyphs.done), keyringName(s)+", unlocked", width)
	}
	if size.height >= roomy-5 {
		lines = append(lines, "")
	}
	if text := k.lock(); text != "" {
		add("Lock", text)
	}
	lines = append(lines, k.findings(width)...)
	if s.Kind == kindAge {
		add("Place", fault.Clean(s.Collection))
	} else if s.Kind != kindMemory {
		add("Program", program(s))
		if s.Collection != "" {
			add("Place", fmt.Sprintf("collection %q", fault.Clean(s.Collection)))
		}
	}
	lines = append(lines, k.holdings(width)...)
	add("Writes", "read back before they count as saved")
	if s.MaxSize > 0 {
		add("Size", "at most "+bytesInWords(s.MaxSize)+" an item")
	}
	if !s.CanList && s.Kind != kindMemory {
		add("Listing", "not possible: botring finds only what its own list names")
	}
	if text := k.readers(); text != "" {
		add("Readers", text)
	}
	return lines
}

// lock says what opens the keyring, or what its being open means.
func (k keyringScreen) lock() string {
	t, s := k.sh.theme, k.sh.keyring.status
	switch {
	case s.Kind == kindMemory:
		return "none: everything is forgotten at quit"
	case s.New:
		return "its passphrase is chosen when the first secret is saved"
	case s.Kind == kindAge && s.Locked:
		return "its passphrase is asked for when a secret is needed"
	case s.Locked:
		return "it prompts when a secret is needed; the prompt may be on the machine's own screen"
	case s.Unfinished:
		return t.waiting.Render(t.glyphs.waiting) + " a change of who can read it was cut off; enter finishes it"
	}
	return ""
}

// holdings is what the catalogue has for this keyring.
func (k keyringScreen) holdings(width int) []string {
	return k.sh.theme.fact("List", width, k.sh.holdings(" "+k.sh.theme.glyphs.dot+" "))
}

// holdings counts what is in the list.
func (sh *shell) holdings(between string) string {
	if len(sh.bots)+len(sh.apps) == 0 {
		return "no bots yet"
	}
	return count(len(sh.bots), "bot") + between + count(len(sh.apps), "app")
}

// readers says how many can read the encrypted files, where that is known.
func (k keyringScreen) readers() string {
	switch k.recipients {
	case 0:
		return ""
	case 1:
		return "1: whoever has the passphrase"
	}
	return fmt.Sprintf("%d recipients", k.recipients)
}

// program names the program behind a keyring.
func program(s fleet.KeyringStatus) string {
	name := orNone(fault.Clean(s.Provider))
	if s.Process != 0 {
		name += fmt.Sprintf(" (process %d)", s.Process)
	}
	return name
}

// bytesInWords is a size as people say it.
func bytesInWords(n int) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return strconv.Itoa(n>>20) + " MiB"
	}
	digits := strconv.Itoa(n)
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, groups...), ",") + " bytes"
}
