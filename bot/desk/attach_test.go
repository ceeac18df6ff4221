package desk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

type chosen struct {
	name string
	body io.Reader
}

func text(name, body string) chosen { return chosen{name, strings.NewReader(body)} }

// these are files as a front end hands them on; fault ends them.
func these(fault error, files ...chosen) chat.Files {
	return func(yield func(chat.File, error) bool) {
		for _, f := range files {
			if !yield(chat.File{Input: "file", Name: f.name, Body: f.body}, nil) {
				return
			}
		}
		if fault != nil {
			yield(chat.File{}, fault)
		}
	}
}

func (b *bench) attach(name string, id incident.ID, files chat.Files, where ...string) chat.Reply {
	b.t.Helper()
	f := b.say(name, "", "/incident "+string(id)+" ファイル").Form
	if f == nil {
		b.t.Fatalf("%s has no form to attach", name)
	}
	values := chat.Values{}
	for i, w := range where {
		values[f.Inputs[i].Name] = w
	}
	return b.ask(chat.Request{Kind: chat.Submitted, From: b.user(name), Name: name, Draft: f.Draft, Values: values, Files: files})
}

// taken is an incident that Yamamoto reported and Sato has taken.
func taken(t *testing.T, lang string) (*bench, incident.ID) {
	b := newBench(t, lang)
	id := b.report("山本", "不審な画面が出た", "kind", "virus")
	b.do("佐藤", id, incident.Take{})
	return b, id
}

func (b *bench) page(name string, id incident.ID) desk.IncidentPage {
	b.t.Helper()
	p, err := b.desk.Incident(ctx, b.user(name), string(id))
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bench) save(name string, id incident.ID, seq string) (desk.FileDownload, string, error) {
	b.t.Helper()
	d, err := b.desk.File(ctx, b.user(name), string(id), seq)
	if err != nil {
		return d, "", err
	}
	defer d.Body.Close()
	body, err := io.ReadAll(d.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return d, string(body), nil
}

func TestAttachingByTheForm(t *testing.T) {
	b, id := taken(t, "ja")
	f := b.press("佐藤", chat.Action("form|"+string(id)+"||attach")).Form
	if f == nil || len(f.Inputs) != 2 || f.Inputs[1].Kind != chat.Upload || !f.Inputs[1].Required || f.Inputs[1].Max != incident.MaxFile {
		t.Fatalf("%+v", f)
	}
	r := b.must(b.attach("佐藤", id, these(nil, text(`C:\証拠\画面.png`, "\x89PNG\r\n\x1a\nx"), text("請求書\u202efdp.js", "alert(1)")), "メールサーバー"))
	shown := showReply(r)
	for _, want := range []string{"2個", "「画面.png」", "「請求書�fdp.js」"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the answer lacks %q:\n%s", want, shown)
		}
	}
	p := b.page("鈴木", id)
	if len(p.Files) != 2 || len(p.Attach) != 2 {
		t.Fatalf("%+v", p.Files)
	}
	row := p.Files[1]
	if row.Name != "請求書�fdp.js" || row.Size != "8 バイト" || !strings.Contains(row.Who, "佐藤") || row.At == "" || row.Where != "メールサーバー" || len(row.SHA256) != 64 || row.Erased != "" {
		t.Errorf("%+v", row)
	}
	d, body, err := b.save("鈴木", id, row.Path[strings.LastIndex(row.Path, "/")+1:])
	if err != nil || body != "alert(1)" || d.Size != 8 || d.Name != "請求書�fdp.js.txt" {
		t.Errorf("%+v %q %v", d, body, err)
	}
	// The entry says it, with the digest, and reads as the record reads.
	records, err := b.store.Records(ctx, id, row.Seq, 1)
	if err != nil || records[0].Event.Kind() != "file_attached" {
		t.Fatal(err)
	}
	if log := p.Log[row.Seq-1].Text; !strings.Contains(log, row.SHA256) || !strings.Contains(log, row.Name) {
		t.Errorf("the record says %q", log)
	}
	for _, secret := range []string{"画面", "請求書", row.SHA256, "メールサーバー", "鈴木"} {
		if strings.Contains(b.log.String(), secret) {
			t.Errorf("the log tells %q: %s", secret, b.log)
		}
	}
	if want := fmt.Sprintf("person=%s incident=%s seq=%d", b.person("鈴木"), id, row.Seq); !strings.Contains(b.log.String(), want) {
		t.Errorf("the download is not in the log (%s): %s", want, b.log)
	}
}

