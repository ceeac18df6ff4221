package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/mail/mailtest"
	"hikeshi/bot/phone/phonetest"
	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// story is one call to somebody, as the record tells it.
type story struct {
	of      *told
	who     reached
	person  incident.PersonID
	seq     int64
	roles   []incident.Role
	because string
	used    map[incident.Means]time.Time
	order   []incident.Means // as they were used
	failed  map[incident.Means]time.Time
	lost    bool
	ended   time.Time // answered, or not needed any more; zero: open
	answers int
}

// last is when something was last tried.
func (s *story) last() (t time.Time) {
	for _, at := range s.used {
		if at.After(t) {
			t = at
		}
	}
	return t
}

func (s *story) String() string { return fmt.Sprintf("%s to %s", s.of.in.ID, s.who.name) }

// told is an incident with its calls.
type told struct {
	in      *incident.Incident
	ways    ways
	calls   []*story
	passed  []time.Time
	records []incident.Record
	shown   bool
}

// of gives the last call to somebody.
func (o *told) of(name string) *story {
	for _, s := range slices.Backward(o.calls) {
		if s.who.name == name {
			return s
		}
	}
	return nil
}

// paged is what is known of every call in the end.
type paged struct {
	incidents []*told
	rows      map[string]workflows.Message // by key
	calls     int
	by        map[incident.Means]int
	repeats   map[incident.Means]int
	because   map[string]int
	took      []time.Duration // from the decision to its arrival, of what did not fail
	slow      string          // the slowest of them
}

// asPaged checks that every call has reached whom it was for, by what the policy wants and in its
// order, beside what Slack, the mail server and the gateway have got. began gives the policy that
// an incident began with; none: the one of now.
func (c *pagedCrash) asPaged(incidents int, began ...func(incident.ID) ways) *paged {
	t, ctx := c.t, c.t.Context()
	t.Helper()
	s, err := store.Open(ctx, c.url, store.WithReadOnly())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if v, err := workflows.Verify(ctx, s); err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v.Breaches, err)
	}
	people, _, err := s.Contacts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	names := map[incident.PersonID]reached{}
	for _, p := range people {
		i := slices.IndexFunc(calledCompany, func(r reached) bool { return r.name == p.Name })
		if i < 0 {
			t.Fatalf("%s is nobody of the company", p.Name)
		}
		names[p.ID] = calledCompany[i]
	}
	lost, err := s.Undelivered(ctx, workflows.UndeliveredQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range lost {
		// Of the clocks, and each morning of all of them, people are told in the chat alone, and
		// 山田 is not there.
		if m.Kind != incident.NoticeClocks && m.Kind != incident.NoticeDigest || names[m.To].chat != "" {
			t.Errorf("a message was given up: %s to %s", m.Key, names[m.To].name)
		}
	}
	ids, err := s.AllIDs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) != incidents {
		t.Errorf("%d incidents, want %d", len(ids), incidents)
	}
	all := &paged{rows: map[string]workflows.Message{}, by: map[incident.Means]int{}, repeats: map[incident.Means]int{}, because: map[string]int{}}
	for _, id := range ids {
		o := &told{ways: c.ways}
		if len(began) > 0 {
			o.ways = began[0](id)
		}
		if o.in, err = s.Incident(ctx, id); err != nil {
			t.Fatal(err)
		}
		if o.records, err = s.Records(ctx, id, 0, 0); err != nil {
			t.Fatal(err)
		}
		o.records = oneCallEach(o.records)
		list, err := s.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			if m.Kind == incident.NoticePage {
				all.rows[m.Key] = m
			}
		}
		c.inOrder(o, names)
		for _, r := range o.records {
			switch e := r.Event.(type) {
			case incident.Paged:
				all.because[e.Because]++
			case incident.MeansUsed:
				all.because[e.Because]++
			}
		}
		all.incidents = append(all.incidents, o)
	}
	c.cameAbout(all)
	c.repeatedRightly(all)
	if mistakes := c.w.Mistakes(); len(mistakes) > 0 {
		t.Errorf("Slack refused %q", mistakes)
	}
	if n := c.gateway.Strangers(); n > 0 {
		t.Errorf("%d requests to the gateway were not signed", n)
	}
	return all
}

