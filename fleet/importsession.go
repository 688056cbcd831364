package fleet

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"botring/fleet/files"
	"botring/fleet/store"
	"botring/internal/secret"
	"botring/keyring"
	"botring/telegram"
)

// previewSessions judges the sessions among entries, for which there are no candidates yet. One is New where its bot
// is here, or its token is about to be.
func (f *Fleet) previewSessions(ctx context.Context, on *ground, entries []files.Entry, candidates []Candidate, rows map[Key]Bot) error {
	coming := make(map[Key]bool)
	for _, c := range candidates {
		if c.Verdict == New {
			coming[c.Key] = true
		}
	}
	var known []Key
	owners := ownersOf(entries)
	first := make(map[string]int) // of each key, told by its id
	for i, entry := range entries {
		if !entry.IsSession() {
			continue
		}
		c := f.considerSession(entry, owners)
		candidates[i] = c
		if c.Session == nil || c.Verdict == Invalid {
			continue
		}
		if at, again := first[c.Session.KeyID()]; again {
			candidates[i].Verdict, candidates[i].Problem = Repeated, nil
			candidates[i].Before, candidates[i].BeforeFile = candidates[at].Line, candidates[at].File
			continue
		}
		first[c.Session.KeyID()] = i
		switch row, here := rows[c.Key]; {
		case c.Verdict != New:
		case here:
			candidates[i].Bot = row
			known = append(known, c.Key)
		case !coming[c.Key]:
			candidates[i].Verdict = Ownerless
			candidates[i].Problem = &InputError{Field: FieldSession, Problem: ProblemBotNotYet, Got: strconv.FormatInt(c.Key.ID, 10)}
		}
	}
	return f.compareSessions(ctx, on, candidates, known)
}

// ownersOf are the bots of sessions, by the ids of their keys: one library writes down whose it is, another does not,
// and the same session may be there in both forms.
func ownersOf(entries []files.Entry) map[string]int64 {
	owners := make(map[string]int64)
	for _, e := range entries {
		if e.Session != nil && e.Session.UserID != 0 {
			owners[e.Session.KeyID()] = e.Session.UserID
		}
	}
	return owners
}

// considerSession judges a session by itself.
func (f *Fleet) considerSession(entry files.Entry, owners map[string]int64) Candidate {
	c := Candidate{Entry: entry, Verdict: New, SessionName: sessionName(entry)}
	if entry.Refused != nil {
		c.Verdict, c.Problem = Invalid, &InputError{Field: FieldSession, Problem: ProblemSession, Err: entry.Refused}
		return c
	}
	c.Key = Key{Environment: f.sessionEnvironment(entry), ID: owners[entry.Session.KeyID()]}
	if c.Key.ID == 0 {
		c.Key.ID = entry.Bot
	}
	switch problem := asInput(f.envs.require(c.Key.Environment)); {
	case problem != nil:
		c.Verdict, c.Problem = Invalid, problem
	case c.Key.ID == 0:
		c.Verdict, c.Problem = Ownerless, &InputError{Field: FieldSession, Problem: ProblemNoOwner}
	}
	return c
}

// OwnerOpen reports whether somebody may say whose session it is, as Entry.Bot: its library does not write that down.
func (c Candidate) OwnerOpen() bool {
	return c.Session != nil && c.Session.UserID == 0 && (c.Key.ID == 0 || c.Key.ID == c.Entry.Bot)
}

// sessionEnvironment is where a session belongs: what is written beside it, else what it says itself. Libraries know
// none but Telegram's own two, so that in a custom one what they call production is that.
func (f *Fleet) sessionEnvironment(entry files.Entry) string {
	says := SessionString{*entry.Session, entry.Kind}.Environment()
	custom := f.envs.current != telegram.EnvironmentProduction && f.envs.current != telegram.EnvironmentTest
	switch {
	case entry.Environment != "":
		return entry.Environment
	case says == "", says == telegram.EnvironmentProduction && custom:
		return f.envs.current
	}
	return says
}

// sessionName names a session after where it was found: the variable, the file, or else the library.
func sessionName(entry files.Entry) string {
	for _, from := range []string{entry.Name, entry.Stem} {
		if name := plainName(from); name != "" && name != store.DefaultSession && !isNumber(name) {
			return name
		}
	}
	if entry.Kind == 0 {
		return "session"
	}
	return entry.Kind.String()
}

// plainName makes a name of whatever something is called, of small letters, digits and dashes: one that
// CheckSessionName finds right, or "".
func plainName(text string) string {
	var out strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case out.Len() == maxSessionName:
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			out.WriteRune(r)
		case out.Len() > 0 && !strings.HasSuffix(out.String(), "-"):
			out.WriteByte('-')
		}
	}
	return strings.Trim(out.String(), "-")
}

