package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/intake"
)

const (
	// callTimeout bounds one call of the Web API. It is shorter than the courier's try (20 s),
	// so that what became of a call can still be said within it.
	callTimeout = 10 * time.Second
	dialTimeout = 5 * time.Second
)

// painter draws a card as a message: no more than 50 blocks, and the text for notifications.
type painter interface {
	message(c chat.Card) (blocks []sl.Block, fallback string)
}

// sender is the outgoing half of the front end: deliveries, channels, people, files.
type sender struct {
	config  Config
	draw    painter
	client  *sl.Client
	http    *http.Client // the same connections, for what is not a method of the API
	pace    *pace
	people  *people
	keeping turns // Keep of one channel never runs twice at once
	began   time.Time
	// doubts are the channels into which somebody came who could not be looked up.
	doubts   intake.Doubts
	refusals intake.Refusals // of our tokens

	mu       sync.Mutex
	identity identity
	dms      map[string]string // user → his direct conversation
	channels map[string]string // channel → the incident channel it is; never changes
}

func newSender(c Config, d painter) *sender {
	if c.APIURL == "" {
		c.APIURL = sl.APIURL
	}
	if !strings.HasSuffix(c.APIURL, "/") {
		c.APIURL += "/"
	}
	s := &sender{
		config: c, draw: d, pace: newPace(c.Limits), people: newPeople(), began: time.Now(),
		dms: map[string]string{}, channels: map[string]string{},
	}
	s.http = &http.Client{
		Transport: &listening{pace: s.pace, base: c.APIURL, next: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: 3 * callTimeout, // of a file; a call is bounded more tightly
			ForceAttemptHTTP2:     true,
			// HTTP/2 has one connection for everything, which may be dead without anybody telling:
			// where nothing is heard for 2 s it is asked, and given up 2 s later.
			HTTP2:                 &http.HTTP2Config{SendPingTimeout: 2 * time.Second, PingTimeout: 2 * time.Second},
			MaxIdleConns:          64,
			MaxIdleConnsPerHost:   32, // several lanes and answers to one host
			IdleConnTimeout:       90 * time.Second,
			ExpectContinueTimeout: time.Second,
		}},
		// A redirect would carry the token along, or lead to a sign-in page that looks like a file.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.client = sl.New(c.BotToken,
		sl.OptionAPIURL(c.APIURL), sl.OptionHTTPClient(s.http), sl.OptionAppLevelToken(c.AppToken))
	return s
}

// Name is the part of a UserID before the colon.
func (s *sender) Name() string { return name }

// Joins says that several pages to one person become one message: Slack takes about one
// message a second in a conversation.
func (s *sender) Joins() {}

// api is the client for calls that are an answer to somebody and are not paced.
func (s *sender) api() *sl.Client { return s.client }

// listening learns from every answer how long a method is not to be called any more, also
// from those that nobody paced.
type listening struct {
	pace *pace
	base string
	next http.RoundTripper
}

func (l *listening) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusTooManyRequests {
		return resp, err
	}
	if method, ok := strings.CutPrefix(r.URL.Scheme+"://"+r.URL.Host+r.URL.Path, l.base); ok {
		l.pace.refused(method, retryAfter(resp.Header))
	}
	if resp.Header.Get("Retry-After") == "" { // slack-go knows a 429 by this header
		resp.Header.Set("Retry-After", strconv.Itoa(int(retryAfter(resp.Header)/time.Second)))
	}
	return resp, nil
}

// CloseIdleConnections lets http.Client close them at the end.
func (l *listening) CloseIdleConnections() {
	if c, ok := l.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// retryAfter is how long Slack asks to wait, in whole seconds (Slack, "Rate limits"); where
// it does not say, the length of the window its limits are counted in.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get("Retry-After")))
	if err != nil || n < 0 {
		return window
	}
	return max(time.Duration(n)*time.Second, time.Second)
}

// call makes one call when it is its turn, and says what became of it. do must use the
// context it gets.
func (s *sender) call(ctx context.Context, t turn, do func(context.Context) error) error {
	if err := s.pace.wait(ctx, t); err != nil {
		return err
	}
	err := s.now(ctx, t.method, do)
	if later := (*chat.Later)(nil); errors.As(err, &later) && t.ticket != "" {
		// All that were refused would come back at the same instant: each is promised its own.
		return &chat.Later{Wait: max(s.pace.again(t), later.Wait), Turn: true}
	}
	return err
}

// now makes one call at once.
func (s *sender) now(ctx context.Context, method string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return s.tried(ctx, method, do)
}

func (s *sender) tried(ctx context.Context, method string, do func(context.Context) error) error {
	var out atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { out.Store(true) }})
	return judge(method, out.Load, do(ctx))
}

// refusal is Slack's answer that it does not do what was asked. It quotes nothing that was
// sent.
type refusal struct {
	method string
	code   string
	users  map[string]string // invitations: whom Slack named as the reason, and why
}

func (r *refusal) Error() string { return "slack " + r.method + ": " + r.code }

