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

func TestTheReporterSeesTheOwnReportOnly(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "名簿を誤って送った", "personal_data", "yes")
	b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
	b.must(b.say("佐藤", "inc-2026-0001", "内部の検討：懲戒の可能性"))
	b.deliver()
	page, err := b.desk.Incident(ctx, b.user("山本"), string(id))
	if err != nil || page.Full || page.Log != nil || page.Steps != nil || page.Card.Title == "" {
		t.Errorf("%+v %v", page, err)
	}
	feed, err := b.desk.Feed(ctx, b.user("山本"), "inc-2026-0001")
	if err != nil || feed.Pinned == nil {
		t.Fatalf("%+v %v", feed, err)
	}
	seen := showCard(*feed.Pinned) + showCard(page.Card)
	for _, p := range feed.Posts {
		seen += showCard(p.Card)
	}
	for _, line := range []string{"/incident 状況", "/incident 誰", "/incident 報告書", "/incident 訂正", "/incident 訂正 12"} {
		seen += showReply(b.say("山本", "", line))
	}
	if strings.Contains(seen, "懲戒") || strings.Contains(seen, "高橋") {
		t.Errorf("the reporter reads the record:\n%s", seen)
	}
	room, err := b.desk.Room(ctx, b.user("山本"))
	if err != nil || len(room.Reports) != 1 || len(room.Channels) != 0 {
		t.Errorf("%+v %v", room, err)
	}
}

func TestPagesOfACircleMember(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "画面が固まった", "kind", "virus", "business_stopped", "yes")
	room, err := b.desk.Room(ctx, b.user("佐藤"))
	if err != nil || len(room.Channels) != 1 || !room.Channels[0].Waiting || room.NowText != "2026年11月22日（日） 02:00" || room.Me.Name != "佐藤 美咲" {
		t.Fatalf("%+v %v", room, err)
	}
	b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
	b.must(b.say("佐藤", "", "/incident level 2 業務が止まった"))
	b.must(b.say("佐藤", "", "/incident 記録 一行目"))
	b.must(b.say("佐藤", "", "/incident undo"))
	page, err := b.desk.Incident(ctx, b.user("佐藤"), string(id))
	if err != nil || !page.Full {
		t.Fatal(err)
	}
	if len(page.Steps) == 0 || len(page.Fields) == 0 || len(page.Log) < 10 || len(page.Messages) == 0 || len(page.People) < 3 || len(page.Reports) != 4 || len(page.History) != 1 {
		t.Errorf("%d steps %d fields %d log %d messages %d people", len(page.Steps), len(page.Fields), len(page.Log), len(page.Messages), len(page.People))
	}
	if at := slices.IndexFunc(page.Log, func(l desk.LogRow) bool { return l.Undone != "" && l.Text == "一行目" }); at < 0 {
		t.Error("the entry taken back is not marked, or gone")
	}
	if room, _ := b.desk.Room(ctx, b.user("佐藤")); room.Channels[0].Waiting {
		t.Error("still waits after the answer")
	}
	list, err := b.desk.List(ctx, b.user("小林"), "")
	if err != nil || len(list.Rows) != 1 {
		t.Errorf("the auditor's list: %+v %v", list, err)
	}
	contacts, err := b.desk.Contacts(ctx, b.user("山本"))
	if err != nil || len(contacts.Rows) < 10 {
		t.Errorf("%d contacts, %v", len(contacts.Rows), err)
	}
	if _, err := b.desk.Contacts(ctx, "web:nobody"); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("a stranger sees the contacts: %v", err)
	}
}

// The page tells what was done in the words of the table that was in force, not of the one that a
// higher level brought.
func TestThePageKeepsTheWordsOfADoneStep(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "名簿を誤って送った", "kind", "misdelivery")
	b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
	b.must(b.say("佐藤", "", "/incident level 2 社外に出た"))
	before := b.page("佐藤", id)
	b.must(b.say("佐藤", "", "/incident level 3 お客様に届いた"))
	after := b.page("佐藤", id)
	if before.Steps[0].Text == after.Steps[0].Text {
		t.Fatalf("the level does not change the words: %s", after.Steps[0].Text)
	}
	for i, was := range before.Log {
		if got := after.Log[i].Text; got != was.Text {
			t.Errorf("entry %d was %q, and is %q at the higher level", was.Seq, was.Text, got)
		}
	}
}

// Neither does it tell of deadlines as changed whose dates stayed.
func TestThePageTellsOfNoChangedDeadlineWithItsOldDate(t *testing.T) {
	b, id := lawful(t, "ja", nil)
	b.do("佐藤", id, incident.SetFacts{Facts: incident.Facts{incident.FactPersonalData: incident.Yes, incident.FactWrongfulPurpose: incident.Yes}})
	b.do("佐藤", id, incident.SetFacts{Facts: incident.Facts{incident.FactEntrusted: incident.No}})
	log := b.page("佐藤", id).Log
	last := log[len(log)-1].Text
	if !strings.Contains(last, "「いいえ」") || strings.Contains(last, "変わった期限") {
		t.Errorf("after an answer that moves no date: %s", last)
	}
}

