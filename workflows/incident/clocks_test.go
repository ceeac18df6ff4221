package incident_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hikeshi/workflows/incident"
)

// oneDuty asks for one thing, whatever is known.
type oneDuty struct{ duty incident.Duty }

func (o oneDuty) Duties(_ incident.Facts, aware, _ time.Time) []incident.Duty {
	o.duty.Aware = aware
	return []incident.Duty{o.duty}
}
func (oneDuty) Version() string { return "one" }

// few are rules after the manner of the shipped ones, as far as the core tells them apart.
type few struct{}

func (few) Version() string { return "few" }

func day(aware time.Time, n int) (string, time.Time) {
	local := aware.In(incident.Tokyo)
	end := time.Date(local.Year(), local.Month(), local.Day()+n, 0, 0, 0, 0, incident.Tokyo)
	return end.AddDate(0, 0, -1).Format(time.DateOnly), end.Add(-time.Second).UTC()
}

func (few) Duties(f incident.Facts, aware, _ time.Time) (out []incident.Duty) {
	personal := f.Get(incident.FactPersonalData)
	if personal != incident.No {
		target, _ := day(aware, 3)
		due, dueAt := day(aware, 5)
		morning := dueAt.Add(time.Second).Add(-15 * time.Hour) // nine o'clock of the last day
		out = append(out, incident.Duty{
			Rule: "ppc-preliminary", Owner: incident.IncidentLead, Law: true, Passes: f.Get(incident.FactEntrusted) != incident.No, Provisional: personal != incident.Yes,
			Because: []incident.FactKey{incident.FactPersonalData}, Aware: aware, Target: target, Due: due, Raw: due, DueAt: dueAt,
			Remind: []time.Time{morning.Add(-24 * time.Hour), morning},
		}, incident.Duty{Rule: incident.RuleEntruster, Owner: incident.IncidentLead, Provisional: true, Aware: aware, Target: target, Due: due, Raw: due, DueAt: dueAt})
	}
	if f.Get(incident.FactVirus) != incident.No {
		out = append(out, incident.Duty{Rule: "ipa-virus", Owner: incident.SystemAdmin, Provisional: f.Get(incident.FactVirus) != incident.Yes, Aware: aware})
	}
	return out
}

func reportedWithClocks(t testing.TB, r incident.Report) *scene {
	t.Helper()
	s := newScene(t)
	s.clocks = few{}
	if r.Text == "" {
		r.Text = "社用PCを電車に置き忘れた"
	}
	s.do(hanako, r)
	return s
}

func running(s *scene) (out []string) {
	for _, c := range s.in.OpenClocks() {
		mark := ""
		if c.Provisional {
			mark = "?"
		}
		out = append(out, string(c.Rule)+mark)
	}
	return out
}

func runs(t *testing.T, s *scene, want ...string) {
	t.Helper()
	if got := running(s); !slices.Equal(got, want) {
		t.Errorf("running: %v, want %v", got, want)
	}
}

func clocksTold(s *scene) (out []incident.PersonID) {
	for _, n := range s.told {
		if n.Kind == incident.NoticeClocks {
			out = append(out, n.To)
		}
	}
	slices.Sort(out)
	return out
}

func TestWhatIsNotKnownStartsClocks(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{})
	runs(t, s, "ppc-preliminary?", "ppc-entruster?", "ipa-virus?")
	if got := clocksTold(s); !slices.Contains(got, leader) || !slices.Contains(got, admin) {
		t.Errorf("told %v", got)
	}
	e := of[incident.ClocksDrawn](s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactVirus: incident.No}}))
	if len(e) != 1 || e[0].Because != incident.DrawnFact || fmt.Sprint(e[0].Facts) != "[{personal_data yes} {virus no}]" ||
		len(e[0].Changed) != 1 || len(e[0].Started) != 0 || fmt.Sprint(e[0].Lapsed) != "[ipa-virus]" {
		t.Errorf("%+v", e)
	}
	runs(t, s, "ppc-preliminary", "ppc-entruster?")
	if c, _ := s.in.Clock("ipa-virus"); c.Status != incident.ClockLapsed {
		t.Errorf("the other is %s", c.Status)
	}
	s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactVirus: incident.Yes}})
	runs(t, s, "ppc-preliminary", "ppc-entruster?", "ipa-virus")
}

