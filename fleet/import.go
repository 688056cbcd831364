package fleet

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"botring/fleet/files"
	"botring/fleet/store"
	"botring/internal/secret"
)

// A Verdict is what importing an entry of a file would come to.
type Verdict int

// The verdicts.
const (
	Invalid      Verdict = iota // it is no token, or something beside it cannot be used; Problem says why
	New                         // its bot is not here
	Same                        // its bot is here with this token
	Changed                     // its bot is here with another token
	Repeated                    // the token or session stands further up too
	Contradicted                // another token of the same bot stands further up, or is preferred
	Ownerless                   // a session whose bot is not here, and is not known where Key has none
)

// String is the verdict as JSON has it.
func (v Verdict) String() string {
	switch v {
	case Invalid:
		return "invalid"
	case New:
		return "new"
	case Same:
		return "same"
	case Changed:
		return "changed_token"
	case Repeated:
		return "repeated"
	case Contradicted:
		return "contradicted"
	case Ownerless:
		return "no_bot"
	}
	return "unknown"
}

// A Candidate is a bot that was found in a file, or a session of one.
type Candidate struct {
	files.Entry
	Verdict Verdict
	// Key is whose token it is, as far as that can be read. Bot is its row where it is here.
	Key Key
	Bot Bot
	// Problem is why it is Invalid, or a warning.
	Problem *InputError
	// Before is where the entry stands that counts, for Repeated and Contradicted: its line, and its file in a folder.
	Before     int
	BeforeFile string
	// SessionName is what a session is called here, "" for a token.
	SessionName string
	// NoLabel: the label of the file was left out, since another bot has it.
	NoLabel bool
}

// Preview says what importing entries would come to. Nothing is written and nothing sent; the keyring is read
// where bots are here already. Tokens and sessions are told apart there, so that errors are those of keyring.
func (f *Fleet) Preview(ctx context.Context, entries []files.Entry) ([]Candidate, error) {
	on := f.at.Load()
	bots, err := on.Bots(ctx, f.now())
	if err != nil {
		return nil, err
	}
	rows := make(map[Key]Bot, len(bots))
	labels := make(map[string]Key, len(bots))
	for _, bot := range bots {
		rows[bot.Key] = bot
		labels[strings.ToLower(bot.Label)] = bot.Key
	}
	apps, err := f.knownApps(ctx)
	if err != nil {
		return nil, err
	}
	candidates := make([]Candidate, len(entries))
	first := make(map[Key]int, len(entries))
	var known []Key
	for _, i := range preferredFirst(entries) {
		entry := entries[i]
		if entry.IsSession() {
			continue // once it is known whose tokens there are
		}
		c := f.consider(entry, apps)
		candidates[i] = c
		if c.Verdict == Invalid {
			continue
		}
		if at, again := first[c.Key]; again {
			candidates[i].Verdict, candidates[i].Before, candidates[i].BeforeFile = Contradicted, candidates[at].Line, candidates[at].File
			if c.Token.Equal(candidates[at].Token) {
				candidates[i].Verdict = Repeated
			}
			continue
		}
		first[c.Key] = i
		if row, here := rows[c.Key]; here {
			candidates[i].Bot, candidates[i].Verdict = row, Same
			known = append(known, c.Key)
		}
		label := strings.ToLower(c.Label)
		switch whose, taken := labels[label]; {
		case label == "":
		case taken && whose != c.Key:
			candidates[i].Label, candidates[i].NoLabel = "", true
		default:
			labels[label] = c.Key
		}
	}
	if err := f.compare(ctx, on, candidates, known); err != nil {
		return nil, err
	}
	return candidates, f.previewSessions(ctx, on, entries, candidates, rows)
}

// preferredFirst are the places of entries in the order in which they count: of the tokens of a bot the first.
func preferredFirst(entries []files.Entry) []int {
	order := make([]int, 0, len(entries))
	for _, preferred := range []bool{true, false} {
		for i, e := range entries {
			if e.Preferred == preferred {
				order = append(order, i)
			}
		}
	}
	return order
}

