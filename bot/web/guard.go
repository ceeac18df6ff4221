package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of one request. A body of 256 kB holds every form many times over; the times leave
// room for a phone in a basement and stop who only wants to hold connections.
const (
	maxBody      = 256 << 10
	readWithin   = 30 * time.Second
	answerWithin = 90 * time.Second
)

// policy lets a page load nothing and run nothing but this package's own files. Inline
// scripts and styles are not in it, so that injected markup would stay text.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// hostsOf lists the names a request may call this server by. A page of another site can
// make its own name point here (DNS rebinding) and would then count as the same origin.
func hostsOf(listen, public string) (hosts map[string]bool, secure bool) {
	hosts = map[string]bool{}
	if host, _, err := net.SplitHostPort(listen); err == nil && host != "" {
		if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
			hosts[strings.ToLower(host)] = true
		}
	}
	if u, err := url.Parse(public); err == nil && u.Hostname() != "" {
		hosts[strings.ToLower(u.Hostname())] = true
		secure = u.Scheme == "https"
	}
	return hosts, secure
}

func (s *Server) knownHost(hostport string) bool {
	u, err := url.Parse("//" + hostport)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback() || s.hosts[host]
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	// Not no-referrer: browsers would then send "Origin: null" with our own forms.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	control, now := http.NewResponseController(w), time.Now()
	// Not every ResponseWriter has deadlines; a server's own always do.
	_ = control.SetReadDeadline(now.Add(readWithin))
	_ = control.SetWriteDeadline(now.Add(answerWithin))

	if r.URL.Path == "/healthz" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
		return
	}
	v := &visit{w: w, r: r, lang: s.cfg.Lang}
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			// A panic's value may quote what somebody typed: only its place goes to the log.
			s.fail(v, errPanic)
		}
	}()
	switch {
	case !s.knownHost(r.Host):
		s.refuse(v, http.StatusMisdirectedRequest, "web.error.host")
	case s.cross.Check(r) != nil:
		s.refuse(v, http.StatusForbidden, "web.error.origin")
	default:
		s.mux.ServeHTTP(w, r)
	}
}

var errPanic = errors.New("a handler of the web room panicked")

// visit is one request of one reader.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	session *session
	who     chat.UserID
	lang    string
}

func (v *visit) ctx() context.Context { return v.r.Context() }
