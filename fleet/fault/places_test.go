package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"botring/fleet"
	"botring/fleet/files"
	"botring/fleet/store"
	"botring/keyring"
)

// Whatever keeps a file from being updated has words of its own, which name the file.
func TestNotUpdatedHasWords(t *testing.T) {
	known := map[string]error{
		"ErrNotText": files.ErrNotText, "ErrNotRegular": files.ErrNotRegular, "ErrTooLarge": files.ErrTooLarge,
		"ErrNotRewritten": files.ErrNotRewritten, "ErrUnsure": files.ErrUnsure, "ErrTokenForm": files.ErrTokenForm,
		"ErrLinkOut": files.ErrLinkOut, "ErrSeveralNames": files.ErrSeveralNames, "ErrChangedMeanwhile": files.ErrChangedMeanwhile,
		"ErrBackupThere": files.ErrBackupThere, "ErrOwner": files.ErrOwner,
	}
	for _, name := range sentinels(t, "../files") {
		if known[name] == nil {
			t.Errorf("%s is not looked at here", name)
		}
	}
	known["a syntax error"] = &files.SyntaxError{Form: "YAML", Line: 3}
	known["not there"] = &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	known["no right"] = &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}
	seen := map[string]string{}
	for name, err := range known {
		said := NotUpdated("a.env", fmt.Errorf("update: %w", err))
		if said.Kind != kindInput || !strings.Contains(said.What, "a.env") || said.NotSaved != Unchanged {
			t.Errorf("%s: %+v", name, said)
		}
		if other := seen[said.What+said.Why]; other != "" {
			t.Errorf("%s and %s have the same words", name, other)
		}
		seen[said.What+said.Why] = name
	}
	if said := NotUpdated("a.env", keyring.ErrDenied); said.Kind == kindInput {
		t.Errorf("a keyring's fault is told as the file's: %+v", said)
	}
	if said := NotUpdated("a.env", errors.New("disk on fire")); said.Kind != KindUnexpected {
		t.Errorf("%+v", said)
	}
}

func TestWhereItWent(t *testing.T) {
	for want, d := range map[string]fleet.Departure{
		"/srv/.env":                   {Way: store.ToFile, Place: "/srv/.env"},
		"program bot":                 {Way: store.ToProgram, Place: "b\x1b[31mot"},
		"ci, by a pipe":               {Way: store.ToPipe, For: "ci"},
		"the clipboard":               {Way: store.ToClipboard},
		"the screen":                  {Way: store.ToTerminal},
		"vps, by /srv/session":        {Way: store.ToFile, Place: "/srv/session", For: "vps"},
		"carrier pigeon /srv/vintage": {Way: "carrier pigeon", Place: "/srv/vintage"},
	} {
		if got := WentTo(d); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := WhatWent(fleet.Departure{Token: true, App: true, Session: "ci"}); got != "token, app, session ci" {
		t.Error(got)
	}
	for state, want := range map[store.DepartureState]Mark{store.Current: OK, store.Done: OK, store.Stale: NeedsYou, "x": Unknown} {
		if got, words := PlaceState(fleet.Departure{State: state, DoneAt: time.Now()}); got != want || words == "" {
			t.Errorf("%s: %v %q", state, got, words)
		}
	}
	spots := []files.Spot{{Line: 3, Name: "A\x1b[1m", Bot: 7}, {Line: 3, Bot: 7}, {Line: 9, Bot: 7}}
	if got := Lines(spots); got != "lines 3, 9" {
		t.Error(got)
	}
	want := "--- f\n+++ f\n@@ line 3 @@\n-A: 7:•••  older\n+A: 7:•••  current\n@@ line 3 @@\n-7:•••  older\n+7:•••  current\n"
	if got := MaskedDiff("f", spots[:2]); got != want {
		t.Errorf("%q", got)
	}
}
