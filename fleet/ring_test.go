package fleet

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"botring/keyring"
)

func TestConcurrentFirstUsesShareOneOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened, let := 0, make(chan struct{})
		want := keyring.Wrap(keyring.NewMemory(), keyring.Options{})
		r := &ring{open: func(context.Context) (*keyring.Ring, error) {
			opened++
			<-let
			return want, nil
		}}
		impatient, cancel := context.WithCancel(t.Context())
		results := make(chan error, 4)
		go func() {
			_, err := r.get(impatient)
			results <- err
		}()
		synctest.Wait()
		for range 3 {
			go func() {
				got, err := r.get(t.Context())
				if err == nil && got != want {
					err = errors.New("another ring")
				}
				results <- err
			}()
		}
		synctest.Wait()
		// The first to need it goes; the others wait on.
		cancel()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("impatient: %v", err)
		}
		close(let)
		for range 3 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if opened != 1 {
			t.Errorf("opened %d times", opened)
		}
	})
}

func TestAnOpeningThatFailedIsTriedAgain(t *testing.T) {
	tries := 0
	r := &ring{open: func(context.Context) (*keyring.Ring, error) {
		if tries++; tries == 1 {
			return nil, keyring.ErrUnavailable
		}
		return keyring.Wrap(keyring.NewMemory(), keyring.Options{}), nil
	}}
	if _, err := r.get(t.Context()); !errors.Is(err, keyring.ErrUnavailable) {
		t.Errorf("first: %v", err)
	}
	for range 2 {
		if _, err := r.get(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if tries != 2 {
		t.Errorf("%d tries", tries)
	}
}

func TestARingOpenedAfterTheEndIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		r := &ring{open: func(context.Context) (*keyring.Ring, error) {
			<-let
			return keyring.Wrap(keyring.NewMemory(), keyring.Options{}), nil
		}}
		result := make(chan error)
		go func() {
			_, err := r.get(t.Context())
			result <- err
		}()
		synctest.Wait()
		if err := r.close(); err != nil {
			t.Error(err)
		}
		close(let)
		if err := <-result; !errors.Is(err, errClosed) {
			t.Errorf("got %v", err)
		}
		if r.opened != nil {
			t.Error("it is kept")
		}
	})
}
