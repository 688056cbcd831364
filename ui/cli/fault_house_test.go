//go:build linux

package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"botring/keyring/secretservice/servicetest"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// The suite of faults is in the fault_…_test.go files: the whole program, as a process, with a keyring in
// which one thing goes wrong. Whatever it is, the program must say so in the right words and with the right
// exit code, end within its time, call no fault of the keyring's one of the token's, leave the old value or
// the new one in the keyring, and write no secret anywhere. The last of these is looked after by house.run,
// after every process of every test.

// A vault is what is in a keyring, seen past the program.
type vault interface {
	Texts(ring string) map[string]string
}

// A house is where the processes of a test live: a home with everything they may write to, a Telegram, and
// a keyring.
type house struct {
	t      *testing.T
	dir    string
	server *telegramtest.Server
	vault  vault
	// environ is that of all its processes.
	environ map[string]string
	// secrets are all that were ever given to one of them.
	secrets []string
	// known are the authorization keys that were in the keyring, the last keysKnown of them. shut: nobody can
	// look into that now.
	known [][]byte
	shut  bool
	// inputs are files that hold secrets because a user put them there.
	inputs []string
	// seen counts the processes of which arguments and environment were seen.
	seen int
	// probesMayStay: a process was killed, and what it left is swept ten minutes later.
	probesMayStay bool
	// executable and as are set to run the program as another user.
	executable string
	as         *syscall.SysProcAttr
}

// The ring of the suite, and its app.
const (
	faultRing = "botring"
	faultHash = "5ec7e75ec7e75ec7e75ec7e75ec7e75e"
)

// keysKnown is how many authorization keys are looked for. Each process is searched for those of its own time
// when it ends, so that older ones are kept only for what is written late, and a house of hundreds of
// processes does not look for hundreds of keys after each.
const keysKnown = 12

// The bot that most of the suite is about, and who gives it what.
const faultBot = 7001

// newHouse makes a house on a bus; its Telegram knows bots 7001 to 7004 by their first tokens.
func newHouse(t *testing.T, bus *servicetest.Bus, v vault) *house {
	t.Helper()
	return houseIn(t, t.TempDir(), bus, v)
}

func houseIn(t *testing.T, dir string, bus *servicetest.Bus, v vault) *house {
	t.Helper()
	h := &house{t: t, dir: dir, vault: v, server: startServer(t), executable: program, secrets: []string{faultHash}}
	for id := int64(faultBot); id < faultBot+4; id++ {
		h.server.AddBot(telegramtest.Bot{Token: tokenOf(id, "A"), Profile: telegram.Profile{ID: id, Username: fmt.Sprintf("bot_%d_bot", id)}})
	}
	var dcs []string
	for _, dc := range h.server.Network().DCs {
		dcs = append(dcs, fmt.Sprintf("%d=%s", dc.ID, dc.Addrs[0]))
	}
	keyFile, err := serverKeyFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	h.environ = map[string]string{
		"HOME": dir, "TMPDIR": h.sub("tmp"), "XDG_RUNTIME_DIR": h.sub("run"), "PATH": os.Getenv("PATH"),
		"BOTRING_DC": strings.Join(dcs, ","), "BOTRING_SERVER_KEY": keyFile,
		// A child of the race detector would sleep for a second at its end.
		"GORACE": "atexit_sleep_ms=0",
	}
	t.Cleanup(func() {
		if h.seen == 0 {
			t.Error("no process was seen while it ran")
		}
	})
	if bus != nil {
		h.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.Address
	}
	return h
}

// scripted makes a house with a scripted Secret Service.
func scripted(t *testing.T) (*house, *servicetest.Service) {
	t.Helper()
	bus := servicetest.StartBus(t)
	service := servicetest.StartService(t, bus)
	return newHouse(t, bus, service), service
}

// sub makes a directory of the house.
func (h *house) sub(name string) string {
	h.t.Helper()
	dir := filepath.Join(h.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		h.t.Fatal(err)
	}
	return dir
}

// An order is one process: its arguments, and what it is given beyond the house's environment.
type order struct {
	args []string
	// token is given in $BOT_TOKEN, and the app beside it; "" for none.
	token string
	// environ is added to the house's.
	environ map[string]string
	// shows: standard output is where the token belongs.
	shows bool
}

