package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/courier"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The notification clocks of the simulated year: people settle them, some late, and everybody
// hears in time of what he has to do, and of nothing else.

// duties counts what became of clocks.
type duties struct {
	settled  map[incident.ClockStatus]int
	undone   int
	reminded int // before the end
	overdue  int
}

// slow reports whether an incident is one that is brought to its end only after its first
// deadlines have passed.
func (y *year) slow(in *incident.Incident) bool {
	return y.drags(in) || y.drawn(string(in.ID), "slow", 0).IntN(4) == 0
}

// ripe is how long an incident stays open before the morning's look brings it to its end. The
// first report is due on the fifth day, the day of awareness being the first.
func (y *year) ripe(in *incident.Incident) time.Duration {
	if y.slow(in) {
		return 8 * 24 * time.Hour
	}
	return 60 * time.Hour
}

// dragging is the report of the incident without which there is no year: on it nobody gets on
// until its first deadlines have passed.
const dragging = "名簿を載せたPCを電車でなくした"

func (y *year) drags(in *incident.Incident) bool { return in.Title == dragging }

func (y *year) drag() {
	y.do(y.somebody(), "", incident.Report{Text: dragging, What: incident.KindLoss, Facts: incident.Facts{incident.FactPersonalData: incident.Yes}})
}

// late has one duty of that incident seen to, and another one judged, when it is too late.
func (y *year) late() {
	open, err := y.file.Incidents(context.Background(), workflows.IncidentQuery{OpenOnly: true})
	if err != nil {
		y.t.Fatal(err)
	}
	for _, in := range open {
		leads := in.Leads(y.house.service.People())
		if !y.drags(in) || len(leads) == 0 {
			continue
		}
		hows := []incident.SettleClock{{How: incident.ClockFiled, Receipt: "第2号"}, {How: incident.ClockUnneeded, Reason: "当てはまらない"}}
		for i, c := range in.OpenClocks()[:min(len(hows), len(in.OpenClocks()))] {
			hows[i].Rule = c.Rule
			y.do(leads[0], in.ID, hows[i])
		}
	}
}

// duty settles a clock that holds back the closing: it is filed, told to the 委託元 or judged
// not to be needed; now and then that was a mistake, and is taken back.
func (y *year) duty(in *incident.Incident, p incident.PersonID, rule incident.Rule) {
	c, _ := in.Clock(rule)
	do := incident.SettleClock{Rule: rule, How: incident.ClockFiled, Receipt: "第1号"}
	switch y.rnd.IntN(4) {
	case 0:
		do = incident.SettleClock{Rule: rule, How: incident.ClockUnneeded, Reason: "当てはまらない"}
		if leads := in.Leads(y.house.service.People()); c.Law && len(leads) > 0 {
			p = leads[0]
		}
	case 1:
		if c.Passes {
			do = incident.SettleClock{Rule: rule, How: incident.ClockPassed, To: "委託元の総務部"}
		}
	}
	if _, ok := y.do(p, in.ID, do); ok && y.rnd.IntN(10) == 0 {
		y.do(p, in.ID, incident.Undo{Reason: "番号の取りちがえ"})
	}
}

// dutyOf follows an entry about clocks: before is the incident as it was when it was made.
func (y *year) dutyOf(before *incident.Incident, r incident.Record) {
	switch e := r.Event.(type) {
	case incident.ClockSettled:
		y.duties.settled[e.How]++
	case incident.ClockReopened:
		y.duties.undone++
	case incident.ClocksDrawn:
		y.duties.settled[incident.ClockLapsed] += len(e.Lapsed)
	case incident.ClocksReminded:
		if before.Phase.Ended() {
			y.wrong("%s entry %d reminds of clocks, and it has ended", r.Incident, r.Seq)
		}
		for _, x := range e.List {
			y.reminded(before, r, x)
		}
	}
}

