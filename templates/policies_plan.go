package templates

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// The bounds of a wait: below a minute nobody can answer, above a day it is none.
const (
	shortestWait = time.Minute
	longestWait  = 24 * time.Hour
)

// mostRounds bounds how many rounds a role waits that is called later.
const mostRounds = 99

// pagingReading collects what is wrong in the parts of policies/paging.yaml.
type pagingReading struct {
	file   *yamlFile
	faults Faults
	names  []string // of the hours
}

// bounds say what a part of the policy must and may have.
type bounds struct {
	people, wait, again bool // must be written
	chased              bool // waits may be written at all
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// plan reads one level, or what one says at some hours. What is not written stays empty.
func (r *pagingReading) plan(path string, s planSheet, needs bounds) (p paging.Plan) {
	p.Call = r.roles(path, "call", s.Call, needs.people)
	if s.Call != nil && len(s.Call) == 0 {
		r.tell(path+".call", fault.Say("overlay.paging.nobody"), fault.Say("mend.paging.nobody"))
	}
	p.Personal = r.roles(path, "personal", s.Personal, false)
	p.Everyone = r.roles(path, "everyone", s.Everyone, false)
	p.Means = r.means(path, s.Means, needs.people)
	for i, l := range s.Later {
		p.Later = append(p.Later, r.later(index(path+".later", i), l))
	}
	if s.Later != nil && p.Later == nil {
		p.Later = []paging.Later{}
	}
	for _, w := range []struct {
		key     string
		written *string
		wait    *time.Duration
		needed  bool
	}{
		{"wait", s.Wait, &p.Wait, needs.wait}, {"silence", s.Silence, &p.Silence, false},
		{"again", s.Again, &p.Again, needs.again}, {"again_led", s.AgainLed, &p.AgainLed, needs.again},
	} {
		switch {
		case w.written == nil && w.needed:
			r.missing(path, w.key)
		case w.written != nil && !needs.chased:
			r.tell(path+"."+w.key, fault.Say("overlay.paging.no_waits"), fault.Say("mend.paging.no_waits", "value", w.key))
		case w.written != nil:
			*w.wait = r.wait(path+"."+w.key, *w.written)
		}
	}
	if !needs.chased && len(s.Later) > 0 {
		r.tell(path+".later", fault.Say("overlay.paging.no_waits"), fault.Say("mend.paging.no_waits", "value", "later"))
	}
	return p
}

func (r *pagingReading) shift(path string, s shiftSheet, needs bounds) paging.Shift {
	switch {
	case s.Hours == "":
		r.missing(path, "hours")
	case !slices.Contains(r.names, s.Hours):
		what := fault.Say("overlay.name_unknown", "value", s.Hours).With("noun", "noun.hours")
		remedy := fault.Say("mend.paging.hours_none", "value", s.Hours)
		if len(r.names) > 0 {
			remedy = meantOr(s.Hours, r.names, "mend.one_of")
		}
		r.tell(path+".hours", what, remedy)
	}
	if s.At != nil {
		r.tell(path+".at", fault.Say("overlay.paging.at_within"), fault.Say("mend.paging.at_within"))
	}
	return paging.Shift{Hours: s.Hours, Plan: r.plan(path, s.plan(), bounds{chased: needs.chased})}
}

// roles reads a list of roles. A list that is written and empty stays one: nobody.
func (r *pagingReading) roles(path, key string, names []string, needed bool) []incident.Role {
	if names == nil {
		if needed {
			r.missing(path, key)
		}
		return nil
	}
	roles := []incident.Role{}
	for i, name := range names {
		at := index(path+"."+key, i)
		switch {
		case !r.role(at, name):
		case slices.Contains(roles, incident.Role(name)):
			r.tell(at, fault.Say("overlay.paging.role_twice", "value", name), fault.Say("mend.keep_one"))
		default:
			roles = append(roles, incident.Role(name))
		}
	}
	return roles
}

func (r *pagingReading) role(path, name string) bool {
	known := callable()
	switch {
	case slices.Contains(known, name):
		return true
	case name == string(incident.OutsideContact):
		r.tell(path, fault.Say("overlay.paging.outside"), fault.Say("mend.one_of", "known", strings.Join(known, ", ")))
	case name == "":
		r.tell(path, fault.Say("overlay.name_missing").With("noun", "noun.role"), fault.Say("mend.one_of", "known", strings.Join(known, ", ")))
	default:
		r.tell(path, fault.Say("overlay.name_unknown", "value", name).With("noun", "noun.role"), meantOr(name, known, "mend.one_of"))
	}
	return false
}

func (r *pagingReading) later(path string, s laterSheet) paging.Later {
	r.role(path+".role", s.Role)
	if s.Rounds < 1 || s.Rounds > mostRounds {
		r.tell(path+".rounds", fault.Say("overlay.paging.rounds", "value", strconv.Itoa(s.Rounds)), fault.Say("mend.paging.rounds", "max", strconv.Itoa(mostRounds)))
	}
	return paging.Later{Role: incident.Role(s.Role), Rounds: s.Rounds}
}

func (r *pagingReading) means(path string, written [][]string, needed bool) (out [][]incident.Means) {
	at := path + ".means"
	switch {
	case written == nil && needed:
		r.missing(path, "means")
	case written != nil && len(written) == 0:
		r.tell(at, fault.Say("overlay.paging.means_empty"), fault.Say("mend.paging.means"))
	}
	var known []string
	for _, m := range incident.AllMeans {
		known = append(known, string(m))
	}
	var before []string
	for i, together := range written {
		if len(together) == 0 {
			r.tell(index(at, i), fault.Say("overlay.paging.means_empty"), fault.Say("mend.paging.means"))
		}
		var rung []incident.Means
		for j, name := range together {
			one := index(index(at, i), j)
			switch {
			case !slices.Contains(known, name):
				r.tell(one, fault.Say("overlay.name_unknown", "value", name).With("noun", "noun.means"), meantOr(name, known, "mend.one_of"))
			case slices.Contains(before, name):
				r.tell(one, fault.Say("overlay.paging.means_twice", "value", name), fault.Say("mend.keep_one"))
			default:
				before, rung = append(before, name), append(rung, incident.Means(name))
			}
		}
		out = append(out, rung)
	}
	return out
}

func (r *pagingReading) wait(path, written string) time.Duration {
	d, err := time.ParseDuration(strings.TrimSpace(written))
	switch {
	case err != nil:
		r.tell(path, fault.Say("overlay.wait_shape", "value", written), fault.Say("mend.wait"))
	case d < shortestWait || d > longestWait:
		r.tell(path, fault.Say("overlay.wait_range", "value", written, "min", "1m", "max", "24h"), fault.Say("mend.wait_range"))
	}
	return d
}

// hours reads the names of parts of the week.
func (r *pagingReading) hours(sheets []hoursSheet) (out []paging.Hours) {
	for i, s := range sheets {
		path := index("hours", i)
		h := paging.Hours{Name: strings.TrimSpace(s.Name)}
		switch {
		case h.Name == "":
			r.missing(path, "name")
		case slices.Contains(r.names, h.Name):
			r.tell(path+".name", fault.Say("overlay.paging.hours_twice", "value", h.Name), fault.Say("mend.keep_one"))
		default:
			r.names = append(r.names, h.Name)
		}
		if s.Days != nil && len(s.Days) == 0 {
			r.tell(path+".days", fault.Say("overlay.paging.no_days"), fault.Say("mend.paging.days", "known", strings.Join(paging.Days, ", ")))
		}
		for j, day := range s.Days {
			at := index(path+".days", j)
			switch {
			case !slices.Contains(paging.Days, day):
				r.tell(at, fault.Say("overlay.name_unknown", "value", day).With("noun", "noun.day"), meantOr(day, paging.Days, "mend.one_of"))
			case slices.Contains(h.Days, day):
				r.tell(at, fault.Say("overlay.paging.day_twice", "value", day), fault.Say("mend.keep_one"))
			default:
				h.Days = append(h.Days, day)
			}
		}
		switch {
		case s.From == nil && s.To == nil:
		case s.From == nil:
			r.missing(path, "from")
		case s.To == nil:
			r.missing(path, "to")
		default:
			from, ok := r.minute(path+".from", *s.From, false)
			to, also := r.minute(path+".to", *s.To, true)
			if ok && also && from == to {
				r.tell(path+".to", fault.Say("overlay.paging.no_time"), fault.Say("mend.paging.no_time"))
			}
			h.From, h.To = from, to
		}
		out = append(out, h)
	}
	return out
}

var timeOfDay = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})$`)

// minute reads a time of the day; 24:00 is only the end of one.
func (r *pagingReading) minute(path, written string, end bool) (minute int, ok bool) {
	if m := timeOfDay.FindStringSubmatch(strings.TrimSpace(written)); m != nil {
		h, _ := strconv.Atoi(m[1]) // two digits
		mm, _ := strconv.Atoi(m[2])
		if mm < 60 && (h < 24 || end && h == 24 && mm == 0) {
			return h*60 + mm, true
		}
	}
	r.tell(path, fault.Say("overlay.paging.time", "value", written), fault.Say("mend.paging.time"))
	return 0, false
}

// clockTime writes a minute of the day as the file does.
func clockTime(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
