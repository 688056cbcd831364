package radar

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A git runs git, which is asked nothing that would have it run another program or reach another machine.
type git struct {
	program string // "" where there is none
	// staging: the environment may say which repository and index are meant, as it does in a hook.
	staging bool
}

func (s *scan) git() *git {
	g := findGit()
	if g.program == "" {
		s.note(func(r *Report) { r.NoGit = true })
	}
	return g
}

func findGit() *git {
	program, err := exec.LookPath("git")
	if err != nil {
		return &git{}
	}
	return &git{program: program}
}

// command is a call of git in a folder.
func (g *git) command(ctx context.Context, folder string, args ...string) *exec.Cmd {
	// Each of these is something that a repository's own configuration could have a program run for.
	all := []string{"-C", folder, "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false", "-c", "log.showSignature=false"}
	cmd := exec.CommandContext(ctx, g.program, append(all, args...)...)
	cmd.Env = g.environ()
	cmd.WaitDelay = 2 * time.Second
	return cmd
}

// environ is git's environment: nothing of botring's, and no repository but the one that is meant. A clone that lacks
// something does not fetch it: no protocol is allowed.
func (g *git) environ() []string {
	var environ []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		switch {
		case strings.HasPrefix(name, "BOTRING_"), name == "BOT_TOKEN", name == "API_ID", name == "API_HASH":
		case strings.HasPrefix(name, "GIT_TRACE"):
		case strings.HasSuffix(name, "_PATHSPECS") && strings.HasPrefix(name, "GIT_"): // they would have our own read otherwise
		case !g.staging && isPlacement(name):
		default:
			environ = append(environ, entry)
		}
	}
	environ = append(environ, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none")
	// What is searched is what a push would send, and not what somebody has put in its place (git replace, grafts).
	return append(environ, "GIT_NO_REPLACE_OBJECTS=1", "GIT_GRAFT_FILE="+os.DevNull)
}

// isPlacement reports whether a variable tells git where its repository is.
func isPlacement(name string) bool {
	switch name {
	case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
		"GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_CEILING_DIRECTORIES", "GIT_SHALLOW_FILE":
		return true
	}
	return false
}

// says is what git answers, without the line's end.
func (g *git) says(ctx context.Context, folder string, args ...string) (string, error) {
	if g.program == "" {
		return "", ErrNoGit
	}
	out, err := g.command(ctx, folder, args...).Output()
	return strings.TrimSuffix(string(out), "\n"), gitError(ctx, err) // a folder's name may end in one too
}

// gitError is what is told of a git that failed: not its words, which a repository has a say in.
func gitError(ctx context.Context, err error) error {
	var failed *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &failed):
		return fmt.Errorf("%w: exit code %d", ErrGit, failed.ExitCode())
	}
	return fmt.Errorf("%w: %w", ErrGit, err)
}

func (g *git) inRepository(ctx context.Context, folder string) bool {
	inside, err := g.says(ctx, folder, "rev-parse", "--is-inside-work-tree")
	return err == nil && inside == "true"
}

// shared is where git keeps what all folders of work of a folder's repository share.
func (g *git) shared(ctx context.Context, folder string) (string, error) {
	return g.says(ctx, folder, "rev-parse", "--path-format=absolute", "--git-common-dir")
}

// isTop reports whether a folder is the top of what git takes for its repository.
func (g *git) isTop(ctx context.Context, folder string) bool {
	prefix, err := g.says(ctx, folder, "rev-parse", "--show-prefix")
	return err == nil && prefix == "" && g.inRepository(ctx, folder)
}

// lines calls do with each of what git lists, ended by NUL.
func (g *git) lines(ctx context.Context, folder string, do func(string), args ...string) error {
	if g.program == "" {
		return ErrNoGit
	}
	cmd := g.command(ctx, folder, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return gitError(ctx, err)
	}
	from := bufio.NewReaderSize(out, 64<<10)
	for {
		name, err := from.ReadString(0)
		if err != nil {
			break
		}
		do(name[:len(name)-1])
	}
	return gitError(ctx, cmd.Wait())
}

