package incident_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

var everybody = []incident.PersonID{
	president, vice, leader, second, admin, admin2, privacy, salesHead, affairs, auditor, hanako, jiro, outsider, suspect, passerby, nobody,
}

var stepKeys = []string{"report", "contain", "tell_staff", "investigate", "restore_data", "restore_paper", "remedy", "publish", "preserve_evidence", "report_ppc", "prepare_victims", "none"}

func pick[T any](t *rapid.T, name string, from []T) T { return rapid.SampledFrom(from).Draw(t, name) }

func facts(t *rapid.T) incident.Facts {
	f := incident.Facts{}
	for range rapid.IntRange(0, 3).Draw(t, "facts") {
		k := pick(t, "fact", append(slices.Clone(incident.FactKeys), "weather"))
		f[k] = pick(t, "answer", []incident.Answer{incident.Yes, incident.No, incident.Unknown, "", "１２", "maybe"})
	}
	return f
}

func text(t *rapid.T) string {
	return pick(t, "text", []string{"記録", "x", "", "\u200b", "理由です", "二行\n目"})
}

func some(t *rapid.T) []incident.PersonID {
	return rapid.SliceOfN(rapid.SampledFrom(everybody[:15]), 0, 3).Draw(t, "people")
}

var someRules = []incident.Rule{"ppc-preliminary", incident.RuleEntruster, "ipa-virus", "gdpr33"}

