package desk

import (
	"slices"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// Where 届出の確認 stands, and what an answer to it says.

// owes reports whether there is anything to ask of whom to notify.
func (v voice) owes(in *incident.Incident) bool { return v.service.Clocks() != nil && in.Owes() }

// legalButtons is the button that asks what is still unknown; none where nothing is.
func (v voice) legalButtons(in *incident.Incident) []chat.Button {
	if !v.owes(in) {
		return nil
	}
	t, ok := v.inquiry(in).next()
	if !ok {
		return nil
	}
	b := v.formButton("button.legal", t.form, in, "")
	if provisional(in) {
		b.Style = chat.Primary
	}
	return []chat.Button{b}
}

func provisional(in *incident.Incident) bool {
	return slices.ContainsFunc(in.OpenClocks(), func(c incident.Clock) bool { return c.Provisional })
}

// answerButton asks the first question on which a clock rests.
func (v voice) answerButton(in *incident.Incident, d incident.Duty) []chat.Button {
	missing := v.unanswered(in, d)
	if len(missing) == 0 {
		return nil
	}
	for _, k := range missing {
		if t, ok := topicOf(k); ok {
			return []chat.Button{v.formButton("button.clock_answer", t.form, in, "")}
		}
	}
	return []chat.Button{v.formButton("button.clock_answer", formFact, in, string(missing[0]))}
}

// legalItems are the contradictions, each with the form that mends it, and the topics with how
// much of each is still unknown. What cannot matter is not offered.
func (v voice) legalItems(in *incident.Incident) (items []chat.Item, open bool) {
	if !v.owes(in) {
		return nil, false
	}
	q := v.inquiry(in)
	items = q.disputes()
	topics, all := chat.Item{}, 0
	for _, t := range legalTopics {
		n := q.missing(t)
		if n == 0 && len(q.asked(t)) == 0 {
			continue
		}
		b := v.formButton("legal.topic."+t.form, t.form, in, "")
		if n > 0 {
			b.Label = v.say("legal.topic_open", "topic", b.Label, "n", number(n))
		}
		if n > 0 && all == 0 && provisional(in) {
			b.Style = chat.Primary
		}
		all += n
		topics.Buttons = append(topics.Buttons, b)
	}
	switch {
	case topics.Buttons == nil:
		return items, false
	case all > 0:
		topics.Mark, topics.Text = v.say("legal.mark_open", "n", number(all)), v.say("legal.open")
	default:
		topics.Mark, topics.Text = v.say("legal.mark_done"), v.say("legal.done")
	}
	return append(items, topics), all > 0 || len(items) > 0
}

// disputes are the answers that cannot both be right.
func (q inquiry) disputes() (items []chat.Item) {
	for _, x := range q.so.Contradictions {
		item := chat.Item{Mark: q.say("legal.mark_disputed"), Text: q.texts.ClockContradiction(q.lang, x, q.so), Small: q.say("legal.disputed")}
		for _, k := range []incident.FactKey{x.Against, x.Taken} {
			t, ok := topicOf(k)
			if b := q.formButton("legal.topic."+t.form, t.form, q.in, ""); ok && !slices.Contains(item.Buttons, b) {
				item.Buttons = append(item.Buttons, b)
			}
		}
		items = append(items, item)
	}
	return items
}

// disputedLines say which contradictions concern a clock.
func (v voice) disputedLines(in *incident.Incident, d incident.Duty) (lines []string) {
	reasons := in.Reasons(v.service.Clocks(), d, v.now)
	so := v.inquiry(in).so
	for _, x := range so.Contradictions {
		if slices.Contains(reasons, x.Taken) || slices.Contains(reasons, x.Against) {
			lines = append(lines, v.texts.ClockContradiction(v.lang, x, so))
		}
	}
	return lines
}

// legalBlocks is where these items stand on a card.
func (v voice) legalBlocks(in *incident.Incident) (blocks []chat.Block, open bool) {
	items, open := v.legalItems(in)
	if items == nil {
		return nil, false
	}
	return []chat.Block{{Heading: v.say("legal.heading"), Items: items}}, open
}

// disputeBlocks is the same of the contradictions alone.
func (v voice) disputeBlocks(in *incident.Incident) []chat.Block {
	if !v.owes(in) {
		return nil
	}
	if items := v.inquiry(in).disputes(); items != nil {
		return []chat.Block{{Items: items}}
	}
	return nil
}

// legalSaved answers a saved form: what became of the clocks first, then what was recorded, and
// what is still to be asked.
func (v *visit) legalSaved(in *incident.Incident, out workflows.Outcome, t task) chat.Reply {
	card := v.doneCard(in.ID, v.say("legal.saved", "id", string(in.ID)))
	drawn, entries := v.drawnBy(in, out)
	before := t.sent.before
	if before != nil && before.Seq >= out.Seq {
		before = nil // the same form came a second time, after it was carried out
	}
	card.Blocks = []chat.Block{{Text: v.clocksNow(before, drawn, out.First != 0)}}
	legal, _ := v.legalBlocks(in)
	card.Blocks = append(card.Blocks, legal...)
	if v.inquiry(in).so.Contradictions != nil {
		card.Tone = chat.Notice
	}
	if entries != nil {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("legal.recorded"), Items: entries})
	}
	card.Buttons = []chat.Button{v.clocksButton(in), v.pageLink(in)}
	return chat.Reply{Accepted: true, Cards: []chat.Card{card}}
}

