package keyring

import "context"

func openSystem(ctx context.Context, ring string) (Store, error) { return openService(ctx, ring) }
