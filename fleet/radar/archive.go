package radar

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"path/filepath"
	"strings"
)

// Limits are how far archives are gone into. Beyond them they are told of, and not searched.
type Limits struct {
	// Depth is how many archives may be in each other.
	Depth int
	// Unpacked is what all of a file may unpack to, in bytes, and Ratio by how much it may grow. What is under
	// Small bytes may grow as it likes.
	Unpacked, Ratio, Small int64
	// Entries is how many there may be in one archive.
	Entries int
	// Held is how large a zip archive may be that is not a file of its own, in bytes: it has to be held in memory.
	Held int64
}

func (l Limits) orUsual() Limits {
	return Limits{
		Depth:    cmp.Or(l.Depth, 2),
		Unpacked: cmp.Or(l.Unpacked, 2<<30),
		Ratio:    cmp.Or(l.Ratio, 200),
		Small:    cmp.Or(l.Small, 16<<20),
		Entries:  cmp.Or(l.Entries, 50_000),
		Held:     cmp.Or(l.Held, 16<<20),
	}
}

// mostDirectory is the largest table of contents of a zip archive that is read, in bytes: reading it takes several
// times as much memory.
const mostDirectory = 6 << 20

// mostName is how much of a name in an archive is kept, in bytes: as much as a path has on Linux. In a tar archive it may
// have a megabyte, and there is one to each finding.
const mostName = 4096

// Beginnings of files.
const (
	zipMagic      = "PK\x03\x04"
	gzipMagic     = "\x1f\x8b\x08"
	tarMagic      = "ustar"
	tarMagicAt    = 257
	littleEndian  = "\xff\xfe"
	bigEndian     = "\xfe\xff"
	databaseMagic = "SQLite format 3\x00"
)

// A worker searches one text after another, and what is packed into it.
type worker struct {
	scan *scan
	// levels are its tools, for a text and those that are in it.
	levels []*level
	// found is told of everything; in is where.
	found func(path string, p place)
	// of is what stands before the path of what could not be searched, where paths are those inside something.
	of string
}

// A level is what the search of one text needs.
type level struct {
	detector *detector
	stream   stream
}

func (s *scan) worker(found func(path string, p place)) *worker {
	return &worker{scan: s, found: found}
}

func (w *worker) level(depth int) *level {
	for len(w.levels) <= depth {
		d := newDetector(w.scan.marks)
		d.hold = w.scan.opts.Hold
		w.levels = append(w.levels, &level{detector: d, stream: stream{block: make([]byte, blockSize)}})
	}
	return w.levels[depth]
}

// A source is a text, and where it stands.
type source struct {
	path string
	from io.Reader
	// at reads anywhere in it, nil where that cannot be; size is then known.
	at   io.ReaderAt
	size int64
	// depth is how many archives it is in, left what these may still unpack to, inside how much of the path's end is theirs, in bytes.
	depth  int
	left   *int64
	inside int
}

// within is a text in a source that is an archive.
func (s source) within(name string, from io.Reader, left *int64) source {
	return source{path: s.path + "!" + name, from: from, depth: s.depth + 1, left: left, inside: s.inside + len("!") + len(name)}
}

// search searches a text. What goes wrong is told in the report, but for the end of ctx.
func (w *worker) search(ctx context.Context, src source) error {
	l := w.level(src.depth)
	l.stream = stream{block: l.stream.block, from: src.from}
	s := &l.stream
	s.fill()
	head := s.block[:s.have]
	var err error
	switch {
	case bytes.HasPrefix(head, []byte(zipMagic)):
		err = w.zip(ctx, src, s)
	case bytes.HasPrefix(head, []byte(gzipMagic)):
		err = w.gzip(ctx, src, s)
	case bytes.HasPrefix(head, []byte(databaseMagic)) && w.scan.opts.Sessions != nil:
		err = w.database(ctx, src, l)
	case isTar(head):
		err = w.tar(ctx, src, io.MultiReader(bytes.NewReader(head), rest{s}))
	default:
		err = w.text(ctx, src, l)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		w.scan.unread(w.of+src.path, err)
	}
	return nil
}

// rest reads what a stream has not read yet.
type rest struct{ *stream }

func (r rest) Read(p []byte) (int, error) {
	switch {
	case r.err != nil:
		return 0, r.err
	case r.ended:
		return 0, io.EOF
	}
	return r.from.Read(p)
}

func isTar(head []byte) bool {
	return len(head) > tarMagicAt && bytes.HasPrefix(head[tarMagicAt:], []byte(tarMagic))
}

