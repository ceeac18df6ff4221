package discord

import (
	"fmt"
	"strings"
	"testing"

	"hikeshi/bot/chat"
)

// BenchmarkCardOf300Steps draws the largest card there is, much of which finds no room: three hundred
// steps, of which forty can be pressed, as many lines of the record, and forty buttons.
func BenchmarkCardOf300Steps(b *testing.B) {
	const steps, pressed = 300, 40
	card := chat.Card{Title: "INC-2026-0001 " + strings.Repeat("社用PCを電車に置き忘れた。", steps), Whole: "show|INC-2026-0001||whole", Tone: chat.Notice}
	todo, said := chat.Block{Heading: "手順"}, chat.Block{Heading: "記録"}
	for i := range steps {
		item := chat.Item{Mark: "未", Text: fmt.Sprintf("手順%d %s", i, strings.Repeat("関係者に連絡する。", 8)), Small: "担当：鈴木 健太さん"}
		if i < pressed {
			item.Buttons = []chat.Button{
				{Label: "完了", Action: chat.Action(fmt.Sprintf("step|INC-2026-0001|9|s%d", i))},
				{Label: "省略", Action: chat.Action(fmt.Sprintf("waive|INC-2026-0001|9|s%d", i))},
			}
			card.Buttons = append(card.Buttons, chat.Button{Label: fmt.Sprintf("することその%d", i), Action: chat.Action(fmt.Sprintf("do|INC-2026-0001|9|b%d", i))})
		}
		todo.Items = append(todo.Items, item)
		said.Items = append(said.Items, chat.Item{Mark: "02:05", Text: fmt.Sprintf("記録%d 駅に電話した。%s", i, strings.Repeat("届いていないとのこと。", 20))})
	}
	card.Blocks = []chat.Block{todo, said}
	d := pen(b, "ja", "")
	b.ReportAllocs()
	for b.Loop() {
		d.message(card)
	}
}
