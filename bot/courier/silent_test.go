package courier_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// wallClock is the clock of the machine, or of a bubble.
type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

// Dozens of calls by chat hang, in the lookup of the account or in the sending, while each call by phone
// takes two seconds: what goes by mail and phone waits for none of them, neither while that is new
// nor when it is known, and nobody waits for his first call longer than the one try takes.
func TestCallsByOtherMeansPassThoseThatHang(t *testing.T) {
	if os.Getenv("HIKESHI_TEST_DATABASE") == "postgres" {
		t.Skip("in a bubble of time nothing is heard of a server; what is tested here asks none")
	}
	for _, lookup := range []bool{true, false} {
		t.Run(fmt.Sprintf("lookup=%v", lookup), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWays(t)
				w.live(wallClock{})
				hang := func(ctx context.Context) error {
					wait, end := context.WithTimeout(ctx, 20*time.Second) // of the bubble's time
					defer end()
					<-wait.Done()
					return errors.New("no answer")
				}
				route := w.courier.Route
				w.courier.Way = func(m workflows.Message) string { return string(m.By()) }
				w.courier.Route = func(m workflows.Message) (chat.Frontend, chat.Target, error) {
					if lookup && m.By() == incident.ByChat && m.To != "" {
						return nil, chat.Target{}, hang(context.Background())
					}
					return route(m)
				}
				w.by[incident.ByChat].answer = func(ctx context.Context, _ chat.Delivery) error { return hang(ctx) }
				w.by[incident.ByPhone].answer = func(context.Context, chat.Delivery) error {
					<-time.After(2 * time.Second)
					return nil
				}
				w.courier.Joins = func(m workflows.Message) bool { return m.By() == incident.ByPhone }
				w.courier.RenderJoined = func(context.Context, []workflows.Message) (chat.Card, error) { return chat.Card{}, nil }
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { w.courier.Run(ctx); close(done) }()
				var ids []incident.ID
				for i := range 24 {
					ids = append(ids, w.report(fmt.Sprintf("r%d", i)))
					w.courier.Wake()
					if i >= 12 { // twelve at once, and the others while it is known already
						<-time.After(time.Second)
					}
				}
				<-time.After(90 * time.Second)
				stop()
				<-done
				beside := 0
				for _, id := range ids {
					list, err := w.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true})
					if err != nil {
						t.Fatal(err)
					}
					var made, first time.Time
					for _, m := range list {
						if !m.Calls() || m.By() == incident.ByChat {
							if made.IsZero() || m.Created.Before(made) {
								made = m.Created
							}
							continue
						}
						beside++
						took := m.FirstSent.Sub(m.Created)
						if m.FirstSent.IsZero() || took > 4*time.Second {
							t.Errorf("%s went out %v after it was to", m.Key, took)
						}
						if first.IsZero() || m.FirstSent.Before(first) {
							first = m.FirstSent
						}
					}
					if first.IsZero() || first.Sub(made) > 8*time.Second {
						t.Errorf("%s: the first call got through after %v", id, first.Sub(made))
					}
				}
				if beside < 60 {
					t.Errorf("%d calls by mail and phone", beside)
				}
			})
		})
	}
}

// Of a platform that is marked nothing is asked, not even for an account.
func TestNothingIsAskedOfAMarkedPlatform(t *testing.T) {
	w := newWays(t)
	asked := atomic.Int64{}
	route := w.courier.Route
	w.courier.Way = func(m workflows.Message) string { return string(m.By()) }
	w.courier.Route = func(m workflows.Message) (chat.Frontend, chat.Target, error) {
		if m.By() == incident.ByChat {
			asked.Add(1)
		}
		return route(m)
	}
	w.closed.Store(true)
	w.report("r1")
	for range 6 {
		w.drain()
		w.clock.move(time.Minute)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("asked %d times", n)
	}
	if w.pages(incident.ByPhone, "佐藤") == 0 {
		t.Error("nobody was rung")
	}
	w.closed.Store(false)
	w.drain()
	if asked.Load() == 0 || w.pages(incident.ByChat, "佐藤") == 0 {
		t.Error("nothing came when the mark was lifted")
	}
}
