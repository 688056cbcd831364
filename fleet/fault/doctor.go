package fault

import (
	"fmt"
	"strings"

	"botring/fleet"
)

// A Diagnosis is a finding of an examination in words: plain sentences, nothing in them that a terminal would
// obey.
type Diagnosis struct {
	// Title is what was looked at, in a few words that start small: "D-Bus session".
	Title string
	// Says is what was found, Mend what to do about it, "" where nothing is to be done.
	Says, Mend string
	// Actions are what can be done about it from here, in the order they should be offered.
	Actions []Action
	// Bot is the one that the actions are about, as commands take it, "" where there are none or several.
	Bot string
	// Logged: these words say less than the log does. See LogHint.
	Logged bool
}

// Diagnose puts a finding into words.
func Diagnose(f fleet.Finding) Diagnosis {
	d := Diagnosis{Title: titleOfTopic(f.Topic)}
	switch {
	case f.Found == fleet.FoundFault:
		d = d.of(Of(f.Err))
		if f.Topic == fleet.TopicCatalogue && f.Fixable {
			d.Mend = "" // there is a better way than by hand
		}
		if f.Topic == fleet.TopicBus && f.Subject != "" {
			d.Says += " Nothing answers at " + Clean(f.Subject) + "."
		}
		return d
	case f.Found == fleet.FoundUnreached:
		d = d.of(Of(f.Err))
		d.Says = fmt.Sprintf("DC %d: %s", f.DC, d.Says)
		return d
	case f.Grade == fleet.GradeSkipped:
		d.Says = "Not looked at: " + whySkipped(f.Found)
		return d
	}
	for _, signs := range []map[fleet.Sign]diagnosis{
		keyringSigns(), lockSigns(), daemonsSigns(), filesSigns(), catalogueSigns(), itemsSigns(), rowsSigns(), historySigns(),
		telegramSigns(), terminalSigns(), configurationSigns(),
	} {
		if say, ok := signs[f.Found]; ok {
			say(f, &d)
		}
	}
	return d
}

// A diagnosis fills in the words of one sign.
type diagnosis func(f fleet.Finding, d *Diagnosis)

// DiagnoseFault is the diagnosis of a fault that an examination's caller met himself.
func DiagnoseFault(topic fleet.Topic, f Fault) Diagnosis {
	return Diagnosis{Title: titleOfTopic(topic)}.of(f)
}

// of takes a fault's words over. Nothing was to be saved, and what can be done is to look again.
func (d Diagnosis) of(f Fault) Diagnosis {
	d.Says = strings.TrimSpace(f.What + " " + f.Why)
	d.Mend, d.Logged = f.Next, f.Logged
	for _, action := range f.Actions {
		switch action {
		case Unlock, CreateKeyring, UseFile, UseMemory, EditApp, Remove, ReplaceToken:
			d.Actions = append(d.Actions, action)
		case Edit, Retry, SaveOnly, OtherEnvironment, LogIn, CheckToken, SaveAgain, Abandon, Keep:
		}
	}
	return d
}

// LogHint names the log at path where it says more than the diagnosis, as a Fault's does.
func (d Diagnosis) LogHint(path string) string { return Fault{Logged: d.Logged}.LogHint(path) }

func titleOfTopic(topic fleet.Topic) string {
	switch topic {
	case fleet.TopicConfiguration:
		return "configuration"
	case fleet.TopicBus:
		return "D-Bus session"
	case fleet.TopicService:
		return "keyring program"
	case fleet.TopicCollection:
		return "default keyring"
	case fleet.TopicKeyring:
		return "keyring"
	case fleet.TopicLock:
		return "lock"
	case fleet.TopicProbe:
		return "probe"
	case fleet.TopicDaemons:
		return "daemons"
	case fleet.TopicPermissions:
		return "permissions"
	case fleet.TopicCatalogue:
		return "catalogue"
	case fleet.TopicItems:
		return "items"
	case fleet.TopicHistory:
		return "history"
	case fleet.TopicProxy:
		return "proxy"
	case fleet.TopicNetwork:
		return "network"
	case fleet.TopicClock:
		return "clock"
	case fleet.TopicTerminal:
		return "terminal"
	case fleet.TopicColours:
		return "colours"
	case fleet.TopicCharacters:
		return "characters"
	case fleet.TopicClipboard:
		return "clipboard"
	}
	return Clean(string(topic))
}

func whySkipped(sign fleet.Sign) string {
	return map[fleet.Sign]string{
		fleet.FoundLockedOut:   "the keyring is locked.",
		fleet.FoundNoKeyring:   "there is no keyring to ask.",
		fleet.FoundNothingYet:  "the encrypted files are not made yet.",
		fleet.FoundNoCatalogue: "the catalogue cannot be read.",
		fleet.FoundUnseen:      "the system does not show other programs here.",
		fleet.FoundNoTerminal:  "this is no terminal.",
	}[sign]
}

// NeedsUnlocking reports whether a finding says that something was not looked at because the keyring is
// locked.
func NeedsUnlocking(f fleet.Finding) bool {
	return f.Found == fleet.FoundLockedOut && f.Grade == fleet.GradeSkipped
}
