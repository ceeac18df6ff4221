package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// Who has to be told: the tables stand here a second time, written from the law
// (個人情報の保護に関する法律施行規則 7条, 8条; 番号法29条の4の報告規則 2条, 3条) and not from
// the program's rules.

// The state of a duty: it applies, it does not, or an answer is missing that decides it.
const (
	applies = "applies"
	never   = "never"
	open    = "open"
)

// known answers every question so that nobody has to be told; a line of a table changes some.
var known = map[string]string{
	"personal_data": "yes", "encrypted_safe": "no", "special_care": "no", "financial_damage": "no", "wrongful_purpose": "no",
	"ransomware": "no", "unauthorized_access": "no", "virus": "no", "persons": "1", "entrusted": "no", "eu_persons": "no",
	"my_number": "no", "my_number_persons": "0", "viewable_by_many": "no", "cards": "no", "confidential": "no",
}

// without leaves answers out: a fact that is absent is not known.
const without = "absent"

func answers(line string) []string {
	facts := maps.Clone(known)
	for _, f := range strings.Fields(line) {
		k, v, _ := strings.Cut(f, "=")
		facts[k] = v
	}
	var list []string
	for _, k := range slices.Sorted(maps.Keys(facts)) {
		if facts[k] != without {
			list = append(list, k+"="+facts[k])
		}
	}
	return list
}

// toldOf is what a table says of one law: whether it applies, and in how many days the final
// report is due.
type toldOf struct {
	state string
	days  int
}

func (o toldOf) String() string { return fmt.Sprint(o.state, " ", o.days) }

// stateOf reads whether a duty is there, and whether for certain.
func stateOf(clocks map[string]printedClock, rule string) string {
	c, there := clocks[rule]
	switch {
	case !there:
		return never
	case c.Provisional:
		return open
	}
	return applies
}

// lawOf reads the state off the clocks of one law and wants them to agree with each other.
func lawOf(t *testing.T, clocks map[string]printedClock, final string, others ...string) toldOf {
	t.Helper()
	o := toldOf{state: stateOf(clocks, final)}
	for _, rule := range others {
		if s := stateOf(clocks, rule); s != o.state {
			t.Errorf("%s %s, %s %s", final, o.state, rule, s)
		}
	}
	if raw := clocks[final].RawDueOn; raw != nil {
		last, err := time.Parse(time.DateOnly, *raw)
		if err != nil {
			t.Fatal(err)
		}
		o.days = int(last.Sub(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)).Hours()/24) + 1
	}
	return o
}

// toldAware is the awareness of the tables: Monday, 1 June 2026.
const toldAware = "2026-06-01T09:00:00+09:00"

func toldByLaw(t *testing.T, clocks map[string]printedClock) (ppc, myNumber toldOf) {
	t.Helper()
	ppc, myNumber = lawOf(t, clocks, "ppc-final", "ppc-preliminary"), lawOf(t, clocks, "mynumber-final", "mynumber-preliminary")
	// The individuals are told where either law has it reported (個人情報保護法26条2項,
	// 番号法29条の4第2項).
	individuals := never
	for _, state := range []string{open, applies} {
		if ppc.state == state || myNumber.state == state {
			individuals = state
		}
	}
	if got := stateOf(clocks, "ppc-individuals"); got != individuals {
		t.Errorf("ppc-individuals %s, want %s", got, individuals)
	}
	return ppc, myNumber
}

var (
	not    = toldOf{never, 0}
	in30   = toldOf{applies, 30}
	in60   = toldOf{applies, 60}
	maybe  = toldOf{open, 30}
	maybe6 = toldOf{open, 60}
)

