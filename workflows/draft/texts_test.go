package draft_test

import (
	"strings"
	"testing"

	"hikeshi/templates"
	"hikeshi/workflows/company"
	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// Every text of the drafts is said by some draft, in both languages, with every placeholder
// filled; and every key that a draft asks for has a text.
func TestEveryTextIsSaid(t *testing.T) {
	texts := must[*templates.Texts](t)(loaded())
	said := map[string]bool{}
	var tales []*tale
	for _, kind := range incident.Kinds {
		tales = append(tales, newTale(t).do("nakamura", incident.Report{Text: "x", What: kind, Contractor: "港サポート"}))
	}
	full := ransomware(t)
	for _, s := range full.in.Steps {
		full.add("sato", incident.StepDone{Step: s.Key})
	}
	settled := ransomware(t).fact("sato", "cards", incident.Yes).fact("sato", "encrypted_safe", incident.Yes).fact("sato", incident.FactUnauthorizedAccess, incident.No)
	settled.fact("sato", incident.FactRansomware, incident.No).fact("sato", incident.FactVirus, incident.No).fact("sato", incident.FactBusinessStopped, incident.No)
	settled.add("sato", incident.StepWaived{Step: "report_police", Reason: incident.T("x")}).add("sato", incident.Approved{Role: incident.Representative, Publication: incident.PublishPublic})
	settled.add("sato", incident.FileAttached{Name: incident.T("log.txt"), Size: 1, SHA256: strings.Repeat("0", 64)})
	settled.add("sato", incident.PreventionSet{N: 1, Text: incident.T("x"), Done: true})
	settled.add("sato", incident.PhaseMoved{From: incident.Reported, To: incident.FinalReport})
	none := newTale(t).do("nakamura", incident.Report{Text: "x", What: incident.KindServiceStop}).fact("nakamura", incident.FactPersonalData, incident.No)
	none.fact("nakamura", incident.FactBusinessStopped, incident.No)
	over := newTale(t).do("nakamura", incident.Report{Text: "x", What: incident.KindVirus})
	for _, step := range []string{"investigate", "preserve_evidence", "tell_staff", "prepare_inquiries", "prepare_press", "report_ppc", "report_police", "restore", "restore_data", "restore_device", "restore_paper", "remedy", "publish", "own"} {
		over.add("sato", incident.StepDone{Step: step})
	}
	restoring := newTale(t).do("nakamura", incident.Report{Text: "x", What: incident.KindServiceStop})
	restoring.do("sato", incident.Take{}).do("sato", incident.SetLevel{Level: incident.Level2}).add("sato", incident.StepDone{Step: "restore_data"})
	done := newTale(t).do("nakamura", incident.Report{Text: "x", What: incident.KindServiceStop})
	done.do("sato", incident.Take{}).do("sato", incident.SetLevel{Level: incident.Level2}).add("sato", incident.StepDone{Step: "restore_data"}).add("sato", incident.PhaseMoved{From: incident.Reported, To: incident.FinalReport})
	uncounted := newTale(t).do("nakamura", incident.Report{Text: "x", What: incident.KindUnauthorizedAccess, Facts: incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactMyNumber: incident.Yes}})
	uncounted.do("sato", incident.Take{}).do("sato", incident.SetLevel{Level: incident.Level3})
	filed := ransomware(t).add("sato", incident.ClockSettled{Rule: "ppc-preliminary", How: incident.ClockFiled, On: "2026-12-03", Receipt: incident.T("R")})
	filed.add("sato", incident.ClockSettled{Rule: "mynumber-preliminary", How: incident.ClockFiled, On: "2026-12-03"})
	filed.add("", incident.ClocksDrawn{Because: incident.DrawnReport, Started: []incident.Duty{{Rule: "ipa-access"}, {Rule: "police"}, {Rule: "jpcert"}}})
	for _, rule := range []incident.Rule{"ipa-virus", "ipa-access", "police", "jpcert"} {
		filed.add("sato", incident.ClockSettled{Rule: rule, How: incident.ClockFiled, On: "2026-12-03", Receipt: incident.T("R")})
	}
	tales = append(tales, filed, uncounted, full, settled, none, over, restoring, done)
	for _, lang := range templates.Languages {
		for i, a := range tales {
			o := options(t, lang)
			o.Say = strictSay(t, lang, func(key string) { said[key] = true })
			switch i % 4 {
			case 0:
				o.Company, o.Contacts = company.Profile{}, nil
			case 1:
				o.Company.Flags = map[company.Flag]bool{company.Delegated: true}
				o.Number = 1
			}
			if i == 0 {
				o.MadeAt = newTale(t).in.ReportedAt // none
			}
			for _, k := range draft.Kinds {
				whole(a.draft(k, o))
			}
			draft.Titles(o.Say)
		}
		// Of an incident without anything, as it is never stored.
		o := options(t, lang)
		o.Say = strictSay(t, lang, func(key string) { said[key] = true })
		for _, k := range draft.Kinds {
			whole(draft.Of(k, incident.New("INC-2026-0001"), nil, o))
		}
	}
	for _, key := range texts.Keys() {
		if strings.HasPrefix(key, "draft.") && !said[key] {
			t.Errorf("nothing says %q", key)
		}
	}
}
