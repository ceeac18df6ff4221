package report

import (
	"strings"

	"hikeshi/workflows/incident"
)

// levelLine is one line of the level history, with what the facts of that moment pointed to.
type levelLine struct {
	record    incident.Record
	suggested incident.Level
	because   incident.FactKey
	leak      bool // it rests on the rule that every leak is at least 2, not on a fact
}

func levelAt(state *incident.Incident, r incident.Record) levelLine {
	l := levelLine{record: r}
	l.suggested, l.because = incident.Suggest(state.Facts)
	if floor, why := state.Floor(); floor > l.suggested && floor > incident.Level0 {
		l.suggested, l.because = floor, incident.FactKey(why)
		l.leak = why == string(incident.Leak)
	}
	return l
}

// levelHistory says how the level came about (§9.2).
func (b *builder) levelHistory() []Section {
	t := Table{Header: b.header("at", "level", "who", "suggested", "reason"), Widths: []int{24, 20, 14, 24, 18}}
	for _, l := range b.levels {
		what, reason := "", incident.Text{}
		switch e := l.record.Event.(type) {
		case incident.ReportReceived:
			what = b.say("report.level.first")
		case incident.LevelSet:
			what, reason = b.say("report.level.set", "from", b.say("level."+e.From.String()), "to", b.say("level."+e.To.String())), e.Reason
		case incident.LevelProposed:
			what, reason = b.say("report.level.proposed", "level", b.say("level."+e.Level.String())), e.Reason
		}
		t.Rows = append(t.Rows, cells(Instant(l.record.Occurred, b.say), what, Author(l.record, b.voice), b.suggestion(l), b.voice.body(reason)))
	}
	if t.Rows == nil {
		return []Section{b.begin(b.say("report.levels"), Paragraph{Text: b.say("text.unfilled"), Gap: true})}
	}
	return []Section{b.begin(b.say("report.levels"), Paragraph{Text: b.say("report.levels.why")}, t)}
}

func (b *builder) suggestion(l levelLine) string {
	switch {
	case !l.suggested.Confirmed():
		return b.say("report.suggested.none")
	case l.leak:
		return b.say("report.suggested", "level", b.say("level."+l.suggested.String()), "why", b.say("report.suggested.leak"))
	}
	return b.say("report.suggested", "level", b.say("level."+l.suggested.String()), "why", b.say("fact."+string(l.because)))
}

// facts lists what was answered, and names what was never asked or answered.
func (b *builder) facts() []Section {
	var pairs Pairs
	var open []string
	for _, k := range incident.FactKeys {
		if a, ok := b.in.Facts[k]; ok {
			pairs = append(pairs, b.pair("fact."+string(k), Cell{Text: b.voice.answer(a)}))
		} else {
			open = append(open, b.say("fact."+string(k)))
		}
	}
	s := b.begin(b.say("report.facts"))
	if pairs != nil {
		s.Blocks = append(s.Blocks, pairs)
	}
	if open != nil {
		s.Blocks = append(s.Blocks, Paragraph{Text: b.say("report.facts.open")}, List{Items: open})
	}
	return []Section{s}
}

// evidence lists where evidence is kept, and the files that are kept with the record: by the
// digest anybody can check, years later, that a file he is handed is the one that was attached.
func (b *builder) evidence() []Section {
	places := Table{Header: b.header("name_of_evidence", "where", "who", "at"), Widths: []int{28, 32, 16, 24}}
	files := Table{Header: b.header("name_of_file", "size", "digest", "who", "at"), Widths: []int{22, 10, 30, 15, 23}}
	for _, e := range b.in.Evidence {
		if !e.IsFile() {
			places.Rows = append(places.Rows, cells(b.kept(e.Name), b.kept(e.Where), b.voice.name(e.By), Instant(e.At, b.say)))
			continue
		}
		name := b.kept(e.Name)
		original := b.optional(e.Seq, e.Where, func(x incident.Event) incident.Text {
			f, _ := x.(incident.FileAttached)
			return f.Where
		})
		if original != "" {
			name += "\n" + b.say("report.files.original", "where", original)
		}
		files.Rows = append(files.Rows, cells(name, Size(e.Size, b.say), e.SHA256, b.voice.name(e.By), Instant(e.At, b.say)))
	}
	s := []Section{b.begin(b.say("report.evidence"))}
	switch {
	case places.Rows == nil && files.Rows == nil:
		s[0].Blocks = append(s[0].Blocks, Paragraph{Text: b.say("report.evidence.none")})
	case places.Rows != nil:
		s[0].Blocks = append(s[0].Blocks, places)
	}
	if files.Rows != nil {
		s = append(s, b.part("report.files", files))
	}
	return s
}

// merged lists the reports of the same thing that were taken in.
func (b *builder) merged() []Section {
	t := Table{Header: b.header("incident", "reporter", "at", "text"), Widths: []int{18, 20, 24, 38}}
	for _, r := range b.records {
		e, ok := r.Event.(incident.ReportMerged)
		if !ok {
			continue
		}
		t.Rows = append(t.Rows, cells(string(e.From), b.voice.merged(e), Instant(r.At, b.say), b.voice.body(e.Text)))
	}
	if t.Rows == nil {
		return []Section{b.begin(b.say("report.merged"), Paragraph{Text: b.say("report.merged.none")})}
	}
	return []Section{b.begin(b.say("report.merged"), t)}
}

// questions shows what was asked of the reporters beside what they added, in the order of time.
func (b *builder) questions() []Section {
	t := Table{Header: b.header("entry", "at", "who", "what", "text"), Widths: []int{8, 24, 16, 14, 38}}
	for _, r := range b.records {
		what, text := "", ""
		switch e := r.Event.(type) {
		case incident.Asked:
			what, text = b.say("report.question"), b.voice.body(e.Text)
		case incident.Informed:
			what, text = b.say("report.answer"), b.voice.body(e.Text)
			if e.FalseAlarm {
				what = b.say("report.false_alarm")
			}
		default:
			continue
		}
		t.Rows = append(t.Rows, cells(number(r.Seq), Instant(r.Occurred, b.say), Author(r, b.voice), what, b.marked(r, text)))
	}
	if t.Rows == nil {
		return []Section{b.begin(b.say("report.questions"), Paragraph{Text: b.say("report.questions.none")})}
	}
	s := b.begin(b.say("report.questions"), t)
	var waiting []string
	for _, q := range b.in.Questions {
		if !q.Answered {
			waiting = append(waiting, number(q.Seq))
		}
	}
	if waiting != nil {
		s.Blocks = append(s.Blocks, Paragraph{Text: b.say("report.questions.waiting", "numbers", strings.Join(waiting, b.say("separator"))), Gap: !b.in.Phase.Ended()})
	}
	return []Section{s}
}
