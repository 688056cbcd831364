package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"botring/internal/secret"
)

const text = "7123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"

func TestNothingPrintsTheText(t *testing.T) {
	s := secret.New(text)
	type holder struct {
		Public  secret.Secret
		private secret.Secret
		pointer *secret.Secret
	}
	values := map[string]any{
		"value":   s,
		"pointer": &s,
		"struct":  holder{s, s, &s},
		"slice":   []secret.Secret{s},
		"map":     map[string]secret.Secret{"token": s},
		"error":   fmt.Errorf("log in with %s: %w", s, errors.New("refused")),
	}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
			got := fmt.Sprintf(verb, value)
			for _, leak := range []string{text, "AAHdq", fmt.Sprintf("%x", text), fmt.Sprintf("%X", text)} {
				if strings.Contains(got, leak) {
					t.Errorf("%s with %s shows the secret: %s", name, verb, got)
				}
			}
		}
	}
}

func TestLogsShowTheMask(t *testing.T) {
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			slog.New(handler(&out)).Info("login", "token", secret.New(text))
			if strings.Contains(out.String(), text) || !strings.Contains(out.String(), secret.Mask) {
				t.Errorf("log line: %s", out.String())
			}
		})
	}
}

func TestMarshalRefuses(t *testing.T) {
	s := secret.New(text)
	if _, err := json.Marshal(struct{ Token secret.Secret }{s}); !errors.Is(err, secret.ErrMarshal) {
		t.Errorf("json: %v", err)
	}
	if out, err := json.Marshal(map[string]any{"token": &s}); !errors.Is(err, secret.ErrMarshal) {
		t.Errorf("json of a pointer: %s, %v", out, err)
	}
	if out, err := s.MarshalText(); !errors.Is(err, secret.ErrMarshal) || len(out) > 0 {
		t.Errorf("text: %s, %v", out, err)
	}
	if out, err := json.Marshal(map[secret.Secret]int{s: 1}); err == nil {
		t.Errorf("json of a map key: %s, %v", out, err)
	}
}

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b  secret.Secret
		equal bool
	}{
		{secret.New(text), secret.New(text), true},
		{secret.New(text), secret.New(text + "x"), false},
		{secret.New(text), secret.Secret{}, false},
		{secret.New(""), secret.Secret{}, true},
	} {
		if got := c.a.Equal(c.b); got != c.equal {
			t.Errorf("Equal(%q, %q) = %v", c.a.Reveal(), c.b.Reveal(), got)
		}
	}
	if secret.New(text).Reveal() != text || secret.New(text).Len() != len(text) || !secret.New("").Empty() {
		t.Error("Reveal, Len or Empty is off")
	}
}
