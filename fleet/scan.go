package fleet

import (
	"context"

	"botring/fleet/files"
	"botring/fleet/radar"
)

// Scan looks for secrets in files, archives and the history of git (see radar.Scan), and in the session files of other
// libraries.
func Scan(ctx context.Context, opts radar.Options) (radar.Report, error) {
	opts.Sessions = storedSessions
	return radar.Scan(ctx, opts)
}

// ScanStaged is Scan of what the next commit would have in it.
func ScanStaged(ctx context.Context, folder string, opts radar.Options) (radar.Report, error) {
	opts.Sessions = storedSessions
	return radar.ScanStaged(ctx, folder, opts)
}

// mostAsked is how many different tokens are asked about: a server takes 20 in a minute.
const mostAsked = 100

// An Asking is how far the questions about tokens that were found are. About is the last that was asked about, and Err why that
// was not answered.
type Asking struct {
	Done, Of int
	About    radar.Finding
	Err      error
}

// Verdicts are what is known of tokens that were asked about.
type Verdicts struct {
	of map[string]TokenVerdict // by the token
}

// Of is what is known of a finding's token, false where nobody asked.
func (v Verdicts) Of(found radar.Finding) (TokenVerdict, bool) {
	if found.Held.Empty() {
		return TokenUnknown, false
	}
	verdict, asked := v.of[found.Held.Reveal()]
	return verdict, asked
}

// AskFound asks the Bot API about the tokens that a scan has found and holds, a hundred of them at most: those of the ring first and in
// their bots' environments, others in the one that is named. What it does not answer is not known, and nothing else
// is said of it. report, which may be nil, hears of the beginning and of each answer. The error is ctx's; what was answered
// until then is there.
func (f *Fleet) AskFound(ctx context.Context, environment string, findings []radar.Finding, report func(Asking)) (Verdicts, error) {
	verdicts := Verdicts{map[string]TokenVerdict{}}
	var ask []radar.Finding
	for _, known := range []bool{true, false} { // what only looks like a token takes nobody's turn
		for _, found := range findings {
			token := found.Held.Reveal()
			if _, twice := verdicts.of[token]; twice || found.Known != known || token == "" || len(ask) == mostAsked {
				continue
			}
			verdicts.of[token] = TokenUnknown
			ask = append(ask, found)
		}
	}
	clear(verdicts.of)
	at := Asking{Of: len(ask)}
	for ; ; at.Done++ {
		if report != nil {
			report(at)
		}
		if at.Done == at.Of {
			return verdicts, nil
		}
		at.About = ask[at.Done]
		in := environment
		if at.About.Known {
			in = at.About.Owner.Environment
		}
		var verdict TokenVerdict
		verdict, at.Err = f.TokenAlive(ctx, in, at.About.Held)
		if ctx.Err() != nil {
			return verdicts, context.Cause(ctx)
		}
		verdicts.of[at.About.Held.Reveal()] = verdict
	}
}

// Owners tell whose is what a scan finds. The zero value knows nobody.
type Owners struct {
	bots map[Key]*Bot
	ids  map[int64]*Bot
	apps map[int64]*App
}

// OwnersAmong are the owners among these bots and apps, which it keeps.
func OwnersAmong(bots []Bot, apps []App) Owners {
	o := Owners{make(map[Key]*Bot, len(bots)), make(map[int64]*Bot, len(bots)), make(map[int64]*App, len(apps))}
	for i := range bots {
		o.bots[bots[i].Key], o.ids[bots[i].ID] = &bots[i], &bots[i]
	}
	for i := range apps {
		o.apps[int64(apps[i].APIID)] = &apps[i]
	}
	return o
}

// Bot is the bot that a token or session is of. Where that is not on the ring it is one of the same id, if there is one.
func (o Owners) Bot(found radar.Finding) (Bot, bool) {
	var bot *Bot
	switch {
	case found.Kind == radar.APIHash:
	case found.Known:
		bot = o.bots[Key{Environment: found.Owner.Environment, ID: found.Owner.ID}]
	default:
		bot = o.ids[found.ID]
	}
	if bot == nil {
		return Bot{}, false
	}
	return *bot, true
}

// App is the app that an api_hash is of.
func (o Owners) App(found radar.Finding) (App, bool) {
	app := o.apps[found.Owner.ID]
	if app == nil || found.Kind != radar.APIHash || !found.Known {
		return App{}, false
	}
	return *app, true
}

// storedSessions reads the sessions of bots in a database. One that is none of theirs has none.
func storedSessions(database []byte) (all []radar.Stored) {
	doc, err := files.Read("", database)
	if err != nil {
		return nil
	}
	for _, entry := range doc.Entries {
		if entry.Session != nil {
			all = append(all, radar.Stored{Key: entry.Session.Key, ID: entry.Session.UserID, Format: entry.Kind.String()})
		}
	}
	return all
}
