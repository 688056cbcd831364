package ui

import (
	"fmt"

	"botring/fleet"
	"botring/fleet/fault"
)

func (m moving) lines(size size) []string {
	switch m.stage {
	case moveChoose, moveConfirm:
		return m.question(size)
	case moveRun:
		return m.progress(size.width)
	case moveDone:
		return m.result(size)
	case moveFailed:
	}
	said := fault.OfAt(m.err, m.sh.now()).WithLog(m.sh.log())
	said.NotSaved = "" // what was done is said below
	return paragraphs([][]string{faultLines(m.sh.theme, said, size.width), prose(m.soFar(), size.width)}, size.height)
}

// question says what happens, and in which ways it can.
func (m moving) question(size size) []string {
	from := m.sh.keyring.status
	what := m.sh.holdings(" and ")
	says := "Everything goes from " + the(from.Kind) + " to " + the(m.way().to) + ": " + what +
		". Each item is read back there before it counts, and the list goes along."
	if from.Kind == kindMemory {
		says = "Everything goes from memory, where it is forgotten at quit, to a keyring that keeps it: " + what +
			". Each item is read back there before it counts."
	}
	var ways []string
	for i, way := range m.ways {
		ways = append(ways, m.option(way, i == m.at, size.width))
	}
	means := prose(m.means(), size.width)
	if m.stage == moveConfirm {
		ways = nil
	}
	blocks := [][]string{prose(says, size.width), ways, means}
	lines := len(blocks) - 1
	for _, block := range blocks {
		lines += len(block)
	}
	if lines-len(blocks)+1 > size.height {
		blocks = blocks[1:] // what is to be decided must be seen
	}
	return paragraphs(blocks, size.height)
}

// option is one of the ways.
func (m moving) option(way moveWay, selected bool, width int) string {
	t := m.sh.theme
	text := "copy, and keep the old copies"
	switch {
	case m.sh.keyring.status.Kind == kindMemory:
		text = "to " + the(way.to)
	case way.forget:
		text = "copy, then remove the old copies"
	}
	lead, style := "  ", t.text
	if selected {
		lead, style = t.focus.Render(t.glyphs.row)+" ", t.strong
	}
	return indentBy(margin(width)) + lead + style.Render(text)
}

// means says what the selected way leads to.
func (m moving) means() string {
	way, from := m.way(), m.sh.keyring.status
	switch {
	case way.to == kindAge && from.Kind == kindMemory:
		return "A passphrase of yours opens the file."
	case from.Kind == kindMemory:
		return "It is the one of this system, which other programs use too."
	case way.forget:
		return "When all of it was read back there, it is removed from " + the(from.Kind) + "."
	}
	return "Secrets are in both then. What changes later changes in " + the(way.to) + " only."
}

// the names a kind of keyring in the middle of a sentence.
func the(kind string) string {
	switch kind {
	case kindAge:
		return "the encrypted file"
	case kindMemory:
		return "memory"
	}
	return "the system keyring"
}

// progress is what the move is at, and how far.
func (m moving) progress(width int) []string {
	t, at := m.sh.theme, m.run.at
	text := "Opening " + the(m.way().to)
	switch at.Stage {
	case fleet.MoveComparing:
		text = "Comparing what both hold"
	case fleet.MoveCopying:
		text = "Copying, each item read back"
	case fleet.MoveDeleting:
		text = "Removing the old copies"
	}
	lines := []string{indentBy(margin(width)) + t.strong.Render(text) + t.glyphs.ellipsis}
	if at.Total > 0 {
		after := fmt.Sprintf(" %d of %d", at.Done, at.Total)
		cells := max(4, min(30, width-margin(width)-3-len(after)))
		lines = append(lines, "", indentBy(margin(width))+t.bar(at.Done, at.Total, cells)+t.dim.Render(after))
	}
	return lines
}

// result is where everything is now, and what became of the old copies.
func (m moving) result(size size) []string {
	t, moved, width := m.sh.theme, m.moved, size.width
	var facts []string
	add := func(label, text string) { facts = append(facts, t.fact(label, width, text)...) }
	if moved.Copied+moved.Present == 0 {
		add("Copied", "nothing: there was nothing yet")
	} else {
		add("Copied", count(moved.Copied, "item")+", each read back")
	}
	if moved.Present > 0 {
		add("There", count(moved.Present, "item")+" from an earlier try")
	}
	switch {
	case moved.From.Kind == kindMemory:
	case m.way().forget:
		add("Removed", count(moved.Deleted, "item")+" from "+the(moved.From.Kind))
	default:
		add("Kept", "the old copies, in "+the(moved.From.Kind))
	}
	if moved.Kept > 0 {
		add("Changed", have(moved.Kept, "item")+" changed meanwhile, and the old ones are still in "+the(moved.From.Kind))
	}
	head := indentBy(margin(width)) + t.ok.Render(t.glyphs.done) + " " + t.strong.Render(t.cut("Secrets are in "+the(moved.To.Kind)+" now", width-margin(width)-3))
	return paragraphs([][]string{{head}, facts, prose(keyringPlace(moved.To), width)}, size.height)
}

// soFar is what a move that ended early has done.
func (m moving) soFar() string {
	if m.moved.Copied+m.moved.Deleted == 0 {
		return "Nothing was moved. Secrets are where they were."
	}
	text := have(m.moved.Copied, "item") + " been copied"
	if m.moved.Deleted > 0 {
		return text + ", and " + count(m.moved.Deleted, "item") + " removed from the old place. Moving again goes on from there."
	}
	return text + " and nothing removed. Moving again goes on from there."
}

// stopped is soFar for the status line.
func (m moving) stopped() string {
	if m.moved.Copied+m.moved.Deleted == 0 {
		return "Stopped. Nothing was moved."
	}
	return fmt.Sprintf("Stopped: %d copied, %d removed. Moving again goes on from there.", m.moved.Copied, m.moved.Deleted)
}
