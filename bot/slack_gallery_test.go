package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

func act(word string, id incident.ID, arg string) chat.Action {
	return chat.Action(fmt.Sprintf("%s|%s||%s", word, id, arg))
}

func opens(form string, id incident.ID) chat.Action { return act("form", id, form) }

// leak is a theft at night: from the first line to a false alarm, and on again.
func (g *gallery) leak() {
	g.home("quiet", "伊藤")
	g.reply("which.none", g.say("伊藤", "", "/incident status"))
	g.reply("list.empty", g.say("伊藤", "", "/incident 一覧"))
	away := g.form("away", g.press("伊藤", opens("away", "")))
	g.form("away.refused", g.send("伊藤", away, "from", "2026-12-29", "to", "2026-12-28"))
	empty := g.form("report", g.say("山本", "", "/incident"))
	g.form("report.refused", g.send("山本", empty))
	g.kept = workflows.PlaceKept{ID: "C0INCIDENT", Problem: string(chat.ProblemStays), Missing: []workflows.PlaceMissing{
		{Person: g.person("渡辺"), Why: string(chat.ProblemGuest)}, {Person: g.person("高橋"), Why: string(desk.NotHere)},
		{Person: "slack:U0GONE", Why: string(chat.ProblemStays)},
	}}
	first := g.reply("reported", g.must(g.send("山本", empty, "event", "営業車に置いていたノートPCを盗まれた\nお客様の名簿が入っている", "kind", "theft", "personal_data", "yes")))
	const id, ch = incident.ID("INC-2026-0001"), "inc-2026-0001"
	if got := incident.ID(liveNumber.FindString(first.Cards[0].Title)); got != id {
		g.t.Fatalf("the first incident is %s", got)
	}
	g.notice(incident.NoticeReporter, "first", "山本", id)
	g.notice(incident.NoticeAbsent, "missing", "", id)
	g.kept = workflows.PlaceKept{ID: "C0INCIDENT"}
	g.notice(incident.NoticePage, "open", "佐藤", id)
	page := g.messages(incident.NoticePage, "佐藤", id)[0]
	page.Resent = true
	g.worded("resent", page)
	g.notice(incident.NoticePage, "representative", "田中", id)
	g.notice(incident.NoticeCard, "first", "", id)
	g.home("lead.called", "佐藤")
	g.clock.set(g.clock.Now().Add(7 * time.Minute))
	g.reply("taken", g.must(g.press("佐藤", act("take", id, ""))))
	g.notice(incident.NoticeFeed, "taken", "", id)
	g.notice(incident.NoticePage, "taken", "佐藤", id)
	g.notice(incident.NoticePage, "taken_by_another", "鈴木", id)
	g.unreached("高橋", id)
	g.notice(incident.NoticeUnreached, "", "佐藤", id)
	g.notice(incident.NoticeFeed, "unreached", "", id)
	g.notice(incident.NoticeReporter, "taken", "山本", id)
	g.form("decline", g.press("高橋", opens("decline", id)))
	g.reply("declined", g.must(g.press("高橋", act("decline", id, ""))))
	g.notice(incident.NoticePage, "declined", "高橋", id)
	g.reply("refused.missing", g.say("佐藤", ch, "/incident advance"))
	g.reply("level", g.must(g.say("佐藤", ch, "/incident level 3 名簿に個人情報がある")))
	g.reply("noted", g.must(g.say("佐藤", ch, "/incident note 2:03 警察に電話した")))
	g.notice(incident.NoticeFeed, "note", "", id)
	g.reply("asked", g.must(g.say("佐藤", ch, "/incident ask パスワードはかかっていましたか")))
	g.notice(incident.NoticeQuestion, "open", "山本", id)
	g.notice(incident.NoticeReporter, "asked", "山本", id)
	g.home("reporter", "山本")
	g.form("inform", g.press("山本", opens("inform", id)))
	g.form("detail", g.press("山本", opens("detail", id)))
	g.form("alarm", g.press("山本", opens("alarm", id)))
	g.form("attach", g.press("山本", opens("attach", id)))
	g.reply("informed", g.must(g.send("山本", g.press("山本", opens("inform", id)).Form, "text", "かかっていました")))
	g.notice(incident.NoticeFeed, "informed", "", id)
	g.notice(incident.NoticeQuestion, "answered", "山本", id)
	g.reply("false_alarm", g.must(g.send("山本", g.press("山本", opens("alarm", id)).Form)))
	g.notice(incident.NoticeAlarm, "", "佐藤", id)
	g.must(g.press("佐藤", act("continue", id, "")))
	g.audited("鈴木", workflows.FindingTimer, id)
	g.audited("鈴木", workflows.FindingOverdue, "")
	for _, mark := range []string{"on", "off"} {
		out, err := g.service.Compromise(context.Background(), "mark "+mark, g.person("鈴木"), "mail", mark == "on", workflows.DoorConsole)
		if err != nil || !out.Accepted() {
			g.t.Fatalf("%+v, %v", out, err)
		}
		g.notice(incident.NoticeCompromised, mark, "佐藤", "")
	}
	g.reply("advanced", g.must(g.say("佐藤", ch, "/incident advance")))
	g.notice(incident.NoticeCard, "containment", "", id)
	g.must(g.say("佐藤", ch, "/incident assign 鈴木 2"))
	g.notice(incident.NoticeAssigned, "", "鈴木", id)
	g.reply("handover", g.must(g.say("佐藤", ch, "/incident handover 鈴木 交代します")))
	g.notice(incident.NoticeHandover, "open", "鈴木", id)
	g.unanswered(id)
	g.notice(incident.NoticeWaited, "open", "佐藤", id)
	g.home("lead", "鈴木")
	g.home("manager", "田中")
	g.reply("status.representative", g.say("田中", "", "/incident status"))
	g.reply("status.reporter", g.say("山本", "", "/incident status"))
	g.must(g.say("鈴木", ch, "/incident accept"))
	g.notice(incident.NoticeHandover, "over", "鈴木", id)
	g.notice(incident.NoticeWaited, "over", "佐藤", id)
	g.reply("refused.not_allowed", g.say("高橋", ch, "/incident close"))
	g.reply("menu", g.press("鈴木", act("menu", id, "")))
	g.reply("who", g.say("鈴木", ch, "/incident who"))
	g.reply("reports.draft", g.say("鈴木", ch, "/incident doc"))
	g.forms(id)
	g.notice(incident.NoticeReport, "draft", "", g.shared(id))
	g.must(g.say("鈴木", ch, "/incident dismiss 盗難ではなく、会社に置いてあった"))
	g.notice(incident.NoticeEnded, "dismissed", "高橋", id)
	g.notice(incident.NoticeReporter, "dismissed", "山本", id)
	g.notice(incident.NoticeAbsent, "nobody", "", id)
	g.notice(incident.NoticeCard, "dismissed", "", id)
	g.form("reopen", g.press("鈴木", opens("reopen", id)))
	g.form("reopen.refused", g.send("鈴木", g.press("鈴木", opens("reopen", id)).Form))
	g.must(g.say("鈴木", ch, "/incident reopen 別の場所でも見つからない"))
	g.notice(incident.NoticeReopened, "reporter", "山本", id)
	g.notice(incident.NoticeReopened, "responder", "高橋", id)
	g.must(g.say("鈴木", ch, "/incident dismiss 倉庫で見つかった"))
}

