package cli

import (
	"time"

	"botring/fleet"
	"botring/fleet/fault"
)

// reporter tells the steps of a long call to somebody who watches: one line each, on a terminal only.
func (s *shell) reporter() func(fleet.Step) {
	if _, ok := terminal(s.Err); !ok || s.flags.quiet || s.flags.json {
		return nil
	}
	return func(step fleet.Step) {
		if step.Done {
			return
		}
		text := fault.Stage(step)
		if where := fault.Where(step); where != "" && step.Stage == fleet.Connecting {
			text += " to " + where
		}
		s.note("%s", text)
	}
}

func (s *shell) now() time.Time { return time.Now() }
