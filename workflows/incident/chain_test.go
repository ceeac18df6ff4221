package incident_test

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hikeshi/workflows/incident"
)

// story is an incident with texts in many of its entries.
func story(t *testing.T) *scene {
	t.Helper()
	s := tampering(t, l2, impersonal)
	s.do(admin, incident.Note{Text: "受注サーバーを切り離した"})
	s.do(leader, incident.SetField{Field: incident.FieldScope, Value: "受注"})
	s.do(leader, incident.SetField{Field: incident.FieldScope, Value: "受注と出荷"})
	return s
}

// stored gives the record as a store hands it out: decoded, with the texts put back.
func stored(s *scene) ([]incident.Record, [][]byte) {
	s.t.Helper()
	var records []incident.Record
	for i, r := range s.records {
		e, err := incident.Decode(r.Event.Kind(), s.bodies[i])
		if err != nil {
			s.t.Fatal(err)
		}
		r.Event = e
		r.ByName = incident.Text{Digest: r.ByName.Digest}
		incident.Restore(&r, s.texts)
		records = append(records, r)
	}
	bodies := make([][]byte, len(s.bodies))
	for i, b := range s.bodies {
		bodies[i] = slices.Clone(b)
	}
	return records, bodies
}

func TestASoundChain(t *testing.T) {
	s := story(t)
	records, bodies := stored(s)
	if got := incident.CheckChain(s.in.ID, records, bodies, s.in.Seq, s.in.Head); got != nil {
		t.Errorf("breaches in a sound record: %v", got)
	}
	if diff := cmp.Diff(s.records, records); diff != "" {
		t.Errorf("a stored record comes back different:\n%s", diff)
	}
	if got, want := asJSON(t, incident.Fold(s.in.ID, records)), asJSON(t, s.in); got != want {
		t.Errorf("the fold is %s\nwant %s", got, want)
	}
}

func TestTamperingIsNamed(t *testing.T) {
	const n = 5 // the entry that is tampered with, from 1
	type chain struct {
		s       *scene
		records []incident.Record
		bodies  [][]byte
		seq     int64
		head    string
	}
	note := func(c *chain) int { return int(c.s.last("note_added")) - 1 }
	for _, tt := range []struct {
		name   string
		tamper func(c *chain)
		want   string // every breach
	}{
		{"a changed body", func(c *chain) {
			i := note(c)
			c.bodies[i] = bytes.Replace(c.bodies[i], []byte("sha256"), []byte("sha255"), 1)
		}, "NOTE verify.changed"},
		{"a changed author", func(c *chain) { c.records[n-1].By = outsider }, "5 verify.changed"},
		{"a changed name", func(c *chain) { c.records[n-1].ByName.Body = "別人" }, "5 verify.text_changed"},
		{"a changed time", func(c *chain) { c.records[n-1].At = c.records[n-1].At.Add(1) }, "5 verify.changed"},
		{"a changed occurrence", func(c *chain) { c.records[n-1].Occurred = c.records[n-1].Occurred.Add(1) }, "5 verify.changed"},
		{"a changed source", func(c *chain) { c.records[n-1].Source = incident.FromTimer }, "5 verify.changed"},
		{"an entry of another incident", func(c *chain) { c.records[n-1].Incident = "INC-2026-0002" }, "5 verify.changed"},
		{"a changed text", func(c *chain) {
			i := note(c)
			e := c.records[i].Event.(incident.NoteAdded)
			e.Text.Body = "何もしていない"
			c.records[i].Event = e
		}, "NOTE verify.text_changed"},
		{"a changed text with a digest of its own", func(c *chain) {
			i := note(c)
			r := c.records[i]
			r.Event = incident.NoteAdded{Text: incident.T("何もしていない")}
			body, _, err := incident.Seal(&r, r.Prev, c.s.salt)
			if err != nil {
				panic(err)
			}
			digest := c.records[i].Digest
			c.records[i], c.bodies[i] = r, body
			c.records[i].Digest = digest
		}, "NOTE verify.changed"},
		{"an entry written anew, digest and all", func(c *chain) {
			r := c.records[n-1]
			r.Event = incident.LeftCircle{Person: admin}
			body, _, err := incident.Seal(&r, r.Prev, c.s.salt)
			if err != nil {
				panic(err)
			}
			c.records[n-1], c.bodies[n-1] = r, body
		}, "6 verify.link"},
		{"a removed entry", func(c *chain) {
			c.records, c.bodies = slices.Delete(c.records, n-1, n), slices.Delete(c.bodies, n-1, n)
		}, "5 verify.gap; 6 verify.link"},
		{"two entries the wrong way round", func(c *chain) {
			c.records[n-1], c.records[n] = c.records[n], c.records[n-1]
			c.bodies[n-1], c.bodies[n] = c.bodies[n], c.bodies[n-1]
		}, "5 verify.gap; 6 verify.link; 5 verify.order; 5 verify.link; 7 verify.link"},
		{"an inserted entry", func(c *chain) {
			r := incident.Record{Incident: c.s.in.ID, Seq: n, At: night, Occurred: night, By: admin, Source: incident.FromPerson, Event: incident.Joined{Person: outsider}}
			body, _, err := incident.Seal(&r, c.records[n-2].Digest, c.s.salt)
			if err != nil {
				panic(err)
			}
			c.records, c.bodies = slices.Insert(c.records, n-1, r), slices.Insert(c.bodies, n-1, body)
		}, "5 verify.order; 5 verify.link"},
		{"the first entry cut off", func(c *chain) { c.records, c.bodies = c.records[1:], c.bodies[1:] }, "1 verify.gap; 2 verify.link"},
		{"the end cut off", func(c *chain) { c.records, c.bodies = c.records[:n], c.bodies[:n] }, "6 verify.cut_off"},
		{"everything cut off", func(c *chain) { c.records, c.bodies = nil, nil }, "1 verify.cut_off"},
		{"a row that knows less", func(c *chain) { c.seq, c.head = n, c.records[n-1].Digest }, "6 verify.state"},
		{"a row with another head", func(c *chain) { c.head = c.records[0].Digest }, "LAST verify.link"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := story(t)
			records, bodies := stored(s)
			c := &chain{s, records, bodies, s.in.Seq, s.in.Head}
			names := strings.NewReplacer("NOTE", fmt.Sprint(s.last("note_added")), "LAST", fmt.Sprint(s.in.Seq))
			tt.tamper(c)
			var got []string
			for _, b := range incident.CheckChain(s.in.ID, c.records, c.bodies, c.seq, c.head) {
				if b.Incident != s.in.ID {
					t.Errorf("a breach of %s", b.Incident)
				}
				got = append(got, fmt.Sprintf("%d %s", b.Seq, b.Key))
			}
			if want := names.Replace(tt.want); strings.Join(got, "; ") != want {
				t.Errorf("got %s\nwant %s", strings.Join(got, "; "), want)
			}
		})
	}
}

