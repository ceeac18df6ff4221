package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

const (
	// callTimeout bounds one call. It is shorter than the courier's try (20 s), so that what
	// became of a call can still be said within it.
	callTimeout = 10 * time.Second
	dialTimeout = 5 * time.Second
)

// Discord's codes of refusals that we tell apart (Discord, "Opcodes and Status Codes", JSON).
const (
	codeUnknownChannel     = 10003
	codeUnknownGuild       = 10004
	codeUnknownMember      = 10007
	codeUnknownMessage     = 10008
	codeUnknownOverwrite   = 10009
	codeUnknownUser        = 10013
	codeMaxPins            = 30003
	codeMaxChannels        = 30013 // 500 in a server
	codeOldEdits           = 30046 // too many edits of messages older than an hour
	codeUnauthorized       = 40001
	codeOpeningTooFast     = 40003
	codeTooLarge           = 40005
	codeMissingAccess      = 50001
	codeNotOurs            = 50005 // somebody else wrote the message
	codeCannotSend         = 50007
	codeMissingPermissions = 50013
	codeInvalidToken       = 50014
	codeInvalidRecipient   = 50033
	codeInvalidForm        = 50035
	codeArchivedThread     = 50083
	codeNoMutual           = 50278 // he shares no server with the bot
	codeThreadLocked       = 160005
	codeMaxThreads         = 160006
)

// api calls Discord's REST at the pace that its buckets allow. Nothing in it sleeps but for a
// turn that its caller is willing to wait for.
type api struct {
	session *discordgo.Session
	http    *http.Client
	pace    *pace
	refused atomic.Int64 // since when Discord does not take the token, in Unix ns; 0: it does
	out     atomic.Bool  // the bot is not in the server of the company
}

func newAPI(c Config) *api {
	a := &api{pace: newPace(c.Limits)}
	apart := newTransport()
	apart.DisableKeepAlives = true // each call has a connection of its own
	a.http = &http.Client{
		Transport: &listening{
			pace: a.pace, next: &elsewhere{base: c.APIURL, next: newTransport()}, apart: &elsewhere{base: c.APIURL, next: apart},
		},
		// A redirect would carry the token along.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	a.session = newSession(c.Token, a.http)
	return a
}

// newTransport is the connections to Discord. HTTP/2 has one for everything, which may be dead
// without anybody telling: where nothing is heard for 2 s it is asked, and given up 2 s later,
// with all that waits on it.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: 3 * callTimeout, // of a file; a call is bounded more tightly
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 2 * time.Second, PingTimeout: 2 * time.Second},
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   32, // deliveries, pages and answers to one host
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// newSession is a session of discordgo that keeps no state and never waits or tries again by
// itself.
func newSession(token string, client *http.Client) *discordgo.Session {
	// New has no way to fail.
	session, _ := discordgo.New("Bot " + token)
	session.StateEnabled = false
	session.ShouldRetryOnRateLimit = false
	session.MaxRestRetries = 0
	session.LogLevel = -1 // its log quotes payloads, with what was typed
	session.Client = client
	session.UserAgent = "DiscordBot (https://github.com/bwmarrin/discordgo, " + discordgo.VERSION + ") hikeshi"
	return session
}

// with is a body with files: multipart, whose payload_json is the rest (Discord, "Uploading
// Files").
type with struct {
	payload any
	files   []chat.Document
}

// encode gives the body of a request and its type; no body for nil.
func encode(body any) (b []byte, contentType string, err error) {
	const plain = "application/json"
	w, ok := body.(with)
	switch {
	case body == nil:
		return nil, plain, nil
	case !ok:
		b, err = json.Marshal(body)
		return b, plain, err
	}
	payload, err := json.Marshal(w.payload)
	if err != nil {
		return nil, "", err
	}
	var out bytes.Buffer
	m := multipart.NewWriter(&out)
	part := func(disposition, kind string, body []byte) error {
		p, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {kind}})
		if err == nil {
			_, err = p.Write(body)
		}
		return err
	}
	errs := []error{part(`form-data; name="payload_json"`, plain, payload)}
	for i, f := range w.files {
		kind := f.Type
		if kind == "" {
			kind = "application/octet-stream"
		}
		errs = append(errs, part(fmt.Sprintf(`form-data; name="files[%d]"; filename="%s"`, i, quoted.Replace(f.Name)), kind, f.Body))
	}
	errs = append(errs, m.Close())
	return out.Bytes(), m.FormDataContentType(), errors.Join(errs...)
}

