package clock

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// Source is everything the rules of notification come from, checked.
type Source struct {
	Rules     []Rule
	Contracts []Own
	Systems   []Own
	Holidays  Holidays
}

// Book is one edition of the rules as they hold for a company. It never changes, and many
// goroutines may ask it at once.
type Book struct {
	Calendar *Calendar

	rules   []Rule
	alike   []int // of each rule the first one that counts and reminds the same way
	profile company.Profile
	version string
}

var _ incident.WordedClocks = (*Book)(nil)

// order is the order in which duties are shown; those of the company's own rules stand last.
var order = []string{
	"ppc-preliminary", "ppc-final", "ppc-individuals", "ppc-entruster", "mynumber-preliminary", "mynumber-final",
	"ipa-virus", "ipa-access", "police", "jpcert", "pmark-preliminary", "pmark-final", "gdpr33", "card-acquirer", "contract", "recovery",
}

func place(r incident.Rule) int {
	kind, _, _ := strings.Cut(string(r), ":")
	if i := slices.Index(order, kind); i >= 0 {
		return i
	}
	return len(order)
}

// For makes the book of a company. What its profile does not say is unknown and switches
// nothing off; the zero Profile switches off nothing at all.
func (s Source) For(p company.Profile) *Book {
	b := &Book{Calendar: WithHolidays(s.Holidays), profile: p}
	for _, r := range s.Rules {
		r.Check() // compiles the conditions of a rule that was checked before
		switch r.Each {
		case Contracts:
			b.rules = append(b.rules, r.each(s.Contracts)...)
		case Systems:
			b.rules = append(b.rules, r.each(s.Systems)...)
		default:
			b.rules = append(b.rules, r)
		}
	}
	slices.SortStableFunc(b.rules, func(x, y Rule) int {
		return cmp.Or(cmp.Compare(place(x.ID), place(y.ID)), cmp.Compare(x.ID, y.ID), cmp.Compare(x.From, y.From))
	})
	for i := range b.rules {
		b.alike = append(b.alike, slices.IndexFunc(b.rules[:i+1], b.rules[i].countsAs))
	}
	b.version = b.hash(s.Holidays)
	return b
}

func (r *Rule) countsAs(o Rule) bool {
	return r.Count == o.Count && r.N == o.N && r.Target == o.Target && r.Limit == o.Limit &&
		r.Remind.Mornings == o.Remind.Mornings && r.Remind.Morning == o.Remind.Morning &&
		slices.Equal(r.Remind.LastDay, o.Remind.LastDay) && slices.Equal(r.Remind.HoursBefore, o.Remind.HoursBefore)
}

// each makes a rule of every contract or system.
func (r Rule) each(own []Own) []Rule {
	var out []Rule
	for _, o := range own {
		one := r
		named := strings.NewReplacer("{name}", o.Name)
		for _, w := range []*incident.Words{&one.Title, &one.Whom, &one.Basis, &one.Why} {
			w.JA, w.EN = named.Replace(w.JA), named.Replace(w.EN)
		}
		one.ID, one.N, one.Source, one.Each = r.ID+incident.Rule(":"+o.Name), o.Hours, o.Source, ""
		if o.Checked != "" {
			one.Checked = o.Checked
		}
		if o.Applies != "" {
			one.Applies = o.Applies
			one.applies, _ = Compile(o.Applies) // Own.Check has compiled it before
		}
		out = append(out, one)
	}
	return out
}

// hash covers every word, number and condition, the flags of the company, and the holidays.
func (b *Book) hash(list Holidays) string {
	holidays := map[int][]int{}
	for year, days := range list.years {
		holidays[year] = slices.Sorted(maps.Keys(days))
	}
	body, err := json.Marshal(struct {
		Rules    []Rule
		Flags    map[company.Flag]bool
		Holidays map[int][]int
	}{b.rules, b.profile.Flags, holidays})
	if err != nil {
		panic(err) // plain values alone
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])[:12]
}

// Version is the first 12 hexadecimal digits of the SHA-256 of the rules, of what the company
// says of itself, and of the official holidays.
func (b *Book) Version() string { return b.version }

// Rule gives the rule of a duty that is in force at an instant, or else the last edition of it.
func (b *Book) Rule(id incident.Rule, now time.Time) (found Rule, ok bool) {
	today := dayOf(now).Format(time.DateOnly)
	for _, r := range b.rules {
		if r.ID == id {
			found, ok = r, true
			if r.InForce(today) {
				return r, true
			}
		}
	}
	return found, ok
}

// Words gives what a reader is told of a rule; see incident.WordedClocks.
func (b *Book) Words(id incident.Rule, at time.Time) (incident.RuleWords, bool) {
	r, ok := b.Rule(id, at)
	if !ok {
		return incident.RuleWords{}, false
	}
	w := incident.RuleWords{
		Title: r.Title, Whom: r.Whom, Basis: r.Basis, Why: r.Why, Because: map[incident.FactKey]incident.Words{},
		Source: r.Source, Checked: r.Checked, Mark: string(r.Mark), Unsure: r.Mark == General, Draft: r.Draft,
	}
	for _, f := range r.Because {
		w.Because[f.Fact] = f.Words
	}
	return w, true
}

// Rules gives all rules, in the order in which their duties are shown.
func (b *Book) Rules() []Rule { return slices.Clone(b.rules) }