// What was certain already, and only changes, is no clock of which it was decided now that it is due.
func TestWhatWasCertainAlreadyIsNamed(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{})
	e := of[incident.ClocksDrawn](s.do(leader, incident.SetFacts{Facts: yes(incident.FactPersonalData)}))
	if len(e) != 1 || len(e[0].Changed) != 1 || e[0].Firm != nil {
		t.Errorf("certain now: %+v", e)
	}
	// Nothing but whether telling the 委託元 would be enough.
	e = of[incident.ClocksDrawn](s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactEntrusted: incident.No}}))
	if len(e) != 1 || len(e[0].Changed) != 1 || fmt.Sprint(e[0].Firm) != "[ppc-preliminary]" {
		t.Errorf("certain before: %+v", e)
	}
}

func TestAnEarlierAwarenessMovesTheClocks(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{})
	before, _ := s.in.Clock("ppc-preliminary")
	e := of[incident.ClocksDrawn](s.do(leader, incident.SetField{Field: incident.FieldDiscoveredAt, Value: "2026-11-20T09:00"}))
	now, _ := s.in.Clock("ppc-preliminary")
	if len(e) != 1 || e[0].Because != incident.DrawnAware || before.Due != "2026-11-26" || now.Due != "2026-11-24" {
		t.Errorf("%+v: due %s, then %s", e, before.Due, now.Due)
	}
}

func TestWhatWasFiledHasItsProof(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{Facts: incident.Facts{incident.FactPersonalData: incident.Yes}})
	s.now = s.now.Add(30 * time.Hour)
	s.refused(hanako, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockFiled}, "refuse.not_allowed")
	for typed, key := range map[string]string{"2026/12/1": "refuse.clock_day_future", "2026-11-21": "refuse.clock_day_early", "きのう": "refuse.date_bad"} {
		s.refused(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockFiled, On: typed}, key)
	}
	s.refused(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockFiled, File: 3}, "refuse.file_unknown")
	s.refused(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockLapsed}, "refuse.clock_how")
	s.refused(leader, incident.SettleClock{Rule: "gdpr33", How: incident.ClockFiled}, "refuse.clock_unknown")
	s.do(admin, incident.Attach{Name: "控え.pdf", Size: 4, Type: "application/pdf", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"})
	file := s.last("file_attached")
	s.do(admin, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockFiled, On: "２０２６/11/22", Receipt: "R8-001", File: file})
	c, _ := s.in.Clock("ppc-preliminary")
	if c.Status != incident.ClockFiled || c.On != "2026-11-22" || c.Receipt != "R8-001" || c.File != file || c.By != admin || c.Open() {
		t.Errorf("%+v", c)
	}
	s.refused(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockFiled}, "refuse.clock_settled")
	// What is learned later does not open again what was filed.
	s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Unknown}})
	env := s.target(admin, s.last("clock_settled"))
	if _, ref := s.decide(incident.Undo{Seq: s.last("clock_settled"), Reason: "別件の控えだった"}, env); ref != nil {
		t.Fatal(ref.Key)
	}
	if c, _ := s.in.Clock("ppc-preliminary"); !c.Open() || c.Receipt != "" || !c.Provisional {
		t.Errorf("taken back: %+v", c)
	}
}

func TestOnlyTheLeadJudgesAStatuteNotToApply(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{})
	s.refused(admin, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockUnneeded, Reason: "暗号化していた"}, "refuse.not_allowed")
	s.refused(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockUnneeded}, "refuse.reason_needed")
	s.do(admin, incident.SettleClock{Rule: "ipa-virus", How: incident.ClockUnneeded, Reason: "ウイルスではない"})
	s.do(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockUnneeded, Reason: "暗号化していた"})
	if got := clocksTold(s); !slices.Equal(got, []incident.PersonID{president}) {
		t.Errorf("shown to %v", got)
	}
	runs(t, s, "ppc-entruster?")
	// It was judged while nobody knew. Now somebody does.
	s.do(admin, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactVirus: incident.Yes}})
	runs(t, s, "ppc-preliminary", "ppc-entruster?", "ipa-virus")
}

