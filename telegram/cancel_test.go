package telegram_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

// A place is where a call can hang.
type place struct {
	name string
	// hang makes the server hang there, do makes a call that comes there.
	hang func(*telegramtest.Server)
	do   func(context.Context, *telegram.Client, telegram.Session) error
	sent bool
}

func login(ctx context.Context, c *telegram.Client, session telegram.Session) error {
	_, err := c.UseKeyOf(session).Login(ctx, theApp(), theToken(), nil)
	return err
}

func loginWithExchange(ctx context.Context, c *telegram.Client, _ telegram.Session) error {
	_, err := c.Login(ctx, theApp(), theToken(), nil)
	return err
}

func check(ctx context.Context, c *telegram.Client, session telegram.Session) error {
	_, err := c.Check(ctx, theApp(), session, nil)
	return err
}

func logOut(ctx context.Context, c *telegram.Client, session telegram.Session) error {
	return c.LogOut(ctx, theApp(), session, nil)
}

func stallAt(p telegramtest.Point) func(*telegramtest.Server) {
	return func(s *telegramtest.Server) { s.Script(p, telegramtest.Script{Stall: true}) }
}

func stallCalls(s *telegramtest.Server) {
	bot := theBot()
	bot.Login = telegramtest.Script{Stall: true}
	bot.Call = telegramtest.Script{Stall: true}
	s.AddBot(bot)
}

// delayCalls acknowledges calls and keeps their answers back.
func delayCalls(s *telegramtest.Server) {
	bot := theBot()
	bot.Login = telegramtest.Script{Delay: time.Hour}
	bot.Call = telegramtest.Script{Delay: time.Hour}
	s.AddBot(bot)
}

func faultCalls(s *telegramtest.Server) {
	bot := theBot()
	bot.Call = telegramtest.Script{Code: 500, Error: "RPC_CALL_FAIL", Delay: 900 * time.Millisecond}
	s.AddBot(bot)
}

var places = []place{
	{name: "connecting", hang: stallAt(telegramtest.AtConnect), do: loginWithExchange},
	{name: "securing", hang: stallAt(telegramtest.AtExchange), do: loginWithExchange},
	{name: "connecting with a key", hang: stallAt(telegramtest.AtConnect), do: login, sent: true},
	{name: "logging in", hang: stallCalls, do: login, sent: true},
	{name: "logging in, acknowledged", hang: delayCalls, do: login, sent: true},
	{name: "asking", hang: stallCalls, do: check},
	{name: "asking, acknowledged", hang: delayCalls, do: check},
	{name: "asking again", hang: faultCalls, do: check},
	{name: "logging out", hang: stallCalls, do: logOut},
}

// inPipes runs f in virtual time against a server that is reached over net.Pipe. It fails when a goroutine
// outlives f.
func inPipes(t *testing.T, opts telegramtest.Options, f func(*testing.T, *telegramtest.Server, func(telegram.Options) *telegram.Client)) {
	t.Helper()
	if _, err := serverKey(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		opts.Pipe = true
		s := serve(t, opts, theBot())
		f(t, s, func(o telegram.Options) *telegram.Client {
			o.Dial = s.Dial()
			return telegram.New(s.Network(), o)
		})
	})
}

// TestCancel: wherever a call hangs, the caller's cancel ends it in the same instant.
func TestCancel(t *testing.T) {
	reason := errors.New("esc")
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			inPipes(t, telegramtest.Options{}, func(t *testing.T, s *telegramtest.Server, client func(telegram.Options) *telegram.Client) {
				session := sessionOf(t, s)
				p.hang(s)
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(reason) })
				start := time.Now()
				err := p.do(ctx, client(telegram.Options{}), session)
				if took := time.Since(start); took != time.Second {
					t.Errorf("ended %v after the cancel", took-time.Second)
				}
				e := failed(t, err, telegram.Cancelled)
				if !errors.Is(err, reason) || e.Sent != p.sent {
					t.Errorf("error %+v", e)
				}
				wantNothingLeft(t)
			})
		})
	}
}

