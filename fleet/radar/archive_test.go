package radar

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func zipOf(t testing.TB, files map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func tarOf(t testing.TB, files map[string]string, links ...string) string {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(files[name])), Mode: 0o600})
		if err == nil {
			_, err = w.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range links {
		if err := w.WriteHeader(&tar.Header{Name: "link", Typeflag: tar.TypeSymlink, Linkname: link}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func gzipOf(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func tarGzOf(t testing.TB, files map[string]string) string { return gzipOf(t, tarOf(t, files)) }

// scanned is what a scan of one file finds, and what of it was not read.
func scanned(t *testing.T, content string, limits Limits) (found, unread []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := Scan(context.Background(), Options{Paths: []string{file}, Marks: ring(), Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		found = append(found, strings.TrimPrefix(f.Path, file))
	}
	for _, u := range report.Unread {
		for _, kind := range []error{ErrTooDeep, ErrTooLarge, ErrEncrypted, ErrDamaged} {
			if errors.Is(u.Err, kind) {
				unread = append(unread, strings.TrimPrefix(u.Path, file)+": "+kind.Error())
			}
		}
	}
	return found, unread
}

func TestArchives(t *testing.T) {
	env := map[string]string{"app/.env": "A=1\nTOKEN=" + ringToken}
	damaged := zipOf(t, env)
	locked := []byte(zipOf(t, env))
	for i := range len(locked) - 10 { // the flags of the entry, in front of it and in the table of contents
		switch string(locked[i : i+4]) {
		case "PK\x03\x04":
			locked[i+6] |= 1
		case "PK\x01\x02":
			locked[i+8] |= 1
		}
	}
	for _, test := range []struct {
		name, content string
		found, unread []string
	}{
		{"zip", zipOf(t, env), []string{"!app/.env"}, nil},
		{"tar", tarOf(t, env, "/etc/passwd"), []string{"!app/.env"}, nil},
		{"tar.gz", tarGzOf(t, env), []string{"!app/.env"}, nil},
		{"gzip", gzipOf(t, env["app/.env"]), []string{"!file"}, nil},
		{"tar.gz in zip", zipOf(t, map[string]string{"in.tgz": tarGzOf(t, env)}), []string{"!in.tgz!app/.env"}, nil},
		{"zip in tar.gz", tarGzOf(t, map[string]string{"in.zip": zipOf(t, env)}), []string{"!in.zip!app/.env"}, nil},
		{"zip in zip in zip", zipOf(t, map[string]string{"a.zip": zipOf(t, map[string]string{"b.zip": zipOf(t, env)})}), nil, []string{"!a.zip!b.zip: " + ErrTooDeep.Error()}},
		{"cut zip", damaged[:len(damaged)-30], nil, []string{": " + ErrDamaged.Error()}},
		{"cut gzip", gzipOf(t, "TOKEN="+ringToken+"\n"+noise(1<<20))[:1<<19], []string{"!file"}, []string{"!file: " + ErrDamaged.Error()}},
		{"cut gzip of UTF-16", gzipOf(t, utf16Of("TOKEN="+ringToken+"\n"+noise(1<<20)))[:1<<19], []string{"!file"}, []string{"!file: " + ErrDamaged.Error()}},
		{"odd UTF-16", utf16Of("TOKEN="+ringToken) + "x", []string{""}, nil},
		{"encrypted", string(locked), nil, []string{"!app/.env: " + ErrEncrypted.Error()}},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, unread := scanned(t, test.content, Limits{})
			if !slices.Equal(found, test.found) || !slices.Equal(unread, test.unread) {
				t.Errorf("found %q, unread %q; want %q and %q", found, unread, test.found, test.unread)
			}
		})
	}
}

// noise is text that cannot be packed.
func noise(n int) string {
	out := make([]byte, n)
	state := uint32(1)
	for i := range out {
		state = state*1664525 + 1013904223
		out[i] = byte(state >> 24)
	}
	return string(out)
}

// An archive that unpacks to more than it may is given up, at whatever level that shows.
// Files that a tar archive has in a form of its own are files.
func TestTarKinds(t *testing.T) {
	for _, kind := range []byte{tar.TypeCont, tar.TypeGNUSparse} {
		// The library writes neither. Of the one with holes the map of them has a single piece, at the end of a mebibyte.
		content := ringToken
		raw := []byte(tarOf(t, map[string]string{"a": content}))
		raw[156] = kind
		if kind == tar.TypeGNUSparse {
			copy(raw[257:], "ustar  \x00")
			const at = 1 << 20
			copy(raw[386:], fmt.Sprintf("%011o\x00%011o\x00", at, len(content)))
			copy(raw[483:], fmt.Sprintf("%011o\x00", at+len(content)))
		}
		copy(raw[148:156], "        ")
		sum := 0
		for _, c := range raw[:512] {
			sum += int(c)
		}
		copy(raw[148:], fmt.Sprintf("%06o\x00 ", sum))
		if found, unread := scanned(t, string(raw), Limits{}); !slices.Equal(found, []string{"!a"}) || len(unread) > 0 {
			t.Errorf("kind %c: found %q, unread %q", kind, found, unread)
		}
	}
}

// A name in an archive is no way to fill the memory.
func TestTarNames(t *testing.T) {
	found, _ := scanned(t, tarOf(t, map[string]string{strings.Repeat("x", 100_000): ringToken}), Limits{})
	if len(found) != 1 || len(found[0]) > 2*mostName {
		t.Errorf("found %d, the path has %d bytes", len(found), len(found[0]))
	}
}

func TestArchiveBombs(t *testing.T) {
	limits := Limits{Unpacked: 1 << 20, Small: 64 << 10, Ratio: 50, Entries: 10, Held: 32 << 10}
	many := map[string]string{}
	for i := range 20 {
		many[string(rune('a'+i))] = "x"
	}
	zeros := strings.Repeat("\x00", 4<<20)
	for _, test := range []struct{ name, content, where string }{
		{"gzip", gzipOf(t, zeros), "!file"},
		{"zip", zipOf(t, map[string]string{"zeros": zeros}), "!zeros"},
		{"tar.gz", tarGzOf(t, map[string]string{"zeros": zeros}), "!zeros"},
		{"in all, not each", zipOf(t, map[string]string{"a": noise(600 << 10), "b": noise(600 << 10)}), "!b"},
		{"entries of a zip", zipOf(t, many), ""},
		{"entries of a tar", tarOf(t, many), ""},
		{"a zip that has to be held", tarOf(t, map[string]string{"in.zip": zipOf(t, map[string]string{"a": noise(64 << 10)})}), "!in.zip"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, unread := scanned(t, test.content, limits)
			if want := test.where + ": " + ErrTooLarge.Error(); !slices.Contains(unread, want) {
				t.Errorf("unread %q, want %q", unread, want)
			}
		})
	}
}

// A table of contents is not read where it would take more memory than it may.
func TestZipDirectory(t *testing.T) {
	file := zipOf(t, map[string]string{"a": ringToken})
	before, after, _ := strings.Cut(file, "PK\x01\x02")
	header, end, _ := strings.Cut(after, "PK\x05\x06")
	header = "PK\x01\x02" + header
	long := before + strings.Repeat(header, mostDirectory/len(header)+1) + "PK\x05\x06" + end
	if _, unread := scanned(t, long, Limits{}); !slices.Equal(unread, []string{": " + ErrTooLarge.Error()}) {
		t.Errorf("unread %q", unread)
	}
}

func TestScanOfNothing(t *testing.T) {
	_, err := Scan(context.Background(), Options{Paths: []string{filepath.Join(t.TempDir(), "none")}})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
