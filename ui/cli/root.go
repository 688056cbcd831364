package cli

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/ui"
)

// newRoot makes the tree of commands.
func newRoot(s *shell) *cobra.Command {
	root := &cobra.Command{
		Use:   "botring",
		Short: "Your Telegram bot tokens, out of .env and into your keyring",
		Long: "Your Telegram bot tokens, out of .env and into your keyring; each one logged in, named and checked.\n\n" +
			"Without a command it opens the screens. BOT is an id, @username or label; test/123 where two environments have the id.",
		Example: `  botring
  botring demo`,
		Args:              noCommand,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRun: func(cmd *cobra.Command, _ []string) {
			s.flags.readEnviron(s.Environ, cmd.Flags())
			s.verb = cmd.Name()
		},
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { writeHelp(s.Out, cmd) })
	root.SetFlagErrorFunc(wrongFlag)
	root.SetHelpCommand(&cobra.Command{
		Use: "help [COMMAND]", Hidden: true,
		RunE: func(cmd *cobra.Command, words []string) error {
			about, rest, err := cmd.Root().Find(words)
			if err != nil || len(rest) > 0 {
				return noCommand(about, words)
			}
			writeHelp(s.Out, about)
			return nil
		},
	})
	s.flags.register(root.PersistentFlags())
	root.PersistentFlags().SortFlags = false
	root.PersistentFlags().BoolP("help", "h", false, "show how a command is used")
	version := root.Flags().Bool("version", false, "say which version this is")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if *version {
			return s.version()
		}
		return s.screens(cmd.Context())
	}
	root.AddCommand(
		newAdd(s), newImport(s), newList(s), newShow(s), newCheck(s), newLogin(s), newLogout(s), newLabel(s),
		newReplaceToken(s), newRotate(s), newToken(s), newExec(s), newSession(s), newExport(s), newRemove(s), newApp(s), newProxy(s), newKeyring(s), newDoctor(s),
		newTag(s), newPlaces(s), newHistory(s), newScan(s), newConfig(s), newDemo(s), newCompletion(s), newMan(s), newVersion(s),
	)
	if s.completes() {
		s.completable(root)
		root.SetErr(io.Discard) // cobra's remarks are for nobody
	}
	return root
}

// screens opens the screens, which need a terminal on both sides.
func (s *shell) screens(ctx context.Context) error {
	if err := s.needTerminal(); err != nil {
		return err
	}
	s.passphrases = ui.NewPassphrases()
	f, err := s.open(ctx)
	if err != nil {
		return err
	}
	// The journal is nearly always empty, and then this asks no keyring.
	settle, cancel := context.WithTimeout(ctx, recoverTimeout)
	defer cancel()
	lost, err := f.Recover(settle)
	if err != nil && settle.Err() == nil {
		return err
	}
	opts := ui.Options{Fleet: f, Notice: s.warning, Watch: s.config.watch, ClearAfter: s.config.clipboard, Settings: settings{s}, Proxies: proxies{s}}
	cutOff, err := f.CutOffRotations(ctx)
	if err != nil {
		return err
	}
	switch {
	case len(lost) > 0:
		opts.Notice = fault.CutOff(lost[0])
	case len(cutOff) > 0:
		opts.Notice = fault.RotationsCutOff(cutOff)
	}
	return s.show(ctx, opts)
}

// recoverTimeout is how long the screens wait for the keyring where a crash left a save half done.
const recoverTimeout = 2 * time.Second

func (s *shell) needTerminal() error {
	if s.flags.json {
		return usage("The screens have no JSON.", "Commands have: botring list --json.")
	}
	_, in := terminal(s.In)
	_, out := terminal(s.Out)
	if name, _ := s.Environ.Lookup("TERM"); !in || !out || name == "dumb" {
		return usage("The screens need a terminal, and there is none here.", "Commands work without one: botring --help.")
	}
	return nil
}

