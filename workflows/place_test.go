package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// channels is a service whose front end keeps channels.
type channels struct {
	t       *testing.T
	clock   *handClock
	store   workflows.Store
	service *workflows.Service
	keys    int
}

func newChannels(t *testing.T, places ...string) *channels {
	t.Helper()
	ctx := t.Context()
	c := &channels{t: t, clock: &handClock{now: time.Date(2026, 11, 24, 2, 0, 0, 0, incident.Tokyo)}}
	var err error
	if c.store, err = store.Open(ctx, pgtest.Database(t, t.TempDir()+"/test.db", store.Migrate)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.store.Close() })
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.service, err = workflows.New(ctx, workflows.Options{Store: c.store, Clock: c.clock, Book: book, Places: places}); err != nil {
		t.Fatal(err)
	}
	c.importSample()
	return c
}

func (c *channels) importSample() {
	c.t.Helper()
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		c.t.Fatal(faults)
	}
	if _, err := c.service.ImportContacts(c.t.Context(), rows); err != nil {
		c.t.Fatal(err)
	}
}

func (c *channels) do(name string, id incident.ID, cmd incident.Command) incident.ID {
	c.t.Helper()
	c.keys++
	found := c.service.Contacts().Find(name)
	if len(found) != 1 {
		c.t.Fatalf("%q: %v", name, found)
	}
	p, _ := c.service.Contacts().Person(found[0])
	c.clock.move(time.Second)
	out, err := c.service.Do(c.t.Context(), workflows.Command{
		Key: fmt.Sprint("k", c.keys), By: incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}, Incident: id, Source: incident.FromPerson, Do: cmd,
	})
	if err != nil || !out.Accepted() {
		c.t.Fatalf("%s: %+v, %v", cmd.Word(), out, err)
	}
	return out.Incident
}

// claimed takes everything that is due, in order, and leaves it as sent.
func (c *channels) claimed() (keys []string) {
	c.t.Helper()
	for {
		list, err := c.service.ClaimMessages(c.t.Context(), "a", time.Minute, 1, false)
		if err != nil {
			c.t.Fatal(err)
		}
		if len(list) == 0 {
			return keys
		}
		keys = append(keys, list[0].Key)
		res := workflows.Sent{OK: true, At: c.clock.Now(), Frontend: "slack", Message: "C1:" + list[0].Key}
		if err := c.service.FinishMessage(c.t.Context(), list[0], "a", res); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *channels) place(id incident.ID) workflows.Message {
	c.t.Helper()
	list, err := c.service.ClaimMessages(c.t.Context(), "a", time.Minute, 100, false)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, m := range list {
		if m.Key == "place:"+string(id) {
			return m
		}
	}
	c.t.Fatalf("the channel of %s is not to be kept: %v", id, list)
	return workflows.Message{}
}

func only(keys []string, prefixes ...string) (out []string) {
	for _, k := range keys {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(k, p) }) {
			out = append(out, k)
		}
	}
	return out
}

func TestWhatMovesAChannel(t *testing.T) {
	c := newChannels(t, "slack")
	id := c.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
	place := "place:" + string(id)
	got := only(c.claimed(), "place:", "card:")
	// Once more when the card has arrived, so that it is pinned.
	if want := []string{place, "card:" + string(id), place}; !slices.Equal(got, want) {
		t.Errorf("a new incident: %q, want %q", got, want)
	}
	moves := func(what string, want bool) {
		t.Helper()
		if got := only(c.claimed(), "place:"); (len(got) == 1) != want || len(got) > 1 {
			t.Errorf("%s: %q, want the channel to be kept: %v", what, got, want)
		}
	}
	c.do("佐藤", id, incident.Take{})
	c.claimed()
	c.do("佐藤", id, incident.Note{Text: "記録"})
	moves("a note", false)
	var outside string
	in, err := c.store.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.service.Contacts().People() {
		if p.Active && !in.InCircle(p.ID) && !in.ReportedBy(p.ID) {
			outside = p.Name
		}
	}
	p := c.service.Contacts().Find(outside)[0]
	c.do("佐藤", id, incident.Assign{Person: p})
	moves("somebody joins", true)
	c.importSample()
	moves("an import", true)
	other := c.do("山本", "", incident.Report{Text: "別件", What: incident.KindVirus})
	c.claimed()
	c.do("佐藤", other, incident.Dismiss{Reason: "誤報"})
	keys := c.claimed()
	if i := slices.Index(keys, "place:"+string(other)); i != len(keys)-1 {
		t.Errorf("the end of the channel comes as number %d of %q, want it last", i, keys)
	}
	c.do("佐藤", other, incident.Reopen{Reason: "再開"})
	if keys := only(c.claimed(), "place:", "card:", "feed:"); len(keys) == 0 || keys[0] != "place:"+string(other) {
		t.Errorf("after reopening: %q, want the channel first", keys)
	}
	// They are said to nobody.
	list, err := c.service.Sent(t.Context(), c.service.Contacts().Find("佐藤")[0], id)
	if err != nil || len(list) == 0 {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Kind == incident.NoticePlace {
			t.Errorf("%s is shown", m.Key)
		}
	}
}

