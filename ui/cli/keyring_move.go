package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
)

func newKeyringMove(s *shell) *cobra.Command {
	var to string
	var forget, yes bool
	cmd := &cobra.Command{
		Use:   "move --to system|age [flags]",
		Short: "Move everything to the other keyring",
		Long: "Copies every bot, app and session to the system keyring or to encrypted files, and reads each copy back. What is in use " +
			"from then on stands in the configuration. The old ones stay unless --delete removes them, and then only when all copies " +
			"are there.\n\n" +
			"Stopped at any point it can be run again: nothing is lost and nothing copied twice. Another --ring is moved by itself.",
		Example: `  botring keyring move --to age
  botring keyring move --to system --keyring age --delete`,
		Args: args(0, 0, "--to system|age"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.moveKeyring(cmd.Context(), to, forget, yes)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&to, "to", "", "the `kind` of the other keyring: system, or age for encrypted files")
	cmd.Flags().BoolVar(&forget, "delete", false, "remove everything from the old keyring when all of it is in the other one")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask before --delete")
	return cmd
}

func (s *shell) moveKeyring(ctx context.Context, to string, forget, yes bool) error {
	f, err := s.open(ctx)
	if err != nil {
		return err
	}
	from := s.flags.kind()
	switch {
	case to != keyringSystem && to != keyringAge:
		return usage("It is not said where to move.", "Give --to system, or --to age for encrypted files.")
	case to == from:
		return fleet.ErrSameKeyring
	case from == keyringMemory:
		return usage("A keyring in memory is empty when a command begins.", "Name the one to move from: --keyring system or --keyring age.")
	}
	if forget && !yes {
		if err := s.confirmMove(ctx, f, from, to); err != nil {
			return err
		}
	}
	if _, err := s.openExisting(ctx); err != nil {
		return err
	}
	if err := s.readyTarget(ctx, to); err != nil {
		return err
	}
	line := s.counter()
	moved, err := f.MoveKeyring(ctx, to, forget, func(step fleet.MoveStep) { line.show(wordsOfMove(step.Stage), step.Done, step.Total) })
	line.end()
	if err != nil {
		return s.movedInPart(err, moved, from, to)
	}
	return s.answerMoved(moved, from, to, forget)
}

// confirmMove asks before anything is deleted.
func (s *shell) confirmMove(ctx context.Context, f *fleet.Fleet, from, to string) error {
	bots, apps, err := counts(ctx, f)
	if err != nil {
		return err
	}
	return s.confirm(ctx, fmt.Sprintf("Move %s and %s to %s and delete them from %s?",
		plural(bots, "bot"), plural(apps, "app"), kindInWords(to), kindInWords(from)))
}

// readyTarget looks whether the other keyring is there, and unlocks it where that takes a prompt, which is
// waited for no longer than for other commands.
func (s *shell) readyTarget(ctx context.Context, to string) (err error) {
	opts, err := s.options()
	if err != nil {
		return err
	}
	opts.Keyring, opts.Ephemeral = to, true
	f, err := fleet.Open(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s.target = to
	status, err := f.Keyring(ctx)
	if err != nil {
		return err
	}
	if status.Locked && to == keyringSystem {
		if err := s.unlock(ctx, f, to); err != nil {
			return err
		}
	}
	s.target = ""
	return nil
}

func wordsOfMove(stage fleet.MoveStage) string {
	switch stage {
	case fleet.MoveComparing:
		return "Reading"
	case fleet.MoveCopying:
		return "Copying"
	case fleet.MoveDeleting:
		return "Deleting"
	}
	return "Working"
}

// movedInPart tells of a move that did not come to its end, and that nothing is lost by it. Where none of it
// was done the error says all.
func (s *shell) movedInPart(err error, moved fleet.Moved, from, to string) error {
	if moved.Copied+moved.Deleted == 0 {
		return err
	}
	f := fault.Of(err)
	f.NotSaved = fmt.Sprintf("Nothing is lost: %s copied to %s, and nothing was deleted.", were(moved.Copied), kindInWords(to))
	if moved.Deleted > 0 {
		f.NotSaved = fmt.Sprintf("Nothing is lost: %s deleted from %s, each of them after its copy was compared.",
			were(moved.Deleted), kindInWords(from))
	}
	f.Next = "Run it again: it goes on where it was stopped."
	f.Actions = nil
	return &usageError{f, codeOfKind(f.Kind)}
}

// were is "1 item was" or "5 items were".
func were(n int) string {
	if n == 1 {
		return "1 item was"
	}
	return fmt.Sprintf("%d items were", n)
}

// answerMoved tells of a move, and which keyring is in use from now on.
func (s *shell) answerMoved(moved fleet.Moved, from, to string, forget bool) error {
	next, unremembered := s.choose(from, to)
	object := keyringMoveObject{
		Keyring: to, From: from, To: to, Copied: moved.Copied, Present: moved.Present, Deleted: moved.Deleted, Kept: moved.Kept, Next: next,
	}
	if unremembered != nil {
		e := s.errorJSON(words(unremembered))
		object.Error = &e
	}
	err := s.answer(object, func(io.Writer) {
		s.say("%s", copies(moved))
		if forget {
			s.say("%s deleted from %s.", upper(were(moved.Deleted)), kindInWords(from))
		}
		s.sayKept(moved, from, to)
		if !forget && moved.Copied+moved.Present > 0 {
			s.say("Both have a copy now. This removes the old ones:")
			s.say("  %s", s.moveAgain(from, to))
		}
		s.sayNext(next, from, to)
	})
	switch {
	case err != nil:
		return err
	case unremembered != nil && !s.flags.json:
		return unremembered
	case unremembered != nil:
		return verdict(exitCode(context.Background(), unremembered))
	case moved.Kept > 0:
		return verdict(exitNotOK)
	}
	return nil
}

// copies says what is in the other keyring now.
func copies(moved fleet.Moved) string {
	switch {
	case moved.Copied+moved.Present == 0:
		return "There was nothing to copy."
	case moved.Copied == 0:
		return fmt.Sprintf("Everything is in %s already: %s, the same there.", nameOfKeyring(moved.To), plural(moved.Present, "item"))
	}
	text := fmt.Sprintf("%s copied to %s, and read back.", upper(were(moved.Copied)), nameOfKeyring(moved.To))
	if moved.Present > 0 {
		text += fmt.Sprintf(" %s there already.", upper(were(moved.Present)))
	}
	return text
}

// sayKept tells plainly of what was to be deleted and is not.
func (s *shell) sayKept(moved fleet.Moved, from, to string) {
	if moved.Kept == 0 {
		return
	}
	changed := "they were changed after they were copied"
	if moved.Kept == 1 {
		changed = "it was changed after it was copied"
	}
	s.say("%s not deleted from %s: %s.", upper(were(moved.Kept)), kindInWords(from), changed)
	s.say("This takes along what is new, and names what differs:")
	s.say("  %s", s.moveAgain(from, to))
}

// moveAgain is the command line that finishes a move.
func (s *shell) moveAgain(from, to string) string {
	line := "botring keyring move --keyring " + from + " --to " + to + " --delete"
	if s.flags.ring != "" {
		line += " --ring " + s.flags.ring
	}
	return line
}

// choose has the configuration name the keyring that was moved to, where without a flag or variable the old
// one would be used next. It returns which one is.
//
// The configuration is about all rings: one of several that moved takes no others along.
func (s *shell) choose(from, to string) (next string, err error) {
	usual, err := s.usualKeyring()
	if err != nil || usual != from || s.flags.ring != "" {
		return usual, err
	}
	if err := s.rememberKeyring(to); err != nil {
		return usual, err
	}
	return to, nil
}

// usualKeyring is the kind that is used where no flag and no variable names one.
func (s *shell) usualKeyring() (string, error) {
	path, err := s.configPath()
	if err != nil {
		return keyringSystem, tellConfig(&configError{path: "config.toml", err: err})
	}
	content, err := readConfigFile(path)
	if err != nil {
		return keyringSystem, tellConfig(err)
	}
	read, err := parseConfig(path, content)
	if err != nil {
		return keyringSystem, tellConfig(err)
	}
	if read.keyring == "" {
		return keyringSystem, nil
	}
	return read.keyring, nil
}

// sayNext says what is in use from now on, and what stands in the way of that.
func (s *shell) sayNext(next, from, to string) {
	if next == to {
		s.say("From now on botring uses %s (%s).", kindInWords(to), s.whereChosen(to))
	} else {
		s.say("Without --keyring %s botring goes on using %s (%s).", to, kindInWords(next), s.whereChosen(next))
	}
	switch s.flags.chosenBy("keyring") {
	case byVariable:
		s.note("BOTRING_KEYRING says %s and wins over that: change it or unset it.", from)
	case byFlag:
		s.note("--keyring %s still means the old one.", from)
	case byDefault, byConfig:
	}
}

// whereChosen says where the usual keyring stands.
func (s *shell) whereChosen(kind string) string {
	path, err := s.configPath()
	if err == nil {
		if content, err := readConfigFile(path); err == nil {
			if read, err := parseConfig(path, content); err == nil && read.keyring == kind {
				return s.configPlace()
			}
		}
	}
	return "the usual one"
}
