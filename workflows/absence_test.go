package workflows_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

func period(from, to string, deputy incident.PersonID) contact.Absence {
	return contact.Absence{From: from, To: to, Deputy: deputy}
}

// away tells an absence that must be taken.
func (p *place) away(t *testing.T, key, by, person string, a contact.Absence) workflows.AbsenceDone {
	t.Helper()
	out, err := p.service.SetAbsence(t.Context(), key, p.person(t, by).ID, p.person(t, person).ID, a)
	if err != nil {
		t.Fatal(err)
	}
	if out.Refusal != nil {
		t.Fatalf("refused: %+v", *out.Refusal)
	}
	return out
}

func TestAnAbsenceCountsAtOnceAndOnce(t *testing.T) {
	p := newPlace(t)
	sato, suzuki := p.person(t, "佐藤").ID, p.person(t, "鈴木").ID
	days := period("2026-11-24", "2026-11-30", suzuki)
	out := p.away(t, "k", "佐藤", "佐藤", days)
	if again := p.away(t, "k", "佐藤", "佐藤", days); !again.Repeated || again.Absence != out.Absence || out.Repeated {
		t.Errorf("first %+v, again %+v", out, again)
	}
	now := p.clock.Now()
	if deputy, away := p.service.Contacts().Away(sato, now); !away || deputy != suzuki {
		t.Errorf("the deputy is %q, away %v", deputy, away)
	}
	// An import replaces the list, and not what people have told.
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	if _, err := p.service.ImportContacts(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	if _, away := p.service.Contacts().Away(sato, now); !away {
		t.Error("an import has ended the absence")
	}
	if list, err := p.service.Absences(t.Context(), p.person(t, "山本").ID); err != nil || len(list) != 1 || !list[0].Told || list[0].Person != sato {
		t.Errorf("listed %+v, %v", list, err)
	}
	if list, err := p.service.Absences(t.Context(), "slack:U9"); err != nil || list != nil {
		t.Errorf("a stranger is told %+v, %v", list, err)
	}
	p.clock.move(7 * 24 * time.Hour)
	if list, err := p.service.Absences(t.Context(), sato); err != nil || len(list) != 0 {
		t.Errorf("an ended one is listed: %+v, %v", list, err)
	}
}

// Another process on the same database knows of it with its next command.
func TestAnAbsenceCountsForOtherProcesses(t *testing.T) {
	p := newPlace(t)
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := workflows.New(t.Context(), workflows.Options{Store: p.store, Clock: p.clock, Book: book, Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	sato := p.person(t, "佐藤").ID
	p.away(t, "k", "佐藤", "佐藤", period("2026-11-24", "2026-11-30", ""))
	if _, away := other.Contacts().Away(sato, p.clock.Now()); away {
		t.Fatal("the two share their memory")
	}
	if _, err := other.Do(t.Context(), workflows.Command{Key: "r", By: p.person(t, "山本"), Do: incident.Report{Text: "誤送信"}}); err != nil {
		t.Fatal(err)
	}
	if _, away := other.Contacts().Away(sato, p.clock.Now()); !away {
		t.Error("a command was carried out with the absences of before")
	}
	// What the other takes back is gone here, although this one has not looked since.
	if out, err := other.DropAbsence(t.Context(), "d", sato, sato, "2026-11-24"); err != nil || out.Refusal != nil {
		t.Fatal(out, err)
	}
	if out, err := p.service.DropAbsence(t.Context(), "d2", sato, sato, "2026-11-24"); err != nil || out.Refusal == nil || out.Refusal.Key != "refuse.away_none" {
		t.Errorf("taken back twice: %+v, %v", out, err)
	}
}

func TestAnAbsenceReplacesWhatOverlaps(t *testing.T) {
	p := newPlace(t)
	suzuki := p.person(t, "鈴木").ID
	first, second, apart := period("2026-12-29", "2027-01-03", suzuki), period("2027-01-05", "2027-01-06", ""), period("2027-02-01", "2027-02-01", "")
	for i, a := range []contact.Absence{first, second, apart} {
		if out := p.away(t, string(rune('a'+i)), "佐藤", "佐藤", a); len(out.Replaced) > 0 {
			t.Errorf("%v replaced %v", a, out.Replaced)
		}
	}
	if out := p.away(t, "same", "佐藤", "佐藤", first); len(out.Replaced) > 0 {
		t.Errorf("the same replaced %v", out.Replaced)
	}
	long := period("2027-01-03", "2027-01-05", "")
	if out := p.away(t, "long", "佐藤", "佐藤", long); !slices.Equal(out.Replaced, []contact.Absence{first, second}) {
		t.Errorf("replaced %v", out.Replaced)
	}
	stored, err := p.store.Absences(t.Context())
	if err != nil || len(stored) != 2 || stored[0].Absence != long || stored[1].Absence != apart {
		t.Errorf("stored %+v, %v", stored, err)
	}
	// Whoever is named by another is told so.
	if out := p.away(t, "s", "鈴木", "鈴木", period("2026-12-29", "2026-12-29", "")); out.StandsFor != nil {
		t.Errorf("stands for %v, whose absence was replaced", out.StandsFor)
	}
	p.away(t, "y", "山本", "山本", period("2027-03-01", "2027-03-02", suzuki))
	if out := p.away(t, "s2", "鈴木", "鈴木", period("2027-03-02", "2027-03-02", "")); !slices.Equal(out.StandsFor, []incident.PersonID{p.person(t, "山本").ID}) {
		t.Errorf("stands for %v", out.StandsFor)
	}
}

func TestAbsencesThatAreRefused(t *testing.T) {
	p := newPlace(t)
	id := func(name string) incident.PersonID { return p.person(t, name).ID }
	p.away(t, "deputy", "鈴木", "鈴木", period("2026-12-31", "2026-12-31", ""))
	for _, c := range []struct {
		name       string
		by, person incident.PersonID
		a          contact.Absence
		want       string
	}{
		{"backwards", id("佐藤"), id("佐藤"), period("2026-12-29", "2026-12-28", ""), "refuse.away_order"},
		{"no day", id("佐藤"), id("佐藤"), period("2026-02-30", "2026-12-28", ""), "refuse.away_days"},
		{"no days", id("佐藤"), id("佐藤"), period("", "", ""), "refuse.away_days"},
		{"over", id("佐藤"), id("佐藤"), period("2026-11-20", "2026-11-23", ""), "refuse.away_past"},
		{"until today", id("佐藤"), id("佐藤"), period("2026-11-20", "2026-11-24", ""), ""},
		{"a year", id("佐藤"), id("佐藤"), period("2026-11-25", "2027-11-24", ""), ""},
		{"more than a year", id("佐藤"), id("佐藤"), period("2026-11-25", "2027-11-25", ""), "refuse.away_far"},
		{"an unknown deputy", id("佐藤"), id("佐藤"), period("2026-12-29", "2026-12-29", "p-unknown"), "refuse.away_deputy_unknown"},
		{"oneself", id("佐藤"), id("佐藤"), period("2026-12-29", "2026-12-29", id("佐藤")), "refuse.away_self"},
		{"a deputy who is away", id("佐藤"), id("佐藤"), period("2026-12-29", "2027-01-03", id("鈴木")), "refuse.away_deputy_away"},
		{"a deputy who is there by then", id("佐藤"), id("佐藤"), period("2027-01-01", "2027-01-03", id("鈴木")), ""},
		{"another's, by an employee", id("山本"), id("佐藤"), period("2026-12-29", "2026-12-29", ""), "refuse.away_other"},
		{"another's, by a deputy of the lead", id("鈴木"), id("山本"), period("2026-12-29", "2026-12-29", ""), "refuse.away_other"},
		{"another's, by the lead", id("佐藤"), id("山本"), period("2026-12-29", "2026-12-29", ""), ""},
		{"another's, by the representative", id("田中"), id("山本"), period("2026-12-29", "2026-12-29", ""), ""},
		{"by a stranger", "slack:U9", "slack:U9", period("2026-12-29", "2026-12-29", ""), "refuse.not_known"},
		{"a stranger's", id("佐藤"), "slack:U9", period("2026-12-29", "2026-12-29", ""), "refuse.person_unknown"},
	} {
		out, err := p.service.SetAbsence(t.Context(), c.name, c.by, c.person, c.a)
		got := ""
		if out.Refusal != nil {
			got = out.Refusal.Key
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
		}
	}
	if _, err := p.service.SetAbsence(t.Context(), "", id("佐藤"), id("佐藤"), period("2026-12-29", "2026-12-29", "")); err == nil {
		t.Error("a request without a key was taken")
	}
	// What the list says is taken back in the list.
	people, _, err := p.store.Contacts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range people {
		if people[i].ID == id("高橋") {
			people[i].Absences = []contact.Absence{period("2026-12-29", "2027-01-03", "")}
		}
	}
	if err := p.store.ReplaceContacts(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	out, err := p.service.DropAbsence(t.Context(), "listed", id("高橋"), id("高橋"), "2026-12-29")
	if err != nil || out.Refusal == nil || out.Refusal.Key != "refuse.away_listed" {
		t.Errorf("what the list says is taken back: %+v, %v", out, err)
	}
	if out, err := p.service.DropAbsence(t.Context(), "other", id("山本"), id("佐藤"), "2027-01-01"); err != nil || out.Refusal == nil || out.Refusal.Key != "refuse.away_other" {
		t.Errorf("an employee takes back another's: %+v, %v", out, err)
	}
}

// Who goes away with something in hand is told which, as far as whoever asks may see it.
func TestAnAbsenceNamesWhatIsOpen(t *testing.T) {
	p := newPlace(t)
	id := p.do(t, workflows.Command{Key: "r", By: p.person(t, "山本"), Do: incident.Report{Text: "誤送信"}}).Incident
	if out := p.away(t, "called", "佐藤", "佐藤", period("2026-12-29", "2026-12-29", "")); !slices.Equal(out.Open, []incident.ID{id}) {
		t.Errorf("called to %v", out.Open)
	}
	if out := p.do(t, workflows.Command{Key: "t", By: p.person(t, "佐藤"), Incident: id, Do: incident.Take{}}); !out.Accepted() {
		t.Fatalf("%+v", out.Refusal)
	}
	if out := p.away(t, "leads", "佐藤", "佐藤", period("2026-12-29", "2026-12-29", "")); !slices.Equal(out.Open, []incident.ID{id}) {
		t.Errorf("leads %v", out.Open)
	}
	if out := p.away(t, "nothing", "山本", "山本", period("2026-12-29", "2026-12-29", "")); out.Open != nil {
		t.Errorf("a reporter is told of %v", out.Open)
	}
	in, err := p.store.Incident(t.Context(), id)
	if err != nil || in.Lead != p.person(t, "佐藤").ID {
		t.Errorf("an absence has changed the lead: %v", err)
	}
}

func TestAbsencesAtTheSameMoment(t *testing.T) {
	p := newPlace(t)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			p.away(t, "same", "佐藤", "佐藤", period("2026-12-29", "2026-12-30", ""))
			p.away(t, "k"+string(rune('0'+i)), "佐藤", "佐藤", period("2026-12-2"+string(rune('0'+i)), "2026-12-29", ""))
		})
	}
	wg.Wait()
	stored, err := p.store.Absences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range stored {
		for _, b := range stored[:i] {
			if a.Overlaps(b.Absence) {
				t.Errorf("%v and %v overlap", a, b)
			}
		}
	}
}

// What was told decides who is called: the deputy instead of who is away, from the first day
// to the last.
func TestCallsGoToTheDeputyOfSomebodyAway(t *testing.T) {
	p := newPlace(t)
	sato, yamamoto := p.person(t, "佐藤").ID, p.person(t, "山本").ID
	p.away(t, "k", "佐藤", "佐藤", period("2026-11-24", "2026-11-24", yamamoto))
	called := func(key string) (who []incident.PersonID) {
		out := p.do(t, workflows.Command{Key: key, By: p.person(t, "中村"), Do: incident.Report{Text: "画面が固まった " + key}})
		in, err := p.store.Incident(t.Context(), out.Incident)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range in.Pages {
			who = append(who, page.Person)
		}
		return who
	}
	if who := called("away"); slices.Contains(who, sato) || !slices.Contains(who, yamamoto) {
		t.Errorf("while away: %v are called", who)
	}
	p.clock.move(24 * time.Hour)
	if who := called("back"); !slices.Contains(who, sato) || slices.Contains(who, yamamoto) {
		t.Errorf("the day after: %v are called", who)
	}
}
