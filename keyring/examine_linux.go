package keyring

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"botring/keyring/secretservice"
)

func sessionBus(ctx context.Context) (Bus, error) {
	address, err := secretservice.FindBus(ctx)
	return Bus{Needed: true, Address: address}, serviceError(err)
}

const (
	// daemonName is what the kernel has left of gnome-keyring-daemon's name.
	daemonName = "gnome-keyring-d"
	// maxProcFile bounds what is read of a file in /proc, in bytes.
	maxProcFile = 1 << 20
)

func rivals(ctx context.Context, proc string, process int) ([]Daemon, error) {
	own, err := readDaemon(proc, process)
	if err != nil {
		// Its process is in another container, say.
		return nil, fmt.Errorf("%w: %w", ErrCannotSee, err)
	}
	if own.files == "" {
		// A program may hide its environment; one's own keyring has most often got the one we have.
		own.files = keyringFiles(os.Getenv)
	}
	entries, err := os.ReadDir(proc)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCannotSee, err)
	}
	var found []Daemon
	for _, id := range processIDs(entries) {
		if err := ended(ctx); err != nil {
			return nil, err
		}
		other, err := readDaemon(proc, id)
		if err != nil || id == process || other.user != own.user {
			continue // it has ended meanwhile, or is none
		}
		switch {
		case other.files == "":
			found = append(found, Daemon{Process: id})
		case own.shares(proc, other):
			found = append(found, Daemon{Process: id, Certain: true})
		}
	}
	return found, nil
}

// processIDs are the processes among the entries of /proc, in ascending order.
func processIDs(entries []os.DirEntry) []int {
	var ids []int
	for _, entry := range entries {
		if id, err := strconv.Atoi(entry.Name()); err == nil && id > 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// A daemon is a process that is a gnome-keyring.
type daemon struct {
	process int
	user    string
	// files is the directory its keyrings are in, as it sees it, "" where that is not to be seen.
	files string
}

func readDaemon(proc string, process int) (daemon, error) {
	dir := filepath.Join(proc, strconv.Itoa(process))
	comm, err := readProc(filepath.Join(dir, "comm"))
	if err != nil {
		return daemon{}, err
	}
	if name := strings.TrimSpace(string(comm)); name != daemonName {
		return daemon{}, fmt.Errorf("process %d is %q", process, name)
	}
	status, err := readProc(filepath.Join(dir, "status"))
	if err != nil {
		return daemon{}, err
	}
	if field(status, "State:") == "Z" {
		return daemon{}, fmt.Errorf("process %d has ended", process)
	}
	d := daemon{process: process, user: field(status, "Uid:")}
	// One that has capabilities of its own, as some distributions give it to lock its memory, hides it.
	if environ, err := readProc(filepath.Join(dir, "environ")); err == nil && len(environ) > 0 {
		d.files = keyringFiles(func(name string) string { return variable(environ, name) })
	}
	return d, nil
}

// field is the first word of a line of /proc/PID/status; of Uid it is the real one.
func field(status []byte, name string) string {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte(name)); ok {
			if words := bytes.Fields(rest); len(words) > 0 {
				return string(words[0])
			}
		}
	}
	return ""
}

// variable finds a variable of /proc/PID/environ.
func variable(environ []byte, name string) string {
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(entry, []byte(name+"=")); ok {
			return string(value)
		}
	}
	return ""
}

// keyringFiles is where a gnome-keyring with this environment keeps its files, "" where nothing tells.
func keyringFiles(getenv func(string) string) string {
	if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "keyrings")
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share", "keyrings")
	}
	return ""
}

// shares reports whether two daemons keep their files in the same place. The same path may be two places, in
// two containers, and two paths one.
func (d daemon) shares(proc string, other daemon) bool {
	mine, err := d.place(proc)
	theirs, otherErr := other.place(proc)
	if err != nil || otherErr != nil {
		return filepath.Clean(d.files) == filepath.Clean(other.files)
	}
	return os.SameFile(mine, theirs)
}

// place is the directory of its files as the daemon itself sees it.
func (d daemon) place(proc string) (os.FileInfo, error) {
	return os.Stat(filepath.Join(proc, strconv.Itoa(d.process), "root", d.files))
}

// readProc reads a file that has no size, as far as is sensible.
func readProc(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxProcFile))
}