// unreached has the only means fail by which somebody was called.
func (g *gallery) unreached(name string, id incident.ID) {
	g.t.Helper()
	in, err := g.store.Incident(context.Background(), id)
	if err != nil {
		g.t.Fatal(err)
	}
	page, _ := in.Page(g.person(name))
	out, err := g.service.Do(context.Background(), workflows.Command{
		Key: "unreached", Incident: id, Bot: true, Source: incident.FromTimer,
		Do: incident.FailMeans{Person: page.Person, Page: page.Seq, Means: incident.ByChat, Why: incident.TroubleUnreachable},
	})
	if err != nil || !out.Did("unreached") {
		g.t.Fatalf("%+v, %v", out, err)
	}
}

// unanswered has the wait run out for the answer to an offer of the lead.
func (g *gallery) unanswered(id incident.ID) {
	g.t.Helper()
	g.clock.set(g.clock.Now().Add(5 * time.Minute))
	out, err := g.service.Do(context.Background(), workflows.Command{
		Key: "unanswered", Incident: id, Bot: true, Source: incident.FromTimer, Do: incident.PassOffer{Due: g.clock.Now()},
	})
	if err != nil || !out.Did("handover_waited") {
		g.t.Fatalf("%+v, %v", out, err)
	}
}

// audited shows what the auditor tells somebody of a finding.
func (g *gallery) audited(name string, kind workflows.FindingKind, id incident.ID) {
	g.t.Helper()
	day := g.clock.Now().In(incident.Tokyo).Format(time.DateOnly)
	g.worded(string(kind), workflows.Message{Created: g.clock.Now(), Notice: incident.Notice{
		Kind: incident.NoticeAudit, Key: fmt.Sprintf("audit:%s:%s:%s:%s", kind, id, day, g.person(name)), Incident: id, To: g.person(name), Urgent: true, Day: day,
	}})
}

