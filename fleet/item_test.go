package fleet

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"botring/fleet/store"
	"botring/internal/secret"
)

func fullItem() botItem {
	return botItem{
		Save: "0123456789abcdef", Token: tokenOf(7, "x"), APIID: testApp, Label: "Shop & <Co>", Tags: []string{"prod", "eu"},
		Profile: Profile{Username: "x7_bot", FirstName: "天気 \u202e", DC: 4, Inline: true, Groups: true, ReadsAll: true, ManagesBots: true},
		Session: &sessionItem{Session: fakeSession(7, 1), Runs: store.Here},
	}
}

func TestBotItemRoundTrip(t *testing.T) {
	for name, item := range map[string]botItem{
		"full":    fullItem(),
		"minimal": {Token: tokenOf(7, "x")},
	} {
		t.Run(name, func(t *testing.T) {
			value, err := item.encode()
			if err != nil {
				t.Fatal(err)
			}
			got, err := decodeBotItem(key(7), value)
			if err != nil || !reflect.DeepEqual(got, item) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, item)
			}
			if value.Len() > maxItem {
				t.Errorf("%d bytes", value.Len())
			}
		})
	}
}

// Whatever a bot is called, its item is written and holds its secrets.
func TestBotItemIsBounded(t *testing.T) {
	long := strings.Repeat("\U0001f916", 5000)
	item := fullItem()
	item.Profile.Username, item.Profile.FirstName = long, long
	item.Label = long
	for range 200 {
		item.Tags = append(item.Tags, long[:64])
	}
	value, err := item.encode()
	if err != nil || value.Len() > maxItem {
		t.Fatalf("%d bytes, %v", value.Len(), err)
	}
	got, err := decodeBotItem(key(7), value)
	if err != nil || !got.Token.Equal(item.Token) || !reflect.DeepEqual(got.Session, item.Session) || got.APIID != testApp {
		t.Errorf("got %+v, %v", got, err)
	}
	if strings.Contains(value.Reveal(), "tags") || strings.Contains(value.Reveal(), "profile") {
		t.Error("what the catalogue has too was kept")
	}
}

func TestTheLongestHonestItemKeepsEverything(t *testing.T) {
	item := fullItem()
	item.Label = strings.Repeat("ä", maxLabel)
	item.Tags = []string{"production", "europe", "customer-1"}
	item.Profile.Username = strings.Repeat("x", maxUsername)
	item.Profile.FirstName = strings.Repeat("天", 20)
	item.Session.Addr = "[2001:0db8:85a3:0000:0000:8a2e:0370:7334]:65535"
	value, err := item.encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := decodeBotItem(key(7), value); err != nil || !reflect.DeepEqual(got, item) {
		t.Errorf("%d bytes, lost something: %+v, %v", value.Len(), got, err)
	}
}

func TestDecodeBotItemRefuses(t *testing.T) {
	good, err := fullItem().encode()
	if err != nil {
		t.Fatal(err)
	}
	text := good.Reveal()
	for name, test := range map[string]struct {
		value string
		want  error
	}{
		"empty":                   {"", ErrItemDamaged},
		"not JSON":                {"token", ErrItemDamaged},
		"no version":              {strings.Replace(text, `"v":1,`, "", 1), ErrItemDamaged},
		"version 0":               {strings.Replace(text, `"v":1`, `"v":0`, 1), ErrItemDamaged},
		"newer":                   {strings.Replace(text, `"v":1`, `"v":2`, 1), ErrItemNewer},
		"newer, other types":      {`{"v":2,"token":["x"],"session":7}`, ErrItemNewer},
		"another bot's":           {strings.Replace(text, `"token":"7:`, `"token":"8:`, 1), ErrItemDamaged},
		"a key that is too short": {`{"v":1,"token":"7:x","session":{"key":"AAAA","dc":2,"salt":"0","api_id":1,"runs":"here"}}`, ErrItemDamaged},
		"runs nowhere":            {strings.Replace(text, `"runs":"here"`, `"runs":"x"`, 1), ErrItemDamaged},
		"negative api_id":         {strings.Replace(text, `"api_id":10001,"label"`, `"api_id":-1,"label"`, 1), ErrItemDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeBotItem(key(7), secret.New(test.value))
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "AAE") {
				t.Errorf("the token is in %v", err)
			}
		})
	}
}

