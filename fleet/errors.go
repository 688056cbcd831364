package fleet

import (
	"errors"
	"fmt"
	"time"

	"botring/fleet/store"
	"botring/internal/secret"
)

// ErrSessionWorks says that the bot's session still works, so it was not logged in again.
var ErrSessionWorks = errors.New("session still works")

// ErrRunsElsewhere says that the session runs in another place, and opening it here could destroy it.
var ErrRunsElsewhere = errors.New("session runs elsewhere")

// ErrSecretMissing says that the catalogue knows the bot (or app) and the keyring has no item for it.
var ErrSecretMissing = errors.New("secret missing from the keyring")

// ErrItemNewer says that a newer version of this program wrote the keyring's item. It is not replaced.
var ErrItemNewer = errors.New("keyring item is from a newer version")

// ErrItemDamaged says that the keyring's item cannot be understood.
var ErrItemDamaged = errors.New("keyring item is damaged")

// ErrSessionBusy says that another process of this program has the session open at this moment.
var ErrSessionBusy = errors.New("session is open in another process")

// ErrNoSession says that the bot has no session of that name.
var ErrNoSession = errors.New("no such session")

// ErrNoBot says that the bot whose session is to be saved is not here.
var ErrNoBot = errors.New("the session's bot is not here")

// ErrNoBotAPI says that nothing is known that could be asked over the Bot API in the bot's environment. A token is not
// taken to Telegram's own Bot API unless it is of one of Telegram's own environments.
var ErrNoBotAPI = errors.New("no Bot API of this environment is known")

// ErrSameID says that two bots of different environments have the same id, so that a token says not whose it is.
var ErrSameID = errors.New("two bots of the same id")

// ErrNoApp says that the bot's app is not known.
var ErrNoApp = errors.New("no such app")

// ErrNotManaged says that no bot on the ring that could be asked manages the bot whose token is to be replaced.
var ErrNotManaged = errors.New("no manager of the bot is here")

// ErrNotRevoked says that a rotation was cut off, and that the token in the keyring is the current one all the same:
// to revoke it is the user's to decide once more.
var ErrNotRevoked = errors.New("the token in the keyring is the current one")

// ErrNothingPasted says that the token is not in the keyring any more that was pasted for a bot.
var ErrNothingPasted = errors.New("no token rests for the bot")

// A Field is an input of a form or command.
type Field string

// The fields.
const (
	FieldToken       Field = "token"
	FieldAPIID       Field = "api_id"
	FieldAPIHash     Field = "api_hash"
	FieldLabel       Field = "label"
	FieldTag         Field = "tag"
	FieldSession     Field = "session"
	FieldAppName     Field = "app"
	FieldEnvironment Field = "environment"
	FieldDC          Field = "dc"
	FieldServerKey   Field = "server-key"
	FieldKeyring     Field = "keyring"
	FieldRing        Field = "ring"
	FieldPlace       Field = "for"
	FieldProxy       Field = "proxy"
	FieldProxyName   Field = "proxy name"
	FieldProxySecret Field = "proxy secret"
	FieldRecipient   Field = "recipient"
	FieldBotAPI      Field = "bot-api"
)

// A Problem is what is wrong with an input.
type Problem int

// The problems.
const (
	ProblemEmpty Problem = iota
	// Tokens.
	ProblemNoColon
	ProblemNoDigits     // nothing, or something else than digits, before the colon
	ProblemIDRange      // id 0, or 2^54 and more
	ProblemSlash        // a slash, which no token has
	ProblemTooLong      // over 80 bytes
	ProblemCharacters   // characters that no token has
	ProblemPhone        // a phone number
	ProblemSample       // the sample token of Telegram's own documentation
	ProblemSecretLength // not 35 characters after the colon: only a warning
	ProblemOtherBot     // the token of another bot than the one being replaced
	ProblemSameToken    // the token it has already
	// api_id and api_hash.
	ProblemNotANumber
	ProblemRange     // 0, negative or beyond int32
	ProblemNotHex    // not 32 hexadecimal digits
	ProblemPublished // a published api_id: only a warning
	// Sessions.
	ProblemSession   // it cannot be used; Err says why
	ProblemNoOwner   // nothing says which bot's it is
	ProblemBotNotYet // its bot, whose id Got is, has no token here
	// Names.
	ProblemTaken    // another bot or app has it
	ProblemReserved // a number, or starts with @, or "production" and "test" where a custom name is needed
	ProblemUnknown  // no such environment, app or keyring
	ProblemNeedsDCs // a custom environment without --dc or --server-key
	ProblemFixedDCs // --dc or --server-key with an environment of Telegram's own
	// ProblemConfiguredDCs: --dc or --server-key with an environment that is configured with others.
	ProblemConfiguredDCs
	ProblemProxy  // it cannot be a proxy's address or secret; Err says why, and quotes nothing
	ProblemBotAPI // it cannot be a Bot API server's URL; Err says why, and quotes nothing
	// ProblemChecksum: a recipient that begins as one, and whose check sum does not fit.
	ProblemChecksum
	ProblemSyntax // not of the form that is wanted; Err says more
)

