package discord

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/chat"
)

// toldToWait is how long a caller is told to wait; zero when it was his turn.
func toldToWait(t *testing.T, err error) time.Duration {
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

// pass lets time go by on the clock of the test's bubble.
func pass(d time.Duration) { <-time.After(d) }

// posting is the turn of a message to a channel.
func posting(channel int, ticket string) turn {
	return turn{route: routeOf("POST", fmt.Sprintf("channels/%d/messages", channel)), ticket: ticket}
}

// answer is what Discord's headers say.
func answer(p *pace, t turn, status int, pairs ...string) time.Duration {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return p.learn(t, status, h, time.Now())
}

func bucketHeaders(limit, remaining int, after time.Duration) []string {
	return []string{
		"X-RateLimit-Bucket", "abc", "X-RateLimit-Limit", strconv.Itoa(limit), "X-RateLimit-Remaining", strconv.Itoa(remaining),
		"X-RateLimit-Reset-After", fmt.Sprintf("%.3f", after.Seconds()),
	}
}

// TestFiftyASecond: whatever it is, no second sees more than fifty calls, a part of them is
// left to pages, and answers to interactions are not counted.
func TestFiftyASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		ordinary := 0
		for i := range 300 {
			if toldToWait(t, p.wait(t.Context(), posting(i, fmt.Sprint(i)))) == 0 {
				ordinary++
			}
		}
		if ordinary != globalCalls-pageCalls {
			t.Errorf("%d ordinary messages went at once, want %d", ordinary, globalCalls-pageCalls)
		}
		for i := range pageCalls {
			page := posting(1000+i, fmt.Sprint("page", i))
			page.urgent = true
			if wait := toldToWait(t, p.wait(t.Context(), page)); wait > 0 {
				t.Fatalf("page %d waits %v behind ordinary messages", i, wait)
			}
		}
		for range 100 {
			if err := p.wait(t.Context(), turn{route: routeOf("POST", "interactions/1/token/callback"), free: true}); err != nil {
				t.Fatalf("an answer waits: %v", err)
			}
		}
	})
}

// TestAPageOvertakes: to a person to whom many messages wait a page goes at once.
func TestAPageOvertakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		now := 0
		for i := range 20 {
			if toldToWait(t, p.wait(t.Context(), posting(1, fmt.Sprint(i)))) == 0 {
				now++
			}
		}
		if now != guessCalls-1 {
			t.Errorf("%d messages went at once, want %d", now, guessCalls-1)
		}
		page := posting(1, "page")
		page.urgent = true
		if wait := toldToWait(t, p.wait(t.Context(), page)); wait != 0 {
			t.Errorf("the page waits %v", wait)
		}
		if wait := toldToWait(t, p.wait(t.Context(), posting(2, "other"))); wait != 0 {
			t.Errorf("a message elsewhere waits %v", wait)
		}
	})
}

// TestTheHeadersAreBelieved: the bucket is as large as Discord says, is shared by those whose
// hash is the same, and is empty where others have used it up.
func TestTheHeadersAreBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		one := posting(1, "first")
		_ = p.wait(t.Context(), one)
		answer(p, one, 200, bucketHeaders(10, 9, 2*time.Second)...)
		now := 1
		for i := range 30 {
			if toldToWait(t, p.wait(t.Context(), posting(1, fmt.Sprint(i)))) == 0 {
				now++
			}
		}
		if now != 8 { // a fifth of ten is left to pages
			t.Errorf("%d went at once, want 8", now)
		}
		// Another process has used up what is left of another channel.
		other := posting(2, "x")
		_ = p.wait(t.Context(), other)
		answer(p, other, 200, bucketHeaders(10, 0, 1500*time.Millisecond)...)
		if wait := toldToWait(t, p.wait(t.Context(), posting(2, "y"))); wait < 1500*time.Millisecond {
			t.Errorf("in an empty bucket it waits %v", wait)
		}
		if wait := toldToWait(t, p.wait(t.Context(), posting(3, "z"))); wait != 0 {
			t.Errorf("elsewhere it waits %v", wait)
		}
	})
}

