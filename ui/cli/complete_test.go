package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"botring/fleet/store"
)

// furnished is a home with a few bots in its catalogue, and no keyring.
func furnished(t *testing.T, file string) string {
	t.Helper()
	home := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(home, file))
	if err != nil {
		t.Fatal(err)
	}
	bot := func(environment string, id int64, username, label string, edit func(*store.Bot)) store.Bot {
		b := store.Bot{Key: store.Key{Environment: environment, ID: id}, Label: label, Profile: store.Profile{Username: username, FirstName: "First " + username}}
		if edit != nil {
			edit(&b)
		}
		return b
	}
	err = s.Merge(t.Context(), store.Snapshot{
		Apps: []store.App{{Name: "main", APIID: 10001}, {Name: "legacy", APIID: 10002}},
		Bots: []store.Bot{
			bot("production", 7001, "shop_orders_bot", "Shop orders", func(b *store.Bot) {
				b.Tags = []string{"prod", "eu"}
				b.Sessions = []store.Session{{Name: "default", Runs: store.Here}, {Name: "ci", Runs: store.Elsewhere, At: "vps-1"}}
			}),
			bot("production", 7002, "alerts_bot", "", func(b *store.Bot) {
				b.Tags = []string{"prod", "bad\x1btag"}
				b.Sessions = []store.Session{{Name: "night", Runs: store.Elsewhere, At: "vps-2"}}
			}),
			bot("test", 7003, "", "", nil),
			bot("lab", 7004, "quoted_bot", "$(touch /tmp/x) `id` 'it'", nil),
		},
	})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return home
}

