package radar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// HookCommand is what a hook before a commit runs.
const HookCommand = "botring scan --staged --hook"

// hookText is the hook. What is found keeps the commit from being made; what goes wrong does not.
const hookText = `#!/bin/sh
# Made by botring scan --install-hook, which may write it anew; botring scan --uninstall-hook removes it.
if ! command -v botring >/dev/null 2>&1; then
	echo "botring is not installed here: nobody has looked for bots' secrets in this commit." >&2
	exit 0
fi
` + HookCommand + `
case $? in
3 | 130) exit 1 ;;
esac
exit 0
`

// hookMark is what tells our hook from another.
const hookMark = "# Made by botring scan --install-hook"

// Errors of hooks.
var (
	// ErrOtherHook: there is a hook that is not botring's, and it stays.
	ErrOtherHook = errors.New("there is another hook")
	// ErrNoHook: there is none to be removed.
	ErrNoHook = errors.New("there is no hook")
)

// InstallHook has git run HookCommand before each commit to a folder's repository, wherever its configuration has hooks.
// It returns the hook's file, also with ErrOtherHook. Other errors are those of ScanStaged and of the file system.
func InstallHook(ctx context.Context, folder string) (path string, err error) {
	path, err = hookPath(ctx, folder)
	if err != nil {
		return "", err
	}
	ours, err := isOurHook(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return path, err
	case !ours:
		return path, ErrOtherHook
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // Git's own folders are as open.
		return path, err
	}
	// In the place of another at once, so that no commit runs half of it.
	half, err := os.CreateTemp(filepath.Dir(path), "pre-commit.new*")
	if err != nil {
		return path, err
	}
	_, err = half.WriteString(hookText)
	err = errors.Join(err, half.Chmod(0o755), half.Close())
	if err == nil {
		err = os.Rename(half.Name(), path)
	}
	if err != nil {
		_ = os.Remove(half.Name())
	}
	return path, err
}

// RemoveHook removes what InstallHook has made. It returns the hook's file, also with ErrOtherHook and ErrNoHook.
func RemoveHook(ctx context.Context, folder string) (path string, err error) {
	path, err = hookPath(ctx, folder)
	if err != nil {
		return "", err
	}
	ours, err := isOurHook(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, ErrNoHook
	case err != nil:
		return path, err
	case !ours:
		return path, ErrOtherHook
	}
	return path, os.Remove(path)
}

// hookPath is where git looks for the hook.
func hookPath(ctx context.Context, folder string) (string, error) {
	g := findGit()
	if g.program == "" {
		return "", ErrNoGit
	}
	if _, err := g.says(ctx, folder, "rev-parse", "--git-dir"); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", ErrNoRepository
	}
	hooks, err := g.says(ctx, folder, "rev-parse", "--git-path", "hooks")
	if err != nil {
		return "", fmt.Errorf("find the hooks: %w", err)
	}
	if !filepath.IsAbs(hooks) {
		hooks = filepath.Join(folder, hooks)
	}
	return filepath.Join(hooks, "pre-commit"), nil
}

// isOurHook reports whether a file is what InstallHook has made. A link is somebody's arrangement.
func isOurHook(path string) (bool, error) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false, err
	}
	text, err := os.ReadFile(path)
	return bytes.Contains(text, []byte(hookMark)), err
}
