package asciicast

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestWriteRead(t *testing.T) {
	want := Cast{Width: 84, Height: 20, Events: []Event{
		{0, "\x1b[2J"},
		{40 * time.Millisecond, "天気 <b> & \"quotes\"\r\n"},
		{2 * time.Second, "●"},
	}}
	var buf bytes.Buffer
	if err := want.Write(&buf); err != nil {
		t.Fatal(err)
	}
	if line, _, _ := strings.Cut(buf.String(), "\n"); line != `{"version":2,"width":84,"height":20}` {
		t.Errorf("header is %s", line)
	}
	got, err := Read(&buf)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestReadLeavesOutOtherEvents(t *testing.T) {
	in := `{"version": 2, "width": 10, "height": 2, "title": "x"}` + "\n" +
		`[0.5, "i", "secret typed"]` + "\n\n" + `[1, "m", "marker"]` + "\n" + `[1.5, "o", "out"]` + "\n"
	got, err := Read(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	want := []Event{{1500 * time.Millisecond, "out"}}
	if !reflect.DeepEqual(got.Events, want) {
		t.Errorf("got %+v, want %+v", got.Events, want)
	}
}

func TestReadRefuses(t *testing.T) {
	const head = `{"version":2,"width":10,"height":2}` + "\n"
	for name, in := range map[string]string{
		"nothing":       "",
		"no header":     "hello\n",
		"other version": `{"version":3,"width":10,"height":2}`,
		"no size":       `{"version":2}`,
		"huge":          `{"version":2,"width":100000,"height":100000}`,
		"no event":      head + `{"a":1}`,
		"two fields":    head + `[1,"o"]`,
		"four fields":   head + `[1,"o","x",2]`,
		"text time":     head + `["1","o","x"]`,
		"before zero":   head + `[-1,"o","x"]`,
		"backwards":     head + `[2,"o","x"]` + "\n" + `[1,"o","x"]`,
	} {
		if c, err := Read(strings.NewReader(in)); err == nil {
			t.Errorf("%s: read as %+v", name, c)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"version":2,"width":10,"height":2}` + "\n" + `[1,"o","x"]`))
	f.Add([]byte(`{"version":2,"width":10,"height":2}` + "\n" + `[1e400,"o",null]`))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := Read(bytes.NewReader(in))
		if err != nil {
			return
		}
		var buf bytes.Buffer
		if err := c.Write(&buf); err != nil {
			t.Fatal(err)
		}
		again, err := Read(&buf)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if len(again.Events) != len(c.Events) {
			t.Fatalf("%d events became %d", len(c.Events), len(again.Events))
		}
	})
}
