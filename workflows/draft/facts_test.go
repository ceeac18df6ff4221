package draft_test

import (
	"slices"
	"strings"
	"testing"

	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// A draft reads the answers as the clocks do: what follows from others is so here, too, and
// whoever works on the draft is told which answers cannot both be right.
func TestDraftsReadTheAnswersAsTheClocksDo(t *testing.T) {
	contradicts := "食い違っています"
	for name, c := range map[string]struct {
		facts map[incident.FactKey]incident.Answer
		kind  draft.Kind
		field string
		want  string
		told  bool
	}{
		"ransomware with a denied purpose": {
			facts: map[incident.FactKey]incident.Answer{"ransomware": "yes", "wrongful_purpose": "no", "special_care": "no", "financial_damage": "no", "cards": "no", "persons": "3"},
			kind:  draft.PPCPreliminary, field: "article7", want: "3号（不正の目的のおそれ）", told: true,
		},
		"no personal data, but a thousand persons": {
			facts: map[incident.FactKey]incident.Answer{"personal_data": "no", "persons": "1500"},
			kind:  draft.PPCPreliminary, field: "article7", want: "", told: true,
		},
		"at least so many persons as My Numbers": {
			facts: map[incident.FactKey]incident.Answer{"my_number_persons": "1200", "special_care": "no", "financial_damage": "no", "cards": "no", "wrongful_purpose": "no"},
			kind:  draft.PPCPreliminary, field: "article7", want: "4号（1,000人を超える）",
		},
		"101 My Numbers": {
			facts: map[incident.FactKey]incident.Answer{"my_number": "yes", "my_number_persons": "101", "wrongful_purpose": "no", "viewable_by_many": "no"},
			kind:  draft.MyNumberPreliminary, field: "serious", want: "100人を超える",
		},
		"a possible maximum is no number of persons": {
			facts: map[incident.FactKey]incident.Answer{"persons_max": "1500"},
			kind:  draft.PPCPreliminary, field: "persons", want: "",
		},
	} {
		a := newTale(t).do("nakamura", incident.Report{Text: "共有フォルダーが外から見えていた", What: incident.KindLoss})
		for k, answer := range c.facts {
			a.fact("sato", k, answer)
		}
		d := a.draft(c.kind, options(t, "ja"))
		f := field(t, d, c.field)
		if got := ticked(f); got != c.want || c.field == "persons" && f.Value != "不明（判明次第追完）" {
			t.Errorf("%s: ticked %q, want %q; %q", name, got, c.want, f.Value)
		}
		if told := slices.ContainsFunc(d.Notes, func(n string) bool { return strings.Contains(n, contradicts) }); told != c.told {
			t.Errorf("%s: told of a contradiction: %v", name, told)
		}
	}
}
