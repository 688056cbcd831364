package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/files"
	"botring/fleet/store"
)

// An exporting is what the flags of export say.
type exporting struct {
	which      choice
	naming     naming
	format, as string
	out        outlet
	yes        bool
	// update is a file that is to hold the bots' tokens of today, "" for none.
	update string
	dryRun bool
}

// exportObject is what was exported. Text is "" where it went elsewhere.
type exportObject struct {
	header
	Keyring string             `json:"keyring"`
	Format  string             `json:"format"`
	Text    string             `json:"text"`
	File    string             `json:"file"`
	Lost    []string           `json:"lost"`
	Bots    []exportedBotsJSON `json:"bots"`
}

type exportedBotsJSON struct {
	ID          int64  `json:"id"`
	Environment string `json:"environment"`
	// Session is the name of the one that went along, "" for none.
	Session string `json:"session"`
}

func newExport(s *shell) *cobra.Command {
	e := exporting{out: outlet{what: "export"}}
	cmd := &cobra.Command{
		Use:   "export [BOT…] --format FORMAT | --update FILE [flags]",
		Short: "Write bots' sessions, tokens and apps for other programs",
		Long: "Writes what another program needs to be a bot: to a pipe, or a file that only you can read; elsewhere only with --reveal. " +
			"The formats are " + strings.Join(exportFormats(), ", ") + ".\n\n" +
			"The first of them are session strings. A session must not run in two places, or Telegram ends it; so --for makes one for its " +
			"place, which is never opened here. Exporting one that runs here asks first, and from then on it runs there. " +
			fault.SessionCost + " botring logout BOT --session NAME ends one alone.\n\n" +
			"The others, env and what follows it, hold token and app, and with --as a session string too. What a format has no room for is " +
			"said on standard error.\n\n" +
			"--update puts the token of today into a file that holds an older one of the same bot: a token alone, .env, JSON, YAML, docker-compose, Kubernetes " +
			"Secret or TOML. Only that value changes. What the file was is kept beside it, with the ending " + files.BackupEnding +
			"; one that is there is written over only with --force. The exit code is 3 where an older token is left in it, in a comment or within a text.",
		Example: `  botring export @shop_orders_bot --format telethon --for ci | gh secret set SESSION
  botring export @shop_orders_bot --update .env --dry-run`,
		RunE: func(cmd *cobra.Command, refs []string) error {
			if err := e.judgeUpdate(); err != nil {
				return err
			}
			if e.update != "" {
				return s.update(cmd.Context(), refs, e)
			}
			return s.export(cmd.Context(), refs, e)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&e.format, "format", "", "the `format` to write")
	flags.StringVar(&e.as, "as", "", "put a session into it too, in this library's `format`")
	flags.StringVar(&e.naming.place, "for", "", "the `place` it is for, such as vps-1; makes a session of that name where there is none")
	flags.StringVar(&e.naming.session, "session", "", "the `name` of the session, where it is not that of the place")
	e.which.register(flags, "export")
	e.out.register(flags)
	flags.StringVar(&e.update, "update", "", "put the token into a `file` that holds an older one")
	flags.BoolVar(&e.dryRun, "dry-run", false, "show what --update would change, and change nothing")
	flags.BoolVarP(&e.yes, "yes", "y", false, "do not ask before a session that runs here is given away")
	return cmd
}

// exportFormats are the names of the formats.
func exportFormats() []string {
	var names []string
	for _, form := range fleet.ExportForms() {
		names = append(names, form.String())
	}
	return names
}

// form is the form that the flags ask for.
func (e exporting) form() (fleet.ExportForm, error) {
	form, ok := fleet.ExportFormOf(e.format)
	switch {
	case e.format == "":
		return form, usage("The format is missing.", "Give --format one of "+strings.Join(exportFormats(), ", ")+".")
	case !ok:
		return form, usage("There is no format "+quote(e.format)+".", "They are "+strings.Join(exportFormats(), ", ")+".")
	case e.as != "" && form.Envelope == fleet.Bare:
		return form, usage("A session string is in one form only.", "Leave --as out, or give --format env, json, systemd, kubernetes or compose.")
	case e.as != "":
		kind, ok := fleet.SessionKindOf(e.as)
		if !ok || !kind.Writable() {
			return form, usage("There is no format "+quote(e.as)+" of session strings.", "They are "+strings.Join(formats(), ", ")+".")
		}
		form.Kind = kind
	}
	if !form.HasSession() && e.naming != (naming{}) {
		return form, usage("No session would be in it.", "Say in whose form it goes along, such as --as telethon, or leave --for and --session out.")
	}
	return form, e.naming.check()
}

func (s *shell) export(ctx context.Context, refs []string, e exporting) error {
	form, err := e.form()
	if err != nil {
		return err
	}
	// A session that could go nowhere is not to be made.
	if err := e.out.check(s); err != nil {
		return err
	}
	f, keys, err := e.which.keys(ctx, s, refs)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return usage("There is no bot to export.", "botring list shows them.")
	}
	opened, err := s.openForExport(ctx, f, keys, form, e)
	if err != nil {
		return err
	}
	exported, err := fleet.Export(opened, form)
	if err != nil {
		return err
	}
	s.noteExport(opened, exported, form)
	object := exportObject{Keyring: s.flags.kind(), Format: form.String(), Lost: fieldsJSON(exported.Lost), Bots: []exportedBotsJSON{}}
	for _, o := range opened {
		object.Bots = append(object.Bots, exportedBotsJSON{o.Bot.ID, o.Bot.Environment, o.Name})
	}
	return e.out.deliver(ctx, s, exported.Text, func(text, file string) any {
		object.Text, object.File = text, file
		return object
	}, func(way store.Way, place string) {
		f.WentOut(ctx, opened, form.Contents(), fleet.Outlet{Way: way, Place: place, For: e.naming.place, How: "export " + form.String()})
	})
}

