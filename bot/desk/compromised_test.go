package desk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

func (b *bench) markedNow() bool {
	b.t.Helper()
	marks, err := b.service.Compromised(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	return marks["slack"].On
}

// bySlack asks as somebody's account on Slack.
func (b *bench) bySlack(name, line string) chat.Reply {
	b.t.Helper()
	people, _, err := b.store.Contacts(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := range people {
		people[i].SlackID = "U" + strings.ToUpper(strings.ReplaceAll(string(people[i].ID), "-", ""))
	}
	if err := b.store.ReplaceContacts(ctx, people); err != nil {
		b.t.Fatal(err)
	}
	if err := b.service.Freshen(ctx); err != nil {
		b.t.Fatal(err)
	}
	p, _ := b.service.Contacts().Person(b.person(name))
	return b.ask(chat.Request{Kind: chat.Said, From: chat.UserID("slack:" + p.SlackID), Name: name, Text: line})
}

// Who may say that Slack is not safe says so anywhere, and that it is safe again anywhere else.
func TestAPlatformIsMarkedAndTheMarkIsLifted(t *testing.T) {
	b := newCalls(t, "ja")
	for _, name := range []string{"山本", "高橋", "伊藤", "slack:U777"} {
		if r := b.say(name, "", "/incident 危険 slack"); r.Accepted || b.markedNow() {
			t.Errorf("%s: %s", name, showReply(r))
		}
	}
	if r := b.bySlack("佐藤", "/incident compromised Slack"); !r.Accepted || !b.markedNow() {
		t.Fatalf("%s", showReply(r))
	}
	if r := b.say("佐藤", "", "/incident 危険 slack"); r.Accepted || !strings.Contains(showReply(r), "もう") {
		t.Errorf("marked twice: %s", showReply(r))
	}
	if r := b.bySlack("佐藤", "/incident 危険 slack 解除"); r.Accepted || !b.markedNow() || !strings.Contains(showReply(r), "安全に使えない") {
		t.Errorf("lifted from Slack itself: %s", showReply(r))
	}
	out, err := b.service.Compromise(ctx, "x", b.person("佐藤"), "slack", false, "slack")
	if err != nil || out.Refusal == nil || out.Refusal.Key != "refuse.mark_door" {
		t.Errorf("%+v %v", out, err)
	}
	// By the buttons, and each press once: also after it was marked again.
	for i := range 2 {
		off := b.button(b.say("鈴木", "", "/incident 危険").Cards[0], "Slackをまた使う").Action
		for range 2 {
			b.must(b.press("鈴木", off))
		}
		if b.markedNow() {
			t.Fatalf("round %d: still marked", i)
		}
		b.clock.move(time.Second)
		b.must(b.press("田中", b.button(b.say("田中", "", "/incident 危険").Cards[0], "Slackを使わない").Action))
		if !b.markedNow() {
			t.Fatalf("round %d: not marked", i)
		}
		b.clock.move(time.Second)
	}
	// Another process sees it at once.
	other, err := workflows.New(ctx, workflows.Options{Store: b.store, Clock: b.clock})
	if err != nil {
		t.Fatal(err)
	}
	if marks, err := other.Compromised(ctx); err != nil || marks["slack"].By != b.person("田中") {
		t.Errorf("%+v %v", marks, err)
	}
	if !strings.Contains(b.desk.Banner(ctx, nil), "Slack") {
		t.Errorf("the web pages say %q", b.desk.Banner(ctx, nil))
	}
}

// Above the web pages stands what does not get through, and what must not be used before that.
func TestTheBannerSaysWhatIsDown(t *testing.T) {
	for lang, want := range map[string][2]string{
		"ja": {"いま、Slack、メール、電話には届きません。", "Slackは安全に使えないとされています。"},
		"en": {"Slack, mail, phone: nothing gets through", "Slack: not safe to use."},
	} {
		b := newCalls(t, lang)
		down := map[string]bool{"slack": true, "mail": true, "phone": true}
		if said := b.desk.Banner(t.Context(), down); !strings.HasPrefix(said, want[0]) {
			t.Errorf("%s: %q", lang, said)
		}
		if said := b.desk.Banner(t.Context(), map[string]bool{"slack": false}); said != "" {
			t.Errorf("%s: %q", lang, said)
		}
		if _, err := b.service.Compromise(t.Context(), "mark", "", "slack", true, workflows.DoorConsole); err != nil {
			t.Fatal(err)
		}
		if said := b.desk.Banner(t.Context(), down); !strings.HasPrefix(said, want[1]) || strings.Count(said, "Slack") > 2 {
			t.Errorf("%s: %q", lang, said)
		}
	}
}

// From a platform that is marked nothing is done but a new report; whom to phone is shown.
func TestNothingFromAMarkedPlatformCounts(t *testing.T) {
	b := newCalls(t, "ja")
	id := b.report("山本", "画面が固まった")
	b.bySlack("佐藤", "/incident")
	b.must(b.say("佐藤", "", "/incident 危険 slack"))
	seq := b.incident(id).Seq
	for _, line := range []string{"/incident 対応 " + string(id), "/incident 状況 " + string(id), "/incident 一覧", "/incident 連絡先", "/incident 記録 " + string(id) + " 書きます", "/incident 危険", "/incident ヘルプ"} {
		r := b.bySlack("佐藤", line)
		said := showReply(r)
		if r.Accepted || strings.Contains(said, "画面が固まった") || !strings.Contains(said, "いまSlackは使えません") || !strings.Contains(said, "090-0000-000") {
			t.Errorf("%s: %s", line, said)
		}
	}
	p, _ := b.service.Contacts().Person(b.person("佐藤"))
	user := chat.UserID("slack:" + p.SlackID)
	if r := b.ask(chat.Request{Kind: chat.Pressed, From: user, Action: chat.Action("take|" + string(id) + "||")}); r.Accepted || b.status(id, "佐藤") != incident.PageOpen {
		t.Errorf("a button counts: %s", showReply(r))
	}
	if cards, err := b.desk.Home(ctx, user); err != nil || strings.Contains(fmt.Sprint(cards), "画面") || !strings.Contains(fmt.Sprint(cards), "いまSlackは使えません") {
		t.Errorf("his home shows %v %v", cards, err)
	}
	if got := b.incident(id).Seq; got != seq {
		t.Errorf("%d entries more", got-seq)
	}
	if r := b.bySlack("山本", "/incident PCを置き忘れた"); !r.Accepted || !strings.Contains(showReply(r), "INC-2026-0002") {
		t.Errorf("a report is not taken: %s", showReply(r))
	}
	if r := b.bySlack("山本", "/incident"); r.Form == nil {
		t.Errorf("no form for a report: %s", showReply(r))
	}
	// By every other door it goes on as ever.
	b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
}

// Everybody with a duty is told by mail what not to use, and what to use again; who reads it late
// is not told what is not so any more.
func TestEverybodyIsToldOfAMark(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			b := newCalls(t, lang)
			b.must(b.say("佐藤", "", "/incident compromised slack"))
			of := func(name string) (list []workflows.Message) {
				all, err := b.store.Messages(ctx, workflows.MessageQuery{Person: b.person(name)})
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range all {
					if m.Kind == incident.NoticeCompromised {
						list = append(list, m)
					}
				}
				return list
			}
			told := of("高橋")
			if len(told) != 1 || told[0].Means != incident.ByMail || len(of("山本")) != 0 {
				t.Fatalf("%+v; a person without a duty: %+v", told, of("山本"))
			}
			card, err := b.desk.Card(ctx, told[0])
			if err != nil {
				t.Fatal(err)
			}
			id := b.report("山本", "画面が固まった")
			call := b.call(b.called(id, "佐藤", incident.ByMail))
			shown := showCard(card) + "\n" + showCall(call)
			b.clock.move(time.Minute)
			b.must(b.say("佐藤", "", "/incident compromised slack off"))
			if _, err := b.desk.Card(ctx, told[0]); !errors.Is(err, workflows.ErrSettled) {
				t.Errorf("told late of what is over: %v", err)
			}
			again := of("高橋")
			if len(again) != 2 {
				t.Fatalf("%+v", again)
			}
			if card, err = b.desk.Card(ctx, again[1]); err != nil {
				t.Fatal(err)
			}
			golden(t, "compromised."+lang, shown+"\n"+showCard(card))
		})
	}
}

