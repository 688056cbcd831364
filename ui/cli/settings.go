package cli

import (
	"errors"
	"strings"

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
