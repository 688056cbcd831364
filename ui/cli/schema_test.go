package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/cobra"
)

// schemas are the files of docs/schema, by name.
var schemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	files, err := filepath.Glob(filepath.Join(schemaDir(), "*.json"))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	all := make(map[string]*jsonschema.Schema)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if all[name], err = compiler.Compile(file); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// schemaDir is found before a story goes elsewhere.
var schemaDir = sync.OnceValue(func() string {
	dir, err := filepath.Abs("../../docs/schema")
	if err != nil {
		panic(err)
	}
	return dir
})

// documented are the schemas of each command's objects, by its path below the root, as docs/schema/README.md says.
var documented = sync.OnceValues(func() (map[string][]string, error) {
	text, err := os.ReadFile(filepath.Join(schemaDir(), "README.md"))
	if err != nil {
		return nil, err
	}
	words, links := regexp.MustCompile("`([a-z -]+)`"), regexp.MustCompile(`\]\(([a-z-]+)\.json\)`)
	of := make(map[string][]string)
	for line := range strings.Lines(string(text)) {
		commands, objects, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !ok || !strings.HasPrefix(commands, "`") {
			continue
		}
		for _, command := range words.FindAllStringSubmatch(commands, -1) {
			of[command[1]] = []string{}
			for _, link := range links.FindAllStringSubmatch(objects, -1) {
				of[command[1]] = append(of[command[1]], link[1])
			}
		}
	}
	return of, nil
})

// validate holds what a command printed against the schemas: one object, of a schema that the command is documented to have,
// or an error. Commands that are not run with --json, and those that are some other program, are not looked at.
func validate(args []string, out string) error {
	if i := slices.Index(args, "--format"); i > 0 && args[0] == "export" && args[i+1] == "json" && !asksForJSON(args) && strings.HasPrefix(out, "{") {
		return validateAs([]string{"document-export"}, out)
	}
	if !asksForJSON(args) || slices.Contains(args, "--help") || slices.Contains(args, "-h") {
		return nil
	}
	of, err := documented()
	if err != nil {
		return err
	}
	path := "version" // --version
	if cmd, _, err := newRoot(&shell{Process: Process{Environ: mapEnviron{}}}).Find(args); err == nil && cmd.HasParent() {
		path = below(cmd)
	}
	return validateAs(append([]string{"error"}, of[path]...), out)
}

// validateAs holds one JSON object against schemas, one of which it has to be of.
func validateAs(names []string, out string) error {
	all, err := schemas()
	if err != nil {
		return err
	}
	object, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
	if err != nil {
		return err
	}
	// The error schema refuses everything else in words that help nobody.
	if fields, ok := object.(map[string]any); ok && fields["error"] == nil && len(names) > 1 {
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "error" })
	}
	for _, name := range names {
		if err = all[name].Validate(object); err == nil {
			return nil
		}
	}
	return err
}

// below is the path of a command without the program's name.
func below(cmd *cobra.Command) string {
	_, path, _ := strings.Cut(cmd.CommandPath(), " ")
	return path
}

// Every command is in the table, every schema is used, and the table has nothing else.
func TestSchemasOfCommands(t *testing.T) {
	of, err := documented()
	if err != nil {
		t.Fatal(err)
	}
	all, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	known, used := map[string]bool{}, map[string]bool{"error": true, "defs": true, "document-export": true, "document-summary": true}
	everyCommand(newRoot(&shell{}), func(cmd *cobra.Command) {
		known[below(cmd)] = true
		if !groups(cmd) && cmd.HasParent() && of[below(cmd)] == nil {
			t.Errorf("docs/schema/README.md does not say what %s prints", cmd.CommandPath())
		}
	})
	for command, names := range of {
		if !known[command] {
			t.Errorf("there is no command %q", command)
		}
		for _, name := range names {
			if used[name] = true; all[name] == nil {
				t.Errorf("there is no schema %s.json", name)
			}
		}
	}
	for name := range all {
		if !used[name] {
			t.Errorf("no command prints %s.json", name)
		}
	}
}

// groups reports whether a command does nothing by itself.
func groups(cmd *cobra.Command) bool { return cmd.HasSubCommands() && below(cmd) != "history" }

