package cli

import "os"

// awaitInput leaves the waiting to the read.
func awaitInput(int, *os.File) bool { return true }
