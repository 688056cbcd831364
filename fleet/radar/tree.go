package radar

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

func randomKey() (key Key) {
	_, _ = rand.Read(key[:]) // never fails, says its documentation
	return key
}

// batchSize is how many files are handed to a worker at a time.
const batchSize = 64

// A lister hands out the files that are to be searched.
type lister struct {
	scan  *scan
	git   *git
	out   chan<- []string
	batch []string
	// seen are files that were handed out, where several paths may have the same in them.
	seen map[string]bool
}

// files searches the files of all paths.
func (s *scan) files(ctx context.Context) error {
	for _, path := range s.opts.Paths {
		if _, err := os.Stat(path); err != nil {
			return err
		}
	}
	batches := make(chan []string, 2*workers())
	var wait sync.WaitGroup
	for range workers() {
		wait.Go(func() {
			w := s.worker(func(path string, p place) { s.found(findingAt(path, p)) })
			for batch := range batches {
				for _, path := range batch {
					if ctx.Err() == nil {
						w.file(ctx, path)
					}
				}
			}
		})
	}
	l := &lister{scan: s, git: s.git(), out: batches}
	if len(s.opts.Paths) > 1 {
		l.seen = map[string]bool{}
	}
	for _, path := range s.opts.Paths {
		l.list(ctx, path)
	}
	l.flush()
	close(batches)
	wait.Wait()
	return context.Cause(ctx)
}

func findingAt(path string, p place) Finding {
	return Finding{Secret: p.secret, Sum: p.sum, Held: p.held, Path: path, Inside: p.inside, Line: p.line, Encoding: p.encoding}
}

func (l *lister) add(path string) {
	if l.seen != nil {
		whole, err := filepath.Abs(path)
		if err == nil && l.seen[whole] {
			return
		}
		l.seen[whole] = true
	}
	l.batch = append(l.batch, path)
	if len(l.batch) == batchSize {
		l.flush()
	}
}

func (l *lister) flush() {
	if len(l.batch) > 0 {
		l.out <- l.batch
		l.batch = nil
	}
}

// list lists a file, or a folder: by git where it is in a repository, unless everything is to be searched.
func (l *lister) list(ctx context.Context, path string) {
	info, err := os.Stat(path)
	if err != nil {
		l.scan.unread(path, plainError(err))
		return
	}
	if !info.IsDir() {
		l.add(path)
		return
	}
	if !l.scan.opts.NoIgnore && l.git.inRepository(ctx, path) && l.listed(ctx, path) {
		return
	}
	l.walk(ctx, path)
}

// listed lists what git does not ignore of a folder, and reports whether git could.
func (l *lister) listed(ctx context.Context, folder string) bool {
	folders := map[string]bool{".": true} // whether they are folders, and no links to one
	var inside []string                   // listed when this git has ended, or repositories in each other would be as many processes
	err := l.git.files(ctx, folder, func(name string) {
		name = filepath.Clean(filepath.FromSlash(name))
		// What git has in its index may be gone, with a link in the place of its folder; and an index may be made up.
		if name == "." || !filepath.IsLocal(name) || !isFolder(folder, filepath.Dir(name), folders) {
			return
		}
		path := filepath.Join(folder, name)
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // deleted, and git has not been told
		case err != nil:
			l.scan.unread(path, plainError(err))
		case info.Mode().IsRegular():
			l.add(path)
		case info.IsDir(): // another repository: one inside this one, or a submodule
			inside = append(inside, path)
		case info.Mode()&fs.ModeSymlink != 0:
			l.scan.note(func(r *Report) { r.Links++ })
		}
	})
	for _, path := range inside {
		l.nested(ctx, path)
	}
	if err != nil {
		if ctx.Err() == nil {
			l.scan.unread(folder, err)
		}
		return false
	}
	ignored, err := l.git.ignored(ctx, folder)
	if err == nil {
		l.scan.note(func(r *Report) { r.Ignored += ignored })
	}
	return true
}

// isFolder reports whether a path below a folder is a folder without a link on its way. known is what has been asked before.
func isFolder(folder, path string, known map[string]bool) bool {
	is, asked := known[path]
	if !asked {
		if is = isFolder(folder, filepath.Dir(path), known); is {
			info, err := os.Lstat(filepath.Join(folder, path))
			is = err == nil && info.IsDir() || errors.Is(err, fs.ErrPermission)
		}
		known[path] = is
	}
	return is
}

// nested lists what another repository has, or the folder of a submodule that is none yet: there git would speak of
// the repository around it, in which the folder is the submodule again.
func (l *lister) nested(ctx context.Context, folder string) {
	if isRepository(folder) {
		l.scan.note(func(r *Report) { r.Repositories++ })
		if !l.scan.opts.NoIgnore && l.git.isTop(ctx, folder) && l.listed(ctx, folder) {
			return
		}
	}
	l.walk(ctx, folder)
}

// walk lists all files of a folder. Repositories in it are listed by git, and what git keeps for itself is not.
func (l *lister) walk(ctx context.Context, top string) {
	// A folder that was named is meant, also where its name is a link's; with this behind it, it is followed.
	top += string(filepath.Separator)
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return fs.SkipAll
		case err != nil:
			l.scan.unread(filepath.Clean(path), plainError(err))
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
		case entry.IsDir() && path != top && entry.Name() == ".git":
			return fs.SkipDir
		case entry.IsDir() && path != top && isRepository(path):
			l.nested(ctx, path)
			return fs.SkipDir
		case entry.Type().IsRegular():
			l.add(path)
		case entry.Type()&fs.ModeSymlink != 0:
			l.scan.note(func(r *Report) { r.Links++ })
		}
		return nil
	})
	if err != nil {
		l.scan.unread(filepath.Clean(top), plainError(err))
	}
}

// isRepository reports whether a folder is the top of a repository of git's.
func isRepository(folder string) bool {
	_, err := os.Lstat(filepath.Join(folder, ".git"))
	return err == nil
}

// plainError is an error of the file system without the path, which is told beside it.
func plainError(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// file searches a file of the file system.
func (w *worker) file(ctx context.Context, path string) {
	// A pipe that has taken its place meanwhile must not be waited for.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		w.scan.unread(path, plainError(err))
		return
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = ErrNoFile
	}
	if err != nil {
		w.scan.unread(path, plainError(err))
		return
	}
	from := &read{file, w.scan.progress}
	if w.search(ctx, source{path: path, from: from, at: file, size: info.Size()}) == nil {
		w.scan.progress.Files.Add(1)
	}
}

// A read counts what is read of a file.
type read struct {
	io.Reader
	progress *Progress
}

func (r *read) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.progress.Bytes.Add(int64(n))
	return n, err
}
