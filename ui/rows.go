package ui

import (
	"strconv"
	"strings"

	"botring/fleet"
	"botring/fleet/fault"
)

// A row is a bot as the list shows it: its texts cleaned and folded once, when the catalogue is read, not at
// every frame or key.
type row struct {
	bot                 fleet.Bot
	name, username, app string
	tags, environment   string
	place               int // among all, by name
	// texts are what the filter looks at.
	texts [textKinds]text
}

// A textKind is one of the texts of a row.
type textKind int

const (
	inName textKind = iota
	inUsername
	inTags
	inApp
	inID
	inOtherName // the bot's own name, where the list shows a label
	textKinds
)

// rowsOf cleans all bots for showing.
func (sh *shell) rowsOf(bots []fleet.Bot) []row {
	apps := map[int]string{}
	for _, a := range sh.apps {
		apps[a.APIID] = fault.Clean(a.Name)
	}
	rows := make([]row, len(bots))
	for i := range bots {
		rows[i].set(&bots[i], apps)
	}
	return rows
}

// set makes the row that of a bot.
func (r *row) set(b *fleet.Bot, apps map[int]string) {
	*r = row{bot: *b, name: displayName(*b), app: apps[b.APIID], environment: fault.Clean(b.Environment)}
	if b.Profile.Username != "" {
		r.username = "@" + fault.Clean(b.Profile.Username)
	}
	if r.app == "" && b.APIID != 0 {
		r.app = strconv.Itoa(b.APIID)
	}
	switch len(b.Tags) {
	case 0:
	case 1:
		r.tags = fault.Clean(b.Tags[0])
	default:
		tags := make([]string, len(b.Tags))
		for j, tag := range b.Tags {
			tags[j] = fault.Clean(tag)
		}
		r.tags = strings.Join(tags, " ")
	}
	other := ""
	if b.Label != "" {
		other = fault.Clean(b.Profile.FirstName)
	}
	for in, shown := range [textKinds]string{
		inName: r.name, inUsername: r.username, inTags: r.tags, inApp: r.app, inID: strconv.FormatInt(b.ID, 10), inOtherName: other,
	} {
		r.texts[in] = newText(shown)
	}
}

// displayName is what a bot is called on screens: safe to show, never empty.
func displayName(b fleet.Bot) string {
	if name := fault.Clean(b.Name()); name != "" {
		return name
	}
	return b.Key.String()
}
