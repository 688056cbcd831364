package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"
)

// ErrNotRegular is the error of what is neither a regular file nor a folder: a device, a pipe.
var ErrNotRegular = errors.New("not a regular file")

// ErrTooLarge is the error of a file over MaxSize.
var ErrTooLarge = errors.New("file too large")

// Bounds of a folder that is looked through. Where one is reached the Document is Incomplete.
const (
	maxFolders   = 12        // one in another
	maxFiles     = 20_000    // looked at
	maxGathered  = 256 << 20 // bytes read
	maxFound     = 100_000   // entries
	headOfAFile  = 4 << 10   // bytes that tell whether a file is text
	maxTextAside = 4 << 20   // bytes of a text file whose name promises nothing
)

// Gather reads a file, or a folder with all that is in it. Of a folder only regular files are read and no link is
// followed, so that nothing out of it is reached; what is none of ours is counted and passed over. Errors are those
// of Read, ErrNotRegular, ErrTooLarge, and those of the file system.
func Gather(ctx context.Context, name string) (Document, error) {
	info, err := os.Stat(name)
	if err != nil {
		return Document{}, err
	}
	if !info.IsDir() {
		data, err := readWhole(name, info)
		if err != nil {
			return Document{}, err
		}
		doc, err := Read(name, data)
		for i := range doc.Entries {
			doc.Entries[i].Stem = stem(filepath.Base(name))
		}
		return doc, err
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return Document{}, err
	}
	defer func() { _ = root.Close() }()
	g := gatherer{root: root, doc: Document{Format: Folder}}
	if err := g.folder(ctx, ".", 0); err != nil {
		return Document{}, err
	}
	return g.doc, nil
}

// readWhole reads a file that somebody named.
func readWhole(name string, info fs.FileInfo) ([]byte, error) {
	if !info.Mode().IsRegular() {
		return nil, ErrNotRegular
	}
	// A pipe that has taken its place meanwhile must not be waited for.
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if now, err := file.Stat(); err != nil || !now.Mode().IsRegular() {
		return nil, errors.Join(ErrNotRegular, err)
	}
	return ReadAll(file)
}

// ReadAll reads a stream up to MaxSize, or is ErrTooLarge.
func ReadAll(from io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, MaxSize+1))
	if err == nil && len(data) > MaxSize {
		return nil, ErrTooLarge
	}
	return data, err
}

// A gatherer looks through a folder.
type gatherer struct {
	root        *os.Root
	doc         Document
	files, size int
}

// full reports that there is no more to be looked at, which is noted.
func (g *gatherer) full() bool {
	if g.files >= maxFiles || g.size >= maxGathered || len(g.doc.Entries) >= maxFound {
		g.doc.Incomplete = true
	}
	return g.doc.Incomplete
}

// notLookedInto are folders of other programs: large, and with nothing of the user's in them.
func notLookedInto() []string {
	return []string{".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", "vendor", "site-packages"}
}

