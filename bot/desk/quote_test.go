package desk_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

const quoteLink = "https://example.slack.com/archives/C1/p1"

func quote(q chat.Quote) *chat.Quote {
	if q.Link == "" {
		q.Link = quoteLink
	}
	if q.At.IsZero() {
		q.At = time.Date(2026, 11, 22, 1, 30, 0, 0, incident.Tokyo)
	}
	return &q
}

func (b *bench) quote(name, channel, id string, q *chat.Quote) chat.Reply {
	return b.ask(chat.Request{ID: id, Kind: chat.Quoted, From: b.user(name), Name: name, Channel: channel, Quote: q})
}

// sendQuoted sends a form that a quote opened, as a front end does.
func (b *bench) sendQuoted(name string, f *chat.Form, q *chat.Quote, files chat.Files, event string) chat.Reply {
	b.t.Helper()
	values := chat.Values{}
	for _, i := range f.Inputs {
		values[i.Name] = i.Value
	}
	values["event"] = event
	return b.ask(chat.Request{Kind: chat.Submitted, From: b.user(name), Name: name, Draft: f.Draft, Values: values, Files: files, Quote: q})
}

func files(list ...chat.File) chat.Files {
	return func(yield func(chat.File, error) bool) {
		for _, f := range list {
			var err error
			if f.Body == nil {
				err = chat.ErrGone
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

func quotedFile(name, body string) chat.File {
	return chat.File{Input: chat.QuotedFile, Name: name, Body: strings.NewReader(body)}
}

func (b *bench) records(id incident.ID) []incident.Record {
	b.t.Helper()
	list, err := b.store.Records(ctx, id, 1, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func (b *bench) notes(id incident.ID) (notes []incident.NoteAdded, at []incident.Record) {
	for _, r := range b.records(id) {
		if n, ok := r.Event.(incident.NoteAdded); ok {
			notes, at = append(notes, n), append(at, r)
		}
	}
	return notes, at
}

func TestAQuotedMessageIsReported(t *testing.T) {
	b := newBench(t, "ja")
	q := quote(chat.Quote{For: chat.ForReport, Text: "変なメールを開いてしまった", From: "slack:U0HANAKO01", Name: "派遣 花子", Files: []string{"a.png", "b.txt"}})
	b.store.down = true // the form needs no database
	f := b.quote("山本", "", "", q).Form
	b.store.down = false
	if f == nil || f.Inputs[0].Value != q.Text || !strings.Contains(f.Intro, "派遣 花子") || !strings.Contains(f.Intro, "01:30") && !strings.Contains(f.Intro, "1時30分") || !strings.Contains(f.Intro, "a.png") {
		t.Fatalf("%+v", f)
	}
	send := func() chat.Reply {
		return b.sendQuoted("山本", f, q, files(quotedFile("a.png", "\x89PNG\r\n\x1a\n…"), quotedFile("b.exe", ""), chat.File{Input: "file", Name: "other", Body: strings.NewReader("x")}), q.Text)
	}
	b.store.down = true
	if r := send(); r.Accepted || r.Form == nil || r.Form.Draft != f.Draft {
		t.Fatalf("while the database is down:\n%s", showReply(r))
	}
	b.store.down = false
	r := b.must(send())
	if text := showReply(r); !strings.Contains(text, "「a.png」") || !strings.Contains(text, "b.exe") || !strings.Contains(text, "添付できなかったもの") {
		t.Errorf("the answer does not say what became of the files:\n%s", text)
	}
	const id = incident.ID("INC-2026-0001")
	report := b.records(id)[0].Event.(incident.ReportReceived).Text.Body
	if !strings.HasPrefix(report, q.Text+"\n\n") || !strings.Contains(report, "派遣 花子") || !strings.HasSuffix(report, "\n"+quoteLink) {
		t.Errorf("reported is %q", report)
	}
	seq := b.incident(id).Seq
	b.must(send()) // delivered again
	if in := b.incident(id); in.Seq != seq || len(in.Evidence) != 1 {
		t.Errorf("delivered again: %d entries after %d, %d files", in.Seq, seq, len(in.Evidence))
	}
	if ids, err := b.store.AllIDs(ctx); err != nil || len(ids) != 1 {
		t.Errorf("%v %v", ids, err)
	}
}

// A report is never kept away by a file of the message that it is about: one that is gone from
// the chat is named, and the others are there.
func TestAFileThatIsGoneDoesNotHoldAReport(t *testing.T) {
	b := newBench(t, "ja")
	for n, bodies := range [][]string{{"", "x"}, {""}} {
		q := quote(chat.Quote{For: chat.ForReport, Text: "変なメールを開いてしまった" + strconv.Itoa(n), Files: []string{"a.png"}})
		list := []chat.File{{Input: chat.QuotedFile, Name: "a.png"}}
		if len(bodies) > 1 {
			q.Files = append(q.Files, "b.txt")
			list = append(list, quotedFile("b.txt", bodies[1]))
		}
		f := b.quote("山本", "", "quote"+strconv.Itoa(n), q).Form
		text := showReply(b.must(b.sendQuoted("山本", f, q, files(list...), q.Text)))
		if !strings.Contains(text, "「a.png」：チャットにもう残っていないため") || strings.Contains(text, "「b.txt」") != (len(bodies) > 1) || strings.Contains(text, "通信が途中で") {
			t.Errorf("%s", text)
		}
		if in := b.incident(incident.ID("INC-2026-000" + strconv.Itoa(n+1))); len(in.Evidence) != len(bodies)-1 {
			t.Errorf("%d files", len(in.Evidence))
		}
	}
}

func TestALongQuoteIsKeptWhole(t *testing.T) {
	b := newBench(t, "ja")
	text := strings.Repeat("長いメッセージ。", 5000) + "おわり" // 40,003 characters
	q := quote(chat.Quote{For: chat.ForReport, Text: text, Files: []string{"lost.png"}})
	f := b.quote("山本", "", "", q).Form
	if f.Inputs[0].Value != text {
		t.Error("the form has not the whole text")
	}
	clipped := string([]rune(text)[:3000])
	r := b.must(b.sendQuoted("山本", f, q, nil, clipped))
	if !strings.Contains(showReply(r), "lost.png") {
		t.Errorf("nothing is said of the file that did not come:\n%s", showReply(r))
	}
	whole := ""
	for _, r := range b.records("INC-2026-0001") {
		if e, ok := r.Event.(incident.Informed); ok {
			whole += e.Text.Body
			if !r.Occurred.Equal(q.At) {
				t.Errorf("occurred at %s", r.Occurred)
			}
		}
	}
	if !strings.HasSuffix(whole, text) {
		t.Errorf("of %d characters %d are kept", len(text), len(whole))
	}

	// Reported again within minutes: he is asked, and the quote is not lost meanwhile.
	f = b.quote("山本", "", "", q).Form
	same := b.sendQuoted("山本", f, q, nil, clipped)
	if same.Accepted {
		t.Fatal(showReply(same))
	}
	b.must(b.press("山本", b.button(same.Cards[0], "別の件として報告する").Action))
	var report string
	informed := 0
	for _, r := range b.records("INC-2026-0002") {
		switch e := r.Event.(type) {
		case incident.ReportReceived:
			report = e.Text.Body
		case incident.Informed:
			informed++
		}
	}
	if !strings.HasSuffix(report, quoteLink) || informed == 0 {
		t.Errorf("%d additions, %q", informed, report[max(0, len(report)-200):])
	}
}

func TestAQuotedMessageIsRecorded(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "画面が固まった")
	b.do("佐藤", id, incident.Take{})
	b.contacts("name,department,role,phone,email,slack_id\n派遣 花子,営業部,,,hanako@example.co.jp,U0HANAKO01\n")
	q := quote(chat.Quote{For: chat.ForNote, Text: "サーバーを止めました", From: "slack:U0HANAKO01", Name: "hanako", Files: []string{"log.txt"}})
	r := b.must(b.quote("佐藤", b.desk.Channel(id), "pin-1", q))
	b.must(b.quote("鈴木", b.desk.Channel(id), "pin-1", q)) // a second 📌 on the same message
	notes, at := b.notes(id)
	if len(notes) != 1 || !at[0].Occurred.Equal(q.At) {
		t.Fatalf("%+v", notes)
	}
	if body := notes[0].Text.Body; body != "派遣 花子さんのメッセージ：サーバーを止めました\n付いていたファイル：「log.txt」\n"+quoteLink {
		t.Errorf("recorded is %q", body)
	}
	if x := b.button(r.Cards[0], "ファイルを添付する"); b.press("佐藤", x.Action).Form == nil {
		t.Error("the button attaches nothing")
	}
	own := quote(chat.Quote{For: chat.ForNote, Text: "復旧しました", From: b.user("佐藤"), Name: "佐藤", Link: "javascript:alert(1)"})
	b.must(b.quote("佐藤", b.desk.Channel(id), "pin-2", own))
	if notes, _ := b.notes(id); notes[1].Text.Body != "復旧しました" {
		t.Errorf("the own message is %q", notes[1].Text.Body)
	}
	for _, who := range []string{"中村", "slack:U0STRANGER"} {
		r := b.quote(who, b.desk.Channel(id), "pin-1", q)
		if text := showReply(r); r.Accepted || strings.Contains(text, "画面が固まった") {
			t.Errorf("%s records in it, or reads of it:\n%s", who, text)
		}
	}
	if r := b.ask(chat.Request{Kind: chat.Quoted, From: b.user("佐藤")}); r.Accepted || r.Cards[0].Key != "notice:outdated" {
		t.Error(showReply(r))
	}
}

func TestAQuoteElsewhereIsAskedAbout(t *testing.T) {
	b := newBench(t, "ja")
	q := quote(chat.Quote{For: chat.ForNote, Text: "<!channel> {word} 倉庫で\u202e見つけた", From: "slack:U0HANAKO01", Name: "hanako\nevil"})
	if r := b.quote("佐藤", "", "s1", q); r.Accepted || !strings.Contains(showReply(r), "対応中の件がありません") {
		t.Error(showReply(r))
	}
	for i := range 12 {
		b.report("山本", fmt.Sprintf("画面が固まった %d", i))
		b.clock.move(time.Second)
	}
	hidden := b.report("山本", "秘密の件", "exclude", string(b.person("佐藤")))
	r := b.quote("佐藤", "", "s1", q)
	if n := len(buttonsOf(r.Cards[0])); r.Accepted || n != 10 || strings.Contains(showReply(r), string(hidden)) || strings.Contains(showReply(r), "\u202e") {
		t.Fatalf("%d choices:\n%s", n, showReply(r))
	}
	choice := b.button(r.Cards[0], "INC-2026-0012").Action
	for range 2 {
		b.must(b.press("佐藤", choice))
	}
	b.must(b.press("佐藤", b.button(b.quote("佐藤", "", "s1", q).Cards[0], "INC-2026-0012").Action)) // pointed at again
	notes, at := b.notes("INC-2026-0012")
	if len(notes) != 1 || !at[0].Occurred.Equal(q.At) || !strings.HasPrefix(notes[0].Text.Body, "hanako evilさん（連絡先にない人）のメッセージ：") {
		t.Errorf("%+v", notes)
	}
	if r := b.press("鈴木", choice); r.Accepted {
		t.Errorf("another records the line:\n%s", showReply(r))
	}
	forged := chat.Action(strings.Replace(string(choice), "INC-2026-0012", string(hidden), 1))
	if r := b.press("佐藤", forged); r.Accepted || strings.Contains(showReply(r), "秘密の件") {
		t.Errorf("recorded where he is left out:\n%s", showReply(r))
	}
	// Who only reported adds to the own report.
	mine := b.press("山本", b.button(b.quote("山本", "", "s2", q).Cards[0], "INC-2026-0012").Action)
	b.must(mine)
	if text := showReply(mine); strings.Contains(text, "記録1") {
		t.Errorf("the reporter reads the record:\n%s", text)
	}
	if r := b.quote("slack:U0STRANGER", "", "s3", q); r.Accepted || len(buttonsOf(r.Cards[0])) > 2 || strings.Contains(showReply(r), "INC-") {
		t.Errorf("a stranger is asked:\n%s", showReply(r))
	}
	b.store.down = true
	if r := b.quote("佐藤", "", "s4", q); r.Accepted || !strings.Contains(showReply(r), "倉庫で") || !strings.Contains(b.log.String(), errDown.Error()) || strings.Contains(b.log.String(), "倉庫") {
		t.Errorf("%s\n%s", showReply(r), b.log)
	}
}
