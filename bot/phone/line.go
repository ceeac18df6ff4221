package phone

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"hikeshi/bot/chat"
)

const (
	// maxReply bounds what is read of an answer; only a 404 is looked into.
	maxReply = 4 << 10
	// maxReplyHeaders bounds its headers.
	maxReplyHeaders = 64 << 10
	// restWithin bounds the reading of an answer's body: its status has said everything.
	restWithin = 500 * time.Millisecond
	// idleLines is how many connections are kept for the next calls.
	idleLines = 8
)

// line is the way to the gateway.
type line struct {
	url    string
	secret string
	within time.Duration
	clock  func() time.Time
	client *http.Client
}

func newLine(c Config) *line {
	// Its own, so that no other part of the program shares its connections.
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxResponseHeaderBytes, t.MaxIdleConnsPerHost = maxReplyHeaders, idleLines
	l := &line{url: c.URL, secret: c.Secret, within: c.Within, clock: c.Clock, client: &http.Client{
		Transport: t,
		// The number and the token are for the address that the company has set, and no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if l.within <= 0 {
		l.within = within
	}
	if l.clock == nil {
		l.clock = time.Now
	}
	return l
}

var errFar = errors.New("phone: the gateway was not reached in time")

// reply is the gateway's answer.
type reply struct {
	status int
	header http.Header
	body   []byte // its beginning
}

// aboutNumber reports whether the answer says itself that it is about the number.
func (r reply) aboutNumber() bool {
	var says struct{ Error string }
	return json.Unmarshal(r.body, &says) == nil && says.Error == "number"
}

// post sends one signed request. An error wraps chat.ErrUnsure once anything of it may have
// arrived.
func (l *line) post(ctx context.Context, id string, body []byte) (reply, error) {
	stamp, signature := sign(l.secret, l.clock(), body)
	return l.send(ctx, id, body, stamp, signature)
}

func (l *line) send(ctx context.Context, id string, body []byte, stamp, signature string) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, l.within)
	defer cancel()
	var left atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { left.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		return reply{}, errNoAddress // the error would quote the address
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "hikeshi")
	req.Header.Set(headerStamp, stamp)
	req.Header.Set(headerSignature, signature)
	// With it, net/http sends the request again on a fresh connection where an idle one turns
	// out to be closed by the gateway: no call waits for a try of the courier's for that.
	req.Header.Set(headerKey, id)
	res, err := l.client.Do(req)
	switch {
	case err == nil:
	case left.Load():
		return reply{}, fmt.Errorf("phone: the gateway did not answer: %w (%w)", chat.ErrUnsure, bare(err))
	case errors.Is(err, context.DeadlineExceeded):
		return reply{}, errFar // and not as a time-out: nothing can have arrived
	default:
		return reply{}, fmt.Errorf("phone: the gateway was not reached: %w", bare(err))
	}
	defer res.Body.Close()
	// The status stands. What comes after it is not waited for.
	rest := time.AfterFunc(restWithin, cancel)
	defer rest.Stop()
	b, _ := io.ReadAll(io.LimitReader(res.Body, maxReply))
	return reply{status: res.StatusCode, header: res.Header, body: b}, nil
}

// bare is an error of the client without the address, in which a secret may stand.
func bare(err error) error {
	if u, ok := err.(*url.Error); ok { //nolint:errorlint // the outermost is the client's, and only that one is taken off
		return u.Err
	}
	return err
}

// SafeURL reports whether calls may be sent to an address: over https, or to this machine
// itself. A name other than localhost is not looked up.
func SafeURL(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Fragment != "" {
		return false
	}
	switch u.Scheme {
	case "https":
		return true
	case "http":
		ip := net.ParseIP(u.Hostname())
		return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	}
	return false
}
