package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"time"

	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// A Proxy is a telegram.Proxy.
type Proxy = telegram.Proxy

// ParseProxy reads the URL of a proxy, or a link of Telegram's to one. Errors are *InputError and quote nothing.
func ParseProxy(text string) (Proxy, error) {
	p, err := telegram.ParseProxy(text)
	if err != nil {
		return Proxy{}, &InputError{Field: FieldProxy, Problem: ProblemProxy, Err: err}
	}
	return p, nil
}

// NoProxy is the name that no proxy has: it means that Telegram is reached without one.
const NoProxy = "none"

// IsProxyName reports whether a text can be the name of a proxy.
func IsProxyName(name string) bool {
	return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`).MatchString(name) && name != NoProxy
}

// CheckProxyName says what makes a text no name of a proxy, nil where it is one.
func CheckProxyName(name string) *InputError {
	switch {
	case name == "":
		return &InputError{Field: FieldProxyName, Problem: ProblemEmpty}
	case !IsProxyName(name):
		return &InputError{Field: FieldProxyName, Problem: ProblemSyntax}
	}
	return nil
}

// NeedsProxySecret reports whether a proxy has a secret that has to come from the keyring: a password, since it
// has a user, or the secret of an MTProxy.
func NeedsProxySecret(p Proxy) bool {
	return p.Secret.Empty() && (p.User != "" || p.Kind == telegram.MTProxy)
}

// A ProxySecretError says that the keyring has no password or secret of a proxy.
type ProxySecretError struct{ Proxy string }

func (e *ProxySecretError) Error() string { return "no secret of proxy " + e.Proxy }

// passage is how a fleet reaches Telegram: through a proxy, or directly.
type passage struct {
	mu sync.Mutex
	// proxy is the one in use, with its secret once that was needed.
	proxy Proxy
	// noWay is why nothing is to be reached.
	noWay error
	// clients are those that go through it, by environment. A client remembers what it has proved of its
	// network, so there is one of each.
	clients map[string]*telegram.Client
}

// Proxy is what Telegram is reached through, the zero Proxy for nothing. Its secret may not be there yet.
func (f *Fleet) Proxy() Proxy {
	proxy, _ := f.way()
	return proxy
}

func (f *Fleet) way() (proxy Proxy, noWay error) {
	f.passage.mu.Lock()
	defer f.passage.mu.Unlock()
	return f.passage.proxy, f.passage.noWay
}

// Proxies are those that have names.
func (f *Fleet) Proxies() []Proxy { return f.opts.Proxies }

// CheckProxy says what makes a proxy unusable, as an *InputError.
func CheckProxy(p Proxy) error {
	if err := p.Validate(); err != nil {
		return &InputError{Field: FieldProxy, Problem: ProblemProxy, Err: err}
	}
	return nil
}

// FindProxy is the proxy that a text means: none with NoProxy or "", one of those that have names, or a URL.
func FindProxy(known []Proxy, text string) (Proxy, error) {
	text = Trim(text)
	i := slices.IndexFunc(known, func(p Proxy) bool { return p.Name == text })
	switch {
	case text == "" || text == NoProxy:
		return Proxy{}, nil
	case i >= 0:
		return known[i], nil
	case IsProxyName(text):
		return Proxy{}, &InputError{Field: FieldProxy, Problem: ProblemUnknown, Got: text}
	}
	p, err := ParseProxy(text)
	if err != nil {
		return Proxy{}, err
	}
	return p, CheckProxy(p)
}

// UseProxy has Telegram be reached through a proxy from the next call on, through none with the zero Proxy.
func (f *Fleet) UseProxy(p Proxy) {
	f.passage.mu.Lock()
	defer f.passage.mu.Unlock()
	if p != f.passage.proxy || f.passage.noWay != nil {
		f.passage.proxy, f.passage.noWay, f.passage.clients = p, nil, nil
	}
}

// client is what speaks to a network, through the proxy in use.
func (f *Fleet) client(ctx context.Context, network telegram.Network) (*telegram.Client, error) {
	proxy, noWay := f.way()
	if noWay != nil {
		return nil, noWay
	}
	full, err := f.withSecret(ctx, proxy)
	if err != nil {
		return nil, err
	}
	f.passage.mu.Lock()
	defer f.passage.mu.Unlock()
	if f.passage.proxy != proxy && f.passage.proxy != full {
		return f.newClient(network, full), nil // another is in use by now
	}
	f.passage.proxy = full
	client := f.passage.clients[network.Name]
	if client == nil {
		client = f.newClient(network, full)
		if f.passage.clients == nil {
			f.passage.clients = make(map[string]*telegram.Client)
		}
		f.passage.clients[network.Name] = client
	}
	return client, nil
}

func (f *Fleet) newClient(network telegram.Network, proxy Proxy) *telegram.Client {
	return telegram.New(network, telegram.Options{Timeout: f.opts.Timeout, Version: f.opts.Version, Proxy: proxy})
}

// passing is a conversation through the proxy in use, whose secret is read when something is to be said.
type passing struct {
	fleet   *Fleet
	network telegram.Network
}

// LoginAt is a client's.
func (p passing) LoginAt(ctx context.Context, dc int, app telegram.App, token secret.Secret, report func(telegram.Step)) (telegram.Login, error) {
	client, err := p.fleet.client(ctx, p.network)
	if err != nil {
		return telegram.Login{}, err
	}
	return client.LoginAt(ctx, dc, app, token, report)
}

// Check is a client's.
func (p passing) Check(ctx context.Context, app telegram.App, session telegram.Session, report func(telegram.Step)) (telegram.Profile, error) {
	client, err := p.fleet.client(ctx, p.network)
	if err != nil {
		return telegram.Profile{}, err
	}
	return client.Check(ctx, app, session, report)
}

// LogOut is a client's.
func (p passing) LogOut(ctx context.Context, app telegram.App, session telegram.Session, report func(telegram.Step)) error {
	client, err := p.fleet.client(ctx, p.network)
	if err != nil {
		return err
	}
	return client.LogOut(ctx, app, session, report)
}

// ExportBotToken is a client's.
func (p passing) ExportBotToken(ctx context.Context, app telegram.App, manager telegram.Session, bot int64, revoke bool, report func(telegram.Step)) (secret.Secret, error) {
	client, err := p.fleet.client(ctx, p.network)
	if err != nil {
		return secret.Secret{}, err
	}
	return client.ExportBotToken(ctx, app, manager, bot, revoke, report)
}

// Contact is a client's.
func (p passing) Contact(ctx context.Context, dc int, addr string) (telegram.Contact, error) {
	client, err := p.fleet.client(ctx, p.network)
	if err != nil {
		return telegram.Contact{}, err
	}
	return client.Contact(ctx, dc, addr)
}

// proxyJSON is what the keyring holds of a proxy.
type proxyJSON struct {
	V      int    `json:"v"`
	Secret string `json:"secret"`
}

func proxyItemName(name string) string { return "proxy/" + name }

// withSecret is a proxy with the secret that the keyring has of it, if it needs that.
func (f *Fleet) withSecret(ctx context.Context, p Proxy) (Proxy, error) {
	if !NeedsProxySecret(p) || p.Name == "" {
		return p, nil
	}
	r, err := f.at.Load().ring.get(ctx)
	if err != nil {
		return Proxy{}, err
	}
	value, err := r.Get(ctx, proxyItemName(p.Name))
	if errors.Is(err, keyring.ErrNotFound) {
		return Proxy{}, &ProxySecretError{Proxy: p.Name}
	}
	if err != nil {
		return Proxy{}, err
	}
	p.Secret, err = decodeProxyItem(p.Name, value)
	if err == nil && p.Validate() != nil {
		err = damaged(proxyItemName(p.Name)) // it belongs to a proxy of another kind
	}
	return p, err
}

func decodeProxyItem(name string, value secret.Secret) (secret.Secret, error) {
	var in proxyJSON
	if err := decodeJSON(proxyItemName(name), value, &in, &in.V); err != nil {
		return secret.Secret{}, err
	}
	return secret.New(in.Secret), nil
}

// SaveProxySecret keeps the secret of a proxy that has a name in the keyring, in the place of one that is there.
func (f *Fleet) SaveProxySecret(ctx context.Context, p Proxy) (err error) {
	ctx, op := f.begin(ctx, "save proxy", Key{})
	defer op.end(&err)
	op.note(slog.String("proxy", p.Name))
	if err := CheckProxy(p); err != nil {
		return err
	}
	r, release, err := f.at.Load().ring.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	item := proxyItemName(p.Name)
	_, err = mayReplace(ctx, r, item, func(value secret.Secret) error {
		_, err := decodeProxyItem(p.Name, value)
		return err
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(proxyJSON{V: itemVersion, Secret: p.Secret.Reveal()})
	if err != nil {
		return fmt.Errorf("encode %s: %w", item, err)
	}
	if err := r.Put(ctx, keyring.Item{Name: item, Label: "botring: proxy " + p.Name, Value: secret.New(string(text))}); err != nil {
		return err
	}
	return readBack(ctx, r, item, p.Secret, func(got secret.Secret) (secret.Secret, error) { return decodeProxyItem(p.Name, got) })
}

// RemoveProxySecret removes what the keyring has of a proxy, if that is anything.
func (f *Fleet) RemoveProxySecret(ctx context.Context, name string) (err error) {
	ctx, op := f.begin(ctx, "remove proxy", Key{})
	defer op.end(&err)
	op.note(slog.String("proxy", name))
	r, release, err := f.at.Load().ring.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	return deleteItem(ctx, r, proxyItemName(name))
}

// A ProxyTrial is what a key exchange through a proxy took: to lead to Telegram, and to make the key there.
type ProxyTrial struct {
	Addr                string
	DC                  int
	Leading, Exchanging time.Duration
}

// TryProxy makes a key exchange with the data centre where logins begin, through a proxy, which logs nobody in.
func (f *Fleet) TryProxy(ctx context.Context, p Proxy) (tried ProxyTrial, err error) {
	ctx, op := f.begin(ctx, "try proxy", Key{})
	defer op.end(&err)
	if p, err = f.withSecret(ctx, p); err != nil {
		return ProxyTrial{}, err
	}
	network := f.envs.known[f.envs.current]()
	dc := network.Home()
	tried = ProxyTrial{DC: dc.ID, Addr: dc.Addrs[0]}
	contact, err := f.newClient(network, p).Contact(ctx, tried.DC, tried.Addr)
	tried.Leading, tried.Exchanging = contact.Connecting, contact.Securing
	return tried, err
}
