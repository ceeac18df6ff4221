package report_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hikeshi/templates"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
	"hikeshi/workflows/procedure"
	"hikeshi/workflows/report"
)

// staff is a small company's contact list. Deputies follow the holder.
var staff = map[incident.Role][]incident.PersonID{
	incident.Representative: {"yamada", "ogawa"},
	incident.IncidentLead:   {"sato", "ogawa"},
	incident.SystemAdmin:    {"suzuki"},
	incident.PrivacyManager: {"kato"},
	incident.DepartmentLead: {"mori"},
	incident.Auditor:        {"hara"},
}

var called = map[incident.PersonID]string{
	"yamada": "山田 太郎", "ogawa": "小川 直子", "sato": "佐藤 健", "suzuki": "鈴木 一郎", "kato": "加藤 恵",
	"mori": "森 誠", "hara": "原 和子", "tanaka": "田中 美咲", "ito": "伊藤 翔",
}

type list struct{}

func (list) Known(p incident.PersonID) bool                              { return called[p] != "" }
func (list) Department(incident.PersonID) string                         { return "営業部" }
func (list) Away(incident.PersonID, time.Time) (incident.PersonID, bool) { return "", false }
func (list) Reaches(_ incident.PersonID, m incident.Means) bool          { return m == incident.ByChat }
func (list) name(p incident.PersonID) string                             { return called[p] }
func (list) actor(p incident.PersonID) incident.Actor {
	return incident.Actor{ID: p, Name: called[p], Department: "営業部"}
}

func (list) Holders(r incident.Role, _ string) []incident.PersonID {
	if len(staff[r]) == 0 {
		return nil
	}
	return staff[r][:1]
}

func (list) Deputies(r incident.Role, _ string) []incident.PersonID {
	if len(staff[r]) == 0 {
		return nil
	}
	return staff[r][1:]
}

// rules shows the embedded procedures to the core.
type rules struct{ *procedure.Book }

func (r rules) Steps(c, effect incident.Category, l incident.Level) ([]incident.Step, bool) {
	plan, ref := r.Lookup(c, effect, l)
	if ref != nil {
		return nil, false
	}
	return plan.All(), true
}

func (r rules) Version() string { return r.Book.Version }

// tale is an incident that is lived through command by command, sealed as the store would.
type tale struct {
	t       testing.TB
	book    rules
	clocks  incident.Clocks // nil: nobody has to be told
	in      *incident.Incident
	records []incident.Record
	bodies  [][]byte
	texts   map[string]incident.Text
	now     time.Time
}

func newTale(t testing.TB, id incident.ID) *tale {
	t.Helper()
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &tale{
		t: t, book: rules{book}, in: incident.New(id), texts: map[string]incident.Text{},
		now: time.Date(2026, 11, 21, 17, 7, 0, 0, time.UTC), // 02:07 of the 22nd in Tokyo
	}
}

// do carries a command out a minute after the one before.
func (a *tale) do(by incident.PersonID, c incident.Command) *tale {
	a.t.Helper()
	return a.doSince(by, c, 0)
}

// doSince records something done earlier.
func (a *tale) doSince(by incident.PersonID, c incident.Command, ago time.Duration) *tale {
	a.t.Helper()
	if ref := a.try(by, c, ago, nil); ref != nil {
		a.t.Fatalf("%s by %q: %s %v %v", c.Word(), by, ref.Key, ref.Args, ref.Missing)
	}
	return a
}

func (a *tale) try(by incident.PersonID, c incident.Command, ago time.Duration, other *incident.Incident) *incident.Refusal {
	a.t.Helper()
	env := incident.Env{Now: a.now, By: list{}.actor(by), Bot: by == "", People: list{}, Procedures: a.book, Clocks: a.clocks, Other: other, Paging: paging.Usual()}
	switch c := c.(type) {
	case incident.Undo:
		env.Target = a.entry(c.Seq)
	case incident.Correct:
		env.Target = a.entry(c.Seq)
	}
	events, ref := incident.Decide(a.in, c, env)
	if ref != nil {
		return ref
	}
	source := incident.FromPerson
	if by == "" {
		source = incident.FromTimer
	}
	for _, e := range events {
		r := incident.Record{
			Incident: a.in.ID, Seq: a.in.Seq + 1, At: a.now, Occurred: a.now.Add(-ago),
			By: by, ByName: incident.T(called[by]), Source: source, Event: e,
		}
		body, texts, err := incident.Seal(&r, a.in.Head, func() string { return fmt.Sprintf("%032d", len(a.texts)) })
		if err != nil {
			a.t.Fatal(err)
		}
		for _, x := range texts {
			a.texts[x.Digest] = x
		}
		a.in.Apply(r)
		a.records, a.bodies = append(a.records, r), append(a.bodies, body)
	}
	a.now = a.now.Add(time.Minute)
	return nil
}

