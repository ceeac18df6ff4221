package report

import (
	"strconv"
	"time"

	"hikeshi/workflows/incident"
)

// Options are what a report needs beside the incident and its record.
type Options struct {
	Lang string // "ja" or "en": the language of Say, and of the steps
	Say  Say
	// Name calls a person as the contact list does today; empty when it does not know him.
	Name    func(incident.PersonID) string
	KnownAs func(p incident.PersonID, recorded string) string // of Voice
	Company string
	// Address and Number (法人番号) of the company are printed where they are known. Industry and
	// Departments are for the forms that ask for them.
	Address, Number, Industry string
	Departments               []string
	// Version is the number that ReportMade gave; 0 is a draft that was not numbered.
	Version int
	MadeAt  time.Time // UTC; printed in Japan time
	// Procedures evaluate the conditions of steps. Nil leaves every condition unanswered.
	Procedures incident.Procedures
	// Rule gives the title of a notification rule, as in Voice.
	Rule func(incident.Rule) string
	// Whom says who is told by a notification rule; nil leaves that out.
	Whom func(incident.Rule) string
	// Deliveries are what was sent to people about the incident; nil leaves the chapter out.
	Deliveries []Delivery
}

// Delivery is one message that went out, in the reader's words.
type Delivery struct {
	At    time.Time // UTC
	To    string
	What  string
	State string
}

// Final makes the report of an incident (seed 001 §9.5), in the order of the five phases of
// §9.4. Until the incident is closed it is a report in progress with the same chapters, and
// what nobody filled in stands there as a gap.
//
// records is the whole record, oldest first, with its texts restored: the state is folded
// from it again, so that a text erased from the record cannot come back out of a state that
// was stored earlier. Only where the record does not reach to the state's last entry is the
// state taken as it is.
func Final(in *incident.Incident, records []incident.Record, o Options) Document {
	return read(in, records, o).document()
}

func (b *builder) document() Document {
	d := Document{
		Lang: b.o.Lang, Title: b.title(), Subtitle: b.subject(), Banner: b.banner(), Meta: b.meta(), Footer: b.footer(),
	}
	b.chapter = 0
	for _, c := range chapters {
		d.Sections = append(d.Sections, c.make(b)...)
	}
	return d
}

// chapter is one chapter of the report, under the name by which a form asks for it.
type chapter struct {
	name string
	make func(*builder) []Section
}

// chapters are the report, in the order of the five phases and then of the annexes.
var chapters = []chapter{
	{"end", (*builder).end},
	{"reported", (*builder).reported},
	{"containment", (*builder).containment},
	{"investigation", (*builder).investigation},
	{"recovery", (*builder).recovery},
	{"final_report", (*builder).finalReport},
	{"people", (*builder).people},
	{"levels", (*builder).levelHistory},
	{"facts", (*builder).facts},
	{"evidence", (*builder).evidence},
	{"merged", (*builder).merged},
	{"questions", (*builder).questions},
	{"log", (*builder).course},
	{"deliveries", (*builder).deliveries},
}

// builder is one incident being turned into a document.
type builder struct {
	in      *incident.Incident
	o       Options
	voice   Voice
	chapter int // of the last chapter

	records     []incident.Record
	bySeq       map[int64]incident.Record
	undoneBy    map[int64]int64             // entry taken back → the entry that did it
	corrections map[int64][]incident.Record // entry → its corrections that still stand
	levels      []levelLine
	first       *incident.ReportReceived
	ended       *incident.Record // what ended it, nil while it goes on
	names       map[incident.PersonID]string
	nameless    map[incident.PersonID]bool // whose name was erased from the record
	taken       []incident.Record          // every change of the lead
	worded      wordings                   // of the steps
	calls       map[incident.PersonID][]time.Time
}

// read goes through the record once: it folds the state, and gathers what only the way to
// the state tells.
func read(in *incident.Incident, records []incident.Record, o Options) *builder {
	b := &builder{
		in: in, o: o, records: records,
		bySeq: make(map[int64]incident.Record, len(records)), undoneBy: map[int64]int64{},
		corrections: map[int64][]incident.Record{}, names: map[incident.PersonID]string{}, nameless: map[incident.PersonID]bool{},
		worded: wordingsOf(records), calls: map[incident.PersonID][]time.Time{},
	}
	b.voice = Voice{Say: o.Say, Name: b.name, KnownAs: o.KnownAs, Step: StepTitles(o.Lang, in, records), Rule: o.Rule, Restated: Restated(records), Party: func(n int) string { return PartyNames(b.in)(n) }, Brief: true}
	state := incident.New(in.ID)
	for _, r := range records {
		state.Apply(r)
		b.note(state, r)
	}
	if whole := len(records) > 0 && records[0].Seq == 1 && int64(len(records)) == in.Seq && state.Seq == in.Seq; whole {
		b.in = state
	}
	for seq := range b.undoneBy {
		if e, ok := b.bySeq[seq].Event.(incident.Corrected); ok {
			b.dropCorrection(e.Seq, seq)
		}
	}
	return b
}

