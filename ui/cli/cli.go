// Package cli is what scripts see: the commands. The bare command opens the screens of package ui.
//
// A command says what it did on standard output, and everything else, notes and faults, on standard
// error. With --json standard output carries exactly one object and standard error nothing. Nothing here
// asks the terminal anything, or writes an escape code but for --osc52, which is one. Secrets come from standard
// input, a prompt or the environment, never from an argument, which every program of the machine could read.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/ui"
	"botring/ui/cli/child"
)

// A Process is what the commands get from and give to the operating system.
type Process struct {
	// Args are the arguments without the program's name.
	Args     []string
	In       io.Reader
	Out, Err io.Writer
	// Environ is where settings and secrets are read from, once.
	Environ Environ
	// Version is what "botring version" says.
	Version string
	// Screens shows the screens, ui.Run when nil.
	Screens func(context.Context, ui.Options) error
	// WorkFactor is that of new passphrases, 0 for the usual one. Tests take less.
	WorkFactor int
	// Patience is how long an answer to the keyring's own prompt is waited for, 0 for the usual time. Tests
	// have less.
	Patience time.Duration
}

// Environ is the environment. A variable that held a secret or a setting is unset when it has been read,
// so that no child gets it.
type Environ interface {
	Lookup(name string) (string, bool)
	Unset(name string)
	// All are all that is set, as NAME=value.
	All() []string
}

// OSEnviron is the process's own environment.
type OSEnviron struct{}

// Lookup returns a variable's value and whether it is set.
func (OSEnviron) Lookup(name string) (string, bool) { return os.LookupEnv(name) }

// Unset removes a variable.
func (OSEnviron) Unset(name string) { _ = os.Unsetenv(name) }

// All are all variables.
func (OSEnviron) All() []string { return os.Environ() }

// Run runs one command to its end and returns the exit code. An interrupt, SIGTERM or a terminal that is
// closed cancels the command, which then leaves nothing half-saved; a second one ends the process at once.
func Run(ctx context.Context, p Process) int {
	if child.Attends() {
		s := &shell{Process: p}
		return child.Attend(func(err error) int { return s.finish(ctx, notRun(err)) })
	}
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup's are to go on
		ends = append(ends, syscall.SIGHUP)
	}
	afterwards := ctx // is not ended by what ends the command
	ctx, stop := signal.NotifyContext(ctx, ends...)
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, ends...)
	release := func() { stop(); signal.Stop(caught) }
	defer release()
	defer context.AfterFunc(ctx, release)()

	// A reader that leaves early (| head) is no reason to be killed before what was begun is ended: writing to it fails, and
	// that is all. Being notified is not inherited by what is run from here, as ignoring would be.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	s := &shell{Process: p, prompting: new(sync.Mutex), waiting: new(notices)}
	if runtime.GOOS != "windows" {
		s.replace = child.Replace
	}
	err := s.run(ctx)
	s.prompting.Lock() // for good: nothing is asked any more
	// Standard output may be closed and a fault still to be told: closing comes first.
	if s.fleet != nil {
		closeFleet := s.fleet.Close
		switch {
		case err == nil && s.leaves:
			closeFleet = s.fleet.Leave
		case err == nil && s.last != nil:
			closeFleet = s.fleet.CloseAtOnce
		}
		if closeErr := closeFleet(); err == nil && closeErr != nil {
			err = closeErr
		}
	}
	if s.last == nil {
		return s.finish(ctx, err)
	}
	// From here on a signal is the program's. One that came before it had none has cancelled it.
	release()
	return s.finish(afterwards, s.conclude(err, len(caught) > 0 || afterwards.Err() != nil))
}

// conclude does what a command has left for its end, when catalogue and keyring are closed.
func (s *shell) conclude(err error, cancelled bool) error {
	if s.last == nil {
		return err
	}
	if err == nil && cancelled {
		err = context.Canceled
	}
	return s.last(err)
}

// run runs one command.
func (s *shell) run(ctx context.Context) error {
	if s.Screens == nil {
		s.Screens = ui.Run
	}
	if err := refuseSecrets(s.Args); err != nil {
		if own, _ := programsOf(s.Args); len(own) < len(s.Args) {
			return notRun(err)
		}
		return err
	}
	root := newRoot(s)
	root.SetArgs(s.Args)
	return root.ExecuteContext(ctx)
}

// A shell is what commands share: the process, the global flags, and the fleet once it is needed.
type shell struct {
	Process
	flags flags
	fleet *fleet.Fleet
	log   *log // nil where nothing is to be left behind
	// subject is the bot a command was about, as a command line names it, for hints; verb the command.
	subject, verb string
	// session is the one of its sessions, "" for the bot's own.
	session string
	// target is the kind of keyring that a command is at where it is not the one in use.
	target string
	keys   <-chan byte // see typed
	// untyped ends the reading of what is typed, so that somebody else can read it; nil where nothing is read.
	untyped func()
	// config is what the configuration says.
	config config
	// warning is what the configuration is told of, for the screens to repeat.
	warning string
	// passphrases are asked for by the screens, where it is not nil.
	passphrases *ui.Passphrases
	// prompting is held while a passphrase is asked for: the terminal must be given back before the end.
	prompting *sync.Mutex
	// waiting is what is said when something takes its time. The first question takes it back: what is asked
	// here is not waited for elsewhere.
	waiting *notices
	// last is done when the command is and all is closed, nil for nothing. An error is what keeps it from it: then it
	// only clears away, and returns what is to be told.
	last func(error) error
	// leaves: last has another program take this one's place.
	leaves bool
	// replace runs a program in this one's place; it is nil where that cannot be, and in tests.
	replace func(child.Program, *os.File) error
}