func (w *worker) text(ctx context.Context, src source, l *level) error {
	s, encoding := &l.stream, ""
	head := s.block[:s.have]
	if bytes.HasPrefix(head, []byte(littleEndian)) || bytes.HasPrefix(head, []byte(bigEndian)) {
		encoding = encodedUTF16
		narrow := &narrow{from: bufio.NewReader(io.MultiReader(bytes.NewReader(bytes.Clone(head)), rest{&stream{from: s.from, ended: s.ended, err: s.err}}))}
		*s = stream{block: s.block, from: narrow}
		s.fill()
	}
	return l.detector.search(ctx, s, func(p place) {
		p.encoding, p.inside = cmp.Or(p.encoding, encoding), src.inside
		w.found(src.path, p)
	})
}

// database searches a database: as text, and where it is not large for sessions, whose keys are no text.
func (w *worker) database(ctx context.Context, src source, l *level) error {
	s := &l.stream
	held, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(s.block[:s.have]), rest{s}), w.scan.limits.Held+1))
	if err != nil {
		return err
	}
	from := io.MultiReader(bytes.NewReader(held), rest{&stream{from: s.from, ended: s.ended, err: s.err}})
	if int64(len(held)) <= w.scan.limits.Held {
		for _, stored := range w.scan.opts.Sessions(held) {
			found, sum := l.detector.know(Secret{Kind: Session, ID: stored.ID, Format: stored.Format}, []byte(stored.Key.Reveal()))
			w.found(src.path, place{hit: hit{secret: found, sum: sum}, inside: src.inside})
		}
	}
	*s = stream{block: s.block, from: from}
	s.fill()
	return w.text(ctx, src, l)
}

// narrow makes ASCII of UTF-16, as PowerShell writes it. All other letters become one that is nothing.
type narrow struct {
	from *bufio.Reader
	high int // which of two bytes is the high one
	told bool
}

func (n *narrow) Read(p []byte) (int, error) {
	var two [2]byte
	for i := range p {
		if _, err := io.ReadFull(n.from, two[:]); err != nil {
			if err == io.ErrUnexpectedEOF { // that of ReadFull itself: half a letter at the end
				err = io.EOF
			}
			return i, err
		}
		if !n.told {
			n.told = true
			if two[0] == 0xff {
				n.high = 1
			}
		}
		p[i] = two[1-n.high]
		if two[n.high] != 0 || p[i] >= 0x80 {
			p[i] = '?'
		}
	}
	return len(p), nil
}

// deeper is what is in an archive, or ErrTooDeep.
func (w *worker) deeper(src source) (left *int64, err error) {
	if src.depth >= w.scan.limits.Depth {
		return nil, ErrTooDeep
	}
	if src.left == nil {
		unpacked := w.scan.limits.Unpacked
		return &unpacked, nil
	}
	return src.left, nil
}

// A bounded reader ends with ErrTooLarge where an archive unpacks to more than it may. packed counts what it is made of.
type bounded struct {
	from   io.Reader
	packed func() int64
	limits Limits
	left   *int64
	read   int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if *b.left <= 0 || b.read > b.limits.Small && b.read > b.packed()*b.limits.Ratio {
		return 0, ErrTooLarge
	}
	n, err := b.from.Read(p[:min(int64(len(p)), *b.left)])
	b.read += int64(n)
	*b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, ErrTooLarge) {
		err = errors.Join(ErrDamaged, err)
	}
	return n, err
}

// A counted reader counts.
type counted struct {
	from io.Reader
	n    int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

func (w *worker) gzip(ctx context.Context, src source, s *stream) error {
	left, err := w.deeper(src)
	if err != nil {
		return err
	}
	packed := &counted{from: io.MultiReader(bytes.NewReader(s.block[:s.have]), rest{s})}
	unpacked, err := gzip.NewReader(bufio.NewReader(packed))
	if err != nil {
		return errors.Join(ErrDamaged, err)
	}
	out := &bounded{from: unpacked, packed: func() int64 { return packed.n }, limits: w.scan.limits, left: left}
	// Which block the inner text is read into depends on whether it is an archive itself; a tar is no level of its own.
	inner := bufio.NewReader(out)
	head, _ := inner.Peek(tarMagicAt + len(tarMagic))
	if isTar(head) {
		return w.tar(ctx, source{path: src.path, depth: src.depth, left: left, inside: src.inside}, inner)
	}
	name := strings.TrimSuffix(path.Base(filepath.ToSlash(src.path)), ".gz")
	if src.path == "" { // a version of a file, whose path nobody knows yet
		name = cmp.Or(unpacked.Name, "unpacked")
	}
	return w.search(ctx, src.within(name, inner, left))
}

func (w *worker) tar(ctx context.Context, src source, from io.Reader) error {
	left, err := w.deeper(src)
	if err != nil {
		return err
	}
	files := tar.NewReader(from)
	// Nothing in it is packed, and yet a file with holes is larger than what it is made of.
	most := w.scan.limits.Unpacked
	file := &bounded{from: files, packed: func() int64 { return most }, limits: w.scan.limits, left: &most}
	for n := 0; ; n++ {
		header, err := files.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, ErrTooLarge), n >= w.scan.limits.Entries:
			return ErrTooLarge
		case err != nil:
			return errors.Join(ErrDamaged, err)
		case ctx.Err() != nil:
			return nil
		case !isTarFile(header.Typeflag): // a link leads out of it
			continue
		}
		if err := w.search(ctx, src.within(header.Name[:min(len(header.Name), mostName)], file, left)); err != nil {
			return err
		}
	}
}

