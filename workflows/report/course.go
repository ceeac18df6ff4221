package report

import (
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

func number(seq int64) string { return strconv.FormatInt(seq, 10) }

// course is the 対応経過: every entry of the record but the bot's own book-keeping, which is
// only counted. The numbers are those of the record, so the gaps show where it stood.
func (b *builder) course() []Section {
	l, omitted := b.entries()
	s := b.begin(b.say("field.log"))
	if l.rows != nil {
		s.Blocks = append(s.Blocks, Paragraph{Text: b.say("report.course.how")})
	}
	s.Blocks = append(s.Blocks, b.lay(l))
	if omitted != nil {
		s.Blocks = append(s.Blocks, Paragraph{Text: b.say("report.course.omitted",
			"count", strconv.Itoa(len(omitted)), "numbers", strings.Join(omitted, b.say("separator")))})
	}
	return []Section{s}
}

// entries are the lines of the 対応経過, and the numbers of the entries left out.
func (b *builder) entries() (l lines, omitted []string) {
	l = lines{
		keys: []string{"entry", "occurred", "who", "done"}, widths: []int{8, 24, 16, 52},
		none: Paragraph{Text: b.say("text.unfilled"), Gap: true},
	}
	for _, r := range b.records {
		if b.bookkeeping(r) {
			omitted = append(omitted, number(r.Seq))
			continue
		}
		l.rows = append(l.rows, cells(number(r.Seq), b.times(r), Author(r, b.voice), b.marked(r, Sentence(r, b.voice))))
	}
	return l, omitted
}

// recordedLater is from when on the time of recording is shown beside the time of the deed.
const recordedLater = time.Minute

func (b *builder) times(r incident.Record) string {
	at := Instant(r.Occurred, b.say)
	if d := r.At.Sub(r.Occurred); d >= recordedLater || d <= -recordedLater {
		at += "\n" + b.say("report.course.recorded", "at", Instant(r.At, b.say))
	}
	return at
}

// bookkeeping reports whether an entry only follows from another that is shown, and says
// nothing that stands nowhere else: the circle and the steps have their own chapters, and clocks
// that ended with the incident are those that had begun.
func (b *builder) bookkeeping(r incident.Record) bool {
	switch e := r.Event.(type) {
	case incident.Planned, incident.Joined, incident.PageStopped, incident.ClocksReminded:
		return true
	case incident.ClocksDrawn:
		return e.Because == incident.DrawnDismissed || e.Because == incident.DrawnElsewhere
	case incident.FieldSet:
		// The report's own text, set as the field: it stands in the entry of the report.
		if e.Field != incident.FieldEvent || b.undoneBy[r.Seq] != 0 {
			return false
		}
		first, ok := b.bySeq[1].Event.(incident.ReportReceived)
		return ok && r.At.Equal(b.bySeq[1].At) && e.Before.IsZero() && e.Value.Body == first.Text.Body
	}
	return false
}

// marked shows an entry that was taken back as such, and the better wording beside the
// original; both stay readable.
func (b *builder) marked(r incident.Record, text string) string {
	for _, c := range b.corrections[r.Seq] {
		text += "\n" + b.say("report.course.corrected", "number", number(c.Seq), "text", b.voice.body(c.Event.(incident.Corrected).Text))
	}
	if by, ok := b.undoneBy[r.Seq]; ok {
		text = b.say("report.course.undone", "number", number(by), "text", text)
	}
	return text
}

// deliveries is what was sent to whom, where the caller gave it.
func (b *builder) deliveries() []Section {
	if b.o.Deliveries == nil {
		return nil
	}
	l := b.sent()
	t, ok := b.lay(l).(Table)
	if !ok {
		t = Table{Header: b.header(l.keys...), Widths: l.widths}
	}
	return []Section{b.begin(b.say("report.deliveries"), t)}
}

func (b *builder) sent() lines {
	l := lines{keys: []string{"at", "to", "message", "state"}, widths: []int{24, 18, 42, 16}, none: Paragraph{Text: b.say("text.none")}}
	for _, d := range b.o.Deliveries {
		l.rows = append(l.rows, cells(Instant(d.At, b.say), d.To, d.What, d.State))
	}
	return l
}
