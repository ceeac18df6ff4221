package slack

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

var update = flag.Bool("update", false, "write the golden files anew")

// pageCard is the card that gets a responder out of bed.
func pageCard() chat.Card {
	return chat.Card{
		Key: "page|INC-2026-0001", Tone: chat.Urgent, Mark: "訓練", Title: "呼び出し：INC-2026-0001 図面のファイルが全部開けません。英語の脅迫文が出ています",
		Whole: "show|INC-2026-0001||page",
		Blocks: []chat.Block{
			{Text: "「対応します」を押すと、あなたが動くことを全員に知らせます。「対応できません」を押すと、代わりの人がいれば、すぐ呼び出します。"},
			{Fields: []chat.Pair{
				{Label: "発生事象", Value: "図面のファイルが全部開けません。<b>READ_ME.txt</b> と *英語の脅迫文* が出ています\n連絡先: evil@example.com <!channel>"},
				{Label: "事故レベル", Value: "事故レベル2（仮）"},
				{Label: "報告を受けた日時", Value: "11月21日 02:00", At: time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC)},
				{Label: "指揮", Value: "まだ決まっていません", Gap: true},
				{Label: "報告者", Value: "中村 拓也さん（製造部）　電話 090-0000-0009"},
				{Label: "お願いする役割", Value: "インシデント対応責任者"},
			}},
			{Heading: "呼び出しと対応", Items: []chat.Item{
				{Mark: "回答待ち", Text: "佐藤 美咲さんを呼び出し中（02:00から）", Small: "インシデント対応責任者"},
				{Mark: "対応中", Text: "鈴木 健太さんが対応します（02:03）", Small: "システム管理者"},
			}},
			{Heading: "手順", Items: []chat.Item{
				{Mark: "未", Text: "2. システム管理者：感染した端末をネットワークから切り離す", Buttons: []chat.Button{
					{Label: "完了", Action: "step|INC-2026-0001|5|v2", Style: chat.Primary}, {Label: "省略", Action: "waive|INC-2026-0001|5|v2"},
				}},
				{Mark: "確認", Text: "3. 個人情報が含まれているか確かめる", Buttons: []chat.Button{{Label: "事実を記録する", Action: "fact|INC-2026-0001|5|v3"}}},
			}},
			{Small: true, Text: "午前2時05分までに返事がないときは、代わりの人を呼び出します。"},
		},
		Buttons: []chat.Button{
			{Label: "対応します", Action: "take|INC-2026-0001|5|", Style: chat.Primary},
			{Label: "対応できません", Action: "decline|INC-2026-0001|5|", Style: chat.Danger, Confirm: "代わりの人を呼び出します。よろしいですか？"},
			{Label: "ページを開く", Page: "/incidents/INC-2026-0001"},
		},
	}
}

// stepsCard is an incident with n steps, the first of which can be done now, and n notes.
func stepsCard(n int) chat.Card {
	c := chat.Card{Title: "INC-2026-0001 " + strings.Repeat("社用PCを電車に置き忘れた。", 300), Whole: "show|INC-2026-0001||whole", Tone: chat.Notice}
	steps, notes := chat.Block{Heading: "手順"}, chat.Block{Heading: "記録"}
	for i := range n {
		item := chat.Item{Mark: "未", Text: fmt.Sprintf("手順%d %s", i, strings.Repeat("関係者に連絡する。", 8)), Small: "担当：鈴木 健太さん"}
		if i < 40 {
			item.Buttons = []chat.Button{{Label: "完了", Action: chat.Action(fmt.Sprintf("step|INC-2026-0001|9|s%d", i))}, {Label: "省略", Action: chat.Action(fmt.Sprintf("waive|INC-2026-0001|9|s%d", i))}}
		}
		steps.Items = append(steps.Items, item)
		notes.Items = append(notes.Items, chat.Item{Mark: "02:05", Text: fmt.Sprintf("記録%d 駅に電話した。%s", i, strings.Repeat("届いていないとのこと。", 20))})
	}
	c.Blocks = []chat.Block{steps, notes}
	for i := range 40 {
		c.Buttons = append(c.Buttons, chat.Button{Label: fmt.Sprintf("することその%d", i), Action: chat.Action(fmt.Sprintf("do|INC-2026-0001|9|b%d", i))})
	}
	return c
}

