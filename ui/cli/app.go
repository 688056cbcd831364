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

func newApp(s *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "app",
		Short: "The apps bots log in with",
		Long:  "An app is an api_id with its api_hash, from my.telegram.org/apps. One is enough for all your bots.",
		Example: `  botring app list
  botring app add main`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usage("What about apps?", "The forms are: botring app add, edit, list, use, remove.")
		},
	}
	cmd.AddCommand(newAppAdd(s), newAppEdit(s), newAppList(s), newAppUse(s), newAppRemove(s))
	return cmd
}

func newAppAdd(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "add NAME",
		Short: "Save an app",
		Long: "Saves an app under a name. api_id and api_hash come from $API_ID and $API_HASH, from standard input as lines " +
			"like those of a .env, or from prompts.",
		Example: `  botring app add main
  botring app add legacy < legacy.env`,
		Args: args(1, 1, "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			f, err := s.openSecrets(ctx)
			if err != nil {
				return err
			}
			pasted, err := s.pipedApp(ctx, envAPIID, envAPIHash)
			if err != nil {
				return err
			}
			given, err := s.readApp(ctx, pasted, true)
			if err != nil {
				return err
			}
			app, err := f.AddApp(ctx, args[0], given.id, given.hash)
			if err != nil {
				return err
			}
			s.noteMemory()
			return s.answerApp(app, "Saved")
		},
	}
}

// pipedApp reads of an app what is wanted from standard input, where the environment has not all of it and nobody can
// be asked.
func (s *shell) pipedApp(ctx context.Context, wanted ...string) (fleet.Pasted, error) {
	lacks := slices.ContainsFunc(wanted, func(name string) bool { value, _ := s.Environ.Lookup(name); return value == "" })
	if _, onTerminal := terminal(s.In); onTerminal || !lacks {
		return fleet.Pasted{}, nil
	}
	text, err := s.readAll(ctx)
	return fleet.ReadPaste(text), err
}

func newAppEdit(s *shell) *cobra.Command {
	var name string
	var newHash bool
	cmd := &cobra.Command{
		Use:   "edit APP [flags]",
		Short: "Rename an app or replace its api_hash",
		Long:  "Renames an app, or replaces its api_hash with one from $API_HASH, standard input or a prompt. APP is a name or api_id.",
		Example: `  botring app edit main --name shop
  botring app edit 10001 --hash`,
		Args: args(1, 1, "APP"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if name == "" && !newHash {
				return usage("Nothing is to be changed.", "--name gives it another name, --hash another api_hash.")
			}
			return s.editApp(cmd.Context(), args[0], name, newHash)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&name, "name", "", "the new `name`")
	cmd.Flags().BoolVar(&newHash, "hash", false, "replace the api_hash")
	return cmd
}

func (s *shell) editApp(ctx context.Context, ref, name string, newHash bool) error {
	f, app, err := s.findAppSecrets(ctx, ref)
	if err != nil {
		return err
	}
	if name == "" {
		name = app.Name
	}
	var hash secret.Secret
	if newHash {
		pasted, err := s.pipedApp(ctx, envAPIHash)
		if err != nil {
			return err
		}
		pasted.APIID = app.APIID
		s.take(envAPIID)
		given, err := s.readApp(ctx, pasted, true)
		if err != nil {
			return err
		}
		hash = given.hash
	}
	if app, err = f.EditApp(ctx, app.APIID, name, hash); err != nil {
		return err
	}
	return s.answerApp(app, "Changed")
}

func (s *shell) findAppSecrets(ctx context.Context, ref string) (*fleet.Fleet, fleet.App, error) {
	f, app, err := s.knownApp(ctx, ref)
	if err == nil {
		_, err = s.openSecrets(ctx)
	}
	return f, app, err
}

// knownApp opens the catalogue and finds an app by its name or api_id.
func (s *shell) knownApp(ctx context.Context, ref string) (*fleet.Fleet, fleet.App, error) {
	f, err := s.open(ctx)
	if err != nil {
		return nil, fleet.App{}, err
	}
	apps, err := f.Apps(ctx)
	if err != nil {
		return nil, fleet.App{}, err
	}
	app, ok := findApp(apps, ref)
	if !ok {
		return nil, fleet.App{}, &fleet.InputError{Field: fleet.FieldAppName, Problem: fleet.ProblemUnknown, Got: ref}
	}
	return f, app, nil
}

func newAppList(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List all apps",
		Long:  "Lists all apps and how many bots log in with each.",
		Example: `  botring app list
  botring app list --json`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := s.open(cmd.Context())
			if err != nil {
				return err
			}
			apps, err := f.Apps(cmd.Context())
			if err != nil {
				return err
			}
			object := appsObject{Keyring: s.flags.kind(), Apps: []appJSON{}}
			for _, app := range apps {
				object.Apps = append(object.Apps, newAppJSON(app))
			}
			return s.answer(object, func(w io.Writer) { writeApps(w, apps) })
		},
	}
}

