package fleet

import (
	"slices"
	"sync"
	"time"
)

// A limit is how many may begin within a time.
type limit struct {
	most int
	in   time.Duration
}

// asksLimits are those of the published Bot API server for tokens that it has not seen yet, by address
// (github.com/tdlib/telegram-bot-api, ClientManager.cpp). Which it has seen nobody can know.
func asksLimits() []limit { return []limit{{20, time.Minute}, {600, time.Hour}} }

// A pace hands out turns that keep to limits. Its times are those of timers: it is forgotten with the program, and
// what a server asks for beyond it is in the catalogue.
type pace struct {
	limits []limit

	mu sync.Mutex
	// turns are those, past and to come, that some limit still looks back at.
	turns []time.Time
}

// next is when one more may begin, now or later, and takes that turn.
func (p *pace) next() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	at, longest := now, time.Duration(0)
	for _, l := range p.limits {
		longest = max(longest, l.in)
		if n := len(p.turns); n >= l.most {
			if free := p.turns[n-l.most].Add(l.in); free.After(at) {
				at = free
			}
		}
	}
	p.turns = slices.DeleteFunc(p.turns, func(turn time.Time) bool { return turn.Add(longest).Before(now) })
	p.turns = append(p.turns, at)
	return at
}

// giveBack gives a turn back that was not used.
func (p *pace) giveBack(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.IndexFunc(p.turns, at.Equal); i >= 0 {
		p.turns = slices.Delete(p.turns, i, i+1)
	}
}
