package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
)

// The first start on a machine without a keyring: the encrypted file is chosen once, and the next start knows.
func TestChooseTheEncryptedFile(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	s, _ := startOn(t, home, "unix:path=/nonexistent")
	s.See("There is no D-Bus session.")
	s.Type("f")
	for _, field := range []string{"Passphrase", "Once more"} {
		s.See("▌ " + field)
		s.Paste("seven bold ferrets") // of typed letters nothing tells when the last has come
		s.See(fmt.Sprintf("▌ %-13s ••••••••", field))
		time.Sleep(30 * time.Millisecond) // sooner it would be the paste's
		s.Press(uv.KeyEnter)
	}
	s.See("takes a few seconds")
	s.See("✓ encrypted file (~/age/botring, unlocked)")
	s.Type("q")
	if err := s.Ended(); err != nil {
		t.Error(err)
	}
	chosen, err := os.ReadFile(filepath.Join(home, "config.toml"))
	if err != nil || !strings.Contains(string(chosen), `keyring = "age"`) {
		t.Errorf("remembered %q, %v", chosen, err)
	}

	s, _ = startOn(t, home, "unix:path=/nonexistent")
	s.See("encrypted file (~/age/botring, locked)")
	s.See("age file")
	s.Press(uv.KeyEnter)
	s.See("Its passphrase opens it.")
	s.Press(uv.KeyEscape)
	s.See("Cancelled")
	s.Type("q")
	if err := s.Ended(); err != nil {
		t.Error(err)
	}
	if strings.Contains(s.Raw(), "ferrets") {
		t.Error("the passphrase was written to the terminal")
	}
}