func TestWithoutChannelsNothingIsKept(t *testing.T) {
	c := newChannels(t)
	id := c.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
	c.do("佐藤", id, incident.Dismiss{Reason: "誤報"})
	c.importSample()
	if got := only(c.claimed(), "place:", "report:"); got != nil {
		t.Errorf("%q", got)
	}
}

// A card that went to each by himself while nothing could be said in the channel is brought there as
// soon as all can be, on its own platform.
func TestTheCardComesBackToAChannel(t *testing.T) {
	c := newChannels(t, "slack", "discord")
	id := c.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
	record := func(noCard, ok bool) []string {
		t.Helper()
		m := c.place(id)
		res := workflows.Sent{OK: ok, At: c.clock.Now(), Frontend: "slack"}
		if !ok {
			res.Waited, res.Retry = true, c.clock.Now()
		}
		if err := c.service.RecordPlace(t.Context(), m, "a", workflows.PlaceKept{ID: "C1", NoCard: noCard}, res); err != nil {
			t.Fatal(err)
		}
		cards := only(c.claimed(), "card:")
		c.clock.move(2 * time.Minute) // what place has claimed and not finished
		c.claimed()
		c.importSample() // have it kept again
		return cards
	}
	record(false, true)
	if cards := record(true, false); cards != nil {
		t.Errorf("before all can be said there: %q", cards)
	}
	if cards := record(true, true); !slices.Equal(cards, []string{"card:" + string(id)}) {
		t.Errorf("afterwards: %q", cards)
	}
	if cards := record(false, true); cards != nil {
		t.Errorf("with the card there: %q", cards)
	}
}

