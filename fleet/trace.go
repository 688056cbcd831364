package fleet

import (
	"context"
	"time"
)

// A Trace is told what goes on within calls for many bots, beside what becomes of each. Its functions may be
// nil; they are called from several goroutines, and what they wait for holds the call up.
type Trace struct {
	// Step is told of each step of a bot's that has begun or ended, of logins and logouts. A check of many has
	// too many to be watched.
	Step func(Key, Step)
	// Held is told that nothing goes on until a time, since Telegram asks this address to wait.
	Held func(until time.Time)
}

type traceKey struct{}

// WithTrace returns a context whose calls for many bots tell the trace.
func WithTrace(ctx context.Context, trace Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

func traceOf(ctx context.Context) Trace {
	trace, _ := ctx.Value(traceKey{}).(Trace)
	return trace
}

// steps tells of a bot's steps, nil where nobody listens.
func (t Trace) steps(key Key) reporter {
	if t.Step == nil {
		return nil
	}
	return func(s Step) { t.Step(key, s) }
}

func (t Trace) held(until time.Time) {
	if t.Held != nil {
		t.Held(until)
	}
}
