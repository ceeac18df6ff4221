package intake

import (
	"sync"
	"time"
)

// tellAgain is how long a refusal that stays the same is told once: who looks after the program
// knows it by then, and the log has room for other things.
const tellAgain = 10 * time.Minute

// Refusals knows which tokens a platform has refused and when that was told last. The zero value
// knows of none.
type Refusals struct {
	mu sync.Mutex
	by map[string]refused
}

type refused struct {
	code string
	told time.Time
}

// Due reports whether the refusal of a token has to be told: it is new, its code is another, or
// it was told long ago. Then it counts as told.
func (r *Refusals) Due(token, code string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if was, ok := r.by[token]; ok && was.code == code && now.Sub(was.told) < tellAgain {
		return false
	}
	if r.by == nil {
		r.by = map[string]refused{}
	}
	r.by[token] = refused{code, now}
	return true
}

// Over forgets the refusal of a token, which is taken again.
func (r *Refusals) Over(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.by, token)
}