// anyCommand is a command as anybody could send it, sensible or not.
func anyCommand(t *rapid.T, in *incident.Incident) incident.Command {
	person := func() incident.PersonID { return pick(t, "person", everybody) }
	phase := func() incident.Phase { return pick(t, "phase", append(slices.Clone(incident.Phases), "", in.Phase)) }
	level := func() incident.Level { return incident.Level(rapid.IntRange(-1, 4).Draw(t, "level")) }
	step := func() string { return pick(t, "step", stepKeys) }
	seq := func() int64 { return rapid.Int64Range(0, in.Seq+1).Draw(t, "seq") }
	return pick(t, "command", []func() incident.Command{
		func() incident.Command { return incident.Take{} },
		func() incident.Command { return incident.Take{} },
		func() incident.Command { return incident.Decline{Reason: text(t)} },
		func() incident.Command { return incident.Advance{From: phase()} },
		func() incident.Command { return incident.Back{Reason: text(t)} },
		func() incident.Command { return incident.SetLevel{Level: level(), Reason: text(t)} },
		func() incident.Command { return incident.SetLevel{Level: level(), Reason: text(t)} },
		func() incident.Command {
			return incident.Categorise{Category: pick(t, "category", incident.Categories), Effect: pick(t, "effect", append(slices.Clone(incident.Categories), "")), Reason: text(t)}
		},
		func() incident.Command {
			return incident.Assign{Person: person(), Step: pick(t, "of", []string{"", step()})}
		},
		func() incident.Command { return incident.HandOver{To: person(), Reason: text(t)} },
		func() incident.Command { return incident.AcceptHandover{Refuse: rapid.Bool().Draw(t, "refuse")} },
		func() incident.Command { return incident.DoStep{Step: step(), Result: text(t)} },
		func() incident.Command { return incident.Waive{Step: step(), Reason: text(t)} },
		func() incident.Command { return incident.Note{Text: text(t)} },
		func() incident.Command { return incident.Correct{Seq: seq(), Text: text(t)} },
		func() incident.Command { return incident.Undo{Seq: seq(), Reason: text(t)} },
		func() incident.Command { return incident.Undo{Seq: seq(), Reason: text(t)} },
		func() incident.Command {
			return incident.SetField{Field: pick(t, "field", incident.Fields), Value: pick(t, "value", []string{"x", "", "1:30", "2027-01-01"}), Unknown: rapid.Bool().Draw(t, "unknown"), Reason: text(t)}
		},
		func() incident.Command { return incident.SetFacts{Facts: facts(t)} },
		func() incident.Command { return incident.SetFacts{Facts: facts(t)} },
		func() incident.Command { return incident.RecordEvidence{Name: text(t), Where: "金庫"} },
		func() incident.Command {
			return incident.Attach{
				Name: text(t), Size: rapid.Int64Range(-1, incident.MaxFile+1).Draw(t, "size"), Type: "image/png",
				SHA256: strings.Repeat(pick(t, "digest", []string{"a", "b", "x"}), 64), Where: text(t),
			}
		},
		func() incident.Command {
			return incident.SetPrevention{N: rapid.IntRange(0, 2).Draw(t, "n"), Text: text(t), Owner: person(), Due: pick(t, "due", []string{"", "2026-12-24", "soon"})}
		},
		func() incident.Command { return incident.MakeReport{} },
		func() incident.Command {
			return incident.Approve{Publication: pick(t, "publication", []incident.Publication{"", "none", "public", "maybe"})}
		},
		func() incident.Command { return incident.Close{} },
		func() incident.Command { return incident.Dismiss{Reason: text(t)} },
		func() incident.Command { return incident.Reopen{Reason: "再発"} },
		func() incident.Command { return incident.Merge{Into: "INC-2026-0009"} },
		func() incident.Command { return incident.Restrict{Exclude: some(t), Reason: "本人に関わる"} },
		func() incident.Command { return incident.Ask{Text: text(t)} },
		func() incident.Command {
			return incident.Inform{Text: text(t), FalseAlarm: rapid.Bool().Draw(t, "false")}
		},
		func() incident.Command {
			return incident.Absorb{From: "INC-2026-0008", Text: "同じ件", Facts: facts(t), Reporters: []incident.Reporter{{ID: person(), Name: "別の人"}}}
		},
		func() incident.Command {
			return incident.PassRound{Round: rapid.IntRange(0, in.Round+1).Draw(t, "round")}
		},
		func() incident.Command {
			c := incident.FailMeans{Person: pick(t, "person", everybody), Means: pick(t, "means", incident.AllMeans), Why: pick(t, "trouble", incident.MeansTroubles)}
			if pg, called := in.Page(c.Person); called {
				c.Page = pg.Seq
			}
			return c
		},
		func() incident.Command {
			return incident.Recall{}
		},
		func() incident.Command {
			return incident.SettleClock{
				Rule: pick(t, "rule", someRules), How: pick(t, "how", []incident.ClockStatus{incident.ClockFiled, incident.ClockPassed, incident.ClockUnneeded, incident.ClockLapsed}),
				On: pick(t, "on", []string{"", "2026/11/22", "2026-11-01", "2027-01-01", "x"}), Receipt: text(t), To: text(t), Reason: text(t), File: seq(),
			}
		},
		func() incident.Command {
			p := incident.PlanReminders{Rule: pick(t, "rule", someRules), Reason: text(t)}
			for range rapid.IntRange(0, 3).Draw(t, "instants") {
				p.At = append(p.At, night.Add(time.Duration(rapid.IntRange(-10, 200).Draw(t, "hours"))*time.Hour))
			}
			return p
		},
		func() incident.Command { return incident.RemindClocks{} },
		func() incident.Command { return incident.RedrawClocks{} },
		func() incident.Command { return incident.ProposeText{What: textKind(t), Text: text(t)} },
		func() incident.Command { return incident.ProposeText{What: textKind(t), Text: text(t)} },
		func() incident.Command {
			return incident.ApproveText{What: textKind(t), Version: rapid.IntRange(0, 3).Draw(t, "version"), Comment: text(t)}
		},
		func() incident.Command {
			return incident.RefuseText{What: textKind(t), Version: rapid.IntRange(0, 3).Draw(t, "version"), Reason: text(t)}
		},
		func() incident.Command {
			return incident.PublishText{
				What: textKind(t), Version: rapid.IntRange(0, 3).Draw(t, "version"),
				When: pick(t, "when", []string{"", "1:30", "2026/11/22 2:10", "2027-01-01", "x"}), Where: text(t),
			}
		},
		func() incident.Command {
			return incident.SetParty{
				N: rapid.IntRange(0, 2).Draw(t, "n"), Kind: pick(t, "party", []incident.PartyKind{incident.PartyPersons, incident.PartyOrgs, "ghosts"}),
				Name: text(t), Count: pick(t, "count", []string{"", "1,200", "３", "0", "約千人"}),
			}
		},
		func() incident.Command {
			return incident.TellParty{
				N: rapid.IntRange(1, 2).Draw(t, "n"), Topics: rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(incident.Topics), "weather")), 0, 3).Draw(t, "topics"),
				On: pick(t, "on", []string{"", "2026/11/22", "2026-11-01", "2027-01-01", "x"}), How: text(t),
			}
		},
		func() incident.Command {
			return incident.RemoveParty{N: rapid.IntRange(1, 2).Draw(t, "n"), Reason: text(t)}
		},
	})()
}

