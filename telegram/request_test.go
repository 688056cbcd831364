package telegram

import (
	"errors"
	"testing"

	"github.com/gotd/td/tg"
)

func TestProfileOf(t *testing.T) {
	bought := &tg.User{Bot: true, ID: 5, Usernames: []tg.Username{{Username: "sold"}, {Username: "kept", Active: true}}}
	if p, err := profileOf(bought); err != nil || p.Username != "kept" || p.ID != 5 || !p.Groups {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := profileOf(&tg.User{Bot: true, Usernames: []tg.Username{{Username: "sold"}}}); err != nil || p.Username != "" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := profileOf(&tg.User{ID: 5}); !errors.Is(err, NotABot) {
		t.Errorf("a person: %v", err)
	}
	for _, nobody := range []tg.UserClass{nil, &tg.UserEmpty{ID: 5}} {
		if p, err := profileOf(nobody); err == nil {
			t.Errorf("nobody: %+v", p)
		}
	}
	if _, err := profileOfLogin(&tg.AuthAuthorizationSignUpRequired{}); err == nil {
		t.Error("an account that does not exist yet has a profile")
	}
	if _, err := profileOfSelf(nil); err == nil {
		t.Error("no user has a profile")
	}
}
