package report

import "hikeshi/workflows/incident"

// Restated reports of a duty that an entry of the record changed whether the dates of it are those
// that the record had already. Answers change why a duty is there, or who answers for it; whoever
// reads that its deadline changed looks for another day.
func Restated(records []incident.Record) func(seq int64, r incident.Rule) bool {
	type told struct {
		seq  int64
		rule incident.Rule
	}
	restated, last := map[told]bool{}, map[incident.Rule]incident.Duty{}
	for _, r := range records {
		e, ok := r.Event.(incident.ClocksDrawn)
		if !ok {
			continue
		}
		for _, d := range e.Started {
			last[d.Rule] = d
		}
		for _, d := range e.Changed {
			was, ok := last[d.Rule]
			restated[told{r.Seq, d.Rule}] = ok && toldAlike(was, d)
			last[d.Rule] = d
		}
		for _, rule := range e.Lapsed {
			delete(last, rule)
		}
	}
	return func(seq int64, rule incident.Rule) bool { return restated[told{seq, rule}] }
}

// toldAlike reports whether an entry says the same of two duties: by when, and how certain it is.
func toldAlike(a, b incident.Duty) bool {
	return a.Target == b.Target && a.Due == b.Due && a.DueAt.Equal(b.DueAt) && a.Provisional == b.Provisional && a.Voluntary == b.Voluntary
}
