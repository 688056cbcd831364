package fleet

import (
	"context"
	"errors"
	"strconv"
	"time"

	"botring/keyring"
)

const (
	// probeSize is about an item's, in bytes.
	probeSize = 1200
	// slowProbe is how long a keyring of five thousand items does not take for a write, a read and a deletion.
	slowProbe = 2 * time.Second
)

// keyring looks whether there is a keyring, which one, and in what state.
func (x *examination) keyring(ctx context.Context) {
	switch x.f.at.Load().kind {
	case keyring.KindMemory:
		x.memory(ctx)
	case keyring.KindAge:
		x.files(ctx)
	case keyring.KindSystem:
		x.system(ctx)
	}
}

func (x *examination) memory(ctx context.Context) {
	x.found(Finding{Topic: TopicKeyring, Grade: GradeWarning, Found: FoundMemory})
	x.open(ctx, TopicKeyring)
}

// open opens the keyring and describes it, or says under topic why that is not possible.
func (x *examination) open(ctx context.Context, topic Topic) bool {
	x.closed = FoundNoKeyring
	began := time.Now()
	r, err := x.f.at.Load().ring.get(ctx)
	if err == nil {
		x.status, err = describe(ctx, r)
	}
	if err != nil && !missesCollection(err) {
		x.fault(topic, time.Since(began), err)
		return false
	}
	if topic == TopicService {
		x.found(Finding{
			Topic: topic, Found: FoundService, Subject: x.status.Provider, Process: x.status.Process, Took: time.Since(began),
		})
	}
	if err != nil {
		x.fault(TopicCollection, 0, err)
		return false
	}
	x.ring, x.closed = r, FoundFault
	return true
}

// missesCollection reports whether there is a keyring program that has nothing to store in.
func missesCollection(err error) bool {
	var unavailable *keyring.UnavailableError
	return errors.As(err, &unavailable) && unavailable.Reason == keyring.NoCollection
}

// system looks at the operating system's keyring, from the bus up.
func (x *examination) system(ctx context.Context) {
	if x.f.opts.OpenRing == nil && !x.bus(ctx) {
		x.closed = FoundNoKeyring
		return
	}
	if !x.open(ctx, TopicService) {
		return
	}
	if x.status.Collection != "" {
		x.found(Finding{Topic: TopicCollection, Found: FoundCollection, Subject: x.status.Collection})
	}
	x.lock()
}

// bus looks for the D-Bus session, where one is needed.
func (x *examination) bus(ctx context.Context) bool {
	began := time.Now()
	bus, err := keyring.SessionBus(ctx)
	switch {
	case err != nil:
		x.found(Finding{Topic: TopicBus, Grade: GradeProblem, Found: FoundFault, Subject: bus.Address, Took: time.Since(began), Err: err})
		return false
	case bus.Needed:
		x.found(Finding{Topic: TopicBus, Found: FoundBus, Subject: bus.Address, Took: time.Since(began)})
	}
	return true
}

// files looks at the encrypted files. Where a file has their passphrase they are opened with it: nobody is
// asked.
func (x *examination) files(ctx context.Context) {
	if !x.open(ctx, TopicKeyring) {
		return
	}
	if x.status.New {
		x.found(Finding{Topic: TopicKeyring, Found: FoundNotMade, Subject: x.status.Collection})
		x.closed = FoundNothingYet
		return
	}
	x.found(Finding{Topic: TopicKeyring, Found: FoundFiles, Subject: x.status.Collection})
	if x.status.Unfinished {
		x.found(Finding{Topic: TopicKeyring, Grade: GradeWarning, Found: FoundUnfinished, Subject: x.status.Collection})
	}
	if x.status.Locked && !x.opts.Brief && (x.f.opts.Passphrase.File != "" || x.f.opts.Passphrase.Ask == nil) {
		began := time.Now()
		err := x.ring.Unlock(ctx)
		if err != nil && !errors.Is(err, keyring.ErrLocked) {
			x.closed = FoundLockedOut
			x.fault(TopicLock, time.Since(began), err)
			return
		}
		x.status.Locked = err != nil
	}
	x.lock()
}

// lock says whether the keyring is locked, which is nothing bad and in the way of every further look.
func (x *examination) lock() {
	if !x.status.Locked {
		x.found(Finding{Topic: TopicLock, Found: FoundUnlocked})
		return
	}
	x.closed = FoundLockedOut
	finding := Finding{Topic: TopicLock, Grade: GradeWarning, Found: FoundLocked}
	if x.f.at.Load().kind == keyring.KindAge {
		finding.Err = &keyring.LockedError{NeedsPassphrase: true}
	}
	x.found(finding)
}

// readable reports whether the items can be looked at.
func (x *examination) readable() bool { return x.ring != nil && x.closed == FoundFault }

// probe writes something to the keyring, reads it back and deletes it.
func (x *examination) probe(ctx context.Context) {
	if !x.readable() {
		x.skip(TopicProbe, x.closed)
		return
	}
	if x.f.at.Load().kind == keyring.KindMemory {
		return
	}
	took, err := x.ring.Probe(ctx, probeSize)
	switch {
	case err != nil:
		x.fault(TopicProbe, took, err)
	case took > slowProbe:
		x.found(Finding{Topic: TopicProbe, Grade: GradeWarning, Found: FoundSlow, Took: took})
	default:
		x.found(Finding{Topic: TopicProbe, Found: FoundProbed, Took: took})
	}
}

// gnomeKeyring is how package keyring names the program two of which lose what they store.
const gnomeKeyring = "gnome-keyring"

// daemons looks for a second gnome-keyring on the same files.
func (x *examination) daemons(ctx context.Context) {
	if x.status.Provider != gnomeKeyring || x.f.opts.OpenRing != nil {
		return
	}
	began := time.Now()
	others, err := keyring.Rivals(ctx, x.status.Process)
	if err != nil {
		x.found(Finding{Topic: TopicDaemons, Grade: GradeSkipped, Found: FoundUnseen, Err: err})
		return
	}
	var rivals, maybe []string
	for _, other := range others {
		if other.Certain {
			rivals = append(rivals, strconv.Itoa(other.Process))
		} else {
			maybe = append(maybe, strconv.Itoa(other.Process))
		}
	}
	took := time.Since(began)
	if len(rivals) > 0 {
		x.found(Finding{Topic: TopicDaemons, Grade: GradeProblem, Found: FoundRivals, Names: rivals, Process: x.status.Process, Took: took})
	}
	if len(maybe) > 0 {
		x.found(Finding{Topic: TopicDaemons, Grade: GradeWarning, Found: FoundMaybeRivals, Names: maybe, Process: x.status.Process, Took: took})
	}
	if len(others) == 0 {
		x.found(Finding{Topic: TopicDaemons, Found: FoundAlone, Took: took})
	}
}
