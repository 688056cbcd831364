package keyring

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"botring/internal/secret"
)

// ProbePrefix begins the names of items that Preflight writes and deletes again. No other item may have
// such a name, and List never shows one.
const ProbePrefix = "probe/"

const (
	// probeLife is how old a probe must be to count as left behind: its writer, which may be another
	// process, needs it for milliseconds.
	probeLife = 10 * time.Minute
	// probeCleanup bounds the deletion of a probe after the caller's context has ended.
	probeCleanup = 3 * time.Second
	// probeSlots is how many names probes have in stores that cannot be listed, and so not swept: what a
	// crash leaves there is overwritten in time.
	probeSlots = 8
)

// probeTrust is for how long a write that was read back stands for a probe. Keyrings write their whole file
// each time: with a probe before it, every save of many would cost three such writes instead of one.
const probeTrust = time.Minute

// Preflight finds out before a login whether its outcome can be saved: the ring is unlocked (prompting if
// need be), a value of size bytes fits, and a probe can be written, read back and deleted, unless a write of
// this process was read back within the last minute.
func (r *Ring) Preflight(ctx context.Context, size int) error {
	// The size first: there is no point in a prompt for what does not fit.
	if err := r.fits(strings.Repeat("n", MaxName), size); err != nil {
		return fmt.Errorf("preflight: %w", err)
	}
	if err := r.Unlock(ctx); err != nil {
		return err
	}
	// What is saved afterwards takes the writers' lock. A process that keeps it is found out now.
	release, err := r.Hold(ctx)
	if err != nil {
		return fmt.Errorf("preflight: %w", err)
	}
	release()
	if last := r.proved.Load(); last != nil && time.Since(*last) < probeTrust {
		return nil
	}
	status, err := r.Status(ctx)
	if err != nil {
		return err
	}
	if err := r.probe(ctx, probeName(time.Now(), status.CanList), size); err != nil {
		return fmt.Errorf("preflight: %w", err)
	}
	return nil
}

// probe writes a value of size bytes, which Put reads back, and deletes it.
func (r *Ring) probe(ctx context.Context, name string, size int) error {
	value := secret.New(strings.Repeat("p", max(size, 1)))
	err := r.put(ctx, Item{Name: name, Label: "botring: probe, safe to delete", Value: value})
	if err != nil {
		// A write that was reported as failed may have arrived.
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeCleanup)
		defer cancel()
		if !hopeless(err) {
			_ = r.store.Delete(cleanup, name)
		}
		return fmt.Errorf("write a probe: %w", err)
	}
	ctx, cancel := r.patiently(ctx)
	defer cancel()
	if err := r.store.Delete(ctx, name); err != nil {
		return fmt.Errorf("delete the probe: %w", err)
	}
	return nil
}

// hopeless reports whether a failed write cannot have left anything, or nothing that could be deleted:
// trying would show the next prompt to somebody who has just dismissed one.
func hopeless(err error) bool {
	for _, target := range []error{ErrUnavailable, ErrLocked, ErrDenied, ErrHeld, ErrTooLarge} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// probeName names a probe by when it was written, so that List can tell one that was left behind.
func probeName(now time.Time, listable bool) string {
	random := rand.Text()
	if !listable {
		return ProbePrefix + "slot-" + strconv.Itoa(int(random[0])%probeSlots)
	}
	return ProbePrefix + strconv.FormatInt(now.Unix(), 10) + "-" + random[:10]
}

// leftBehind reports whether a probe is too old to be in use. One whose time cannot be read is nobody's.
func leftBehind(name string, now time.Time) bool {
	written, _, _ := strings.Cut(strings.TrimPrefix(name, ProbePrefix), "-")
	seconds, err := strconv.ParseInt(written, 10, 64)
	return err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > probeLife
}

// sweep deletes probes that were left behind. That it fails is no reason for a list to fail.
func (r *Ring) sweep(ctx context.Context, probes []string) {
	for _, name := range probes {
		if leftBehind(name, time.Now()) {
			_ = r.store.Delete(ctx, name)
		}
	}
}
