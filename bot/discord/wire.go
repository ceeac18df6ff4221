package discord

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
)

// wire is one connection to the gateway, as discordgo reads it. It looks at each message first.
// Of the first two it does so because discordgo deadlocks when the second one, the answer to
// IDENTIFY or RESUME, is no event: it handles INVALID_SESSION and RECONNECT by closing the session
// under the very lock that opening it holds. Such an answer is not handed on; the connection ends
// in its place, and so it does where the first one is no HELLO to go by. What discordgo would fall
// over, with the whole program, is left out.
//
// It knows, too, when something was last heard, without a lock of the library's. And it keeps
// back the library's farewells: whatever happens, it says that it leaves for good (close code
// 1000), upon which Discord forgets the session with all that is still to come of it.
type wire struct {
	net.Conn
	heard atomic.Int64 // when something was last read, in Unix ns
	beat  atomic.Int64 // the interval of heartbeats that HELLO asked for, in ns; 0: not heard yet
	// invalid says that Discord does not know the session, or not any more, and that a new one
	// has to begin.
	invalid atomic.Bool
	// farewell lets the library say that it leaves.
	farewell atomic.Bool
	// ended is closed when nothing more can be read: then discordgo is through with what it read.
	ended chan struct{}
	once  sync.Once

	permit  *permit // to begin a session; nil: nobody asks
	written bool    // the handshake and the first message are out

	sieve    sieve
	out      []byte // what is let through and not read yet
	bad      error  // how reading ended
	messages int    // that have come, but for those before the answer that are left out
	odd      func() // is told of each message that is left out; nil: nobody is
}

// errAnswer says that Discord answered with something that discordgo cannot take.
var errAnswer = errors.New("discord gateway: what came in answer cannot be gone by")

// The gateway's opcodes that are looked at ("Gateway Opcodes").
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opInvalidSession = 9
	opHello          = 10
)

// What HELLO may ask for ("Hello"; Discord asks for some 41 s). Where it asks for nothing, or for less,
// discordgo's own ticker panics, which nobody can catch and which ends the whole program.
const (
	// shortestBeat: Discord ends a connection on which more than 120 messages come in a minute
	// ("Rate Limiting"), so that nobody who asks for more than one a second means it.
	shortestBeat = time.Second
	// longestBeat is as long as a dead connection may go unnoticed at most.
	longestBeat = 10 * time.Minute
)

// heartbeat is the interval that HELLO asks for; false: it is no HELLO, or none to go by.
func heartbeat(e discordgo.Event) (time.Duration, bool) {
	var hello struct {
		Interval int64 `json:"heartbeat_interval"` // ms
	}
	if e.Operation != opHello || json.Unmarshal(e.RawData, &hello) != nil ||
		hello.Interval < shortestBeat.Milliseconds() || hello.Interval > longestBeat.Milliseconds() {
		return 0, false
	}
	return time.Duration(hello.Interval) * time.Millisecond, true
}

func newWire(c net.Conn) *wire {
	w := &wire{Conn: c, ended: make(chan struct{})}
	w.sieve.judge = w.judge
	w.heard.Store(time.Now().UnixNano())
	return w
}

func (w *wire) Read(p []byte) (int, error) {
	for len(w.out) == 0 {
		if w.bad != nil {
			w.once.Do(func() { close(w.ended) })
			return 0, w.bad
		}
		n, err := w.Conn.Read(p)
		if n > 0 {
			w.heard.Store(time.Now().UnixNano())
			var wrong error
			if w.out, wrong = w.sieve.feed(p[:n:n]); wrong != nil {
				err = wrong
			}
		}
		w.bad = err
	}
	n := copy(p, w.out)
	w.out = w.out[n:]
	return n, nil
}

// closing is how a frame begins that closes a connection (RFC 6455, section 5.2: FIN, opcode 8).
const closing = 0x88

// textual is how a frame with a text begins (section 5.6: FIN, opcode 1).
const textual = 0x81

func (w *wire) Write(p []byte) (int, error) {
	if len(p) > 0 && p[0] == closing && !w.farewell.Load() {
		return len(p), nil
	}
	if w.permit != nil && !w.written && len(p) > 0 && p[0] == textual {
		w.written = true
		if err := w.permit.check(p); err != nil {
			return 0, err
		}
	}
	return w.Conn.Write(p)
}

