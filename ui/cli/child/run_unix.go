//go:build !windows

package child

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Replace runs a program in this one's place. It returns only an *Error.
func Replace(p Program, stdin *os.File) error {
	if stdin != nil {
		if err := dup2(int(stdin.Fd()), 0); err != nil {
			return unprepared(p.Args[0], "hand standard input over", err)
		}
	}
	return failure(p.Args[0], syscall.Exec(p.Path, p.Args, p.Env))
}

// watchSize is how often the terminal's size is looked at where changes of it are told to the child alone.
const watchSize = 250 * time.Millisecond

// A crew are children that run at the same time. All that happens to them is dealt with one after the other, so that
// no signal goes to a process that has ended and whose number another one has.
type crew struct {
	alone    bool
	terminal *terminal
	members  []*member
	running  int
	goOn     chan os.Signal
}

// A member is a child of a crew.
type member struct {
	streams *streams
	pid     int // 0 when it has ended
	code    int
}

// Run runs children beside this process until all have ended, and returns their exit codes: 128 and the number of
// the signal for one that was ended by it. What comes first of several children may be the error that keeps the
// next from running: then those that run are told to end. The error is an *Error.
func Run(children ...*Child) (codes []int, err error) { return run(children, false) }

// run is Run; leads: this process leads the session of a terminal, of which the child is the only job.
func run(children []*Child, leads bool) (codes []int, err error) {
	// Linux ends the children when the thread that has started them ends, and it is not to end before them.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	c := &crew{alone: len(children) == 1, goOn: make(chan os.Signal, 1)}
	c.terminal = openControlling(children, leads)
	defer c.terminal.close()
	ended := make(chan os.Signal, 1) // many are told once
	signals := make(chan os.Signal, 16)
	signal.Notify(ended, syscall.SIGCHLD)
	signal.Notify(signals, c.terminal.forwarded()...)
	signal.Notify(c.goOn, syscall.SIGCONT)
	defer signal.Stop(ended)
	defer signal.Stop(signals)
	defer signal.Stop(c.goOn)
	// A reader of ours that leaves is told to the child, and ends no process that has something to clear away.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	for _, child := range children {
		m, startErr := c.start(child)
		if startErr != nil {
			err = startErr
			c.tell(syscall.SIGTERM)
			break
		}
		c.members = append(c.members, m)
		c.running++
	}
	c.terminal.neverMind()
	if c.terminal.own && c.running > 0 {
		go c.terminal.pass(c.members[0].streams.terminal)
	}
	c.attend(ended, signals)
	c.terminal.take()
	var all []*streams
	for _, m := range c.members {
		all, codes = append(all, m.streams), append(codes, m.code)
	}
	finishAll(all, codes, signals)
	c.terminal.cooked(true)
	if len(codes) == 1 {
		c.terminal.endOthers(codes[0])
	}
	return codes, err
}

func (c *crew) start(child *Child) (*member, error) {
	program := child.Program
	var own *attendant
	more := child.Keeps
	if c.terminal.own {
		var goes *os.File
		var err error
		if program, own, goes, err = child.attended(); err != nil {
			return nil, unprepared(child.Args[0], "start what attends it", err)
		}
		defer func() { _ = goes.Close() }()
		more = append([]*os.File{goes}, more...) // which the one in between leaves open in the program
	}
	s, err := child.open(own)
	if err != nil {
		return nil, unprepared(child.Args[0], "open its streams", err)
	}
	if own != nil && s.terminal == nil { // there are no pseudo-terminals to be had
		c.terminal.own, program, more = false, child.Program, child.Keeps
	}
	process, err := os.StartProcess(program.Path, program.Args, &os.ProcAttr{
		Env: program.Env, Files: append(s.files[:], more...), Sys: c.terminal.attributes(),
	})
	if err != nil {
		s.abandon()
		return nil, failure(child.Args[0], err)
	}
	s.started()
	pid := process.Pid
	_ = process.Release() // it is waited for here
	return &member{streams: s, pid: pid}, nil
}

