package desk_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// told is the last message of a kind to a person by a means; ok is false when there is none.
func (b *bench) told(id incident.ID, name string, kind incident.NoticeKind, by incident.Means) (found workflows.Message, ok bool) {
	b.t.Helper()
	list, err := b.store.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range list {
		if m.Kind == kind && m.To == b.person(name) && m.By() == by {
			found, ok = m, true
		}
	}
	return found, ok
}

func pressed(word string, id incident.ID) chat.Action {
	return chat.Action(word + "|" + string(id) + "||")
}

func numberOf(b *bench, name string) string {
	b.t.Helper()
	p, _ := b.service.Contacts().Person(b.person(name))
	return p.Phone
}

// newOffer is an incident whose lead asks somebody who was never called to take over.
func newOffer(t *testing.T, lang string) (*bench, incident.ID) {
	t.Helper()
	b := newCalls(t, lang)
	id := b.report("山本", "顧客名簿の入ったPCを盗まれた", "personal_data", "no")
	b.must(b.press("佐藤", pressed("take", id)))
	b.must(b.say("佐藤", "", "/incident handover 高橋 夜勤を終えるため "+string(id)))
	if _, called := b.incident(id).Page(b.person("高橋")); called {
		t.Fatal("高橋 was called before")
	}
	return b, id
}

// letter is the mail that tells of an offer, and the token of its link.
func (b *bench) letter(id incident.ID, name string, kind incident.NoticeKind) (text, token string) {
	b.t.Helper()
	m, ok := b.told(id, name, kind, incident.ByMail)
	if !ok {
		b.t.Fatalf("no mail of kind %s to %s", kind, name)
	}
	card, err := b.desk.Card(ctx, m)
	if err != nil {
		b.t.Fatal(err)
	}
	all, err := json.Marshal(card)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, secret := range []string{"顧客", "PCを", "盗", "山本", "営業部", "夜勤", "発見報告"} {
		if strings.Contains(string(all), secret) {
			b.t.Errorf("the mail tells %q: %s", secret, all)
		}
	}
	for _, button := range card.Buttons {
		if t, ok := strings.CutPrefix(button.Page, desk.PathAnswers); ok {
			token = t
		}
	}
	return string(all), token
}

// At night the chat may be down: who is asked to lead learns of it by mail, without what happened,
// and can answer by its link.
func TestAnOfferOfTheLeadIsAnsweredByMail(t *testing.T) {
	b, id := newOffer(t, "ja")
	text, token := b.letter(id, "高橋", incident.NoticeOffer)
	if token == "" || !strings.Contains(text, "佐藤") || !strings.Contains(text, "090-0000-0002") || !strings.Contains(text, "「対応します」") {
		t.Fatal(text)
	}
	page := b.answerPage(token)
	c := callOn(t, page, id)
	if !c.Waits || !strings.Contains(c.State, "佐藤") || !strings.Contains(c.State, "指揮") {
		t.Fatalf("%+v", c)
	}
	g := press(page, desk.AnswerTake, c.Ref)
	after := callOn(t, b.answers(token, g), id)
	if b.incident(id).Lead != b.person("高橋") || after.Waits || after.Said == "" || after.Page != desk.PathIncident(id) {
		t.Fatalf("%s leads, %+v", b.incident(id).Lead, after)
	}
	seq := b.incident(id).Seq
	if b.answers(token, g); b.incident(id).Seq != seq {
		t.Error("the same answer twice is two")
	}
	m, _ := b.told(id, "高橋", incident.NoticeOffer, incident.ByMail)
	if _, err := b.desk.Card(ctx, m); !errors.Is(err, workflows.ErrSettled) {
		t.Errorf("the mail would still go out: %v", err)
	}
}

func TestAnOfferOfTheLeadIsRefusedByMail(t *testing.T) {
	b, id := newOffer(t, "ja")
	_, token := b.letter(id, "高橋", incident.NoticeOffer)
	page := b.answerPage(token)
	after := callOn(t, b.answers(token, press(page, desk.AnswerDecline, page.Calls[0].Ref)), id)
	in := b.incident(id)
	if in.Handover != nil || in.Lead != b.person("佐藤") || after.Waits || after.Again || !strings.Contains(after.Said, "断った") {
		t.Fatalf("%+v, %+v", in.Handover, after)
	}
	// The page can be opened again, and says how it is.
	if c := callOn(t, b.answerPage(token), id); c.Waits || !strings.Contains(c.State, "佐藤") {
		t.Errorf("%+v", c)
	}
	// Asked once more, the same person can answer once more, and the old link is as good.
	b.clock.move(time.Minute)
	b.must(b.say("佐藤", "", "/incident handover 高橋 やはり頼む "+string(id)))
	page = b.answerPage(token)
	b.answers(token, press(page, desk.AnswerTake, page.Calls[0].Ref))
	if got := b.incident(id).Lead; got != b.person("高橋") {
		t.Errorf("%s leads", got)
	}
}

// Who offered it is told whom to phone when no answer comes within the wait of a call, and not
// when one came.
func TestAnOfferThatNobodyAnswersIsToldToTheLead(t *testing.T) {
	for _, answered := range []bool{false, true} {
		b, id := newOffer(t, "ja")
		if answered {
			b.must(b.press("高橋", pressed("accept", id)))
		}
		b.rounds(4 * time.Minute)
		if _, told := b.told(id, "佐藤", incident.NoticeWaited, incident.ByChat); told {
			t.Fatal("told before the wait is over")
		}
		b.rounds(time.Minute)
		m, told := b.told(id, "佐藤", incident.NoticeWaited, incident.ByChat)
		if told == answered {
			t.Fatalf("answered %v, told %v", answered, told)
		}
		if answered {
			continue
		}
		card, err := b.desk.Card(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		if text := showCard(card); !strings.Contains(text, "高橋") || !strings.Contains(text, numberOf(b, "高橋")) {
			t.Error(text)
		}
		if text, _ := b.letter(id, "佐藤", incident.NoticeWaited); !strings.Contains(text, numberOf(b, "高橋")) {
			t.Error(text)
		}
		seq := b.incident(id).Seq
		b.rounds(time.Hour)
		list, err := b.store.Records(ctx, id, seq+1, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if r.Event.Kind() == "handover_waited" {
				t.Error("told twice of the same offer")
			}
		}
		// An answer that comes late counts all the same.
		b.must(b.press("高橋", pressed("accept", id)))
		if card, err = b.desk.Card(ctx, m); err != nil || strings.Contains(showCard(card), numberOf(b, "高橋")) {
			t.Errorf("still told to phone: %v", err)
		}
	}
}

// Without links, and while the chat is marked, the mail says whom to phone and not to open it.
func TestAnOfferByMailWithoutALink(t *testing.T) {
	b, id := newOffer(t, "ja")
	b.with(func(c *desk.Config) { c.AnswerLinks = false })
	if text, token := b.letter(id, "高橋", incident.NoticeOffer); token != "" || !strings.Contains(text, "チャットを開いて") {
		t.Error(text)
	}
	if out, err := b.service.Compromise(ctx, "mark", b.person("鈴木"), "slack", true, workflows.DoorConsole); err != nil || !out.Accepted() {
		t.Fatal(err)
	}
	if text, _ := b.letter(id, "高橋", incident.NoticeOffer); strings.Contains(text, "チャットを開いて") || !strings.Contains(text, "電話") {
		t.Error(text)
	}
}
