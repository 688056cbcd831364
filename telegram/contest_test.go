//go:build unix

package telegram_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/crypto"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// A contest is what a contestant is asked to do, alone in a process of its own, so that its CPU time is not
// the server's.
type contest struct {
	// What is "login" or "check", Who the one that does it.
	What string `json:"what"`
	Who  string `json:"who"`
	// Times it is measured, after Warm times that are not.
	Times int `json:"times"`
	Warm  int `json:"warm"`
	// DC is where it begins, Addresses are those of the data centres from 1 on.
	DC        int      `json:"dc"`
	Addresses []string `json:"addresses"`
	// PEM is the server's key, and Fingerprint, Modulus and Exponent are the same for those who read no PEM.
	PEM         string `json:"pem"`
	Fingerprint string `json:"fingerprint"`
	Modulus     string `json:"modulus"`
	Exponent    int    `json:"exponent"`
	APIID       int    `json:"apiID"`
	APIHash     string `json:"apiHash"`
	Token       string `json:"token"`
	Username    string `json:"username"`
	// Key is the session's, in hexadecimal digits.
	Key string `json:"key"`
}

// A performance is how long each time took, and all together of the process's CPU, in nanoseconds.
type performance struct {
	Wall []time.Duration `json:"wall"`
	CPU  time.Duration   `json:"cpu"`
}

// contestEnv makes the test binary a contestant.
const contestEnv = "BOTRING_CONTEST"