func TestTellingTheEntrusterIsEnough(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{Facts: incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactVirus: incident.No}})
	s.refused(leader, incident.SettleClock{Rule: incident.RuleEntruster, How: incident.ClockPassed, To: "みなと商事"}, "refuse.clock_not_passed")
	s.refused(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockPassed}, "refuse.text_empty")
	s.refused(admin, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockPassed, To: "みなと商事"}, "refuse.not_allowed")
	s.do(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockPassed, To: "みなと商事"})
	if got := clocksTold(s); !slices.Equal(got, []incident.PersonID{president}) {
		t.Errorf("shown to %v", got)
	}
	runs(t, s)
	if c, _ := s.in.Clock(incident.RuleEntruster); c.Status != incident.ClockFiled || c.To != "みなと商事" {
		t.Errorf("%+v", c)
	}
}

// That the 委託元 was told is one statement: whichever half of it is taken back, the other goes too.
func TestTakingBackThatTheEntrusterWasTold(t *testing.T) {
	passed := incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockPassed, To: "みなと商事"}
	for name, c := range map[string]struct {
		do   []incident.Command
		undo int // which of the entries that settle a clock
		runs []string
	}{
		"the report":                    {[]incident.Command{passed}, 0, []string{"ppc-preliminary", "ppc-entruster?"}},
		"the entruster":                 {[]incident.Command{passed}, 1, []string{"ppc-preliminary", "ppc-entruster?"}},
		"told before, and the report":   {[]incident.Command{incident.SettleClock{Rule: incident.RuleEntruster, How: incident.ClockFiled, To: "みなと商事"}, passed}, 1, []string{"ppc-preliminary"}},
		"told before, by another entry": {[]incident.Command{incident.SettleClock{Rule: incident.RuleEntruster, How: incident.ClockFiled, To: "みなと商事"}, passed}, 0, []string{"ppc-entruster?"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := certainWithClocks(t)
			s.people.away[president] = vice // who is shown it comes in between
			var settled []int64
			for _, do := range c.do {
				s.do(leader, do)
			}
			for _, r := range s.records {
				if r.Event.Kind() == (incident.ClockSettled{}).Kind() {
					settled = append(settled, r.Seq)
				}
			}
			runs(t, s)
			wantKey(t, s.undo(leader, settled[c.undo]), "")
			runs(t, s, c.runs...)
			if len(c.runs) < 2 {
				return
			}
			if got := clocksTold(s); !slices.Contains(got, vice) {
				t.Errorf("told %v", got)
			}
			for _, seq := range settled {
				wantKey(t, s.undo(leader, seq), "refuse.entry_undone")
			}
			// Said anew, it can be taken back anew.
			s.do(leader, passed)
			runs(t, s)
			wantKey(t, s.undo(leader, s.last("clock_settled")), "")
			runs(t, s, c.runs...)
		})
	}
}

// What was settled on the way of another statement since is not taken back with an older one.
func TestWhatWasSettledSinceStays(t *testing.T) {
	s := certainWithClocks(t)
	passed := incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockPassed, To: "みなと商事"}
	s.do(leader, passed)
	s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactEntrusted: incident.No}})
	s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactEntrusted: incident.Yes}})
	s.do(leader, passed)
	wantKey(t, s.undo(leader, s.last("clock_settled")), "")
	runs(t, s, "ppc-preliminary") // that he was told the first time stands
}

