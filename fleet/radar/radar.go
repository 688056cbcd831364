// Package radar finds bots' secrets where they do not belong: in files, in archives, and in the history of git.
//
//	report, err := radar.Scan(ctx, radar.Options{Paths: []string{"."}, Marks: marks, History: true})
//
// It holds no secret, unless it is told to. Those of the ring it knows again by marks, which are keyed hashes (Key.HashOf); all others by
// their shape. What it finds it tells by place and owner, and never repeats.
//
// Files may be hostile: what is read at a time, what an archive may unpack to and how much is reported are bounded, no
// link is followed, and git runs nothing that a repository asks for.
package radar

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"botring/internal/secret"
)

// Options say what is scanned, and for what.
type Options struct {
	// Paths are files and folders.
	Paths []string
	// Marks are what the ring's secrets are known by, nil for none.
	Marks *Marks
	// NoIgnore: what git ignores is searched too.
	NoIgnore bool
	// History: so is every version of every file that git keeps of a path's repository.
	History bool
	// Hold has findings hold the tokens themselves, for somebody who is to ask whether they work.
	Hold bool
	// Sessions reads the sessions in a database, as Telethon and Pyrogram keep them, nil for leaving that. The database may
	// be hostile.
	Sessions func(database []byte) []Stored
	// Progress counts along, where it is not nil.
	Progress *Progress
	// Limits are those of archives, the usual ones where zero.
	Limits Limits
}

// A Stored is a session in a database.
type Stored struct {
	Key    secret.Secret
	ID     int64 // the bot's, 0 where it is not known
	Format string
}

// Progress is how far a scan has come. It may be read while that goes on.
type Progress struct {
	Files, Blobs, Bytes, Findings atomic.Int64
}

// A Finding is a secret at a place.
type Finding struct {
	Secret
	// Sum is what marks know it by.
	Sum Hash
	// Held is the token, where tokens are held.
	Held secret.Secret
	// Path is as the scan's own path begins; what is inside an archive follows a "!". In the history it is
	// the file's in its repository. A token in it is masked.
	Path string
	// Inside is how much of Path says where in an archive it is, in bytes from that "!" on: names of files may have one too.
	Inside int
	// Line counts from 1; it is 0 in what is no text.
	Line int
	// Encoding is what it was wrapped in: "base64", "url", "utf-16", or "".
	Encoding string
	// Commit is what brought it into the history, "" for what is in a file; Date when its author made that.
	Commit string
	Date   time.Time
	// Message: it is not in a file but in what somebody wrote about the commit, or the tag of that name.
	Message bool
	// Versions is in how many versions of the file it is, in the history.
	Versions int
}

// An Unread is what could not be searched, or not to its end.
type Unread struct {
	Path string
	Err  error
}

// A Report is what a scan found.
type Report struct {
	// Findings are in the order of their places, those of the history last. More: there were more than are kept.
	Findings []Finding
	More     bool
	// Files, Blobs and Bytes count what was searched: files, what git's history holds, and the bytes of both.
	Files, Blobs, Bytes int64
	// Ignored counts files and folders that git ignores and that were left out, Links links that were not followed.
	Ignored, Links int
	// Repositories counts those inside the paths whose history was not asked for.
	Repositories int
	// Unread are some of what could not be searched, UnreadMore how many there are besides.
	Unread     []Unread
	UnreadMore int
	// NoGit: git would have been needed, and there is none.
	NoGit bool
}

// Errors of what could not be searched.
var (
	// ErrTooDeep: an archive in an archive in an archive.
	ErrTooDeep = errors.New("archive inside too many archives")
	// ErrTooLarge: an archive unpacks to more than is read, or has more in it.
	ErrTooLarge = errors.New("archive unpacks to too much")
	// ErrEncrypted: an archive has a password.
	ErrEncrypted = errors.New("archive is encrypted")
	// ErrDamaged: an archive cannot be read to its end.
	ErrDamaged = errors.New("archive is damaged")
	// ErrNoFile: it is a pipe, a device or a socket.
	ErrNoFile = errors.New("neither a file nor a folder")
	// ErrNoGit: there is no git, or it would not run.
	ErrNoGit = errors.New("git is not installed")
	// ErrGit: git gave up on a repository.
	ErrGit = errors.New("git cannot read the repository")
	// ErrPartial: a clone lacks versions of files, or commits, or they are damaged.
	ErrPartial = errors.New("a part of the history is not here")
	// ErrNoRepository: a path is in no repository of git's.
	ErrNoRepository = errors.New("not in a git repository")
)

// Bounds of a report. Of findings it is so many that the ring knows, and so many others.
const (
	mostFindings = 10_000
	mostUnread   = 100
	mostWorkers  = 8
)

// A scan is one that goes on.
type scan struct {
	opts     Options
	marks    *Marks
	limits   Limits
	progress *Progress

	mu     sync.Mutex
	report Report
	known  int // findings of the report that are the ring's
}

// Scan looks through what the options name. Its error is ctx's, or that a path is not there; what else goes wrong is
// in the report.
func Scan(ctx context.Context, opts Options) (Report, error) {
	s := newScan(opts)
	if err := s.files(ctx); err != nil {
		return s.end(), err
	}
	if opts.History {
		if err := s.histories(ctx); err != nil {
			return s.end(), err
		}
	}
	return s.end(), nil
}

func newScan(opts Options) *scan {
	s := &scan{opts: opts, marks: opts.Marks, limits: opts.Limits.orUsual(), progress: opts.Progress}
	if s.marks == nil {
		s.marks = &Marks{Key: randomKey()}
	}
	if s.progress == nil {
		s.progress = &Progress{}
	}
	return s
}

func (s *scan) end() Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.report
	r.Files, r.Blobs, r.Bytes = s.progress.Files.Load(), s.progress.Blobs.Load(), s.progress.Bytes.Load()
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		inHistory := func(f Finding) int { return min(len(f.Commit), 1) }
		return cmp.Or(inHistory(a)-inHistory(b), strings.Compare(a.Path, b.Path), a.Line-b.Line, strings.Compare(string(a.Kind), string(b.Kind)),
			cmp.Compare(a.ID, b.ID))
	})
	return r
}

func (s *scan) found(f Finding) {
	outer := maskIn(f.Path[:len(f.Path)-f.Inside])
	inner := maskIn(f.Path[len(f.Path)-f.Inside:])
	f.Path, f.Inside = outer+inner, len(inner)
	s.mu.Lock()
	defer s.mu.Unlock()
	// So many of each sort: what only looks like a token does not keep the ring's from being told.
	kept := len(s.report.Findings) - s.known
	if f.Known {
		kept = s.known
	}
	if kept >= mostFindings {
		s.report.More = true
		return
	}
	if f.Known {
		s.known++
	}
	s.progress.Findings.Add(1)
	s.report.Findings = append(s.report.Findings, f)
}

func (s *scan) unread(path string, err error) {
	path = maskIn(path)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.report.Unread) >= mostUnread {
		s.report.UnreadMore++
		return
	}
	s.report.Unread = append(s.report.Unread, Unread{path, err})
}

func (s *scan) note(change func(*Report)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.report)
}

// workers is how many search at a time: every processor is busy, on a large machine not all of them.
func workers() int { return min(runtime.GOMAXPROCS(0), mostWorkers) }
