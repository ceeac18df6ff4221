package desk_test

import (
	"errors"
	"strings"
	"testing"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Who was left out comes no more, and the page that called him shows nothing any more.
func TestWhoIsLeftOutDoesNotComeAnyMore(t *testing.T) {
	b := newCalls(t, "ja")
	id := b.report("山本", "名簿が持ち出された")
	b.deliver()
	page := b.called(id, "鈴木", incident.ByChat)
	if card, err := b.desk.Card(ctx, page); err != nil || !strings.Contains(showCard(card), "名簿") {
		t.Fatalf("%v %s", err, showCard(card))
	}
	b.must(b.say("佐藤", "", "/incident 対応 "+string(id)))
	b.must(b.say("鈴木", "", "/incident 対応 "+string(id)))
	if text := showCard(b.card(incident.NoticeReporter, "山本")); !strings.Contains(text, "鈴木 健太さんが対応") {
		t.Fatalf("%s", text)
	}
	b.deliver()
	b.must(b.send("佐藤", b.say("佐藤", "", "/incident 限定 "+string(id)).Form, "exclude", string(b.person("鈴木")), "reason", "本人の件"))
	updated := map[incident.NoticeKind]bool{}
	for _, m := range b.deliver() {
		updated[m.Kind] = updated[m.Kind] || m.To != "" && m.Key == page.Key || m.Kind != incident.NoticePage
		if m.To == b.person("鈴木") && m.Key != page.Key {
			t.Errorf("he is told %+v", m)
		}
	}
	if !updated[incident.NoticePage] || !updated[incident.NoticeReporter] || !updated[incident.NoticeCard] {
		t.Errorf("not all is brought up to date: %v", updated)
	}
	if text := showCard(b.card(incident.NoticeReporter, "山本")); strings.Contains(text, "鈴木 健太さんが対応") || !strings.Contains(text, "佐藤 美咲さんが対応") {
		t.Errorf("the reporter still waits for him: %s", text)
	}
	if text := showReply(b.say("佐藤", "", "/incident 状況 "+string(id))); strings.Contains(text, "鈴木 健太さんが対応") || !strings.Contains(text, "[外しました] 鈴木 健太さん") {
		t.Errorf("%s", text)
	}
	page = b.called(id, "鈴木", incident.ByChat)
	card, err := b.desk.Card(ctx, page)
	if text := showCard(card); err != nil || !strings.Contains(text, "この件は表示できません") || strings.Contains(text, "名簿") || strings.Contains(text, string(id)) || len(buttonsOf(card)) != 0 {
		t.Errorf("%v: %s", err, text)
	}
	// What never came to him does not come now.
	if _, err := b.desk.Card(ctx, workflows.Message{Notice: page.Notice}); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