// Only who handles the data for somebody else is released by telling him; it counts from the same
// day as before.
func TestTellingTheEntrusterIsNotEnoughForDataOfOnesOwn(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{Facts: incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactVirus: incident.No}})
	was, _ := s.in.Clock("ppc-preliminary")
	s.do(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockPassed, To: "みなと商事"})
	runs(t, s)
	s.now = s.now.Add(time.Hour)
	s.people.away[president] = vice
	e := of[incident.ClocksDrawn](s.do(admin, incident.SetFacts{Facts: incident.Facts{incident.FactEntrusted: incident.No}}))
	if len(e) != 1 || e[0].Because != incident.DrawnFact || len(e[0].Started) != 1 || fmt.Sprint(e[0].Again) != "[ppc-preliminary]" {
		t.Fatalf("%+v", e)
	}
	runs(t, s, "ppc-preliminary")
	if c, _ := s.in.Clock("ppc-preliminary"); c.Due != was.Due || c.To != "" || c.By != "" {
		t.Errorf("%+v", c)
	}
	if got := clocksTold(s); !slices.Equal(got, people(leader, vice)) || !s.in.InCircle(vice) {
		t.Errorf("told %v", got)
	}
	s.refused(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockPassed, To: "みなと商事"}, "refuse.clock_not_passed")
	// What was filed is filed, and what stands in no doubt stays settled.
	s.do(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockFiled})
	for _, a := range []incident.Answer{incident.Yes, incident.No} {
		if e := of[incident.ClocksDrawn](s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactEntrusted: a}})); len(e) != 0 {
			t.Errorf("%s: %+v", a, e)
		}
	}
	runs(t, s)
}

// remindersOf lets time pass from reminder to reminder, as the service's timer does.
func remindersOf(s *scene, until time.Time) (out []string) {
	for {
		at, ok := s.in.NextReminder(s.clocks, s.now)
		if !ok || at.After(until) {
			return out
		}
		if at.After(s.now) {
			s.now = at
		}
		for _, e := range of[incident.ClocksReminded](s.bot(incident.RemindClocks{})) {
			for _, m := range e.List {
				out = append(out, fmt.Sprintf("%s %s %v %t", m.At.In(incident.Tokyo).Format("01-02T15:04"), m.Rule, m.To, m.Overdue))
			}
		}
	}
}

func TestEachReminderComesOnce(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{Facts: incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactVirus: incident.No}})
	s.do(leader, incident.SettleClock{Rule: incident.RuleEntruster, How: incident.ClockUnneeded, Reason: "委託されていない"})
	got := remindersOf(s, night.AddDate(0, 0, 7))
	want := []string{
		"11-25T09:00 ppc-preliminary [" + string(leader) + "] false",
		"11-26T09:00 ppc-preliminary [" + string(leader) + "] false",
		"11-27T09:00 ppc-preliminary [" + string(leader) + " " + string(president) + "] true",
		"11-28T09:00 ppc-preliminary [" + string(leader) + " " + string(president) + "] true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if e := s.bot(incident.RemindClocks{}); len(e) != 0 {
		t.Errorf("again: %v", kinds(e))
	}
	// After days without a server, one of them.
	s.now = s.now.AddDate(0, 0, 5)
	if e := of[incident.ClocksReminded](s.bot(incident.RemindClocks{})); len(e) != 1 || len(e[0].List) != 1 {
		t.Errorf("after a pause: %+v", e)
	}
	s.do(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockFiled})
	if at, ok := s.in.NextReminder(s.clocks, s.now); ok {
		t.Errorf("reminded of what was filed at %v", at)
	}
}

