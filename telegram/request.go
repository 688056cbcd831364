package telegram

import (
	"errors"
	"runtime"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// A wireObject is a request as gotd's wrappers want it: they name the decoder's side too, and never use it.
type wireObject struct{ bin.Encoder }

// Decode is never called.
func (wireObject) Decode(*bin.Buffer) error { return errors.New("requests are not decoded") }

// request wraps a query for a connection that carries it alone: the schema's layer outermost, then who is
// asking, then that no updates are wanted (core.telegram.org/api/invoking). It tells Telegram the kind of
// machine and nothing that could name the person or the computer.
func (c *Client) request(apiID int, query bin.Encoder) bin.Object {
	return wireObject{&tg.InvokeWithLayerRequest{
		Layer: tg.Layer,
		Query: &tg.InitConnectionRequest{
			APIID:          apiID,
			DeviceModel:    "botring",
			SystemVersion:  runtime.GOOS + " " + runtime.GOARCH,
			AppVersion:     c.version(),
			SystemLangCode: "en",
			LangCode:       "en",
			Query:          &tg.InvokeWithoutUpdatesRequest{Query: wireObject{query}},
		},
	}}
}

// profileOf reads who a bot is. It refuses users' accounts.
func profileOf(user tg.UserClass) (Profile, error) {
	u, ok := user.(*tg.User)
	switch {
	case !ok:
		return Profile{}, errors.New("the answer does not say who this is")
	case !u.Bot:
		return Profile{}, &Error{Kind: NotABot}
	}
	// The placeholder is there, if empty, for every bot with inline mode on.
	_, inline := u.GetBotInlinePlaceholder()
	return Profile{
		ID:          u.ID,
		Username:    username(u),
		FirstName:   u.FirstName,
		Inline:      inline,
		Groups:      !u.BotNochats,
		ReadsAll:    u.BotChatHistory,
		ManagesBots: u.BotCanManageBots,
	}, nil
}

// username is a bot's name, which stands in a list when it was bought.
func username(u *tg.User) string {
	if u.Username != "" {
		return u.Username
	}
	for _, name := range u.Usernames {
		if name.Active {
			return name.Username
		}
	}
	return ""
}
