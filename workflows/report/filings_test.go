package report_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hikeshi/templates"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// fiveDuties are one of each way in which a notification can end, and one that is voluntary.
type fiveDuties struct{}

func (fiveDuties) Version() string { return "five" }

func (fiveDuties) Duties(f incident.Facts, aware, _ time.Time) []incident.Duty {
	duty := func(rule incident.Rule, change func(*incident.Duty)) incident.Duty {
		d := incident.Duty{Rule: rule, Owner: incident.IncidentLead, Aware: aware}
		change(&d)
		return d
	}
	last := func(day string) func(*incident.Duty) {
		return func(d *incident.Duty) {
			t, _ := time.ParseInLocation(time.DateOnly, day, incident.Tokyo)
			d.Law, d.Passes, d.Due, d.Raw, d.DueAt = true, true, day, day, t.AddDate(0, 0, 1).Add(-time.Second).UTC()
		}
	}
	out := []incident.Duty{
		duty("ppc-preliminary", last("2027-01-05")), duty("ppc-final", last("2027-02-05")), duty("mynumber-final", last("2027-02-06")),
		duty("ppc-individuals", func(d *incident.Duty) { d.Law, d.Provisional = true, true }),
		duty("police", func(d *incident.Duty) { d.Voluntary = true }),
	}
	if f.Get(incident.FactCards) != incident.No {
		out = append(out, duty("card-acquirer", last("2027-01-07")))
	}
	return out
}

func filings(t testing.TB, lang string, erased string) (*tale, report.Document) {
	a := newTale(t, "INC-2026-0001")
	a.clocks = fiveDuties{}
	a.do("tanaka", incident.Report{Text: "名簿を誤って送った", What: incident.KindMisdelivery})
	a.do("sato", incident.Take{})
	today := a.now.In(incident.Tokyo).Format(time.DateOnly)
	a.do("sato", incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockFiled, On: today, Receipt: "PPC-0042"})
	a.do("sato", incident.SettleClock{Rule: "ppc-final", How: incident.ClockPassed, On: today, To: "みなと商事"})
	a.do("sato", incident.SettleClock{Rule: "mynumber-final", How: incident.ClockUnneeded, Reason: "マイナンバーは含まれない"})
	a.do("sato", incident.SettleClock{Rule: "police", How: incident.ClockFiled, On: today})
	a.do("sato", incident.SetFacts{Facts: incident.Facts{incident.FactCards: incident.No}})
	o := a.options(lang)
	o.Rule = func(r incident.Rule) string { return "届出 " + string(r) }
	o.Whom = func(r incident.Rule) string { return "相手 " + string(r) }
	return a, report.Final(a.in, a.stored(erased), o)
}

// twoDuties are one that telling the 委託元 is enough for unless the data was the company's own, and
// one that has longer where somebody got in on purpose.
type twoDuties struct{}

func (twoDuties) Version() string { return "two" }

func (twoDuties) Duties(f incident.Facts, aware, _ time.Time) []incident.Duty {
	duty := func(rule incident.Rule, day string) incident.Duty {
		return incident.Duty{
			Rule: rule, Owner: incident.IncidentLead, Law: true, Aware: aware, Passes: f.Get(incident.FactEntrusted) != incident.No,
			Provisional: f.Get(incident.FactPersonalData) == incident.Unknown, Due: day, Raw: day, DueAt: endOf(day).UTC(),
		}
	}
	final := "2027-01-21"
	if f.Get(incident.FactWrongfulPurpose) == incident.Yes {
		final = "2027-02-20"
	}
	return []incident.Duty{duty("ppc-preliminary", "2026-11-26"), duty("ppc-final", final)}
}

// unmoved is a record of deadlines that were looked at again, and of which not all dates changed.
func unmoved(t testing.TB) *tale {
	t.Helper()
	a := newTale(t, "INC-2026-0001")
	a.clocks = twoDuties{}
	a.do("tanaka", incident.Report{Text: "名簿を誤って送った", What: incident.KindMisdelivery}).do("sato", incident.Take{})
	for _, answered := range []incident.Facts{
		{incident.FactPersonalData: incident.Yes}, {incident.FactEntrusted: incident.No}, {incident.FactWrongfulPurpose: incident.Yes},
		{incident.FactEntrusted: incident.Yes, incident.FactWrongfulPurpose: incident.No}, // changes both, and the date of one
	} {
		a.do("sato", incident.SetFacts{Facts: answered})
	}
	return a
}