// attend deals with what happens until all children have ended.
func (c *crew) attend(ended, signals <-chan os.Signal) {
	var look <-chan time.Time
	if c.alone && c.running == 1 && c.members[0].streams.terminal != nil {
		ticker := time.NewTicker(watchSize)
		defer ticker.Stop()
		look = ticker.C
	}
	for c.running > 0 {
		select {
		case <-ended:
			c.reap()
		case s := <-signals:
			c.pass(s.(syscall.Signal))
		case <-c.goOn:
			c.wake()
		case <-look:
			c.resize()
		}
	}
}

// pass passes a signal on that came here.
func (c *crew) pass(s syscall.Signal) {
	switch {
	case s == syscall.SIGWINCH && c.resize():
	case !c.terminal.tells(s):
		c.tell(s)
	}
	if s == syscall.SIGTSTP && !c.alone {
		c.rest() // of one child it is seen when it stops
	}
}

// resize has children that have terminals of their own learn of the real one's size.
func (c *crew) resize() (changed bool) {
	for _, m := range c.members {
		if m.pid != 0 && m.streams.resize() {
			if !c.terminal.own { // else the terminal tells it
				_ = syscall.Kill(m.pid, syscall.SIGWINCH)
			}
			changed = true
		}
	}
	return changed
}

// tell sends all children a signal.
func (c *crew) tell(s syscall.Signal) {
	for _, m := range c.members {
		if m.pid != 0 {
			_ = syscall.Kill(m.pid, s)
		}
	}
}

// reap finds out which children have ended or stopped.
func (c *crew) reap() {
	for _, m := range c.members {
		for m.pid != 0 {
			var status syscall.WaitStatus
			pid, err := syscall.Wait4(m.pid, &status, syscall.WNOHANG|syscall.WUNTRACED, nil)
			if err == syscall.EINTR {
				continue
			}
			if err != nil || pid == 0 {
				break
			}
			switch {
			case status.Exited():
				m.code = status.ExitStatus()
			case status.Signaled():
				m.code = bySignal + int(status.Signal())
			case status.Stopped():
				c.stopped(status.StopSignal())
				continue
			default:
				continue
			}
			m.pid = 0
			c.running--
		}
	}
}

// stopped stops this process as its child was, so that whoever has started it sees it stopped, and lets the child go
// on when this one does.
func (c *crew) stopped(by syscall.Signal) {
	switch {
	case !c.alone || c.terminal.shared && !c.terminal.own:
		return // whoever stopped it knows, and where the terminal did, it has stopped us too
	case (by == syscall.SIGTTIN || by == syscall.SIGTTOU) && c.terminal.give(c.members[0].pid):
		c.terminal.wake(c.members[0].pid) // it wanted the terminal, and may have it
		return
	}
	c.terminal.take()
	c.terminal.cooked(false)
	c.rest()
}

// mayRest is how long it is waited for being stopped together with others: nobody is, where nobody could go on.
const mayRest = 200 * time.Millisecond

