package draft_test

import (
	"strings"
	"testing"

	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// What the form says about the persons and about publication follows the list of the affected
// parties and the texts that went out.
func TestWhatWasToldStandsInTheForm(t *testing.T) {
	begin := func() *tale { return newTale(t).do("nakamura", incident.Report{Text: "x", What: incident.KindVirus}) }
	party := func(a *tale) *tale {
		return a.do("kato", incident.SetParty{Kind: incident.PartyPersons, Name: "会員", Count: "1200"})
	}
	tell := func(a *tale) *tale {
		return a.do("kato", incident.TellParty{N: 1, Topics: []incident.Topic{incident.TopicFact}, How: "郵送"})
	}
	propose := func(a *tale, k incident.TextKind) *tale {
		return a.do("kato", incident.ProposeText{What: k, Text: "x"})
	}
	approve := func(a *tale, k incident.TextKind, v int) *tale {
		return a.do("yamada", incident.ApproveText{What: k, Version: v})
	}
	publish := func(a *tale, k incident.TextKind, v int) *tale {
		return a.do("kato", incident.PublishText{What: k, Version: v, Where: "自社サイト"})
	}
	out := func(a *tale, k incident.TextKind, v int) *tale { return publish(approve(propose(a, k), k, v), k, v) }
	type want struct{ persons, detail, press, value string }
	for name, c := range map[string]struct {
		tale *tale
		want want
	}{
		"nothing recorded":              {begin(), want{}},
		"a party, not told":             {party(begin()), want{detail: "会員（1,200人）：まだ知らせていない"}},
		"a party, told":                 {tell(party(begin())), want{persons: "対応済", detail: "会員（1,200人）：事実を2026年12月1日（火）に知らせた（郵送）"}},
		"one of two told":               {party(tell(party(begin()))), want{persons: "対応中", detail: "会員（1,200人）：事実を2026年12月1日（火）に知らせた（郵送）\n会員（1,200人）：まだ知らせていない"}},
		"an organisation told":          {begin().do("kato", incident.SetParty{Kind: incident.PartyOrgs, Name: "みなと商事"}).do("kato", incident.TellParty{N: 1, Topics: []incident.Topic{incident.TopicFact}, How: "電話"}), want{}},
		"the step of telling alone":     {begin().do("sato", incident.Take{}).do("sato", incident.SetLevel{Level: incident.Level3}).add("sato", incident.StepDone{Step: "publish"}), want{persons: "対応中"}},
		"a notice proposed":             {propose(begin(), incident.TextIndividuals), want{persons: "対応中"}},
		"a notice out":                  {out(begin(), incident.TextIndividuals, 1), want{persons: "対応済", detail: "本人への通知 第1版：2026年12月1日（火）、自社サイト"}},
		"a notice out, a party untold":  {out(party(begin()), incident.TextIndividuals, 1), want{persons: "対応中", detail: "会員（1,200人）：まだ知らせていない\n本人への通知 第1版：2026年12月1日（火）、自社サイト"}},
		"a press text proposed":         {propose(begin(), incident.TextPress), want{press: "検討中"}},
		"a press text approved":         {approve(propose(begin(), incident.TextPress), incident.TextPress, 1), want{press: "予定"}},
		"a press text sent back":        {propose(begin(), incident.TextPress).do("yamada", incident.RefuseText{What: incident.TextPress, Version: 1, Reason: "x"}), want{}},
		"a press text out":              {out(begin(), incident.TextPress, 1), want{press: "実施済", value: "プレスリリース 第1版：2026年12月1日（火）、自社サイト"}},
		"two versions out":              {out(out(begin(), incident.TextPress, 1), incident.TextPress, 2), want{press: "実施済", value: "プレスリリース 第1版：2026年12月1日（火）、自社サイト\nプレスリリース 第2版：2026年12月1日（火）、自社サイト"}},
		"what went to customers is not": {out(begin(), incident.TextCustomers, 1), want{}},
	} {
		t.Run(name, func(t *testing.T) {
			d := c.tale.draft(draft.PPCPreliminary, options(t, "ja"))
			press := field(t, d, "publication")
			got := want{ticked(field(t, d, "towards_persons")), field(t, d, "towards_detail").Value, ticked(press), press.Value}
			if got != c.want {
				t.Errorf("%q\nwant %q", got, c.want)
			}
		})
	}
}

// The letter to one client does not name who else is concerned.
func TestTheEntrusterReadsOfNobodyElse(t *testing.T) {
	d := ransomware(t).draft(draft.Entruster, options(t, "ja"))
	if f := field(t, d, "n6"); ticked(f) != "対応中" || f.Value != "" {
		t.Errorf("%+v", f)
	}
	if text := whole(d); strings.Contains(text, "通販サイトの会員") {
		t.Error(text)
	}
}

// A name or a means that was erased does not come back by the row.
func TestWhatWasToldStaysErased(t *testing.T) {
	a := ransomware(t)
	for i, r := range a.records {
		switch e := r.Event.(type) {
		case incident.PartySet:
			e.Name = incident.Text{Digest: "0", Erased: true}
			a.records[i].Event = e
		case incident.PartyTold:
			e.How = incident.Text{Digest: "0", Erased: true}
			a.records[i].Event = e
		}
	}
	got := field(t, a.draft(draft.PPCPreliminary, options(t, "ja")), "towards_detail").Value
	if strings.Contains(got, "通販") || strings.Contains(got, "（郵送）") || !strings.Contains(got, "消去済み") {
		t.Error(got)
	}
}
