package agefile

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk fills a disk of its own.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=128k,mode=700"); err != nil {
		t.Skipf("no disk of our own to fill (TestFileSizeLimit writes against a limit): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	dir := filepath.Join(disk, "age")
	s := openStore(t, dir)
	mustPut(t, s, "bot/1", "old")
	full(t, s)
	// Filled to the last byte, by others.
	_ = os.WriteFile(filepath.Join(disk, "others"), []byte(strings.Repeat("x", 256<<10)), 0o600)
	full(t, s)
	mustGet(t, openStore(t, dir), "bot/1", "old")
	must(t, os.Remove(filepath.Join(disk, "others")))
	mustPut(t, s, "bot/1", "new")
	mustGet(t, openStore(t, dir), "bot/1", "new")
}

// TestReadOnlyDisk mounts the store read-only.
func TestReadOnlyDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m,mode=700"); err != nil {
		t.Skipf("no disk of our own (TestReadOnly has a read-only directory): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	dir := filepath.Join(disk, "age")
	mustPut(t, openStore(t, dir), "bot/1", "old")
	must(t, syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	notWritable(t, dir)
}
