package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"botring/fleet"
	"botring/fleet/fault"
	"botring/internal/secret"
)

type (
	inspectObject struct {
		header
		Session sessionStringJSON `json:"session"`
	}
	convertObject struct {
		header
		// Session is the string itself, Format whose it is.
		Session string `json:"session"`
		Format  string `json:"format"`
		// Lost are the fields that the new form has no room for, Assumed those that nobody has said, Open those
		// that nobody has given.
		Lost    []string `json:"lost"`
		Assumed []string `json:"assumed"`
		Open    []string `json:"open"`
		// From is the string that was given.
		From sessionStringJSON `json:"from"`
	}
	// A sessionStringJSON is what a session string says, but for its key.
	sessionStringJSON struct {
		Format string `json:"format"`
		DC     int    `json:"dc"`
		// Address is "", APIID and UserID are 0 where the string does not say; Environment is "" where neither it
		// nor its address tells.
		Address     string `json:"address"`
		APIID       int    `json:"api_id"`
		UserID      int64  `json:"user_id"`
		Environment string `json:"environment"`
		// Test is null where the form has no room for it.
		Test  *bool  `json:"test"`
		KeyID string `json:"key_id"`
	}
)

func newSession(s *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "session",
		Short: "List a bot's sessions; look into session strings and convert them",
		Example: `  botring session list @shop_orders_bot
  botring session convert --to telethon < session.txt | wl-copy`,
		Args: noCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("What about the session?", "The form is: botring session list BOT, botring session convert --to FORMAT, or botring session inspect.")
		},
	}
	cmd.AddCommand(newSessionList(s), newSessionConvert(s), newSessionInspect(s))
	return cmd
}

func newSessionInspect(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "inspect",
		Short: "Say what is in a session string, but for its key",
		Long: "Reads a session string on standard input, or asks for one, and says whose it is and what is in it: all but the key, " +
			"of which it shows the id that Telegram knows it by. Nothing is sent and nothing is saved.",
		Example: `  botring session inspect < session.txt
  pass show telegram/session | botring session inspect --json`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := s.readSession(cmd.Context())
			if err != nil {
				return err
			}
			return s.answer(inspectObject{Session: newSessionStringJSON(from)}, func(w io.Writer) { writeSession(w, from) })
		},
	}
}

// A converting is what the flags of session convert say.
type converting struct {
	to, apiID string
	bot       int64
	test      bool
	reveal    bool
}

func newSessionConvert(s *shell) *cobra.Command {
	var c converting
	cmd := &cobra.Command{
		Use:   "convert --to FORMAT [flags]",
		Short: "Write a session string as another library has it",
		Long: "Reads a session string of any library on standard input, or asks for one, and writes it as another library has it: to a " +
			"pipe, or a file that only you can read; elsewhere only with --reveal. The formats are " + strings.Join(formats(), ", ") +
			", also kurigram and teleproto.\n\n" +
			"What the first library did not keep, the second may need: --bot, --api-id and --test supply it. What is lost on the way, or " +
			"was assumed, is said on standard error. Nothing is sent and nothing is saved. Use a session in one place only: Telegram ends " +
			"one that is used in two places at once.",
		Example: `  botring session convert --to telethon < session.txt | wl-copy
  botring session convert --to pyrogram --bot 7123456789 --api-id 10001 < session.txt | wl-copy`,
		Args: args(0, 0, "--to FORMAT"),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.convertSession(cmd.Context(), c) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&c.to, "to", "", "the `format` to write")
	flags.Int64Var(&c.bot, "bot", 0, "the bot's `id`: the number before the colon of its token")
	flags.StringVar(&c.apiID, "api-id", "", "the `number` of the app the session was made with")
	flags.BoolVar(&c.test, "test", false, "it belongs to Telegram's test environment")
	flags.BoolVar(&c.reveal, "reveal", false, "wherever it goes to")
	return cmd
}

// formats are the names of the formats that can be written.
func formats() []string {
	var names []string
	for _, kind := range fleet.SessionKinds() {
		names = append(names, kind.String())
	}
	return names
}

