package fault

import (
	"botring/fleet/store"
	"botring/telegram"
)

// OfHealth puts what the last look at a bot found into words, from what the catalogue keeps of it. It is
// the zero Fault for a bot that is well, or that nothing is known of.
func OfHealth(h store.Health) Fault {
	if h.Status == store.SecretMissing {
		return missingItem()
	}
	f := OfKind(h.Kind)
	if f.Kind != "" {
		f.Code, f.Type = h.Code, typeName(h.Type)
	}
	return f
}

// OfKind returns the words of a kind where nothing more is known than its name, the zero Fault for a name
// that neither Telegram nor the keyring has.
func OfKind(kind string) Fault {
	for k := telegram.Unexpected; k <= telegram.BotRequired; k++ {
		if kind == k.String() {
			return wordsOf(&telegram.Error{Kind: k})
		}
	}
	for _, row := range keyringWords() {
		if kind == row.Kind {
			return row.Fault
		}
	}
	return Fault{}
}
