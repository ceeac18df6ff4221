package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/courier"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// What must hold after every step of the year.

// followed is an incident as the test knows it: the fold of the entries it has read so far.
type followed struct {
	in       *incident.Incident
	changed  time.Time // when there was the last new entry
	attended bool      // somebody was responsible at some time
}

// check is made after every step.
func (y *year) check() {
	ctx := context.Background()
	now := y.clock.Now()
	timers := y.timers()
	open := y.underWay()
	for id, seq := range open {
		if f := y.known[id]; f != nil && f.in.Seq == seq {
			y.watched(f, timers, now)
			y.ticking(f, timers, now)
			continue
		}
		in, err := y.file.Incident(ctx, id)
		if err == nil {
			err = y.house.service.Recall(ctx, in)
		}
		if err != nil {
			y.t.Fatal(err)
		}
		y.follow(in)
		y.watched(y.known[id], timers, now)
		y.ticking(y.known[id], timers, now)
	}
	for id, f := range y.known {
		if _, is := open[id]; !is && !f.in.Phase.Ended() {
			in, err := y.file.Incident(ctx, id)
			if err != nil {
				y.t.Fatal(err)
			}
			y.follow(in)
		}
	}
	for key := range timers {
		if _, id, ok := strings.Cut(key, ":"); ok && open[incident.ID(id)] == 0 {
			y.wrong("%s: its timer is still there, and it has ended", key)
		}
	}
	if len(y.faults) > 0 {
		y.t.Fatalf("seed %d, %s, step %d:\n%s", y.seed, y.when(), y.steps, strings.Join(y.faults, "\n"))
	}
}

// underWay gives the open incidents with the number of their last entry.
func (y *year) underWay() map[incident.ID]int64 {
	rows, err := y.db.Query(`SELECT id, seq FROM incidents WHERE phase NOT IN ('closed', 'dismissed')`)
	if err != nil {
		y.t.Fatal(err)
	}
	defer rows.Close()
	out := map[incident.ID]int64{}
	for rows.Next() {
		var id incident.ID
		var seq int64
		if err := rows.Scan(&id, &seq); err != nil {
			y.t.Fatal(err)
		}
		out[id] = seq
	}
	if err := rows.Err(); err != nil {
		y.t.Fatal(err)
	}
	return out
}

// timers gives when each round is due.
func (y *year) timers() map[string]time.Time {
	rows, err := y.db.Query(`SELECT key, due FROM timers`)
	if err != nil {
		y.t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]time.Time{}
	for rows.Next() {
		var key string
		var due int64
		if err := rows.Scan(&key, &due); err != nil {
			y.t.Fatal(err)
		}
		out[key] = time.UnixMicro(due).UTC()
	}
	if err := rows.Err(); err != nil {
		y.t.Fatal(err)
	}
	return out
}

