package child

// Attends: on this system nobody has a terminal of its own.
func Attends() bool { return false }

// Attend is not called here.
func Attend(func(error) int) int { return NotPrepared }
