package slack

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	sl "github.com/slack-go/slack"
	"pgregory.net/rapid"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// pieces are what texts are made of: what people type, and what they should not.
var pieces = []string{
	"事故", "お客様の名簿", "a", " ", "\n", "\r\n", "\t", "　", "<", ">", "&", "&lt;", "*", "_", "~", "`", "|", ":smile:", "<!channel>", "@here", "<@U123>",
	"https://example.com/a_b", "が", "か\u3099", "👨\u200d👩\u200d👧", "🇯🇵", "𠮷", "\u0300", "\x00", "\x1b[1m", "\xff", "\ufeff", "\u200b", "\u2028", "{mark}", "・", ".", "=",
}

func anyText(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var s strings.Builder
		for range rapid.IntRange(0, 4).Draw(t, "pieces") {
			s.WriteString(rapid.SampledFrom(pieces).Draw(t, "piece"))
		}
		times := rapid.SampledFrom([]int{1, 1, 1, 1, 20, 80, 400, 3000, 8000}).Draw(t, "times")
		out := strings.Repeat(s.String(), times)
		if len(out) > most {
			out = out[:most]
		}
		return out
	})
}

func anyButton() *rapid.Generator[chat.Button] {
	return rapid.Custom(func(t *rapid.T) chat.Button {
		return chat.Button{
			Label: anyText(600).Draw(t, "label"), Action: chat.Action(strings.ToValidUTF8(anyText(100).Draw(t, "action"), "")),
			Style:   rapid.SampledFrom([]chat.Style{"", chat.Primary, chat.Danger, "odd"}).Draw(t, "style"),
			Confirm: anyText(2000).Draw(t, "confirm"), Page: rapid.SampledFrom([]string{"", "", "", "/incidents/INC-2026-0001", "no path", "/" + strings.Repeat("x", 3000)}).Draw(t, "page"),
		}
	})
}

func many[T any](t *rapid.T, g *rapid.Generator[T], name string, most int) []T {
	n := rapid.SampledFrom([]int{0, 1, 1, 2, 2, 3, 12, most}).Draw(t, name)
	if n > 12 {
		// The same few over and over: what matters is how many there are.
		few := rapid.SliceOfN(g, 3, 3).Draw(t, name)
		out := make([]T, n)
		for i := range out {
			out[i] = few[i%len(few)]
		}
		return out
	}
	return rapid.SliceOfN(g, n, n).Draw(t, name)
}

func anyCard() *rapid.Generator[chat.Card] {
	return rapid.Custom(func(t *rapid.T) chat.Card {
		c := chat.Card{
			Tone: rapid.SampledFrom([]chat.Tone{"", chat.Good, chat.Notice, chat.Urgent, chat.Refused}).Draw(t, "tone"),
			Mark: anyText(100).Draw(t, "mark"), Title: anyText(9000).Draw(t, "title"),
			Whole: chat.Action(rapid.SampledFrom([]string{"", "show|INC-2026-0001||whole"}).Draw(t, "whole")),
		}
		for range rapid.IntRange(0, 3).Draw(t, "blocks") {
			b := chat.Block{Heading: anyText(4000).Draw(t, "heading"), Small: rapid.Bool().Draw(t, "small")}
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				b.Text = anyText(60_000).Draw(t, "text")
			case 1:
				b.Fields = many(t, rapid.Custom(func(t *rapid.T) chat.Pair {
					p := chat.Pair{Label: anyText(3000).Draw(t, "label"), Value: anyText(9000).Draw(t, "value")}
					if rapid.Bool().Draw(t, "at") {
						p.At = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "unix"), 0)
					}
					return p
				}), "fields", 200)
			default:
				b.Items = many(t, rapid.Custom(func(t *rapid.T) chat.Item {
					return chat.Item{
						Mark: anyText(60).Draw(t, "mark"), Text: anyText(9000).Draw(t, "text"), Small: anyText(3000).Draw(t, "less"),
						Buttons: many(t, anyButton(), "buttons", 30),
					}
				}), "items", 300)
			}
			c.Blocks = append(c.Blocks, b)
		}
		c.Buttons = many(t, anyButton(), "buttons", 40)
		return c
	})
}

