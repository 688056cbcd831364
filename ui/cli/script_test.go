package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/internal/secret"
	"botring/keyring"
	"botring/keyring/agefile"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// What the environment has testdata/program do, beyond what the program does by itself.
const (
	// patienceVariable makes it less patient with prompts that nobody answers.
	patienceVariable = "BOTRING_TEST_PATIENCE"
	// panicVariable breaks a part of it: "environ", "out", "err" or "screens".
	panicVariable = "BOTRING_TEST_PANIC"
	// childVariable has it start a child at its end, which prints its own environment.
	childVariable = "BOTRING_TEST_CHILD"
	// panicWords are what it says when it has been broken.
	panicWords = "broken by a test"
)

// program is what testdata/program is called where the tests run it. It has no race detector in it, which makes each of
// thousands of processes start ten times as slowly: what is raced for within a process, the stories in this one find.
const program = "botring-program"

func TestMain(m *testing.M) { testscript.Main(withProgram{m}, nil) }

// withProgram runs the tests with the program in their PATH.
type withProgram struct{ *testing.M }

// Run builds the program and runs the tests.
func (m withProgram) Run() int {
	dir, err := os.MkdirTemp("", "botring-program-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, program+exeSuffix()), "./testdata/program")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		var out []byte
		if out, err = build.CombinedOutput(); err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
	}
	if err == nil {
		err = errors.Join(
			os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH")),
			os.Setenv("TEST_PROGRAMS", dir), // where other tests put theirs
		)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		return 1
	}
	return m.M.Run()
}

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// toldOnBoth are stories that are told on the system keyring and on the encrypted file in every run: in them things are
// saved, moved, replaced and lost.
var toldOnBoth = []string{"add", "life", "rotate", "session", "token"}

// TestScripts tells the stories in testdata/script inside this process, on a memory store that lasts as long as a
// story, and as processes of their own: on the system keyring, where there is one, or on the encrypted file, in turn; on
// both with BOTRING_LONG=1.
func TestScripts(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{keyringMemory, keyringSystem, keyringAge} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if kind == keyringSystem {
				needKeyring(t)
			}
			tell(t, kind, storiesOn(t, kind)...)
		})
	}
}

// storiesOn are the files of the stories that are told on a kind of keyring.
func storiesOn(t *testing.T, kind string) (files []string) {
	t.Helper()
	all, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(all) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for i, file := range all {
		both := os.Getenv("BOTRING_LONG") == "1" || slices.Contains(toldOnBoth, strings.TrimSuffix(filepath.Base(file), ".txtar"))
		if both || kind == keyringMemory || (kind == keyringAge) == (i%2 == 0) {
			files = append(files, file)
		}
	}
	return files
}

// TestEncryptedFileScripts tells what only the encrypted file and the choice of it have stories of.
func TestEncryptedFileScripts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the rights of files are told otherwise here")
	}
	files, err := filepath.Glob("testdata/age/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	tell(t, keyringAge, files...)
}

// needKeyring skips a test where no system keyring answers, unless the environment says that one must.
func needKeyring(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ring, err := keyring.Open(ctx, keyring.Options{LockDir: t.TempDir()})
	if err == nil {
		var status keyring.Status
		if status, err = ring.Status(ctx); err == nil && status.Locked {
			err = keyring.ErrLocked
		}
		_ = ring.Close()
	}
	switch {
	case err == nil:
	case os.Getenv("BOTRING_REQUIRE_KEYRING") == "1":
		t.Fatalf("the system keyring must be there: %v", err)
	default:
		t.Skipf("no system keyring (scripts/with-keyring.sh brings one up): %v", err)
	}
}

