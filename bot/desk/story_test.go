package desk_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// tale collects what people are shown during one night, for a golden file.
type tale struct {
	*bench
	out strings.Builder
}

func (s *tale) heading(text string) { s.out.WriteString("\n======== " + text + "\n") }

var digests = regexp.MustCompile(`[0-9a-f]{64}`)

func (s *tale) tell(text string) { s.out.WriteString(digests.ReplaceAllString(text, "(digest)")) }

func (s *tale) reply(who, what string, r chat.Reply) chat.Reply {
	s.heading(who + ": " + what)
	s.tell(showReply(r))
	return r
}

func (s *tale) message2(kind incident.NoticeKind, name string) chat.Card {
	s.t.Helper()
	s.heading("message " + string(kind) + " to " + name)
	c := s.card(kind, name)
	s.tell(showCard(c))
	return c
}

// One night of a leak: every kind of card that somebody is shown on the way.
func TestTheCardsOfOneNight(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			s := &tale{bench: newBench(t, lang)}
			label := func(ja, en string) string {
				if lang == "en" {
					return en
				}
				return ja
			}
			r := s.reply("山本", "/incident", s.say("山本", "", "/incident"))
			s.must(s.reply("山本", "(the form)", s.send("山本", r.Form, "event", "営業車に置いていたノートPCを盗まれた\nお客様の名簿が入っている", "kind", "theft", "personal_data", "yes")))
			const id, ch = incident.ID("INC-2026-0001"), "inc-2026-0001"
			s.message2(incident.NoticeReporter, "山本")
			page := s.message2(incident.NoticePage, "佐藤")
			s.message2(incident.NoticePage, "田中")
			s.message2(incident.NoticeCard, "")
			s.clock.move(7 * time.Minute)
			s.must(s.reply("佐藤", "takes it", s.press("佐藤", s.button(page, label("対応します", "I respond")).Action)))
			s.message2(incident.NoticePage, "佐藤")
			s.message2(incident.NoticePage, "鈴木")
			s.message2(incident.NoticeReporter, "山本")
			s.reply("佐藤", "advance too early", s.say("佐藤", ch, "/incident advance"))
			s.must(s.reply("佐藤", "level 3", s.say("佐藤", ch, "/incident level 3 名簿に個人情報がある")))
			s.must(s.reply("佐藤", "note with a time", s.say("佐藤", ch, "/incident note 2:03 警察に電話した")))
			s.must(s.reply("佐藤", "ask", s.say("佐藤", ch, "/incident ask パスワードはかかっていましたか")))
			s.message2(incident.NoticeQuestion, "山本")
			s.must(s.reply("山本", "answers", s.say("山本", "", "/incident inform かかっていました")))
			s.must(s.reply("山本", "false alarm?", s.send("山本", s.press("山本", s.button(s.card(incident.NoticeReporter, "山本"), label("誤報かもしれません", "May be a false alarm")).Action).Form, "text", "")))
			alarm := s.message2(incident.NoticeAlarm, "佐藤")
			s.must(s.reply("佐藤", "carries on", s.press("佐藤", s.button(alarm, label("対応を続ける", "Carry on")).Action)))
			s.must(s.reply("佐藤", "advance", s.say("佐藤", ch, "/incident advance")))
			s.reply("田中", "status", s.say("田中", "", "/incident status"))
			s.reply("鈴木", "status", s.say("鈴木", "", "/incident status"))
			s.must(s.say("佐藤", ch, "/incident assign 鈴木 2"))
			s.message2(incident.NoticeAssigned, "鈴木")
			s.must(s.reply("佐藤", "handover", s.say("佐藤", ch, "/incident handover 鈴木 交代します")))
			s.message2(incident.NoticeHandover, "鈴木")
			s.must(s.say("鈴木", ch, "/incident accept"))
			s.reply("高橋", "may not close", s.say("高橋", ch, "/incident close"))
			s.reply("鈴木", "menu", s.press("鈴木", chat.Action("menu|"+string(id)+"||")))
			s.reply("鈴木", "who", s.say("鈴木", ch, "/incident who"))
			s.reply("鈴木", "doc", s.say("鈴木", ch, "/incident doc"))
			feed, err := s.desk.Feed(context.Background(), s.user("鈴木"), ch)
			if err != nil {
				t.Fatal(err)
			}
			s.heading("the channel: " + feed.Title + " / " + feed.Sub)
			for _, p := range feed.Posts {
				s.tell(p.Time + " " + showCard(p.Card))
			}
			s.must(s.say("鈴木", ch, "/incident dismiss 盗難ではなく、会社に置いてあった"))
			s.message2(incident.NoticeEnded, "高橋")
			s.message2(incident.NoticeReporter, "山本")
			s.must(s.say("鈴木", ch, "/incident reopen 別の場所でも見つからない"))
			s.message2(incident.NoticeReopened, "山本")
			golden(t, "night."+lang, s.out.String())
		})
	}
}