// A deadline is told as changed only where somebody has to look for another date.
func TestADeadlineWhoseDateStaysIsNotToldAsChanged(t *testing.T) {
	a := unmoved(t)
	var got []string
	for _, r := range a.records {
		if e, ok := r.Event.(incident.ClocksDrawn); ok {
			if len(e.Started) == 0 && len(e.Changed) == 0 {
				t.Fatalf("entry %d changes nothing", r.Seq)
			}
			_, told, _ := strings.Cut(row(t, a.final("ja"), "対応経過", number(r.Seq))[3].Text, "\n")
			got = append(got, told)
		}
	}
	want := []string{
		"・始まった期限：ppc-preliminary（期限 2026年11月26日（木）・暫定）\n・始まった期限：ppc-final（期限 2027年1月21日（木）・暫定）",
		"・必要と決まった期限：ppc-preliminary（期限 2026年11月26日（木））\n・必要と決まった期限：ppc-final（期限 2027年1月21日（木））",
		"・期限の日付に変わりはありません。",
		"・変わった期限：ppc-final（期限 2027年2月20日（土））",
		"・変わった期限：ppc-final（期限 2027年1月21日（木））",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheFilingsStandInTheFinalReport(t *testing.T) {
	for lang, want := range map[string][][]string{
		"ja": {
			{"届出 ppc-preliminary", "相手 ppc-preliminary", "期限 2027年1月5日（火）", "", "受付番号：PPC-0042"},
			{"届出 ppc-final", "相手 ppc-final", "期限 2027年2月5日（金）", "", "委託元への通知で済み：みなと商事"},
			{"届出 mynumber-final", "相手 mynumber-final", "期限 2027年2月6日（土）", "不要と判断", "理由：マイナンバーは含まれない（判断：佐藤 健）"},
			{"届出 ppc-individuals", "相手 ppc-individuals", "暫定", "未了", ""},
			{"届出 police", "相手 police", "任意・期限なし", "", "受付番号の記録なし"},
		},
		"en": {
			{"届出 ppc-preliminary", "相手 ppc-preliminary", "due 5 Jan 2027 (Tue)", "", "Receipt number: PPC-0042"},
			{"届出 ppc-final", "相手 ppc-final", "due 5 Feb 2027 (Fri)", "", "settled by telling the client: みなと商事"},
			{"届出 mynumber-final", "相手 mynumber-final", "due 6 Feb 2027 (Sat)", "judged not needed", "Reason: マイナンバーは含まれない"},
			{"届出 ppc-individuals", "相手 ppc-individuals", "provisional", "not done", ""},
			{"届出 police", "相手 police", "voluntary, no deadline", "", "no receipt number recorded"},
		},
	} {
		a, d := filings(t, lang, "")
		golden(t, "filings."+lang+".md", head.ReplaceAll(templates.Markdown(d), []byte("0123…cdef")))
		on := report.Day(a.now.In(incident.Tokyo).Format(time.DateOnly), strictSay(t, lang))
		for _, w := range want {
			got := rowOf(t, d, w[0])
			if len(got) != len(w) {
				t.Fatalf("%s: %v", lang, got)
			}
			if w[3] == "" {
				w[3] = on
			}
			for i := range w {
				if !strings.Contains(got[i], w[i]) || w[i] == "" && got[i] != "" {
					t.Errorf("%s: %q, want %q", lang, got[i], w[i])
				}
			}
		}
		for _, s := range d.Sections {
			for _, b := range s.Blocks {
				if table, ok := b.(report.Table); ok && len(table.Rows) > 0 && strings.HasPrefix(table.Rows[0][0].Text, "届出 ") {
					if len(table.Rows) != len(want) || slices.ContainsFunc(table.Rows, func(r []report.Cell) bool { return strings.Contains(r[0].Text, "card-acquirer") }) {
						t.Errorf("%s: %d rows, of which none lapsed", lang, len(table.Rows))
					}
					if !table.Rows[3][3].Gap {
						t.Error("what is not done does not show as a gap")
					}
				}
			}
		}
	}
	// What was erased does not come back by the row.
	_, d := filings(t, "ja", "みなと商事")
	if all := strings.Join(textsOf(d), "\n"); strings.Contains(all, "みなと商事") {
		t.Errorf("it is named:\n%s", all)
	}
	// An incident without any has no such part.
	a := newTale(t, "INC-2026-0001")
	a.do("tanaka", incident.Report{Text: "PCが動かない"})
	if all := strings.Join(textsOf(a.final("ja")), "\n"); strings.Contains(all, "届出・連絡の一覧") {
		t.Error("an empty part")
	}
}
