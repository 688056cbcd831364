package servicetest

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// MasterPassword is what a Gnome's keyring is encrypted with.
const MasterPassword = "master"

// A Gnome is a real gnome-keyring on a bus and in a home of its own, which a test may lock and kill.
type Gnome struct {
	// Env is the environment for programs that use it, and Home its home.
	Env     []string
	Home    string
	t       testing.TB
	bus     *Bus
	process *exec.Cmd
	// ended is closed when the process is no more, and said is what it wrote by then.
	ended chan struct{}
	said  *bytes.Buffer
}

// StartGnome puts a gnome-keyring on the bus until the test ends, unlocked.
func StartGnome(t testing.TB, bus *Bus) *Gnome {
	t.Helper()
	if _, err := exec.LookPath("gnome-keyring-daemon"); err != nil {
		Skip(t, "gnome-keyring is not installed")
	}
	home := t.TempDir()
	g := &Gnome{t: t, bus: bus, Home: home, Env: append(os.Environ(),
		"HOME="+home, "XDG_RUNTIME_DIR="+shortDir(t), "XDG_DATA_HOME=", "DISPLAY=", "WAYLAND_DISPLAY=",
		"DBUS_SESSION_BUS_ADDRESS="+bus.Address)}
	g.Start()
	t.Cleanup(g.Kill)
	return g
}

// Start starts the daemon, again after Kill, and waits until it has its collection.
func (g *Gnome) Start() {
	g.t.Helper()
	g.process = exec.CommandContext(g.t.Context(), "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	g.process.Env = g.Env
	g.process.Stdin = strings.NewReader(MasterPassword)
	g.ended, g.said = make(chan struct{}), new(bytes.Buffer)
	g.process.Stdout, g.process.Stderr = g.said, g.said
	if err := g.process.Start(); err != nil {
		g.t.Fatal(err)
	}
	go func(process *exec.Cmd, ended chan struct{}) {
		defer close(ended)
		_ = process.Wait()
	}(g.process, g.ended)
	eventually(g.t, "gnome-keyring to start", func() bool {
		p, err := meet(g.bus)
		if err != nil {
			return false
		}
		defer p.leave()
		locked, err := p.locked()
		return err == nil && !locked
	})
}

// Pid is the daemon's process id.
func (g *Gnome) Pid() int { return g.process.Process.Pid }

// Kill ends the daemon.
func (g *Gnome) Kill() {
	_ = g.process.Process.Kill()
	<-g.ended
}

// state tells how the daemon is, for the reader of a failed test.
func (g *Gnome) state() string {
	select {
	case <-g.ended:
		return g.process.ProcessState.String() + ", having said " + strconv.Quote(g.said.String())
	default:
		return "running"
	}
}

// Lock locks the default collection.
func (g *Gnome) Lock() {
	g.t.Helper()
	g.with(func(p *peer) error {
		collection, err := p.collection()
		if err != nil {
			return err
		}
		return p.service().Call(serviceInterface+".Lock", 0, []dbus.ObjectPath{collection}).Err
	})
}

// Unlock unlocks the default collection without the prompter, which needs a display.
func (g *Gnome) Unlock(password string) error {
	p, err := meet(g.bus)
	if err != nil {
		return err
	}
	defer p.leave()
	collection, err := p.collection()
	if err != nil {
		return err
	}
	master, err := p.wrap(password)
	if err != nil {
		return err
	}
	return p.service().Call("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.UnlockWithMasterPassword", 0,
		collection, master).Err
}

// Texts are what the items of a ring hold, by name, as another program reads them.
func (g *Gnome) Texts(ring string) map[string]string {
	g.t.Helper()
	texts := map[string]string{}
	g.with(func(p *peer) (err error) {
		// What a program asked for before it died may still be done, and an item go while it is looked at.
		for range 10 {
			if texts, err = p.texts(map[string]string{"service": ring}); err == nil {
				break
			}
		}
		return err
	})
	return texts
}

// Write puts an item where another program would have, in place of the one of that name.
func (g *Gnome) Write(ring, name, text string) {
	g.t.Helper()
	g.with(func(p *peer) error { return p.write(map[string]string{"service": ring, "username": name}, text) })
}

// Remove deletes the items of a name, as another program would.
func (g *Gnome) Remove(ring, name string) {
	g.t.Helper()
	g.with(func(p *peer) error { return p.remove(map[string]string{"service": ring, "username": name}) })
}

func (g *Gnome) with(do func(*peer) error) {
	g.t.Helper()
	p, err := meet(g.bus)
	if err == nil {
		err = do(p)
		p.leave()
	}
	if err != nil {
		g.t.Fatalf("%v; gnome-keyring: %s", err, g.state())
	}
}
