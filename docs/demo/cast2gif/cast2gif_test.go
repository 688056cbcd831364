package main

import (
	"bytes"
	"image"
	"image/color"
	imagedraw "image/draw"
	"image/gif"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"

	"botring/docs/demo/asciicast"
)

// face is a typeface of fonts that need not be installed.
func face(t *testing.T) *typeface {
	t.Helper()
	regular, err := newCut(gomono.TTF, 20)
	if err != nil {
		t.Fatal(err)
	}
	heavy, err := newCut(gomonobold.TTF, 20)
	if err != nil {
		t.Fatal(err)
	}
	f := &typeface{regular: regular, bold: heavy}
	f.measure()
	return f
}

// render draws a recording, encodes it, and decodes it as a browser would.
func render(t *testing.T, cast asciicast.Cast) *gif.GIF {
	t.Helper()
	picture, err := draw(shoot(cast, time.Second), face(t))
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := gif.EncodeAll(&buf, picture); err != nil {
		t.Fatal(err)
	}
	decoded, err := gif.DecodeAll(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// watch puts the frames over one another and returns the whole picture after each.
func watch(g *gif.GIF) []*image.RGBA {
	screen := image.NewRGBA(image.Rect(0, 0, g.Config.Width, g.Config.Height))
	var seen []*image.RGBA
	for _, frame := range g.Image {
		imagedraw.Draw(screen, frame.Bounds(), frame, frame.Bounds().Min, imagedraw.Over)
		now := image.NewRGBA(screen.Bounds())
		copy(now.Pix, screen.Pix)
		seen = append(seen, now)
	}
	return seen
}

func TestFrames(t *testing.T) {
	const hide = "\x1b[?25l"
	red := color.RGBA{0xff, 0, 0, 0xff}
	got := render(t, asciicast.Cast{Width: 10, Height: 3, Events: []asciicast.Event{
		{At: 0, Output: hide + "hello"},
		{At: 500 * time.Millisecond, Output: "\r\n\x1b[48;2;255;0;0m  "},
		{At: 510 * time.Millisecond, Output: " \x1b[m"},                 // within the shutter: the same frame
		{At: 700 * time.Millisecond, Output: "\x1b[1;1Hhello\x1b[2;4H"}, // draws what is there: no frame
		{At: time.Second, Output: "\x1b[2J"},
		{At: 1500 * time.Millisecond},
	}})

	f := face(t)
	if w, h := 10*f.width+2*margin, 3*f.height+2*margin; got.Config.Width != w || got.Config.Height != h {
		t.Errorf("the picture is %d by %d, want %d by %d", got.Config.Width, got.Config.Height, w, h)
	}
	if want := []int{50, 50, 150}; !slices.Equal(got.Delay, want) {
		t.Fatalf("delays are %v, want %v", got.Delay, want)
	}
	if got.LoopCount != 0 {
		t.Errorf("it loops %d times, not for ever", got.LoopCount)
	}
	if changed, want := got.Image[1].Bounds(), image.Rect(margin, margin+f.height, margin+3*f.width, margin+2*f.height); changed != want {
		t.Errorf("the second frame is %v, want no more than %v", changed, want)
	}

	seen := watch(got)
	bar := image.Pt(margin+f.width+f.width/2, margin+f.height+f.height/2)
	background := plain().bg
	for i, want := range []color.RGBA{background, red, background} {
		if c := seen[i].RGBAAt(bar.X, bar.Y); c != want {
			t.Errorf("frame %d has %v in the bar, want %v", i, c, want)
		}
	}
	letters := image.Rect(margin, margin, margin+5*f.width, margin+f.height)
	for i, want := range []bool{true, true, false} {
		if got := inked(seen[i], letters); got != want {
			t.Errorf("frame %d shows letters: %t, want %t", i, got, want)
		}
	}
	if inked(seen[0], image.Rect(0, 0, got.Config.Width, margin)) {
		t.Error("something is drawn in the margin")
	}
}

// inked reports whether anything but the background is to be seen in an area.
func inked(on *image.RGBA, area image.Rectangle) bool {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if on.RGBAAt(x, y) != plain().bg {
				return true
			}
		}
	}
	return false
}

