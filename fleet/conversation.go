package fleet

import (
	"context"
	"time"

	"botring/internal/secret"
	"botring/telegram"
)

// A conversation is what a fleet asks of Telegram: a *telegram.Client's methods.
type conversation interface {
	LoginAt(ctx context.Context, dc int, app telegram.App, token secret.Secret, report func(telegram.Step)) (telegram.Login, error)
	Check(ctx context.Context, app telegram.App, session telegram.Session, report func(telegram.Step)) (telegram.Profile, error)
	LogOut(ctx context.Context, app telegram.App, session telegram.Session, report func(telegram.Step)) error
	ExportBotToken(ctx context.Context, app telegram.App, manager telegram.Session, bot int64, revoke bool, report func(telegram.Step)) (secret.Secret, error)
	Contact(ctx context.Context, dc int, addr string) (telegram.Contact, error)
}

// speak returns the conversation with an environment, which keeps to the schedule, and only with it: a bot of another one never gets
// there.
func (f *Fleet) speak(environment string) (conversation, error) {
	if err := f.envs.require(environment); err != nil {
		return nil, err
	}
	talk := observed{f.talk(f.envs.known[environment]())}
	return scheduled{conversation: talk, schedule: f.schedule}, nil
}

// A Stage is a part of a long call, in words that are package fault's to choose.
type Stage int

// The stages, in their order.
const (
	OpeningKeyring Stage = iota
	Connecting
	Securing
	Moving
	LoggingIn
	Checking
	LoggingOut
	Saving
	// Queueing is waiting for one's turn to log in, which an app's logins take one after the other.
	Queueing
	// AskingManager is a bot that manages others being asked for the token of one of them.
	AskingManager
)

// A Step is a stage that began or, with Done, ended and Took so long.
type Step struct {
	Stage Stage
	DC    int
	Addr  string
	// Proxy is what the proxy that leads there is called, "" without one.
	Proxy string
	Done  bool
	Took  time.Duration
	// Until is when the waiting ends, of Queueing.
	Until time.Time
	// Session is which of a bot's sessions it is about where several are ended one after the other, "" for none.
	Session string
}

// A reporter is told of steps. The nil one is silent.
type reporter func(Step)

// about has all steps say which session they are about.
func (r reporter) about(session string) reporter {
	if r == nil {
		return nil
	}
	return func(step Step) {
		step.Session = session
		r(step)
	}
}

// stage runs do as a stage; one that fails does not end.
func (r reporter) stage(stage Stage, do func() error) error {
	if r == nil {
		return do()
	}
	start := time.Now()
	r(Step{Stage: stage})
	if err := do(); err != nil {
		return err
	}
	r(Step{Stage: stage, Done: true, Took: time.Since(start)})
	return nil
}

// telegram hands on the steps of a conversation.
func (r reporter) telegram() func(telegram.Step) {
	if r == nil {
		return nil
	}
	return func(step telegram.Step) {
		r(Step{Stage: stageOf(step.Stage), DC: step.DC, Addr: step.Addr, Proxy: step.Proxy, Done: step.Done, Took: step.Took})
	}
}

func stageOf(stage telegram.Stage) Stage {
	switch stage {
	case telegram.Connecting:
		return Connecting
	case telegram.Securing:
		return Securing
	case telegram.Moving:
		return Moving
	case telegram.LoggingIn:
		return LoggingIn
	case telegram.Asking:
		return Checking
	case telegram.LoggingOut:
		return LoggingOut
	case telegram.Exporting:
		return AskingManager
	}
	return Connecting
}
