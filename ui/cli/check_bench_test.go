package cli_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"botring/internal/secret"
	"botring/telegram"
	"botring/telegram/telegramtest"
)

// A check of one bot as a command, from the fork to the exit, with the session's keyring and a Telegram on loopback.
// It is to take less than 50 ms.
func BenchmarkCheckCommand(b *testing.B) {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		b.Skip("no D-Bus session: scripts/with-keyring.sh makes one")
	}
	bin, err := program()
	if err != nil {
		b.Fatal(err)
	}
	server, err := telegramtest.Start(telegramtest.Options{Environment: "custom"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	token := "7001:AAH" + strings.Repeat("k", 32)
	server.AddBot(telegramtest.Bot{Token: secret.New(token), Profile: telegram.Profile{Username: "timed_bot", FirstName: "Timed"}})
	network, home, ring := server.Network(), b.TempDir(), "bench-"+strings.ToLower(rand.Text()[:10])
	key := filepath.Join(home, "server.pem")
	der := x509.MarshalPKCS1PublicKey(network.Keys[0])
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		b.Fatal(err)
	}
	var dcs []string
	for _, dc := range network.DCs {
		dcs = append(dcs, fmt.Sprintf("%d=%s", dc.ID, dc.Addrs[0]))
	}
	run := func(stdin string, args ...string) time.Duration {
		cmd := exec.CommandContext(b.Context(), bin, args...)
		cmd.Env = []string{
			"BOTRING_HOME=" + home, "HOME=" + home, "BOTRING_RING=" + ring, "PATH=" + os.Getenv("PATH"),
			"BOTRING_DC=" + strings.Join(dcs, ","), "BOTRING_SERVER_KEY=" + key, "API_ID=10001", "API_HASH=" + strings.Repeat("0123456789abcdef", 2),
			"DBUS_SESSION_BUS_ADDRESS=" + os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "XDG_RUNTIME_DIR=" + os.Getenv("XDG_RUNTIME_DIR"),
		}
		var said bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &said, &said
		start := time.Now()
		err := cmd.Run()
		took := time.Since(start)
		if err != nil {
			b.Fatalf("botring %v: %v\n%s", args, err, said.String())
		}
		return took
	}
	run(token, "add")
	fastest := time.Hour
	for b.Loop() {
		fastest = min(fastest, run("", "check", "7001"))
	}
	b.ReportMetric(float64(fastest)/1e6, "fastest-ms")
	b.StopTimer()
	run("", "remove", "7001", "--yes")
}