func TestWhateverACardIsSlackTakesIt(t *testing.T) {
	d, linked := pen(t, "ja", ""), pen(t, "en", "https://hikeshi.example.jp/")
	rapid.Check(t, func(t *rapid.T) {
		c := anyCard().Draw(t, "card")
		d := rapid.SampledFrom([]drawing{d, linked}).Draw(t, "pen")
		blocks, fallback := d.message(c)
		if faults := inspect("message", blocks); faults != nil {
			t.Fatal(strings.Join(faults, "\n"))
		}
		if blank(fallback) || fit.Units(fallback) > 4000 || strings.ContainsAny(fallback, "<>") {
			t.Fatalf("fallback %q", fallback)
		}
		whole := rapid.SampledFrom([]chat.Action{"", "show|INC-2026-0001||whole"}).Draw(t, "again")
		if faults := inspect("modal", d.cardView([]chat.Card{c, c}, whole, rapid.IntRange(-1, 40).Draw(t, "page"))); faults != nil {
			t.Fatal(strings.Join(faults, "\n"))
		}
		cards := make([]chat.Card, rapid.SampledFrom([]int{0, 1, 2, 5, 20, 40}).Draw(t, "cards"))
		for i := range cards {
			cards[i] = c
		}
		if faults := inspect("home", d.homeView(cards)); faults != nil {
			t.Fatal(strings.Join(faults, "\n"))
		}
		if faults := inspect("modal", d.waitingView(c.Title, c.Mark+c.Title)); faults != nil {
			t.Fatal(strings.Join(faults, "\n"))
		}
	})
}

func anyForm() *rapid.Generator[chat.Form] {
	kinds := []chat.InputKind{chat.Line, chat.Lines, chat.Choice, chat.Choices, chat.DateTime, chat.Date, chat.Number, chat.Fixed, chat.Upload}
	return rapid.Custom(func(t *rapid.T) chat.Form {
		f := chat.Form{
			Draft: "report|||abcdefghijklmnop", Title: anyText(200).Draw(t, "title"), Intro: anyText(20_000).Draw(t, "intro"),
			Error: anyText(4000).Draw(t, "error"), Submit: anyText(100).Draw(t, "submit"),
		}
		f.Inputs = many(t, rapid.Custom(func(t *rapid.T) chat.Input {
			i := chat.Input{
				Label: anyText(4000).Draw(t, "label"), Hint: anyText(4000).Draw(t, "hint"), Error: anyText(4000).Draw(t, "wrong"),
				Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Required: rapid.Bool().Draw(t, "required"),
				Max: rapid.SampledFrom([]int{0, 0, 300, 2999, 3000, 3001, 20_000}).Draw(t, "max"),
			}
			i.Options = many(t, rapid.Custom(func(t *rapid.T) chat.Option {
				return chat.Option{Value: strings.ToValidUTF8(anyText(300).Draw(t, "value"), ""), Label: anyText(300).Draw(t, "label")}
			}), "options", 150)
			for n := range i.Options {
				i.Options[n].Value += strconv.Itoa(n / 2)
			}
			i.Value = rapid.OneOf(anyText(30_000), rapid.SampledFrom([]string{"", "2026-11-22T01:45", "2026-12-01", "120", "0001-01-01T00:00", "-5", "1234567890123456789"})).Draw(t, "value")
			if len(i.Options) > 0 && rapid.Bool().Draw(t, "chosen") {
				i.Value = rapid.SampledFrom(i.Options).Draw(t, "option").Value
			}
			return i
		}), "inputs", 45)
		odd := rapid.SampledFrom([]string{"in", "in", "in", "a.b|", strings.Repeat("長", 240), ""}).Draw(t, "name")
		for n := range f.Inputs {
			f.Inputs[n].Name = odd
			if odd != "" && n > 0 {
				f.Inputs[n].Name += strconv.Itoa(n)
			}
		}
		return f
	})
}

