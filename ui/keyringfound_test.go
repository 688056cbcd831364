package ui

import (
	"strings"
	"testing"

	"botring/fleet"
	"botring/keyring"
)

// badFindings are what may be wrong around a keyring.
func badFindings() []fleet.Finding {
	return []fleet.Finding{
		{Topic: fleet.TopicDaemons, Grade: fleet.GradeProblem, Found: fleet.FoundRivals, Names: []string{"4711", "4712"}, Process: 4710},
		{Topic: fleet.TopicPermissions, Grade: fleet.GradeWarning, Found: fleet.FoundExposed, Subject: "~/.local/share/botring/\x1b[31mcatalogue.db", Mode: 0o644},
	}
}

// foundOn is a keyring screen on which things were found.
func foundOn(t *testing.T, name string, findings ...fleet.Finding) (*shell, keyringScreen) {
	t.Helper()
	sh, s := keyringOn(t, name, someBots()...)
	s, _ = s.Update(foundMsg{sh.keyring.status, findings})
	return sh, s.(keyringScreen)
}

func TestKeyringFindingsLooks(t *testing.T) {
	looks(t, func(t *testing.T) (*shell, screen) {
		sh, s := foundOn(t, "Ready", badFindings()...)
		return sh, s
	}, nil)
}

// TestFindingsBelongToTheirKeyring: a look at the keyring leads to one at what is around it, whose answer counts
// as long as it is about the same one.
func TestFindingsBelongToTheirKeyring(t *testing.T) {
	sh, k := foundOn(t, "Ready", badFindings()...)
	shows := func(s screen) bool {
		return strings.Contains(strings.Join(s.(keyringScreen).lines(sh.body), "\n"), "works on the same files")
	}
	if !shows(k) {
		t.Fatal("what was found is not shown")
	}
	for name, next := range map[string]keyringMsg{
		"it is looked at again":   keyringMsg(keyrings()["Ready"]),
		"another one is in use":   keyringMsg(keyrings()["File"]),
		"there is none any more":  {looked: true, err: keyring.ErrUnavailable},
		"it was locked meanwhile": keyringMsg(keyrings()["Locked"]),
	} {
		s, cmd := k.Update(next)
		if shows(s) {
			t.Errorf("%s: what was found before is shown", name)
		}
		if (cmd == nil) != (next.err != nil) {
			t.Errorf("%s: what is around it is looked at: %v", name, cmd != nil)
		}
	}
	sh.keyring = keyrings()["File"]
	late, _ := keyringScreen{sh: sh}.Update(foundMsg{keyrings()["Ready"].status, badFindings()})
	if shows(late) {
		t.Error("what was found around another keyring is shown")
	}
}

// What the screen says in its own words, and what is well, is not said again.
func TestFindingsThatTellMore(t *testing.T) {
	for _, f := range badFindings() {
		if !tellsMore(f) {
			t.Errorf("%+v is left out", f)
		}
	}
	for _, f := range []fleet.Finding{
		{Topic: fleet.TopicLock, Grade: fleet.GradeWarning, Found: fleet.FoundLocked},
		{Topic: fleet.TopicKeyring, Grade: fleet.GradeWarning, Found: fleet.FoundMemory},
		{Topic: fleet.TopicKeyring, Grade: fleet.GradeWarning, Found: fleet.FoundUnfinished},
		{Topic: fleet.TopicDaemons, Grade: fleet.GradeSkipped, Found: fleet.FoundUnseen},
		{Topic: fleet.TopicDaemons, Found: fleet.FoundAlone},
	} {
		if tellsMore(f) {
			t.Errorf("%+v is said", f)
		}
	}
}
