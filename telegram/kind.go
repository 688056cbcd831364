package telegram

// A Kind is a sort of failure, as users have to be told of them apart. Its String is the name used in
// JSON output and is frozen.
//
// A Kind is an error as well: the sentinel of all failures of its sort, so that a caller may write
// errors.Is(err, telegram.TokenRevoked).
type Kind int

// The kinds of failure.
const (
	// Unexpected is an answer that nothing below covers: a fault of ours or something new.
	Unexpected Kind = iota
	// TokenRevoked: ACCESS_TOKEN_EXPIRED, the token was revoked or the bot deleted.
	TokenRevoked
	// TokenInvalid: ACCESS_TOKEN_INVALID, mistyped or of the other environment.
	TokenInvalid
	// APIIDInvalid: API_ID_INVALID or CONNECTION_API_ID_INVALID, also in answer to initConnection itself.
	APIIDInvalid
	// APIIDPublished: API_ID_PUBLISHED_FLOOD.
	APIIDPublished
	// AuthKeyInvalid: AUTH_KEY_INVALID.
	AuthKeyInvalid
	// SessionDead: AUTH_KEY_UNREGISTERED, or transport error -404.
	SessionDead
	// SessionRevoked: SESSION_REVOKED or SESSION_EXPIRED.
	SessionRevoked
	// BotDeactivated: USER_DEACTIVATED or USER_DEACTIVATED_BAN.
	BotDeactivated
	// SessionDuplicated: AUTH_KEY_DUPLICATED, the session ran in two places and Telegram destroyed it.
	SessionDuplicated
	// UpdateNeeded: UPDATE_APP_TO_LOGIN.
	UpdateNeeded
	// FloodWait: FLOOD_WAIT_X, or transport error -429.
	FloodWait
	// TelegramFault: any answer of the 500 family.
	TelegramFault
	// WrongDC: transport error -444, or a data centre that the network in use does not have.
	WrongDC
	// ClockWrong: this computer's clock is off, and correcting it did not help.
	ClockWrong
	// NotTelegram: the server has none of the keys it must have, or does not speak MTProto.
	NotTelegram
	// Unreachable: DNS, refused, reset, or dropped.
	Unreachable
	// Timeout: no answer before the deadline.
	Timeout
	// Cancelled: the caller's context was cancelled.
	Cancelled
	// NotABot: the session belongs to a user's account, which this package refuses to handle.
	NotABot
	// ProxyUnreachable: the proxy itself, by DNS, refused, or silent.
	ProxyUnreachable
	// ProxyDenied: the proxy wants a user and a password, or others.
	ProxyDenied
	// ProxyRefused: the proxy admits us and does not lead to Telegram.
	ProxyRefused
	// ProxyBroken: the proxy hung up before it led anywhere, or does not speak what it should.
	ProxyBroken
	// ProxySecret: an MTProxy that does not prove to know the secret, or answers nothing at all.
	ProxySecret
	// NotManaged: BOT_INVALID, the bot is none that this one manages.
	NotManaged
	// BotRequired: USER_BOT_REQUIRED, only a bot may ask for this.
	BotRequired
)

// String returns the frozen name.
func (k Kind) String() string {
	switch k {
	case Unexpected:
		return "unexpected"
	case TokenRevoked:
		return "token_revoked"
	case TokenInvalid:
		return "token_invalid"
	case APIIDInvalid:
		return "api_id_invalid"
	case APIIDPublished:
		return "api_id_published"
	case AuthKeyInvalid:
		return "auth_key_invalid"
	case SessionDead:
		return "session_dead"
	case SessionRevoked:
		return "session_revoked"
	case BotDeactivated:
		return "bot_deactivated"
	case SessionDuplicated:
		return "session_duplicated"
	case UpdateNeeded:
		return "update_needed"
	case FloodWait:
		return "flood_wait"
	case TelegramFault:
		return "telegram_fault"
	case WrongDC:
		return "wrong_dc"
	case ClockWrong:
		return "clock_wrong"
	case NotTelegram:
		return "not_telegram"
	case Unreachable:
		return "unreachable"
	case Timeout:
		return "timeout"
	case Cancelled:
		return "cancelled"
	case NotABot:
		return "not_a_bot"
	case ProxyUnreachable:
		return "proxy_unreachable"
	case ProxyDenied:
		return "proxy_denied"
	case ProxyRefused:
		return "proxy_refused"
	case ProxyBroken:
		return "proxy_broken"
	case ProxySecret:
		return "proxy_secret"
	case NotManaged:
		return "bot_not_managed"
	case BotRequired:
		return "bot_required"
	}
	return "unexpected"
}

// OfProxy reports whether a failure of this kind is the proxy's, which says nothing of Telegram.
func (k Kind) OfProxy() bool {
	return k >= ProxyUnreachable && k <= ProxySecret
}

// Error returns the name: a Kind is the sentinel of its failures.
func (k Kind) Error() string { return k.String() }
