//go:build !linux && !windows && !darwin

package keyring

import (
	"context"
	"errors"
	"runtime"
)

func openSystem(context.Context, Options) (Store, error) {
	return nil, unavailable(UnsupportedOS, errors.New(runtime.GOOS))
}
