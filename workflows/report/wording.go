package report

import "hikeshi/workflows/incident"

// wordings are how the steps of an incident were worded, by key and in the order of the record.
// A level has a table of its own, and the same step asks for other things in it: what somebody did
// is told in the words that he had before him, not in those of a table that came later.
type wordings map[string][]wording

// wording is the text of a step from an entry on.
type wording struct {
	from int64
	text incident.Words
}

func wordingsOf(records []incident.Record) wordings {
	w := wordings{}
	for _, r := range records {
		if e, ok := r.Event.(incident.Planned); ok {
			for _, s := range e.Steps {
				w[s.Key] = append(w[s.Key], wording{r.Seq, s.Text})
			}
		}
	}
	return w
}

// at gives the words that were in force at an entry; of a step that a record which does not begin
// at its beginning names only later, the first that there are.
func (w wordings) at(seq int64, key string) (text incident.Words, ok bool) {
	for i, x := range w[key] {
		if i == 0 || x.from <= seq {
			text, ok = x.text, true
		}
	}
	return text, ok
}

// StepTitles gives short titles of an incident's steps by key, in a language: the first
// sentence, clipped, as it was worded at an entry of the record. Where there is no record at
// hand, records may be nil: the words are those of today then.
func StepTitles(lang string, in *incident.Incident, records []incident.Record) func(seq int64, key string) string {
	then, now := wordingsOf(records), map[string]incident.Words{}
	for _, s := range in.Steps {
		now[s.Key] = s.Text
	}
	return func(seq int64, key string) string {
		text, ok := then.at(seq, key)
		if !ok {
			text = now[key]
		}
		if title := stepTitle(text.In(lang)); title != "" {
			return title
		}
		return key
	}
}
