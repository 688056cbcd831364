//go:build linux

package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"botring/keyring"
	"botring/keyring/agefile"
)

const faultPassphrase = "seven bold ferrets"

// nobody is who runs the program where rights matter: root may do everything.
const nobody = 65534

// An ageVault looks into encrypted files with the passphrase that the user knows.
type ageVault struct {
	t   *testing.T
	dir string
}

// Texts are what a copy of the files holds: the files themselves may be another user's, or spoiled in a way that
// has them refused.
func (v ageVault) Texts(string) map[string]string {
	v.t.Helper()
	copied, texts := v.t.TempDir(), map[string]string{}
	from, to := filepath.Join(v.dir, faultRing), filepath.Join(copied, faultRing)
	if _, err := os.Stat(filepath.Join(from, "identities")); err != nil || os.CopyFS(to, os.DirFS(from)) != nil {
		return texts // none yet, or one that is just being written
	}
	if err := tighten(to); err != nil {
		v.t.Fatal(err)
	}
	ring, err := keyring.Open(v.t.Context(), keyring.Options{
		Kind: keyring.KindAge, LockDir: copied,
		Age: agefile.Options{Dir: copied, PassphraseFile: writePassphrase(v.t, copied, faultPassphrase)},
	})
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = ring.Close() }()
	names, err := ring.List(v.t.Context())
	if err != nil {
		return texts
	}
	for _, name := range names {
		if value, err := ring.Get(v.t.Context(), name); err == nil {
			texts[name] = value.Reveal()
		}
	}
	return texts
}

// tighten takes the rights of others away.
func tighten(dir string) error {
	return filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Chmod(path, info.Mode().Perm()&0o700|0o600)
	})
}

// encrypted makes a house with encrypted files, and says where their store is. Root runs the program there as
// somebody whom rights bind.
func encrypted(t *testing.T) (h *house, store string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "botring-fault-") //nolint:usetesting // the parents of t.TempDir are ours alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	files := filepath.Join(dir, "home", "age")
	h = houseIn(t, dir, nil, ageVault{t: t, dir: files})
	h.environ["BOTRING_KEYRING"], h.environ["BOTRING_HOME"] = keyringAge, h.sub("home")
	h.environ["BOTRING_PASSPHRASE_FILE"] = writePassphrase(t, dir, faultPassphrase)
	h.inputs = append(h.inputs, h.environ["BOTRING_PASSPHRASE_FILE"])
	h.secrets = append(h.secrets, faultPassphrase)
	if os.Getuid() == 0 {
		h.executable = openBinary(t)
		h.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		chown(t, dir, nobody)
	}
	return h, filepath.Join(files, faultRing)
}

func writePassphrase(t *testing.T, dir, text string) string {
	t.Helper()
	file := filepath.Join(dir, "passphrase")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// chown gives all that is below dir to a user.
func chown(t *testing.T, dir string, to int) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, _ os.FileInfo, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return errors.Join(err, os.Lchown(path, to, to))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// openBinary puts the program where another user can run it: the go tool's own directory is closed.
func openBinary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "botring-program-") //nolint:usetesting // see encrypted
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	own, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, program)
	content, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(file, content, 0o600), os.Chmod(file, 0o755), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	return file
}

