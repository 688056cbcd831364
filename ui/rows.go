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

// rowsOf cleans bots for showing. They come by name, and stay in that order.
func rowsOf(bots []fleet.Bot, of []fleet.App) []row {
	apps := appNames(of)
	rows := make([]row, len(bots))
	for i := range bots {
		rows[i].set(&bots[i], apps)
		rows[i].place = i
	}
	return rows
}

// An appName is what an app is called, and that as the filter looks at it.
type appName struct {
	name string
	text text
}

func newAppName(name string) appName { return appName{name, newText(name)} }

// appNames are the names of all apps by their api_id.
func appNames(of []fleet.App) map[int]appName {
	apps := make(map[int]appName, len(of))
	for _, a := range of {
		if name := fault.Clean(a.Name); name != "" {
			apps[a.APIID] = newAppName(name)
		}
	}
	return apps
}

// set makes the row that of a bot. It adds to apps what is to be shown of one without a name.
func (r *row) set(b *fleet.Bot, apps map[int]appName) {
	app, known := apps[b.APIID]
	if !known && b.APIID != 0 {
		app = newAppName(strconv.Itoa(b.APIID))
		apps[b.APIID] = app
	}
	*r = row{bot: *b, name: displayName(*b), app: app.name, environment: fault.Clean(b.Environment)}
	if b.Profile.Username != "" {
		r.username = "@" + fault.Clean(b.Profile.Username)
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
	r.texts = [textKinds]text{
		inName: newText(r.name), inUsername: newText(r.username), inTags: newText(r.tags), inApp: app.text,
		inID: newText(strconv.FormatInt(b.ID, 10)), inOtherName: newText(other),
	}
}

// displayName is what a bot is called on screens: safe to show, never empty.
func displayName(b fleet.Bot) string {
	if name := fault.Clean(b.Name()); name != "" {
		return name
	}
	return b.Key.String()
}
