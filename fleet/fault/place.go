package fault

import (
	"time"

	"botring/fleet"
	"botring/fleet/store"
)

// SessionCost says what a further session of a bot costs it.
const SessionCost = "A bot with several sessions may miss updates in one of them."

// SystemdUse says how a service comes by a credential (systemd-creds(1), systemd.exec(5)).
const SystemdUse = "Encrypt it for the machine: systemd-creds encrypt --name=NAME - /etc/credstore.encrypted/NAME. With LoadCredentialEncrypted=NAME " +
	"in its unit the service finds it as $CREDENTIALS_DIRECTORY/NAME."

// Runs says in words where a session runs: "here", "at vps-1", "under botring exec", "elsewhere".
func Runs(s fleet.Session) string {
	switch {
	case s.Runs == store.Here:
		return "here"
	case s.At == fleet.PlaceExec:
		return "under botring exec"
	case s.At != "":
		return "at " + Clean(s.At)
	}
	return "elsewhere"
}

// AllRun says where the sessions of a name run that several bots have, and "where it is" where these are several places.
func AllRun(bots []fleet.Bot, name string) string {
	runs := ""
	for _, bot := range bots {
		session, _ := bot.Session(name)
		switch at := Runs(session); runs {
		case "", at:
			runs = at
		default:
			return "where it is"
		}
	}
	return runs
}

// Since says since when a session runs where it does, "" where that is not known.
func Since(s fleet.Session, now time.Time) string {
	since := s.Since
	if since.IsZero() {
		since = s.MadeAt
	}
	if since.IsZero() {
		return ""
	}
	return Ago(now.Sub(since))
}