// rest stops this process until somebody lets it go on.
func (c *crew) rest() {
	select {
	case <-c.goOn: // an old one
	default:
	}
	if c.terminal.own && c.terminal.shared {
		_ = syscall.Kill(0, syscall.SIGTSTP)
		select {
		case <-c.goOn:
		case <-time.After(mayRest):
		}
		c.wake()
		return
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err == nil && os.Getpid() != 1 {
		<-c.goOn
	}
	c.wake()
}

// wake lets the children go on, with the terminal where it is ours.
func (c *crew) wake() {
	if c.terminal.shared && !c.terminal.own {
		return
	}
	for _, m := range c.members {
		if m.pid == 0 {
			continue
		}
		if c.alone {
			c.terminal.give(m.pid)
		}
		c.terminal.wake(m.pid)
	}
	if c.terminal.own {
		c.terminal.raw()
	}
	c.resize()
}

// A terminal is the one that controls this process, where there is one.
type terminal struct {
	fd int // -1 for none
	// shared: this process is in the foreground together with others, such as a script or the rest of a pipeline.
	// The child stays among them: what the terminal sends comes to it as well as to us.
	shared bool
	// mine: this process is a job of its own in the foreground, and hands that over.
	mine  bool
	given bool
	// own: the child has a terminal of its own, and the keys of this one go there.
	own  bool
	keys keys
}

// openControlling finds out how this process stands to its terminal.
func openControlling(children []*Child, leads bool) *terminal {
	t := &terminal{fd: -1}
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return t
	}
	t.fd = fd
	if t.mine = leads; leads {
		return t
	}
	t.own = len(children) == 1 && children[0].masksTerminal()
	if !t.foreground() || len(children) != 1 {
		return t // several children have no terminal: their output is ours to write
	}
	in, _ := children[0].In.(*os.File)
	out, _ := children[0].Out.(*os.File)
	session, err := unix.Getsid(0)
	// A job of its own leads its group, has the terminal on both sides, and a shell above it that it can be
	// stopped for.
	job := err == nil && session != os.Getpid() && syscall.Getpgrp() == os.Getpid() && isTerminal(in) && isTerminal(out)
	t.mine, t.shared = job && !t.own, !job
	return t
}

// masksTerminal reports whether the child writes to a terminal that is not to be the one behind it.
func (c *Child) masksTerminal() bool {
	out, _ := c.Out.(*os.File)
	return c.Mask && c.Before == "" && isTerminal(out)
}

// foreground reports whether this process is in the terminal's foreground.
func (t *terminal) foreground() bool {
	if t.fd < 0 {
		return false
	}
	group, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
	return err == nil && group == syscall.Getpgrp()
}

// attributes are those a child is started with.
func (t *terminal) attributes() *syscall.SysProcAttr {
	attributes := endWithParent()
	switch {
	case t.own:
		attributes.Setsid, attributes.Setctty, attributes.Ctty = true, true, 1 // its standard output
	case t.mine:
		attributes.Foreground, attributes.Ctty = true, t.fd
		t.given = true
	case !t.shared:
		attributes.Setpgid = true
	}
	return attributes
}

// neverMind has this process write and hand the terminal over without being in its foreground. It comes after the
// start of the children, which would inherit it.
func (t *terminal) neverMind() {
	if t.fd >= 0 && !signal.Ignored(syscall.SIGTTOU) {
		signal.Ignore(syscall.SIGTTOU)
	}
	if t.own {
		signal.Ignore(syscall.SIGTTIN) // keys are read in the foreground only
	}
}

// forwarded are the signals that this process deals with while children run.
func (t *terminal) forwarded() []os.Signal {
	signals := []os.Signal{
		syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
	}
	if !signal.Ignored(syscall.SIGHUP) { // nohup's are to go on
		signals = append(signals, syscall.SIGHUP)
	}
	if !t.shared { // else we stop when the children do
		signals = append(signals, syscall.SIGTSTP)
	}
	return signals
}

// tells reports whether the terminal itself sends the child such a signal when it sends us one. One that somebody
// else has sent to this process alone cannot be told from it.
func (t *terminal) tells(s syscall.Signal) bool {
	switch s { //nolint:exhaustive // all others are not the terminal's
	case syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGWINCH:
		return t.shared && !t.own
	}
	return false
}

// give puts the child's group into the foreground if ours is there, and reports whether it is there now.
func (t *terminal) give(pid int) bool {
	if t.shared || t.own || !t.foreground() {
		return false
	}
	t.given = unix.IoctlSetPointerInt(t.fd, unix.TIOCSPGRP, pid) == nil
	return t.given
}

// take takes the foreground back.
func (t *terminal) take() {
	if t.given {
		_ = unix.IoctlSetPointerInt(t.fd, unix.TIOCSPGRP, syscall.Getpgrp())
		t.given = false
	}
}

// wake lets a stopped child's group go on.
func (t *terminal) wake(pid int) { _ = syscall.Kill(-pid, syscall.SIGCONT) }

func (t *terminal) close() {
	if t.fd >= 0 {
		_ = unix.Close(t.fd)
	}
}