// openForExport sees to it that each bot has a session for its place, and takes it out of the keyring. What runs
// here is given away only when that is wanted.
func (s *shell) openForExport(ctx context.Context, f *fleet.Fleet, keys []fleet.Key, form fleet.ExportForm, e exporting) ([]fleet.OpenedSession, error) {
	name := e.naming.session
	switch {
	case !form.HasSession():
	case name == "" && e.naming.place != "":
		name = e.naming.place
	case name == "":
		name = store.DefaultSession
	}
	var bots []fleet.Bot
	for _, key := range keys {
		bot, err := f.Bot(ctx, key)
		if err != nil {
			return nil, err
		}
		bots = append(bots, bot)
	}
	for _, bot := range bots {
		// None is given away on the way to one that has no such session.
		if _, there := bot.Session(name); name != "" && e.naming.place == "" && !there {
			s.subject, s.session = bot.String(), name
			return nil, fleet.ErrNoSession
		}
	}
	if form.HasSession() {
		if err := f.Fits(bots, name, form.Kind); err != nil {
			return nil, err
		}
	}
	if err := s.confirmGiving(ctx, bots, name, e); err != nil {
		return nil, err
	}
	var opened []fleet.OpenedSession
	for _, bot := range bots {
		s.subject, s.session = bot.String(), name
		one, madeOne, err := f.HandOut(ctx, bot.Key, name, e.naming.place, form, s.reporter())
		if err != nil {
			return nil, s.giveUp(ctx, f, err)
		}
		if madeOne {
			s.note("Made session %s of %s, which runs at %s.", name, describe(bot), e.naming.place)
		}
		opened = append(opened, one)
	}
	return opened, nil
}

// confirmGiving asks before sessions are taken away from where they run.
func (s *shell) confirmGiving(ctx context.Context, bots []fleet.Bot, name string, e exporting) error {
	var taken []fleet.Bot
	for _, bot := range bots {
		if session, ok := bot.Session(name); ok && fleet.TakesAway(session, e.naming.place) {
			taken = append(taken, bot)
		}
	}
	if len(taken) == 0 || e.yes {
		return nil
	}
	if !s.asks() {
		runs := fault.AllRun(taken[:1], name)
		return usage("Session "+name+" of "+describe(taken[0])+" runs "+runs+", and a session must not run in two places.",
			"--for PLACE, without --session, makes one for its place; --yes gives this one away, and it must not be used "+runs+" any more.")
	}
	runs, whose := fault.AllRun(taken, name), describe(taken[0])
	if len(taken) > 1 {
		whose = plural(len(taken), "bot")
	}
	s.note("Session %s of %s runs %s. A session must not run in two places; --for PLACE, without --session, makes one for its place.",
		name, whose, runs)
	return s.confirm(ctx, "Give it away all the same, so that it is not used "+runs+" any more?")
}

// noteExport says what became of the sessions on the way, and what they cost.
func (s *shell) noteExport(opened []fleet.OpenedSession, exported fleet.Exported, form fleet.ExportForm) {
	if len(exported.Lost) > 0 {
		s.note("Lost, since %s has no room for it: %s.", form.Kind.Library(), fieldNames(exported.Lost))
	}
	if len(exported.Open) > 0 {
		s.note("Not in it, and %s does without: %s.", form.Kind.Library(), fieldNames(exported.Open))
	}
	if slices.ContainsFunc(opened, func(o fleet.OpenedSession) bool { return o.Name != "" && len(o.Bot.Sessions) > 1 }) {
		s.note("%s", fault.SessionCost)
	}
	if form.Envelope == fleet.SystemdCredential {
		s.note("%s", fault.SystemdUse)
	}
}