func TestAnErasedTextLeavesTheChainWhole(t *testing.T) {
	s := story(t)
	seq := s.last("note_added")
	note := s.records[seq-1]
	digests := incident.TextDigests(&note)
	if len(digests) != 2 { // the text, and the author's name
		t.Fatalf("%d digests", len(digests))
	}
	delete(s.texts, digests[0])
	records, bodies := stored(s)
	if got := incident.CheckChain(s.in.ID, records, bodies, s.in.Seq, s.in.Head); got != nil {
		t.Errorf("breaches: %v", got)
	}
	e := records[seq-1].Event.(incident.NoteAdded)
	if !e.Text.Erased || e.Text.Body != "" || e.Text.IsZero() || incident.ErasedTexts(&records[seq-1]) != 1 {
		t.Errorf("%+v", e.Text)
	}
}

func TestTextsAreSaltedAndOutOfTheBody(t *testing.T) {
	s := story(t)
	s.do(admin, incident.Note{Text: "受注サーバーを切り離した"})
	var seen []string
	for i, r := range s.records {
		for _, secret := range []string{"受注", "置き忘れ", "名前"} {
			if bytes.Contains(s.bodies[i], []byte(secret)) {
				t.Errorf("entry %d carries a text in its canonical body: %s", r.Seq, s.bodies[i])
			}
		}
		for _, d := range incident.TextDigests(&r) {
			if slices.Contains(seen, d) {
				t.Errorf("entry %d: the same text has the same digest twice", r.Seq)
			}
			seen = append(seen, d)
		}
	}
	for d, x := range s.texts {
		if x.Salt == "" || x.Digest != d {
			t.Errorf("%+v", x)
		}
	}
}

