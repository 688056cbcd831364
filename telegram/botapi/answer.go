package botapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"botring/internal/secret"
	"botring/telegram"
)

// An envelope is what every answer of a Bot API comes in (core.telegram.org/bots/api#making-requests).
type envelope struct {
	OK          *bool  `json:"ok"`
	Result      *user  `json:"result"`
	ErrorCode   int    `json:"error_code"`
	Description string `json:"description"`
	Parameters  struct {
		RetryAfter int64 `json:"retry_after"`
	} `json:"parameters"`
}

// A user is a bot as getMe tells of it (core.telegram.org/bots/api#user).
type user struct {
	ID          int64  `json:"id"`
	IsBot       bool   `json:"is_bot"`
	FirstName   string `json:"first_name"`
	Username    string `json:"username"`
	Groups      bool   `json:"can_join_groups"`
	ReadsAll    bool   `json:"can_read_all_group_messages"`
	Inline      bool   `json:"supports_inline_queries"`
	ManagesBots bool   `json:"can_manage_bots"`
}

// What a server says beside "Unauthorized" and the like, word for word.
const (
	saysUnauthorized = "Unauthorized"
	saysNoToken      = "Unauthorized: invalid token specified"
	saysServersApp   = "Unauthorized: invalid api-id/api-hash"
	saysLoggedOut    = "Logged out"
)

// judge makes a profile of an answer that proves the token to work, and an error of every other.
func judge(answer *http.Response, token secret.Secret) (telegram.Profile, error) {
	status := answer.StatusCode
	failed := func(kind telegram.Kind, err error) (telegram.Profile, error) {
		return telegram.Profile{}, &telegram.Error{Kind: kind, Code: status, Err: err}
	}
	if status >= 300 && status < 400 {
		return failed(telegram.NotTelegram, ErrRedirect)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	var said envelope
	inForm := err == nil && len(body) <= maxBody && json.Unmarshal(body, &said) == nil && said.OK != nil
	// What stands before a Bot API, and gateways on the way, say these two in their own words.
	switch {
	case status == http.StatusTooManyRequests:
		return telegram.Profile{}, &telegram.Error{Kind: telegram.FloodWait, Code: status, Wait: waitOf(said, answer.Header)}
	case status >= 500:
		return failed(telegram.TelegramFault, nil)
	case err != nil:
		return telegram.Profile{}, transportFailed(err)
	case !inForm:
		return failed(telegram.NotTelegram, ErrNotBotAPI)
	case status == http.StatusOK:
		return profileOf(said, token)
	case *said.OK || said.ErrorCode != status:
		return failed(telegram.NotTelegram, ErrNotBotAPI)
	}
	switch status {
	case http.StatusUnauthorized:
		switch said.Description {
		case saysUnauthorized:
			return failed(telegram.TokenRevoked, ErrUnauthorized)
		case saysNoToken:
			return failed(telegram.TokenInvalid, ErrUnauthorized)
		case saysServersApp:
			return failed(telegram.Unexpected, ErrServersApp)
		}
	case http.StatusBadRequest:
		if said.Description == saysLoggedOut {
			return failed(telegram.Unexpected, ErrLoggedOut)
		}
	case http.StatusNotFound:
		return failed(telegram.Unexpected, ErrNoMethod)
	case http.StatusMisdirectedRequest:
		return failed(telegram.Unexpected, ErrNotServed)
	}
	return failed(telegram.Unexpected, ErrOther)
}

// profileOf is the bot that an answer tells of, if it is the token's.
func profileOf(said envelope, token secret.Secret) (telegram.Profile, error) {
	u := said.Result
	switch {
	case !*said.OK, u == nil, !u.IsBot, u.ID <= 0:
		return telegram.Profile{}, &telegram.Error{Kind: telegram.NotTelegram, Code: http.StatusOK, Err: ErrNotBotAPI}
	case strconv.FormatInt(u.ID, 10) != botID(token):
		return telegram.Profile{}, &telegram.Error{Kind: telegram.NotTelegram, Code: http.StatusOK, Err: ErrOtherBot}
	}
	return telegram.Profile{
		ID: u.ID, Username: u.Username, FirstName: u.FirstName,
		Inline: u.Inline, Groups: u.Groups, ReadsAll: u.ReadsAll, ManagesBots: u.ManagesBots,
	}, nil
}

const (
	// waitDefault is how long to wait when a server asks for it and does not say how long.
	waitDefault = 30 * time.Second
	// waitMost is the longest wait that is believed: the server's own limits are those of an hour.
	waitMost = 24 * time.Hour
)

// waitOf is how long a server asks to wait.
func waitOf(said envelope, header http.Header) time.Duration {
	seconds := said.Parameters.RetryAfter
	if seconds <= 0 {
		seconds, _ = strconv.ParseInt(header.Get("Retry-After"), 10, 64)
	}
	switch {
	case seconds <= 0:
		return waitDefault
	case seconds > int64(waitMost/time.Second):
		return waitMost
	}
	return time.Duration(seconds) * time.Second
}

// asError is the *telegram.Error that err is. Nothing else leaves ask.
func asError(err error) *telegram.Error {
	var e *telegram.Error
	if errors.As(err, &e) {
		copied := *e
		return &copied
	}
	return &telegram.Error{Kind: telegram.Unexpected, Err: ErrOther}
}
