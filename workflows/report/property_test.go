package report_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// A writer is a command with a typed text.
var writers = []func(text string) incident.Command{
	func(s string) incident.Command { return incident.Note{Text: s} },
	func(s string) incident.Command { return incident.Ask{Text: s} },
	func(s string) incident.Command { return incident.SetField{Field: incident.FieldEvent, Value: s} },
	func(s string) incident.Command { return incident.SetField{Field: incident.FieldScope, Value: s} },
	func(s string) incident.Command {
		return incident.SetField{Field: incident.FieldCause, Unknown: true, Reason: s}
	},
	func(s string) incident.Command { return incident.SetField{Field: incident.FieldPrevention, Value: s} },
	func(s string) incident.Command { return incident.RecordEvidence{Name: s, Where: "金庫"} },
	func(s string) incident.Command { return incident.RecordEvidence{Name: "記録", Where: s} },
	func(s string) incident.Command {
		return incident.Attach{Name: "a.png", Size: 1, Type: "image/png", SHA256: strings.Repeat("0f", 32), Where: s}
	},
	func(s string) incident.Command { return incident.SetPrevention{Text: s} },
	func(s string) incident.Command { return incident.DoStep{Step: "contain", Result: s} },
	func(s string) incident.Command { return incident.Waive{Step: "prepare_victims", Reason: s} },
	func(s string) incident.Command { return incident.HandOver{To: "suzuki", Reason: s} },
	func(s string) incident.Command {
		return incident.Restrict{Exclude: []incident.PersonID{"mori"}, Reason: s}
	},
	func(s string) incident.Command {
		return incident.Categorise{Category: incident.Damage, Reason: s}
	},
	func(s string) incident.Command { return incident.SetLevel{Level: incident.Level3, Reason: s} },
	func(s string) incident.Command { return incident.Dismiss{Reason: s} },
}

// lived draws an incident with typed texts, each with a mark of its own, and gives what was
// typed and which entries were taken back.
func lived(t *testing.T, rt *rapid.T) (a *tale, typed []string, undone []int64) {
	text := func() string {
		s := incident.Clean(rapid.StringN(0, 20, 60).Draw(rt, "text") + fmt.Sprintf("〔%d〕", len(typed)))
		typed = append(typed, s)
		return s
	}
	a = newTale(t, "INC-2026-0001")
	a.do("tanaka", incident.Report{Text: text(), What: incident.KindMisdelivery}).do("sato", incident.Take{})
	for range rapid.IntRange(1, 15).Draw(rt, "commands") {
		c := rapid.SampledFrom(writers).Draw(rt, "writer")(text())
		if a.try("sato", c, 0, nil) != nil {
			typed = typed[:len(typed)-1] // refused, so it is nowhere
			typed = append(typed, "")    // the number stays used
		} else if rapid.Bool().Draw(rt, "undo") {
			seq := a.in.Seq
			if incident.CanUndo(a.entry(seq).Event.Kind()) && a.try("sato", incident.Undo{Seq: seq}, 0, nil) == nil {
				undone = append(undone, seq)
			}
		}
	}
	return a, typed, undone
}

func TestNoTypedTextIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, typed, undone := lived(t, rt)
		d := a.final(rapid.SampledFrom([]string{"ja", "en"}).Draw(rt, "lang"))
		all := strings.Join(textsOf(d), "\x00")
		for _, s := range typed {
			if !strings.Contains(all, s) {
				rt.Errorf("%q is nowhere", s)
			}
		}
		say := a.options(d.Lang).Say
		for _, seq := range undone {
			cells := row(t, d, say("field.log"), number(seq))
			mark, _, _ := strings.Cut(say("report.course.undone", "number", number(seq+1), "text", ""), "\n")
			if !strings.HasPrefix(cells[3].Text, mark) {
				rt.Errorf("entry %d is not marked as taken back: %q", seq, cells[3].Text)
			}
		}
	})
}

// The state that is handed in still holds every text: none that was erased from the record
// may come back through it.
func TestAnErasedTextStaysErased(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, typed, _ := lived(t, rt)
		n := rapid.IntRange(0, len(typed)-1).Draw(rt, "erased")
		if typed[n] == "" {
			return
		}
		mark := fmt.Sprintf("〔%d〕", n)
		d := report.Final(a.in, a.stored(mark), a.options("ja"))
		all := strings.Join(textsOf(d), "\x00")
		if strings.Contains(all, mark) {
			rt.Errorf("%q was erased and is still there", typed[n])
		}
		if !strings.Contains(all, "消去済み") {
			rt.Error("nothing says that a text was erased")
		}
	})
}

// A name that was erased from the record is not taken from the contact list instead.
func TestAnErasedNameStaysErased(t *testing.T) {
	a := misdelivered(t)
	for _, p := range []incident.PersonID{"tanaka", "ogawa"} {
		all := strings.Join(textsOf(report.Final(a.in, a.stored(called[p]), a.options("ja"))), "\n")
		if strings.Contains(all, called[p]) || !strings.Contains(all, "（氏名は消去済み）") {
			t.Errorf("%s was erased and is still named", p)
		}
		if other := called["suzuki"]; !strings.Contains(all, other) {
			t.Errorf("%s lost his name too", other)
		}
	}
}

// Whatever the record, the same incident gives the same report.
func TestTheReportIsAFunctionOfItsInput(t *testing.T) {
	a := misdelivered(t)
	before := a.in.Snapshot()
	first, second := fmt.Sprint(a.final("ja")), fmt.Sprint(a.final("ja"))
	if first != second {
		t.Error("two reports of the same incident differ")
	}
	if fmt.Sprint(before) != fmt.Sprint(a.in.Snapshot()) {
		t.Error("making a report changed the incident")
	}
}
