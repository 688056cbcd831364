package fleet

import (
	"context"
	"errors"
	"slices"
	"strings"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/botapi"
)

// botAPIs are Bot API servers by the environment whose tokens they may be told.
type botAPIs map[string]botapi.Server

// getMe is botapi.Server.GetMe.
type getMe func(server botapi.Server, ctx context.Context, token secret.Secret, test bool, opts botapi.Options) (telegram.Profile, error)

var errBotAPITwice = errors.New("an environment has one Bot API server")

// parseBotAPIs reads Options.BotAPI. Errors are *InputError and quote nothing: a token may stand where it should not.
func parseBotAPIs(text string, insecure bool) (botAPIs, error) {
	apis := make(botAPIs)
	wrong := func(err error) error { return &InputError{Field: FieldBotAPI, Problem: ProblemBotAPI, Err: err} }
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		environments := []string{telegram.EnvironmentProduction, telegram.EnvironmentTest}
		if name, url, named := strings.Cut(part, "="); named && isEnvironmentName(name) {
			environments, part = []string{name}, url
		}
		server, err := botapi.Parse(part, insecure)
		if err != nil {
			return nil, wrong(err)
		}
		for _, environment := range environments {
			if _, twice := apis[environment]; twice {
				return nil, wrong(errBotAPITwice)
			}
			apis[environment] = server
		}
	}
	return apis, nil
}

// CheckBotAPI says what is wrong with Options.BotAPI, nil if nothing is.
func CheckBotAPI(text string) error {
	_, err := parseBotAPIs(text, false)
	return err
}

// BotAPI is the HOST or HOST:PORT of the server that is asked about the tokens of an environment, or ErrNoBotAPI.
func (f *Fleet) BotAPI(environment string) (string, error) {
	server, err := f.botAPI(environment)
	return server.Addr(), err
}

// botAPI is the server that may be told tokens of an environment. Telegram's own is told those of Telegram's own
// environments only, and of these none that are something else here, as in the demo.
func (f *Fleet) botAPI(environment string) (botapi.Server, error) {
	if server, ok := f.botAPIs[environment]; ok {
		return server, nil
	}
	replaced := slices.ContainsFunc(f.opts.Networks, func(n telegram.Network) bool { return n.Name == environment })
	if !replaced && (environment == telegram.EnvironmentProduction || environment == telegram.EnvironmentTest) {
		return botapi.Telegram(), nil
	}
	if err := f.envs.require(environment); err != nil {
		return botapi.Server{}, err
	}
	return botapi.Server{}, ErrNoBotAPI
}

// wayTo is the proxy that leads to a server, with its secret. Nothing leads to one on this computer.
func (f *Fleet) wayTo(ctx context.Context, server botapi.Server) (Proxy, error) {
	if server.Local() {
		return Proxy{}, nil
	}
	proxy, noWay := f.way()
	switch {
	case noWay != nil:
		return Proxy{}, noWay
	case proxy.Kind == telegram.MTProxy:
		return Proxy{}, &telegram.Error{
			Kind: telegram.ProxyRefused, Op: botapi.Op, Addr: server.Addr(), Proxy: proxy.Title(), ProxyKind: proxy.Kind,
			Err: telegram.ErrMTProxyLeads,
		}
	}
	return f.withSecret(ctx, proxy)
}