// show runs the screens. That the user left by an interrupt is how one leaves, not a fault.
func (s *shell) show(ctx context.Context, opts ui.Options) error {
	s.dropSecrets() // the screens ask for secrets
	opts.Log, opts.In, opts.Out, opts.Theme = s.log.path, s.In, s.Out, s.theme()
	opts.Passphrases, opts.Remember = s.passphrases, s.rememberKeyring
	err := s.Screens(ctx, opts)
	if ctx.Err() != nil && err == nil {
		return ctx.Err()
	}
	return err
}

// noCommand refuses words that are no command, with the nearest that is one.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	next := "botring --help lists them."
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		next = "Nearest: " + cmd.CommandPath() + " " + near[0] + "."
	}
	return usage("There is no command "+quote(args[0])+".", next)
}

// args makes an argument check of a count that cobra would tell in its own words.
func args(least, most int, form string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		what := "There is an argument too many."
		if len(args) < least {
			what = "There is an argument missing."
		}
		return usage(what, "The form is: "+strings.TrimSpace(cmd.CommandPath()+" "+form)+".")
	}
}

// wrongFlag puts a flag's error into words.
func wrongFlag(cmd *cobra.Command, err error) error {
	next := cmd.CommandPath() + " --help lists the flags."
	text := err.Error()
	switch name := flagIn(text); {
	case strings.HasPrefix(text, "unknown"):
		return usage("There is no flag "+name+".", next)
	case strings.HasPrefix(text, "flag needs an argument"):
		return usage("The flag "+name+" needs a value.", next)
	case name != "":
		return usage("The value of "+name+" cannot be used.", next)
	}
	return usage("The flags cannot be read.", next)
}

// flagIn finds the name of the flag that an error is about, and nothing of its value.
func flagIn(text string) string {
	if m := regexp.MustCompile(`'(\w)' in -`).FindStringSubmatch(text); m != nil {
		return "-" + m[1]
	}
	return regexp.MustCompile(`--[a-z][a-z-]*`).FindString(text)
}

// refuseSecrets refuses arguments that are secrets, before anything could repeat them.
func refuseSecrets(args []string) error {
	own, theirs := programsOf(args)
	if slices.ContainsFunc(own, holdsSecret) || slices.ContainsFunc(theirs, holdsKey) {
		return usage("A secret is among the arguments, where every program of this machine can see it.",
			"Give it on standard input, at the prompt, or in $BOT_TOKEN and $API_HASH. If others use this machine, "+
				"revoke the token in @BotFather.")
	}
	return nil
}

// programsOf tells our own arguments from those of a program that exec is to run.
func programsOf(args []string) (own, theirs []string) {
	dash := slices.Index(args, "--")
	if dash < 0 || !slices.Contains(args[:dash], "exec") {
		return args, nil
	}
	return args[:dash], args[dash:]
}

// leastSecret is how many characters after a bot's number and a colon make an argument a token; a time or
// an address has fewer.
const leastSecret = 20

// holdsSecret reports whether an argument of ours is a secret or assigns one.
func holdsSecret(arg string) bool {
	_, value, ok := strings.Cut(arg, "=")
	return holdsKey(arg) || fleet.CheckAPIHash(arg) == nil || ok && fleet.CheckAPIHash(value) == nil
}

// holdsKey reports whether an argument is a secret that cannot be anything else. An api_hash can: 32 hex digits are
// what a program's argument may well be.
func holdsKey(arg string) bool {
	for _, found := range fleet.ReadPaste(arg).Tokens {
		if _, secret, _ := strings.Cut(found.Token.Reveal(), ":"); len(secret) >= leastSecret {
			return true
		}
	}
	if strings.Contains(strings.ToUpper(arg), "AGE-SECRET-KEY-") {
		return true
	}
	_, value, _ := strings.Cut(arg, "=")
	return fleet.HoldsSession(arg) || fleet.HoldsSession(value)
}
