package clock

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
)

// Mark says how well a rule is founded.
type Mark string

// The marks.
const (
	Primary   Mark = "P" // read in an official text
	Secondary Mark = "S" // read in sources that quote one
	General   Mark = "G" // general knowledge, or the company's own: shown as 要確認
)

// Counting is how the days of a rule are counted.
type Counting string

// The ways of counting. The day of awareness in Tokyo is day 1, and weekends and holidays
// count, where not said otherwise.
const (
	// Days ends on day N, or on the next open day if authorities are closed then.
	Days Counting = "days"
	// Target aims at a day and ends at another, neither ever moved; there may be no end.
	Target Counting = "target"
	// Hours ends so many hours after awareness, to the second.
	Hours Counting = "hours"
	// WorkingDays aims at the N-th open day after the day of awareness, and has no end.
	WorkingDays Counting = "working_days"
	// None has no day at all, as where the law only says 速やかに, or where it is voluntary.
	None Counting = "none"
)

// Countings lists them.
var Countings = []Counting{Days, Target, Hours, WorkingDays, None}

// Each says that a rule stands for as many duties as the company has written down.
type Each string

// What there may be several of.
const (
	Contracts Each = "contracts"
	Systems   Each = "systems"
)

// Rule is a duty to notify as data. Texts are shown as they stand here.
type Rule struct {
	ID    incident.Rule
	Title incident.Words
	Whom  incident.Words
	// Basis is the law with its article, the contract, or whose decision it is.
	Basis incident.Words
	// Source is where the basis can be read: an address, or of a contract the document.
	Source  string
	Checked string // the day on which Source was read, 2006-01-02
	Mark    Mark
	// From and To are the first and the last day on which the rule is in force; empty: open.
	From, To string
	// Applies is the condition under which somebody has to be notified.
	Applies string
	Count   Counting
	// N is the number of days, working days or hours.
	N int
	// LongerN replaces N while LongerWhen holds for certain.
	LongerN    int
	LongerWhen string
	// Target and Limit are days of Target; Limit 0 is none.
	Target, Limit int
	Remind        Reminders
	Owner         incident.Role
	// Draft names the text that is prepared for it.
	Draft string
	// Law says that a statute asks for it; Passes that telling the 委託元 is enough.
	Law, Passes bool
	// Voluntary says that nothing asks for it: it has no deadline. A target is the company's own.
	Voluntary bool
	Each      Each
	// Why says in plain words when it applies; Because what one fact has to do with it.
	Why     incident.Words
	Because []FactWords

	applies, longer *Condition
}

// FactWords are plain words about a fact in a rule.
type FactWords struct {
	Fact  incident.FactKey
	Words incident.Words
}

// Reminders say when the owner is reminded beside the moment at which a clock begins.
type Reminders struct {
	// Mornings is on how many of the last days, the last one included, he is at Morning.
	Mornings int
	Morning  Minute
	// LastDay are the times of the last day.
	LastDay []Minute
	// HoursBefore are hours before the end.
	HoursBefore []int
}

// Minute is a time of the day in Tokyo, in minutes since midnight.
type Minute int

// Own is something the company has written down itself: a contract, or a system that has to
// run again in time.
type Own struct {
	Name  string
	Hours int
	// Applies replaces the rule's condition; empty keeps it.
	Applies string
	Source  string
	Checked string
}

// longest bounds, so that a mistyped number is found: a year of days, a quarter in hours.
const (
	longestDays  = 366
	longestHours = 24 * 92
)