// Unwrap says of a code what it means for a delivery.
func (r *refusal) Unwrap() error {
	switch {
	case slices.Contains(gone, r.code):
		return chat.ErrGone
	case slices.Contains(broken, r.code):
		return chat.ErrUnsure
	}
	return nil
}

// gone are the codes of a conversation or a person that cannot be written to, whoever asks
// (Slack, methods chat.postMessage, chat.update and conversations.open). account_inactive is
// not among them: it speaks of the account of the token, and a better token mends it.
var gone = []string{
	"channel_not_found", "not_in_channel", "is_archived",
	"user_not_found", "users_not_found", "user_disabled", "user_not_visible",
	"cannot_dm_bot", "method_not_supported_for_channel_type", "invalid_user_combination",
}

// broken are the codes after which Slack says that some of it may have been done.
var broken = []string{"internal_error", "fatal_error", "service_unavailable", "request_timeout"}

// forbidden are the codes by which a workspace, an organisation or the app's own rights stand
// in the way, until a person changes a setting (Slack, conversations.create).
var forbidden = []string{
	"restricted_action", "missing_scope", "not_allowed_token_type", "no_permission", "access_denied",
	"team_access_not_granted", "user_is_restricted", "user_is_ultra_restricted", "enterprise_is_restricted",
	"two_factor_setup_required", "ekm_access_denied",
}

// code is Slack's code of a refusal; empty for every other error.
func code(err error) string {
	var r *refusal
	if errors.As(err, &r) {
		return r.code
	}
	return ""
}

func refused(err error, codes ...string) bool { return slices.Contains(codes, code(err)) }

var plainCode = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// judge turns what slack-go says into what a delivery understands. Nothing of it quotes what
// was sent: addresses carry arguments, and answers may repeat them.
func judge(method string, out func() bool, err error) error {
	var limited *sl.RateLimitedError
	var answer sl.SlackErrorResponse
	var status sl.StatusCodeError
	var at *url.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &limited):
		return &chat.Later{Wait: max(limited.RetryAfter, time.Second)}
	case errors.As(err, &answer):
		r := &refusal{method: method, code: answer.Err}
		if !plainCode.MatchString(r.code) {
			r.code = "unknown_error"
		}
		for _, e := range answer.Errors {
			if i := e.ConversationsInviteResponseError; i != nil {
				if r.users == nil {
					r.users = map[string]string{}
				}
				r.users[i.User] = i.Error
			}
		}
		return r
	case errors.As(err, &status):
		if status.Code >= 500 {
			return fmt.Errorf("slack %s: status %d: %w", method, status.Code, chat.ErrUnsure)
		}
		return fmt.Errorf("slack %s: status %d", method, status.Code)
	case errors.As(err, &at):
		err = at.Err // without the address
	}
	if out() {
		// The request went out, and no whole answer came back.
		return fmt.Errorf("slack %s: %w: %w", method, chat.ErrUnsure, err)
	}
	return fmt.Errorf("slack %s: %w", method, err)
}

// identity is who the bot is.
type identity struct {
	User, Bot, Team string
	Enterprise      string
	URL             string // of the workspace, ends with a slash
}

// auth is who the bot is. It is asked once.
func (s *sender) auth(ctx context.Context) (identity, error) {
	s.mu.Lock()
	known := s.identity
	s.mu.Unlock()
	if known.User != "" {
		return known, nil
	}
	var resp *sl.AuthTestResponse
	err := s.now(ctx, "auth.test", func(ctx context.Context) (err error) {
		resp, err = s.client.AuthTestContext(ctx)
		return err
	})
	if err != nil {
		return identity{}, err
	}
	known = identity{User: resp.UserID, Bot: resp.BotID, Team: resp.TeamID, Enterprise: resp.EnterpriseID, URL: resp.URL}
	if known.URL != "" && !strings.HasSuffix(known.URL, "/") {
		known.URL += "/"
	}
	s.mu.Lock()
	s.identity = known
	s.mu.Unlock()
	return known, nil
}

// link leads to a conversation, or to a message of it (ts not empty). Slack builds its
// permalinks like that; asking for each would cost a call.
func (s *sender) link(ctx context.Context, channel, ts string) string {
	me, err := s.auth(ctx)
	if err != nil || me.URL == "" || channel == "" {
		return ""
	}
	link := me.URL + "archives/" + url.PathEscape(channel)
	if ts != "" {
		link += "/p" + strings.ReplaceAll(ts, ".", "")
	}
	return link
}

// turns lets one at a time do something under a name.
type turns struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

// take waits until nobody else holds the name; the returned function gives it back.
func (t *turns) take(ctx context.Context, name string) (func(), error) {
	for {
		t.mu.Lock()
		if t.held == nil {
			t.held = map[string]chan struct{}{}
		}
		busy, ok := t.held[name]
		if !ok {
			mine := make(chan struct{})
			t.held[name] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.held, name)
				t.mu.Unlock()
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
