// Package asciicast reads and writes terminal recordings in the asciicast v2 format: a line of JSON that
// says how large the terminal was, then a line for each piece of output and its time.
package asciicast

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// Limits of what Read takes: a line is one redraw of a screen, and a recording is a minute or so.
const (
	maxLine = 4 << 20
	maxSide = 1000
)

// A Cast is a recording.
type Cast struct {
	// Width and Height of the terminal, in cells.
	Width, Height int
	// Events in the order of their times.
	Events []Event
}

// An Event is output of the recorded program.
type Event struct {
	// At is the time since the recording began.
	At time.Duration
	// Output is what the program wrote: text and escape sequences in UTF-8.
	Output string
}

type header struct {
	Version int `json:"version"`
	Width   int `json:"width"`
	Height  int `json:"height"`
}

// Write writes the recording in full.
func (c Cast) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(header{Version: 2, Width: c.Width, Height: c.Height}); err != nil {
		return fmt.Errorf("write cast: %w", err)
	}
	for _, e := range c.Events {
		if err := enc.Encode([]any{e.At.Seconds(), "o", e.Output}); err != nil {
			return fmt.Errorf("write cast: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write cast: %w", err)
	}
	return nil
}

// Read reads a recording. Events of other kinds than output (input, markers, resizes) are left out.
func Read(r io.Reader) (Cast, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	if !lines.Scan() {
		return Cast{}, fmt.Errorf("read cast: %w", cmp.Or(lines.Err(), io.ErrUnexpectedEOF))
	}
	var h header
	if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
		return Cast{}, fmt.Errorf("read cast: header: %w", err)
	}
	if h.Version != 2 {
		return Cast{}, fmt.Errorf("read cast: version %d, not 2", h.Version)
	}
	if h.Width < 1 || h.Height < 1 || h.Width > maxSide || h.Height > maxSide {
		return Cast{}, fmt.Errorf("read cast: a terminal of %d by %d cells", h.Width, h.Height)
	}

	c := Cast{Width: h.Width, Height: h.Height}
	for n := 2; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		e, output, err := parseEvent(lines.Bytes())
		if err != nil {
			return Cast{}, fmt.Errorf("read cast: line %d: %w", n, err)
		}
		if !output {
			continue
		}
		if k := len(c.Events); k > 0 && e.At < c.Events[k-1].At {
			return Cast{}, fmt.Errorf("read cast: line %d: time runs backwards", n)
		}
		c.Events = append(c.Events, e)
	}
	if err := lines.Err(); err != nil {
		return Cast{}, fmt.Errorf("read cast: %w", err)
	}
	return c, nil
}

func parseEvent(line []byte) (e Event, output bool, err error) {
	var (
		at   float64
		kind string
		data string
	)
	fields := []any{&at, &kind, &data}
	if err := json.Unmarshal(line, &fields); err != nil {
		return Event{}, false, err
	}
	if len(fields) != 3 {
		return Event{}, false, fmt.Errorf("%d fields, not 3", len(fields))
	}
	if at < 0 || at > math.MaxInt32 {
		return Event{}, false, errors.New("time out of range")
	}
	return Event{At: time.Duration(at * float64(time.Second)), Output: data}, kind == "o", nil
}
