package slacktest

import "time"

// Kind is a way in which a call fails.
type Kind int

// The ways.
const (
	// ServerError answers with status 500 and does nothing.
	ServerError Kind = iota + 1
	// Limited answers 429 and does nothing.
	Limited
	// CutAfter carries the call out and cuts the connection without an answer.
	CutAfter
	// CutBefore cuts the connection and does nothing.
	CutBefore
)

type fault struct {
	kind  Kind
	after time.Duration
}

type limit struct {
	n   int
	per time.Duration
}

// Delay lets every call of the Web API wait before it is carried out.
func (w *Workspace) Delay(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = d
}

// Fail lets the next n calls of a method fail; "" means of any method. retryAfter is for
// Limited; 1 s without it.
func (w *Workspace) Fail(method string, n int, kind Kind, retryAfter ...time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := fault{kind: kind, after: time.Second}
	if len(retryAfter) > 0 {
		f.after = retryAfter[0]
	}
	for range n {
		w.faults[method] = append(w.faults[method], f)
	}
}

// Break lets every call fail from now on, until Mend. retryAfter is for Limited.
func (w *Workspace) Break(kind Kind, retryAfter time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = fault{kind: kind, after: retryAfter}
}

// Mend ends what Break, Fail and Delay have begun. A call that is delayed already stays so.
func (w *Workspace) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken, w.delay = fault{}, 0
	clear(w.faults)
}

// takeFault gives the next fault for a method; mu is held.
func (w *Workspace) takeFault(method string) fault {
	if w.broken.kind != 0 {
		return w.broken
	}
	for _, m := range []string{method, ""} {
		if q := w.faults[m]; len(q) > 0 {
			w.faults[m] = q[1:]
			return q[0]
		}
	}
	return fault{}
}

// After calls a function each time a call of the method was carried out and before it is
// answered: a test ends the process there. nil takes the functions away.
func (w *Workspace) After(method string, hook func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if hook == nil {
		delete(w.hooks, method)
		return
	}
	w.hooks[method] = append(w.hooks[method], hook)
}

func (w *Workspace) hooksFor(method string, p *problem) []func() {
	if p != nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]func(){}, w.hooks[method]...)
}

// Limit lets a method be called n times in a span of real time, as Slack's tiers do (Tier 2,
// such as conversations.create: 20 a minute). n = 0 takes the limit away.
func (w *Workspace) Limit(method string, n int, per time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n == 0 {
		delete(w.limits, method)
		return
	}
	w.limits[method] = limit{n, per}
}

// OnePerSecond lets only one message a second pass to each channel (Slack, "Rate limits":
// chat.postMessage).
func (w *Workspace) OnePerSecond(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paced = on
}

// tooEarly says how long a call has to wait; mu is held. What is refused does not count.
func (w *Workspace) tooEarly(method string, a args) time.Duration {
	if l, ok := w.limits[method]; ok {
		if wait := w.bucket(method, l); wait > 0 {
			return wait
		}
	}
	if w.paced && method == "chat.postMessage" {
		// A tenth off: the network may bring two calls closer together than they were sent.
		id := a.str("channel")
		if w.users[id] != nil { // stands for the direct messages with him
			id = w.direct(id).id
		}
		return w.bucket("channel "+id, limit{1, 900 * time.Millisecond})
	}
	return 0
}

func (w *Workspace) bucket(name string, l limit) time.Duration {
	now := time.Now()
	recent := w.recent[name]
	for len(recent) > 0 && now.Sub(recent[0]) >= l.per {
		recent = recent[1:]
	}
	if len(recent) >= l.n {
		w.recent[name] = recent
		return l.per - now.Sub(recent[0])
	}
	w.recent[name] = append(recent, now)
	return 0
}
