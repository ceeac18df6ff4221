package discord

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
)

// swallower passes connections on to an address, and can let those that are open die without a
// word: what is sent on them goes nowhere.
type swallower struct {
	net.Listener
	dead atomic.Pointer[atomic.Bool] // of the connections that are made now
	made atomic.Int64
}

func swallow(t *testing.T, to string) *swallower {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &swallower{Listener: l}
	s.dead.Store(&atomic.Bool{})
	var under sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	pass := func(from, to net.Conn, dead *atomic.Bool) {
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			if err == nil && dead.Load() {
				continue
			}
			if err == nil {
				_, err = to.Write(buf[:n])
			}
			if err != nil {
				_, _ = from.Close(), to.Close()
				return
			}
		}
	}
	under.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				return
			}
			mu.Lock()
			open = append(open, in, out)
			mu.Unlock()
			s.made.Add(1)
			dead := s.dead.Load()
			under.Go(func() { pass(in, out, dead) })
			under.Go(func() { pass(out, in, dead) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		under.Wait()
	})
	return s
}

func (s *swallower) die() { s.dead.Swap(&atomic.Bool{}).Store(true) }

// One dead connection does not hold everything up: it is found out within seconds, and the next
// call has a new one.
func TestADeadConnectionIsGivenUpWithinSeconds(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	line := swallow(t, server.Listener.Addr().String())
	transport := newTransport()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	defer transport.CloseIdleConnections()
	get := func(patience time.Duration) (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+line.Addr().String(), nil)
		if err != nil {
			return "", err
		}
		resp, err := transport.RoundTrip(r)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return string(b), err
	}
	if proto, err := get(5 * time.Second); err != nil || proto != "HTTP/2.0" {
		t.Fatalf("%s %v", proto, err)
	}
	line.die()
	began := time.Now()
	for time.Since(began) < 15*time.Second {
		if _, err := get(3 * time.Second); err == nil {
			break
		}
	}
	if took := time.Since(began); took > 8*time.Second || line.made.Load() != 2 {
		t.Errorf("it took %v and %d connections", took, line.made.Load())
	}
}

// The first try of an answer finds the connection dead: the second has one of its own, and
// arrives within the three seconds.
func TestAFirstAnswerIsTriedAgainInTime(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	f := openDoor(t, g, &doorDesk{}, func(f *Front) { f.patience.first = 300 * time.Millisecond })
	g.Fail(discordtest.Callback, 1, discordtest.Silent)
	p.Command("general", "incident list", nil)
	p.WaitWhisper("受け付けました")
	idle(g, f)
	if slowest := g.Slowest(); slowest > 2*time.Second {
		t.Errorf("the first answer took %v", slowest)
	}
	blameless(t, g)
}
