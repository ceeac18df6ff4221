package discord

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"time"
)

// How far a direct conversation was heard is noted in the memory: a process that begins anew looks
// there for what came after it. Messages of one person are worked on side by side, and may be done
// with in another order than they came; so what is noted is never beyond one that is not done with.

const heardPrefix = "heard/" // conversation → the message of it up to which all were handled

// hearing is how far direct conversations were heard.
type hearing struct {
	sync.Mutex
	done   map[string]string // the newest message that was handled
	newest map[string]string // what is noted
	// under are the messages of a conversation that are not done with: zero while they are worked
	// on, else since when their answer waits to be shown.
	under map[string]map[string]time.Time
	// behind are the conversations that are to be looked through, and after which message.
	behind map[string]gap
	// listed is when it was to be looked up which there are; zero: it is known.
	listed  time.Time
	looking bool
	each    int // missedEach
	most    int // missedPlaces
	failed  int // tries in a row
}

// gap is what was not heard of a conversation: what came after a message.
type gap struct {
	after string
	since time.Time // since when it is known
}

// hear works on a message that comes in; false: it found no room.
func (f *Front) hear(raw []byte) bool {
	m, ok := readMessage(raw)
	direct := ok && m.GuildID == ""
	// At once, for the next one may be done with before this one is begun.
	own := direct && f.hearing.comes(m.ChannelID, m.ID)
	if f.start(func(ctx context.Context, desk Desk) { f.written(ctx, desk, raw) }) {
		return true
	}
	if own && f.work.Ending.Err() == nil { // he is told; at the end the next process takes care of it
		f.hearing.forget(m.ChannelID, m.ID)
	}
	return false
}

// comes notes that a message came in; false: it did before. Whoever works on it says when it is done
// with, be it the one to whom it came or a look at the conversation.
func (h *hearing) comes(conversation, id string) bool {
	h.Lock()
	defer h.Unlock()
	if _, under := h.under[conversation][id]; under || !newerID(id, h.done[conversation]) {
		return false
	}
	h.is(conversation, id, time.Time{})
	return true
}

// is sets what became of a message; the lock is held.
func (h *hearing) is(conversation, id string, since time.Time) {
	if h.under[conversation] == nil {
		h.under[conversation] = map[string]time.Time{}
	}
	h.under[conversation][id] = since
}

// waits notes that the answer to a message could not be shown: it is looked for again.
func (h *hearing) waits(conversation, id string, now time.Time) {
	h.Lock()
	defer h.Unlock()
	if h.under[conversation][id].IsZero() {
		h.is(conversation, id, now)
	}
}

// forget leaves a message as it is.
func (h *hearing) forget(conversation, id string) {
	h.Lock()
	defer h.Unlock()
	if delete(h.under[conversation], id); len(h.under[conversation]) == 0 {
		delete(h.under, conversation)
	}
}

// waiting are the messages of a conversation whose answer waits to be shown, and since when.
func (h *hearing) waiting(conversation string) map[string]time.Time {
	h.Lock()
	defer h.Unlock()
	out := maps.Clone(h.under[conversation])
	maps.DeleteFunc(out, func(_ string, since time.Time) bool { return since.IsZero() })
	return out
}

// gaps are all conversations that are to be looked through.
func (h *hearing) gaps() map[string]gap {
	h.Lock()
	defer h.Unlock()
	all := maps.Clone(h.behind)
	for conversation, under := range h.under {
		for id, since := range under {
			if since.IsZero() {
				continue
			}
			g, known := all[conversation]
			if after := before(id); !known || newerID(g.after, after) {
				g.after = after
			}
			if !known || since.Before(g.since) {
				g.since = since
			}
			all[conversation] = g
		}
	}
	return all
}

// heard notes that a direct message was handled. While others before it may not have been, it is
// noted no further than to them: another process would begin behind them.
func (f *Front) heard(ctx context.Context, conversation, id string) {
	f.hearing.forget(conversation, id)
	f.handled(ctx, conversation, id)
}

// handled is heard of the newest message that was looked at, which may still be under way.
func (f *Front) handled(ctx context.Context, conversation, id string) {
	mark, newer := f.hearing.reached(conversation, id)
	if f.config.Memory == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.lookup)
	defer cancel()
	for newer {
		if err := f.config.Memory.Remember(ctx, heardPrefix+conversation, []byte(mark)); err != nil {
			f.log.Warn("how far a direct conversation was heard could not be noted", "error", err)
			return
		}
		// Another message may have been noted meanwhile, and this one in its place.
		f.hearing.Lock()
		now := f.hearing.newest[conversation]
		f.hearing.Unlock()
		newer, mark = now != mark, now
	}
}

// reached is up to which message everything was handled, now that one more was; newer: that is to be
// noted.
func (h *hearing) reached(conversation, id string) (mark string, newer bool) {
	h.Lock()
	defer h.Unlock()
	if newerID(id, h.done[conversation]) {
		h.done[conversation] = id
	}
	mark = h.done[conversation]
	for under := range h.under[conversation] {
		if !newerID(under, mark) {
			mark = before(under)
		}
	}
	_, behind := h.behind[conversation]
	if behind || !h.listed.IsZero() || !newerID(mark, h.newest[conversation]) {
		return "", false
	}
	h.newest[conversation] = mark
	return mark, true
}

// newerID reports whether an ID was made after another.
func newerID(id, other string) bool {
	if len(id) != len(other) {
		return len(id) > len(other)
	}
	return id > other
}

// before is the ID after which the one given is the next: IDs are counted.
func before(id string) string {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n == 0 {
		return id
	}
	return strconv.FormatUint(n-1, 10)
}
