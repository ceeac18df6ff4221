package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Delivery is something that a person did, on its way to the app.
type Delivery struct {
	Kind    string // slash_commands, interactive or events_api
	What    string // the command, callback, action or event
	User    string
	payload obj
	accepts bool // an acknowledgement may carry an answer
	again   bool // the platform's repeat of another

	w        *Workspace
	then     func(answer obj) // at the first acknowledgement, mu is held
	acked    chan struct{}
	gone     chan struct{} // given up
	isAcked  bool
	attempts int
}

// Ack is an acknowledgement by the app.
type Ack struct {
	Kind, What, User string
	Took             time.Duration // from sending it to its acknowledgement
	Attempt          int           // 0: the first try
	Answer           obj           // what the acknowledgement carried
}

type deliveries struct {
	sockets []*socket
	turn    int
	pending map[string]chan obj // acknowledgements by envelope
	http    string              // base URL of the app; empty: Socket Mode
	twice   bool
	held    bool
	queue   []*Delivery
	drop    int
	dropped int
}

// retries is how often Slack delivers again what was not acknowledged (Events API: three times).
const retries = 3

// send brings something to the app, in its own time; mu is not held.
func (w *Workspace) send(d *Delivery) *Delivery {
	d.w, d.acked, d.gone = w, make(chan struct{}), make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deliveries.held {
		w.deliveries.queue = append(w.deliveries.queue, d)
		return d
	}
	w.start(d)
	return d
}

// start lets a delivery go; mu is held.
func (w *Workspace) start(d *Delivery) {
	select {
	case <-w.closed:
		return
	default:
	}
	times := 1
	if w.deliveries.twice {
		times = 2
	}
	for n := range times {
		w.running.Go(func() { w.bring(d, n) })
	}
}

// bring tries until the app has acknowledged. second is 1 for the copy of a delivery that is
// made twice; a copy is not tried again.
func (w *Workspace) bring(d *Delivery, second int) {
	attempt, reason, slow := second, "", 0
	if second > 0 || d.again {
		attempt, reason = max(1, attempt), "timeout"
	}
	for {
		w.mu.Lock()
		done, base := d.isAcked && second == 0, w.deliveries.http
		d.attempts++
		w.mu.Unlock()
		if done {
			return
		}
		start := time.Now()
		var answer obj
		var why string
		if base != "" {
			answer, why = w.overHTTP(base, d, attempt, reason)
		} else {
			answer, why = w.overSocket(d, attempt, reason)
		}
		if why == "" {
			w.acknowledged(d, Ack{d.Kind, d.What, d.User, time.Since(start), attempt, answer})
			return
		}
		if why == "closed" || second > 0 {
			return
		}
		// Slack tries again after minutes: an app that restarts gets its events all the same.
		if why != "connection_closed" && why != "connection_failed" {
			slow++
		}
		if slow > retries || base != "" && d.Kind != "events_api" { // only events are tried again over HTTP
			w.mu.Lock()
			w.lost = append(w.lost, fmt.Sprintf("%s %s of %s: %s", d.Kind, d.What, d.User, why))
			close(d.gone)
			w.touch()
			w.mu.Unlock()
			return
		}
		attempt, reason = attempt+1, why
	}
}

func (w *Workspace) acknowledged(d *Delivery, ack Ack) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acks = append(w.acks, ack)
	if !d.isAcked {
		d.isAcked = true
		if d.then != nil && !d.again {
			d.then(ack.Answer)
		}
		close(d.acked)
	}
	w.touch()
}

// Await waits until the app has acknowledged, for as long as a Slack client waits. It says
// whether it did.
func (d *Delivery) Await() bool {
	d.w.mu.Lock()
	held, within := d.w.deliveries.held, d.w.ackWithin
	d.w.mu.Unlock()
	if held {
		return false
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-d.acked:
		return true
	case <-d.gone:
	case <-timer.C:
	case <-d.w.closed:
	}
	return false
}

// Acks are the acknowledgements in the order in which they came.
func (w *Workspace) Acks() []Ack {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.acks)
}

// Slowest is the longest time from sending to acknowledgement.
func (w *Workspace) Slowest() time.Duration {
	var most time.Duration
	for _, a := range w.Acks() {
		most = max(most, a.Took)
	}
	return most
}

// Lost is what the app never acknowledged.
func (w *Workspace) Lost() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lost)
}

// Twice lets everything be delivered twice: under two envelopes, to two sockets where there
// are two.
func (w *Workspace) Twice(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliveries.twice = on
}

// Hold keeps back what people do from now on. Their actions return at once.
func (w *Workspace) Hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliveries.held = true
}

// Release delivers what was held, the last first when backwards, each after the one before
// was acknowledged or given up.
func (w *Workspace) Release(backwards bool) {
	w.mu.Lock()
	queue := w.deliveries.queue
	w.deliveries.queue, w.deliveries.held = nil, false
	w.mu.Unlock()
	if backwards {
		slices.Reverse(queue)
	}
	for _, d := range queue {
		w.mu.Lock()
		w.start(d)
		w.mu.Unlock()
		d.Await()
	}
}

// answerBytes is the size from which Slack drops an acknowledgement over the socket.
const answerBytes = 20_000

func asJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own payload
	}
	return raw
}

// copied gives a JSON value that shares nothing with the workspace.
func copied(v any) any {
	var out any
	_ = json.Unmarshal(asJSON(v), &out)
	return out
}
