package main

import (
	"image/color"
	"io"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"

	"botring/docs/demo/asciicast"
)

// shutter is the shortest time a frame stands. What is drawn meanwhile belongs to the same frame, which also
// keeps half a redraw from being shown.
const shutter = 40 * time.Millisecond

// A film is a recording as the screens it shows, each different from the one before.
type film struct {
	width, height int
	frames        []frame
	length        time.Duration
}

// A frame is a screen, row by row, and when it appears.
type frame struct {
	at    time.Duration
	cells []cell
}

// A cell is one place of the screen. The second half of a wide character is a cell of width 0.
type cell struct {
	text  string
	width int
	ink   ink
	style style
}

// An ink is a pair of colours that letters are drawn with.
type ink struct{ fg, bg color.RGBA }

// plain is the terminal's own ink, where a program asks for none.
func plain() ink {
	return ink{fg: color.RGBA{0xd5, 0xd8, 0xde, 0xff}, bg: color.RGBA{0x16, 0x18, 0x1d, 0xff}}
}

// A style is a set of ways to draw a letter.
type style uint8

const (
	bold style = 1 << iota
	italic
	underlined
	struck
)

// shoot plays a recording to an emulated terminal and takes its pictures. The last one stands for hold
// after the recording has ended.
func shoot(cast asciicast.Cast, hold time.Duration) film {
	terminal := vt.NewEmulator(cast.Width, cast.Height)
	go func() { _, _ = io.Copy(io.Discard, terminal) }() // whoever asked has been answered in the recording
	cursor := true
	terminal.SetCallbacks(vt.Callbacks{CursorVisibility: func(visible bool) { cursor = visible }})

	f := film{width: cast.Width, height: cast.Height}
	for i := 0; i < len(cast.Events); {
		at := cast.Events[i].At
		for ; i < len(cast.Events) && cast.Events[i].At < at+shutter; i++ {
			_, _ = terminal.WriteString(cast.Events[i].Output)
		}
		f.take(frame{at, snapshot(terminal, cursor)})
		f.length = cast.Events[i-1].At + hold
	}
	if answers, ok := terminal.InputPipe().(io.Closer); ok {
		_ = answers.Close()
	}
	return f
}

// take adds a frame unless nothing changed.
func (f *film) take(next frame) {
	if k := len(f.frames); k > 0 {
		same := true
		for i, c := range f.frames[k-1].cells {
			same = same && c == next.cells[i]
		}
		if same {
			return
		}
	}
	f.frames = append(f.frames, next)
}

// snapshot is what stands on the terminal. The cursor is a cell with its colours exchanged.
func snapshot(terminal *vt.Emulator, cursor bool) []cell {
	width, height := terminal.Width(), terminal.Height()
	cells := make([]cell, 0, width*height)
	for y := range height {
		for x := range width {
			cells = append(cells, look(terminal.CellAt(x, y)))
		}
	}
	if at := terminal.CursorPosition(); cursor && at.X < width && at.Y < height {
		c := &cells[at.Y*width+at.X]
		c.ink = ink{fg: c.ink.bg, bg: c.ink.fg}
	}
	return cells
}

// look reads an emulated cell, with its attributes as colours and styles.
func look(from *uv.Cell) cell {
	c := cell{width: 1, ink: plain()}
	if from == nil {
		return c
	}
	c.width = from.Width
	if from.Content != " " {
		c.text = from.Content
	}
	if from.Style.Fg != nil {
		c.ink.fg = opaque(from.Style.Fg)
	}
	if from.Style.Bg != nil {
		c.ink.bg = opaque(from.Style.Bg)
	}
	attrs := from.Style.Attrs
	if attrs&uv.AttrFaint != 0 {
		c.ink.fg = mix(c.ink.bg, c.ink.fg, 1, 2)
	}
	if attrs&uv.AttrReverse != 0 {
		c.ink = ink{fg: c.ink.bg, bg: c.ink.fg}
	}
	if attrs&uv.AttrConceal != 0 {
		c.text = ""
	}
	if attrs&uv.AttrBold != 0 {
		c.style |= bold
	}
	if attrs&uv.AttrItalic != 0 {
		c.style |= italic
	}
	if attrs&uv.AttrStrikethrough != 0 {
		c.style |= struck
	}
	if from.Style.Underline != uv.UnderlineNone {
		c.style |= underlined
	}
	return c
}

func opaque(c color.Color) color.RGBA {
	r, g, b, _ := c.RGBA()
	return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 0xff}
}

// mix is the colour part/whole of the way from a to b.
func mix(a, b color.RGBA, part, whole int) color.RGBA {
	between := func(a, b uint8) uint8 { return uint8((int(a)*(whole-part) + int(b)*part + whole/2) / whole) }
	return color.RGBA{between(a.R, b.R), between(a.G, b.G), between(a.B, b.B), 0xff}
}
