package lane

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/chat"
)

// told is how long a caller is told to wait; zero when it was his turn.
func told(t *testing.T, err error) time.Duration {
	t.Helper()
	if err == nil {
		return 0
	}
	later, ok := errors.AsType[*chat.Later](err)
	if !ok || later.Wait <= 0 {
		t.Fatalf("got %v, want *chat.Later with a time", err)
	}
	return later.Wait
}

// most is the largest number of calls in any window.
func most(at []time.Time, window time.Duration) int {
	slices.SortFunc(at, time.Time.Compare)
	n := 0
	for i := range at {
		j := i
		for j < len(at) && at[j].Sub(at[i]) < window {
			j++
		}
		n = max(n, j-i)
	}
	return n
}

// pass lets time go by on the clock of the test's bubble.
func pass(d time.Duration) { <-time.After(d) }

func only(l *Lane) Lanes { return func(time.Time) []*Lane { return []*Lane{l} } }

// Whatever comes, however late, and whatever the platform refuses meanwhile: no window of a lane
// sees more calls than allowed, ordinary ones leave their part to pages, and everybody gets a turn.
func TestNoWindowTakesTooMany(t *testing.T) {
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			spread := Spread(seed % 3)
			turns := &Turns{Moment: time.Second}
			whole := &Lane{Limit: 9, Ordinary: 6, Window: 2 * time.Second, Spread: spread}
			own := make([]*Lane, 4)
			for i := range own {
				own[i] = &Lane{Limit: 1 + i, Ordinary: max(1, i), Window: time.Second, Spread: spread, InLine: i%2 == 0}
			}
			var mu sync.Mutex
			made, ordinary := map[*Lane][]time.Time{}, map[*Lane][]time.Time{}
			var all sync.WaitGroup
			for i := range 240 {
				lanes := []*Lane{own[rng.IntN(len(own))], whole}
				ask := Turn{Urgent: rng.IntN(4) == 0, Ticket: fmt.Sprint(i), Patience: time.Duration(rng.IntN(3)) * 300 * time.Millisecond}
				if rng.IntN(3) == 0 {
					ask.Ticket = ""
				}
				start, late := time.Duration(rng.IntN(40_000))*time.Millisecond, time.Duration(rng.IntN(700))*time.Millisecond
				refused := rng.IntN(40) == 0
				all.Go(func() {
					pass(start)
					for try := 0; ; try++ {
						wait := told(t, turns.Wait(t.Context(), ask, func(now time.Time) []*Lane {
							for _, l := range lanes {
								l.Tidy(now)
							}
							return lanes
						}))
						if wait == 0 {
							break
						}
						if try > 500 {
							t.Errorf("seed %d: somebody never gets a turn", seed)
							return
						}
						pass(wait + late)
					}
					mu.Lock()
					defer mu.Unlock()
					for _, l := range lanes {
						made[l] = append(made[l], time.Now())
						if !ask.Urgent {
							ordinary[l] = append(ordinary[l], time.Now())
						}
					}
					if refused {
						turns.Lock()
						lanes[0].Block(time.Now().Add(3 * time.Second))
						turns.Unlock()
					}
				})
			}
			all.Wait()
			for i, l := range append(own, whole) {
				if n := most(made[l], l.Window); n > l.Limit {
					t.Errorf("seed %d: %d calls in one window of lane %d, which takes %d", seed, n, i, l.Limit)
				}
				if n := most(ordinary[l], l.Window); n > l.Ordinary {
					t.Errorf("seed %d: %d ordinary calls in one window of lane %d, which takes %d", seed, n, i, l.Ordinary)
				}
			}
		})
	}
}

// A page whose turn has come is on its way: who is no page and comes a moment before it waits.
func TestAPageKeepsItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := &Turns{Moment: time.Second}
		l := &Lane{Limit: 1, Ordinary: 1, Window: time.Second, InLine: true}
		ask := func(ticket string, urgent bool) time.Duration {
			return told(t, turns.Wait(t.Context(), Turn{Ticket: ticket, Urgent: urgent}, only(l)))
		}
		ask("first", false)
		ordinary, page := ask("second", false), ask("page", true)
		if page != time.Second || ordinary != time.Second {
			t.Fatalf("promised %v to the page, %v to the other", page, ordinary)
		}
		// Who comes to the same turn a moment before the page stands behind it in line.
		var all sync.WaitGroup
		start := time.Now()
		all.Go(func() {
			pass(time.Second)
			if got := ask("second", false); got != 0 || time.Since(start) < 2*time.Second {
				t.Errorf("the message comes after %v, told to wait %v", time.Since(start), got)
			}
		})
		pass(time.Second + 10*time.Millisecond)
		if got := ask("page", true); got != 0 || time.Since(start) != time.Second+10*time.Millisecond {
			t.Errorf("the page comes after %v, told to wait %v", time.Since(start), got)
		}
		all.Wait()
	})
}

// Where a lane turns out to be another's, what was counted in it and what was asked of it hold on.
func TestJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := &Turns{Moment: time.Second}
		one, other := &Lane{Limit: 2, Ordinary: 2, Window: time.Minute}, &Lane{Limit: 2, Ordinary: 2, Window: time.Minute}
		for range 2 {
			told(t, turns.Wait(t.Context(), Turn{Ticket: "a"}, only(other)))
		}
		other.Block(time.Now().Add(2 * time.Minute))
		one.Join(other)
		one.Join(one)
		if got := told(t, turns.Wait(t.Context(), Turn{Ticket: "b"}, only(one))); got != 2*time.Minute {
			t.Errorf("told to wait %v", got)
		}
		if !other.Tidy(time.Now().Add(2 * time.Minute)) {
			t.Error("the lane that is no more is not forgotten")
		}
	})
}

// A turn is kept for a minute and a half for who does not come, and not for ever; a caller without
// a ticket keeps none, nor does one who goes.
func TestTurnsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := &Turns{Moment: time.Second}
		l := &Lane{Limit: 1, Ordinary: 1, Window: time.Second}
		told(t, turns.Wait(t.Context(), Turn{}, only(l)))
		promised := func() int { l.Tidy(time.Now()); return len(l.slots) }
		told(t, turns.Wait(t.Context(), Turn{}, only(l)))
		gone, leave := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, leave)
		if err := turns.Wait(gone, Turn{Ticket: "gone", Patience: -1}, only(l)); !errors.Is(err, context.Canceled) {
			t.Errorf("who leaves is told %v", err)
		}
		if n := promised(); n != 1 {
			t.Errorf("%d slots are kept, want that of the call", n)
		}
		told(t, turns.Wait(t.Context(), Turn{Ticket: "kept"}, only(l)))
		if got := l.Promised("kept", time.Now()); got != 900*time.Millisecond {
			t.Errorf("the turn is in %v", got)
		}
		pass(grace)
		if n := promised(); n != 1 {
			t.Errorf("%d slots are kept a minute and a half later, want the turn", n)
		}
		pass(2 * time.Second)
		if n := promised(); n != 0 || !l.Tidy(time.Now()) {
			t.Errorf("%d slots are kept for ever", n)
		}
	})
}