// consider judges an entry by itself.
func (f *Fleet) consider(entry files.Entry, apps map[string]int) Candidate {
	entry.Token = secret.New(Trim(entry.Token.Reveal()))
	c := Candidate{Entry: entry, Verdict: New, Key: Key{Environment: entry.Environment}}
	if c.Key.Environment == "" {
		c.Key.Environment = f.envs.current
	}
	var token *InputError
	c.Key.ID, token = CheckToken(entry.Token.Reveal())
	var tags error
	c.Tags, tags = cleanTags(entry.Tags)
	// What stands in the way is told before what only is worth saying.
	for _, problem := range []*InputError{token, asInput(f.envs.require(c.Key.Environment)), c.checkApp(apps), c.checkLabel(), asInput(tags)} {
		if problem != nil && (c.Problem == nil || c.Problem.Warning() && !problem.Warning()) {
			c.Problem = problem
		}
	}
	if c.Problem != nil && !c.Problem.Warning() {
		c.Verdict = Invalid
	}
	return c
}

// checkApp says what is wrong with the app an entry brings or names.
func (c Candidate) checkApp(apps map[string]int) *InputError {
	if c.APIID == "" {
		if _, ok := apps[strings.ToLower(c.App)]; c.App != "" && !ok {
			return &InputError{Field: FieldAppName, Problem: ProblemUnknown, Got: c.App}
		}
		return nil
	}
	id, problem := CheckAPIID(c.APIID)
	if problem != nil && !problem.Warning() {
		return problem
	}
	if _, ok := apps[strconv.Itoa(id)]; !ok || !c.APIHash.Empty() {
		if problem := CheckAPIHash(c.APIHash.Reveal()); problem != nil {
			return problem
		}
	}
	return problem
}

func (c Candidate) checkLabel() *InputError {
	if c.Label == "" {
		return nil
	}
	return checkName(FieldLabel, c.Label, maxLabel)
}

// asInput is the *InputError of checks that return no other.
func asInput(err error) *InputError {
	var problem *InputError
	errors.As(err, &problem)
	return problem
}

// compare tells Same from Changed by what the keyring has.
func (f *Fleet) compare(ctx context.Context, on *ground, candidates []Candidate, known []Key) error {
	if len(known) == 0 {
		return nil
	}
	names := make([]string, len(known))
	for i, key := range known {
		names[i] = botItemName(key)
	}
	items, err := on.unlockedItems(ctx, names)
	if err != nil {
		return err
	}
	for i := range candidates {
		c := &candidates[i]
		if c.Verdict != Same {
			continue
		}
		// An item that is gone or damaged has no token; what is imported mends it.
		item, err := decodeBotItem(c.Key, items[botItemName(c.Key)])
		if err != nil || !item.Token.Equal(c.Token) {
			c.Verdict = Changed
		}
	}
	return nil
}

// An Importing says how candidates are imported.
type Importing struct {
	// APIID is the saved app of those that name none; 0 is the only one there is.
	APIID int
	// Tags are given to each.
	Tags []string
	// NoLogin saves tokens without logging in.
	NoLogin bool
	// Replace takes the tokens that are Changed too. A saved token that works is not lost to one of an old file:
	// the new one is logged in first, unless NoLogin.
	Replace bool
}

// Takes reports whether a candidate would be imported at all.
func (how Importing) Takes(c Candidate) bool {
	switch c.Verdict {
	case New:
		return true
	case Same:
		return !c.IsSession() // a session that is here already is not looked at
	case Changed:
		return how.Replace
	case Invalid, Repeated, Contradicted, Ownerless:
	}
	return false
}

// Import saves those candidates that how takes, some at a time through the schedule, and calls done for each as
// it ends, one call at a time, with its place among the candidates. Sessions come last, when their bots are here:
// they are saved as running elsewhere and not opened. What is here already and logged in comes
// back as ErrSessionWorks, so that an import that was cut off can be run again. When ctx ends, what runs is
// cancelled and nothing more begins.
//
// First the keyring is preflighted and the apps are saved that the candidates bring. The error says that this was
// not to be, and then no bot was tried.
//
// An *UnsavedError is given up here, the login ended again: a hundred of them cannot wait for somebody.
func (f *Fleet) Import(ctx context.Context, candidates []Candidate, how Importing, done func(int, Outcome)) error {
	if problem := CheckTags(how.Tags); problem != nil {
		return problem
	}
	if _, err := f.preflight(ctx, f.at.Load(), nil); err != nil {
		return err
	}
	apps, err := f.appsOf(ctx, candidates, how)
	if err != nil {
		return err
	}
	at := make(map[Key]int, len(candidates))
	var keys []Key
	for i, c := range candidates {
		if how.Takes(c) && !c.IsSession() {
			at[c.Key] = i
			keys = append(keys, c.Key)
		}
	}
	f.many(ctx, keys, func(ctx context.Context, key Key) (Bot, error) {
		i := at[key]
		return f.importOne(ctx, candidates[i], apps[i], how)
	}, func(o Outcome) { done(at[o.Key], o) })
	f.importSessions(ctx, candidates, how, done)
	return nil
}

