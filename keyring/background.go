package keyring

import (
	"context"
	"errors"
)

// A background runs calls that know no context, one after the other. A call that nobody waits for any
// more still runs to its end, and the next one waits for it: a write that was given up on cannot
// overtake a later one.
type background chan struct{}

func newBackground() background { return make(background, 1) }

// inBackground runs a call and waits for it as long as ctx lasts.
func inBackground[T any](ctx context.Context, calls background, call func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	if err := ended(ctx); err != nil {
		return none, err
	}
	select {
	case calls <- struct{}{}:
	case <-ctx.Done():
		return none, ended(ctx)
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() { <-calls }()
		value, err := call()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return none, ended(ctx)
	}
}

// backgroundError leaves the errors of contexts alone and makes all others a fault.
func backgroundError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return unavailable(KeyringFault, err)
}
