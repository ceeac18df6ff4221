package discordtest_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
)

func TestBuckets(t *testing.T) {
	g := discordtest.New(t)
	a, b := g.AddChannel("a"), g.AddChannel("b")
	g.Limit(discordtest.CreateMessage, 2, time.Minute)
	post := func(c discordtest.Channel) reply {
		return call(t, g, "POST", "/channels/"+c.ID+"/messages", `{"content":"x"}`)
	}
	for i, left := range []string{"1", "0"} {
		h := good(t, post(a)).header
		if h.Get("X-RateLimit-Limit") != "2" || h.Get("X-RateLimit-Remaining") != left || h.Get("X-RateLimit-Bucket") == "" {
			t.Errorf("headers of call %d: %v", i, h)
		}
		if s, err := strconv.ParseFloat(h.Get("X-RateLimit-Reset-After"), 64); err != nil || s < 50 || s > 60 {
			t.Errorf("resets after %q", h.Get("X-RateLimit-Reset-After"))
		}
	}
	over := post(a)
	answered(t, over, 429, 0)
	h := over.header
	if after, _ := over.body["retry_after"].(float64); after < 50 || over.body["global"] != false || h.Get("X-RateLimit-Scope") != "user" ||
		h.Get("X-RateLimit-Global") != "" || h.Get("Retry-After") == "" || h.Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("refused with %v %s", h, over.raw)
	}
	good(t, post(b)) // another channel
	if d := g.Done(discordtest.CreateMessage); d != 3 {
		t.Errorf("%d carried out", d)
	}
	g.Limit(discordtest.CreateMessage, 0, 0)
	good(t, post(a))

	// a channel's name and topic may be changed twice in ten minutes
	for _, want := range []int{200, 200, 429} {
		if got := call(t, g, "PATCH", "/channels/"+a.ID, `{"topic":"x"}`); got.status != want {
			t.Errorf("changed the topic: %d", got.status)
		}
	}
	good(t, call(t, g, "PATCH", "/channels/"+a.ID, `{"parent_id":null}`))
	mistakes(t, g, 0)
}

func TestFiftyASecondInAll(t *testing.T) {
	g := discordtest.New(t)
	var over, fine atomic.Int32
	var calls sync.WaitGroup
	for range 60 {
		calls.Go(func() {
			switch a := call(t, g, "GET", "/users/@me", ""); {
			case a.status == 200:
				fine.Add(1)
			case a.status == 429 && a.header.Get("X-RateLimit-Global") == "true" && a.body["global"] == true:
				over.Add(1)
			default:
				t.Errorf("%d: %s", a.status, a.raw)
			}
		})
	}
	calls.Wait()
	if over.Load() == 0 || fine.Load() < 50 { // more when the machine took longer than a second
		t.Errorf("%d carried out, %d refused", fine.Load(), over.Load())
	}
	// what an interaction's token opens is no part of it
	answered(t, call(t, g, "POST", "/interactions/1/token/callback", `{"type":5}`), 404, 10062)
}

func TestTheAddressIsLockedOutAfterTooManyInvalidRequests(t *testing.T) {
	g := discordtest.New(t)
	c := g.AddHidden("hidden")
	g.Tolerate(3)
	get := func() reply { return call(t, g, "GET", "/channels/"+c.ID, "") }
	g.Fail(discordtest.GetChannel, 1, discordtest.LimitedShared)
	answered(t, get(), 429, 0) // does not count
	answered(t, get(), 403, 50001)
	answered(t, call(t, g, "GET", "/channels/1", ""), 404, 10003) // neither does this
	g.Fail("", 1, discordtest.Limited)
	answered(t, get(), 429, 0)
	answered(t, get(), 403, 50001)
	if g.Invalid() != 3 {
		t.Errorf("%d invalid requests", g.Invalid())
	}
	out := call(t, g, "GET", "/users/@me", "")
	if out.status != 429 || !strings.Contains(out.raw, "1015") || out.header.Get("Retry-After") == "" || out.body != nil {
		t.Errorf("%d %v %s", out.status, out.header, out.raw)
	}
	mistakes(t, g, 0)
}

func TestCallsThatFail(t *testing.T) {
	g := discordtest.New(t)
	c := g.AddChannel("a")
	path := "/channels/" + c.ID + "/messages"
	try := func() (int, reply) {
		r := request(t, g, "POST", path, strings.NewReader(`{"content":"x"}`))
		r.Header.Set("Content-Type", "application/json")
		out, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, reply{}
		}
		defer out.Body.Close()
		return out.StatusCode, reply{header: out.Header}
	}
	posted := func() int { got, _ := g.Channel("a"); return len(got.Messages) }
	g.Fail(discordtest.CreateMessage, 1, discordtest.ServerError)
	g.Fail(discordtest.CreateMessage, 1, discordtest.Limited, 7*time.Second)
	g.Fail(discordtest.CreateMessage, 1, discordtest.LimitedGlobally)
	g.Fail(discordtest.CreateMessage, 1, discordtest.CutBefore)
	if status, _ := try(); status != 502 {
		t.Errorf("status %d", status)
	}
	if status, a := try(); status != 429 || a.header.Get("Retry-After") != "7" {
		t.Errorf("status %d, %v", status, a.header)
	}
	if status, a := try(); status != 429 || a.header.Get("X-RateLimit-Scope") != "global" {
		t.Errorf("status %d, %v", status, a.header)
	}
	if status, _ := try(); status != 0 || posted() != 0 {
		t.Errorf("status %d, %d posted", status, posted())
	}
	var called atomic.Int32
	g.After(discordtest.CreateMessage, func() { called.Add(1) })
	g.Fail(discordtest.CreateMessage, 1, discordtest.CutAfter)
	if status, _ := try(); status != 0 || posted() != 1 || called.Load() != 1 {
		t.Errorf("status %d, %d posted, called %d times", status, posted(), called.Load())
	}
	g.After(discordtest.CreateMessage, nil)
	g.Break(discordtest.ServerError, 0)
	for range 2 {
		if status, _ := try(); status != 502 {
			t.Errorf("status %d", status)
		}
	}
	g.Mend()
	g.Delay(30 * time.Millisecond)
	start := time.Now()
	if status, _ := try(); status != 200 || time.Since(start) < 30*time.Millisecond || called.Load() != 1 {
		t.Errorf("status %d after %v", status, time.Since(start))
	}
	if all, done := len(g.Calls(discordtest.CreateMessage)), g.Done(discordtest.CreateMessage); all != 8 || done != 2 {
		t.Errorf("%d calls, %d carried out", all, done)
	}
}