func (f *Fleet) importOne(ctx context.Context, c Candidate, apiID int, how Importing) (Bot, error) {
	tags, err := cleanTags(append(c.Tags[:len(c.Tags):len(c.Tags)], how.Tags...))
	if err != nil {
		return f.after(ctx, c.Key, err)
	}
	_, known, err := f.known(ctx, f.at.Load(), c.Key)
	if err != nil {
		return Bot{}, err
	}
	order := NewBot{Token: c.Token, APIID: apiID, Environment: c.Key.Environment, NoLogin: how.NoLogin}
	if !known {
		order.Label, order.Tags = c.Label, tags
	}
	var saved Saved
	steps := traceOf(ctx).steps(c.Key)
	if c.Verdict == Changed && c.Bot.ID != 0 {
		saved, err = f.ReplaceToken(ctx, c.Key, c.Token, how.NoLogin, steps)
	} else {
		saved, err = f.Add(ctx, order, steps)
	}
	var unsaved *UnsavedError
	if errors.As(err, &unsaved) {
		ending, cancel := afterwards(ctx)
		defer cancel()
		err = also(unsaved.Err, f.Abandon(ending, unsaved))
	}
	if known && (err == nil || errors.Is(err, ErrSessionWorks)) {
		return f.after(ctx, c.Key, also(err, f.enrich(ctx, c.Key, c.Label, tags)))
	}
	if saved.Bot.ID != 0 {
		return saved.Bot, err
	}
	return f.after(ctx, c.Key, err)
}

// enrich gives a bot that was here before what a file says of it: tags besides its own, and a label if it has none
// and no other bot has it.
func (f *Fleet) enrich(ctx context.Context, key Key, label string, tags []string) error {
	if label == "" && len(tags) == 0 {
		return nil
	}
	ctx, cancel := afterwards(ctx) // the bot is saved, whoever turns away
	defer cancel()
	write := func() error {
		_, err := f.edit(ctx, []Key{key}, func(b *Bot) {
			b.Tags = withTags(b.Tags, tags)
			if b.Label == "" {
				b.Label = label
			}
		})
		return err
	}
	err := write()
	if errors.Is(err, store.ErrTaken) {
		label = ""
		err = write()
	}
	return err
}

// knownApps are the saved apps by name, in lower case, and by api_id.
func (f *Fleet) knownApps(ctx context.Context) (map[string]int, error) {
	saved, err := f.Apps(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[string]int, 2*len(saved))
	for _, app := range saved {
		known[strings.ToLower(app.Name)] = app.APIID
		known[strconv.Itoa(app.APIID)] = app.APIID
	}
	return known, nil
}

// appsOf finds the app of each candidate, by its place, and saves those that are new.
func (f *Fleet) appsOf(ctx context.Context, candidates []Candidate, how Importing) (map[int]int, error) {
	known, err := f.knownApps(ctx)
	if err != nil {
		return nil, err
	}
	apps := make(map[int]int, len(candidates))
	for i, c := range candidates {
		switch {
		case !how.Takes(c), c.IsSession():
		case c.APIID != "":
			id, _ := CheckAPIID(c.APIID)
			if _, ok := known[strconv.Itoa(id)]; !ok {
				if _, err := f.AddApp(ctx, "", id, c.APIHash); err != nil {
					return nil, err
				}
				known[strconv.Itoa(id)] = id
			}
			apps[i] = id
		case c.App != "":
			apps[i] = known[strings.ToLower(c.App)]
		case c.Bot.APIID != 0:
			apps[i] = c.Bot.APIID
		default:
			apps[i] = how.APIID
		}
	}
	return apps, nil
}

// NeedsApp reports whether an app has to be named for one of the candidates.
func (how Importing) NeedsApp(candidates []Candidate) bool {
	return slices.ContainsFunc(candidates, func(c Candidate) bool {
		return how.Takes(c) && !c.IsSession() && c.APIID == "" && c.App == "" && c.Bot.APIID == 0
	})
}
