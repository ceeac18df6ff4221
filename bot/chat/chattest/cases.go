package chattest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
)

// longLabel has 75 characters, the most that Slack puts on a button.
var longLabel = strings.Repeat("長いボタンの名前", 9) + "です。"

// longAction has 100 bytes, the most that Discord carries.
const longAction = chat.Action("step|TRN-2026-123456789|zzzz|0123456789abcdefghijklmnopqrstuvwxyz-._~:/?#[]@!$&'()*+,;=%<>\"^`{} \\end")

func saidArrives(t *testing.T, d Driver, desk *scripted) {
	one, other := d.People()
	for _, c := range []struct {
		who     chat.UserID
		channel string
		text    string
	}{
		{one, "", "/incident 社用PCを電車に置き忘れた"},
		{other, d.Channel(), "駅に電話した。<b>&amp;*_~`{text}"},
		{one, d.Channel(), "一行目\n二行目"},
	} {
		d.Say(c.who, c.channel, c.text)
		r := desk.only(t)
		if r.Kind != chat.Said || r.From != c.who || r.Channel != c.channel || bare(r.Text) != bare(c.text) || r.ID == "" || r.At.IsZero() {
			t.Errorf("said %q in %q: %+v", c.text, c.channel, r)
		}
	}
	d.Say(one, "", "同じ文")
	d.Say(one, "", "同じ文")
	if asked := desk.take(); len(asked) != 2 || asked[0].ID == asked[1].ID {
		t.Errorf("the same words typed twice are two requests: %+v", asked)
	}
}

// bare is a line without /incident: on a platform where people talk among themselves in an
// incident's channel, that is how they speak to the bot.
func bare(line string) string { return strings.TrimPrefix(line, "/incident ") }

func replyIsPrivate(t *testing.T, d Driver, desk *scripted) {
	one, other := d.People()
	desk.answers(func(chat.Request) chat.Reply {
		return chat.Reply{Accepted: true, Cards: []chat.Card{fullCard("あなたへの返答")}}
	})
	shown := d.Say(one, d.Channel(), "状況")
	for _, want := range []string{"あなたへの返答", "訓練", "本文 <b>&amp;", "見出し", "項目", "値", "済", "一つ目", "小さな字"} {
		if !strings.Contains(shown.Text, want) {
			t.Errorf("the reply does not show %q:\n%s", want, shown.Text)
		}
	}
	if look := d.Look(other, d.Channel()); strings.Contains(look.Text, "あなたへの返答") {
		t.Error("somebody else sees the reply")
	}
}

func fullCard(title string) chat.Card {
	return chat.Card{Key: "card", Tone: chat.Urgent, Mark: "訓練", Title: title, Blocks: []chat.Block{
		{Text: "本文 <b>&amp;"},
		{Heading: "見出し", Fields: []chat.Pair{{Label: "項目", Value: "値"}}},
		{Items: []chat.Item{{Mark: "済", Text: "一つ目"}}},
		{Small: true, Text: "小さな字"},
	}}
}

func pressArrives(t *testing.T, d Driver, desk *scripted) {
	one, _ := d.People()
	card := fullCard("押せるカード")
	card.Buttons = []chat.Button{{Label: longLabel, Action: longAction, Style: chat.Primary}, {Label: "別のボタン", Action: "b"}}
	card.Blocks[2].Items[0].Buttons = []chat.Button{{Label: "項目のボタン", Action: "c"}}
	deliver(t, d, chat.Delivery{Key: "1", To: chat.Target{Channel: d.Channel()}, Card: card})
	if got := d.Look(one, d.Channel()).Buttons; !slices.Contains(got, longLabel) {
		t.Errorf("the long label is not shown whole: %q", got)
	}
	for label, action := range map[string]chat.Action{longLabel: longAction, "別のボタン": "b", "項目のボタン": "c"} {
		d.Press(one, d.Channel(), label)
		if r := desk.only(t); r.Kind != chat.Pressed || r.Action != action || r.From != one || r.Channel != d.Channel() || r.ID == "" {
			t.Errorf("pressed %q: %+v", label, r)
		}
	}
}

