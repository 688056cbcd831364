package ui

import (
	"charm.land/bubbles/v2/key"
)

// A keymap holds every binding of the program. A letter stands here once, so it means one thing
// everywhere; screens pick from it, and may say more exactly what a key does where they are (as).
type keymap struct {
	add, open, check, checkAll, login, newToken, askToken, copy, copyID, copyName, copyToken key.Binding

	remove, removeHere, logOut, undo, otherApp, results, edit, export, imports key.Binding

	sort, reverse, filter, problem, mark, markAll, markRange, tags, complete key.Binding

	environment, watch, reveal, saveOnly, addAll, file, memory, howTo, newKeyring key.Binding

	up, down, top, bottom, pageUp, pageDown, nextField, prevField, left, right key.Binding

	rotate, leaked key.Binding

	lock, move, newPassphrase, recipients, settings, places, scan key.Binding

	bots, apps, history, keyring, help, helpTyping, back, quit, leave, suspend key.Binding

	// lineFeed is no key of anybody's: some terminals send it for a newline that is pasted.
	lineFeed key.Binding
}

func bind(help, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, does))
}

func newKeymap() keymap {
	return keymap{
		add:      bind("a", "add a bot", "a"),
		open:     bind("enter", "open", "enter"),
		check:    bind("r", "check", "r", "c"),
		checkAll: bind("C", "check all", "C"),
		login:    bind("l", "log in", "l"),
		newToken: bind("p", "paste a new token", "p"),
		askToken: bind("T", "is the token alive", "T"),
		rotate:   bind("N", "rotate the token", "N"),
		leaked:   bind("B", "its token got out", "B"),

		copy:      bind("y", "copy", "y"),
		copyName:  bind("yu", "copy @username", "u"),
		copyID:    bind("yi", "copy id", "i"),
		copyToken: bind("yy", "copy token", "y"),

		remove:     bind("d", "remove", "d"),
		removeHere: bind("d", "from this keyring only", "d"),

		logOut:   bind("o", "log out", "o"),
		undo:     bind("U", "bring back what was removed", "U"),
		otherApp: bind("A", "move to another app", "A"),
		results:  bind("R", "what came of the last", "R"),
		edit:     bind("E", "edit", "E"),
		export:   bind("e", "write to a file", "e"),
		imports:  bind("i", "import", "i"),

		sort:    bind("s", "sort", "s"),
		reverse: bind("S", "sort the other way round", "S"),
		filter:  bind("/", "find", "/"),
		problem: bind("!", "next problem", "!"),
		mark:    bind("space", "mark", "space"),
		markAll: bind("*", "mark all shown", "*"),

		markRange: bind("v", "mark a range", "v"),
		tags:      bind("t", "tags", "t"),
		complete:  bind("tab", "complete", "tab"),

		environment: bind("w", "the other environment", "w"),
		watch:       bind("W", "watch on or off", "W"),
		reveal:      bind("ctrl+r", "show", "ctrl+r"),
		saveOnly:    bind("ctrl+s", "save only", "ctrl+s"),
		addAll:      bind("ctrl+a", "add all", "ctrl+a"),
		file:        bind("f", "an encrypted file (age), opened with a passphrase", "f"),
		memory:      bind("m", "go on, forget everything at quit", "m"),
		newKeyring:  bind("n", "make a default keyring", "n"),
		howTo:       bind("h", "how to start one over SSH", "h"),

		lock:          bind("L", "lock", "L"),
		move:          bind("M", "move to another keyring", "M"),
		newPassphrase: bind("P", "change the passphrase", "P"),

		recipients: bind("O", "who can open the files", "O"),

		settings: bind(",", "settings", ","),
		places:   bind("D", "where it went", "D"),
		scan:     bind("F", "find leaked secrets", "F"),

		up:        bind("k", "up", "k", "up"),
		down:      bind("j", "down", "j", "down"),
		top:       bind("g", "first", "g", "home"),
		bottom:    bind("G", "last", "G", "end"),
		pageUp:    bind("ctrl+u", "half a page up", "ctrl+u", "pgup"),
		pageDown:  bind("ctrl+d", "half a page down", "ctrl+d", "pgdown"),
		nextField: bind("tab", "next", "tab", "down"),
		prevField: bind("shift+tab", "previous", "shift+tab", "up"),
		left:      bind("←", "previous choice", "left"),
		right:     bind("→", "next choice", "right"),

		bots:    bind("1", "Bots", "1"),
		apps:    bind("2", "Apps", "2"),
		history: bind("3", "History", "3"),
		keyring: bind("4", "Keyring", "4"),

		help:       bind("?", "all keys", "?", "f1"),
		helpTyping: bind("F1", "all keys", "f1"),
		back:       bind("esc", "back", "esc"),
		quit:       bind("q", "quit", "q"),
		leave:      bind("ctrl+c", "leave", "ctrl+c"),
		suspend:    bind("ctrl+z", "suspend", "ctrl+z"),

		lineFeed: bind("ctrl+j", "newline of a paste", "ctrl+j"),
	}
}

// as is the binding with other words for what it does on this screen.
func as(b key.Binding, does string) key.Binding {
	b.SetHelp(b.Help().Key, does)
	return b
}
