package fleet

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/keyring/passphrase"
)

// Entry is a store.Entry.
type Entry = store.Entry

// A Stretch is a store.Stretch.
type Stretch = store.Stretch

// OutcomeOK is the Outcome of an Entry whose action went well.
const OutcomeOK = "ok"

// The items of the keyring that histories are sealed with: the key, which is the ring's, and of each catalogue of the
// ring how far its history went when a process last ended.
const (
	historyItems   = "history/"
	historyKeyItem = historyItems + "key"
	historyHeads   = historyItems + "head/"
)

// historyHeadItem names the head of a catalogue's history, "" where there is no place for one. A ring has a catalogue
// for each --home it is used with, and the head of one says nothing of another.
func historyHeadItem(catalogue string) string {
	path, err := filepath.Abs(catalogue)
	if err != nil {
		return ""
	}
	name := sha256.Sum256([]byte(path))
	return historyHeads + hex.EncodeToString(name[:12])
}

// How many entries are kept, and how many there may be before the oldest are pruned.
const (
	historyKeep = 10_000
	historyMost = 12_000
)

// A history is the sealing of a ground's entries. Without a key, which only an open keyring has, entries are
// written unsealed, and sealed by the first process that has it.
type history struct {
	// head is the name of the item of its head, "" of a catalogue in memory, which has none.
	head string

	mu  sync.Mutex
	key secret.Secret
	// last is what this process sealed last, zero where it sealed nothing.
	last store.Mark
}

// keeps says whether the history keeps an action.
func keeps(action string) bool {
	switch action {
	case "add", "adopt", "import session", "log in", "log out", "give session away", "export", "exec", "check", "check many", "watch",
		"replace token", "rotate token", "read token", "token check", "token checks", "remove", "restore",
		"add app", "edit app", "remove app", "save proxy", "remove proxy", "save again", "change app", "label", "tag", "abandon", "end session",
		"recover", "rebuild catalogue", "renew catalogue", "mend catalogue", "unlock keyring", "lock keyring", "create keyring",
		"move to another keyring", "change passphrase", "remember passphrase", "add recipient", "remove recipient",
		"finish change of recipients":
		return true
	}
	return false
}

// record writes an entry. That it could not be written is no reason for what was done to fail.
func (f *Fleet) record(on *ground, e Entry) {
	if on == nil || on.Store == nil {
		return // a catalogue that could not be opened, which somebody examines
	}
	// To seal an entry is no reason to ask anybody: a keyring may be locked between the look at it and the read.
	ctx, cancel := afterwards(passphrase.Quietly(context.Background()))
	defer cancel()
	h := &on.history
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.key.Empty() {
		h.key = on.openKey(ctx)
	}
	if e.Name == "" && e.Key.ID != 0 {
		if bot, err := on.Bot(ctx, e.Key, f.now()); err == nil {
			e.Name = bot.Name()
		}
	}
	seal := h.sealer()
	if last, err := on.Append(ctx, []Entry{e}, seal); err == nil && seal != nil {
		h.last = last
	}
}

// openKey is the key where a keyring is open already. To seal is no reason to open or unlock one.
func (on *ground) openKey(ctx context.Context) secret.Secret {
	r := on.ring.peek()
	if r == nil || r.Kind() == keyring.KindMemory {
		return secret.Secret{}
	}
	if status, err := r.Status(ctx); err != nil || status.Locked {
		return secret.Secret{}
	}
	key, _ := historyKey(ctx, r, true)
	return key
}

// sealer seals with the key, nil where there is none.
func (h *history) sealer() store.Sealer {
	if h.key.Empty() {
		return nil
	}
	return sealWith(h.key)
}

// sealWith makes seals: HMAC-SHA-256 (RFC 2104) of the seal before and the entry, each field with its length,
// so that no two entries are written alike.
func sealWith(key secret.Secret) store.Sealer {
	return func(before []byte, e Entry) []byte {
		var text []byte
		number := func(n int64) { text = binary.BigEndian.AppendUint64(text, uint64(n)) }
		field := func(s string) { number(int64(len(s))); text = append(text, s...) }
		field(string(before))
		number(e.Seq)
		number(e.At.UnixMilli())
		field(e.Key.Environment)
		number(e.Key.ID)
		for _, s := range []string{e.Name, e.Action, e.Outcome, e.Detail} {
			field(s)
		}
		return mac(key, "entry", text)
	}
}

// proveMark proves that a mark was put where it is by whoever has the key.
func proveMark(key secret.Secret, m store.Mark) []byte {
	return mac(key, "checkpoint", binary.BigEndian.AppendUint64(slices.Clone(m.Seal), uint64(m.Seq)))
}

// mac is the HMAC of a text that is used for one purpose.
func mac(key secret.Secret, purpose string, text []byte) []byte {
	h := hmac.New(sha256.New, []byte(key.Reveal()))
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write(text)
	return h.Sum(nil)
}

// The values of the two items.
type (
	historyKeyJSON struct {
		V   int    `json:"v"`
		Key []byte `json:"key"`
	}
	historyHeadJSON struct {
		V    int    `json:"v"`
		Seq  int64  `json:"seq"`
		Seal []byte `json:"seal"`
		// Lost and Began are those of a Beginning, where there was one. Began is in milliseconds since 1970.
		Lost  int64 `json:"lost,omitempty"`
		Began int64 `json:"began,omitempty"`
	}
)

