package discordtest

import (
	"net/http"
	"time"
)

// Kind is a way in which a call fails.
type Kind int

// The ways.
const (
	// ServerError answers with status 502 and does nothing.
	ServerError Kind = iota + 1
	// Limited answers 429 and does nothing.
	Limited
	// CutAfter carries the call out and cuts the connection without an answer.
	CutAfter
	// CutBefore cuts the connection and does nothing.
	CutBefore
	// LimitedGlobally answers 429 for the whole API, as beyond 50 requests a second.
	LimitedGlobally
	// LimitedShared answers 429 for what others use too; it is no invalid request.
	LimitedShared
	// Silent does nothing and never answers, as where the connection is dead.
	Silent
)

// scope is whose limit a fault says is reached; empty: it is no 429.
func (k Kind) scope() string {
	return map[Kind]string{Limited: "user", LimitedGlobally: "global", LimitedShared: "shared"}[k]
}

type fault struct {
	kind  Kind
	after time.Duration
}

type faults struct {
	delay  time.Duration
	next   map[string][]fault
	broken fault
	hooks  map[string][]func()
}

func (f *faults) init() { f.next, f.hooks = map[string][]fault{}, map[string][]func(){} }

// Delay lets every call of the REST API wait before it is carried out.
func (g *Guild) Delay(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults.delay = d
}

// Fail lets the next n calls of a route fail; "" means of any route. retryAfter is for the
// limits; 1 s without it.
func (g *Guild) Fail(route string, n int, kind Kind, retryAfter ...time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := fault{kind: kind, after: time.Second}
	if len(retryAfter) > 0 {
		f.after = retryAfter[0]
	}
	for range n {
		g.faults.next[route] = append(g.faults.next[route], f)
	}
}

// Break lets every call fail from now on, until Mend. retryAfter is for the limits.
func (g *Guild) Break(kind Kind, retryAfter time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults.broken = fault{kind: kind, after: retryAfter}
}

// Mend ends what Break, Fail and Delay have begun. A call that is delayed already stays so.
func (g *Guild) Mend() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults.broken, g.faults.delay = fault{}, 0
	clear(g.faults.next)
}

// fault gives the next fault for a route, and how long its call waits.
func (g *Guild) fault(route string) (fault, time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.faultHeld(route)
}

func (g *Guild) faultHeld(route string) (fault, time.Duration) {
	if g.faults.broken.kind != 0 {
		return g.faults.broken, g.faults.delay
	}
	for _, r := range []string{route, ""} {
		if q := g.faults.next[r]; len(q) > 0 {
			g.faults.next[r] = q[1:]
			return q[0], g.faults.delay
		}
	}
	return fault{}, g.faults.delay
}

// pause waits, and says whether the call is still wanted.
func (g *Guild) pause(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-g.closed:
	}
	return false
}

// After calls a function each time a call of the route was carried out and before it is
// answered: a test ends the process there. nil takes the functions away.
func (g *Guild) After(route string, hook func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if hook == nil {
		delete(g.faults.hooks, route)
		return
	}
	g.faults.hooks[route] = append(g.faults.hooks[route], hook)
}

func (g *Guild) hooksFor(route string, p *problem) []func() {
	if p != nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]func(){}, g.faults.hooks[route]...)
}
