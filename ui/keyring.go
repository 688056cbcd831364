package ui

import (
	"context"
	"errors"
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// keyringScreen shows which keyring is in use and in what state, and does what one does with a keyring as a
// whole: unlock and lock it, read every item, move to another one.
type keyringScreen struct {
	sh    *shell
	run   counted
	doing keyringWork
	// cancelling: esc was pressed, and the task has not ended yet.
	cancelling bool

	// err is why the last task failed; it stands above the facts until the next key.
	err    error
	notice string
	// recipients are how many can read the encrypted files, 0 when that is not known.
	recipients int
	// found is what is wrong around the keyring.
	found []fleet.Finding
	pager pager
}

// newKeyring shows the keyring, and looks at it anew.
func newKeyring(sh *shell) (screen, tea.Cmd) { return newKeyringSaying(sh, "") }

// newKeyringSaying shows the keyring with a word on what was just done.
func newKeyringSaying(sh *shell, notice string) (screen, tea.Cmd) {
	return keyringScreen{sh: sh, notice: notice}, sh.lookAtKeyring
}

// recipientsMsg is who can read the encrypted files.
type recipientsMsg struct {
	all []string
	err error
}

// readRecipients asks who can read the encrypted files, which have to be open.
func (sh *shell) readRecipients() tea.Msg {
	recipients, err := sh.fleet.LookAtRecipients(sh.ctx) // somebody may lock them meanwhile
	return recipientsMsg{recipients, err}
}

func (k keyringScreen) Typing() bool { return false }

// running reports whether a task is under way.
func (k keyringScreen) running() bool { return k.run.id != 0 }

func (k keyringScreen) Update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case keyringMsg:
		k.recipients, k.found = 0, nil
		if msg.err != nil {
			return k, nil
		}
		look := k.sh.examineKeyring(msg.status)
		if msg.status.Kind == kindAge && !msg.status.Locked {
			look = tea.Batch(look, k.sh.readRecipients)
		}
		return k, look
	case foundMsg:
		if msg.of == k.sh.keyring.status {
			k.found = msg.found
		}
	case recipientsMsg:
		k.recipients = len(msg.all) // where it is not known the fact is left out
	case countedMsg:
		var cmd tea.Cmd
		k.run, cmd = k.run.update(msg)
		return k, cmd
	case unrememberedMsg:
		k.notice = msg.words()
	case taskDoneMsg:
		if k.running() && msg.task == k.run.id {
			return k.done(msg)
		}
	case tea.PasteMsg:
		if !k.running() {
			return newAddPasted(k.sh, msg.Content), nil
		}
	case tea.KeyPressMsg:
		return k.press(msg)
	}
	return k, nil
}

func (k keyringScreen) press(msg tea.KeyPressMsg) (screen, tea.Cmd) {
	sh, keys := k.sh, k.sh.keys
	if next, moved := k.pager.update(keys, msg, len(k.lines(sh.body)), sh.body.height); moved {
		k.pager = next
		return k, nil
	}
	if k.running() {
		if key.Matches(msg, keys.back, keys.quit) {
			k.run.cancel()
			k.cancelling = true
		}
		return k, nil
	}
	k.notice, k.err = "", nil
	switch {
	case key.Matches(msg, keys.bots, keys.back, keys.quit):
		return sh.home(), nil
	case key.Matches(msg, keys.apps):
		return newApps(sh), nil
	case key.Matches(msg, keys.history):
		return newHistory(sh)
	case key.Matches(msg, keys.settings) && sh.settings != nil:
		return newSettings(sh, k), nil
	case key.Matches(msg, keys.open):
		return k.goOn()
	case key.Matches(msg, keys.check) && k.holds():
		return k.begin(verifying, func(ctx context.Context) (any, error) { return sh.fleet.VerifyKeyring(ctx) })
	case key.Matches(msg, keys.lock) && sh.ring() == ringReady:
		return k.begin(locking, func(ctx context.Context) (any, error) { return sh.fleet.LockKeyring(ctx) })
	case key.Matches(msg, keys.newPassphrase) && k.hasPassphrase():
		return k.start(changing, sh.fleet.ChangePassphrase)
	case key.Matches(msg, keys.recipients) && k.openFiles():
		return newRecipients(sh, "")
	case key.Matches(msg, keys.move) && sh.movesKeyring():
		if busy := sh.busy(); busy != "" {
			k.notice = busy
			return k, nil
		}
		return newMoving(sh), nil
	}
	if doing, call, ok := sh.way(msg); ok {
		if k.notice = sh.busy(); k.notice == "" {
			return k.start(doing, call)
		}
	}
	return k, nil
}

