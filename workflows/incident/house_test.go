package incident_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"hikeshi/templates"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
	"hikeshi/workflows/procedure"
)

// The people of the sample company. Each has a part in the tests; the excluded one is left
// out where a test restricts an incident.
const (
	president  incident.PersonID = "president"  // representative
	vice       incident.PersonID = "vice"       // deputy of the representative
	leader     incident.PersonID = "leader"     // incident lead
	second     incident.PersonID = "second"     // deputy of the lead
	admin      incident.PersonID = "admin"      // system administrator
	admin2     incident.PersonID = "admin2"     // deputy of the system administrator
	privacy    incident.PersonID = "privacy"    // privacy manager
	salesHead  incident.PersonID = "sales_head" // department lead of the reporter
	affairs    incident.PersonID = "affairs"    // department lead of another department
	auditor    incident.PersonID = "auditor"    // audits
	hanako     incident.PersonID = "hanako"     // an employee of sales, reports
	jiro       incident.PersonID = "jiro"       // an employee of sales, reports the same
	outsider   incident.PersonID = "outsider"   // an employee who has nothing to do with it
	suspect    incident.PersonID = "suspect"    // holds the press role
	passerby   incident.PersonID = "U0STRANGER" // not in the contact list
	nobody     incident.PersonID = ""           // no person at all
	salesDept                    = "営業部"
	affairDept                   = "総務部"
)

// company is a contact list small enough to read.
type company struct {
	active      map[incident.PersonID]string // person → department
	holders     map[incident.Role][]incident.PersonID
	deputies    map[incident.Role][]incident.PersonID
	departments map[string]incident.PersonID            // department leads
	away        map[incident.PersonID]incident.PersonID // who is away, and who stands in
	means       map[incident.PersonID][]incident.Means  // what reaches people; of whom it says nothing: chat
}

func sampleCompany() *company {
	return &company{
		active: map[incident.PersonID]string{
			president: "", vice: affairDept, leader: affairDept, second: salesDept, admin: affairDept, admin2: salesDept,
			privacy: affairDept, salesHead: salesDept, affairs: affairDept, auditor: affairDept,
			hanako: salesDept, jiro: affairDept, outsider: salesDept, suspect: affairDept,
		},
		holders: map[incident.Role][]incident.PersonID{
			incident.Representative: {president}, incident.IncidentLead: {leader}, incident.SystemAdmin: {admin},
			incident.PrivacyManager: {privacy}, incident.Auditor: {auditor}, incident.Press: {suspect},
		},
		deputies: map[incident.Role][]incident.PersonID{
			incident.Representative: {vice}, incident.IncidentLead: {second}, incident.SystemAdmin: {admin2},
		},
		departments: map[string]incident.PersonID{salesDept: salesHead, affairDept: affairs},
		away:        map[incident.PersonID]incident.PersonID{}, means: map[incident.PersonID][]incident.Means{},
	}
}

func (c *company) Known(p incident.PersonID) bool        { _, ok := c.active[p]; return ok }
func (c *company) Department(p incident.PersonID) string { return c.active[p] }
func (c *company) Away(p incident.PersonID, _ time.Time) (incident.PersonID, bool) {
	deputy, away := c.away[p]
	return deputy, away
}

func (c *company) Reaches(p incident.PersonID, m incident.Means) bool {
	if means, told := c.means[p]; told {
		return slices.Contains(means, m)
	}
	return m == incident.ByChat
}

func (c *company) known(ps []incident.PersonID) []incident.PersonID {
	return slices.DeleteFunc(slices.Clone(ps), func(p incident.PersonID) bool { return !c.Known(p) })
}

func (c *company) Holders(r incident.Role, dept string) []incident.PersonID {
	if r == incident.DepartmentLead {
		if p, ok := c.departments[dept]; ok {
			return c.known([]incident.PersonID{p})
		}
		return nil
	}
	return c.known(c.holders[r])
}