func textKind(t *rapid.T) incident.TextKind {
	return pick(t, "text kind", []incident.TextKind{incident.TextPress, incident.TextIndividuals, "song"})
}

// sensible is what whoever is in charge would do next, so that walks get to the end.
func sensible(t *rapid.T, s *scene) (incident.PersonID, incident.Command) {
	by := nobody
	if leads := s.in.Leads(s.people); len(leads) > 0 {
		by = leads[0]
	}
	switch roll := rapid.IntRange(0, 39).Draw(t, "roll"); {
	case s.in.Phase.Ended():
		return by, incident.Reopen{Reason: "まだ終わっていない"}
	case roll == 0:
		return by, incident.Dismiss{Reason: "該当しない"}
	case roll == 1:
		return by, incident.Restrict{Exclude: some(t), Reason: "本人に関わる"}
	case roll < 6:
		open := s.in.UnfinishedTexts()
		if len(open) == 0 {
			return by, incident.ProposeText{What: incident.TextPress, Text: "お知らせ"}
		}
		text := open[0]
		if text.Status == incident.TextApproved {
			return by, incident.PublishText{What: text.What, Version: text.Version, Where: "ホームページ"}
		}
		return s.in.TextApprovers(s.people, text.By, s.now)[0], incident.ApproveText{What: text.What, Version: text.Version}
	}
	ms := s.in.MissingForAdvance(s.rules)
	if s.in.Phase == incident.FinalReport {
		ms = s.in.MissingForClose(s.rules)
	}
	if len(ms) == 0 {
		if s.in.Phase == incident.FinalReport {
			return by, incident.Close{}
		}
		return by, incident.Advance{From: s.in.Phase}
	}
	m := pick(t, "missing", ms)
	switch m.What {
	case incident.MissingLevel, incident.MissingFloor:
		return by, incident.SetLevel{Level: s.in.WorkingLevel()}
	case incident.MissingField:
		if incident.Field(m.Ref).IsTime() {
			return by, incident.SetField{Field: incident.Field(m.Ref), Value: "2026-11-22 1:00"}
		}
		return by, incident.SetField{Field: incident.Field(m.Ref), Value: "記入"}
	case incident.MissingStep:
		return by, incident.DoStep{Step: m.Ref}
	case incident.MissingFact:
		return by, incident.Waive{Step: m.Ref, Reason: "該当しない"}
	case incident.MissingClock:
		return by, incident.SettleClock{Rule: incident.Rule(m.Ref), How: pick(t, "how", []incident.ClockStatus{incident.ClockFiled, incident.ClockUnneeded}), Reason: "該当しない"}
	case incident.MissingActions:
		return by, incident.SetPrevention{Text: "研修", Owner: by, Due: "2026-12-24"}
	case incident.MissingActionOwner, incident.MissingActionDue:
		n, err := strconv.Atoi(m.Ref)
		if err != nil {
			panic(err)
		}
		return by, incident.SetPrevention{N: n, Text: "研修", Owner: by, Due: "2026-12-24"}
	}
	for _, p := range everybody {
		if s.in.May(s.people, p, incident.WordApprove) {
			by = p
		}
	}
	return by, incident.Approve{Publication: incident.PublishNone}
}

