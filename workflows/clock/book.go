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
	profile company.Profile
	version string
}

var _ incident.Clocks = (*Book)(nil)

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
	b.version = b.hash(s.Holidays)
	return b
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

// Rules gives all rules, in the order in which their duties are shown.
func (b *Book) Rules() []Rule { return slices.Clone(b.rules) }

// Duties gives the duties of an incident; see incident.Clocks.
func (b *Book) Duties(f incident.Facts, aware, now time.Time) []incident.Duty {
	c := Consider(f)
	c.of(b.profile)
	today := dayOf(now).Format(time.DateOnly)
	var duties []incident.Duty
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
			Rule: r.ID, Owner: r.Owner, Law: r.Law, Passes: r.Passes && c.Facts.Get(incident.FactEntrusted) != incident.No,
			Provisional: applies == incident.Unknown, Because: c.because(because), Aware: aware.UTC(),
		}
		b.days(&d, r, n)
		duties = append(duties, d)
	}
	return duties
}

// because names, beside a concluded answer, those it follows from.
func (c *Considered) because(facts []incident.FactKey) []incident.FactKey {
	var out []incident.FactKey
	add := func(k incident.FactKey) {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	for _, k := range facts {
		add(k)
		if c.Facts.Get(k) != incident.Unknown {
			for _, from := range c.From[k] {
				add(from)
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
