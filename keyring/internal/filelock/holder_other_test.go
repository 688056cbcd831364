//go:build !linux

package filelock

// knownHere: no other system lists locks.
func knownHere() bool { return false }