// Whatever anybody does, in whatever order: what is promised of an incident holds.
func TestWhateverPeopleDo(t *testing.T) {
	other := reported(t, incident.Report{What: incident.KindLoss}).in
	other.ID = "INC-2026-0009"
	reached := map[incident.Phase]int{}
	rapid.Check(t, func(rt *rapid.T) {
		s := &scene{t: t, now: night, people: sampleCompany(), rules: shippedRules(t), paging: paging.Usual(), in: incident.New("INC-2026-0001"), texts: map[string]incident.Text{}}
		if rapid.Bool().Draw(rt, "with clocks") {
			s.clocks = few{}
		}
		for range rapid.IntRange(0, 5).Draw(rt, "reached otherwise") {
			s.people.means[pick(rt, "reached", everybody)] = rapid.SliceOfDistinct(rapid.SampledFrom(incident.AllMeans), rapid.ID[incident.Means]).Draw(rt, "means")
		}
		for range rapid.IntRange(0, 3).Draw(rt, "away") {
			s.people.away[pick(rt, "who is away", everybody)] = pick(rt, "deputy", everybody)
		}
		first := incident.Report{Text: "気づいたこと", What: pick(rt, "kind", incident.Kinds), Facts: facts(rt), Exclude: some(rt), Earlier: rapid.IntRange(0, 2*incident.FreeReports).Draw(rt, "earlier")}
		if _, ref := s.decide(first, s.env(pick(rt, "reporter", everybody[:15]))); ref != nil {
			return
		}
		check(rt, s, incident.New(s.in.ID), 0)
		for range rapid.IntRange(20, 90).Draw(rt, "steps") {
			s.now = s.now.Add(time.Duration(rapid.IntRange(0, 400).Draw(rt, "seconds")) * time.Second)
			before, seq := s.in.Snapshot(), len(s.records)
			switch rapid.IntRange(0, 9).Draw(rt, "who") {
			case 0, 1, 2, 3:
				by, c := sensible(rt, s)
				s.decide(c, s.env(by))
			case 4:
				if due, round, ok := s.next(); ok {
					if due.After(s.now) {
						s.now = due
					}
					if events := s.bot(incident.PassRound{Round: round}); len(events) == 0 {
						rt.Fatalf("the wait of round %d ran out, and nothing came of it", round)
					}
				}
			case 5:
				if due, ok := s.in.NextReminder(s.clocks, s.now); ok {
					if due.After(s.now) {
						s.now = due
					}
					if events := s.bot(incident.RemindClocks{}); len(of[incident.ClocksReminded](events)) != 1 {
						rt.Fatalf("a reminder was due at %v, and nobody was told: %v", due, kinds(events))
					}
				}
			default:
				by, c := pick(rt, "by", everybody), anyCommand(rt, s.in)
				if rapid.Bool().Draw(rt, "insider") && len(s.in.Circle) > 0 {
					by = pick(rt, "member", s.in.Circle).Person
				}
				env := s.env(by)
				switch c := c.(type) {
				case incident.Undo:
					env = s.target(by, c.Seq)
				case incident.Correct:
					env = s.target(by, c.Seq)
				case incident.Merge:
					env.Other = other
				case incident.Absorb, incident.PassRound, incident.FailMeans, incident.Recall, incident.RemindClocks, incident.RedrawClocks:
					env.Bot = rapid.Bool().Draw(rt, "bot")
				}
				s.decide(c, env)
			}
			check(rt, s, before, seq)
			reached[s.in.Phase]++
		}
		records, bodies := stored(s)
		if got := incident.CheckChain(s.in.ID, records, bodies, s.in.Seq, s.in.Head); got != nil {
			rt.Fatalf("the chain is broken: %v", got)
		}
		if got, want := asJSON(t, incident.Fold(s.in.ID, records)), asJSON(t, s.in); got != want {
			rt.Fatalf("the fold of the stored record is\n%s\nthe state is\n%s", got, want)
		}
	})
	t.Logf("phases that the walks came to: %v", reached)
	for _, p := range incident.Phases {
		if reached[p] == 0 {
			t.Errorf("no walk came to %s: the test says nothing about it", p)
		}
	}
}

