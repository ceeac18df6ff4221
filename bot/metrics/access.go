package metrics

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Access says who may read the figures. With a token, whoever has it. Without one, this
// machine alone, and only where nothing forwards requests from elsewhere: to a proxy's
// neighbour every caller would look like this machine itself.
type Access struct {
	Token string
	// Public says that the room is reached from outside (HIKESHI_PUBLIC_URL): then there is a
	// proxy, whatever its requests look like.
	Public bool
}

// forwarded are the headers by which proxies say for whom they ask.
var forwarded = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"}

// refuses gives the status to refuse a request with; 0: it may read.
func (a Access) refuses(r *http.Request) int {
	if a.Token != "" {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		// Digests are compared, so that the length tells nothing either.
		have, want := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(a.Token))
		if !ok || subtle.ConstantTimeCompare(have[:], want[:]) != 1 {
			return http.StatusUnauthorized
		}
		return 0
	}
	if a.Public || !here(r.RemoteAddr) {
		return http.StatusForbidden
	}
	for _, name := range forwarded {
		if r.Header.Get(name) != "" {
			return http.StatusForbidden
		}
	}
	// A page of another site can make its own name point to this machine.
	if host := hostOf(r.Host); host != "localhost" && !loopback(host) {
		return http.StatusForbidden
	}
	return 0
}

// hostOf is the host of host:port, with or without the port.
func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func here(remote string) bool { return loopback(hostOf(remote)) }

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Handler answers /metrics.
func (m *Metrics) Handler(a Access) http.Handler {
	figures := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, EnableOpenMetrics: true})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch status := a.refuses(r); status {
		case 0:
			figures.ServeHTTP(w, r)
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", `Bearer realm="hikeshi"`)
			fallthrough
		default:
			w.WriteHeader(status)
		}
	})
}