// watched checks that somebody is responsible for an open incident, or that something follows by
// itself, and no later than the policy has it.
func (y *year) watched(f *followed, timers map[string]time.Time, now time.Time) {
	in := f.in
	policy, dir := y.house.service.Rules(in).Paging, y.house.service.People()
	due, ok := policy.Due(in, dir)
	attended := in.Attended(dir)
	row, there := timers["round:"+string(in.ID)]
	// What a changed contact list has broken the auditor mends with its next minute: the one
	// tolerance there is.
	mending := now.Sub(y.imported) <= time.Minute
	state := func() string {
		pages, _ := json.Marshal(in.Pages)
		return fmt.Sprintf("%s level %v (called %v) round %d at %v exhausted %v lead %q, due %v %v, row %v %v, contacts changed %v, server from %v\n%s",
			in.ID, in.Level, in.CalledLevel(), in.Round, in.RoundAt.In(incident.Tokyo), in.Exhausted, in.Lead, due.In(incident.Tokyo), ok, row.In(incident.Tokyo), there,
			y.imported.In(incident.Tokyo), y.started.In(incident.Tokyo), pages)
	}
	if in.Chased() && !attended && !ok && !mending {
		y.wrong("nobody is responsible, and nothing is due: %s", state())
	}
	if ok && (!there || row.After(due)) && !mending {
		y.wrong("what is due has no timer in time: %s", state())
	}
	// A server that has died holds its timers for a lease; then they are late by so much. What
	// people do may set one into the past: then it is due at once.
	since := row
	for _, t := range []time.Time{f.changed, y.started} {
		if t.After(since) {
			since = t
		}
	}
	if there && now.Sub(since) > time.Minute+courier.TimerLease {
		y.wrong("its timer is not carried out: %s", state())
	}
	if ok && !attended && in.Exhausted {
		from := in.LastCall()
		if in.RoundAt.After(from) {
			from = in.RoundAt
		}
		if due.Sub(from) > 15*time.Minute {
			y.wrong("its chain is at its end and does not start again within 15 minutes: %s", state())
		}
	}
	if most := 2 * len(y.rows); len(in.Pages) > most { // a page for each person, however often he is called
		y.wrong("%d pages: %s", len(in.Pages), state())
	}
	if attended && !f.attended {
		f.attended = true
		y.waited = append(y.waited, now.Sub(in.ReportedAt))
	}
}

// audit is the auditor's look. What it has to mend is the test's own doing: calls of people who
// have left, waits that were reckoned with another contact list. Everything else is a defect.
func (y *year) audit(ctx context.Context) {
	a, err := y.house.service.Audit(ctx)
	if !y.mayFail(err) {
		return
	}
	for _, f := range a.Found {
		y.wrong("the audit finds %s of %s and cannot mend it", f.Kind, f.Incident)
	}
	changed := y.clock.Now().Sub(y.imported) <= time.Minute
	for _, f := range a.Repaired {
		y.repaired[f.Kind]++
		own := changed && (f.Kind == workflows.FindingTimer || f.Kind == workflows.FindingUnled)
		if !own && !(f.Kind == workflows.FindingMeans && y.onlyUpdatesFailed(f.Incident)) {
			y.wrong("the audit mended %s of %s; the contact list was changed at %v\n%s", f.Kind, f.Incident, y.imported.In(incident.Tokyo), y.unsent(f.Incident))
		}
	}
}

// onlyUpdatesFailed reports whether of the calls of an incident that were given up each had
// arrived before, and only its update did not: whoever has it is gone from there by now.
func (y *year) onlyUpdatesFailed(id incident.ID) bool {
	messages, err := y.file.Messages(context.Background(), workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		y.t.Fatal(err)
	}
	return !slices.ContainsFunc(messages, func(m workflows.Message) bool {
		return m.Kind == incident.NoticePage && m.State == workflows.MessageFailed && m.FirstSent.IsZero()
	})
}

// unsent describes the calls of an incident that have not arrived.
func (y *year) unsent(id incident.ID) string {
	messages, err := y.file.Messages(context.Background(), workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		y.t.Fatal(err)
	}
	var b strings.Builder
	for _, m := range messages {
		if m.Kind == incident.NoticePage && m.State != workflows.MessageSent {
			fmt.Fprintf(&b, "%+v\n", m)
		}
	}
	records, err := y.file.Records(context.Background(), id, 1, 0)
	if err != nil {
		y.t.Fatal(err)
	}
	for _, r := range records[max(0, len(records)-14):] {
		fmt.Fprintf(&b, "%d %s %s %s %+v\n", r.Seq, r.At.In(incident.Tokyo).Format("01-02 15:04:05"), r.By, r.Event.Kind(), r.Event)
	}
	return b.String()
}

// around describes the entries from one on.
func (y *year) around(records []incident.Record, from int64) string {
	var b strings.Builder
	for _, r := range records[max(0, from-12):min(int(from)+4, len(records))] {
		fmt.Fprintf(&b, "\n%d %s %s %s %+v", r.Seq, r.At.In(incident.Tokyo).Format("01-02 15:04:05.000"), r.By, r.Event.Kind(), r.Event)
	}
	return b.String()
}

