package keyring

import (
	"context"
	"errors"
	"slices"

	"botring/internal/secret"
	"botring/keyring/secretservice"
)

// The attributes of an item in a Secret Service, exactly these: the ones that zalando/go-keyring uses, so
// that it and secret-tool find our items.
const (
	serviceAttribute = "service"
	nameAttribute    = "username"
)

// collectionLabel is what a new default collection is called: gnome-keyring's own name for one.
const collectionLabel = "Default keyring"

// A serviceStore keeps items in a Secret Service.
type serviceStore struct {
	client *secretservice.Client
	ring   string
}

func openService(ctx context.Context, opts Options) (Store, error) {
	client, err := secretservice.Connect(ctx, secretservice.Options{
		Ask: opts.Ask, AskFirst: opts.AskFirst, NoPrompts: opts.NoPrompts,
	})
	if err != nil {
		return nil, serviceError(err)
	}
	return &serviceStore{client: client, ring: opts.Ring}, nil
}

func (s *serviceStore) attributes(name string) secretservice.Attributes {
	return secretservice.Attributes{serviceAttribute: s.ring, nameAttribute: name}
}

func (s *serviceStore) Get(ctx context.Context, name string) (secret.Secret, error) {
	value, err := s.client.Get(ctx, s.attributes(name))
	return value, serviceError(err)
}

func (s *serviceStore) Put(ctx context.Context, item Item) error {
	return serviceError(s.client.Put(ctx, s.attributes(item.Name), item.Label, item.Value))
}

// ReadsBack: the client's Put does.
func (s *serviceStore) ReadsBack() {}

func (s *serviceStore) Delete(ctx context.Context, name string) error {
	return serviceError(s.client.Delete(ctx, s.attributes(name)))
}

func (s *serviceStore) List(ctx context.Context) ([]string, error) {
	found, err := s.client.Find(ctx, secretservice.Attributes{serviceAttribute: s.ring})
	if err != nil {
		return nil, serviceError(err)
	}
	names := make([]string, 0, len(found))
	for _, attributes := range found {
		// Another program may use our service name without a user name.
		if name, ok := attributes[nameAttribute]; ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// GetAll returns the values of the named items that there are, or of all when names is nil.
func (s *serviceStore) GetAll(ctx context.Context, names []string) (map[string]secret.Secret, error) {
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[name] = true
	}
	entries, err := s.client.GetAll(ctx, secretservice.Attributes{serviceAttribute: s.ring})
	if err != nil {
		return nil, serviceError(err)
	}
	values := make(map[string]secret.Secret, len(names))
	twice := make(map[string]bool)
	for _, entry := range entries {
		name, ok := entry.Attributes[nameAttribute]
		if !ok || names != nil && !wanted[name] {
			continue
		}
		if _, seen := values[name]; seen {
			twice[name] = true
		}
		values[name] = entry.Secret
	}
	// Which of two items of one name counts is Get's to say.
	for name := range twice {
		if values[name], err = s.Get(ctx, name); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (s *serviceStore) Status(ctx context.Context) (Status, error) {
	d, err := s.client.Describe(ctx)
	return Status{
		Kind: KindSystem, Provider: d.Provider, Collection: d.Collection, Locked: d.Locked, CanList: true,
		Process: d.Process,
	}, serviceError(err)
}

func (s *serviceStore) Unlock(ctx context.Context) error { return serviceError(s.client.Unlock(ctx)) }

func (s *serviceStore) Lock(ctx context.Context) error { return serviceError(s.client.Lock(ctx)) }

// Create makes the default collection that Open found missing.
func (s *serviceStore) Create(ctx context.Context) error {
	return serviceError(s.client.CreateCollection(ctx, collectionLabel))
}

func (s *serviceStore) Close() error { return s.client.Close() }

// serviceError makes an error of package secretservice one of this package's. Errors of a context stay
// what they are.
func serviceError(err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []struct {
		is     error
		become func(error) error
	}{
		// Put's verdict stands before what led to it, and a locked ring before the end of its context.
		{secretservice.ErrReadBack, as(ErrReadBack)},
		{secretservice.ErrGone, as(ErrGone)},
		{secretservice.ErrNoPrompter, noPrompter},
		{secretservice.ErrNotAsked, notAsked},
		{secretservice.ErrLocked, lockedError},
		{secretservice.ErrWrongPassword, refused(WrongPassword)},
		{secretservice.ErrDenied, as(ErrDenied)},
		{secretservice.ErrNotFound, as(ErrNotFound)},
		{secretservice.ErrNoBus, missing(NoSessionBus)},
		{secretservice.ErrNoService, missing(NoSecretService)},
		{secretservice.ErrNoCollection, missing(NoCollection)},
		{secretservice.ErrNoEncryption, missing(NoEncryption)},
		{secretservice.ErrNoAnswer, missing(NoAnswer)},
	} {
		if errors.Is(err, known.is) {
			return known.become(err)
		}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return unavailable(KeyringFault, err)
}

func as(sentinel error) func(error) error {
	return func(err error) error { return &platformError{sentinel, err} }
}

func missing(reason Reason) func(error) error {
	return func(err error) error { return unavailable(reason, err) }
}

func noPrompter(err error) error { return &LockedError{NoPrompter: true, Err: err} }

func notAsked(err error) error { return &LockedError{NotAsked: true, Err: err} }

func lockedError(err error) error {
	waited := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	return &LockedError{Unanswered: waited, Err: err}
}

// A platformError is a sentinel of this package as some platform's keyring put it.
type platformError struct{ sentinel, err error }

func (e *platformError) Error() string   { return e.sentinel.Error() + ": " + e.err.Error() }
func (e *platformError) Unwrap() []error { return []error{e.sentinel, e.err} }
