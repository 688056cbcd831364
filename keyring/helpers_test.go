package keyring

import (
	"context"
	"testing"
	"time"
)

// testNow only has to be a time: rings of tests are told apart by chance.
var testNow = time.Now()

// cleanupContext outlives the test's own, which has ended when its cleanups run.
func cleanupContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
