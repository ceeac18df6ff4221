package report

import (
	"strconv"

	"hikeshi/workflows/incident"
)

func (b *builder) say(key string, pairs ...string) string { return b.o.Say(key, pairs...) }

func (b *builder) gap() Cell { return Cell{Text: b.say("text.unfilled"), Gap: true} }

// filled is a value, or a gap where there is none.
func (b *builder) filled(text string) Cell {
	if text == "" {
		return b.gap()
	}
	return Cell{Text: text}
}

// kept is a text that was certainly given: that it is empty now means that it was erased.
func (b *builder) kept(text string) string {
	if text == "" {
		return b.say("text.erased")
	}
	return text
}

// optional is a text of an entry that need not have been given.
func (b *builder) optional(seq int64, text string, of func(incident.Event) incident.Text) string {
	if text == "" {
		if r, ok := b.bySeq[seq]; ok && of(r.Event).Erased {
			return b.say("text.erased")
		}
	}
	return text
}

func (b *builder) pair(key string, value Cell) Pair { return Pair{Label: b.say(key), Value: value} }

// begin opens the next chapter.
func (b *builder) begin(title string, blocks ...Block) Section {
	b.chapter++
	return Section{Level: 1, Title: b.say("report.chapter", "number", strconv.Itoa(b.chapter), "title", title), Blocks: blocks}
}

func (b *builder) part(key string, blocks ...Block) Section {
	return Section{Level: 2, Title: b.say(key), Blocks: blocks}
}

func (b *builder) header(keys ...string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = b.say("report.column." + k)
	}
	return out
}

func cells(texts ...string) []Cell {
	out := make([]Cell, len(texts))
	for i, t := range texts {
		out[i] = Cell{Text: t}
	}
	return out
}

// name calls a person as the contact list does today, or else as the record did. An
// identity in the place of a name is none.
func (b *builder) name(p incident.PersonID) string {
	if p == "" {
		return b.say("person.bot")
	}
	if b.nameless[p] {
		return b.say("person.erased")
	}
	if n := b.o.Name(p); n != "" && n != string(p) {
		return b.voice.knownAs(p, n)
	}
	if n := b.names[p]; n != "" {
		return b.voice.knownAs(p, n)
	}
	return ""
}

// field is one item of the report: its value, what says that it is not known, or a gap.
func (b *builder) field(f incident.Field) Pair {
	label := "field." + string(f)
	v, ok := b.in.Fields[f]
	switch {
	case !ok && b.notNeeded(f.Phase()):
		return b.pair(label, Cell{Text: b.say("report.not_needed")})
	case !ok:
		return b.pair(label, b.gap())
	case v.Unknown:
		return b.pair(label, Cell{Text: b.say("text.unknown", "value", b.kept(v.Reason))})
	case v.Value == "":
		return b.pair(label, Cell{Text: b.say("text.erased")})
	case f.IsTime():
		return b.pair(label, Cell{Text: b.voice.moment(v.Value)})
	}
	return b.pair(label, Cell{Text: v.Value})
}

// notNeeded reports whether the incident ended before a phase, so that nobody owes what
// belongs to it: level 0 is closed from 発見報告, and what was no incident ends early.
func (b *builder) notNeeded(p incident.Phase) bool {
	return b.in.Phase.Ended() && b.in.Left != "" && b.in.Left.Before(p)
}
