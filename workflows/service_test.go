package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// place is a service over a real database in a file.
type place struct {
	url     string
	clock   *handClock
	store   workflows.Store
	service *workflows.Service
}

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func open(t fataler, url string, clock *handClock) *place {
	t.Helper()
	ctx := context.Background()
	p := &place{url: url, clock: clock}
	var err error
	if p.store, err = store.Open(ctx, url); err != nil {
		t.Fatal(err)
	}
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.service, err = workflows.New(ctx, workflows.Options{Store: p.store, Clock: clock, Book: book, Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.service.Contacts().People()) == 0 {
		rows, faults := contact.Parse(templates.SampleContacts())
		if faults != nil {
			t.Fatal(faults)
		}
		if _, err := p.service.ImportContacts(ctx, rows); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := open(t, pgtest.Database(t, filepath.Join(t.TempDir(), "test.db"), store.Migrate), &handClock{now: time.Date(2026, 11, 24, 2, 0, 0, 0, incident.Tokyo)})
	t.Cleanup(func() {
		if err := p.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *place) person(t fataler, name string) incident.Actor {
	t.Helper()
	found := p.service.Contacts().Find(name)
	if len(found) != 1 {
		t.Fatalf("%q: %v", name, found)
	}
	c, _ := p.service.Contacts().Person(found[0])
	return incident.Actor{ID: c.ID, Name: c.Name, Department: c.Department}
}

func (p *place) do(t fataler, c workflows.Command) workflows.Outcome {
	t.Helper()
	c.Source = incident.FromPerson
	out, err := p.service.Do(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheSameRequestIsCarriedOutOnce(t *testing.T) {
	p := newPlace(t)
	c := workflows.Command{Key: "k", By: p.person(t, "山本"), Do: incident.Report{Text: "誤送信しました"}}
	first, again := p.do(t, c), p.do(t, c)
	if again.Incident != first.Incident || !again.Repeated || first.Repeated {
		t.Errorf("first %+v, again %+v", first, again)
	}
}

func TestTheSameRequestAtTheSameMomentIsCarriedOutOnce(t *testing.T) {
	p := newPlace(t)
	c := workflows.Command{Key: "k", By: p.person(t, "山本"), Do: incident.Report{Text: "誤送信しました"}}
	ids := make([]incident.ID, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() { ids[i] = p.do(t, c).Incident })
	}
	wg.Wait()
	if slices.ContainsFunc(ids, func(id incident.ID) bool { return id != "TRN-2026-0001" }) {
		t.Errorf("numbers %q", ids)
	}
}

func TestTheSameTextIsAskedAboutForTenMinutes(t *testing.T) {
	p := newPlace(t)
	report := func(key, name, text string, anyway bool) workflows.Outcome {
		return p.do(t, workflows.Command{Key: key, By: p.person(t, name), Anyway: anyway, Do: incident.Report{Text: text}})
	}
	first := report("1", "山本", "PCを紛失しました", false)
	if out := report("2", "山本", " PCを紛失しました\n", false); out.Same != first.Incident || out.Accepted() {
		t.Errorf("the same text gave %+v", out)
	}
	if out := report("3", "中村", "PCを紛失しました", false); !out.Accepted() {
		t.Errorf("another person's report gave %+v", out)
	}
	if out := report("4", "山本", "PCを紛失しました", true); !out.Accepted() {
		t.Errorf("insisting gave %+v", out)
	}
	p.clock.move(11 * time.Minute)
	if out := report("5", "山本", "PCを紛失しました", false); !out.Accepted() {
		t.Errorf("eleven minutes later: %+v", out)
	}
}

// Two people press the same button at once: one wins, the other is told what changed.
func TestTwoPeopleAdvanceAtOnce(t *testing.T) {
	p := newPlace(t)
	id := p.do(t, workflows.Command{Key: "r", By: p.person(t, "山本"), Do: incident.Report{Text: "サーバーが止まりました", What: incident.KindServiceStop}}).Incident
	lead, boss := p.person(t, "佐藤"), p.person(t, "田中")
	seen := p.do(t, workflows.Command{Key: "t", By: lead, Incident: id, Do: incident.Take{}}).Seq
	seen = p.do(t, workflows.Command{Key: "l", By: lead, Incident: id, Seen: seen, Do: incident.SetLevel{Level: incident.Level2}}).Seq
	first := p.do(t, workflows.Command{Key: "a1", By: lead, Incident: id, Seen: seen, Do: incident.Advance{From: incident.Reported}})
	if !first.Accepted() {
		t.Fatalf("%+v", first.Refusal)
	}
	second := p.do(t, workflows.Command{Key: "a2", By: boss, Incident: id, Seen: seen, Do: incident.Advance{From: incident.Reported}})
	if second.Refusal == nil || second.Refusal.Key != "refuse.conflict" || !slices.Contains(second.Changes, incident.PhaseMoved{}.Kind()) {
		t.Errorf("the second advance gave %+v", second)
	}
	// A note about the state seen before is no decision: it is taken.
	if out := p.do(t, workflows.Command{Key: "n", By: boss, Incident: id, Seen: seen, Do: incident.Note{Text: "電話で確認"}}); !out.Accepted() {
		t.Errorf("a note gave %+v", out.Refusal)
	}
}

func TestAMergeIsOneTransactionInBothIncidents(t *testing.T) {
	p := newPlace(t)
	lead := p.person(t, "佐藤")
	a := p.do(t, workflows.Command{Key: "1", By: p.person(t, "山本"), Do: incident.Report{Text: "共有フォルダが開けない"}}).Incident
	b := p.do(t, workflows.Command{Key: "2", By: p.person(t, "中村"), Do: incident.Report{Text: "ファイルの名前が変わった", Facts: incident.Facts{incident.FactRansomware: incident.Yes}}}).Incident
	if out := p.do(t, workflows.Command{Key: "m", By: lead, Incident: b, Do: incident.Merge{Into: a}}); !out.Accepted() {
		t.Fatalf("%+v", out.Refusal)
	}
	in, access, err := p.service.Incident(t.Context(), p.person(t, "中村").ID, a)
	if err != nil || access == workflows.AccessNone {
		t.Fatalf("the second reporter does not see where his report went: %v", err)
	}
	if !in.Facts.Is(incident.FactRansomware) || !slices.Contains(in.Merged, b) {
		t.Errorf("what the second reporter knew is lost: %+v", in.Facts)
	}
	other, _, err := p.service.Incident(t.Context(), lead.ID, b)
	if err != nil || other.MergedInto != a || other.Phase != incident.Closed {
		t.Errorf("%+v, %v", other, err)
	}
}

// What was taken for a ヒヤリハット is none any more once a report is merged in that was not.
func TestAMergeSaysWhetherBothWereNearMisses(t *testing.T) {
	p := newPlace(t)
	lead := p.person(t, "佐藤")
	report := func(key string, what incident.Kind) incident.ID {
		return p.do(t, workflows.Command{Key: key, By: lead, Do: incident.Report{Text: "送る前に気づいた " + key, What: what}}).Incident
	}
	into := report("1", incident.KindNearMiss)
	for _, c := range []struct {
		key  string
		what incident.Kind
		want incident.Answer
	}{{"2", incident.KindNearMiss, incident.Yes}, {"3", incident.KindTampering, incident.Unknown}} {
		if out := p.do(t, workflows.Command{Key: "m" + c.key, By: lead, Incident: report(c.key, c.what), Do: incident.Merge{Into: into}}); !out.Accepted() {
			t.Fatalf("%+v", out.Refusal)
		}
		in, _, err := p.service.Incident(t.Context(), lead.ID, into)
		if err != nil || in.Facts.Get(incident.FactNearMiss) != c.want {
			t.Errorf("after a report of %s: %v, %v", c.what, in.Facts, err)
		}
	}
}

func TestUndoTakesBackTheOwnLastEntry(t *testing.T) {
	p := newPlace(t)
	id := p.do(t, workflows.Command{Key: "r", By: p.person(t, "山本"), Do: incident.Report{Text: "誤送信"}}).Incident
	lead, admin := p.person(t, "佐藤"), p.person(t, "鈴木")
	p.do(t, workflows.Command{Key: "n1", By: lead, Incident: id, Do: incident.Note{Text: "別の件のメモ"}})
	p.do(t, workflows.Command{Key: "n2", By: admin, Incident: id, Do: incident.Note{Text: "管理者のメモ"}})
	out := p.do(t, workflows.Command{Key: "u1", By: lead, Incident: id, Do: incident.Undo{}})
	if !out.Did(incident.Undone{}.Kind()) {
		t.Fatalf("%+v", out)
	}
	records, err := p.service.Record(t.Context(), lead.ID, id, out.First)
	if err != nil {
		t.Fatal(err)
	}
	u := records[0].Event.(incident.Undone)
	old, err := p.service.Entry(t.Context(), id, u.Seq)
	if err != nil || old.Event.(incident.NoteAdded).Text.Body != "別の件のメモ" {
		t.Errorf("took back %+v, %v", old, err)
	}
	if out := p.do(t, workflows.Command{Key: "u2", By: lead, Incident: id, Do: incident.Undo{}}); out.Refusal == nil || out.Refusal.Key != "refuse.nothing_to_undo" {
		t.Errorf("a second undo gave %+v", out)
	}
}

func TestOutsidersLearnNothing(t *testing.T) {
	p := newPlace(t)
	id := p.do(t, workflows.Command{Key: "r", By: p.person(t, "山本"), Do: incident.Report{Text: "秘密の件"}}).Incident
	outsider := p.person(t, "中村")
	missing := p.do(t, workflows.Command{Key: "x", By: outsider, Incident: "TRN-2026-9999", Do: incident.Note{Text: "あ"}})
	there := p.do(t, workflows.Command{Key: "y", By: outsider, Incident: id, Do: incident.Note{Text: "あ"}})
	if missing.Refusal == nil || there.Refusal == nil || missing.Refusal.Key != there.Refusal.Key {
		t.Errorf("an incident that is there is refused with %v, one that is not with %v", there.Refusal, missing.Refusal)
	}
	ctx := t.Context()
	for what, err := range map[string]error{
		"incident": second(p.service.Incident(ctx, outsider.ID, id)),
		"record":   errOf(p.service.Record(ctx, outsider.ID, id, 1)),
		"channel":  errOf(p.service.Channel(ctx, outsider.ID, id, 0)),
		"messages": errOf(p.service.Sent(ctx, outsider.ID, id)),
	} {
		if !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	list, _, err := p.service.Incidents(ctx, outsider.ID, workflows.Listing{})
	if err != nil || len(list) != 0 {
		t.Errorf("lists %v, %v", list, err)
	}
	// The reporter sees his own report, and neither the record nor the channel.
	reporter := p.person(t, "山本")
	if _, access, err := p.service.Incident(ctx, reporter.ID, id); access != workflows.AccessReporter || err != nil {
		t.Errorf("the reporter's access is %v, %v", access, err)
	}
	if _, err := p.service.Record(ctx, reporter.ID, id, 1); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("the reporter reads the record: %v", err)
	}
}

func second(_ *incident.Incident, _ workflows.Access, err error) error { return err }
func errOf[T any](_ T, err error) error                                { return err }

// anyCommand draws any command at all, sensible or not.
func anyCommand(r *rapid.T, people []incident.PersonID, steps []string) incident.Command {
	text := rapid.SampledFrom([]string{"", "確認しました", "𠮷野家 🍣", "a\x00b", "\u202e逆さ", "長い" + string(make([]byte, 50))})
	reason := text.Draw(r, "reason")
	person := rapid.SampledFrom(append(people, "p-nobody", ""))
	step := rapid.SampledFrom(append(steps, "no_such_step"))
	switch rapid.IntRange(0, 25).Draw(r, "command") {
	case 0:
		return incident.Take{}
	case 1:
		return incident.Decline{Reason: reason}
	case 2, 3:
		return incident.Advance{}
	case 4:
		return incident.Back{Reason: reason}
	case 5, 6:
		return incident.SetLevel{Level: incident.Level(rapid.IntRange(-1, 4).Draw(r, "level")), Reason: reason}
	case 7:
		return incident.Categorise{Category: rapid.SampledFrom(incident.Categories).Draw(r, "category"), Effect: rapid.SampledFrom(incident.Categories).Draw(r, "effect"), Reason: reason}
	case 8:
		return incident.Assign{Person: person.Draw(r, "person"), Step: step.Draw(r, "step")}
	case 9:
		return incident.HandOver{To: person.Draw(r, "person"), Reason: reason}
	case 10:
		return incident.AcceptHandover{Refuse: rapid.Bool().Draw(r, "refuse")}
	case 11, 12:
		return incident.DoStep{Step: step.Draw(r, "step"), Result: reason}
	case 13:
		return incident.Waive{Step: step.Draw(r, "step"), Reason: "対象外です"}
	case 14:
		return incident.Note{Text: reason}
	case 15:
		return incident.Undo{Seq: int64(rapid.IntRange(0, 40).Draw(r, "seq"))}
	case 16:
		return incident.Correct{Seq: int64(rapid.IntRange(0, 40).Draw(r, "seq")), Text: reason}
	case 17, 18:
		f := rapid.SampledFrom(incident.Fields).Draw(r, "field")
		v := rapid.SampledFrom([]string{"記入しました", "2026-11-24T01:00", "2027-01-01T00:00", ""}).Draw(r, "value")
		return incident.SetField{Field: f, Value: v, Unknown: rapid.Bool().Draw(r, "unknown"), Reason: reason}
	case 19:
		k := rapid.SampledFrom(incident.FactKeys).Draw(r, "fact")
		return incident.SetFacts{Facts: incident.Facts{k: rapid.SampledFrom([]incident.Answer{incident.Yes, incident.No, incident.Unknown, "12", "?"}).Draw(r, "answer")}}
	case 20:
		return incident.SetPrevention{N: rapid.IntRange(0, 2).Draw(r, "n"), Text: "再発防止", Owner: person.Draw(r, "owner"), Due: rapid.SampledFrom([]string{"2026-12-01", "", "あした"}).Draw(r, "due")}
	case 21:
		return incident.Approve{Publication: rapid.SampledFrom([]incident.Publication{"", incident.PublishNone, incident.PublishPublic}).Draw(r, "publication")}
	case 22:
		return incident.Close{}
	case 23:
		return incident.Dismiss{Reason: reason}
	case 24:
		return incident.Reopen{Reason: reason}
	default:
		return rapid.SampledFrom([]incident.Command{
			incident.Restrict{Exclude: []incident.PersonID{person.Draw(r, "left out")}, Reason: "内部の件"},
			incident.Restrict{}, incident.Ask{Text: "いつですか"}, incident.Inform{Text: "追加です"}, incident.Inform{Text: "違うかも", FalseAlarm: true},
			incident.RecordEvidence{Name: "ログ", Where: "NAS"}, incident.MakeReport{}, incident.PassRound{},
			incident.Merge{Into: "TRN-2026-0001"}, incident.Merge{Into: "TRN-2026-0002"},
		}).Draw(r, "rare")
	}
}

// Any commands by anybody keep the promises: what was accepted is in the record after the
// database was closed and opened again, what was refused changed nothing, the rows follow
// from the records, the chains hold, and nobody sees what he may not.
func TestAnySequenceKeepsThePromises(t *testing.T) {
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		runs++
		ctx := context.Background()
		clock := &handClock{now: time.Date(2026, 11, 24, 2, 0, 0, 0, incident.Tokyo)}
		p := open(r, pgtest.Database(t, filepath.Join(dir, fmt.Sprintf("%d.db", runs)), store.Migrate), clock)
		var people []incident.PersonID
		for _, c := range p.service.Contacts().People() {
			people = append(people, c.ID)
		}
		var ids []incident.ID
		for i, name := range []string{"山本", "中村"} {
			report := incident.Report{Text: "報告 " + name, What: rapid.SampledFrom(incident.Kinds).Draw(r, "kind")}
			out := p.do(r, workflows.Command{Key: fmt.Sprintf("r%d", i), By: p.person(r, name), Do: report})
			ids = append(ids, out.Incident)
		}
		var outcomes []workflows.Outcome
		for i := range rapid.IntRange(5, 40).Draw(r, "commands") {
			clock.move(time.Duration(rapid.IntRange(0, 600).Draw(r, "seconds")) * time.Second)
			id := rapid.SampledFrom(ids).Draw(r, "incident")
			before, err := p.store.Incident(ctx, id)
			if err != nil {
				r.Fatal(err)
			}
			var steps []string
			for _, s := range before.Steps {
				steps = append(steps, s.Key)
			}
			c, _ := p.service.Contacts().Person(rapid.SampledFrom(people).Draw(r, "by"))
			out := p.do(r, workflows.Command{
				Key: fmt.Sprintf("c%d", i), Incident: id, By: incident.Actor{ID: c.ID, Name: c.Name, Department: c.Department},
				Do: anyCommand(r, people, steps),
			})
			after, err := p.store.Incident(ctx, id)
			if err != nil {
				r.Fatal(err)
			}
			if !out.Accepted() && after.Seq != before.Seq {
				r.Fatalf("a refused command (%s) left %d entries", out.Refusal.Key, after.Seq-before.Seq)
			}
			if out.Accepted() {
				outcomes = append(outcomes, out)
			}
		}
		if err := p.store.Close(); err != nil {
			r.Fatal(err)
		}
		p = open(r, p.url, clock)
		defer p.store.Close()
		for _, out := range outcomes {
			if out.First == 0 {
				continue
			}
			records, err := p.store.Records(ctx, out.Incident, out.First, len(out.Kinds))
			if err != nil || len(records) != len(out.Kinds) {
				r.Fatalf("of %v only %d entries are there: %v", out.Kinds, len(records), err)
			}
			for i, k := range out.Kinds {
				if records[i].Event.Kind() != k {
					r.Fatalf("entry %d is %s, the outcome said %s", records[i].Seq, records[i].Event.Kind(), k)
				}
			}
		}
		v, err := workflows.Verify(ctx, p.store)
		if err != nil || len(v.Breaches) > 0 {
			r.Fatalf("verify: %+v, %v", v.Breaches, err)
		}
		checkSecrecy(r, p, ids)
	})
}

// checkSecrecy compares what each person is shown with what the state says he may see.
func checkSecrecy(r *rapid.T, p *place, ids []incident.ID) {
	ctx := context.Background()
	for _, c := range p.service.Contacts().People() {
		auditor := p.service.Contacts().Holds(c.ID, incident.Auditor)
		for _, id := range ids {
			in, err := p.store.Incident(ctx, id)
			if err != nil {
				r.Fatal(err)
			}
			left := slices.Contains(in.Excluded, c.ID)
			member := slices.ContainsFunc(in.Circle, func(m incident.Member) bool { return m.Person == c.ID })
			reporter := slices.ContainsFunc(in.Reporters, func(rep incident.Reporter) bool { return rep.ID == c.ID })
			_, err = p.service.Record(ctx, c.ID, id, 1)
			if may := !left && (member || auditor); may != (err == nil) {
				r.Fatalf("%s reads the record of %s: %v, may: %v", c.Name, id, err, may)
			}
			list, _, err := p.service.Incidents(ctx, c.ID, workflows.Listing{})
			if err != nil {
				r.Fatal(err)
			}
			listed := slices.ContainsFunc(list, func(l workflows.Listed) bool { return l.ID == id })
			if may := !left && (member || auditor || reporter); listed != may {
				r.Fatalf("%s is listed for %s: %v, may: %v", id, c.Name, listed, may)
			}
			msgs, err := p.store.Messages(ctx, workflows.MessageQuery{Person: c.ID, Incident: id})
			if err != nil {
				r.Fatal(err)
			}
			for _, m := range msgs {
				if _, _, err := p.service.ForMessage(ctx, m); left && err == nil {
					r.Fatalf("%s is left out and still gets %s", c.Name, m.Key)
				}
			}
		}
	}
}

// The entry by which an undoing set something back is part of it: 取消 twice takes back two
// things, not one thing twice.
func TestUndoTwiceTakesBackTwoThings(t *testing.T) {
	p := newPlace(t)
	id := p.do(t, workflows.Command{Key: "r", By: p.person(t, "山本"), Do: incident.Report{Text: "誤送信"}}).Incident
	lead := p.person(t, "佐藤")
	p.do(t, workflows.Command{Key: "n", By: lead, Incident: id, Do: incident.Note{Text: "別の件のメモ"}})
	p.do(t, workflows.Command{Key: "f", By: lead, Incident: id, Do: incident.SetField{Field: incident.FieldScope, Value: "別の件の範囲"}})
	p.do(t, workflows.Command{Key: "u1", By: lead, Incident: id, Do: incident.Undo{}})
	out := p.do(t, workflows.Command{Key: "u2", By: lead, Incident: id, Do: incident.Undo{}})
	in, _, err := p.service.Incident(t.Context(), lead.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	if v, there := in.Fields[incident.FieldScope]; there {
		t.Errorf("the wrong field is back: %+v", v)
	}
	records, err := p.service.Record(t.Context(), lead.ID, id, out.First)
	if err != nil {
		t.Fatal(err)
	}
	if u, ok := records[0].Event.(incident.Undone); !ok || u.What != (incident.NoteAdded{}).Kind() {
		t.Errorf("the second undo did %+v", records[0].Event)
	}
}

// Two people who leave out different people at once must not let one of them back in.
func TestRestrictingOnAnOldViewIsRefused(t *testing.T) {
	p := newPlace(t)
	id := p.do(t, workflows.Command{Key: "r", By: p.person(t, "山本"), Do: incident.Report{Text: "持ち出し"}}).Incident
	lead, boss := p.person(t, "佐藤"), p.person(t, "田中")
	seen := p.do(t, workflows.Command{Key: "n", By: lead, Incident: id, Do: incident.Take{}}).Seq
	first := p.do(t, workflows.Command{Key: "x1", By: lead, Incident: id, Seen: seen, Do: incident.Restrict{Exclude: []incident.PersonID{p.person(t, "鈴木").ID}, Reason: "内部の件"}})
	if !first.Accepted() {
		t.Fatal(first.Refusal)
	}
	second := p.do(t, workflows.Command{Key: "x2", By: boss, Incident: id, Seen: seen, Do: incident.Restrict{Exclude: []incident.PersonID{p.person(t, "渡辺").ID}, Reason: "内部の件"}})
	if second.Refusal == nil || second.Refusal.Key != "refuse.conflict" {
		t.Errorf("the second restriction gave %+v", second)
	}
}

// Who signs must have seen what he signs.
func TestApprovingWhatChangedMeanwhileIsRefused(t *testing.T) {
	p := newPlace(t)
	id := p.do(t, workflows.Command{Key: "r", By: p.person(t, "山本"), Do: incident.Report{Text: "転びかけた", What: incident.KindNearMiss}}).Incident
	admin, lead := p.person(t, "鈴木"), p.person(t, "佐藤")
	seen := p.do(t, workflows.Command{Key: "l", By: lead, Incident: id, Do: incident.SetLevel{Level: incident.Level0}}).Seq
	p.do(t, workflows.Command{Key: "f", By: lead, Incident: id, Do: incident.SetField{Field: incident.FieldExpectedDamage, Value: "骨折"}})
	out := p.do(t, workflows.Command{Key: "a", By: admin, Incident: id, Seen: seen, Do: incident.Approve{}})
	if out.Refusal == nil || out.Refusal.Key != "refuse.conflict" {
		t.Errorf("approving an old view gave %+v", out)
	}
	if out := p.do(t, workflows.Command{Key: "a2", By: admin, Incident: id, Do: incident.Approve{}}); !out.Accepted() {
		t.Errorf("approving the present gave %+v", out.Refusal)
	}
}

// A list imported by another process counts at once, also for who only looks.
func TestAnImportBesideTheServerCountsForReading(t *testing.T) {
	p := newPlace(t)
	id := p.do(t, workflows.Command{Key: "r", By: p.person(t, "山本"), Do: incident.Report{Text: "誤送信"}}).Incident
	auditor := p.person(t, "小林").ID
	if _, _, err := p.service.Incident(t.Context(), auditor, id); err != nil {
		t.Fatal(err)
	}
	people, _, err := p.store.Contacts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range people {
		people[i].Active = people[i].Active && people[i].ID != auditor
	}
	if err := p.store.ReplaceContacts(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.service.Incident(t.Context(), auditor, id); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("who left the company still reads: %v", err)
	}
	if list, _, err := p.service.Incidents(t.Context(), auditor, workflows.Listing{}); err != nil || len(list) > 0 {
		t.Errorf("and is listed %d incidents, %v", len(list), err)
	}
}

// Verify runs beside a working server without calling its work tampering.
func TestVerifyBesideAWorkingServer(t *testing.T) {
	p := newPlace(t)
	id := p.do(t, workflows.Command{Key: "r", By: p.person(t, "山本"), Do: incident.Report{Text: "誤送信"}}).Incident
	lead := p.person(t, "佐藤")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 300 {
			select {
			case <-stop:
				return
			default:
				p.do(t, workflows.Command{Key: fmt.Sprintf("n%d", i), By: lead, Incident: id, Do: incident.Note{Text: "記録"}})
				if i%10 == 0 {
					p.do(t, workflows.Command{Key: fmt.Sprintf("r%d", i), By: lead, Do: incident.Report{Text: fmt.Sprintf("別の件 %d", i)}})
				}
			}
		}
	})
	for range 10 {
		v, err := workflows.Verify(t.Context(), p.store)
		if err != nil || len(v.Breaches) > 0 {
			t.Errorf("%+v, %v", v.Breaches, err)
		}
	}
	close(stop)
	wg.Wait()
}

// A timer that was claimed and then replaced, because others were called meanwhile, does not
// take the new one along when it is carried out late.
func TestAReplacedTimerOutlivesTheOneThatWasClaimed(t *testing.T) {
	p := newPlace(t)
	ctx := t.Context()
	id := p.do(t, workflows.Command{Key: "r", By: p.person(t, "山本"), Do: incident.Report{Text: "名簿を誤って送った"}}).Incident
	due, ok, err := p.service.NextDue(ctx)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	far := p.clock.now.Add(24 * time.Hour)
	claimed, err := p.store.ClaimTimers(ctx, far, "slow", time.Minute, 10)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %+v, %v (due %s)", claimed, err, due)
	}
	// Two minutes later everybody called says no: others are called, with a wait of their own.
	p.clock.now = p.clock.now.Add(2 * time.Minute)
	in, err := p.store.Incident(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	for n, page := range in.Pages {
		person, _ := p.service.Contacts().Person(page.Person)
		p.do(t, workflows.Command{Key: fmt.Sprintf("no%d", n), Incident: id, By: incident.Actor{ID: person.ID, Name: person.Name, Department: person.Department}, Do: incident.Decline{Reason: "出先"}})
	}
	before, err := p.store.Incident(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	want, waiting := paging.Usual().Due(before, p.service.People())
	round := before.Round
	if !waiting {
		t.Fatal("nobody is waited for: the test tests nothing")
	}
	if err := p.service.Fire(ctx, claimed[0]); err != nil {
		t.Fatal(err)
	}
	after, err := p.store.Incident(ctx, id)
	if err != nil || after.Seq != before.Seq {
		t.Errorf("the late timer wrote %d entries, %v", after.Seq-before.Seq, err)
	}
	left, err := p.store.ClaimTimers(ctx, far, "next", time.Minute, 10)
	if err != nil || len(left) != 1 || left[0].Round != round || !left[0].Due.Equal(want) {
		t.Errorf("timers left: %+v, %v; want round %d at %s", left, err, round, want)
	}
}
