package secretservice

import "context"

// FindBus connects to the session bus, says where it is, and leaves it again. It fails with ErrNoBus, and
// then too returns the address, where there is one.
func FindBus(ctx context.Context) (address string, err error) {
	if address, err = sessionBus(); err != nil {
		return "", err
	}
	conn, raw, err := openBus(ctx)
	if err != nil {
		return address, err
	}
	_ = raw.Close()
	_ = conn.Close()
	return address, nil
}
