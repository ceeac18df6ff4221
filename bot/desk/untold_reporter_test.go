package desk_test

import (
	"strings"
	"testing"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A reporter whose account takes no messages was promised to hear: the card says that he does not,
// and is brought up to date for it.
func TestTheCardSaysThatAReporterDoesNotHear(t *testing.T) {
	b := newCalls(t, "ja")
	id := b.report("山本", "画面が固まった")
	p, _ := b.service.Contacts().Person(b.person("山本"))
	cards, lost := 0, 0
	for {
		list, err := b.store.ClaimMessages(ctx, b.clock.Now(), "test", workflows.LinkLives, 1, false)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		m, res := list[0], workflows.Sent{OK: true, At: b.clock.Now(), Frontend: "web", Message: list[0].Key}
		switch m.Kind {
		case incident.NoticeReporter:
			res = workflows.Sent{At: b.clock.Now(), Error: workflows.ReasonUnreachable}
			lost, cards = lost+1, 0
		case incident.NoticeCard:
			cards++
		}
		if err := b.service.FinishMessage(ctx, m, "test", res); err != nil {
			t.Fatal(err)
		}
	}
	if lost != 1 || cards == 0 {
		t.Errorf("%d cards were lost, and the incident's was brought up to date %d times", lost, cards)
	}
	if text := showCard(b.card(incident.NoticeCard, "")); !strings.Contains(text, "報告者の山本 直子さんにDMが届きません") || !strings.Contains(text, p.Phone) {
		t.Errorf("%s: %s", id, text)
	}
}
