package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The means of the simulated year: they fail as real ones do, and remember who was reached.

// trouble is how a means fails for a time.
type trouble string

const (
	refusing trouble = "refusing" // answers with an error
	hanging  trouble = "hanging"  // no answer comes; every other message has arrived all the same
	busy     trouble = "busy"     // asks to wait
	gone     trouble = "gone"     // of one person: the account is switched off, the number is wrong
)

// failingTime is a time in which a means fails, for everybody or for one person.
type failingTime struct {
	means    string
	kind     trouble
	person   incident.PersonID
	from, to time.Time
}

// carrier is a front end for one message: what it is asked to bring must be about that message.
type carrier struct {
	y     *year
	means string
	m     workflows.Message
}

// joiner is one that joins pages, as mail and phone do.
type joiner struct{ carrier }

func (joiner) Joins() {}

func (c carrier) Name() string { return c.means }

func (c carrier) Send(ctx context.Context, d chat.Delivery) (chat.MessageID, error) {
	y := c.y
	y.mu.Lock()
	defer y.mu.Unlock()
	y.tries++
	if y.life.at(dyingBefore) {
		return "", errDied
	}
	if y.life.moment == breakingOff && y.life.left.Add(-1) == 0 {
		y.house.courier.BreakOff()
		<-ctx.Done()
		return "", ctx.Err()
	}
	now := y.clock.Now()
	if kind := y.failing(c.means, c.m.To, now); kind != "" {
		y.failures++
		switch kind {
		case gone:
			y.unreachable[d.Key] = now
			for _, part := range d.Parts {
				y.unreachable[part.Key] = now
			}
			return "", fmt.Errorf("no such account: %w", chat.ErrGone)
		case busy:
			return "", &chat.Later{Wait: 40 * time.Second}
		case hanging:
			if y.drawn(d.Key, "arrived", int64(c.m.Attempt)).IntN(2) == 0 {
				y.arrive(c, d, now)
			}
			return "", fmt.Errorf("no answer: %w", chat.ErrUnsure)
		}
		return "", errors.New("refused")
	}
	y.arrive(c, d, now)
	if y.life.at(dyingAfter) {
		return "", errDied
	}
	return chat.MessageID(c.means + ":" + d.Key), nil
}

// failing says how a means fails just now for a person.
func (y *year) failing(means string, p incident.PersonID, now time.Time) trouble {
	for _, o := range y.outages {
		if o.means == means && !now.Before(o.from) && now.Before(o.to) && (o.person == "" || o.person == p) {
			return o.kind
		}
	}
	return ""
}

// arrive looks at what has got through to somebody: it must be for his eyes, and of a call he
// makes up his mind.
func (y *year) arrive(c carrier, d chat.Delivery, now time.Time) {
	m := c.m
	y.arrivals++
	if m.To == "" {
		if in, err := y.file.Incident(context.Background(), m.Incident); err == nil {
			y.overheard(c.means, d.To.Channel, in)
		}
		return
	}
	if marked, err := y.house.service.Compromised(context.Background()); err != nil || marked[c.means].On {
		y.wrong("%s got %s by %s, which is marked as compromised (%v)", m.To, m.Key, c.means, err)
	}
	if !strings.HasPrefix(string(d.To.User), c.means+":") {
		y.wrong("%s was sent by %s to an account of another", m.Key, c.means)
	}
	person, listed := y.house.service.Contacts().Person(m.To)
	if !listed || !person.Active {
		y.wrong("%s got %s, and has left", m.To, m.Key)
	}
	if m.Incident != "" {
		in, err := y.file.Incident(context.Background(), m.Incident)
		if err != nil || in.IsExcluded(m.To) && !takenBack(m, d, in) {
			y.wrong("%s got %s, and is left out (%v)", m.To, m.Key, err)
		}
	}
	y.dutyArrives(m)
	if m.Kind != incident.NoticePage || y.reached[m.Key] {
		return
	}
	y.reached[m.Key] = true
	y.pages[c.means]++
	token := ""
	if d.Call != nil {
		token = d.Call.Answer
	}
	y.called(m, c.means, token, now)
}