func (c *company) Deputies(r incident.Role, _ string) []incident.PersonID {
	return c.known(c.deputies[r])
}

// rules shows the shipped procedures to the core, as the service does.
type rules struct{ book *procedure.Book }

func (r rules) Steps(c, effect incident.Category, l incident.Level) ([]incident.Step, bool) {
	plan, refused := r.book.Lookup(c, effect, l)
	if refused != nil {
		return nil, false
	}
	return plan.All(), true
}
func (r rules) Holds(when string, f incident.Facts) incident.Answer { return r.book.Holds(when, f) }
func (r rules) Version() string                                     { return r.book.Version }

var shipped = sync.OnceValues(func() (*procedure.Book, error) { return templates.LoadProcedures(nil) })

func shippedRules(t testing.TB) rules {
	t.Helper()
	book, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return rules{book}
}

// night is when every test begins: a Sunday at 02:07 in Tokyo.
var night = time.Date(2026, 11, 22, 2, 7, 0, 0, incident.Tokyo).UTC()

// scene plays an incident as the service does: decide, seal, apply, announce.
type scene struct {
	t       testing.TB
	now     time.Time
	people  *company
	rules   incident.Procedures
	clocks  incident.Clocks
	paging  *paging.Policy
	in      *incident.Incident
	records []incident.Record
	bodies  [][]byte
	texts   map[string]incident.Text
	told    []incident.Notice // of the last command
	salts   int
}

func newScene(t testing.TB) *scene {
	return &scene{
		t: t, now: night, people: sampleCompany(), rules: shippedRules(t), paging: paging.Usual(),
		in: incident.New("INC-2026-0001"), texts: map[string]incident.Text{},
	}
}

// reported is a scene in which hanako has reported.
func reported(t testing.TB, r incident.Report) *scene {
	t.Helper()
	s := newScene(t)
	if r.Text == "" {
		r.Text = "社用PCを電車に置き忘れた"
	}
	s.do(hanako, r)
	return s
}

