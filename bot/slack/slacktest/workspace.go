// Package slacktest is a Slack workspace for tests, and only for tests: the Web API, Socket
// Mode, signed HTTP delivery, response URLs, modals, the Home tab and files over real sockets,
// and people who act and look as they do in their Slack clients.
//
// It is strict. What Slack refuses it refuses, under Slack's own error names, and it keeps what
// it refused, so that a test can say there was nothing (Refused). Payloads are read as plain
// JSON and not by the types of a library, so that a library's mistakes are found too.
//
// It must know no incident, no sentence of the product, and nothing of how the front end is
// built. It must not be more lenient than Slack in order to make a test pass.
package slacktest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// obj is a JSON object as it came or as it goes.
type obj = map[string]any

// Workspace is a Slack workspace with one app in it.
type Workspace struct {
	BotToken      string
	AppToken      string
	SigningSecret string
	TeamID        string
	AppID         string
	BotUser       string // the user ID of the app's bot
	// Command is the slash command that Person.Slash types.
	Command string

	t      testing.TB
	server *httptest.Server
	client *http.Client // delivers events over HTTP

	mu      sync.Mutex
	changed chan struct{} // closed at every change, and made anew
	closed  chan struct{}
	running sync.WaitGroup

	clock     func() time.Time
	patience  time.Duration // how long Wait waits
	ackWithin time.Duration
	pingEvery time.Duration
	lastTS    int64 // microseconds
	counter   int64

	scopes     map[string]bool
	subscribed map[string]bool
	users      map[string]*User
	order      []string // of users, as they were added
	channels   map[string]*channel
	channelIDs []string
	uploads    map[string]*file
	views      map[string]*view
	modals     map[string][]*view // by person, the root first
	homes      map[string]*view
	triggers   map[string]*trigger
	responses  map[string]*response
	tickets    map[string]bool

	refused    []refusal
	calls      []Call
	acks       []Ack
	lost       []string
	delay      time.Duration
	faults     map[string][]fault
	broken     fault
	hooks      map[string][]func()
	limits     map[string]limit
	recent     map[string][]time.Time // of limited calls
	paced      bool
	forbidden  bool // restricted_action for new channels
	deliveries deliveries
	last       map[string]*Delivery // what each person did last
}

// Option changes a workspace before it starts.
type Option func(*Workspace)

// Clock gives the times of messages; triggers and rates always go by real time.
func Clock(now func() time.Time) Option { return func(w *Workspace) { w.clock = now } }

// Scopes takes the place of the bot's granted scopes.
func Scopes(scopes ...string) Option { return func(w *Workspace) { w.Grant(scopes...) } }

// Events takes the place of the events that the app has subscribed to.
func Events(events ...string) Option {
	return func(w *Workspace) {
		w.subscribed = map[string]bool{}
		for _, e := range events {
			w.subscribed[e] = true
		}
	}
}

// AckWithin takes the place of the three seconds in which Slack expects an acknowledgement.
func AckWithin(d time.Duration) Option { return func(w *Workspace) { w.ackWithin = d } }

// PingEvery says how often a socket is pinged.
func PingEvery(d time.Duration) Option { return func(w *Workspace) { w.pingEvery = d } }

// Patience is how long Wait waits before it ends the test.
func Patience(d time.Duration) Option { return func(w *Workspace) { w.patience = d } }

// DefaultScopes are the bot scopes of the app's manifest.
var DefaultScopes = []string{
	"commands", "chat:write", "im:write", "im:history", "im:read",
	"groups:write", "groups:read", "groups:history",
	"users:read", "users:read.email", "files:read", "files:write",
	"reactions:read", "pins:read", "pins:write", "bookmarks:read", "bookmarks:write",
}

// DefaultEvents are the events of the app's manifest.
var DefaultEvents = []string{"app_home_opened", "member_joined_channel", "message.im", "reaction_added"}

// New starts a workspace, which ends with the test.
func New(t testing.TB, options ...Option) *Workspace {
	t.Helper()
	w := &Workspace{
		BotToken: "xoxb-fake-" + random(), AppToken: "xapp-1-A0FAKE-" + random(), SigningSecret: random(),
		TeamID: "T0FAKE", AppID: "A0FAKE", BotUser: "U0BOT", Command: "/incident",
		t: t, client: &http.Client{}, changed: make(chan struct{}), closed: make(chan struct{}),
		clock: time.Now, patience: 15 * time.Second, ackWithin: 3 * time.Second, pingEvery: 5 * time.Second,
		users: map[string]*User{}, channels: map[string]*channel{}, uploads: map[string]*file{},
		views: map[string]*view{}, modals: map[string][]*view{}, homes: map[string]*view{},
		triggers: map[string]*trigger{}, responses: map[string]*response{}, tickets: map[string]bool{},
		faults: map[string][]fault{}, hooks: map[string][]func(){}, limits: map[string]limit{},
		recent: map[string][]time.Time{},
	}
	Events(DefaultEvents...)(w)
	w.Grant(DefaultScopes...)
	w.users[w.BotUser] = &User{ID: w.BotUser, Name: "hikeshi", RealName: "hikeshi", Bot: true, TeamID: w.TeamID}
	w.order = append(w.order, w.BotUser)
	for _, o := range options {
		o(w)
	}
	w.server = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.close)
	return w
}

