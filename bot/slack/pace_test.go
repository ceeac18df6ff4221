package slack

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

// later is how long a caller is told to wait; zero when it was his turn.
func later(t *testing.T, err error) time.Duration {
	t.Helper()
	if err == nil {
		return 0
	}
	l := (*chat.Later)(nil)
	if !errors.As(err, &l) {
		t.Fatalf("got %v, want *chat.Later", err)
	}
	if l.Wait <= 0 {
		t.Fatalf("told to wait %v", l.Wait)
	}
	return l.Wait
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

// TestTwentyCreatesAMinute: 200 channels that all wait come each at the time they were told,
// no minute sees more than 20, and none is told twice to wait.
func TestTwentyCreatesAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		start := time.Now()
		var mu sync.Mutex
		var made []time.Time
		asked := 0
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				for try := 0; ; try++ {
					wait := later(t, p.wait(t.Context(), turn{method: "conversations.create", ticket: fmt.Sprint(i)}))
					mu.Lock()
					asked++
					if wait == 0 {
						made = append(made, time.Now())
					}
					mu.Unlock()
					if wait == 0 {
						return
					}
					pass(wait)
				}
			})
		}
		all.Wait()
		if n := most(made, window); n != 20 {
			t.Errorf("%d creates in one minute, want 20", n)
		}
		if took := time.Since(start); took != 9*window {
			t.Errorf("200 creates took %v, want 9 minutes", took)
		}
		if asked > 200+180 {
			t.Errorf("%d callers asked %d times: they woke all at once", 200, asked)
		}
	})
}

// TestPagesFirst: a flood of ordinary messages leaves a reserve, and a page goes at once
// though hundreds wait, to a conversation where others wait as well.
func TestPagesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		ordinary := 0
		for i := range 600 {
			if later(t, p.wait(t.Context(), turn{method: "chat.postMessage", conversation: fmt.Sprint("D", i%300), ticket: fmt.Sprint(i)})) == 0 {
				ordinary++
			}
		}
		if ordinary != 225 {
			t.Errorf("%d ordinary messages went at once, want 225 of 300", ordinary)
		}
		for i := range 75 {
			if wait := later(t, p.wait(t.Context(), turn{method: "chat.postMessage", conversation: fmt.Sprint("D", 225+i), urgent: true, ticket: fmt.Sprint("page", i)})); wait > 0 {
				t.Fatalf("page %d waits %v behind ordinary messages", i, wait)
			}
		}
		// To a conversation that was written to just now: the second Slack asks for, no more,
		// though an ordinary message waits there too.
		p = newPace(Limits{})
		for i := range 10 {
			_ = p.wait(t.Context(), turn{method: "chat.postMessage", conversation: "D", ticket: fmt.Sprint(i)})
		}
		if wait := later(t, p.wait(t.Context(), turn{method: "chat.postMessage", conversation: "D", urgent: true, ticket: "page"})); wait != time.Second {
			t.Errorf("a page waits %v behind nine messages to one person, want 1s", wait)
		}
	})
}

// TestOneASecond: messages to one conversation go a second apart and in the order they came,
// those to others are not held up.
func TestOneASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		for i := range 40 {
			want := time.Duration(i) * time.Second
			if wait := later(t, p.wait(t.Context(), turn{method: "chat.postMessage", conversation: "C1", ticket: fmt.Sprint(i)})); wait != want {
				t.Fatalf("message %d waits %v, want %v", i, wait, want)
			}
		}
		if wait := later(t, p.wait(t.Context(), turn{method: "chat.postMessage", conversation: "C2", ticket: "other"})); wait > 0 {
			t.Errorf("a message elsewhere waits %v", wait)
		}
		// The same asks again too early: the same turn, not the end of the line.
		if wait := later(t, p.wait(t.Context(), turn{method: "chat.postMessage", conversation: "C1", ticket: "7"})); wait != 7*time.Second {
			t.Errorf("asked again, it waits %v, want 7s", wait)
		}
	})
}

// TestRetryAfter: what Slack asks is kept to the second, by everybody who calls the method,
// and whoever waited does not come back all at once.
func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		ask := func(i int, urgent bool) time.Duration {
			return later(t, p.wait(t.Context(), turn{method: "chat.update", ticket: fmt.Sprint(i, urgent), urgent: urgent}))
		}
		p.refused("chat.update", 30*time.Second)
		if wait := ask(0, true); wait != 30*time.Second {
			t.Errorf("a page waits %v, want 30s", wait)
		}
		seen := map[time.Duration]bool{}
		for i := range 20 {
			wait := ask(i, false)
			if wait < 30*time.Second || seen[wait] {
				t.Errorf("call %d waits %v", i, wait)
			}
			seen[wait] = true
		}
		if wait := later(t, p.wait(t.Context(), turn{method: "pins.add"})); wait > 0 {
			t.Errorf("another method waits %v", wait)
		}
		pass(30 * time.Second)
		if wait := ask(0, true); wait > 0 {
			t.Errorf("after the time the page waits another %v", wait)
		}
		// A promise is no right: asked to wait again meanwhile, it is put off.
		p.refused("chat.update", time.Minute)
		if wait := ask(1, false); wait < time.Minute {
			t.Errorf("an ordinary call goes %v after a refusal for a minute", wait)
		}
	})
}

