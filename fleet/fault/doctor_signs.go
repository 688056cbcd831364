package fault

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"botring/fleet"
)

func keyringSigns() map[fleet.Sign]diagnosis {
	return map[fleet.Sign]diagnosis{
		fleet.FoundBus: func(f fleet.Finding, d *Diagnosis) { d.Says = "It answers at " + Clean(f.Subject) + "." },
		fleet.FoundService: func(f fleet.Finding, d *Diagnosis) {
			d.Says = Clean(f.Subject)
			if f.Process != 0 {
				d.Says += fmt.Sprintf(", process %d", f.Process)
			}
			d.Says += "."
		},
		fleet.FoundCollection: func(f fleet.Finding, d *Diagnosis) { d.Says = "“" + Clean(f.Subject) + "”." },
		fleet.FoundFiles:      func(f fleet.Finding, d *Diagnosis) { d.Says = "Encrypted files in " + Clean(f.Subject) + "." },
		fleet.FoundNotMade: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Encrypted files; the first save makes them, in " + Clean(f.Subject) + "."
		},
		fleet.FoundUnfinished: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "A change of who may read the encrypted files was cut off: some are still encrypted as before."
			d.Mend = "Finish it."
		},
		fleet.FoundMemory: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Everything is kept in memory alone, and forgotten at the end."
			d.Mend = "Use the system's keyring or the encrypted files to keep it."
			d.Actions = []Action{UseFile}
		},
	}
}

func lockSigns() map[fleet.Sign]diagnosis {
	return map[fleet.Sign]diagnosis{
		fleet.FoundUnlocked: func(_ fleet.Finding, d *Diagnosis) { d.Says = "Unlocked." },
		fleet.FoundLocked: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "The keyring is locked, so what is in it cannot be looked at."
			d.Mend = "Unlock it, then look again."
			d.Actions = []Action{Unlock}
			if f.Err != nil {
				locked := Of(f.Err)
				d.Says, d.Mend, d.Actions = locked.What+" "+locked.Why, locked.Next, nil
			}
		},
		fleet.FoundProbed: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Something was written, read back and deleted in " + Latency(f.Took) + "."
		},
		fleet.FoundSlow: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Writing, reading and deleting took " + Latency(f.Took) + ", which is slow."
			d.Mend = "Look whether the keyring has very many items, or its disk is busy or far away."
		},
	}
}

func daemonsSigns() map[fleet.Sign]diagnosis {
	return map[fleet.Sign]diagnosis{
		fleet.FoundAlone: func(_ fleet.Finding, d *Diagnosis) { d.Says = "No other gnome-keyring works on these files." },
		fleet.FoundRivals: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Another gnome-keyring works on the same files: " + processes(f.Names) + ". Each one writes over what the other has saved."
			d.Mend = "End it, then look whether everything is still there. It may belong to another session of yours, such as one over SSH."
		},
		fleet.FoundMaybeRivals: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Another gnome-keyring of yours runs: " + processes(f.Names) + ". Whether it works on the same files is hidden."
			d.Mend = "If it belongs to a session that has ended, end it."
		},
	}
}

func processes(ids []string) string {
	noun := "process "
	if len(ids) > 1 {
		noun = "processes "
	}
	return noun + list(cleanAll(ids), len(ids))
}

// cleanAll cleans names for a sentence.
func cleanAll(names []string) []string {
	clean := make([]string, 0, len(names))
	for _, name := range names {
		clean = append(clean, Clean(name))
	}
	return clean
}

func filesSigns() map[fleet.Sign]diagnosis {
	return map[fleet.Sign]diagnosis{
		fleet.FoundPrivate: func(_ fleet.Finding, d *Diagnosis) {
			d.Says = "Nobody else can change what botring keeps here, nor read what they should not."
		},
		fleet.FoundExposed: func(f fleet.Finding, d *Diagnosis) {
			d.Says = fmt.Sprintf("Others can read %s (mode %04o).", Clean(f.Subject), f.Mode)
			d.Mend = "Take that away with chmod go-rwx."
			if f.Mode&0o022 != 0 {
				d.Says = fmt.Sprintf("Others can change %s (mode %04o).", Clean(f.Subject), f.Mode)
				d.Mend = "Look who did, then take that away with chmod go-w."
			}
			if f.Err != nil {
				d.Says += " " + cmp.Or(sentence(innermost(f.Err).Error()), "Taking that away did not work.")
			}
		},
		fleet.FoundNarrowed: func(f fleet.Finding, d *Diagnosis) {
			d.Says = fmt.Sprintf("Others could read or change %s (mode %04o), and cannot any more.", Clean(f.Subject), f.Mode)
		},
	}
}