var ruleName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Check reads the conditions of a rule and tells what is wrong with it. Paths are the keys of
// its file.
func (r *Rule) Check() []fault.Problem {
	var out []fault.Problem
	tell := func(path string, what, remedy fault.Saying) {
		out = append(out, fault.Problem{Path: path, What: what, Remedy: remedy})
	}
	missing := func(path string) {
		key := path[strings.LastIndex(path, ".")+1:]
		tell(path, fault.Say("overlay.key_missing", "value", key), fault.Say("mend.add_key", "value", key))
	}
	if !ruleName.MatchString(string(r.ID)) {
		tell("id", fault.Say("overlay.rule_id", "value", string(r.ID)), fault.Say("mend.rule_id"))
	}
	for _, t := range []struct {
		path  string
		words incident.Words
	}{{"title", r.Title}, {"whom", r.Whom}, {"basis", r.Basis}, {"why", r.Why}} {
		switch {
		case t.words == incident.Words{}:
			missing(t.path)
		case t.words.JA == "":
			missing(t.path + ".ja")
		case t.words.EN == "":
			missing(t.path + ".en")
		}
	}
	if r.Source == "" {
		tell("source", fault.Say("overlay.rule_source"), fault.Say("mend.rule_source"))
	}
	for _, d := range []struct {
		path, day string
		needed    bool
	}{{"checked", r.Checked, true}, {"from", r.From, false}, {"to", r.To, false}} {
		_, err := time.Parse(time.DateOnly, d.day)
		switch {
		case d.day == "" && d.needed:
			missing(d.path)
		case d.day != "" && err != nil:
			tell(d.path, fault.Say("overlay.rule_day", "value", d.day), fault.Say("mend.rule_day"))
		}
	}
	if r.From != "" && r.To != "" && r.To < r.From {
		tell("to", fault.Say("overlay.rule_period", "from", r.From, "to", r.To), fault.Say("mend.rule_period"))
	}
	oneOf := func(path, noun, value string, known []string) {
		if what, remedy, ok := fault.Among(noun, value, known); !ok {
			tell(path, what, remedy)
		}
	}
	oneOf("mark", "noun.mark", string(r.Mark), []string{string(Primary), string(Secondary), string(General)})
	oneOf("owner", "noun.role", string(r.Owner), words(incident.Roles))
	oneOf("count", "noun.counting", string(r.Count), words(Countings))
	if r.Each != "" {
		oneOf("each", "noun.each", string(r.Each), words([]Each{Contracts, Systems}))
	}
	condition := func(path, text string) *Condition {
		c, wrong := Compile(text)
		if wrong != nil {
			wrong.Path = path
			out = append(out, *wrong)
		}
		return c
	}
	if r.Applies == "" {
		missing("applies")
	} else {
		r.applies = condition("applies", r.Applies)
	}
	if r.LongerN != 0 || r.LongerWhen != "" {
		r.longer = condition("longer.when", r.LongerWhen)
		if r.Count != Days || r.LongerN <= r.N || r.LongerN > longestDays {
			tell("longer", fault.Say("overlay.rule_longer"), fault.Say("mend.rule_longer"))
		}
	}
	number := func(path string, n, most int) {
		if n < 1 || n > most {
			tell(path, fault.Say("overlay.rule_number", "value", strconv.Itoa(n), "max", strconv.Itoa(most)), fault.Say("mend.rule_number", "max", strconv.Itoa(most)))
		}
	}
	length := func(path string, n, most int) {
		if n == 0 {
			tell(path, fault.Say("overlay.rule_no_length", "value", path), fault.Say("mend.rule_number", "max", strconv.Itoa(most)))
			return
		}
		number(path, n, most)
	}
	switch r.Count {
	case Days, WorkingDays:
		length(string(r.Count), r.N, longestDays)
	case Hours:
		if r.Each == "" {
			length("hours", r.N, longestHours)
		}
	case Target:
		length("target", r.Target, longestDays)
		if r.Limit != 0 && r.Limit < r.Target {
			tell("limit", fault.Say("overlay.rule_limit"), fault.Say("mend.rule_limit"))
		}
	}
	if r.Each != "" && r.Count != Hours {
		tell("count", fault.Say("overlay.rule_each"), fault.Say("mend.rule_each"))
	}
	if r.Voluntary && (r.Law || r.Passes || r.Count == Days || r.Count == Hours || r.Limit != 0) {
		tell("voluntary", fault.Say("overlay.rule_voluntary"), fault.Say("mend.rule_voluntary"))
	}
	known := words(incident.FactKeys)
	for i, b := range r.Because {
		oneOf("because["+strconv.Itoa(i)+"].fact", "noun.fact", string(b.Fact), known)
	}
	if m := r.Remind.Mornings; m < 0 || m > 31 {
		number("remind.mornings", m, 31)
	}
	for i, h := range r.Remind.HoursBefore {
		number("remind.hours_before["+strconv.Itoa(i)+"]", h, longestHours)
	}
	return out
}

// InForce reports whether the rule is in force on a day in Tokyo.
func (r *Rule) InForce(day string) bool {
	return (r.From == "" || day >= r.From) && (r.To == "" || day <= r.To)
}

// Overlaps reports whether two editions of a rule are in force on a day at once.
func (r *Rule) Overlaps(o *Rule) bool {
	return (r.To == "" || o.From == "" || o.From <= r.To) && (o.To == "" || r.From == "" || r.From <= o.To)
}

// About gives the plain words of a fact in this rule.
func (r *Rule) About(k incident.FactKey) (incident.Words, bool) {
	if i := slices.IndexFunc(r.Because, func(b FactWords) bool { return b.Fact == k }); i >= 0 {
		return r.Because[i].Words, true
	}
	return incident.Words{}, false
}

// Check tells what is wrong with a contract or a system. Paths are the keys of its entry.
func (o Own) Check() []fault.Problem {
	var out []fault.Problem
	tell := func(path string, what, remedy fault.Saying) {
		out = append(out, fault.Problem{Path: path, What: what, Remedy: remedy})
	}
	if o.Name == "" {
		tell("name", fault.Say("overlay.key_missing", "value", "name"), fault.Say("mend.add_key", "value", "name"))
	}
	most := strconv.Itoa(longestHours)
	switch {
	case o.Hours == 0:
		tell("hours", fault.Say("overlay.rule_no_length", "value", "hours"), fault.Say("mend.rule_number", "max", most))
	case o.Hours < 1 || o.Hours > longestHours:
		tell("hours", fault.Say("overlay.rule_number", "value", strconv.Itoa(o.Hours), "max", most), fault.Say("mend.rule_number", "max", most))
	}
	if o.Source == "" {
		tell("source", fault.Say("overlay.rule_source"), fault.Say("mend.rule_source"))
	}
	if _, err := time.Parse(time.DateOnly, o.Checked); o.Checked != "" && err != nil {
		tell("checked", fault.Say("overlay.rule_day", "value", o.Checked), fault.Say("mend.rule_day"))
	}
	if o.Applies != "" {
		if _, wrong := Compile(o.Applies); wrong != nil {
			wrong.Path = "applies"
			out = append(out, *wrong)
		}
	}
	return out
}

// words gives the names of a list.
func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, one := range list {
		out[i] = string(one)
	}
	return out
}