func (b *builder) note(state *incident.Incident, r incident.Record) {
	b.bySeq[r.Seq] = r
	b.called(r.By, r.ByName)
	switch e := r.Event.(type) {
	case incident.Undone:
		b.undoneBy[e.Seq] = r.Seq
	case incident.Corrected:
		b.corrections[e.Seq] = append(b.corrections[e.Seq], r)
	case incident.LeadTaken:
		b.taken = append(b.taken, r)
	case incident.Paged:
		b.calls[e.Person] = append(b.calls[e.Person], r.At)
	case incident.CalledAgain:
		for _, c := range e.Calls {
			b.calls[c.Person] = append(b.calls[c.Person], r.At)
		}
	case incident.ReportReceived:
		b.first = &e
		b.called(e.Reporter, e.Name)
		b.levels = append(b.levels, levelAt(state, r))
	case incident.ReportMerged:
		for i := range min(len(e.Reporters), len(e.Names)) {
			b.called(e.Reporters[i], e.Names[i])
		}
	case incident.LevelSet, incident.LevelProposed:
		b.levels = append(b.levels, levelAt(state, r))
	case incident.IncidentClosed, incident.IncidentDismissed, incident.MergedIntoOther:
		b.ended = &r
	case incident.IncidentReopened:
		b.ended = nil
	}
}

// called keeps how the record calls a person. A name that was erased once is erased
// everywhere: whoever had it erased does not want to read it in the next line.
func (b *builder) called(p incident.PersonID, name incident.Text) {
	switch {
	case p == "":
	case name.Erased:
		b.nameless[p] = true
	case name.Body != "":
		b.names[p] = name.Body
	}
}

func (b *builder) dropCorrection(of, seq int64) {
	var stand []incident.Record
	for _, c := range b.corrections[of] {
		if c.Seq != seq {
			stand = append(stand, c)
		}
	}
	b.corrections[of] = stand
}

func (b *builder) title() string {
	switch {
	case b.in.MergedInto != "":
		return b.say("report.title.merged", "id", string(b.in.MergedInto))
	case b.in.Phase == incident.Dismissed:
		return b.say("report.title.dismissed")
	case b.in.Phase == incident.Closed:
		return b.say("report.title.final")
	}
	return b.say("report.title.draft")
}

// subject names the incident as its cards do, by the first line of the report.
func (b *builder) subject() string {
	title := b.in.Title
	for _, r := range b.records {
		if e, ok := r.Event.(incident.ReportReceived); ok && e.Text.Erased {
			title = b.say("text.erased")
		}
	}
	if title == "" {
		return string(b.in.ID)
	}
	return b.say("report.subject", "id", string(b.in.ID), "title", title)
}

func (b *builder) banner() []string {
	var banner []string
	if b.in.Practice {
		banner = append(banner, b.say("report.banner.practice"))
	}
	banner = append(banner, b.say("report.banner.internal"))
	if len(b.in.Excluded) > 0 {
		banner = append(banner, b.say("report.banner.restricted"))
	}
	return banner
}

func (b *builder) footer() string {
	return b.say("report.footer", "company", b.o.Company, "id", string(b.in.ID), "version", b.version())
}

func (b *builder) version() string {
	if b.o.Version == 0 {
		return b.say("report.version.draft")
	}
	return b.say("report.version", "number", strconv.Itoa(b.o.Version))
}

func (b *builder) meta() []Pair {
	head := b.gap()
	if b.in.Head != "" {
		head = Cell{Text: b.in.Head + "\n" + b.say("report.head.why", "count", strconv.FormatInt(b.in.Seq, 10))}
	}
	pairs := []Pair{
		b.pair("report.number", b.filled(string(b.in.ID))),
		b.pair("report.company", b.filled(b.o.Company)),
	}
	if b.o.Address != "" {
		pairs = append(pairs, b.pair("report.address", Cell{Text: b.o.Address}))
	}
	if b.o.Number != "" {
		pairs = append(pairs, b.pair("report.corporate_number", Cell{Text: b.o.Number}))
	}
	return append(pairs,
		b.pair("report.version.label", Cell{Text: b.version()}),
		b.pair("report.made_at", b.filled(Instant(b.o.MadeAt, b.say))),
		b.pair("report.phase", b.phaseCell()),
		b.pair("report.level", b.levelCell()),
		b.pair("report.head", head),
		b.pair("report.times", Cell{Text: b.say("time.zone")}),
	)
}

func (b *builder) phaseCell() Cell {
	if b.in.Phase == "" {
		return b.gap()
	}
	return Cell{Text: b.voice.phase(b.in.Phase)}
}

// levelCell marks a level that nobody has confirmed, or that the facts have overtaken.
func (b *builder) levelCell() Cell {
	working := b.in.WorkingLevel()
	name := b.say("level." + working.String())
	mean := b.say("levelmean." + working.String())
	switch {
	case !b.in.Level.Confirmed():
		return Cell{Text: b.say("report.level.unassessed", "level", b.say("level.provisional", "value", name), "mean", mean), Gap: true}
	case b.in.Provisional():
		return Cell{Text: b.say("report.level.below", "level", b.say("level."+b.in.Level.String()), "floor", name, "mean", mean), Gap: true}
	}
	return Cell{Text: b.say("report.level.confirmed", "level", name, "mean", mean)}
}
