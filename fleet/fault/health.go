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
	for kind := telegram.Unexpected; kind <= telegram.NotABot; kind++ {
		if h.Kind == kind.String() {
			return wordsOf(&telegram.Error{Kind: kind, Code: h.Code, Type: h.Type})
		}
	}
	return Fault{}
}