// A historyEnd is how far a history went, and where it began if it did so twice.
type historyEnd struct {
	store.Mark
	Began Beginning
}

// historyKey reads the key, and makes one where there is none if it may. The empty secret is none.
func historyKey(ctx context.Context, r *keyring.Ring, create bool) (secret.Secret, error) {
	read := func() (secret.Secret, error) {
		value, err := r.Get(ctx, historyKeyItem)
		if errors.Is(err, keyring.ErrNotFound) {
			return secret.Secret{}, nil
		}
		if err != nil {
			return secret.Secret{}, err
		}
		var in historyKeyJSON
		if err := decodeJSON(historyKeyItem, value, &in, &in.V); err != nil {
			return secret.Secret{}, err
		}
		if len(in.Key) != sha256.Size {
			return secret.Secret{}, damaged(historyKeyItem)
		}
		return secret.New(string(in.Key)), nil
	}
	key, err := read()
	if err != nil || !key.Empty() || !create {
		return key, err
	}
	release, err := r.Hold(ctx)
	if err != nil {
		return secret.Secret{}, err
	}
	defer release()
	if key, err = read(); err != nil || !key.Empty() {
		return key, err // another process was faster
	}
	fresh := make([]byte, sha256.Size)
	_, _ = rand.Read(fresh) // never fails, says its documentation
	value, err := encodeJSON(historyKeyJSON{V: itemVersion, Key: fresh})
	if err != nil {
		return secret.Secret{}, err
	}
	item := keyring.Item{Name: historyKeyItem, Label: "botring: key of the history", Value: secret.New(value)}
	if err := r.Put(ctx, item); err != nil {
		return secret.Secret{}, err
	}
	return secret.New(string(fresh)), nil
}

// historyHead reads how far a history went when a process last ended, zero where none has.
func historyHead(ctx context.Context, r *keyring.Ring, name string) (historyEnd, error) {
	if name == "" {
		return historyEnd{}, nil
	}
	value, err := r.Get(ctx, name)
	if errors.Is(err, keyring.ErrNotFound) {
		return historyEnd{}, nil
	}
	if err != nil {
		return historyEnd{}, err
	}
	var in historyHeadJSON
	if err := decodeJSON(name, value, &in, &in.V); err != nil {
		return historyEnd{}, err
	}
	end := historyEnd{Mark: store.Mark{Seq: in.Seq, Seal: in.Seal}}
	if in.Lost > 0 {
		end.Began = Beginning{Lost: in.Lost, At: time.UnixMilli(in.Began)}
	}
	return end, nil
}

// anchoring bounds the writing of the head at the end of a process.
const anchoring = 3 * time.Second

// anchor writes into the keyring how far the history goes, so that nobody can cut off its end unnoticed, and
// prunes what has become too old. It is the end of a ground that sealed something.
func (on *ground) anchor() {
	on.history.mu.Lock()
	defer on.history.mu.Unlock()
	h := &on.history
	if h.head == "" || h.key.Empty() || h.last.Seq == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(passphrase.Quietly(context.Background()), anchoring)
	defer cancel()
	_ = on.Prune(ctx, historyKeep, historyMost, func(m store.Mark) []byte { return proveMark(h.key, m) })
	r, err := on.ring.get(ctx)
	if err != nil {
		return
	}
	if status, err := r.Status(ctx); err != nil || status.Locked {
		return // nobody is to be asked for a password on the way out
	}
	_ = putHead(ctx, r, h.head, historyEnd{Mark: h.last})
}

// putHead writes the head, unless another process has gone further. Where the history began is kept, if the head
// says nothing of that.
func putHead(ctx context.Context, r *keyring.Ring, name string, head historyEnd) error {
	release, err := r.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	known, err := historyHead(ctx, r, name)
	if err == nil && known.Seq >= head.Seq && head.Began == (Beginning{}) {
		return nil
	}
	if head.Began == (Beginning{}) {
		head.Began = known.Began
	}
	out := historyHeadJSON{V: itemVersion, Seq: head.Seq, Seal: head.Seal}
	if head.Began.Lost > 0 {
		out.Lost, out.Began = head.Began.Lost, head.Began.At.UnixMilli()
	}
	value, err := encodeJSON(out)
	if err != nil {
		return err
	}
	return putQuietly(ctx, r, keyring.Item{Name: name, Label: "botring: end of the history", Value: secret.New(value)})
}

// putQuietly writes an item that nobody asked for, and has no prompt shown for it. KeePassXC asks before it replaces
// what another process wrote, and before no other write: there the item is removed first. Killed in between, the
// history has no head until the next process ends.
func putQuietly(ctx context.Context, r *keyring.Ring, item keyring.Item) error {
	ctx = passphrase.Quietly(ctx)
	err := r.Put(ctx, item)
	if errors.Is(err, keyring.ErrLocked) && r.Delete(ctx, item.Name) == nil {
		err = r.Put(ctx, item)
	}
	return err
}

// History returns the latest entries of the history, at most limit, the last one first; 0 is no limit.
func (f *Fleet) History(ctx context.Context, limit int) ([]Entry, error) {
	return f.HistoryStretch(ctx, Stretch{Limit: limit})
}

// HistoryStretch returns a part of the history, the last entry first.
func (f *Fleet) HistoryStretch(ctx context.Context, of Stretch) ([]Entry, error) {
	return f.at.Load().Stretch(ctx, of)
}
