package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/internal/secret"
)

type (
	// A proxiesObject is all proxies of the configuration, and the one in use, which need not be one of them.
	proxiesObject struct {
		header
		Proxies []proxyJSON `json:"proxies"`
		InUse   string      `json:"in_use"`
		// By is who chose it: "--proxy", "$BOTRING_PROXY" and so on, "" for nobody.
		By string `json:"by"`
	}
	proxyObject struct {
		header
		Keyring string    `json:"keyring"`
		Proxy   proxyJSON `json:"proxy"`
	}
	proxyTrialObject struct {
		header
		Proxy     proxyJSON `json:"proxy"`
		DC        int       `json:"dc"`
		ConnectMS int64     `json:"connect_ms"`
		SecureMS  int64     `json:"secure_ms"`
	}
	proxyJSON struct {
		Name string `json:"name"`
		URL  string `json:"url"`
		User string `json:"user"`
		// Secret: the keyring is to have its password or secret.
		Secret bool `json:"secret"`
	}
)

func newProxyJSON(p fleet.Proxy) proxyJSON {
	return proxyJSON{Name: p.Name, URL: p.String(), User: p.User, Secret: fleet.NeedsProxySecret(p) || !p.Secret.Empty()}
}

func newProxy(s *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "proxy",
		Short: "The proxies that lead to Telegram",
		Long: "Telegram can be reached through a SOCKS5 proxy, an HTTP proxy (CONNECT) or an MTProxy. Those that have names stand in " +
			"the configuration, their passwords and secrets in the keyring. The one in use is that of --proxy, --proxy-file, " +
			"$BOTRING_PROXY, the configuration, or $ALL_PROXY, in this order.",
		Example: `  botring proxy list
  botring proxy add office socks5://proxy.example:1080`,
		Args: noCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("What about proxies?", "The forms are: botring proxy add, list, use, test, remove.")
		},
	}
	cmd.AddCommand(newProxyAdd(s), newProxyList(s), newProxyUse(s), newProxyTest(s), newProxyRemove(s))
	return cmd
}

func newProxyAdd(s *shell) *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:   "add NAME [URL] [flags]",
		Short: "Save a proxy under a name",
		Long: "Saves a proxy under a name, in the place of the one that has it. With a URL, what it is opened with is read from standard " +
			"input or a prompt: the password of --user, or the secret of an MTProxy. Without one, the whole URL or link is.\n\n" +
			"URLs are socks5://HOST:PORT, http://HOST:PORT and mtproxy://HOST:PORT, before HOST perhaps USER:PASSWORD@ or SECRET@; " +
			"links are those of Telegram, tg://proxy?… or https://t.me/proxy?….",
		Example: `  botring proxy add office socks5://proxy.example:1080 --user me
  botring proxy add home < link.txt`,
		Args: args(1, 2, "NAME [URL]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.addProxy(cmd.Context(), args[0], slices.Concat(args, []string{""})[1], user)
		},
	}
	cmd.Flags().StringVar(&user, "user", "", "the `user` that the proxy is to admit")
	return cmd
}

func (s *shell) addProxy(ctx context.Context, name, text, user string) error {
	if problem := fleet.CheckProxyName(name); problem != nil {
		return problem
	}
	p, err := s.readProxyOf(ctx, text, user)
	if err != nil {
		return err
	}
	p.Name = name
	if err := s.saveProxy(ctx, p, s.openSecrets); err != nil {
		return err
	}
	if !p.Secret.Empty() {
		s.noteMemory()
	}
	return s.answer(proxyObject{Keyring: s.flags.kind(), Proxy: newProxyJSON(p)}, func(io.Writer) {
		s.say("Saved the proxy %s, %s. botring proxy use %s has it used.", name, p, name)
	})
}

// readProxyOf reads a proxy: the URL that was given, and its secret from elsewhere; or all of it from there.
func (s *shell) readProxyOf(ctx context.Context, text, user string) (fleet.Proxy, error) {
	if text == "" {
		whole, err := s.readHiddenText(ctx, "URL or link of the proxy: ", "There is no URL of a proxy.")
		if err != nil {
			return fleet.Proxy{}, err
		}
		text = whole
	} else if !isPublic(text) {
		return fleet.Proxy{}, errPublic
	}
	p, err := fleet.ParseProxy(text)
	if err != nil {
		return fleet.Proxy{}, err
	}
	if user != "" {
		p.User = user
	}
	if fleet.NeedsProxySecret(p) {
		given, err := s.readHiddenText(ctx, "Password or secret of the proxy: ", "There is no password or secret of the proxy.")
		if err != nil {
			return fleet.Proxy{}, err
		}
		p.Secret = secret.New(given)
	}
	return p, fleet.CheckProxy(p)
}

// readHiddenText reads one line from standard input where that is a pipe or file, or at a prompt without an echo.
func (s *shell) readHiddenText(ctx context.Context, prompt, none string) (text string, err error) {
	_, onTerminal := terminal(s.In)
	switch {
	case !onTerminal:
		text, err = s.readAll(ctx)
	case s.asks():
		text, err = s.promptSecret(ctx, prompt)
	}
	if text = fleet.Trim(text); err == nil && text == "" {
		err = secretNeeded(none, "Give it on standard input, or at the prompt of a terminal.")
	}
	return text, err
}