func TestWhoMustBeTold(t *testing.T) {
	for _, c := range []struct {
		facts         string
		ppc, myNumber toldOf
	}{
		// 7条, none of the four.
		{"", not, not},
		// 4号: more than 1,000 persons. A number that is not known is judged by the possible maximum.
		{"persons=1000", not, not},
		{"persons=1001", in30, not},
		{"persons=unknown persons_max=1000", not, not},
		{"persons=unknown persons_max=1001", in30, not},
		{"persons=absent persons_max=1001", in30, not},
		{"persons=unknown", maybe, not},
		{"persons=absent", maybe, not},
		// 1号, 2号: one person is enough.
		{"special_care=yes", in30, not},
		{"financial_damage=yes", in30, not},
		{"special_care=unknown", maybe, not},
		{"financial_damage=absent", maybe, not},
		{"cards=yes financial_damage=absent", in30, not}, // the guideline's first example of 2号
		{"cards=yes financial_damage=unknown encrypted_safe=unknown", maybe, not},
		// 3号: one person, and 60 days (8条2項). Ransomware and unauthorised access are such acts.
		{"wrongful_purpose=yes", in60, not},
		{"wrongful_purpose=absent ransomware=yes", in60, not},
		{"wrongful_purpose=unknown unauthorized_access=yes", in60, not},
		{"wrongful_purpose=unknown", maybe, not},
		{"wrongful_purpose=absent ransomware=absent unauthorized_access=absent", maybe, not},
		{"virus=yes", not, not}, // a virus alone says nothing of a purpose against the business's data
		// Overlaps: 60 days as soon as 3号 is among them, never because something is not known.
		{"special_care=yes financial_damage=yes persons=1001", in30, not},
		{"special_care=yes wrongful_purpose=yes", in60, not},
		{"persons=1001 wrongful_purpose=yes", in60, not},
		{"special_care=yes financial_damage=yes persons=5000 ransomware=yes wrongful_purpose=yes", in60, not},
		{"special_care=yes wrongful_purpose=unknown", in30, not},
		{"persons=1001 wrongful_purpose=absent ransomware=unknown", in30, not},
		// 高度な暗号化等: excluded for all four; if it is not known to be safe it is reported.
		{"persons=5000 special_care=yes financial_damage=yes wrongful_purpose=yes encrypted_safe=yes", not, not},
		{"special_care=yes encrypted_safe=no", in30, not},
		{"special_care=yes encrypted_safe=unknown", maybe, not},
		{"persons=1001 encrypted_safe=absent", maybe, not},
		{"wrongful_purpose=yes encrypted_safe=unknown", maybe6, not},
		{"persons=unknown encrypted_safe=yes", not, not},
		{"persons=1000 encrypted_safe=unknown", not, not},
		// No personal data: nothing of it asks further.
		{"personal_data=no persons=5000 special_care=yes wrongful_purpose=yes", not, not},
		{"personal_data=no persons=absent special_care=absent encrypted_safe=absent my_number=absent wrongful_purpose=absent", not, not},
		{"personal_data=unknown special_care=yes", maybe, not},
		{"personal_data=absent wrongful_purpose=yes", maybe6, not},
		{"personal_data=unknown", not, not},
		// My Number, 報告規則2条4号: more than 100 persons.
		{"my_number=yes my_number_persons=100", not, not},
		{"my_number=yes my_number_persons=101", not, in30},
		{"my_number=yes my_number_persons=unknown", not, maybe},
		{"my_number=yes my_number_persons=absent", not, maybe},
		{"my_number=unknown my_number_persons=101", not, maybe},
		{"my_number=absent my_number_persons=101", not, maybe},
		{"my_number=unknown my_number_persons=100", not, not},
		{"my_number=no my_number_persons=101 viewable_by_many=yes", not, not},
		// 2号: a wrongful purpose, one person, 60 days. It is 7条3号 of the other law as well.
		{"my_number=yes my_number_persons=1 wrongful_purpose=yes", in60, in60},
		{"my_number=yes my_number_persons=30 persons=1200 ransomware=yes wrongful_purpose=absent", in60, in60},
		{"my_number=yes my_number_persons=1 unauthorized_access=yes wrongful_purpose=unknown", in60, in60},
		{"my_number=yes my_number_persons=1 wrongful_purpose=unknown", maybe, maybe},
		{"my_number=yes my_number_persons=101 wrongful_purpose=unknown", maybe, in30},
		{"my_number=unknown my_number_persons=1 wrongful_purpose=yes", in60, maybe6},
		// 3号: unspecified many may have been able to see it.
		{"my_number=yes my_number_persons=1 viewable_by_many=yes", not, in30},
		{"my_number=yes my_number_persons=1 viewable_by_many=unknown", not, maybe},
		{"my_number=yes my_number_persons=101 viewable_by_many=yes wrongful_purpose=yes", in60, in60},
		// 1号: the networks of the administration; a company is taken not to have them.
		{"my_number=yes my_number_persons=1 my_number_system=yes", not, in30},
		{"my_number=yes my_number_persons=1 my_number_system=no", not, not},
		// 報告規則2条1号 excludes data under 高度な暗号化 「以下同じ」, so for all four as well.
		{"my_number=yes my_number_persons=101 encrypted_safe=yes", not, not},
		{"my_number=yes my_number_persons=101 encrypted_safe=unknown", not, maybe},
		{"my_number=yes my_number_persons=1 wrongful_purpose=yes encrypted_safe=yes", not, not},
		// Nothing is known yet.
		{strings.Join(slices.Sorted(maps.Keys(known)), "=absent ") + "=absent", maybe, maybe},
	} {
		t.Run(c.facts, func(t *testing.T) {
			ppc, myNumber := toldByLaw(t, clockSetting(nil).asked(t, toldAware, answers(c.facts)...))
			if ppc != c.ppc {
				t.Errorf("個人情報保護法: %s, want %s", ppc, c.ppc)
			}
			if myNumber != c.myNumber {
				t.Errorf("番号法: %s, want %s", myNumber, c.myNumber)
			}
		})
	}
}

