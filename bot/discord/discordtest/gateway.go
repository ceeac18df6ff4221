package discordtest

import (
	"maps"
	"net"
	"slices"
	"strings"
	"time"
)

// Intent is a set of gateway intents (Discord, "List of Intents").
type Intent int

// The intents that matter here.
const (
	IntentGuilds          Intent = 1 << 0
	IntentGuildMembers    Intent = 1 << 1 // privileged
	IntentGuildPresences  Intent = 1 << 8 // privileged
	IntentGuildMessages   Intent = 1 << 9
	IntentGuildReactions  Intent = 1 << 10
	IntentDirectMessages  Intent = 1 << 12
	IntentDirectReactions Intent = 1 << 13
	IntentMessageContent  Intent = 1 << 15 // privileged

	privileged = IntentGuildMembers | IntentGuildPresences | IntentMessageContent
	// known are all intents: bits 0 to 16, 20, 21, 24 and 25.
	known = 1<<17 - 1 | 1<<20 | 1<<21 | 1<<24 | 1<<25
)

// gateway is the sessions and their connections.
type gateway struct {
	beat, pace time.Duration
	sockets    []*socket
	raw        map[string]net.Conn // what was taken over from HTTP, by the address of the peer
	sessions   map[string]*session
	identified time.Time            // the last IDENTIFY
	listed     map[string]time.Time // when all members were last asked for, by guild
	identifies int
	remaining  *int // sessions that may begin; nil: as many as Discord allows
	resetAfter time.Duration
	resumes    int
	beats      int
	refusals   []bool   // of the next RESUMEs: whether they may be tried again
	refused    int      // RESUMEs answered with INVALID_SESSION
	again      int      // events that the next RESUME brings once more
	hellos     []string // in the place of the next connections' HELLO
}

// session is what the application has identified for. It outlives its connections.
type session struct {
	id      string
	intents Intent
	seq     int
	log     []event
	socket  *socket // nil: it is away
}

type event struct {
	seq     int
	name    string
	payload obj
}

func (w *gateway) init() {
	w.beat = 41250 * time.Millisecond // what Discord asks for
	w.pace = 5 * time.Second          // Discord, "Rate Limits" of the gateway: max_concurrency in 5 s
	w.sessions, w.raw, w.listed = map[string]*session{}, map[string]net.Conn{}, map[string]time.Time{}
}

// dispatch gives an event to every session whose intents ask for it, and to those that are away
// for the moment when they come back. c is where it happened; nil: nowhere (interactions,
// members). What is said in a channel that the bot does not see goes to nobody. It says to how
// many sessions it went; mu is held.
func (g *Guild) dispatch(name string, c *channel, payload obj) int {
	intent, inside := intentOf(name, c)
	if inside && c != nil && g.may(g.botID, c)&ViewChannel == 0 {
		return 0
	}
	sent := 0
	for _, id := range slices.Sorted(maps.Keys(g.gateway.sessions)) {
		s := g.gateway.sessions[id]
		if s.intents&intent == intent {
			g.give(s, name, payload)
			sent++
		}
	}
	return sent
}

// intentOf says which intent asks for an event, and whether the event stays with those who see
// the channel.
func intentOf(name string, c *channel) (intent Intent, inside bool) {
	dm := c != nil && c.kind == DM
	pick := func(guild, direct Intent) Intent {
		if dm {
			return direct
		}
		return guild
	}
	switch {
	case strings.HasPrefix(name, "MESSAGE_REACTION_"):
		return pick(IntentGuildReactions, IntentDirectReactions), true
	case strings.HasPrefix(name, "MESSAGE_"):
		return pick(IntentGuildMessages, IntentDirectMessages), true
	case name == "CHANNEL_PINS_UPDATE":
		return pick(IntentGuilds, IntentDirectMessages), true
	case strings.HasPrefix(name, "GUILD_MEMBER_"):
		return IntentGuildMembers, false
	case strings.HasPrefix(name, "THREAD_"):
		return IntentGuilds, true
	case strings.HasPrefix(name, "CHANNEL_"), strings.HasPrefix(name, "GUILD_"):
		return IntentGuilds, false
	}
	return 0, false
}

// give puts an event into a session and onto its connection; mu is held.
func (g *Guild) give(s *session, name string, payload obj) {
	if s.intents&IntentMessageContent == 0 && (name == "MESSAGE_CREATE" || name == "MESSAGE_UPDATE") && !g.readable(payload) {
		payload = maps.Clone(payload)
		empty(payload)
	}
	s.seq++
	e := event{s.seq, name, clone(payload)} // as it is now
	s.log = append(s.log, e)
	if s.socket != nil {
		s.socket.dispatch(e)
	}
}

// readable says whether the content of a message is given without the message content intent.
func (g *Guild) readable(payload obj) bool {
	_, guild := payload["guild_id"]
	return !guild || text(payload, "author", "id") == g.botID || slices.ContainsFunc(list(payload["mentions"]), func(v any) bool {
		return text(v, "id") == g.botID
	})
}

// PaceIdentifies is IdentifyEvery while it runs.
func (g *Guild) PaceIdentifies(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gateway.pace = d
}

// SpendSessions says from now on how many sessions may begin, and when there are more.
func (g *Guild) SpendSessions(remaining int, resetAfter time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gateway.remaining, g.gateway.resetAfter = &remaining, resetAfter
}

// Sockets counts the connections of the gateway that are open and identified.
func (g *Guild) Sockets() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, s := range g.gateway.sockets {
		if s.session != nil {
			n++
		}
	}
	return n
}

// Identifies counts the sessions that were begun. Discord allows 1,000 in a day.
func (g *Guild) Identifies() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.gateway.identifies
}

// Heartbeats counts the heartbeats that came. discordgo sends its first when it is through with
// connecting: what is dropped before that may be closed by it a second later, on the connection
// that it has opened meanwhile.
func (g *Guild) Heartbeats() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.gateway.beats
}

// Resumes counts the sessions that were resumed.
func (g *Guild) Resumes() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.gateway.resumes
}

// ResumesRefused counts the RESUMEs that were answered with INVALID_SESSION.
func (g *Guild) ResumesRefused() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.gateway.refused
}

// Intents are what the newest session has asked for.
func (g *Guild) Intents() Intent {
	g.mu.Lock()
	defer g.mu.Unlock()
	var newest *session
	for _, s := range g.gateway.sessions {
		if newest == nil || older(newest.id, s.id) < 0 {
			newest = s
		}
	}
	if newest == nil {
		return 0
	}
	return newest.intents
}
