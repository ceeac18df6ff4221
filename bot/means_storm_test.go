package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/desk"
	"hikeshi/bot/mail/mailtest"
	"hikeshi/bot/phone"
	"hikeshi/bot/phone/phonetest"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The ways in which a platform is away.
var away = []struct {
	name  string
	begin func(*slacktest.Workspace)
}{
	{"refusing", func(w *slacktest.Workspace) { w.Break(slacktest.ServerError, 0) }},
	{"asking to wait", func(w *slacktest.Workspace) { w.Mend(); w.Break(slacktest.Limited, 20*time.Second) }},
	{"hanging", func(w *slacktest.Workspace) { w.Mend(); w.Delay(time.Minute) }},
}

// However Slack is away, the phone rings for a call that begins then, and a pressed key counts.
func TestCallsHoweverSlackIsAway(t *testing.T) {
	for _, a := range away {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel() // one of them waits for five seconds
			o := newMeansOutage(t)
			a.begin(o.slack)
			o.mails.Set(mailtest.Sender, mailtest.Fault{Code: 451, Text: "4.3.0 later"})
			begun := time.Now()
			id := o.report("山本", "r1", "顧客名簿を電車に置き忘れた")
			calls := o.gateway.Await("the lead is rung", func(list []phonetest.Call) bool { return slices.ContainsFunc(list, leadIsRung) })
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("his phone rang after %v", took)
			}
			c := calls[slices.IndexFunc(calls, leadIsRung)]
			if said, err := o.house.answerByPhone(t.Context(), c.Callback.Answer, phone.Take); err != nil || !strings.Contains(said, string(id)) {
				t.Errorf("%q %v", said, err)
			}
			if in, err := o.house.store.Incident(t.Context(), id); err != nil || in.Lead == "" {
				t.Errorf("nobody leads: %+v %v", in, err)
			}
			o.rungOnce()
		})
	}
}

func leadIsRung(c phonetest.Call) bool { return c.To == "+819000000002" }

// A storm of five minutes: Slack refuses, then asks to wait, then hangs; the mail server refuses
// for half of it; the gateway takes seconds for each call. People go on reporting, and answer by
// whatever reaches them. Each call gets through by another means meanwhile; afterwards everything
// has arrived everywhere, once.
func TestCallsThroughAStormSoak(t *testing.T) {
	soak(t)
	o := newMeansOutage(t, slacktest.Patience(15*time.Minute))
	const (
		lasts   = 5 * time.Minute
		reports = 66
	)
	o.gateway.Fail(phonetest.Fault{Wait: 2 * time.Second})
	o.mails.Set(mailtest.Sender, mailtest.Fault{Code: 451, Text: "4.3.0 later"})
	people := &answerers{o: o}
	answering, enough := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { people.answer(answering) })
	defer wg.Wait()
	defer enough()

	begun := time.Now()
	pause := time.NewTicker(lasts / reports)
	defer pause.Stop()
	made := map[incident.ID]time.Time{}
	reporters := []string{"山本", "中村", "高橋", "渡辺"}
	for i := range reports {
		if n := len(away); i%(reports/n) == 0 && i/(reports/n) < n {
			a := away[i/(reports/n)]
			a.begin(o.slack)
			t.Logf("after %v: Slack is %s", time.Since(begun).Round(time.Second), a.name)
		}
		switch i {
		case reports / 2:
			o.mails.Clear()
		case reports * 9 / 10:
			enough() // the last ones are left for an answer in Slack
		}
		at := time.Now()
		made[o.report(reporters[i%len(reporters)], fmt.Sprint("r", i), fmt.Sprintf("顧客名簿を電車に置き忘れた（%d）", i))] = at
		<-pause.C
	}
	wg.Wait()
	// The last reports have their calls on the way when Slack comes back.
	o.slack.Wait("the last is called", func() bool {
		return !slices.ContainsFunc(o.calls(made), func(c stormCall) bool { return c.at.IsZero() })
	})
	ended := time.Now()
	o.latency(made, ended)
	o.slack.Mend()
	o.gateway.Fail(phonetest.Fault{})
	o.slack.Wait("everything is sent", func() bool {
		b, err := o.house.service.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b.Pending == 0
	})
	t.Logf("%v after Slack's return everything is sent; meanwhile %d took by phone, %d by link", time.Since(ended).Round(time.Second), people.phone, people.link)
	o.answerInSlack(made)
	o.arrived(made)
	o.rungOnce()
	if people.phone == 0 || people.link == 0 {
		t.Errorf("%d answered by phone, %d by link", people.phone, people.link)
	}
}