// TestDeadline: wherever a call hangs, it ends at its deadline, the caller's or its own.
func TestDeadline(t *testing.T) {
	for _, p := range places {
		if p.name == "asking again" {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			inPipes(t, telegramtest.Options{}, func(t *testing.T, s *telegramtest.Server, client func(telegram.Options) *telegram.Client) {
				session := sessionOf(t, s)
				p.hang(s)
				for _, limit := range []time.Duration{telegram.DefaultTimeout, 5 * time.Second, 3 * time.Minute} {
					opts, ctx, cancel := telegram.Options{Timeout: limit}, t.Context(), func() {}
					if limit == telegram.DefaultTimeout {
						opts.Timeout = 0
					}
					if limit == 5*time.Second {
						opts.Timeout = 0
						ctx, cancel = context.WithTimeout(ctx, limit)
					}
					start := time.Now()
					err := p.do(ctx, client(opts), session)
					cancel()
					if took := time.Since(start); took != limit {
						t.Errorf("took %v, not %v", took, limit)
					}
					e := failed(t, err, telegram.Timeout)
					if !errors.Is(err, context.DeadlineExceeded) || e.Sent != p.sent || e.Addr == "" || e.DC != 2 {
						t.Errorf("error %+v", e)
					}
					wantNothingLeft(t)
				}
			})
		})
	}
}

// TestCancelWhileDialling: the dialler is told, and a call that is cancelled before it begins dials nothing.
func TestCancelWhileDialling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		network := telegram.Production()
		c := telegram.New(network, telegram.Options{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			dials++
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := c.Login(ctx, theApp(), theToken(), nil)
		if e := failed(t, err, telegram.Cancelled); e.Op != "connect" || e.Addr != network.DCs[1].Addrs[0] {
			t.Errorf("error %+v", e)
		}
		_, err = c.Login(ctx, theApp(), theToken(), nil)
		failed(t, err, telegram.Cancelled)
		if dials != 1 {
			t.Errorf("%d dials", dials)
		}
		start := time.Now()
		_, err = c.Login(t.Context(), theApp(), theToken(), nil)
		failed(t, err, telegram.Timeout)
		if took := time.Since(start); took != telegram.DefaultTimeout {
			t.Errorf("took %v", took)
		}
	})
}