// fillIn submits a view as Slack does when nothing was changed in it.
func fillIn(v sl.ModalViewRequest) *sl.ViewState {
	state := &sl.ViewState{Values: map[string]map[string]sl.BlockAction{}}
	for _, b := range v.Blocks.BlockSet {
		in, ok := b.(*sl.InputBlock)
		if !ok {
			continue
		}
		a := sl.BlockAction{Type: sl.ActionType(in.Element.ElementType())}
		one := func(o *sl.OptionBlockObject) {
			if o != nil {
				a.SelectedOption = *o
			}
		}
		several := func(os []*sl.OptionBlockObject) {
			for _, o := range os {
				a.SelectedOptions = append(a.SelectedOptions, *o)
			}
		}
		switch e := in.Element.(type) {
		case *sl.PlainTextInputBlockElement:
			a.Value = e.InitialValue
		case *sl.NumberInputBlockElement:
			a.Value = e.InitialValue
		case *sl.RadioButtonsBlockElement:
			one(e.InitialOption)
		case *sl.SelectBlockElement:
			one(e.InitialOption)
		case *sl.CheckboxGroupsBlockElement:
			several(e.InitialOptions)
		case *sl.MultiSelectBlockElement:
			several(e.InitialOptions)
		case *sl.DatePickerBlockElement:
			a.SelectedDate = e.InitialDate
		case *sl.DateTimePickerBlockElement:
			a.SelectedDateTime = e.InitialDateTime
		}
		state.Values[in.BlockID] = map[string]sl.BlockAction{answerID: a}
	}
	return state
}

// What was in a form comes back as it was, unless the form says that it could not show it.
func TestWhateverAFormIsSlackTakesItAndNothingIsLost(t *testing.T) {
	d := pen(t, "ja", "https://hikeshi.example.jp")
	rapid.Check(t, func(t *rapid.T) {
		f := anyForm().Draw(t, "form")
		v := d.formView(f, sheet{Round: rapid.IntRange(0, 12).Draw(t, "round"), Channel: "inc-2026-0001"})
		if faults := inspect("modal", v); faults != nil {
			t.Fatal(strings.Join(faults, "\n"))
		}
		if v.Submit == nil {
			return // asked elsewhere: nothing can be sent, so nothing is lost
		}
		s, err := readSheet(v.PrivateMetadata)
		if err != nil || s.Draft != f.Draft {
			t.Fatalf("the sheet: %+v %v", s, err)
		}
		got, _ := readValues(s, fillIn(v))
		shown := shownText(&quiet{T: t}, v)
		for _, i := range f.Inputs {
			value, there := got[i.Name]
			if !there && i.Kind != chat.Upload && i.Kind != chat.Fixed {
				t.Fatalf("%q is missing", i.Name)
			}
			before := strings.Contains(shown, "前の入力")
			switch i.Kind {
			case chat.Line, chat.Lines, chat.Number:
				if value != i.Value && value != fit.Clean(i.Value) {
					t.Fatalf("%q: %d bytes came back as %d", i.Name, len(i.Value), len(value))
				}
			case chat.DateTime, chat.Date:
				if value != i.Value && !(value == "" && (before || blank(i.Value))) {
					t.Fatalf("%q: %q came back as %q", i.Name, i.Value, value)
				}
			case chat.Choice:
				if len(i.Options) > 0 && value != i.Value && value != optionValue(i.Value) && !(value == "" && (before || blank(i.Value))) {
					t.Fatalf("%q: %q came back as %q", i.Name, i.Value, value)
				}
			}
		}
		byBlock, all := inputErrors(f, s)
		asked := map[string]bool{}
		for _, b := range v.Blocks.BlockSet {
			if in, ok := b.(*sl.InputBlock); ok {
				asked[in.BlockID] = true
			}
		}
		for block := range byBlock {
			if !asked[block] {
				t.Fatalf("an error at %q, which is no input", block)
			}
		}
		if all && !blank(f.Error) {
			t.Fatal("the sentence about the whole form is not said")
		}
	})
}

