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
	l := b.levelLines()
	if l.rows == nil {
		return []Section{b.begin(b.say("report.levels"), l.none)}
	}
	return []Section{b.begin(b.say("report.levels"), Paragraph{Text: b.say("report.levels.why")}, b.lay(l))}
}

func (b *builder) levelLines() lines {
	l := lines{
		keys: []string{"at", "level", "who", "suggested", "reason"}, widths: []int{24, 20, 14, 24, 18},
		none: Paragraph{Text: b.say("text.unfilled"), Gap: true},
	}
	for _, line := range b.levels {
		what, reason := "", incident.Text{}
		switch e := line.record.Event.(type) {
		case incident.ReportReceived:
			what = b.say("report.level.first")
		case incident.LevelSet:
			what, reason = b.say("report.level.set", "from", b.say("level."+e.From.String()), "to", b.say("level."+e.To.String())), e.Reason
		case incident.LevelProposed:
			what, reason = b.say("report.level.proposed", "level", b.say("level."+e.Level.String())), e.Reason
		}
		l.rows = append(l.rows, cells(Instant(line.record.Occurred, b.say), what, Author(line.record, b.voice), b.suggestion(line), b.voice.body(reason)))
	}
	return l
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
		} else if !k.Legal() { // those are asked only where somebody may have to be notified
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

// factLines are all the questions; what nobody answered is a gap. Those that decide only who
// has to be notified are not asked of every incident, and are there once answered.
func (b *builder) factLines() lines {
	l := lines{keys: []string{"fact", "answer"}}
	for _, k := range incident.FactKeys {
		if _, answered := b.in.Facts[k]; k.Legal() && !answered {
			continue
		}
		l.rows = append(l.rows, []Cell{{Text: b.say("fact." + string(k))}, b.fact(k)})
	}
	return l
}

func (b *builder) fact(k incident.FactKey) Cell {
	a, ok := b.in.Facts[k]
	if !ok {
		return b.gap()
	}
	return Cell{Text: b.voice.answer(a)}
}

// evidence lists where evidence is kept, and the files that are kept with the record: by the
// digest anybody can check, years later, that a file he is handed is the one that was attached.
func (b *builder) evidence() []Section {
	places, files := b.evidenceLines(), b.fileLines()
	s := []Section{b.begin(b.say("report.evidence"))}
	switch {
	case places.rows == nil && files.rows == nil:
		s[0].Blocks = append(s[0].Blocks, Paragraph{Text: b.say("report.evidence.none")})
	case places.rows != nil:
		s[0].Blocks = append(s[0].Blocks, b.lay(places))
	}
	if files.rows != nil {
		s = append(s, b.part("report.files", b.lay(files)))
	}
	return s
}

// evidenceLines are the pieces of evidence of which the record has the place.
func (b *builder) evidenceLines() lines {
	l := lines{
		keys: []string{"name_of_evidence", "where", "who", "at"}, widths: []int{28, 32, 16, 24},
		none: Paragraph{Text: b.say("text.none")},
	}
	for _, e := range b.in.Evidence {
		if !e.IsFile() {
			l.rows = append(l.rows, cells(b.kept(e.Name), b.kept(e.Where), b.voice.name(e.By), Instant(e.At, b.say)))
		}
	}
	return l
}

// fileLines are the files that are kept with the record.
func (b *builder) fileLines() lines {
	l := lines{
		keys: []string{"name_of_file", "size", "digest", "who", "at"}, widths: []int{22, 10, 30, 15, 23},
		none: Paragraph{Text: b.say("text.none")},
	}
	for _, e := range b.in.Evidence {
		if !e.IsFile() {
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
		l.rows = append(l.rows, cells(name, Size(e.Size, b.say), e.SHA256, b.voice.name(e.By), Instant(e.At, b.say)))
	}
	return l
}

// merged lists the reports of the same thing that were taken in.
func (b *builder) merged() []Section {
	return []Section{b.begin(b.say("report.merged"), b.lay(b.mergedLines()))}
}

func (b *builder) mergedLines() lines {
	l := lines{
		keys: []string{"incident", "reporter", "at", "text"}, widths: []int{18, 20, 24, 38},
		none: Paragraph{Text: b.say("report.merged.none")},
	}
	for _, r := range b.records {
		e, ok := r.Event.(incident.ReportMerged)
		if !ok {
			continue
		}
		l.rows = append(l.rows, cells(string(e.From), b.voice.merged(e), Instant(r.At, b.say), b.voice.body(e.Text)))
	}
	return l
}

// questions shows what was asked of the reporters beside what they added, in the order of time.
func (b *builder) questions() []Section {
	s := b.begin(b.say("report.questions"), b.lay(b.questionLines()))
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

func (b *builder) questionLines() lines {
	l := lines{
		keys: []string{"entry", "at", "who", "what", "text"}, widths: []int{8, 24, 16, 14, 38},
		none: Paragraph{Text: b.say("report.questions.none")},
	}
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
		l.rows = append(l.rows, cells(number(r.Seq), Instant(r.Occurred, b.say), Author(r, b.voice), what, b.marked(r, text)))
	}
	return l
}
