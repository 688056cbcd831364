package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/store"
	"botring/ui/cli/child"
)

// execSession is the session a program gets where none is named.
const execSession = "exec"

// An execution is how a program is to be run, as the flags have it.
type execution struct {
	preset, session string
	noSession       bool
	env, tags       []string
	file, stdin     bool
	fileIn          string
	mask            bool

	command   []string
	path      string // where the command is
	form      preset
	variables []variable
}

func newExec(s *shell) *cobra.Command {
	e := &execution{}
	cmd := &cobra.Command{
		Use:   "exec [BOT…] [flags] -- COMMAND [ARGUMENT…]",
		Short: "Run a program as a bot, its secrets in the environment",
		Long: "Runs a program that gets a bot's secrets in its environment and nowhere else: BOT_TOKEN, API_ID and API_HASH, " +
			"or what --preset or --env say. docs/EXEC.md lists the presets and their variables.\n\n" +
			"Presets of libraries that keep sessions hand one over: one made for it, which is never the bot's own one and runs " +
			"there from then on. The first time that takes a login.\n\n" +
			"The exit code is the program's, 128 and the signal's number where one ended it. 125: it was not run. 126: it is no " +
			"program. 127: it was not found. Of several bots, which run beside each other, it is the highest.",
		Example: `  botring exec @shop_orders_bot -- python bot.py
  botring exec --tag prod --preset gramjs --mask -- node bot.js`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return notRun(s.exec(cmd.Context(), e, args, cmd.ArgsLenAtDash()))
		},
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return notRun(wrongFlag(cmd, err)) })
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&e.tags, "tag", nil, "run it for every bot that has this `tag`; repeatable")
	flags.StringVar(&e.preset, "preset", "", "the variables that a `library`'s programs expect: telethon, pyrogram, gramjs, mtcute, gotd, "+
		"madelineproto, aiogram, grammy or plain")
	flags.StringArrayVar(&e.env, "env", nil, "a variable of your own, `name=field`: token, id, username, api_id, api_hash or session; "+
		"repeatable. Without --preset there are only these")
	flags.StringVar(&e.session, "session", "", "the `name` of the session it gets, \"exec\" where nothing is said")
	flags.BoolVar(&e.noSession, "no-session", false, "hand no session over")
	flags.BoolVar(&e.file, "file", false, "put secrets into private files in memory, and their paths into NAME_FILE")
	flags.StringVar(&e.fileIn, "file-in", "", "the `directory` for such files, where none in memory is known")
	flags.BoolVar(&e.stdin, "stdin", false, "write the variables to its standard input, and leave its environment without them")
	flags.BoolVar(&e.mask, "mask", false, "replace the secrets in what it writes")
	return cmd
}

// A notRunError is why a program was not run.
type notRunError struct{ error }

// Unwrap returns the cause.
func (e notRunError) Unwrap() error { return e.error }

// notRun marks an error as one that kept a program from being run.
func notRun(err error) error {
	var v verdict
	if err == nil || errors.As(err, &v) {
		return err
	}
	return notRunError{err}
}

// codeOfNotRun is the exit code of an error that kept a program from being run.
func codeOfNotRun(err error) int {
	var failed *child.Error
	if errors.As(err, &failed) {
		return failed.Code
	}
	return child.NotPrepared
}

// wordsOfNotRun are what is told where the system did not run a program.
func wordsOfNotRun(e *child.Error) fault.Fault {
	f := fault.Fault{Kind: "not_run", Next: "Nothing was run."}
	switch e.Code {
	case child.NotFound:
		f.Kind, f.What = "command_not_found", "There is no program "+quote(e.Name)+"."
		f.Why = "It is not in $PATH, or names an interpreter that is not there."
	case child.NotExecutable:
		f.Kind, f.What = "command_not_executable", "The program "+quote(e.Name)+" cannot be run."
		f.Why = sentence(errors.Unwrap(e).Error())
	default:
		f.What, f.Why = "The program "+quote(e.Name)+" was not run.", sentence(errors.Unwrap(e).Error())
	}
	return f
}