// isTarFile reports whether an entry of a tar archive has content: a file, one with holes as GNU tar has them, or one
// that is to lie in one piece.
func isTarFile(kind byte) bool {
	return kind == tar.TypeReg || kind == tar.TypeGNUSparse || kind == tar.TypeCont
}

func (w *worker) zip(ctx context.Context, src source, s *stream) error {
	left, err := w.deeper(src)
	if err != nil {
		return err
	}
	at, size := src.at, src.size
	if at == nil {
		held, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(s.block[:s.have]), rest{s}), w.scan.limits.Held+1))
		if err != nil {
			return err
		}
		at, size = bytes.NewReader(held), int64(len(held))
		if size > w.scan.limits.Held {
			return ErrTooLarge
		}
	}
	if err := readableZip(at, size); err != nil {
		return err
	}
	files, err := zip.NewReader(at, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return errors.Join(ErrDamaged, err)
	}
	if len(files.File) > w.scan.limits.Entries {
		return ErrTooLarge
	}
	for _, file := range files.File {
		if ctx.Err() != nil {
			return nil
		}
		if !file.Mode().IsRegular() {
			continue
		}
		if err := w.zipped(ctx, src, file, left); err != nil {
			w.scan.unread(w.of+src.path+"!"+file.Name, err)
		}
	}
	return nil
}

// encrypted is the bit of a zip entry that has a password.
const encrypted = 1

func (w *worker) zipped(ctx context.Context, src source, file *zip.File, left *int64) error {
	if file.Flags&encrypted != 0 {
		return ErrEncrypted
	}
	from, err := file.Open()
	if err != nil {
		return errors.Join(ErrDamaged, err)
	}
	defer func() { _ = from.Close() }()
	// The size that an entry claims to have is no reason to believe it: what is in the file is.
	packed := min(int64(file.CompressedSize64&(1<<62-1)), max(src.size, w.scan.limits.Held))
	out := &bounded{from: from, packed: func() int64 { return packed }, limits: w.scan.limits, left: left}
	return w.search(ctx, src.within(file.Name, out, left))
}

// readableZip makes sure that the table of contents of a zip archive is no larger than may be read: the library reads all that looks
// like one.
func readableZip(at io.ReaderAt, size int64) error {
	const (
		endSize    = 22
		comment    = 1<<16 - 1
		endMagic   = "PK\x05\x06"
		none16     = 1<<16 - 1
		none32     = 1<<32 - 1
		recordsAt  = 10
		dirSizeAt  = 12
		dirAt      = 16
		commentsAt = 20
	)
	tail := make([]byte, min(size, endSize+comment))
	if _, err := at.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(ErrDamaged, err)
	}
	for i := len(tail) - endSize; i >= 0; i-- {
		end := tail[i:]
		if !bytes.HasPrefix(end, []byte(endMagic)) || i+endSize+int(binary.LittleEndian.Uint16(end[commentsAt:])) > len(tail) {
			continue
		}
		records, dirSize, dir := binary.LittleEndian.Uint16(end[recordsAt:]), binary.LittleEndian.Uint32(end[dirSizeAt:]), binary.LittleEndian.Uint32(end[dirAt:])
		if records == none16 || dirSize == none16 || dirSize == none32 || dir == none32 {
			return ErrTooLarge // it is continued in a larger form (zip64), for archives beyond these
		}
		endsAt := size - int64(len(tail)-i)
		if size-min(int64(dir), endsAt-int64(dirSize)) > mostDirectory {
			return ErrTooLarge
		}
		return nil
	}
	return ErrDamaged
}