func writeApps(w io.Writer, apps []fleet.App) {
	if len(apps) == 0 {
		fmt.Fprintln(w, "No apps yet. botring app add adds one.")
		return
	}
	t := newTable("APP", "API_ID", "BOTS")
	for _, app := range apps {
		t.add(fault.Clean(app.Name), fmt.Sprint(app.APIID), fmt.Sprint(app.Bots))
	}
	t.write(w)
}

func newAppUse(s *shell) *cobra.Command {
	var which choice
	cmd := &cobra.Command{
		Use:   "use APP [BOT…] [flags]",
		Short: "Have bots log in with another app",
		Long: "Has bots log in with an app from their next login on. Sessions that work go on as they are. APP is a name or " +
			"api_id.",
		Example: `  botring app use main @shop_orders_bot
  botring app use 10001 --tag prod`,
		Args: args(1, -1, "APP BOT…"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.useApp(cmd.Context(), args[0], args[1:], which)
		},
	}
	cmd.Flags().SortFlags = false
	which.register(cmd.Flags(), "move")
	return cmd
}

func (s *shell) useApp(ctx context.Context, ref string, refs []string, which choice) error {
	f, app, err := s.knownApp(ctx, ref)
	if err != nil {
		return err
	}
	which.form = fmt.Sprintf("botring app use %d", app.APIID)
	_, keys, err := which.find(ctx, s, refs)
	if err != nil {
		return err
	}
	bots, err := f.UseApp(ctx, keys, app.APIID)
	if err != nil {
		return err
	}
	object := botsObject{Keyring: s.flags.kind(), Bots: []botJSON{}}
	for _, bot := range bots {
		object.Bots = append(object.Bots, newBotJSON(bot))
	}
	return s.answer(object, func(io.Writer) {
		s.say("Moved %s to the app %s. Sessions that work go on as they are.", plural(len(bots), "bot"), fault.Clean(app.Name))
	})
}

func newAppRemove(s *shell) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove APP [flags]",
		Short: "Remove an app that no bot uses",
		Long:  "Removes an app and its api_hash. One that bots log in with stays. APP is a name or api_id.",
		Example: `  botring app remove legacy
  botring app remove 10002 --yes`,
		Args: args(1, 1, "APP"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			f, app, err := s.findAppSecrets(ctx, args[0])
			if err != nil {
				return err
			}
			if !yes {
				if err := s.confirm(ctx, "Remove the app "+fault.Clean(app.Name)+"?"); err != nil {
					return err
				}
			}
			if err := f.RemoveApp(ctx, app.APIID); err != nil {
				return err
			}
			return s.answer(removedAppObject{Keyring: s.flags.kind(), Removed: newAppJSON(app)}, func(io.Writer) {
				s.say("Removed the app %s, api_id %d.", fault.Clean(app.Name), app.APIID)
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (s *shell) answerApp(app fleet.App, verb string) error {
	return s.answer(appObject{Keyring: s.flags.kind(), App: newAppJSON(app)}, func(io.Writer) {
		s.say("%s the app %s, api_id %d.", verb, fault.Clean(app.Name), app.APIID)
	})
}
