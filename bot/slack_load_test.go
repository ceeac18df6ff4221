package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// report lets people report, spread over a time, and waits until each is acknowledged.
func (r *slackRig) report(people []*slacktest.Person, within time.Duration) {
	r.t.Helper()
	var all sync.WaitGroup
	pause := time.NewTicker(within/time.Duration(len(people)) + 1)
	defer pause.Stop()
	for i, p := range people {
		<-pause.C
		all.Go(func() {
			p.Slash("", fmt.Sprintf("共有フォルダのファイルが開けません（%d番の席）", i))
		})
	}
	all.Wait()
}

// Every call takes 800 ms, and many report at once: each is acknowledged within a second and
// gets a number of his own; those on duty are called before anything else of the incident is
// said.
func TestSlackManyReports(t *testing.T)     { slackReports(t, 30, time.Second) }
func TestSlackManyReportsSoak(t *testing.T) { soak(t); slackReports(t, 200, 5*time.Second) }

func slackReports(t *testing.T, n int, within time.Duration) {
	r := newSlackRig(t, slack.Limits{Channel: time.Second, Tiers: [4]int{100, 2000, 5000, 10000}})
	people := r.crowd(n)
	r.slack.OnePerSecond(true)
	r.slack.Delay(800 * time.Millisecond)
	r.report(people, within)
	r.slack.Wait("every report is accepted", func() bool { return r.incidents() == n })
	if slowest := r.slack.Slowest(); slowest >= time.Second {
		t.Errorf("something was acknowledged after %v", slowest)
	}
	r.slack.Wait("all are called", func() bool { return r.uncalled() == 0 })
	r.slack.Delay(0)
	r.settle()
	r.cameOnce(n)
	r.calledFirst()
	for _, p := range people {
		if len(p.DMs()) == 0 {
			t.Errorf("%s heard nothing", p.ID)
		}
	}
}

// uncalled counts the calls that nobody has received yet.
func (r *slackRig) uncalled() int {
	n := 0
	for _, m := range r.messages() {
		if m.Kind == incident.NoticePage && m.FirstSent.IsZero() {
			n++
		}
	}
	return n
}

func (r *slackRig) messages() []workflows.Message {
	ctx := context.Background()
	ids, err := r.house.store.AllIDs(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	var all []workflows.Message
	for _, id := range ids {
		list, err := r.house.store.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, list...)
	}
	return all
}

// pageMayTake is how long a call that is begun may take while others begin: it waits for the
// second between two messages to one person, and then for Slack.
const pageMayTake = 2 * time.Second

// calledFirst checks that nothing of an incident was said before its calls were on their way.
func (r *slackRig) calledFirst() {
	r.t.Helper()
	calls, rest := map[incident.ID]time.Time{}, map[incident.ID]time.Time{}
	for _, m := range r.messages() {
		switch {
		case m.State != workflows.MessageSent:
			r.t.Errorf("%s is %s", m.Key, m.State)
		case m.Kind == incident.NoticePage:
			if m.FirstSent.After(calls[m.Incident]) {
				calls[m.Incident] = m.FirstSent
			}
		case rest[m.Incident].IsZero() || m.FirstSent.Before(rest[m.Incident]):
			rest[m.Incident] = m.FirstSent
		}
	}
	late, worst := 0, time.Duration(0)
	for id, at := range rest {
		if by := calls[id].Sub(at); by > pageMayTake {
			late, worst = late+1, max(worst, by)
		}
	}
	if late > 0 {
		r.t.Errorf("of %d incidents, %d had something said before all were called, by up to %v", len(rest), late, worst)
	}
}

// Channels follow at Slack's pace, here twenty in three seconds instead of a minute: nothing
// is refused for coming too early, and nobody waits for them to be called.
func TestSlackChannelsFollow(t *testing.T) {
	const n = 45
	r := newSlackRig(t, slack.Limits{Channel: time.Nanosecond, Tiers: [4]int{1e6, 400, 1e6, 1e6}})
	r.slack.Limit("conversations.create", 20, 3*time.Second)
	begun := time.Now()
	r.report(r.crowd(n), time.Second)
	r.slack.Wait("all are called", func() bool { return r.incidents() == n && r.uncalled() == 0 })
	called := time.Since(begun)
	r.settle()
	took := time.Since(begun)
	r.cameOnce(n)
	if took < 3*time.Second || called > took/2 {
		t.Errorf("all were called after %v, all channels there after %v", called, took)
	}
	refused := 0
	for _, c := range r.slack.Calls("conversations.create") {
		if c.Err != "" {
			refused++
		}
	}
	if refused > n/10 {
		t.Errorf("%d of %d channels were asked for too early", refused, n)
	}
}

// The connection breaks again and again, and everything is delivered twice: each report is one
// incident, with one channel, one card and one message to each.
func TestSlackBreakingLine(t *testing.T)     { slackBreaks(t, 40, 10) }
func TestSlackBreakingLineSoak(t *testing.T) { soak(t); slackBreaks(t, 200, 50) }

func slackBreaks(t *testing.T, n, breaks int) {
	r := newSlackRig(t, fast)
	people := r.crowd(n)
	r.slack.Twice(true)
	var all sync.WaitGroup
	each := n / breaks
	for i, p := range people {
		if i%each == 0 {
			r.slack.Wait("the line is back", func() bool { return r.slack.Sockets() > 0 })
			r.slack.DropDuring(1)
		}
		all.Go(func() { p.Slash("", fmt.Sprintf("メールが送れません（%d番の席）", i)) })
		if i%each == each-1 {
			all.Wait()
		}
	}
	all.Wait()
	r.slack.Wait("every report is accepted", func() bool { return r.incidents() >= n })
	r.slack.Wait("the lines broke", func() bool { return r.slack.Dropped() >= breaks })
	r.settle()
	r.cameOnce(n)
	twice := r.house.say("ja", "same.title", "id", "")
	for _, p := range people {
		once(t, p.ID, p.DMs())
		if strings.Contains(slacktest.Texts(p.DMs()), twice) {
			t.Errorf("%s is told that he has reported twice", p.ID)
		}
	}
	if lost := r.slack.Lost(); len(lost) > 0 {
		t.Errorf("never acknowledged: %q", lost)
	}
}
