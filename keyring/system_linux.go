package keyring

import "context"

func openSystem(ctx context.Context, opts Options) (Store, error) { return openService(ctx, opts) }
