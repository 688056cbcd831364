package fault

import (
	"errors"
	"slices"
	"testing"
	"time"

	"botring/fleet"
	"botring/fleet/store"
	"botring/keyring"
	"botring/telegram"
)

// finding is one of a sign, with all that it could say.
func finding(sign fleet.Sign) fleet.Finding {
	f := fleet.Finding{
		Topic: fleet.TopicItems, Grade: fleet.GradeWarning, Found: sign, Took: 12 * time.Millisecond,
		Subject: "~/x\x1b[31m", Names: []string{"bot/test/1", "a\x07"}, Count: 2, Apps: 1, Process: 7, DC: 2, Mode: 0o644,
		Ahead: -time.Hour, Err: &store.OpenError{Path: "/x", Err: store.ErrNotACatalogue},
	}
	if sign == fleet.FoundLocked {
		f.Err = nil // of encrypted files it is a fault's
	}
	if sign >= fleet.FoundLockedOut && sign <= fleet.FoundNoTerminal {
		f.Grade = fleet.GradeSkipped
	}
	return f
}

// TestEverySignHasWords: a sign without words would be an empty line.
func TestEverySignHasWords(t *testing.T) {
	said := map[string]string{}
	for i, name := range constants(t, "..", "Sign") {
		t.Run(name, func(t *testing.T) {
			d := Diagnose(finding(fleet.Sign(i)))
			checkSentences(t, "Says", d.Says)
			if d.Mend != "" {
				checkSentences(t, "Mend", d.Mend)
			}
			if other := said[d.Says]; other != "" {
				t.Errorf("says the same as %s", other)
			}
			said[d.Says] = name
		})
	}
	if len(said) < 50 {
		t.Errorf("%d signs were found", len(said))
	}
}

func TestEveryTopicHasATitle(t *testing.T) {
	topics := constants(t, "..", "Topic")
	if len(topics) < 10 {
		t.Fatalf("%d topics were found", len(topics))
	}
	for _, topic := range []fleet.Topic{
		fleet.TopicConfiguration, fleet.TopicBus, fleet.TopicService, fleet.TopicCollection, fleet.TopicKeyring, fleet.TopicLock,
		fleet.TopicProbe, fleet.TopicDaemons, fleet.TopicPermissions, fleet.TopicCatalogue, fleet.TopicItems, fleet.TopicHistory, fleet.TopicNetwork,
		fleet.TopicClock, fleet.TopicTerminal, fleet.TopicColours, fleet.TopicCharacters, fleet.TopicClipboard,
	} {
		// As wide as the column that commands have for it.
		if title := titleOfTopic(topic); title == "" || len(title) > 15 {
			t.Errorf("%s: %q", topic, title)
		}
	}
}

