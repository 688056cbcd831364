package cli

import (
	"context"
	"fmt"
	"io"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/internal/secret"
)

// Variables that bring secrets.
const (
	envToken   = "BOT_TOKEN"
	envAPIID   = "API_ID"
	envAPIHash = "API_HASH"
)

// maxInput is how much of standard input is read, in bytes.
const maxInput = 1 << 20

// take reads a variable and unsets it, so that nothing this process starts finds it.
func (s *shell) take(name string) string {
	value, _ := s.Environ.Lookup(name)
	s.Environ.Unset(name)
	return value
}

// dropSecrets unsets the variables that bring secrets, where none is read: the clipboard's program must not get them.
func (s *shell) dropSecrets() {
	for _, name := range []string{envToken, envAPIID, envAPIHash} {
		s.Environ.Unset(name)
	}
}

// readToken reads a bot token, and whatever app stands beside it: from $BOT_TOKEN, from standard input
// where that is a pipe or file (or the argument is -), or at a prompt without an echo.
func (s *shell) readToken(ctx context.Context, fromStdin bool) (fleet.Pasted, secret.Secret, error) {
	text := s.take(envToken)
	_, onTerminal := terminal(s.In)
	var err error
	switch {
	case text != "" && !fromStdin:
	case fromStdin || !onTerminal:
		text, err = s.readAll(ctx)
	case s.asks():
		text, err = s.promptSecret(ctx, "Bot token: ")
	}
	if err != nil {
		return fleet.Pasted{}, secret.Secret{}, err
	}
	if fleet.Trim(text) == "" {
		return fleet.Pasted{}, secret.Secret{}, secretNeeded("There is no bot token.",
			"Give it on standard input, at the prompt of a terminal, or in $BOT_TOKEN.")
	}
	pasted := fleet.ReadPaste(text)
	if len(pasted.Tokens) > 1 {
		return pasted, secret.Secret{}, usage(fmt.Sprintf("There are %d tokens in it.", len(pasted.Tokens)), "Add them one at a time.")
	}
	token := pasted.Rest
	if len(pasted.Tokens) == 1 {
		token = pasted.Tokens[0].Token.Reveal()
	}
	_, problem := fleet.CheckToken(token)
	if err := s.judge(problem); err != nil {
		return pasted, secret.Secret{}, err
	}
	return pasted, secret.New(token), nil
}

// judge lets a warning pass with a note and returns any other problem.
func (s *shell) judge(problem *fleet.InputError) error {
	switch {
	case problem == nil:
		return nil
	case problem.Warning():
		f := fault.Of(problem)
		s.note("%s %s", f.What, f.Next)
		return nil
	}
	return problem
}

// An appInput is an app as it was given: perhaps only one half of it, perhaps nothing.
type appInput struct {
	id   int
	hash secret.Secret
}

// readApp reads api_id and api_hash from the environment, else takes those that were pasted. With ask it
// asks for what is missing.
func (s *shell) readApp(ctx context.Context, pasted fleet.Pasted, ask bool) (appInput, error) {
	app := appInput{id: pasted.APIID, hash: pasted.APIHash}
	idText, hashText := s.take(envAPIID), s.take(envAPIHash)
	var err error
	if ask && idText == "" && app.id == 0 {
		if !s.asks() {
			return app, secretNeeded("An app is needed: api_id and api_hash.",
				"Give them in $API_ID and $API_HASH; they are at my.telegram.org/apps, once for all your bots.")
		}
		if idText, err = s.promptLine(ctx, "api_id (my.telegram.org/apps): "); err != nil {
			return app, err
		}
	}
	if idText != "" || ask && app.id == 0 {
		id, problem := fleet.CheckAPIID(idText)
		if err := s.judge(problem); err != nil {
			return app, err
		}
		app.id = id
	}
	if ask && hashText == "" && app.hash.Empty() {
		if hashText, err = s.askHash(ctx); err != nil {
			return app, err
		}
	}
	if hashText != "" || ask && app.hash.Empty() {
		if problem := fleet.CheckAPIHash(hashText); problem != nil {
			return app, problem
		}
		app.hash = secret.New(fleet.Trim(hashText))
	}
	return app, nil
}

func (s *shell) askHash(ctx context.Context) (string, error) {
	if !s.asks() {
		return "", secretNeeded("The api_hash is needed.", "Give it in $API_HASH; it is at my.telegram.org/apps.")
	}
	return s.promptSecret(ctx, "api_hash: ")
}

// readAll reads standard input to its end, as much of it as can matter.
func (s *shell) readAll(ctx context.Context) (string, error) {
	return wait(ctx, func() (string, error) {
		data, err := io.ReadAll(io.LimitReader(s.In, maxInput))
		if err != nil {
			return "", fmt.Errorf("read standard input: %w", err)
		}
		return string(data), nil
	})
}

// wait runs a read that cannot be interrupted and leaves it behind when the context ends; the process
// ends soon after.
func wait[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		read T
		err  error
	}
	done := make(chan result, 1)
	go func() {
		got, err := read()
		done <- result{got, err}
	}()
	select {
	case r := <-done:
		return r.read, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// quote is a word of the command line inside a sentence.
func quote(word string) string { return "“" + fault.Clean(word) + "”" }