func (s *scene) env(by incident.PersonID) incident.Env {
	return incident.Env{
		Now: s.now, By: incident.Actor{ID: by, Name: "名前 " + string(by), Department: s.people.Department(by)},
		People: s.people, Procedures: s.rules, Clocks: s.clocks, Paging: s.paging,
	}
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// decide carries a command out in an environment, and records what it caused. Whatever
// comes of it, the decision must not have touched the incident it looked at.
func (s *scene) decide(c incident.Command, env incident.Env) ([]incident.Event, *incident.Refusal) {
	s.t.Helper()
	was := asJSON(s.t, s.in)
	events, ref := incident.Decide(s.in, c, env)
	if now := asJSON(s.t, s.in); now != was {
		s.t.Fatalf("deciding %T changed the incident\nbefore %s\nafter  %s", c, was, now)
	}
	if ref != nil {
		if events != nil {
			s.t.Fatalf("%T was refused (%s) and still caused %d events", c, ref.Key, len(events))
		}
		if !slices.Contains(incident.RefusalKeys, ref.Key) {
			s.t.Fatalf("%q is not among the refusal keys", ref.Key)
		}
		return nil, ref
	}
	s.record(events, env)
	return events, nil
}

func (s *scene) record(events []incident.Event, env incident.Env) {
	s.t.Helper()
	var before *incident.Incident
	if s.in.Seq > 0 {
		before = s.in.Snapshot()
	}
	first := len(s.records)
	for _, e := range events {
		r := incident.Record{
			Incident: s.in.ID, Seq: s.in.Seq + 1, At: s.now, Occurred: s.now, By: env.By.ID,
			ByName: incident.T(env.By.Name), Source: incident.FromPerson, Event: e,
		}
		body, texts, err := incident.Seal(&r, s.in.Head, s.salt)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, x := range texts {
			s.texts[x.Digest] = x
		}
		s.in.Apply(r)
		s.records, s.bodies = append(s.records, r), append(s.bodies, body)
	}
	s.told = incident.Announce(before, s.in, s.records[first:], s.people)
}

func (s *scene) salt() string {
	s.salts++
	return fmt.Sprintf("%032x", s.salts)
}

// do carries out a command that must be accepted.
func (s *scene) do(by incident.PersonID, c incident.Command) []incident.Event {
	s.t.Helper()
	events, ref := s.decide(c, s.env(by))
	if ref != nil {
		s.t.Fatalf("%s: %T was refused: %s %v %v", by, c, ref.Key, ref.Args, ref.Missing)
	}
	return events
}

// bot carries out a command of the bot's own.
func (s *scene) bot(c incident.Command) []incident.Event {
	s.t.Helper()
	env := s.env(nobody)
	env.Bot, env.By = true, incident.Actor{}
	events, ref := s.decide(c, env)
	if ref != nil {
		s.t.Fatalf("the bot's %T was refused: %s", c, ref.Key)
	}
	return events
}

// refused carries out a command that must be refused with a key.
func (s *scene) refused(by incident.PersonID, c incident.Command, key string) *incident.Refusal {
	s.t.Helper()
	_, ref := s.decide(c, s.env(by))
	switch {
	case ref == nil:
		s.t.Fatalf("%s: %T was accepted, want %s", by, c, key)
	case ref.Key != key:
		s.t.Fatalf("%s: %T was refused with %s %v, want %s", by, c, ref.Key, ref.Args, key)
	}
	return ref
}

// target loads an entry, as the service does for undo and correct; seq 0 is nothing.
func (s *scene) target(by incident.PersonID, seq int64) incident.Env {
	env := s.env(by)
	if seq > 0 && seq <= int64(len(s.records)) {
		r := s.records[seq-1]
		env.Target = &r
	}
	return env
}

// last gives the number of the last entry of a kind.
func (s *scene) last(k incident.EventKind) int64 {
	s.t.Helper()
	for _, r := range slices.Backward(s.records) {
		if r.Event.Kind() == k {
			return r.Seq
		}
	}
	s.t.Fatalf("nothing of kind %s in the record", k)
	return 0
}

// next says when something follows from the calls by itself, and in which round.
func (s *scene) next() (due time.Time, round int, ok bool) {
	due, ok = s.paging.Due(s.in, s.people)
	return due, s.in.Round, ok
}

// pass lets the wait for an answer run out.
func (s *scene) pass() []incident.Event {
	s.t.Helper()
	due, round, ok := s.next()
	if !ok {
		s.t.Fatal("nobody is waited for")
	}
	s.now = due
	return s.bot(incident.PassRound{Round: round})
}

func kinds(events []incident.Event) []incident.EventKind {
	var ks []incident.EventKind
	for _, e := range events {
		ks = append(ks, e.Kind())
	}
	return ks
}

// of gives the events of one type.
func of[E incident.Event](events []incident.Event) []E {
	var out []E
	for _, e := range events {
		if x, ok := e.(E); ok {
			out = append(out, x)
		}
	}
	return out
}

func called(events []incident.Event) []incident.PersonID {
	var ps []incident.PersonID
	for _, p := range of[incident.Paged](events) {
		ps = append(ps, p.Person)
	}
	for _, again := range of[incident.CalledAgain](events) {
		for _, p := range again.Calls {
			ps = append(ps, p.Person)
		}
	}
	slices.Sort(ps)
	return ps
}

func people(ps ...incident.PersonID) []incident.PersonID {
	slices.Sort(ps)
	return ps
}

func circle(in *incident.Incident) []incident.PersonID {
	var ps []incident.PersonID
	for _, m := range in.Circle {
		ps = append(ps, m.Person)
	}
	slices.Sort(ps)
	return ps
}

func yes(keys ...incident.FactKey) incident.Facts {
	f := incident.Facts{}
	for _, k := range keys {
		f[k] = incident.Yes
	}
	return f
}

func equal[T any](t testing.TB, what string, got, want []T) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
