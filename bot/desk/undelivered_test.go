package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// giveUp has what is on its way end undelivered, for a reason that why gives; "" arrives.
func (b *bench) giveUp(why func(m workflows.Message) string) {
	b.t.Helper()
	for {
		list, err := b.store.ClaimMessages(ctx, b.clock.Now(), "test", time.Minute, 100, false)
		if err != nil {
			b.t.Fatal(err)
		}
		if len(list) == 0 {
			return
		}
		for _, m := range list {
			res := workflows.Sent{OK: true, At: b.clock.Now(), Frontend: "test", Message: m.Key}
			if reason := why(m); reason != "" {
				res = workflows.Sent{At: b.clock.Now(), Error: reason}
			}
			if err := b.store.FinishMessage(ctx, m, "test", res); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

func (b *bench) notices(list ...incident.Notice) {
	b.t.Helper()
	if err := b.store.Write(ctx, func(tx workflows.Tx) error {
		return tx.Save(ctx, workflows.Change{At: b.clock.Now(), Messages: list})
	}); err != nil {
		b.t.Fatal(err)
	}
}

func TestWhatWasNotDeliveredIsShownAndSentAgain(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			s := &tale{bench: newBench(t, lang)}
			id := s.report("山本", "画面が固まった")
			restricted := s.report("中村", "名簿が持ち出された", "kind", "misdelivery", "exclude", string(s.person("鈴木")))
			sato, takahashi := s.person("佐藤"), s.person("高橋")
			s.notices(
				incident.Notice{Key: "digest:2026-11-22:x", Kind: incident.NoticeDigest, To: takahashi, Day: "2026-11-22"},
				incident.Notice{Key: "page:mail", Kind: incident.NoticePage, Incident: id, To: sato, Seq: 1, Means: incident.ByMail},
			)
			s.giveUp(func(m workflows.Message) string {
				switch {
				case m.Kind == incident.NoticeDigest:
					return "timeout"
				case m.Means == incident.ByMail:
					return "no_such_reason_yet"
				case m.Kind == incident.NoticePage && m.To == sato:
					return "unreachable"
				case m.Kind == incident.NoticeCard:
					return "refused"
				case m.Kind == incident.NoticeReporter:
					return workflows.ReasonHidden
				}
				return ""
			})
			s.clock.move(26 * time.Hour)
			s.heading("佐藤 opens the bot")
			for _, c := range s.home("佐藤") {
				if c.Key == "home:undelivered" {
					s.tell(showCard(c))
				}
			}
			list := s.reply("佐藤", "the list", s.say("佐藤", "", "/incident undelivered"))
			admin := s.reply("鈴木", "who is left out of one", s.say("鈴木", "", "/incident 未達"))
			if strings.Contains(showReply(admin), string(restricted)) || !strings.Contains(showReply(list), string(restricted)) {
				t.Error("who is left out of an incident sees what was said of it, or who is not does not")
			}
			s.reply("伊藤", "who may not see it", s.say("伊藤", "", "/incident undelivered"))
			first := list.Cards[0].Blocks[1].Items[0]
			s.must(s.reply("佐藤", "one again", s.press("佐藤", first.Buttons[0].Action)))
			s.reply("佐藤", "the same again", s.press("佐藤", first.Buttons[0].Action))
			again := s.ask(chat.Request{Kind: chat.Pressed, From: s.user("伊藤"), Action: first.Buttons[0].Action})
			if again.Accepted {
				t.Error("anybody may send it again")
			}
			s.must(s.reply("鈴木", "all that he sees", s.press("鈴木", chat.Action("resend|||all"))))
			left, _, err := s.service.Undelivered(ctx, sato, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range left {
				if l.Incident != restricted {
					t.Errorf("%s is left", l.Key)
				}
			}
			if len(left) == 0 {
				t.Error("somebody had sent again what he may not see")
			}
			s.must(s.press("佐藤", chat.Action("resend|||all")))
			s.giveUp(func(workflows.Message) string { return "" })
			s.reply("佐藤", "all have arrived", s.say("佐藤", "", "/incident undelivered"))
			golden(t, "undelivered."+lang, s.out.String())
		})
	}
}

func TestFiveHundredUndeliveredMessagesArePaged(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "画面が固まった")
	b.giveUp(func(workflows.Message) string { return "" })
	var list []incident.Notice
	for i := range 500 {
		list = append(list, incident.Notice{Key: fmt.Sprint("x", i), Kind: incident.NoticeQuestion, Incident: id, To: b.person("山本"), Seq: int64(i)})
	}
	b.notices(list...)
	b.giveUp(func(workflows.Message) string { return "refused" })
	seen := map[chat.Action]bool{}
	r := b.say("佐藤", "", "/incident undelivered")
	for range 100 {
		card := r.Cards[0]
		for _, i := range card.Blocks[1].Items {
			if seen[i.Buttons[0].Action] {
				t.Fatalf("%s comes twice", i.Buttons[0].Action)
			}
			seen[i.Buttons[0].Action] = true
		}
		next := slices.IndexFunc(card.Buttons, func(x chat.Button) bool { return x.Label == "続きを見る" })
		if next < 0 {
			break
		}
		r = b.press("佐藤", card.Buttons[next].Action)
	}
	if len(seen) != 500 {
		t.Errorf("%d of 500 are shown", len(seen))
	}
	n, before := 0, ""
	for {
		page, err := b.desk.Undelivered(ctx, b.user("佐藤"), before)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Card.Blocks[1].Items)
		if page.Next == "" {
			break
		}
		before = strings.TrimPrefix(page.Next, desk.PathUndelivered+"?before=")
	}
	if n != 500 {
		t.Errorf("%d of 500 stand on the pages", n)
	}
	if r := b.press("佐藤", "resend|||all"); !r.Accepted || !strings.Contains(showReply(r), "500") {
		t.Errorf("all again: %s", showReply(r))
	}
	for _, wrong := range []string{"x", "-1", "0"} {
		if _, err := b.desk.Undelivered(ctx, b.user("佐藤"), wrong); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("behind %q: %v", wrong, err)
		}
		if r := b.press("佐藤", chat.Action("resend|||"+wrong)); r.Accepted {
			t.Errorf("%q is sent again", wrong)
		}
	}
	if _, err := b.desk.Undelivered(ctx, b.user("伊藤"), ""); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("who may not: %v", err)
	}
}