func TestMain(m *testing.M) {
	if os.Getenv(contestEnv) == "" {
		os.Exit(m.Run())
	}
	if err := contend(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// BenchmarkContest has clients log in and check the same bot at the same server: this package; gotd's
// connection with its own key exchange; and GramJS, where BENCH_GRAMJS says where it is. Each does it once in
// a process of its own, as a command does, and again and again in one process, as a screen does. The times of
// what takes long are fewer than asked for.
func BenchmarkContest(b *testing.B) {
	away := theBot()
	away.DC = 4
	for _, event := range []struct {
		name, what string
		bot        telegramtest.Bot
	}{
		{"login", "login", theBot()},
		{"login-moved", "login", away},
		{"check", "check", theBot()},
	} {
		for _, mode := range []string{"first", "again"} {
			for _, who := range []string{"botring", "gotd", "gramjs"} {
				b.Run(event.name+"/"+mode+"/"+who, func(b *testing.B) {
					if who == "gramjs" && os.Getenv("BENCH_GRAMJS") == "" {
						b.Skip("BENCH_GRAMJS names no folder")
					}
					s := serve(b, telegramtest.Options{}, event.bot)
					c := contestAt(b, s, event.what, who)
					times := b.N
					if who == "gotd" && event.what == "login" {
						times = min(times, 5)
					}
					report(b, hold(b, c, mode == "first", times))
				})
			}
		}
	}
}

// hold has a contestant do something so many times, each in a new process or all in one.
func hold(b *testing.B, c contest, first bool, times int) performance {
	b.Helper()
	if !first {
		c.Times, c.Warm = times, 3
		return perform(b, c)
	}
	c.Times, c.Warm = 1, 0
	var all performance
	for range times {
		p := perform(b, c)
		all.Wall = append(all.Wall, p.Wall...)
		all.CPU += p.CPU
	}
	return all
}

// report reports the median of the times and the mean of the CPU's.
func report(b *testing.B, p performance) {
	slices.Sort(p.Wall)
	median := p.Wall[len(p.Wall)/2]
	b.ReportMetric(float64(median), "ns/op")
	b.ReportMetric(median.Seconds()*1e3, "wall-ms")
	b.ReportMetric(p.CPU.Seconds()*1e3/float64(len(p.Wall)), "cpu-ms")
}

// contestAt describes a server to a contestant.
func contestAt(b *testing.B, s *telegramtest.Server, what, who string) contest {
	b.Helper()
	network := s.Network()
	key := network.Keys[0]
	c := contest{
		What: what, Who: who, DC: 2,
		PEM: string(pem.EncodeToMemory(&pem.Block{
			Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(key),
		})),
		Fingerprint: fmt.Sprint(crypto.RSAFingerprint(key)), Modulus: key.N.Text(16), Exponent: key.E,
		APIID: theApp().ID, APIHash: theApp().Hash.Reveal(), Token: tokenText, Username: theBot().Profile.Username,
		Key: hex.EncodeToString([]byte(sessionOf(b, s).Key.Reveal())),
	}
	for _, d := range network.DCs {
		c.Addresses = append(c.Addresses, d.Addrs[0])
	}
	return c
}

// perform runs a contestant and returns what it measured. GramJS may try again: some of its key exchanges
// fail by themselves.
func perform(b *testing.B, c contest) performance {
	b.Helper()
	p, err := compete(b.Context(), c)
	for tries := 0; err != nil && c.Who == "gramjs" && tries < 3; tries++ {
		b.Logf("GramJS tries again: %v", err)
		p, err = compete(b.Context(), c)
	}
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// compete runs a contestant once.
func compete(ctx context.Context, c contest) (p performance, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	if c.Who == "gramjs" {
		cmd = exec.CommandContext(ctx, "node", "../scripts/bench/gramjs.cjs")
	}
	asked, err := json.Marshal(c)
	if err != nil {
		return p, err
	}
	cmd.Env = append(os.Environ(), contestEnv+"=1")
	cmd.Stdin = strings.NewReader(string(asked))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(out, &p); err != nil {
		return p, err
	}
	if len(p.Wall) != c.Times {
		return p, fmt.Errorf("%d times of %d measured", len(p.Wall), c.Times)
	}
	return p, nil
}

// contend is a contestant: it reads a contest and prints its performance.
func contend() error {
	var c contest
	if err := json.NewDecoder(os.Stdin).Decode(&c); err != nil {
		return fmt.Errorf("read contest: %w", err)
	}
	act, err := c.contestant()
	if err != nil {
		return err
	}
	var p performance
	for i := -c.Warm; i < c.Times; i++ {
		spent, began := cpuTime(), time.Now()
		username, err := act(context.Background())
		took, spentNow := time.Since(began), cpuTime()
		if err != nil {
			return fmt.Errorf("%s: %w", c.What, err)
		}
		if username != c.Username {
			return fmt.Errorf("logged in as %q", username)
		}
		if i >= 0 {
			p.Wall = append(p.Wall, took)
			p.CPU += spentNow - spent
		}
	}
	return json.NewEncoder(os.Stdout).Encode(p)
}

// contestant is what is done each time; it returns the bot's name.
func (c contest) contestant() (func(context.Context) (string, error), error) {
	network, err := c.network()
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(c.Key)
	if err != nil {
		return nil, err
	}
	app := telegram.App{ID: c.APIID, Hash: secret.New(c.APIHash)}
	client := telegram.New(network, telegram.Options{})
	switch c.Who + " " + c.What {
	case "botring login":
		return func(ctx context.Context) (string, error) {
			login, err := client.LoginAt(ctx, c.DC, app, secret.New(c.Token), nil)
			return login.Profile.Username, err
		}, nil
	case "botring check":
		session := telegram.Session{DC: c.DC, Environment: network.Name, Key: secret.New(string(key))}
		return func(ctx context.Context) (string, error) {
			profile, err := client.Check(ctx, app, session, nil)
			return profile.Username, err
		}, nil
	case "gotd login":
		return func(ctx context.Context) (string, error) { return c.gotdLogin(ctx, network) }, nil
	case "gotd check":
		return func(ctx context.Context) (string, error) { return c.gotdCheck(ctx, network, crypto.Key(key)) }, nil
	}
	return nil, errors.New("nobody does that")
}

// network is the server's.
func (c contest) network() (telegram.Network, error) {
	block, _ := pem.Decode([]byte(c.PEM))
	if block == nil {
		return telegram.Network{}, errors.New("no key")
	}
	key, err := x509.ParsePKCS1PublicKey(block.Bytes)
	if err != nil {
		return telegram.Network{}, err
	}
	n := telegram.Network{Name: "contest", Keys: []*rsa.PublicKey{key}}
	for i, addr := range c.Addresses {
		n.DCs = append(n.DCs, telegram.DC{ID: i + 1, Addrs: []string{addr}})
	}
	return n, nil
}