func formComesBack(t *testing.T, d Driver, desk *scripted) {
	one, _ := d.People()
	form := func(values chat.Values, wrong string) *chat.Form {
		f := &chat.Form{Draft: "report|||abcdefghijklmnop", Title: "事故を報告する", Submit: "報告する", Inputs: []chat.Input{
			{Name: "text", Label: "何が起きましたか", Kind: chat.Lines, Required: true, Value: values["text"], Error: wrong},
			{Name: "place", Label: "どこで", Kind: chat.Line, Value: values["place"]},
		}}
		if wrong != "" {
			f.Error = "直してください。"
		}
		return f
	}
	desk.answers(func(r chat.Request) chat.Reply {
		switch {
		case r.Kind != chat.Submitted:
			return chat.Reply{Form: form(chat.Values{"place": "東京"}, "")}
		case r.Values["text"] == "短い":
			return chat.Reply{Form: form(r.Values, "もう少しくわしく。")}
		}
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "受け付けました"}}}
	})
	shown := d.Say(one, "", "/incident")
	desk.take()
	if shown.Form == nil {
		t.Fatal("no form opened")
	}
	if in := shown.Form.Input("place"); shown.Form.Title != "事故を報告する" || in.Label != "どこで" || in.Value != "東京" || in.Error != "" {
		t.Errorf("the form: %+v", shown.Form)
	}
	shown = d.Fill(one, chat.Values{"text": "短い", "place": "駅 <b>"})
	refused := desk.only(t)
	if shown.Form == nil {
		t.Fatal("the refused form is gone, with what was typed")
	}
	text, place := shown.Form.Input("text"), shown.Form.Input("place")
	if text.Value != "短い" || text.Error != "もう少しくわしく。" || place.Value != "駅 <b>" || place.Error != "" || shown.Form.Error != "直してください。" {
		t.Errorf("the refused form: %+v", shown.Form)
	}
	shown = d.Fill(one, chat.Values{"text": "社用PCを\n置き忘れた"})
	accepted := desk.only(t)
	if shown.Form != nil || !strings.Contains(shown.Text, "受け付けました") {
		t.Errorf("after the accepted form: %+v", shown)
	}
	if accepted.Values["text"] != "社用PCを\n置き忘れた" || accepted.Values["place"] != "駅 <b>" || accepted.From != one || accepted.Kind != chat.Submitted {
		t.Errorf("the accepted form: %+v", accepted)
	}
	if accepted.Draft != "report|||abcdefghijklmnop" || refused.Draft != accepted.Draft || refused.ID != accepted.ID {
		t.Errorf("one form is one submission: %+v and %+v", refused, accepted)
	}
}