// An InputError is a problem with one input, found before anything was sent or written.
type InputError struct {
	Field   Field
	Problem Problem
	// Got and Want are numbers or names that the sentence needs: the two bot ids of ProblemOtherBot, the
	// characters counted of ProblemSecretLength, the name that is taken, where the proxy of ProblemProxy was named
	// ("" where it was typed). Never a secret.
	Got, Want string
	// Err is the cause, if there is one.
	Err error
}

func (e *InputError) Error() string { return fmt.Sprintf("%s: problem %d", e.Field, e.Problem) }

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// Warning reports whether the problem is worth saying and does not stand in the way.
func (e *InputError) Warning() bool {
	return e.Problem == ProblemSecretLength || e.Problem == ProblemPublished
}

// A FloodError is a wait that Telegram asked for. Remembered means it asked earlier, and nothing was sent
// now.
type FloodError struct {
	Key        Key
	Until      time.Time
	Remembered bool
	// Address: it binds all that this computer sends.
	Address bool
	// BotAPI is the Bot API server that asked, which binds what that one is asked and nothing else; "" for Telegram
	// itself.
	BotAPI string
	// Err is Telegram's own answer, when there is one.
	Err error
}

func (e *FloodError) Error() string { return "flood wait until " + e.Until.Format(time.RFC3339) }

// Unwrap returns Telegram's answer.
func (e *FloodError) Unwrap() error { return e.Err }

// An UnsavedError is a login that Telegram granted and the keyring did not take. The login is in memory
// until SaveAgain or Abandon.
type UnsavedError struct {
	Bot Bot
	// Err is why the keyring did not take it.
	Err error

	login *save
}

func (e *UnsavedError) Error() string { return "logged in, not saved: " + e.Err.Error() }

// Unwrap returns why the keyring did not take it.
func (e *UnsavedError) Unwrap() error { return e.Err }

// A NotUndoneError says that a login was ended at Telegram, and that the keyring could not be made what it was
// before: the write that failed may have arrived. The save stays in the journal, and Recover finds out.
type NotUndoneError struct {
	// Err is what the keyring said.
	Err error
}

func (e *NotUndoneError) Error() string {
	return "the login was ended, the keyring is not as it was: " + e.Err.Error()
}

// Unwrap returns what the keyring said.
func (e *NotUndoneError) Unwrap() error { return e.Err }

// A TokenDiffersError says that the bot is known with another token. To go on is ReplaceToken.
type TokenDiffersError struct {
	Bot   Bot
	Token secret.Secret
}

func (e *TokenDiffersError) Error() string {
	return "bot " + e.Bot.String() + " is known with another token"
}

// An AppInUseError names the bots that keep an app from being removed.
type AppInUseError struct {
	App  App
	Bots []Bot
}

func (e *AppInUseError) Error() string {
	return fmt.Sprintf("app %d is used by %d bots", e.App.APIID, e.App.Bots)
}

// A NotFoundError says that no bot is called that. Near are the most alike, at most three.
type NotFoundError struct {
	Ref  string
	Near []Bot
}

func (e *NotFoundError) Error() string { return "no bot " + e.Ref }

// An AmbiguousError says that several bots are called that.
type AmbiguousError struct {
	Ref  string
	Bots []Bot
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%d bots are called %s", len(e.Bots), e.Ref)
}

// A ManagerError says that a bot which manages others could not be asked for the token of one of them.
type ManagerError struct {
	Manager Bot
	Err     error
}

func (e *ManagerError) Error() string {
	return "ask manager " + e.Manager.String() + ": " + e.Err.Error()
}

// Unwrap returns why.
func (e *ManagerError) Unwrap() error { return e.Err }

// An UnfinishedError says that the rotation of a bot's token was cut off, and how far it had come. Rotating the bot
// once more goes on from there.
type UnfinishedError struct {
	Bot  Bot
	Step store.RotationStep
	// Revoked: at RotationRevoking, it is known that the old token is dead.
	Revoked bool
	Err     error
}

func (e *UnfinishedError) Error() string {
	return "rotation cut off, " + string(e.Step) + ": " + e.Err.Error()
}

// Unwrap returns what cut it off.
func (e *UnfinishedError) Unwrap() error { return e.Err }

// also joins what went wrong while dealing with err, if anything did.
func also(err, more error) error {
	switch {
	case more == nil:
		return err
	case err == nil:
		return more
	}
	return errors.Join(err, more)
}
