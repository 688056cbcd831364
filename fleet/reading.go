package fleet

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"botring/fleet/store"
)

// Bots returns all bots, ordered by name. It reads the catalogue only, fast enough for a start.
func (f *Fleet) Bots(ctx context.Context) ([]Bot, error) {
	on := f.at.Load()
	if _, err := f.floods(ctx, on); err != nil {
		return nil, err
	}
	return on.Bots(ctx, f.now())
}

// FirstBots returns the first of what Bots would, n at most, and how many that would be: a start that waits for
// ten thousand shows nothing meanwhile.
func (f *Fleet) FirstBots(ctx context.Context, n int) (first []Bot, all int, err error) {
	on := f.at.Load()
	if _, err := f.floods(ctx, on); err != nil {
		return nil, 0, err
	}
	return on.FirstBots(ctx, f.now(), n)
}

// Names returns all bots, ordered by name, with what they are called and nothing else.
func (f *Fleet) Names(ctx context.Context) ([]Bot, error) { return f.at.Load().Names(ctx) }

// Bot returns one, or store.ErrNotFound. It reads the catalogue only.
func (f *Fleet) Bot(ctx context.Context, key Key) (Bot, error) {
	return f.at.Load().Bot(ctx, key, f.now())
}

// Apps returns all apps, ordered by name. It reads the catalogue only.
func (f *Fleet) Apps(ctx context.Context) ([]App, error) { return f.at.Load().Apps(ctx) }

// Waits are the waits Telegram asked for that have not ended: of bots, of apps, of this address.
func (f *Fleet) Waits(ctx context.Context) ([]Flood, error) {
	return f.at.Load().Floods(ctx, f.now())
}

// Find looks a bot up as commands name it: an id, "environment/id", @username or label; upper and lower
// case are alike, and the "@" may be missing where no label is in its way. It returns a *NotFoundError
// with near misses, or an *AmbiguousError with the candidates.
func (f *Fleet) Find(ctx context.Context, ref string) (Bot, error) {
	bots, err := f.Bots(ctx)
	if err != nil {
		return Bot{}, err
	}
	ref = strings.TrimSpace(ref)
	for _, called := range readings(ref) {
		var found []Bot
		for _, bot := range bots {
			if called(bot) {
				found = append(found, bot)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return Bot{}, &AmbiguousError{Ref: ref, Bots: found}
		}
	}
	return Bot{}, &NotFoundError{Ref: ref, Near: nearest(bots, ref)}
}

// readings are the ways to read ref, the first that finds a bot counts.
func readings(ref string) []func(Bot) bool {
	username := func(name string) func(Bot) bool {
		return func(b Bot) bool { return b.Profile.Username != "" && strings.EqualFold(b.Profile.Username, name) }
	}
	if name, ok := strings.CutPrefix(ref, "@"); ok {
		return []func(Bot) bool{username(name)}
	}
	if ref == "" {
		return nil
	}
	if isNumber(ref) {
		return []func(Bot) bool{func(b Bot) bool { return strconv.FormatInt(b.ID, 10) == ref }}
	}
	if isKey(ref) {
		return []func(Bot) bool{func(b Bot) bool { return b.Environment+"/"+strconv.FormatInt(b.ID, 10) == ref }}
	}
	return []func(Bot) bool{func(b Bot) bool { return strings.EqualFold(b.Label, ref) }, username(ref)}
}

// maxNear is how many near misses are named.
const maxNear = 3

// nearest are the bots whose names are most like ref.
func nearest(bots []Bot, ref string) []Bot {
	type miss struct {
		bot      Bot
		distance int
	}
	ref = strings.ToLower(strings.TrimPrefix(ref, "@"))
	if ref == "" {
		return nil
	}
	var misses []miss
	for _, bot := range bots {
		best := len(ref)
		for _, name := range []string{bot.Label, bot.Profile.Username, bot.Profile.FirstName, strconv.FormatInt(bot.ID, 10)} {
			if name != "" {
				best = min(best, unlikeness(strings.ToLower(name), ref))
			}
		}
		if best <= 1+len(ref)/4 {
			misses = append(misses, miss{bot, best})
		}
	}
	slices.SortStableFunc(misses, func(a, b miss) int { return cmp.Compare(a.distance, b.distance) })
	var near []Bot
	for _, m := range misses[:min(maxNear, len(misses))] {
		near = append(near, m.bot)
	}
	return near
}

// unlikeness is the number of characters to insert, delete or replace to get from a to b; a name that
// merely goes on after b, or begins before it, is as near as one slip.
func unlikeness(a, b string) int {
	if len(b) >= 3 && a != b && strings.Contains(a, b) {
		return 1
	}
	from, to := []rune(a), []rune(b)
	const longest = 64
	from, to = from[:min(longest, len(from))], to[:min(longest, len(to))]
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			replace := diagonal
			if r != s {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}

// Changed reports whether another program has changed the catalogue since it was last asked, or since the
// fleet was opened. It costs a few microseconds.
func (f *Fleet) Changed(ctx context.Context) (bool, error) {
	return f.at.Load().look(ctx)
}

// look sees which version of the catalogue there is, and reports whether it is another one than before.
func (on *ground) look(ctx context.Context) (changed bool, err error) {
	now, err := on.Version(ctx)
	if err != nil {
		return false, err
	}
	return on.version.Swap(now) != now, nil
}

// SetLabel changes the user's own name for a bot; "" takes it away. Labels are unique, no numbers, and do
// not start with @: *InputError. The keyring is not touched: its item has the label as of its last write.
func (f *Fleet) SetLabel(ctx context.Context, key Key, label string) (bot Bot, err error) {
	ctx, op := f.begin(ctx, "label", key)
	defer op.end(&err)
	on := f.at.Load()
	label = strings.TrimSpace(label)
	if problem := f.checkLabel(ctx, on, key, label); problem != nil {
		return Bot{}, problem
	}
	err = on.Update(ctx, key, func(b *Bot) { b.Label = label })
	if errors.Is(err, store.ErrTaken) {
		err = &InputError{Field: FieldLabel, Problem: ProblemTaken, Got: label, Err: err}
	}
	if err != nil {
		return Bot{}, err
	}
	return f.Bot(ctx, key)
}

// checkLabel says what is wrong with a label for key's bot.
func (f *Fleet) checkLabel(ctx context.Context, on *ground, key Key, label string) error {
	if label == "" {
		return nil
	}
	if problem := checkName(FieldLabel, label, maxLabel); problem != nil {
		return problem
	}
	taken, err := on.Labelled(ctx, key, label)
	if taken && err == nil {
		err = &InputError{Field: FieldLabel, Problem: ProblemTaken, Got: label}
	}
	return err
}