// TestRetryAfter: what Discord asks is kept by everybody whom it concerns.
func TestRetryAfter(t *testing.T) {
	for name, c := range map[string]struct {
		headers     []string
		own, others time.Duration
	}{
		"its bucket":       {append(bucketHeaders(5, 0, 3*time.Second), "Retry-After", "3", "X-RateLimit-Scope", "user"), 3 * time.Second, 0},
		"all":              {[]string{"Retry-After", "20", "X-RateLimit-Global", "true", "X-RateLimit-Scope", "global"}, 20 * time.Second, 20 * time.Second},
		"the wall":         {[]string{"Retry-After", "600"}, 10 * time.Minute, 10 * time.Minute},
		"a narrower limit": {append(bucketHeaders(5, 4, 3*time.Second), "Retry-After", "500", "X-RateLimit-Scope", "user"), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPace(Limits{})
				first := posting(1, "first")
				_ = p.wait(t.Context(), first)
				if wait := answer(p, first, http.StatusTooManyRequests, c.headers...); wait < c.own {
					t.Errorf("the caller is told %v", wait)
				}
				page := posting(1, "page")
				page.urgent = true
				if wait := toldToWait(t, p.wait(t.Context(), page)); wait != c.own {
					t.Errorf("to the same a page waits %v, want %v", wait, c.own)
				}
				if wait := toldToWait(t, p.wait(t.Context(), posting(2, "other"))); wait != c.others {
					t.Errorf("elsewhere it waits %v, want %v", wait, c.others)
				}
			})
		})
	}
}

// TestInvalidRequestsStopFarFromTheWall: a token that was taken away, or a right, does not make
// Discord shut out the address; pages are stopped last.
func TestInvalidRequestsStopFarFromTheWall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{Global: 1e6, Guess: 1e6})
		made := map[bool]int{}
		for i := range 12_000 {
			urgent := i%2 == 0
			x := posting(i, fmt.Sprint(i))
			x.urgent = urgent
			if toldToWait(t, p.wait(t.Context(), x)) > 0 {
				continue
			}
			made[urgent]++
			answer(p, x, []int{401, 403, 429}[i%3], "X-RateLimit-Scope", "user", "Retry-After", "0", "X-RateLimit-Remaining", "1")
			pass(10 * time.Millisecond)
		}
		if all := made[true] + made[false]; all != invalidAll || made[false] > invalidOrdinary {
			t.Errorf("%d invalid requests in ten minutes, %d of them no pages", all, made[false])
		}
		pass(invalidWithin)
		if wait := toldToWait(t, p.wait(t.Context(), posting(1, "after"))); wait != 0 {
			t.Errorf("ten minutes later it waits %v", wait)
		}
		x := posting(1, "shared")
		for range invalidOrdinary {
			answer(p, x, 429, "X-RateLimit-Scope", "shared", "Retry-After", "0")
			answer(p, x, 404)
		}
		if n := len(p.invalid); n != 0 {
			t.Errorf("%d requests count that are no fault of ours", n)
		}
	})
}

// TestPatience: who waits in line goes at his turn, or gives it back when his time is over.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		post := posting(1, "")
		post.patience = -1
		start := time.Now()
		for range guessCalls {
			if err := p.wait(t.Context(), post); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != guessWithin {
			t.Errorf("one more than goes at once took %v, want %v", took, guessWithin)
		}
		for range guessCalls - 2 {
			_ = p.wait(t.Context(), post)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := p.wait(ctx, post); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		pass(guessWithin)
		post.patience = 0
		if wait := toldToWait(t, p.wait(t.Context(), post)); wait > 0 {
			t.Errorf("the turn that was given back is held: wait %v", wait)
		}
	})
}

