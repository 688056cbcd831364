//go:build !linux

package agefile

import (
	"time"

	"botring/internal/secret"
)

// Only Linux has a keyring in its kernel.

func remember([]byte, secret.Secret, time.Duration) error { return ErrNoCache }

func recall([]byte) *keys { return nil }

func forget([]byte) error { return nil }
