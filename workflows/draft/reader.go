package draft

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// reader is one incident being turned into a draft.
type reader struct {
	in          *incident.Incident
	facts       clock.Considered // what the answers mean, as the clocks read them
	o           Options
	records     []incident.Record
	step        func(seq int64, key string) string
	undone      map[int64]bool
	corrections map[int64]incident.Text // entry → its latest correction that stands
	reporters   []*regexp.Regexp
}

func read(in *incident.Incident, records []incident.Record, o Options) *reader {
	r := &reader{in: in, o: o, records: records, undone: map[int64]bool{}, corrections: map[int64]incident.Text{}}
	state := incident.New(in.ID)
	for _, rec := range records {
		state.Apply(rec)
		if e, ok := rec.Event.(incident.Undone); ok {
			r.undone[e.Seq] = true
		}
	}
	if len(records) > 0 && records[0].Seq == 1 && int64(len(records)) == in.Seq && state.Seq == in.Seq {
		r.in = state
	}
	r.facts = clock.ConsiderFor(o.Company, r.in.Facts)
	for _, rec := range records {
		if e, ok := rec.Event.(incident.Corrected); ok && !r.undone[rec.Seq] {
			r.corrections[e.Seq] = e.Text
		}
	}
	r.step = report.StepTitles(o.Lang, r.in, records)
	r.findReporters()
	return r
}

func (r *reader) say(key string, pairs ...string) string { return r.o.Say(key, pairs...) }

// findReporters gathers how those who reported are called: nobody outside learns who they
// are, and a report must not become a risk for whoever makes it.
func (r *reader) findReporters() {
	names := map[string]bool{}
	called := func(id incident.PersonID, name string) {
		names[name] = true
		if r.o.Name != nil && id != "" {
			names[r.o.Name(id)] = true
		}
	}
	for _, p := range r.in.Reporters {
		called(p.ID, p.Name)
	}
	for _, rec := range r.records {
		switch e := rec.Event.(type) {
		case incident.ReportReceived:
			called(e.Reporter, e.Name.Body)
		case incident.ReportMerged:
			for i, id := range e.Reporters {
				if i < len(e.Names) {
					called(id, e.Names[i].Body)
				}
			}
		}
	}
	for name := range names {
		if x := nameForm(name); x != nil {
			r.reporters = append(r.reporters, x)
		}
	}
}

// honorific follows a family name that stands alone. Without one it is left: 森 is a forest,
// too.
const honorific = `\s*(?:さん|様|さま|氏|君|くん|殿|さま|-?san\b)`

// nameForm finds a name in a text: the whole name however it is spaced, and its parts where
// they certainly mean a person.
func nameForm(name string) *regexp.Regexp {
	parts := strings.Fields(name)
	if len(parts) == 0 {
		return nil
	}
	var quoted, ways []string
	for _, p := range parts {
		quoted = append(quoted, regexp.QuoteMeta(p))
	}
	if utf8.RuneCountInString(strings.Join(parts, "")) > 1 {
		ways = append(ways, strings.Join(quoted, `[\s　]*`)+`(?:`+honorific+`)?`)
	}
	for i, p := range quoted {
		ways = append(ways, p+honorific)
		if isLatin(parts[i]) && len(parts[i]) > 2 {
			ways = append(ways, `\b`+p+`\b`)
		}
	}
	x, err := regexp.Compile(`(?i)` + strings.Join(ways, "|"))
	if err != nil { // bytes that are no text; a name is never such
		return nil
	}
	return x
}

func isLatin(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
}

// typed is a text that somebody wrote, without the name of who reported.
func (r *reader) typed(text string) string {
	for _, x := range r.reporters {
		text = x.ReplaceAllString(text, strings.ReplaceAll(r.say("role.discoverer"), "$", "$$"))
	}
	return text
}

func (r *reader) body(t incident.Text) string {
	if t.Erased {
		return r.say("text.erased")
	}
	return r.typed(t.Body)
}

// is gives what the answers mean for a question about the incident: a draft and a clock never
// read them differently.
func (r *reader) is(k incident.FactKey) incident.Answer { return r.facts.Facts.Get(k) }

func (r *reader) yes(k incident.FactKey) bool { return r.facts.Facts.Is(k) }

// either is the answer to "this or that".
func either(answers ...incident.Answer) incident.Answer {
	out := incident.No
	for _, a := range answers {
		switch a {
		case incident.Yes:
			return incident.Yes
		case incident.No:
		default:
			out = incident.Unknown
		}
	}
	return out
}
