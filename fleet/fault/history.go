package fault

import (
	"fmt"
	"time"

	"botring/fleet"
)

// OfHistory tells in sentences what a look at the history found.
func OfHistory(c fleet.HistoryCheck) []string {
	says := []string{historyFault(c)}
	if c.Unsealed > 0 && c.Fault != fleet.HistoryNoKey {
		says = append(says, fmt.Sprintf("The last %d are not sealed yet, so nothing can be said of them.", c.Unsealed))
	}
	if c.Began.Lost > 0 {
		says = append(says, fmt.Sprintf("It begins at entry %d, after the catalogue was rebuilt on %s: what came before was lost.",
			c.Began.Lost+1, c.Began.At.Format(time.DateTime)))
	}
	if c.Pruned > 0 {
		says = append(says, fmt.Sprintf("%d older entries were pruned by botring.", c.Pruned))
	}
	return says
}

func historyFault(c fleet.HistoryCheck) string {
	switch c.Fault {
	case fleet.HistorySound:
		return fmt.Sprintf("The history is as it was written: %d entries.", c.Entries)
	case fleet.HistoryChanged:
		return fmt.Sprintf("Entry %d of the history is not what botring wrote, or was not there.", c.Seq)
	case fleet.HistoryMissing:
		return fmt.Sprintf("Entry %d of the history is missing.", c.Seq)
	case fleet.HistoryCutOff:
		return fmt.Sprintf("The history was cut off: entry %d and what came after it are missing.", c.Seq)
	case fleet.HistoryNoKey:
		return "The history is sealed, and the keyring does not have its key, so nothing can be said of it."
	}
	return ""
}
