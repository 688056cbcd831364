package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/fleet/files"
)

// updateObject is what became of a file that was updated, or would.
type updateObject struct {
	header
	Keyring string `json:"keyring"`
	File    string `json:"file"`
	Format  string `json:"format"`
	// Written: the file has changed. Backup is what it was, "" where it is as it was.
	Written bool   `json:"written"`
	Backup  string `json:"backup"`
	// Changed are the values that have changed, or would, and Current those that hold the token already. Left are older tokens
	// that are none of the file's values, and Sessions session strings: both stay.
	Changed  []spotJSON `json:"changed"`
	Current  []spotJSON `json:"current"`
	Left     []spotJSON `json:"left"`
	Sessions []spotJSON `json:"sessions"`
}

type spotJSON struct {
	Line int    `json:"line"`
	Name string `json:"name"`
	// ID is the bot, 0 where a session string does not say whose it is.
	ID int64 `json:"id"`
}

// judgeUpdate says what cannot be meant together with --update.
func (e exporting) judgeUpdate() error {
	if e.update == "" {
		if e.dryRun {
			return usage("There is no file to be looked at.", "--dry-run belongs to --update.")
		}
		return nil
	}
	out := e.out
	if e.format != "" || e.as != "" || e.naming != (naming{}) || e.yes || out.file != "" || out.copy || out.osc52 || out.reveal {
		return usage("A file is updated in the form that it has, and with tokens only.", "Of the other flags only --dry-run, --force, --tag and --all belong to --update.")
	}
	return nil
}

// update puts the bots' tokens of today into a file that holds older ones.
func (s *shell) update(ctx context.Context, refs []string, e exporting) error {
	file, err := files.OpenInPlace(e.update)
	if err != nil {
		return notUpdated(e.update, err)
	}
	f, keys, err := e.which.keys(ctx, s, refs)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return usage("There is no bot whose token could be put there.", "botring list shows them.")
	}
	made, err := f.Renew(ctx, keys, file.Path, file.Data, e.dryRun)
	if err != nil {
		return notUpdated(e.update, err)
	}
	object := updateObject{
		Keyring: s.flags.kind(), File: fault.Clean(file.Path), Format: made.Format.String(), Changed: spotsJSON(made.Changed),
		Current: spotsJSON(made.Current), Left: spotsJSON(made.Left), Sessions: spotsJSON(made.Sessions),
	}
	if len(made.Changed)+len(made.Current)+len(made.Left) == 0 {
		return usage("There is no token of "+whose(made.Bots)+" in "+quote(e.update)+".", "Nothing was changed.")
	}
	if len(made.Changed) > 0 && !e.dryRun {
		if object.Backup, err = file.Replace(made.Data, e.out.force); err != nil {
			return notUpdated(e.update, err)
		}
		object.Written, object.Backup = true, fault.Clean(object.Backup)
	}
	if !e.dryRun {
		f.Renewed(ctx, made, file.Path)
	}
	err = s.answer(object, func(w io.Writer) { s.writeUpdate(w, made, object) })
	if err == nil && len(made.Left) > 0 {
		return verdict(exitNotOK)
	}
	return err
}

func spotsJSON(spots []files.Spot) []spotJSON {
	all := make([]spotJSON, 0, len(spots))
	for _, spot := range spots {
		all = append(all, spotJSON{spot.Line, fault.Clean(spot.Name), spot.Bot})
	}
	return all
}

// whose are bots in a sentence.
func whose(bots []fleet.Bot) string {
	if len(bots) == 1 {
		return describe(bots[0])
	}
	return "these bots"
}

// notUpdated words what keeps a file from being updated.
func notUpdated(name string, err error) error {
	said := fault.NotUpdated(quote(name), err)
	if said.Kind != "invalid_input" {
		return err
	}
	if errors.Is(err, files.ErrBackupThere) {
		said.Next = "Remove it first, or write over it with --force."
	}
	said.Kind = "usage"
	return &usageError{said, exitUsage}
}

func (s *shell) writeUpdate(w io.Writer, made fleet.Renewal, object updateObject) {
	switch {
	case object.Written:
		s.say("Updated %s in %s.", plural(len(made.Changed), "value"), object.File)
		s.note("%s", fault.Backup(object.Backup))
	case len(made.Changed) > 0:
		fmt.Fprint(w, fault.MaskedDiff(object.File, made.Changed))
	case len(made.Current) > 0:
		s.say("%s holds the token of %s already.", object.File, whose(made.Bots))
	}
	if len(made.Left) > 0 {
		s.note("An older token is still in %s, not as a value but within a comment or a text. See to it by hand.", fault.Lines(made.Left))
	}
	if len(made.Sessions) > 0 {
		s.note("In %s: %s", fault.Lines(made.Sessions), fault.OwnSession)
		s.note("botring export %s --format FORMAT --for PLACE makes one.", made.Bots[0].String())
	}
}
