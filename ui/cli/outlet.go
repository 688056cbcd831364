package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"botring/fleet/fault"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/ui"
)

// An outlet is where secrets leave: standard output, a file, or a clipboard.
type outlet struct {
	what        string // is leaving, in a word
	file        string
	force       bool
	copy, osc52 bool
	reveal      bool
}

func (o *outlet) register(flags *pflag.FlagSet) {
	flags.StringVarP(&o.file, "output", "o", "", "write to a new `file` that only you can read")
	flags.BoolVar(&o.force, "force", false, "write over a file that is there")
	flags.BoolVar(&o.copy, "copy", false, "copy it, and clear the clipboard after 45 s, or as configured, or when this is interrupted")
	flags.BoolVar(&o.osc52, "osc52", false, "copy it through the terminal, which can neither be seen nor cleared")
	flags.BoolVar(&o.reveal, "reveal", false, "write to standard output wherever that goes to")
}

var (
	errIsThere  = errors.New("the file is there already")
	errNotAFile = errors.New("not a regular file")
)

// check says what keeps secrets from leaving this way, before there are any.
func (o outlet) check(s *shell) error {
	if o.copy {
		s.dropSecrets() // another program does it
	}
	ways := 0
	for _, chosen := range []bool{o.file != "", o.copy, o.osc52} {
		if chosen {
			ways++
		}
	}
	switch {
	case ways > 1:
		return usage("It cannot go two ways at once.", "Give one of --output, --copy and --osc52.")
	case o.force && o.file == "":
		return usage("There is no file to write over.", "--force belongs to --output.")
	case o.file != "":
		if err := o.mayWrite(); err != nil {
			return o.tell(err)
		}
	case o.osc52:
		if _, ok := s.terminal(); !ok {
			return usage("There is no terminal here whose clipboard it could go to.", "Run it on one, or use --copy.")
		}
	case o.copy && !ui.CanCopy():
		return noClipboard()
	case o.copy, o.reveal:
	default:
		return mayReceive(s.Out, o.what)
	}
	return nil
}

// mayWrite looks whether the file can be written, without touching it.
func (o outlet) mayWrite() error {
	info, err := os.Lstat(o.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errNotAFile
	case !o.force:
		return errIsThere
	}
	return ui.MayMakeIn(filepath.Dir(o.file)) // where a file takes the place of another too
}

// terminal is the stream that a terminal reads from us: not standard output, if it can be, which has an answer.
func (s *shell) terminal() (io.Writer, bool) {
	for _, stream := range []io.Writer{s.Err, s.Out} {
		if _, ok := terminal(stream); ok {
			return stream, true
		}
	}
	return nil, false
}

// deliver hands the secrets over, and says so. object makes the JSON of it: of the text where that is in the answer
// itself, and the file where it went into one. went hears where they went to, once they are there.
func (o outlet) deliver(ctx context.Context, s *shell, text secret.Secret, object func(text, file string) any, went func(store.Way, string)) error {
	switch {
	case o.file != "":
		if err := o.write(text); err != nil {
			return o.tell(err)
		}
		went(store.ToFile, o.file)
		return s.answer(object("", o.file), func(io.Writer) { s.say("Written to %s, which only you can read.", fault.Clean(o.file)) })
	case o.osc52:
		w, _ := s.terminal()
		if err := ui.SendToTerminal(w, asCopied(text)); err != nil {
			return fmt.Errorf("write to the terminal: %w", err)
		}
		went(store.ToClipboard, "")
		return s.answer(object("", ""), func(io.Writer) {
			s.note("Sent to the terminal's clipboard. botring can neither see whether it arrived nor clear it.")
		})
	case o.copy:
		return o.copyAndStay(ctx, s, text, object("", ""), func() { went(store.ToClipboard, "") })
	}
	var err error
	if told := s.answer(object(text.Reveal(), ""), func(w io.Writer) { err = writeText(w, text.Reveal()) }); told != nil {
		return told
	}
	if err == nil {
		went(wayOf(s.Out))
	}
	return err
}

// wayOf is where standard output leads, as far as that can be told.
func wayOf(out io.Writer) (way store.Way, place string) {
	if _, ok := terminal(out); ok {
		return store.ToTerminal, ""
	}
	file, ok := out.(*os.File)
	if !ok {
		return store.ToPipe, ""
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return store.ToPipe, ""
	}
	// Linux knows what a shell has opened; others say that it is a pipe, which is all that botring sees.
	if path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", file.Fd())); err == nil && filepath.IsAbs(path) {
		return store.ToFile, path
	}
	return store.ToPipe, ""
}

// copyAndStay copies and stays in the foreground until the clipboard is cleared.
func (o outlet) copyAndStay(ctx context.Context, s *shell, text secret.Secret, object any, went func()) error {
	cleared, err := ui.Copying{Text: asCopied(text), After: s.config.clipboard, Copied: func(via string, until time.Time) {
		went()
		s.note("Copied with %s; it is cleared in %s, or with ctrl+c. Clipboard managers keep copies.", via, fault.Duration(time.Until(until)))
	}}.Do(ctx)
	switch {
	case errors.Is(err, ui.ErrNoClipboard):
		return noClipboard()
	case err != nil:
		return usage("The clipboard could not be cleared; it may still hold the "+o.what+".", "Copy something else over it.")
	}
	return s.answer(object, func(io.Writer) {
		if cleared {
			s.note("The clipboard was cleared.")
			return
		}
		s.note("The clipboard holds something else by now; it was left alone.")
	})
}

// tell words what keeps a file from being written.
func (o outlet) tell(err error) error {
	name := quote(o.file)
	switch {
	case errors.Is(err, errIsThere):
		return usage("The file "+name+" is there already.", "Choose another name, or write over it with --force. The "+o.what+" was not written.")
	case errors.Is(err, errNotAFile):
		return usage(name+" is not a file.", "Choose another name.")
	case errors.Is(err, fs.ErrNotExist):
		return usage("There is no directory for "+name+".", "Make it, or choose another.")
	case errors.Is(err, fs.ErrPermission):
		return usage("Nothing may be written to "+name+".", "Choose another place.")
	}
	return fmt.Errorf("write the %s: %w", o.what, err)
}

// mayReceive says where a secret must not be written without a word.
func mayReceive(out io.Writer, secret string) error {
	if _, ok := terminal(out); ok {
		return usage("The "+secret+" would stand on the screen.", "Send it to a pipe or a private file, or show it with --reveal.")
	}
	file, ok := out.(*os.File)
	if !ok || runtime.GOOS == "windows" {
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at standard output: %w", err)
	}
	if info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		return usage("The file the "+secret+" would go to can be read by others.", "Make it private first: umask 077, or chmod 600. Or use --reveal.")
	}
	return nil
}

// writeText writes a text and nothing else.
func writeText(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return written(err)
}

func noClipboard() error {
	return usage("There is no clipboard here that can be reached.", "Send it to a pipe or a file, or through the terminal with --osc52.")
}

// asCopied is a text without its last line end, which would send it where it is pasted.
func asCopied(text secret.Secret) secret.Secret {
	return secret.New(strings.TrimRight(text.Reveal(), "\n"))
}

// write writes the file: whole, or not at all. Nobody else can read it from its first moment, also where it takes
// the place of another.
func (o outlet) write(text secret.Secret) error {
	if err := o.mayWrite(); err != nil {
		return err
	}
	err := ui.WritePrivate(o.file, o.force, func(w io.Writer) error { return writeText(w, text.Reveal()) })
	if errors.Is(err, fs.ErrExist) {
		return errIsThere
	}
	return err
}
