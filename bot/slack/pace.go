package slack

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"hikeshi/bot/chat"
)

// window is what Slack's limits are counted in ("Rate limits": calls per minute, per method,
// workspace and app).
const window = time.Minute

// Where the tiers and rules that Slack states on each method's page differ from Tier 3.
var tierOf = map[string]int{
	"auth.test":                    4, // "special": hundreds a minute
	"bookmarks.add":                2,
	"bookmarks.edit":               2,
	"bookmarks.list":               3,
	"chat.update":                  3,
	"conversations.archive":        2,
	"conversations.create":         2,
	"conversations.history":        3,
	"conversations.info":           3,
	"conversations.invite":         3,
	"conversations.kick":           3,
	"conversations.members":        4,
	"conversations.open":           3,
	"conversations.replies":        3,
	"conversations.setTopic":       2,
	"conversations.unarchive":      2,
	"files.completeUploadExternal": 4,
	"files.getUploadURLExternal":   4,
	"files.info":                   4,
	"files.list":                   3,
	"pins.add":                     2,
	"users.conversations":          3,
	"users.info":                   4,
	"users.list":                   2,
	"users.lookupByEmail":          3,
}

// pageMethods are what a page needs: ordinary messages leave a part of their budget free.
var pageMethods = []string{"chat.postMessage", "chat.update", "conversations.open", "conversations.history"}

const (
	defaultChannel = time.Second
	// workspacePosts is how many times Tier 4 all messages of a workspace may be in a minute.
	// Slack says "several hundred messages per minute" (chat.postMessage, "Rate limiting").
	workspacePosts = 3
	// grace is how long a promised turn is kept for a caller that does not come back; the
	// courier lets some come up to a minute late.
	grace = 90 * time.Second
	// lateFor is how many messages of a conversation who is late waits for in line. Pages to it may go
	// first for many seconds, and what takes long counts as a platform that does not answer.
	lateFor = 3
)

// pace says when a method may be called, so that Slack need not refuse: no more often than
// its tier allows in any minute, and one message a second in a conversation. Every caller
// that has to wait is promised a turn of its own, so that many who wait do not all come back
// at once. Pages take no notice of what ordinary messages were promised, and a part of the
// budget is theirs alone.
//
// Each process paces itself; where several run, Slack's Retry-After tells them the rest.
type pace struct {
	channel time.Duration
	tiers   [4]int

	mu    sync.Mutex
	lanes map[string]*lane
	last  int // names the turns of callers without a ticket
}

// turn is what somebody wants to call.
type turn struct {
	method string
	// conversation bounds messages to one a second; empty: no message is posted.
	conversation string
	urgent       bool
	// ticket is the same for every try of the same thing: who was asked to wait finds his
	// promised turn under it. Empty: nothing is kept.
	ticket string
	// patience is how long the caller waits in line; beyond it he is told *chat.Later. A
	// negative one waits as long as it takes.
	patience time.Duration
}

func newPace(l Limits) *pace {
	p := &pace{channel: l.Channel, tiers: l.Tiers, lanes: map[string]*lane{}}
	if p.channel == 0 {
		p.channel = defaultChannel
	}
	for i, n := range [4]int{1, 20, 50, 100} {
		if p.tiers[i] <= 0 {
			p.tiers[i] = n
		}
	}
	return p
}

// wait returns when it is this caller's turn, or *chat.Later with exactly how long that takes.
func (p *pace) wait(ctx context.Context, t turn) error {
	keep := t.ticket != ""
	if !keep {
		p.mu.Lock()
		p.last++
		t.ticket = "#" + strconv.Itoa(p.last)
		p.mu.Unlock()
	}
	for begun := time.Now(); ; {
		now := time.Now()
		wait := p.book(t, now).Sub(now)
		switch {
		case wait <= 0:
			return nil
		case t.patience >= 0 && wait > t.patience && (now.Sub(begun)+wait > lateFor*p.channel || !p.late(t, now)):
			if !keep {
				p.forget(t)
			}
			return &chat.Later{Wait: wait, Turn: keep}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			p.forget(t)
			return ctx.Err()
		}
	}
}

// promised is how long until a caller's turn; zero where he has none.
func (p *pace) promised(method, ticket string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.lanes[method]
	if !ok {
		return 0
	}
	if i := l.of(ticket); i >= 0 {
		return max(0, time.Until(l.slots[i].at))
	}
	return 0
}

