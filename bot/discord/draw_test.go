package discord

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// asText is a message as somebody reads it, with the buttons and what they mean.
func asText(content string, embeds []*discordgo.MessageEmbed, rows []discordgo.MessageComponent) string {
	lines := []string{content}
	for _, e := range embeds {
		lines = append(lines, "│"+strings.ReplaceAll(e.Description, "\n", "\n│"))
	}
	for _, r := range rows {
		row, _ := r.(discordgo.ActionsRow)
		line := "="
		for _, c := range row.Components {
			b, _ := c.(drawnButton)
			line += fmt.Sprintf(" [%s → %s%s]", b.Label, b.CustomID, b.URL)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestHowACardLooks(t *testing.T) {
	d := pen(t, "ja", "https://hikeshi.example.jp/")
	at := time.Date(2026, 11, 22, 1, 45, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		card chat.Card
		want string
	}{
		"a page": {chat.Card{
			Tone: chat.Urgent, Mark: "訓練", Title: "INC-2026-0001 呼び出し", Blocks: []chat.Block{
				{Text: "サーバーが応答しません"},
				{Heading: "いまの状況", Fields: []chat.Pair{{Label: "報告", Value: "11月22日 10:45", At: at}, {Label: "指揮", Gap: true, Value: "未定"}, {Label: "空"}}},
			},
			Buttons: []chat.Button{{Label: "応答する", Action: "ack|1", Style: chat.Primary}, {Label: "ページを開く", Page: "/i/1"}},
		}, `**🚨 【訓練】INC-2026-0001 呼び出し**
│サーバーが応答しません
│
│**いまの状況**
│**報告**：11月22日 10:45 (<t:1795311900:f>)
│**指揮**：未定
│**空**：－
= [応答する → ack|1] [ページを開く → https://hikeshi.example.jp/i/1]`},
		"steps": {chat.Card{
			Title: "手順", Blocks: []chat.Block{{Items: []chat.Item{
				{Mark: "未", Text: "隔離する", Small: "担当：鈴木", Buttons: []chat.Button{{Label: "済み", Action: "done|1"}, {Label: "見送る", Action: "skip|1", Confirm: "本当に見送りますか"}}},
				{Mark: "済", Text: "連絡する"},
				{Mark: "未", Text: "記録する", Buttons: []chat.Button{{Label: "済み", Action: "done|3"}, {Label: "二度", Action: "done|1"}}},
			}}},
			Buttons: []chat.Button{{Label: "閉じる", Action: "close", Style: chat.Danger, Confirm: "閉じますか"}},
		}, `**手順**
│**1** • ［未］隔離する
│　　担当：鈴木
│• ［済］連絡する
│**2** • ［未］記録する
= [閉じる → ~sure:close]
= [1：済み → done|1] [1：見送る → ~sure:skip|1] [2：済み → done|3]`},
		"steps with numbers of their own": {chat.Card{
			Title: "手順", Blocks: []chat.Block{{Items: []chat.Item{
				{Mark: "未", Text: "記録する", Buttons: []chat.Button{{Label: "記録", Action: "note"}}},
				{Mark: "未", Text: "2．隔離する", Buttons: []chat.Button{{Label: "実施した", Action: "done|2"}}},
				{Mark: "未", Text: "2．もう一つの2", Buttons: []chat.Button{{Label: "実施した", Action: "done|x"}}},
			}}},
		}, `**手順**
│**1** • ［未］記録する
│• ［未］2．隔離する
│**3** • ［未］2．もう一つの2
= [1：記録 → note] [手順2：実施した → done|2] [3：実施した → done|x]`},
		"what somebody typed": {chat.Card{
			Title: "# @everyone *大事*", Blocks: []chat.Block{
				{Text: "<@123> https://evil.example/a_b\n1. 一つ\n- 二つ\n> 引用 :fire: 10:30 ||秘密||"},
				{Small: true, Text: "小さい\n`字`"},
			},
		}, "**\\# \\@everyone \\*大事\\***\n" +
			"│\\<\\@123> https\\://evil.example/a\\_b\n│1\\. 一つ\n│\\- 二つ\n│\\> 引用 \\:fire: 10:30 \\|\\|秘密\\|\\|\n│\n│-# 小さい\n│-# \\`字\\`"},
		"without a title": {chat.Card{Tone: chat.Good, Blocks: []chat.Block{{Text: "記録しました"}}}, "\n│✅ 記録しました"},
		"nothing":         {chat.Card{}, "火消しからのお知らせです。"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := asText(d.message(c.card)); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestWhatDoesNotFitHasAWayToTheWhole: the title and what can be done with the card as a whole
// are always there.
func TestWhatDoesNotFitHasAWayToTheWhole(t *testing.T) {
	long := chat.Card{Title: "手順", Buttons: []chat.Button{{Label: "閉じる", Action: "close"}, {Label: "開く", Page: "/i/1"}}}
	for i := range 200 {
		long.Blocks = append(long.Blocks, chat.Block{Heading: "見出し", Items: []chat.Item{{Text: strings.Repeat("長", 100), Buttons: []chat.Button{{Label: "済み", Action: chat.Action(fmt.Sprint("done|", i))}}}}})
	}
	for name, c := range map[string]struct {
		whole, url, want string
	}{
		"by a button":   {"show|whole", "https://hikeshi.example.jp", "[続きを見る → ~more:1:show|whole]"},
		"on the page":   {"", "https://hikeshi.example.jp", "[ページを開く → https://hikeshi.example.jp/i/1]"},
		"in the record": {"", "", "ここに表示できるのはここまでです"},
	} {
		t.Run(name, func(t *testing.T) {
			card := long
			card.Whole = chat.Action(c.whole)
			content, embeds, rows := pen(t, "ja", c.url).message(card)
			got := asText(content, embeds, rows)
			if content != "**手順**" || !strings.Contains(got, c.want) || !strings.Contains(got, "閉じる → close") || !strings.Contains(got, "1：済み → done|0") {
				t.Errorf("got\n%s", got)
			}
			if last := embeds[len(embeds)-1].Description; strings.HasSuffix(strings.Split(last, "\n\n-# ")[0], "**見出し**") {
				t.Errorf("a heading stands alone at the end:\n%s", last)
			}
			if n := len(pressable(rows)); n > maxButtons || n < 20 {
				t.Errorf("%d buttons", n)
			}
		})
	}
}

func TestWhatACustomIDMeans(t *testing.T) {
	b := newBench(t)
	for _, want := range []button{
		{kind: press, action: "ack|1"}, {kind: sure, action: "close"}, {kind: more, page: 3, action: "show|1"},
		{kind: form, draft: "report|||abc"}, {kind: next, page: 2, draft: "report|||abc"}, {kind: send, draft: "report|||abc"},
		{kind: reveal, draft: "123456789012345678"},
		{kind: next, page: 2, draft: strings.Repeat("長", 90)}, {kind: sure, action: chat.Action(strings.Repeat("x", maxCustomID))},
	} {
		id := b.draw.customID(want)
		if len(id) > maxCustomID {
			t.Errorf("%q has %d bytes", id, len(id))
		}
		if got, ok := b.button(t.Context(), id); !ok || got != want {
			t.Errorf("%q means %+v, want %+v", id, got, want)
		}
		b.Wait("it is remembered", func() bool {
			all, _ := b.memory.All(t.Context(), meantPrefix+id)
			return len(all) == 1 || !strings.HasPrefix(id, long)
		})
		b.restart()
		if got, ok := b.button(t.Context(), id); !ok || got != want {
			t.Errorf("after a restart %q means %+v, want %+v", id, got, want)
		}
	}
	for _, id := range []string{"", "~", "~more:", "~more:1:", "~more:0:x", "~more:01:x", "~more:9999999:x", "~next:x:y", "~sure:", "~sure:~more:1:x", "~other:x", "~answer:", "~answer:x1", "~long:unknown", "~long:", strings.Repeat("x", maxLongID+1)} {
		if got, ok := b.button(t.Context(), id); ok {
			t.Errorf("%q means %+v", id, got)
		}
	}
	// A digest that somebody else's text was put under means nothing.
	if err := b.memory.Remember(t.Context(), meantPrefix+long+digest("a"), []byte("b")); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.button(t.Context(), long+digest("a")); ok {
		t.Error("what is under a digest was not checked against it")
	}
}

func FuzzReadID(f *testing.F) {
	for _, s := range []string{"ack|1", "~sure:x", "~more:1:x", "~form:d", "~next:2:d", "~send:d", "~answer:12", "~long:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if b, ok := readID(s); ok && b.id() != s {
			t.Errorf("%q is read as %+v, which is %q", s, b, b.id())
		}
	})
}