// TestPaceUnderAnyLoad: whatever comes, no window sees more calls than allowed, and everybody
// gets his turn, though he comes a little late.
func TestPaceUnderAnyLoad(t *testing.T) {
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			p := newPace(Limits{Global: 8, Guess: 3})
			p.all.Ordinary = 6
			var mu sync.Mutex
			calls := map[int][]time.Time{}
			var whole []time.Time
			var all sync.WaitGroup
			for i := range 200 {
				channel, late := rng.IntN(6), time.Duration(rng.IntN(300))*time.Millisecond
				urgent, start := rng.IntN(4) == 0, time.Duration(rng.IntN(30_000))*time.Millisecond
				all.Go(func() {
					pass(start)
					for try := 0; ; try++ {
						x := posting(channel, fmt.Sprint(i))
						x.urgent, x.patience = urgent, 100*time.Millisecond
						wait := toldToWait(t, p.wait(t.Context(), x))
						if wait == 0 {
							break
						}
						if try > 500 {
							t.Errorf("seed %d: somebody never gets his turn", seed)
							return
						}
						pass(wait + late)
					}
					mu.Lock()
					calls[channel] = append(calls[channel], time.Now())
					whole = append(whole, time.Now())
					mu.Unlock()
				})
			}
			all.Wait()
			for channel, at := range calls {
				if n := most(at, guessWithin); n > 3 {
					t.Errorf("seed %d: %d messages to channel %d in one window", seed, n, channel)
				}
			}
			if n := most(whole, time.Second); n > 8 {
				t.Errorf("seed %d: %d calls in a second", seed, n)
			}
		})
	}
}

// TestALateTurnIsNoLostTurn: the courier brings what had to wait a little late, and what is
// said in a channel stays in its order and comes no slower for that.
func TestALateTurnIsNoLostTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		const posts = 30
		start := time.Now()
		var mu sync.Mutex
		var order []int
		var made []time.Time
		var all sync.WaitGroup
		for i := range posts {
			pass(time.Millisecond) // they ask one after the other
			all.Go(func() {
				for {
					wait := toldToWait(t, p.wait(t.Context(), posting(1, fmt.Sprint(i))))
					if wait == 0 {
						mu.Lock()
						order, made = append(order, i), append(made, time.Now())
						mu.Unlock()
						return
					}
					pass(wait + time.Duration(i*37%300)*time.Millisecond)
				}
			})
		}
		all.Wait()
		if took := time.Since(start); took > posts*2*time.Second {
			t.Errorf("%d messages took %v", posts, took)
		}
		for at, i := range order {
			if d := at - i; d < -1 || d > 1 {
				t.Errorf("message %d came at place %d: %v", i, at, order)
				break
			}
		}
		if n := most(made, guessWithin); n > guessCalls {
			t.Errorf("%d messages within a window", n)
		}
	})
}

func TestRoutesHaveNoTokens(t *testing.T) {
	for path, want := range map[string]route{
		"channels/12/messages/34":                            {"GET channels/*/messages/*", "12"},
		"guilds/12/members/34":                               {"GET guilds/*/members/*", "12"},
		"webhooks/12/secret/messages/@original":              {"GET webhooks/*/*/messages/@original", "12"},
		"interactions/12/secret/callback":                    {"GET interactions/*/*/callback", "12"},
		"channels/12/messages/34/reactions/%F0%9F%93%8C/@me": {"GET channels/*/messages/*/reactions/*/@me", "12"},
		"channels/12/messages?after=5&limit=100":             {"GET channels/*/messages", "12"},
		"users/@me/channels":                                 {"GET users/@me/channels", ""},
		"applications/12/guilds/34/commands":                 {"GET applications/*/guilds/*/commands", ""},
	} {
		if got := routeOf("GET", path); got != want {
			t.Errorf("%s is %+v, want %+v", path, got, want)
		}
	}
}
