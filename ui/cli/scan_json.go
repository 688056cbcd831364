package cli

import (
	"botring/fleet/fault"
	"botring/fleet/radar"
)

type (
	scanObject struct {
		header
		Keyring  string          `json:"keyring"`
		Findings []leakJSON      `json:"findings"`
		Unread   []unreadJSON    `json:"unread"`
		Summary  scanSummaryJSON `json:"summary"`
	}
	// A leakJSON is a secret at a place, and nothing of what it is.
	leakJSON struct {
		// Kind is "token", "api_hash" or "session".
		Kind string `json:"kind"`
		// Owner is "ring", "ring_before" for what was replaced there since, or "unknown".
		Owner       string `json:"owner"`
		ID          int64  `json:"id"`          // the bot's, 0 where nothing tells it
		Environment string `json:"environment"` // of a bot on the ring
		Name        string `json:"name"`        // what the bot or app is called
		APIID       int64  `json:"api_id"`      // the app's, of an api_hash on the ring
		Session     string `json:"session"`     // its name on the ring
		Format      string `json:"format"`      // of a session string
		Status      string `json:"status"`      // the bot's, as of its last check
		Verdict     string `json:"verdict"`     // what the Bot API says of a token, with --check
		Path        string `json:"path"`
		Line        int    `json:"line"` // 0 in what is no text
		Encoding    string `json:"encoding"`
		// Of the history: what brought it there, whether it is in the message itself, and in how many versions it is.
		Commit   string  `json:"commit"`
		Date     *string `json:"date"`
		Message  bool    `json:"message"`
		Versions int     `json:"versions"`
		Next     string  `json:"next"`
	}
	unreadJSON struct {
		Path string `json:"path"`
		Says string `json:"says"`
	}
	scanSummaryJSON struct {
		Findings     int   `json:"findings"`
		Ring         int   `json:"ring"`
		More         bool  `json:"more"`
		Files        int64 `json:"files"`
		Versions     int64 `json:"versions"`
		Bytes        int64 `json:"bytes"`
		Ignored      int   `json:"ignored"`
		Links        int   `json:"links"`
		Repositories int   `json:"repositories"`
		Unread       int   `json:"unread"`
		Git          bool  `json:"git"`
		Bots         int   `json:"bots"`
		Unmarked     int   `json:"unmarked"`
	}
	hookObject struct {
		header
		Hook string `json:"hook"`
	}
)

func (s *shell) scanObject(report radar.Report, known ringKnown) scanObject {
	object := scanObject{Keyring: s.flags.kind(), Findings: []leakJSON{}, Unread: []unreadJSON{}, Summary: scanSummaryJSON{
		Findings: len(report.Findings), More: report.More, Files: report.Files, Versions: report.Blobs, Bytes: report.Bytes,
		Ignored: report.Ignored, Links: report.Links, Repositories: report.Repositories, Git: !report.NoGit,
		Unread: len(report.Unread) + report.UnreadMore, Bots: known.Bots, Unmarked: known.Unmarked,
	}}
	for _, found := range report.Findings {
		leak := known.leak(found)
		if found.Known {
			object.Summary.Ring++
		}
		object.Findings = append(object.Findings, leak)
	}
	for _, u := range report.Unread {
		object.Unread = append(object.Unread, unreadJSON{fault.Clean(u.Path), fault.ScanUnread(u.Err)})
	}
	return object
}

func (k ringKnown) leak(found radar.Finding) leakJSON {
	called, _ := k.owner(found)
	leak := leakJSON{
		Kind: string(found.Kind), Owner: "unknown", ID: found.ID, Name: fault.Clean(called), Session: fault.Clean(found.Owner.Session),
		Format: found.Format, Path: fault.Clean(found.Path), Line: found.Line, Encoding: found.Encoding, Commit: found.Commit,
		Date: timestamp(found.Date), Message: found.Message, Versions: found.Versions, Next: k.next(found),
	}
	leak.Verdict, _ = k.verdict(found)
	if !found.Known {
		return leak
	}
	leak.Owner = "ring"
	if found.Old() {
		leak.Owner = "ring_before"
	}
	if found.Kind == radar.APIHash {
		leak.APIID = found.Owner.ID
		return leak
	}
	leak.ID, leak.Environment = found.Owner.ID, found.Owner.Environment
	if bot, ok := k.Bot(found); ok {
		leak.Status = string(bot.Health.Status)
	}
	return leak
}
