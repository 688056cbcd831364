// Package ui is what the eye sees: the Bubble Tea program and its screens, one a file.
//
// Only root is a tea.Model. Screens are values that return the screen to show next; what they share is the
// shell; what takes time is a task. No screen waits, and none speaks to Telegram or a keyring: that is
// package fleet's.
package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/internal/secret"
)

// Options of Run.
type Options struct {
	// Fleet is what the screens show and act on. Its catalogue is open; its keyring may not be.
	Fleet *fleet.Fleet
	// Samples are tokens the Add screen offers to try, the demo's. With any, the title says "demo".
	Samples []Sample
	// Notice is what the status line says first: what a crash has cost, say.
	Notice string
	// Watch is how often all bots are checked while the screens are open, 0 for a watch that is off until somebody
	// turns it on.
	Watch time.Duration
	// Theme is what they are drawn for, and ClearAfter how long a copied secret stays in the clipboard; the constant
	// ClearAfter when zero.
	Theme      Theme
	ClearAfter time.Duration
	// Log is where the log is, for faults that it says more of: "" where there is none. Nil is none.
	Log func() string
	// Passphrases are the questions that Fleet asks for the encrypted file; nil where it asks none.
	Passphrases *Passphrases
	// Remember writes down that secrets go to the "age" keyring from now on. Where it is nil the encrypted
	// file is not offered.
	Remember func(keyring string) error
	// Settings are the configuration; nil where there is none to change.
	Settings Settings
	// Proxies are those that have names; nil where none can be kept.
	Proxies Proxies
	// In and Out are the terminal, os.Stdin and os.Stdout when nil.
	In  io.Reader
	Out io.Writer
	// Environ is the environment the terminal is judged by (TERM, COLORTERM, NO_COLOR, LANG), os.Environ
	// when nil.
	Environ []string
}

// A Sample is a token of the demo's and what happens with it.
type Sample struct {
	Token secret.Secret
	// Says is what the token is for: "moves to DC 4".
	Says string
}

// framesPerSecond bounds the renderer. Its default of 60 alone puts 16.7 ms between a key and its frame.
const framesPerSecond = 120

// Run shows the screens until the user leaves or ctx ends. It returns nil when the user left, and then
// nothing is half-saved.
func Run(ctx context.Context, opts Options) error {
	if opts.Environ == nil {
		opts.Environ = os.Environ()
	}
	if opts.Theme == ThemeNone || noColor(opts.Environ) {
		opts.Theme = ThemeNone
		// What judges the terminal by it knows some values only.
		opts.Environ = append(slices.Clip(opts.Environ), "NO_COLOR=1")
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	// Hardly anything that is read at the start becomes garbage: looking for some takes a tenth of the time to the
	// first frame.
	percent := debug.SetGCPercent(400)
	model, err := newRoot(ctx, opts)
	debug.SetGCPercent(percent)
	if err != nil {
		return err
	}
	keys := torrent{now: time.Now, leave: model.sh.keys.leave}
	program := []tea.ProgramOption{
		tea.WithContext(ctx),
		// Signals end ctx. Bubble Tea's own handler would hand the same signal to an event loop that may have
		// ended with ctx, and wait for ever.
		tea.WithoutSignalHandler(),
		tea.WithFilter(keys.filter),
		tea.WithFPS(framesPerSecond),
		tea.WithEnvironment(opts.Environ),
	}
	if opts.In != nil {
		program = append(program, tea.WithInput(opts.In))
	}
	if opts.Out != nil {
		program = append(program, tea.WithOutput(opts.Out))
	}
	_, err = tea.NewProgram(model, program...).Run()
	left := ctx.Err() == nil
	end()
	parting, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	model.sh.part(parting)
	if err != nil && (errors.Is(err, tea.ErrInterrupted) || !left) {
		return context.Canceled
	}
	if err != nil {
		return fmt.Errorf("run the screens: %w", err)
	}
	return nil
}

// newRoot reads the beginning of the catalogue, so that the first frame shows it.
func newRoot(ctx context.Context, opts Options) (root, error) {
	sh := &shell{
		ctx:         ctx,
		fleet:       opts.Fleet,
		samples:     opts.Samples,
		logPath:     opts.Log,
		theme:       newTheme(opts.Theme != ThemeLight, glyphsFor(opts.Environ)),
		themed:      opts.Theme,
		clipboard:   clipboard{after: opts.ClearAfter},
		keys:        newKeymap(),
		now:         time.Now,
		began:       time.Now(),
		environment: opts.Fleet.Environment(), environments: opts.Fleet.Environments(),
		proxies: opts.Fleet.Proxies(), proxy: opts.Fleet.Proxy(),
		tasks:       map[int]task{},
		passphrases: opts.Passphrases,
		remember:    opts.Remember,
		settings:    opts.Settings,
		proxyBook:   opts.Proxies,
		watch:       watch{every: opts.Watch},
	}
	first, rest := sh.begin()
	if first.err != nil {
		return root{}, first.err
	}
	sh.took(first)
	sh.beginning = rest != nil
	sh.list.notice = opts.Notice
	return root{sh: sh, screen: sh.home(), rest: rest}, nil
}
