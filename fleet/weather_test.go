package fleet

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"botring/fleet/store"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// weatherBots is how many bots there are.
const weatherBots = 24

// A weather is what happens while all bots are checked.
type weather struct {
	name string
	// timeout of a conversation, the usual one where it is 0.
	timeout time.Duration
	// network changes how Telegram is reached, begin makes the weather, during is called at each outcome, clear ends it.
	network func(t *testing.T, n telegram.Network) telegram.Network
	begin   func(w *world)
	during  func(w *world, ended int)
	clear   func(w *world)
	// bad reports whether the weather reaches a bot, which is unreachable then.
	bad func(id int64) bool
	// loose: how many it reaches nobody can say beforehand, but some and not all.
	loose bool
}

func weathers() []weather {
	half := func(id int64) bool { return id%2 == 0 }
	everybody := func(int64) bool { return true }
	call := func(script telegramtest.Script, whom func(int64) bool) func(*world) {
		return func(w *world) {
			for id := int64(1); id <= weatherBots; id++ {
				if whom(id) {
					w.know(id, script)
				}
			}
		}
	}
	well := call(telegramtest.Script{}, everybody)
	return []weather{
		{
			name: "half the bots stall", timeout: 500 * time.Millisecond,
			begin: call(telegramtest.Script{Stall: true}, half), clear: well, bad: half,
		},
		{
			name:  "the connections of half the bots are dropped",
			begin: call(telegramtest.Script{Drop: true}, half), clear: well, bad: half,
		},
		{
			name:  "every third call is answered with 500 once",
			begin: call(telegramtest.Script{Error: "RPC_CALL_FAIL", Code: 500, Times: 1}, func(id int64) bool { return id%3 == 0 }),
			clear: well, bad: func(int64) bool { return false },
		},
		{
			name: "the network goes away half-way and comes back",
			during: func(w *world, ended int) {
				switch ended {
				case weatherBots / 3:
					w.tg.Script(telegramtest.AtConnect, telegramtest.Script{Drop: true})
				case 2 * weatherBots / 3:
					w.tg.Script(telegramtest.AtConnect, telegramtest.Script{})
				}
			},
			clear: func(w *world) { w.tg.Script(telegramtest.AtConnect, telegramtest.Script{}) },
			bad:   everybody, loose: true,
		},
		{
			name: "a data centre refuses connections", timeout: 2 * time.Second,
			network: func(t *testing.T, n telegram.Network) telegram.Network {
				dcs := append([]telegram.DC(nil), n.DCs...)
				for i := range dcs {
					if dcs[i].ID == 4 {
						dcs[i].Addrs = []string{closedAddress(t)}
					}
				}
				n.DCs = dcs
				return n
			},
			bad: farAway,
		},
	}
}

// farAway are the bots that live in another data centre than the others.
func farAway(id int64) bool { return id%3 == 1 }

// know makes a bot known to Telegram that answers calls so.
func (w *world) know(id int64, script telegramtest.Script) telegramtest.Bot {
	bot := w.tgBot(id, "x")
	bot.Call = script
	if farAway(id) {
		bot.DC = 4
	}
	w.tg.AddBot(bot)
	return bot
}

// closedAddress is one where nobody listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// underWeather opens a fleet where the weather has its say.
func (w *world) underWeather(t *testing.T, weather weather) *Fleet {
	t.Helper()
	opts := w.options()
	if weather.timeout > 0 {
		opts.Timeout = weather.timeout
	}
	if weather.network != nil {
		opts.Networks[0] = weather.network(t, opts.Networks[0])
	}
	f, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if weather.begin != nil {
		weather.begin(w)
	}
	return f
}

