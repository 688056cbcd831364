package fault

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"botring/fleet"
	"botring/telegram"
	"botring/telegram/botapi"
)

// TestEveryAnswerOfABotAPI: each reason has words of its own, and only one of them speaks of a token that is no good.
func TestEveryAnswerOfABotAPI(t *testing.T) {
	all := map[string]error{
		"ErrUnauthorized": botapi.ErrUnauthorized, "ErrNotBotAPI": botapi.ErrNotBotAPI, "ErrOtherBot": botapi.ErrOtherBot,
		"ErrRedirect": botapi.ErrRedirect, "ErrNoMethod": botapi.ErrNoMethod, "ErrLoggedOut": botapi.ErrLoggedOut,
		"ErrServersApp": botapi.ErrServersApp, "ErrNotServed": botapi.ErrNotServed, "ErrOther": botapi.ErrOther,
		"ErrCertAuthority": botapi.ErrCertAuthority, "ErrCertName": botapi.ErrCertName, "ErrCertTime": botapi.ErrCertTime, "ErrTLS": botapi.ErrTLS,
		"ErrURL": botapi.ErrURL, "ErrURLUser": botapi.ErrURLUser, "ErrURLBot": botapi.ErrURLBot, "ErrPlain": botapi.ErrPlain,
	}
	seen := map[string]string{}
	for _, name := range sentinels(t, "../../telegram/botapi") {
		err, ok := all[name]
		if !ok {
			t.Errorf("botapi.%s has no words", name)
			continue
		}
		if strings.HasPrefix(name, "ErrURL") || name == "ErrPlain" {
			f := Of(&fleet.InputError{Field: fleet.FieldBotAPI, Problem: fleet.ProblemBotAPI, Err: err})
			checkWords(t, f)
			if other := seen[f.Why]; other != "" || f.Kind != kindInput {
				t.Errorf("%s: %+v, as %s", name, f, other)
			}
			seen[f.Why] = name
			continue
		}
		for _, addr := range []string{"api.telegram.org", ""} {
			f := Of(fmt.Errorf("ask: %w", &telegram.Error{Kind: telegram.Unexpected, Op: botapi.Op, Addr: addr, Code: 418, Err: err}))
			checkWords(t, f)
			if other := seen[f.Why]; other != "" && other != name {
				t.Errorf("%s reads as %s: %q", name, other, f.Why)
			}
			seen[f.Why] = name
			if slices.Contains(f.Actions, ReplaceToken) != (name == "ErrUnauthorized") {
				t.Errorf("%s offers %v", name, f.Actions)
			}
		}
	}
	for kind := telegram.Unexpected; kind <= telegram.ProxySecret; kind++ {
		f := Of(&telegram.Error{Kind: kind, Op: botapi.Op, Addr: "api.telegram.org", Wait: time.Minute})
		checkWords(t, f)
		if f.Kind != kind.String() {
			t.Errorf("%v is %q", kind, f.Kind)
		}
	}
	mt := Of(&telegram.Error{Kind: telegram.ProxyRefused, Op: botapi.Op, Addr: "api.telegram.org", Proxy: "office", Err: telegram.ErrMTProxyLeads})
	checkWords(t, mt)
	if mt.What != "The proxy office does not lead to the Bot API." {
		t.Error(mt.What)
	}
	until := now.Add(15 * time.Minute)
	wait := OfAt(&fleet.FloodError{Until: until, Address: true, BotAPI: "api.telegram.org", Err: &telegram.Error{Kind: telegram.FloodWait, Code: 429}}, now)
	checkWords(t, wait)
	if wait.What != "The Bot API at api.telegram.org asks this address to wait 15 min." || wait.Code != 429 || !wait.Until.Equal(until) || wait.Kind != "flood_wait" {
		t.Errorf("%+v", wait)
	}
}