// TestCauses: what ends a context says whether it was a cancel or a deadline.
func TestCauses(t *testing.T) {
	reason := errors.New("reason")
	for name, test := range map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		kind telegram.Kind
		err  error
	}{
		"timeout with a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, time.Second, reason)
		}, telegram.Timeout, reason},
		"cancel for a deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Second, func() { cancel(context.DeadlineExceeded) })
			return ctx, func() { cancel(nil) }
		}, telegram.Timeout, context.DeadlineExceeded},
		"plain cancel": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, telegram.Cancelled, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			inPipes(t, telegramtest.Options{}, func(t *testing.T, s *telegramtest.Server, client func(telegram.Options) *telegram.Client) {
				session := sessionOf(t, s)
				stallCalls(s)
				ctx, cancel := test.end(t.Context())
				defer cancel()
				err := check(ctx, client(telegram.Options{}), session)
				if failed(t, err, test.kind); !errors.Is(err, test.err) {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

// TestShares: an address that swallows packets does not use up the time of those after it.
func TestShares(t *testing.T) {
	inPipes(t, telegramtest.Options{}, func(t *testing.T, s *telegramtest.Server, _ func(telegram.Options) *telegram.Client) {
		alive := s.Network().DCs[1].Addrs[0]
		dial := s.Dial()
		c := telegram.New(at(s, "192.0.2.201:443", "192.0.2.202:443", alive), telegram.Options{
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				if addr == alive {
					return dial(ctx, network, addr)
				}
				<-ctx.Done()
				return nil, ctx.Err()
			},
		})
		session := sessionOf(t, s)
		session.Addr = ""
		start := time.Now()
		if _, err := c.Check(t.Context(), theApp(), session, nil); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != 20*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestFaultsAreRetried: Telegram's own faults are asked about again, up to three times, unless the token
// was sent.
func TestFaultsAreRetried(t *testing.T) {
	for _, a := range faults {
		for _, test := range []struct {
			times, calls int
			took         time.Duration
			fails        bool
		}{
			{1, 2, 500 * time.Millisecond, false},
			{3, 4, 3500 * time.Millisecond, false},
			{0, 4, 3500 * time.Millisecond, true},
		} {
			inPipes(t, telegramtest.Options{}, func(t *testing.T, s *telegramtest.Server, client func(telegram.Options) *telegram.Client) {
				bot := theBot()
				bot.Call = a.script()
				bot.Call.Times = test.times
				s.AddBot(bot)
				start := time.Now()
				_, err := client(telegram.Options{}).Check(t.Context(), theApp(), sessionOf(t, s), nil)
				if took := time.Since(start); took != test.took {
					t.Errorf("%s: took %v, not %v", a.typ, took, test.took)
				}
				if got := s.Stats().Calls; got != test.calls {
					t.Errorf("%s: %d calls, not %d", a.typ, got, test.calls)
				}
				if !test.fails && err != nil {
					t.Errorf("%s: %v", a.typ, err)
				}
				if test.fails {
					a.is(t, err, false)
				}
			})
		}
	}
}

// TestFaultsOfExchange: before the token is sent, a login is tried again as well.
func TestFaultsOfExchange(t *testing.T) {
	inPipes(t, telegramtest.Options{}, func(t *testing.T, s *telegramtest.Server, client func(telegram.Options) *telegram.Client) {
		s.Script(telegramtest.AtExchange, telegramtest.Script{Transport: -500})
		start := time.Now()
		_, err := client(telegram.Options{}).Login(t.Context(), theApp(), theToken(), nil)
		if e := failed(t, err, telegram.TelegramFault); e.Sent || e.Code != -500 {
			t.Errorf("error %+v", e)
		}
		if got, took := s.Stats().Connections, time.Since(start); got != 4 || took != 3500*time.Millisecond {
			t.Errorf("%d connections in %v", got, took)
		}
	})
}

// wantNothingLeft wants none of this package's or gotd's goroutines but the caller's own, those excepted
// that are on their last instruction.
func wantNothingLeft(t *testing.T) {
	t.Helper()
	var left string
	for range 50 {
		if left = leftRunning(); left == "" {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("left running:\n%s", left)
}

// leftRunning is the stack of a goroutine that should not be there, or "".
func leftRunning() string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, stack := range strings.Split(string(stacks), "\n\n")[1:] {
		for _, ours := range []string{"botring/telegram.", "mtproto.(*Conn)", "rpc.(*Engine)"} {
			if strings.Contains(stack, ours) {
				return stack
			}
		}
	}
	return ""
}

// TestCancelOnSockets: the same over TCP, where nothing is left running either.
func TestCancelOnSockets(t *testing.T) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			s := serve(t, telegramtest.Options{}, theBot())
			session := sessionOf(t, s)
			p.hang(s)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			start := time.Now()
			err := p.do(ctx, telegram.New(s.Network(), telegram.Options{}), session)
			failed(t, err, telegram.Cancelled)
			// Far below the 15 s that gotd waits for a dropped answer, and above a busy machine's pauses.
			if took := time.Since(start); took > time.Second {
				t.Errorf("took %v", took)
			}
			wantNothingLeft(t)
		})
	}
}

// TestCancelAtAnyMoment: a login does not stay for anything it has to compute.
func TestCancelAtAnyMoment(t *testing.T) {
	s := serve(t, telegramtest.Options{}, theBot())
	c := telegram.New(s.Network(), telegram.Options{})
	for moment := time.Duration(0); moment < 20*time.Millisecond; moment += time.Millisecond {
		// The quickest of three: a busy machine has pauses of its own.
		quickest := time.Hour
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			stop := time.AfterFunc(moment, func() {
				at = time.Now()
				cancel()
			})
			_, err := c.Login(ctx, theApp(), theToken(), nil)
			if ended := time.Now(); !stop.Stop() {
				<-ctx.Done()
				quickest = min(quickest, ended.Sub(at))
			} else {
				quickest = 0
			}
			cancel()
			if err != nil {
				failed(t, err, telegram.Cancelled)
			}
		}
		if quickest > 100*time.Millisecond {
			t.Errorf("cancelled after %v, ended %v later", moment, quickest)
		}
	}
	wantNothingLeft(t)
}
