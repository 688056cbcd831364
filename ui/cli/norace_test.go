//go:build !race

package cli

// raceDetector: the tests do not run under it.
const raceDetector = false
