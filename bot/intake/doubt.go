package intake

import (
	"sync"
	"time"
)

// maxDoubts is how many channels are kept one by one; beyond it all of them have to be looked at.
const maxDoubts = 200

// Doubts are the channels of which something was told that could not be looked at, such as while the
// database does not answer: somebody may read along there who does not belong. Until such a channel
// was looked at, nothing is to be said in it. The zero value has none.
type Doubts struct {
	mu  sync.Mutex
	by  map[string]since
	all since // all channels
	n   uint64
}

type since struct {
	at time.Time
	n  uint64 // which telling it was; zero: none
}

// Doubt is one channel that is to be looked at.
type Doubt struct {
	ID string // empty: all channels
	n  uint64
}

// Add notes that a channel is to be looked at; empty: all of them.
func (d *Doubts) Add(id string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.n++
	_, known := d.by[id]
	switch {
	case id == "", d.all.n > 0, !known && len(d.by) >= maxDoubts:
		clear(d.by)
		d.all = since{at: now, n: d.n}
	case d.by == nil:
		d.by = map[string]since{}
		fallthrough
	default:
		d.by[id] = since{at: now, n: d.n}
	}
}

// About says whether a channel is to be looked at, and since when that could have been done.
func (d *Doubts) About(id string) (at time.Time, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if one, ok := d.by[id]; ok {
		return one.at, true
	}
	return d.all.at, d.all.n > 0
}

// Open are the channels to be looked at.
func (d *Doubts) Open() (open []Doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all.n > 0 {
		open = append(open, Doubt{n: d.all.n})
	}
	for id, one := range d.by {
		open = append(open, Doubt{ID: id, n: one.n})
	}
	return open
}

// Settle notes that a channel was looked at. What was told of it meanwhile keeps it in doubt.
func (d *Doubts) Settle(was Doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case was.ID == "" && d.all.n == was.n:
		d.all = since{}
	case was.ID != "" && d.by[was.ID].n == was.n:
		delete(d.by, was.ID)
	}
}

// Postpone notes that nothing could be looked at until now: the wait for it begins anew.
func (d *Doubts) Postpone(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all.at = now
	for id, one := range d.by {
		d.by[id] = since{at: now, n: one.n}
	}
}