// follow reads what is new of an incident, judges each call by what was known before it, and
// compares the fold with the row.
func (y *year) follow(in *incident.Incident) {
	ctx := context.Background()
	f := y.known[in.ID]
	if f == nil {
		f = &followed{in: incident.New(in.ID)}
		y.known[in.ID] = f
	}
	records, err := y.file.Records(ctx, in.ID, f.in.Seq+1, 0)
	if err != nil {
		y.t.Fatal(err)
	}
	var begun *incident.Incident // as it was before all that happened at the same instant
	var at time.Time
	for _, r := range records {
		if begun == nil || !r.At.Equal(at) {
			begun, at = f.in.Snapshot(), r.At
		}
		y.order(begun, f.in, r)
		y.dutyOf(f.in, r)
		f.in.Apply(r)
		if e, ok := r.Event.(incident.RoundPassed); ok {
			if y.rounds++; e.Exhausted {
				y.exhausted++
			}
		}
	}
	f.changed = y.clock.Now()
	f.in.Head = in.Head // the digest is the chain's; it is verified at the end
	got, err1 := json.Marshal(f.in)
	want, err2 := json.Marshal(in)
	if err1 != nil || err2 != nil || string(got) != string(want) {
		y.wrong("%s: the fold of the entries is\n%s\nthe row is\n%s", in.ID, got, want)
	}
	y.exhaustionTold(in, records)
}

// exhaustionTold checks that the end of a chain was told to the reporter, by the message that
// gives the numbers to phone, and in the channel.
func (y *year) exhaustionTold(in *incident.Incident, records []incident.Record) {
	if in.Phase.Ended() || in.Attended(y.house.service.People()) {
		return // answered in the same step
	}
	var end *incident.Record
	for i := range records {
		if e, ok := records[i].Event.(incident.RoundPassed); ok && e.Exhausted {
			end = &records[i]
		}
	}
	if end == nil {
		return
	}
	messages, err := y.file.Messages(context.Background(), workflows.MessageQuery{Incident: in.ID, All: true})
	if err != nil {
		y.t.Fatal(err)
	}
	find := func(key string) (workflows.Message, bool) {
		i := slices.IndexFunc(messages, func(m workflows.Message) bool { return m.Key == key })
		if i < 0 {
			return workflows.Message{}, false
		}
		return messages[i], true
	}
	for _, r := range in.Reporters {
		if r.ID == "" || in.IsExcluded(r.ID) {
			continue
		}
		m, ok := find(fmt.Sprintf("phones:%s:%s", in.ID, r.ID))
		told := ok && (m.State == workflows.MessagePending || m.State == workflows.MessageSent && !m.LastSent.Before(end.At))
		if broken := m.State == workflows.MessageFailed && (!y.house.service.People().Known(r.ID) || m.Error == "unreachable"); !told && !broken {
			y.wrong("%s: the chain came to its end in entry %d, and the reporter %s is not told: %v %+v", in.ID, end.Seq, r.ID, ok, m)
		}
	}
	if !slices.ContainsFunc(messages, func(m workflows.Message) bool { return m.To == "" && m.Kind == incident.NoticeCard }) {
		y.wrong("%s: the chain came to its end, and the channel has no card", in.ID)
	}
}