func TestPeopleHearOnceWhoIsMissingInAChannel(t *testing.T) {
	c := newChannels(t, "slack")
	ctx := t.Context()
	id := c.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
	ok := func() workflows.Sent { return workflows.Sent{OK: true, At: c.clock.Now(), Frontend: "slack"} }
	record := func(kept workflows.PlaceKept, res workflows.Sent) []string {
		t.Helper()
		m := c.place(id)
		if err := c.service.RecordPlace(ctx, m, "a", kept, res); err != nil {
			t.Fatal(err)
		}
		if err := c.service.RecordPlace(ctx, m, "a", kept, res); !errors.Is(err, workflows.ErrConflict) {
			t.Errorf("recorded twice: %v", err)
		}
		stored, found, err := c.service.PlaceOf(ctx, id, "")
		if err != nil || !found || stored.ID != kept.ID && res.OK {
			t.Errorf("remembered %+v, %v, %v", stored, found, err)
		}
		told := only(c.claimed(), "absent:")
		c.clock.move(2 * time.Minute) // what place has claimed and not finished
		c.claimed()
		c.importSample() // have it kept again
		return told
	}
	if _, found, err := c.service.PlaceOf(ctx, id, ""); found || err != nil {
		t.Fatal(found, err)
	}
	in, err := c.store.Incident(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	forbidden := workflows.PlaceKept{Problem: "forbidden"}
	told := record(forbidden, ok())
	if len(told) != len(in.Circle) || len(told) < 2 {
		t.Errorf("without a channel %q are told, want each of %d", told, len(in.Circle))
	}
	if told := record(forbidden, ok()); told != nil {
		t.Errorf("told again: %q", told)
	}
	c.do("佐藤", id, incident.Take{})
	for _, p := range c.service.Contacts().People() {
		if p.Active && !in.InCircle(p.ID) && !in.ReportedBy(p.ID) {
			c.do("佐藤", id, incident.Assign{Person: p.ID})
			if told := record(forbidden, ok()); !slices.Contains(told, fmt.Sprintf("absent:%s:%s", id, p.ID)) || len(told) > 2 {
				t.Errorf("who joins hears %q", told)
			}
			break
		}
	}
	if told := record(workflows.PlaceKept{ID: "C1", Link: "l"}, workflows.Sent{Retry: c.clock.Now(), Waited: true}); told != nil {
		t.Errorf("told before it is known: %q", told)
	}
	missing := workflows.PlaceKept{ID: "C1", Link: "l", Missing: []workflows.PlaceMissing{{Person: "b", Why: "guest"}, {Person: "a", Why: "gone"}}}
	if told := record(missing, ok()); !slices.Equal(told, []string{"absent:" + string(id)}) {
		t.Errorf("with a channel: %q", told)
	}
	slices.Reverse(missing.Missing)
	if told := record(missing, ok()); told != nil {
		t.Errorf("the same people in another order: %q", told)
	}
	if told := record(workflows.PlaceKept{ID: "C1", Link: "l"}, ok()); told != nil {
		t.Errorf("all are there: %q", told)
	}
	if told := record(missing, ok()); !slices.Equal(told, []string{"absent:" + string(id)}) {
		t.Errorf("missing anew: %q", told)
	}
}

func TestAReportIsSharedOnce(t *testing.T) {
	c := newChannels(t, "slack")
	ctx := t.Context()
	id := c.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
	lead := c.service.Contacts().Find("佐藤")[0]
	c.claimed()
	for range 3 {
		if err := c.service.Share(ctx, "press-1", lead, id, incident.ReportPDF); err != nil {
			t.Fatal(err)
		}
	}
	got := only(c.claimed(), "report:")
	if len(got) != 1 || !strings.HasSuffix(got[0], ":pdf") {
		t.Errorf("shared %q", got)
	}
	if err := c.service.Share(ctx, "press-1", lead, id, incident.ReportPDF); err != nil {
		t.Fatal(err)
	}
	if got := c.claimed(); got != nil {
		t.Errorf("shared again after it was sent: %q", got)
	}
	reporter := c.service.Contacts().Find("山本")[0]
	for who, err := range map[incident.PersonID]error{
		reporter: c.service.Share(ctx, "press-2", reporter, id, incident.ReportPDF),
		"nobody": c.service.Share(context.Background(), "press-3", "nobody", id, incident.ReportDocx),
	} {
		if !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("%s: %v", who, err)
		}
	}
	if err := c.service.Share(ctx, "press-4", lead, id, "exe"); err == nil {
		t.Error("a report of an unknown form was shared")
	}
	if got := c.claimed(); got != nil {
		t.Errorf("shared %q", got)
	}
}

// Who is not on the list any more, or whose account is nobody's, is taken out of the channels of
// incidents that are over as well; those are left alone where nobody of them has lost anything.
func TestWhoLeavesLosesTheChannelsOfWhatIsOver(t *testing.T) {
	c := newChannels(t, "discord")
	id := c.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
	c.do("鈴木", id, incident.Take{})
	c.do("佐藤", id, incident.Dismiss{Reason: "誤報"})
	c.claimed()
	c.importSample()
	if keys := only(c.claimed(), "place:"); keys != nil {
		t.Errorf("nobody has left, and %q", keys)
	}
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	rows = slices.DeleteFunc(rows, func(r contact.Row) bool { return strings.HasPrefix(r.Name, "鈴木") })
	if _, err := c.service.ImportContacts(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	if keys := only(c.claimed(), "place:"); !slices.Equal(keys, []string{"place:" + string(id)}) {
		t.Errorf("somebody has left, and %q", keys)
	}
}
