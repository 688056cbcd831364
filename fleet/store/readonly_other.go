//go:build !unix

package store

// isReadOnlyFS reports whether err comes of a file system mounted read-only, which here reads as a
// permission that is lacking.
func isReadOnlyFS(error) bool { return false }