// Faults of encrypted files, each for a read and a write; afterwards all is as it was.
func TestFaultsOfEncryptedFiles(t *testing.T) {
	t.Parallel()
	const unusable = "The encrypted files cannot be used"
	damage := func(store string, file string, how func([]byte) []byte) func() {
		path := filepath.Join(store, file)
		old, err := os.ReadFile(path)
		if err != nil {
			panic(err)
		}
		write := func(content []byte) {
			// Opened and not made anew, so that it stays its owner's.
			if err := os.WriteFile(path, content, 0o600); err != nil {
				panic(err)
			}
		}
		write(how(old))
		return func() { write(old) }
	}
	rights := func(path string, mode os.FileMode) func() {
		info, err := os.Stat(path)
		if err != nil || os.Chmod(path, mode) != nil {
			panic(path)
		}
		return func() { _ = os.Chmod(path, info.Mode().Perm()) }
	}
	half := func(content []byte) []byte { return content[:len(content)/2] }
	item := filepath.Join("store", filepath.FromSlash(theItem)+".age")
	write, read := replace("--no-login"), on("check")
	for _, fault := range []struct {
		name   string
		orders []order
		spoil  func(h *house, store string) (heal func())
		kind   string
		says   []string
		code   int
	}{
		{
			name: "store read-only", orders: []order{write, on("remove", "--yes")}, kind: "keyring_unavailable", code: exitFailure,
			says: []string{"cannot be written", "read-only here"},
			spoil: func(_ *house, store string) func() {
				var heals []func()
				for _, dir := range []string{"store/bot/custom", "store/bot", "store", "tmp", "."} {
					if _, err := os.Stat(filepath.Join(store, dir)); err == nil {
						heals = append(heals, rights(filepath.Join(store, dir), 0o500))
					}
				}
				return func() {
					for _, heal := range heals {
						heal()
					}
				}
			},
		}, {
			name: "identity truncated", orders: []order{write, read}, kind: "keyring_unavailable", code: exitFailure,
			says:  []string{unusable, "identities"},
			spoil: func(_ *house, store string) func() { return damage(store, "identities", half) },
		}, {
			name: "identity missing", orders: []order{write, read}, kind: "keyring_unavailable", code: exitFailure,
			says: []string{unusable, "identities back from a backup"},
			spoil: func(_ *house, store string) func() {
				from, to := filepath.Join(store, "identities"), filepath.Join(filepath.Dir(store), "kept")
				_ = os.Rename(from, to)
				return func() { _ = os.Rename(to, from) }
			},
		}, {
			name: "wrong passphrase", orders: []order{write, read}, kind: "keyring_denied", code: exitSecret,
			says: []string{"The passphrase is wrong"},
			spoil: func(h *house, _ string) func() {
				h.secrets = append(h.secrets, "nine shy weasels")
				return damage(h.dir, "passphrase", func([]byte) []byte { return []byte("nine shy weasels\n") })
			},
		}, {
			name: "passphrase for all to read", orders: []order{write, read}, kind: "keyring_unavailable", code: exitFailure,
			says:  []string{"others can read it"},
			spoil: func(h *house, _ string) func() { return rights(filepath.Join(h.dir, "passphrase"), 0o644) },
		}, {
			name: "no passphrase and nobody to ask", orders: []order{write, read}, kind: "keyring_locked", code: exitSecret,
			says: []string{"The encrypted files are locked", "nobody to ask"},
			spoil: func(h *house, _ string) func() {
				file := h.environ["BOTRING_PASSPHRASE_FILE"]
				delete(h.environ, "BOTRING_PASSPHRASE_FILE")
				return func() { h.environ["BOTRING_PASSPHRASE_FILE"] = file }
			},
		}, {
			name: "item truncated", orders: []order{read, on("token show")}, kind: "keyring_damaged", code: exitFailure,
			says:  nil,
			spoil: func(_ *house, store string) func() { return damage(store, item, half) },
		}, {
			name: "item unreadable", orders: []order{read, on("token show")}, kind: "keyring_denied", code: exitSecret,
			says:  []string{"cannot be read"},
			spoil: func(_ *house, store string) func() { return rights(filepath.Join(store, item), 0) },
		}, {
			name: "others may write", orders: []order{write, read}, kind: "keyring_unavailable", code: exitFailure,
			says:  []string{unusable, "Others can write to them"},
			spoil: func(_ *house, store string) func() { return rights(store, 0o777) },
		},
	} {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			h, store := encrypted(t)
			h.mustRun(addBot(faultBot))
			heal := fault.spoil(h, store)
			for i, o := range fault.orders {
				o.shows = false
				faultRow{kind: fault.kind, says: fault.says, code: fault.code}.orders(h, o, i%2 == 0)
			}
			heal()
			h.holds(faultBot, "A")
			h.mustRun(replace("--no-login"))
			h.holds(faultBot, "B")
			h.settle()
		})
	}
}

// TestDiskFull: a disk of the store's own that has no room left. The catalogue is on another one.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can mount; package agefile has the limit of a file's size")
	}
	h, store := encrypted(t)
	files := filepath.Dir(store)
	if err := os.MkdirAll(files, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", files, "tmpfs", 0, "size=128k,mode=700"); err != nil {
		t.Skipf("a container that may not mount: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(files, syscall.MNT_DETACH) })
	chown(t, files, nobody)
	h.mustRun(addBot(faultBot))
	filler := filepath.Join(files, "filler")
	file, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	for page := []byte(strings.Repeat("x", 4096)); err == nil; {
		_, err = file.Write(page)
	}
	_ = file.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("fill the disk: %v", err)
	}
	before := h.server.Stats().Logins
	for i, o := range []order{replace("--no-login"), replace("--no-login"), addBot(faultBot + 1), addBot(faultBot + 1)} {
		faultRow{kind: "keyring_unavailable", code: exitFailure, says: []string{"There is no room for the encrypted file", "Make room"}}.orders(h, o, i%2 == 0)
	}
	if n := h.server.Stats().Logins; n != before {
		t.Errorf("%d logins that could not be saved", n-before)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	h.holds(faultBot, "A")
	h.holds(faultBot+1, "-")
	h.mustRun(replace("--no-login"))
	h.holds(faultBot, "B")
	h.settle()
}
