// Package ui is what the eye sees: the Bubble Tea program and its screens, one a file.
package ui

import (
	"context"
	"errors"
	"io"

	"botring/fleet"
	"botring/internal/secret"
)

// Options of Run.
type Options struct {
	// Fleet is what the screens show and act on. Its catalogue is open; its keyring may not be.
	Fleet *fleet.Fleet
	// Samples are tokens the Add screen offers to try, the demo's. With any, the title says "demo".
	Samples []Sample
	// In and Out are the terminal, os.Stdin and os.Stdout when nil.
	In  io.Reader
	Out io.Writer
	// Environ is the environment the terminal is judged by (TERM, COLORTERM, NO_COLOR), os.Environ when nil.
	Environ []string
}

// A Sample is a token of the demo's and what happens with it.
type Sample struct {
	Token secret.Secret
	// Says is what the token is for: "moves to DC 4".
	Says string
}

// Run shows the screens until the user leaves or ctx ends. It returns nil when the user left, and then
// nothing is half-saved.
func Run(ctx context.Context, opts Options) error { return errors.New("ui: contract only") }
