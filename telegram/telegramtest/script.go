package telegramtest

import (
	"strings"
	"time"
)

// A Script is a way of answering. At most one of Error, Transport, Stall and Drop is set.
type Script struct {
	// Error is an RPC error such as "FLOOD_WAIT_31" with its Code; 0 means 420 for FLOOD_…, 303 for
	// …_MIGRATE_X, and 400 for all others.
	Error string
	Code  int
	// Transport is a transport error such as -429, sent instead of an answer.
	Transport int
	// Stall: never answer. Drop: close the connection instead of answering.
	Stall, Drop bool
	// Delay comes before the answer.
	Delay time.Duration
	// Heard: a later call is carried out all the same, and only its answer is lost for the script's.
	Heard bool
	// Times is how often this script is followed before all is well again, 0 for always.
	Times int
}

// code returns the code that goes with Error.
func (s Script) code() int {
	switch {
	case s.Code != 0:
		return s.Code
	case strings.HasPrefix(s.Error, "FLOOD_"):
		return 420
	case strings.Contains(s.Error, "_MIGRATE_"):
		return 303
	default:
		return 400
	}
}

// refuses reports whether the script is anything but the wanted answer, late or not.
func (s Script) refuses() bool {
	return s.Error != "" || s.Transport != 0 || s.Stall || s.Drop
}

// A Point is a place in a conversation that comes before the server knows which bot it is about.
type Point int

// The points, in the order a conversation reaches them.
const (
	// AtConnect is when a connection was accepted. An Error cannot be sent there and is ignored; Transport
	// is sent once the client has begun to speak.
	AtConnect Point = iota
	// AtExchange is when a key exchange begins. An Error cannot be sent there and is ignored.
	AtExchange
	// AtInit is when a call arrives inside initConnection; Error answers the call.
	AtInit
)

// points is how many there are.
const points = int(AtInit) + 1

// String names the point.
func (p Point) String() string {
	switch p {
	case AtConnect:
		return "connect"
	case AtExchange:
		return "exchange"
	case AtInit:
		return "init"
	default:
		return "unknown"
	}
}

// Script says how the server behaves at a point, towards everybody and from now on. The zero Script
// undoes it.
func (s *Server) Script(at Point, script Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[at] = running{Script: script}
}

// running is a script and how often it was followed. The server's mutex guards it.
type running struct {
	Script
	followed int
}

// next returns how to answer this time, the zero Script when the script has run its course.
func (r *running) next() Script {
	if r.Times > 0 && r.followed >= r.Times {
		return Script{}
	}
	r.followed++
	return r.Script
}