// Every combination of yes, no and not known: a duty is certain if it applies whatever the
// missing answers turn out to be, gone if it applies in none of the cases, and open otherwise.
// It is never longer than what is known to be so makes it.
func TestWhatIsNotKnownNeverLengthens(t *testing.T) {
	three := []string{"yes", "no", "unknown"}
	for _, c := range []struct {
		law       string
		questions []string // the last one is a number
		over, not string   // the smallest number that is more than the law's, and the law's
		final     string
	}{
		{"ppc", []string{"personal_data", "encrypted_safe", "wrongful_purpose", "persons"}, "1001", "1000", "ppc-final"},
		{"mynumber", []string{"my_number", "encrypted_safe", "wrongful_purpose", "my_number_persons"}, "101", "100", "mynumber-final"},
	} {
		t.Run(c.law, func(t *testing.T) {
			for n := range 3 * 3 * 3 * 3 {
				var said []string
				for rest := n; len(said) < len(c.questions); rest /= 3 {
					said = append(said, three[rest%3])
				}
				reports, cases := 0, 0
				for possible := range 1 << len(said) {
					fits, is := true, func(i int) bool { return possible>>i&1 == 1 }
					for i, s := range said {
						fits = fits && (s == "unknown" || (s == "yes") == is(i))
					}
					if !fits {
						continue
					}
					cases++
					// Such data, not safely encrypted, and one of the situations.
					if is(0) && !is(1) && (is(2) || is(3)) {
						reports++
					}
				}
				want := toldOf{open, 30}
				switch reports {
				case cases:
					want.state = applies
				case 0:
					want = not
				}
				if want.state != never && said[2] == "yes" {
					want.days = 60
				}
				var line []string
				for i, q := range c.questions {
					v := said[i]
					if i == 3 {
						v = map[string]string{"yes": c.over, "no": c.not, "unknown": "unknown"}[v]
					}
					line = append(line, q+"="+v)
				}
				facts := strings.Join(line, " ")
				clocks := clockSetting(nil).asked(t, toldAware, answers(facts)...)
				if got := lawOf(t, clocks, c.final); got != want {
					t.Errorf("%s: %s, want %s", facts, got, want)
				}
			}
		})
	}
}

// A denial beside ransomware or unauthorised access is shown as a contradiction and taken for
// what it hides: the wrongful purpose of 7条3号. No personal data answers what is said of them,
// but a My Number is personal data whatever else is said. Where nothing is only supposed, the
// dates are printed all the same, and the program says what does not fit and ends with 1.
func TestAnswersThatContradict(t *testing.T) {
	for _, c := range []struct {
		facts         string
		ppc, myNumber toldOf
		fits          string // the same answers without the contradiction
	}{
		{"wrongful_purpose=no ransomware=yes my_number=yes my_number_persons=1", in60, in60, "wrongful_purpose=yes"},
		{"cards=yes financial_damage=no", in30, not, "financial_damage=yes"},
		{"wrongful_purpose=no unauthorized_access=yes my_number=yes my_number_persons=1", in60, in60, "wrongful_purpose=yes"},
		{"personal_data=no persons=5000 special_care=yes", not, not, ""},
		{"personal_data=yes persons=0", maybe, not, "persons=unknown"},
		{"personal_data=no my_number=yes my_number_persons=101", not, in30, "personal_data=yes"},
		{"my_number=yes my_number_persons=0", not, maybe, "my_number_persons=unknown"},
	} {
		t.Run(c.facts, func(t *testing.T) {
			out, said, code := clocksPrinted(t, toldAware, answers(c.facts)...)
			if code != 1 || said == "" {
				t.Errorf("exit %d, said %q", code, said)
			}
			clocks := clocksIn(t, out, toldAware)
			ppc, myNumber := toldByLaw(t, clocks)
			if ppc != c.ppc || myNumber != c.myNumber {
				t.Errorf("%s, %s; want %s, %s", ppc, myNumber, c.ppc, c.myNumber)
			}
			if c.fits == "" {
				return
			}
			out, said, code = clocksPrinted(t, toldAware, answers(c.facts+" "+c.fits)...)
			if code != 0 || said != "" {
				t.Errorf("exit %d without a contradiction: %s", code, said)
			}
			plain := clocksIn(t, out, toldAware)
			for rule := range clocks {
				if strings.HasPrefix(rule, "mynumber-") && clocks[rule].Reason == plain[rule].Reason {
					t.Errorf("%s does not say the contradiction: %v", rule, clocks[rule].Reason)
				}
			}
		})
	}
}