// add is the order to add a bot by its first token.
func addBot(id int64) order { return order{args: []string{"add"}, token: tokenOf(id, "A").Reveal()} }

// replace is the order to give the suite's bot its second token.
func replace(more ...string) order {
	return order{args: append([]string{"replace-token", fmt.Sprint(faultBot)}, more...), token: tokenOf(faultBot, "B").Reveal()}
}

// on is an order about the suite's bot that gives no secret.
func on(verb string, more ...string) order {
	args := append(strings.Fields(verb), fmt.Sprint(faultBot))
	return order{args: append(args, more...), shows: verb == "token show"}
}

// as returns the order with more arguments.
func (o order) with(args ...string) order {
	o.args = append(slices.Clone(o.args), args...)
	return o
}

// A started is a process on its way, and an outcome what became of it.
type started struct {
	h        *house
	order    order
	cmd      *exec.Cmd
	out, err bytes.Buffer
	began    time.Time
}

type outcome struct {
	code     int
	out, err string
	took     time.Duration
	killed   bool
}

// tooLong is when a process of the suite counts as hanging.
const tooLong = 60 * time.Second

// start starts the program.
func (h *house) start(o order) *started {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), tooLong)
	h.t.Cleanup(cancel)
	p := &started{h: h, order: o, cmd: exec.CommandContext(ctx, h.executable, o.args...)}
	environ := maps.Clone(h.environ)
	if o.token != "" {
		environ["BOT_TOKEN"], environ["API_ID"], environ["API_HASH"] = o.token, "10001", faultHash
		if !slices.Contains(h.secrets, o.token) {
			h.secrets = append(h.secrets, o.token)
		}
	}
	maps.Copy(environ, o.environ)
	for name, value := range environ {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = h.dir, &p.out, &p.err, h.as
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	p.visible()
	return p
}

// wait waits for its end, and looks whether a secret was left anywhere.
func (p *started) wait() outcome {
	p.h.t.Helper()
	o := p.ended()
	p.h.nothingWritten(p.order, o)
	return o
}

// ended waits for its end.
func (p *started) ended() outcome {
	p.h.t.Helper()
	err := p.cmd.Wait()
	o := outcome{code: p.cmd.ProcessState.ExitCode(), out: p.out.String(), err: p.err.String(), took: time.Since(p.began)}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.h.t.Error(err)
	}
	if exit != nil {
		status, _ := exit.Sys().(syscall.WaitStatus)
		o.killed = status.Signaled()
	}
	if o.took >= tooLong {
		p.h.t.Errorf("botring %v hangs", p.order.args)
	}
	return o
}

// run runs the program to its end.
func (h *house) run(o order) outcome {
	h.t.Helper()
	return h.start(o).wait()
}

// mustRun is run for what has to go well.
func (h *house) mustRun(o order) outcome {
	h.t.Helper()
	got := h.run(o)
	if got.code != exitOK {
		h.t.Fatalf("botring %v: exit code %d\n%s%s", o.args, got.code, got.out, got.err)
	}
	return got
}

// visible looks at what every program of the machine can see of a process: its arguments, and for those of
// the same user its environment. That file is the block the process was started with: taking a variable out
// (os.Unsetenv) changes the process's own list and not the block, in Go as in any language, short of writing
// over one's own stack. So a secret that came by a variable can be read there by the same user as long as the
// process lives, and all that can be asked of the block is that it holds nothing but what the user put there.
// What a child would get is asked in TestChildrenGetNoSecret.
func (p *started) visible() {
	t := p.h.t
	t.Helper()
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.cmd.Process.Pid))
	block, blockErr := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.cmd.Process.Pid))
	if err != nil || len(args) == 0 || blockErr != nil || len(block) == 0 {
		return // it has ended already; house.seen tells whether every one had
	}
	p.h.seen++
	if want := strings.Join(p.order.args, "\x00") + "\x00"; !bytes.HasSuffix(args, []byte(want)) {
		t.Errorf("the process was started with %q and shows %q", want, args)
	}
	if leaks(args, p.h.forms()) {
		t.Error("a secret is in the arguments")
	}
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(block), "\x00"), "\x00") {
		if !slices.Contains(p.cmd.Env, entry) {
			name, _, _ := strings.Cut(entry, "=")
			t.Errorf("%s came into the environment", name)
		}
	}
}

