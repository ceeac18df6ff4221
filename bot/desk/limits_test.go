package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// With a list of 200 people and more incidents than any choice can hold, every form still
// opens within what Slack and Discord take, in either language.
func TestFormsAtTheirLimits(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) { formsAtTheirLimits(t, newBench(t, lang), lang) })
	}
}

func formsAtTheirLimits(t *testing.T, b *bench, lang string) {
	var csv strings.Builder
	csv.WriteString("name,department,role,phone,email\n")
	for i := range 200 {
		fmt.Fprintf(&csv, "社員 %03d,とても長い名前の部署がここに入りますので表示が切れることがあります第%03d課,,090-1111-%04d,s%03d@example.co.jp\n", i, i, i, i)
	}
	rows, faults := contact.Parse([]byte(csv.String()))
	sample, _ := contact.Parse([]byte("name,department,role,phone,email\n佐藤 美咲,管理部,incident_lead,090-0000-0002,sato@example.co.jp\n鈴木 健太,管理部,system_admin,090-0000-0003,suzuki@example.co.jp\n田中 誠一,経営,representative,090-0000-0001,tanaka@example.co.jp\n"))
	if faults != nil {
		t.Fatal(faults)
	}
	if _, err := b.service.ImportContacts(ctx, append(sample, rows...)); err != nil {
		t.Fatal(err)
	}
	for i := range 120 {
		b.must(b.say("社員 001", "", fmt.Sprintf("/incident 画面が固まった %d", i)))
		b.clock.move(time.Second)
	}
	b.must(b.press("佐藤", "take|INC-2026-0001||"))
	for _, name := range desk.Forms {
		a := chat.Action("form|INC-2026-0001||" + name)
		r := b.press("佐藤", a)
		if r.Form == nil {
			continue // not his to do now
		}
		if n := utf8.RuneCountInString(r.Form.Title); n > 24 {
			t.Errorf("%s: a title of %d characters", name, n)
		}
		if len(r.Form.Draft) > 100 {
			t.Errorf("%s: a draft of %d bytes", name, len(r.Form.Draft))
		}
		required := 0
		for _, i := range r.Form.Inputs {
			if i.Required && i.Kind != chat.Fixed {
				required++
			}
			if n := utf8.RuneCountInString(i.Label); n > 45 {
				t.Errorf("%s: a label of %d characters: %s", name, n, i.Label)
			}
			if n := utf8.RuneCountInString(i.Hint); n > 100 {
				t.Errorf("%s: a hint of %d characters: %s", name, n, i.Hint)
			}
			// One more than Slack's lists hold: from that it is seen that there are more.
			if i.Name == "into" && len(i.Options) != 101 {
				t.Errorf("%s: %d options", name, len(i.Options))
			}
			for _, o := range i.Options {
				if utf8.RuneCountInString(o.Label) > 75 {
					t.Errorf("%s: an option of %d characters: %s", name, utf8.RuneCountInString(o.Label), o.Label)
				}
			}
		}
		// Discord asks for five things at once; what has to be known stands among the first.
		if required > 5 {
			t.Errorf("%s: %d required inputs", name, required)
		}
	}
	r := b.say("佐藤", "", "/incident 記録 どれでしょう")
	if n := len(buttonsOf(r.Cards[0])); n > 12 {
		t.Errorf("%d buttons to choose from", n)
	}
	for _, c := range append(b.say("佐藤", "", "/incident 一覧").Cards, b.say("佐藤", "inc-2026-0001", "/incident 状況").Cards...) {
		for _, x := range buttonsOf(c) {
			if len(x.Action) > 100 {
				t.Errorf("an action of %d bytes: %s", len(x.Action), x.Action)
			}
		}
	}
	// A name typed where the choice is too long to show does as well.
	f := b.press("佐藤", "form|INC-2026-0001||assign").Form
	b.must(b.send("佐藤", f, "person", "社員 150"))
	if !b.incident("INC-2026-0001").InCircle(b.person("社員 150")) {
		t.Error("the typed name was not understood")
	}
	again := b.send("佐藤", b.press("佐藤", "form|INC-2026-0001||assign").Form, "person", "社員 15")
	if again.Accepted || again.Form == nil || !strings.Contains(showForm(again.Form), "社員 150") {
		t.Errorf("several people of that name: %s", showReply(again))
	}
	if in := b.incident("INC-2026-0001"); in.Phase != incident.Reported {
		t.Error(in.Phase)
	}
}
