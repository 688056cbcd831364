package main

import (
	"image"
	"image/color"
)

// block draws the characters that have to meet their neighbours without a gap, which no font does at every
// size: lines, bars and the dots of Braille. It reports whether the character is one of them.
func block(on *image.Alpha, r rune) bool {
	w, h := on.Bounds().Dx(), on.Bounds().Dy()
	switch {
	case r == '─':
		shade(on, image.Rect(0, h/2, w, h/2+1))
	case r == '│':
		shade(on, image.Rect(w/2, 0, w/2+1, h))
	case r == '▀': // upper half
		shade(on, image.Rect(0, 0, w, h/2))
	case r >= '▁' && r <= '█': // lower eighths
		shade(on, image.Rect(0, h-h*int(r-'▁'+1)/8, w, h))
	case r >= '▉' && r <= '▏': // left eighths, seven to one
		shade(on, image.Rect(0, 0, max(1, w*int('▏'-r+1)/8), h))
	case r == '▐': // right half
		shade(on, image.Rect(w/2, 0, w, h))
	case r == '▔': // upper eighth
		shade(on, image.Rect(0, 0, w, max(1, h/8)))
	case r == '▕': // right eighth
		shade(on, image.Rect(w-max(1, w/8), 0, w, h))
	case r >= '⠀' && r <= '⣿':
		braille(on, uint8(r-'⠀'))
	default:
		return false
	}
	return true
}

func shade(on *image.Alpha, area image.Rectangle) {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			on.SetAlpha(x, y, color.Alpha{A: 0xff})
		}
	}
}

// braille draws the dots whose bits are set, in the order of Unicode: three down the left, three down the
// right, then the lowest of each.
func braille(on *image.Alpha, bits uint8) {
	w, h := on.Bounds().Dx(), on.Bounds().Dy()
	places := [8]image.Point{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}}
	dot := max(2, w/4)
	for bit, at := range places {
		if bits&(1<<bit) != 0 {
			x, y := w*(1+2*at.X)/4-dot/2, h*(2+2*at.Y)/10-dot/2
			shade(on, image.Rect(x, y, x+dot, y+dot))
		}
	}
}