func catalogueSigns() map[fleet.Sign]diagnosis {
	return map[fleet.Sign]diagnosis{
		fleet.FoundWhole: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Whole, with " + count(f.Count, "bot") + ": " + Clean(f.Subject) + "."
		},
		fleet.FoundInMemory: func(_ fleet.Finding, d *Diagnosis) { d.Says = "In memory." },
		fleet.FoundDamaged: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "The catalogue " + Clean(f.Subject) + " is damaged."
			if len(f.Names) > 0 {
				d.Says += " " + sentence(f.Names[0])
			}
			if !f.Fixable {
				d.Mend = "Move it away and start again; the keyring still has every bot."
			}
		},
		fleet.FoundEmptied: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "The list is empty, and its copy of " + f.At.Format(time.DateTime) + " has " + count(f.Count, "bot") + "."
		},
		fleet.FoundRestored: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Restored from its copy of " + f.At.Format(time.DateTime) + ", with " + count(f.Count, "bot") + "."
			if f.Subject != "" {
				d.Says += " The old one is kept as " + Clean(f.Subject) + "."
			}
		},
		fleet.FoundRebuilt: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Rebuilt from the keyring, with " + count(f.Count, "bot") + ". The old one is kept as " + Clean(f.Subject) + "."
		},
	}
}

// count is "1 bot" or "2 bots".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func itemsSigns() map[fleet.Sign]diagnosis {
	return map[fleet.Sign]diagnosis{
		fleet.FoundAgreement: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Keyring and catalogue agree: " + count(f.Count, "bot") + ", " + count(f.Apps, "app") + "."
			if f.Found == fleet.FoundBlind {
				d.Says += " This keyring cannot list its items, so others may be in it."
			}
		},
		fleet.FoundBlind: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Keyring and catalogue agree: " + count(f.Count, "bot") + ", " + count(f.Apps, "app") + "."
			if f.Found == fleet.FoundBlind {
				d.Says += " This keyring cannot list its items, so others may be in it."
			}
		},
		fleet.FoundWithoutRow: func(f fleet.Finding, d *Diagnosis) {
			d.Says = count(len(f.Names), "item") + " of the keyring " + are(f) + " not in the list: " + some(f) + "."
		},
		fleet.FoundOrphans: func(f fleet.Finding, d *Diagnosis) {
			d.Says = count(len(f.Names), "session") + " in the keyring " + belong(f) + " to no bot that is known: " + some(f) + "."
			d.Mend = "Add the bot, or delete it in the keyring's own program."
		},
		fleet.FoundRotations: func(f fleet.Finding, d *Diagnosis) {
			d.Says = count(len(f.Names), "rotation") + " " + wereCutOff(f) + ": " + some(f) + ". No token is lost."
			d.Mend = "Rotate each once more, or all with botring rotate --resume."
		},
		fleet.FoundBadItems: func(f fleet.Finding, d *Diagnosis) {
			d.Says = count(len(f.Names), "item") + " of the keyring cannot be used: " + some(f) + "."
			bad := Of(f.Err)
			d.Says += " " + bad.Why
			d.Mend = bad.Next
		},
		fleet.FoundWithoutItem: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "The keyring has no secret for " + some(f) + "."
			d.Mend = missingItem().Next
			d.Actions = missingItem().Actions
			if len(f.Names) == 1 {
				d.Bot = Clean(f.Names[0])
			}
		},
		fleet.FoundAppsWithout: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "The keyring has no api_hash for " + count(len(f.Names), "app") + ": " + some(f) + "."
			d.Mend = "Give it again."
			d.Actions = []Action{EditApp}
		},
		fleet.FoundReturned: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Listed as without a secret, and the keyring has it again: " + some(f) + "."
		},
	}
}

// some names what a finding is about, as much as a sentence holds.
func some(f fleet.Finding) string { return list(cleanAll(f.Names), len(f.Names)) }

func are(f fleet.Finding) string {
	if len(f.Names) == 1 {
		return "is"
	}
	return "are"
}

func belong(f fleet.Finding) string {
	if len(f.Names) == 1 {
		return "belongs"
	}
	return "belong"
}

func rowsSigns() map[fleet.Sign]diagnosis {
	return map[fleet.Sign]diagnosis{
		fleet.FoundRowsAdded: func(f fleet.Finding, d *Diagnosis) {
			d.Says = count(f.Count, "item") + " of the keyring came back into the list."
		},
		fleet.FoundRowsMarked: func(f fleet.Finding, d *Diagnosis) {
			d.Says = count(f.Count, "bot") + " without a secret: the list says so now."
		},
		fleet.FoundRowsReturned: func(f fleet.Finding, d *Diagnosis) {
			d.Says = count(f.Count, "bot") + " with a secret again: the list says so now."
		},
	}
}

