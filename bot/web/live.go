package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
)

// Heartbeats keep proxies from closing a quiet stream. A browser allows six connections to
// one server; more streams than maxStreams of one session are forgotten tabs.
const (
	heartbeat   = 20 * time.Second
	writeWithin = 10 * time.Second
	maxStreams  = 8
	comeBack    = 1500 * time.Millisecond
)

// live holds the open streams and tells them what has changed. It never waits for a reader:
// a stream only remembers that there is something, and looks when it can.
type live struct {
	server *Server
	beat   time.Duration

	mu      sync.Mutex
	stopped bool
	streams []*stream
}

// stream is one open page of one person.
type stream struct {
	who     chat.UserID
	session *session
	wake    chan struct{} // holds one: there is something in changed, or it has ended
	end     context.CancelFunc

	mu      sync.Mutex
	changed map[string]bool
}

// What a stream is told besides the numbers of incidents, which are never empty or a sign.
const (
	changedDirect = "@" // the reader's own messages
	changedAll    = "*" // anything
)

func newLive(s *Server) *live { return &live{server: s, beat: heartbeat} }

func (l *live) changed(incident string) { l.tell(strings.ToLower(incident), nil) }
func (l *live) everything()             { l.tell(changedAll, nil) }
func (l *live) direct(who chat.UserID) {
	l.tell(changedDirect, func(s *stream) bool { return s.who == who })
}
func (l *live) endSession(of *session) { l.endThose(func(s *stream) bool { return s.session == of }) }
func (l *live) remove(gone *stream)    { l.endThose(func(s *stream) bool { return s == gone }) }

func (l *live) tell(what string, whom func(*stream) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.streams {
		if whom == nil || whom(s) {
			s.note(what)
		}
	}
}

func (s *stream) note(what string) {
	s.mu.Lock()
	s.changed[what] = true
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *stream) take() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.changed
	s.changed = map[string]bool{}
	return changed
}

func (l *live) stop() {
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	l.endThose(func(*stream) bool { return true })
}

func (l *live) endThose(which func(*stream) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.streams[:0]
	for _, s := range l.streams {
		if which(s) {
			s.end()
		} else {
			kept = append(kept, s)
		}
	}
	clear(l.streams[len(kept):])
	l.streams = kept
}

var errStopped = errors.New("the web room is stopping")

func (l *live) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.streams)
}

func (l *live) stopping() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped
}

// add registers a stream; the session's oldest ends when there are too many.
func (l *live) add(s *stream) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return errStopped
	}
	var first *stream
	n := 0
	for _, o := range l.streams {
		if o.session == s.session {
			if first == nil {
				first = o
			}
			n++
		}
	}
	if n >= maxStreams {
		first.end()
	}
	l.streams = append(l.streams, s)
	return nil
}

// events streams what changes to one open page.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	v := &visit{w: w, r: r, lang: s.cfg.Lang}
	if !s.enter(v, false) {
		s.refuse(v, http.StatusUnauthorized, s.strangerKey())
		return
	}
	ctx, end := context.WithCancel(r.Context())
	defer end()
	st := &stream{who: v.who, session: v.session, wake: make(chan struct{}, 1), end: end, changed: map[string]bool{}}
	// Listening before looking: a change in between is told twice rather than missed.
	if err := s.live.add(st); err != nil {
		s.refuse(v, http.StatusServiceUnavailable, "web.error.stopping")
		return
	}
	defer s.live.remove(st)
	room, err := s.cfg.Desk.Room(ctx, v.who)
	if err != nil {
		s.end(v, err)
		return
	}
	// An http.Server's ReadTimeout goes on counting after the request was read and would end it.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	if writeEvent(w, control, "retry: 2000\n\n") != nil {
		return
	}
	s.stream(ctx, st, w, control, placesOf(room))
}

// stream writes until the reader leaves, the person changes or the server stops.
func (s *Server) stream(ctx context.Context, st *stream, w io.Writer, control *http.ResponseController, known map[string]string) {
	defer func() {
		if s.live.stopping() {
			_ = writeEvent(w, control, fmt.Sprintf("retry: %d\n\n", again().Milliseconds()))
		}
	}()
	beat := time.NewTicker(s.live.beat)
	defer beat.Stop()
	for {
		var text strings.Builder
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			if !s.stays(ctx, st) {
				return // the page asks again, and is told to sign in
			}
			text.WriteString(":\n\n")
		case <-st.wake:
			if !s.stays(ctx, st) {
				return
			}
			changed := st.take()
			room, err := s.cfg.Desk.Room(ctx, st.who)
			if err != nil {
				// Ended, the page connects again by itself and then looks at everything.
				if ctx.Err() == nil {
					s.cfg.Log.Error("the places of a live page could not be read", "component", "web", "error", err)
				}
				return
			}
			now := placesOf(room)
			for what := range changed {
				place, ok := now[what]
				if !ok { // no longer his: what is on his screen must go all the same
					place, ok = known[what]
				}
				if ok {
					fmt.Fprintf(&text, "event: changed\ndata: %s\n\n", place)
				}
			}
			known = now
		}
		if text.Len() > 0 && writeEvent(w, control, text.String()) != nil {
			return
		}
	}
}

// again is when a page connects again after the server has stopped: soon, and not all at once.
func again() time.Duration { return comeBack + rand.N(comeBack) }

func writeEvent(w io.Writer, control *http.ResponseController, text string) error {
	_ = control.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	return control.Flush()
}

// placesOf says which changes a reader is told of, and by which name. The number of an
// incident he does not belong to never reaches his browser.
func placesOf(room desk.Room) map[string]string {
	places := map[string]string{changedDirect: changedDirect, changedAll: changedAll}
	for _, lines := range [][]desk.PlaceLine{room.Channels, room.Reports} {
		for _, p := range lines {
			name := p.Channel
			if name == "" {
				name = p.ID
			}
			places[strings.ToLower(p.ID)] = name
			places[strings.ToLower(p.Channel)] = name
		}
	}
	delete(places, "")
	return places
}
