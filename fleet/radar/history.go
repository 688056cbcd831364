package radar

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is remembered of a history.
const (
	mostHits    = 250_000  // places in versions of files: of the ring's secrets, and of others
	mostPaths   = 16       // that one version is known under
	mostMessage = 16 << 20 // bytes of a commit or tag
)

// A repository is one of git's, which its folders of work share, and which of its paths are meant: none for all.
type repository struct {
	folder string
	shared string
	paths  []string
}

// repositories finds those that the paths are in.
func (s *scan) repositories(ctx context.Context, g *git) []repository {
	var all []repository
	for _, path := range s.opts.Paths {
		folder, name := path, ""
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			folder, name = filepath.Split(path)
			folder = cmp.Or(folder, ".")
		}
		prefix, err := g.says(ctx, folder, "rev-parse", "--show-prefix")
		if err != nil {
			if ctx.Err() == nil && isInRepository(folder) { // a broken one, or one that git does not trust
				s.unread(folder, err)
			}
			continue
		}
		if own, err := g.says(ctx, folder, "rev-parse", "--absolute-git-dir"); err == nil && isBelow(folder, own) {
			if name != "" {
				continue // a file of git's own has no history
			}
			prefix = "" // also where git's folder is in the one of work
		}
		place := ""
		shared, err := g.shared(ctx, folder)
		if err != nil {
			shared = folder
		}
		if top, err := g.says(ctx, folder, "rev-parse", "--show-toplevel"); err == nil {
			// From there git may find none, or another, where the configuration says which folder of work is meant.
			if there, err := g.shared(ctx, top); err == nil && there == shared {
				folder = top
			}
		}
		if prefix += name; prefix != "" {
			place = ":(top,literal)" + prefix
		}
		i := slices.IndexFunc(all, func(r repository) bool { return r.shared == shared })
		switch {
		case i < 0 && place == "":
			all = append(all, repository{folder: folder, shared: shared})
		case i < 0:
			all = append(all, repository{folder, shared, []string{place}})
		case place == "":
			all[i].paths = nil
		case all[i].paths != nil:
			all[i].paths = append(all[i].paths, place)
		}
	}
	return all
}

// isBelow reports whether a folder is another one or in it.
func isBelow(folder, other string) bool {
	folder, err := filepath.Abs(folder)
	if err == nil {
		folder, err = filepath.EvalSymlinks(folder)
	}
	if err != nil {
		return false
	}
	path, err := filepath.Rel(filepath.FromSlash(other), folder)
	return err == nil && filepath.IsLocal(path)
}

// isInRepository reports whether a folder is in a repository of git's, or what is left of one.
func isInRepository(folder string) bool {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return false
	}
	for above := filepath.Dir(folder); !isRepository(folder); folder, above = above, filepath.Dir(above) {
		if above == folder {
			return false
		}
	}
	return true
}

// histories searches all versions of all files that git keeps.
func (s *scan) histories(ctx context.Context) error {
	g := s.git()
	if g.program == "" {
		return nil
	}
	for _, repo := range s.repositories(ctx, g) {
		if err := s.history(ctx, g, repo); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			s.unread(repo.folder, err)
		}
	}
	return nil
}

// A version is a version of a file with secrets in it.
type version struct {
	places []versionPlace
	// origins are where it stands, and what brought it there.
	origins map[string]origin
}

// A versionPlace is a place in a version; within is what follows the file's path where that is an archive.
type versionPlace struct {
	place
	within string
}

// An origin is what brought a version to a path. Of two the later number is the older one.
type origin struct {
	number int
	commit string
	date   time.Time
}

func (s *scan) history(ctx context.Context, g *git, repo repository) error {
	versions, err := s.versions(ctx, g, repo)
	if len(versions) > 0 {
		// What was found before git gave up is told, and where it stands as far as that is known.
		err = errors.Join(err, s.trace(ctx, g, repo, versions))
		s.tellVersions(versions)
	}
	if repo.paths == nil && ctx.Err() == nil { // what is said of commits belongs to no path
		err = errors.Join(err, s.messages(ctx, g, repo))
	}
	return err
}

// messages searches what people wrote about commits and tags.
func (s *scan) messages(ctx context.Context, g *git, repo repository) error {
	var of object
	var head []byte
	w := s.worker(func(_ string, p place) {
		f := findingAt("", p)
		f.Commit, f.Date, f.Message = of.id, dateIn(head), true
		s.found(f)
	})
	message := func(o object, from io.Reader) error {
		if o.kind == missing {
			return nil // the listing fails for it
		}
		text, err := io.ReadAll(io.LimitReader(from, mostMessage))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrGit, err)
		}
		s.progress.Bytes.Add(int64(len(text)))
		of, w.of = o, "message of "+shortID(o.id)
		var said []byte
		head, said, _ = bytes.Cut(text, []byte("\n\n"))
		return w.search(ctx, source{from: bytes.NewReader(said)})
	}
	if err := g.objects(ctx, repo.folder, message, "rev-list", "--all"); err != nil {
		return err
	}
	return g.objects(ctx, repo.folder, func(o object, from io.Reader) error {
		if o.kind != "tag" {
			return nil // a tag without a message is the commit's name
		}
		return message(o, from)
	}, "for-each-ref", "--format=%(objectname)", "refs/tags")
}

// within limits a listing to the paths that are meant. Without more ado git would leave out side branches that came to nothing.
func (r repository) within(args ...string) []string {
	if r.paths == nil {
		return args
	}
	return append(append(args, "--full-history", "--"), r.paths...)
}

