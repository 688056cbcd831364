package main

import (
	"errors"
	"fmt"
	"image"
	"os"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// fontFiles are TrueType or OpenType files, or collections of which the first font counts.
type fontFiles struct {
	regular, bold, italic string
	fallbacks             []string
}

// A typeface draws the letters of a terminal, each in a box of one or two cells.
type typeface struct {
	// width and height of a cell, and how far below its top letters stand, in pixels.
	width, height, baseline int

	regular, bold, italic *cut
	fallbacks             []*cut
	drawn                 map[letter]*image.Alpha
}

// A letter is what glyphs are remembered by.
type letter struct {
	text  string
	width int
	style style
}

// A cut is one font at one size.
type cut struct {
	font *sfnt.Font
	face font.Face
	size float64
	buf  sfnt.Buffer
}

// load reads the fonts. A cut that is not named is drawn as the regular one.
func (f fontFiles) load(size float64) (*typeface, error) {
	var errs []error
	read := func(path string) *cut {
		if path == "" {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("read font: %w", err))
			return nil
		}
		c, err := newCut(data, size)
		if err != nil {
			errs = append(errs, fmt.Errorf("read font %s: %w", path, err))
		}
		return c
	}
	t := typeface{regular: read(f.regular), bold: read(f.bold), italic: read(f.italic)}
	for _, path := range f.fallbacks {
		t.fallbacks = append(t.fallbacks, read(path))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	t.measure()
	return &t, nil
}

func newCut(data []byte, size float64) (*cut, error) {
	all, err := opentype.ParseCollection(data)
	if err != nil {
		return nil, err
	}
	f, err := all.Font(0)
	if err != nil {
		return nil, err
	}
	return sized(f, size)
}

func sized(f *sfnt.Font, size float64) (*cut, error) {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, err
	}
	return &cut{font: f, face: face, size: size}, nil
}

// fitted is the cut, smaller where a letter of it is wider than width.
func (c *cut) fitted(r rune, width int) *cut {
	advance, _ := c.face.GlyphAdvance(r)
	if advance <= fixed.I(width) {
		return c
	}
	small, err := sized(c.font, c.size*float64(fixed.I(width))/float64(advance))
	if err != nil {
		return c
	}
	return small
}

// measure derives the cell from the regular cut and fills in for cuts that are missing.
func (t *typeface) measure() {
	m := t.regular.face.Metrics()
	advance, _ := t.regular.face.GlyphAdvance('M')
	t.width, t.height, t.baseline = advance.Round(), (m.Ascent + m.Descent).Ceil(), m.Ascent.Round()
	if t.bold == nil {
		t.bold = t.regular
	}
	if t.italic == nil {
		t.italic = t.regular
	}
	t.drawn = map[letter]*image.Alpha{}
}

func (c *cut) has(r rune) bool {
	index, err := c.font.GlyphIndex(&c.buf, r)
	return err == nil && index != 0
}

// glyph is how much of each pixel of its cells a character covers. A character none of the fonts has is
// drawn as the regular one's box.
func (t *typeface) glyph(text string, width int, s style) *image.Alpha {
	key := letter{text, width, s & (bold | italic)}
	if known, ok := t.drawn[key]; ok {
		return known
	}
	out := image.NewAlpha(image.Rect(0, 0, width*t.width, t.height))
	t.drawn[key] = out
	runes := []rune(text)
	if len(runes) == 1 && block(out, runes[0]) {
		return out
	}

	from := t.pick(runes[0], s).fitted(runes[0], out.Bounds().Dx())
	advance, _ := from.face.GlyphAdvance(runes[0])
	// A letter of another font stands in the middle of its cells.
	left := max(0, (fixed.I(out.Bounds().Dx())-advance)/2)
	pen := font.Drawer{
		Dst: out, Src: image.Opaque, Face: from.face,
		Dot: fixed.Point26_6{X: left, Y: fixed.I(t.baseline)},
	}
	for i, r := range runes {
		switch {
		case i == 0 || unicode.Is(unicode.Mn, r) && from.has(r):
			pen.DrawString(string(r))
		case r == '\u200d': // what follows is joined to a picture that no outline font has
			return out
		}
	}
	return out
}

// pick chooses the first font that has a character.
func (t *typeface) pick(r rune, s style) *cut {
	wanted := t.regular
	switch {
	case s&bold != 0:
		wanted = t.bold
	case s&italic != 0:
		wanted = t.italic
	}
	for _, c := range append([]*cut{wanted, t.regular}, t.fallbacks...) {
		if c.has(r) {
			return c
		}
	}
	return wanted
}
