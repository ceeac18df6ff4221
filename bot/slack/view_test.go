package slack

import (
	"fmt"
	"strings"
	"testing"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

func TestAnswersComeBackAsChosen(t *testing.T) {
	d := pen(t, "ja", "")
	v := d.formView(everyInput(), sheet{Round: 3})
	s, err := readSheet(v.PrivateMetadata)
	if err != nil {
		t.Fatal(err)
	}
	state := fillIn(v)
	in := func(name string, a sl.BlockAction) {
		state.Values[blockID(name, 3, 0)] = map[string]sl.BlockAction{answerID: a}
	}
	in("event", sl.BlockAction{Type: "plain_text_input", Value: "社用PCを\n置き忘れた <b>"})
	in("publication", sl.BlockAction{Type: "radio_buttons", SelectedOption: sl.OptionBlockObject{Value: noValue}})
	in("persons", sl.BlockAction{Type: "plain_text_input", Value: "千二百くらい"})
	in("file", sl.BlockAction{Type: "file_input", Files: []sl.File{{ID: "F1", Name: "画面.png"}, {ID: "F2", Name: "b.log"}}})
	got, files := readValues(s, state)
	want := chat.Values{
		"q12": "どの電車でしたか？", "event": "社用PCを\n置き忘れた <b>", "personal_data": "unknown", "publication": "", "into": "INC-2026-0003", "owner": "p-150",
		"exclude": "p-001,p-199", "duty": "p-002", "discovered_at": "2026-11-22T02:00", "due": "2026-12-01", "persons": "千二百くらい", "contractor": "",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if fmt.Sprint(files) != "[{file F1 画面.png} {file F2 b.log}]" {
		t.Errorf("files %v", files)
	}
}

func TestAFormShownAgainHasNewBlocks(t *testing.T) {
	d := pen(t, "ja", "")
	before := map[string]bool{}
	for block := range fillIn(d.formView(everyInput(), sheet{})).Values {
		before[block] = true
	}
	for block := range fillIn(d.formView(everyInput(), sheet{Round: 1})).Values {
		if before[block] {
			t.Errorf("%s would show what was typed before", block)
		}
	}
}

// The longest text that a record takes can be read and mended in Slack.
func TestALongTextIsAskedInPartsAndReadAsOne(t *testing.T) {
	d := pen(t, "ja", "")
	for name, value := range map[string]string{
		"lines":       strings.Repeat("電車に置き忘れた。\n\n", 1800),
		"no spaces":   strings.Repeat("が", 20_000),
		"only spaces": "a" + strings.Repeat(" \n", 4000) + "b",
		"families":    strings.Repeat("👨\u200d👩\u200d👧", 1000),
		"3001":        strings.Repeat("字", 3001),
	} {
		v := d.formView(chat.Form{Draft: "d|||abcdefghijklmnop", Title: "訂正", Inputs: []chat.Input{{Name: "text", Label: "内容", Kind: chat.Lines, Required: true, Max: 20_000, Value: value}}}, sheet{})
		sound(t, "modal", v)
		s, err := readSheet(v.PrivateMetadata)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := readValues(s, fillIn(v)); got["text"] != fit.Clean(value) {
			t.Errorf("%s: %d bytes came back as %d", name, len(value), len(got["text"]))
		}
	}
	// Beyond all parts nothing can be sent, so that nothing is cut off the record.
	v := d.formView(chat.Form{Draft: "d|||abcdefghijklmnop", Title: "訂正", Inputs: []chat.Input{{Name: "text", Label: "内容", Kind: chat.Lines, Value: strings.Repeat("字", 24_001)}}}, sheet{})
	sound(t, "modal", v)
	if v.Submit != nil || len(fillIn(v).Values) > 0 {
		t.Error("a text that is too long can be sent, and would lose its end")
	}
}

func TestOptionValuesTooLongForSlackComeBack(t *testing.T) {
	d := pen(t, "ja", "")
	step := strings.Repeat("disconnect-the-infected-machine-", 7)
	for _, value := range []string{"a", "", "~", "~0123", strings.Repeat("x", 75), strings.Repeat("x", 76), strings.Repeat("字", 76), step, " "} {
		f := chat.Form{Draft: "d|||abcdefghijklmnop", Title: "手順", Inputs: []chat.Input{{Name: "step", Label: "手順", Kind: chat.Choice, Value: value, Options: []chat.Option{{Value: value, Label: "切り離す"}, {Value: "other", Label: "ほか"}}}}}
		v := d.formView(f, sheet{})
		sound(t, "modal", v)
		s, err := readSheet(v.PrivateMetadata)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := readValues(s, fillIn(v)); got["step"] != value {
			t.Errorf("%q came back as %q", value, got["step"])
		}
	}
	// Where the sheet has no room, the desk knows the step by its digest, which is as it writes
	// one on a button.
	if got := (sheet{}).valueOf(optionValue(step)); !strings.HasPrefix(got, "~") || len(got) != 17 {
		t.Errorf("the digest: %q", got)
	}
}

func TestAChoiceThatNeedNotBeMadeCanBeLeftOut(t *testing.T) {
	d := pen(t, "ja", "")
	options := []chat.Option{{Value: "yes", Label: "はい"}, {Value: "no", Label: "いいえ"}}
	for _, c := range []struct {
		in   chat.Input
		want bool
	}{
		{chat.Input{Options: options}, true},
		{chat.Input{Options: options, Required: true}, false},
		{chat.Input{Options: options, Value: "no"}, false},
		{chat.Input{Options: append([]chat.Option{{Label: "なし"}}, options...)}, true},
	} {
		c.in.Name, c.in.Label, c.in.Kind = "x", "x", chat.Choice
		e, _ := d.element(c.in, false)
		found := 0
		for _, o := range e.(*sl.RadioButtonsBlockElement).Options {
			if o.Value == noValue {
				found++
			}
		}
		if (found == 1) != c.want || found > 1 {
			t.Errorf("%+v has %d ways to choose nothing", c.in, found)
		}
	}
}

func TestListsAreSearchedWhereTheyAreLong(t *testing.T) {
	d := pen(t, "ja", "")
	for n, want := range map[int]string{5: "radio_buttons", 6: "static_select", 100: "static_select", 101: "external_select"} {
		var options []chat.Option
		for i := range n {
			options = append(options, chat.Option{Value: fmt.Sprint(i), Label: fmt.Sprint("選択肢", i)})
		}
		e, shown := d.element(chat.Input{Name: "x", Kind: chat.Choice, Required: true, Options: options, Value: "3"}, false)
		if string(e.ElementType()) != want || !shown {
			t.Errorf("%d options: %s", n, e.ElementType())
		}
		many := map[int]string{5: "checkboxes", 6: "checkboxes", 100: "multi_static_select", 101: "multi_external_select"}[n]
		if e, _ := d.element(chat.Input{Name: "x", Kind: chat.Choices, Options: options, Value: "3,4"}, false); string(e.ElementType()) != many {
			t.Errorf("any of %d options: %s", n, e.ElementType())
		}
	}
	if got := d.suggestions(make([]chat.Option, 1)).Options; len(got) != 1 {
		t.Errorf("suggestions: %v", got)
	}
}

func TestErrorsStandAtTheirInputs(t *testing.T) {
	d := pen(t, "ja", "")
	f := everyInput()
	s := sheet{Round: 2}
	if byBlock, all := inputErrors(f, s); all || byBlock[blockID("event", 2, 0)] != "書いてください。" {
		t.Errorf("with a sentence about the whole: %v %v", byBlock, all)
	}
	if shown := shownText(t, d.formView(f, s)); !strings.Contains(shown, "⚠️ 書いてください。") || !strings.Contains(shown, "⚠️ まだ記録されていません。") {
		t.Error("what is wrong is not shown")
	}
	f.Error = ""
	if byBlock, all := inputErrors(f, s); !all || len(byBlock) != 1 {
		t.Errorf("one answer is wrong: %v %v", byBlock, all)
	}
	f.Inputs[0].Error = "固定の欄です。"
	if _, all := inputErrors(f, s); all {
		t.Error("an error at what is no input would not be shown")
	}
}

func TestTheSheetKeepsTheDraftWhateverElseIsTooMuch(t *testing.T) {
	s := sheet{Draft: strings.Repeat("d", 100), Fixed: map[string]string{"q1": strings.Repeat("字", 2000), "q2": "短い"}, Long: map[string]string{}, Round: 4, Channel: "inc-2026-0001"}
	s.Quote = &quoteRef{For: "report", Channel: "C1", TS: "1.2", User: "U1", Name: strings.Repeat("名", 300), Link: strings.Repeat("l", 900)}
	for i := range 60 {
		s.Quote.Files = append(s.Quote.Files, fileRef{ID: fmt.Sprint("F", i), Name: strings.Repeat("名", 60)})
		s.Long[fmt.Sprint("~", i)] = strings.Repeat("v", 200)
	}
	out, err := s.encode()
	if err != nil || len(out) > 3000 {
		t.Fatalf("%d bytes, %v", len(out), err)
	}
	again, err := readSheet(out)
	if err != nil || again.Draft != s.Draft || again.Round != 4 || again.Channel != s.Channel || again.Quote.TS != "1.2" || len(again.Quote.Files) != 60 {
		t.Errorf("came back as %+v, %v", again, err)
	}
	if v, ok := again.Fixed["q1"]; !ok || again.Fixed["q2"] != "短い" {
		t.Errorf("fixed answers: %q %v", v, again.Fixed)
	}
	if len(s.Long) != 60 || s.Quote.Name == "" {
		t.Error("the sheet itself was changed")
	}
	if _, err := (sheet{Draft: strings.Repeat("d", 3001)}).encode(); err == nil {
		t.Error("a draft that has no room is not refused")
	}
}

func TestButtonsAreReadBack(t *testing.T) {
	d := pen(t, "ja", "https://hikeshi.example.jp/")
	for _, c := range []struct {
		e    *sl.ButtonBlockElement
		want button
	}{
		{d.button(chat.Button{Label: "完了", Action: "step|INC-2026-0001|5|v2"}), button{kind: press, action: "step|INC-2026-0001|5|v2"}},
		{d.turn("show|INC-2026-0001||whole", 7, "次"), button{kind: more, page: 7, action: "show|INC-2026-0001||whole"}},
		{d.reopenButton("report|||abc").(*sl.SectionBlock).Accessory.ButtonElement, button{kind: form, draft: "report|||abc"}},
		{d.button(chat.Button{Label: "開く", Page: "/incidents"}), button{kind: link}},
	} {
		if got, ok := readButton(&sl.BlockAction{ActionID: c.e.ActionID, Value: c.e.Value}); !ok || got != c.want {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
	for _, b := range []chat.Button{{Label: "何もない"}, {Label: "長い", Action: chat.Action(strings.Repeat("x", 2001))}, {Label: "道でない", Page: "incidents"}} {
		if d.button(b) != nil {
			t.Errorf("%+v can be pressed", b)
		}
	}
	if pen(t, "ja", "").button(chat.Button{Label: "開く", Page: "/incidents"}) != nil {
		t.Error("a link without an address")
	}
}