func everyInput() chat.Form {
	var people, incidents []chat.Option
	for i := range 200 {
		people = append(people, chat.Option{Value: fmt.Sprintf("p-%03d", i), Label: fmt.Sprintf("田中 %d（営業部、情報セキュリティ部門責任者）", i)})
	}
	for i := range 60 {
		incidents = append(incidents, chat.Option{Value: fmt.Sprintf("INC-2026-%04d", i+1), Label: fmt.Sprintf("INC-2026-%04d メールの誤送信", i+1)})
	}
	yesno := []chat.Option{{Value: "yes", Label: "はい"}, {Value: "no", Label: "いいえ"}, {Value: "unknown", Label: "分からない"}}
	return chat.Form{
		Draft: "report|||abcdefghijklmnop", Title: "事故を報告する", Submit: "報告する", Error: "まだ記録されていません。下の項目を直して、もう一度送ってください。",
		Intro: "分かることだけで構いません。必ず書くのは「何が起きたか」だけです。",
		Inputs: []chat.Input{
			{Name: "q12", Label: "質問", Kind: chat.Fixed, Value: "どの電車でしたか？"},
			{Name: "event", Label: "何が起きましたか", Kind: chat.Lines, Required: true, Max: 20_000, Hint: "例：社用のノートパソコンを電車に置き忘れた", Error: "書いてください。"},
			{Name: "personal_data", Label: "個人情報が漏れたおそれがありますか", Kind: chat.Choice, Options: yesno, Value: "unknown"},
			{Name: "publication", Label: "公表", Kind: chat.Choice, Options: yesno[:2]},
			{Name: "into", Label: "どの件にまとめますか", Kind: chat.Choice, Required: true, Options: incidents, Value: "INC-2026-0003"},
			{Name: "owner", Label: "担当者", Kind: chat.Choice, Options: people, Value: "p-150"},
			{Name: "exclude", Label: "知らせたくない人", Kind: chat.Choices, Options: people, Value: "p-001,p-199"},
			{Name: "duty", Label: "当番", Kind: chat.Choices, Options: people[:7], Value: "p-002"},
			{Name: "discovered_at", Label: "気づいた日時", Kind: chat.DateTime, Value: "2026-11-22T02:00"},
			{Name: "due", Label: "期限", Kind: chat.Date, Value: "2026-12-01"},
			{Name: "persons", Label: "人数", Kind: chat.Number, Value: "約100人"},
			{Name: "contractor", Label: "委託先", Kind: chat.Line, Max: 300},
			{Name: "file", Label: "ファイル", Kind: chat.Upload},
		},
	}
}

func TestPayloadsAreAsTheyWere(t *testing.T) {
	ja, en := pen(t, "ja", "https://hikeshi.example.jp"), pen(t, "en", "")
	long := everyInput()
	long.Inputs = []chat.Input{{Name: "text", Label: "内容", Kind: chat.Lines, Required: true, Value: strings.Repeat("電車に置き忘れた。\n", 700)}}
	message := func(d drawing, c chat.Card) any {
		blocks, fallback := d.message(c)
		sound(t, "message", blocks)
		return map[string]any{"blocks": blocks, "text": fallback}
	}
	modal := func(v sl.ModalViewRequest) any { sound(t, "modal", v); return v }
	home := func(v sl.HomeTabViewRequest) any { sound(t, "home", v); return v }
	for name, payload := range map[string]any{
		"page.ja":         message(ja, pageCard()),
		"page.en":         message(en, pageCard()),
		"refused.ja":      message(ja, chat.Card{Tone: chat.Refused, Title: "まだ進めません", Blocks: []chat.Block{{Text: "足りないものがあります。"}}}),
		"untitled.ja":     message(ja, chat.Card{Tone: chat.Notice, Mark: "再送", Blocks: []chat.Block{{Text: "中村 拓也さん：報告した人からの追加・回答："}}}),
		"steps.ja":        message(ja, stepsCard(60)),
		"whole_card.ja":   modal(ja.cardView([]chat.Card{pageCard()}, "show|INC-2026-0001||page", 1)),
		"whole_second.ja": modal(ja.cardView([]chat.Card{stepsCard(60)}, "show|INC-2026-0001||whole", 2)),
		"home.ja":         home(ja.homeView([]chat.Card{{Title: "対応中の事故"}, pageCard(), {Title: "電話する相手", Blocks: []chat.Block{{Items: []chat.Item{{Text: "システム管理者　鈴木 健太　090-0000-0003"}}}}}})),
		"home_empty.en":   home(en.homeView(nil)),
		"form.ja":         modal(ja.formView(everyInput(), sheet{Channel: "inc-2026-0001", Quote: &quoteRef{For: "report", Channel: "C1", TS: "1764000000.000100", User: "U1", Name: "中村"}})),
		"form_again.en":   modal(en.formView(everyInput(), sheet{Round: 1})),
		"form_long.ja":    modal(ja.formView(long, sheet{})),
		"waiting.ja":      modal(ja.waitingView("事故を報告する", "社用PCを電車に置き忘れた")),
		"reopen.ja":       []sl.Block{ja.reopenButton("report|||abcdefghijklmnop")},
		"suggestions.ja":  ja.suggestions([]chat.Option{{Value: "p-001", Label: "田中 誠一（経営、代表取締役）"}}),
	} {
		var got bytes.Buffer
		enc := json.NewEncoder(&got)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := enc.Encode(payload); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s is drawn otherwise (go test ./bot/slack -update, and look at the difference)", path)
		}
	}
}

