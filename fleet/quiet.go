package fleet

import "context"

type quietKey struct{}

// quietly is a context of what nobody asked for: it must not ask anybody for anything.
func quietly(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

func isQuiet(ctx context.Context) bool { return ctx.Value(quietKey{}) != nil }