// completed is what is offered for a line, and which way the shell is to go on.
func completed(t *testing.T, environ mapEnviron, line ...string) (offered []string, directive string) {
	t.Helper()
	var out, errs bytes.Buffer
	s := &shell{Process: Process{
		Args: append([]string{cobra.ShellCompNoDescRequestCmd}, line...), In: strings.NewReader(""), Out: &out, Err: &errs, Environ: environ,
	}}
	if code := s.finish(t.Context(), s.run(t.Context())); code != 0 || errs.Len() > 0 {
		t.Errorf("%q: exit code %d, %s", line, code, errs.String())
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	return lines[:len(lines)-1], lines[len(lines)-1]
}

func TestCompletions(t *testing.T) {
	home := furnished(t, "catalogue.db")
	const files, noFiles = ":0", ":4"
	for _, c := range []struct {
		line      string
		want      string
		directive string
	}{
		{"show ", "@alerts_bot @quoted_bot @shop_orders_bot test/7003", noFiles},
		{"show @", "@alerts_bot @quoted_bot @shop_orders_bot", noFiles},
		{"show @SHOP", "@shop_orders_bot", noFiles},
		{"show sh", "Shop orders shop_orders_bot", noFiles},
		{"show 700", "7001 7002", noFiles},
		{"show te", "test/7003", noFiles},
		{"show $", "", noFiles},
		{"show @shop_orders_bot ", "", noFiles},
		{"token show @al", "@alerts_bot", noFiles},
		{"tag @alerts_bot @quoted_bot ", "@shop_orders_bot test/7003", noFiles},
		{"check --tag ", "eu prod", noFiles},
		{"tag 7001 --remove=e", "eu", noFiles},
		{"app use ", "legacy main", noFiles},
		{"app use main 7001 @", "@alerts_bot @quoted_bot", noFiles},
		{"add --app m", "main", noFiles},
		{"logout @shop_orders_bot --session ", "ci default", noFiles},
		{"logout --session ", "ci default night", noFiles},
		{"export 7001 --for ", "vps-1 vps-2", noFiles},
		{"export --format tele", "telethon", noFiles},
		{"export --output ", "", files},
		{"import ", "", files},
		{"exec 7001 -- ", "", files},
		{"exec 7001 --preset gram", "gramjs grammy", noFiles},
		{"label 7001 ", "", noFiles},
		{"history ", "@alerts_bot @quoted_bot @shop_orders_bot test/7003 verify", noFiles},
		{"keyring move --to ", "age system", noFiles},
		{"--keyring me", "memory", noFiles},
		{"--environment ", "lab production test", noFiles},
		{"completion ", "bash fish powershell zsh", noFiles},
		{"history --limit ", "", noFiles},
		{"token s", "show", noFiles},
		{"man token ", "check show", noFiles},
		{"token check @sh", "@shop_orders_bot", noFiles},
		{"man to", "token", noFiles},
		{"check --al", "--all", noFiles},
	} {
		got, directive := completed(t, mapEnviron{"BOTRING_HOME": home}, strings.Split(c.line, " ")...)
		if slices.Sort(got); strings.Join(got, " ") != c.want || directive != c.directive {
			t.Errorf("%q: %q %s, want %q %s", c.line, got, directive, c.want, c.directive)
		}
	}
}

// The catalogue is the one that the line, the environment and the configuration name, in this order.
func TestCompletionsOfTheRightCatalogue(t *testing.T) {
	age, ring := furnished(t, "catalogue.age.db"), furnished(t, "catalogue-work.db")
	configured := furnished(t, "catalogue.age.db")
	if err := os.WriteFile(filepath.Join(configured, "config.toml"), []byte("keyring = \"age\""), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		environ mapEnviron
		line    []string
		found   bool
	}{
		"a flag":              {mapEnviron{"BOTRING_HOME": age}, []string{"--keyring", "age", "show", "@al"}, true},
		"a variable":          {mapEnviron{"BOTRING_HOME": age, "BOTRING_KEYRING": "age"}, []string{"show", "@al"}, true},
		"neither":             {mapEnviron{"BOTRING_HOME": age}, []string{"show", "@al"}, false},
		"a ring":              {mapEnviron{}, []string{"--home=" + ring, "--ring", "work", "show", "@al"}, true},
		"the configuration":   {mapEnviron{"BOTRING_HOME": configured}, []string{"show", "@al"}, true},
		"a flag against that": {mapEnviron{"BOTRING_HOME": configured}, []string{"--keyring", "system", "show", "@al"}, false},
		"what forgets":        {mapEnviron{"BOTRING_HOME": age, "BOTRING_KEYRING": "memory"}, []string{"show", "@al"}, false},
	} {
		if got, _ := completed(t, c.environ, c.line...); slices.Contains(got, "@alerts_bot") != c.found {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Whatever is in the way, completing makes nothing and says nothing.
func TestCompletingLeavesNoTrace(t *testing.T) {
	empty, broken, wrong := t.TempDir(), t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "catalogue.db"), bytes.Repeat([]byte("rubbish "), 500), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(wrong, "config.toml"), []byte("keyring = 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, home := range []string{empty, broken, wrong, filepath.Join(empty, "nowhere"), furnished(t, "catalogue.db")} {
		before := tree(t, home)
		completed(t, mapEnviron{"BOTRING_HOME": home}, "show", "")
		completed(t, mapEnviron{"BOTRING_HOME": home, "BOTRING_TIMEOUT": "soon"}, "app", "use", "")
		if after := tree(t, home); !slices.Equal(before, after) {
			t.Errorf("%v became %v", before, after)
		}
	}
}

// tree is what is in a directory, and how large.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, entry.Name()+" "+string(content[:min(len(content), 100)]))
	}
	return names
}

// Every argument and every value of a flag is completed, or is known to be somebody's own words.
func TestNothingIsLeftUncompleted(t *testing.T) {
	free := []string{
		"NAME", "TEXT", "AGE-RECIPIENT", "COMMAND", "label name", "name name", "session name", "limit entries", "bot id", "api-id number", "env name=field",
		"dc id=host:port", "ring name", "URL", "user user", "take place", "bot-api URL",
	}
	everyCommand(newRoot(&shell{}), func(cmd *cobra.Command) {
		if cmd.ValidArgsFunction != nil {
			return
		}
		forms, _ := argumentForms(cmd)
		for _, form := range forms {
			if argumentSources()[form] == nil && !strings.HasPrefix(form, "FILE") && form != "PATH" && !slices.Contains(free, form) {
				t.Errorf("%s does not complete %s", cmd.CommandPath(), form)
			}
		}
		check := func(flag *pflag.Flag) {
			value, _ := pflag.UnquoteUsage(flag)
			if flag.Value.Type() != "bool" && !takesFile(value) && flagSource(flag.Name, value) == nil && !slices.Contains(free, flag.Name+" "+value) {
				t.Errorf("%s does not complete --%s, which takes a %s", cmd.CommandPath(), flag.Name, value)
			}
		}
		cmd.LocalNonPersistentFlags().VisitAll(check)
		cmd.PersistentFlags().VisitAll(check)
	})
}
