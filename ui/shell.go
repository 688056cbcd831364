package ui

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/fleet/fault"
)

// A shell is what all screens share. There is one; only Update touches it, so it needs no lock.
type shell struct {
	ctx     context.Context //nolint:containedctx // the program's own life, parent of every task's
	fleet   *fleet.Fleet
	samples []Sample
	logPath func() string // nil for none
	theme   theme
	themed  Theme // who chose it: ThemeAuto is the terminal
	keys    keymap
	now     func() time.Time
	began   time.Time // when the program did, by the clock of timers
	// body is the place screens have now, for those that scroll.
	body size

	// bots and apps are the catalogue as last read.
	bots []fleet.Bot
	apps []fleet.App
	// beginning: all bots are being read for the first time, and only the first of them are there. early are the
	// keys that came meanwhile.
	beginning bool
	early     []tea.Msg
	// looking: it is being looked whether another program has changed it.
	looking bool
	// waits are those Telegram asked for, as last read.
	waits []fleet.Flood
	// cutOff are the rotations that were cut off, as last read.
	cutOff []fleet.CutOffRotation

	// environment is where new bots go; environments are all that are known.
	environment  string
	environments []string
	// proxies are those that have names, and proxy is the one in use, the zero Proxy for none.
	proxies   []fleet.Proxy
	proxy     fleet.Proxy
	keyring   keyringState
	list      listState
	draft     draft
	errand    errand
	finished  *finished // the last errand that has ended, nil before the first
	undo      []batch
	watch     watch
	drift     drift
	clipboard clipboard
	// unsaved is a login that Telegram granted and no keyring has taken yet.
	unsaved *fleet.UnsavedError

	passphrases *Passphrases
	// prompts are the tasks that wait for the answer to a prompt of the keyring's own.
	prompts  []int
	remember func(keyring string) error
	settings Settings // nil where there is nothing to configure
	// proxyBook keeps the proxies that have names; nil where none can be kept.
	proxyBook Proxies

	tasks    map[int]task
	lastTask int
	// calls are the tasks' calls that have not returned.
	calls sync.WaitGroup
	// untold are the ends of tasks, by their ids, that no screen was told of: the program may end before.
	untold sync.Map
}

// keyringState is the last look at the keyring.
type keyringState struct {
	looked bool
	status fleet.KeyringStatus
	err    error
}

// log is where the log is, "" where there is none: what is kept in memory only is not logged either.
func (sh *shell) log() string {
	if sh.logPath == nil || sh.keyring.status.Kind == "memory" {
		return ""
	}
	return sh.logPath()
}

// catalogueMsg is the catalogue, read again.
type catalogueMsg struct {
	bots  []fleet.Bot
	apps  []fleet.App
	waits []fleet.Flood
	// cutOff are the rotations that were cut off.
	cutOff []fleet.CutOffRotation
	// all is how many bots there are where these are but the first of them, else 0.
	all int
	// rows are the bots as the list shows them, and need what columns these need: Update makes what nobody has made.
	rows []row
	need widths
	err  error
}

// show makes the rows.
func (msg *catalogueMsg) show() {
	msg.rows = rowsOf(msg.bots, msg.apps)
	msg.need = widthsOf(msg.rows)
}

// reload reads the catalogue.
func (sh *shell) reload() tea.Msg {
	bots, err := sh.fleet.Bots(sh.ctx)
	return sh.read(catalogueMsg{bots: bots, err: err})
}

// screenful is how many bots the first frame waits for: more than the longest screens have lines.
const screenful = 100

// restAfter lets the first frame out before all bots are read.
const restAfter = 15 * time.Millisecond

// begin reads what the first frame shows of the catalogue. Where that is not all of it, rest is what reads all.
func (sh *shell) begin() (first catalogueMsg, rest tea.Cmd) {
	bots, all, err := sh.fleet.FirstBots(sh.ctx, screenful)
	first = catalogueMsg{bots: bots, err: err}
	if all > len(bots) {
		first.all = all
		rest = tea.Tick(restAfter, func(time.Time) tea.Msg { return sh.reload() })
	}
	return sh.read(first), rest
}

// read reads what is not bots.
func (sh *shell) read(msg catalogueMsg) catalogueMsg {
	if msg.err == nil {
		msg.apps, msg.err = sh.fleet.Apps(sh.ctx)
	}
	if msg.err == nil {
		msg.waits, msg.err = sh.fleet.Waits(sh.ctx)
	}
	if msg.err == nil {
		msg.cutOff, msg.err = sh.fleet.CutOffRotations(sh.ctx)
	}
	if msg.err == nil {
		msg.show()
	}
	return msg
}

// keyringMsg is a look at the keyring.
type keyringMsg keyringState

// lookAtKeyring asks which keyring is in use, without a prompt.
func (sh *shell) lookAtKeyring() tea.Msg {
	status, err := sh.fleet.Keyring(sh.ctx)
	return keyringMsg{looked: true, status: status, err: err}
}

// recoveredMsg tells what an earlier run of the program left half done, and that the rest was made good.
type recoveredMsg struct{ lost []fleet.Key }