// quiet lets a rapid test use what takes a testing.TB.
type quiet struct {
	testing.TB
	T *rapid.T
}

func (q *quiet) Helper()           {}
func (q *quiet) Fatal(args ...any) { q.T.Fatal(args...) }

func FuzzSheet(f *testing.F) {
	f.Add(`{"d":"report|||abcdefghijklmnop","f":{"q12":"どこで"},"r":1,"q":{"for":"report","c":"C1","ts":"1.2","fs":[{"id":"F1","n":"画面.png"}]}}`)
	f.Add(`{"d":"x","r":-1}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, metadata string) {
		s, err := readSheet(metadata)
		if err != nil {
			return
		}
		out, err := s.encode()
		if err != nil {
			return
		}
		if len(out) > 3000 {
			t.Fatalf("%d bytes", len(out))
		}
		again, err := readSheet(out)
		if err != nil || again.Draft != s.Draft || again.Round != s.Round {
			t.Fatalf("%+v came back as %+v: %v", s, again, err)
		}
		readValues(again, nil)
	})
}

func FuzzButton(f *testing.F) {
	f.Add("press:1", "step|INC-2026-0001|zz|s1")
	f.Add("more:2", "3|show|INC-2026-0001||whole")
	f.Add("more:2", "-1|x")
	f.Add("form:1", "report|||abcdefghijklmnop")
	f.Add("link:9", "")
	f.Fuzz(func(t *testing.T, id, value string) {
		b, ok := readButton(&sl.BlockAction{ActionID: id, Value: value})
		if !ok {
			if b != (button{}) {
				t.Fatalf("refused and read: %+v", b)
			}
			return
		}
		switch b.kind {
		case press:
			if string(b.action) != value {
				t.Fatalf("%q became %q", value, b.action)
			}
		case more:
			if b.page < 1 || b.action == "" || !strings.HasSuffix(value, "|"+string(b.action)) {
				t.Fatalf("%q became %+v", value, b)
			}
		case form:
			if b.draft != value {
				t.Fatalf("%q became %q", value, b.draft)
			}
		case link:
		default:
			t.Fatalf("kind %q", b.kind)
		}
	})
}

func FuzzValues(f *testing.F) {
	f.Add("in.0.0.text", "answer", "plain_text_input", "電車に置き忘れた", "~", int64(0))
	f.Add("in.1.2.text", "answer", "static_select", "", "p-01", int64(1764000000))
	f.Add("in.x.y", "", "file_input", "F1", "", int64(-1))
	f.Fuzz(func(t *testing.T, block, id, kind, value, option string, at int64) {
		s := sheet{Draft: "d", Fixed: map[string]string{"fixed": "変わらない"}}
		state := &sl.ViewState{Values: map[string]map[string]sl.BlockAction{
			block: {id: {Type: sl.ActionType(kind), Value: value, SelectedOption: sl.OptionBlockObject{Value: option}, SelectedDateTime: at, Files: []sl.File{{ID: value}}}},
			// Whoever could send this would be saying what nobody may change.
			blockID("fixed", 0, 0): {answerID: {Value: "変えた"}},
		}}
		values, files := readValues(s, state)
		if values["fixed"] != "変わらない" {
			t.Fatal("a fixed answer was changed")
		}
		name, _, ok := inputOf(block)
		for _, got := range slices.Sorted(maps.Keys(values)) {
			if got != "fixed" && (!ok || got != name) {
				t.Fatalf("%q from the block %q", got, block)
			}
		}
		for _, file := range files {
			if file.Input != name || file.ID == "" {
				t.Fatalf("a file %+v from the block %q", file, block)
			}
		}
	})
}