// exec makes everything ready and leaves the running to the end of the command, when catalogue and keyring are
// closed: a bot may run for weeks.
func (s *shell) exec(ctx context.Context, e *execution, args []string, dash int) error {
	refs, err := e.read(args, dash)
	if err != nil {
		return err
	}
	if e.path, err = child.Find(e.command[0]); err != nil {
		return err
	}
	if len(refs)+len(e.tags) == 0 {
		return usage("No bot is named.", "The form is: botring exec BOT -- COMMAND. Or name a tag with --tag.")
	}
	which := choice{tags: e.tags}
	f, keys, err := which.keys(ctx, s, refs)
	if err != nil {
		return err
	}
	// What could refuse comes before a login.
	folder, err := s.folder(e)
	if err != nil {
		return err
	}
	all, err := s.handAll(ctx, f, e, keys)
	if err != nil {
		return errors.Join(err, folder.Remove())
	}
	for _, h := range all {
		f.WentOut(ctx, []fleet.OpenedSession{h.opened}, e.contents(), fleet.Outlet{
			Way: store.ToProgram, Place: fault.Clean(filepath.Base(e.command[0])), How: "exec " + e.form.name,
		})
	}
	several := len(e.tags) > 0 || len(keys) > 1
	s.leaves = s.replace != nil && folder == nil && !several && !e.mask
	s.last = func(err error) error {
		if err == nil {
			err = s.start(e, all, several, folder)
		}
		s.clear(folder)
		return notRun(err)
	}
	return nil
}

// read reads the arguments and what the flags say together.
func (e *execution) read(args []string, dash int) (refs []string, err error) {
	if dash < 0 || dash == len(args) {
		return nil, usage("No program is named.", "The form is: botring exec BOT -- COMMAND.")
	}
	refs, e.command = args[:dash], args[dash:]
	if e.fileIn != "" {
		if e.fileIn, err = filepath.Abs(e.fileIn); err != nil {
			return nil, badValue("--file-in", err)
		}
	}
	name := e.preset
	if name == "" {
		name = "plain"
	}
	if e.form, err = findPreset(name); err != nil {
		return nil, err
	}
	if e.preset != "" || len(e.env) == 0 {
		e.variables = slices.Clone(e.form.variables)
	}
	for _, text := range e.env {
		v, err := readVariable(text)
		if err != nil {
			return nil, err
		}
		e.variables = slices.DeleteFunc(e.variables, func(other variable) bool { return other.name == v.name })
		e.variables = append(e.variables, v)
	}
	if err := e.judge(); err != nil {
		return nil, err
	}
	if e.fileIn != "" && !e.usesFiles() {
		return nil, usage("Nothing goes into a file.", "--file-in belongs to --file, or to a preset whose session is a file: gotd.")
	}
	return refs, nil
}

// usesFiles reports whether a secret goes into a file.
func (e *execution) usesFiles() bool {
	return e.file || slices.ContainsFunc(e.variables, func(v variable) bool { return v.file })
}

// contents are what a program gets of a bot.
func (e *execution) contents() (c fleet.Contents) {
	for _, v := range e.variables {
		c.Token = c.Token || v.field == fieldToken
		c.App = c.App || v.field == fieldAPIHash
		c.Session = c.Session || v.field == fieldSession
	}
	return c
}

// judge says what cannot be meant together, and settles which session there is.
func (e *execution) judge() error {
	isSession := func(v variable) bool { return v.field == fieldSession }
	switch {
	case e.noSession && e.session != "":
		return usage("A session is named, and none is to be handed over.", "Leave one out: --session or --no-session.")
	case e.file && e.stdin:
		return usage("Secrets go to files or to standard input.", "Leave one out: --file or --stdin.")
	case e.noSession:
		e.variables = slices.DeleteFunc(e.variables, isSession)
		return nil
	case !slices.ContainsFunc(e.variables, isSession):
		if e.session != "" {
			return usage("The preset "+e.form.name+" has no session to hand over.", "Name one that does, such as --preset telethon, or leave --session out.")
		}
		return nil
	case e.form.session == "":
		return usage("In which form is the session wanted?", "Name its library with --preset, such as --preset telethon.")
	case e.session == "":
		e.session = execSession
	}
	if problem := fleet.CheckSessionName(e.session); problem != nil {
		return problem
	}
	return nil
}