// cameAbout checks that of each call there is a message for each means, that it has arrived where
// it should, or was not needed any more, and that nobody is called by what nobody knows of.
func (c *pagedCrash) cameAbout(all *paged) {
	t := c.t
	t.Helper()
	mails, rung := map[string]mailtest.Message{}, map[string]phonetest.Call{}
	for _, m := range c.smtp.Messages() {
		mails[strings.Trim(m.Header.Get("Message-Id"), "<>")] = m
	}
	for _, r := range c.gateway.Calls() {
		rung[r.ID] = r
	}
	stands := map[string]string{} // where, and whose conversation that is
	for _, p := range calledCompany {
		if p.chat != "" {
			messages := c.w.Person(p.chat).DMs()
			once(t, p.name, messages)
			for _, m := range messages {
				stands[m.Channel+":"+m.TS] = p.chat
			}
		}
	}
	open := map[string]bool{} // IDs of messages some call of which is not answered
	known := map[string]bool{}
	for _, o := range all.incidents {
		for _, s := range o.calls {
			for m := range s.used {
				key := pageKeyOf(s, m)
				row, there := all.rows[key]
				known[key] = true
				switch {
				case !there:
					t.Errorf("%s: there is no message by %s", s, m)
				case row.State == workflows.MessageDropped:
					if s.ended.IsZero() {
						t.Errorf("%s: the message by %s is dropped, though he has not answered", s, m)
					}
				case row.State == workflows.MessagePending && !c.asked.IsZero() && s.used[m].After(c.asked):
					// Called while the program was ended: it goes out when it is started again.
				case row.FirstSent.IsZero():
					t.Errorf("%s: the message by %s is %s, and never came: %s", s, m, row.State, row.Error)
				default:
					all.calls++
					all.by[m]++
					open[row.Sent] = open[row.Sent] || s.ended.IsZero()
					switch m {
					case incident.ByChat:
						if to := stands[row.Sent]; to != s.who.chat {
							t.Errorf("%s: in the chat it stands with %q (%s)", s, to, row.Sent)
						}
					case incident.ByMail:
						if got := mails[row.Sent]; !slices.Contains(got.To, s.who.mail) {
							t.Errorf("%s: the mail %s went to %q", s, row.Sent, got.To)
						}
					case incident.ByPhone:
						if got := rung[row.Sent]; got.To != s.who.phone {
							t.Errorf("%s: the call %s went to %q", s, row.Sent, got.To)
						}
					}
					if took := row.FirstSent.Sub(s.used[m]); s.failed[m].IsZero() {
						if all.slow == "" || took > slices.Max(all.took) {
							all.slow = fmt.Sprintf("%s by %s, killed %d times meanwhile", s, m, c.killedWithin(s.used[m], row.FirstSent))
						}
						all.took = append(all.took, took)
					}
				}
			}
		}
	}
	for key := range all.rows {
		if !known[key] {
			t.Errorf("%s is of no call of the record", key)
		}
	}
	c.stopped(all, open)
}

func (c *pagedCrash) killedWithin(from, to time.Time) int {
	return countOf(c.kills, func(k time.Time) bool { return k.After(from) && k.Before(to) })
}

func pageKeyOf(s *story, m incident.Means) string {
	key := fmt.Sprintf("page:%s:%d:%s", s.of.in.ID, s.seq, s.person)
	if m != incident.ByChat {
		key += ":" + string(m)
	}
	return key
}

// stopsWithin is how long after an answer a call may still come: its request was on its way.
const stopsWithin = 5 * time.Second

// stopped checks that nobody is called by mail or phone for what he has answered.
func (c *pagedCrash) stopped(all *paged, open map[string]bool) {
	ended := map[string]time.Time{} // by message, when the last of its calls had its answer
	for _, o := range all.incidents {
		for _, s := range o.calls {
			for m := range s.used {
				if row := all.rows[pageKeyOf(s, m)]; m != incident.ByChat && row.Sent != "" && !open[row.Sent] && s.ended.After(ended[row.Sent]) {
					ended[row.Sent] = s.ended
				}
			}
		}
	}
	late := func(id string, at time.Time, how string) {
		if end := ended[id]; !end.IsZero() && at.Sub(end) > stopsWithin {
			c.t.Errorf("somebody was called by %s %v after he had answered", how, at.Sub(end))
		}
	}
	for _, m := range c.smtp.Messages() {
		late(strings.Trim(m.Header.Get("Message-Id"), "<>"), m.At, "mail")
	}
	for _, r := range c.gateway.Requests() {
		late(r.ID, r.At, "phone")
	}
}