// folder looks through one folder, its files before the folders in it. The error is that of the context, or, of the
// outermost folder, why it cannot be read.
func (g *gatherer) folder(ctx context.Context, dir string, depth int) error {
	entries, err := fs.ReadDir(g.root.FS(), dir)
	if err != nil {
		if depth == 0 {
			return err
		}
		g.doc.Skipped++
		return nil
	}
	var names, folders []string
	for _, entry := range entries {
		switch {
		case entry.Type()&fs.ModeSymlink != 0:
			g.doc.Links++
		case entry.IsDir() && !slices.Contains(notLookedInto(), entry.Name()):
			folders = append(folders, path.Join(dir, entry.Name()))
		case entry.IsDir():
		case entry.Type().IsRegular():
			names = append(names, entry.Name())
		default:
			g.doc.Skipped++
		}
	}
	if err := g.filesOf(ctx, dir, names); err != nil {
		return err
	}
	if depth == maxFolders && len(folders) > 0 {
		g.doc.Incomplete = true
		return nil
	}
	for _, sub := range folders {
		if err := g.folder(ctx, sub, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// filesOf reads the files of one folder. What stands in them belongs together: a session beside the only token is
// that bot's.
func (g *gatherer) filesOf(ctx context.Context, dir string, names []string) error {
	first := len(g.doc.Entries)
	stores, err := g.stores(ctx, dir, names)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		if stored, taken := stores.of(name); taken {
			g.take(stored)
			continue
		}
		if g.full() {
			continue
		}
		g.files++
		entries := g.file(path.Join(dir, name))
		if len(entries) == 0 {
			g.doc.Skipped++
			continue
		}
		g.doc.Files++
		g.doc.Entries = append(g.doc.Entries, entries...)
	}
	attribute(g.doc.Entries[first:])
	return nil
}

// take adds what a folder of GramJS's holds, told once for all of its files.
func (g *gatherer) take(stored *Entry) {
	switch {
	case stored == nil:
	case len(g.doc.Entries) >= maxFound:
		g.doc.Incomplete = true
	default:
		g.doc.Files++
		g.doc.Entries = append(g.doc.Entries, *stored)
	}
}

// stores reads the sessions that GramJS keeps in a folder. The error is that of the context.
func (g *gatherer) stores(ctx context.Context, dir string, names []string) (found stores, err error) {
	found = make(stores)
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		prefix, ok := storePrefix(name)
		if !ok {
			continue
		}
		if g.full() {
			break
		}
		values := make(map[string][]byte)
		for _, of := range storeValues() {
			g.files++
			if data, err := g.read(path.Join(dir, prefix+of), maxStored); err == nil {
				values[of] = data
			}
		}
		entry, ok := readStore(storeName(prefix), values)
		if !ok {
			continue
		}
		if entry.File = dir; dir == "." {
			entry.File = name
		}
		found[prefix] = &entry
	}
	return found, nil
}

// file reads one file; what is not recognised has no entries.
func (g *gatherer) file(name string) []Entry {
	data, err := g.read(name, MaxSize)
	if err != nil {
		return nil
	}
	doc, err := Read(name, data)
	if err != nil {
		return nil
	}
	entries := doc.Entries
	if credible := slices.DeleteFunc(slices.Clone(entries), unlikely); doc.Format == List || doc.Format == Table && 2*len(credible) < len(entries) {
		entries = credible // any text can be taken for these two
	}
	for i := range entries {
		entries[i].File, entries[i].Stem = name, stem(path.Base(name))
	}
	return entries
}

// unlikely reports whether an entry is neither a session nor looks like a token.
func unlikely(e Entry) bool { return !e.IsSession() && !looksLikeToken(e.Token.Reveal()) }

// stem is a file's name without its ending; that of a .env has none.
func stem(base string) string { return strings.TrimSuffix(base, path.Ext(base)) }

var errNotOurs = errors.New("nothing that is read")

// read reads a file of the folder, of at most so many bytes. It must still be the file that was listed: no link and
// no pipe.
func (g *gatherer) read(name string, most int64) ([]byte, error) {
	listed, err := g.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !listed.Mode().IsRegular() || listed.Size() > most {
		return nil, errNotOurs
	}
	file, err := g.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if opened, err := file.Stat(); err != nil || !opened.Mode().IsRegular() || !os.SameFile(listed, opened) {
		return nil, errors.Join(errNotOurs, err)
	}
	head := make([]byte, min(headOfAFile, listed.Size()))
	if _, err := io.ReadFull(file, head); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	g.size += len(head)
	if !worthReading(name, head, listed.Size()) {
		return nil, errNotOurs
	}
	rest, err := io.ReadAll(io.LimitReader(file, most-int64(len(head))))
	g.size += len(rest)
	return append(head, rest...), err
}

// worthReading tells from the first bytes whether a file can be one of ours: a database, or text.
func worthReading(name string, head []byte, size int64) bool {
	if isDatabase(head) {
		return true
	}
	if _, err := decode(cutRune(head)); err != nil {
		return false
	}
	return size <= maxTextAside || promising(name)
}

// promising reports whether a file's name is one that tokens are kept under.
func promising(name string) bool {
	base := strings.ToLower(path.Base(name))
	switch path.Ext(base) {
	case ".csv", ".tsv", ".json", ".yaml", ".yml", ".env", ".session":
		return true
	}
	return strings.HasPrefix(base, ".env")
}

// cutRune takes a character off the end that the end of what was read has cut through. UTF-16 is left as it is: half a
// pair is still a character to decode.
func cutRune(head []byte) []byte {
	if len(head) < headOfAFile || isUTF16(head) {
		return head
	}
	for n := 1; n < utf8.UTFMax; n++ {
		if start := len(head) - n; utf8.RuneStart(head[start]) {
			if !utf8.FullRune(head[start:]) {
				return head[:start]
			}
			break
		}
	}
	return head
}
