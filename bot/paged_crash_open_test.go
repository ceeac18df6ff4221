package main

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/courier"
	"hikeshi/bot/mail/mailtest"
	"hikeshi/bot/phone/phonetest"
	"hikeshi/bot/slack/slacktest"
)

// resent is how a message says that it may have come before.
const resent = "再送"

// openRequest is the request of a call that is open when the program is killed.
type openRequest struct {
	// opens arms the trap; the channel is closed when the request is open.
	opens func(c *pagedCrash, l *oneLife) <-chan struct{}
	// came checks what has come of it in the end.
	came func(c *pagedCrash)
}

// Of each means: what was asked for is done and nobody here knows, or it never happened.
var openRequests = map[string]openRequest{
	"chat, done": {
		opens: func(c *pagedCrash, l *oneLife) <-chan struct{} {
			return c.killAfter(deed{"chat.postMessage", keyed("page:")}, l)
		},
		came: (*pagedCrash).oneInChatAgain,
	},
	"chat, not done": {
		opens: func(c *pagedCrash, _ *oneLife) <-chan struct{} { return c.slack.hold(isPage) },
		came:  (*pagedCrash).oneInChatAgain,
	},
	"mail, taken": {
		opens: func(c *pagedCrash, _ *oneLife) <-chan struct{} {
			c.smtp.Set(mailtest.Body, mailtest.Fault{Hang: true, Keeps: true, Times: 1})
			return c.until("a mail is handed over", func() bool { return len(c.smtp.Messages()) > 0 })
		},
		came: func(c *pagedCrash) { c.markedMails(2) },
	},
	"mail, not taken": {
		opens: func(c *pagedCrash, _ *oneLife) <-chan struct{} {
			c.smtp.Set(mailtest.Body, mailtest.Fault{Hang: true, Times: 1})
			return c.until("a mail is handed over", func() bool { return c.smtp.Tried(mailtest.Body) > 0 })
		},
		came: func(c *pagedCrash) { c.markedMails(1) },
	},
	"phone, rung": {
		opens: func(c *pagedCrash, _ *oneLife) <-chan struct{} {
			c.gateway.FailNext(phonetest.Fault{Hang: true})
			return c.until("a phone rings", func() bool { return len(c.gateway.Requests()) > 0 })
		},
		came: func(c *pagedCrash) {
			all := c.gateway.Requests()
			if first := all[0]; !slices.ContainsFunc(all[1:], func(r phonetest.Call) bool {
				return r.ID == first.ID && r.Repeat && r.To == first.To && r.Status == 202
			}) {
				c.t.Errorf("the call that was open did not come again under its id: %+v", all)
			}
		},
	},
	"phone, not rung": {
		opens: func(c *pagedCrash, _ *oneLife) <-chan struct{} {
			return c.line.hold(func(string, string) bool { return true })
		},
		came: (*pagedCrash).rungOnce,
	},
	"every means at once": {
		opens: func(c *pagedCrash, _ *oneLife) <-chan struct{} {
			c.smtp.Set(mailtest.Body, mailtest.Fault{Hang: true, Keeps: true})
			chat, phone := c.slack.hold(isPage), c.line.hold(func(string, string) bool { return true })
			return c.until("all are open", func() bool { return over(chat) && over(phone) && len(c.smtp.Messages()) > 0 })
		},
		came: func(c *pagedCrash) {
			// One that was claimed and had not left yet is marked, too: nobody knows.
			if n, open := c.inChatAgain(), len(c.slack.held()); n < open || n > open+1 {
				c.t.Errorf("%d calls in the chat are marked, and %d were open", n, open)
			}
			c.rungOnce()
		},
	},
}

func over(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func countOf[T any](list []T, which func(T) bool) (n int) {
	for _, x := range list {
		if which(x) {
			n++
		}
	}
	return n
}

// isPage reports whether Slack is asked to post a call.
func isPage(path, body string) bool {
	form, err := url.QueryUnescape(body)
	return err == nil && strings.HasSuffix(path, "/chat.postMessage") && strings.Contains(form, `"page:`)
}

// until gives a channel that is closed when something is so.
func (c *pagedCrash) until(what string, cond func() bool) <-chan struct{} {
	is := make(chan struct{})
	go func() {
		if c.w.Until(cond) {
			close(is)
		}
	}()
	return is
}

// inChatAgain counts the calls in the chat that say that they may have come before.
func (c *pagedCrash) inChatAgain() (n int) {
	for _, p := range calledCompany {
		if p.chat != "" {
			n += countOf(c.w.Person(p.chat).DMs(), func(m slacktest.Message) bool {
				return strings.HasPrefix(m.Key, "page:") && strings.Contains(m.Text(), resent)
			})
		}
	}
	return n
}

func (c *pagedCrash) oneInChatAgain() {
	c.t.Helper()
	if n := c.inChatAgain(); n != 1 {
		c.t.Errorf("%d calls in the chat are marked, want 1", n)
	}
}

// markedMails checks how often the mail came that was open: each repeat is the same mail, marked.
func (c *pagedCrash) markedMails(times int) {
	c.t.Helper()
	by := map[string][]mailtest.Message{}
	for _, m := range c.smtp.Messages() {
		id := m.Header.Get("Message-Id")
		by[id] = append(by[id], m)
	}
	marked := 0
	for _, same := range by {
		last := same[len(same)-1]
		if strings.Contains(last.Subject, resent) {
			marked++
			if len(same) != times {
				c.t.Errorf("the mail that was open came %d times, want %d", len(same), times)
			}
		} else if len(same) != 1 {
			c.t.Errorf("a mail came %d times and does not say so", len(same))
		}
	}
	if marked != 1 {
		c.t.Errorf("%d mails say that they may have come before, want 1", marked)
	}
}

// rungOnce checks that each call that was open rang once, under its id.
func (c *pagedCrash) rungOnce() {
	c.t.Helper()
	for _, lost := range c.line.held() {
		_, id, _ := strings.Cut(lost, `"id":"`)
		id, _, _ = strings.Cut(id, `"`)
		if n := countOf(c.gateway.Calls(), func(r phonetest.Call) bool { return r.ID == id }); n != 1 || id == "" {
			c.t.Errorf("the call %s that was open rang %d times", id, n)
		}
	}
}

// The program is killed while the request of a call is open: it is sent again, always, and as a
// repeat.
func killedWhileOpen(t *testing.T, binary string, o openRequest) {
	c := newPagedCrash(t, binary, 40*time.Second, false, atOnce)
	first := c.begin()
	open := o.opens(c, first)
	c.report()
	c.w.Wait("the request is open", func() bool { return over(open) || first.over() && !first.killed() })
	c.dies(first)
	if !first.killed() {
		t.Fatalf("it ended by itself: %s", first.errs)
	}
	c.w.After("chat.postMessage", nil)
	c.slack.open()
	c.line.open()
	c.smtp.Clear()
	c.patient = true
	last := c.begin()
	c.reaching(last)
	// The lease of the one that died runs out by itself, and that is all there is to wait for.
	if took := time.Since(c.kills[0]); took > courier.TimerLease+5*time.Second {
		t.Errorf("called again %v after the kill", took)
	}
	o.came(c)
	c.ends(last)
	c.asPaged(1)
}