func telegramSigns() map[fleet.Sign]diagnosis {
	return map[fleet.Sign]diagnosis{
		fleet.FoundReached: func(f fleet.Finding, d *Diagnosis) {
			d.Says = fmt.Sprintf("DC %d is Telegram, at %s: %s.", f.DC, Clean(f.Subject), Latency(f.Took))
		},
		fleet.FoundProxy: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "Telegram is reached through " + nameAndAddress(f) + "."
		},
		fleet.FoundProxyLeads: func(f fleet.Finding, d *Diagnosis) {
			d.Says = fmt.Sprintf("It leads to Telegram: %s.", Latency(f.Took))
		},
		fleet.FoundClockPlausible: func(_ fleet.Finding, d *Diagnosis) {
			d.Says = "Not before anything that has happened. Only Telegram's servers know better."
		},
		fleet.FoundClockBehind: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "This computer's clock is wrong: it is " + Duration(f.Ahead.Abs()) + " before what has happened already."
			d.Mend = setClock
		},
		fleet.FoundClockRight: func(f fleet.Finding, d *Diagnosis) { d.Says = "As Telegram's, to " + Duration(f.Ahead.Abs()) + "." },
		fleet.FoundClockWrong: func(f fleet.Finding, d *Diagnosis) {
			where := "ahead of"
			if f.Ahead < 0 {
				where = "behind"
			}
			d.Says = "This computer's clock is " + Duration(f.Ahead.Abs()) + " " + where + " Telegram's."
			d.Mend = setClock
		},
	}
}

// setClock is what to do about a clock that is wrong.
const setClock = "Set the clock, or have it set over the network."

func terminalSigns() map[fleet.Sign]diagnosis {
	return map[fleet.Sign]diagnosis{
		fleet.FoundTerminal: func(f fleet.Finding, d *Diagnosis) { d.Says = Clean(f.Subject) + "." },
		fleet.FoundSmallTerminal: func(f fleet.Finding, d *Diagnosis) {
			d.Says = Clean(f.Subject) + " is small: the screens need 40x10."
			d.Mend = "Make the window larger."
		},
		fleet.FoundDumbTerminal: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "It says that it can do nothing (TERM), so the screens do not open on it."
			d.Mend = "Set TERM to what the terminal is, such as xterm-256color."
		},
		fleet.FoundColours:   func(_ fleet.Finding, d *Diagnosis) { d.Says = "On." },
		fleet.FoundNoColours: func(_ fleet.Finding, d *Diagnosis) { d.Says = "Off; every state has a mark and a word too." },
		fleet.FoundUnicode:   func(_ fleet.Finding, d *Diagnosis) { d.Says = "UTF-8." },
		fleet.FoundASCII: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "ASCII: names in other scripts may be shown wrongly."
			d.Mend = "Where the terminal can show more, set LANG to a UTF-8 locale, such as C.UTF-8."
		},
		fleet.FoundClipboard: func(f fleet.Finding, d *Diagnosis) { d.Says = Clean(f.Subject) + "; what is copied is cleared again." },
		fleet.FoundNoClipboard: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "No clipboard program: what is copied goes through the terminal, and cannot be cleared."
			d.Mend = "Install wl-clipboard, xclip or xsel."
		},
	}
}

func configurationSigns() map[fleet.Sign]diagnosis {
	return map[fleet.Sign]diagnosis{
		fleet.FoundConfiguration:   func(f fleet.Finding, d *Diagnosis) { d.Says = Clean(f.Subject) + " is in order." },
		fleet.FoundNoConfiguration: func(f fleet.Finding, d *Diagnosis) { d.Says = "None is needed; it would be " + Clean(f.Subject) + "." },
		fleet.FoundUnknownKeys: func(f fleet.Finding, d *Diagnosis) {
			d.Says = "These keys in " + Clean(f.Subject) + " mean nothing to botring: " + some(f) + "."
			d.Mend = "Look for a typing mistake."
		},
	}
}

func historySigns() map[fleet.Sign]diagnosis {
	return map[fleet.Sign]diagnosis{
		fleet.FoundHistoryCutOff: func(f fleet.Finding, d *Diagnosis) {
			d.Says = fmt.Sprintf("The history was cut off: entry %d and what came after it are missing.", f.Count)
			if !f.Fixable {
				d.Mend = "Look who could change the catalogue: bots may have been used without an entry that tells."
			}
		},
		fleet.FoundHistoryBegun: func(f fleet.Finding, d *Diagnosis) {
			d.Says = fmt.Sprintf("What was done before was lost with the old catalogue, up to entry %d. "+
				"A new history begins, and the keyring remembers that it does.", f.Count)
		},
	}
}

// nameAndAddress is a proxy's name, if it has one, and where it is.
func nameAndAddress(f fleet.Finding) string {
	address := Clean(strings.Join(f.Names, ", "))
	if f.Subject == "" {
		return address
	}
	return Clean(f.Subject) + ", " + address
}

func wereCutOff(f fleet.Finding) string {
	if len(f.Names) == 1 {
		return "was cut off"
	}
	return "were cut off"
}
