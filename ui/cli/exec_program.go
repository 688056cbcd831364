package cli

import (
	"encoding/base64"
	"fmt"
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
