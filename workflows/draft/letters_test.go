package draft_test

import (
	"slices"
	"strings"
	"testing"

	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// The My Number of some is in nobody's notice but theirs: its box waits for a person.
func TestMyNumberIsNotInTheNoticeToEverybody(t *testing.T) {
	told := map[string]string{"30": "該当する方（30人）への文だけに書く", string(incident.Unknown): "該当する方への文だけに書く"}
	for count, want := range told {
		a := ransomware(t).fact("sato", incident.FactMyNumberPersons, incident.Answer(count))
		f := field(t, a.draft(draft.Individuals, options(t, "ja")), "n2")
		box := slices.IndexFunc(f.Choices, func(c draft.Choice) bool { return c.Text == "個人番号（マイナンバー）" })
		if box < 0 || f.Choices[box].Ticked != incident.No || !strings.Contains(f.Ask, want) || f.State != draft.ToFill {
			t.Errorf("%s: %+v", count, f)
		}
	}
	if f := field(t, ransomware(t).draft(draft.MyNumberFinal, options(t, "ja")), "data_items"); !strings.Contains(ticked(f), "マイナンバー") {
		t.Errorf("the report of My Number lacks it: %+v", f)
	}
}

// The letter to the 委託元 goes out with what the representative approved, so that it says of itself
// neither that it stays inside nor that it is made of answers alone.
func TestTheLetterToTheEntrusterIsNoInternalPaper(t *testing.T) {
	d := ransomware(t).draft(draft.Entruster, options(t, "ja"))
	text := whole(d)
	if strings.Contains(text, "社外秘") || !strings.Contains(text, "下書き（承認前・社外に出さない）") {
		t.Error(d.Document().Banner)
	}
	if notes := strings.Join(d.Notes, "\n"); !strings.Contains(notes, "代表取締役の承認を得て") || strings.Contains(notes, "会社の情報だけで") {
		t.Error(notes)
	}
}
