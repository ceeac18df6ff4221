package procedure_test

import (
	"strings"
	"testing"

	"hikeshi/templates"
	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/procedure"
)

func words(s string) incident.Words { return incident.Words{JA: s + "を行う", EN: "do " + s} }

func step(n int, key string, role incident.Role, phase incident.Phase, kind incident.StepKind) incident.Step {
	return incident.Step{N: n, Key: key, Role: role, Phase: phase, Kind: kind, Required: incident.Always, Text: words(key)}
}

// sample is a small company's source: every table there has to be, with few steps each.
func sample() procedure.Source {
	report := step(1, "report", incident.Discoverer, incident.Reported, incident.StepReport)
	contain := step(2, "contain", incident.IncidentLead, incident.Containment, incident.StepContain)
	restore := step(3, "restore_data", incident.SystemAdmin, incident.Recovery, incident.StepRestore)
	restore.Required, restore.When = incident.If, "damaged_data"
	publish := step(3, "publish", incident.Representative, incident.FinalReport, incident.StepPublish)
	evidence := step(0, "preserve_evidence", incident.SystemAdmin, incident.Investigation, incident.StepInvestigate)
	aid := []procedure.FirstAid{{Text: words("call")}, {Avoid: true, Text: words("hide")}}

	src := procedure.Source{KindsSection: "first aid"}
	for _, c := range incident.Categories {
		sheet := procedure.Sheet{Category: c, Section: "rules", FirstAid: aid}
		table := func(l incident.Level, steps ...incident.Step) {
			sheet.Tables = append(sheet.Tables, procedure.Table{Category: c, Level: l, Steps: steps})
		}
		switch c {
		case incident.Virus:
			sheet.FirstAid = []procedure.FirstAid{{Text: words("unplug")}}
			sheet.Handover = []incident.Words{words("stop")}
		case incident.Leak:
			table(incident.Level2, report, contain)
			table(incident.Level3, report, contain, publish)
		default:
			table(incident.Level0, report)
			for _, l := range []incident.Level{incident.Level1, incident.Level2, incident.Level3} {
				table(l, report, contain, restore)
			}
			sheet.Supplements = []procedure.Supplement{{Levels: []incident.Level{incident.Level1, incident.Level2, incident.Level3}, Step: evidence}}
		}
		src.Sheets = append(src.Sheets, sheet)
	}
	for _, k := range incident.Kinds {
		src.Kinds = append(src.Kinds, procedure.KindAid{Kind: k, FirstAid: []procedure.FirstAid{{Text: words(string(k))}}})
	}
	return src
}

func build(t *testing.T, src procedure.Source) *procedure.Book {
	t.Helper()
	book, problems := procedure.Build(src)
	if len(problems) > 0 {
		t.Fatalf("a sound source is refused: %+v", problems)
	}
	return book
}

// sheetOf gives the sheet of a category to be changed in place.
func sheetOf(src *procedure.Source, c incident.Category) *procedure.Sheet {
	for i := range src.Sheets {
		if src.Sheets[i].Category == c {
			return &src.Sheets[i]
		}
	}
	panic("no sheet " + c)
}

// english says a saying, with every place of it filled.
func english(t testing.TB, s fault.Saying) string {
	t.Helper()
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	said := texts.Word("en", s)
	if said == s.Key || strings.ContainsAny(said, "{}") {
		t.Errorf("%+v is said as %q", s, said)
	}
	return said
}
