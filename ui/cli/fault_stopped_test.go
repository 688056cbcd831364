//go:build linux

package cli

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"botring/keyring/secretservice/servicetest"
)

// TestStoppedWriter: a process that is stopped in the midst of a write, as by ctrl+z, holds the lock of all
// writers. Another one says so, soon and before it asks Telegram for anything, and the first one goes on where it
// was.
func TestStoppedWriter(t *testing.T) {
	for name, asJSON := range map[string]bool{"json": true, "text": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, service := scripted(t)
			h.environ[patienceVariable] = "1m"
			h.mustRun(addBot(faultBot))
			stopped := h.startStopped(service, replace("--no-login"))
			before := h.server.Stats().Logins
			says := []string{"Another botring is writing to the keyring", fmt.Sprintf("process %d", stopped.cmd.Process.Pid), "is stopped", "Nothing was saved"}
			faultRow{kind: "keyring_busy", says: says, code: exitFailure}.orders(h, addBot(faultBot+1), asJSON)
			if n := h.server.Stats().Logins - before; n != 0 {
				t.Errorf("Telegram was asked for %d logins that could not be saved", n)
			}
			h.mustRun(order{args: []string{"list"}})
			h.holds(faultBot+1, "-")
			if err := stopped.cmd.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			if got := stopped.wait(); got.code != exitOK {
				t.Errorf("the first one ends with %d\n%s", got.code, got.err)
			}
			h.holds(faultBot, "B")
			h.mustRun(addBot(faultBot + 1))
			h.settle()
		})
	}
}

// startStopped starts the program and stops it at its write of the suite's bot.
func (h *house) startStopped(service *servicetest.Service, o order) *started {
	h.t.Helper()
	writes, stopped := make(chan bool), make(chan bool)
	service.Set(func() {
		service.Before = before(atCall(theWrite, 1, func() {
			close(writes)
			<-stopped
		}))
	})
	p := h.start(o)
	select {
	case <-writes:
	case <-time.After(30 * time.Second):
		h.t.Fatal("the program does not write")
	}
	err := p.cmd.Process.Signal(syscall.SIGSTOP)
	close(stopped)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}
