package cli

import (
	"slices"
	"time"

	"botring/fleet"
)

// setKeyring reads the kind of keyring.
func (c *config) setKeyring(value any) error {
	kind, _ := value.(string)
	if !slices.Contains([]string{keyringSystem, keyringAge, keyringMemory}, kind) {
		return errConfigKeyring
	}
	c.keyring = kind
	return nil
}

// setWatch reads "off", 0 or a duration such as "1h".
func (c *config) setWatch(value any) error {
	text, isText := value.(string)
	if text == "off" || value == int64(0) {
		return nil
	}
	every, err := time.ParseDuration(text)
	switch {
	case !isText || err != nil || every < 0:
		return errConfigWatch
	case every == 0:
		return nil
	case every < fleet.LeastWatch:
		return errConfigWatchShort
	case every > fleet.MostWatch:
		return errConfigWatchLong
	}
	c.watch = every
	return nil
}

// maxConcurrency bounds what one computer asks of Telegram at a time.
const maxConcurrency = 64

// setConcurrency reads a number of conversations.
func (c *config) setConcurrency(value any) error {
	n, ok := value.(int64)
	if !ok || n < 1 || n > maxConcurrency {
		return errConfigConcurrency
	}
	c.concurrency = int(n)
	return nil
}