func formInputs(t *testing.T, d Driver, desk *scripted) {
	one, _ := d.People()
	var three, many []chat.Option
	for _, v := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		many = append(many, chat.Option{Value: v, Label: "選択肢" + v})
	}
	three = many[:3]
	desk.answers(func(r chat.Request) chat.Reply {
		if r.Kind == chat.Submitted {
			return chat.Reply{Accepted: true}
		}
		return chat.Reply{Form: &chat.Form{Draft: "d|||abcdefghijklmnop", Title: "すべて", Inputs: []chat.Input{
			{Name: "few", Label: "少し", Kind: chat.Choice, Options: three},
			{Name: "many", Label: "多く", Kind: chat.Choice, Options: many, Value: "g"},
			{Name: "any", Label: "いくつか", Kind: chat.Choices, Options: three, Value: "a,b"},
			{Name: "none", Label: "なし", Kind: chat.Choices, Options: three, Value: "a"},
			{Name: "when", Label: "日時", Kind: chat.DateTime, Value: "2026-11-22T01:45"},
			{Name: "day", Label: "日", Kind: chat.Date},
			{Name: "count", Label: "数", Kind: chat.Number},
			{Name: "fixed", Label: "固定", Kind: chat.Fixed, Value: "変わらない"},
		}}}
	})
	shown := d.Say(one, "", "/incident")
	desk.take()
	want := chat.Values{"few": "b", "many": "g", "any": "a,c", "none": "", "when": "2026-11-22T01:45", "day": "2026-12-01", "count": "120", "fixed": "変わらない"}
	for _, name := range []string{"many", "any", "when", "fixed"} {
		before := map[string]string{"many": "g", "any": "a,b", "when": "2026-11-22T01:45", "fixed": "変わらない"}
		if got := shown.Form.Input(name).Value; got != before[name] {
			t.Errorf("%s opens with %q, want %q", name, got, before[name])
		}
	}
	d.Fill(one, chat.Values{"few": "b", "any": "a,c", "none": "", "day": "2026-12-01", "count": "120"})
	got := desk.only(t).Values
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s came back as %q, want %q", name, got[name], value)
		}
	}
}

// filesArrive: the bytes of each file are those that were chosen, under its name, and beside
// them what was typed; a form without a file chosen has none, and a refused one comes back.
func filesArrive(t *testing.T, d Driver, desk *scripted) {
	one, _ := d.People()
	type arrived struct {
		input, name string
		size        int
		sum         [sha256.Size]byte
	}
	var got []arrived
	wrong := "もう一度選んでください。"
	desk.answers(func(r chat.Request) chat.Reply {
		form := &chat.Form{Draft: "attach|||abcdefghijklmnop", Title: "添付する", Inputs: []chat.Input{
			{Name: "file", Label: "ファイル", Kind: chat.Upload}, // required, a platform may insist on it by itself
			{Name: "where", Label: "どこで", Kind: chat.Line, Value: r.Values["where"]},
		}}
		if r.Kind != chat.Submitted {
			return chat.Reply{Form: form}
		}
		got = nil
		if r.Files != nil {
			for f, err := range r.Files {
				if err != nil {
					t.Errorf("the files end with %v", err)
					break
				}
				b, err := io.ReadAll(f.Body)
				if err != nil {
					t.Error(err)
				}
				got = append(got, arrived{f.Input, f.Name, len(b), sha256.Sum256(b)})
			}
		}
		if len(got) == 0 {
			form.Inputs[0].Error = wrong
			return chat.Reply{Form: form}
		}
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "添付しました"}}}
	})
	if shown := d.Say(one, "", "/incident"); shown.Form.Input("file").Label != "ファイル" {
		t.Fatalf("the form: %+v", shown.Form)
	}
	desk.take()
	shown := d.Send(one, chat.Values{"where": "金庫 <b>"}, "file")
	if r := desk.only(t); len(got) != 0 || r.Values["where"] != "金庫 <b>" {
		t.Errorf("without a file: %+v, %+v", got, r.Values)
	}
	if shown.Form.Input("file").Error != wrong || shown.Form.Input("where").Value != "金庫 <b>" {
		t.Fatalf("the refused form: %+v", shown.Form)
	}
	picture := bytes.Repeat([]byte("\x89PNG\r\n\x1a\n\x00--\r\n"), 100_000)
	shown = d.Send(one, chat.Values{"where": "棚"}, "file", ChosenFile{"画面 \"1\".png", picture}, ChosenFile{"空.txt", nil}, ChosenFile{"b.log", []byte("x")})
	r := desk.only(t)
	want := []arrived{{"file", "画面 \"1\".png", len(picture), sha256.Sum256(picture)}, {"file", "空.txt", 0, sha256.Sum256(nil)}, {"file", "b.log", 1, sha256.Sum256([]byte("x"))}}
	if !slices.Equal(got, want) {
		t.Errorf("arrived %+v, want %+v", got, want)
	}
	if r.Values["where"] != "棚" || r.Kind != chat.Submitted || r.From != one || !strings.Contains(shown.Text, "添付しました") {
		t.Errorf("beside the files: %+v, shown %+v", r.Values, shown)
	}
}