// A file that cannot be taken does not keep the others away, and is named with what to do;
// when none is taken the form comes back with what was typed.
func TestFilesThatAreNotTaken(t *testing.T) {
	b, id := taken(t, "ja")
	r := b.must(b.attach("佐藤", id, these(nil, text("空.txt", ""), text("ログ.txt", "x"), text("検体.exe", "\x7fELF"), text("\u200b", "y"))))
	shown := showReply(r)
	for _, want := range []string{"1個", "「ログ.txt」", "「空.txt」：中身が空", "「検体.exe」：プログラムは", "「名前のないファイル」：", "ファイルを添付する"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the answer lacks %q:\n%s", want, shown)
		}
	}
	large := chosen{"大.bin", io.LimitReader(zeros{}, incident.MaxFile+1)}
	for _, tt := range []struct {
		name  string
		files chat.Files
		says  string
	}{
		{"none", nil, "添付するファイルを選んでください"},
		{"none of ours", func(yield func(chat.File, error) bool) {
			yield(chat.File{Input: "other", Name: "x", Body: strings.NewReader("x")}, nil)
		}, "添付するファイルを選んでください"},
		{"one that is gone", func(yield func(chat.File, error) bool) {
			yield(chat.File{Input: "file", Name: "消えた.png"}, fmt.Errorf("no more: %w", chat.ErrGone))
		}, "「消えた.png」：チャットにもう残っていないため"},
		{"too large", these(nil, large), "25 MB"},
		{"too much at once", these(chat.ErrTooMuch), "何回かに分けて"},
		{"too much in the middle", these(nil, chosen{"a", io.MultiReader(strings.NewReader("x"), iotest.ErrReader(chat.ErrTooMuch))}), "何回かに分けて"},
		{"a broken line", these(nil, chosen{"a", io.MultiReader(strings.NewReader("x"), iotest.ErrReader(errors.New("reset")))}), "通信が途中で切れ"},
	} {
		before := b.incident(id).Seq
		r := b.attach("佐藤", id, tt.files, "元は金庫")
		if r.Accepted || r.Form == nil || !strings.Contains(r.Form.Inputs[1].Error, tt.says) || r.Form.Inputs[0].Value != "元は金庫" || r.Form.Error == "" {
			t.Errorf("%s:\n%s", tt.name, showReply(r))
		}
		if b.incident(id).Seq != before {
			t.Errorf("%s: something was recorded", tt.name)
		}
	}
	r = b.attach("佐藤", id, these(nil, text("a.txt", "x")), strings.Repeat("長", incident.MaxText+1))
	if r.Accepted || r.Form == nil || r.Form.Inputs[0].Error == "" || r.Form.Inputs[1].Error != "" {
		t.Errorf("a place too long:\n%s", showReply(r))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// crammed is a store whose disk is full, or fails.
func (f *failing) PutFile(ctx context.Context, id incident.ID, now time.Time, limit int64, r io.Reader) (workflows.StoredFile, error) {
	switch {
	case f.full:
		return workflows.StoredFile{}, fmt.Errorf("put: %w", workflows.ErrNoRoom)
	case f.down:
		return workflows.StoredFile{}, errDown
	}
	return f.Store.PutFile(ctx, id, now, limit, r)
}

func (f *failing) OpenFile(ctx context.Context, id incident.ID, sha256 string) (io.ReadCloser, int64, error) {
	if sha256 == f.harmed {
		return io.NopCloser(strings.NewReader("z")), 1, nil
	}
	return f.Store.OpenFile(ctx, id, sha256)
}

func TestAFullDiskIsAClearRefusal(t *testing.T) {
	b, id := taken(t, "ja")
	b.store.full = true
	r := b.attach("佐藤", id, these(nil, text("a.txt", "x")), "金庫")
	if r.Accepted || r.Form == nil || !strings.Contains(r.Form.Inputs[1].Error, "空き容量") || r.Form.Inputs[0].Value != "金庫" {
		t.Errorf("%s", showReply(r))
	}
	b.store.full = false
	b.must(b.attach("佐藤", id, these(nil, text("a.txt", "x"))))
}

// The same form sent twice is one file; in a new form the same file is said to be there.
func TestTheSameFileTwice(t *testing.T) {
	b, id := taken(t, "ja")
	f := b.say("佐藤", "", "/incident ファイル").Form
	send := func() chat.Reply {
		return b.must(b.ask(chat.Request{Kind: chat.Submitted, From: b.user("佐藤"), Name: "佐藤", Draft: f.Draft, Files: these(nil, text("a.txt", "x"), text("b.txt", "x"))}))
	}
	send()
	first := b.incident(id).Seq
	send()
	if r := b.must(b.attach("佐藤", id, these(nil, text("b.txt", "x")))); !strings.Contains(showReply(r), "もう添付されています") {
		t.Errorf("%s", showReply(r))
	}
	if in := b.incident(id); in.Seq != first || in.Files != 2 {
		t.Errorf("%d files, %d entries after %d", in.Files, in.Seq, first)
	}
}

// A reporter gives what he has, gets it back, and learns nothing of any other file.
func TestAReporterAttaches(t *testing.T) {
	b, id := taken(t, "ja")
	b.must(b.attach("佐藤", id, these(nil, text("社内調査の結果.txt", "x"))))
	button := b.button(b.page("山本", id).Card, "ファイルを添付する")
	f := b.press("山本", button.Action).Form
	if f == nil || len(f.Inputs) != 1 || f.Inputs[0].Kind != chat.Upload {
		t.Fatalf("%+v", f)
	}
	r := b.must(b.attach("山本", id, these(nil, text("私の画面.png", "\x89PNG\r\n\x1a\n"))))
	if shown := showReply(r); !strings.Contains(shown, "私の画面.png") || strings.Contains(shown, "記録") {
		t.Errorf("%s", shown)
	}
	p := b.page("山本", id)
	if p.Full || len(p.Files) != 1 || p.Files[0].Name != "私の画面.png" || p.Attach != nil {
		t.Fatalf("%+v", p.Files)
	}
	if _, body, err := b.save("山本", id, fmt.Sprint(p.Files[0].Seq)); err != nil || body != "\x89PNG\r\n\x1a\n" {
		t.Errorf("%q %v", body, err)
	}
	all := b.page("佐藤", id).Files
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	for _, seq := range []string{fmt.Sprint(all[0].Seq), "1", "0", "-1", "01", "x", "", "99999999999999999999"} {
		if _, _, err := b.save("山本", id, seq); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("entry %q: %v", seq, err)
		}
	}
	if seen := b.everything("山本", id); strings.Contains(seen, "社内調査の結果") {
		t.Error("the reporter sees another's file")
	}
	b.do("佐藤", id, incident.Restrict{Exclude: []incident.PersonID{b.person("山本")}, Reason: "本人に関わる"})
	if _, _, err := b.save("山本", id, fmt.Sprint(p.Files[0].Seq)); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("left out meanwhile: %v", err)
	}
	if r := b.press("山本", button.Action); r.Form != nil {
		t.Error("left out, he has the form")
	}
}