// TestSchemasHoldEveryField holds each object's Go type against its schema: the same fields, of the same types, the same
// ones left out at times. What the stories happen to print cannot show that.
func TestSchemasHoldEveryField(t *testing.T) {
	all, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	for name, object := range map[string]any{
		"bots": botsObject{}, "checks": checksObject{}, "actions": actionObject{}, "rotations": rotationsObject{}, "bot": botObject{}, "removed-bot": removedObject{},
		"import": importObject{}, "token": tokenObject{}, "token-checks": tokenChecksObject{}, "sessions": sessionsObject{}, "session-string": inspectObject{},
		"conversion": convertObject{}, "export": exportObject{}, "apps": appsObject{}, "app": appObject{}, "removed-app": removedAppObject{},
		"history": historyObject{}, "places": placesObject{}, "update": updateObject{}, "history-verification": verificationObject{}, "keyring": keyringStatusObject{},
		"keyring-unlocked": keyringUnlockObject{}, "keyring-locked": keyringLockObject{}, "keyring-verification": keyringVerifyObject{},
		"keyring-move": keyringMoveObject{}, "keyring-passphrase": keyringPassphraseObject{}, "keyring-recipients": recipientsObject{},
		"proxies": proxiesObject{}, "proxy": proxyObject{}, "proxy-trial": proxyTrialObject{},
		"config-path": configPathObject{}, "config": configShowObject{}, "config-check": configCheckObject{}, "doctor": doctorObject{}, "version": versionObject{}, "error": errorObject{},
		"scan": scanObject{}, "hook": hookObject{},
	} {
		sameFields(t, name, reflect.TypeOf(object), all[name])
		held[name] = true
	}
	for name := range all {
		if name != "defs" && !strings.HasPrefix(name, "document-") && !held[name] {
			t.Errorf("%s.json is of no object", name)
		}
	}
}

func sameFields(t *testing.T, where string, typ reflect.Type, schema *jsonschema.Schema) {
	t.Helper()
	for schema.Ref != nil {
		schema = schema.Ref
	}
	switch typ.Kind() { //nolint:exhaustive // the rest are plain values
	case reflect.Pointer:
		sameFields(t, where, typ.Elem(), schema)
	case reflect.Slice:
		item, ok := schema.Items2020, schema.Types != nil && slices.Contains(schema.Types.ToStrings(), "array")
		if !ok || item == nil {
			t.Errorf("%s is no list in its schema", where)
			return
		}
		sameFields(t, where+"[]", typ.Elem(), item)
	case reflect.Struct:
		if typ == reflect.TypeFor[schemaNumber]() {
			return
		}
		if schema.AdditionalProperties != false {
			t.Errorf("%s may have fields that nobody knows", where)
		}
		var names, required []string
		for _, field := range jsonFields(typ) {
			names = append(names, field.name)
			if !field.omitted {
				required = append(required, field.name)
			}
			if inner := schema.Properties[field.name]; inner != nil {
				sameFields(t, where+"."+field.name, field.typ, inner)
			} else {
				t.Errorf("%s.%s is not in the schema", where, field.name)
			}
		}
		for name := range schema.Properties {
			if !slices.Contains(names, name) {
				t.Errorf("%s.%s is in the schema and nowhere else", where, name)
			}
		}
		if slices.Sort(required); !slices.Equal(required, slices.Sorted(slices.Values(schema.Required))) {
			t.Errorf("%s requires %v, the object has %v", where, schema.Required, required)
		}
	default:
		want := map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer"}[typ.Kind()]
		if schema.Types == nil && (schema.Enum == nil || want != "string") || schema.Types != nil && !slices.Contains(schema.Types.ToStrings(), want) {
			t.Errorf("%s is %s, which its schema does not say", where, want)
		}
	}
}

// A jsonField is a field of an object as encoding/json writes it.
type jsonField struct {
	name    string
	omitted bool // where it is empty
	typ     reflect.Type
}

func jsonFields(typ reflect.Type) []jsonField {
	var fields []jsonField
	for field := range typ.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous:
			fields = append(fields, jsonFields(field.Type)...)
		case field.IsExported():
			fields = append(fields, jsonField{name, options == "omitempty", field.Type})
		}
	}
	return fields
}

// The schemas refuse what they are to refuse.
func TestSchemasRefuse(t *testing.T) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(botsObject{Keyring: keyringSystem, Bots: []botJSON{}}); err != nil {
		t.Fatal(err)
	}
	fine := b.String()
	if err := validateAs([]string{"bots"}, fine); err != nil {
		t.Errorf("%s: %v", fine, err)
	}
	for old, bad := range map[string]string{
		`"schema":1`: `"schema":2`, `"bots":[]`: `"bots":null`, `"keyring":"system"`: `"keyring":"wallet"`, `{`: `{"more":1,`, `,"bots":[]`: ``,
	} {
		if changed := strings.Replace(fine, old, bad, 1); changed == fine || validateAs([]string{"bots"}, changed) == nil {
			t.Errorf("%s passes", changed)
		}
	}
	if validate([]string{"list", "--json"}, fine+fine) == nil {
		t.Error("two objects pass")
	}
}
