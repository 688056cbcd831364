package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/telegram"
	"botring/telegram/telegramtest"
	"botring/ui"
)

// How fast the demo's Telegram is once the screens are there: slow enough to be watched.
const (
	demoHandshake = 360 * time.Millisecond // a key exchange has three answers of about 120 ms
	demoAnswer    = 250 * time.Millisecond
	// demoTimeout is shorter than the usual one: nobody watches a stalled server for half a minute.
	demoTimeout = 10 * time.Second
	demoRing    = "demo"
)

func newDemo(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "demo [flags]",
		Short: "Open the screens on bots that do not exist",
		Long: "Opens the screens against a Telegram inside the program, with bots of every state and tokens to try. Nothing " +
			"leaves this machine, and nothing is saved.\n\n" +
			"With --keyring system the demo's secrets go to your keyring, to a place of their own, and are there the next time.",
		Example: `  botring demo
  botring demo --keyring system`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			// A variable that is set for every day does not make a demo write to the keyring.
			if !cmd.Flags().Changed("keyring") {
				s.flags.keyring = keyringMemory
			}
			return s.demo(cmd.Context())
		},
	}
}

func (s *shell) demo(ctx context.Context) (err error) {
	if len(s.flags.dcs) > 0 || len(s.flags.serverKeys) > 0 {
		return usage("The demo has a Telegram of its own.", "Leave --dc and --server-key out.")
	}
	if s.flags.keyring == keyringAge {
		// Its bots are made before there is a screen that could ask for a passphrase.
		return usage("The demo keeps its secrets in memory or in the system keyring.", "Leave --keyring age out.")
	}
	if err := s.needTerminal(); err != nil {
		return err
	}
	stage, err := openStage()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.close()) }()
	f, err := s.openDemo(ctx, stage)
	if err != nil {
		return err
	}
	if err := stage.fill(ctx, f); err != nil {
		return err
	}
	stage.slowDown()
	return s.show(ctx, ui.Options{Fleet: f, Samples: samples()})
}

// openDemo opens the fleet that lives on a stage.
func (s *shell) openDemo(ctx context.Context, stage *stage) (*fleet.Fleet, error) {
	opts, err := s.options()
	if err != nil {
		return nil, err
	}
	opts.Networks, opts.BotAPI = stage.networks(), stage.botAPIs()
	opts.Timeout = cmp.Or(opts.Timeout, demoTimeout)
	opts.Ring = cmp.Or(opts.Ring, demoRing)
	if s.fleet, err = fleet.Open(ctx, opts); err != nil {
		return nil, err
	}
	return s.fleet, nil
}

// A stage is the Telegram of the demo: one that bots live in, and a test environment beside it.
type stage struct {
	servers map[string]*telegramtest.Server
	// apis are the URLs of their Bot APIs.
	apis map[string]string
}

func openStage() (*stage, error) {
	// The two may share a key, and making one takes longer than anything else here.
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make the demo's server key: %w", err)
	}
	st := &stage{servers: make(map[string]*telegramtest.Server), apis: make(map[string]string)}
	for _, environment := range []string{telegram.EnvironmentProduction, telegram.EnvironmentTest} {
		server, err := telegramtest.Start(telegramtest.Options{
			Environment: environment,
			Test:        environment == telegram.EnvironmentTest,
			Key:         key,
		})
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start the demo's Telegram: %w", err), st.close())
		}
		st.servers[environment] = server
		if _, st.apis[environment], err = server.ListenBotAPI(); err != nil {
			return nil, errors.Join(fmt.Errorf("start the demo's Bot API: %w", err), st.close())
		}
	}
	return st, nil
}

func (st *stage) networks() []telegram.Network {
	var networks []telegram.Network
	for _, server := range st.servers {
		networks = append(networks, server.Network())
	}
	return networks
}

// botAPIs say which Bot API belongs to which environment, as --bot-api does. No token of the demo's leaves it.
func (st *stage) botAPIs() string {
	var named []string
	for environment, url := range st.apis {
		named = append(named, environment+"="+url)
	}
	return strings.Join(named, ",")
}

// slowDown makes steps last long enough to be seen.
func (st *stage) slowDown() {
	for _, server := range st.servers {
		server.Script(telegramtest.AtExchange, telegramtest.Script{Delay: demoHandshake})
		server.Script(telegramtest.AtInit, telegramtest.Script{Delay: demoAnswer})
	}
}

func (st *stage) close() error {
	var errs []error
	for _, server := range st.servers {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
}