// holds reports whether there is a keyring whose items could be read.
func (k keyringScreen) holds() bool {
	ring := k.sh.ring()
	return ring == ringReady || ring == ringLocked || ring == ringMemory
}

// hasPassphrase reports whether the keyring opens with a passphrase of botring's own that was chosen already.
func (k keyringScreen) hasPassphrase() bool {
	return k.sh.encrypted() && k.sh.keyring.err == nil && !k.sh.keyring.status.New
}

// openFiles: the keyring is the encrypted file, and open.
func (k keyringScreen) openFiles() bool { return k.sh.encrypted() && k.sh.ring() == ringReady }

// movesKeyring reports whether everything can be moved to another keyring: not what is missing, and not what
// the demo makes up.
func (sh *shell) movesKeyring() bool {
	ring := sh.ring()
	return sh.remember != nil && sh.passphrases != nil && !sh.demo() && ring != ringMissing && ring != ringUnknown
}

// busy says that calls are running, "" when none is. A keyring is not changed for another below them.
func (sh *shell) busy() string {
	switch n := len(sh.tasks); n {
	case 0:
		if sh.watch.bots > 0 {
			return "The watch is checking bots. Wait for its end, or turn it off."
		}
		return ""
	case 1:
		return "A call is still running. Wait for its end, or stop it."
	default:
		return count(n, "call") + " are still running. Wait for their end, or stop them."
	}
}

// goOn is enter: whatever brings the keyring one step further.
func (k keyringScreen) goOn() (screen, tea.Cmd) {
	f := k.sh.fleet
	switch {
	case k.sh.ring() == ringLocked:
		return k.start(k.sh.unlock(), f.Unlock)
	case k.unfinished():
		k.doing = finishing
		var cmd tea.Cmd
		k.run, cmd = k.sh.startCounted("call", func(ctx context.Context, report func(fleet.MoveStep)) (any, error) {
			return nil, f.FinishRecipients(ctx, func(done, total int) { report(fleet.MoveStep{Done: done, Total: total}) })
		})
		return k, cmd
	}
	return k.start(looking, func(context.Context) error { return nil })
}

// unfinished: a change of recipients was cut off, and can be ended.
func (k keyringScreen) unfinished() bool {
	return k.sh.ring() == ringReady && k.sh.keyring.status.Unfinished
}

func (k keyringScreen) start(doing keyringWork, call func(context.Context) error) (screen, tea.Cmd) {
	return k.begin(doing, func(ctx context.Context) (any, error) { return nil, call(ctx) })
}

func (k keyringScreen) begin(doing keyringWork, call func(context.Context) (any, error)) (screen, tea.Cmd) {
	k.doing, k.run = doing, counted{}
	var cmd tea.Cmd
	k.run.task, cmd = k.sh.start("call", func(ctx context.Context, _ func(fleet.Step)) (any, error) { return call(ctx) })
	return k, cmd
}

// done takes the end of a task, and looks at the keyring again whatever came of it.
func (k keyringScreen) done(msg taskDoneMsg) (screen, tea.Cmd) {
	stopped := k.cancelling || errors.Is(msg.err, context.Canceled)
	k.run, k.cancelling = counted{}, false
	again := tea.Batch(k.sh.lookAtKeyring, k.sh.reload)
	found, verified := msg.value.(fleet.Verification)
	switch {
	case msg.err != nil && stopped:
		k.notice = "Cancelled."
	case msg.err != nil:
		k.err, k.pager = msg.err, pager{}
	case verified:
		return newVerified(k.sh, found), again
	default:
		k.notice = k.says(msg.value)
	}
	return k, again
}