// The auditor reads and adds nothing; whoever has nothing to do with it learns nothing.
func TestOthersDoNotAttach(t *testing.T) {
	b, id := taken(t, "ja")
	b.must(b.attach("佐藤", id, these(nil, text("a.txt", "x"))))
	p := b.page("小林", id)
	if len(p.Files) != 1 || p.Attach != nil {
		t.Errorf("%+v", p.Files)
	}
	if _, _, err := b.save("小林", id, fmt.Sprint(p.Files[0].Seq)); err != nil {
		t.Error(err)
	}
	for name, says := range map[string]string{"小林": "関係者", "中村": "見つかりません"} {
		r := b.press(name, chat.Action("form|"+string(id)+"||attach"))
		if r.Form != nil || !strings.Contains(showReply(r), says) {
			t.Errorf("%s:\n%s", name, showReply(r))
		}
		r = b.ask(chat.Request{Kind: chat.Submitted, From: b.user(name), Name: name, Draft: "attach|" + string(id) + "||abcdefghijklmnop", Files: these(nil, chosen{"a", unread{t}})})
		if r.Accepted {
			t.Errorf("%s attached:\n%s", name, showReply(r))
		}
	}
}

// unread are the bytes of somebody who may not send any.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the bytes were read")
	return 0, io.EOF
}

func TestErasedAndHarmedFiles(t *testing.T) {
	b, id := taken(t, "ja")
	b.must(b.attach("佐藤", id, these(nil, text("消す.txt", "x"), text("荒れる.txt", "y"))))
	rows := b.page("佐藤", id).Files
	if err := b.store.EraseFile(ctx, id, rows[0].SHA256, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.store.harmed = rows[1].SHA256
	rows = b.page("佐藤", id).Files
	if rows[0].Path != "" || !strings.Contains(rows[0].Erased, "消去済み") || rows[0].Name != "消す.txt" {
		t.Errorf("%+v", rows[0])
	}
	if _, _, err := b.save("佐藤", id, fmt.Sprint(rows[0].Seq)); !errors.Is(err, workflows.ErrNotFound) {
		t.Error(err)
	}
	if _, _, err := b.save("佐藤", id, fmt.Sprint(rows[1].Seq)); !errors.Is(err, desk.ErrHarmed) || !strings.Contains(b.log.String(), "verify") {
		t.Errorf("%v %s", err, b.log)
	}
}

func TestAttachIsAWord(t *testing.T) {
	b, id := taken(t, "en")
	for _, line := range []string{"/incident attach", "/incident ファイル", "/incident upload", "/attach", "/incident ファイル添付 金庫", "/incident 添付"} {
		r := b.say("佐藤", b.desk.Channel(id), line)
		if r.Form == nil || r.Form.Title != "Attach files" {
			t.Errorf("%s:\n%s", line, showReply(r))
		}
	}
	if r := b.say("山本", "", "/incident attach"); r.Form == nil || len(r.Form.Inputs) != 1 {
		t.Errorf("the reporter:\n%s", showReply(r))
	}
}
