package desk_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

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

// Who was shown that telling the 委託元 is enough is told when an answer makes it not enough, and
// so is who has to see to it then; by mail without the answer.
func TestThatTellingTheEntrusterIsNotEnoughIsSaidToWhomItWasTold(t *testing.T) {
	for lang, want := range map[string][3]string{
		"ja": {"再び必要になりました（", "再び必要になりました。", "個人情報保護委員会への速報"}, "en": {"are needed again (", "are needed again.", "First report to the Personal"},
	} {
		b, id := lawful(t, lang, nil)
		b.do("佐藤", id, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Yes}})
		b.do("佐藤", id, incident.SettleClock{Rule: "ppc-preliminary", How: incident.ClockPassed, To: "みなと商事"})
		b.deliver()
		b.do("佐藤", id, incident.SetFacts{Facts: incident.Facts{incident.FactEntrusted: incident.No}})
		m := b.message(incident.NoticeClocks, "田中")
		for means, said := range map[incident.Means]string{"": want[0], incident.ByMail: want[1]} {
			m.Means, m.FirstSent = means, time.Time{}
			card, err := b.desk.Card(context.Background(), m)
			if got := showCard(card); err != nil || !strings.Contains(got, said) || !strings.Contains(got, want[2]) {
				t.Errorf("%s %q: %v\n%s", lang, means, err, got)
			}
		}
	}
}
