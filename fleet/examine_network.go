package fleet

import (
	"context"
	"errors"
	"slices"
	"time"

	"botring/telegram"
)

const (
	// contacts is how many addresses are tried at once.
	contacts = 8
	// clockSlack is how far a clock may seem to be before what has happened: two processes, one of which was
	// corrected in between.
	clockSlack = time.Minute
	// clockLimit is how far off a clock may be. Telegram refuses messages from further ahead than that
	// (core.telegram.org/mtproto/service_messages_about_messages).
	clockLimit = 30 * time.Second
)

// proxy says what Telegram is reached through, and tries it where something may be sent.
func (x *examination) proxy(ctx context.Context) {
	proxy := x.f.Proxy()
	if proxy.Kind == telegram.NoProxy {
		return
	}
	finding := Finding{Topic: TopicProxy, Found: FoundProxy, Subject: proxy.Name, Names: []string{proxy.String()}}
	x.found(finding)
	switch {
	case !x.opts.Network:
		return
	case NeedsProxySecret(proxy) && !x.readable():
		x.barred = true
		x.skip(TopicNetwork, x.closed)
		return
	}
	began := time.Now()
	_, err := x.f.TryProxy(ctx, proxy)
	finding.Found, finding.Took = FoundProxyLeads, time.Since(began)
	var answer *telegram.Error
	if errors.As(err, &answer) && !answer.Kind.OfProxy() {
		return // what lies behind it is looked at next
	}
	if err != nil {
		x.barred = true
		x.fault(TopicProxy, finding.Took, err)
		return
	}
	x.found(finding)
}

// network makes a key with every address of the current environment. Nothing is sent without being asked for.
func (x *examination) network(ctx context.Context) {
	if !x.opts.Network || x.barred {
		return
	}
	network := x.f.envs.known[x.f.envs.current]()
	talk := x.f.talk(network)
	free := make(chan struct{}, contacts)
	var tried [][]<-chan Finding
	for _, dc := range network.DCs {
		var of []<-chan Finding
		for _, addr := range dc.Addrs {
			done := make(chan Finding, 1)
			go func() {
				free <- struct{}{}
				defer func() { <-free }()
				done <- contact(ctx, talk, dc.ID, addr)
			}()
			of = append(of, done)
		}
		tried = append(tried, of)
	}
	// They are told in the order of the data centres, whichever answered first.
	for _, of := range tried {
		x.dataCentre(of)
	}
}

// contact tries one address, for as long as a conversation with Telegram may take.
func contact(ctx context.Context, talk conversation, dc int, addr string) Finding {
	began := time.Now()
	made, err := talk.Contact(ctx, dc, addr)
	finding := Finding{Topic: TopicNetwork, Found: FoundReached, Subject: addr, DC: dc, Took: time.Since(began), Ahead: made.Ahead}
	if err != nil {
		finding.Grade, finding.Found, finding.Err = GradeProblem, FoundUnreached, err
	}
	return finding
}

// dataCentre tells of the addresses of one data centre. One that is not reached is a problem where no other is.
func (x *examination) dataCentre(of []<-chan Finding) {
	var findings []Finding
	reached := false
	for _, done := range of {
		finding := <-done
		reached = reached || finding.Found == FoundReached
		findings = append(findings, finding)
	}
	for _, finding := range findings {
		switch {
		case finding.Found == FoundReached:
			x.measured = append(x.measured, finding.Ahead)
			finding.Ahead = 0
		case reached:
			finding.Grade = GradeWarning
		}
		x.found(finding)
	}
}

// clockFinding judges the clock by what servers said, each of which may be wrong itself.
func clockFinding(measured []time.Duration) Finding {
	slices.Sort(measured)
	ahead := measured[len(measured)/2]
	if ahead.Abs() > clockLimit {
		return Finding{Topic: TopicClock, Grade: GradeProblem, Found: FoundClockWrong, Ahead: ahead}
	}
	return Finding{Topic: TopicClock, Found: FoundClockRight, Ahead: ahead}
}
