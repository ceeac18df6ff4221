package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// fire carries out what falls due until now.
func (b *bench) fire() {
	b.t.Helper()
	timers, err := b.service.Claim(ctx, "test", time.Minute, 50)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, timer := range timers {
		if err := b.service.Fire(ctx, timer); err != nil {
			b.t.Fatal(err)
		}
	}
}

// do carries out a command without the desk, to come to an interesting place quickly.
func (b *bench) do(name string, id incident.ID, c incident.Command) {
	b.t.Helper()
	b.said++
	p, _ := b.service.Contacts().Person(b.person(name))
	out, err := b.service.Do(ctx, workflows.Command{
		Key: fmt.Sprintf("direct-%d", b.said), Incident: id, Source: incident.FromPerson, Do: c,
		By: incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department},
	})
	if err != nil || !out.Accepted() {
		b.t.Fatalf("%T: %v %+v", c, err, out.Refusal)
	}
}

// settle does whatever an incident still needs, until it can go on.
func (b *bench) settle(name string, id incident.ID) {
	b.t.Helper()
	for _, m := range b.incident(id).MissingForAdvance(b.service.InForce()) {
		switch m.What {
		case incident.MissingField:
			value := "確認済み"
			if incident.Field(m.Ref).IsTime() {
				value = "2026-11-22T01:30"
			}
			b.do(name, id, incident.SetField{Field: incident.Field(m.Ref), Value: value})
		case incident.MissingStep:
			b.do(name, id, incident.DoStep{Step: m.Ref})
		case incident.MissingFact:
			b.do(name, id, incident.Waive{Step: m.Ref, Reason: "当てはまらない"})
		case incident.MissingLevel:
			b.do(name, id, incident.SetLevel{Level: incident.Level2})
		default:
			b.t.Fatalf("cannot settle %+v", m)
		}
	}
}

// The second half of an incident: nobody answers, a proposal, a refused handover, approval,
// its loss, and the end.
func TestTheCardsUntilTheEnd(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			s := &tale{bench: newBench(t, lang)}
			label := func(ja, en string) string {
				if lang == "en" {
					return en
				}
				return ja
			}
			id := s.report("中村", "受注システムが動かない", "kind", "service_stop", "business_stopped", "yes", "personal_data", "no")
			ch := s.desk.Channel(id)
			for range 4 {
				s.clock.move(5 * time.Minute)
				s.fire()
			}
			s.message2(incident.NoticePhones, "中村")
			s.heading("the last entry in the channel")
			feed, err := s.desk.Feed(ctx, s.user("佐藤"), ch)
			if err != nil {
				t.Fatal(err)
			}
			s.tell(showCard(feed.Posts[len(feed.Posts)-1].Card))
			s.must(s.say("佐藤", "", "/incident take"))
			s.must(s.say("鈴木", ch, "/incident take"))
			s.must(s.reply("鈴木", "proposes level 3", s.say("鈴木", ch, "/incident level 3 取引先にも影響が出た")))
			proposal := s.message2(incident.NoticeProposal, "佐藤")
			s.must(s.reply("佐藤", "keeps the level", s.send("佐藤", s.press("佐藤", s.button(proposal, label("見送る", "Keep the level")).Action).Form, "reason", "影響は社内だけ")))
			s.message2(incident.NoticeProposal, "佐藤")
			s.must(s.say("佐藤", ch, "/incident handover 鈴木"))
			s.must(s.press("鈴木", s.button(s.card(incident.NoticeHandover, "鈴木"), label("引き受けられません", "I cannot take it")).Action))
			s.message2(incident.NoticeRefused, "佐藤")
			s.settle("佐藤", id)
			for range 4 {
				s.must(s.say("佐藤", ch, "/incident advance"))
				s.settle("佐藤", id)
			}
			approve := s.message2(incident.NoticeApprove, "佐藤")
			s.reply("佐藤", "close too early", s.say("佐藤", ch, "/incident close"))
			action := s.reply("佐藤", "action", s.say("佐藤", ch, "/incident action 監視を入れる")).Form
			s.must(s.reply("佐藤", "(sent)", s.send("佐藤", action, "owner", "鈴木", "due", "2026/12/25")))
			s.must(s.reply("佐藤", "approves", s.send("佐藤", s.press("佐藤", s.button(approve, label("承認する", "Approve")).Action).Form)))
			s.must(s.say("鈴木", ch, "/incident field cause 不明 調べても分からなかった"))
			s.message2(incident.NoticeVoided, "佐藤")
			s.must(s.say("佐藤", ch, "/incident approve 確認した"))
			s.must(s.say("佐藤", ch, "/incident note 書き間違い"))
			s.must(s.reply("佐藤", "undo", s.say("佐藤", ch, "/incident undo 間違えた")))
			s.heading("the entry taken back, in the channel")
			s.tell(showCard(s.card(incident.NoticeFeed, "")))
			for _, st := range s.incident(id).Steps {
				if !st.Settled() && !st.Former {
					s.do("佐藤", id, incident.Waive{Step: st.Key, Reason: "当てはまらない"})
				}
			}
			if s.incident(id).Approval == nil {
				s.must(s.say("佐藤", ch, "/incident approve 確認した"))
			}
			s.reply("佐藤", "status before closing", s.say("佐藤", ch, "/incident status"))
			s.must(s.reply("佐藤", "closes", s.say("佐藤", ch, "/incident close")))
			s.message2(incident.NoticeEnded, "鈴木")
			s.message2(incident.NoticeHead, "小林")
			s.message2(incident.NoticeReporter, "中村")
			s.message2(incident.NoticeCard, "")
			s.reply("鈴木", "menu after the end", s.press("鈴木", chat.Action("menu|"+string(id)+"||")))
			s.reply("佐藤", "advance after the end", s.say("佐藤", ch, "/incident advance"))

			second := s.report("山本", "受注システムにつながらない", "kind", "service_stop")
			third := s.report("山本", "またつながらない", "kind", "service_stop")
			s.must(s.say("佐藤", s.desk.Channel(third), "/incident take"))
			s.must(s.reply("佐藤", "merges", s.say("佐藤", s.desk.Channel(third), "/incident merge "+string(second))))
			s.message2(incident.NoticeEnded, "鈴木")
			s.reply("山本", "adds to the merged report", s.say("山本", "", "/incident inform "+string(third)+" つながるようになった"))
			s.reply("佐藤", "help", s.say("佐藤", "", "/incident help"))
			s.reply("佐藤", "contacts", s.say("佐藤", "", "/incident contacts"))
			s.reply("佐藤", "list", s.say("佐藤", "", "/incident list"))

			s.clock.move(56 * time.Hour) // Tuesday after nine: Monday is a holiday
			if err := s.service.Tick(ctx, s.clock.Now().Add(-24*time.Hour)); err != nil {
				t.Fatal(err)
			}
			s.fire()
			s.message2(incident.NoticeDigest, "佐藤")
			golden(t, "ending."+lang, s.out.String())
		})
	}
}

// The golden text of whom to phone: it must never be wrong.
func TestWhomToPhone(t *testing.T) {
	b := newBench(t, "ja")
	b.report("山本", "名簿が漏れた", "personal_data", "yes", "exclude", strings.Join([]string{string(b.person("佐藤"))}, ","))
	for range 6 {
		b.clock.move(20 * time.Minute)
		b.fire()
	}
	golden(t, "phones", showCard(b.card(incident.NoticePhones, "山本")))
}