func (a *tale) entry(seq int64) *incident.Record {
	i := slices.IndexFunc(a.records, func(r incident.Record) bool { return r.Seq == seq })
	if i < 0 {
		return nil
	}
	return &a.records[i]
}

// last gives the number of the last entry of a kind.
func (a *tale) last(kind incident.EventKind) int64 {
	for _, r := range slices.Backward(a.records) {
		if r.Event.Kind() == kind {
			return r.Seq
		}
	}
	a.t.Fatalf("no entry of kind %s", kind)
	return 0
}

// stored gives the record as the store reads it back, after the texts that contain a word
// were erased.
func (a *tale) stored(erase string) []incident.Record {
	a.t.Helper()
	left := map[string]incident.Text{}
	for d, x := range a.texts {
		if erase == "" || !strings.Contains(x.Body, erase) {
			left[d] = x
		}
	}
	out := make([]incident.Record, len(a.records))
	for i, r := range a.records {
		e, err := incident.Decode(r.Event.Kind(), a.bodies[i])
		if err != nil {
			a.t.Fatal(err)
		}
		r.Event, r.ByName = e, incident.Text{Digest: r.ByName.Digest}
		incident.Restore(&r, left)
		out[i] = r
	}
	return out
}

func (a *tale) options(lang string) report.Options {
	a.t.Helper()
	return report.Options{
		Lang: lang, Say: strictSay(a.t, lang), Name: list{}.name, Company: "株式会社みなと精工", Address: "東京都見本区港町1-2-3", Number: "9999999999999",
		Version: a.in.Reports, MadeAt: a.now, Procedures: a.book,
	}
}

func (a *tale) final(lang string) report.Document {
	a.t.Helper()
	return report.Final(a.in, a.stored(""), a.options(lang))
}

// settleSteps does every open step of the phases so far that applies.
func (a *tale) settleSteps(by incident.PersonID, outside bool) *tale {
	a.t.Helper()
	for _, s := range a.in.Steps {
		goesOut := s.Kind == incident.StepAuthority || s.Kind == incident.StepPublish
		if s.Settled() || a.in.Phase.Before(s.Phase) || goesOut && !outside || a.in.Applies(a.book, s) == incident.No {
			continue
		}
		a.do(by, incident.DoStep{Step: s.Key})
	}
	return a
}

// texts of a document, in order.
func textsOf(d report.Document) []string {
	out := append([]string{d.Title, d.Subtitle, d.Footer}, d.Banner...)
	cell := func(c report.Cell) { out = append(out, c.Text) }
	for _, p := range d.Meta {
		out = append(out, p.Label)
		cell(p.Value)
	}
	for _, s := range d.Sections {
		out = append(out, s.Title)
		for _, block := range s.Blocks {
			switch b := block.(type) {
			case report.Paragraph:
				out = append(out, b.Text)
			case report.List:
				out = append(out, b.Items...)
			case report.Pairs:
				for _, p := range b {
					out = append(out, p.Label)
					cell(p.Value)
				}
			case report.Table:
				out = append(out, b.Header...)
				for _, row := range b.Rows {
					for _, c := range row {
						cell(c)
					}
				}
			}
		}
	}
	return out
}

// value gives what stands beside a label anywhere in the document.
func value(t testing.TB, d report.Document, label string) report.Cell {
	t.Helper()
	find := func(pairs []report.Pair) (report.Cell, bool) {
		i := slices.IndexFunc(pairs, func(p report.Pair) bool { return p.Label == label })
		if i < 0 {
			return report.Cell{}, false
		}
		return pairs[i].Value, true
	}
	if c, ok := find(d.Meta); ok {
		return c
	}
	for _, s := range d.Sections {
		for _, block := range s.Blocks {
			if pairs, ok := block.(report.Pairs); ok {
				if c, ok := find(pairs); ok {
					return c
				}
			}
		}
	}
	t.Fatalf("%q stands nowhere", label)
	return report.Cell{}
}

// row gives the row of a chapter's table that begins with a text.
func row(t testing.TB, d report.Document, chapter, first string) []report.Cell {
	t.Helper()
	for _, s := range d.Sections {
		if !strings.HasSuffix(s.Title, chapter) {
			continue
		}
		for _, block := range s.Blocks {
			if table, ok := block.(report.Table); ok {
				for _, cells := range table.Rows {
					if cells[0].Text == first {
						return cells
					}
				}
			}
		}
	}
	t.Fatalf("chapter %q has no row %q", chapter, first)
	return nil
}

func number(seq int64) string { return strconv.FormatInt(seq, 10) }
