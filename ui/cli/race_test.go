//go:build race

package cli

// raceDetector: the tests run under it.
const raceDetector = true
