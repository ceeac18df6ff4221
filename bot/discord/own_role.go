package discord

import (
	"encoding/json"
	"sync"
)

// ownRole is the role that came with the bot into the company's server, and has its name. Whoever
// looks for the bot after @ finds both, and on a phone they look alike.
type ownRole struct {
	mu sync.Mutex
	id string // empty: it has none, as far as is known
}

func (r *ownRole) get() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.id
}

func (r *ownRole) is(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.id = id
}

// rolesSeen takes in which of the roles that the server has is the bot's own.
func (f *Front) rolesSeen(raw []byte) {
	var g struct {
		Roles []json.RawMessage `json:"roles"`
	}
	if json.Unmarshal(raw, &g) != nil || g.Roles == nil {
		return
	}
	f.role.is("") // invited again, it comes with another
	for _, r := range g.Roles {
		f.ours(r)
	}
}

// roleSeen takes in a role that was made or changed: the bot's own may come after the bot.
func (f *Front) roleSeen(raw []byte) {
	var e struct {
		Guild string          `json:"guild_id"`
		Role  json.RawMessage `json:"role"`
	}
	if json.Unmarshal(raw, &e) == nil && e.Guild == f.config.Guild {
		f.ours(e.Role)
	}
}

// ours keeps a role that is the bot's own ("Role Tags Structure").
func (f *Front) ours(role []byte) {
	var r struct {
		ID   string `json:"id"`
		Tags struct {
			Bot string `json:"bot_id"`
		} `json:"tags"`
	}
	if json.Unmarshal(role, &r) != nil || !isID(r.ID) || !isID(r.Tags.Bot) {
		return
	}
	f.mu.Lock()
	me := f.identity.User
	f.mu.Unlock()
	if r.Tags.Bot == me {
		f.role.is(r.ID)
	}
}
