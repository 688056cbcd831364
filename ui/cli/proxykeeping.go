package cli

import (
	"context"
	"slices"
	"strconv"

	"botring/fleet"
	"botring/internal/secret"
)

// knownProxies are those of the configuration.
func (s *shell) knownProxies() ([]fleet.Proxy, config, error) {
	read, _, err := s.loadConfig()
	return read.proxies, read, tellConfig(err)
}

// knownProxy is one of them.
func (s *shell) knownProxy(name string) (fleet.Proxy, config, error) {
	proxies, read, err := s.knownProxies()
	if err != nil {
		return fleet.Proxy{}, read, err
	}
	i := slices.IndexFunc(proxies, func(p fleet.Proxy) bool { return p.Name == name })
	if i < 0 {
		return fleet.Proxy{}, read, &fleet.InputError{Field: fleet.FieldProxy, Problem: fleet.ProblemUnknown, Got: name}
	}
	return proxies[i], read, nil
}

// An opener opens the fleet for what needs the keyring.
type opener func(context.Context) (*fleet.Fleet, error)

// saveProxy saves a proxy under its name, in the place of the one that has it: what it is opened with in the keyring,
// and the rest in the configuration.
func (s *shell) saveProxy(ctx context.Context, p fleet.Proxy, open opener) error {
	was, _, err := s.knownProxies()
	if err != nil {
		return err
	}
	had := slices.ContainsFunc(was, func(old fleet.Proxy) bool { return old.Name == p.Name && fleet.NeedsProxySecret(old) })
	if had || !p.Secret.Empty() {
		f, err := open(ctx)
		if err != nil {
			return err
		}
		if p.Secret.Empty() {
			err = f.RemoveProxySecret(ctx, p.Name)
		} else {
			err = f.SaveProxySecret(ctx, p)
		}
		if err != nil {
			return err
		}
	}
	bare := p
	bare.Secret = secret.Secret{}
	return s.changeProxies(func(content []byte) []byte { return withProxy(content, p) }, func(is config) bool { return slices.Contains(is.proxies, bare) })
}

// useProxy writes into the configuration which proxy is used, or that none is.
func (s *shell) useProxy(name string) (fleet.Proxy, error) {
	used := fleet.Proxy{Name: fleet.NoProxy}
	if name != fleet.NoProxy {
		var err error
		if used, _, err = s.knownProxy(name); err != nil {
			return fleet.Proxy{}, err
		}
	}
	return used, s.configure(configProxy, strconv.Quote(used.Name))
}

// removableProxy is the proxy of a name, which the configuration does not have in use.
func (s *shell) removableProxy(name string) (fleet.Proxy, error) {
	p, read, err := s.knownProxy(name)
	if err == nil && read.proxy == name {
		err = usage("The proxy "+name+" is in use.", "Have another one used first: botring proxy use NAME, or botring proxy use none.")
	}
	return p, err
}

// dropProxy takes a proxy out of the configuration, and what it is opened with out of the keyring.
func (s *shell) dropProxy(ctx context.Context, p fleet.Proxy, open opener) error {
	if fleet.NeedsProxySecret(p) {
		f, err := open(ctx)
		if err != nil {
			return err
		}
		if err := f.RemoveProxySecret(ctx, p.Name); err != nil {
			return err
		}
	}
	gone := func(is config) bool {
		return !slices.ContainsFunc(is.proxies, func(left fleet.Proxy) bool { return left.Name == p.Name })
	}
	return s.changeProxies(func(content []byte) []byte { return withoutProxy(content, p.Name) }, gone)
}
