package templates

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// pagingDifferences tells what two policies of calls have otherwise: whom, by what, how long,
// and at which hours. The keys are those of the file, and so is the way the values are written.
func pagingDifferences(was, is *paging.Policy) (out []fault.Saying) {
	old, now := plansOf(was), plansOf(is)
	for i := range old {
		out = append(out, planDifferences(old[i].key, old[i].plan, now[i].plan)...)
		out = append(out, shiftDifferences(old[i].key, old[i].plan.At, now[i].plan.At)...)
	}
	find := func(all []paging.Hours, name string) (paging.Hours, bool) {
		i := slices.IndexFunc(all, func(h paging.Hours) bool { return h.Name == name })
		if i < 0 {
			return paging.Hours{}, false
		}
		return all[i], true
	}
	for _, h := range is.Hours {
		switch before, there := find(was.Hours, h.Name); {
		case !there:
			out = append(out, fault.Say("differs.hours_added", "name", h.Name, "is", hoursWritten(h)))
		case hoursWritten(before) != hoursWritten(h):
			out = append(out, fault.Say("differs.wait", "name", "hours."+h.Name, "was", hoursWritten(before), "is", hoursWritten(h)))
		}
	}
	for _, h := range was.Hours {
		if _, there := find(is.Hours, h.Name); !there {
			out = append(out, fault.Say("differs.hours_removed", "name", h.Name))
		}
	}
	return out
}

func planDifferences(path string, was, is paging.Plan) (out []fault.Saying) {
	for i, now := range partsOf(is) {
		if before := partsOf(was)[i]; before.written != now.written {
			out = append(out, fault.Say(now.says, "name", path+"."+now.key, "was", cmp.Or(before.written, "-"), "is", cmp.Or(now.written, "-")))
		}
	}
	return out
}

func shiftDifferences(level string, was, is []paging.Shift) (out []fault.Saying) {
	find := func(all []paging.Shift, hours string) int {
		return slices.IndexFunc(all, func(s paging.Shift) bool { return s.Hours == hours })
	}
	var kept []int
	for _, s := range is {
		path := level + ".at(" + s.Hours + ")"
		at, before := find(was, s.Hours), paging.Plan{}
		if at >= 0 {
			kept, before = append(kept, at), was[at].Plan
		}
		out = append(out, planDifferences(path, before, s.Plan)...)
	}
	for _, s := range was {
		if find(is, s.Hours) < 0 {
			out = append(out, fault.Say("differs.shift_removed", "name", level, "hours", s.Hours))
		}
	}
	if !slices.IsSorted(kept) {
		out = append(out, fault.Say("differs.shift_order", "name", level))
	}
	return out
}

// part is one key of a plan as the file writes its value; empty: it is not written.
type part struct{ key, says, written string }

func partsOf(p paging.Plan) []part {
	var later []string
	for _, l := range p.Later {
		later = append(later, string(l.Role)+"×"+strconv.Itoa(l.Rounds))
	}
	var means []string
	for _, together := range p.Means {
		means = append(means, list(together))
	}
	parts := []part{
		{"call", "differs.whom", rolesWritten(p.Call)}, {"personal", "differs.whom", rolesWritten(p.Personal)},
		{"everyone", "differs.whom", rolesWritten(p.Everyone)}, {"later", "differs.whom", ""}, {"means", "differs.means", ""},
		{"wait", "differs.wait", waitWritten(p.Wait)}, {"silence", "differs.wait", waitWritten(p.Silence)},
		{"again", "differs.wait", waitWritten(p.Again)}, {"again_led", "differs.wait", waitWritten(p.AgainLed)},
	}
	if p.Later != nil {
		parts[3].written = "[" + strings.Join(later, ", ") + "]"
	}
	if means != nil {
		parts[4].written = "[" + strings.Join(means, ", ") + "]"
	}
	return parts
}

func rolesWritten(roles []incident.Role) string {
	if roles == nil {
		return ""
	}
	return list(roles)
}

func list[S ~string](names []S) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func hoursWritten(h paging.Hours) string {
	var parts []string
	if len(h.Days) > 0 {
		parts = append(parts, list(h.Days))
	}
	if h.From != h.To {
		parts = append(parts, clockTime(h.From)+"–"+clockTime(h.To))
	}
	return cmp.Or(strings.Join(parts, " "), clockTime(0)+"–"+clockTime(24*60))
}

func waitWritten(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return written(d)
}

// written gives a wait as the file writes it: 1h30m, not 1h30m0s.
func written(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