func TestDiagnose(t *testing.T) {
	for name, c := range map[string]struct {
		finding fleet.Finding
		want    Diagnosis
	}{
		"a keyring that is not there": {
			fleet.Finding{Topic: fleet.TopicBus, Grade: fleet.GradeProblem, Err: &keyring.UnavailableError{Reason: keyring.NoSessionBus}},
			Diagnosis{
				Title: "D-Bus session", Says: "There is no keyring here. There is no D-Bus session. botring never stores secrets in plain text.",
				Mend:    "Start one, such as gnome-keyring or KeePassXC, use the encrypted file, or go on in memory and forget everything at the end.",
				Actions: []Action{UseFile, UseMemory},
			},
		},
		"a bus that has gone": {
			fleet.Finding{
				Topic: fleet.TopicBus, Grade: fleet.GradeProblem, Subject: "unix:path=/x", Err: &keyring.UnavailableError{Reason: keyring.NoSessionBus},
			},
			Diagnosis{
				Title: "D-Bus session", Actions: []Action{UseFile, UseMemory},
				Mend: "Start one, such as gnome-keyring or KeePassXC, use the encrypted file, or go on in memory and forget everything at the end.",
				Says: "There is no keyring here. There is no D-Bus session. botring never stores secrets in plain text. " +
					"Nothing answers at unix:path=/x.",
			},
		},
		"no collection": {
			fleet.Finding{Topic: fleet.TopicCollection, Grade: fleet.GradeProblem, Err: &keyring.UnavailableError{Reason: keyring.NoCollection}},
			Diagnosis{
				Title: "default keyring", Mend: "Make one, here or in its program, then try again.",
				Says:    "There is no keyring here. The keyring program runs and has no default keyring to store in. botring never stores secrets in plain text.",
				Actions: []Action{CreateKeyring, UseFile, UseMemory},
			},
		},
		"one bot without a secret": {
			fleet.Finding{Topic: fleet.TopicItems, Grade: fleet.GradeProblem, Found: fleet.FoundWithoutItem, Names: []string{"test/7"}},
			Diagnosis{
				Title: "items", Says: "The keyring has no secret for test/7.", Mend: "Paste the token again, or remove the bot.",
				Actions: []Action{ReplaceToken, Remove}, Bot: "test/7",
			},
		},
		"several": {
			fleet.Finding{Topic: fleet.TopicItems, Grade: fleet.GradeProblem, Found: fleet.FoundWithoutItem, Names: []string{"1", "2", "3", "4"}},
			Diagnosis{
				Title: "items", Says: "The keyring has no secret for 1, 2, 3 and 1 more.", Mend: "Paste the token again, or remove the bot.",
				Actions: []Action{ReplaceToken, Remove},
			},
		},
		"a catalogue that can be rebuilt": {
			fleet.Finding{
				Topic: fleet.TopicCatalogue, Grade: fleet.GradeProblem, Fixable: true,
				Err: &store.OpenError{Path: "/x/c.db", Err: store.ErrNotACatalogue},
			},
			Diagnosis{Title: "catalogue", Says: "The file /x/c.db is not a catalogue of botring. It is damaged, or something else wrote it."},
		},
		"somebody in between": {
			fleet.Finding{
				Topic: fleet.TopicNetwork, Grade: fleet.GradeProblem, Found: fleet.FoundUnreached, DC: 4,
				Err: &telegram.Error{Kind: telegram.NotTelegram, DC: 4, Addr: "127.0.0.1:1"},
			},
			func() Diagnosis {
				f := Of(&telegram.Error{Kind: telegram.NotTelegram, DC: 4, Addr: "127.0.0.1:1"})
				return Diagnosis{Title: "network", Says: "DC 4: " + f.What + " " + f.Why, Mend: f.Next}
			}(),
		},
		"a locked store": {
			fleet.Finding{Topic: fleet.TopicLock, Grade: fleet.GradeWarning, Found: fleet.FoundLocked},
			Diagnosis{
				Title: "lock", Says: "The keyring is locked, so what is in it cannot be looked at.",
				Mend: "Unlock it, then look again.", Actions: []Action{Unlock},
			},
		},
		"a clock ahead": {
			fleet.Finding{Topic: fleet.TopicClock, Grade: fleet.GradeProblem, Found: fleet.FoundClockWrong, Ahead: 90 * time.Second},
			Diagnosis{Title: "clock", Says: "This computer's clock is 1 min 30 s ahead of Telegram's.", Mend: setClock},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Diagnose(c.finding)
			if got.Title != c.want.Title || got.Says != c.want.Says || got.Mend != c.want.Mend || got.Bot != c.want.Bot ||
				!slices.Equal(got.Actions, c.want.Actions) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
	if d := Diagnose(fleet.Finding{Topic: fleet.TopicProbe, Grade: fleet.GradeProblem, Err: errors.New("x")}); !d.Logged || d.LogHint("/l") == "" {
		t.Errorf("what has no words does not name the log: %+v", d)
	}
}

func TestLatency(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.0 ms", 840 * time.Microsecond: "0.8 ms", 12 * time.Millisecond: "12 ms", 1400 * time.Millisecond: "1.4 s",
	} {
		if got := Latency(d); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
}