// order checks that a call keeps to the policy: the means of a person one after the other, and
// nobody in the place of another who can still be reached otherwise.
func (y *year) order(begun, before *incident.Incident, r incident.Record) {
	dir := y.house.service.People()
	policy := y.house.service.Rules(before).Paging
	plan := policy.At(before.CalledLevel(), before.Level.Confirmed(), r.At)
	wrong := func(format string, args ...any) {
		pages, _ := json.Marshal(before.Pages)
		y.wrong("%s entry %d (%+v): %s\npages before: %s", r.Incident, r.Seq, r.Event, fmt.Sprintf(format, args...), pages)
	}
	// left are the means of the policy by which a call was not tried yet.
	left := func(p incident.Page) (out []incident.Means) {
		for _, together := range plan.Means {
			for _, m := range together {
				if dir.Reaches(p.Person, m) && !slices.Contains(p.Used(), m) && !slices.Contains(out, m) {
					out = append(out, m)
				}
			}
		}
		return out
	}
	switch e := r.Event.(type) {
	case incident.CalledAgain:
		for _, c := range e.Calls {
			if !dir.Known(c.Person) || before.IsExcluded(c.Person) || before.Phase.Ended() {
				wrong("%s cannot be called", c.Person)
			}
		}
	case incident.Paged:
		if !dir.Known(e.Person) || before.IsExcluded(e.Person) || before.Phase.Ended() {
			wrong("he cannot be called")
		}
		if e.Because != incident.BecauseRound {
			return
		}
		if pg, called := before.Page(e.Person); called && pg.Status != incident.PageOpen || before.Exhausted {
			return // called once more, by everything there is
		}
		stands := slices.ContainsFunc(e.Roles, func(role incident.Role) bool {
			if slices.ContainsFunc(plan.Later, func(l paging.Later) bool { return l.Role == role }) {
				return true
			}
			waits := false
			for _, pg := range before.OpenPages() {
				if pg.Person == e.Person || !slices.Contains(pg.Roles, role) {
					continue
				}
				// Whoever is called for one role more at the same instant had his time before. Of those
				// called one after the other for a role, one whose means are used up is enough.
				was, called := begun.Page(pg.Person)
				if pg.Unreached || len(left(pg)) == 0 || called && was.Seq != pg.Seq && len(left(was)) == 0 {
					return true
				}
				waits = true
			}
			return !waits
		})
		if !stands {
			wrong("somebody can still be reached by other means")
		}
	case incident.PageStopped:
		pg, _ := before.Page(e.Person)
		if was, _ := begun.Page(e.Person); pg.Because == incident.BecauseSilent && was.Seq != pg.Seq && before.ActingLead(dir) == e.Person {
			wrong("he leads, is called for his silence, and at once not any more")
		}
	case incident.MeansUsed:
		pg, called := before.Page(e.Person)
		if !called || pg.Status != incident.PageOpen || before.IsExcluded(e.Person) {
			wrong("he is not being called")
		}
		for _, m := range e.By {
			if slices.Contains(pg.Used(), m) {
				wrong("%s was used already", m)
			}
		}
		for _, together := range plan.Means {
			if slices.ContainsFunc(together, func(m incident.Means) bool { return slices.Contains(e.By, m) }) {
				break
			}
			for _, m := range together {
				if dir.Reaches(e.Person, m) && !slices.Contains(pg.Used(), m) {
					wrong("%s comes before", m)
				}
			}
		}
	}
}

// settle has every means work again and lets a day pass in which nobody does anything, so that
// what waits goes out.
func (y *year) settle() {
	y.outages, y.plans = nil, nil
	y.life.moment = ""
	y.lift()
	y.end = y.end.Add(30 * time.Hour)
	for y.step() {
		y.plans = nil
	}
}

