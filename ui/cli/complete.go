package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"botring/fleet"
	"botring/fleet/fault"
)

// completeTime bounds the reading of a catalogue that another process holds up: who presses a key would rather have nothing.
const completeTime = 500 * time.Millisecond

// A directory knows the names that words are completed from.
type directory interface {
	Names(context.Context) ([]fleet.Bot, error)
	Bots(context.Context) ([]fleet.Bot, error)
	Apps(context.Context) ([]fleet.App, error)
	Places(context.Context, fleet.Key) ([]fleet.Departure, error)
}

// What is known of when a word is completed: the catalogue, and the line.
type known struct {
	names, bots func() []fleet.Bot // names have nothing but their names
	apps        func() []fleet.App
	went        func(fleet.Key) []fleet.Departure
	config      config
	// words are the arguments before it, typed is what there is of it.
	words []string
	typed string
}

// A source makes the words that could stand at a place. nil is a place for words of one's own.
type source func(known) []cobra.Completion

// completable has the commands complete what they take. A command's arguments are told by the form in its help, and a flag's
// value by its name.
func (s *shell) completable(root *cobra.Command) {
	noFiles := cobra.ShellCompDirectiveNoFileComp
	complete := func(cmd *cobra.Command, from source, words []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if from == nil {
			return nil, noFiles
		}
		var found []cobra.Completion
		s.look(cmd.Context(), cmd.Flags(), func(k known) {
			k.words, k.typed, k.config = words, typed, s.config
			found = from(k)
		})
		return slices.DeleteFunc(found, func(word cobra.Completion) bool { return !begins(word, typed) }), noFiles
	}
	each := func(cmd *cobra.Command) {
		forms, many := argumentForms(cmd)
		if cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 {
			cmd.ValidArgsFunction = func(cmd *cobra.Command, words []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
				at := len(words)
				if at >= len(forms) && many {
					at = len(forms) - 1
				}
				switch {
				case slices.Contains(s.Args[:len(s.Args)-1], "--"): // what follows is another program's
					return nil, cobra.ShellCompDirectiveDefault
				case at >= len(forms):
					return nil, noFiles
				case strings.HasPrefix(forms[at], "FILE"), forms[at] == "PATH":
					return nil, cobra.ShellCompDirectiveDefault
				}
				return complete(cmd, argumentSources()[forms[at]], words, typed)
			}
		}
		offer := func(flag *pflag.Flag) {
			if flag.Value.Type() == "bool" {
				return
			}
			value, _ := pflag.UnquoteUsage(flag)
			if takesFile(value) {
				return // as shells do by themselves
			}
			// That a flag has its words already cannot be: each command has flags of its own.
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, func(cmd *cobra.Command, words []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
				return complete(cmd, flagSource(flag.Name, value), words, typed)
			})
		}
		cmd.LocalNonPersistentFlags().VisitAll(offer)
		if !cmd.HasParent() {
			cmd.PersistentFlags().VisitAll(offer)
		}
	}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		each(cmd)
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// takesFile reports whether the value of a flag is a file or a directory.
func takesFile(value string) bool { return value == "file" || value == "directory" }

// argumentForms are the arguments of a command as its help writes them: BOT, APP. many: of the last there may be more.
func argumentForms(cmd *cobra.Command) (forms []string, many bool) {
	for _, word := range strings.Fields(cmd.Use)[1:] {
		form := strings.Trim(word, "[]")
		if form == "flags" || form == "" || strings.HasPrefix(form, "-") || strings.ToUpper(form) != form {
			break // flags follow, or an example of one
		}
		name := strings.TrimSuffix(form, "…")
		forms, many = append(forms, name), name != form
	}
	return forms, many
}

// argumentSources are what can stand for an argument.
func argumentSources() map[string]source {
	return map[string]source{"BOT": offerBots, "APP": offerApps, "SHELL": always(shells()...), "KEY": offerKeys, "VALUE": offerValues}
}

// flagSource is what can stand for a flag's value: value is what its help calls it.
func flagSource(flag, value string) source {
	switch flag + " " + value {
	case "tag tag", "tag word", "add tag", "remove tag":
		return offerTags
	case "app name":
		return offerApps
	case "manager bot":
		return offerBots
	case "session name":
		return offerSessions
	case "for place":
		return offerPlaces
	case "done place", "undo place":
		return offerWent
	case "format format":
		return always(exportFormats()...)
	case "as format", "to format":
		return always(formats()...)
	case "preset library":
		return always(presetNames()...)
	case "to kind":
		return always(keyringSystem, keyringAge)
	case "keyring kind":
		return always(keyringSystem, keyringAge, keyringMemory)
	case "environment name":
		return offerEnvironments
	case "proxy proxy":
		return func(k known) []cobra.Completion { return k.config.proxyNames() }
	case "for long", "timeout long":
		return always("30s", "5m", "1h")
	}
	return nil
}

// always are the same words.
func always(all ...string) source {
	return func(known) []cobra.Completion { return all }
}