// files lists what git does not ignore below a folder.
func (g *git) files(ctx context.Context, folder string, do func(string)) error {
	last := "" // in a merge with conflicts a file is listed for each side
	return g.lines(ctx, folder, func(name string) {
		if name != last {
			do(name)
		}
		last = name
	}, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
}

// ignored counts files and folders that git ignores.
func (g *git) ignored(ctx context.Context, folder string) (n int, err error) {
	err = g.lines(ctx, folder, func(string) { n++ }, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
	return n, err
}

// missing is the kind of an object that git does not have, or cannot read.
const missing = "missing"

// An object is one of git's: a version of a file, a commit or a tag.
type object struct {
	id   string
	kind string
	size int64
}

// objects runs git's listing into git's reading of what is listed, and calls do with each object and its content.
func (g *git) objects(ctx context.Context, folder string, do func(object, io.Reader) error, list ...string) error {
	return g.piped(ctx, folder, list, func(ctx context.Context, ids io.Reader) (*exec.Cmd, func() error, error) {
		return g.reading(ctx, folder, ids, do)
	})
}

// piped runs git's listing into another git, which use starts; what that returns reads it to its end.
func (g *git) piped(ctx context.Context, folder string, list []string, use func(context.Context, io.Reader) (*exec.Cmd, func() error, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listing := g.command(ctx, folder, list...)
	ids, err := listing.StdoutPipe()
	if err != nil {
		return err
	}
	if err := listing.Start(); err != nil {
		return gitError(ctx, err)
	}
	user, finish, err := use(ctx, ids)
	_ = ids.Close() // the other git has it; were it open here as well, listing would never learn that nobody reads
	if err == nil {
		err = finish()
	}
	if err != nil {
		cancel()
	}
	var useErr error
	if user != nil {
		useErr = user.Wait()
	}
	listErr := listing.Wait()
	if err != nil {
		return err
	}
	return errors.Join(gitError(ctx, useErr), gitError(ctx, listErr))
}

// reading starts git's reading of objects whose ids come from somewhere.
func (g *git) reading(ctx context.Context, folder string, ids io.Reader, do func(object, io.Reader) error) (*exec.Cmd, func() error, error) {
	cmd := g.command(ctx, folder, "cat-file", "--batch", "--buffer")
	cmd.Stdin = ids
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, gitError(ctx, err)
	}
	return cmd, func() error { return eachObject(bufio.NewReaderSize(out, blockSize), do) }, nil
}

// read reads objects.
func (g *git) read(ctx context.Context, folder string, ids []string, do func(object, io.Reader) error) error {
	cmd, finish, err := g.reading(ctx, folder, strings.NewReader(strings.Join(ids, "\n")+"\n"), do)
	if err != nil {
		return err
	}
	if err := finish(); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return err
	}
	return gitError(ctx, cmd.Wait())
}

// eachObject reads the output of cat-file --batch.
func eachObject(from *bufio.Reader, do func(object, io.Reader) error) error {
	for {
		line, err := from.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrGit, err)
		}
		var o object
		fields := bytes.Fields(line)
		if len(fields) == 2 && string(fields[1]) == missing {
			if err := do(object{id: string(fields[0]), kind: missing}, bytes.NewReader(nil)); err != nil {
				return err
			}
			continue
		}
		if len(fields) != 3 {
			return fmt.Errorf("%w: its answer is not understood", ErrGit)
		}
		o.id, o.kind = string(fields[0]), string(fields[1])
		if _, err := fmt.Sscan(string(fields[2]), &o.size); err != nil || o.size < 0 {
			return fmt.Errorf("%w: its answer is not understood", ErrGit)
		}
		content := &io.LimitedReader{R: from, N: o.size}
		if err := do(o, content); err != nil {
			return err
		}
		// What was not read, and the end of the line.
		if _, err := io.CopyN(io.Discard, from, content.N+1); err != nil {
			return fmt.Errorf("%w: %w", ErrGit, err)
		}
	}
}
