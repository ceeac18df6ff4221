package report

import (
	"maps"
	"slices"

	"hikeshi/workflows/incident"
)

// Particulars are what Final says, each thing under a name of its own, for the form of a
// company that lays out its report itself. They come from the same places as the chapters
// of Final, so that the two can never say different things.
//
// The names are those of ValueNames, ListNames and SectionNames. Like a Document they are
// in one language, and what nobody filled in stays a visible gap.
type Particulars struct {
	b        *builder
	document *Document
	lists    map[string]Entries
}

// ParticularsOf reads an incident and its record as Final does.
func ParticularsOf(in *incident.Incident, records []incident.Record, o Options) *Particulars {
	return &Particulars{b: read(in, records, o), lists: map[string]Entries{}}
}

// Document is what Final makes of the same incident.
func (p *Particulars) Document() Document {
	if p.document == nil {
		d := p.b.document()
		p.document = &d
	}
	return *p.document
}

// Value is one thing that a report says.
type Value struct {
	Cell
	// Holds is whether an optional part about it belongs into the report: it was filled in,
	// or, of a question, the answer is yes.
	Holds bool
}

// Value gives a value by its name; an unknown name is a gap.
func (p *Particulars) Value(name string) Value {
	of, ok := values[name]
	if !ok {
		return Value{Cell: p.b.gap()}
	}
	return of(p.b)
}

// Entries are the rows of a list. Every row has a cell for each of the Columns.
type Entries struct {
	Columns []string
	Rows    [][]Cell
	// None is said in the place of a list without rows.
	None Cell
}

// Column finds a column by its name; -1 means that there is none.
func (e Entries) Column(name string) int { return slices.Index(e.Columns, name) }

// Entries gives a list by its name; an unknown name is a list without rows.
func (p *Particulars) Entries(name string) Entries {
	if e, ok := p.lists[name]; ok {
		return e
	}
	of, ok := lists[name]
	if !ok {
		return Entries{None: p.b.gap()}
	}
	l := of(p.b)
	e := Entries{Columns: l.keys, Rows: l.rows, None: Cell(l.none)}
	p.lists[name] = e
	return e
}

// Section gives what stands in a chapter, or in a part of one, by its name: blocks, and the
// parts below the chapter with their titles, but not the title itself, which a form writes
// in words of its own. Nothing means that this incident's report has no such chapter.
func (p *Particulars) Section(name string) []Section {
	for _, c := range chapters {
		if c.name == name {
			made := c.make(p.b)
			if len(made) > 0 {
				made[0].Level, made[0].Title = 0, ""
			}
			return made
		}
	}
	if of, ok := parts[name]; ok {
		return []Section{{Blocks: []Block{of(p.b)}}}
	}
	return nil
}

// Absent is said in the place of a chapter that this incident's report does not have.
func (p *Particulars) Absent() Cell { return Cell{Text: p.b.say("report.absent")} }

// parts are pieces of chapters that a form may ask for alone.
var parts = map[string]func(*builder) Block{
	"actions":    func(b *builder) Block { return b.lay(b.actions()) },
	"filings":    func(b *builder) Block { return b.lay(b.filings()) },
	"outside":    func(b *builder) Block { return b.lay(b.outside()) },
	"approval":   (*builder).approval,
	"closing":    (*builder).closing,
	"leads":      func(b *builder) Block { return b.lay(b.leads()) },
	"responders": func(b *builder) Block { return b.lay(b.responders()) },
	"circle":     func(b *builder) Block { return Paragraph(b.circleText()) },
}

// lists are the tables of the report, row by row.
var lists = map[string]func(*builder) lines{
	"log":                 func(b *builder) lines { l, _ := b.entries(); return l },
	"steps":               func(b *builder) lines { return b.stepLines(func(incident.StepState) bool { return true }) },
	"steps_reported":      func(b *builder) lines { return b.phaseSteps(incident.Reported) },
	"steps_containment":   func(b *builder) lines { return b.phaseSteps(incident.Containment) },
	"steps_investigation": func(b *builder) lines { return b.phaseSteps(incident.Investigation) },
	"steps_recovery":      func(b *builder) lines { return b.phaseSteps(incident.Recovery) },
	"steps_outside":       (*builder).outside,
	"filings":             (*builder).filings,
	"actions":             (*builder).actions,
	"reporters":           (*builder).reporterLines,
	"responders":          (*builder).responders,
	"leads":               (*builder).leads,
	"circle":              (*builder).circle,
	"levels":              (*builder).levelLines,
	"facts":               (*builder).factLines,
	"evidence":            (*builder).evidenceLines,
	"files":               (*builder).fileLines,
	"merged":              (*builder).mergedLines,
	"questions":           (*builder).questionLines,
	"deliveries":          (*builder).sent,
}

// ListNames are the names that Entries knows, with the columns of each, in the order of the
// report.
func ListNames() (names []string, columns map[string][]string) {
	columns = map[string][]string{}
	for _, name := range []string{
		"reporters", "steps", "steps_reported", "steps_containment", "steps_investigation", "steps_recovery", "steps_outside",
		"filings", "actions", "leads", "responders", "circle", "levels", "facts", "evidence", "files", "merged", "questions", "log", "deliveries",
	} {
		names = append(names, name)
		columns[name] = lists[name](nobody()).keys
	}
	return names, columns
}

// nobody is an incident of which nothing is known, to ask for the shape of a list.
func nobody() *builder {
	return read(incident.New(""), nil, Options{
		Say:  func(string, ...string) string { return "" },
		Name: func(incident.PersonID) string { return "" },
	})
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// SectionNames are the names that Section knows: the chapters in their order, then the parts.
func SectionNames() []string {
	var names []string
	for _, c := range chapters {
		names = append(names, c.name)
	}
	return append(names, "actions", "filings", "outside", "approval", "closing", "leads", "responders", "circle")
}