// What the auditor tells says which incident only to who may read it, and never by mail.
func TestTheAuditorSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			s := &tale{bench: newBench(t, lang)}
			const secret = "名簿が持ち出された"
			id := s.report("中村", secret, "kind", "misdelivery", "exclude", string(s.person("鈴木")))
			card := func(kind workflows.FindingKind, name string, means incident.Means) (chat.Card, error) {
				n := incident.Notice{Key: "audit:" + string(kind) + ":" + string(id) + ":2026-11-22:x", Kind: incident.NoticeAudit, Incident: id, To: s.person(name), Urgent: true, Means: means}
				if kind == workflows.FindingOverdue {
					n.Incident = ""
				}
				return s.desk.Card(ctx, workflows.Message{Notice: n, Created: s.clock.Now()})
			}
			for _, kind := range workflows.FindingKinds {
				c, err := card(kind, "佐藤", "")
				if err != nil {
					t.Fatal(err)
				}
				s.heading(string(kind))
				s.tell(showCard(c))
			}
			for _, x := range []struct {
				what, name string
				means      incident.Means
			}{{"who may not read it", "伊藤", ""}, {"by mail", "佐藤", incident.ByMail}} {
				c, err := card(workflows.FindingUnled, x.name, x.means)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(showCard(c), secret) || !strings.Contains(showCard(c), string(id)) {
					t.Errorf("%s: %s", x.what, showCard(c))
				}
				s.heading(x.what)
				s.tell(showCard(c))
			}
			if c, err := card(workflows.FindingUnled, "鈴木", ""); !errors.Is(err, workflows.ErrNotFound) {
				t.Errorf("who is left out is told: %v\n%s", err, showCard(c))
			}
			if c, err := card("of_tomorrow", "佐藤", ""); !errors.Is(err, workflows.ErrNotFound) {
				t.Errorf("a finding of a later version: %v\n%s", err, showCard(c))
			}
			golden(t, "audit."+lang, s.out.String())
		})
	}
}
