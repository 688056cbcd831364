package fault

import (
	"fmt"

	"botring/fleet"
)

// Stage says what a step does: "Connecting", "Moving to DC 4".
func Stage(step fleet.Step) string {
	switch step.Stage {
	case fleet.OpeningKeyring:
		return "Opening the keyring"
	case fleet.Connecting:
		return "Connecting"
	case fleet.Securing:
		return "Securing"
	case fleet.Moving:
		if step.DC == 0 {
			return "Moving to another DC"
		}
		return fmt.Sprintf("Moving to DC %d", step.DC)
	case fleet.LoggingIn:
		return "Logging in"
	case fleet.Checking:
		return "Checking"
	case fleet.LoggingOut:
		return "Logging out"
	case fleet.Saving:
		return "Saving"
	case fleet.AskingManager:
		return "Asking its manager"
	case fleet.Queueing:
		return "Waiting for its turn"
	}
	return "Working"
}

// Where says where a step goes to, "DC 2, 149.154.167.41, through office", or "" where it goes nowhere.
func Where(step fleet.Step) string {
	addr, proxy := Clean(step.Addr), Clean(step.Proxy)
	where := addr
	switch {
	case step.DC != 0 && addr == "":
		where = fmt.Sprintf("DC %d", step.DC)
	case step.DC != 0:
		where = fmt.Sprintf("DC %d, %s", step.DC, addr)
	}
	if where != "" && proxy != "" {
		where += ", through " + proxy
	}
	return where
}
