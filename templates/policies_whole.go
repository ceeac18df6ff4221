package templates

import (
	"slices"
	"time"

	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// levelPlan is a part of a policy under the key by which the file has it.
type levelPlan struct {
	key  string
	plan paging.Plan
}

// plansOf gives the parts in the order of the file.
func plansOf(p *paging.Policy) []levelPlan {
	return []levelPlan{{"unconfirmed", p.Unconfirmed}, {"level_3", p.Level3}, {"level_2", p.Level2}, {"level_1", p.Level1}, {"level_0", p.Level0}}
}

// together finds what is wrong only when the parts of a policy are seen together: hours that
// nobody uses or that never come, and graver levels that wait longer.
func (r *pagingReading) together(p *paging.Policy) {
	levels := plansOf(p)
	for i, h := range p.Hours {
		uses := func(l levelPlan) bool {
			return slices.ContainsFunc(l.plan.At, func(s paging.Shift) bool { return s.Hours == h.Name })
		}
		if !slices.ContainsFunc(levels, uses) {
			r.tell(index("hours", i)+".name", fault.Say("overlay.paging.hours_unused", "value", h.Name), fault.Say("mend.paging.hours_unused"))
		}
	}
	came := map[string]bool{}  // the shifts that counted at some instant
	order := map[string]bool{} // the pairs that were told of
	for t := range sampleWeek(p.Hours) {
		at := map[string]string{} // where each level's wait comes from
		for _, l := range levels {
			at[l.key] = l.key + ".wait"
			i := slices.IndexFunc(l.plan.At, func(s paging.Shift) bool {
				return slices.ContainsFunc(p.Hours, func(h paging.Hours) bool { return h.Name == s.Hours && h.Covers(t) })
			})
			if i >= 0 {
				path := index(l.key+".at", i)
				came[path] = true
				if l.plan.At[i].Wait != 0 {
					at[l.key] = path + ".wait"
				}
			}
		}
		for i, below := range levels[2:4] {
			above := levels[i+1]
			graver, lighter := incident.Level3-incident.Level(i), incident.Level2-incident.Level(i)
			if p.At(graver, true, t).Wait <= p.At(lighter, true, t).Wait || order[at[above.key]+at[below.key]] {
				continue
			}
			order[at[above.key]+at[below.key]] = true
			place := at[above.key]
			if place == above.key+".wait" && at[below.key] != below.key+".wait" {
				place = at[below.key] // the hours of the lighter one have made it so short
			}
			r.tell(place, fault.Say("overlay.wait_order", "above", at[above.key], "below", at[below.key]), fault.Say("mend.wait_order"))
		}
	}
	for _, l := range levels {
		for i, s := range l.plan.At {
			if path := index(l.key+".at", i); !came[path] {
				r.tell(path+".hours", fault.Say("overlay.paging.never", "value", s.Hours), fault.Say("mend.paging.never"))
			}
		}
	}
}

// sampleWeek yields instants of which one lies in every kind of hour that a policy can tell
// apart: at each beginning and end of the hours, on each day of a year. In 2026 every day of the
// week is a working day at times and a holiday at others, as are the days after them.
func sampleWeek(hours []paging.Hours) func(yield func(time.Time) bool) {
	minutes := []int{0}
	for _, h := range hours {
		minutes = append(minutes, h.From, h.To%(24*60))
	}
	slices.Sort(minutes)
	minutes = slices.Compact(minutes)
	return func(yield func(time.Time) bool) {
		for day := range 366 {
			for _, m := range minutes {
				if !yield(time.Date(2026, time.January, 1+day, 0, m, 0, 0, incident.Tokyo)) {
					return
				}
			}
			if len(hours) == 0 {
				return // every day is alike
			}
		}
	}
}