// late says that a caller's turn is overdue and comes within a moment: sent away, he would
// come late again, and be overtaken again.
func (p *pace) late(t turn, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.lanes[t.method]
	if !ok {
		return false
	}
	i := l.of(t.ticket)
	return i >= 0 && l.slots[i].late && l.slots[i].at.Sub(now) <= p.channel
}

// refused notes that Slack asked to leave a method alone for a while.
func (p *pace) refused(method string, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lane(method)
	if until := time.Now().Add(wait); until.After(l.blocked) {
		l.blocked = until
	}
}

// book takes the turn when it is due now, else keeps a promise; it gives when.
func (p *pace) book(t turn, now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	lanes := p.of(t, now)
	if at, ok := lanes[0].promise(t.ticket); ok && t.ticket != "" {
		due := !at.After(now)
		valid := true
		for _, l := range lanes {
			valid = valid && !at.Before(l.blocked) && (!due || l.free(now, t.urgent))
		}
		if valid && !due {
			return at
		}
		for _, l := range lanes {
			l.drop(t.ticket)
		}
		if conversation := lanes[len(lanes)-1]; due && t.conversation != "" && lanes[0].free(now, t.urgent) && !now.Before(conversation.blocked) {
			// Somebody before him came a moment late. To the end of the line he would come after
			// all that happened later, and again after that.
			if next := conversation.takenUntil(now, t.urgent); next.After(now) {
				for _, l := range lanes {
					l.add(slot{at: next, urgent: t.urgent, ticket: t.ticket, late: true})
				}
				return next
			}
		}
		if valid {
			for _, l := range lanes {
				l.add(slot{at: now, urgent: t.urgent, used: true})
			}
			return now
		}
	}
	at := now
	for {
		from := at
		for _, l := range lanes {
			at = l.earliest(at, t.urgent)
		}
		if at.Equal(from) {
			break
		}
	}
	for _, l := range lanes {
		l.add(slot{at: at, urgent: t.urgent, used: !at.After(now), ticket: t.ticket})
	}
	return at
}

func (p *pace) forget(t turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.of(t, time.Now()) {
		l.drop(t.ticket)
	}
}

// of gives the lanes of a call, without what has run out in them.
func (p *pace) of(t turn, now time.Time) []*lane {
	lanes := []*lane{p.lane(t.method)}
	if t.conversation != "" {
		l, ok := p.lanes["#"+t.conversation]
		if !ok {
			l = &lane{limit: 1, ordinary: 1, window: p.channel}
			p.lanes["#"+t.conversation] = l
		}
		lanes = append(lanes, l)
	}
	for _, l := range lanes {
		l.tidy(now)
	}
	if len(p.lanes) > 2000 { // conversations nobody writes to any more
		for name, l := range p.lanes {
			if l.tidy(now); name[0] == '#' && len(l.slots) == 0 && !slices.Contains(lanes, l) {
				delete(p.lanes, name)
			}
		}
	}
	return lanes
}

func (p *pace) lane(method string) *lane {
	l, ok := p.lanes[method]
	if ok {
		return l
	}
	l = &lane{window: window}
	switch tier, known := tierOf[method]; {
	case method == "chat.postMessage":
		l.limit = workspacePosts * p.tiers[3]
	case known:
		l.limit = p.tiers[tier-1]
	default:
		l.limit = p.tiers[2]
	}
	l.ordinary = l.limit
	if slices.Contains(pageMethods, method) {
		l.ordinary = max(1, l.limit*3/4)
	}
	p.lanes[method] = l
	return l
}

// lane counts the calls of one method, or the messages of one conversation.
type lane struct {
	limit    int // calls in a window
	ordinary int // of them, for what is not a page
	window   time.Duration
	slots    []slot    // by time
	blocked  time.Time // Slack asked to wait until then
}

// slot is one call: made, or promised for later.
type slot struct {
	at     time.Time
	urgent bool
	used   bool
	ticket string
	late   bool // the turn is overdue: its caller waits in line, and not for another time
}

// takes says whether a slot is taken for who comes now: by a call that was made, or, for what is not
// a page, by a page whose turn has come. It is on its way, and is not to find that an ordinary
// message, of which hundreds may stand in line, was there a moment before it; a page that never
// comes holds them up for one window.
func (s slot) takes(now time.Time, urgent bool) bool {
	return s.used || s.urgent && !urgent && !s.at.After(now)
}

// free says whether a call fits in now, by the calls that were made.
func (l *lane) free(now time.Time, urgent bool) bool {
	if now.Before(l.blocked) {
		return false
	}
	all, ordinary := 0, 0
	for _, s := range l.slots {
		if s.takes(now, urgent) && s.at.After(now.Add(-l.window)) {
			all++
			if !s.urgent {
				ordinary++
			}
		}
	}
	return all < l.limit && (urgent || ordinary < l.ordinary)
}

