package web

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Wrong links that one address may come with in a minute. A token has 130 bits and is not
// guessed; this keeps who tries from having the database look each of them up. Somebody whose
// phone and mail scanner open old links stays far below.
const (
	guessesAllowed = 10
	guessesWithin  = time.Minute
	guessesKept    = 10_000 // addresses
)

// guesses counts wrong links by the address they come from.
type guesses struct {
	mu    sync.Mutex
	wrong map[string]*tries
}

type tries struct {
	n     int
	since time.Time
}

// tooMany reports whether an address has to wait.
func (g *guesses) tooMany(from string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.wrong[from]
	return t != nil && t.n >= guessesAllowed && now.Sub(t.since) < guessesWithin
}

// missed counts a wrong link.
func (g *guesses) missed(from string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wrong == nil || len(g.wrong) >= guessesKept {
		g.wrong = map[string]*tries{}
	}
	t := g.wrong[from]
	if t == nil || now.Sub(t.since) >= guessesWithin {
		t = &tries{since: now}
		g.wrong[from] = t
	}
	t.n++
}

// caller is the address a request comes from. Behind a proxy on this machine or in the same
// network it is the last one the proxy has seen; what stands before that, anybody may write.
func caller(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip := net.ParseIP(host)
	forwarded := r.Header.Values("X-Forwarded-For")
	if ip == nil || len(forwarded) == 0 || !ip.IsLoopback() && !ip.IsPrivate() {
		return host
	}
	last := forwarded[len(forwarded)-1]
	last = strings.TrimSpace(last[strings.LastIndex(last, ",")+1:])
	if net.ParseIP(last) == nil {
		return host
	}
	return last
}
