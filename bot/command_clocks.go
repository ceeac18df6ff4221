package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/text/unicode/norm"

	"hikeshi/templates"
	"hikeshi/workflows/clock"
	"hikeshi/workflows/company"
	faults "hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
)

// awareOf is what the command line says of an incident of which the company became aware.
type awareOf struct {
	aware, occurred string
	facts           []string
	suppose, asJSON bool
}

func (p *program) clocksCommand() *cobra.Command {
	var a awareOf
	c := &cobra.Command{
		Use: "clocks --aware TIME [--fact NAME=ANSWER…] [--occurred TIME] [--suppose] [--json]", Short: "だれに、いつまでに届け出るかを見ます / see whom to notify, and by when", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return p.showClocks(a) },
	}
	f := c.Flags()
	f.StringVar(&a.aware, "aware", "", "会社が知った日時（RFC3339） / when the company became aware: 2026-09-01T10:00:00+09:00")
	f.StringVar(&a.occurred, "occurred", "", "発生日時（RFC3339） / when it happened")
	f.StringArrayVar(&a.facts, "fact", nil, "分かっていること / what is known: "+strings.Join(factNames(), "|")+" = yes|no|unknown|人数 (number)")
	f.BoolVar(&a.suppose, "suppose", false, "仮の話として見る / only suppose it")
	f.BoolVar(&a.asJSON, "json", false, "JSON")
	return c
}

// factNames are the facts that can be said, in the order of the questions.
func factNames() []string {
	var names []string
	for _, k := range incident.FactKeys {
		names = append(names, string(k))
	}
	return names
}

// clocksOf is what is shown: the answers with what they mean together, and the duties.
type clocksOf struct {
	texts      *templates.Texts
	book       *clock.Book
	aware, now time.Time
	facts      incident.Facts
	considered clock.Considered
	duties     []incident.Duty
}

func (p *program) showClocks(a awareOf) error {
	set, err := p.templates()
	if err != nil {
		return err
	}
	now := realClock{}.Now()
	aware, doubts, err := a.times(now)
	if err != nil {
		return err
	}
	facts, err := a.answers()
	if err != nil {
		return err
	}
	of := set.Company
	if of.Sample {
		of = company.Profile{} // what a made-up company is and does says nothing of the reader's
	}
	c := clocksOf{texts: set.Texts, book: set.Rules.For(of), aware: aware, now: now, facts: facts, considered: clock.Consider(facts)}
	// What is to come is counted by the rules that will hold then.
	if aware.After(now) {
		c.now = aware
	}
	c.duties = c.book.Duties(facts, aware, c.now)
	if a.asJSON {
		err = p.clocksAsJSON(c)
	} else {
		p.printClocks(c)
	}
	if err != nil || a.suppose {
		return err
	}
	for _, x := range c.considered.Contradictions {
		doubts = append(doubts, say("cli.clocks.contradiction", "text", set.Texts.ClockContradiction(p.settings.Lang, x, c.considered)))
	}
	return errors.Join(doubts...)
}

// times reads the instants. A doubt does not keep anybody from seeing the days.
func (a awareOf) times(now time.Time) (aware time.Time, doubts []error, err error) {
	if strings.TrimSpace(a.aware) == "" {
		return aware, nil, usageError{say("cli.clocks.aware_missing")}
	}
	if aware, err = zoned("--aware", a.aware); err != nil {
		return aware, nil, err
	}
	shown := func(t time.Time) string { return t.In(incident.Tokyo).Format(time.RFC3339) }
	if a.occurred != "" {
		occurred, err := zoned("--occurred", a.occurred)
		if err != nil {
			return aware, nil, err
		}
		if aware.Before(occurred) {
			return aware, nil, usageError{say("cli.clocks.before", "aware", shown(aware), "occurred", shown(occurred))}
		}
	}
	if aware.After(now) {
		doubts = append(doubts, usageError{say("cli.clocks.future", "aware", shown(aware))})
	}
	return aware, doubts, nil
}

