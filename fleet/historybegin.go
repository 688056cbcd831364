package fleet

import (
	"context"
	"time"

	"botring/fleet/store"
	"botring/keyring"
)

// A Beginning is where a history began again because the catalogue with the one before was lost.
type Beginning struct {
	// Lost is the number of the last entry that the keyring knew of the lost one, which the new one's follow.
	Lost int64
	At   time.Time
}

// beginAgain has the history of a catalogue that was rebuilt go on where the lost one is known to have gone, if
// one was lost. Otherwise it would be called cut off for good, and rightly: entries are missing. That they are is
// from then on the keyring's to say, which remembers when it was: whoever can change the file alone can neither
// make a history begin again nor have that forgotten.
func (f *Fleet) beginAgain(ctx context.Context, on *ground, r *keyring.Ring) error {
	if r.Kind() == keyring.KindMemory {
		return nil
	}
	h := &on.history
	h.mu.Lock()
	defer h.mu.Unlock()
	key, err := historyKey(ctx, r, false)
	if err != nil || key.Empty() {
		return err
	}
	head, err := historyHead(ctx, r, h.head)
	if err != nil {
		return err
	}
	goes, err := on.HistoryEnd(ctx)
	if err != nil || goes.Seq >= head.Seq {
		return err
	}
	from := store.Checkpoint{Mark: head.Mark, Proof: proveMark(key, head.Mark)}
	last, err := on.BeginHistory(ctx, from, sealWith(key))
	if err != nil {
		return err
	}
	h.key, h.last = key, last
	return putHead(ctx, r, h.head, historyEnd{Mark: last, Began: Beginning{Lost: head.Seq, At: f.now()}})
}
