package courier

import (
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
)

// fronts knows how the front ends have been doing lately, in this process.
type fronts struct {
	mu sync.Mutex
	by map[string]*front
}

type front struct {
	failed []time.Time // the last of them, since one got through
	under  int
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

// try begins a try; ok is false when the front end is down and has been asked by enough.
func (f *fronts) try(name string, now time.Time) (t *try, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x := f.of(name)
	if x.down(now) && x.under >= probes {
		return nil, false
	}
	x.under++
	return &try{fronts: f, front: x}, true
}

// try is one try by a front end.
type try struct {
	fronts *fronts
	front  *front
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
	got  outcome = iota // it got through
	lost                // it did not
	moot                // it says nothing about the front end
)

func (t *try) end(o outcome, now time.Time) {
	t.fronts.mu.Lock()
	defer t.fronts.mu.Unlock()
	t.front.under--
	switch o {
	case got:
		t.front.failed = nil
	case lost:
		t.fail(now)
	}
}

// Down reports whether nothing has got through by a front end lately, as far as this process
// has tried.
func (c *Courier) Down(frontend string) bool { return c.fronts.down(frontend, c.Service.Now()) }
