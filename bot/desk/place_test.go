package desk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// kept records what became of an incident's channel, as the courier does.
func (b *bench) kept(id incident.ID, kept workflows.PlaceKept) {
	b.t.Helper()
	b.deliver()
	change := workflows.Change{At: b.clock.Now(), Messages: []incident.Notice{incident.PlaceNotice(b.incident(id))}}
	if err := b.store.Write(ctx, func(tx workflows.Tx) error { return tx.Save(ctx, change) }); err != nil {
		b.t.Fatal(err)
	}
	list, err := b.store.ClaimMessages(ctx, b.clock.Now(), "test", time.Minute, 10, false)
	if err != nil || len(list) != 1 {
		b.t.Fatal(err, len(list))
	}
	res := workflows.Sent{OK: true, At: b.clock.Now(), Frontend: "slack", Message: kept.ID}
	if err := b.service.RecordPlace(ctx, list[0], "test", kept, res); err != nil {
		b.t.Fatal(err)
	}
}

func TestWhoIsNotInTheChannelIsSaid(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			s := &tale{bench: newBench(t, lang)}
			id := s.report("山本", "名簿を誤送信した", "kind", "misdelivery")
			none := func(p chat.Problem) {
				t.Helper()
				s.kept(id, workflows.PlaceKept{Problem: string(p)})
				c := s.card(incident.NoticeAbsent, "佐藤")
				s.heading("no channel: " + string(p))
				s.tell(showCard(c))
			}
			none(chat.ProblemForbidden)
			none(chat.ProblemRefused)
			none("a_problem_of_tomorrow")
			var missing []workflows.PlaceMissing
			for i, why := range []chat.Problem{chat.ProblemGuest, chat.ProblemGone, chat.ProblemOutside, chat.ProblemRefused, chat.ProblemForbidden, desk.NotHere} {
				missing = append(missing, workflows.PlaceMissing{Person: s.person([]string{"佐藤", "鈴木", "田中", "高橋", "伊藤", "渡辺"}[i]), Why: string(why)})
			}
			missing = append(missing, workflows.PlaceMissing{Person: "slack:U0GONE", Why: string(chat.ProblemStays)})
			s.kept(id, workflows.PlaceKept{ID: "C1", Missing: missing})
			s.heading("people are missing")
			s.tell(showCard(s.card(incident.NoticeAbsent, "")))
			s.kept(id, workflows.PlaceKept{ID: "C1", Problem: string(chat.ProblemStays)})
			s.heading("somebody stays")
			s.tell(showCard(s.card(incident.NoticeAbsent, "")))
			s.kept(id, workflows.PlaceKept{ID: "C1", Problem: string(chat.ProblemCategory)})
			s.heading("made elsewhere")
			s.tell(showCard(s.card(incident.NoticeAbsent, "")))
			s.kept(id, workflows.PlaceKept{ID: "C1", Problem: string(chat.ProblemStays), Missing: []workflows.PlaceMissing{
				{Person: s.person("小林"), Why: string(chat.ProblemSeesAll)},
			}})
			s.heading("somebody who was left out administers the server")
			s.tell(showCard(s.card(incident.NoticeAbsent, "")))
			s.kept(id, workflows.PlaceKept{ID: "C1"})
			s.heading("all is well again")
			s.tell(showCard(s.card(incident.NoticeAbsent, "")))
			golden(t, "absent."+lang, s.out.String())
		})
	}
}

func TestNobodyElseIsToldOfTheChannel(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "名簿を誤送信した", "kind", "misdelivery")
	b.kept(id, workflows.PlaceKept{Problem: string(chat.ProblemForbidden)})
	for _, kind := range []incident.NoticeKind{incident.NoticeAbsent, incident.NoticeReport} {
		for _, who := range []string{"山本", "中村"} {
			m := workflows.Message{Notice: incident.Notice{Key: "x", Kind: kind, Incident: id, To: b.person(who)}}
			if c, err := b.desk.Card(ctx, m); !errors.Is(err, workflows.ErrNotFound) {
				t.Errorf("%s is told: %v\n%s", who, err, showCard(c))
			}
		}
	}
	if c, err := b.desk.Card(ctx, workflows.Message{Notice: incident.PlaceNotice(b.incident(id))}); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("%v\n%s", err, showCard(c))
	}
}

func TestTheReportIsBroughtToTheChannel(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "名簿を誤送信した", "kind", "misdelivery")
	b.do("佐藤", id, incident.Take{})
	line := "/incident 報告書 " + string(id)
	if text := showReply(b.say("佐藤", "", line)); strings.Contains(text, "チャンネルに送る") {
		t.Errorf("where there are no channels:\n%s", text)
	}
	if r := b.press("佐藤", chat.Action("share|"+string(id)+"||pdf")); r.Accepted {
		t.Errorf("shared where there are no channels:\n%s", showReply(r))
	}
	b.with(func(c *desk.Config) { c.Places = true })
	b.deliver()
	card := b.say("佐藤", "", line).Cards[0]
	word := b.button(card, "チャンネルに送る（Word）")
	for _, who := range []string{"山本", "中村", "小林", "slack:U0STRANGER"} {
		if b.incident(id).InCircle(incident.PersonID(strings.TrimPrefix(string(b.user(who)), "web:"))) {
			t.Fatalf("%s belongs to the circle", who)
		}
		if r := b.press(who, word.Action); r.Accepted {
			t.Errorf("%s shares it:\n%s", who, showReply(r))
		}
		if text := showReply(b.say(who, "", line)); strings.Contains(text, "チャンネルに送る") {
			t.Errorf("%s is offered to share it:\n%s", who, text)
		}
	}
	b.must(b.press("佐藤", word.Action))
	b.must(b.press("佐藤", word.Action)) // pressed twice
	b.must(b.press("佐藤", b.button(card, "チャンネルに送る（PDF）").Action))
	var shared []incident.ReportFormat
	for _, m := range b.deliver() {
		if m.Kind == incident.NoticeReport {
			shared = append(shared, m.ReportFormat())
			if c, err := b.desk.Card(ctx, m); err != nil || !strings.Contains(c.Title, string(id)) || m.To != "" {
				t.Errorf("%v %+v", err, c)
			}
		}
	}
	if len(shared) != 2 {
		t.Errorf("shared are %v", shared)
	}
	gone := workflows.Message{Notice: incident.Notice{Key: "report:" + string(id) + ":a9:pdf", Kind: incident.NoticeReport, Incident: id, Seq: 9}}
	if c, err := b.desk.Card(ctx, gone); !errors.Is(err, workflows.ErrSettled) {
		t.Errorf("an overtaken report is brought: %v\n%s", err, showCard(c))
	}
	b.store.down = true
	if r := b.press("佐藤", word.Action); r.Accepted {
		t.Error(showReply(r))
	}
}
