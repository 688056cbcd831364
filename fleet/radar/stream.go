package radar

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// blockSize is how much is read at a time, in bytes: little enough to stay near the processor, and far more than the
// longest run.
const blockSize = 256 << 10

// headSize is how much of a text tells whether it is binary, in bytes: what ripgrep and git look at.
const headSize = 8 << 10

// A place is where something was found in a text.
type place struct {
	hit
	// line counts from 1; 0 in what is no text.
	line int
	// inside is how much of its path's end is inside an archive, in bytes.
	inside int
}

// A stream is a text that is read block by block.
type stream struct {
	from   io.Reader
	block  []byte
	have   int // bytes of block
	done   int // bytes of block that were looked at
	lines  int // line ends in what is gone from it
	binary bool
	ended  bool
	// err is why it ended before its end.
	err error
}

// fill reads until the block is full or the text has ended. What cannot be read ends it.
func (s *stream) fill() {
	for s.have < len(s.block) && !s.ended {
		n, err := s.from.Read(s.block[s.have:])
		s.have += n
		if err != nil {
			s.ended = true
			if !errors.Is(err, io.EOF) {
				s.err = err
			}
		}
	}
}

// move makes room for more: what was looked at goes, but for what may stand before what comes.
func (s *stream) move() {
	drop := max(0, s.done-backward)
	s.lines += bytes.Count(s.block[:drop], []byte{'\n'})
	s.have = copy(s.block, s.block[drop:s.have])
	s.done -= drop
}

// search looks through what there is of a stream, of which the first block is read, and tells what it finds.
func (d *detector) search(ctx context.Context, s *stream, found func(place)) error {
	s.binary = bytes.IndexByte(s.block[:min(s.have, headSize)], 0) >= 0
	d.inside = false
	for {
		d.hits = d.hits[:0]
		s.done = d.scan(s.block[:s.have], s.done, s.ended)
		at, lines := 0, s.lines
		for _, hit := range d.hits {
			p := place{hit: hit}
			if !s.binary {
				if hit.at < at { // nearly all are in their order
					at, lines = 0, s.lines
				}
				lines += bytes.Count(s.block[at:hit.at], []byte{'\n'})
				at = hit.at
				p.line = 1 + lines
			}
			found(p)
		}
		if s.ended {
			return s.err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s.move()
		s.fill()
	}
}
