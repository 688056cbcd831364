package keyring

import "testing"

func TestMemoryIsAStore(t *testing.T) {
	testStore(t, func(*testing.T) Store { return NewMemory() })
}