// zoned reads an instant that must say its zone: a day too early or too late is what a zone
// that was only supposed makes of a deadline.
func zoned(flag, typed string) (time.Time, error) {
	text := strings.TrimSpace(typed)
	narrow := strings.TrimSpace(norm.NFKC.String(typed))
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		t, err := time.Parse(layout, narrow)
		if err == nil && text != narrow {
			return t, usageError{say("cli.clocks.wide", "value", text, "meant", flag+" "+narrow)}
		}
		if err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, narrow); err == nil {
			return t, usageError{say("cli.clocks.zone", "value", text, "meant", t.Format("2006-01-02T15:04:05"))}
		}
	}
	return time.Time{}, usageError{say("cli.clocks.time", "value", typed, "flag", flag)}
}

// answers reads --fact NAME=ANSWER.
func (a awareOf) answers() (incident.Facts, error) {
	facts := incident.Facts{}
	for _, typed := range a.facts {
		name, value, pair := strings.Cut(strings.Replace(typed, "＝", "=", 1), "=")
		name, value = strings.TrimSpace(norm.NFKC.String(name)), strings.TrimSpace(value)
		if !pair || name == "" {
			return nil, usageError{say("cli.clocks.pair", "value", typed)}
		}
		k := incident.FactKey(name)
		if known := factNames(); !slices.Contains(incident.FactKeys, k) {
			if meant := faults.Nearest(name, known); meant != "" {
				return nil, usageError{say("cli.clocks.fact_near", "value", name, "meant", meant)}
			}
			return nil, usageError{say("cli.clocks.fact", "value", name, "known", strings.Join(known, ", "))}
		}
		answer, err := answerTo(k, value)
		if err != nil {
			return nil, err
		}
		if before, twice := facts[k]; twice && before != answer {
			return nil, usageError{say("cli.clocks.twice", "fact", name)}
		}
		facts[k] = answer
	}
	return facts, nil
}

// mostPersons is more people than there are in Japan, and what the core takes.
const mostPersons = 2_000_000_000

func answerTo(k incident.FactKey, value string) (incident.Answer, error) {
	answer := incident.Answer(strings.ToLower(norm.NFKC.String(value)))
	switch {
	case answer == incident.Unknown:
		return answer, nil
	case k.Numeric():
		return counted(k, value)
	case answer == incident.Yes, answer == incident.No:
		return answer, nil
	}
	return "", usageError{say("cli.clocks.answer", "fact", string(k), "value", value)}
}

// plainCount is a number as programs write it; meantCount what a person may have meant by one.
var (
	plainCount = regexp.MustCompile(`^[0-9]{1,10}$`)
	meantCount = regexp.MustCompile(`^([0-9]{1,10}|[0-9]{1,3}(,[0-9]{3})+)(人|名|件)?$`)
)

// counted takes half-width digits alone: a script that hands over anything else has read its
// number from somewhere it should not. People who type into a form are understood more freely.
func counted(k incident.FactKey, value string) (incident.Answer, error) {
	digits := value
	if !plainCount.MatchString(value) {
		m := meantCount.FindStringSubmatch(norm.NFKC.String(value))
		if m == nil {
			return "", usageError{say("cli.clocks.count", "fact", string(k), "value", value)}
		}
		digits = strings.ReplaceAll(m[1], ",", "")
	}
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil, n > mostPersons:
		return "", usageError{say("cli.clocks.count_large", "fact", string(k), "value", value, "max", strconv.Itoa(mostPersons))}
	case digits != value:
		return "", usageError{say("cli.clocks.wide", "value", value, "meant", "--fact "+string(k)+"="+strconv.Itoa(n))}
	}
	return incident.Answer(strconv.Itoa(n)), nil
}

// clocksJSON is the shape of clocks --json. Others rely on the keys: never rename one.
type clocksJSON struct {
	Aware  time.Time      `json:"aware"`
	Facts  incident.Facts `json:"facts"`
	Clocks []clockJSON    `json:"clocks"`
}

type clockJSON struct {
	Rule               incident.Rule  `json:"rule"`
	Title              incident.Words `json:"title"`
	Source             string         `json:"source"`
	TargetOn           *string        `json:"target_on"` // a day in Tokyo; null where there is none
	DueOn              *string        `json:"due_on"`
	DueAt              *time.Time     `json:"due_at"`
	RawDueOn           *string        `json:"raw_due_on"`
	Rolled             bool           `json:"rolled"`
	Provisional        bool           `json:"provisional"`
	ProvisionalHoliday bool           `json:"provisional_holiday"`
	Reason             incident.Words `json:"reason"`
}