// serverKey is the key of every server of this package's tests: making one is slow.
var serverKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func tell(t *testing.T, kind string, files ...string) {
	testscript.Run(t, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               func(env *testscript.Env) error { return setUp(env, kind) },
		Condition: func(cond string) (bool, error) {
			if cond == "system" { // processes of their own
				return kind != keyringMemory, nil
			}
			if cond == keyringAge {
				return kind == keyringAge, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"botring":  func(ts *testscript.TestScript, neg bool, args []string) { worldOf(ts).botring(ts, neg, args) },
			"telegram": func(ts *testscript.TestScript, neg bool, args []string) { worldOf(ts).telegram(ts, neg, args) },
			"spoil":    func(ts *testscript.TestScript, neg bool, args []string) { worldOf(ts).spoil(ts, neg, args) },
			"code":     func(ts *testscript.TestScript, neg bool, args []string) { worldOf(ts).expectCode(ts, neg, args) },
		},
	})
}

// serverKeyFile writes what a client needs to know of serverKey, as PEM.
func serverKeyFile(dir string) (string, error) {
	file := filepath.Join(dir, "server.pem")
	der := x509.MarshalPKCS1PublicKey(&serverKey().PublicKey)
	return file, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: der}), 0o600)
}

// A world is what one story happens in: a Telegram, and a fleet or the settings for one.
type world struct {
	kind    string // of keyring
	server  *telegramtest.Server
	api     *telegramtest.BotAPI
	fleet   *fleet.Fleet // of a story in this process
	dir     string
	environ map[string]string
	code    int
}

type worldKey struct{}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func setUp(env *testscript.Env, kind string) error {
	server, err := telegramtest.Start(telegramtest.Options{Environment: "custom", Key: serverKey()})
	if err != nil {
		return err
	}
	w := &world{kind: kind, server: server, dir: env.WorkDir, environ: map[string]string{}}
	env.Values[worldKey{}] = w
	env.Defer(func() { _ = server.Close() })

	var dcs []string
	for _, dc := range server.Network().DCs {
		dcs = append(dcs, fmt.Sprintf("%d=%s", dc.ID, dc.Addrs[0]))
	}
	w.environ["BOTRING_DC"] = strings.Join(dcs, ",")
	if w.environ["BOTRING_SERVER_KEY"], err = serverKeyFile(env.WorkDir); err != nil {
		return err
	}
	api, at, err := server.ListenBotAPI()
	if err != nil {
		return err
	}
	w.api = api
	env.Setenv("BOT_API", "custom="+at) // for a story to use
	w.environ["BOTRING_HOME"] = filepath.Join(env.WorkDir, "home")
	w.environ["HOME"] = env.WorkDir
	switch kind {
	case keyringAge:
		w.environ["BOTRING_KEYRING"] = keyringAge
		w.environ["BOTRING_PASSPHRASE_FILE"] = filepath.Join(env.WorkDir, "passphrase")
		w.environ["XDG_STATE_HOME"], w.environ["PATH"] = filepath.Join(env.WorkDir, "state"), os.Getenv("PATH")
		return os.WriteFile(w.environ["BOTRING_PASSPHRASE_FILE"], []byte("seven bold ferrets\n"), 0o600)
	case keyringSystem:
		// A ring of its own: stories must not meet in the keyring.
		w.environ["BOTRING_RING"] = "story-" + strings.ToLower(rand.Text()[:10])
		for _, name := range []string{"DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "PATH"} {
			w.environ[name] = os.Getenv(name)
		}
		return nil
	}
	w.environ["BOTRING_KEYRING"] = "memory"
	w.fleet, err = fleet.Open(context.Background(), fleet.Options{
		KindOf:   func(err error) string { return fault.Of(err).Kind },
		Networks: []telegram.Network{server.Network()}, Environment: "custom", Keyring: "memory", Ephemeral: true,
		BotAPI: "custom=" + at,
	})
	if err == nil {
		env.Defer(func() { _ = w.fleet.Close() })
	}
	return err
}