// reminded checks one reminder: of an open clock, on its morning, once, and to those who have to
// see to it, or to whoever leads and the representative when it is too late.
func (y *year) reminded(before *incident.Incident, r incident.Record, x incident.Reminder) {
	wrong := func(format string, args ...any) {
		y.wrong("%s entry %d reminds of %s at %v (%+v): %s", r.Incident, r.Seq, x.Rule, r.At.In(incident.Tokyo), x, fmt.Sprintf(format, args...))
	}
	c, there := before.Clock(x.Rule)
	if !there || !c.Open() {
		wrong("it is not open: %+v", c)
		return
	}
	key := fmt.Sprintf("%s %s %s", r.Incident, x.Rule, x.At.UTC().Format(time.RFC3339))
	if y.said[key] {
		wrong("that was said already")
	}
	y.said[key] = true
	if x.At.After(r.At) {
		wrong("it is not due yet")
	}
	if x.Overdue {
		y.duties.overdue++
	} else {
		y.duties.reminded++
	}
	if x.Overdue != (!c.DueAt.IsZero() && x.At.After(c.DueAt)) {
		wrong("it ends at %v", c.DueAt.In(incident.Tokyo))
	}
	if hour := x.At.In(incident.Tokyo).Format(time.TimeOnly); hour != "09:00:00" && (x.Overdue || hour != "15:00:00") && strings.HasPrefix(string(x.Rule), "ppc-") {
		wrong("nobody expects it at that time")
	}
	if !y.imported.Before(r.At) {
		return // the list of people changed with it
	}
	dir := y.house.service.People()
	want := before.ClockOwners(dir, c.Duty, r.At)
	if x.Overdue {
		want = before.ClockChiefs(dir, r.At)
	}
	if !slices.Equal(x.To, want) {
		wrong("those who have to know are %v", want)
	}
}

// ticking checks the clocks of an open incident: the next reminder has its timer, it is carried
// out, and of nothing that is overdue a morning passes without a word.
func (y *year) ticking(f *followed, timers map[string]time.Time, now time.Time) {
	in := f.in
	clocks := y.house.service.Clocks()
	next, ok := in.NextReminder(clocks, now)
	row, there := timers["clocks:"+string(in.ID)]
	if ok && (!there || row.After(next)) {
		y.wrong("%s: the next reminder is due at %v and has its timer at %v (%v)", in.ID, next.In(incident.Tokyo), row.In(incident.Tokyo), there)
	}
	since := func(t time.Time) time.Time {
		for _, o := range []time.Time{f.changed, y.started} {
			if o.After(t) {
				t = o
			}
		}
		return t
	}
	const patience = time.Minute + courier.TimerLease // a server that has died holds its timers for a lease
	if there && now.Sub(since(row)) > patience {
		y.wrong("%s: the timer of its reminders, due at %v, is not carried out", in.ID, row.In(incident.Tokyo))
	}
	local := now.In(incident.Tokyo)
	nine := time.Date(local.Year(), local.Month(), local.Day(), 9, 0, 0, 0, incident.Tokyo)
	if nine.After(now) {
		nine = nine.AddDate(0, 0, -1)
	}
	for _, c := range in.OpenClocks() {
		if c.Overdue(now) && nine.After(c.DueAt) && nine.After(c.Since) && c.Reminded.Before(nine) && now.Sub(since(nine)) > patience {
			y.wrong("%s: %s was due at %v, and nothing was said of it this morning", in.ID, c.Rule, c.DueAt.In(incident.Tokyo))
		}
	}
}

// dutyArrives checks a message about clocks that somebody gets for the first time: there is
// still something to be done about it.
func (y *year) dutyArrives(m workflows.Message) {
	if m.Kind != incident.NoticeClocks || !m.FirstSent.IsZero() || y.reached[m.Key] {
		return
	}
	y.reached[m.Key] = true
	ctx := context.Background()
	in, err := y.file.Incident(ctx, m.Incident)
	if err != nil {
		y.wrong("%s got %s: %v", m.To, m.Key, err)
		return
	}
	records, err := y.file.Records(ctx, m.Incident, m.Seq, 1)
	if err != nil || len(records) != 1 {
		y.wrong("%s is about entry %d: %v", m.Key, m.Seq, err)
		return
	}
	wrong := func(format string, args ...any) {
		y.wrong("%s got %s (%+v): %s; the clocks are %+v", m.To, m.Key, records[0].Event, fmt.Sprintf(format, args...), in.Clocks)
	}
	var rules []incident.Rule
	switch e := records[0].Event.(type) {
	case incident.ClockSettled:
		// That somebody judged a law not to apply is to be known whatever came after, unless he
		// has taken it back himself.
		if slices.Contains(in.Undone, m.Seq) {
			wrong("that is taken back")
		}
		return
	case incident.ClockReopened:
		if !y.heardOfJudgement(m) {
			wrong("he never heard of the judgement")
		}
		rules = []incident.Rule{e.Rule}
	case incident.ClocksDrawn:
		for _, d := range slices.Concat(e.Started, e.Changed) {
			rules = append(rules, d.Rule)
		}
		if !in.Phase.Ended() && y.endedForGood(in, e, records[0]) {
			return // what a statute asked for and does not any more is to be known, though nothing is left to be done
		}
	case incident.ClocksReminded:
		for _, x := range e.List {
			if slices.Contains(x.To, m.To) {
				rules = append(rules, x.Rule)
			}
		}
	}
	if in.Phase.Ended() || !slices.ContainsFunc(rules, func(r incident.Rule) bool { c, _ := in.Clock(r); return c.Open() }) {
		wrong("nothing of it is left to be done")
	}
}