// shared has the report brought to the channel.
func (g *gallery) shared(id incident.ID) incident.ID {
	g.t.Helper()
	g.reply("shared", g.press("鈴木", act("share", id, "pdf")))
	return id
}

// forms shows every form of those who work on an incident: as it opens, and refused where an
// answer is wrong.
func (g *gallery) forms(id incident.ID) {
	for _, f := range []struct {
		name  string
		wrong []string // input and answer; nil: it is not refused
	}{
		{"note", []string{"text", " ", "occurred", "2030-01-01T00:00"}},
		{"back", []string{"reason", " "}},
		{"dismiss", []string{"reason", " "}},
		{"ask", []string{"text", " "}},
		{"level", []string{"level", "1"}},
		{"category", []string{"reason", " "}},
		{"assign", []string{"person", ""}},
		{"handover", []string{"person", ""}},
		{"step", []string{"step", ""}},
		{"waive", []string{"step", "", "reason", " "}},
		{"correct", []string{"seq", "", "text", " "}},
		{"undo", []string{"seq", ""}},
		{"field", []string{"field", "occurred_at", "value", "きのうの夜"}},
		{"fact", []string{"persons", "千二百くらい"}},
		{"file", []string{"name", " ", "where", " "}},
		{"action", []string{"text", " ", "due", "いつか"}},
		{"merge", []string{"into", "INC-2026-9999"}},
		{"restrict", nil},
	} {
		open := g.form(f.name, g.press("鈴木", opens(f.name, id)))
		if f.wrong == nil {
			continue
		}
		if r := g.send("鈴木", open, f.wrong...); r.Form != nil {
			g.form(f.name+".refused", r)
		} else {
			g.reply("form."+f.name, r)
		}
	}
}