// repeatedRightly checks that what came twice had been open at a kill, or had failed, and says so.
func (c *pagedCrash) repeatedRightly(all *paged) {
	// What the killed one had sent may be read a moment after the next one has begun.
	killed := func(from, to time.Time) bool {
		return slices.ContainsFunc(c.begun, func(at time.Time) bool { return at.After(from.Add(-time.Second)) && at.Before(to) })
	}
	mails := map[string]mailtest.Message{}
	for _, m := range c.smtp.Messages() {
		id := m.Header.Get("Message-Id")
		if before, again := mails[id]; again {
			all.repeats[incident.ByMail]++
			if !strings.Contains(m.Subject, resent) {
				c.t.Errorf("a mail came again and does not say so: %s", m.Subject)
			}
			if !killed(before.At, m.At) {
				c.t.Errorf("a mail came twice, and nobody was killed between")
			}
		}
		mails[id] = m
	}
	calls := map[string]phonetest.Call{}
	for _, r := range c.gateway.Requests() {
		before, again := calls[r.ID]
		if again && before.Rang || r.Repeat {
			all.repeats[incident.ByPhone]++
			if !killed(before.At, r.At) {
				c.t.Errorf("a call was asked for twice, and nobody was killed between")
			}
		}
		calls[r.ID] = r
	}
	all.repeats[incident.ByChat] = c.inChatAgain()
}

// inOrder reads the calls of an incident from its record, and checks that the policy wants them
// so: the holder first and by his first means, the next means after the wait or a failure, and
// then the deputy.
func (c *pagedCrash) inOrder(o *told, names map[incident.PersonID]reached) {
	t := c.t
	t.Helper()
	bad := func(r incident.Record, format string, args ...any) {
		t.Errorf("%s, entry %d (%s): "+format, append([]any{o.in.ID, r.Seq, r.Event.Kind()}, args...)...)
		o.show(t)
	}
	var last incident.Record // of what leads to calls
	for _, r := range o.records {
		if e, ok := r.Event.(incident.RoundPassed); ok && !(e.Exhausted && last.At.Equal(r.At)) {
			open := slices.DeleteFunc(slices.Clone(o.calls), func(s *story) bool { return !s.ended.IsZero() })
			if len(open) > 0 && !slices.ContainsFunc(open, func(s *story) bool { return r.At.Sub(s.last()) >= waitOfCrash }) {
				bad(r, "nobody's wait was over")
			}
		}
		switch e := r.Event.(type) {
		case incident.ReportReceived, incident.Declined, incident.Unreached, incident.RoundPassed, incident.MeansFailed:
			last = r
		case incident.Paged:
			s := &story{of: o, who: names[e.Person], person: e.Person, seq: r.Seq, roles: e.Roles, because: e.Because, used: map[incident.Means]time.Time{}, failed: map[incident.Means]time.Time{}}
			// When nobody is left, those who have not answered are called once more, by everything.
			round, _ := last.Event.(incident.RoundPassed)
			again := e.Because == incident.BecauseRound && round.Exhausted && o.of(s.who.name) != nil
			want := o.ways.rung(s)
			if b := o.of(s.who.name); b != nil && b.ended.IsZero() && r.At.Sub(b.last()) >= waitOfCrash {
				// It takes the place of a call of his that goes on by the next means just now.
				want = append(slices.Clip(want), slices.DeleteFunc(o.ways.rung(b), func(m incident.Means) bool { return slices.Contains(want, m) })...)
			}
			if !again && !slices.Equal(e.By, want) {
				bad(r, "%s is called first by %v, want %v", s.who.name, e.By, want)
			}
			if b := o.of(s.who.name); b != nil && b.ended.IsZero() {
				b.ended = r.At // this one calls him for all of his roles
			}
			s.use(e.By, r.At)
			if want := map[string]incident.Event{
				incident.BecauseReport: incident.ReportReceived{}, incident.BecauseDeputy: incident.Declined{},
				incident.BecauseUnreached: incident.Unreached{}, incident.BecauseRound: incident.RoundPassed{},
			}[e.Because]; want == nil || last.Event.Kind() != want.Kind() || !last.At.Equal(r.At) {
				bad(r, "%s is called because of %s", s.who.name, e.Because)
			}
			if !again {
				c.whoseTurn(o, s, r, bad)
			}
			o.calls = append(o.calls, s)
		case incident.MeansUsed:
			s := o.of(names[e.Person].name)
			if want := o.ways.rung(s); !slices.Equal(e.By, want) {
				bad(r, "%s is called by %v next, want %v", s.who.name, e.By, want)
			}
			switch e.Because {
			case incident.BecauseFailed:
				if f, ok := last.Event.(incident.MeansFailed); !ok || f.Person != e.Person || !last.At.Equal(r.At) {
					bad(r, "no means of %s had failed", s.who.name)
				}
			default:
				if waited := r.At.Sub(s.last()); waited < waitOfCrash {
					bad(r, "%s had only %v to answer", s.who.name, waited)
				}
			}
			s.use(e.By, r.At)
		case incident.Acknowledged:
			if s := o.of(names[r.By].name); s != nil {
				if s.answers++; s.answers > 1 {
					bad(r, "%s is recorded to have answered twice", s.who.name)
				}
			}
		}
		c.endsOf(o, r, names)
	}
	c.wentOn(o)
}

