package discordtest

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Call is a call of the REST API that reached its route.
type Call struct {
	Route        string // such as CreateMessage
	Path         string
	At           time.Time
	Status, Code int // 200 and 0: it was carried out; 0 and 0: it was cut off before
	Channel      string
	User         string
	Nonce        string
	Body         obj // JSON
	Files        []string
}

// The routes that tests name.
const (
	GetMe            = "GET /users/@me"
	GetMember        = "GET /guilds/{guild}/members/{user}"
	ListMembers      = "GET /guilds/{guild}/members"
	ListChannels     = "GET /guilds/{guild}/channels"
	CreateChannel    = "POST /guilds/{guild}/channels"
	GetChannel       = "GET /channels/{channel}"
	ChangeChannel    = "PATCH /channels/{channel}"
	DeleteChannel    = "DELETE /channels/{channel}"
	PutOverwrite     = "PUT /channels/{channel}/permissions/{overwrite}"
	DeleteOverwrite  = "DELETE /channels/{channel}/permissions/{overwrite}"
	CreateThread     = "POST /channels/{channel}/threads"
	AddThreadMember  = "PUT /channels/{channel}/thread-members/{user}"
	DropThreadMember = "DELETE /channels/{channel}/thread-members/{user}"
	ListMessages     = "GET /channels/{channel}/messages"
	GetMessage       = "GET /channels/{channel}/messages/{message}"
	CreateMessage    = "POST /channels/{channel}/messages"
	EditMessage      = "PATCH /channels/{channel}/messages/{message}"
	DeleteMessage    = "DELETE /channels/{channel}/messages/{message}"
	PinMessage       = "PUT /channels/{channel}/messages/pins/{message}"
	UnpinMessage     = "DELETE /channels/{channel}/messages/pins/{message}"
	React            = "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me"
	OpenDM           = "POST /users/@me/channels"
	RefreshURLs      = "POST /attachments/refresh-urls"
	GetCommands      = "GET /applications/{application}/guilds/{guild}/commands"
	PutCommands      = "PUT /applications/{application}/guilds/{guild}/commands"
	Callback         = "POST /interactions/{interaction}/{token}/callback"
	FollowUp         = "POST /webhooks/{application}/{token}"
	GetAnswer        = "GET /webhooks/{application}/{token}/messages/{message}"
	EditAnswer       = "PATCH /webhooks/{application}/{token}/messages/{message}"
	DeleteAnswer     = "DELETE /webhooks/{application}/{token}/messages/{message}"
)

// route is what a call does; mu is held. The answer is sent with 200, with 204 when it is nil.
type route func(*Guild, *request) (any, *problem)

// made is an answer with status 201.
type made struct{ answer any }

// tokenOnly are routes that need no bot token: that of the interaction in the path is enough,
// and they are no part of the bot's global rate (Discord, "Global Rate Limit").
func tokenOnly(name string) bool {
	return strings.Contains(name, " /interactions/") || strings.Contains(name, " /webhooks/")
}

// table are all routes.
func table() map[string]route {
	all := map[string]route{
		Callback:     (*Guild).callback,
		FollowUp:     (*Guild).followUp,
		GetAnswer:    (*Guild).followUp,
		EditAnswer:   (*Guild).followUp,
		DeleteAnswer: (*Guild).followUp,
	}
	for _, routes := range []map[string]route{guildRoutes, channelRoutes, threadRoutes, messageRoutes} {
		maps.Copy(all, routes)
	}
	return all
}

func (g *Guild) routes() http.Handler {
	mux := http.NewServeMux()
	for name, do := range table() {
		method, path, _ := strings.Cut(name, " ")
		mux.HandleFunc(method+" /api/v9"+path, func(out http.ResponseWriter, r *http.Request) { g.serveAPI(out, r, name, do) })
	}
	mux.HandleFunc("/gw", g.serveGateway)
	mux.HandleFunc("/gw/{$}", g.serveGateway)
	for _, folder := range []string{"attachments", "ephemeral-attachments"} {
		mux.HandleFunc("GET /"+folder+"/{channel}/{file}/{name}", func(out http.ResponseWriter, r *http.Request) {
			r.SetPathValue("folder", folder)
			g.serveFile(out, r)
		})
	}
	mux.HandleFunc("/", func(out http.ResponseWriter, r *http.Request) {
		g.serveAPI(out, r, r.Method+" "+r.URL.Path, func(*Guild, *request) (any, *problem) {
			return nil, no(404, 0, "404: Not Found").because("no such route")
		})
	})
	return mux
}

