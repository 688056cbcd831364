//go:build !windows

package child

import (
	"crypto/rand"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// A program that has a terminal of its own needs somebody else in that terminal's session, or nothing could stop it:
// ctrl+z does nothing to a group of processes without a parent in another group of its session (POSIX calls it orphaned).
// So Run starts this program once more in between, as the leader of the session, which runs the program as a shell
// runs a job. It is told by a variable of its environment, whose value is what it writes when all is written.
const attendVariable = "BOTRING_EXEC_TERMINAL"

// waitFD is where the one in between learns that its last words have been read. The system throws away what nobody has
// read of a terminal when the leader of its session ends.
const waitFD = 3

// Attends reports whether this process is the one in between, which has nothing to do but Attend.
func Attends() bool {
	_, is := os.LookupEnv(attendVariable)
	return is && len(os.Args) > 2
}

// Attend runs the program that the arguments name and returns its exit code. tell is told why it was not run, and
// returns the exit code for that.
func Attend(tell func(error) (code int)) (code int) {
	last := lastWords(os.Getenv(attendVariable))
	unix.CloseOnExec(waitFD)
	c := &Child{Program: Program{Path: os.Args[1], Args: os.Args[2:]}, In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, attendVariable+"=") {
			c.Env = append(c.Env, entry)
		}
	}
	codes, err := run([]*Child{c}, true)
	if err != nil {
		code = tell(err)
	} else {
		code = codes[0]
	}
	_, _ = os.Stdout.Write(last)
	_, _ = io.Copy(io.Discard, os.NewFile(waitFD, "wait"))
	return code
}

// lastWords are what ends the output: terminals draw nothing for a NUL.
func lastWords(word string) []byte { return []byte("\x00" + word + "\x00") }

// attended is the program with somebody in between, and the end of a pipe that says to that one that it may go.
func (c *Child) attended() (p Program, a *attendant, goes *os.File, err error) {
	self, err := os.Executable()
	if err != nil {
		return Program{}, nil, nil, err
	}
	goes, stays, err := os.Pipe()
	if err != nil {
		return Program{}, nil, nil, err
	}
	word := rand.Text()
	return Program{
		Path: self, Args: append([]string{os.Args[0], c.Path}, c.Args...),
		Env: append(append([]string{}, c.Env...), attendVariable+"="+word),
	}, &attendant{last: lastWords(word), stays: stays}, goes, nil
}