// takenBack reports whether a message that somebody has had gives way to one that says nothing of
// its incident.
func takenBack(m workflows.Message, d chat.Delivery, in *incident.Incident) bool {
	return !m.FirstSent.IsZero() && d.Call == nil && len(d.Card.Buttons) == 0 && !strings.Contains(fmt.Sprintf("%+v", d.Card), in.Title) && !strings.Contains(d.Card.Title, string(in.ID))
}

// drawn is chance that depends on nothing but the seed and what it is about.
func (y *year) drawn(about, what string, n int64) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, about, "/", what, "/", n)
	return rand.New(rand.NewPCG(y.seed, h.Sum64()))
}

// The moments at which a server of the year dies or is stopped.
const (
	dyingBefore  = "before sending"
	dyingAfter   = "after sending"
	dyingClaimed = "with something claimed"
	dyingWritten = "after a commit"
	breakingOff  = "while sends are broken off"
)

var dyings = []string{dyingBefore, dyingAfter, dyingClaimed, dyingWritten, breakingOff}

// errDied is what is heard of a server that is dead.
var errDied = errors.New("the server has died")

// life is the life of one server: it dies at the nth occurrence of a moment.
type life struct {
	moment string
	left   atomic.Int64
	dead   atomic.Bool
}

func (l *life) at(moment string) bool {
	if l.moment == moment && l.left.Add(-1) == 0 {
		l.dead.Store(true)
	}
	return l.dead.Load()
}

// mortalStore is the store as a server sees it that may die: from then on nothing is written,
// and what was written last may not be known.
type mortalStore struct {
	workflows.Store
	life *life
}

func (s *mortalStore) Write(ctx context.Context, f func(workflows.Tx) error) error {
	if s.life.dead.Load() {
		return errDied
	}
	if err := s.Store.Write(ctx, f); err != nil {
		return err
	}
	if s.life.at(dyingWritten) {
		return errDied
	}
	return nil
}

func (s *mortalStore) ClaimTimers(ctx context.Context, now time.Time, owner string, lease time.Duration, n int) ([]workflows.Timer, error) {
	if s.life.dead.Load() {
		return nil, errDied
	}
	list, err := s.Store.ClaimTimers(ctx, now, owner, lease, n)
	if err == nil && len(list) > 0 && s.life.at(dyingClaimed) {
		return nil, errDied
	}
	return list, err
}

func (s *mortalStore) ClaimMessages(ctx context.Context, now time.Time, owner string, lease time.Duration, n int, urgentOnly bool) ([]workflows.Message, error) {
	if s.life.dead.Load() {
		return nil, errDied
	}
	list, err := s.Store.ClaimMessages(ctx, now, owner, lease, n, urgentOnly)
	if err == nil && len(list) > 0 && s.life.at(dyingClaimed) {
		return nil, errDied
	}
	return list, err
}

func (s *mortalStore) ClaimJoined(ctx context.Context, m workflows.Message, now time.Time, owner string, lease time.Duration) (workflows.Joined, error) {
	if s.life.dead.Load() {
		return workflows.Joined{}, errDied
	}
	return s.Store.ClaimJoined(ctx, m, now, owner, lease)
}

func (s *mortalStore) ReleaseTimer(ctx context.Context, t workflows.Timer, owner string, due time.Time) error {
	if s.life.dead.Load() {
		return errDied
	}
	return s.Store.ReleaseTimer(ctx, t, owner, due)
}

func (s *mortalStore) FinishMessage(ctx context.Context, m workflows.Message, owner string, res workflows.Sent) error {
	return s.FinishMessages(ctx, []workflows.Message{m}, owner, res)
}

func (s *mortalStore) FinishMessages(ctx context.Context, m []workflows.Message, owner string, res workflows.Sent) error {
	if s.life.dead.Load() {
		return errDied
	}
	err := s.Store.FinishMessages(ctx, m, owner, res)
	if s.life.moment == breakingOff && res.Error == "stopped" {
		s.life.dead.Store(true) // it was recorded in time; the server ends
	}
	return err
}
