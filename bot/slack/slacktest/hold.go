package slacktest

// Held is a button that a person has before his eyes and has not pressed yet. What it stands
// in may be another by the time he does.
type Held struct {
	p *Person
	s *spot
}

// Hold looks at a button, as Press finds it.
func (p *Person) Hold(where, label, beside string) *Held {
	p.w.t.Helper()
	p.w.mu.Lock()
	s, why := p.spotOf(where, label, beside)
	p.w.mu.Unlock()
	if s == nil {
		p.fail("sees no [%s] in %q: %s", label, where, why)
		return nil
	}
	return &Held{p, s}
}

// Press presses it as it was.
func (h *Held) Press() *Delivery {
	h.p.w.t.Helper()
	h.p.w.mu.Lock()
	d := h.p.action(h.s, obj{})
	h.p.w.mu.Unlock()
	return h.p.do(d)
}
