package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"botring/fleet/radar"
	"botring/internal/testneeds"
	"botring/keyring"
)

// leaky is a repository in which a token is staged.
func leaky(t *testing.T) (folder, token string) {
	t.Helper()
	testneeds.Program(t, "git")
	folder, token = t.TempDir(), tokenOf(7001009, "A").Reveal()
	if err := os.WriteFile(filepath.Join(folder, "my config.py"), []byte("#\nT = '"+token+"'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}} {
		if out, err := exec.Command("git", append([]string{"-C", folder}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	return folder, token
}

// On a machine that knows no bots the hook warns, and leaves nothing behind.
func TestHookWithoutBots(t *testing.T) {
	folder, token := leaky(t)
	home := t.TempDir()
	cmd := process(t, "scan", "--staged", "--hook", folder, "--keyring", "age", "--home", home)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"my config.py:2  a token of bot 7001009", "There are no bots here", "The commit goes through."} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not said in\n%s", want, out)
		}
	}
	if strings.Contains(string(out), token) {
		t.Error("the token is shown")
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	var exit *exec.ExitError
	if err := process(t, "scan", "--staged", folder, "--keyring", "age", "--home", home).Run(); !errors.As(err, &exit) || exit.ExitCode() != exitNotOK {
		t.Errorf("without --hook: %v", err)
	}
}

// The hook itself keeps a commit from being made that has a secret of the ring in it, and lets others through, also
// where there is no botring.
func TestHook(t *testing.T) {
	folder, _ := leaky(t)
	s := loggedShell(t, startServer(t), keyring.NewMemory(), t.TempDir())
	if code, said := s.runs(t, "", "scan", "--install-hook", folder); code != exitOK {
		t.Fatal(said)
	}
	commit := func(script string) error {
		t.Helper()
		bin := t.TempDir()
		if script != "" {
			if err := os.WriteFile(filepath.Join(bin, "botring"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("git", "-C", folder, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "x")
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		return cmd.Run()
	}
	for script, through := range map[string]bool{"exit 3": false, "exit 130": false, "exit 0": true, "exit 1": true, "": true, `[ "$*" = "scan --staged --hook" ] || exit 3`: true} {
		if err := commit(script); (err == nil) != through {
			t.Errorf("with %q: %v", script, err)
		}
	}
}

// What nobody could answer is not known, and never alive.
func TestScanAsksInVain(t *testing.T) {
	folder, token := leaky(t)
	s := loggedShell(t, startServer(t), keyring.NewMemory(), t.TempDir()) // which has no Bot API
	code, said := s.runs(t, "", "scan", folder, "--check", "--no-history")
	if code != exitNotOK || !strings.Contains(said, "(7001009:•••): not known\n") || !strings.Contains(said, "works is not known: ") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
	if strings.Contains(said, "alive") || strings.Contains(said, token) {
		t.Errorf("it says\n%s", said)
	}
}

// A scan that lasts says how far it is, on one line that it ends; one that does not says nothing.
func TestScanTellsHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		progress := &radar.Progress{}
		(&counter{w: &said}).scan(progress)()
		if said.Len() > 0 {
			t.Errorf("a short one says %q", said.String())
		}
		ended := (&counter{w: &said}).scan(progress)
		progress.Files.Store(12)
		progress.Bytes.Store(3_000_000)
		time.Sleep(scanLasts)
		synctest.Wait()
		progress.Blobs.Store(1)
		progress.Bytes.Store(6_000_000)
		time.Sleep(scanTells)
		synctest.Wait()
		ended()
		if want := "\rsearching: 12 files, 3.0 MB, 3.0 MB/s\rsearching: 12 files, 1 version, 6.0 MB, 5.0 MB/s\n"; said.String() != want {
			t.Errorf("it says %q, want %q", said.String(), want)
		}
	})
}

// SARIF has what the standard and hosts of code ask for, and no secret.
func TestSARIF(t *testing.T) {
	folder, token := leaky(t)
	out, err := exec.Command("git", "-C", folder, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "with "+token).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := loggedShell(t, startServer(t), keyring.NewMemory(), t.TempDir())
	if code, said := s.runs(t, token, "add", "--no-login", "--quiet"); code != exitOK {
		t.Fatal(said)
	}
	t.Chdir(folder)
	var all, side bytes.Buffer
	s.Process = Process{Args: []string{"scan", "--sarif"}, In: strings.NewReader(""), Out: &all, Err: &side, Version: "v1.2.3", Environ: mapEnviron{}}
	s.flags = flags{}
	if code := s.finish(t.Context(), s.run(t.Context())); code != exitNotOK {
		t.Fatalf("exit code %d: %s", code, side.String())
	}
	if strings.Contains(all.String(), secretMark) {
		t.Error("a secret is in it")
	}
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct {
						ID               string
						ShortDescription struct{ Text string }
					}
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           *struct{ StartLine int }
					}
				}
				PartialFingerprints map[string]string
			}
		}
	}
	if err := json.Unmarshal(all.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || !strings.Contains(log.Schema, "sarif-2.1.0") || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name != "botring" {
		t.Fatalf("the log is %+v", log)
	}
	rules := log.Runs[0].Tool.Driver.Rules
	seen := map[string]bool{}
	var at []string
	for _, r := range log.Runs[0].Results {
		if r.RuleIndex < 0 || r.RuleIndex >= len(rules) || rules[r.RuleIndex].ID != r.RuleID || rules[r.RuleIndex].ShortDescription.Text == "" {
			t.Errorf("%s is no rule", r.RuleID)
		}
		mark := r.PartialFingerprints["botring/v1"]
		if r.Level != "error" || r.Message.Text == "" || len(r.Locations) != 1 || !regexp.MustCompile("^[0-9a-f]{32}$").MatchString(mark) || seen[mark] {
			t.Errorf("a result is %+v", r)
			continue
		}
		seen[mark] = true
		place := r.Locations[0].PhysicalLocation
		word := place.ArtifactLocation.URI
		if place.Region != nil {
			if place.Region.StartLine < 1 {
				t.Errorf("line %d", place.Region.StartLine)
			}
			word += " line"
		}
		at = append(at, word)
	}
	if want := []string{"my%20config.py line", ".git", "my%20config.py line"}; !slices.Equal(at, want) {
		t.Errorf("found at %q, want %q", at, want)
	}
}

