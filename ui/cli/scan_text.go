package cli

import (
	"fmt"
	"io"
	"time"

	"botring/fleet/fault"
	"botring/fleet/radar"
)

// owner is what the one is called that a secret belongs to, and how commands name it; "" where nobody here is.
func (k ringKnown) owner(found radar.Finding) (called, ref string) {
	if app, ok := k.App(found); ok {
		return "the app " + app.Name, ""
	}
	if bot, ok := k.Bot(found); ok {
		return describe(bot), bot.String()
	}
	return "", ""
}

// next is the command that makes a secret worthless, "" where there is none.
func (k ringKnown) next(found radar.Finding) string {
	_, ref := k.owner(found)
	switch {
	case ref == "" || found.Old():
		return ""
	case found.Kind == radar.Token && found.Known:
		return "botring rotate " + ref
	case found.Kind == radar.Session && found.Known:
		return "botring logout " + ref + " --session " + fault.Clean(found.Owner.Session)
	}
	return ""
}

// mend says what to do about a finding.
func (k ringKnown) mend(found radar.Finding) string {
	next := k.next(found)
	switch {
	case next != "" && found.Kind == radar.Token:
		return next + " replaces it, and says how where that has to be done in @BotFather."
	case next != "":
		return next + " ends it."
	case found.Old():
		return ""
	case found.Kind == radar.Token:
		return fault.RevokeYours
	}
	return ""
}

// writeScan writes the findings as text: a place and what is there, then what to do.
func (s *shell) writeScan(w io.Writer, report radar.Report, known ringKnown) {
	said := map[string]bool{} // what to do is said once
	for _, found := range report.Findings {
		called, _ := known.owner(found)
		what := fault.ScanSecret(found, called)
		if _, verdict := known.verdict(found); verdict != "" {
			what += ": " + verdict
		}
		fmt.Fprintf(w, "%s  %s\n", fault.ScanPlace(found), what)
		if mend := known.mend(found); mend != "" && !said[mend] {
			said[mend] = true
			fmt.Fprintf(w, "  %s\n", mend)
		}
	}
	if n := len(report.Findings); n > 0 {
		s.say("%s in %s.", plural(n, "finding"), fault.Searched(report))
		return
	}
	s.say("Nothing was found in %s.", fault.Searched(report))
}

// noteScan says what was left out, and what a scan could not know.
func (s *shell) noteScan(report radar.Report, known ringKnown, how scanning) {
	if says := fault.ScanKnows(known.Marked, "botring keyring verify"); says != "" {
		s.note("%s", says)
	}
	if n := known.unasked(report); how.check && n > 0 {
		s.note("Not asked about: the tokens at %s; one scan asks about a hundred.", plural(n, "place"))
	}
	if how.hook && known.Bots == 0 && len(report.Findings) > 0 {
		s.note("The commit goes through.")
	}
	for _, says := range fault.LeftOut(report, "--no-ignore searches them", "name them to have that done") {
		s.note("%s", says)
	}
}

// How long a scan lasts before it tells how far it is, and how often it does then.
const (
	scanLasts = time.Second
	scanTells = 200 * time.Millisecond
)

// scan tells how far a scan is that lasts, until ended is called.
func (c *counter) scan(progress *radar.Progress) (ended func()) {
	if c.w == nil {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	began := time.Now()
	go func() {
		defer close(stopped)
		defer c.end()
		for wait := scanLasts; ; wait = scanTells {
			select {
			case <-stop:
				return
			case <-time.After(wait):
			}
			rate := float64(progress.Bytes.Load()) / time.Since(began).Seconds()
			c.write("searching", "searching: "+fault.Searching(progress)+", "+fault.Bytes(int64(rate))+"/s")
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}