// outage is a damage that nobody answers at first, from a channel that cannot be made to the
// approved report.
func (g *gallery) outage() {
	g.kept = workflows.PlaceKept{Problem: string(chat.ProblemForbidden)}
	id := g.report("中村", "受注システムが動かない", "kind", "service_stop", "business_stopped", "yes", "personal_data", "no")
	ch := g.desk.Channel(id)
	g.notice(incident.NoticeAbsent, "no_channel", "佐藤", id)
	g.kept = workflows.PlaceKept{ID: "C0SECOND"}
	for range 4 {
		g.wait(5 * time.Minute)
	}
	g.notice(incident.NoticePhones, "", "中村", id)
	g.notice(incident.NoticeFeed, "nobody", "", id)
	g.notice(incident.NoticeReporter, "nobody", "中村", id)
	pages := g.messages(incident.NoticePage, "佐藤", id)
	if len(pages) > 1 {
		g.worded("again", pages[0])
	}
	joined := g.messages(incident.NoticePage, "佐藤", id)
	third := g.report("山本", "不審なメールの添付を開いた", "kind", "virus")
	joined = append(joined, g.messages(incident.NoticePage, "佐藤", third)...)
	g.joined("page.joined", joined)
	g.must(g.say("佐藤", "", "/incident take "+string(id)))
	g.must(g.say("佐藤", "", "/incident take "+string(third)))
	g.joined("page.joined_done", joined)
	g.must(g.say("鈴木", ch, "/incident take"))
	g.must(g.say("鈴木", ch, "/incident level 3 取引先にも影響が出た"))
	g.notice(incident.NoticeProposal, "open", "佐藤", id)
	g.notice(incident.NoticeCard, "proposal", "", id)
	g.must(g.send("佐藤", g.press("佐藤", opens("level", id)).Form, "level", "2", "reason", "影響は社内だけ"))
	g.notice(incident.NoticeProposal, "decided", "佐藤", id)
	g.must(g.say("佐藤", ch, "/incident handover 鈴木"))
	g.must(g.press("鈴木", act("refuse", id, "")))
	g.notice(incident.NoticeRefused, "", "佐藤", id)
	g.settle("佐藤", id)
	g.reply("next", g.must(g.say("佐藤", ch, "/incident advance")))
	g.settle("佐藤", id)
	for range 3 {
		g.must(g.say("佐藤", ch, "/incident advance"))
		g.settle("佐藤", id)
	}
	g.notice(incident.NoticeApprove, "open", "佐藤", id)
	g.reply("refused.close", g.say("佐藤", ch, "/incident close"))
	g.form("approve", g.press("佐藤", opens("approve", id)))
	g.form("close", g.press("佐藤", opens("close", id)))
	g.wait(7 * time.Hour) // Sunday, and Monday is 勤労感謝の日: no morning
	g.wait(48 * time.Hour)
	g.digest("佐藤")
	g.reply("list", g.say("佐藤", "", "/incident list"))
	g.must(g.send("佐藤", g.say("佐藤", ch, "/incident action 監視を入れる").Form, "owner", "鈴木", "due", "2026/12/25"))
	g.must(g.send("佐藤", g.press("佐藤", opens("approve", id)).Form))
	g.notice(incident.NoticeApprove, "done", "佐藤", id)
	g.must(g.say("鈴木", ch, "/incident field cause 不明 調べても分からなかった"))
	g.notice(incident.NoticeVoided, "", "佐藤", id)
	g.must(g.say("佐藤", ch, "/incident approve 確認した"))
	g.must(g.say("佐藤", ch, "/incident note 書き間違い"))
	g.must(g.say("佐藤", ch, "/incident undo 間違えた"))
	g.notice(incident.NoticeFeed, "undone", "", id)
	for _, s := range g.incident(id).Steps {
		if !s.Settled() && !s.Former {
			g.do("佐藤", id, incident.Waive{Step: s.Key, Reason: "当てはまらない"})
		}
	}
	if g.incident(id).Approval == nil {
		g.must(g.say("佐藤", ch, "/incident approve 確認した"))
	}
	g.reply("closed", g.must(g.say("佐藤", ch, "/incident close")))
	g.notice(incident.NoticeReport, "final", "", id)
	g.notice(incident.NoticeEnded, "closed", "鈴木", id)
	g.notice(incident.NoticeEnded, "closed.reporter", "中村", id)
	g.notice(incident.NoticeHead, "", "小林", id)
	g.notice(incident.NoticeReporter, "closed", "中村", id)
	g.notice(incident.NoticeCard, "closed", "", id)
	g.reply("menu.ended", g.press("鈴木", act("menu", id, "")))
	g.reply("reports", g.say("佐藤", ch, "/incident doc"))
	g.reply("refused.ended", g.say("佐藤", ch, "/incident advance"))

	second := g.report("山本", "受注システムにつながらない", "kind", "service_stop")
	g.must(g.press("佐藤", act("take", second, "")))
	g.must(g.send("佐藤", g.press("佐藤", opens("merge", second)).Form, "into", string(third)))
	g.notice(incident.NoticeEnded, "merged", "山本", second)
	g.notice(incident.NoticeReporter, "merged", "山本", second)
	near := g.report("渡辺", "宛先を間違えたが、送る前に気付いた", "kind", "near_miss", "personal_data", "no")
	g.notice(incident.NoticePage, "quiet", "鈴木", near)
	g.notice(incident.NoticeReporter, "near_miss", "渡辺", near)
}

func (g *gallery) joined(name string, list []workflows.Message) {
	g.t.Helper()
	card, err := g.desk.JoinedCard(context.Background(), list)
	if err != nil {
		g.t.Fatal(err)
	}
	g.message("notice."+name, card)
}

// digest shows the newest morning's overview.
func (g *gallery) digest(name string) {
	g.t.Helper()
	list := g.messages(incident.NoticeDigest, name, "")
	today := list[len(list)-1]
	g.worded("today", today)
	today.Day, today.Key = "2026-11-20", "digest:past"
	g.worded("past", today)
}

