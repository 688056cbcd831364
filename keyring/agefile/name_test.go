package agefile

import (
	"errors"
	"strings"
	"testing"
)

func TestItemPath(t *testing.T) {
	for name, want := range map[string]string{
		"bot/production/7123456789":    "store/bot/production/7123456789.age",
		"bot/production/7123456789/ci": "store/bot/production/7123456789/ci.age",
		"proxy/a.b_c@d+e=f,g":          "store/proxy/a.b_c@d+e=f,g.age",
		"CI":                           "store/%43%49.age",
		"100% \"x\"":                   "store/100%25%20%22x%22.age",
		"a.age/b":                      "store/a%2Eage/b.age",
		"a.age":                        "store/a%2Eage.age",
		"a./b.":                        "store/a%2E/b%2E.age",
		"-rf/x":                        "store/%2Drf/x.age",
		"con/nul.x/com1/lpt9.a/com":    "store/%63on/%6Eul.x/%63om1/%6Cpt9.a/com.age",
		"ключ":                         "store/%D0%BA%D0%BB%D1%8E%D1%87.age",
	} {
		got, err := itemPath(name)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", name, got, err, want)
		}
		if back, ok := itemName(got); !ok || back != name {
			t.Errorf("%q came back as %q, %v", name, back, ok)
		}
	}
}

func TestBadNames(t *testing.T) {
	for _, name := range []string{
		"", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/.b", ".age-recipients", `a\b`, `..\a`,
		"a\x00", "a\nb", "\x7f", strings.Repeat("n", maxComponent+1), strings.Repeat("N", 81), strings.Repeat("aa/", 400) + "a",
	} {
		if file, err := itemPath(name); !errors.Is(err, ErrBadName) {
			t.Errorf("%q: %q, %v", name, file, err)
		}
	}
	s := openStore(t, newDir(t))
	ctx := testContext(t)
	if _, err := s.Get(ctx, "../a"); !errors.Is(err, ErrBadName) {
		t.Errorf("get: %v", err)
	}
	if err := s.Delete(ctx, "../a"); !errors.Is(err, ErrBadName) {
		t.Errorf("delete: %v", err)
	}
	if _, err := s.GetAll(ctx, []string{"../a"}); !errors.Is(err, ErrBadName) {
		t.Errorf("get all: %v", err)
	}
}

func TestForeignFiles(t *testing.T) {
	for _, file := range []string{
		"identities", "store/a", "store/a.AGE", "store/A.age", "store/%41", "store/%4.age", "store/%zz.age", "store/%61.age",
		"store/.age", "store//a.age", "store/a/../b.age", "store/a%2fb.age", "store/a%2Fb.age", "store/con.age", "other/a.age",
	} {
		if name, ok := itemName(file); ok {
			t.Errorf("%q is taken for %q", file, name)
		}
	}
}

func FuzzItemPath(f *testing.F) {
	for _, seed := range []string{"bot/production/1", "a/../b", "CON", "a.age/x", "\xff\x00", "probe/1-ABC", strings.Repeat("x/", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		file, err := itemPath(name)
		if err != nil {
			if !errors.Is(err, ErrBadName) {
				t.Fatal(err)
			}
			return
		}
		if back, ok := itemName(file); !ok || back != name {
			t.Fatalf("%q is %q, which is %q, %v", name, file, back, ok)
		}
		for _, part := range strings.Split(file, "/") {
			if part == "" || part[0] == '.' || len(part) > 255 {
				t.Fatalf("%q is %q", name, file)
			}
		}
		if strings.ToLower(file) != strings.ReplaceAll(strings.ToLower(file), `\`, "/") {
			t.Fatalf("%q is %q", name, file)
		}
	})
}

func FuzzItemName(f *testing.F) {
	for _, seed := range []string{"store/bot/1.age", "store/%43.age", "store/%4", "store/.x.age", "store/%2E%2E.age"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		name, ok := itemName(file)
		if !ok {
			return
		}
		if again, err := itemPath(name); err != nil || again != file {
			t.Fatalf("%q is %q, which is %q, %v", file, name, again, err)
		}
	})
}