func (w *Workspace) close() {
	w.mu.Lock()
	close(w.closed) // under mu: nothing starts afterwards
	sockets := slices.Clone(w.deliveries.sockets)
	w.mu.Unlock()
	for _, s := range sockets {
		_ = s.conn.CloseNow()
	}
	w.server.CloseClientConnections()
	w.server.Close()
	w.running.Wait()
	w.client.CloseIdleConnections()
}

// URL is the base of the Web API, as SLACK_API_URL takes it.
func (w *Workspace) URL() string { return w.server.URL + "/api/" }

func (w *Workspace) serve(out http.ResponseWriter, r *http.Request) {
	switch first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); first {
	case "api":
		w.serveAPI(out, r, rest)
	case "link":
		w.serveSocket(out, r)
	case "hooks":
		w.serveResponse(out, r, rest)
	case "upload":
		w.serveUpload(out, r, rest)
	case "files-pri":
		w.serveFile(out, r, rest)
	default:
		if r.URL.Query().Get("redir") != "" { // the sign-in page
			out.Header().Set("Content-Type", "text/html")
			fmt.Fprint(out, "<!DOCTYPE html><title>Sign in</title>")
			return
		}
		http.NotFound(out, r)
	}
}

// refusal is something that was refused, or that Slack would have let pass to our shame.
type refusal struct {
	method, err, detail string
	mistake             bool
}

func (r refusal) String() string {
	s := r.method + ": " + r.err
	if r.detail != "" {
		s += ": " + r.detail
	}
	return s
}

// ordinary are refusals that a correct program meets, because the world is as it is.
var ordinary = map[string]bool{
	"name_taken": true, "restricted_action": true, "already_in_channel": true, "already_pinned": true,
	"already_archived": true, "user_not_found": true, "users_not_found": true, "user_is_restricted": true,
	"ura_max_channels": true, "user_disabled": true, "user_not_visible": true, "cannot_dm_bot": true,
	"cant_invite": true, "message_not_found": true, "channel_not_found": true, "not_in_channel": true,
	"is_archived": true, "missing_scope": true, "ratelimited": true, "expired_trigger_id": true,
	"exchanged_trigger_id": true, "not_found": true, "hash_conflict": true, "cant_invite_self": true,
	"file_not_found": true, "not_archived": true, "used_url": true, "expired_url": true,
}

// refuse notes a refusal; mu is held.
func (w *Workspace) refuse(method, err, detail string) {
	w.refused = append(w.refused, refusal{method, err, detail, !ordinary[err]})
	w.touch()
}

// Refused is everything that was refused so far, such as "chat.postMessage: invalid_blocks: …".
func (w *Workspace) Refused() []string { return w.refusals(func(refusal) bool { return true }) }

// Mistakes are those of Refused that no state of a workspace excuses: limits, unknown
// methods, public channels and files, acknowledgements that are too big or make no sense.
func (w *Workspace) Mistakes() []string { return w.refusals(func(r refusal) bool { return r.mistake }) }

func (w *Workspace) refusals(of func(refusal) bool) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, r := range w.refused {
		if of(r) {
			out = append(out, r.String())
		}
	}
	return out
}

// touch wakes those who wait; mu is held.
func (w *Workspace) touch() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// Wait waits until something is so, and ends the test when it is not in time. The condition
// is asked again soon after something happened in the workspace, and every 20 ms.
func (w *Workspace) Wait(what string, cond func() bool) {
	w.t.Helper()
	if !w.Until(cond) {
		w.t.Fatalf("waited %v in vain for: %s\nrefused so far: %q", w.patience, what, w.Refused())
	}
}

// Until is Wait for those who go on when it does not come to pass.
func (w *Workspace) Until(cond func() bool) bool {
	deadline := time.NewTimer(w.patience)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		w.mu.Lock()
		changed := w.changed
		w.mu.Unlock()
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
		case <-w.closed:
			return cond()
		case <-deadline.C:
			return cond()
		}
	}
}

// ts makes the next message time: unique and growing, however the clock goes; mu is held.
func (w *Workspace) ts() string {
	now := w.clock().UnixMicro()
	w.lastTS = max(w.lastTS+1, now)
	return fmt.Sprintf("%d.%06d", w.lastTS/1e6, w.lastTS%1e6)
}

// id makes an ID with a prefix; mu is held.
func (w *Workspace) id(prefix string) string {
	w.counter++
	return fmt.Sprintf("%s0%06d", prefix, w.counter)
}

func random() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// Grant takes the place of the bot's granted scopes.
func (w *Workspace) Grant(scopes ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scopes = map[string]bool{}
	for _, s := range scopes {
		w.scopes[s] = true
	}
}

func (w *Workspace) provided() string {
	var all []string
	for s := range w.scopes {
		all = append(all, s)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// ForbidChannels lets the workspace refuse new channels with restricted_action, or no more.
func (w *Workspace) ForbidChannels(forbidden bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forbidden = forbidden
}
