package discord

import (
	"encoding/json"
	"sync"
)

// headcount is how many channels the company's server has, those that the bot cannot see among
// them: they count towards Discord's limit, and the list that can be asked for leaves them out
// since 2026-11-16 (Discord, change log). The gateway tells of all of them.
type headcount struct {
	mu sync.Mutex
	of map[string]struct{} // by ID; nil: the gateway has not told yet
}

// began takes the channels that the server has as a session begins.
func (h *headcount) began(raw []byte) {
	var g struct {
		Channels []struct {
			ID string `json:"id"`
		} `json:"channels"`
	}
	if json.Unmarshal(raw, &g) != nil || g.Channels == nil {
		return
	}
	of := map[string]struct{}{}
	for _, c := range g.Channels {
		of[c.ID] = struct{}{}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of = of
}

// changed takes in that there is a channel, or that there is none any more.
func (h *headcount) changed(raw []byte, there bool) {
	var c struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &c) != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.of == nil:
	case there:
		h.of[c.ID] = struct{}{}
	default:
		delete(h.of, c.ID)
	}
}

// count is how many there are as far as is known.
func (h *headcount) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.of)
}
