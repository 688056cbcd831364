package fleet

import (
	"context"
	"crypto/hmac"
	"fmt"
	"slices"

	"botring/fleet/store"
	"botring/internal/secret"
)

// A HistoryFault is what is wrong with a history.
type HistoryFault int

// What VerifyHistory finds.
const (
	// HistorySound: nothing.
	HistorySound HistoryFault = iota
	// HistoryChanged: an entry is not what it was when it was sealed, or stood in another place.
	HistoryChanged
	// HistoryMissing: an entry is missing between two others, or at the beginning.
	HistoryMissing
	// HistoryCutOff: entries are missing at the end.
	HistoryCutOff
	// HistoryNoKey: entries are sealed, and the keyring does not have the key.
	HistoryNoKey
)

// String names the fault.
func (h HistoryFault) String() string {
	switch h {
	case HistorySound:
		return "sound"
	case HistoryChanged:
		return "changed"
	case HistoryMissing:
		return "missing"
	case HistoryCutOff:
		return "cut_off"
	case HistoryNoKey:
		return "no_key"
	default:
		return fmt.Sprintf("fault %d", int(h))
	}
}

// A HistoryCheck is what VerifyHistory found.
type HistoryCheck struct {
	Fault HistoryFault
	// Seq is the number of the entry at which the fault is.
	Seq int64
	// Entries are those that were looked at; Unsealed of them, at the end, nobody has sealed yet, so that
	// nothing can be said of them. Pruned ones are proved by a checkpoint.
	Entries, Unsealed int
	Pruned            int64
	// Began is where the history begins because the catalogue with the one before was lost and rebuilt, zero
	// where it begins at its beginning, or later than that.
	Began Beginning
}

// VerifyHistory looks for entries that were changed, removed or cut off since they were sealed, with the key in
// the keyring. It cannot find what was changed before it was sealed, nor anything done by somebody who can
// read the keyring.
func (f *Fleet) VerifyHistory(ctx context.Context) (check HistoryCheck, err error) {
	ctx, op := f.begin(ctx, "verify history", Key{})
	defer op.end(&err)
	on := f.at.Load()
	from, entries, err := on.WholeHistory(ctx)
	if err != nil {
		return HistoryCheck{}, err
	}
	check.Entries, check.Pruned = len(entries), from.Seq
	r, err := on.ring.get(ctx)
	if err != nil {
		return check, err
	}
	key, err := historyKey(ctx, r, false)
	if err != nil {
		return check, err
	}
	head, err := historyHead(ctx, r, on.history.head)
	if err != nil {
		return check, err
	}
	check.judge(key, head.Mark, from, entries)
	if from.Seq > 0 && from.Seq == head.Began.Lost {
		check.Began, check.Pruned = head.Began, 0
	}
	return check, nil
}

// judge follows the chain.
func (c *HistoryCheck) judge(key secret.Secret, head store.Mark, from store.Checkpoint, entries []Entry) {
	found := func(fault HistoryFault, seq int64) { c.Fault, c.Seq = fault, seq }
	sealed := slices.ContainsFunc(entries, func(e Entry) bool { return e.Seal != nil })
	if key.Empty() {
		if sealed || from.Seq > 0 {
			found(HistoryNoKey, from.Seq+1)
		}
		c.Unsealed = len(entries)
		return
	}
	if from.Seq > 0 && !hmac.Equal(from.Proof, proveMark(key, from.Mark)) {
		found(HistoryChanged, from.Seq)
		return
	}
	seal, at := sealWith(key), from.Mark
	for i, e := range entries {
		switch next := from.Seq + 1 + int64(i); {
		case e.Seq != next:
			found(HistoryMissing, next)
			return
		case e.Seal == nil:
			c.Unsealed++
			continue
		case c.Unsealed > 0, !hmac.Equal(e.Seal, seal(at.Seal, e)):
			// What was sealed stays sealed, so that none before it is not.
			found(HistoryChanged, e.Seq)
			return
		}
		at = store.Mark{Seq: e.Seq, Seal: e.Seal}
	}
	if at.Seq < head.Seq {
		found(HistoryCutOff, at.Seq+1)
	}
}