func repeatsAreKnown(t *testing.T, d Driver, desk *scripted) {
	one, _ := d.People()
	deliver(t, d, chat.Delivery{Key: "1", To: chat.Target{User: one}, Card: chat.Card{Key: "1", Title: "押す", Buttons: []chat.Button{{Label: "対応します", Action: "take|1"}}}})
	desk.answers(func(r chat.Request) chat.Reply {
		if r.Text == "/incident" {
			return chat.Reply{Form: &chat.Form{Draft: "d|||abcdefghijklmnop", Title: "一つ", Inputs: []chat.Input{{Name: "text", Label: "文", Kind: chat.Line}}}}
		}
		return chat.Reply{Accepted: true}
	})
	for name, do := range map[string]func(){
		"a line":  func() { d.Say(one, "", "報告") },
		"a press": func() { d.Press(one, "", "対応します") },
		"a form":  func() { d.Say(one, "", "/incident"); desk.take(); d.Fill(one, chat.Values{"text": "x"}) },
	} {
		do()
		first := desk.only(t)
		d.Repeat(one)
		// A front end that knows the repeat may answer it alone; what it hands on has the same ID.
		for _, again := range desk.take() {
			if again.ID != first.ID {
				t.Errorf("%s came again as %s, was %s", name, again.ID, first.ID)
			}
		}
	}
}

func deliveryAppears(t *testing.T, d Driver, _ *scripted) {
	one, other := d.People()
	deliver(t, d, chat.Delivery{Key: "1", To: chat.Target{User: one}, Card: fullCard("一人への連絡"), Urgent: true})
	deliver(t, d, chat.Delivery{Key: "2", To: chat.Target{Channel: d.Channel()}, Card: fullCard("全員への連絡")})
	if got := d.Look(one, "").Text; !strings.Contains(got, "一人への連絡") || strings.Contains(got, "全員への連絡") {
		t.Errorf("direct messages:\n%s", got)
	}
	if got := d.Look(other, "").Text; strings.Contains(got, "一人への連絡") {
		t.Error("somebody else reads a direct message")
	}
	for _, who := range []chat.UserID{one, other} {
		if got := d.Look(who, d.Channel()).Text; !strings.Contains(got, "全員への連絡") || strings.Contains(got, "一人への連絡") {
			t.Errorf("the channel of %s:\n%s", who, got)
		}
	}
}

func updateReplaces(t *testing.T, d Driver, _ *scripted) {
	one, _ := d.People()
	for _, to := range []chat.Target{{User: one}, {Channel: d.Channel()}} {
		id := deliver(t, d, chat.Delivery{Key: "1", To: to, Card: fullCard("はじめの形")})
		again := deliver(t, d, chat.Delivery{Key: "1", To: to, Card: fullCard("新しい形"), Update: id})
		if again != id {
			t.Errorf("an updated message changed its ID from %q to %q", id, again)
		}
		got := d.Look(one, to.Channel).Text
		if strings.Contains(got, "はじめの形") || strings.Count(got, "新しい形") != 1 {
			t.Errorf("after the update:\n%s", got)
		}
	}
}

func nobody(t *testing.T, d Driver, _ *scripted) {
	if _, err := d.Frontend().Send(t.Context(), chat.Delivery{Key: "1", Card: fullCard("誰へも")}); !errors.Is(err, chat.ErrGone) {
		t.Errorf("a delivery to nobody: %v, want ErrGone", err)
	}
}

func deliver(t *testing.T, d Driver, what chat.Delivery) chat.MessageID {
	t.Helper()
	id, err := d.Deliver(what)
	if err != nil || id == "" {
		t.Fatalf("deliver: %q %v", id, err)
	}
	return id
}