func (g *Guild) serveAPI(out http.ResponseWriter, r *http.Request, name string, do route) {
	in, bad := read(name, r)
	f, delay := g.fault(name)
	if delay > 0 && !g.pause(r, delay) {
		return
	}
	if f.kind == Silent {
		g.pause(r, time.Hour)
		return
	}
	if f.kind != 0 && f.kind != CutAfter {
		g.fail(out, in, f)
		return
	}
	answer, p, rate := g.perform(in, bad, do)
	for _, hook := range g.hooksFor(name, p) {
		hook()
	}
	rate.headers(out.Header())
	switch {
	case f.kind == CutAfter:
		cut(out)
	case rate.over:
		g.tooMany(out, rate)
	default:
		g.answer(out, answer, p)
	}
}

// fail lets a call fail and does nothing.
func (g *Guild) fail(out http.ResponseWriter, in *request, f fault) {
	call := in.call()
	scope := f.kind.scope()
	switch {
	case scope != "":
		call.Status = http.StatusTooManyRequests
	case f.kind == ServerError:
		call.Status = http.StatusBadGateway
	default:
		call.Status = 0 // no answer
	}
	g.mu.Lock()
	g.calls = append(g.calls, call)
	g.limits.invalid(call.Status, scope)
	g.touch()
	g.mu.Unlock()
	switch {
	case scope != "":
		g.tooMany(out, limited{after: f.after, scope: scope})
	case f.kind == ServerError:
		http.Error(out, "error code: 502", http.StatusBadGateway)
	default:
		cut(out)
	}
}

// call is what is kept of a request.
func (in *request) call() Call {
	call := Call{
		Route: in.route, Path: in.path, At: time.Now(), Channel: in.id("channel"), User: in.id("user"), Body: in.body, Status: 200,
		Nonce: text(in.body, "nonce"),
	}
	if call.User == "" {
		call.User = text(in.body, "recipient_id")
	}
	for _, f := range in.files {
		call.Files = append(call.Files, f.name)
	}
	return call
}

// perform carries a call out.
func (g *Guild) perform(in *request, bad *problem, do route) (answer any, p *problem, rate limited) {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer g.touch()
	call := in.call()
	defer func() {
		if p != nil {
			call.Status, call.Code = p.status, p.code
			g.refuse(in.route, p)
		}
		g.calls = append(g.calls, call)
	}()
	p, rate = g.admit(in)
	if p == nil {
		p = bad
	}
	if p != nil {
		g.limits.invalid(p.status, rate.scope)
		return nil, p, rate
	}
	answer, p = do(g, in)
	if p != nil {
		g.limits.invalid(p.status, "")
		return nil, p, rate
	}
	return asAnswer(answer), nil, rate
}

// sent is an answer as bytes: made while mu is held, for it may belong to the state.
type sent struct {
	status int
	body   []byte
}

func asAnswer(answer any) any {
	status := http.StatusOK
	if m, ok := answer.(made); ok {
		status, answer = http.StatusCreated, m.answer
	}
	if answer == nil {
		return sent{status: http.StatusNoContent}
	}
	return sent{status, asJSON(answer)}
}

func (g *Guild) answer(out http.ResponseWriter, answer any, p *problem) {
	s, _ := answer.(sent)
	if p != nil {
		s = sent{p.status, asJSON(p.body())}
	}
	if s.body != nil {
		out.Header().Set("Content-Type", "application/json")
	}
	out.WriteHeader(s.status)
	_, _ = out.Write(s.body)
}

// tooMany says that a call came too early (Discord, "Exceeding a Rate Limit").
func (g *Guild) tooMany(out http.ResponseWriter, rate limited) {
	out.Header().Set("Retry-After", strconv.Itoa(rate.seconds()))
	if rate.banned {
		out.Header().Set("Content-Type", "text/html; charset=UTF-8")
		out.WriteHeader(http.StatusTooManyRequests)
		_, _ = out.Write([]byte("<!DOCTYPE html><title>Access denied | discord.com used Cloudflare to restrict access</title>error code: 1015"))
		return
	}
	global := rate.scope == "global"
	if global {
		out.Header().Set("X-RateLimit-Global", "true")
	}
	out.Header().Set("X-RateLimit-Scope", rate.scope)
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(http.StatusTooManyRequests)
	message := "You are being rate limited."
	if rate.scope == "shared" {
		message = "The resource is being rate limited."
	}
	_, _ = out.Write(asJSON(obj{"message": message, "retry_after": rate.after.Seconds(), "global": global}))
}

// cut ends the connection without an answer.
func cut(out http.ResponseWriter) {
	if h, ok := out.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// Calls are the calls of a route in order; of all routes when it is empty.
func (g *Guild) Calls(route string) []Call {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []Call
	for _, c := range g.calls {
		if route == "" || c.Route == route {
			out = append(out, c)
		}
	}
	return out
}

// Done counts the calls of a route that were carried out.
func (g *Guild) Done(route string) int {
	n := 0
	for _, c := range g.Calls(route) {
		if c.Status == http.StatusOK {
			n++
		}
	}
	return n
}