// A handed is a bot with all that its program gets.
type handed struct {
	bot    fleet.Bot
	opened fleet.OpenedSession
	values []value
	hidden []child.Hidden
	hold   *fleet.Hold
}

// A value is a variable with what it holds.
type value struct {
	variable
	text string
}

// handAll takes out of the keyring what a program needs of each bot. Nothing is made for one where another is refused.
func (s *shell) handAll(ctx context.Context, f *fleet.Fleet, e *execution, keys []fleet.Key) (all []*handed, err error) {
	defer func() {
		if err != nil {
			for _, h := range all {
				h.hold.Release()
			}
		}
	}()
	for _, key := range keys {
		s.subject = key.String()
		h := &handed{hold: &fleet.Hold{}}
		if h.bot, err = f.Bot(ctx, key); err != nil {
			return all, err
		}
		if e.session != "" {
			if err := e.allows(f, h.bot); err != nil {
				return all, err
			}
			if h.hold, err = f.HoldSession(key, e.session); err != nil {
				return all, err
			}
		}
		all = append(all, h)
	}
	for _, h := range all {
		s.subject = h.bot.String()
		if err := s.hand(ctx, f, e, h); err != nil {
			return all, err
		}
	}
	return all, nil
}

// allows says what keeps a bot's session from a program, as far as that shows before it is made.
func (e *execution) allows(f *fleet.Fleet, bot fleet.Bot) error {
	if session, there := bot.Session(e.session); there && !fleet.MayExec(session) {
		return fleet.ErrRunsElsewhere
	}
	return f.Fits([]fleet.Bot{bot}, e.session, e.form.sessionKind())
}

// hand takes out of the keyring what a program needs of a bot.
func (s *shell) hand(ctx context.Context, f *fleet.Fleet, e *execution, h *handed) error {
	use := fleet.Use{Action: "exec", Detail: fault.Clean(filepath.Base(e.command[0]))}
	opened, err := s.openForProgram(ctx, f, e, h.bot.Key, use)
	if err != nil {
		return err
	}
	h.bot, h.opened = opened.Bot, opened
	return h.fill(e, opened)
}

// openForProgram is the session a program gets, made where there is none; without one, token and app alone.
func (s *shell) openForProgram(ctx context.Context, f *fleet.Fleet, e *execution, key fleet.Key, use fleet.Use) (fleet.OpenedSession, error) {
	if e.session == "" {
		return f.OpenSession(ctx, key, "", use)
	}
	madeOne, err := f.ReadyForExec(ctx, key, e.session, s.reporter())
	if err != nil {
		return fleet.OpenedSession{}, s.giveUp(ctx, f, err)
	}
	if madeOne {
		s.note("Logged in once more, for programs that are run here: session %s. %s", e.session, fault.SessionCost)
	}
	return f.OpenSession(ctx, key, e.session, use)
}

// fill sets the variables, and says what is to be hidden.
func (h *handed) fill(e *execution, opened fleet.OpenedSession) error {
	id := fmt.Sprint(h.bot.ID)
	_, tail, _ := strings.Cut(opened.Token.Reveal(), ":")
	h.hide(opened.Token.Reveal(), len(id)+1)
	h.hide(tail, 0)
	h.hide(opened.APIHash.Reveal(), 0)
	for _, v := range e.variables {
		text := ""
		switch v.field {
		case fieldToken:
			text = opened.Token.Reveal()
		case fieldID:
			text = id
		case fieldUsername:
			text = h.bot.Profile.Username
		case fieldAPIID:
			if opened.APIID != 0 {
				text = fmt.Sprint(opened.APIID)
			}
		case fieldAPIHash:
			text = opened.APIHash.Reveal()
		case fieldSession:
			session, err := opened.As(e.form.sessionKind())
			if err != nil {
				return err
			}
			text = session.Reveal()
			h.hide(text, 0)
			h.hideKey(opened.Key.Reveal())
		}
		switch {
		case text != "":
			h.values = append(h.values, value{v, text})
		case v.asked || e.form.session != "":
			return usage(fmt.Sprintf("Of %s botring does not know the %s.", describe(h.bot), v.field),
				"botring show "+h.bot.String()+" says what it knows.")
		}
	}
	return nil
}
