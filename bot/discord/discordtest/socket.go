package discordtest

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/coder/websocket"
)

// The gateway's opcodes (Discord, "Gateway Opcodes").
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opPresence       = 3
	opVoice          = 4
	opResume         = 6
	opReconnect      = 7
	opMembers        = 8
	opInvalidSession = 9
	opHello          = 10
	opAck            = 11
)

// The gateway's close codes (Discord, "Gateway Close Event Codes").
const (
	closeUnknownError   = 4000
	closeUnknownOp      = 4001
	closeDecode         = 4002
	closeNotIdentified  = 4003
	closeWrongToken     = 4004
	closeTwice          = 4005
	closeSeq            = 4007
	closeTooFast        = 4008
	closeShard          = 4010
	closeVersion        = 4012
	closeUnknownIntents = 4013
	closeIntents        = 4014
)

// socket is one connection of the gateway.
type socket struct {
	conn     *websocket.Conn
	raw      net.Conn // under it
	session  *session // nil: not identified
	queue    []frame
	wake     chan struct{}
	heard    time.Time // the last heartbeat
	sent     []time.Time
	compress bool
	zip      *zlib.Writer // dear to make: hundreds of events may leave at once
	zombie   bool         // open, and nothing comes through it any more
	ended    bool         // by us
}

// frame is what goes to the application: a payload, or how the connection ends.
type frame struct {
	raw    []byte
	event  *event // nil: it carries none
	binary bool
	close  websocket.StatusCode
	reason string
}

func (s *socket) push(f frame) {
	if s.zombie {
		return
	}
	s.queue = append(s.queue, f)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *socket) send(op int, d any) {
	s.push(frame{raw: asJSON(obj{"op": op, "d": d, "s": nil, "t": nil})})
}

func (s *socket) end(code websocket.StatusCode, reason string) {
	s.push(frame{close: code, reason: reason})
}

// compressFrom is the size from which payloads are compressed for those who asked for it:
// "not all payloads will be compressed" (Discord, "Payload Compression").
const compressFrom = 1 << 10

func (s *socket) dispatch(e event) {
	f := frame{raw: asJSON(obj{"op": opDispatch, "d": e.payload, "s": e.seq, "t": e.name})}
	if s.compress && len(f.raw) >= compressFrom {
		var b bytes.Buffer
		if s.zip == nil {
			s.zip = zlib.NewWriter(&b)
		}
		s.zip.Reset(&b)
		_, _ = s.zip.Write(f.raw)
		_ = s.zip.Close()
		f = frame{raw: b.Bytes(), binary: true}
	}
	f.event = &e
	s.push(f)
}