// hostile is what somebody types who wants to wake everybody, hide something or lead astray.
var hostile = []string{
	"<!channel> 全員", "<!here|x>", "@channel @here @everyone", "<@U0123> <#C0123> <!subteam^S1>", "<https://evil.example.com|ここを押す>", "https://evil.example.com",
	"*太字* _斜体_ ~取消~ `code` ```block```", "> 引用", "&lt;!channel&gt;", ":rotating_light: :+1:", "<!date^1^{date}|x>", "a|b^c", "*a* <b>&amp;",
}

func TestWhatSomebodyTypedMeansNothing(t *testing.T) {
	d := pen(t, "ja", "https://hikeshi.example.jp")
	for _, typed := range hostile {
		c := chat.Card{Mark: typed, Title: typed, Blocks: []chat.Block{
			{Heading: typed, Text: typed}, {Small: true, Text: typed},
			{Fields: []chat.Pair{{Label: typed, Value: typed}, {Label: "日時", Value: typed, At: time.Unix(1764000000, 0)}, {Label: "長い", Value: strings.Repeat(typed, 60)}}},
			{Items: []chat.Item{{Mark: typed, Text: typed, Small: typed, Buttons: []chat.Button{{Label: typed, Action: "a", Confirm: typed}}}, {Text: typed}}},
		}}
		f := chat.Form{Draft: "d|||abcdefghijklmnop", Title: typed, Intro: typed, Error: typed, Submit: typed, Inputs: []chat.Input{
			{Name: "a", Label: typed, Hint: typed, Error: typed, Kind: chat.Lines, Value: typed},
			{Name: "b", Label: typed, Kind: chat.Fixed, Value: typed},
			{Name: "c", Label: typed, Kind: chat.Choice, Options: []chat.Option{{Value: "x", Label: typed}}},
		}}
		blocks, fallback := d.message(c)
		// The inspector lets nothing into mrkdwn but our own labels and dates.
		sound(t, "message", blocks)
		sound(t, "modal", d.formView(f, sheet{}))
		sound(t, "modal", d.waitingView(typed, typed))
		if strings.ContainsAny(fallback, "<>") {
			t.Errorf("the notification of %q: %q", typed, fallback)
		}
		if shown := shownText(t, blocks); strings.Count(shown, typed) < 8 {
			t.Errorf("%q is not shown as it was typed:\n%s", typed, shown)
		}
	}
}

func TestLimitsAreMetToTheCharacter(t *testing.T) {
	d := pen(t, "ja", "https://hikeshi.example.jp")
	for _, c := range []struct {
		name string
		most int
		draw func(text string) any
	}{
		{"header", 150, func(s string) any { b, _ := d.message(chat.Card{Title: s}); return b }},
		{"section", 3000, func(s string) any { b, _ := d.message(chat.Card{Blocks: []chat.Block{{Text: s}}}); return b }},
		{"context", 2000, func(s string) any {
			b, _ := d.message(chat.Card{Blocks: []chat.Block{{Text: s, Small: true}}})
			return b
		}},
		{"button", 75, func(s string) any {
			b, _ := d.message(chat.Card{Buttons: []chat.Button{{Label: s, Action: "a"}}})
			return b
		}},
		{"confirm", 300, func(s string) any {
			b, _ := d.message(chat.Card{Buttons: []chat.Button{{Label: "x", Action: "a", Confirm: s}}})
			return b
		}},
		{"view title", 24, func(s string) any { return d.formView(chat.Form{Draft: "d", Title: s}, sheet{}) }},
		{"label and hint", 2000, func(s string) any {
			return d.formView(chat.Form{Draft: "d", Title: "x", Inputs: []chat.Input{{Name: "a", Label: s, Hint: s}}}, sheet{})
		}},
		{"option", 75, func(s string) any {
			return d.formView(chat.Form{Draft: "d", Title: "x", Inputs: []chat.Input{{Name: "a", Label: "x", Kind: chat.Choice, Required: true, Options: []chat.Option{{Value: "v", Label: s}}}}}, sheet{})
		}},
		{"typed", 3000, func(s string) any {
			return d.formView(chat.Form{Draft: "d", Title: "x", Inputs: []chat.Input{{Name: "a", Label: "x", Kind: chat.Lines, Value: s}}}, sheet{})
		}},
	} {
		for _, unit := range []string{"字", "a", "𠮷"} {
			for n := c.most - 1; n <= c.most+1; n++ {
				text := strings.Repeat(unit, n/fit.Units(unit))
				payload := c.draw(text)
				surface := "message"
				if _, ok := payload.(sl.ModalViewRequest); ok {
					surface = "modal"
				}
				sound(t, surface, payload)
				raw, _ := json.Marshal(payload)
				if whole := bytes.Contains(raw, []byte(`"`+text+`"`)); whole != (fit.Units(text) <= c.most) && c.name != "view title" && c.name != "button" && c.name != "confirm" {
					t.Errorf("%s of %d characters: whole is %v", c.name, fit.Units(text), whole)
				}
			}
		}
	}
}