// compareSessions finds those that the keyring has already.
func (f *Fleet) compareSessions(ctx context.Context, on *ground, candidates []Candidate, known []Key) error {
	if len(known) == 0 {
		return nil
	}
	var names []string
	for _, c := range candidates {
		if c.IsSession() && c.Verdict == New && c.Bot.ID != 0 {
			names = append(names, itemsOfSessions(c.Bot)...)
		}
	}
	slices.Sort(names)
	items, err := on.unlockedItems(ctx, slices.Compact(names))
	if err != nil {
		return err
	}
	for i := range candidates {
		c := &candidates[i]
		if !c.IsSession() || c.Verdict != New || c.Bot.ID == 0 {
			continue
		}
		for _, name := range itemsOfSessions(c.Bot) {
			if session := held(name, items[name]); session != nil && session.Key.Equal(c.Session.Key) {
				c.Verdict = Same
			}
		}
	}
	return nil
}

// itemsOfSessions are the names of the items that hold a bot's sessions.
func itemsOfSessions(bot Bot) []string {
	names := []string{botItemName(bot.Key)}
	for _, session := range bot.Sessions {
		if session.Name != store.DefaultSession {
			names = append(names, sessionItemName(bot.Key, session.Name))
		}
	}
	return names
}

// held is the session that an item has, nil for none that can be read.
func held(name string, value secret.Secret) (session *sessionItem) {
	key, further, ok := parseBotItemName(name)
	if !ok || value.Empty() {
		return nil
	}
	if further != "" {
		session, _ = decodeFurther(key, further, value)
	} else if item, err := decodeBotItem(key, value); err == nil {
		session = item.Session
	}
	return session
}

// importSessions saves the sessions among candidates. They are no logins, so that one follows the other.
func (f *Fleet) importSessions(ctx context.Context, candidates []Candidate, how Importing, done func(int, Outcome)) {
	for i, c := range candidates {
		if !c.IsSession() || !how.Takes(c) {
			continue
		}
		if ctx.Err() != nil {
			return
		}
		bot, err := f.importSession(ctx, c)
		done(i, Outcome{Key: c.Key, Bot: bot, Err: err})
	}
}

// importSession saves a session as one that runs elsewhere. It is not opened: whoever uses it would lose it.
func (f *Fleet) importSession(ctx context.Context, c Candidate) (bot Bot, err error) {
	ctx, op := f.begin(ctx, "import session", c.Key)
	defer op.end(&err)
	op.detail = c.SessionName
	on := f.at.Load()
	release, err := on.guard.take(ctx, c.Key)
	if err != nil {
		return f.after(ctx, c.Key, err)
	}
	defer release()
	return f.after(ctx, c.Key, f.saveSession(ctx, on, c))
}

// saveSession saves it as any further session is saved. An item that is there already, without a row, is taken for what
// it is: the keyring knows better than the file where that session runs.
func (f *Fleet) saveSession(ctx context.Context, on *ground, c Candidate) error {
	row, err := on.Bot(ctx, c.Key, f.now())
	if errors.Is(err, store.ErrNotFound) {
		return ErrNoBot
	}
	if err != nil {
		return err
	}
	r, err := on.ring.get(ctx)
	if err != nil {
		return err
	}
	name, there, err := freeSessionName(ctx, r, row, c.SessionName, c.Session.Key)
	if err != nil {
		return err
	}
	s := &save{key: c.Key, further: name, item: botItem{APIID: row.APIID, Profile: row.Profile, Session: there}}
	if there != nil {
		return f.enter(ctx, on, s)
	}
	s.item.Session = importedItem(c, row)
	if err := s.begin(ctx, f, on, false); err != nil {
		return err
	}
	_, err = f.finish(ctx, on, s, nil)
	return err
}

// importedItem is the session as the keyring is to have it. When it was made nobody knows, nor where it runs.
func importedItem(c Candidate, row Bot) *sessionItem {
	s := SessionString{*c.Session, c.Kind}
	return &sessionItem{
		Session: telegram.Session{
			DC: s.DC, Addr: s.Address(), Environment: c.Key.Environment, Key: s.Key, Salt: s.Salt, APIID: cmp.Or(s.APIID, row.APIID), UserID: c.Key.ID,
		},
		Runs: store.Elsewhere,
	}
}

// mostSessions of one name are told apart by a number.
const mostSessions = 100

// freeSessionName finds a name that no session of the bot has, or the one whose item has this session already, and
// that item's.
func freeSessionName(ctx context.Context, r *keyring.Ring, row Bot, wanted string, authKey secret.Secret) (name string, there *sessionItem, err error) {
	name = wanted
	for n := 2; n < mostSessions; n++ {
		value, err := r.Get(ctx, sessionItemName(row.Key, name))
		taken := slices.ContainsFunc(row.Sessions, func(s Session) bool { return s.Name == name })
		switch {
		case errors.Is(err, keyring.ErrNotFound) && !taken:
			return name, nil, nil
		case err != nil && !errors.Is(err, keyring.ErrNotFound):
			return "", nil, err
		case err == nil:
			if session := held(sessionItemName(row.Key, name), value); session != nil && session.Key.Equal(authKey) {
				return name, session, nil
			}
		}
		tail := "-" + strconv.Itoa(n)
		name = wanted[:min(len(wanted), maxSessionName-len(tail))] + tail
	}
	return "", nil, &InputError{Field: FieldSession, Problem: ProblemTaken, Got: wanted}
}