func TestRemindersAreChosen(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{Facts: incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactVirus: incident.No}})
	s.do(leader, incident.SettleClock{Rule: incident.RuleEntruster, How: incident.ClockUnneeded, Reason: "委託されていない"})
	at := func(stamp string) time.Time {
		when, err := time.ParseInLocation("2006-01-02T15:04", stamp, incident.Tokyo)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	plan := func(stamps ...string) incident.PlanReminders {
		p := incident.PlanReminders{Rule: "ppc-preliminary", Reason: "会議のあと"}
		for _, stamp := range stamps {
			p.At = append(p.At, at(stamp))
		}
		return p
	}
	s.refused(leader, plan("2026-11-21T09:00"), "refuse.remind_past")
	s.refused(leader, plan("2026-11-27T00:00"), "refuse.remind_late")
	s.do(leader, plan("2026-11-24T17:00", "2026-11-23T17:00", "2026-11-24T17:00"))
	first := s.last("reminders_planned")
	if e := s.do(leader, plan("2026-11-23T17:00", "2026-11-24T17:00")); len(e) != 0 {
		t.Errorf("the same again: %v", kinds(e))
	}
	s.do(leader, plan("2026-11-24T18:00"))
	if _, ref := s.decide(incident.Undo{Seq: s.last("reminders_planned")}, s.target(leader, s.last("reminders_planned"))); ref != nil {
		t.Fatal(ref.Key)
	}
	if _, ref := s.decide(incident.Undo{Seq: first}, s.target(leader, first)); ref == nil || ref.Key != "refuse.entry_overtaken" {
		t.Errorf("an older plan was taken back: %v", ref)
	}
	got := remindersOf(s, night.AddDate(0, 0, 4))
	to := " ppc-preliminary [" + string(leader) + "] false"
	if want := []string{"11-23T17:00" + to, "11-24T17:00" + to}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestNothingIsSaidOfWhatIsDismissed(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{})
	e := of[incident.ClocksDrawn](s.do(leader, incident.Dismiss{Reason: "訓練の電文だった"}))
	if len(e) != 1 || e[0].Because != incident.DrawnDismissed || len(e[0].Lapsed) != 3 {
		t.Errorf("%+v", e)
	}
	if at, ok := s.in.NextReminder(s.clocks, s.now); ok {
		t.Errorf("a reminder at %v", at)
	}
	s.do(leader, incident.Reopen{Reason: "本物だった"})
	runs(t, s, "ppc-preliminary?", "ppc-entruster?", "ipa-virus?")
}

func TestANearMissOwesNothing(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{What: incident.KindNearMiss})
	runs(t, s)
	s.do(leader, incident.SetLevel{Level: l1})
	runs(t, s, "ppc-preliminary?", "ppc-entruster?", "ipa-virus?")
}

// Of two reports of the same thing the earlier one counts.
func TestAMergeNeverMakesAClockLonger(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{})
	env := s.env(nobody)
	env.Bot = true
	if _, ref := s.decide(incident.Absorb{From: "INC-2026-0002", Text: "名簿がない", Aware: night.AddDate(0, 0, -2)}, env); ref != nil {
		t.Fatal(ref.Key)
	}
	if c, _ := s.in.Clock("ppc-preliminary"); c.Due != "2026-11-24" {
		t.Errorf("due %s", c.Due)
	}
}

// Who is away is not reminded in vain.
func TestADeputyIsReminded(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{Facts: incident.Facts{incident.FactVirus: incident.Yes, incident.FactPersonalData: incident.No}})
	c, _ := s.in.Clock("ipa-virus")
	if got := s.in.ClockOwners(s.people, c.Duty, s.now); !slices.Equal(got, []incident.PersonID{admin}) {
		t.Errorf("%v", got)
	}
	s.people.away[admin] = leader
	if got := s.in.ClockOwners(s.people, c.Duty, s.now); !slices.Equal(got, []incident.PersonID{leader}) {
		t.Errorf("while he is away: %v", got)
	}
}

// later are the same rules with a later last day.
type later struct{ few }

func (later) Version() string { return "later" }

func (l later) Duties(f incident.Facts, aware, now time.Time) []incident.Duty {
	out := l.few.Duties(f, aware, now)
	for i := range out {
		if out[i].Law {
			out[i].Due, out[i].DueAt = day(aware, 15)
			out[i].Raw = out[i].Due
		}
	}
	return out
}

// Whoever only asks whether the clocks are those of the rules has no list of people, whatever
// follows from it once they are drawn anew.
func TestWhetherTheClocksAreStaleIsAskedWithoutPeople(t *testing.T) {
	s := reportedWithClocks(t, incident.Report{})
	s.do(leader, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Yes}})
	if s.in.ClocksStale(few{}, s.now) || !s.in.ClocksStale(later{}, s.now) {
		t.Error("a day that moved back is not seen, or is seen where none moved")
	}
	s.do(leader, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockPassed, To: "みなと商事"})
	if !s.in.ClocksStale(released{}, s.now) {
		t.Error("that telling the 委託元 is not enough any more is not seen")
	}
}

// released are the same rules, in which telling the 委託元 is not enough.
type released struct{ few }

func (r released) Duties(f incident.Facts, aware, now time.Time) []incident.Duty {
	out := r.few.Duties(f, aware, now)
	for i := range out {
		out[i].Passes = false
	}
	return out
}
