package main

import (
	"errors"
	"image"
	"image/color"
	"image/gif"
	"math"
	"time"
)

// margin is the empty space around the screen, in pixels.
const margin = 18

// draw makes the picture of a film. Every frame after the first holds only what changed.
func draw(f film, face *typeface) (*gif.GIF, error) {
	if len(f.frames) == 0 {
		return nil, errors.New("draw: the recording is empty")
	}
	colours, err := mixPalette(f)
	if err != nil {
		return nil, err
	}
	easel := easel{
		film: f, face: face, colours: colours,
		canvas: image.NewPaletted(image.Rect(0, 0,
			f.width*face.width+2*margin, f.height*face.height+2*margin), colours.colours),
	}
	easel.fill(easel.canvas.Bounds(), colours.at(plain(), 0))

	out := &gif.GIF{Config: image.Config{
		ColorModel: colours.colours,
		Width:      easel.canvas.Bounds().Dx(),
		Height:     easel.canvas.Bounds().Dy(),
	}}
	for i, frame := range f.frames {
		end := f.length
		if i+1 < len(f.frames) {
			end = f.frames[i+1].at
		}
		out.Image = append(out.Image, easel.next(frame))
		out.Delay = append(out.Delay, max(2, hundredths(end)-hundredths(frame.at)))
		out.Disposal = append(out.Disposal, gif.DisposalNone)
	}
	return out, nil
}

// hundredths rounds a time, not a duration, so that delays add up to the film's length.
func hundredths(at time.Duration) int { return int(math.Round(at.Seconds() * 100)) }

// An easel is where one frame is drawn over another.
type easel struct {
	film    film
	face    *typeface
	colours palette
	canvas  *image.Paletted
	last    []cell // what the canvas shows, nil before the first frame
}

// next draws the cells of a frame that differ and returns what to put over the frame before.
func (e *easel) next(f frame) *image.Paletted {
	before := image.NewPaletted(e.canvas.Bounds(), e.canvas.Palette)
	copy(before.Pix, e.canvas.Pix)
	first := len(e.last) == 0
	var touched image.Rectangle
	for i, c := range f.cells {
		if first || c != e.last[i] {
			touched = touched.Union(e.cell(i%e.film.width, i/e.film.width, c))
		}
	}
	e.last = f.cells
	if first {
		copy(before.Pix, e.canvas.Pix)
		return before
	}
	return difference(before, e.canvas, touched)
}

// difference is the part of after within area, transparent where it is as before.
func difference(before, after *image.Paletted, area image.Rectangle) *image.Paletted {
	out := image.NewPaletted(area, after.Palette)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if now := after.ColorIndexAt(x, y); now != before.ColorIndexAt(x, y) {
				out.SetColorIndex(x, y, now)
			}
		}
	}
	return out
}

// cell draws one cell and returns the area it takes. The second half of a wide character is drawn with the
// first.
func (e *easel) cell(x, y int, c cell) image.Rectangle {
	area := image.Rect(0, 0, c.width*e.face.width, e.face.height).
		Add(image.Pt(margin+x*e.face.width, margin+y*e.face.height)).
		Intersect(e.canvas.Bounds())
	if area.Empty() {
		return image.Rectangle{}
	}
	e.fill(area, e.colours.at(c.ink, 0))
	if c.text != "" {
		e.mask(area, e.face.glyph(c.text, c.width, c.style), c.ink)
	}
	solid := e.colours.at(c.ink, 0xff)
	if c.style&underlined != 0 {
		y := area.Min.Y + min(e.face.baseline+2, e.face.height-2)
		e.fill(image.Rect(area.Min.X, y, area.Max.X, y+1), solid)
	}
	if c.style&struck != 0 {
		y := area.Min.Y + e.face.height/2
		e.fill(image.Rect(area.Min.X, y, area.Max.X, y+1), solid)
	}
	return area
}

func (e *easel) mask(area image.Rectangle, glyph *image.Alpha, in ink) {
	for y := range area.Dy() {
		for x := range area.Dx() {
			if a := glyph.AlphaAt(x, y); a != (color.Alpha{}) {
				e.canvas.SetColorIndex(area.Min.X+x, area.Min.Y+y, e.colours.at(in, a.A))
			}
		}
	}
}

func (e *easel) fill(area image.Rectangle, index uint8) {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		row := e.canvas.Pix[e.canvas.PixOffset(area.Min.X, y):]
		for x := range area.Dx() {
			row[x] = index
		}
	}
}
