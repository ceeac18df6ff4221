package slack

import (
	"strings"
	"testing"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

// What stands in a notification, and is read aloud, is what the card says.
func TestTheTextBesideTheBlocksSaysItAll(t *testing.T) {
	card := chat.Card{Tone: chat.Urgent, Title: "まだ誰からも返事がありません", Blocks: []chat.Block{
		{Heading: "電話する相手", Items: []chat.Item{{Text: "鈴木 健太　090-0000-0003", Small: "システム管理者"}}},
		{Fields: []chat.Pair{{Label: "報告", At: time.Date(2026, 11, 21, 17, 0, 0, 0, time.UTC)}, {Label: "指揮", Value: "まだ決まっていません"}}},
	}}
	_, text := pen(t, "ja", "").message(card)
	for _, want := range []string{"🚨 まだ誰からも", "電話する相手\n", "090-0000-0003\n　　システム管理者", "報告：2026-11-22 02:00 JST", "指揮：まだ決まっていません"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// The buttons of a long card stand below its first sentence, where they are seen. Those of a
// short one, of an answer that tells what to do now, or that only lead elsewhere, stay below.
func TestTheButtonsOfALongCardAreSeen(t *testing.T) {
	long := []chat.Block{{Text: "引き継ぐよう頼まれています。"}}
	for range 12 {
		long = append(long, chat.Block{Text: strings.Repeat("済んだこと、残っていること。", 6)})
	}
	accept := []chat.Button{{Label: "引き受けます", Action: "accept|INC-2026-0001||"}}
	for name, tt := range map[string]struct {
		card chat.Card
		at   int // of the buttons among the blocks
	}{
		"long":   {chat.Card{Tone: chat.Urgent, Title: "引継ぎ", Blocks: long, Buttons: accept}, 2},
		"short":  {chat.Card{Tone: chat.Urgent, Title: "引継ぎ", Blocks: long[:2], Buttons: accept}, 3},
		"answer": {chat.Card{Tone: chat.Good, Title: "受け付けました", Blocks: long, Buttons: accept}, 14},
		"link":   {chat.Card{Title: "引継ぎ", Blocks: long, Buttons: []chat.Button{{Label: "ページを開く", Page: "/x"}}}, 14},
	} {
		blocks, _ := pen(t, "ja", "https://hikeshi.example.co.jp").message(tt.card)
		for i, b := range blocks {
			if _, ok := b.(*sl.ActionBlock); ok && i != tt.at {
				t.Errorf("%s: the buttons are block %d of %d, not %d", name, i, len(blocks), tt.at)
			}
		}
		if tt.at >= len(blocks) {
			t.Errorf("%s: there are only %d blocks", name, len(blocks))
		}
	}
}