// check looks at one command's entries and at the state after them.
func check(t *rapid.T, s *scene, before *incident.Incident, from int) {
	in := s.in
	// Somebody acts, or something will happen by itself: never neither.
	if due, _, ok := s.next(); in.Seq > 0 && !in.Phase.Ended() && in.Chased() && !in.Attended(s.people) && !ok {
		t.Fatalf("nobody is responsible, and nothing is due (%s): %+v", due, in.Pages)
	}
	for _, r := range s.records[from:] {
		switch e := r.Event.(type) {
		case incident.PhaseMoved:
			if ms := before.MissingForAdvance(s.rules); e.From.Before(e.To) && len(ms) > 0 {
				t.Fatalf("moved from %s to %s with %v missing", e.From, e.To, ms)
			}
		case incident.LevelSet:
			if floor, why := before.Floor(); e.To < floor {
				t.Fatalf("level %s was set below %s (%s)", e.To, floor, why)
			}
			if e.To < e.From && e.Reason.Body == "" {
				t.Fatalf("lowered without a reason")
			}
		case incident.IncidentClosed:
			checkClosed(t, before)
		case incident.IncidentDismissed:
			if !slices.Contains([]incident.Phase{incident.Reported, incident.Containment, incident.Investigation}, e.From) || e.Reason.Body == "" {
				t.Fatalf("dismissed from %s: %q", e.From, e.Reason.Body)
			}
		case incident.ClocksReminded:
			for _, m := range e.List {
				if c, there := before.Clock(m.Rule); before.Phase.Ended() || !there || !c.Open() || m.At.After(r.At) || !m.At.After(c.Reminded) || len(m.To) == 0 {
					t.Fatalf("reminded of %+v by %+v", c, m)
				}
				for _, p := range m.To {
					if in.IsExcluded(p) || !s.people.Known(p) {
						t.Fatalf("%s is reminded of %s", p, m.Rule)
					}
				}
			}
		case incident.CalledAgain:
			for _, c := range e.Calls {
				if in.Phase.Ended() || in.IsExcluded(c.Person) || !s.people.Known(c.Person) {
					t.Fatalf("%s was called again", c.Person)
				}
			}
		case incident.Paged:
			if in.Phase.Ended() || in.IsExcluded(e.Person) || !s.people.Known(e.Person) {
				t.Fatalf("%s was called (%s)", e.Person, e.Because)
			}
		}
	}
	checkPrivacy(t, s, before)
	checkPeople(t, s)
	checkClocks(t, s)
	checkTexts(t, s, before, from)
	checkParties(t, s)
	if key := (incident.PlanKey{Category: in.Category, Effect: in.Effect, Level: in.WorkingLevel()}); !in.Phase.Ended() && in.Plan != key {
		t.Fatalf("the steps are those of %v, they should be those of %v", in.Plan, key)
	}
}

// checkClocks: what the rules ask for is there, until somebody has said what became of it; and
// what is closed owes nothing.
func checkClocks(t *rapid.T, s *scene) {
	in := s.in
	open := in.OpenClocks()
	if next, ok := in.NextReminder(s.clocks, s.now); in.Phase.Ended() && (len(open) > 0 || ok) {
		t.Fatalf("%s, and open are %+v, next %v", in.Phase, open, next)
	}
	if s.clocks == nil || in.Phase.Ended() || in.Seq == 0 {
		return
	}
	if in.ClocksStale(s.clocks, s.now) {
		t.Fatalf("the clocks are not those of the rules: %+v", in.Clocks)
	}
	if in.Facts.Is(incident.FactNearMiss) && in.WorkingLevel() == l0 {
		if len(open) > 0 {
			t.Fatalf("a near miss owes %+v", open)
		}
		return
	}
	for _, d := range s.clocks.Duties(in.Facts, in.Aware(), s.now) {
		c, there := in.Clock(d.Rule)
		switch {
		case !there, c.Status == incident.ClockLapsed:
			t.Fatalf("%s is owed, and there is %+v", d.Rule, c)
		case c.Status == incident.ClockUnneeded && (c.Reason == "" || c.Provisional && !d.Provisional):
			t.Fatalf("judged not to apply: %+v, owed %+v", c, d)
		case c.Open() && c.Due != d.Due:
			t.Fatalf("%s is due %s, by the rules %s", c.Rule, c.Due, d.Due)
		}
		if c.Open() && len(in.ClockOwners(s.people, c.Duty, s.now)) > 0 && !slices.ContainsFunc(in.ClockOwners(s.people, c.Duty, c.Since), in.InCircle) {
			t.Fatalf("nobody who sees the incident owns %s", c.Rule)
		}
	}
}

