package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// wire stands between the store and the server, and can be cut: at the nth piece that
// travels in one direction, which is lost with the connection.
type wire struct {
	listener net.Listener
	server   string

	mu       sync.Mutex
	open     map[net.Conn]bool
	up       bool
	upwards  bool // which direction counts: towards the server
	left     int  // pieces until the cut; 0: no cut
	stayDown bool // after the cut
	cut      bool
}

func newWire(t *testing.T, server string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, server: server, open: map[net.Conn]bool{}, up: true}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	return w
}

func (w *wire) carry(c net.Conn) {
	s, err := net.Dial("tcp", w.server)
	w.mu.Lock()
	if err != nil || !w.up {
		w.mu.Unlock()
		c.Close()
		if s != nil {
			s.Close()
		}
		return
	}
	w.open[c] = true
	w.mu.Unlock()
	end := func() { c.Close(); s.Close() }
	go w.copy(s, c, true, end)
	w.copy(c, s, false, end)
	w.mu.Lock()
	delete(w.open, c)
	w.mu.Unlock()
}

func (w *wire) copy(to io.Writer, from io.Reader, upwards bool, end func()) {
	defer end()
	piece := make([]byte, 1<<20)
	for {
		n, err := from.Read(piece)
		if err != nil || w.isCut(upwards) {
			return
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}

// isCut counts a piece, and reports whether it is the one that is lost.
func (w *wire) isCut(upwards bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left == 0 || upwards != w.upwards {
		return false
	}
	if w.left--; w.left > 0 {
		return false
	}
	w.cut, w.up = true, !w.stayDown
	if w.stayDown {
		for c := range w.open {
			c.Close()
		}
	}
	return true
}

func (w *wire) cutAt(n int, upwards, stayDown bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left, w.upwards, w.stayDown, w.cut = n, upwards, stayDown, false
}

// mend lets connections through again, and says whether there had been a cut.
func (w *wire) mend() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left, w.up = 0, true
	return w.cut
}

// wired gives a company whose database is behind a wire, and the database's own address.
func wired(t *testing.T) (w *wire, c *company, direct string) {
	t.Helper()
	direct = pgtest.Shared(t).Empty(t)
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	w = newWire(t, u.Host)
	return w, newCompany(t, strings.Replace(direct, u.Host, w.listener.Addr().String(), 1)), direct
}

func (c *company) reportAs(key string) (workflows.Outcome, error) {
	c.tick = c.tick.Add(time.Millisecond)
	return c.Do(context.Background(), workflows.Command{
		Key: key, By: c.leader, Source: incident.FromPerson, Do: incident.Report{Text: "電車に忘れた " + key, What: incident.KindLoss},
	})
}

// TestLostConnection cuts the connection at every piece of a report's way, in either
// direction. While the server can be reached again at once, nobody notices; while it cannot,
// the report is refused, as known or as unsure, and the same report sent again afterwards is
// there once.
func TestLostConnection(t *testing.T) {
	w, c, _ := wired(t)
	ctx := context.Background()
	incidents := 0
	c.report(t, 0) // every statement is prepared on a connection
	incidents++
	cuts, unsure := 0, 0
	for _, stayDown := range []bool{false, true} {
		for _, upwards := range []bool{true, false} {
			for n := 1; ; n++ {
				key := fmt.Sprintf("%t %t %d", stayDown, upwards, n)
				w.cutAt(n, upwards, stayDown)
				out, err := c.reportAs(key)
				wasCut := w.mend()
				switch {
				case !wasCut && err != nil:
					t.Fatalf("%s: without a cut: %v", key, err)
				case wasCut && !stayDown && err != nil:
					t.Errorf("%s: %v", key, err)
				case wasCut && stayDown && err == nil:
					t.Errorf("%s: accepted as %s by nobody", key, out.Incident)
				}
				ids, lerr := c.store.AllIDs(ctx)
				if lerr != nil {
					t.Fatal(lerr)
				}
				if there := len(ids) - incidents; err == nil && there != 1 || there > 1 || there == 1 && err != nil && !errors.Is(err, workflows.ErrUnsure) {
					t.Errorf("%s: %d new incidents, error %v", key, there, err)
				}
				if errors.Is(err, workflows.ErrUnsure) {
					unsure++
				}
				again, err := c.reportAs(key)
				if err != nil || !again.Accepted() || out.Incident != "" && again.Incident != out.Incident {
					t.Errorf("%s: sent again: %+v, %v; first %+v", key, again, err, out)
				}
				incidents++
				if !wasCut {
					break
				}
				cuts++
				if n > 30 {
					t.Fatal("a report has no end")
				}
			}
		}
	}
	if cuts < 12 || unsure < 2 {
		t.Errorf("%d cuts, %d of them unsure: the test does not cut where it should", cuts, unsure)
	}
	t.Logf("%d cuts, %d of them unsure", cuts, unsure)
	if ids, err := c.store.AllIDs(ctx); err != nil || len(ids) != incidents {
		t.Errorf("%d incidents, want %d (%v)", len(ids), incidents, err)
	}
	if v, err := workflows.Verify(ctx, c.store); err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v, err)
	}
}