func newProxyList(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List all proxies and say which is in use",
		Long:  "Lists the proxies of the configuration, and says which one is in use and who chose it. Neither the keyring nor the network is touched.",
		Example: `  botring proxy list
  botring proxy list --json`,
		Args: args(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			proxies, read, err := s.knownProxies()
			if err != nil {
				return err
			}
			used, by, err := s.flags.proxy.choose(read)
			if err != nil {
				return err
			}
			object := proxiesObject{Proxies: []proxyJSON{}, InUse: used.Title(), By: by}
			for _, p := range proxies {
				object.Proxies = append(object.Proxies, newProxyJSON(p))
			}
			return s.answer(object, func(w io.Writer) { writeProxies(w, object) })
		},
	}
}

func writeProxies(w io.Writer, object proxiesObject) {
	if len(object.Proxies) > 0 {
		t := newTable("PROXY", "URL", "USER", "SECRET")
		for _, p := range object.Proxies {
			kept := ""
			if p.Secret {
				kept = "in the keyring"
			}
			t.add(p.Name, fault.Clean(p.URL), fault.Clean(p.User), kept)
		}
		t.write(w)
	}
	switch {
	case object.InUse != "":
		fmt.Fprintf(w, "In use: %s, by %s.\n", fault.Clean(object.InUse), object.By)
	case object.By != "":
		fmt.Fprintf(w, "None is in use, by %s.\n", object.By)
	case len(object.Proxies) == 0:
		fmt.Fprintln(w, "No proxies. botring proxy add adds one.")
	default:
		fmt.Fprintln(w, "None is in use. botring proxy use has one used.")
	}
}

func newProxyUse(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "use NAME",
		Short: "Have a proxy used, or none",
		Long: "Writes into the configuration which proxy is used unless --proxy, --proxy-file or $BOTRING_PROXY says otherwise. With " +
			"none, Telegram is reached directly, whatever $ALL_PROXY says.",
		Example: `  botring proxy use office
  botring proxy use none`,
		Args: args(1, 1, "NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			used, err := s.useProxy(args[0])
			if err != nil {
				return err
			}
			return s.answer(proxyObject{Keyring: s.flags.kind(), Proxy: newProxyJSON(used)}, func(io.Writer) {
				if used.Name == fleet.NoProxy {
					s.say("Telegram is reached directly from now on.")
					return
				}
				s.say("Telegram is reached through %s from now on.", used.Name)
			})
		},
	}
}

func newProxyTest(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "test [NAME]",
		Short: "See whether a proxy leads to Telegram",
		Long: "Makes a key exchange with Telegram through a proxy, which proves that Telegram is at the other end and logs nobody in. " +
			"NAME is a name or a URL without a secret, and may be left out for the proxy in use.",
		Example: `  botring proxy test
  botring proxy test office`,
		Args: args(0, 1, "[NAME]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.testProxy(cmd.Context(), slices.Concat(args, []string{""})[0])
		},
	}
}

func (s *shell) testProxy(ctx context.Context, text string) error {
	if text != "" {
		s.flags.proxy.flag, s.flags.proxy.file = text, ""
	}
	f, err := s.open(ctx)
	if err != nil {
		return err
	}
	p := f.Proxy()
	if p == (fleet.Proxy{}) {
		return usage("No proxy is in use.", "Name one: botring proxy list shows them.")
	}
	if fleet.NeedsProxySecret(p) {
		if _, err := s.openSecrets(ctx); err != nil {
			return err
		}
	}
	tried, err := f.TryProxy(ctx, p)
	if err != nil {
		return err
	}
	object := proxyTrialObject{
		Proxy: newProxyJSON(p), DC: tried.DC, ConnectMS: tried.Leading.Milliseconds(), SecureMS: tried.Exchanging.Milliseconds(),
	}
	return s.answer(object, func(io.Writer) { s.say("%s", fault.ProxyLeads(p, tried)) })
}

func newProxyRemove(s *shell) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove NAME [flags]",
		Short: "Remove a proxy and its secret",
		Long:  "Removes a proxy from the configuration, and its password or secret from the keyring. The one that the configuration has in use stays.",
		Example: `  botring proxy remove home
  botring proxy remove office --yes`,
		Args: args(1, 1, "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error { return s.removeProxy(cmd.Context(), args[0], yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (s *shell) removeProxy(ctx context.Context, name string, yes bool) error {
	p, err := s.removableProxy(name)
	if err != nil {
		return err
	}
	if !yes {
		if err := s.confirm(ctx, "Remove the proxy "+name+"?"); err != nil {
			return err
		}
	}
	if err := s.dropProxy(ctx, p, s.openSecrets); err != nil {
		return err
	}
	return s.answer(proxyObject{Keyring: s.flags.kind(), Proxy: newProxyJSON(p)}, func(io.Writer) { s.say("Removed the proxy %s.", name) })
}
