package main

import (
	"fmt"
	"image/color"
)

// A GIF has 256 colours, of which one is needed for what stays as it was.
const (
	maxColours  = 256
	transparent = 0
)

// smooth is how many steps from background to letter are enough; fewer are taken where many inks share the
// palette.
const smooth = 16

// A palette has, for every ink of a film, the colours on the way from its background to its letters, so
// that anti-aliased letters need no search for the nearest colour.
type palette struct {
	colours color.Palette
	steps   int
	ramps   map[ink][]uint8 // steps+1 indices each
}

// mixPalette makes the palette of a film.
func mixPalette(f film) (palette, error) {
	var inks []ink
	known := map[ink]bool{}
	meet := func(i ink) {
		if !known[i] {
			known[i] = true
			inks = append(inks, i)
		}
	}
	meet(plain())
	for _, frame := range f.frames {
		for _, c := range frame.cells {
			meet(c.ink)
		}
	}
	for steps := smooth; steps > 0; steps-- {
		if p, fits := rampAll(inks, steps); fits {
			return p, nil
		}
	}
	return palette{}, fmt.Errorf("draw: %d pairs of colours do not fit a GIF", len(inks))
}

func rampAll(inks []ink, steps int) (p palette, fits bool) {
	p = palette{
		colours: color.Palette{transparent: color.RGBA{}},
		steps:   steps,
		ramps:   make(map[ink][]uint8, len(inks)),
	}
	index := map[color.RGBA]uint8{}
	for _, i := range inks {
		for step := range steps + 1 {
			c := mix(i.bg, i.fg, step, steps)
			if _, there := index[c]; !there {
				if len(p.colours) == maxColours {
					return palette{}, false
				}
				index[c] = uint8(len(p.colours))
				p.colours = append(p.colours, c)
			}
			p.ramps[i] = append(p.ramps[i], index[c])
		}
	}
	return p, true
}

// at is the index of an ink where a letter covers alpha of a pixel.
func (p palette) at(i ink, alpha uint8) uint8 {
	return p.ramps[i][(int(alpha)*p.steps+127)/255]
}
