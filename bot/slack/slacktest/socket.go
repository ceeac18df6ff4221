package slacktest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// socket is one connection of the app in Socket Mode.
type socket struct {
	conn    *websocket.Conn
	gone    chan struct{}
	stalled bool // open, and nothing comes through it any more
	leaving bool // a disconnect frame was sent
}

func connectionsOpen(w *Workspace, _ args) (obj, *problem) {
	ticket := random()
	w.tickets[ticket] = true
	return obj{"url": "ws" + strings.TrimPrefix(w.server.URL, "http") + "/link/?ticket=" + ticket + "&app_id=" + w.AppID}, nil
}

func (w *Workspace) serveSocket(out http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	w.mu.Lock()
	valid := w.tickets[ticket]
	delete(w.tickets, ticket) // good for one connection
	if !valid {
		w.refuse("socket", "invalid_ticket", "")
	}
	w.mu.Unlock()
	if !valid {
		http.Error(out, "invalid ticket", http.StatusForbidden)
		return
	}
	conn, err := websocket.Accept(out, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // slack-go sends an Origin
	if err != nil {
		return
	}
	s := &socket{conn: conn, gone: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.mu.Lock()
	if len(w.deliveries.sockets) >= 10 { // Socket Mode: up to ten connections at once
		w.refuse("socket", "too_many_websockets", "")
		w.mu.Unlock()
		_ = conn.Close(websocket.StatusPolicyViolation, "too_many_websockets")
		return
	}
	n := len(w.deliveries.sockets) + 1
	w.mu.Unlock()
	_ = conn.Write(ctx, websocket.MessageText, asJSON(obj{
		"type": "hello", "num_connections": n, "connection_info": obj{"app_id": w.AppID},
		"debug_info": obj{"host": "applink-fake", "build_number": 1, "approximate_connection_time": 18060},
	}))
	w.mu.Lock()
	w.deliveries.sockets = append(w.deliveries.sockets, s)
	w.touch()
	w.mu.Unlock()
	w.running.Add(1)
	go func() { defer w.running.Done(); w.pings(ctx, s) }()
	w.listen(ctx, s)
	w.mu.Lock()
	w.deliveries.sockets = slices.DeleteFunc(w.deliveries.sockets, func(o *socket) bool { return o == s })
	close(s.gone)
	w.touch()
	w.mu.Unlock()
	_ = conn.CloseNow()
}

func (w *Workspace) pings(ctx context.Context, s *socket) {
	tick := time.NewTicker(w.pingEvery)
	defer tick.Stop()
	for {
		w.mu.Lock()
		stalled := s.stalled
		w.mu.Unlock()
		if !stalled {
			within, cancel := context.WithTimeout(ctx, w.pingEvery*4)
			err := s.conn.Ping(within)
			cancel()
			if err != nil {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-w.closed:
			return
		case <-tick.C:
		}
	}
}

// listen takes acknowledgements until the connection ends.
func (w *Workspace) listen(ctx context.Context, s *socket) {
	s.conn.SetReadLimit(1 << 20)
	for {
		_, raw, err := s.conn.Read(ctx)
		if err != nil {
			return
		}
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		bad := json.Unmarshal(raw, &ack)
		var answer obj
		if len(ack.Payload) > 0 {
			_ = json.Unmarshal(ack.Payload, &answer)
		}
		w.mu.Lock()
		switch waiting := w.deliveries.pending[ack.EnvelopeID]; {
		case s.stalled: // nothing gets through
		case bad != nil || ack.EnvelopeID == "":
			w.refuse("socket", "invalid_ack", string(raw[:min(len(raw), 200)]))
		case len(raw) >= answerBytes:
			w.refuse("socket", "ack_too_large", ack.EnvelopeID)
		case waiting != nil:
			delete(w.deliveries.pending, ack.EnvelopeID)
			waiting <- answer
		} // an envelope that nobody waits for any more was delivered again
		w.mu.Unlock()
	}
}

// pick waits for a socket and takes them in turn.
func (w *Workspace) pick() *socket {
	for {
		w.mu.Lock()
		changed := w.changed
		all := w.deliveries.sockets
		for range all {
			w.deliveries.turn++
			if s := all[w.deliveries.turn%len(all)]; !s.leaving {
				w.mu.Unlock()
				return s
			}
		}
		w.mu.Unlock()
		select {
		case <-changed:
		case <-w.closed:
			return nil
		}
	}
}

// overSocket sends an envelope and waits for its acknowledgement; why says why none came.
func (w *Workspace) overSocket(d *Delivery, attempt int, reason string) (answer obj, why string) {
	s := w.pick()
	if s == nil {
		return nil, "closed"
	}
	id := "env-" + random()
	waiting := make(chan obj, 1)
	frame := obj{"envelope_id": id, "type": d.Kind, "accepts_response_payload": d.accepts}
	if attempt > 0 || d.Kind == "events_api" {
		frame["retry_attempt"], frame["retry_reason"] = attempt, reason
	}
	w.mu.Lock()
	frame["payload"] = copied(d.payload)
	if w.deliveries.pending == nil {
		w.deliveries.pending = map[string]chan obj{}
	}
	w.deliveries.pending[id] = waiting
	drop := w.deliveries.drop > 0
	lostOnTheWay := false
	if drop {
		w.deliveries.drop--
		w.deliveries.dropped++
		lostOnTheWay = w.deliveries.dropped%2 == 0
	}
	stalled := s.stalled
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.deliveries.pending, id)
		w.mu.Unlock()
	}()
	if !stalled && !lostOnTheWay {
		ctx, cancel := context.WithTimeout(context.Background(), w.ackWithin)
		err := s.conn.Write(ctx, websocket.MessageText, asJSON(frame))
		cancel()
		if err != nil {
			_ = s.conn.CloseNow()
			<-s.gone
			return nil, "connection_closed"
		}
	}
	if drop { // before or after it has arrived, and always before the acknowledgement
		w.mu.Lock()
		delete(w.deliveries.pending, id)
		w.mu.Unlock()
		_ = s.conn.CloseNow()
		<-s.gone
		return nil, "connection_closed"
	}
	timer := time.NewTimer(w.ackWithin)
	defer timer.Stop()
	select {
	case answer := <-waiting:
		return answer, ""
	case <-s.gone:
		select { // it may have come just before
		case answer := <-waiting:
			return answer, ""
		default:
		}
		return nil, "connection_closed"
	case <-timer.C:
		return nil, "timeout"
	case <-w.closed:
		return nil, "closed"
	}
}

// Sockets counts the open connections.
func (w *Workspace) Sockets() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.deliveries.sockets)
}

// DropSockets ends every connection without a word.
func (w *Workspace) DropSockets() {
	for _, s := range w.open() {
		_ = s.conn.CloseNow()
		<-s.gone
	}
}

// DropDuring lets the connection break during each of the next n events: by turns right
// after the event has gone out and before it arrives.
func (w *Workspace) DropDuring(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliveries.drop += n
}

// Dropped counts the connections that DropDuring has broken.
func (w *Workspace) Dropped() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.deliveries.dropped
}

// Stall lets the connections that are open fall silent without ending: no pings, no events,
// and acknowledgements get lost.
func (w *Workspace) Stall() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.deliveries.sockets {
		s.stalled = true
	}
}

// Disconnect announces the end of every connection, as Slack does when it moves them. The
// reason is warning, refresh_requested or link_disabled.
func (w *Workspace) Disconnect(reason string) {
	for _, s := range w.open() {
		w.mu.Lock()
		s.leaving = true
		w.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), w.ackWithin)
		_ = s.conn.Write(ctx, websocket.MessageText, asJSON(obj{
			"type": "disconnect", "reason": reason, "debug_info": obj{"host": "applink-fake"},
		}))
		cancel()
	}
}

func (w *Workspace) open() []*socket {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.deliveries.sockets)
}
