package files

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	yaml "go.yaml.in/yaml/v3"

	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

const (
	oldOne = "7123456789:AAold-old_old0000000000000000000000"
	older  = "7123456789:AAolder00000000000000000000000000000"
	newOne = "7123456789:AAnew-new_new1111111111111111111111"
	other  = "8000000001:AAother-other000000000000000000000"
)

func renewal() []Renewal { return []Renewal{{Bot: 7123456789, Token: secret.New(newOne)}} }

// filled puts tokens into a template: @o the old one, @O an older, @n the new, @x another bot's, and with a b before it the
// first and the new in base64.
func filled(template string) string {
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	return strings.NewReplacer("@bo", encode(oldOne), "@bn", encode(newOne), "@bl", encode(oldOne+"\n"), "@bm", encode(newOne+"\n"),
		"@be", encode("A=1\nBOT_TOKEN="+oldOne+"\n"), "@o", oldOne, "@O", older, "@n", newOne, "@x", other).Replace(template)
}

// Only the values change: comments, quotes, line ends and what is not known stay, to the byte.
func TestRewrite(t *testing.T) {
	for _, test := range []struct {
		name, file, in, want string
		format               Format
		changed, left        string // lines, and with a colon names
	}{
		{"env", ".env", "# old: @o\nBOT_TOKEN=@o\nOTHER=@x\n", "# old: @o\nBOT_TOKEN=@n\nOTHER=@x\n", Env, "2:BOT_TOKEN", "1"},
		{"env, every way to write it", "prod.env",
			"\ufeffexport A='@o'\r\nB = \"@O\" # prod\r\n  C=@o # x\r\nset D=@o\r\n$env:E = \"@o\"\r\nF=`@o`\r\nG= @o\t\r\nH=@o",
			"\ufeffexport A='@n'\r\nB = \"@n\" # prod\r\n  C=@n # x\r\nset D=@n\r\n$env:E = \"@n\"\r\nF=`@n`\r\nG= @n\t\r\nH=@n",
			Env, "1:A 2:B 3:C 4:D 5:E 6:F 7:G 8:H", ""},
		{"env, a text with more in it", ".env", "URL=https://api.telegram.org/bot@o/x\nA=\"@o\"tail\nB=x@o\n", "", Env, "", "1 2 3"},
		{"env, an address with an escaped colon", ".env", "A=@o\nURL=https://api.telegram.org/bot7123456789%3AAAold-old_old0000000000000000000000/x\n",
			"A=@n\nURL=https://api.telegram.org/bot7123456789%3AAAold-old_old0000000000000000000000/x\n", Env, "1:A", "2"},
		{"env, an escaped address alone", ".env", "URL=https://proxy/bot7123456789%3aAAold-old_old0000000000000000000000/x\n", "", Env, "", "1"},
		{"env, an escaped address with the new one", ".env", "URL=https://proxy/bot7123456789%3AAAnew-new_new1111111111111111111111/x\n", "", Env, "", ""},
		{"env, a value of several lines", ".env", "KEY=\"-----\nA=@o\n-----\"\nB=@o\n", "KEY=\"-----\nA=@o\n-----\"\nB=@n\n", Env, "4:B", "2"},
		{"env, a quote that nobody closes", ".env", "A='tis\nB=@o\n", "A='tis\nB=@n\n", Env, "2:B", ""},
		{"env by its content", "settings", "a=1\ntoken = @o\n", "a=1\ntoken = @n\n", Env, "2:token", ""},
		{"JSON", "config.json", `{"bot":{"token": "@o", "x":"@x","n":1e400}, "@o": ["@o", "at @o"]}` + "\r\n",
			`{"bot":{"token": "@n", "x":"@x","n":1e400}, "@o": ["@n", "at @o"]}` + "\r\n", JSON, "1:token 1:", "1"},
		{"JSON with escapes", "a.json", `{"token":"7123456789\u003aAAold-old_old0000000000000000000000","args":["-e","T=@o","U=\t@o"]}`,
			`{"token":"@n","args":["-e","T=@n","U=\t@n"]}`, JSON, "1:token 1:args 1:args", ""},
		{"JSON in lines", "x", "{\"t\":\"@o\"}\n{\"t\":\"@O\"}", "{\"t\":\"@n\"}\n{\"t\":\"@n\"}", JSON, "1:t 2:t", ""},
		{"YAML", "a.yaml", "# @o\ntoken: @o   # the token\nsingle: '@o'\ndouble: \"@o\"\ntagged: !!str '@o'\nanchored: &t \"@o\"\nagain: *t\n" +
			"flow: {a: @o, b: [@o, \"@x\"]}\nwide: {日本: \"日本\", t: '@o'}\n",
			"# @o\ntoken: @n   # the token\nsingle: '@n'\ndouble: \"@n\"\ntagged: !!str '@n'\nanchored: &t \"@n\"\nagain: *t\n" +
				"flow: {a: @n, b: [@n, \"@x\"]}\nwide: {日本: \"日本\", t: '@n'}\n",
			YAML, "2:token 3:single 4:double 5:tagged 6:anchored 8:a 8:b 9:t", "1"},
		{"YAML, blocks", "a.yml", "a: |\n  @o\nb: >-\n\n    @o\nc: |\n  BOT_TOKEN=@o\n  X=1\nd: \"7123456789:AAold-old_\\\n  old0000000000000000000000\"\n",
			"a: |\n  @n\nb: >-\n\n    @n\nc: |\n  BOT_TOKEN=@o\n  X=1\nd: \"@n\"\n", YAML, "2:a 5:b 9:d", "7"},
		{"compose", "docker-compose.yml", "services:\r\n  bot:\r\n    environment:\r\n      - BOT_TOKEN=@o\r\n      - \"B=@o\"\r\n      - C='@o'\r\n" +
			"  two:\r\n    environment:\r\n      BOT_TOKEN: @o\r\n",
			"services:\r\n  bot:\r\n    environment:\r\n      - BOT_TOKEN=@n\r\n      - \"B=@n\"\r\n      - C='@o'\r\n" +
				"  two:\r\n    environment:\r\n      BOT_TOKEN: @n\r\n", YAML, "4:environment 5:environment 9:BOT_TOKEN", "6"},
		{"several documents", "all.yaml", "---\na: @o\n...\n---\nb: @o\n", "---\na: @n\n...\n---\nb: @n\n", YAML, "2:a 5:b", ""},
		{"a Secret", "secret.yaml", "kind: ConfigMap\ndata:\n  a: @bo\n---\ndata:\n  token: @bo\n  line: \"@bl\"\n  env: @be\nstringData:\n  t: @o\nkind: Secret\n",
			"kind: ConfigMap\ndata:\n  a: @bo\n---\ndata:\n  token: @bn\n  line: \"@bm\"\n  env: @be\nstringData:\n  t: @n\nkind: Secret\n",
			YAML, "6:token 7:line 10:t", "8"},
		{"a list of Secrets, in JSON", "s.json", `{"kind":"List","items":[{"data":{"t":"@bo"},"kind":"Secret"},{"kind":"X","data":{"t":"@bo"}}]}`,
			`{"kind":"List","items":[{"data":{"t":"@bn"},"kind":"Secret"},{"kind":"X","data":{"t":"@bo"}}]}`, JSON, "1:t", ""},
		{"TOML", "config.toml", "# @o\ntitle = 'x'\n\"@o\" = 1\n[bot] # '\ntoken = \"@o\" # \"\nliteral = '@o'\nlong = \"\"\"\n@o\"\"\"\n" +
			"list = [\n  '@o', # [\n  \"@x\",\n]\ninline = { a = \"@o\", 'b' = 2 }\n[[x.\"y\"]]\nd = 2026-01-01\nt.u = '''@o'''\n",
			"# @o\ntitle = 'x'\n\"@o\" = 1\n[bot] # '\ntoken = \"@n\" # \"\nliteral = '@n'\nlong = \"\"\"\n@n\"\"\"\n" +
				"list = [\n  '@n', # [\n  \"@x\",\n]\ninline = { a = \"@n\", 'b' = 2 }\n[[x.\"y\"]]\nd = 2026-01-01\nt.u = '''@n'''\n",
			TOML, "5:token 6:literal 8:long 10:list 13:a 16:u", "1 3"},
		{"a token alone", "bot.token", "@o\n", "@n\n", List, "1:", ""},
		{"a list of tokens", "tokens", "# @o\r\n\r\n  @o\r\n@x\r\n@O", "# @o\r\n\r\n  @n\r\n@x\r\n@n", List, "3: 5:", "1"},
		{"TOML by its content", "settings", "[bot]\ntoken = \"@o\"\n", "[bot]\ntoken = \"@n\"\n", TOML, "2:token", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			in, want := filled(test.in), filled(test.want)
			if want == "" {
				want = in
			}
			got, err := Rewrite(test.file, []byte(in), renewal())
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Data) != want {
				t.Errorf("got\n%q\nwant\n%q", got.Data, want)
			}
			var changed, left []string
			for _, s := range got.Changed {
				changed = append(changed, fmt.Sprintf("%d:%s", s.Line, s.Name))
			}
			for _, s := range got.Left {
				left = append(left, fmt.Sprint(s.Line))
			}
			if got.Format != test.format || strings.Join(changed, " ") != filled(test.changed) || strings.Join(left, " ") != test.left {
				t.Errorf("%s, changed %q, left %q", got.Format, changed, left)
			}
		})
	}
}

