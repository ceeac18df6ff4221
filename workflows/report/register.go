package report

import (
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// Register is the head of a 台帳: what every incident is listed with, in one language. Its
// rows come one by one (Row), so that a company's whole history need not be in memory.
type Register struct {
	Lang    string // "ja" or "en"
	Title   string
	Company string
	Banner  []string // 訓練 in practice, 社外秘 always
	MadeAt  time.Time
	Columns []RegisterColumn
	// Sheet and AboutSheet name the two parts; About says what the register is, and how it
	// was made.
	Sheet, AboutSheet string
	About             []Pair
	// ColumnHead and MeaningHead stand over the explanations of the columns.
	ColumnHead, MeaningHead string
	// Clipped ends a text that is longer than a cell can hold.
	Clipped string

	o RegisterOptions
}

// RegisterColumn is one column, with what stands in it.
type RegisterColumn struct {
	Title, Meaning string
	Width          int // in half-width characters
}

// RegisterCell is an instant, a text, or, where both are empty, a number.
type RegisterCell struct {
	At     time.Time // UTC; shown in Japan time, as the column's title says
	Text   string
	Gap    bool // nothing was filled in; Text says so (未記入)
	Number int64
}

// RegisterOptions are what a register needs beside the incidents.
type RegisterOptions struct {
	Lang string
	Say  Say
	// Name calls a person as the contact list does today; empty when it does not know him.
	Name     func(*incident.Incident, incident.PersonID) string
	KnownAs  func(p incident.PersonID, recorded string) string // of Voice
	Company  string
	Practice bool
	MadeAt   time.Time // UTC
	// Chosen says in words which incidents are listed.
	Chosen string
}

// NewRegister makes the head of a register.
func NewRegister(o RegisterOptions) Register {
	r := Register{
		Lang: o.Lang, Title: o.Say("register.title"), Company: o.Company, MadeAt: o.MadeAt,
		Sheet: o.Say("register.sheet"), AboutSheet: o.Say("register.about"),
		ColumnHead: o.Say("register.about.column"), MeaningHead: o.Say("register.about.meaning"), Clipped: o.Say("register.clipped"),
		o: o,
	}
	if o.Practice {
		r.Banner = append(r.Banner, o.Say("report.banner.practice"))
	}
	r.Banner = append(r.Banner, o.Say("report.banner.internal"))
	for _, c := range registerColumns {
		r.Columns = append(r.Columns, RegisterColumn{Title: o.Say(c.title), Meaning: o.Say(c.meaning), Width: c.width})
	}
	about := func(label, text string) {
		r.About = append(r.About, Pair{Label: o.Say(label), Value: Cell{Text: text}})
	}
	about("report.company", o.Company)
	about("report.made_at", Instant(o.MadeAt, o.Say))
	about("report.times", o.Say("time.zone"))
	about("register.about.chosen", o.Chosen)
	if o.Practice {
		about("register.mark", o.Say("register.about.practice"))
	}
	about("register.about.gaps", o.Say("register.about.gaps.text"))
	about("register.about.full", o.Say("register.about.full.text"))
	about("register.about.keep", o.Say("register.about.keep.text"))
	return r
}

// Counted says at the end how many incidents are listed.
func (r Register) Counted(n int) Pair {
	return Pair{Label: r.o.Say("register.about.count"), Value: Cell{Text: r.o.Say("register.about.count.text", "count", strconv.Itoa(n))}}
}

// Row lists one incident, in the order of Columns: everything that a report of seed 001 §9.5
// has to say, as it is now, and what an auditor looks for beside it. What nobody filled in
// is a gap. records is as for Final: the whole record, oldest first.
func (r Register) Row(in *incident.Incident, records []incident.Record) []RegisterCell {
	b := read(in, records, Options{
		Lang: r.o.Lang, Say: r.o.Say, Company: r.o.Company, MadeAt: r.o.MadeAt,
		Name: func(p incident.PersonID) string { return r.o.Name(in, p) }, KnownAs: r.o.KnownAs,
	})
	row := make([]RegisterCell, len(registerColumns))
	for i, c := range registerColumns {
		row[i] = c.of(b)
	}
	return row
}

func textCell(c Cell) RegisterCell { return RegisterCell{Text: c.Text, Gap: c.Gap} }

func (b *builder) ofField(f incident.Field) RegisterCell { return textCell(b.field(f).Value) }

// instantField is a field that holds an instant, as one, where somebody knew it.
func (b *builder) instantField(f incident.Field) RegisterCell {
	v, ok := b.in.Fields[f]
	if ok && !v.Unknown {
		if t, err := time.Parse(time.RFC3339, v.Value); err == nil {
			return RegisterCell{At: t.UTC()}
		}
	}
	return b.ofField(f)
}

// orText is when something happened, or says that it has not, which is no gap.
func (b *builder) orText(at time.Time, key string) RegisterCell {
	if at.IsZero() {
		return RegisterCell{Text: b.say(key)}
	}
	return RegisterCell{At: at.UTC()}
}

// shortLevel names the level for a list: as it was judged, or marked as provisional.
func (b *builder) shortLevel() RegisterCell {
	working := b.say("level." + b.in.WorkingLevel().String())
	if b.in.Provisional() {
		return RegisterCell{Text: b.say("level.provisional", "value", working), Gap: true}
	}
	return RegisterCell{Text: working}
}

// levelSince is when somebody judged the level that it has now.
func (b *builder) levelSince() RegisterCell {
	if !b.in.Level.Confirmed() {
		if b.in.Phase.Ended() {
			return RegisterCell{Text: b.say("register.level.never")}
		}
		return RegisterCell{Text: b.say("level.unassessed"), Gap: true}
	}
	var at time.Time
	for _, c := range b.in.LevelHistory {
		if c.From != c.To {
			at = c.At
		}
	}
	return b.orText(at, "text.unfilled")
}

func (b *builder) mark() RegisterCell {
	mark := b.say("register.mark.live")
	if b.in.Practice {
		mark = b.say("register.mark.practice")
	}
	if len(b.in.Excluded) > 0 {
		mark += "\n" + b.say("register.mark.restricted")
	}
	return RegisterCell{Text: mark}
}

func (b *builder) endInstant() RegisterCell {
	if !b.in.Phase.Ended() {
		return RegisterCell{Text: b.say("register.ongoing")}
	}
	return b.orText(b.in.PhaseSince[b.in.Phase], "text.unfilled")
}

// shortOutcome says how it ended, and what was said at the end.
func (b *builder) shortOutcome() RegisterCell {
	what, said := b.say("register.ongoing"), ""
	switch {
	case !b.in.Phase.Ended():
	case b.in.MergedInto != "":
		what = b.say("register.outcome.merged", "id", string(b.in.MergedInto))
	case b.in.Phase == incident.Dismissed:
		what, said = b.say("phase.dismissed"), b.say("log.part.reason", "text", b.kept(b.in.EndReason))
	default:
		what, said = b.say("phase.closed"), b.closingComment()
	}
	if said != "" {
		what += "\n" + said
	}
	return RegisterCell{Text: what}
}

// acting are those who answered the call or have a step to do.
func (b *builder) acting() RegisterCell {
	var names []string
	listed := map[incident.PersonID]bool{}
	add := func(p incident.PersonID) {
		if p != "" && !listed[p] {
			listed[p] = true
			names = append(names, b.voice.name(p))
		}
	}
	for _, p := range b.in.Responders() {
		add(p.Person)
	}
	for _, s := range b.in.Steps {
		add(s.Assigned)
	}
	switch {
	case names != nil:
		return RegisterCell{Text: strings.Join(names, b.say("separator"))}
	case b.in.Phase.Ended():
		return RegisterCell{Text: b.say("text.none")}
	}
	return textCell(b.gap())
}

// personalData is what the notices to the authority hang on.
func (b *builder) personalData() RegisterCell {
	a, asked := b.in.Facts[incident.FactPersonalData]
	if !asked {
		return RegisterCell{Text: b.gap().Text, Gap: !b.in.Phase.Ended()}
	}
	text := b.voice.answer(a)
	if n, ok := b.in.Facts[incident.FactPersons]; ok {
		text = b.say("report.fact", "fact", text, "answer", b.voice.answer(n))
	}
	return RegisterCell{Text: text}
}

// actionLines are the 再発防止 with who does each and by when.
func (b *builder) actionLines() RegisterCell {
	if len(b.in.Actions) == 0 {
		return textCell(Cell(b.actions().none))
	}
	var lines []string
	gap := false
	for _, a := range b.in.Actions {
		owner, due, state := b.gap().Text, b.filled(Day(a.Due, b.say)), b.say("report.action.open")
		if a.Owner != "" {
			owner = b.voice.name(a.Owner)
		}
		if a.Done {
			state = b.say("report.action.done")
		}
		gap = gap || a.Owner == "" || a.Due == ""
		lines = append(lines, b.say("register.action", "number", strconv.Itoa(a.N), "text", b.kept(a.Text), "owner", owner, "due", due.Text, "state", state))
	}
	return RegisterCell{Text: strings.Join(lines, "\n"), Gap: gap}
}

// approvalBy says who approved the final report, in which role, of which version, and what
// was decided about publication.
func (b *builder) approvalBy() RegisterCell {
	a := b.in.Approval
	if none, ok := b.unapproved(); ok {
		return textCell(none)
	}
	text := b.approvedBy().Text
	version := 0
	for _, r := range b.records {
		if e, ok := r.Event.(incident.ReportMade); ok && r.Seq < a.Seq {
			version = e.Version
		}
	}
	if version > 0 {
		text += "\n" + b.say("report.version", "number", strconv.Itoa(version))
	}
	if a.Publication != "" {
		text += "\n" + b.say("log.part.publication", "text", b.say("publication."+string(a.Publication)))
	}
	return RegisterCell{Text: text}
}

func (b *builder) approvalInstant() RegisterCell {
	if b.in.Approval == nil {
		return b.approvalBy()
	}
	return RegisterCell{At: b.in.Approval.At.UTC()}
}

// milestones is the 対応経過 in short: the entries that moved the incident. The whole of it
// is in the report.
func (b *builder) milestones() RegisterCell {
	var lines []string
	for _, r := range b.records {
		if !moved(r.Event) || b.undoneBy[r.Seq] != 0 {
			continue
		}
		// What somebody typed stands below the first line, and in columns of its own.
		what, _, _ := strings.Cut(Sentence(r, b.voice), "\n")
		lines = append(lines, b.say("register.course", "at", r.Occurred.In(incident.Tokyo).Format("2006/01/02 15:04"), "name", Author(r, b.voice), "text", what))
	}
	if lines == nil {
		return textCell(b.gap())
	}
	return RegisterCell{Text: strings.Join(lines, "\n")}
}

func moved(e incident.Event) bool {
	switch e.(type) {
	case incident.ReportReceived, incident.LeadTaken, incident.PhaseMoved, incident.LevelSet, incident.Recategorised,
		incident.Approved, incident.ApprovalVoided, incident.IncidentClosed, incident.IncidentDismissed,
		incident.IncidentReopened, incident.ReportMerged, incident.MergedIntoOther:
		return true
	}
	return false
}

func (b *builder) checkValue() RegisterCell { return textCell(b.filled(b.in.Head)) }