// questions are the answers to what is typed: words that look, and lines that leave a doubt.
func (g *gallery) questions() {
	g.reply("help", g.say("山本", "", "/incident help"))
	g.reply("contacts", g.say("山本", "", "/incident contacts"))
	g.reply("web", g.say("佐藤", "", "/incident web"))
	g.reply("ask.almost", g.say("山本", "", "/incident ヘルブ"))
	g.reply("ask.loose", g.say("山本", "", "パソコンの調子がおかしい"))
	g.reply("ask.unknown", g.say("山本", "", "/foo パソコンの調子がおかしい"))
	g.must(g.say("中村", "", "/incident 画面が固まった"))
	g.reply("same_again", g.say("中村", "", "/incident 画面が固まった"))
	g.reply("which", g.say("佐藤", "", "/incident note 電話した"))
	g.reply("refused.unknown", g.say("佐藤", "", "/incident status INC-2026-0999"))
	g.reply("outdated", g.press("佐藤", "gone||"))
	g.home("stranger", "森")
	stranger := g.reply("reported.stranger", g.must(g.say("森", "", "/incident 不審なメールを開いた")))
	id := incident.ID(liveNumber.FindString(stranger.Cards[0].Title))
	g.notice(incident.NoticePage, "stranger", "鈴木", id)
	g.reply("refused.stranger", g.say("森", "", "/incident 連絡先"))
	quote := chat.Quote{
		For: chat.ForReport, Text: "取引先から、身に覚えのない請求書が届いたと電話がありました", From: g.user("伊藤"), Name: "伊藤 大輔",
		At: g.clock.Now().Add(-time.Hour), Link: "https://example.slack.com/archives/C1/p1", Files: []string{"請求書.pdf"},
	}
	g.form("report.quoted", g.ask("山本", chat.Request{Kind: chat.Quoted, Quote: &quote}))
	quote.For = chat.ForNote
	g.reply("quote.which", g.ask("佐藤", chat.Request{Kind: chat.Quoted, Quote: &quote}))
	g.reply("quote.noted", g.must(g.ask("佐藤", chat.Request{Kind: chat.Quoted, Quote: &quote, Channel: g.desk.Channel(id)})))
	if card, ok := g.desk.Emergency(g.user("山本")); ok {
		g.message("reply.emergency", card)
	}
	g.faulty()
}

// faulty is what is said while the database does not answer.
func (g *gallery) faulty() {
	g.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := chat.Request{ID: "slack:down", Kind: chat.Said, From: g.user("佐藤"), Name: "佐藤", Text: "/incident 社用PCを置き忘れた", At: g.clock.Now()}
	g.reply("fault", g.desk.Handle(ctx, r))
}

// TestSlackIsSentWhatItTakes: five hundred open incidents and two hundred people fit on a Home
// tab, in a message and in a form, and what is left out can be reached.
func TestSlackIsSentWhatItTakes(t *testing.T) {
	t.Parallel()
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	for i := len(rows); i < 200; i++ {
		rows = append(rows, contact.Row{
			Name: fmt.Sprintf("社員 %03d", i), Department: "営業部", Phone: fmt.Sprintf("090-1111-%04d", i), Email: fmt.Sprintf("e%03d@example.co.jp", i),
			Role: incident.DepartmentLead, Order: 1,
		})
	}
	g := newGallery(t, "ja", rows)
	for i := range 500 {
		g.do("山本", "", incident.Report{Text: fmt.Sprintf("%d件目：社用PCを電車に置き忘れた。中にお客様の名簿がある", i+1), What: incident.KindLoss})
	}
	g.home("lead.many", "佐藤")
	g.home("reporter.many", "山本")
	g.reply("list.many", g.say("佐藤", "", "/incident list"))
	g.reply("contacts.many", g.say("佐藤", "", "/incident contacts"))
	g.whole("contacts.many")
	g.reply("which.many", g.say("佐藤", "", "/incident note 電話した"))
	const id = incident.ID("INC-2026-0500")
	g.form("assign.many", g.press("佐藤", opens("assign", id)))
	g.form("merge.many", g.press("佐藤", opens("merge", id)))
	var calls []workflows.Message
	for _, n := range []int{500, 499, 1} {
		calls = append(calls, g.messages(incident.NoticePage, "佐藤", incident.ID(fmt.Sprintf("INC-2026-%04d", n)))...)
	}
	g.joined("page.joined.few", calls)
	g.reply("calls.many", g.press("佐藤", act("calls", "", "")))
	g.compareAs("many", func(string) bool { return true })
}

// whole presses [続きを見る] on the last answer, and looks at the window that opens.
func (g *gallery) whole(name string) {
	g.t.Helper()
	g.viewer.Press("general", "/続きを見る|Show more/", "")
	g.viewer.Wait("the whole of "+name, func() bool { return g.viewer.Modal() != nil })
	g.window("whole."+name, g.viewer.Modal())
}