// filled has one event of every kind with every member set; texts are written with T.
var filled = []incident.Event{
	incident.ReportReceived{Practice: true, Reporter: hanako, Name: incident.T("花子"), Department: salesDept, Text: incident.T("本文"), What: "virus", Category: "virus", Effect: "damage", Contractor: incident.T("委託先"), Facts: incident.Facts{"virus": "yes", "persons": "12"}, Procedure: "abc123", Frequent: 4},
	incident.Planned{Plan: incident.PlanKey{Category: "virus", Effect: "leak", Level: 3}, Steps: []incident.Step{{Key: "contain", N: 2, Role: "system_admin", Phase: "containment", Kind: "contain", Required: "if", When: "virus", Text: incident.Words{JA: "止める", EN: "stop"}, Section: "001 §9.4"}}},
	incident.Paged{Person: admin, Roles: []incident.Role{"system_admin"}, Round: 1, Because: "round", By: []incident.Means{"chat", "mail"}},
	incident.Acknowledged{Roles: []incident.Role{"system_admin"}},
	incident.Declined{Reason: incident.T("理由"), Besides: true},
	incident.PageStopped{Person: admin, Because: "answered"},
	incident.RoundPassed{Round: 2, Exhausted: true},
	incident.LeadTaken{Person: leader, How: "office"},
	incident.HandoverOffered{To: admin, Reason: incident.T("理由")},
	incident.HandoverRefused{Reason: incident.T("理由")},
	incident.PhaseMoved{From: "recovery", To: "investigation", Reason: incident.T("理由")},
	incident.LevelSet{From: 2, To: 3, Reason: incident.T("理由")},
	incident.LevelProposed{Level: 3, Reason: incident.T("理由")},
	incident.Recategorised{From: "other", To: "virus", Effect: "leak", Reason: incident.T("理由")},
	incident.Assigned{Person: admin, Step: "contain"},
	incident.StepDone{Step: "contain", Result: incident.T("結果")},
	incident.StepWaived{Step: "contain", Reason: incident.T("理由")},
	incident.StepReopened{Step: "contain"},
	incident.FactSet{Fact: "virus", Answer: "yes", Before: "no"},
	incident.FieldSet{Field: "scope", Value: incident.T("値"), Unknown: true, Reason: incident.T("理由"), Cleared: true, Before: incident.T("前"), BeforeUnknown: true, BeforeReason: incident.T("前の理由")},
	incident.NoteAdded{Text: incident.T("記録")},
	incident.Informed{Text: incident.T("追加"), FalseAlarm: true, Answers: []int64{3}},
	incident.Asked{Text: incident.T("質問")},
	incident.Corrected{Seq: 4, Text: incident.T("訂正")},
	incident.Undone{Seq: 4, What: "note_added", Reason: incident.T("理由"), Restored: true},
	incident.EvidenceRecorded{Name: incident.T("ログ"), Where: incident.T("金庫")},
	incident.PreventionSet{N: 1, Text: incident.T("研修"), Owner: admin, Due: "2026-12-24", Done: true, Before: incident.T("前"), BeforeOwner: leader, BeforeDue: "2026-12-01", BeforeDone: true},
	incident.PreventionRemoved{N: 1},
	incident.ReportMade{Version: 2},
	incident.Approved{Role: "representative", Deputy: true, Publication: "public", Comment: incident.T("承認")},
	incident.ApprovalVoided{Because: "field_set"},
	incident.IncidentClosed{From: "final_report", Comment: incident.T("以上")},
	incident.IncidentDismissed{From: "containment", Reason: incident.T("理由")},
	incident.IncidentReopened{From: "dismissed", To: "containment", Reason: incident.T("理由")},
	incident.MergedIntoOther{Into: "INC-2026-0001", From: "reported"},
	incident.ReportMerged{From: "INC-2026-0002", Reporters: []incident.PersonID{jiro}, Names: []incident.Text{incident.T("次郎")}, Departments: []string{affairDept}, Titles: []incident.Text{incident.T("題")}, Text: incident.T("本文"), Aware: night},
	incident.CircleRestricted{Excluded: []incident.PersonID{suspect}, Reason: incident.T("理由")},
	incident.Joined{Person: admin, Why: "role", Role: "system_admin"},
	incident.LeftCircle{Person: suspect},
	incident.FileAttached{Name: incident.T("画面.png"), Size: 12345, Type: "image/png", SHA256: strings.Repeat("ab", 32), Where: incident.T("金庫")},
	incident.MeansUsed{Person: admin, By: []incident.Means{"phone"}, Because: "waited"},
	incident.MeansFailed{Person: admin, Means: "chat", Why: "slow"},
	incident.Unreached{Person: admin},
	incident.HandoverWaited{To: admin},
	incident.CalledAgain{Calls: []incident.Paged{{Person: admin, Roles: []incident.Role{"system_admin"}, Round: 9, Because: "round", By: []incident.Means{"chat", "phone"}}}},
	incident.ClocksDrawn{Because: "fact", Facts: []incident.Answered{{Fact: "virus", Answer: "yes"}}, Started: []incident.Duty{wholeDuty}, Again: []incident.Rule{"ppc-final"}, Changed: []incident.Duty{{Rule: "police", Owner: "incident_lead", Aware: night}}, Firm: []incident.Rule{"police"}, Lapsed: []incident.Rule{"gdpr33"}, Rules: "abc123"},
	incident.ClockSettled{Rule: "ppc-final", How: "filed", On: "2026-11-24", Receipt: incident.T("R8-1"), To: incident.T("委員会"), Reason: incident.T("理由"), File: 7, With: 6},
	incident.ClockReopened{Rule: "ppc-final"},
	incident.RemindersPlanned{Rule: "ppc-final", At: []time.Time{night}, Before: []time.Time{night.Add(time.Hour)}, Reason: incident.T("理由")},
	incident.ClocksReminded{List: []incident.Reminder{{Rule: "ppc-final", At: night, Overdue: true, To: []incident.PersonID{leader}}}},
	incident.OutsideProposed{What: "press", Version: 2, Text: incident.T("お知らせ"), Length: 4},
	incident.OutsideApproved{What: "press", Version: 2, Role: "representative", Deputy: true, Own: true, Comment: incident.T("承認")},
	incident.OutsideRefused{What: "press", Version: 2, Reason: incident.T("理由")},
	incident.OutsidePublished{What: "press", Version: 2, On: night, Where: incident.T("ホームページ")},
	incident.OutsideSetBack{What: "press", Version: 2, To: "proposed", Asks: true},
	incident.PartySet{N: 1, Who: "persons", Name: incident.T("会員"), Count: 1200, Before: incident.T("前"), BeforeWho: "orgs", BeforeCount: 3},
	incident.PartyTold{N: 1, Topics: []incident.Topic{"fact", "measure"}, On: "2026-11-24", How: incident.T("郵送")},
	incident.PartyUntold{N: 1, Seq: 7},
	incident.PartyRemoved{N: 1, Reason: incident.T("理由")},
	incident.PartyRestored{N: 1},
}