// seedWeather logs the bots in, on both sides.
func (w *world) seedWeather(t *testing.T) (keys []Key) {
	t.Helper()
	f := w.open()
	if _, err := f.AddApp(t.Context(), "main", testApp, testHash()); err != nil {
		t.Fatal(err)
	}
	for id := int64(1); id <= weatherBots; id++ {
		bot := w.know(id, telegramtest.Script{})
		session, err := w.tg.Session(id)
		if err != nil {
			t.Fatal(err)
		}
		order := NewBot{Token: bot.Token, APIID: testApp, NoLogin: true}
		if _, err := f.Adopt(t.Context(), order, session, bot.Profile, store.Here); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key(id))
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestWeather: whatever the weather, at its end the state of every bot is true, no login was made that nobody asked
// for, no session was lost, and once it has cleared up everything is found well again.
func TestWeather(t *testing.T) {
	for _, weather := range weathers() {
		t.Run(weather.name, func(t *testing.T) {
			w := newWorld(t)
			keys := w.seedWeather(t)
			f := w.underWeather(t, weather)
			ended, met := 0, 0
			f.CheckMany(t.Context(), keys, func(o Outcome) {
				if ended++; weather.during != nil {
					weather.during(w, ended)
				}
				bad := weather.bad(o.Key.ID)
				switch got := o.Bot.Health.Status; {
				case bad && got == store.Unreachable && o.Err != nil:
					met++
				case bad && !weather.loose, got != store.OK, o.Err != nil:
					t.Errorf("%v is %s after %v", o.Key, got, o.Err)
				}
				if got := status(t, f, o.Key.ID); got != o.Bot.Health.Status {
					t.Errorf("%v was told as %s and is kept as %s", o.Key, o.Bot.Health.Status, got)
				}
			})
			if ended != weatherBots {
				t.Errorf("%d of %d were told of", ended, weatherBots)
			}
			if weather.loose && (met == 0 || met == weatherBots) {
				t.Errorf("the weather met %d of %d bots: it was none", met, weatherBots)
			}
			if weather.clear != nil {
				weather.clear(w)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			w.open().CheckMany(t.Context(), keys, func(o Outcome) {
				if o.Err != nil || o.Bot.Health.Status != store.OK {
					t.Errorf("%v is %s after the weather: %v", o.Key, o.Bot.Health.Status, o.Err)
				}
			})
			if stats := w.tg.Stats(); stats.Logins != 0 || stats.Sessions != weatherBots {
				t.Errorf("%d logins, %d sessions left of %d", stats.Logins, stats.Sessions, weatherBots)
			}
		})
	}
}

// TestAFloodOfOneApp: a wait of 3,000 s for the logins of one app leaves the other app alone, and all checks; few
// logins are sent before it binds the app, and none before it is over.
func TestAFloodOfOneApp(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, tg *fakeTelegram, f *Fleet, working []Key) {
		if _, err := f.AddApp(t.Context(), "second", testApp+1, testHash()); err != nil {
			t.Fatal(err)
		}
		flooded := func(id int64) bool { return id < 200 }
		var sent, second atomic.Int64
		tg.onLogin = func(_ context.Context, id int64) error {
			if !flooded(id) {
				second.Add(1)
				return nil
			}
			sent.Add(1)
			return floodWait(3000 * time.Second)
		}
		var keys []Key
		for id := int64(100); id < 300; id++ {
			app := testApp
			if !flooded(id) {
				app = testApp + 1
			}
			if _, err := f.Add(t.Context(), NewBot{Token: tokenOf(id, "x"), APIID: app, NoLogin: true}, nil); err != nil {
				t.Fatal(err)
			}
			keys = append(keys, key(id))
		}
		logIn := func() (ok, waiting int) {
			became := map[Status]int{}
			f.LoginMany(t.Context(), keys, false, func(o Outcome) { became[o.Bot.Health.Status]++ })
			return became[store.OK], became[store.Flooded]
		}
		began := time.Now()
		if ok, waiting := logIn(); ok != 100 || waiting != 100 {
			t.Errorf("%d logged in, %d wait", ok, waiting)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the other app's logins took %v", took)
		}
		if n := sent.Load(); n > 3 {
			t.Errorf("%d logins of the app were sent after it was told to wait", n)
		}
		f.CheckMany(t.Context(), working, func(o Outcome) {
			if o.Err != nil || o.Bot.Health.Status != store.OK {
				t.Errorf("the check of %v: %s, %v", o.Key, o.Bot.Health.Status, o.Err)
			}
		})
		before := sent.Load()
		if ok, waiting := logIn(); ok != 100 || waiting != 100 || sent.Load() != before || second.Load() != 100 {
			t.Errorf("again: %d logged in, %d wait, %d logins were sent", ok, waiting, sent.Load()-before)
		}
		tg.onLogin = nil
		time.Sleep(3001 * time.Second)
		if ok, waiting := logIn(); ok != 200 || waiting != 0 {
			t.Errorf("after the wait %d are logged in, %d wait", ok, waiting)
		}
	})
}
