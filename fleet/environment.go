package fleet

import (
	"cmp"
	"errors"
	"maps"
	"regexp"
	"slices"
	"sync"

	"botring/telegram"
)

// customEnvironment is what an environment with --dc and without a name is called.
const customEnvironment = "custom"

// environments are the Telegrams a fleet can speak to.
type environments struct {
	// current is the one new bots go to.
	current string
	// known makes a network when it is first spoken to: reading its keys is no part of a start.
	known map[string]func() telegram.Network
}

func newEnvironments(opts Options) (environments, error) {
	envs := environments{
		current: opts.Environment,
		known: map[string]func() telegram.Network{
			telegram.EnvironmentProduction: sync.OnceValue(telegram.Production),
			telegram.EnvironmentTest:       sync.OnceValue(telegram.Test),
		},
	}
	for _, network := range opts.Networks {
		envs.known[network.Name] = func() telegram.Network { return network }
	}
	for _, each := range opts.Custom {
		if err := envs.add(each); err != nil {
			return envs, err
		}
	}
	custom := len(opts.DCs) > 0 || len(opts.ServerKeys) > 0
	if envs.current == "" {
		envs.current = telegram.EnvironmentProduction
		if custom {
			envs.current = customEnvironment
		}
	}
	if !custom {
		return envs, envs.require(envs.current)
	}
	if slices.ContainsFunc(opts.Custom, func(each CustomEnvironment) bool { return each.Name == envs.current }) {
		return envs, &InputError{Field: fieldOfDCs(opts.DCs), Problem: ProblemConfiguredDCs, Got: envs.current}
	}
	return envs, envs.add(CustomEnvironment{envs.current, opts.DCs, opts.ServerKeys})
}

// add makes an environment of somebody's own known. The keys are read at once: what cannot be used is told before a
// bot is sent anywhere.
func (envs environments) add(custom CustomEnvironment) error {
	network, err := customNetwork(custom.Name, custom.DCs, custom.ServerKeys)
	if err != nil {
		return err
	}
	envs.known[network.Name] = func() telegram.Network { return network }
	return nil
}

// fieldOfDCs is the input that is to blame where addresses and keys are.
func fieldOfDCs(dcs []string) Field {
	if len(dcs) == 0 {
		return FieldServerKey
	}
	return FieldDC
}

func customNetwork(name string, dcs, keys []string) (telegram.Network, error) {
	switch {
	case name == telegram.EnvironmentProduction || name == telegram.EnvironmentTest:
		return telegram.Network{}, &InputError{Field: fieldOfDCs(dcs), Problem: ProblemFixedDCs, Got: name}
	case !isEnvironmentName(name):
		return telegram.Network{}, &InputError{Field: FieldEnvironment, Problem: ProblemSyntax, Got: name}
	case len(dcs) == 0:
		return telegram.Network{}, &InputError{Field: FieldDC, Problem: ProblemNeedsDCs, Got: name}
	case len(keys) == 0:
		return telegram.Network{}, &InputError{Field: FieldServerKey, Problem: ProblemNeedsDCs, Got: name}
	}
	network, err := telegram.Custom(name, dcs, keys)
	if err != nil {
		return telegram.Network{}, networkProblem(name, err)
	}
	return network, nil
}

// networkProblem says which input a mistake in a network's description came from.
func networkProblem(name string, err error) error {
	problem := &InputError{Field: FieldDC, Problem: ProblemSyntax, Got: name, Err: err}
	var part *telegram.NetworkError
	if errors.As(err, &part) {
		problem.Got = cmp.Or(part.Entry, name)
		switch part.Part {
		case telegram.PartName:
			problem.Field = FieldEnvironment
		case telegram.PartDC:
		case telegram.PartKey:
			problem.Field = FieldServerKey
		}
	}
	return problem
}

func isEnvironmentName(name string) bool {
	return regexp.MustCompile(`^[a-z0-9-]{1,32}$`).MatchString(name)
}

// require says what is wrong with an environment that is not known.
func (envs environments) require(name string) error {
	if _, ok := envs.known[name]; ok {
		return nil
	}
	if !isEnvironmentName(name) {
		return &InputError{Field: FieldEnvironment, Problem: ProblemSyntax, Got: name}
	}
	// A name of somebody's own, perhaps one that was given with its data centres at another time.
	return &InputError{Field: FieldEnvironment, Problem: ProblemNeedsDCs, Got: name}
}

// names are all known environments, the current one first, then Telegram's own.
func (envs environments) names() []string {
	names := slices.Sorted(maps.Keys(envs.known))
	rank := func(name string) int {
		switch name {
		case envs.current:
			return 0
		case telegram.EnvironmentProduction:
			return 1
		case telegram.EnvironmentTest:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

// Environment is the one new bots go to.
func (f *Fleet) Environment() string { return f.envs.current }

// Environments are all known ones, the current one first.
func (f *Fleet) Environments() []string { return f.envs.names() }