// botring runs the program: botring ARGS [< FILE].
func (w *world) botring(ts *testscript.TestScript, neg bool, args []string) {
	stdin := ""
	if n := len(args); n >= 2 && args[n-2] == "<" {
		stdin, args = ts.ReadFile(args[n-1]), args[:n-2]
	}
	if w.kind == keyringAge {
		for _, name := range []string{"BOTRING_KEYRING", "BOTRING_PASSPHRASE_FILE", "CREDENTIALS_DIRECTORY"} {
			if value := ts.Getenv(name); value == "none" {
				delete(w.environ, name)
			} else if value != "" {
				w.environ[name] = value
			}
		}
	}
	for _, name := range []string{"BOT_TOKEN", "API_ID", "API_HASH", "NO_COLOR", "BOTRING_PROXY", "ALL_PROXY", "NO_PROXY", "BOTRING_BOT_API"} {
		if value := ts.Getenv(name); value != "" {
			w.environ[name] = value
		} else {
			delete(w.environ, name)
		}
	}
	for _, name := range []string{"DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"} {
		if ts.Getenv(name) == "none" {
			delete(w.environ, name)
		}
	}
	var stdout, stderr bytes.Buffer
	if w.kind != keyringMemory {
		w.code = w.exec(ts, args, stdin, &stdout, &stderr)
	} else {
		w.code = w.inside(args, stdin, &stdout, &stderr)
	}
	if err := validate(args, stdout.String()); err != nil {
		ts.Fatalf("botring %v prints\n%s%v", args, stdout.String(), err)
	}
	_, _ = io.Copy(ts.Stdout(), &stdout)
	_, _ = io.Copy(ts.Stderr(), &stderr)
	if (w.code != 0) != neg {
		ts.Fatalf("exit code %d", w.code)
	}
}

// inside runs a command in this process, on the fleet of the story.
func (w *world) inside(args []string, stdin string, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	environ := mapEnviron{}
	for name, value := range w.environ {
		environ[name] = value
	}
	s := &shell{Process: Process{
		Args: args, In: strings.NewReader(stdin), Out: stdout, Err: stderr, Environ: environ, Version: "v1.2.3",
	}, fleet: w.fleet}
	return s.finish(ctx, s.conclude(s.run(ctx), false))
}

func (w *world) exec(ts *testscript.TestScript, args []string, stdin string, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = w.dir, strings.NewReader(stdin), stdout, stderr
	for name, value := range w.environ {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Fatalf("run: %v", err)
	}
	return cmd.ProcessState.ExitCode()
}

// expectCode holds the last exit code: code 5.
func (w *world) expectCode(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: code N")
	}
	if got := strconv.Itoa(w.code); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// telegram speaks to the story's Telegram:
//
//	telegram bot 7001 username=shop_orders_bot name=Shop dc=4   knows a bot; its token goes to 7001.token
//	telegram bot 7001 login=FLOOD_WAIT_31                      … whose logins are answered so
//	telegram bot 7009 manages=7001,7002                        … that manages others
//	telegram revoke 7001                                        its token and sessions end
//	telegram botapi 401 FILE                                    its Bot API answers with a status and a file's text, once
//	telegram current 7001                                       its token goes to 7001.current
//	telegram proxy link                                         is reached through an MTProxy too, whose link goes to the file link
func (w *world) telegram(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: telegram bot|revoke ID [KEY=VALUE…]")
	}
	if args[0] == "botapi" {
		w.botAPI(ts, args[1], args[2:])
		return
	}
	if args[0] == "proxy" {
		w.proxy(ts, args[1])
		return
	}
	id, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	switch args[0] {
	case "revoke":
		w.server.RevokeToken(id)
		return
	case "current":
		ts.Check(os.WriteFile(filepath.Join(w.dir, args[1]+".current"), []byte(w.server.Token(id).Reveal()+"\n"), 0o600))
		return
	}
	bot := telegramtest.Bot{Profile: telegram.Profile{ID: id, FirstName: "Bot " + args[1]}}
	generation := "A"
	for _, arg := range args[2:] {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "username":
			bot.Profile.Username = value
		case "name":
			bot.Profile.FirstName = value
		case "dc":
			bot.DC, err = strconv.Atoi(value)
			ts.Check(err)
		case "login":
			bot.Login = telegramtest.Script{Error: value, Stall: value == "stall"}
			if bot.Login.Stall {
				bot.Login.Error = ""
			}
		case "call":
			bot.Call = telegramtest.Script{Error: value, Code: 401}
		case "manages":
			bot.Profile.ManagesBots = true
			for managed := range strings.SplitSeq(value, ",") {
				id, err := strconv.ParseInt(managed, 10, 64)
				ts.Check(err)
				bot.Manages = append(bot.Manages, id)
			}
		case "token":
			generation = value
		default:
			ts.Fatalf("unknown setting %s", key)
		}
	}
	bot.Token = tokenOf(id, generation)
	w.server.AddBot(bot)
	ts.Check(os.WriteFile(filepath.Join(w.dir, args[1]+".token"), []byte(bot.Token.Reveal()+"\n"), 0o600))
}

