package fleet

import (
	"context"
	"sync"
	"time"

	"botring/internal/secret"
	"botring/telegram"
)

// AtOnce is how many conversations with Telegram are held at a time, unless Options.AtOnce says otherwise.
const AtOnce = 8

const (
	// loginGap is the time between the beginnings of two logins of one app: what Telegram sees are logins of an
	// app, one after the other and not all at once.
	loginGap = 12 * time.Millisecond
	// carefulGap is that time after a bot of the app was told to wait, and carefulFor is for how long: the next
	// refusal within it would bind all bots of the app (reference: store.PutFlood).
	carefulGap = 2 * time.Second
	carefulFor = 10 * time.Minute
	// worthTelling is the wait for a turn from which it is told.
	worthTelling = time.Second
)

// A schedule is what all conversations with Telegram pass through: not too many at a time, the logins of an
// app one after the other, and fewer of everything for a while when Telegram finds that this address asks too
// often. Who may not ask at all is the catalogue's to say (Fleet.free), since that outlives the program.
type schedule struct {
	slots chan struct{} // holds a value for each conversation that is held

	mu sync.Mutex
	// logins is when the next login of an app may begin, careful until when it is to be careful.
	logins  map[appKey]time.Time
	careful map[appKey]deadline
	now     func() time.Time // the clock on the wall
	// asks is the pace at which each Bot API is asked, asking holds a value for each question that is open. They are
	// apart from the rest: a Bot API that stalls holds up no login and no check.
	asks   map[string]*pace
	asking chan struct{}
}

// An appKey names an app within an environment: to Telegram's test environment it is another one.
type appKey struct {
	environment string
	apiID       int
}

func newSchedule(atOnce int, now func() time.Time) *schedule {
	if atOnce < 1 {
		atOnce = AtOnce
	}
	return &schedule{
		slots: make(chan struct{}, atOnce), logins: map[appKey]time.Time{}, careful: map[appKey]deadline{}, now: now,
		asks: map[string]*pace{}, asking: make(chan struct{}, atOnce),
	}
}

// atOnce is how many conversations may be held.
func (s *schedule) atOnce() int { return cap(s.slots) }

// take waits for a place among the conversations and returns what gives it back.
func (s *schedule) take(ctx context.Context) (leave func(), err error) {
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	case <-ctx.Done():
		return nil, turnedAway(ctx)
	}
}

// takeLogin waits for the app's turn to log in, and then for a place. report is told of a turn that is some time
// off.
func (s *schedule) takeLogin(ctx context.Context, app appKey, report reporter) (leave func(), err error) {
	if err := waitFor(ctx, s.turn(app), report); err != nil {
		return nil, err
	}
	return s.take(ctx)
}

// waitFor waits for a turn.
func waitFor(ctx context.Context, turn time.Time, report reporter) error {
	wait := time.Until(turn)
	if wait <= 0 {
		return nil
	}
	if report != nil && wait >= worthTelling {
		report(Step{Stage: Queueing, Until: turn})
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return turnedAway(ctx)
	}
}

// takeAsk waits for the turn to ask a Bot API, and then for a place. report is as in takeLogin.
func (s *schedule) takeAsk(ctx context.Context, server string, report reporter) (leave func(), err error) {
	s.mu.Lock()
	p := s.asks[server]
	if p == nil {
		p = &pace{limits: asksLimits()}
		s.asks[server] = p
	}
	s.mu.Unlock()
	turn := p.next()
	if err := waitFor(ctx, turn, report); err != nil {
		p.giveBack(turn)
		return nil, err
	}
	return s.place(ctx)
}

// place waits for a place among the open questions and returns what gives it back.
func (s *schedule) place(ctx context.Context) (leave func(), err error) {
	select {
	case s.asking <- struct{}{}:
		return func() { <-s.asking }, nil
	case <-ctx.Done():
		return nil, turnedAway(ctx)
	}
}

// turn is when the next login of an app may begin, and has the one after it wait for longer.
func (s *schedule) turn(app appKey) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Gaps this short are the timers' own: there is no clock to be set in them.
	now, gap := time.Now(), loginGap
	if !s.careful[app].passed(s.now()) {
		gap = carefulGap
	}
	at := s.logins[app]
	if at.Before(now) {
		at = now
	}
	s.logins[app] = at.Add(gap)
	return at
}

// refused takes note of a bot of an app that was told to wait.
func (s *schedule) refused(app appKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.careful[app] = deadlineIn(s.now(), carefulFor)
}

// turnedAway is the error of a conversation that never began, as if it had been cancelled at its beginning.
func turnedAway(ctx context.Context) error {
	return &telegram.Error{Kind: telegram.Cancelled, Err: ctx.Err()}
}

// scheduled is a conversation that keeps to the schedule. Logins have their turn in logIn: after it, it has to be
// seen once more whether they may begin.
type scheduled struct {
	conversation
	schedule *schedule
}

func (s scheduled) Check(ctx context.Context, app telegram.App, session telegram.Session, report func(telegram.Step)) (telegram.Profile, error) {
	leave, err := s.schedule.take(ctx)
	if err != nil {
		return telegram.Profile{}, err
	}
	defer leave()
	return s.conversation.Check(ctx, app, session, report)
}

func (s scheduled) LogOut(ctx context.Context, app telegram.App, session telegram.Session, report func(telegram.Step)) error {
	leave, err := s.schedule.take(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.conversation.LogOut(ctx, app, session, report)
}

func (s scheduled) ExportBotToken(ctx context.Context, app telegram.App, manager telegram.Session, bot int64, revoke bool, report func(telegram.Step)) (secret.Secret, error) {
	leave, err := s.schedule.take(ctx)
	if err != nil {
		return secret.Secret{}, err
	}
	defer leave()
	return s.conversation.ExportBotToken(ctx, app, manager, bot, revoke, report)
}
