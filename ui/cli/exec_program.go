package cli

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/internal/secret"
	"botring/ui/cli/child"
)

// hide has a text replaced in what the program writes; so many bytes at its beginning are no secret.
func (h *handed) hide(text string, public int) {
	h.hidden = append(h.hidden, child.Hidden{Text: secret.New(text), Public: public})
}

// hideKey hides a session's key as programs may show it without the rest of the session.
func (h *handed) hideKey(key string) {
	h.hide(base64.StdEncoding.EncodeToString([]byte(key)), 0)
	h.hide(base64.RawURLEncoding.EncodeToString([]byte(key)), 0)
	h.hide(fmt.Sprintf("%x", key), 0)
	h.hide(fmt.Sprintf("%X", key), 0)
}

// program is the program with its environment, and what it is given on standard input. Its files have part before
// their names.
func (h *handed) program(e *execution, environ Environ, folder *child.Folder, part string) (p child.Program, input string, err error) {
	set := make(map[string]string)
	drop := map[string]bool{envToken: true, envAPIID: true, envAPIHash: true}
	var in strings.Builder
	for _, v := range h.values {
		drop[v.name] = true
		name, text := v.name, v.text
		switch {
		case v.file || e.file:
			file := part + strings.TrimSuffix(name, "_FILE")
			if text, err = folder.Put(file, v.text); err != nil {
				return p, "", &child.Error{Code: child.NotPrepared, Name: e.command[0], Err: err}
			}
			name = strings.TrimSuffix(name, "_FILE") + "_FILE"
		case e.stdin:
			fmt.Fprintf(&in, "%s=%s\n", name, text)
			continue
		}
		set[name] = text
	}
	p = child.Program{Path: e.path, Args: e.command}
	for _, entry := range environ.All() {
		name, _, _ := strings.Cut(entry, "=")
		if _, ours := set[name]; !ours && !drop[name] && !isOurs(name) {
			p.Env = append(p.Env, entry)
		}
	}
	for name, text := range set {
		p.Env = append(p.Env, name+"="+text)
	}
	slices.Sort(p.Env)
	return p, in.String(), nil
}

// filled is a pipe that holds a text already, and its end. A pipe takes 4,096 bytes at least, and what bots have is
// less.
func filled(text string) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if _, err := w.WriteString(text); err != nil {
		return nil, err
	}
	return r, w.Close()
}

// lineName is what stands before the lines of a bot's program.
func lineName(bot fleet.Bot) string {
	if bot.Profile.Username != "" {
		return fault.Clean("@" + bot.Profile.Username)
	}
	return fault.Clean(bot.String())
}

// folder makes the private directory, nil where no secret goes into a file.
func (s *shell) folder(e *execution) (*child.Folder, error) {
	if !e.usesFiles() {
		return nil, nil
	}
	runtimeDir, _ := s.Environ.Lookup("XDG_RUNTIME_DIR")
	folder, err := child.NewFolder(e.fileIn, runtimeDir)
	switch {
	case errors.Is(err, child.ErrNoMemory):
		return nil, usage("No directory is known here whose files stay in memory.",
			"--file-in names one of yours. What is written there reaches a disk.")
	case err != nil:
		return nil, &child.Error{Code: child.NotPrepared, Name: e.command[0], Err: err}
	}
	return folder, nil
}

// start runs the program for every bot.
func (s *shell) start(e *execution, all []*handed, several bool, folder *child.Folder) error {
	if s.leaves {
		return s.becomeProgram(e, all[0])
	}
	return s.runBeside(e, all, several, folder)
}

// clear removes the private directory.
func (s *shell) clear(folder *child.Folder) {
	if err := folder.Remove(); err != nil {
		s.note("The private files could not be removed: %s", fault.Clean(err.Error()))
	}
}

// becomeProgram runs a program in this one's place. Nothing has to be done after it, so nobody has to wait for it.
func (s *shell) becomeProgram(e *execution, h *handed) error {
	if err := h.hold.Bequeath(); err != nil {
		return &child.Error{Code: child.NotPrepared, Name: e.command[0], Err: err}
	}
	program, input, err := h.program(e, s.Environ, nil, "")
	if err != nil {
		return err
	}
	if !e.stdin {
		return s.replace(program, nil)
	}
	read, err := filled(input)
	if err != nil {
		return &child.Error{Code: child.NotPrepared, Name: e.command[0], Err: err}
	}
	return s.replace(program, read)
}

// runBeside runs the programs beside this one, and returns the highest exit code.
func (s *shell) runBeside(e *execution, all []*handed, several bool, folder *child.Folder) error {
	out, errs := s.Out, s.Err
	if several {
		out, errs = child.Together(s.Out), child.Together(s.Err)
	}
	var children []*child.Child
	for _, h := range all {
		part := ""
		if several {
			part = strings.ReplaceAll(h.bot.String(), "/", "-") + "-"
		}
		program, input, err := h.program(e, s.Environ, folder, part)
		if err != nil {
			return err
		}
		c := &child.Child{Program: program, In: s.In, Out: out, Err: errs, Keeps: h.hold.Files(), Mask: e.mask, Hidden: h.hidden}
		if several {
			c.In, c.Before = nil, lineName(h.bot)+" | "
		}
		if e.stdin {
			c.In = io.Reader(strings.NewReader(input))
		}
		children = append(children, c)
	}
	if s.untyped != nil {
		s.untyped()
	}
	codes, err := child.Run(children...)
	if err != nil {
		return err
	}
	if code := slices.Max(codes); code != exitOK {
		return verdict(code)
	}
	return nil
}
