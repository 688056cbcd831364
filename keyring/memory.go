package keyring

import (
	"context"
	"maps"
	"slices"
	"sync"

	"botring/internal/secret"
)

// Memory is a Store that forgets everything with the process. It is what the demo uses, and what a user
// may ask for; nothing falls back to it.
type Memory struct {
	mu    sync.Mutex
	items map[string]Item
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{items: make(map[string]Item)} }

// Get returns an item's value, or ErrNotFound.
func (m *Memory) Get(ctx context.Context, name string) (secret.Secret, error) {
	if err := ended(ctx); err != nil {
		return secret.Secret{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	item, ok := m.items[name]
	if !ok {
		return secret.Secret{}, ErrNotFound
	}
	return item.Value, nil
}

// Put keeps an item in place of the one with its name.
func (m *Memory) Put(ctx context.Context, item Item) error {
	if err := ended(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items[item.Name] = item
	return nil
}

// Delete forgets an item, or returns ErrNotFound.
func (m *Memory) Delete(ctx context.Context, name string) error {
	if err := ended(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.items[name]; !ok {
		return ErrNotFound
	}
	delete(m.items, name)
	return nil
}

// List returns all names in ascending order.
func (m *Memory) List(ctx context.Context) ([]string, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.items)), nil
}

// Status says that this is no keyring.
func (m *Memory) Status(context.Context) (Status, error) {
	return Status{Kind: KindMemory, Provider: "memory", CanList: true}, nil
}

// inMemory marks a Store, also one that embeds a Memory, as nothing that another process could write to.
func (*Memory) inMemory() {}