// TestListen has one process hear what another has changed, also after a lost connection.
func TestListen(t *testing.T) {
	w, hears, direct := wired(t)
	ctx, stop := context.WithCancel(t.Context())
	heard := make(chan workflows.Changed, 100)
	ended := make(chan error)
	go func() { ended <- hears.store.Listen(ctx, func(c workflows.Changed) { heard <- c }) }()
	next := func(what string, want workflows.Changed) {
		t.Helper()
		for {
			select {
			case c := <-heard:
				if c == want {
					return
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%s: heard nothing of %+v", what, want)
			}
		}
	}
	next("at the beginning", workflows.Changed{Work: true})
	says := newCompany(t, direct)
	id := says.report(t, 1)
	next("a report", workflows.Changed{Incident: id, Work: true})
	claimed, err := says.ClaimMessages(ctx, "x", time.Minute, 1, true)
	if err != nil || len(claimed) != 1 {
		t.Fatal(claimed, err)
	}
	if err := says.FinishMessage(ctx, claimed[0], "x", workflows.Sent{OK: true, At: says.Now()}); err != nil {
		t.Fatal(err)
	}
	next("a message that arrived", workflows.Changed{Incident: id})
	// Its own changes it knows already.
	own := hears.report(t, 2)
	id = says.report(t, 3)
	for {
		c := <-heard
		if c.Incident == own {
			t.Error("heard of its own change")
		}
		if c.Incident == id {
			break
		}
	}
	w.mu.Lock()
	for c := range w.open {
		c.Close()
	}
	w.mu.Unlock()
	next("after the connection was lost", workflows.Changed{Work: true})
	next("a report after that", workflows.Changed{Incident: says.report(t, 4), Work: true})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestNewContactsUnderLoad replaces the contact list while more people report than there are
// connections: each transaction notices that its list is old, and none waits for another.
func TestNewContactsUnderLoad(t *testing.T) {
	url := pgtest.Shared(t).Empty(t) + "&pool_max_conns=2"
	c := newCompany(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	other := newCompany(t, strings.TrimSuffix(url, "&pool_max_conns=2"))
	people, _, err := other.store.Contacts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for who := range 8 {
		wg.Go(func() {
			for n := range 10 {
				out, err := c.Do(ctx, workflows.Command{
					Key: fmt.Sprintf("%d-%d", who, n), By: c.leader, Source: incident.FromPerson,
					Do: incident.Report{Text: fmt.Sprintf("電車に忘れた %d-%d", who, n), What: incident.KindLoss},
				})
				if err != nil || !out.Accepted() {
					t.Errorf("report %d-%d: %+v, %v", who, n, out, err)
					return
				}
				if who == 0 {
					if err := other.store.ReplaceContacts(ctx, people); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestWhatPostgresDoesNotHold looks for, and keeps, what a text of it cannot be.
func TestWhatPostgresDoesNotHold(t *testing.T) {
	s := newCompany(t, pgtest.Shared(t).Empty(t)).store
	ctx := t.Context()
	for _, odd := range []string{"a\x00b", "c\xffd", "\x00"} {
		if _, err := s.Incident(ctx, incident.ID(odd)); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("incident %q: %v", odd, err)
		}
		if err := s.SaveDraft(ctx, workflows.Draft{ID: odd, By: "sato", Form: "report", Values: map[string]string{"text": odd}}); err != nil {
			t.Errorf("draft %q: %v", odd, err)
		}
		if _, err := s.Draft(ctx, "sato", odd); err != nil {
			t.Errorf("draft %q again: %v", odd, err)
		}
		err := s.Write(ctx, func(tx workflows.Tx) error {
			if _, done, err := tx.Done(ctx, odd); err != nil || done {
				t.Errorf("request %q: %v %v", odd, done, err)
			}
			return tx.Save(ctx, workflows.Change{At: time.Now(), Request: &workflows.DoneRequest{Key: odd, Outcome: []byte("{}")}})
		})
		if err != nil && !errors.Is(err, workflows.ErrDone) {
			t.Errorf("request %q: %v", odd, err)
		}
	}
}