func (p *program) clocksAsJSON(c clocksOf) error {
	out := clocksJSON{Aware: c.aware.In(incident.Tokyo), Facts: c.facts, Clocks: []clockJSON{}}
	day := func(on string) *string {
		if on == "" {
			return nil
		}
		return &on
	}
	for _, d := range c.duties {
		r, _ := c.book.Rule(d.Rule, c.now)
		one := clockJSON{
			Rule: d.Rule, Title: r.Title, Source: r.Source, TargetOn: day(d.Target), DueOn: day(d.Due), RawDueOn: day(d.Raw),
			Rolled: d.Rolled(), Provisional: d.Provisional, ProvisionalHoliday: d.HolidayOpen,
			Reason: incident.Words{JA: c.texts.ClockReason("ja", r, d, c.considered), EN: c.texts.ClockReason("en", r, d, c.considered)},
		}
		if !d.DueAt.IsZero() {
			at := d.DueAt.In(incident.Tokyo)
			one.DueAt = &at
		}
		out.Clocks = append(out.Clocks, one)
	}
	enc := json.NewEncoder(p.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

// printClocks shows the duties as a table, and below it of each why and by what.
func (p *program) printClocks(c clocksOf) {
	lang := p.settings.Lang
	say := func(key string, pairs ...string) string { return c.texts.Say(lang, key, pairs...) }
	fmt.Fprintln(p.out, say("cli.clocks.title", "at", c.aware.In(incident.Tokyo).Format("2006-01-02 15:04")))
	if len(c.duties) == 0 {
		fmt.Fprintln(p.out, say("cli.clocks.none"))
	}
	rows := [][]string{{say("cli.clocks.what"), say("cli.clocks.target"), say("cli.clocks.due"), say("cli.clocks.note")}}
	for _, d := range c.duties {
		r, _ := c.book.Rule(d.Rule, c.now)
		rows = append(rows, []string{r.Title.In(lang), cmp.Or(d.Target, "—"), c.due(say, r, d), strings.Join(c.notes(say, r, d), say("separator"))})
	}
	if len(c.duties) > 0 {
		for _, line := range inColumns(rows) {
			fmt.Fprintln(p.out, strings.TrimRight(line, " "))
		}
	}
	for _, d := range c.duties {
		r, _ := c.book.Rule(d.Rule, c.now)
		fmt.Fprintln(p.out)
		fmt.Fprintln(p.out, r.Title.In(lang))
		fmt.Fprintln(p.out, "  "+say("cli.clocks.whom", "whom", r.Whom.In(lang)))
		fmt.Fprintln(p.out, "  "+say("cli.clocks.reason", "reason", c.texts.ClockReason(lang, r, d, c.considered)))
		fmt.Fprintln(p.out, "  "+say("cli.clocks.basis", "basis", r.Basis.In(lang), "source", r.Source, "checked", r.Checked, "mark", say("clock.mark."+string(r.Mark))))
	}
	fmt.Fprintln(p.out)
	fmt.Fprintln(p.out, say("clock.no_advice"))
}

// due is the last day, or of a duty in hours the last minute.
func (c clocksOf) due(say func(string, ...string) string, r clock.Rule, d incident.Duty) string {
	switch {
	case d.Voluntary:
		return say("cli.clocks.voluntary")
	case d.Due == "" && d.Target == "" && r.Law:
		return say("cli.clocks.promptly")
	case d.Due == "":
		return say("cli.clocks.no_due")
	case r.Count == clock.Hours:
		return d.DueAt.In(incident.Tokyo).Format("2006-01-02 15:04")
	}
	return d.Due
}

func (c clocksOf) notes(say func(string, ...string) string, r clock.Rule, d incident.Duty) (notes []string) {
	if d.Provisional {
		notes = append(notes, say("cli.clocks.provisional"))
	}
	if d.Rolled() {
		notes = append(notes, say("cli.clocks.rolled", "raw", d.Raw))
	}
	if d.HolidayOpen {
		notes = append(notes, say("cli.clocks.holiday"))
	}
	if day, days := c.book.Shorter(d, c.now); day != "" {
		notes = append(notes, say("cli.clocks.shorter", "days", strconv.Itoa(days), "day", day))
	}
	if r.Mark == clock.General {
		notes = append(notes, say("clock.mark.G"))
	}
	return notes
}