// What is inside an archive is told as its file; a file whose name has the same sign is its own.
func TestSARIFPlace(t *testing.T) {
	inside := radar.Finding{Secret: radar.Secret{Kind: radar.Token, ID: 7}, Path: "old!/a.zip!x/.env", Inside: len("!x/.env"), Line: 3}
	beside := radar.Finding{Secret: radar.Secret{Kind: radar.Token, ID: 7}, Path: "old!/b.py", Line: 3}
	log := (&shell{}).sarifOf(radar.Report{Findings: []radar.Finding{inside, beside}}, ringKnown{})
	first, second := log.Runs[0].Results[0].Locations[0].Physical, log.Runs[0].Results[1].Locations[0].Physical
	if first.Artifact.URI != "old%21/a.zip" && first.Artifact.URI != "old!/a.zip" || first.Region != nil {
		t.Errorf("inside an archive: %+v", first)
	}
	if second.Artifact.URI != "old%21/b.py" && second.Artifact.URI != "old!/b.py" || second.Region == nil || second.Region.StartLine != 3 {
		t.Errorf("beside it: %+v", second)
	}
}

// With --check it is said that there were tokens nobody asked about.
func TestScanTellsWhatWasNotAsked(t *testing.T) {
	var said bytes.Buffer
	s := &shell{Process: Process{Err: &said}}
	report := radar.Report{Findings: []radar.Finding{{Secret: radar.Secret{Kind: radar.Token, ID: 7}}, {Secret: radar.Secret{Kind: radar.Session}}}}
	s.noteScan(report, ringKnown{}, scanning{})
	if strings.Contains(said.String(), "Not asked") {
		t.Errorf("without --check it says %q", said.String())
	}
	s.noteScan(report, ringKnown{}, scanning{check: true})
	if !strings.Contains(said.String(), "Not asked about: the tokens at 1 place;") {
		t.Errorf("it says %q", said.String())
	}
}
