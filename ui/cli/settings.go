package cli

import (
	"context"
	"errors"
	"strings"

	"botring/fleet"
	"botring/ui"
)

// settings are what the screens show and change of the configuration.
type settings struct{ *shell }

// All are the settings in their order.
func (s settings) All() []ui.Setting {
	var all []ui.Setting
	for _, key := range configKeys() {
		if key.says == "" {
			continue
		}
		by, from := s.chosenBy(key)
		one := ui.Setting{Key: key.name, Value: strings.Trim(key.value(s.shell), `"`), Says: key.says, Chosen: by != byDefault}
		if key.choices != nil {
			one.Choices = key.choices(s.config)
		}
		if by == byFlag || by == byVariable {
			one.Above = from
		}
		all = append(all, one)
	}
	return all
}

// Set writes a setting, "" to have it as usual. Its errors are sentences for people.
func (s settings) Set(key, value string) ([]ui.Setting, error) {
	if err := s.set(key, value); err != nil {
		f := words(err)
		return nil, errors.New(strings.TrimSpace(f.What + " " + f.Why))
	}
	return s.All(), nil
}

// Place is where the configuration is, or would be.
func (s settings) Place() string { return s.configPlace() }

// proxies are those that have names, as the screens show and change them. They open no keyring by themselves: the
// fleet asks on the screens for what it needs.
type proxies struct{ *shell }

// All are they, and the one in use.
func (p proxies) All() ui.ProxyState {
	state := ui.ProxyState{Named: p.config.proxies, Configured: p.config.proxy, Above: p.flags.proxy.above()}
	var err error
	state.InUse, state.By, err = p.flags.proxy.choose(p.config)
	state.Unusable = err != nil
	return state
}

// Save saves a proxy under its name.
func (p proxies) Save(ctx context.Context, proxy fleet.Proxy) (ui.ProxyState, error) {
	return p.after(p.saveProxy(ctx, proxy, p.open))
}

// Remove removes one.
func (p proxies) Remove(ctx context.Context, name string) (ui.ProxyState, error) {
	proxy, err := p.removableProxy(name)
	if err == nil {
		err = p.dropProxy(ctx, proxy, p.open)
	}
	return p.after(err)
}

// Use has one used, or none.
func (p proxies) Use(name string) (ui.ProxyState, error) {
	_, err := p.useProxy(name)
	return p.after(err)
}

// after obeys the configuration that was changed, and brings along the words of what went wrong.
func (p proxies) after(err error) (ui.ProxyState, error) {
	var said *usageError
	if errors.As(err, &said) {
		err = &ui.RefusedError{Fault: said.Fault}
	}
	if err != nil {
		return ui.ProxyState{}, err
	}
	read, _, err := p.loadConfig()
	if err != nil {
		return ui.ProxyState{}, &ui.RefusedError{Fault: words(tellConfig(err))}
	}
	p.obey(read)
	return p.All(), nil
}
