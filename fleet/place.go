package fleet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"botring/keyring"
)

// cataloguePath says where the catalogue is. Every ring has its own: the catalogue only retells what is
// in the ring, and a row must never lead to an item of another one.
func cataloguePath(home, ring string, kind keyring.Kind) (string, error) {
	dir := home
	if dir == "" {
		var err error
		if dir, err = dataDir(); err != nil {
			return "", err
		}
	}
	name := "catalogue.db"
	if ring != "" {
		name = "catalogue-" + ring + ".db"
	}
	if kind == keyring.KindAge {
		// A ring's name has no dot, so that this is no ring's of the system's keyring.
		name = strings.TrimSuffix(name, ".db") + ".age.db"
	}
	return filepath.Join(dir, name), nil
}

// dataDir is where programs keep the user's data on this operating system.
func dataDir() (string, error) {
	switch runtime.GOOS {
	case "windows":
		if dir := os.Getenv("LocalAppData"); dir != "" {
			return filepath.Join(dir, "botring"), nil
		}
		return "", errors.New("no place for the catalogue: %LocalAppData% is not set")
	case "darwin":
		return underHome("Library", "Application Support", "botring")
	}
	// Relative paths in it are to be ignored, says the XDG specification.
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "botring"), nil
	}
	return underHome(".local", "share", "botring")
}

func underHome(parts ...string) (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no place for the catalogue: %w", err)
	}
	return filepath.Join(append([]string{home}, parts...)...), nil
}

// fromHome is a path as people write it, with ~ for their own directory.
func fromHome(path string) string {
	home, err := os.UserHomeDir()
	if err != nil || home == "" || runtime.GOOS == "windows" {
		return path
	}
	if rest, ok := strings.CutPrefix(path, filepath.Clean(home)+string(filepath.Separator)); ok {
		return "~/" + rest
	}
	return path
}
