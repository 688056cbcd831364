package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// patience is how long a storyboard waits to see something.
const patience = 20 * time.Second

// typing is the pause between two letters of a person who knows what to type.
const typing = 45 * time.Millisecond

// A storyboard is what happens in a recording, in order. One step a line:
//
//	see "text"     wait until the screen shows it        gone "text"   wait until it does not
//	roll           the picture begins here, with what is on the screen; times count from here
//	at 2.2s        wait until then                       wait 1s       let it stand
//	type "text"    letter by letter                      paste "text"  as one bracketed paste
//	key enter      enter, esc, tab, up, down, space, ctrl+a … ctrl+z, or one character
//	never "regexp" refuse the whole recording if the screen or the output ever shows this
//
// Text is quoted as in Go. Empty lines and lines that begin with # are comments.
type storyboard struct {
	steps []step
	never []*regexp.Regexp
}

// A step acts on the stage, or waits for it.
type step struct {
	line int
	do   func(context.Context, *stage) error
}

func (s storyboard) play(ctx context.Context, on *stage) error {
	for _, step := range s.steps {
		if err := step.do(ctx, on); err != nil {
			return fmt.Errorf("storyboard line %d: %w; the screen:\n%s", step.line, err, strings.TrimRight(on.screen(), " \n"))
		}
	}
	return nil
}

func parse(text string) (storyboard, error) {
	var board storyboard
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		verb, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		if verb == "never" {
			pattern, err := forbidden(rest)
			if err != nil {
				return storyboard{}, fmt.Errorf("line %d: %w", i+1, err)
			}
			board.never = append(board.never, pattern)
			continue
		}
		do, err := parseStep(verb, rest)
		if err != nil {
			return storyboard{}, fmt.Errorf("line %d: %s: %w", i+1, verb, err)
		}
		board.steps = append(board.steps, step{i + 1, do})
	}
	return board, nil
}

func forbidden(quoted string) (*regexp.Regexp, error) {
	pattern, err := strconv.Unquote(quoted)
	if err != nil {
		return nil, fmt.Errorf("never: %w", err)
	}
	return regexp.Compile(pattern)
}

func parseStep(verb, rest string) (func(context.Context, *stage) error, error) {
	switch verb {
	case "see", "gone", "type", "paste":
		text, err := strconv.Unquote(rest)
		if err != nil {
			return nil, fmt.Errorf("text in quotes: %w", err)
		}
		return textStep(verb, text), nil
	case "at", "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return nil, err
		}
		if verb == "at" {
			return func(ctx context.Context, on *stage) error { return on.until(ctx, d) }, nil
		}
		return func(ctx context.Context, _ *stage) error { return sleep(ctx, d) }, nil
	case "key":
		bytes, err := keyBytes(rest)
		if err != nil {
			return nil, err
		}
		return func(_ context.Context, on *stage) error { return on.send(bytes) }, nil
	case "roll":
		if rest != "" {
			return nil, errors.New("takes no argument")
		}
		return func(_ context.Context, on *stage) error { on.roll(); return nil }, nil
	}
	return nil, errors.New("no such step")
}

func textStep(verb, text string) func(context.Context, *stage) error {
	switch verb {
	case "see":
		return func(ctx context.Context, on *stage) error { return on.await(ctx, text, true) }
	case "gone":
		return func(ctx context.Context, on *stage) error { return on.await(ctx, text, false) }
	case "paste":
		return func(_ context.Context, on *stage) error { return on.send("\x1b[200~" + text + "\x1b[201~") }
	}
	return func(ctx context.Context, on *stage) error {
		for _, r := range text {
			if err := on.send(string(r)); err != nil {
				return err
			}
			if err := sleep(ctx, typing); err != nil {
				return err
			}
		}
		return nil
	}
}

// keyBytes is what a terminal sends for a key.
func keyBytes(name string) (string, error) {
	switch name {
	case "enter":
		return "\r", nil
	case "esc":
		return "\x1b", nil
	case "tab":
		return "\t", nil
	case "space":
		return " ", nil
	case "up":
		return "\x1b[A", nil
	case "down":
		return "\x1b[B", nil
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok && len(letter) == 1 && letter >= "a" && letter <= "z" {
		return string(rune(letter[0] - 'a' + 1)), nil
	}
	if len([]rune(name)) == 1 {
		return name, nil
	}
	return "", fmt.Errorf("no key is called %q", name)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
