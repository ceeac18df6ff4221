package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

const (
	// homeFor is how long a Home tab counts as looked at; Slack does not say when it is left.
	homeFor  = 12 * time.Hour
	maxHomes = 2000
)

// homes are the Home tabs that people have open.
type homes struct {
	mu   sync.Mutex
	by   map[string]*home
	wake chan struct{}
}

type home struct {
	opened  time.Time
	changed bool
	next    time.Time // not before
	shown   []byte    // what stands there
}

func newHomes() *homes { return &homes{by: map[string]*home{}, wake: make(chan struct{}, 1)} }

// opened notes that somebody looks at his Home tab.
func (h *homes) opened(user string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.by[user]
	if at == nil {
		if len(h.by) >= maxHomes {
			h.dropOldest()
		}
		at = &home{}
		h.by[user] = at
	}
	if at.opened = now; at.shown != nil {
		at.shown = nil // Slack may have lost what stood there
	}
}

func (h *homes) dropOldest() {
	oldest := ""
	for user, at := range h.by {
		if oldest == "" || at.opened.Before(h.by[oldest].opened) {
			oldest = user
		}
	}
	delete(h.by, oldest)
}

// changed wants a Home tab to be shown anew; every open one where user is empty.
func (h *homes) changed(user string) {
	h.mu.Lock()
	for u, at := range h.by {
		if user == "" || u == user {
			at.changed = true
		}
	}
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// next is whose Home tab is to be shown now, the one opened last first; else how long there
// is nothing to do (0: until something changes).
func (h *homes) next(now time.Time, between time.Duration) (user string, wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for u, at := range h.by {
		switch {
		case now.Sub(at.opened) > homeFor:
			delete(h.by, u)
		case !at.changed:
		case at.next.After(now):
			if w := at.next.Sub(now); wait == 0 || w < wait {
				wait = w
			}
		case user == "" || at.opened.After(h.by[user].opened):
			user = u
		}
	}
	if user != "" {
		h.by[user].changed, h.by[user].next = false, now.Add(between)
	}
	return user, wait
}

// again wants a Home tab to be shown anew after a while, because it could not be.
func (h *homes) again(user string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if home := h.by[user]; home != nil {
		home.changed, home.next = true, at
	}
}

// differs reports whether a view is another than the one that stands there.
func (h *homes) differs(user string, view []byte) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.by[user]
	return at == nil || !bytes.Equal(at.shown, view)
}

func (h *homes) stands(user string, view []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at := h.by[user]; at != nil {
		at.shown = view
	}
}

// Changed wants the Home tabs that are open to be shown anew, because an incident changed.
// Whose they are, only the desk can tell: each is asked for, and published if it differs.
func (f *Front) Changed(string) { f.homes.changed("") }

// keepHomes shows Home tabs until ctx ends.
func (f *Front) keepHomes(ctx context.Context) {
	for {
		user, wait := f.homes.next(f.clock(), f.patience.home)
		if user != "" {
			if f.publish(ctx, user) && !pauseFor(ctx, f.patience.publish) || ctx.Err() != nil {
				return
			}
			continue
		}
		var due <-chan time.Time
		var timer *time.Timer
		if wait > 0 {
			timer = time.NewTimer(wait)
			due = timer.C
		}
		select {
		case <-ctx.Done():
		case <-f.homes.wake:
		case <-due:
		}
		if timer != nil {
			timer.Stop()
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// publish shows one person's Home tab; it reports whether Slack was called.
func (f *Front) publish(ctx context.Context, user string) (called bool) {
	defer f.stumble()
	desk := f.desk.Load()
	if desk == nil {
		f.homes.again(user, f.clock().Add(f.patience.home))
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, f.patience.call)
	defer cancel()
	if _, ok := f.admit(ctx, stage{user: user, quiet: true, at: f.clock()}, user, "", ""); !ok {
		return false
	}
	cards, err := (*desk).Home(ctx, userID(user))
	if err != nil {
		f.log.Warn("a Home tab could not be made", "error", err)
		f.homes.again(user, f.clock().Add(5*f.patience.home))
		cards = []chat.Card{f.sentence(saysHome, chat.Notice)}
		if card, ok := (*desk).Emergency(userID(user)); ok {
			cards = append(cards, card)
		}
	}
	view := f.draw.homeView(cards)
	raw, err := json.Marshal(view)
	if err != nil || !f.homes.differs(user, raw) {
		return false
	}
	err = f.now(ctx, "views.publish", func(ctx context.Context) error {
		_, err := f.client.PublishViewContext(ctx, sl.PublishViewContextRequest{UserID: user, View: view})
		return err
	})
	if err == nil {
		f.homes.stands(user, raw)
		return true
	}
	f.log.Warn("a Home tab could not be shown", "error", err)
	wait := 10 * f.patience.home
	if later := (*chat.Later)(nil); errors.As(err, &later) {
		wait = max(wait, later.Wait)
	}
	if !errors.Is(err, chat.ErrGone) {
		f.homes.again(user, f.clock().Add(wait))
	}
	return true
}