// botAPI has the next request to the Bot API answered with a status and the text of a file.
func (w *world) botAPI(ts *testscript.TestScript, status string, file []string) {
	code, err := strconv.Atoi(status)
	ts.Check(err)
	script := telegramtest.HTTPScript{Status: code, Times: 1}
	if len(file) > 0 {
		script.Body = ts.ReadFile(file[0])
	}
	w.api.Script(script)
}

// proxy starts an MTProxy and writes its link, and the address alone beside it.
func (w *world) proxy(ts *testscript.TestScript, file string) {
	p, err := w.server.MTProxy(telegramtest.MTProxyOptions{Cloak: "www.example.com"})
	ts.Check(err)
	ts.Defer(func() { _ = p.Close() })
	proxy := p.Proxy()
	host, port, err := net.SplitHostPort(proxy.Addr)
	ts.Check(err)
	link := fmt.Sprintf("tg://proxy?server=%s&port=%s&secret=%s\n", host, port, proxy.Secret.Reveal())
	ts.Check(os.WriteFile(filepath.Join(w.dir, file), []byte(link), 0o600))
	ts.Check(os.WriteFile(filepath.Join(w.dir, file+".secret"), []byte(proxy.Secret.Reveal()+"\n"), 0o600))
	ts.Setenv("PROXY", proxy.String())
	ts.Setenv("LINK", strings.TrimSpace(link))
}

// spoil does what accidents and other programs do:
//
//	spoil item bot/custom/7001     an item is deleted from the keyring
//	spoil catalogue lost           the catalogue is gone
//	spoil catalogue damaged        … or written over
func (w *world) spoil(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg || w.kind == keyringMemory {
		ts.Fatalf("usage: spoil item|catalogue NAME, of what is not in memory")
	}
	if args[0] == "item" {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		ring, err := keyring.Open(ctx, keyring.Options{
			Kind: keyring.Kind(w.kind), Ring: strings.TrimSuffix("botring-"+w.environ["BOTRING_RING"], "-"), LockDir: w.dir,
			Age: agefile.Options{Dir: filepath.Join(w.environ["BOTRING_HOME"], "age")},
		})
		ts.Check(err)
		defer func() { _ = ring.Close() }()
		ts.Check(ring.Delete(ctx, args[1]))
		return
	}
	files, err := filepath.Glob(filepath.Join(w.environ["BOTRING_HOME"], "catalogue*.db*"))
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("there is no catalogue")
	}
	for _, file := range files {
		if args[1] == "lost" {
			ts.Check(os.Remove(file))
			continue
		}
		ts.Check(os.WriteFile(file, bytes.Repeat([]byte("rubbish "), 1000), 0o600))
	}
}

// secretMark is in every secret of these tests, so that none can slip out unseen.
const secretMark = "WHISPER"

func tokenOf(id int64, generation string) secret.Secret {
	text := "AA" + generation + secretMark + strings.Repeat("x", 35)
	return secret.New(fmt.Sprintf("%d:%s", id, text[:35]))
}

// mapEnviron is an Environ for tests.
type mapEnviron map[string]string

func (e mapEnviron) Lookup(name string) (string, bool) { value, ok := e[name]; return value, ok }
func (e mapEnviron) Unset(name string)                 { delete(e, name) }
func (e mapEnviron) All() []string {
	var all []string
	for name, value := range e {
		all = append(all, name+"="+value)
	}
	return all
}
