package secretservice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"

	"botring/internal/secret"
)

// pipeline is how many calls are under way at once where each item takes one.
const pipeline = 64

// batch is how many secrets are asked for in one call.
const batch = 50

// A property is one item's answer; err is an ErrFault of this item alone, such as errNoObject.
type property[T any] struct {
	value T
	err   error
}

// properties reads one property of many items, one call each. The error is one that concerns them all.
func properties[T any](ctx context.Context, l *link, items []dbus.ObjectPath, name string) ([]property[T], error) {
	results := make([]property[T], len(items))
	err := l.pipelined(ctx, len(items), func(i int) message {
		return message{items[i], propertyGet, []any{itemInterface, name}}
	}, func(i int, answer reply) error {
		var boxed dbus.Variant
		err := answer.store(&boxed)
		if err == nil {
			if err = boxed.Store(&results[i].value); err != nil {
				err = fmt.Errorf("%w: unexpected answer: %w", ErrFault, err)
			}
		}
		results[i].err = err
		if errors.Is(err, ErrFault) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s of items: %w", strings.ToLower(name), err)
	}
	return results, nil
}

// A message is a call of the service before it is made.
type message struct {
	object dbus.ObjectPath
	method string
	args   []any
}

// pipelined makes n calls, several at a time, and takes their answers in order until one cannot be taken.
// One after the other, half of the time would pass in waiting.
func (l *link) pipelined(ctx context.Context, n int, compose func(int) message, take func(int, reply) error) error {
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	calls := make([]*dbus.Call, n)
	for next := range n + pipeline {
		if next < n {
			m := compose(next)
			calls[next] = l.conn.Object(l.owner, m.object).GoWithContext(bounded, m.method, 0,
				make(chan *dbus.Call, 1), m.args...)
		}
		i := next - pipeline
		if i < 0 || i >= n {
			continue
		}
		done := <-calls[i].Done
		calls[i] = nil
		if err := take(i, reply{done.Body, callError(ctx, done.Err)}); err != nil {
			return err
		}
	}
	return nil
}

// attributes returns the attributes of each item, nil for those that are no longer there.
func (l *link) attributes(ctx context.Context, items []dbus.ObjectPath) ([]Attributes, error) {
	sets, err := properties[map[string]string](ctx, l, items, "Attributes")
	if err != nil {
		return nil, err
	}
	found := make([]Attributes, len(items))
	for i, set := range sets {
		switch {
		case set.err == nil:
			found[i] = set.value
		case !errors.Is(set.err, errNoObject):
			return nil, fmt.Errorf("read attributes: %w", set.err)
		}
	}
	return found, nil
}

// entries reads attributes and secrets of items.
func (l *link) entries(ctx context.Context, items []dbus.ObjectPath) ([]Entry, error) {
	if len(items) == 0 {
		return nil, nil
	}
	attributes, err := l.attributes(ctx, items)
	if err != nil {
		return nil, err
	}
	sealed, err := l.secrets(ctx, items)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(items))
	for i, item := range items {
		if attributes[i] == nil {
			continue
		}
		var value secret.Secret
		if w, there := sealed[item]; there {
			value, err = l.unwrap(w)
		} else {
			// Left out because it is locked, or gone.
			value, err = l.secret(ctx, item)
		}
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		entries = append(entries, Entry{Attributes: attributes[i], Secret: value})
	}
	return entries, nil
}

// secrets reads the secrets of items, of those that the service lets us have. While one answer is decoded,
// which takes godbus as long as the service takes to give it, the service is at the next.
func (l *link) secrets(ctx context.Context, items []dbus.ObjectPath) (map[dbus.ObjectPath]wireSecret, error) {
	sealed := make(map[dbus.ObjectPath]wireSecret, len(items))
	parts := slices.Collect(slices.Chunk(items, batch))
	err := l.pipelined(ctx, len(parts), func(i int) message {
		return message{servicePath, serviceInterface + ".GetSecrets", []any{parts[i], l.session}}
	}, func(_ int, answer reply) error {
		var boxed map[dbus.ObjectPath]any
		if err := answer.store(&boxed); err != nil {
			return err
		}
		for item, box := range boxed {
			var err error
			if sealed[item], err = unbox(box); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read secrets: %w", err)
	}
	return sealed, nil
}

// unbox makes a wireSecret of what godbus makes of its struct. dbus.Store does that too, through reflection
// for every byte, which takes longer than the service needs to find them.
func unbox(box any) (wireSecret, error) {
	fields, _ := box.([]any)
	if len(fields) == 4 {
		session, isPath := fields[0].(dbus.ObjectPath)
		vector, isBytes := fields[1].([]byte)
		sealed, areBytes := fields[2].([]byte)
		contentType, isText := fields[3].(string)
		if isPath && isBytes && areBytes && isText {
			return wireSecret{session, vector, sealed, contentType}, nil
		}
	}
	return wireSecret{}, fmt.Errorf("%w: unexpected answer: a secret of another shape", ErrFault)
}
