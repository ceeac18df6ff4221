// Package phone rings people: it asks the company's telephone or SMS gateway, by a signed
// JSON POST, to call somebody and to read a few sentences out, and it takes the key that he
// presses. It owns the requests and answers of both directions as the README documents them
// (schema.go), their signature (sign.go), what a number must look like to be rung (number.go),
// and the look at the gateway for doctor (check.go).
//
// It must know no incident and no vendor, follow no redirect with a signature, and write no
// number, sentence or token to a log or into an error. It does not decide whom to call or
// what an answer does: chat.Call comes in whole, and Answers hands on what was pressed.
package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hikeshi/bot/chat"
)

// Name is the front end's name: the part of a UserID before the colon.
const Name = "phone"

const (
	// MinSecret is how many characters the secret must have: one that can be guessed is none.
	MinSecret = 16
	// within bounds one request to the gateway in all: the next means is not to wait longer.
	within = 10 * time.Second
	// shortWait is the longest Retry-After that is waited for. Whoever has to be called waits
	// no longer for one means while there are others.
	shortWait = 15 * time.Second
)

// Config is what the phone hook needs.
type Config struct {
	URL    string // of the gateway: https, or http on this machine itself
	Secret string // of both directions, at least MinSecret characters
	// CallbackURL is where the gateway brings the key that was pressed: the public address of
	// this server and AnswerPath. Empty: nobody can answer by a key.
	CallbackURL string
	// Say gives a text of the product; nothing of it reaches anybody who is not called.
	Say func(lang, key string, pairs ...string) string
	Log *slog.Logger // nil: slog.Default()
	// Within bounds one request; 0: 10 s. Clock is the wall clock; nil: time.Now.
	Within time.Duration
	Clock  func() time.Time
}

// Phone is the front end.
type Phone struct {
	config Config
	line   *line
	log    *slog.Logger
}

var (
	errNoSecret  = errors.New("phone: the secret is too short")
	errNoAddress = errors.New("phone: the gateway's address must begin with https://, or be one of this machine")
	errNoWords   = errors.New("phone: there are no texts")
)

// New makes the front end. It calls nothing yet.
func New(c Config) (*Phone, error) {
	switch {
	case len(c.Secret) < MinSecret:
		return nil, errNoSecret
	case !SafeURL(c.URL):
		return nil, errNoAddress
	case c.Say == nil:
		return nil, errNoWords
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return &Phone{config: c, line: newLine(c), log: c.Log.With("component", Name)}, nil
}

// Name implements chat.Frontend.
func (p *Phone) Name() string { return Name }

// Joins marks it as a chat.Joiner: nobody's phone rings three times for three calls.
func (p *Phone) Joins() {}

// Close gives back the connections to the gateway.
func (p *Phone) Close() { p.line.client.CloseIdleConnections() }

// Send asks the gateway to ring the target of a call, "phone:" and his number, and gives the
// id under which the gateway knows the call: the same for every try. Errors wrap chat.ErrGone
// where nobody will ever be rung (no call, no number that can be rung from outside, or the
// gateway refuses the number), chat.ErrUnsure where the request went out and no answer came,
// or are a *chat.Later where the gateway asks to wait a little; all others are tried again.
func (p *Phone) Send(ctx context.Context, d chat.Delivery) (chat.MessageID, error) {
	if d.Call == nil {
		return "", fmt.Errorf("phone: only calls are rung, nothing else: %w", chat.ErrGone)
	}
	given, ours := strings.CutPrefix(string(d.To.User), Name+":")
	if !ours {
		return "", fmt.Errorf("phone: the target is nobody's number: %w", chat.ErrGone)
	}
	number, err := Number(given)
	if err != nil {
		return "", fmt.Errorf("%w: %w", err, chat.ErrGone)
	}
	id := callID(d.Key)
	body, err := p.request(id, number, *d.Call)
	if err != nil {
		return "", fmt.Errorf("phone: word a call: %w", err)
	}
	r, err := p.line.post(ctx, id, body)
	if err != nil {
		return "", err
	}
	if err := r.judged(p.config.Clock()); err != nil {
		if later := (*chat.Later)(nil); !errors.As(err, &later) && !errors.Is(err, chat.ErrGone) {
			// The courier's line says only that it was refused; who mends it needs to know how.
			p.log.Warn("the phone gateway did not take a call", "status", r.status)
		}
		return "", err
	}
	return chat.MessageID(id), nil
}

// judged is what the gateway's answer means; nil: it rings.
func (r reply) judged(now time.Time) error {
	switch s := r.status; {
	case s >= 200 && s <= 299:
		return nil
	case s == http.StatusGone, s == http.StatusUnprocessableEntity, s == http.StatusNotFound && r.aboutNumber():
		// A bare 404 is not about the number: proxies say it while the gateway restarts, and a
		// mistyped address does for everybody. A call must not be given up for that.
		return fmt.Errorf("phone: the gateway refuses the number (status %d): %w", s, chat.ErrGone)
	case s == http.StatusTooManyRequests:
		if wait, ok := retryAfter(r.header.Get("Retry-After"), now); ok && wait <= shortWait {
			return &chat.Later{Wait: wait}
		}
	case s >= 300 && s <= 399:
		return fmt.Errorf("phone: the gateway answers from elsewhere (status %d), where no signature is sent", s)
	}
	return fmt.Errorf("phone: the gateway did not take the call (status %d)", r.status)
}

// retryAfter reads a Retry-After: seconds, or a date (RFC 9110, section 10.2.3).
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(now)), true
}