// wholeDuty has every member set that the record keeps.
var wholeDuty = incident.Duty{
	Rule: "ppc-final", Owner: "incident_lead", Law: true, Passes: true, Voluntary: true, Provisional: true, Because: []incident.FactKey{"personal_data"},
	Aware: night, Target: "2026-12-01", Due: "2027-01-04", Raw: "2026-12-29", DueAt: night.Add(time.Hour), HolidayOpen: true,
}

// A page of the time before there were means keeps its encoding, and with it its digest.
func TestAPageWithoutMeansIsWrittenAsBefore(t *testing.T) {
	const before = `{"person":"admin","roles":["system_admin"],"round":1,"because":"round"}`
	r := incident.Record{
		Incident: "INC-2026-0001", Seq: 3, At: night, Occurred: night, By: admin, ByName: incident.T("管理者"), Source: incident.FromPerson,
		Event: incident.Paged{Person: admin, Roles: []incident.Role{"system_admin"}, Round: 1, Because: "round"},
	}
	body, _, err := incident.Seal(&r, "", func() string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if string(body) != before {
		t.Errorf("written as %s, before as %s", body, before)
	}
}

// A report of the time before reports of one guest were counted keeps its encoding.
func TestAReportThatIsNotOneOfManyIsWrittenAsBefore(t *testing.T) {
	r := incident.Record{
		Incident: "INC-2026-0001", Seq: 1, At: night, Occurred: night, By: admin, ByName: incident.T("管理者"), Source: incident.FromPerson,
		Event: incident.ReportReceived{Reporter: "hanako", What: "virus", Category: "virus", Procedure: "abc123"},
	}
	body, _, err := incident.Seal(&r, "", func() string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), "frequent") || !strings.HasSuffix(string(body), `"procedure":"abc123"}`) {
		t.Errorf("written as %s", body)
	}
}