// open opens the catalogue. It does not touch the keyring.
func (s *shell) open(ctx context.Context) (*fleet.Fleet, error) {
	if s.fleet != nil {
		return s.fleet, nil
	}
	if err := s.readConfig(); err != nil {
		return nil, err
	}
	opts, err := s.options()
	if err != nil {
		return nil, err
	}
	if !opts.Ephemeral {
		s.log = openLog(opts.Home, s.Version, s.verb)
		opts.Log = s.log.records
	}
	f, err := fleet.Open(ctx, opts)
	if err != nil {
		return nil, err
	}
	s.fleet = f
	return f, nil
}

// options are what a fleet is opened with, and whom it asks for a passphrase.
func (s *shell) options() (fleet.Options, error) {
	opts, err := s.flags.options()
	if err == nil {
		err = s.proxy(&opts)
	}
	opts.Version = s.Version
	opts.KindOf = func(err error) string { return fault.Of(err).Kind }
	opts.Passphrase.WorkFactor, opts.Passphrase.Here = s.WorkFactor, s.isRemote()
	opts.Patience = s.Patience
	opts.AtOnce = s.config.concurrency
	opts.Custom = s.config.environments
	if s.flags.chosenBy(configEnvironment) == byConfig && (len(opts.DCs) > 0 || len(opts.ServerKeys) > 0) {
		opts.Environment = "" // whoever gives addresses without a name does not mean the configured one
	}
	opts.NoPrompts = s.flags.noInput && s.passphrases == nil // the screens are there to be asked
	switch {
	case s.passphrases != nil:
		opts.Passphrase.Ask, opts.Passphrase.Ended = s.passphrases.Ask, s.passphrases.Ended
		opts.Passphrase.Prompting = s.passphrases.Prompting
	case s.asks():
		opts.Passphrase.Ask = s.askPassphrase
		opts.Passphrase.Ended = func(context.Context, error) { s.waiting.takeBack() }
	}
	return opts, err
}

// openSecrets opens the catalogue and makes sure that the keyring is there, before anything is read or
// asked for that would be lost without one.
func (s *shell) openSecrets(ctx context.Context) (*fleet.Fleet, error) {
	f, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	status, err := f.Keyring(ctx)
	if err != nil {
		return nil, err
	}
	if status.Locked {
		if err := s.unlock(ctx, f, s.flags.kind()); err != nil {
			return nil, err
		}
	}
	return f, s.recover(ctx, f)
}

// recover settles what a crash has left behind, and tells what was lost by it.
func (s *shell) recover(ctx context.Context, f *fleet.Fleet) error {
	lost, err := f.Recover(ctx)
	for _, key := range lost {
		s.note("%s", fault.CutOff(key))
	}
	return err
}

// find opens the catalogue and finds the bot an argument names.
func (s *shell) find(ctx context.Context, ref string) (*fleet.Fleet, fleet.Bot, error) {
	f, err := s.open(ctx)
	if err != nil {
		return nil, fleet.Bot{}, err
	}
	bot, err := s.lookUp(ctx, f, ref)
	if err != nil {
		return nil, fleet.Bot{}, err
	}
	s.subject = bot.String()
	if strings.HasPrefix(ref, bot.Environment+"/") {
		s.subject = ref // the id alone may be another's too
	}
	return f, bot, nil
}

// lookUp finds a bot in the catalogue, also one that a crash kept out of it after the keyring had it.
func (s *shell) lookUp(ctx context.Context, f *fleet.Fleet, ref string) (fleet.Bot, error) {
	bot, err := f.Find(ctx, ref)
	var missing *fleet.NotFoundError
	if !errors.As(err, &missing) {
		return bot, err
	}
	if err := s.recover(ctx, f); err != nil {
		return fleet.Bot{}, err
	}
	return f.Find(ctx, ref)
}

// findSecrets is find for commands that need the keyring too.
func (s *shell) findSecrets(ctx context.Context, ref string) (*fleet.Fleet, fleet.Bot, error) {
	_, found, err := s.find(ctx, ref)
	if err != nil {
		return nil, fleet.Bot{}, err
	}
	f, err := s.openSecrets(ctx)
	if err != nil {
		return nil, fleet.Bot{}, err
	}
	// What Recover made good may be this very bot.
	bot, err := f.Bot(ctx, found.Key)
	return f, bot, err
}

// asks reports whether a question can be put to somebody: on a terminal, unless told not to.
func (s *shell) asks() bool {
	_, in := terminal(s.In)
	_, out := terminal(s.Err)
	return in && out && !s.flags.noInput && !s.flags.json
}

// note says something on the side that no script needs.
func (s *shell) note(format string, args ...any) {
	if !s.flags.quiet && !s.flags.json {
		fmt.Fprintf(s.Err, format+"\n", args...)
	}
}

// say says what was done.
func (s *shell) say(format string, args ...any) {
	if !s.flags.quiet {
		fmt.Fprintf(s.Out, format+"\n", args...)
	}
}

// terminal returns the descriptor of a stream that is a terminal.
func terminal(stream any) (fd int, ok bool) {
	file, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(file.Fd())
	return fd, term.IsTerminal(fd)
}