// answerers take some of their calls while the storm lasts: the administrator by a key, the lead by
// the link of a mail.
type answerers struct {
	o           *meansOutage
	phone, link int
}

var letterLink = regexp.MustCompile(regexp.QuoteMeta(desk.PathAnswers) + `(\S+)`)

func (a *answerers) answer(ctx context.Context) {
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	rings, letters := 0, 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		calls := slices.DeleteFunc(a.o.gateway.Calls(), func(c phonetest.Call) bool { return c.To != "+819000000003" || c.Callback == nil })
		for ; rings < len(calls); rings++ {
			if rings%5 != 2 {
				continue
			}
			// What he was called for may be his no more.
			if _, err := a.o.house.answerByPhone(context.WithoutCancel(ctx), calls[rings].Callback.Answer, phone.Take); err == nil {
				a.phone++
			} else if !errors.Is(err, phone.ErrOver) {
				a.o.t.Errorf("a pressed key: %v", err)
			}
		}
		mails := a.o.mails.To("sato@example.co.jp")
		for ; letters < len(mails); letters++ {
			if m := letterLink.FindStringSubmatch(mails[letters].Text); m != nil && letters%5 == 2 {
				a.follow(context.WithoutCancel(ctx), m[1])
			}
		}
	}
}

// follow opens a link and takes the first call that waits there.
func (a *answerers) follow(ctx context.Context, token string) {
	page, err := a.o.house.desk.AnswerPage(ctx, token)
	if err != nil {
		a.o.t.Errorf("an answer link: %v", err)
		return
	}
	i := slices.IndexFunc(page.Calls, func(c desk.AnswerCall) bool { return c.Waits })
	if i < 0 {
		return
	}
	given := desk.Given{Form: page.Form, Choice: desk.AnswerTake, Calls: []string{page.Calls[i].Ref}}
	if _, err := a.o.house.desk.Answer(ctx, token, given); err != nil {
		a.o.t.Errorf("an answer by link: %v", err)
		return
	}
	a.link++
}

// stormCall is a call of somebody to an incident: when the first means got through to him, zero as
// long as none has.
type stormCall struct {
	id     incident.ID
	person incident.PersonID
	at     time.Time
}

// calls are those of some incidents that a means beside chat has to make. Who has answered has
// been reached; by which call does not matter, for one key takes all that wait.
func (o *meansOutage) calls(made map[incident.ID]time.Time) (out []stormCall) {
	o.t.Helper()
	for id := range made {
		in, err := o.house.store.Incident(o.t.Context(), id)
		if err != nil {
			o.t.Fatal(err)
		}
		first := map[incident.PersonID]time.Time{}
		for _, m := range o.messages(id) {
			if m.Kind != incident.NoticePage {
				continue
			}
			at := first[m.To]
			if m.By() != incident.ByChat && !m.FirstSent.IsZero() && (at.IsZero() || m.FirstSent.Before(at)) {
				at = m.FirstSent
			}
			first[m.To] = at
		}
		for _, p := range in.Pages {
			if at := first[p.Person]; !p.Reply.IsZero() && (at.IsZero() || p.Reply.Before(at)) {
				first[p.Person] = p.Reply
			}
		}
		for p, at := range first {
			out = append(out, stormCall{id, p, at})
		}
	}
	return out
}