// takenUntil is when the window of the last call that is taken is over.
func (l *lane) takenUntil(now time.Time, urgent bool) (end time.Time) {
	for _, s := range l.slots {
		if s.takes(now, urgent) {
			end = s.at.Add(l.window)
		}
	}
	return end
}

// earliest is the first instant from t on at which a call fits in. Thousands of turns may be
// promised, and a page waits for the answer, too: they are gone through once, in order.
func (l *lane) earliest(t time.Time, urgent bool) time.Time {
	if t.Before(l.blocked) {
		t = l.blocked
	}
	look := around{lane: l, urgent: urgent}
	ends, gaps := l.after(t.Add(-l.window)), l.after(t.Add(-l.gap()))
	for at := t; ; {
		if look.fits(at) {
			return at
		}
		// Something changes where the window after a call ends, or the gap after one.
		for ends < len(l.slots) && !l.slots[ends].at.Add(l.window).After(at) {
			ends++
		}
		for gaps < len(l.slots) && !l.slots[gaps].at.Add(l.gap()).After(at) {
			gaps++
		}
		if ends == len(l.slots) {
			return at // a window after the last call everything fits
		}
		next := l.slots[ends].at.Add(l.window)
		if gaps < len(l.slots) {
			if end := l.slots[gaps].at.Add(l.gap()); l.wary(end) && end.Before(next) {
				next = end
			}
		}
		at = next
	}
}

// around is the calls around an instant that moves on: those within a window on either side.
type around struct {
	*lane
	urgent        bool
	from, to      int // slots[from:to]
	all, ordinary int
}

// fits says whether one more call at this instant, no earlier than the one before, keeps every
// window around it in bounds. A page counts the pages around it and the ordinary calls that
// were made; whom it displaces is promised another turn when he comes.
func (v *around) fits(at time.Time) bool {
	if v.to == 0 {
		v.from = v.after(at.Add(-v.window))
		v.to = v.from
	}
	for ; v.to < len(v.slots) && v.slots[v.to].at.Before(at.Add(v.window)); v.to++ {
		v.count(v.slots[v.to], 1)
	}
	for ; v.from < v.to && !v.slots[v.from].at.After(at.Add(-v.window)); v.from++ {
		v.count(v.slots[v.from], -1)
	}
	if !v.urgent && v.wary(at) {
		if i := v.after(at.Add(-v.gap())); i < len(v.slots) && v.slots[i].at.Before(at.Add(v.gap())) {
			return false
		}
	}
	return v.all < v.limit && (v.urgent || v.ordinary < v.lane.ordinary)
}

func (v *around) count(s slot, n int) {
	if v.urgent && !s.urgent && !s.used {
		return
	}
	v.all += n
	if !s.urgent {
		v.ordinary += n
	}
}

// wary is the window after a refusal: the budget that is left is not known then, so that the
// calls that waited are spread over it.
func (l *lane) wary(at time.Time) bool {
	return !at.Before(l.blocked) && at.Before(l.blocked.Add(l.window))
}

func (l *lane) gap() time.Duration { return l.window / time.Duration(l.ordinary) }

// after is the first slot later than t.
func (l *lane) after(t time.Time) int {
	i, _ := slices.BinarySearchFunc(l.slots, t, func(s slot, t time.Time) int {
		if s.at.After(t) {
			return 1
		}
		return -1
	})
	return i
}

func (l *lane) add(s slot) { l.slots = slices.Insert(l.slots, l.after(s.at), s) }

func (l *lane) of(ticket string) int {
	return slices.IndexFunc(l.slots, func(s slot) bool { return !s.used && s.ticket == ticket })
}

func (l *lane) promise(ticket string) (time.Time, bool) {
	if i := l.of(ticket); i >= 0 {
		return l.slots[i].at, true
	}
	return time.Time{}, false
}

func (l *lane) drop(ticket string) {
	if i := l.of(ticket); i >= 0 {
		l.slots = slices.Delete(l.slots, i, i+1)
	}
}

// tidy forgets calls that are out of every window, and promises nobody came back for.
func (l *lane) tidy(now time.Time) {
	l.slots = slices.DeleteFunc(l.slots, func(s slot) bool {
		if s.used {
			return !s.at.After(now.Add(-l.window))
		}
		return s.at.Before(now.Add(-grace))
	})
}