// TestPatience: who waits in line goes at his turn, or gives it back when his time is over.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		post := turn{method: "chat.postMessage", conversation: "C1", patience: -1}
		start := time.Now()
		for range 3 {
			if err := p.wait(t.Context(), post); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("three messages took %v, want 2s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := p.wait(ctx, post); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		pass(900 * time.Millisecond)
		post.patience = 0
		if wait := later(t, p.wait(t.Context(), post)); wait > 0 {
			t.Errorf("the turn that was given back is held: wait %v", wait)
		}
	})
}

// TestPaceUnderAnyLoad: whatever comes, no minute sees more calls of a method than allowed, no
// second two messages in a conversation, and everybody gets his turn.
func TestPaceUnderAnyLoad(t *testing.T) {
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			p := newPace(Limits{Tiers: [4]int{1, 5, 8, 10}})
			var mu sync.Mutex
			calls := map[string][]time.Time{}
			var all sync.WaitGroup
			for i := range 150 {
				method := []string{"chat.postMessage", "chat.update"}[rng.IntN(2)]
				conversation := fmt.Sprint("D", rng.IntN(6))
				urgent, start := rng.IntN(4) == 0, time.Duration(rng.IntN(90_000))*time.Millisecond
				all.Go(func() {
					pass(start)
					for {
						wait := later(t, p.wait(t.Context(), turn{method: method, conversation: conversation, urgent: urgent, ticket: fmt.Sprint(i), patience: 100 * time.Millisecond}))
						if wait == 0 {
							break
						}
						pass(wait)
					}
					mu.Lock()
					calls[method] = append(calls[method], time.Now())
					calls[conversation] = append(calls[conversation], time.Now())
					mu.Unlock()
				})
			}
			all.Wait()
			for name, limit := range map[string]int{"chat.postMessage": 30, "chat.update": 8} {
				if n := most(calls[name], window); n > limit {
					t.Errorf("seed %d: %d calls of %s in one minute", seed, n, name)
				}
			}
			for i := range 6 {
				if n := most(calls[fmt.Sprint("D", i)], time.Second); n > 1 {
					t.Errorf("seed %d: %d messages to one conversation in one second", seed, n)
				}
			}
		})
	}
}

// pass lets time go by on the clock of the test's bubble.
func pass(d time.Duration) { <-time.After(d) }

// TestALateTurnIsNoLostTurn: the courier brings what had to wait a little late, and what is
// said in a channel stays in its order and comes no slower for that.
func TestALateTurnIsNoLostTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		const posts = 20
		start := time.Now()
		var mu sync.Mutex
		var order []int
		var made []time.Time
		var all sync.WaitGroup
		for i := range posts {
			<-time.After(time.Millisecond) // of the bubble: they ask one after the other
			all.Go(func() {
				for {
					wait := later(t, p.wait(t.Context(), turn{method: "chat.postMessage", conversation: "C1", ticket: fmt.Sprint(i)}))
					if wait == 0 {
						mu.Lock()
						order, made = append(order, i), append(made, time.Now())
						mu.Unlock()
						return
					}
					<-time.After(wait + time.Duration(i*37%300)*time.Millisecond)
				}
			})
		}
		all.Wait()
		if took := time.Since(start); took > posts*3*time.Second/2 {
			t.Errorf("%d messages took %v", posts, took)
		}
		for at, i := range order {
			if d := at - i; d < -1 || d > 1 {
				t.Errorf("message %d came at place %d: %v", i, at, order)
				break
			}
		}
		if n := most(made, time.Second); n > 1 {
			t.Errorf("%d messages within a second", n)
		}
	})
}

// TestAStormKeepsNobodyInLine: while a page a second goes to somebody, each brought a little late,
// the messages that he is to have besides come after them; and none waits in line so long that the
// platform would count as one that does not answer.
func TestAStormKeepsNobodyInLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		const pages, others = 20, 12
		waited := func(tn turn, late time.Duration) (longest time.Duration, done time.Time) {
			for {
				begun := time.Now()
				wait := later(t, p.wait(t.Context(), tn))
				longest = max(longest, time.Since(begun))
				if wait == 0 {
					return longest, time.Now()
				}
				pass(wait + late)
			}
		}
		var all sync.WaitGroup
		for i := range others {
			all.Go(func() {
				longest, _ := waited(turn{method: "chat.postMessage", conversation: "D1", ticket: fmt.Sprint(i), patience: ordinaryPatience}, time.Duration(i*97%400)*time.Millisecond)
				if longest > 3*time.Second+ordinaryPatience {
					t.Errorf("message %d waited %v in line", i, longest)
				}
			})
		}
		pass(100 * time.Millisecond)
		start := time.Now()
		for n := range pages {
			_, done := waited(turn{method: "chat.postMessage", conversation: "D1", urgent: true, ticket: urgentTicket, patience: urgentPatience}, 40*time.Millisecond)
			if late := done.Sub(start) - time.Duration(n+1)*1100*time.Millisecond; late > 0 {
				t.Fatalf("page %d came %v late", n, late)
			}
		}
		all.Wait()
	})
}
