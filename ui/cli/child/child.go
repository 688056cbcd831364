// Package child runs another program: in this one's place, or beside it where its output is to be changed or
// something is to be cleared away after it.
//
// Replace is exec(2): no process stays, signals, terminal and exit code are the program's own. Run stays beside the
// program, and gives it what it would have had: signals that come here go on to it, the terminal is handed over to
// it, and when it is stopped this process stops too, so that the shell above sees what it would have seen. A program
// whose output on a terminal is masked gets a terminal of its own, with this program in between (see Attend).
package child

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
)

// The exit codes of what goes wrong before a program runs, as env(1) and shells have them.
const (
	NotPrepared   = 125
	NotExecutable = 126
	NotFound      = 127
)

// bySignal is added to a signal's number for the exit code of a program that it ended.
const bySignal = 128

// An Error is why a program was not run.
type Error struct {
	// Code is one of the exit codes above.
	Code int
	// Name is the program's, as it was asked for.
	Name string
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("run %s: %v", e.Name, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// A Program is what is run.
type Program struct {
	// Path is where it is, as Find has found it.
	Path string
	// Args are its arguments, the first its name.
	Args []string
	// Env is its whole environment, as NAME=value.
	Env []string
}

// Find finds a program in $PATH, or where a name with a slash says. The error is an *Error.
func Find(name string) (path string, err error) {
	path, err = exec.LookPath(name)
	if err != nil {
		return "", failure(name, err)
	}
	return path, nil
}

// failure is the error of a program that could not be started.
func failure(name string, err error) *Error {
	code := NotExecutable
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = NotFound
	}
	return &Error{Code: code, Name: name, Err: err}
}

// unprepared is the error of what is missing before a program can be started.
func unprepared(name, doing string, err error) *Error {
	return &Error{Code: NotPrepared, Name: name, Err: fmt.Errorf("%s: %w", doing, err)}
}

// A Child is a program that runs beside this one, and what it reads and writes.
type Child struct {
	Program
	// In is its standard input, nil for nothing. A file is handed over as it is.
	In io.Reader
	// Out and Err are its standard output and error. A file is handed over as it is, unless something is done to what
	// is written: then a terminal becomes a terminal of the child's own, where there are such, and all else a pipe.
	Out, Err io.Writer
	// Keeps are files that are open in it and in what it starts, for the locks on them. Windows has no such thing.
	Keeps []*os.File
	// Mask: Hidden is replaced in what it writes.
	Mask   bool
	Hidden []Hidden
	// Before stands before each of its lines, "" for nothing. With it lines of several children stay whole.
	Before string
}