func (g *Guild) serveGateway(out http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if e := q.Get("encoding"); e != "" && e != "json" || q.Get("compress") != "" {
		g.mu.Lock()
		g.blame("gateway", "only JSON without transport compression is spoken here: %s", r.URL.RawQuery)
		g.mu.Unlock()
		http.Error(out, "unsupported", http.StatusBadRequest)
		return
	}
	conn, err := websocket.Accept(out, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	conn.SetReadLimit(1 << 20)
	s := &socket{conn: conn, wake: make(chan struct{}, 1), heard: time.Now()}
	g.mu.Lock()
	select {
	case <-g.closed:
		g.mu.Unlock()
		_ = conn.CloseNow()
		return
	default:
	}
	g.running.Add(1)
	s.raw = g.gateway.raw[r.RemoteAddr]
	g.gateway.sockets = append(g.gateway.sockets, s)
	beat := g.gateway.beat
	if odd := g.gateway.hellos; len(odd) > 0 {
		s.push(frame{raw: []byte(odd[0])})
		g.gateway.hellos = odd[1:]
	} else {
		s.send(opHello, obj{"heartbeat_interval": beat.Milliseconds(), "_trace": []any{"fake"}})
	}
	if v := q.Get("v"); v != "9" && v != "10" {
		g.blame("gateway", "API version %q", v)
		s.end(closeVersion, "Invalid API version")
	}
	g.touch()
	g.mu.Unlock()
	defer g.running.Done()
	ctx, cancel := context.WithCancel(context.Background())
	g.running.Add(1)
	go func() {
		defer g.running.Done()
		g.write(ctx, s, beat)
	}()
	g.read(ctx, s)
	cancel()
	g.gone(s)
	_ = s.raw.Close()
	_ = conn.CloseNow()
	g.mu.Lock()
	delete(g.gateway.raw, r.RemoteAddr)
	g.mu.Unlock()
}

// gone takes a connection away; its session stays for a RESUME.
func (g *Guild) gone(s *socket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gateway.sockets = slices.DeleteFunc(g.gateway.sockets, func(other *socket) bool { return other == s })
	if s.session != nil && s.session.socket == s {
		s.session.socket = nil
	}
	g.touch()
}

// write sends what is queued, and ends the connection when no heartbeat comes in time. There is
// a tolerance in it, as in Discord's (Discord, "Heartbeat Interval").
func (g *Guild) write(ctx context.Context, s *socket, beat time.Duration) {
	patience := beat + max(beat/4, time.Second)
	tick := time.NewTicker(max(beat/4, 10*time.Millisecond))
	defer tick.Stop()
	for {
		g.mu.Lock()
		queue := s.queue
		s.queue = nil
		for _, f := range queue {
			if f.event != nil {
				g.carried(*f.event)
			}
			s.ended = s.ended || f.close != 0
		}
		late := time.Since(s.heard) > patience && !s.zombie
		s.ended = s.ended || late
		g.mu.Unlock()
		for _, f := range queue {
			kind := websocket.MessageText
			switch {
			case f.close != 0:
				_ = s.conn.Close(f.close, f.reason)
				return
			case f.binary:
				kind = websocket.MessageBinary
			}
			if s.conn.Write(ctx, kind, f.raw) != nil {
				return
			}
		}
		if late {
			g.mu.Lock()
			g.blame("gateway", "no heartbeat for %v", patience)
			g.mu.Unlock()
			_ = s.conn.Close(closeUnknownError, "Heartbeat timeout") // the session can be resumed
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// maxSent is what a payload to the gateway may be in bytes, and perMinute how many a connection
// may send in 60 s (Discord, "Sending Events" and "Rate Limiting").
const (
	maxSent   = 4096
	perMinute = 120
)

func (g *Guild) read(ctx context.Context, s *socket) {
	for {
		_, raw, err := s.conn.Read(ctx)
		if err != nil {
			// "When you close the connection with close code 1000 or 1001, your session will be
			// invalidated" (Discord, "Initiating a Disconnect"). Who answers to our own goodbye
			// has closed nothing.
			if code := websocket.CloseStatus(err); code == websocket.StatusNormalClosure || code == websocket.StatusGoingAway {
				g.mu.Lock()
				if s.session != nil && !s.ended {
					delete(g.gateway.sessions, s.session.id)
				}
				g.mu.Unlock()
			}
			return
		}
		g.mu.Lock()
		g.take(s, raw)
		g.touch()
		g.mu.Unlock()
	}
}

// take handles what came from the application; mu is held.
func (g *Guild) take(s *socket, raw []byte) {
	refuse := func(code websocket.StatusCode, reason string) {
		p := no(int(code), int(code), reason)
		p.excused = code == closeIntents || code == closeWrongToken && len(g.oldTokens) > 0 // as the portal has it
		g.refuse("gateway", p)
		s.end(code, reason)
	}
	now := time.Now()
	for len(s.sent) > 0 && now.Sub(s.sent[0]) >= time.Minute {
		s.sent = s.sent[1:]
	}
	s.sent = append(s.sent, now)
	var p struct {
		Op *int            `json:"op"`
		D  json.RawMessage `json:"d"`
	}
	switch {
	case len(s.sent) > perMinute:
		refuse(closeTooFast, "You are being rate limited.")
		return
	case len(raw) > maxSent, json.Unmarshal(raw, &p) != nil, p.Op == nil:
		refuse(closeDecode, "Error while decoding payload.")
		return
	}
	var d any
	if len(p.D) > 0 && json.Unmarshal(p.D, &d) != nil {
		refuse(closeDecode, "Error while decoding payload.")
		return
	}
	switch *p.Op {
	case opHeartbeat:
		if n, ok := d.(float64); d != nil && !ok || s.session != nil && int(n) > s.session.seq {
			refuse(closeSeq, "Invalid seq.")
			return
		}
		s.heard = now
		g.gateway.beats++
		s.send(opAck, nil)
	case opIdentify:
		if code, reason := g.identify(s, d); code != 0 {
			refuse(code, reason)
		}
	case opResume:
		if code, reason := g.resume(s, d); code != 0 {
			refuse(code, reason)
		}
	case opPresence, opVoice, opMembers:
		switch {
		case s.session == nil:
			refuse(closeNotIdentified, "Not authenticated.")
		case *p.Op == opMembers:
			g.members(s, d)
		}
	default:
		refuse(closeUnknownOp, "Unknown opcode.")
	}
}
