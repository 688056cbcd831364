package fleet

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"botring/keyring"
)

// An OwnFile is a file or directory of this program's, and what others may do with it.
type OwnFile struct {
	Path string
	// Shown: others may read it, as a configuration that is kept among others. Nobody may ever write to it.
	Shown bool
	// Kept: it is not for us to change, because it may be somebody else's too.
	Kept bool
	// Trusted: what is in it is relied on, so where others could write it is not mended by keeping them out.
	Trusted bool
}

// forbidden are the bits of a mode that a file must not have.
func (o OwnFile) forbidden() fs.FileMode {
	if o.Shown {
		return forOthersToWrite
	}
	return forOwner
}

// forOthersToWrite are the bits of a mode that let others write.
const forOthersToWrite fs.FileMode = 0o022

// permissions looks whether others can read or write what is the user's alone. On Windows modes say nothing
// of that.
func (x *examination) permissions(ctx context.Context) {
	if runtime.GOOS == "windows" {
		return
	}
	files, err := x.ownFiles()
	if err != nil {
		x.fault(TopicPermissions, 0, err)
	}
	private, exposed := 0, 0
	if x.f.exposed != 0 && x.f.at.Load().unread == nil {
		exposed++
		x.found(Finding{Topic: TopicPermissions, Found: FoundNarrowed, Subject: fromHome(files[0].Path), Mode: 0o600 | x.f.exposed, Fixed: true})
	}
	for _, file := range files {
		if ctx.Err() != nil {
			return
		}
		info, err := os.Stat(file.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			x.fault(TopicPermissions, 0, err)
		case info.Mode().Perm()&file.forbidden() == 0:
			private++
		default:
			exposed++
			x.exposed(file, info.Mode().Perm())
		}
	}
	if exposed == 0 && private > 0 {
		x.found(Finding{Topic: TopicPermissions, Found: FoundPrivate, Count: private})
	}
}

// exposed tells of a file that others can read or write, and takes that away where it may.
func (x *examination) exposed(file OwnFile, mode fs.FileMode) {
	written := mode&forOthersToWrite != 0
	finding := Finding{
		Topic: TopicPermissions, Grade: GradeWarning, Found: FoundExposed, Subject: fromHome(file.Path), Mode: mode,
		Fixable: !file.Kept && (!file.Trusted || !written),
	}
	if written {
		finding.Grade = GradeProblem
	}
	if x.opts.Fix && finding.Fixable {
		if finding.Err = os.Chmod(file.Path, mode&^file.forbidden()); finding.Err == nil {
			finding.Grade, finding.Found, finding.Fixable, finding.Fixed = GradeOK, FoundNarrowed, false, true
		}
	}
	x.found(finding)
}

// ownFiles are what a fleet writes to, the catalogue first, and the caller's own.
func (x *examination) ownFiles() (files []OwnFile, err error) {
	opts, kind := x.f.opts, x.f.at.Load().kind
	if !x.f.inMemory(kind) {
		path, pathErr := cataloguePath(opts.Home, opts.Ring, kind)
		if pathErr != nil {
			return x.opts.Files, nil //nolint:nilerr // there is no place for anything, as the catalogue's own finding says
		}
		// A home that was named may hold other things, and then others may look into it.
		named := opts.Home != ""
		files = append(files, OwnFile{Path: path}, OwnFile{Path: copyPath(path)}, OwnFile{Path: filepath.Dir(path), Shown: named, Kept: named})
		locks, lockErr := keyring.LockDir()
		if err = lockErr; err == nil {
			files = append(files, OwnFile{Path: locks})
		}
	}
	if kind == keyring.KindAge {
		dir := opts.ageFiles().Dir
		if dir == "" {
			var dirErr error
			if dir, dirErr = keyring.AgeDir(); dirErr != nil {
				return append(files, x.opts.Files...), dirErr
			}
		}
		files = append(files, OwnFile{Path: dir, Trusted: true}, OwnFile{Path: filepath.Join(dir, x.f.ringName()), Trusted: true})
	}
	return append(files, x.opts.Files...), err
}
