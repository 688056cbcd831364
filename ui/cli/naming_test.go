package cli

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"botring/fleet"
	"botring/fleet/store"
	"botring/keyring"
)

// What names a bot: an id, @username or label, in full where that is several bots'. What names none is answered with the
// nearest that does.
func TestNamesOfBots(t *testing.T) {
	home := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(home, "catalogue.db"))
	if err != nil {
		t.Fatal(err)
	}
	bot := func(environment string, id int64, username, label string) store.Bot {
		return store.Bot{Key: store.Key{Environment: environment, ID: id}, Label: label, Profile: store.Profile{Username: username}}
	}
	err = s.Merge(t.Context(), store.Snapshot{Bots: []store.Bot{
		bot("production", 7001, "shop_orders_bot", "Shop orders"), bot("test", 7001, "shop_orders_bot", ""), bot("production", 7002, "alerts_bot", "Alarm"),
	}})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := fleet.Open(t.Context(), fleet.Options{Home: home, OpenRing: func(context.Context) (*keyring.Ring, error) {
		return keyring.Wrap(keyring.NewMemory(), keyring.Options{Kind: keyring.KindMemory}), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	for _, c := range []struct {
		line, kind string
		says       []string
	}{
		{"show 7002", "", []string{"Alarm"}},
		{"show ALERTS_BOT", "", []string{"Alarm"}},
		{"show alarm", "", []string{"Alarm"}},
		{"show production/7001", "", []string{"Shop orders", "production"}},
		{"show test/7001", "", []string{"@shop_orders_bot", "test"}},
		{"show 7001", "ambiguous", []string{"2 bots are called “7001”.", "production/7001 and test/7001."}},
		{"show @shop_orders_bot", "ambiguous", []string{"2 bots are called “@shop_orders_bot”.", "production/7001 and test/7001."}},
		{"tag 7001 --add x", "ambiguous", nil},
		{"check 7002 @shop_orders_bot", "ambiguous", nil},
		{"show 7003", "not_found", []string{"There is no bot “7003”.", "Nearest: "}},
		{"show @alert_bot", "not_found", []string{"There is no bot “@alert_bot”.", "Nearest: Alarm."}},
		{"show Alrm", "not_found", []string{"Nearest: Alarm."}},
		{"show nobody", "not_found", []string{"Bots are named by id, @username or label.", "Look at the list of bots."}},
		// A name in full stays what it is, also where the keyring is needed and in what is said then.
		{"token show production/7001", "keyring_missing_item", []string{"botring remove production/7001 removes it."}},
		{"token show test/7001", "keyring_missing_item", []string{"botring remove test/7001 removes it."}},
	} {
		for _, flag := range []string{"--no-input", "--json"} {
			var out, errs bytes.Buffer
			s := &shell{fleet: f, Process: Process{
				Args: append(strings.Fields(c.line), flag), In: strings.NewReader(""), Out: &out, Err: &errs, Environ: mapEnviron{},
			}}
			s.finish(t.Context(), s.run(t.Context()))
			said := out.String() + errs.String()
			if flag == "--json" {
				if c.kind != "" && !strings.Contains(said, `"kind":"`+c.kind+`"`) || c.kind == "" && strings.Contains(said, `"error":`) {
					t.Errorf("%s: %s", c.line, said)
				}
				continue
			}
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("%s says %q, and not %q", c.line, said, want)
				}
			}
		}
	}
}
