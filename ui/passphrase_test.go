package ui

import (
	"context"
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"botring/fleet"
	"botring/internal/secret"
)

const ageDir = "/srv/botring/age/botring"

// passphraseAsks are the questions for a passphrase.
func passphraseAsks() map[string]fleet.Ask {
	return map[string]fleet.Ask{
		"Open":   {Purpose: fleet.ToOpen, Lock: fleet.OfFiles, Place: ageDir},
		"Wrong":  {Purpose: fleet.ToOpen, Again: fleet.AskWrong, Lock: fleet.OfFiles, Place: ageDir},
		"Create": {Purpose: fleet.ToCreate, Lock: fleet.OfFiles, Place: ageDir},
		"Change": {Purpose: fleet.ToChange, Lock: fleet.OfFiles, Place: ageDir},
		"Short":  {Purpose: fleet.ToCreate, Again: fleet.AskTooShort, Lock: fleet.OfFiles, Place: ageDir},

		"Password":       {Purpose: fleet.ToOpen, Lock: fleet.OfKeyring, Place: "Log\x1b[31min \u202e天気"},
		"Wrong password": {Purpose: fleet.ToOpen, Again: fleet.AskWrong, Lock: fleet.OfKeyring, Place: "Login"},
		"New password":   {Purpose: fleet.ToCreate, Lock: fleet.OfKeyring, Place: "Default keyring"},
	}
}

// passphraseOver asks over the welcome, for a task of its.
func passphraseOver(sh *shell, ask fleet.Ask) screen {
	sh.keyring = keyrings()["Closed"]
	if ask.Lock == fleet.OfKeyring {
		sh.keyring = keyrings()["Locked"]
	}
	under := drive(newWelcome(sh), "enter")
	return asked(sh, under, askedMsg{ask: ask, task: under.(welcome).task.id, answer: make(chan answer, 1)})
}

func TestPassphraseLooks(t *testing.T) {
	for name, ask := range passphraseAsks() {
		t.Run(name, func(t *testing.T) {
			looks(t, func(t *testing.T) (*shell, screen) {
				sh := testShell(t)
				return sh, passphraseOver(sh, ask)
			}, nil)
		})
	}
	typed := func(texts ...string) func(*testing.T) (*shell, screen) {
		return func(t *testing.T) (*shell, screen) {
			sh, h := formShell(t)
			s := passphraseOver(sh, passphraseAsks()["Create"])
			for i, text := range texts {
				if i > 0 {
					s = h.keys(s, "enter")
				}
				s = h.types(s, text)
			}
			if len(texts) > 1 {
				s = h.keys(s, "enter")
			}
			return sh, s
		}
	}
	t.Run("Weak", func(t *testing.T) { looks(t, typed("password"), nil) })
	t.Run("Strong", func(t *testing.T) { looks(t, typed("seven bold Ferrets, 4 green kettles"), nil) })
	t.Run("Different", func(t *testing.T) { looks(t, typed("orange ladder", "orange lobster"), nil) })
	t.Run("Opening", func(t *testing.T) {
		looks(t, func(t *testing.T) (*shell, screen) {
			sh, h := formShell(t)
			s := h.types(passphraseOver(sh, passphraseAsks()["Open"]), "orange ladder")
			s = h.keys(s, "enter")
			return sh, stillOpening{s}
		}, nil)
	})
}

// stillOpening keeps the spinner of a passphrase screen from turning.
type stillOpening struct{ screen }

func (s stillOpening) Update(tea.Msg) (screen, tea.Cmd) { return s, nil }

func TestPassphraseIsAnswered(t *testing.T) {
	sh, h := formShell(t)
	s := passphraseOver(sh, passphraseAsks()["Open"])
	given := make(chan answer, 1)
	p := s.(passphrase)
	p.question.answer = given
	s = h.keys(p, "enter")
	sees(t, s, "It is empty.")
	s = h.types(s, " 'quoted' ")
	if strings.Contains(plainView(s, 100, 25), "quoted") {
		t.Error("the passphrase is shown")
	}
	s = h.keys(s, "ctrl+r")
	sees(t, s, "'quoted'")
	s = h.keys(s, "enter")
	if got := (<-given).passphrase.Reveal(); got != " 'quoted' " {
		t.Errorf("answered %q", got)
	}
	if text := plainView(s, 100, 25); strings.Contains(text, "quoted") || !strings.Contains(text, "about a second") {
		t.Errorf("while it is opened: %s", text)
	}
	if s.Typing() {
		t.Error("there is nothing to type now")
	}
	s = asked(sh, s, askedMsg{ask: passphraseAsks()["Wrong"], answer: given})
	sees(t, s, "That is not the passphrase.")
	if _, ok := s.(passphrase).under.(welcome); !ok {
		t.Error("one question lies over another")
	}
	s = h.types(s, "n")
	if strings.Contains(plainView(s, 100, 25), "That is not") {
		t.Error("an old complaint stays over a new passphrase")
	}
}

