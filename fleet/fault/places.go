package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"botring/fleet"
	"botring/fleet/files"
	"botring/fleet/store"
)

// WentTo says where a secret went.
func WentTo(d fleet.Departure) string {
	where := Clean(d.Place)
	switch d.Way {
	case store.ToFile:
	case store.ToProgram:
		where = "program " + where
	case store.ToPipe:
		where = "a pipe"
	case store.ToClipboard:
		where = "the clipboard"
	case store.ToTerminal:
		where = "the screen"
	default:
		where = Clean(string(d.Way)) + " " + where
	}
	if d.For != "" {
		return Clean(d.For) + ", by " + where
	}
	return where
}

// WhatWent says what of a bot went there.
func WhatWent(d fleet.Departure) string {
	var what []string
	if d.Token {
		what = append(what, "token")
	}
	if d.App {
		what = append(what, "app")
	}
	if d.Session != "" {
		what = append(what, "session "+Clean(d.Session))
	}
	return strings.Join(what, ", ")
}

// PlaceState says what a place holds by now.
func PlaceState(d fleet.Departure) (Mark, string) {
	switch d.State {
	case store.Current:
		return OK, "current"
	case store.Done:
		return OK, "done"
	case store.Stale:
		return NeedsYou, "older token"
	}
	return Unknown, Clean(string(d.State))
}

// NothingWentOut says that the secrets of a bot went nowhere, as far as is known.
const NothingWentOut = "Nothing went out since botring keeps track of that."

// HoldOlder says how many of a bot's places hold an older token.
func HoldOlder(places []fleet.Departure) string {
	stale := 0
	for _, d := range places {
		if d.State == store.Stale {
			stale++
		}
	}
	switch {
	case len(places) == 0:
		return NothingWentOut
	case stale == 0:
		return "No place that is known holds the older token."
	case stale == 1:
		return "1 place holds the older token."
	}
	return fmt.Sprintf("%d places hold the older token.", stale)
}

// WentOut says to how many places secrets of a bot went.
func WentOut(places []fleet.Departure) string {
	switch len(places) {
	case 0:
		return NothingWentOut
	case 1:
		return "1 place has what went out."
	}
	return fmt.Sprintf("%d places have what went out.", len(places))
}

// Backup says what is in the backup of a file that was updated.
func Backup(name string) string {
	return "What it was is in " + Clean(name) + ", with the older token; nobody else may read that."
}

// OwnSession says what to do about a session string that stands in a file that was updated.
const OwnSession = "A session string is not replaced: each place has a session of its own, which an export makes."

// formsUpdated are the files whose values are replaced.
const formsUpdated = "Files with a token a line, .env, JSON, YAML (docker-compose and Kubernetes Secrets too) and TOML are updated."

// NotUpdated says why a file that was to be updated was not, name being what it is called. What stands in it is not
// repeated.
func NotUpdated(name string, err error) Fault {
	f := Fault{Kind: kindInput, NotSaved: Unchanged, Actions: []Action{Edit}}
	switch {
	case errors.Is(err, files.ErrNotRewritten):
		f.What, f.Next = name+" is of no form that is updated.", formsUpdated
	case errors.Is(err, files.ErrUnsure):
		f.What = name + " is left as it is."
		f.Why = "More than the value would have changed in it, as its form is read."
		f.Next = "Put the new token in by hand."
	case errors.Is(err, files.ErrTokenForm):
		f.What = name + " is left as it is."
		f.Why = "The token that is saved has not the form of a token, and a file might read it as something else."
		f.Next = "Put it in by hand."
	case errors.Is(err, files.ErrLinkOut):
		f.What, f.Next = name+" is a link to another folder.", "Name the file that it leads to."
	case errors.Is(err, files.ErrSeveralNames):
		f.What = name + " has hard links."
		f.Why = "Under its other names it would stay as it is."
		f.Next = "Put the new token in by hand."
	case errors.Is(err, files.ErrChangedMeanwhile):
		f.What, f.Next, f.Actions = name+" was changed meanwhile.", "Look at it again.", []Action{Retry}
	case errors.Is(err, files.ErrBackupThere):
		f.What = "There is a backup of " + name + " already."
		f.Why = "Its name ends with " + files.BackupEnding + ", and it holds an older token."
		f.Next = "Remove it first, or have it written over."
	case errors.Is(err, files.ErrOwner):
		f.What, f.Next = name+" is somebody else's, and could not be given back to them.", "Run botring as its owner."
	case errors.Is(err, files.ErrTooLarge):
		f.What, f.Next = name+" is too large.", fmt.Sprintf("Files of at most %d MB are updated.", files.MaxRewritten>>20)
	case errors.Is(err, files.ErrNotRegular):
		f.What, f.Next = name+" is not a regular file.", formsUpdated
	case errors.Is(err, files.ErrNotText):
		f.What, f.Next = name+" is not a text file.", formsUpdated
	case errors.Is(err, fs.ErrPermission):
		f.What, f.Next = name+" may not be written.", "It takes the right to read it and to make files in its folder."
	default:
		return UnreadFile(name, err)
	}
	return f
}

// MaskedDiff shows what changes in a file without anything that stands in it but the names of its values.
func MaskedDiff(name string, changed []files.Spot) string {
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", name, name)
	for _, spot := range changed {
		value := fmt.Sprintf("%d:•••", spot.Bot)
		if spot.Name != "" {
			value = Clean(spot.Name) + ": " + value
		}
		fmt.Fprintf(&b, "@@ line %d @@\n-%s  older\n+%s  current\n", spot.Line, value, value)
	}
	return b.String()
}

// Lines are the lines of spots in words.
func Lines(spots []files.Spot) string {
	var numbers []string
	for _, spot := range spots {
		if number := fmt.Sprint(spot.Line); !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	if len(numbers) == 1 {
		return "line " + numbers[0]
	}
	return "lines " + strings.Join(numbers, ", ")
}