// oneCallEach gives the calls of one entry as if they were of one each.
func oneCallEach(records []incident.Record) (out []incident.Record) {
	for _, r := range records {
		again, ok := r.Event.(incident.CalledAgain)
		if !ok {
			out = append(out, r)
		}
		for _, e := range again.Calls {
			r.Event = e
			out = append(out, r)
		}
	}
	return out
}

// endsOf notes what ends a call, and what has failed of it.
func (c *pagedCrash) endsOf(o *told, r incident.Record, names map[incident.PersonID]reached) {
	end := func(p incident.PersonID) {
		if s := o.of(names[p].name); s != nil && s.ended.IsZero() {
			s.ended = r.At
		}
	}
	switch e := r.Event.(type) {
	case incident.Acknowledged, incident.Declined:
		end(r.By)
	case incident.PageStopped:
		end(e.Person)
	case incident.RoundPassed:
		o.passed = append(o.passed, r.At)
	case incident.Unreached:
		o.of(names[e.Person].name).lost = true
	case incident.MeansFailed:
		s := o.of(names[e.Person].name)
		if !s.failed[e.Means].IsZero() {
			c.t.Errorf("%s: that %s fails is recorded twice", s, e.Means)
		}
		s.failed[e.Means] = r.At
	}
}

// whoseTurn checks that everybody who stands before somebody in the line of a role was called
// before, and has had his wait, if that is why.
func (c *pagedCrash) whoseTurn(o *told, s *story, r incident.Record, bad func(incident.Record, string, ...any)) {
	for _, role := range s.roles {
		chain := calledChains[role]
		i := slices.Index(chain, s.who.name)
		if i < 0 {
			bad(r, "%s does not stand in the line of %s", s.who.name, role)
			continue
		}
		if s.because == incident.BecauseReport && i > 0 {
			bad(r, "%s is only a deputy", s.who.name)
		}
		for _, before := range chain[:i] {
			b := o.of(before)
			switch {
			case b == nil:
				bad(r, "%s is called for %s before %s", s.who.name, role, before)
			case s.because == incident.BecauseRound && b.ended.IsZero() && !b.lost && r.At.Sub(b.last()) < waitOfCrash:
				bad(r, "%s is called for %s when %s has had only %v to answer", s.who.name, role, before, r.At.Sub(b.last()))
			}
		}
	}
}

// graceOfRound is how late a round may be: the program was dead for a part of it.
const graceOfRound = 20 * time.Second

// wentOn checks that no call was left alone when its wait had run out.
func (c *pagedCrash) wentOn(o *told) {
	for _, s := range o.calls {
		if !s.ended.IsZero() || len(s.used) == 0 {
			continue
		}
		// Whatever stays open is followed by a round when its wait is over.
		if due := s.last().Add(waitOfCrash + graceOfRound); c.asked.After(due) && !slices.ContainsFunc(o.passed, func(at time.Time) bool { return at.After(s.last()) && at.Before(due) }) {
			c.t.Errorf("%s: nothing followed when nobody answered", s)
			o.show(c.t)
		}
	}
}

// show prints the calls of an incident, once.
func (o *told) show(t *testing.T) {
	if o.shown {
		return
	}
	o.shown = true
	for _, r := range o.records {
		switch r.Event.(type) {
		case incident.ReportReceived, incident.Paged, incident.MeansUsed, incident.MeansFailed, incident.Unreached, incident.RoundPassed,
			incident.Acknowledged, incident.Declined, incident.PageStopped, incident.LeadTaken:
			t.Logf("%s %d %s %s %+v", o.in.ID, r.Seq, r.At.Format("15:04:05.000"), r.Event.Kind(), r.Event)
		}
	}
}

func (s *story) use(by []incident.Means, at time.Time) {
	for _, m := range by {
		s.used[m] = at
		s.order = append(s.order, m)
	}
}

// rung gives the means that a policy wants next for a call: of the first bracket of which some are
// left, those by which the person is reached; when everything has failed, whatever is left.
func (w ways) rung(s *story) (next []incident.Means) {
	reaches := map[incident.Means]bool{incident.ByChat: s.who.chat != "", incident.ByMail: s.who.mail != "", incident.ByPhone: s.who.phone != ""}
	for _, together := range w {
		for _, m := range together {
			if reaches[m] && s.used[m].IsZero() {
				next = append(next, m)
			}
		}
		if next != nil {
			return next
		}
	}
	return nil
}
