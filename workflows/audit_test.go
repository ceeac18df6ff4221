package workflows_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"pgregory.net/rapid"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// harm writes into the database past the program, as somebody with its own tools would.
func (p *place) harm(t fataler, statement string, args ...any) int64 {
	t.Helper()
	driver, source := "sqlite", "file:"+strings.TrimPrefix(p.url, "sqlite:")+"?_pragma=busy_timeout(5000)"
	if !strings.HasPrefix(p.url, "sqlite:") {
		u, err := url.Parse(p.url)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set("search_path", "hikeshi")
		u.RawQuery = q.Encode()
		driver, source = "pgx", u.String()
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	res, err := db.Exec(statement, args...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// hand is harm that has to do some.
func (p *place) hand(t fataler, statement string, args ...any) {
	t.Helper()
	if p.harm(t, statement, args...) == 0 {
		t.Fatalf("%s changed nothing", statement)
	}
}

func (p *place) audit(t fataler) workflows.Audited {
	t.Helper()
	a, err := p.service.Audit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func kinds(list []workflows.Finding) string {
	var out []string
	for _, f := range list {
		out = append(out, strings.TrimSuffix(string(f.Kind)+" "+string(f.Incident), " "))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// told lists who is told of a finding, and how often.
func (p *place) told(t fataler, person string) (keys []string) {
	t.Helper()
	list, err := p.store.Messages(context.Background(), workflows.MessageQuery{Person: p.person(t, person).ID})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Kind == incident.NoticeAudit {
			if !m.Urgent || m.Revision != 1 {
				t.Fatalf("%+v", m)
			}
			keys = append(keys, string(workflows.FindingOf(m.Notice).Kind)+" "+string(m.Incident)+" "+m.Day)
		}
	}
	return keys
}

func (p *place) loss(t fataler, key string) incident.ID {
	t.Helper()
	return p.do(t, workflows.Command{Key: key, By: p.person(t, "山本"), Anyway: true, Do: incident.Report{Text: "社用PCを電車に置き忘れました"}}).Incident
}

// expect looks once and compares what was mended and what is left.
func (p *place) expect(t fataler, what, repaired, found string) workflows.Audited {
	t.Helper()
	a := p.audit(t)
	if kinds(a.Repaired) != repaired || kinds(a.Found) != found {
		t.Fatalf("%s: repaired %q, want %q; found %q, want %q", what, kinds(a.Repaired), repaired, kinds(a.Found), found)
	}
	return a
}

func (p *place) fire(t fataler) int {
	t.Helper()
	timers, err := p.service.Claim(context.Background(), "w", time.Minute, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range timers {
		if err := p.service.Fire(context.Background(), x); err != nil {
			t.Fatal(err)
		}
	}
	return len(timers)
}

// deliver has every message arrive.
func (p *place) deliver(t fataler) {
	t.Helper()
	for {
		list, err := p.service.ClaimMessages(context.Background(), "w", time.Minute, 100, false)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return
		}
		for _, m := range list {
			if err := p.service.FinishMessage(context.Background(), m, "w", workflows.Sent{OK: true, At: p.clock.Now(), Frontend: "test", Message: m.Key}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestInAHealthyHouseNothingIsFound(t *testing.T) {
	p := newPlace(t)
	id := p.loss(t, "1")
	quiet := p.do(t, workflows.Command{Key: "2", By: p.person(t, "山本"), Do: incident.Report{Text: "ヒヤリ", Facts: incident.Facts{incident.FactNearMiss: incident.Yes}}}).Incident
	if a := p.expect(t, "reported", "", ""); a.Open != 2 {
		t.Errorf("%d open", a.Open)
	}
	for range 12 { // until nobody is left, and again
		p.clock.move(5 * time.Minute)
		p.expect(t, "before the timer is fired", "", "")
		p.fire(t)
		p.deliver(t)
		p.expect(t, "a round passed", "", "")
	}
	p.do(t, workflows.Command{Key: "3", Incident: id, By: p.person(t, "鈴木"), Do: incident.Take{}})
	p.do(t, workflows.Command{Key: "4", Incident: quiet, By: p.person(t, "鈴木"), Do: incident.Take{}})
	p.expect(t, "taken", "", "")
	p.do(t, workflows.Command{Key: "5", Incident: id, By: p.person(t, "鈴木"), Do: incident.Dismiss{Reason: "ありました"}})
	if a := p.expect(t, "dismissed", "", ""); a.Open != 1 {
		t.Errorf("%d open", a.Open)
	}
	if keys := p.told(t, "鈴木"); keys != nil {
		t.Errorf("told %q", keys)
	}
}

func TestATimerThatIsMissingOrLateIsWrittenAnew(t *testing.T) {
	p := newPlace(t)
	id := p.loss(t, "1")
	key := "round:" + string(id)
	year := (365 * 24 * time.Hour).Microseconds()
	for _, harm := range []struct{ what, statement string }{
		{"gone", `DELETE FROM timers WHERE key = $1`},
		{"a moment later than it ought to be", `UPDATE timers SET due = due + 1, next = next + 1 WHERE key = $1`},
		{"put off for ever", fmt.Sprintf(`UPDATE timers SET next = next + %d WHERE key = $1`, year)},
		{"leased for ever", fmt.Sprintf(`UPDATE timers SET next = next + %d, owner = 'gone' WHERE key = $1`, year)},
		{"of another incident", `UPDATE timers SET incident = 'TRN-2026-0009' WHERE key = $1`},
		{"of another kind", `UPDATE timers SET kind = 'digest' WHERE key = $1`},
	} {
		p.hand(t, harm.statement, key)
		p.expect(t, harm.what, "timer "+string(id), "")
		p.expect(t, harm.what+", again", "", "")
	}
	// What it writes is what would have been there.
	p.clock.move(4 * time.Minute)
	if n := p.fire(t); n != 0 {
		t.Errorf("%d timers fired before their time", n)
	}
	p.clock.move(time.Minute)
	if n := p.fire(t); n != 1 {
		t.Errorf("%d timers fired at their time", n)
	}
	// A courier at work on it is no fault.
	p.clock.move(5 * time.Minute)
	if _, err := p.service.Claim(t.Context(), "w", time.Minute, 10); err != nil {
		t.Fatal(err)
	}
	p.expect(t, "leased", "", "")
	if keys := p.told(t, "鈴木"); keys != nil {
		t.Errorf("of what is mended is told %q", keys)
	}
}

func TestACallWithoutAMessageIsSentAnew(t *testing.T) {
	p := newPlace(t)
	id := p.loss(t, "1")
	sato := p.person(t, "佐藤").ID
	p.hand(t, `DELETE FROM messages WHERE incident = $1 AND kind = 'page' AND person = $2`, string(id), string(sato))
	p.expect(t, "gone", "page "+string(id), "")
	p.expect(t, "again", "", "")
	list, err := p.store.Messages(t.Context(), workflows.MessageQuery{Person: sato, Incident: id})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Kind != incident.NoticePage || !list[0].Urgent || list[0].Revision != 1 || list[0].State != workflows.MessagePending {
		t.Errorf("%+v", list)
	}
}

// A process that ended between giving a message up and having the next called.
func TestACallThatWasGivenUpIsFollowedByAnother(t *testing.T) {
	p := newPlace(t)
	id := p.loss(t, "1")
	sato := p.person(t, "佐藤").ID
	p.hand(t, `UPDATE messages SET state = 'failed', next = NULL, error = 'unreachable' WHERE incident = $1 AND kind = 'page' AND person = $2`, string(id), string(sato))
	p.expect(t, "given up", "means "+string(id), "")
	p.expect(t, "again", "", "")
	in, err := p.store.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	page, ok := in.Page(sato)
	instead := slices.ContainsFunc(in.OpenPages(), func(x incident.Page) bool {
		return x.Person != sato && slices.Contains(x.Roles, incident.IncidentLead)
	})
	if !ok || !page.Unreached || !instead {
		t.Errorf("his page is %+v; called instead %v", page, instead)
	}
}

// A call that has arrived has called its person, also when bringing it up to date was given up.
func TestACallThatHasArrivedIsNotFollowedByAnother(t *testing.T) {
	p := newPlace(t)
	id := p.loss(t, "1")
	p.hand(t, `UPDATE messages SET state = 'failed', next = NULL, error = 'refused', first_sent = 1, revision = 2 WHERE incident = $1 AND kind = 'page' AND person = $2`, string(id), string(p.person(t, "佐藤").ID))
	p.expect(t, "given up", "", "")
	in, err := p.store.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if page, _ := in.Page(p.person(t, "佐藤").ID); page.Unreached {
		t.Errorf("he counts as not reached: %+v", page)
	}
}

func TestAnIncidentThatNobodyAnswersForIsCalledAnew(t *testing.T) {
	p := newPlace(t)
	id := p.loss(t, "1")
	p.do(t, workflows.Command{Key: "2", Incident: id, By: p.person(t, "佐藤"), Do: incident.Take{}})
	p.do(t, workflows.Command{Key: "3", Incident: id, By: p.person(t, "鈴木"), Do: incident.Take{}})
	p.expect(t, "taken", "", "")
	// Both leave the company. That alone changes nothing of the incident.
	list, _, err := p.store.Contacts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range list {
		if c.Name == "佐藤 美咲" || c.Name == "鈴木 健太" {
			list[i].Active = false
		}
	}
	if err := p.store.ReplaceContacts(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	a := p.audit(t)
	in, err := p.store.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if kinds(a.Found) != "" || len(in.OpenPages()) == 0 {
		t.Errorf("found %q, repaired %q, %d calls wait", kinds(a.Found), kinds(a.Repaired), len(in.OpenPages()))
	}
	p.expect(t, "again", "", "")
	p.clock.move(time.Hour)
	if p.fire(t) == 0 {
		t.Error("nobody would be called next")
	}
}

func TestWhatCannotBeMendedIsToldOnceADay(t *testing.T) {
	p := newPlace(t)
	bad, good := p.loss(t, "1"), p.loss(t, "2")
	p.hand(t, `UPDATE incidents SET state = '{' WHERE id = $1`, string(bad))
	p.hand(t, `DELETE FROM timers WHERE key = $1`, "round:"+string(good))
	p.expect(t, "one cannot be read, the other is mended", "timer "+string(good), "unreadable "+string(bad))
	p.expect(t, "again", "", "unreadable "+string(bad))
	want := []string{"unreadable " + string(bad) + " 2026-11-24"}
	if got := p.told(t, "鈴木"); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if got := p.told(t, "渡辺"); got != nil {
		t.Errorf("the deputy is told %q while the holder is there", got)
	}
	// A process that begins today does not tell it again; tomorrow it is told once more.
	other := open(t, p.url, p.clock)
	defer other.store.Close()
	other.expect(t, "another process", "", "unreadable "+string(bad))
	p.clock.move(24 * time.Hour)
	p.audit(t)
	other.audit(t)
	want = append(want, "unreadable "+string(bad)+" 2026-11-25")
	if got := p.told(t, "鈴木"); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestTheRulesOfAnIncidentAreMissed(t *testing.T) {
	p := newPlace(t)
	if err := p.service.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := p.loss(t, "1")
	p.expect(t, "before", "", "")
	p.hand(t, `DELETE FROM editions`)
	if err := p.service.Use(t.Context(), changedBook(t), slow); err != nil {
		t.Fatal(err)
	}
	// Another process, which has not read them before they went.
	other := open(t, p.url, p.clock)
	defer other.store.Close()
	if err := other.service.Use(t.Context(), changedBook(t), slow); err != nil {
		t.Fatal(err)
	}
	if a := other.audit(t); kinds(a.Found) != "edition "+string(id) {
		t.Errorf("found %q", kinds(a.Found))
	}
}

func TestWhatNobodyClaimsIsFoundAtTheSecondLook(t *testing.T) {
	p := newPlace(t)
	p.loss(t, "1")
	p.expect(t, "just now", "", "")
	p.clock.move(3 * time.Minute)
	p.expect(t, "a server that begins after a pause works it off first", "", "")
	p.clock.move(time.Minute)
	p.expect(t, "nobody has touched it since", "", "overdue")
	if got := p.told(t, "鈴木"); len(got) != 1 {
		t.Errorf("told %q", got)
	}
	// Somebody is at work, however much is left.
	claimed, err := p.service.ClaimMessages(t.Context(), "w", time.Minute, 1, true)
	if err != nil || len(claimed) != 1 {
		t.Fatal(claimed, err)
	}
	for {
		m, err := p.service.ClaimMessages(t.Context(), "w", time.Minute, 1, false)
		if err != nil {
			t.Fatal(err)
		}
		if len(m) == 0 {
			break
		}
		claimed = append(claimed, m...)
	}
	p.expect(t, "all are in hand", "", "")
	// A lease that ran out long ago is nobody's.
	p.clock.move(4 * time.Minute)
	p.fire(t)
	p.expect(t, "run out", "", "")
	p.clock.move(time.Minute)
	p.expect(t, "run out, and still nobody", "", "overdue")
}

func TestTwoProcessesAuditAtOnce(t *testing.T) {
	p := newPlace(t)
	other := open(t, p.url, p.clock)
	defer other.store.Close()
	bad := p.loss(t, "0")
	var ids []incident.ID
	for i := range 8 {
		ids = append(ids, p.loss(t, fmt.Sprint("r", i)))
	}
	p.hand(t, `DELETE FROM timers`)
	p.hand(t, `DELETE FROM messages WHERE kind = 'page'`)
	p.hand(t, `UPDATE incidents SET state = '{' WHERE id = $1`, string(bad))
	var wg sync.WaitGroup
	left := make([]string, 2)
	for i, x := range []*place{p, other} {
		wg.Go(func() {
			a, err := x.service.Audit(context.Background())
			left[i] = fmt.Sprint(kinds(a.Found), err)
		})
	}
	wg.Wait()
	for _, l := range left {
		if l != "unreadable "+string(bad)+"<nil>" {
			t.Errorf("left %q", l)
		}
	}
	if got := p.told(t, "鈴木"); len(got) != 1 {
		t.Errorf("told %q", got)
	}
	for _, id := range ids {
		list, err := p.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true})
		if err != nil {
			t.Fatal(err)
		}
		in, err := p.store.Incident(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		pages := slices.DeleteFunc(list, func(m workflows.Message) bool { return m.Kind != incident.NoticePage })
		if len(pages) != len(in.OpenPages()) {
			t.Errorf("%s: %d messages for %d calls", id, len(pages), len(in.OpenPages()))
		}
		for _, m := range pages {
			if m.Revision != 1 {
				t.Errorf("%s was written %d times", m.Key, m.Revision)
			}
		}
	}
}

func TestWhoIsLeftOutIsNotToldOfTheIncident(t *testing.T) {
	p := newPlace(t)
	id := p.loss(t, "1")
	p.do(t, workflows.Command{Key: "2", Incident: id, By: p.person(t, "佐藤"), Do: incident.Take{}})
	p.do(t, workflows.Command{Key: "3", Incident: id, By: p.person(t, "佐藤"), Do: incident.Restrict{Exclude: []incident.PersonID{p.person(t, "鈴木").ID}, Reason: "関係者"}})
	if err := p.service.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.hand(t, `DELETE FROM editions`)
	other := open(t, p.url, p.clock)
	defer other.store.Close()
	if err := other.service.Use(t.Context(), changedBook(t), slow); err != nil {
		t.Fatal(err)
	}
	if a := other.audit(t); !strings.Contains(kinds(a.Found), "edition "+string(id)) {
		t.Fatalf("found %q", kinds(a.Found))
	}
	if got := p.told(t, "鈴木"); got != nil {
		t.Errorf("he is told %q", got)
	}
	if got := p.told(t, "渡辺"); len(got) == 0 {
		t.Error("nobody is told")
	}
}

// Whatever is broken by hand and can be mended is mended by one look, and the next finds
// nothing; what is mended leads on like any other night.
func TestAfterALookNothingIsLeftThatCouldBeMended(t *testing.T) {
	p := newPlace(t)
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		runs++
		// What another run has left is over.
		p.harm(r, `UPDATE incidents SET phase = 'closed'`)
		p.harm(r, `DELETE FROM timers`)
		p.harm(r, `DELETE FROM messages`)
		var ids []incident.ID
		for i := range rapid.IntRange(1, 3).Draw(r, "incidents") {
			ids = append(ids, p.loss(r, fmt.Sprint(runs, "r", i)))
		}
		people := []string{"佐藤", "鈴木", "田中", "渡辺"}
		for i := range rapid.IntRange(0, 12).Draw(r, "steps") {
			id := rapid.SampledFrom(ids).Draw(r, "incident")
			by := p.person(r, rapid.SampledFrom(people).Draw(r, "by"))
			key := fmt.Sprint(runs, "s", i)
			switch rapid.IntRange(0, 6).Draw(r, "step") {
			case 0:
				p.do(r, workflows.Command{Key: key, Incident: id, By: by, Do: incident.Take{}})
			case 1:
				p.do(r, workflows.Command{Key: key, Incident: id, By: by, Do: incident.Decline{}})
			case 2:
				p.clock.move(time.Duration(rapid.IntRange(1, 20).Draw(r, "minutes")) * time.Minute)
				p.fire(r)
			case 3:
				p.harm(r, `DELETE FROM timers`)
			case 4:
				p.harm(r, `UPDATE timers SET due = due + 60000000, next = next + 60000000`)
			case 5:
				p.harm(r, `DELETE FROM messages WHERE kind = 'page'`)
			case 6:
				p.harm(r, `UPDATE timers SET owner = 'gone', next = next + 86400000000`)
			}
		}
		p.audit(r)
		a := p.audit(r)
		for _, f := range append(a.Found, a.Repaired...) {
			if f.Kind != workflows.FindingOverdue {
				r.Fatalf("a second look finds %q and mends %q", kinds(a.Found), kinds(a.Repaired))
			}
		}
		rows, err := p.store.OpenRows(context.Background())
		if err != nil {
			r.Fatal(err)
		}
		for _, row := range rows {
			if due, follows := p.service.Rules(row.Incident).Paging.Due(row.Incident, p.service.People()); follows && (row.Round.Due.IsZero() || row.Round.Due.After(due)) {
				r.Fatalf("%s: its timer is due at %v, not at %v", row.ID, row.Round.Due, due)
			}
		}
	})
}

func TestSendingAgainIsDoneOnce(t *testing.T) {
	p := newPlace(t)
	id := p.loss(t, "1")
	sato, ito := p.person(t, "佐藤").ID, p.person(t, "伊藤").ID
	lose := func() {
		t.Helper()
		p.hand(t, `UPDATE messages SET state = 'failed', next = NULL, error = 'refused' WHERE incident = $1`, string(id))
	}
	lose()
	lost, more, err := p.service.Undelivered(t.Context(), sato, 0, 1)
	if err != nil || !more || len(lost) != 1 || lost[0].Title == "" {
		t.Fatalf("%+v, %v, %v", lost, more, err)
	}
	again := func(key string, by incident.PersonID, want int, ids ...int64) {
		t.Helper()
		if n, err := p.service.SendAgain(t.Context(), key, by, ids); err != nil || n != want {
			t.Errorf("%s: %d sent again, want %d; %v", key, n, want, err)
		}
	}
	again("one", sato, 1, lost[0].ID)
	lose()
	again("one", sato, 1, lost[0].ID) // the same press, delivered again
	if left, _, err := p.service.Undelivered(t.Context(), sato, 0, 0); err != nil || !slices.ContainsFunc(left, func(l workflows.Lost) bool { return l.ID == lost[0].ID }) {
		t.Errorf("it was sent a second time, %v", err)
	}
	again("another", sato, 1, lost[0].ID)
	again("none left of it", sato, 0, lost[0].ID)
	if _, err := p.service.SendAgain(t.Context(), "x", ito, nil); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("who may not: %v", err)
	}
	if _, err := p.service.SendAgain(t.Context(), "", sato, nil); err == nil {
		t.Error("without a key")
	}
	lose()
	var wg sync.WaitGroup
	counts := make([]int, 8)
	for i := range counts {
		wg.Go(func() {
			n, err := p.service.SendAgain(context.Background(), fmt.Sprint("all", i%2), sato, nil)
			if err != nil {
				t.Error(err)
			}
			counts[i] = n
		})
	}
	wg.Wait()
	// Two people pressed at once, each press delivered four times: each message goes once, and
	// who came first is told of it at each delivery.
	list, err := p.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true, Places: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.State != workflows.MessagePending || m.Attempt != 0 || m.Revision != 1 {
			t.Errorf("%+v", m)
		}
	}
	if !slices.Contains(counts, len(list)) {
		t.Errorf("told %v, want %d", counts, len(list))
	}
	// A week after the end nobody has to hear of it any more.
	p.do(t, workflows.Command{Key: "e", Incident: id, By: p.person(t, "佐藤"), Do: incident.Dismiss{Reason: "ありました"}})
	lose()
	p.clock.move(6 * 24 * time.Hour)
	if left, _, err := p.service.Undelivered(t.Context(), sato, 0, 0); err != nil || len(left) == 0 {
		t.Errorf("after six days: %d, %v", len(left), err)
	}
	p.clock.move(2 * 24 * time.Hour)
	if left, _, err := p.service.Undelivered(t.Context(), sato, 0, 0); err != nil || len(left) != 0 {
		t.Errorf("after eight days: %d, %v", len(left), err)
	}
}