// Duties gives the duties of an incident; see incident.Clocks.
func (b *Book) Duties(f incident.Facts, aware, now time.Time) []incident.Duty {
	c := b.Consider(f)
	today := dayOf(now).Format(time.DateOnly)
	duties := make([]incident.Duty, 0, len(b.rules))
	done := make([]counted, 0, 8)
	for i := range b.rules {
		r := &b.rules[i]
		if !r.InForce(today) || r.applies == nil {
			continue
		}
		applies, because := r.applies.Holds(c.Facts)
		if applies == incident.No {
			continue
		}
		n := r.N
		if r.longer != nil {
			if longer, why := r.longer.Holds(c.Facts); longer == incident.Yes {
				n, because = r.LongerN, append(because, why...)
			}
		}
		d := incident.Duty{
			Rule: r.ID, Owner: r.Owner, Law: r.Law, Passes: r.Passes && c.Facts.Get(incident.FactEntrusted) != incident.No, Voluntary: r.Voluntary,
			Provisional: applies == incident.Unknown, Because: c.because(because), Aware: aware.UTC(),
		}
		// Many rules count alike, those of the two laws among them: each way is counted once.
		at := slices.IndexFunc(done, func(o counted) bool { return o.alike == b.alike[i] && o.n == n })
		if at < 0 {
			b.days(&d, r, n)
			done = append(done, counted{b.alike[i], n, len(duties)})
		} else {
			o := duties[done[at].duty]
			d.Target, d.Due, d.Raw, d.DueAt, d.HolidayOpen, d.Remind = o.Target, o.Due, o.Raw, o.DueAt, o.HolidayOpen, slices.Clone(o.Remind)
		}
		duties = append(duties, d)
	}
	return duties
}

// counted is a way of counting, and the first duty that was counted that way.
type counted struct{ alike, n, duty int }

// because names, beside a concluded answer, those it follows from.
func (c *Considered) because(facts []incident.FactKey) []incident.FactKey {
	if facts == nil {
		return nil
	}
	out := make([]incident.FactKey, 0, len(facts)+2)
	add := func(k incident.FactKey) {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	for _, k := range facts {
		add(k)
		if from := c.From[k]; from != nil && c.Facts.Get(k) != incident.Unknown {
			for _, one := range from {
				add(one)
			}
		}
	}
	return out
}

// days counts: the day of awareness in Tokyo is day 1 (通則編ガイドライン 3-5-3-3, 3-5-3-4).
func (b *Book) days(d *incident.Duty, r *Rule, n int) {
	first := dayOf(d.Aware)
	ends := func(day time.Time) {
		d.Due = day.Format(time.DateOnly)
		d.DueAt = day.AddDate(0, 0, 1).Add(-time.Second).UTC()
	}
	switch r.Count {
	case Days:
		raw := first.AddDate(0, 0, n-1)
		last, uncertain := b.Calendar.From(raw)
		d.Raw, d.HolidayOpen = raw.Format(time.DateOnly), uncertain
		ends(last)
	case Target:
		d.Target = first.AddDate(0, 0, r.Target-1).Format(time.DateOnly)
		if r.Limit > 0 {
			ends(first.AddDate(0, 0, r.Limit-1))
			d.Raw = d.Due
		}
	case WorkingDays:
		day, uncertain := b.Calendar.After(first, n)
		d.Target, d.HolidayOpen = day.Format(time.DateOnly), uncertain
	case Hours:
		d.DueAt = d.Aware.Add(time.Duration(n) * time.Hour)
		d.Due = dayOf(d.DueAt).Format(time.DateOnly)
		d.Raw = d.Due
	}
	d.Remind = r.Remind.before(*d)
}

// Shorter gives the last day that a duty would have had if the longer length of its rule did not
// apply, and that length in days; "" where it has its ordinary length. No text says what restarts
// when a wrongful purpose is found later (個人情報保護法施行規則8条2項), so that whoever decides
// has to see both days.
func (b *Book) Shorter(d incident.Duty, now time.Time) (day string, days int) {
	r, ok := b.Rule(d.Rule, now)
	if !ok || r.Count != Days || r.LongerN == 0 {
		return "", 0
	}
	raw := dayOf(d.Aware).AddDate(0, 0, r.N-1)
	if raw.Format(time.DateOnly) == d.Raw {
		return "", 0
	}
	last, _ := b.Calendar.From(raw)
	return last.Format(time.DateOnly), r.N
}

// before gives the instants at which the owner is reminded, none of them before awareness.
func (m Reminders) before(d incident.Duty) []time.Time {
	end := d.DueAt
	if end.IsZero() { // then the day the company aims at is the last
		day, err := time.ParseInLocation(time.DateOnly, d.Target, incident.Tokyo)
		if err != nil {
			return nil
		}
		end = day.AddDate(0, 0, 1).Add(-time.Second)
	}
	last := dayOf(end)
	var all []time.Time
	add := func(at time.Time) {
		if at.After(d.Aware) && at.Before(end) {
			all = append(all, at.UTC())
		}
	}
	for i := range m.Mornings {
		add(last.AddDate(0, 0, -i).Add(time.Duration(m.Morning) * time.Minute))
	}
	for _, at := range m.LastDay {
		add(last.Add(time.Duration(at) * time.Minute))
	}
	for _, h := range m.HoursBefore {
		add(end.Add(-time.Duration(h) * time.Hour))
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}