// While mail is read by others, a link out of a mail answers nothing.
func TestALinkOutOfACompromisedMail(t *testing.T) {
	b := newCalls(t, "ja")
	id := b.report("山本", "画面が固まった")
	token := b.token(id, "佐藤")
	page := b.answerPage(token)
	b.must(b.say("鈴木", "", "/incident 危険 メール"))
	if p, err := b.desk.AnswerPage(ctx, token); !errors.Is(err, desk.ErrAnswerUnknown) || p.Calls != nil {
		t.Errorf("the page: %+v %v", p, err)
	}
	given := press(page, desk.AnswerTake, callOn(t, page, id).Ref)
	if _, err := b.desk.Answer(ctx, token, given); !errors.Is(err, desk.ErrAnswerUnknown) || b.status(id, "佐藤") != incident.PageOpen {
		t.Errorf("the answer: %s %v", b.status(id, "佐藤"), err)
	}
	b.must(b.say("鈴木", "", "/incident 危険 メール 解除"))
	if b.answers(token, given); b.status(id, "佐藤") != incident.PageAcknowledged {
		t.Error("the mark was lifted, and the link answers nothing")
	}
}

// The list of platforms promises none that is not set up or by which nothing gets through.
func TestTheListOfPlatformsIsTruthful(t *testing.T) {
	for _, tt := range []struct {
		mail bool
		down string
		want string
	}{
		{false, "", "mail: 設定していません 0"},
		{true, "", "mail: 使えます 1"},
		{true, "mail", "mail: いま届きません 1"},
	} {
		b := newCalls(t, "ja").with(func(c *desk.Config) {
			c.Mail, c.Down = tt.mail, func(name string) bool { return name == tt.down }
		})
		got := ""
		for _, block := range b.say("佐藤", "", "/incident 危険").Cards[0].Blocks {
			for _, i := range block.Items {
				if i.Text == "メール" {
					got = fmt.Sprintf("mail: %s %d", i.Mark, len(i.Buttons))
				}
			}
		}
		if got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}

// Whom the notice does not reach is named with his number to who has marked the platform.
func TestWhomAMarkDoesNotReach(t *testing.T) {
	b := newCalls(t, "ja")
	if r := b.say("佐藤", "", "/incident 危険 slack"); !r.Accepted || strings.Contains(showReply(r), "届いていません") {
		t.Errorf("everybody has mail: %s", showReply(r))
	}
	b = newBench(t, "ja") // where nothing but the chat reaches anybody
	shown := showReply(b.must(b.say("佐藤", "", "/incident 危険 slack")))
	if !strings.Contains(shown, "届いていません") || !strings.Contains(shown, numberOf(b, "鈴木")) || strings.Contains(shown, numberOf(b, "佐藤")) {
		t.Error(shown)
	}
}