// judge looks at the whole year.
func (y *year) judge() {
	ctx := context.Background()
	v, err := workflows.Verify(ctx, y.file)
	if err != nil || len(v.Breaches) > 0 {
		y.t.Errorf("verify: %+v, %v", v.Breaches, err)
	}
	ids, err := y.file.AllIDs(ctx)
	if err != nil {
		y.t.Fatal(err)
	}
	if len(ids) != y.reports || len(ids) == 0 || y.rounds == 0 || y.exhausted == 0 || y.failures == 0 || y.restarts == 0 {
		y.t.Errorf("%d incidents of %d reports, %d rounds, %d chains at their end, %d failures, %d restarts: this year says nothing", len(ids), y.reports, y.rounds, y.exhausted, y.failures, y.restarts)
	}
	for _, id := range ids {
		y.pagesOf(id)
		y.dutiesOf(id)
	}
	if d := y.duties; d.settled[incident.ClockFiled] == 0 || d.settled[incident.ClockUnneeded] == 0 || d.settled[incident.ClockLapsed] == 0 || d.reminded == 0 || d.overdue == 0 {
		y.t.Errorf("of the clocks became %+v: this year says nothing of them", d)
	}
	var held int
	if err := y.db.QueryRow(`SELECT (SELECT count(*) FROM messages WHERE owner <> '') + (SELECT count(*) FROM timers WHERE owner <> '')`).Scan(&held); err != nil || held > 0 {
		y.t.Errorf("%d leases are left, %v", held, err)
	}
	rows, err := y.file.Incidents(ctx, workflows.IncidentQuery{OpenOnly: true})
	if err != nil {
		y.t.Fatal(err)
	}
	for key := range y.timers() {
		if !slices.ContainsFunc(rows, func(in *incident.Incident) bool { return strings.HasSuffix(key, ":"+string(in.ID)) }) {
			y.t.Errorf("the timer %s is about nothing that is open", key)
		}
	}
}

// pagesOf checks what became of each call of an incident: it arrived, need not be sent any more,
// or it stands in the record that this means did not reach its person.
func (y *year) pagesOf(id incident.ID) {
	ctx := context.Background()
	messages, err := y.file.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		y.t.Fatal(err)
	}
	records, err := y.file.Records(ctx, id, 1, 0)
	if err != nil {
		y.t.Fatal(err)
	}
	in := y.known[id].in
	sent := map[string]workflows.Message{}
	for _, m := range messages {
		sent[m.Key] = m
	}
	failed := func(p incident.PersonID, from int64, m incident.Means) bool {
		return slices.ContainsFunc(records, func(r incident.Record) bool {
			f, ok := r.Event.(incident.MeansFailed)
			return ok && r.Seq > from && f.Person == p && f.Means == m
		})
	}
	// over reports whether a call needed no other means any more when it turned out that this one
	// does not reach him: he had answered, was called anew, or had to be called no longer.
	over := func(p incident.PersonID, from int64, at time.Time) bool {
		return slices.ContainsFunc(records, func(r incident.Record) bool {
			if r.Seq <= from || r.At.After(at) {
				return false
			}
			switch e := r.Event.(type) {
			case incident.Acknowledged, incident.Declined:
				return r.By == p
			case incident.PageStopped:
				return e.Person == p
			case incident.Paged:
				return e.Person == p
			case incident.CalledAgain:
				return slices.ContainsFunc(e.Calls, func(c incident.Paged) bool { return c.Person == p })
			}
			return false
		})
	}
	seqs := map[incident.PersonID]int64{}
	call := func(p incident.PersonID, by []incident.Means) {
		for _, means := range by {
			key := fmt.Sprintf("page:%s:%d:%s", id, seqs[p], p)
			if means != incident.ByChat {
				key += ":" + string(means)
			}
			m, there := sent[key]
			left := in.IsExcluded(p) || !y.house.service.People().Known(p)
			switch {
			case !there:
				y.t.Errorf("%s was called by %s, and there is no message %s", p, means, key)
			case !m.FirstSent.IsZero() || m.State == workflows.MessageSent || m.State == workflows.MessageDropped || left:
			case m.State == workflows.MessageFailed && (failed(p, seqs[p], means) || m.Error == "not_allowed_any_more" || over(p, seqs[p], y.unreachable[key])):
			default:
				y.t.Errorf("what became of %s? %s %q after %d tries; %s", key, m.State, m.Error, m.Attempt, y.around(records, seqs[p]))
			}
		}
	}
	for _, r := range records {
		switch e := r.Event.(type) {
		case incident.Paged:
			seqs[e.Person] = r.Seq
			call(e.Person, e.By)
		case incident.CalledAgain:
			for _, c := range e.Calls {
				seqs[c.Person] = r.Seq
				call(c.Person, c.By)
			}
		case incident.MeansUsed:
			call(e.Person, e.By)
		}
	}
}
