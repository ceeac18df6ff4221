package courier

import (
	"slices"
	"sync"
	"time"
)

const (
	// A front end is down when its last downTries tries have failed, all within downWithin, and
	// none has got through since. One that fails for one person's sake has not failed: see
	// chat.ErrGone.
	downTries  = 3
	downWithin = 2 * time.Minute
	// probes is how many tries may be under way to a front end that is down. Each may hang, and
	// would keep a lane from those that work.
	probes = 2
	// downWait is how long a message waits beside them.
	downWait = 15 * time.Second
	// silentPages is how many pages may be under way to a front end that has answered nothing since
	// the first of them was sent. It may be about to be down; the others, which would wait for
	// a lane behind those that hang, go on meanwhile. At the pace of the courier a platform that
	// answers within 0.3 s is never asked to wait.
	silentPages = 6
	// mostPages is how many may be under way to one that answers, but slowly: a gateway that takes two
	// seconds for a call must not have all lanes either.
	mostPages = 10
	// silentWait is how long a page waits beside them.
	silentWait = 500 * time.Millisecond
)

// fronts knows how the front ends have been doing lately, in this process.
type fronts struct {
	mu sync.Mutex
	by map[string]*front
}

type front struct {
	failed []time.Time // the last of them, since one got through
	under  []*try      // by when they were begun
	heard  time.Time   // when it last answered, whatever it said
}

func (f *fronts) of(name string) *front {
	if f.by == nil {
		f.by = map[string]*front{}
	}
	x := f.by[name]
	if x == nil {
		x = &front{}
		f.by[name] = x
	}
	return x
}

// down reports whether nothing gets through by a front end.
func (f *fronts) down(name string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.of(name).down(now)
}

func (x *front) down(now time.Time) bool {
	return len(x.failed) == downTries && now.Sub(x.failed[0]) < downWithin
}

// full reports whether as many pages as may be are waiting for an answer.
func (x *front) full() bool {
	var pages []*try
	for _, t := range x.under {
		if t.urgent {
			pages = append(pages, t)
		}
	}
	return len(pages) >= mostPages || len(pages) >= silentPages && !x.heard.After(pages[0].begun)
}

// try begins a try; where the front end has been asked by enough that got no answer, there is none,
// but a wait.
func (f *fronts) try(name string, urgent bool, now time.Time) (*try, time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x := f.of(name)
	switch {
	case x.down(now) && len(x.under) >= probes:
		return nil, downWait
	case urgent && x.full():
		return nil, silentWait
	}
	t := &try{fronts: f, front: x, urgent: urgent, begun: now}
	x.under = append(x.under, t)
	return t, 0
}

// try is one try by a front end.
type try struct {
	fronts *fronts
	front  *front
	urgent bool
	begun  time.Time
	told   bool // it counts as failed already
}

// slow says that no answer has come so far.
func (t *try) slow(now time.Time) {
	t.fronts.mu.Lock()
	defer t.fronts.mu.Unlock()
	t.fail(now)
}

func (t *try) fail(now time.Time) {
	if t.told {
		return
	}
	t.told = true
	t.front.failed = append(t.front.failed, now)
	if more := len(t.front.failed) - downTries; more > 0 {
		t.front.failed = t.front.failed[more:]
	}
}

// outcome is how a try ended.
type outcome int

const (
	got     outcome = iota // it got through
	lost                   // it did not
	moot                   // there was an answer, which says nothing about whether others get through
	unasked                // the front end was not asked
)

// end may be said of no try, and of one that has ended: then it says nothing.
func (t *try) end(o outcome, now time.Time) {
	if t == nil {
		return
	}
	t.fronts.mu.Lock()
	defer t.fronts.mu.Unlock()
	i := slices.Index(t.front.under, t)
	if i < 0 {
		return
	}
	t.front.under = slices.Delete(t.front.under, i, i+1)
	if o != unasked && !t.told {
		t.front.heard = now
	}
	switch o {
	case got:
		t.front.failed, t.front.heard = nil, now
	case lost:
		t.fail(now)
	}
}

// Down reports whether nothing has got through by a front end lately, as far as this process
// has tried.
func (c *Courier) Down(frontend string) bool { return c.fronts.down(frontend, c.Service.Now()) }