// recover settles what a crash left behind. Where the keyring cannot be read now it is tried again at the
// next start.
func (sh *shell) recover() tea.Msg {
	if open, err := sh.fleet.Unsettled(sh.ctx); err != nil || !open {
		return nil
	}
	lost, err := sh.fleet.Recover(sh.ctx)
	if err != nil {
		return nil
	}
	return recoveredMsg{lost}
}

// bot returns the row of key as last read.
func (sh *shell) bot(key fleet.Key) (fleet.Bot, bool) {
	for _, b := range sh.bots {
		if b.Key == key {
			return b, true
		}
	}
	return fleet.Bot{}, false
}

// current are bots as last read, those that are gone as they were.
func (sh *shell) current(bots []fleet.Bot) []fleet.Bot {
	now := slices.Clone(bots)
	for i, b := range now {
		if row, known := sh.bot(b.Key); known {
			now[i] = row
		}
	}
	return now
}

// update takes what concerns all screens. Screens see the same messages after it.
func (sh *shell) update(msg tea.Msg) tea.Cmd {
	var clip, errand, watched tea.Cmd
	if msg, ok := msg.(recoveredMsg); ok {
		if len(msg.lost) > 0 {
			sh.list.notice = fault.CutOff(msg.lost[0])
		}
		return sh.reload
	}
	if msg, ok := msg.(changedMsg); ok {
		return sh.changed(msg)
	}
	sh.clipboard, clip = sh.clipboard.update(sh, msg)
	sh.errand, errand = sh.errand.update(sh, msg)
	sh.watch, watched = sh.watch.update(sh, msg)
	if _, ok := msg.(tickMsg); ok {
		sh.expire()
		if sh.errand.running() {
			sh.list.age()
		}
		return tea.Batch(clip, errand, watched, sh.clock(), sh.drifted(), sh.lookForChanges())
	}
	return tea.Batch(clip, errand, watched)
}

// part does what must not be left undone when the program ends, however it ends: calls that were
// cancelled come to their end, a login that was not saved is logged out, a copied token is taken from the
// clipboard. It gives up when ctx ends.
func (sh *shell) part(ctx context.Context) {
	sh.clipboard.part(ctx)
	ended := make(chan struct{})
	go func() {
		sh.calls.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	sh.untold.Range(func(_, end any) bool {
		if done, ok := end.(taskDoneMsg); ok {
			sh.late(done)
		}
		return true
	})
	sh.clipboard.part(ctx)
	if sh.unsaved != nil {
		// Nobody is left to be told; Telegram lists the session to whoever looks.
		_ = sh.fleet.Abandon(ctx, sh.unsaved)
	}
}

// late takes of a task that ended with the program what must not be left: what it has put into the clipboard, and a
// login that it could not save.
func (sh *shell) late(done taskDoneMsg) {
	var unsaved *fleet.UnsavedError
	if errors.As(done.err, &unsaved) {
		sh.unsaved = unsaved
		return
	}
	if done.err != nil {
		return
	}
	switch value := done.value.(type) {
	case copied:
		sh.clipboard, _ = sh.clipboard.took(value, sh.now())
	case exported:
		sh.clipboard, _ = sh.clipboard.took(value.copied, sh.now())
	case fleet.Saved:
		if sh.unsaved != nil && sh.unsaved.Bot.Key == value.Bot.Key {
			sh.unsaved = nil // another try has saved it
		}
	}
}

// demo reports whether the program shows its own Telegram.
func (sh *shell) demo() bool { return len(sh.samples) > 0 }

// home is the screen that esc ends at: the list, or the welcome as long as there is nothing to list.
func (sh *shell) home() screen {
	if len(sh.bots) == 0 {
		return newWelcome(sh)
	}
	return newBots(sh)
}

// hasOtherEnvironment reports whether w leads anywhere: between Telegram's own two environments.
func (sh *shell) hasOtherEnvironment() bool { return sh.other() != "" }

// other is the environment that w changes to, "" when there is none.
func (sh *shell) other() string {
	to := map[string]string{"production": "test", "test": "production"}[sh.environment]
	if slices.Contains(sh.environments, to) {
		return to
	}
	return ""
}

// otherEnvironment changes where new bots go.
func (sh *shell) otherEnvironment() {
	if to := sh.other(); to != "" {
		sh.environment = to
		sh.list.notice = "New bots go to " + to + " now."
	}
}

// took takes a catalogue that was read.
func (sh *shell) took(msg catalogueMsg) {
	if msg.err != nil {
		sh.list.notice = "The catalogue could not be read."
		return
	}
	sh.bots, sh.apps, sh.waits, sh.cutOff = msg.bots, msg.apps, msg.waits, msg.cutOff
	if msg.rows == nil {
		msg.show()
	}
	sh.list.take(msg.rows, msg.need)
	sh.list.first = msg.all
	sh.list.measure(sh.body.width)
	sh.refresh()
}

// tickMsg moves relative times and countdowns on.
type tickMsg struct{}

// clock ticks once a second: "2 min ago" and "wait 31 min" are never older than that.
func (sh *shell) clock() tea.Cmd {
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return tickMsg{} })
}
