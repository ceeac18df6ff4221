package mail

import (
	"context"
	"sync"
	"time"

	"hikeshi/bot/chat"
)

const (
	// atOnce is how many connections there are at the most: Microsoft 365 takes three of one
	// mailbox (Microsoft, "Message storage and concurrent connection throttling").
	atOnce = 3
	// A line is kept for the next mail for so long, and for so many mails.
	keptFor   = 5 * time.Second
	keptMails = 50
	// lineWithin is how long is waited for a free line. Where all hang, what waits would hold up
	// pages that go by other means.
	lineWithin = time.Second
	// goodbye bounds the QUIT that nobody waits for.
	goodbye = 2 * time.Second
)

// lines are the connections to the mail server. A connection costs a dozen round trips (TCP,
// greeting, TLS, signing in) and a mail four: while pages come one after the other they share
// a few connections, and a moment after the last there is none. One that died meanwhile shows
// before the mail is on its way, and a new one is made.
type lines struct {
	dial func(context.Context) (*line, error)
	free chan struct{} // a send takes one

	mu     sync.Mutex
	kept   []*line
	closed bool
}

func newLines(dial func(context.Context) (*line, error)) *lines {
	return &lines{dial: dial, free: make(chan struct{}, atOnce)}
}

// turn waits for the right to use a line; done gives it back. The error is a *chat.Later.
func (s *lines) turn(ctx context.Context) (done func(), err error) {
	late := time.NewTimer(lineWithin)
	defer late.Stop()
	select {
	case s.free <- struct{}{}:
		return func() { <-s.free }, nil
	case <-late.C:
	case <-ctx.Done():
	}
	return nil, &chat.Later{Wait: lineWithin}
}

// take gives a kept line, or a new one.
func (s *lines) take(ctx context.Context) (l *line, used bool, err error) {
	s.mu.Lock()
	for len(s.kept) > 0 {
		l = s.kept[len(s.kept)-1]
		s.kept = s.kept[:len(s.kept)-1]
		if l.timer.Stop() { // else it is being ended
			s.mu.Unlock()
			return l, true, nil
		}
	}
	s.mu.Unlock()
	l, err = s.dial(ctx)
	return l, false, err
}

// keep keeps a line on which a mail was handed in.
func (s *lines) keep(l *line) {
	if l.mails++; l.mails >= keptMails {
		l.quit() // at once, while the turn is held: there are never more than atOnce
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = l.conn.Close()
		return
	}
	l.timer = time.AfterFunc(keptFor, func() {
		s.forget(l)
		l.quit()
	})
	s.kept = append(s.kept, l)
}

func (s *lines) forget(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, k := range s.kept {
		if k == l {
			s.kept = append(s.kept[:i], s.kept[i+1:]...)
			return
		}
	}
}

func (s *lines) close() {
	s.mu.Lock()
	kept := s.kept
	s.kept, s.closed = nil, true
	s.mu.Unlock()
	for _, l := range kept {
		if l.timer.Stop() {
			l.quit()
		}
	}
}

// quit ends a line as the protocol wants it (RFC 5321, section 4.1.1.10).
func (l *line) quit() {
	_ = l.conn.SetDeadline(time.Now().Add(goodbye))
	_ = l.client.Quit()
	_ = l.conn.Close()
}