func TestItemNames(t *testing.T) {
	if got, session, ok := parseBotItemName(botItemName(key(7))); !ok || got != key(7) || session != "" {
		t.Errorf("bot: %v %q %v", got, session, ok)
	}
	if got, session, ok := parseBotItemName(sessionItemName(key(7), "ci")); !ok || got != key(7) || session != "ci" {
		t.Errorf("session: %v %q %v", got, session, ok)
	}
	if id, ok := parseAppItemName(appItemName(testApp)); !ok || id != testApp {
		t.Errorf("app: %d %v", id, ok)
	}
	for _, name := range []string{"", "bot", "bot/test", "bot//7", "bot/test/x", "bot/test/07", "bot/test/-7", "bot/test/0", "bot/test/7/", "bot/test/7/default", "bot/test/7/a/b", "app/7", "proxy/x"} {
		if key, session, ok := parseBotItemName(name); ok {
			t.Errorf("%q is %v %q", name, key, session)
		}
	}
	for _, name := range []string{"app/", "app/x", "app/-1", "app/0", "app/007", "bot/7"} {
		if id, ok := parseAppItemName(name); ok {
			t.Errorf("%q is %d", name, id)
		}
	}
}

func FuzzDecodeBotItem(f *testing.F) {
	good, err := fullItem().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.Reveal())
	f.Add(`{"v":1,"token":"7:x","profile":{},"tags":[]}`)
	f.Add(`{"v":2}`)
	f.Add(`{"v":1,"token":"7:\u0000","session":{"key":null,"runs":"here"}}`)
	f.Fuzz(func(t *testing.T, value string) {
		item, err := decodeBotItem(key(7), secret.New(value))
		if err != nil {
			if !errors.Is(err, ErrItemDamaged) && !errors.Is(err, ErrItemNewer) {
				t.Errorf("error of another kind: %v", err)
			}
			return
		}
		// What was decoded can be written, and comes back the same from then on.
		once, err := item.encode()
		if err != nil {
			return // too large for an item of ours
		}
		again, err := decodeBotItem(key(7), once)
		if err != nil {
			t.Fatalf("decode %q: %v", once.Reveal(), err)
		}
		twice, err := again.encode()
		if err != nil || !twice.Equal(once) {
			t.Errorf("%q became %q, %v", once.Reveal(), twice.Reveal(), err)
		}
	})
}

func FuzzDecodeAppItem(f *testing.F) {
	f.Add(`{"v":1,"name":"main","api_id":10001,"api_hash":"0123456789abcdef0123456789abcdef"}`)
	f.Add(`{"v":3}`)
	f.Fuzz(func(t *testing.T, value string) {
		item, err := decodeAppItem(testApp, secret.New(value))
		if err == nil && (item.APIID != testApp || item.Hash.Empty()) {
			t.Errorf("%q is an app", value)
		}
	})
}

func FuzzParseItemNames(f *testing.F) {
	f.Add("bot/test/7/ci")
	f.Add("app/7")
	f.Fuzz(func(t *testing.T, name string) {
		if key, session, ok := parseBotItemName(name); ok {
			again := botItemName(key)
			if session != "" {
				again = sessionItemName(key, session)
			}
			if again != name {
				t.Errorf("%q is the name of %q", name, again)
			}
		}
		if id, ok := parseAppItemName(name); ok && appItemName(id) != name {
			t.Errorf("%q is app %d", name, id)
		}
	})
}
