package child

import (
	"errors"
	"os"
	"os/signal"
	"sync"
)

// Replace cannot be done on this system.
func Replace(p Program, _ *os.File) error {
	return unprepared(p.Args[0], "replace this process", errors.ErrUnsupported)
}

// openTerminal: programs get pipes on this system.
func openTerminal(*os.File, bool) (ours, theirs *os.File, err error) {
	return nil, nil, errors.ErrUnsupported
}

// Run runs children beside this process until all have ended, and returns their exit codes. ctrl+c comes to them
// from the console, as it does here. The error is an *Error.
func Run(children ...*Child) (codes []int, err error) {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt) // not to end before they do
	defer signal.Stop(interrupts)
	var started []*os.Process
	var all []*streams
	for _, child := range children {
		s, openErr := child.open(nil)
		if openErr != nil {
			err = unprepared(child.Args[0], "open its streams", openErr)
			break
		}
		process, startErr := os.StartProcess(child.Path, child.Args, &os.ProcAttr{Env: child.Env, Files: s.files[:]})
		if startErr != nil {
			s.abandon()
			err = failure(child.Args[0], startErr)
			break
		}
		s.started()
		started, all = append(started, process), append(all, s)
	}
	codes = make([]int, len(started))
	var waiting sync.WaitGroup
	for i, process := range started {
		if err != nil {
			_ = process.Kill()
		}
		waiting.Go(func() {
			codes[i] = NotPrepared
			if state, waitErr := process.Wait(); waitErr == nil {
				codes[i] = state.ExitCode()
			}
		})
	}
	waiting.Wait()
	finishAll(all, codes, interrupts)
	return codes, err
}
