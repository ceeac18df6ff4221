package discordtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// limit is how often something may be done in a span of time.
type limit struct {
	n   int
	per time.Duration
}

// Discord publishes no numbers for single routes: they "depend on a variety of factors and are
// subject to change" and stand in the headers of each answer (Discord, "Rate Limits"). These are
// what operators of bots have seen there; Limit changes them. Each counts for a channel, a guild
// or a token on its own.
var observed = map[string]limit{
	CreateMessage:   {5, 5 * time.Second},
	EditMessage:     {5, 5 * time.Second},
	DeleteMessage:   {5, time.Second},
	PutOverwrite:    {10, 15 * time.Second},
	DeleteOverwrite: {10, 15 * time.Second},
	React:           {1, 250 * time.Millisecond},
	GetMember:       {5, time.Second},
	ListMembers:     {10, 10 * time.Second},
	FollowUp:        {5, 2 * time.Second},
	EditAnswer:      {5, 2 * time.Second},
	rename:          {2, 10 * time.Minute},
}

// rename is changing the name or the topic of a channel, which has a bucket of its own.
const rename = "PATCH /channels/{channel} name or topic"

// The limits that Discord publishes: the whole API for one bot, and how many answers of 401,
// 403 and 429 an address may bring upon itself (Discord, "Global Rate Limit", "Invalid Request
// Limit").
var (
	everyRoute = limit{50, time.Second}
	tolerated  = limit{10_000, 10 * time.Minute}
)

type limits struct {
	routes   map[string]limit
	buckets  map[string]*bucket
	off      bool
	refused  []time.Time    // invalid requests
	allowed  int            // of them
	commands map[string]int // made new, by guild
}

type bucket struct {
	left  int
	reset time.Time
}

func (l *limits) init() {
	l.routes, l.buckets, l.commands, l.allowed = map[string]limit{}, map[string]*bucket{}, map[string]int{}, tolerated.n
	for r, one := range observed {
		l.routes[r] = one
	}
}

// invalid counts a refused call. 429 of a resource that others share does not count.
func (l *limits) invalid(status int, scope string) {
	if status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusTooManyRequests && scope != "shared" {
		l.refused = append(l.refused, time.Now())
	}
}

// banned says for how long the guard before the API lets nothing through.
func (l *limits) banned() time.Duration {
	for len(l.refused) > 0 && time.Since(l.refused[0]) >= tolerated.per {
		l.refused = l.refused[1:]
	}
	if len(l.refused) < l.allowed {
		return 0
	}
	return tolerated.per - time.Since(l.refused[0])
}

// limited is where a call stands with its bucket.
type limited struct {
	over        bool
	banned      bool // by the guard before the API, for too many invalid requests
	after       time.Duration
	scope       string // user, global or shared
	bucket      string // empty: the route has none
	limit, left int
	reset       time.Time
}

func (l limited) seconds() int { return max(1, int((l.after+time.Second-1)/time.Second)) }

// headers say where the bucket stands (Discord, "Rate Limit Header Examples").
func (l limited) headers(h http.Header) {
	if l.bucket == "" {
		return
	}
	h.Set("X-RateLimit-Bucket", l.bucket)
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(l.left))
	h.Set("X-RateLimit-Reset", fmt.Sprintf("%.3f", float64(l.reset.UnixMilli())/1000))
	h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", max(0, time.Until(l.reset).Seconds())))
}

// take takes one from a bucket, and says for how long there is none.
func (l *limits) take(name string, of limit) (b *bucket, wait time.Duration) {
	now := time.Now()
	b = l.buckets[name]
	if b == nil || !now.Before(b.reset) {
		b = &bucket{left: of.n, reset: now.Add(of.per)}
		l.buckets[name] = b
	}
	if b.left == 0 {
		return b, b.reset.Sub(now)
	}
	b.left--
	return b, 0
}

// admit checks who calls and whether it is too early; mu is held.
func (g *Guild) admit(in *request) (*problem, limited) {
	if wait := g.limits.banned(); wait > 0 {
		return tooEarly(wait), limited{over: true, banned: true, after: wait, scope: "user"}
	}
	free := tokenOnly(in.route)
	if !free && !g.limits.off {
		if _, wait := g.limits.take("global", everyRoute); wait > 0 {
			return tooEarly(wait), limited{over: true, after: wait, scope: "global"}
		}
	}
	public := in.route == "GET /gateway"
	if token := in.header.Get("Authorization"); !free && !public && token != "Bot "+g.token {
		p := no(401, 0, "401: Unauthorized")
		if contains(g.oldTokens, strings.TrimPrefix(token, "Bot ")) {
			p.excuse() // the owner has taken it away
		}
		return p, limited{}
	}
	return g.admitRoute(in)
}

func tooEarly(wait time.Duration) *problem {
	return no(429, 0, "You are being rate limited.").because("for %v", wait)
}

func (g *Guild) admitRoute(in *request) (*problem, limited) {
	name := in.route
	if name == ChangeChannel && (in.body["name"] != nil || in.body["topic"] != nil) {
		name = rename
	}
	of, there := g.limits.routes[name]
	if !there || g.limits.off {
		return nil, limited{}
	}
	top := in.id("channel") + in.id("guild")
	if strings.Contains(name, " /webhooks/") {
		top, name = in.id("token"), "webhooks" // follow-ups and edits share one
	}
	b, wait := g.limits.take(name+" "+top, of)
	at := limited{
		over: wait > 0, after: wait, scope: "user", bucket: fmt.Sprintf("%x", name), limit: of.n, left: b.left, reset: b.reset,
	}
	if wait > 0 {
		return tooEarly(wait), at
	}
	at.scope = ""
	return nil, at
}

// Limit lets a route be called n times in a span of real time for each channel, guild or token.
// n = 0 takes the limit away.
func (g *Guild) Limit(route string, n int, per time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n == 0 {
		delete(g.limits.routes, route)
		return
	}
	g.limits.routes[route] = limit{n, per}
	clear(g.limits.buckets)
}

// Unlimited lets every route be called as often as one likes, or no more so. Tests of something
// else than pace need not wait for it.
func (g *Guild) Unlimited(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limits.off = on
}

// Tolerate takes the place of the 10,000 invalid requests after which the address is locked out.
func (g *Guild) Tolerate(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limits.allowed = n
}

// Invalid counts the calls of the last ten minutes that were answered with 401, 403 or 429.
func (g *Guild) Invalid() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limits.banned()
	return len(g.limits.refused)
}
