package discord

import (
	"context"
	"sync"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/intake"
)

// sender is the outgoing half of the front end: deliveries, channels, people, files.
type sender struct {
	config  Config
	draw    drawing
	api     *api
	people  *people
	keeping turns // Keep of one channel never runs twice at once
	began   time.Time
	// headcount tells when incidents become threads.
	headcount headcount
	// doubts are the channels of which something was told that could not be looked at.
	doubts   intake.Doubts
	restored restored
	refusals intake.Refusals // of our token

	mu       sync.Mutex
	identity identity
	dms      map[string]string    // user → his direct conversation
	channels map[string]string    // channel of Discord → the incident channel it is; never changes
	others   map[string]time.Time // channels of Discord that are no incident's, and when that was looked up
	keys     map[string]string    // nonces for which we set out, with a digest of what was to be said last
	powers   powers               // who sees everything in the server
	short    map[string]meant     // what a custom_id stands for that says less than it means
}

func newSender(c Config, d drawing) *sender {
	s := &sender{
		config: c, draw: d, api: newAPI(c), people: newPeople(), began: time.Now(),
		dms: map[string]string{}, channels: map[string]string{}, others: map[string]time.Time{}, short: map[string]meant{}, keys: map[string]string{},
	}
	s.draw.keep = s.note
	return s
}

// Name is the part of a UserID before the colon.
func (s *sender) Name() string { return name }

// Joins says that several pages to one person become one message: Discord takes about one
// message a second in a conversation.
func (s *sender) Joins() {}

// turns lets one at a time do something under a name.
type turns struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

// take waits until nobody else holds the name; the returned function gives it back.
func (t *turns) take(ctx context.Context, name string) (func(), error) {
	for {
		t.mu.Lock()
		if t.held == nil {
			t.held = map[string]chan struct{}{}
		}
		busy, ok := t.held[name]
		if !ok {
			mine := make(chan struct{})
			t.held[name] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.held, name)
				t.mu.Unlock()
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

var (
	_ chat.Keeper = (*sender)(nil)
	_ chat.Joiner = (*sender)(nil)
)