// nothingWritten looks for every secret in everything that a process wrote.
func (h *house) nothingWritten(o order, got outcome) {
	h.t.Helper()
	forms := h.forms()
	if !o.shows && leaks([]byte(got.out), forms) {
		h.t.Errorf("a secret is in the standard output of %v", o.args)
	}
	if leaks([]byte(got.err), forms) {
		h.t.Errorf("a secret is in the standard error of %v", o.args)
	}
	files := 0
	err := filepath.WalkDir(h.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || slices.Contains(h.inputs, path) {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another process's
		}
		files++
		if leaks(content, forms) {
			h.t.Errorf("a secret is in %s", path)
		}
		return err
	})
	if err != nil || files < 1 {
		h.t.Errorf("read %d files: %v", files, err)
	}
}

// leaks reports whether a secret in one of its forms is in a text.
func leaks(text []byte, forms [][]byte) bool {
	return slices.ContainsFunc(forms, func(form []byte) bool { return bytes.Contains(text, form) })
}

// forms are the secrets as they could be written: themselves, the parts that are secret by themselves, and
// bytes in what people encode bytes with; and as the words that Go prints of arguments in the trace of a panic.
func (h *house) forms() [][]byte {
	secrets := slices.Clone(h.secrets)
	for _, key := range h.keys() {
		secrets = append(secrets, string(key), string(key[:32]))
	}
	var forms [][]byte
	for _, s := range secrets {
		if _, tail, ok := strings.Cut(s, ":"); ok && len(tail) == 35 {
			s = tail // of a token
		}
		forms = append(forms, []byte(s), []byte(hex.EncodeToString([]byte(s))), []byte(strings.ToUpper(hex.EncodeToString([]byte(s)))))
		for at := 0; at+8 <= len(s) && at < 32; at += 8 {
			forms = append(forms, fmt.Appendf(nil, "%#x", binary.LittleEndian.Uint64([]byte(s[at:]))))
		}
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			// The last character depends on what follows.
			text := encoding.EncodeToString([]byte(s))
			forms = append(forms, []byte(text[:len(text)-2]))
		}
	}
	return forms
}

// keys are the last authorization keys that were in the keyring when it was looked into.
func (h *house) keys() [][]byte {
	if h.shut {
		return h.known
	}
	for _, text := range h.vault.Texts(faultRing) {
		var item keptBot
		if json.Unmarshal([]byte(text), &item) != nil || item.Session == nil || len(item.Session.Key) != 256 {
			continue
		}
		if !slices.ContainsFunc(h.known, func(key []byte) bool { return bytes.Equal(key, item.Session.Key) }) {
			h.known = append(h.known, item.Session.Key)
		}
	}
	h.known = h.known[max(len(h.known)-keysKnown, 0):]
	return h.known
}

// keptBot is a bot's item, as much of it as the suite looks at.
type keptBot struct {
	Token   string `json:"token"`
	Session *struct {
		Key []byte `json:"key"`
	} `json:"session"`
}

// item is what the keyring holds of a bot; there is false where it holds nothing.
func (h *house) item(id int64) (item keptBot, there bool) {
	h.t.Helper()
	text, there := h.vault.Texts(faultRing)[fmt.Sprintf("bot/custom/%d", id)]
	if there {
		if err := json.Unmarshal([]byte(text), &item); err != nil {
			h.t.Errorf("the item of %d is neither old nor new: %d bytes, %v", id, len(text), err)
		}
	}
	return item, there
}

// rows are the bots of the catalogue, by id.
func (h *house) rows() map[int64]botJSON {
	h.t.Helper()
	var list struct {
		Bots []botJSON `json:"bots"`
	}
	got := h.mustRun(order{args: []string{"list", "--json"}})
	if err := json.Unmarshal([]byte(got.out), &list); err != nil {
		h.t.Fatalf("%v\n%s", err, got.out)
	}
	found := map[int64]botJSON{}
	for _, bot := range list.Bots {
		found[bot.ID] = bot
	}
	return found
}
