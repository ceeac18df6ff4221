package slack

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hikeshi/bot/lane"
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
)

// pace says when a method may be called, so that Slack need not refuse: no more often than
// its tier allows in any minute, and one message a second in a conversation.
type pace struct {
	tiers [4]int
	turns lane.Turns
	lanes map[string]*lane.Lane // by the method, or # and the conversation
}

// turn is what somebody wants to call.
type turn struct {
	method string
	// conversation bounds messages to one a second; empty: no message is posted.
	conversation string
	urgent       bool
	ticket       string        // as that of [lane.Turn]
	patience     time.Duration // as well
}

func (t turn) asked() lane.Turn {
	return lane.Turn{Urgent: t.urgent, Ticket: t.ticket, Patience: t.patience}
}

func newPace(l Limits) *pace {
	p := &pace{tiers: l.Tiers, lanes: map[string]*lane.Lane{}}
	p.turns.Moment = cmp.Or(l.Channel, defaultChannel)
	for i, n := range [4]int{1, 20, 50, 100} {
		if p.tiers[i] <= 0 {
			p.tiers[i] = n
		}
	}
	return p
}

// wait returns when it is this caller's turn, or *chat.Later with exactly how long that takes.
func (p *pace) wait(ctx context.Context, t turn) error {
	return p.turns.Wait(ctx, t.asked(), p.of(t))
}

// again promises a turn to a caller who was refused; it gives how long that takes.
func (p *pace) again(t turn) time.Duration { return p.turns.Book(t.asked(), time.Now(), p.of(t)) }

// promised is how long until a caller's turn; zero where he has none.
func (p *pace) promised(method, ticket string) time.Duration {
	p.turns.Lock()
	defer p.turns.Unlock()
	return p.lane(method).Promised(ticket, time.Now())
}

// refused notes that Slack asked to leave a method alone for a while.
func (p *pace) refused(method string, wait time.Duration) {
	p.turns.Lock()
	defer p.turns.Unlock()
	p.lane(method).Block(time.Now().Add(wait))
}

// of gives the lanes of a call, without what has run out in them.
func (p *pace) of(t turn) lane.Lanes {
	return func(now time.Time) []*lane.Lane {
		lanes := []*lane.Lane{p.lane(t.method)}
		if t.conversation != "" {
			l, ok := p.lanes["#"+t.conversation]
			if !ok {
				l = &lane.Lane{Limit: 1, Ordinary: 1, Window: p.turns.Moment, Spread: lane.SpreadRefused, InLine: true}
				p.lanes["#"+t.conversation] = l
			}
			lanes = []*lane.Lane{l, lanes[0]}
		}
		for _, l := range lanes {
			l.Tidy(now)
		}
		if len(p.lanes) > 2000 { // conversations nobody writes to any more
			for name, l := range p.lanes {
				if l.Tidy(now) && name[0] == '#' && !slices.Contains(lanes, l) {
					delete(p.lanes, name)
				}
			}
		}
		return lanes
	}
}

func (p *pace) lane(method string) *lane.Lane {
	l, ok := p.lanes[method]
	if ok {
		return l
	}
	l = &lane.Lane{Window: window, Spread: lane.SpreadRefused}
	switch tier, known := tierOf[method]; {
	case method == "chat.postMessage":
		l.Limit = workspacePosts * p.tiers[3]
	case known:
		l.Limit = p.tiers[tier-1]
	default:
		l.Limit = p.tiers[2]
	}
	l.Ordinary = l.Limit
	if slices.Contains(pageMethods, method) {
		l.Ordinary = max(1, l.Limit*3/4)
	}
	p.lanes[method] = l
	return l
}