// What cannot be read is refused, and nothing is printed that looks like an answer; what can be
// read but not be right is told beside the dates.
func TestClocksAskedBadly(t *testing.T) {
	for _, c := range []struct {
		aware, fact string
		shown       bool
	}{
		{"2026-06-01T09:00:00", "personal_data=yes", false},
		{"2026-06-01", "personal_data=yes", false},
		{"2026-02-29T09:00:00+09:00", "personal_data=yes", false},
		{"", "personal_data=yes", false},
		{toldAware, "persons=約千人", false},
		{toldAware, "persons=-1", false},
		{toldAware, "persons=1001.5", false},
		{toldAware, "persons=yes", false},
		{toldAware, "personal_data=たぶん", false},
		{toldAware, "personal_date=yes", false},
		{toldAware, "personal_data", false},
		{"2099-06-01T09:00:00+09:00", "personal_data=yes", true},
	} {
		t.Run(c.aware+" "+c.fact, func(t *testing.T) {
			out, said, code := clocksPrinted(t, c.aware, c.fact)
			if code == 0 || said == "" {
				t.Errorf("exit %d, said %q", code, said)
			}
			if !c.shown && len(out) > 0 {
				t.Errorf("printed all the same: %s", out)
			}
			if c.shown && clocksIn(t, out, c.aware)["ppc-final"].DueOn == nil {
				t.Errorf("no dates: %s", out)
			}
		})
	}
}

// clocksPrinted asks of something that happened, not of something supposed.
func clocksPrinted(t *testing.T, aware string, facts ...string) (out []byte, said string, code int) {
	t.Helper()
	args := []string{"clocks", "--aware", aware, "--json"}
	for _, f := range facts {
		args = append(args, "--fact", f)
	}
	var printed, errs bytes.Buffer
	code = run(context.Background(), args, []string{"HIKESHI_DATA=" + t.TempDir()}, &printed, &errs)
	return printed.Bytes(), errs.String(), code
}

// Partners and others, one question each.
func TestOthersToBeTold(t *testing.T) {
	for _, c := range []struct{ rule, facts, state string }{
		{"ppc-entruster", "entrusted=yes special_care=yes", applies}, // 26条1項ただし書: only where the report itself is owed
		{"ppc-entruster", "entrusted=unknown special_care=yes", open},
		{"ppc-entruster", "entrusted=yes persons=unknown", open},
		{"ppc-entruster", "entrusted=yes", never},
		{"ppc-entruster", "entrusted=no special_care=yes", never},
		// 番号法29条の4第1項ただし書: as for a company that reckons the wages of others.
		{"ppc-entruster", "entrusted=yes my_number=yes my_number_persons=101", applies},
		{"ppc-entruster", "entrusted=yes my_number=yes my_number_persons=unknown", open},
		{"ppc-entruster", "entrusted=yes my_number=yes my_number_persons=100", never},
		{"gdpr33", "eu_persons=yes", applies},
		{"gdpr33", "eu_persons=unknown", open},
		{"gdpr33", "eu_persons=no", never},
		{"card-acquirer", "cards=yes", applies},
		{"card-acquirer", "cards=unknown", open},
		{"card-acquirer", "cards=no", never},
		{"ipa-virus", "virus=yes", applies},
		{"ipa-virus", "virus=unknown", open},
		{"ipa-virus", "virus=no", never},
		{"ipa-access", "unauthorized_access=yes", applies},
		{"ipa-access", "unauthorized_access=unknown", open},
		{"ipa-access", "unauthorized_access=no", never},
		{"ipa-virus", "virus=yes personal_data=no", applies}, // no question of personal data
	} {
		t.Run(c.rule+" "+c.facts, func(t *testing.T) {
			clocks := clockSetting(nil).asked(t, toldAware, answers(c.facts)...)
			if got := stateOf(clocks, c.rule); got != c.state {
				t.Errorf("%s, want %s", got, c.state)
			}
		})
	}
}
