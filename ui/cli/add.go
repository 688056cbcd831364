package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/internal/secret"
)

func newAdd(s *shell) *cobra.Command {
	var bot fleet.NewBot
	var app string
	cmd := &cobra.Command{
		Use:   "add [-] [flags]",
		Short: "Log a bot in and save it",
		Long: "Logs a bot in and saves its token and session in the keyring.\n\n" +
			"The token comes from $BOT_TOKEN, from standard input, or from a prompt; a whole message from @BotFather or " +
			"a .env will do. The app comes from --app, $API_ID and $API_HASH, the .env, or is the only one saved; the first bot is asked for one.",
		Example: `  botring add --label "Shop orders" --tag prod
  grep BOT_TOKEN .env | botring add`,
		Args: onlyDash,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.add(cmd.Context(), bot, app, len(args) == 1)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&app, "app", "", "the app to log in with: `name` or api_id; the name of a new one")
	cmd.Flags().StringVar(&bot.Label, "label", "", "your own `name` for the bot")
	cmd.Flags().StringArrayVar(&bot.Tags, "tag", nil, "a `word` to find it by; repeatable")
	cmd.Flags().BoolVar(&bot.NoLogin, "no-login", false, "save the token without logging in")
	return cmd
}

// onlyDash lets "-" pass, which means standard input.
func onlyDash(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) == 1 && args[0] == "-" {
		return nil
	}
	return usage("The token is no argument.", cmd.CommandPath()+" reads it from standard input, a prompt or $BOT_TOKEN.")
}

func (s *shell) add(ctx context.Context, bot fleet.NewBot, app string, fromStdin bool) error {
	f, err := s.openSecrets(ctx)
	if err != nil {
		return err
	}
	pasted, token, err := s.readToken(ctx, fromStdin)
	if err != nil {
		return err
	}
	bot.Token = token
	if err := s.chooseApp(ctx, f, &bot, app, pasted); err != nil {
		return err
	}
	saved, err := f.Add(ctx, bot, s.reporter())
	switch {
	case errors.Is(err, fleet.ErrSessionWorks):
		return s.stillWorks(ctx, f, token)
	case err != nil:
		return s.giveUp(ctx, f, err)
	}
	s.noteMemory()
	return s.answerSaved(saved, "Saved")
}

// chooseApp decides which app a new bot logs in with: the one that was given, the one that was named, or
// the only one there is.
func (s *shell) chooseApp(ctx context.Context, f *fleet.Fleet, bot *fleet.NewBot, name string, pasted fleet.Pasted) error {
	given, err := s.readApp(ctx, pasted, false)
	if err != nil {
		return err
	}
	apps, err := f.Apps(ctx)
	if err != nil {
		return err
	}
	named, found := findApp(apps, name)
	switch {
	case given.id != 0 && !given.hash.Empty():
		bot.APIID, bot.APIHash, bot.AppName = given.id, given.hash, name
		if found && named.APIID == given.id {
			bot.AppName = ""
		}
		return nil
	case name != "" && found:
		bot.APIID = named.APIID
		return nil
	case name != "" && len(apps) > 0 && given.id == 0 && !s.asks():
		return &fleet.InputError{Field: fleet.FieldAppName, Problem: fleet.ProblemUnknown, Got: name}
	case given.id != 0:
		if _, known := findApp(apps, fmt.Sprint(given.id)); known {
			bot.APIID = given.id
			return nil
		}
	case name == "" && len(apps) == 1:
		bot.APIID = apps[0].APIID
		return nil
	case name == "" && len(apps) > 1:
		return usage("Several apps are saved.", "Name one: "+appNames(apps)+".")
	}
	pasted.APIID, pasted.APIHash = given.id, given.hash
	if given, err = s.readApp(ctx, pasted, true); err != nil {
		return err
	}
	bot.APIID, bot.APIHash, bot.AppName = given.id, given.hash, name
	return nil
}

// findApp finds a saved app by name or api_id.
func findApp(apps []fleet.App, ref string) (fleet.App, bool) {
	for _, app := range apps {
		if ref != "" && (strings.EqualFold(app.Name, ref) || fmt.Sprint(app.APIID) == ref) {
			return app, true
		}
	}
	return fleet.App{}, false
}

func appNames(apps []fleet.App) string {
	names := make([]string, 0, len(apps))
	for _, app := range apps {
		name := fault.Clean(app.Name)
		if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			name = strconv.Itoa(app.APIID) // nothing a shell would take apart
		}
		names = append(names, "--app "+name)
	}
	return strings.Join(names, ", ")
}

// stillWorks answers for a bot that is saved with this token and logged in: nothing had to be done.
func (s *shell) stillWorks(ctx context.Context, f *fleet.Fleet, token secret.Secret) error {
	digits, _, _ := strings.Cut(token.Reveal(), ":")
	ref := digits
	if environment := f.Environment(); environment != "production" {
		ref = environment + "/" + digits
	}
	bot, err := f.Find(ctx, ref)
	if err != nil {
		return err
	}
	return s.answerUnchanged(bot)
}

func (s *shell) answerUnchanged(bot fleet.Bot) error {
	changed := false
	return s.answer(botObject{Keyring: s.flags.kind(), Bot: newBotJSON(bot), Changed: &changed}, func(io.Writer) {
		s.say("%s is saved and its session still works. Nothing was changed.", nameOf(bot))
	})
}

// answerSaved tells what was saved, and where.
func (s *shell) answerSaved(saved fleet.Saved, verb string) error {
	changed := true
	return s.answer(botObject{Keyring: s.flags.kind(), Bot: newBotJSON(saved.Bot), Changed: &changed}, func(io.Writer) {
		if saved.Existed && verb == "Saved" {
			verb = "Updated"
		}
		_, state := fault.State(saved.Bot, s.now())
		s.say("%s %s: %s.", verb, describe(saved.Bot), state)
		switch k := saved.Keyring; {
		case k.Kind == keyringAge:
			s.say("It is in the encrypted file (%s), read back.", fault.Clean(k.Collection))
		case k.Provider != "" && k.Kind != keyringMemory:
			s.say("It is in the system keyring (%s), read back.", fault.Clean(k.Provider))
		}
	})
}

// noteMemory says of a keyring in memory what it is.
func (s *shell) noteMemory() {
	if s.flags.keyring == keyringMemory {
		s.note("The keyring is in memory: what was saved is forgotten when this command ends.")
	}
}
