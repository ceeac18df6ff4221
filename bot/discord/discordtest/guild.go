// Package discordtest is Discord for tests, and only for tests: the gateway and the REST API over
// real sockets, with one application in a company's server, and people who act and look as they
// do in their Discord clients.
//
// It is strict. What Discord refuses it refuses, under Discord's own status and code, and it
// keeps what it refused, so that a test can say there was nothing (Refused). What Discord would
// pass over in silence (a field nobody knows, a token sent to the CDN) it refuses too. Payloads
// are read as plain JSON and not by the types of a library, so that a library's mistakes are
// found. Permissions are computed as Discord computes them.
//
// It must know no incident, no sentence of the product, and nothing of how the front end is
// built. It must not be more lenient than Discord in order to make a test pass.
package discordtest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"
)

// obj is a JSON object as it came or as it goes.
type obj = map[string]any

// Guild is a company's server on Discord with one application in it, and what of Discord it
// takes to reach it.
type Guild struct {
	t      testing.TB
	server *httptest.Server
	token  string
	appID  string
	botID  string
	home   *server // the company's

	mu      sync.Mutex // guards everything below
	changed chan struct{}
	closed  chan struct{}
	running sync.WaitGroup

	clock      func() time.Time
	patience   time.Duration // how long Wait waits
	last       int64         // the newest snowflake's milliseconds and counter
	servers    map[string]*server
	users      map[string]*user
	channels   map[string]*channel
	files      map[string]*attachment
	forgotten  map[string]bool  // files that lie on the CDN no more
	cdnAhead   time.Duration    // of the CDN's clock
	nonces     map[string]nonce // by author, channel and nonce
	calls      []Call
	refused    []refusal
	faults     faults
	limits     limits
	gateway    gateway
	portal     Intent   // privileged intents allowed in the developer portal
	public     bool     // everybody may invite the bot
	commands   []obj    // for every guild
	oldTokens  []string // that the owner has taken away
	tooManyDMs bool     // direct messages are opened too fast
	cdnSecret  string
	engine     engine // of interactions
}

// Option changes a guild before it starts.
type Option func(*Guild)

// Clock gives the times of messages; tokens of interactions and rates always go by real time.
func Clock(now func() time.Time) Option { return func(g *Guild) { g.clock = now } }

// Patience is how long Wait waits before it ends the test.
func Patience(d time.Duration) Option { return func(g *Guild) { g.patience = d } }

// Privileged takes the place of the privileged intents that are switched on in the developer
// portal: all but presences.
func Privileged(intents Intent) Option { return func(g *Guild) { g.portal = intents } }

// HeartbeatEvery is the interval that HELLO asks for: 41.25 s on Discord. discordgo does not stand
// short ones well: it sleeps for a second under its lock when it closes a connection, and when a
// heartbeat fails meanwhile, it closes by that the connection that it has just opened, says
// goodbye to its session, and never comes back.
func HeartbeatEvery(d time.Duration) Option { return func(g *Guild) { g.gateway.beat = d } }

// IdentifyEvery refuses an IDENTIFY that comes sooner after another: 5 s on Discord.
func IdentifyEvery(d time.Duration) Option { return func(g *Guild) { g.gateway.pace = d } }

// Permissions takes the place of what the bot's own role allows.
func Permissions(p Permission) Option {
	return func(g *Guild) { g.home.role(g.home.botRole).permissions = p }
}

// New starts Discord with one guild, which ends with the test.
func New(t testing.TB, options ...Option) *Guild {
	t.Helper()
	g := &Guild{
		t: t, changed: make(chan struct{}), closed: make(chan struct{}),
		clock: time.Now, patience: 15 * time.Second,
		servers: map[string]*server{}, users: map[string]*user{}, channels: map[string]*channel{},
		files: map[string]*attachment{}, forgotten: map[string]bool{}, nonces: map[string]nonce{},
		portal: IntentGuildMembers | IntentMessageContent, cdnSecret: random(),
	}
	g.faults.init()
	g.limits.init()
	g.gateway.init()
	g.engine.init()
	g.appID = g.snowflake()
	g.botID = g.appID                     // as for every application made since 2016
	g.token = "MTA.bot-token." + random() // three parts, as every token of Discord
	g.users[g.botID] = &user{id: g.botID, name: "hikeshi", bot: true}
	g.home = g.newServer("会社")
	for _, o := range options {
		o(g)
	}
	g.server = httptest.NewUnstartedServer(g.routes())
	g.server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateHijacked {
			g.mu.Lock()
			g.gateway.raw[conn.RemoteAddr().String()] = conn
			g.mu.Unlock()
		}
	}
	g.server.Start()
	t.Cleanup(g.close)
	return g
}