func (s *shell) convertSession(ctx context.Context, c converting) error {
	to, ok := fleet.SessionKindOf(c.to)
	switch {
	case c.to == "":
		return usage("The format is missing.", "Give --to one of "+strings.Join(formats(), ", ")+".")
	case !ok:
		return usage("There is no format "+quote(c.to)+".", "They are "+strings.Join(formats(), ", ")+".")
	case c.bot < 0:
		return usage("The value of --bot cannot be used.", "It is the number before the colon of the bot's token.")
	}
	fill := fleet.SessionFill{BotID: c.bot, Test: c.test}
	if c.apiID != "" {
		id, problem := fleet.CheckAPIID(c.apiID)
		if err := s.judge(problem); err != nil {
			return err
		}
		fill.APIID = id
	}
	if !c.reveal {
		if err := mayReceive(s.Out, "session"); err != nil {
			return err
		}
	}
	from, err := s.readSession(ctx)
	if err != nil {
		return err
	}
	made, err := fleet.ConvertSession(from, to, fill)
	if err != nil {
		return err
	}
	object := convertObject{
		Format: to.String(), From: newSessionStringJSON(from), Lost: fieldsJSON(made.Lost), Assumed: fieldsJSON(made.Assumed), Open: fieldsJSON(made.Open),
	}
	if s.flags.json {
		object.Session = made.Text.Reveal()
	}
	s.noteConversion(made)
	return s.answer(object, func(w io.Writer) { fmt.Fprintln(w, made.Text.Reveal()) })
}

// readSession reads a session string from standard input, or at a prompt without an echo.
func (s *shell) readSession(ctx context.Context) (fleet.SessionString, error) {
	var text string
	var err error
	switch _, onTerminal := terminal(s.In); {
	case !onTerminal:
		text, err = s.readAll(ctx)
	case s.asks():
		text, err = s.promptSecret(ctx, "Session string: ")
	default:
		err = secretNeeded("There is no session string.", "Give it on standard input, or at the prompt of a terminal.")
	}
	if err != nil {
		return fleet.SessionString{}, err
	}
	return fleet.ReadSession(secret.New(text))
}

// noteConversion says what became of a session on the way.
func (s *shell) noteConversion(made fleet.SessionConversion) {
	if len(made.Lost) > 0 {
		s.note("Lost, since %s has no room for it: %s.", made.Kind.Library(), fieldNames(made.Lost))
	}
	for _, field := range made.Assumed {
		if field == fleet.SessionTest {
			s.note("Taken for production; if it is not, --test says so.")
		} else {
			s.note("The %s in it is Telegram's own.", fault.SessionField(field))
		}
	}
	if len(made.Open) > 0 {
		s.note("Not in it, and %s does without: %s.", made.Kind.Library(), fieldNames(made.Open))
	}
}

func fieldNames(fields []fleet.SessionField) string {
	var names []string
	for _, field := range fields {
		names = append(names, fault.SessionField(field))
	}
	return strings.Join(names, ", ")
}

func fieldsJSON(fields []fleet.SessionField) []string {
	names := []string{}
	for _, field := range fields {
		names = append(names, field.String())
	}
	return names
}

func newSessionStringJSON(session fleet.SessionString) sessionStringJSON {
	object := sessionStringJSON{
		Format: session.Kind.String(), DC: session.DC, Address: fault.Clean(session.Address()), APIID: session.APIID, UserID: session.UserID,
		Environment: session.Environment(), KeyID: session.KeyID(),
	}
	if session.Kind.Keeps(fleet.SessionTest) {
		object.Test = &session.Test
	}
	return object
}

// writeSession writes what a session string says as lines of a name and a value.
func writeSession(w io.Writer, session fleet.SessionString) {
	fmt.Fprintf(w, "A session string of %s\n", session.Kind.Library())
	line := func(name, value string) {
		if value == "" {
			value = "not in it"
		}
		fmt.Fprintf(w, "  %-12s %s\n", name, value)
	}
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	environment := session.Environment()
	if environment != "" && !session.Test && !session.Kind.Keeps(fleet.SessionTest) {
		environment += ", by its address"
	}
	line("format", session.Kind.String())
	line("DC", strconv.Itoa(session.DC))
	line("address", fault.Clean(session.Address()))
	line("api_id", number(int64(session.APIID)))
	line("bot's id", number(session.UserID))
	line("environment", environment)
	line("key id", session.KeyID())
}
