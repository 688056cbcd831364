//go:build race

package ui

// raceDetector: times mean little, and are several times what they are for users.
const raceDetector = true