func (g *Guild) close() {
	g.mu.Lock()
	close(g.closed) // under mu: nothing starts afterwards
	raw := values(g.gateway.raw)
	g.mu.Unlock()
	for _, conn := range raw {
		_ = conn.Close() // goodbyes that nobody answers are not waited for
	}
	g.server.CloseClientConnections()
	g.server.Close()
	g.running.Wait()
}

// URL takes every request that is meant for https://discord.com and for the CDN, under the
// same path.
func (g *Guild) URL() string { return g.server.URL }

// Token is the bot's token, without the word "Bot" before it.
func (g *Guild) Token() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.token
}

// ID is the guild's.
func (g *Guild) ID() string { return g.home.id }

// AppID is the application's.
func (g *Guild) AppID() string { return g.appID }

// BotID is the user ID of the bot.
func (g *Guild) BotID() string { return g.botID }

// touch wakes those who wait; mu is held.
func (g *Guild) touch() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// Wait waits until something is so, and ends the test when it is not in time. The condition is
// asked again soon after something happened on Discord, and every 20 ms.
func (g *Guild) Wait(what string, cond func() bool) {
	g.t.Helper()
	if !g.Until(cond) {
		g.t.Fatalf("waited %v in vain for: %s\nrefused so far: %q", g.patience, what, g.Refused())
	}
}

// Until is Wait for those who go on when it does not come to pass.
func (g *Guild) Until(cond func() bool) bool {
	deadline := time.NewTimer(g.patience)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		g.mu.Lock()
		changed := g.changed
		g.mu.Unlock()
		asked := time.Now()
		if cond() {
			return true
		}
		if time.Since(asked) > time.Millisecond {
			changed = nil // asking is dear, and hundreds may wait: go by the tick
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-g.closed:
			return cond()
		case <-deadline.C:
			return cond()
		}
	}
}

// epoch is where Discord's IDs begin: 2015-01-01 UTC, in Unix milliseconds (Discord,
// "Snowflakes").
const epoch = 1420070400000

// snowflake makes the next ID: unique and growing, however the clock goes; mu is held.
func (g *Guild) snowflake() string {
	ms := g.clock().UnixMilli() - epoch
	g.last = max(g.last+1, ms<<22) // 22 bits for worker, machine and increment
	return strconv.FormatInt(g.last, 10)
}

// now is the time of what happens, as messages carry it; mu is held.
func (g *Guild) now() time.Time { return g.clock().UTC() }

// stamp is a time as Discord writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000-07:00") }

func random() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// refusal is something that was refused, or that Discord would have let pass to our shame.
type refusal struct {
	route   string
	status  int
	code    int
	detail  string
	mistake bool
}

func (r refusal) String() string {
	return fmt.Sprintf("%s: %d/%d %s", r.route, r.status, r.code, r.detail)
}

// ordinary are refusals that a correct program meets, because the world is as it is.
var ordinary = map[int]bool{
	10003: true, // unknown channel
	10007: true, // unknown member
	10008: true, // unknown message
	10013: true, // unknown user
	10014: true, // unknown emoji
	30003: true, // pins
	30013: true, // channels in the guild
	40003: true, // direct messages opened too fast
	50001: true, // missing access
	50007: true, // cannot send messages to this user
	50013: true, // missing permissions
	50083: true, // the thread is archived
	50278: true, // no server in common
}

// refuse notes a refusal; mu is held.
func (g *Guild) refuse(route string, p *problem) {
	mistake := !ordinary[p.code] && !p.excused && p.status != 429
	g.refused = append(g.refused, refusal{route, p.status, p.code, p.String(), mistake})
	g.touch()
}

// blame notes a mistake that is no refused call; mu is held.
func (g *Guild) blame(what, format string, args ...any) {
	g.refused = append(g.refused, refusal{route: what, detail: fmt.Sprintf(format, args...), mistake: true})
	g.touch()
}

// Refused is everything that was refused so far, such as
// "POST /channels/{channel}/messages: 400/50035 …".
func (g *Guild) Refused() []string { return g.refusals(func(refusal) bool { return true }) }

// Mistakes are those of Refused that no state of a server excuses: limits, unknown routes and
// fields, a wrong token, answers that make no sense.
func (g *Guild) Mistakes() []string { return g.refusals(func(r refusal) bool { return r.mistake }) }

func (g *Guild) refusals(of func(refusal) bool) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, r := range g.refused {
		if of(r) {
			out = append(out, r.String())
		}
	}
	return out
}
