package fleet

import (
	"context"
	"errors"
	"time"

	"botring/fleet/store"
	"botring/keyring"
)

// items compares what is in the keyring with the rows of the catalogue.
func (x *examination) items(ctx context.Context) {
	switch {
	case !x.readable():
		x.skip(TopicItems, x.closed)
		return
	case x.f.at.Load().unread != nil:
		x.skip(TopicItems, FoundNoCatalogue)
		return
	}
	began := time.Now()
	v, err := x.f.VerifyKeyring(ctx)
	if err == nil && x.opts.Fix && !v.Sound() {
		v, err = x.mend(ctx, v)
	}
	switch {
	case errors.Is(err, keyring.ErrLocked):
		// It was locked in this moment.
		x.skip(TopicItems, FoundLockedOut)
	case err != nil:
		x.fault(TopicItems, time.Since(began), err)
	default:
		x.compare(ctx, v, time.Since(began))
	}
}

// mend has the catalogue agree with the keyring, says what that did, and looks again.
func (x *examination) mend(ctx context.Context, before Verification) (after Verification, err error) {
	began := time.Now()
	did, err := x.f.Mend(ctx, before)
	if err != nil {
		return before, err
	}
	if after, err = x.f.VerifyKeyring(ctx); err != nil {
		return before, err
	}
	took := time.Since(began)
	for _, done := range []struct {
		count int
		found Sign
	}{
		// Items, since an app has a row too.
		{len(before.WithoutRow) - len(after.WithoutRow), FoundRowsAdded},
		{did.Marked, FoundRowsMarked},
		{did.Returned, FoundRowsReturned},
	} {
		if done.count > 0 {
			x.found(Finding{Topic: TopicItems, Found: done.found, Count: done.count, Took: took, Fixed: true})
		}
	}
	return after, nil
}

// compare says what does not agree.
func (x *examination) compare(ctx context.Context, v Verification, took time.Duration) {
	finding := Finding{Topic: TopicItems, Found: FoundAgreement, Count: v.Bots, Apps: v.Apps, Took: took}
	if v.Sound() {
		if v.Blind {
			finding.Found = FoundBlind
		}
		x.found(finding)
		return
	}
	rowless, orphans := x.partRowless(ctx, v.WithoutRow)
	x.rowless = len(rowless) > 0
	without, marked := names(v.WithoutItem, func(b Bot) string { return b.String() }), true
	for _, bot := range v.WithoutItem {
		marked = marked && bot.Health.Status == store.SecretMissing
	}
	for _, sort := range []Finding{
		{Found: FoundWithoutRow, Grade: GradeProblem, Names: rowless, Fixable: true},
		{Found: FoundOrphans, Grade: GradeWarning, Names: orphans},
		{Found: FoundWithoutItem, Grade: GradeProblem, Names: without, Fixable: !marked},
		{Found: FoundAppsWithout, Grade: GradeProblem, Names: names(v.AppsWithoutItem, func(a App) string { return a.Name })},
		{Found: FoundReturned, Grade: GradeWarning, Names: names(v.Returned, func(b Bot) string { return b.String() }), Fixable: true},
	} {
		if len(sort.Names) > 0 {
			sort.Topic, sort.Count, sort.Took = TopicItems, len(sort.Names), took
			x.found(sort)
		}
	}
	if len(v.Bad) > 0 {
		x.found(Finding{
			Topic: TopicItems, Found: FoundBadItems, Grade: GradeProblem, Took: took, Err: v.Bad[0].Err,
			Names: names(v.Bad, func(item BadItem) string { return item.Name }), Count: len(v.Bad),
		})
	}
}

// rotations looks for rotations that were cut off. That there are none is no finding.
func (x *examination) rotations(ctx context.Context) {
	if x.f.at.Load().unread != nil {
		return
	}
	all, err := x.f.CutOffRotations(ctx)
	if err != nil || len(all) == 0 {
		return // what is wrong with the catalogue is its own finding
	}
	x.found(Finding{
		Topic: TopicItems, Grade: GradeWarning, Found: FoundRotations, Count: len(all),
		Names: names(all, func(r CutOffRotation) string { return r.Bot.String() }),
	})
}

func names[T any](of []T, name func(T) string) []string {
	var all []string
	for _, one := range of {
		all = append(all, name(one))
	}
	return all
}

// partRowless tells items that can have a row from sessions whose bots are neither in the catalogue nor in the
// keyring: nobody can say whose they are.
func (x *examination) partRowless(ctx context.Context, items []string) (rowless, orphans []string) {
	bots := make(map[Key]bool)
	rows, _ := x.f.Bots(ctx) // without them more is taken for mendable, which Mend then finds out
	for _, bot := range rows {
		bots[bot.Key] = true
	}
	for _, name := range items {
		if key, session, ok := parseBotItemName(name); ok && session == "" {
			bots[key] = true
		}
	}
	for _, name := range items {
		key, session, ok := parseBotItemName(name)
		pendingOf, pending := parsePendingItemName(name)
		if ok && session != "" && !bots[key] || pending && !bots[pendingOf] {
			orphans = append(orphans, name)
			continue
		}
		rowless = append(rowless, name)
	}
	return rowless, orphans
}

// clock judges this computer's clock, by Telegram's if that was asked, else by what has happened already.
func (x *examination) clock(ctx context.Context) {
	if len(x.measured) > 0 {
		x.found(clockFinding(x.measured))
		return
	}
	latest, err := x.f.at.Load().Latest(ctx)
	if err != nil {
		latest = time.Time{} // the catalogue's own finding says why
	}
	if x.opts.Built.After(latest) {
		latest = x.opts.Built
	}
	finding := Finding{Topic: TopicClock, Found: FoundClockPlausible}
	if ahead := x.f.now().Sub(latest); !latest.IsZero() && ahead < -clockSlack {
		finding = Finding{Topic: TopicClock, Grade: GradeWarning, Found: FoundClockBehind, Ahead: ahead}
	}
	x.found(finding)
}

// history looks whether the history goes as far as the keyring knows it went. A sound one is no finding: what
// else may be wrong with it is VerifyHistory's.
func (x *examination) history(ctx context.Context) {
	if !x.readable() || x.f.at.Load().unread != nil {
		return
	}
	check, err := x.f.VerifyHistory(ctx)
	finding := Finding{Topic: TopicHistory, Count: int(check.Seq)}
	switch {
	case errors.Is(err, keyring.ErrLocked): // in this moment
		return
	case err != nil:
		x.fault(TopicHistory, 0, err)
		return
	case check.Fault == HistoryCutOff:
		// Rows that are missing as well went with it, and a new one begins when they come back.
		finding.Grade, finding.Found, finding.Fixable = GradeProblem, FoundHistoryCutOff, x.rowless
	case check.Began.Lost > 0 && !check.Began.At.Before(x.began.Truncate(time.Millisecond)):
		finding.Found, finding.Fixed, finding.Count = FoundHistoryBegun, true, int(check.Began.Lost)
	default:
		return
	}
	x.found(finding)
}