// look does something with what is known. That is the catalogue as it is; where it cannot be read it is nothing, and nobody
// is told.
func (s *shell) look(ctx context.Context, set *pflag.FlagSet, do func(known)) {
	ctx, cancel := context.WithTimeout(ctx, completeTime)
	defer cancel()
	var none known
	none.names = func() []fleet.Bot { return nil }
	none.bots, none.apps = none.names, func() []fleet.App { return nil }
	none.went = func(fleet.Key) []fleet.Departure { return nil }
	if s.fleet != nil {
		do(in(ctx, s.fleet))
		return
	}
	// The flags of the line that is completed are read by now; the environment was before them.
	set.Visit(func(flag *pflag.Flag) { s.flags.choose(flag.Name, byFlag) })
	if read, _, err := s.loadConfig(); err == nil {
		s.obey(read)
	}
	opts, err := s.flags.options()
	if err != nil {
		do(none)
		return
	}
	glance, err := fleet.Look(ctx, opts)
	if err != nil {
		do(none)
		return
	}
	do(in(ctx, glance))
	_ = glance.Close() // it was only read
}

// in is what is known in a directory. What cannot be read is not known.
func in(ctx context.Context, d directory) known {
	return known{
		names: func() []fleet.Bot { bots, _ := d.Names(ctx); return bots },
		bots:  func() []fleet.Bot { bots, _ := d.Bots(ctx); return bots },
		apps:  func() []fleet.App { apps, _ := d.Apps(ctx); return apps },
		went:  func(key fleet.Key) []fleet.Departure { places, _ := d.Places(ctx, key); return places },
	}
}

// begins reports whether a word begins with what is typed, upper and lower case alike.
func begins(word, typed string) bool {
	return len(word) >= len(typed) && strings.EqualFold(word[:len(typed)], typed)
}

// offered is a word with what it means; neither may hold what would end a line.
func offered(word, means string) cobra.Completion {
	return cobra.CompletionWithDesc(plainWord(word), fault.Clean(means))
}

// plainWord is a word as far as it could be typed, "" otherwise: names are strangers'.
func plainWord(word string) string {
	if fault.Clean(word) != word || strings.ContainsFunc(word, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune("\\'\"`$", r) }) {
		return ""
	}
	return word
}

// offerBots are the names of each bot: one, as long as nothing is typed that says which.
func offerBots(k known) []cobra.Completion {
	var names []cobra.Completion
	for _, bot := range k.names() {
		called := []string{username(bot), bot.Label, bot.String(), bot.Profile.Username}
		if slices.ContainsFunc(called, func(name string) bool { return name != "" && slices.Contains(k.words, name) }) {
			continue // it is named already
		}
		for _, name := range called {
			word := plainWord(name)
			if word == "" || !begins(word, k.typed) {
				continue
			}
			if names = append(names, offered(word, nameOf(bot))); k.typed == "" {
				break
			}
		}
	}
	return names
}

func offerApps(k known) []cobra.Completion {
	var names []cobra.Completion
	for _, app := range k.apps() {
		if word := plainWord(app.Name); word != "" {
			names = append(names, offered(word, plural(app.Bots, "bot")))
		}
	}
	return names
}

func offerTags(k known) []cobra.Completion {
	return gather(k.bots(), func(bot fleet.Bot) []string { return bot.Tags })
}

// offerSessions are those of the bots before it, of all where there are none.
func offerSessions(k known) []cobra.Completion {
	return gather(k.of(), func(bot fleet.Bot) []string {
		var names []string
		for _, session := range bot.Sessions {
			names = append(names, session.Name)
		}
		return names
	})
}

func offerPlaces(k known) []cobra.Completion {
	return gather(k.bots(), func(bot fleet.Bot) []string {
		var names []string
		for _, session := range bot.Sessions {
			names = append(names, session.At)
		}
		return names
	})
}

// offerWent are the places that secrets of the bots before it went to.
func offerWent(k known) []cobra.Completion {
	if len(k.words) == 0 {
		return nil // those of all would be too many
	}
	return gather(k.of(), func(bot fleet.Bot) []string {
		var names []string
		for _, d := range k.went(bot.Key) {
			names = append(names, cmp.Or(d.Place, d.For, string(d.Way)))
		}
		return names
	})
}

func offerEnvironments(k known) []cobra.Completion {
	names := gather(k.bots(), func(bot fleet.Bot) []string { return []string{bot.Environment} })
	for _, usual := range []string{"production", "test"} {
		if !slices.Contains(names, usual) {
			names = append(names, usual)
		}
	}
	slices.Sort(names)
	return names
}

// offerKeys are the keys of the configuration.
func offerKeys(known) []cobra.Completion {
	var names []cobra.Completion
	for _, key := range configKeys() {
		names = append(names, offered(key.name, key.says))
	}
	return names
}

// offerValues are the values of the key before it, where these can be counted.
func offerValues(k known) []cobra.Completion {
	for _, key := range configKeys() {
		if len(k.words) > 0 && key.name == k.words[0] && key.choices != nil {
			return key.choices(k.config)
		}
	}
	return nil
}

// of are the bots that the words before name, all where they name none.
func (k known) of() []fleet.Bot {
	var named []fleet.Bot
	all := k.bots()
	for _, bot := range all {
		if slices.ContainsFunc(k.words, func(word string) bool {
			return word == username(bot) || word == bot.String() || word == bot.Label && word != ""
		}) {
			named = append(named, bot)
		}
	}
	if len(named) == 0 {
		return all
	}
	return named
}

// gather are the words of bots, each once, in order.
func gather(bots []fleet.Bot, of func(fleet.Bot) []string) []cobra.Completion {
	var all []cobra.Completion
	for _, bot := range bots {
		for _, word := range of(bot) {
			if word = plainWord(word); word != "" {
				all = append(all, word)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