// firstOp is the opcode of a message that discordgo sends, in one frame (RFC 6455, section 5.3: a
// client's are masked).
func firstOp(b []byte) (op int, ok bool) {
	if len(b) < 6 {
		return 0, false
	}
	head := 2
	switch b[1] & 0x7f {
	case 126:
		head = 4
	case 127:
		head = 10
	}
	if b[1]&0x80 == 0 || len(b) < head+4 {
		return 0, false
	}
	mask, payload := b[head:head+4], bytes.Clone(b[head+4:])
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	var e struct {
		Op *int `json:"op"`
	}
	if json.Unmarshal(payload, &e) != nil || e.Op == nil {
		return 0, false
	}
	return *e.Op, true
}

// judge says whether discordgo gets a message; an error ends the connection.
func (w *wire) judge(binary bool, message []byte) (bool, error) {
	e, ok := readEvent(message)
	ok = ok && !binary // it would have to be unpacked, and we ask for plain ones
	// discordgo does not hear the number of an event that is left out. After a break Discord may send
	// it again, before it answers.
	again := e.Operation == opDispatch && e.Type != "" && e.Type != "READY"
	if !ok && (w.messages >= 2 || w.messages == 1 && again) {
		if w.odd != nil {
			w.odd()
		}
		return false, nil
	}
	switch w.messages++; {
	case !ok:
		w.invalid.Store(true) // with the same session the same would come
		return false, errAnswer
	case w.messages > 2:
		return true, nil
	}
	if w.messages == 1 {
		beat, ok := heartbeat(e)
		if !ok {
			w.invalid.Store(true) // to go on with a session leads to the same node of Discord again
			return false, errAnswer
		}
		w.beat.Store(int64(beat))
		return true, nil
	}
	if e.Operation != opDispatch && e.Operation != opHeartbeat {
		if e.Operation == opInvalidSession && string(bytes.TrimSpace(e.RawData)) != "true" {
			w.invalid.Store(true)
		}
		return false, errAnswer
	}
	return true, nil
}

// silent reports whether nothing was heard for longer than Discord may be silent: each
// heartbeat is answered at once.
func (w *wire) silent(now time.Time, slack time.Duration) bool {
	beat := time.Duration(w.beat.Load())
	return beat > 0 && now.Sub(time.Unix(0, w.heard.Load())) > beat+slack
}

// dialWire opens a connection to the gateway, through the proxy of the environment if there is
// one. discordgo's dialer would speak TLS above it, where nothing can be looked at.
func dialWire(ctx context.Context, address string, secure bool) (*wire, error) {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: scheme, Host: address}})
	if err != nil {
		return nil, fmt.Errorf("discord gateway: the proxy in the environment: %w", err)
	}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	var conn net.Conn
	if proxy != nil {
		conn, err = tunnel(ctx, dialer, proxy, address)
	} else {
		conn, err = dialer.DialContext(ctx, "tcp", address)
	}
	if err != nil {
		return nil, err
	}
	if secure {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		over := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
		if err := over.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		conn = over
	}
	return newWire(conn), nil
}

// tunnel asks a proxy for a connection (RFC 9110, section 9.3.6).
func tunnel(ctx context.Context, dialer *net.Dialer, proxy *url.URL, address string) (net.Conn, error) {
	at := proxy.Host
	switch {
	case proxy.Port() != "":
	case proxy.Scheme == "https":
		at = net.JoinHostPort(proxy.Hostname(), "443")
	default:
		at = net.JoinHostPort(proxy.Hostname(), "80")
	}
	conn, err := dialer.DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, err
	}
	if proxy.Scheme == "https" {
		conn = tls.Client(conn, &tls.Config{ServerName: proxy.Hostname(), MinVersion: tls.VersionTLS12})
	}
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if u := proxy.User; u != nil {
		password, _ := u.Password()
		ask.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	if err := ask.Write(conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	// The server speaks only when it was spoken to: nothing of it is read ahead here.
	answer, err := http.ReadResponse(bufio.NewReader(conn), ask)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("discord gateway: the proxy answered with status %d", answer.StatusCode), conn.Close())
	}
	return conn, nil
}