func TestWhatDoesNotFitHasAWayToTheWhole(t *testing.T) {
	linked, bare := pen(t, "ja", "https://hikeshi.example.jp"), pen(t, "ja", "")
	card := stepsCard(300)
	blocks, _ := linked.message(card)
	sound(t, "message", blocks)
	shown := shownText(t, blocks)
	for _, want := range []string{"続きを見る", "することその0", "手順0", "ℹ️ INC-2026-0001"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not shown", want)
		}
	}
	var all strings.Builder
	pages := 0
	for page := 1; ; page++ {
		v := linked.cardView([]chat.Card{card}, card.Whole, page)
		sound(t, "modal", v)
		raw := shownText(t, v)
		all.WriteString(raw + "\n")
		if !strings.Contains(raw, "次のページ") {
			pages = page
			break
		}
	}
	if got := linked.cardView([]chat.Card{card}, card.Whole, pages+5); shownText(t, got) != shownText(t, linked.cardView([]chat.Card{card}, card.Whole, pages)) {
		t.Error("beyond the last page there is another")
	}
	for i := range 300 {
		if !strings.Contains(all.String(), fmt.Sprintf("手順%d ", i)) || !strings.Contains(all.String(), fmt.Sprintf("記録%d ", i)) {
			t.Fatalf("step or note %d is on no page", i)
		}
	}
	for i := range 40 {
		if !strings.Contains(all.String(), fmt.Sprintf("することその%d", i)) {
			t.Fatalf("button %d is on no page", i)
		}
	}
	card.Whole = ""
	blocks, _ = bare.message(card)
	if shown := shownText(t, blocks); !strings.Contains(shown, "ここまでです") || strings.Contains(shown, "続きを見る") {
		t.Error("nothing says that there is more")
	}
	card.Buttons = append(card.Buttons, chat.Button{Label: "開く", Page: "/incidents/INC-2026-0001"})
	blocks, _ = linked.message(card)
	if raw, _ := json.Marshal(blocks); !bytes.Contains(raw, []byte("https://hikeshi.example.jp/incidents/INC-2026-0001")) {
		t.Error("there is no link to the whole")
	}
}

func TestALongListLeavesRoomForThePhoneNumbers(t *testing.T) {
	d := pen(t, "ja", "")
	phones := chat.Card{Title: "電話する相手", Blocks: []chat.Block{{Items: []chat.Item{{Text: "090-0000-0003"}}}}}
	v := d.homeView([]chat.Card{stepsCard(500), stepsCard(500), phones})
	sound(t, "home", v)
	if shown := shownText(t, v); !strings.Contains(shown, "090-0000-0003") || strings.Count(shown, "続きを見る") != 2 {
		t.Error("the phone numbers, or the ways to the lists, are missing")
	}
}

func TestACutKeepsCharactersWhole(t *testing.T) {
	for _, c := range []struct {
		text string
		room int
		want string
	}{
		{"事故", 1, "…"},
		{"事故です", 3, "事故…"},
		{"か\u3099か\u3099か\u3099", 4, "か\u3099…"},
		{"a👨\u200d👩\u200d👧b", 7, "a…"},
		{"🇯🇵🇯🇵", 6, "🇯🇵…"},
		{"𠮷𠮷", 3, "𠮷…"},
		{"ｶﾞｶﾞ", 3, "ｶﾞ…"},
	} {
		if got := fit.Clip(c.text, c.room); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.room, got, c.want)
		}
	}
	if got := escaped("<<<<", 10); got != "&lt;&lt;…" {
		t.Errorf("an escape is cut: %q", got)
	}
	for n := range 40 {
		if got := escaped("a&b<c>"+strings.Repeat("&", 20), n+2); !regexp.MustCompile(`^([^&]|&(amp|lt|gt);)*$`).MatchString(got) || fit.Units(got) > n+2 {
			t.Errorf("escaped in %d: %q", n+2, got)
		}
	}
}

func BenchmarkCardOf300Steps(b *testing.B) {
	d, card := pen(b, "ja", ""), stepsCard(300)
	b.ReportAllocs()
	for b.Loop() {
		d.message(card)
	}
}