// Entries of before keep their encoding: what they say more of now is left out where there is
// nothing of it.
func TestEntriesAreWrittenAsBefore(t *testing.T) {
	for before, e := range map[string]incident.Event{
		`{"because":"fact","changed":[{"rule":"police","owner":"incident_lead","aware":"2026-11-21T17:07:00Z"}],"lapsed":["gdpr33"],"rules":"abc123"}`: incident.ClocksDrawn{
			Because: "fact", Changed: []incident.Duty{{Rule: "police", Owner: "incident_lead", Aware: night}}, Lapsed: []incident.Rule{"gdpr33"}, Rules: "abc123",
		},
		`{"rule":"ppc-entruster","how":"filed","on":"2026-11-24"}`: incident.ClockSettled{Rule: incident.RuleEntruster, How: incident.ClockFiled, On: "2026-11-24"},
		`{}`: incident.Declined{},
	} {
		r := incident.Record{Incident: "INC-2026-0001", Seq: 3, At: night, Occurred: night, By: admin, Event: e}
		body, _, err := incident.Seal(&r, "", func() string { return "" })
		if err != nil || string(body) != before {
			t.Errorf("written as %s, before as %s: %v", body, before, err)
		}
	}
}

// What stands in the databases of companies must stay readable, and digest to the same:
// whoever changes a line of the golden file breaks the records that were written before.
func TestTheCanonicalEncodingIsStable(t *testing.T) {
	const file = "testdata/events.golden"
	var got bytes.Buffer
	salts, prev := 0, ""
	for i, e := range filled {
		if e.Kind() != incident.Events[i].Kind() {
			t.Fatalf("%s stands where %s is expected", e.Kind(), incident.Events[i].Kind())
		}
		v := reflect.ValueOf(e)
		for j := range v.NumField() {
			if v.Field(j).IsZero() {
				t.Errorf("%s: %s is not filled", e.Kind(), v.Type().Field(j).Name)
			}
		}
		r := incident.Record{Incident: "INC-2026-0001", Seq: int64(i + 1), At: night, Occurred: night, By: admin, ByName: incident.T("管理者"), Source: incident.FromPerson, Event: e}
		body, _, err := incident.Seal(&r, prev, func() string { salts++; return fmt.Sprintf("%032x", salts) })
		if err != nil {
			t.Fatal(err)
		}
		prev = r.Digest
		fmt.Fprintf(&got, "%s\t%s\t%s\n", e.Kind(), r.Digest, body)
	}
	if len(filled) != len(incident.Events) {
		t.Errorf("%d kinds are filled, there are %d", len(filled), len(incident.Events))
	}
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("records written before could not be checked any more:\n%s", diff)
	}
	for line := range strings.Lines(string(want)) {
		cells := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		e, err := incident.Decode(incident.EventKind(cells[0]), []byte(cells[2]))
		if err != nil {
			t.Errorf("%s: %v", cells[0], err)
			continue
		}
		if again := asJSON(t, e); again != cells[2] {
			t.Errorf("%s is read and written again as %s, it was %s", cells[0], again, cells[2])
		}
	}
}

func TestAnUnknownKindIsAnError(t *testing.T) {
	if _, err := incident.Decode("incident_eaten", []byte(`{}`)); err == nil || !strings.Contains(err.Error(), "incident_eaten") {
		t.Errorf("got %v", err)
	}
	if _, err := incident.Decode("note_added", []byte(`{"text":`)); err == nil {
		t.Error("half a body was read")
	}
	seen := map[incident.EventKind]bool{}
	for _, e := range incident.Events {
		if seen[e.Kind()] {
			t.Errorf("%s names two kinds", e.Kind())
		}
		seen[e.Kind()] = true
	}
}

// Whatever stands in a body, reading it ends in an event or an error, and neither applying
// nor checking it stops the program.
func FuzzDecodeEvent(f *testing.F) {
	for _, e := range filled {
		r := incident.Record{Incident: "INC-2026-0001", Seq: 1, Event: e}
		body, _, err := incident.Seal(&r, "", func() string { return strings.Repeat("0", 32) })
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(e.Kind()), body)
	}
	f.Add("report_merged", []byte(`{"reporters":["a","b"],"names":[]}`))
	f.Add("planned", []byte(`null`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		e, err := incident.Decode(incident.EventKind(kind), body)
		if err != nil {
			return
		}
		if e.Kind() != incident.EventKind(kind) {
			t.Errorf("%q is read as %s", kind, e.Kind())
		}
		r := incident.Record{Incident: "INC-2026-0001", Seq: 1, At: night, Occurred: night, By: admin, Event: e}
		incident.Restore(&r, nil)
		in := incident.Fold("INC-2026-0001", []incident.Record{r})
		asJSON(t, in)
		incident.Announce(nil, in, []incident.Record{r}, sampleCompany())
		incident.CheckChain(in.ID, []incident.Record{r}, [][]byte{body}, 1, "")
	})
}
