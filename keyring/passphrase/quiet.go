package passphrase

import "context"

type quietKey struct{}

// Quietly is the context of a call that nobody asked for, such as one that is made every hour: in it nobody is
// asked for anything, and a keyring shows no prompt of its own. What would need that stays locked.
func Quietly(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

// IsQuiet reports whether a context is one of Quietly's.
func IsQuiet(ctx context.Context) bool { return ctx.Value(quietKey{}) != nil }