func TestWhatIsNotRewritten(t *testing.T) {
	for name, test := range map[string]struct {
		file, in string
		want     error
	}{
		"a text":             {"notes.txt", "It is\n@o\n", ErrNotRewritten},
		"UTF-16":             {".env", "\xff\xfeA\x00", ErrNotRewritten},
		"a picture":          {"a.yaml", "\x89PNG\x00\x00", ErrNotText},
		"more than it could": {".env", strings.Repeat("A=1\n", MaxRewritten/4+1), ErrTooLarge},
	} {
		if _, err := Rewrite(test.file, []byte(filled(test.in)), renewal()); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	for file, in := range map[string]string{"a.json": "{\"t\": \"@o\",}", "a.yaml": "t: [@o", "a.toml": "t = @o"} {
		var syntax *SyntaxError
		if _, err := Rewrite(file, []byte(filled(in)), renewal()); !errors.As(err, &syntax) || strings.Contains(err.Error(), "AA") {
			t.Errorf("%s: %v", file, err)
		}
	}
	bad := []Renewal{{Bot: 7123456789, Token: secret.New(`7123456789:AA"0000000000000000000000000000000000`)}}
	if _, err := Rewrite(".env", []byte("A=1"), bad); !errors.Is(err, ErrTokenForm) {
		t.Errorf("a token that is none: %v", err)
	}
}

// Sessions are told and left, and what is current already is counted.
func TestRewriteTellsSessions(t *testing.T) {
	session, err := sessionstring.Format(sessionstring.Session{
		DC: 2, Host: "149.154.167.51", Port: 443, Key: secret.New(strings.Repeat("k", 256)),
	}, sessionstring.Telethon)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Rewrite(".env", []byte(filled("A=@n\nS="+session.Reveal()+"\n")), renewal())
	if err != nil || len(got.Current) != 1 || len(got.Sessions) != 1 || got.Sessions[0].Line != 2 || len(got.Changed) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// tokens finds tokens in what was written without escapes.
var tokens = regexp.MustCompile(`7123456789:[0-9A-Za-z_-]{30,}`)

// rewriteFuzz holds a form to what Rewrite promises, with another reader than its own: what comes out is read, is the same
// but for tokens, and has nothing more to change.
func rewriteFuzz(f *testing.F, file string, read func([]byte) (any, error), seeds ...string) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, template string) {
		in := filled(template)
		got, err := Rewrite(file, []byte(in), renewal())
		if err != nil {
			return
		}
		if len(got.Changed) == 0 && string(got.Data) != in {
			t.Fatalf("nothing was changed, and it is another file: %q", got.Data)
		}
		if !strings.Contains(in, `\`) && !strings.Contains(in, "kind") {
			if a, b := tokens.ReplaceAllString(in, "T"), tokens.ReplaceAllString(string(got.Data), "T"); a != b {
				t.Errorf("more than tokens changed:\n%q\n%q", a, b)
			}
		}
		before, err := read([]byte(strings.TrimPrefix(in, "\ufeff")))
		if err != nil {
			t.Fatalf("read before: %v", err)
		}
		after, err := read([]byte(strings.TrimPrefix(string(got.Data), "\ufeff")))
		if err != nil {
			t.Fatalf("read after: %v\n%q", err, got.Data)
		}
		if differ := compare(before, after); differ != len(got.Changed) && !strings.Contains(in, "*") {
			t.Errorf("%d values differ, %d were changed: %q\n%q", differ, len(got.Changed), in, got.Data)
		}
		again, err := Rewrite(file, got.Data, renewal())
		if err != nil || len(again.Changed) != 0 || len(again.Current) != len(got.Changed)+len(got.Current) {
			t.Errorf("again: %+v, %v", again, err)
		}
	})
}

// compare counts the values of two trees that differ by a token, and is -1 where they differ in anything else.
func compare(before, after any) int {
	sum := 0
	add := func(n int) {
		if n < 0 || sum < 0 {
			sum = -1
			return
		}
		sum += n
	}
	switch b := before.(type) {
	case map[string]any:
		a, ok := after.(map[string]any)
		if !ok || len(a) != len(b) {
			return -1
		}
		for key := range b {
			add(compare(b[key], a[key]))
		}
	case map[any]any:
		a, ok := after.(map[any]any)
		if !ok || len(a) != len(b) {
			return -1
		}
		for key := range b {
			add(compare(b[key], a[key]))
		}
	case []map[string]any:
		a, ok := after.([]map[string]any)
		if !ok || len(a) != len(b) {
			return -1
		}
		for i := range b {
			add(compare(b[i], a[i]))
		}
	case []any:
		a, ok := after.([]any)
		if !ok || len(a) != len(b) {
			return -1
		}
		for i := range b {
			add(compare(b[i], a[i]))
		}
	case string:
		a, ok := after.(string)
		switch {
		case ok && a == b:
			return 0
		case ok && tokens.ReplaceAllString(a, "") == tokens.ReplaceAllString(b, "") && strings.Contains(a, newOne):
			return 1
		case ok && tokens.ReplaceAllString(decoded(a), "") == tokens.ReplaceAllString(decoded(b), "") && strings.Contains(decoded(a), newOne):
			return 1
		}
		return -1
	default:
		if fmt.Sprint(before) != fmt.Sprint(after) || reflect.TypeOf(before) != reflect.TypeOf(after) {
			return -1
		}
	}
	return sum
}

func decoded(text string) string {
	plain, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	return string(plain)
}

func FuzzRewriteEnv(f *testing.F) {
	rewriteFuzz(f, ".env", func(data []byte) (any, error) {
		// A line has one value at most.
		var lines []any
		for line := range strings.Lines(string(data)) {
			lines = append(lines, line)
		}
		return lines, nil
	}, "# @o\nBOT_TOKEN=@o\n", "export A='@o'\r\nB = \"@O\" # x\r\n", "A=`@o`", "\ufeffA=@n\nB='\n@o'\n", "$env:A=\"@o\"#")
}

func FuzzRewriteList(f *testing.F) {
	rewriteFuzz(f, "a.token", func(data []byte) (any, error) {
		var lines []any
		for line := range strings.Lines(string(data)) {
			lines = append(lines, line)
		}
		return lines, nil
	}, "@o\n", "\ufeff# @o\r\n @O\t\r\n@x", "@n\n\n@o")
}

func FuzzRewriteJSON(f *testing.F) {
	rewriteFuzz(f, "a.json", func(data []byte) (any, error) {
		var all []any
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		for decoder.More() {
			// An object loses one of two values of a name.
			tree, err := ordered(decoder)
			if err != nil {
				return nil, err
			}
			all = append(all, tree)
		}
		return all, nil
	}, `{"a":"@o","b":["A=@o",1,null,{"@o":"x @o"}]}`, `"7123456789\u003aAAold-old_old0000000000000000000000" "@n"`,
		`{"data":{"t":"@bo","u":"@bl","e":"@be"},"kind":"Secret"}`, "[\r\n\"@o\" ,\"\\n@O\"]")
}

// ordered reads a value with all that an object has.
func ordered(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if _, opens := token.(json.Delim); !opens {
		return token, nil
	}
	all := make([]any, 0)
	for decoder.More() {
		child, err := ordered(decoder)
		if err != nil {
			return nil, err
		}
		all = append(all, child)
	}
	_, err = decoder.Token()
	return all, err
}

func FuzzRewriteYAML(f *testing.F) {
	rewriteFuzz(f, "a.yaml", func(data []byte) (any, error) {
		var all []any
		decoder := yaml.NewDecoder(strings.NewReader(string(data)))
		for {
			var document yaml.Node
			if err := decoder.Decode(&document); err != nil {
				return all, nil //nolint:nilerr // Rewrite has read it all.
			}
			all = append(all, plainNode(&document))
		}
	}, "# @o\na: @o\nb: '@o' # x\nc: \"@o\"\nd: [@o, {e: @o}]\n", "services:\r\n  a:\r\n    environment:\r\n    - A=@o\r\n    - \"B=@O\"\r\n",
		"a: |\n  @o\nb: >-\n  @o\n", "--- !!str &a '@o'\n--- @o\n...\n", "kind: Secret\ndata:\n  a: @bo\n  b: '@bl'\n  c: @be\nstringData: {t: @o}\n",
		"a: \"7123456789:AAold-old_\\\n  old0000000000000000000000\"\n", "日本: &x @o\nb: *x\n", "\ufeff? @o\n: @o\n")
}

// plainNode makes of a node what compare knows.
func plainNode(y *yaml.Node) any {
	if y.Kind == yaml.ScalarNode || y.Kind == yaml.AliasNode {
		return y.Value
	}
	all := []any{fmt.Sprint(y.Kind, y.Tag)}
	for _, child := range y.Content {
		all = append(all, plainNode(child))
	}
	return all
}

func FuzzRewriteTOML(f *testing.F) {
	rewriteFuzz(f, "a.toml", func(data []byte) (any, error) {
		var tree map[string]any
		err := toml.Unmarshal(data, &tree)
		return tree, err
	}, "a = \"@o\"\n[b] # '@o'\nc = '@o'\n", "l = [\n'@o', # \"\n\"A=@o\",]\n", "i = {a = '@o', \"b\" = \"@O\"}\r\n",
		"m = \"\"\"\n@o\"\"\"\nn = '''@o'''\n", "\"@o\".x = '@o'\n[[y.'z']]\nt = \"@n\"\n", "a = \"\\u0037123456789:AAold-old_old0000000000000000000000\"")
}
