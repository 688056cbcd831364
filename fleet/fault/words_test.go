package fault

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// constants returns the names of the constants of a type in a package's sources, in their order, so that a
// new one without words is found.
func constants(t *testing.T, dir, typeName string) []string {
	t.Helper()
	var names []string
	eachDecl(t, dir, func(decl *ast.GenDecl) {
		if decl.Tok != token.CONST {
			return
		}
		current := ""
		for _, spec := range decl.Specs {
			v := spec.(*ast.ValueSpec)
			if ident, ok := v.Type.(*ast.Ident); ok {
				current = ident.Name
			} else if len(v.Values) > 0 {
				current = ""
			}
			if current == typeName {
				for _, name := range v.Names {
					names = append(names, name.Name)
				}
			}
		}
	})
	return names
}

// sentinels returns the names of a package's exported Err variables.
func sentinels(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	eachDecl(t, dir, func(decl *ast.GenDecl) {
		if decl.Tok != token.VAR {
			return
		}
		for _, spec := range decl.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				if strings.HasPrefix(name.Name, "Err") {
					names = append(names, name.Name)
				}
			}
		}
	})
	return names
}

func eachDecl(t *testing.T, dir string, do func(*ast.GenDecl)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources in %s: %v", dir, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if gen, ok := decl.(*ast.GenDecl); ok {
				do(gen)
			}
		}
	}
}

var kindForm = regexp.MustCompile(`^[a-z][a-z_]*[a-z]$`)

// checkWords holds a fault to the manners of this package.
func checkWords(t *testing.T, f Fault) {
	t.Helper()
	if !kindForm.MatchString(f.Kind) {
		t.Errorf("kind %q", f.Kind)
	}
	for name, text := range map[string]string{"What": f.What, "Why": f.Why, "Next": f.Next, "NotSaved": f.NotSaved} {
		// Where a bot was looked for, nothing was to be saved.
		if name == "NotSaved" && text == "" && (f.Kind == "not_found" || f.Kind == "ambiguous") {
			continue
		}
		checkSentences(t, name, text)
	}
	if len(f.Actions) == 0 {
		t.Error("no action")
	}
	known := map[Action]bool{}
	for _, a := range []Action{Edit, EditApp, Retry, SaveOnly, OtherEnvironment, LogIn, ReplaceToken, CheckToken, SaveAgain, Abandon, Unlock, CreateKeyring, Remove, UseFile, UseMemory, Keep} {
		known[a] = true
	}
	for _, a := range f.Actions {
		if !known[a] {
			t.Errorf("unknown action %q", a)
		}
		known[a] = false // a second time is one too many
	}
}

var unwanted = regexp.MustCompile(`(?i)\b(failed|failure|please|oops|sorry|error:|invalid)\b|!|  |%!|<nil>|\.\.`)

func checkSentences(t *testing.T, name, text string) {
	t.Helper()
	if text == "" {
		t.Errorf("%s is empty", name)
		return
	}
	if !strings.HasSuffix(text, ".") {
		t.Errorf("%s has no period at its end: %q", name, text)
	}
	if m := unwanted.FindString(text); m != "" {
		t.Errorf("%s says %q: %q", name, m, text)
	}
	if first := []rune(text)[0]; unicode.IsLower(first) && !strings.HasPrefix(text, "botring ") && !strings.HasPrefix(text, "api_") {
		t.Errorf("%s starts small: %q", name, text)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		t.Errorf("%s holds a control character: %q", name, text)
	}
	// A sentence that needs more than a few lines is not read.
	if len(text) > 220 {
		t.Errorf("%s has %d bytes: %q", name, len(text), text)
	}
}