func (o *meansOutage) messages(id incident.ID) []workflows.Message {
	o.t.Helper()
	list, err := o.house.store.Messages(o.t.Context(), workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// latency tells how long it took from the report until the first means got through to whom it
// called, which must have been while Slack was away.
func (o *meansOutage) latency(made map[incident.ID]time.Time, ended time.Time) {
	o.t.Helper()
	first := map[incident.ID]time.Duration{}
	calls := o.calls(made)
	for _, c := range calls {
		if c.at.IsZero() || c.at.After(ended) {
			o.t.Errorf("%s: nothing got through to %s while Slack was away", c.id, c.person)
			continue
		}
		took := c.at.Sub(made[c.id])
		if before, ok := first[c.id]; !ok || took < before {
			first[c.id] = took
		}
	}
	var took []time.Duration
	for _, d := range first {
		took = append(took, d)
	}
	if len(took) != len(made) {
		o.t.Fatalf("%d of %d incidents called anybody", len(took), len(made))
	}
	slices.Sort(took)
	p50, longest := took[len(took)/2], took[len(took)-1]
	o.t.Logf("%d reports, %d calls; from the report to the first means that got through: p50 %v, max %v", len(made), len(calls), p50.Round(time.Millisecond), longest.Round(time.Millisecond))
	// The bound is our own: beyond half a minute, somebody who waits believes nobody was called.
	if longest > 30*time.Second {
		o.t.Errorf("somebody was called %v after the report", longest)
	}
}

// answerInSlack takes there what nobody has taken: Slack is believed again.
func (o *meansOutage) answerInSlack(made map[incident.ID]time.Time) {
	o.t.Helper()
	lead := o.slack.Person(slackIDOf(o.house, "佐藤"))
	for id := range made {
		in, err := o.house.store.Incident(o.t.Context(), id)
		if err != nil {
			o.t.Fatal(err)
		}
		if in.Lead != "" || !lead.CanPress("", "対応します", string(id)) {
			continue
		}
		lead.Press("", "対応します", string(id))
		o.slack.Wait("it is taken", func() bool {
			in, err := o.house.store.Incident(o.t.Context(), id)
			return err == nil && in.Lead != ""
		})
		o.slack.Wait("that is shown", func() bool {
			b, err := o.house.service.Backlog(o.t.Context())
			return err == nil && b.Pending == 0
		})
		return
	}
	o.t.Error("nothing was left to take in Slack")
}

// arrived checks that everything that is still wanted has arrived, and nothing twice.
func (o *meansOutage) arrived(made map[incident.ID]time.Time) {
	t := o.t
	t.Helper()
	ids, err := o.house.store.AllIDs(t.Context())
	if err != nil || len(ids) != len(made) {
		t.Errorf("%d incidents of %d reports: %v", len(ids), len(made), err)
	}
	for id := range made {
		for _, m := range o.messages(id) {
			// A call by mail or phone is over when it was answered by another means.
			over := m.State == workflows.MessageDropped && m.Kind == incident.NoticePage && m.By() != incident.ByChat
			if m.State != workflows.MessageSent && !over {
				t.Errorf("%s: %s", m.Key, m.State)
			}
		}
	}
	for _, c := range o.slack.Channels() {
		once(t, "#"+c.Name, c.Messages)
	}
	for _, p := range o.house.service.Contacts().People() {
		if strings.HasSuffix(p.Email, "@support.example.co.jp") {
			continue
		}
		once(t, p.Name, o.slack.Person(slackIDOf(o.house, p.Name)).DMs())
	}
	letters := map[string]int{}
	for _, m := range o.mails.Messages() {
		if letters[m.Header.Get("Message-Id")]++; letters[m.Header.Get("Message-Id")] > 1 {
			t.Errorf("a mail came twice: %s", m.Subject)
		}
	}
	if n := o.gateway.Strangers(); n > 0 {
		t.Errorf("%d requests were not signed as agreed", n)
	}
	if v, err := workflows.Verify(t.Context(), o.house.store); err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v.Breaches, err)
	}
}

// rungOnce checks that the gateway was asked for no call twice: it has answered each.
func (o *meansOutage) rungOnce() {
	o.t.Helper()
	for _, c := range o.gateway.Requests() {
		if c.Repeat {
			o.t.Errorf("%s was to be rung twice for %s", c.To, c.Incident)
		}
	}
}