// endedForGood reports whether a drawing ended a duty that a statute asked for with certainty, or
// whose last day had passed, and nothing has asked for it again since.
func (y *year) endedForGood(in *incident.Incident, e incident.ClocksDrawn, r incident.Record) bool {
	if len(e.Lapsed) == 0 {
		return false
	}
	records, err := y.file.Records(context.Background(), in.ID, 1, int(r.Seq-1))
	if err != nil {
		y.t.Fatal(err)
	}
	before := incident.New(in.ID)
	for _, r := range records {
		before.Apply(r)
	}
	return slices.ContainsFunc(e.Lapsed, func(rule incident.Rule) bool {
		c, _ := before.Clock(rule)
		now, _ := in.Clock(rule)
		return c.Open() && c.Law && (!c.Provisional || c.Overdue(r.At)) && !now.Open()
	})
}

// heardOfJudgement reports whether who hears that a judgement was taken back may have heard of
// the judgement; it is the last one of that clock.
func (y *year) heardOfJudgement(m workflows.Message) bool {
	ctx := context.Background()
	records, err := y.file.Records(ctx, m.Incident, 1, int(m.Seq))
	if err != nil {
		y.t.Fatal(err)
	}
	reopened := records[len(records)-1].Event.(incident.ClockReopened)
	judged := int64(0)
	for _, r := range records {
		if e, ok := r.Event.(incident.ClockSettled); ok && e.Rule == reopened.Rule {
			judged = r.Seq
		}
	}
	messages, err := y.file.Messages(ctx, workflows.MessageQuery{Incident: m.Incident, All: true})
	if err != nil {
		y.t.Fatal(err)
	}
	i := slices.IndexFunc(messages, func(o workflows.Message) bool { return o.Kind == m.Kind && o.To == m.To && o.Seq == judged })
	return i < 0 || !messages[i].FirstSent.IsZero() || messages[i].Resent
}

// dutiesOf checks at the end what became of an incident's clocks, and that every reminder went
// out to everybody, or that there was no more need of it.
func (y *year) dutiesOf(id incident.ID) {
	ctx := context.Background()
	in := y.known[id].in
	if in.Phase.Ended() && len(in.OpenClocks()) > 0 {
		y.t.Errorf("%s has ended with open clocks: %+v", id, in.OpenClocks())
	}
	messages, err := y.file.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		y.t.Fatal(err)
	}
	records, err := y.file.Records(ctx, id, 1, 0)
	if err != nil {
		y.t.Fatal(err)
	}
	for _, r := range records {
		e, ok := r.Event.(incident.ClocksReminded)
		if !ok {
			continue
		}
		for _, x := range e.List {
			for _, p := range x.To {
				key := fmt.Sprintf("%s:%s:%d:%s", incident.NoticeClocks, id, r.Seq, p)
				i := slices.IndexFunc(messages, func(m workflows.Message) bool { return m.Key == key })
				left := in.IsExcluded(p) || !y.house.service.People().Known(p)
				switch {
				case i < 0 && !left:
					y.t.Errorf("%s was to be reminded of %s, and there is no message %s", p, x.Rule, key)
				case i < 0 || left || !messages[i].FirstSent.IsZero():
				case messages[i].State == workflows.MessagePending || messages[i].State == workflows.MessageFailed && messages[i].Error == "":
					y.t.Errorf("what became of %s? %s %q after %d tries", key, messages[i].State, messages[i].Error, messages[i].Attempt)
				}
			}
		}
	}
}
