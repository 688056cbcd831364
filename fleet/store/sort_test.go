package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Whatever order bots come in, each is moved to its place and none is lost.
func TestSortByName(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		bots := make([]Bot, n)
		for place, at := range random.Perm(n) {
			bots[at] = Bot{Key: Key{ID: int64(place)}, Label: fmt.Sprintf("Bot %02d", place)}
		}
		sortByName(bots)
		for place, bot := range bots {
			if bot.ID != int64(place) {
				t.Fatalf("of %d, %d is at %d", n, bot.ID, place)
			}
		}
	}
}