func checkClosed(t *rapid.T, before *incident.Incident) {
	a := before.Approval
	if a == nil || !before.Level.Confirmed() || before.Provisional() {
		t.Fatalf("closed at level %s (working %s), approval %+v", before.Level, before.WorkingLevel(), a)
	}
	roles := map[incident.Level][]incident.Role{
		l3: {incident.Representative}, l2: {incident.IncidentLead, incident.Representative},
		l1: {incident.IncidentLead, incident.Representative}, l0: {incident.SystemAdmin},
	}[before.Level]
	if !slices.Contains(roles, a.Role) || before.Level == l3 && a.Publication == "" {
		t.Fatalf("closed at level %s with the approval %+v", before.Level, a)
	}
	if before.Phase != incident.FinalReport && (before.Phase != incident.Reported || before.Level != l0) {
		t.Fatalf("closed from %s at level %s", before.Phase, before.Level)
	}
}

func checkPrivacy(t *rapid.T, s *scene, before *incident.Incident) {
	in := s.in
	for _, p := range in.Excluded {
		if in.InCircle(p) || in.CanRead(s.people, p) || in.Lead == p || slices.Contains(circle(in), p) || slices.Contains(in.Leads(s.people), p) {
			t.Fatalf("%s is left out and still has a part", p)
		}
		if pg, ok := in.Page(p); ok && pg.Status == incident.PageOpen {
			t.Fatalf("%s is left out and still called", p)
		}
	}
	told := s.told
	if before.Seq == in.Seq {
		told = nil // they were told before
	}
	for _, n := range told {
		may := n.To == "" || in.InCircle(n.To) || in.ReportedBy(n.To) || n.To == auditor
		// The page that he had before he was left out is taken back.
		had := slices.ContainsFunc(before.Pages, func(p incident.Page) bool { return p.Person == n.To && p.Seq == n.Seq })
		takenBack := n.Kind == incident.NoticePage && !n.Urgent && had && !before.IsExcluded(n.To)
		if !takenBack && (!may || in.IsExcluded(n.To)) {
			t.Fatalf("%s is told %s", n.To, n.Kind)
		}
	}
	if before.Seq == in.Seq && asJSON(s.t, before) != asJSON(s.t, in) {
		t.Fatalf("a refused command changed the incident")
	}
	for _, p := range everybody {
		for _, w := range incident.AllWords {
			own := w == incident.WordInform || w == incident.WordAttach && in.ReportedBy(p) && !in.IsExcluded(p)
			if w != incident.WordReport && !own && in.May(s.people, p, w) && !in.CanRead(s.people, p) {
				t.Fatalf("%s may %s what he may not read", p, w)
			}
		}
		for _, by := range everybody {
			if in.MayDownload(s.people, p, by) && (in.IsExcluded(p) || !in.CanRead(s.people, p) && (p != by || !in.ReportedBy(p))) {
				t.Fatalf("%s may download a file of %s", p, by)
			}
		}
	}
}

func checkPeople(t *rapid.T, s *scene) {
	in := s.in
	if len(in.Leads(s.people)) == 0 {
		t.Fatalf("nobody has the lead's rights, left out are %v", in.Excluded)
	}
	if !slices.ContainsFunc(everybody, func(p incident.PersonID) bool { return in.May(s.people, p, incident.WordSign) }) {
		t.Fatalf("nobody may approve what goes outside, left out are %v", in.Excluded)
	}
	if !slices.ContainsFunc(everybody, func(p incident.PersonID) bool { return in.May(s.people, p, incident.WordApprove) }) {
		t.Fatalf("nobody may approve at level %s, left out are %v", in.WorkingLevel(), in.Excluded)
	}
	seen := map[incident.PersonID]bool{}
	for _, p := range in.Pages {
		if seen[p.Person] {
			t.Fatalf("%s has two pages", p.Person)
		}
		seen[p.Person] = true
		if p.Status == incident.PageOpen && (!in.May(s.people, p.Person, incident.WordTake) || in.Phase.Ended()) {
			t.Fatalf("%s is called and may not answer (%s)", p.Person, in.Phase)
		}
	}
	members := circle(in)
	if len(slices.Compact(members)) != len(in.Circle) {
		t.Fatalf("somebody is in the circle twice: %v", circle(in))
	}
}
