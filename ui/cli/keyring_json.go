package cli

import (
	"botring/fleet"
	"botring/fleet/fault"
)

// A keyringJSON begins the objects that tell of a keyring.
type keyringJSON struct {
	header
	Keyring  string `json:"keyring"`
	Provider string `json:"provider"`
	// Place is the collection's name, of encrypted files their directory.
	Place  string `json:"place"`
	Locked bool   `json:"locked"`
	// New: there are no encrypted files yet.
	New     bool `json:"new"`
	CanList bool `json:"can_list"`
	// MaxSize is the largest item in bytes, 0 for no known limit.
	MaxSize int `json:"max_size"`
	// Unfinished: a change of recipients was cut off.
	Unfinished bool `json:"unfinished"`
}

func newKeyringJSON(status fleet.KeyringStatus) keyringJSON {
	return keyringJSON{
		Keyring: status.Kind, Provider: fault.Clean(status.Provider), Place: fault.Clean(status.Collection), Locked: status.Locked,
		New: status.New, CanList: status.CanList, MaxSize: status.MaxSize, Unfinished: status.Unfinished,
	}
}

type (
	keyringStatusObject struct {
		keyringJSON
		// ChosenBy is "flag", "variable", "configuration" or "default".
		ChosenBy string `json:"chosen_by"`
		Bots     int    `json:"bots"`
		Apps     int    `json:"apps"`
	}
	keyringUnlockObject struct {
		keyringJSON
		Created bool `json:"created"`
		// RememberedSeconds is how long the kernel keeps encrypted files open, 0 where it was not asked to.
		RememberedSeconds int64 `json:"remembered_seconds"`
	}
	keyringLockObject struct {
		keyringJSON
		Changed bool `json:"changed"`
	}
	keyringVerifyObject struct {
		header
		Keyring  string `json:"keyring"`
		Sound    bool   `json:"sound"`
		Bots     int    `json:"bots"`
		Apps     int    `json:"apps"`
		Sessions int    `json:"sessions"`
		Others   int    `json:"others"`
		// Pending is how many tokens were pasted and are not their bots' yet.
		Pending int `json:"pending"`
		// Blind: the keyring cannot list its items; those of the catalogue were looked at.
		Blind           bool          `json:"blind"`
		Bad             []badItemJSON `json:"bad"`
		WithoutRow      []string      `json:"without_row"`
		WithoutItem     []botJSON     `json:"without_item"`
		AppsWithoutItem []appJSON     `json:"apps_without_item"`
		Returned        []botJSON     `json:"returned"`
	}
	keyringMoveObject struct {
		header
		Keyring string `json:"keyring"`
		From    string `json:"from"`
		To      string `json:"to"`
		Copied  int    `json:"copied"`
		Present int    `json:"present"`
		Deleted int    `json:"deleted"`
		Kept    int    `json:"kept"`
		// Next is the keyring of the next command that names none.
		Next string `json:"next"`
		// Error is why the configuration could not be told.
		Error *errorJSON `json:"error,omitempty"`
	}
	keyringPassphraseObject struct {
		header
		Keyring string `json:"keyring"`
		Changed bool   `json:"changed"`
	}
	recipientsObject struct {
		header
		Keyring    string   `json:"keyring"`
		Recipients []string `json:"recipients"`
		Changed    bool     `json:"changed"`
		// Items is how many were encrypted anew.
		Items      int  `json:"items"`
		Unfinished bool `json:"unfinished"`
	}
)

type badItemJSON struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Message string `json:"message"`
}