// A card is shown anew whenever something changes. When it was sent is when the person had it first.
func TestAMessageWasSentWhenItArrivedFirst(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "名簿を誤って送った", "kind", "misdelivery")
	was := b.message(incident.NoticeReporter, "山本")
	b.clock.move(74 * time.Minute)
	b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
	if now := b.message(incident.NoticeReporter, "山本"); now.ID != was.ID || !now.LastSent.After(was.LastSent) {
		t.Fatalf("the card was not shown anew: %+v", now)
	}
	rows := b.page("佐藤", id).Messages
	at := slices.IndexFunc(rows, func(r desk.MessageRow) bool { return strings.HasPrefix(r.To, "山本") })
	if at < 0 || rows[at].State != "02:00に送りました" {
		t.Errorf("%+v", rows)
	}
}

// The list comes page by page, newest first, and leaves nothing out; beside every view stand
// a hundred open incidents at most, and a word that there are more.
func TestTheListComesPageByPage(t *testing.T) {
	b := newBench(t, "ja")
	const reports = 125
	for n := range reports {
		b.report("山本", fmt.Sprintf("画面が固まった %d", n))
	}
	var seen []string
	for before, pages := "", 1; ; pages++ {
		list, err := b.desk.List(ctx, b.user("佐藤"), before)
		if err != nil || (list.First != "") != (before != "") {
			t.Fatalf("after %q: %q, %v", before, list.First, err)
		}
		for _, row := range list.Rows {
			seen = append(seen, row.ID)
		}
		next, found := strings.CutPrefix(list.Next, "/incidents?before=")
		if !found {
			if pages != 3 {
				t.Errorf("%d pages, want 3", pages)
			}
			break
		}
		before = next
	}
	if len(seen) != reports || !slices.IsSortedFunc(seen, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("%d incidents: %v", len(seen), seen)
	}
	room, err := b.desk.Room(ctx, b.user("佐藤"))
	if err != nil || len(room.Channels) != 100 || !room.More {
		t.Errorf("%d places, more: %v, %v", len(room.Channels), room.More, err)
	}
	// Whoever does not see an incident cannot go on behind it, either.
	if _, err := b.desk.List(ctx, b.user("中村"), "INC-2026-0007"); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("an outsider goes on behind an incident: %v", err)
	}
	if list, err := b.desk.List(ctx, b.user("中村"), ""); err != nil || len(list.Rows) != 0 {
		t.Errorf("an outsider's list: %+v, %v", list.Rows, err)
	}
	// A number alone is found among all of them.
	if reply := b.say("佐藤", "", "/incident 状況 7"); !strings.Contains(showReply(reply), "INC-2026-0007") {
		t.Errorf("number 7: %s", showReply(reply))
	}
}

// A report that leaves the house is numbered in the record; without news it is the same version.
func TestDownloadsAreNumbered(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "画面が固まった")
	for range 2 {
		d, err := b.desk.Download(ctx, b.user("佐藤"), string(id), desk.KindReport, "docx")
		if err != nil || d.Name != "INC-2026-0001-report-v1.docx" || len(d.Body) == 0 {
			t.Fatalf("%+v %v", d, err)
		}
	}
	b.must(b.say("佐藤", "", "/incident 記録 新しいこと"))
	if d, err := b.desk.Download(ctx, b.user("佐藤"), string(id), desk.KindReport, "md"); err != nil || d.Name != "INC-2026-0001-report-v2.md" {
		t.Fatalf("%+v %v", d, err)
	}
	// The auditor reads what there is.
	if d, err := b.desk.Download(ctx, b.user("小林"), string(id), desk.KindReport, "md"); err != nil || d.Name != "INC-2026-0001-report-v2.md" {
		t.Fatalf("%+v %v", d, err)
	}
	for _, bad := range []string{"exe", "../md", ""} {
		if _, err := b.desk.Download(ctx, b.user("佐藤"), string(id), desk.KindReport, bad); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	// The summary for a handover is of the moment: it has no number and leaves no entry.
	before := b.incident(id)
	if d, err := b.desk.Download(ctx, b.user("佐藤"), string(id), desk.KindHandover, "pdf"); err != nil || d.Name != "INC-2026-0001-handover-v2.pdf" {
		t.Fatalf("%+v %v", d, err)
	}
	if after := b.incident(id); after.Seq != before.Seq {
		t.Errorf("%d entries were %d before the handover summary", after.Seq, before.Seq)
	}
	if _, err := b.desk.Download(ctx, b.user("佐藤"), string(id), "letter", "pdf"); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("an unknown document: %v", err)
	}
	for _, kind := range []desk.Kind{desk.KindReport, desk.KindHandover} {
		if _, err := b.desk.Download(ctx, b.user("山本"), string(id), kind, "md"); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("the reporter downloads the %s: %v", kind, err)
		}
	}
}

func TestChannelNames(t *testing.T) {
	b := newBench(t, "ja")
	if c := b.desk.Channel("INC-2026-0001"); c != "inc-2026-0001" {
		t.Error(c)
	}
	for channel, want := range map[string]bool{"inc-2026-0001": true, "#inc-2026-0001": true, "trn-2026-12345": true, "general": false, "inc-2026-1": false, "": false} {
		if _, ok := b.desk.OfChannel(channel); ok != want {
			t.Errorf("%q: %v", channel, ok)
		}
	}
}
