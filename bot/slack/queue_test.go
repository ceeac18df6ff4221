package slack

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/chat"
)

// TestAPageBehindTenThousandMessages: however many ordinary messages were promised a turn, and
// however often Slack asks to wait, a page waits for nothing but what Slack asks. (Peers'
// defect 8)
func TestAPageBehindTenThousandMessages(t *testing.T) {
	const waiting, conversations = 10_000, 60
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		ordinary := func(i int) time.Duration {
			return later(t, p.wait(t.Context(), turn{
				method: "chat.postMessage", conversation: fmt.Sprint("D", i%conversations), ticket: fmt.Sprint(i),
			}))
		}
		page := func(i int) time.Duration {
			return later(t, p.wait(t.Context(), turn{
				method: "chat.postMessage", conversation: fmt.Sprint("P", i), ticket: fmt.Sprint("page", i), urgent: true,
			}))
		}
		last := time.Duration(0)
		for i := range waiting {
			last = max(last, ordinary(i))
			if i == waiting/2 {
				p.refused("chat.postMessage", 30*time.Second)
			}
		}
		// 225 ordinary ones a minute: the last of them has to wait for 40 minutes and more.
		if last < 40*time.Minute {
			t.Fatalf("the last ordinary message waits only %v", last)
		}
		if wait := page(0); wait != 30*time.Second {
			t.Errorf("asked to wait 30 s, a page waits %v", wait)
		}
		pass(30 * time.Second)
		for i := range 50 {
			if wait := page(i); wait > 0 {
				t.Fatalf("page %d waits %v behind ordinary messages", i, wait)
			}
		}
		// Slack refuses again, in the middle of it.
		p.refused("chat.postMessage", 7*time.Second)
		if wait := page(50); wait != 7*time.Second {
			t.Errorf("asked to wait 7 s, a page waits %v", wait)
		}
	})
}

// Of many pages to one person, one is sent in a second, and it brings those that were called
// for meanwhile. So there is one turn for all of them: each is told the same wait, and no turn
// stays empty because its page went with another.
func TestPagesToOnePersonShareATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{})
		page := func(i int) time.Duration {
			d := chat.Delivery{Key: fmt.Sprint("page", i), Urgent: true}
			return later(t, p.wait(t.Context(), lineOf(d).turn("chat.postMessage", "D1")))
		}
		if wait := page(0); wait != 0 {
			t.Fatalf("the first page waits %v", wait)
		}
		for i := range 20 {
			pass(40 * time.Millisecond)
			if wait, left := page(1+i), time.Second-time.Duration(i+1)*40*time.Millisecond; wait != left {
				t.Errorf("page %d is told to wait %v, and the turn is in %v", 1+i, wait, left)
			}
		}
		pass(200 * time.Millisecond)
		if wait := page(20); wait != 0 {
			t.Errorf("at the turn, whoever comes waits %v", wait)
		}
		if wait := page(21); wait != time.Second {
			t.Errorf("the next turn is in %v, want a second", wait)
		}
	})
}
