package desk_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The message that a judgement was taken back goes to whom the judgement has reached, and to nobody
// whom it never did: he would be told at night that something is as he has always known it.
func TestWhatWasTakenBackIsSaidToWhomItWasTold(t *testing.T) {
	for name, heard := range map[string]bool{"the judgement has arrived": true, "it was still on its way": false} {
		b, id := theftWithClocks(t, "ja")
		b.must(b.say("佐藤", "", "/incident fact 個人情報 はい"))
		b.deliver()
		form := b.press("佐藤", chat.Action("form|"+string(id)+"||passed.ppc-preliminary")).Form
		b.must(b.send("佐藤", form, "clock_to", "みなと商事"))
		if heard {
			b.deliver()
		}
		whole := b.press("佐藤", chat.Action("clock|"+string(id)+"||ppc-preliminary")).Cards[0]
		b.must(b.press("佐藤", b.button(whole, "取り消す").Action))
		president := incident.PersonID(strings.TrimPrefix(string(b.user("田中")), "web:"))
		list, err := b.store.Messages(context.Background(), workflows.MessageQuery{Person: president, Incident: id})
		if err != nil {
			t.Fatal(err)
		}
		last := list[len(list)-1]
		if r, err := b.service.Entry(context.Background(), id, last.Seq); err != nil || r.Event.Kind() != (incident.ClockReopened{}).Kind() || !last.FirstSent.IsZero() {
			t.Fatalf("%s: his last message is %+v about %+v, %v", name, last, r.Event, err)
		}
		card, err := b.desk.Card(context.Background(), last)
		if heard && (err != nil || !strings.Contains(showCard(card), "取り消されました（")) {
			t.Errorf("%s: %v\n%s", name, err, showCard(card))
		}
		if !heard && !errors.Is(err, workflows.ErrSettled) {
			t.Errorf("%s: %v\n%s", name, err, showCard(card))
		}
	}
}