// drawnBy gives what a command did to the clocks, and its other entries.
func (v *visit) drawnBy(in *incident.Incident, out workflows.Outcome) (drawn incident.ClocksDrawn, entries []chat.Item) {
	if out.First == 0 {
		return drawn, nil
	}
	records, err := v.service.Record(v.ctx, v.who.ID, in.ID, out.First)
	if err != nil {
		return drawn, []chat.Item{{Text: v.say("done.recorded")}}
	}
	for _, r := range records {
		if r.Seq > out.Seq {
			break
		}
		if e, ok := r.Event.(incident.ClocksDrawn); ok {
			drawn = e
		} else if told(r.Event) {
			entries = append(entries, v.entryItem(in, r))
		}
	}
	return drawn, entries
}

// namedClocks is how many clocks a sentence names.
const namedClocks = 2

// clocksNow says in a sentence or two which clocks began, changed or went. before is the incident
// as it was; nil: unknown.
func (v voice) clocksNow(before *incident.Incident, e incident.ClocksDrawn, changed bool) string {
	var lines []string
	say := func(key string, names []string) {
		switch more := len(names) - namedClocks; {
		case len(names) == 0:
		case more > 0:
			lines = append(lines, v.say(key+"_more", "clocks", v.join(names[:namedClocks]), "n", number(more)))
		default:
			lines = append(lines, v.say(key, "clocks", v.join(names)))
		}
	}
	var started, became, gone []string
	for _, d := range e.Started {
		key := "legal.clock"
		if d.Provisional {
			key = "legal.clock_provisional"
		}
		started = append(started, v.say(key, "clock", v.ruleTitle(d.Rule), "until", report.Until(d, v.say)))
	}
	for _, d := range e.Changed {
		if text := v.becameText(before, d); text != "" {
			became = append(became, text)
		}
	}
	for _, r := range e.Lapsed {
		gone = append(gone, v.ruleTitle(r))
	}
	say("legal.started", started)
	say("legal.changed", became)
	say("legal.gone", gone)
	if lines == nil {
		key := "legal.same"
		if !changed {
			key = "legal.nothing"
		}
		return v.say(key)
	}
	return strings.Join(lines, "\n")
}

// becameText says what is new about a clock: another day, or that it is certain now. Of one for
// which there is only another reason it says nothing.
func (v voice) becameText(before *incident.Incident, d incident.Duty) string {
	clock, until := v.ruleTitle(d.Rule), report.Until(d, v.say)
	if before == nil {
		return v.say("legal.clock", "clock", clock, "until", until)
	}
	was, _ := before.Clock(d.Rule)
	switch from := report.Until(was.Duty, v.say); {
	case from != until:
		return v.say("legal.clock_moved", "clock", clock, "from", from, "to", until)
	case was.Provisional && !d.Provisional:
		return v.say("legal.clock_certain", "clock", clock, "until", until)
	case !was.Provisional && d.Provisional:
		return v.say("legal.clock_provisional", "clock", clock, "until", until)
	}
	return ""
}