func TestCursorAndReverse(t *testing.T) {
	got := watch(render(t, asciicast.Cast{Width: 4, Height: 1, Events: []asciicast.Event{
		{Output: "\x1b[7m \x1b[m \x1b[1;2H"},
		{At: time.Second, Output: "\x1b[?25l"},
	}}))
	f := face(t)
	at := func(frame, x int) color.RGBA { return got[frame].RGBAAt(margin+x*f.width+2, margin+2) }
	if c := at(0, 0); c != plain().fg {
		t.Errorf("a reversed blank is %v", c)
	}
	if c := at(0, 1); c != plain().fg {
		t.Errorf("the cursor is %v", c)
	}
	if c := at(1, 1); c != plain().bg {
		t.Errorf("the hidden cursor is %v", c)
	}
}

func TestLettersAreSmooth(t *testing.T) {
	got := render(t, asciicast.Cast{Width: 10, Height: 1, Events: []asciicast.Event{
		{Output: "\x1b[?25lab\x1b[1mab\x1b[m\x1b[3;4;9mxy"},
	}})
	between := map[color.Color]bool{}
	for y := range got.Config.Height {
		for x := range got.Config.Width {
			between[got.Image[0].At(x, y)] = true
		}
	}
	if len(between) < smooth/2 {
		t.Errorf("letters have %d shades", len(between))
	}
	f := face(t)
	same := func(a, b *image.Alpha) bool { return bytes.Equal(a.Pix, b.Pix) }
	if same(f.glyph("a", 1, 0), f.glyph("a", 1, bold)) {
		t.Error("bold is drawn as regular")
	}
	if !same(f.glyph("a", 1, 0), f.glyph("a", 1, italic)) {
		t.Error("a missing italic cut is not drawn as regular")
	}
	if wide := f.glyph("天", 2, 0).Bounds().Dx(); wide != 2*f.width {
		t.Errorf("a wide character is %d pixels wide", wide)
	}
}

func TestBlocksMeet(t *testing.T) {
	for r, want := range map[rune]int{ // pixels of an 8 by 16 cell
		'█': 128, '▌': 64, '▐': 64, '▀': 64, '▄': 64, '▏': 16, '▉': 112, '▁': 16, '─': 8, '│': 16, '▕': 16, '▔': 16,
		'⠀': 0, '⠁': 4, '⣿': 32,
	} {
		on := image.NewAlpha(image.Rect(0, 0, 8, 16))
		if !block(on, r) {
			t.Errorf("%c is left to a font", r)
		}
		if got := bytes.Count(on.Pix, []byte{0xff}); got != want {
			t.Errorf("%c covers %d pixels, want %d", r, got, want)
		}
	}
	if block(image.NewAlpha(image.Rect(0, 0, 8, 16)), 'a') {
		t.Error("a letter is taken for a block")
	}
}

func TestPaletteFits(t *testing.T) {
	film := film{width: 200, height: 1, frames: []frame{{}}}
	add := func(from, to int) {
		for i := from; i < to; i++ {
			c := plain()
			c.fg = color.RGBA{uint8(i), uint8(i >> 8), uint8(200 - i), 0xff}
			film.frames[0].cells = append(film.frames[0].cells, cell{width: 1, ink: c})
		}
	}
	add(0, 40)
	p, err := mixPalette(film)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.colours) > maxColours {
		t.Errorf("%d colours", len(p.colours))
	}
	for _, c := range film.frames[0].cells {
		if got := p.colours[p.at(c.ink, 0xff)]; got != c.ink.fg {
			t.Errorf("%v is drawn as %v", c.ink.fg, got)
		}
		if got := p.colours[p.at(c.ink, 0)]; got != c.ink.bg {
			t.Errorf("%v is drawn on %v", c.ink.bg, got)
		}
	}
	add(40, 300)
	if _, err := mixPalette(film); err == nil {
		t.Error("300 inks fit 256 colours")
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	write := func(name, data string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	font := write("mono.ttf", string(gomono.TTF))
	cast := write("in.cast", `{"version":2,"width":4,"height":1}`+"\n"+`[0,"o","hi"]`+"\n")
	empty := write("empty.cast", `{"version":2,"width":4,"height":1}`+"\n")
	out := filepath.Join(dir, "out.gif")

	if err := run([]string{"-font", font, "-fallback", font, cast, out}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gif.DecodeAll(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}

	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no font":         {[]string{cast, out}, "needed"},
		"no output":       {[]string{"-font", font, cast}, "needed"},
		"missing font":    {[]string{"-font", font + "x", cast, out}, "read font"},
		"not a font":      {[]string{"-font", cast, cast, out}, "read font"},
		"missing cast":    {[]string{"-font", font, cast + "x", out}, "read recording"},
		"empty recording": {[]string{"-font", font, empty, out}, "empty"},
	} {
		if err := run(test.args); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}