// versions searches every version of every file once, and returns those with something in them.
func (s *scan) versions(ctx context.Context, g *git, repo repository) (map[string]*version, error) {
	versions := map[string]*version{}
	hits := map[bool]int{} // of the ring's, and others
	var id string
	w := s.worker(func(path string, p place) {
		if hits[p.secret.Known]++; hits[p.secret.Known] > mostHits {
			s.note(func(r *Report) { r.More = true })
			return
		}
		if versions[id] == nil {
			versions[id] = &version{origins: map[string]origin{}}
		}
		versions[id].places = append(versions[id].places, versionPlace{p, path})
		s.progress.Findings.Add(1)
	})
	lacks := false
	read := func(o object, from io.Reader) error {
		if o.kind == missing {
			lacks = true
			return nil
		}
		id, w.of = o.id, versionOf(o.id)
		s.progress.Blobs.Add(1)
		s.progress.Bytes.Add(o.size)
		return w.search(ctx, source{path: "", from: from, size: o.size})
	}
	err := g.objects(ctx, repo.folder, read, repo.within("rev-list", "--all", "--objects", "--no-object-names", "--missing=print",
		"--filter=object:type=blob", "--filter-provided-objects")...)
	shallow, shallowErr := g.says(ctx, repo.folder, "rev-parse", "--is-shallow-repository")
	if lacks || shallowErr == nil && shallow == "true" {
		s.unread(repo.folder, ErrPartial)
	}
	return versions, err
}

// versionOf is what a version of a file is called whose path nobody knows.
func versionOf(id string) string { return "version " + shortID(id) }

func shortID(id string) string { return id[:min(len(id), 12)] }

// trace finds out what brought these versions into the history, in one pass over all commits.
func (s *scan) trace(ctx context.Context, g *git, repo repository, versions map[string]*version) error {
	list := repo.within("rev-list", "--all", "--topo-order")
	return g.piped(ctx, repo.folder, list, func(ctx context.Context, commits io.Reader) (*exec.Cmd, func() error, error) {
		// A merge tells what is in none of its parents.
		cmd := g.command(ctx, repo.folder, "diff-tree", "--stdin", "--root", "-r", "-c", "--raw", "--no-abbrev", "--no-renames",
			"--no-ext-diff", "--no-textconv", "-z", "--format=%x01%H %at")
		cmd.Stdin = commits
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, nil, gitError(ctx, err)
		}
		return cmd, func() error { readOrigins(bufio.NewReaderSize(out, blockSize), versions); return nil }, nil
	})
}

// readOrigins reads the output of diff-tree: a commit, then for each file that it changed the ids of it before and after, and its path.
func readOrigins(from *bufio.Reader, versions map[string]*version) {
	var now origin
	var of *version
	named := false // what comes next is a path, whatever it looks like
	for {
		field, err := from.ReadString(0)
		if err != nil {
			return
		}
		field = field[:len(field)-1]
		if named {
			named = false
			if of == nil {
				continue
			}
			if _, known := of.origins[field]; known || len(of.origins) < mostPaths {
				of.origins[field] = now
			}
			continue
		}
		field = strings.Trim(field, "\n")
		switch {
		case strings.HasPrefix(field, "\x01"):
			commit, at, _ := strings.Cut(field[1:], " ")
			seconds, _ := strconv.ParseInt(at, 10, 64)
			now = origin{number: now.number + 1, commit: commit, date: time.Unix(seconds, 0).UTC()}
		case strings.HasPrefix(field, ":"):
			words := strings.Fields(field)
			of, named = nil, true
			if len(words) >= 3 {
				of = versions[words[len(words)-2]]
			}
		}
	}
}

// tellVersions reports each secret once for each path, as it came there first.
func (s *scan) tellVersions(versions map[string]*version) {
	type secretAt struct {
		sum  Hash
		path string
	}
	type first struct {
		Finding
		number int
		last   *version
	}
	all := map[secretAt]*first{}
	for id, v := range versions {
		if len(v.origins) == 0 {
			v.origins[versionOf(id)] = origin{} // a tag of a file, say
		}
		for path, o := range v.origins {
			for _, p := range v.places {
				key := secretAt{p.sum, path + p.within}
				f := all[key]
				if f == nil {
					f = &first{}
					all[key] = f
				}
				if f.last != v {
					f.last = v
					f.Versions++
				}
				if f.number != 0 && (o.number < f.number || o.number == f.number && p.line >= f.Line) {
					continue
				}
				versions := f.Versions
				f.Finding, f.number = findingAt(path+p.within, p.place), max(o.number, 1)
				f.Commit, f.Date, f.Versions = o.commit, o.date, versions
			}
		}
	}
	s.progress.Findings.Store(int64(len(s.report.Findings)))
	for _, f := range all {
		s.found(f.Finding)
	}
}

// dateIn is when a commit's author or a tagger wrote it.
func dateIn(head []byte) time.Time {
	for line := range bytes.Lines(head) {
		if !bytes.HasPrefix(line, []byte("author ")) && !bytes.HasPrefix(line, []byte("tagger ")) {
			continue
		}
		words := bytes.Fields(line)
		if len(words) < 3 {
			continue
		}
		seconds, err := strconv.ParseInt(string(words[len(words)-2]), 10, 64)
		if err == nil {
			return time.Unix(seconds, 0).UTC()
		}
	}
	return time.Time{}
}