var quoted = strings.NewReplacer("\\", "\\\\", `"`, "\\\"", "\r", "", "\n", "")

// do makes one call when it is its turn, and says what became of it. The path is below
// /api/v9/; into takes the answer, nil: it is not looked at.
func (a *api) do(ctx context.Context, t turn, method, path string, body, into any) error {
	t.route = routeOf(method, path)
	if t.as != "" {
		t.route.kind += " " + t.as
	}
	if err := a.pace.wait(ctx, t); err != nil {
		return err
	}
	err := a.now(ctx, t, method, path, body, into)
	if later := (*chat.Later)(nil); errors.As(err, &later) && t.ticket != "" && !t.free {
		// All that were refused would come back at the same instant: each is promised its own.
		return &chat.Later{Wait: max(a.pace.again(t), later.Wait), Turn: true}
	}
	return err
}

// now makes one call at once.
func (a *api) now(ctx context.Context, t turn, method, path string, body, into any) error {
	b, kind, err := encode(body)
	if err != nil {
		return fmt.Errorf("discord %s: %w", t.route, err)
	}
	x := &exchange{turn: t}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, exchangeKey{}, x), callTimeout)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { x.out.Store(true) }})
	// A bucket of its own for each call: discordgo would wait for its own count of them.
	bucket := discordgo.NewRatelimiter().GetBucket(path)
	bucket.Lock()
	answer, err := a.session.RequestWithLockedBucket(method, discordgo.EndpointAPI+path, kind, b, bucket, 0, discordgo.WithContext(ctx))
	if err = a.judge(t.route, x, err); err != nil {
		return err
	}
	if into == nil || len(answer) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("discord %s: its answer cannot be read: %w", t.route, chat.ErrUnsure)
	}
	return nil
}

// exchange is what is learnt of one call on its way.
type exchange struct {
	turn   turn
	out    atomic.Bool  // the request was written
	status atomic.Int64 // of the answer; 0: none came
	wait   atomic.Int64 // how long Discord asks to wait, in ns
}

type exchangeKey struct{}

// refusal is Discord's answer that it does not do what was asked. It quotes nothing that was
// sent.
type refusal struct {
	route  route
	status int // of HTTP
	code   int // Discord's own; 0: it gave none
	// out says that the bot was not in the server of the company: then the refusal says nothing about
	// the channel or the person.
	out bool
	// inner are the codes of what is wrong with a body, such as CHANNEL_PARENT_MAX_CHANNELS.
	inner []string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("discord %s: status %d, code %d", r.route, r.status, r.code)
}

// Unwrap says of a code what it means for a delivery. Where the bot was taken out of the server it
// goes on being tried, for somebody will invite it again, and the front end counts as down.
func (r *refusal) Unwrap() error {
	if slices.Contains(gone, r.code) && !r.out {
		return chat.ErrGone
	}
	return nil
}

// innerCode finds the codes in the errors of a body (Discord, "Error Messages").
var innerCode = regexp.MustCompile(`"code"\s*:\s*"([A-Z][A-Z0-9_]{1,63})"`)

// gone are the codes of a channel or a person that cannot be written to, whoever asks.
// Opening too many direct conversations (40003) is among them: Discord lifts that after days
// or by a person, not within the time of a page.
var gone = []int{
	codeUnknownChannel, codeUnknownMember, codeUnknownUser, codeOpeningTooFast,
	codeMissingAccess, codeCannotSend, codeNoMutual, codeInvalidRecipient, codeArchivedThread, codeThreadLocked,
}

