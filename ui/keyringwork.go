package ui

import (
	"context"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"botring/fleet/fault"
)

// A keyringWork is what a task does with the keyring.
type keyringWork int

const (
	unlocking keyringWork = iota
	opening
	looking
	rebuilding
	making
	encrypting
	forgetting
	locking
	verifying
	mending
	changing
	finishing
)

func (w keyringWork) String() string {
	switch w {
	case unlocking:
		return "Waiting for your keyring to be unlocked"
	case opening:
		return "Opening the encrypted file"
	case looking:
		return "Looking for a keyring"
	case rebuilding:
		return "Looking for bots in this keyring"
	case making:
		return "Making a default keyring"
	case encrypting:
		return "Going on with an encrypted file"
	case forgetting:
		return "Going on without a keyring"
	case locking:
		return "Locking"
	case verifying:
		return "Reading every item"
	case mending:
		return "Mending the list"
	case changing:
		return "Changing the passphrase"
	case finishing:
		return "Encrypting anew"
	}
	return ""
}

// A ringState is what there is to say of the keyring at a glance.
type ringState int

const (
	ringUnknown ringState = iota // not looked yet
	ringReady
	ringLocked
	ringMissing
	ringMemory
)

func (sh *shell) ring() ringState {
	switch k := sh.keyring; {
	case !k.looked:
		return ringUnknown
	case k.err != nil:
		return ringMissing
	case k.status.Kind == kindMemory:
		return ringMemory
	case k.status.Locked:
		return ringLocked
	}
	return ringReady
}

// offersKeyring reports whether all that is missing is a default keyring, which can be made.
func (sh *shell) offersKeyring() bool {
	return sh.keyring.err != nil && slices.Contains(fault.Of(sh.keyring.err).Actions, fault.CreateKeyring)
}

// ways are the ways on where there is no keyring, those that keep the most first.
func (sh *shell) ways(width int) []key.Binding {
	k := sh.keys
	var ways []key.Binding
	if sh.offersKeyring() {
		ways = append(ways, k.newKeyring)
	}
	if sh.offersFile() {
		file := k.file
		if width < narrow {
			file = as(file, "an encrypted file (age)")
		}
		ways = append(ways, file)
	}
	return append(ways, k.memory)
}

// wayKeys are the ways for the line of keys, in few words.
func (sh *shell) wayKeys() []key.Binding {
	k := sh.keys
	var ways []key.Binding
	if sh.offersKeyring() {
		ways = append(ways, as(k.newKeyring, "default keyring"))
	}
	if sh.offersFile() {
		ways = append(ways, as(k.file, "encrypted file"))
	}
	return append(ways, as(k.memory, "go on without"))
}

// way is what a key begins where there is no keyring.
func (sh *shell) way(msg tea.KeyPressMsg) (doing keyringWork, call func(context.Context) error, ok bool) {
	k := sh.keys
	switch {
	case sh.ring() != ringMissing:
		return 0, nil, false
	case key.Matches(msg, k.newKeyring) && sh.offersKeyring():
		return making, sh.fleet.CreateKeyring, true
	case key.Matches(msg, k.file) && sh.offersFile():
		return encrypting, sh.useFile(), true
	case key.Matches(msg, k.memory):
		return forgetting, sh.fleet.UseMemory, true
	}
	return 0, nil, false
}

// says puts an error on the status line, with what to do about it where there is room for that.
func (sh *shell) says(err error) string {
	said := fault.OfAt(err, sh.now())
	if both := said.What + " " + said.Next; said.Next != "" && ansi.StringWidth(both)+2 <= sh.body.width {
		return both
	}
	return said.What
}

// unlock is what unlocks the keyring.
func (sh *shell) unlock() keyringWork {
	if sh.encrypted() {
		return opening
	}
	return unlocking
}
