package courier_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// beside has everybody be on another chat platform, too.
func (w *ways) beside(other *platform) {
	w.courier.Way = func(m workflows.Message) string { return string(m.By()) }
	w.courier.Instead = func(m workflows.Message, tried []string) (chat.Frontend, chat.Target, bool) {
		return named{other, "other"}, chat.Target{User: chat.UserID("other:" + string(m.To))}, !slices.Contains(tried, "other")
	}
}

// A call that does not get through by one platform is brought by the other in the same try, and
// nobody is rung for it.
func TestACallGoesOnByTheOtherPlatform(t *testing.T) {
	if os.Getenv("HIKESHI_TEST_DATABASE") == "postgres" {
		t.Skip("in a bubble of time nothing is heard of a server; what is tested here asks none")
	}
	for name, c := range map[string]struct {
		answer func(ctx context.Context, d chat.Delivery) error
		again  bool
	}{
		"refused":        {func(context.Context, chat.Delivery) error { return errors.New("refused") }, false},
		"gone":           {func(context.Context, chat.Delivery) error { return fmt.Errorf("no account: %w", chat.ErrGone) }, false},
		"without answer": {func(ctx context.Context, _ chat.Delivery) error { <-ctx.Done(); return ctx.Err() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWays(t)
				w.live(wallClock{})
				var mu sync.Mutex
				var pages, again int
				begun, last := time.Now(), time.Duration(0)
				other := &platform{answer: func(_ context.Context, d chat.Delivery) error {
					mu.Lock()
					defer mu.Unlock()
					if strings.HasPrefix(d.Key, "page:") {
						pages++
						last = time.Since(begun)
						if d.Again {
							again++
						}
					}
					return nil
				}}
				w.beside(other)
				w.by[incident.ByChat].answer = c.answer
				id := w.report("r1")
				w.drain()
				mu.Lock()
				defer mu.Unlock()
				if pages < 2 || w.pages(incident.ByChat, "佐藤") != 0 {
					t.Errorf("%d came by the other platform, and by the first %q", pages, w.by[incident.ByChat].keys("page:"))
				}
				if want := map[bool]int{true: pages}[c.again]; again != want {
					t.Errorf("%d of %d are marked as perhaps there already, want %d", again, pages, want)
				}
				if w.pages(incident.ByPhone, "佐藤") != 0 || w.trouble(id, "佐藤") != nil {
					t.Errorf("rang %q; the record says %q", w.by[incident.ByPhone].keys("page:"), w.trouble(id, "佐藤"))
				}
				if last > time.Duration(pages)*3*time.Second+time.Second { // one after the other here
					t.Errorf("the last call came after %s", last)
				}
			})
		})
	}
}

// Where neither gets through, the next means is taken, and what may have arrived by one is not
// given up because the other does not know the person.
func TestACallThatNoPlatformBrings(t *testing.T) {
	w := newWays(t)
	w.beside(&platform{answer: func(context.Context, chat.Delivery) error { return chat.ErrGone }})
	w.by[incident.ByChat].answer = func(context.Context, chat.Delivery) error { return chat.ErrUnsure }
	id := w.report("r1")
	w.drain()
	if got := w.trouble(id, "佐藤"); !slices.Equal(got, []incident.MeansTrouble{incident.TroubleSlow}) {
		t.Errorf("the record says %q", got)
	}
	list, err := w.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	for _, m := range list {
		if m.Kind != incident.NoticePage || m.By() != incident.ByChat {
			continue
		}
		if pages++; m.State != workflows.MessagePending || !m.Resent {
			t.Errorf("%s is %s, resent %v", m.Key, m.State, m.Resent)
		}
	}
	if pages == 0 {
		t.Error("nobody is called")
	}
}

// What stands on one platform is brought up to date there, also when that fails once; where it is
// gone, it is said on the other.
func TestWhatStandsOnAPlatformStaysThere(t *testing.T) {
	for name, c := range map[string]struct {
		fault error
		moves bool
	}{"refused": {errors.New("500"), false}, "gone": {chat.ErrGone, true}} {
		t.Run(name, func(t *testing.T) {
			w := newWays(t)
			other := &platform{}
			w.beside(other)
			id := w.report("r1")
			w.drain()
			if got := other.keys(""); got != nil {
				t.Fatalf("%q went by the other", got)
			}
			w.by[incident.ByChat].answer = func(context.Context, chat.Delivery) error { return c.fault }
			w.do("k1", "佐藤", id, incident.Take{})
			w.drain()
			if got := other.keys("reporter:"); (len(got) > 0) != c.moves {
				t.Errorf("by the other: %q", got)
			}
		})
	}
}