// says is what a task that went well has done.
func (k keyringScreen) says(value any) string {
	switch k.doing {
	case locking:
		if locks, _ := value.(bool); !locks {
			return "This keyring cannot be locked from here: it locks with your session."
		}
		if k.sh.encrypted() {
			return "Locked. The passphrase is asked for when a secret is next needed."
		}
		return "Locked, for every program that uses it."
	case unlocking, opening:
		return "Unlocked."
	case making:
		return "The keyring was made."
	case changing:
		return "The passphrase was changed. Copies of the file made before open with the old one."
	case finishing:
		return "Every file is encrypted to its recipients again."
	case looking, rebuilding, encrypting, forgetting, verifying, mending:
	}
	return ""
}

func (k keyringScreen) Keys() []key.Binding {
	sh, keys := k.sh, k.sh.keys
	var shown []key.Binding
	switch {
	case k.cancelling:
		return nil
	case k.running():
		return []key.Binding{as(keys.back, "cancel"), as(keys.quit, "cancel")}
	case sh.ring() == ringMissing:
		shown = append(sh.wayKeys(), as(keys.open, "look again"))
	case sh.ring() == ringLocked && sh.keyring.status.New:
		shown = append(shown, as(keys.open, "choose a passphrase"))
	case sh.ring() == ringLocked:
		shown = append(shown, as(keys.open, "unlock"))
	case k.unfinished():
		shown = append(shown, as(keys.open, "finish it"))
	}
	if k.holds() {
		does := "read every item"
		if sh.body.width < narrow {
			does = "check"
		}
		shown = append(shown, as(keys.check, does))
	}
	if sh.ring() == ringReady {
		shown = append(shown, keys.lock)
	}
	if sh.movesKeyring() {
		shown = append(shown, as(keys.move, sh.words("move to another keyring", "move")))
	}
	if k.hasPassphrase() {
		shown = append(shown, as(keys.newPassphrase, sh.words("change the passphrase", "passphrase")))
	}
	if k.openFiles() {
		shown = append(shown, as(keys.recipients, sh.words("who can open the files", "who opens it")))
	}
	if (sh.ring() == ringReady || sh.ring() == ringMemory || sh.ring() == ringUnknown) && !k.unfinished() {
		shown = append(shown, as(keys.open, "look again"))
	}
	shown = append(shown, keys.bots, keys.apps, keys.history)
	if sh.settings != nil {
		shown = append(shown, keys.settings)
	}
	shown = append(shown, keys.back, as(keys.quit, "back"))
	if len(k.lines(sh.body)) > sh.body.height {
		shown = append(shown, keys.down, keys.up, keys.pageDown, keys.pageUp, keys.top, keys.bottom)
	}
	return shown
}

func (k keyringScreen) View(size size) view {
	t := k.sh.theme
	v := view{tab: tabKeyring}
	var more bool
	v.body, more = k.pager.window(k.lines(size), size.height)
	switch {
	case k.cancelling:
		v.status = "Cancelling" + t.glyphs.ellipsis
	case k.running() && k.run.at.Total > 0:
		v.status = fmt.Sprintf("%s %s %d of %d", k.doing, t.bar(k.run.at.Done, k.run.at.Total, 8), k.run.at.Done, k.run.at.Total)
	case k.running():
		v.status = k.doing.String() + t.glyphs.ellipsis + " " + t.glyphs.dot + " esc cancels"
	case k.notice != "":
		v.status = k.notice
	case more:
		v.status = t.dim.Render("more below, j and k scroll")
	}
	return v
}

// failed is the fault of the last task, the zero one where it went well.
func (k keyringScreen) failed() fault.Fault { return fault.OfAt(k.err, k.sh.now()).WithLog(k.sh.log()) }
