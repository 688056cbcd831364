package radar

import (
	"context"
	"io"
	"strings"
)

// ScanStaged looks through what the next commit of a folder's repository would have in it. The error is ErrNoGit,
// ErrNoRepository, ErrGit or ctx's.
func ScanStaged(ctx context.Context, folder string, opts Options) (Report, error) {
	s := newScan(opts)
	g := findGit()
	g.staging = true
	if g.program == "" {
		return Report{}, ErrNoGit
	}
	if _, err := g.says(ctx, folder, "rev-parse", "--git-dir"); err != nil {
		if ctx.Err() != nil {
			return Report{}, context.Cause(ctx)
		}
		return Report{}, ErrNoRepository
	}
	paths, ids, err := g.staged(ctx, folder)
	if err != nil {
		return Report{}, err
	}
	if len(ids) == 0 {
		return s.end(), nil
	}
	n := 0
	w := s.worker(func(path string, p place) { s.found(findingAt(path, p)) })
	err = g.read(ctx, folder, ids, func(o object, from io.Reader) error {
		// Each is answered, in their order.
		for n < len(ids) && ids[n] != o.id {
			n++
		}
		if n == len(ids) {
			return ErrGit
		}
		path := paths[n]
		n++
		if o.kind == missing {
			s.unread(path, ErrGit)
			return nil
		}
		s.progress.Files.Add(1)
		s.progress.Bytes.Add(o.size)
		return w.search(ctx, source{path: path, from: from, size: o.size})
	})
	return s.end(), err
}

// staged lists what the index has otherwise than the last commit: paths, and the ids of what is there.
func (g *git) staged(ctx context.Context, folder string) (paths, ids []string, err error) {
	const file = "100" // what the mode of a file begins with; links and submodules have others
	id := ""
	err = g.lines(ctx, folder, func(field string) {
		if strings.HasPrefix(field, ":") && id == "" {
			words := strings.Fields(field)
			if len(words) < 5 || !strings.HasPrefix(words[1], file) || strings.Trim(words[3], "0") == "" {
				id = "-"
				return
			}
			id = words[3]
			return
		}
		if id != "-" && id != "" {
			paths, ids = append(paths, field), append(ids, id)
		}
		id = ""
	}, "diff", "--cached", "--raw", "-z", "--no-relative", "--no-abbrev", "--no-renames", "--diff-filter=d", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")
	return paths, ids, err
}