// refused reports whether Discord refused with one of the codes.
func refused(err error, codes ...int) bool {
	var r *refusal
	return errors.As(err, &r) && slices.Contains(codes, r.code)
}

// denied reports whether Discord refused at all: nothing was done, and it is known why.
func denied(err error) bool {
	var r *refusal
	return errors.As(err, &r)
}

// judge turns what discordgo says into what a delivery understands. Nothing of it quotes what
// was sent: answers may repeat it, and addresses carry tokens of interactions.
func (a *api) judge(r route, x *exchange, err error) error {
	status := int(x.status.Load())
	if status == http.StatusUnauthorized && !x.turn.free {
		a.refused.CompareAndSwap(0, time.Now().UnixNano())
	} else if status >= 200 && status < 300 {
		a.refused.Store(0)
	}
	if err == nil {
		return nil
	}
	var answer *discordgo.RESTError
	var at *url.Error
	switch {
	case status == http.StatusTooManyRequests:
		return &chat.Later{Wait: max(time.Duration(x.wait.Load()), leastWait)}
	case status >= 500:
		return fmt.Errorf("discord %s: status %d: %w", r, status, chat.ErrUnsure)
	case errors.As(err, &answer):
		out := &refusal{route: r, status: status, out: a.out.Load()}
		if answer.Message != nil {
			out.code = answer.Message.Code
		}
		for _, m := range innerCode.FindAllSubmatch(answer.ResponseBody, 20) {
			out.inner = append(out.inner, string(m[1]))
		}
		return out
	case status >= 300:
		return &refusal{route: r, status: status}
	case errors.As(err, &at):
		err = at.Err // without the address
	}
	if x.out.Load() {
		// The request went out, and no whole answer came back.
		return fmt.Errorf("discord %s: %w: %w", r, chat.ErrUnsure, err)
	}
	return fmt.Errorf("discord %s: %w", r, err)
}

// refusedSince is since when Discord does not take the bot's token; zero: it does.
func (a *api) refusedSince() time.Time {
	if ns := a.refused.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

// listening learns from every answer what the buckets hold, and keeps what it learnt from
// discordgo, which would count by itself.
type listening struct {
	pace  *pace
	next  http.RoundTripper
	apart http.RoundTripper // for what must not wait on a connection that may be dead
}

func (l *listening) RoundTrip(r *http.Request) (*http.Response, error) {
	x, ok := r.Context().Value(exchangeKey{}).(*exchange)
	next := l.next
	if ok && x.turn.apart {
		next = l.apart
	}
	resp, err := next.RoundTrip(r)
	if err != nil || !ok {
		return resp, err
	}
	x.status.Store(int64(resp.StatusCode))
	x.wait.Store(int64(l.pace.learn(x.turn, resp.StatusCode, resp.Header, time.Now())))
	for name := range resp.Header {
		if strings.HasPrefix(name, "X-Ratelimit-") {
			resp.Header.Del(name)
		}
	}
	return resp, nil
}

// CloseIdleConnections lets http.Client close them at the end.
func (l *listening) CloseIdleConnections() {
	if c, ok := l.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// elsewhere sends what is meant for Discord to the address in the settings.
type elsewhere struct {
	base string
	next http.RoundTripper
}

// hosts are where Discord's REST and the files that people sent lie.
var hosts = []string{"discord.com", "cdn.discordapp.com", "media.discordapp.net"}

func (e *elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	if e.base == "" || !slices.Contains(hosts, r.URL.Hostname()) {
		return e.next.RoundTrip(r)
	}
	base, err := url.Parse(e.base)
	if err != nil || base.Host == "" {
		return nil, errors.New("discord: the address in the settings cannot be read")
	}
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = base.Scheme, base.Host, ""
	return e.next.RoundTrip(r)
}

func (e *elsewhere) CloseIdleConnections() {
	if c, ok := e.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// seconds reads a time of Discord's headers, which may have fractions of a second.
func seconds(s string) (time.Duration, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || f < 0 || f > 24*60*60 {
		return 0, false
	}
	return time.Duration(f * float64(time.Second)), true
}
