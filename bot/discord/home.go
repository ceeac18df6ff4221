package discord

import (
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// home is whether the bot is in the server of the company. Somebody may take it out by mistake, or
// have it never invited: the gateway stays open all the same, and brings nothing of the company's.
type home struct {
	mu    sync.Mutex
	out   bool
	since time.Time
	// back is told when it comes back: Discord has forgotten its commands.
	back chan struct{}
}

// is notes whether the bot is in; false: that was known.
func (h *home) is(in bool, now time.Time) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.out == !in {
		return false
	}
	h.out, h.since = !in, now
	if in {
		select {
		case h.back <- struct{}{}:
		default: // told already
		}
	}
	return true
}

// left is since when the bot is not in the server; zero: it is in, as far as is known.
func (h *home) left() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.out {
		return time.Time{}
	}
	return h.since
}

// inHome takes in whether the bot is in the server of the company.
func (f *Front) inHome(in bool) {
	if !f.home.is(in, f.clock()) {
		return
	}
	f.api.out.Store(!in)
	if in {
		f.log.Info("the bot is in the company's server again")
		return
	}
	f.log.Error("the bot is not in the company's server, and nothing gets there or comes from there; hikeshi discord invite gives the address that invites it")
}

// began says by the beginning of a session whether the bot is in the server: it names all that the
// bot is in, those too that are away for the moment ("Ready").
func (f *Front) began(raw []byte) {
	var r struct {
		Guilds []json.RawMessage `json:"guilds"`
	}
	if json.Unmarshal(raw, &r) != nil || r.Guilds == nil {
		return
	}
	f.inHome(slices.ContainsFunc(r.Guilds, func(g json.RawMessage) bool { return guildIn(g, "id") == f.config.Guild }))
}

// guildLost takes in that a server is not there any more: where nothing says that it is away for
// the moment, the bot was taken out ("Guild Delete").
func (f *Front) guildLost(raw []byte) {
	var g struct {
		Unavailable bool `json:"unavailable"`
	}
	if json.Unmarshal(raw, &g) == nil && !g.Unavailable && guildIn(raw, "id") == f.config.Guild {
		f.inHome(false)
	}
}