func TestNewPassphraseIsTypedTwice(t *testing.T) {
	sh, h := formShell(t)
	p := passphraseOver(sh, passphraseAsks()["Create"]).(passphrase)
	given := make(chan answer, 1)
	p.question.answer = given
	s := h.keys(h.types(p, "short"), "enter")
	sees(t, s, "at least 8 characters")
	s = h.keys(h.types(s, " and long"), "enter")
	s = h.keys(h.types(s, "short and lone"), "enter")
	sees(t, s, "The two are not the same.")
	s = h.keys(s, "backspace")
	s = h.keys(h.types(s, "g"), "backspace", "backspace")
	s = h.keys(h.types(s, "ng"), "enter")
	if len(given) != 1 || (<-given).passphrase.Reveal() != "short and long" {
		t.Errorf("not answered: %s", plainView(s, 100, 25))
	}
}

// A paste goes in as it is, without the line end that was copied along, and does not answer by itself.
func TestPassphraseIsPasted(t *testing.T) {
	sh, h := formShell(t)
	p := passphraseOver(sh, passphraseAsks()["Open"]).(passphrase)
	s := h.paste(p, testToken+" \n")
	if got := s.(passphrase).typed(fieldPassphrase).Reveal(); got != testToken+" " {
		t.Errorf("pasted %q", got)
	}
	for _, r := range "ab" {
		s, _ = s.Update(press(string(r)))
	}
	s, _ = s.Update(press("enter"))
	if s.(passphrase).opening {
		t.Error("the enter of a paste answers")
	}
}

func TestPassphraseIsGivenUp(t *testing.T) {
	sh, h := formShell(t)
	p := passphraseOver(sh, passphraseAsks()["Open"]).(passphrase)
	given := make(chan answer, 1)
	p.question.answer = given
	ctx, cancel := context.WithCancelCause(t.Context())
	started := sh.tasks[p.question.task]
	started.stop = cancel
	sh.tasks[p.question.task] = started
	if s := h.keys(p, "esc"); !is[welcome](s) {
		t.Errorf("esc leads to %T", s)
	}
	if (<-given).err == nil || !errors.Is(context.Cause(ctx), errStopped) {
		t.Error("the call goes on")
	}
	// Where nobody can be told any more, esc waits for the end.
	sh.tasks = map[int]task{}
	p.opening = true
	if s := h.keys(p, "esc"); !is[passphrase](s) || len(s.Keys()) > 0 {
		t.Errorf("esc leads to %T", s)
	}
}

// The screen below goes on, and is what remains.
func TestPassphraseLetsMessagesPass(t *testing.T) {
	sh, _ := formShell(t)
	p := passphraseOver(sh, passphraseAsks()["Open"]).(passphrase)
	id := p.question.task
	s, _ := p.Update(taskDoneMsg{task: id, err: errors.New("odd")})
	if below := s.(passphrase).under.(welcome); below.task.id != 0 || below.notice == "" {
		t.Error("the end of the task did not arrive")
	}
	r := root{sh: sh, screen: s, term: size{80, 24}}
	model, _ := r.Update(openedMsg{task: id})
	if !is[welcome](model.(root).screen) {
		t.Errorf("after the opening: %T", model.(root).screen)
	}
	model, _ = model.Update(openedMsg{id, errors.New("nobody asked")})
	if !is[welcome](model.(root).screen) {
		t.Errorf("after another opening: %T", model.(root).screen)
	}
	model, _ = model.Update(unrememberedMsg{errors.New("disk full")})
	if !strings.Contains(model.(root).View().Content, "The choice is not remembered. disk full") {
		t.Error("that the choice was not remembered is not said")
	}
}

func TestPassphrasesCarryQuestions(t *testing.T) {
	p := NewPassphrases()
	ctx := withTask(t.Context(), 7)
	go func() {
		msg := p.next(t.Context())().(askedMsg)
		if msg.task == 7 && msg.ask.Purpose == fleet.ToCreate {
			msg.answer <- answer{passphrase: secret.New("orange ladder")}
		}
	}()
	if got, err := p.Ask(ctx, fleet.Ask{Purpose: fleet.ToCreate}); err != nil || got.Reveal() != "orange ladder" {
		t.Fatalf("%v", err)
	}
	if got, err := p.Ask(ctx, fleet.Ask{Purpose: fleet.ToConfirm}); err != nil || got.Reveal() != "orange ladder" {
		t.Errorf("the confirmation is asked for again: %v", err)
	}
	if got, _ := p.Ask(ctx, fleet.Ask{Purpose: fleet.ToConfirm}); !got.Empty() {
		t.Error("a passphrase is kept longer than it is needed")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Ask(ended, fleet.Ask{Purpose: fleet.ToOpen}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	for range 100 {
		p.Ended(ctx, nil) // nobody listens
	}
	if msg := NewPassphrases().next(ended)(); msg != nil {
		t.Errorf("%T", msg)
	}
}
