package courier

import (
	"math/rand/v2"
	"sync"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
)

// putOff knows what front ends have put off, because their platform asks to wait: such as
// two hundred channels on a platform that takes twenty a minute. Where no turn is kept for
// them, each is told the same wait, for whichever comes first takes the place that gets free.
// Coming back all at once they would claim and put off again two hundred rows each time, and
// so they spread out the more, the more of them there are.
type putOff struct {
	mu    sync.Mutex
	until map[int64]time.Time // by message
}

const (
	// shortWait is the least wait that makes sense: a claim costs as much.
	shortWait = 100 * time.Millisecond
	// A message waits longer by an eighth of the wait for each that waits beside it, on
	// average half of that, at most mostSpread: some come by in each of the waits all the same.
	spread     = 8
	mostSpread = time.Minute
)

// put gives the instant at which a message is due again.
func (p *putOff) put(m workflows.Message, now time.Time, later *chat.Later) time.Time {
	wait := max(later.Wait, shortWait)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil {
		p.until = map[int64]time.Time{}
	}
	for id, t := range p.until {
		if t.Before(now) {
			delete(p.until, id) // somebody else has sent it, perhaps
		}
	}
	delete(p.until, m.ID)
	if m.Urgent { // a page waits for nobody
		if later.Turn { // and all to one person have one turn
			return now.Add(later.Wait)
		}
		return now.Add(wait + rand.N(shortWait))
	}
	if later.Turn { // nobody else takes his place; late, he would come after what happened later
		p.until[m.ID] = now.Add(wait)
		return p.until[m.ID]
	}
	beside := time.Duration(len(p.until))
	at := now.Add(wait + rand.N(min(wait/4+wait/spread*beside, mostSpread)))
	p.until[m.ID] = at
	return at
}

// over says that a message waits no longer.
func (p *putOff) over(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.until, id)
}
