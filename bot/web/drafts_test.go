package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	devtools "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
)

const (
	draftsPath = "/incidents/" + incidentID + "/drafts"
	draftPath  = draftsPath + "/ppc-preliminary"
)

func draftFiles(kind string) []desk.Link {
	return []desk.Link{{Label: "Wordで保存", Path: draftsPath + "/" + kind + ".docx"}, {Label: "mdで保存", Path: draftsPath + "/" + kind + ".md"}}
}

func (d *fakeDesk) DraftList(ctx context.Context, who chat.UserID, id string) (desk.DraftsPage, error) {
	room, err := d.Room(ctx, who)
	if err != nil || id != incidentID || !d.in(who) {
		return desk.DraftsPage{}, errors.Join(err, errNotFound)
	}
	return desk.DraftsPage{
		Room: room, ID: id, Title: "社用PCを電車に置き忘れた", Incident: "/incidents/" + id,
		Advice: "日付は、確かめた資料をもとに計算した目安で、法律上の助言ではありません。",
		Groups: []desk.DraftGroup{
			{Heading: "期限が動いているもの", Rows: []desk.DraftRow{{
				Kind: "ppc-preliminary", Name: "個人情報保護委員会への報告（速報）", Page: draftPath, Files: draftFiles("ppc-preliminary"),
				Whom:  "個人情報保護委員会の報告フォーム https://www.ppc.go.jp/personalinfo/legal/leakAction/ （項目ごとに写して送り、受付番号を控える）",
				Clock: "個人情報保護委員会への速報", Mark: "目安まであと2日、期限まであと4日", Until: "目安 2026年11月24日（火）、期限 2026年11月26日（木）\n担当：佐藤 美咲さん",
				Tally: "記入済み 13、不明 11、要記入 19",
			}}},
			{Heading: "必要なときに使うもの", Rows: []desk.DraftRow{{
				Kind: "press", Name: "報道発表の文", Page: draftsPath + "/press", Files: draftFiles("press"), Whom: "報道機関、会社のホームページ（代表取締役の承認を得てから）", Tally: "記入済み 2、不明 1、要記入 6",
			}}},
		},
	}, nil
}

// courseText is what must be copied exactly as it is.
const courseText = "2026年11月22日（日） 01:45　社用PCを電車に置き忘れた\n2026年11月22日（日） 01:50　<b>JR</b> の忘れ物センターに電話「受付は\"朝5時\"から」\n\n　字下げした行"

func (d *fakeDesk) DraftCopy(ctx context.Context, who chat.UserID, id, kind string) (desk.DraftPage, error) {
	room, err := d.Room(ctx, who)
	if err != nil || id != incidentID || !d.in(who) || kind != "ppc-preliminary" {
		return desk.DraftPage{}, errors.Join(err, errNotFound)
	}
	d.mu.Lock()
	persons := d.persons
	d.mu.Unlock()
	return desk.DraftPage{
		Room: room, ID: id, Title: "社用PCを電車に置き忘れた", Name: "個人情報保護委員会への報告（速報）", Banner: []string{"訓練", "下書き", "社外秘"},
		Hints:  []chat.Pair{{Label: "出し先", Value: "個人情報保護委員会の報告フォーム https://www.ppc.go.jp/personalinfo/legal/leakAction/ （項目ごとに写して送り、受付番号を控える）"}, {Label: "いつまで", Value: "目安：2026年11月24日（火）\n期限：2026年11月26日（木）"}},
		Notes:  []string{"記録から作った下書きです。事実と合っているか、必ず人が確かめてから使ってください。", "送ったあとは、受付番号と送った日を記録してください。"},
		Clock:  []chat.Item{{Mark: "期限まであと4日", Text: "個人情報保護委員会への速報", Small: "担当：佐藤 美咲さん", Buttons: []chat.Button{{Label: "届出済みにする", Action: "form|filed"}}}},
		Advice: "日付は目安で、法律上の助言ではありません。", Files: draftFiles(kind), Incident: "/incidents/" + id, All: draftsPath,
		Parts: []desk.DraftPart{
			{Heading: "1 概要", Fields: []desk.DraftField{
				{N: "1/4", Order: 1, Heading: "発覚日［P］", Text: "2026年11月22日（日） 01:45", State: "記入済み", Known: true},
				{N: "2/4", Order: 2, Heading: "事実経過［P］", Text: courseText, State: "記入済み", Known: true},
			}},
			{Heading: "3 本人の数", Fields: []desk.DraftField{
				{N: "3/4", Order: 3, Heading: "本人の数［P］", Text: persons, State: "不明", Known: false},
				{N: "4/4", Order: 4, Heading: "公表文［G 要確認］", State: "要記入", Ask: "公表した、または公表する文を貼る"},
			}},
		},
	}, nil
}

func (d *fakeDesk) DraftFile(_ context.Context, who chat.UserID, id, kind, format string) (desk.Download, error) {
	if id != incidentID || !d.in(who) || kind != "ppc-preliminary" || !slices.Contains(desk.DraftFormats, format) {
		return desk.Download{}, errNotFound
	}
	types := map[string]string{"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "md": "text/markdown; charset=utf-8"}
	return desk.Download{Name: id + "-" + kind + "." + format, Type: types[format], Body: []byte("<script>alert(1)</script>")}, nil
}

func TestTheDraftsAreReadByWhomTheyAreFor(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	_, page := g.get(draftsPath)
	for _, want := range []string{
		`<h1>下書き</h1>`, `<a href="` + draftPath + `">個人情報保護委員会への報告（速報）</a>`, "目安まであと2日、期限まであと4日", "記入済み 13、不明 11、要記入 19",
		`href="` + draftPath + `.docx" download>`, `href="` + draftPath + `.md" download>`, "期限はありません",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	_, page = g.get(draftPath)
	at := 0
	for _, want := range []string{"1/4", "発覚日［P］", "コピー", "記入済み", "2/4", "事実経過［P］", "&lt;b&gt;JR", "3/4", "本人の数［P］", "不明", "4/4", "公表文［G 要確認］", "要記入", "公表した、または公表する文を貼る", "写すものはありません"} {
		next := strings.Index(page[at:], want)
		if next < 0 {
			t.Fatalf("%q is missing on the copy page, or out of order", want)
		}
		at += next
	}
	if n := strings.Count(page, `data-copy="text-`); n != 3 {
		t.Errorf("%d fields can be copied, want 3: an empty one has nothing to copy", n)
	}
	for _, path := range []string{draftsPath, draftPath} {
		status, h, body := g.do(http.MethodGet, path, "")
		if status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/html") || h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("%s: %d %v", path, status, h)
		}
		if m := regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\son[a-z]+="|\sstyle="|(?:src|href)="(?:https?:)?//`).FindString(body); m != "" {
			t.Errorf("%s: something inline or from elsewhere: %s", path, m)
		}
	}
	for format, media := range map[string]string{"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "md": "text/markdown; charset=utf-8"} {
		status, h, _ := g.do(http.MethodGet, draftPath+"."+format, "")
		if status != http.StatusOK || h.Get("Content-Type") != media || h.Get("Content-Disposition") != "attachment; filename="+incidentID+"-ppc-preliminary."+format || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", format, status, h)
		}
	}
	// No word about whether there is such an incident, such a draft, such a format.
	random := regexp.MustCompile(`name="line" value="[^"]+"`)
	missing := func(g *guest, path string) string {
		t.Helper()
		status, body := g.get(path)
		if status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
		return random.ReplaceAllString(body, "")
	}
	for _, who := range []chat.UserID{yamamoto, nakamura} {
		out := r.guest(t, who)
		want := missing(out, "/incidents/TRN-2026-9999/nothing/here")
		for _, path := range []string{draftsPath, draftPath, draftPath + ".docx", draftPath + ".md", draftsPath + "/no-such", "/incidents/TRN-2026-9999/drafts", "/incidents/TRN-2026-9999/drafts/press"} {
			if missing(out, path) != want {
				t.Errorf("%s: %s differs from what does not exist", who, path)
			}
		}
	}
	for _, path := range []string{draftsPath + "/no-such", draftPath + ".exe", draftPath + ".", draftPath + ".docx.md"} {
		missing(g, path)
	}
	r.desk.set(func() { r.desk.barred[suzuki] = true })
	for _, path := range []string{draftsPath, draftPath, draftPath + ".docx"} {
		missing(g, path)
	}
}

// tries are the ways in which a browser lets a page copy: by the clipboard, by the selection, and
// not at all.
func TestAFieldIsCopied(t *testing.T) {
	r := openRoom(t)
	ctx := browser(t)
	p := r.sitDown(ctx, t, suzuki, wide)
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		allow := devtools.SetPermissionParams{Permission: &devtools.PermissionDescriptor{Name: name}, Setting: devtools.PermissionSettingGranted, Origin: r.URL, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID}
		if _, err := chromedp.Call(p.ctx, devtools.SetPermission, allow); err != nil {
			t.Fatal(err)
		}
	}
	p.open(draftPath)
	p.until(`document.querySelector("#copied") !== null && typeof tellCopied === "function"`)
	// By keyboard: the button is reached by Tab from the heading of its part, and Enter presses it.
	p.js(`document.querySelector('[data-copy="text-1"]').focus()`)
	p.do(chromedp.KeyEvent("\t"))
	if at := ask[string](p, `document.activeElement.dataset.copy ?? document.activeElement.outerHTML`); at != "text-2" {
		t.Fatalf("Tab leads to %s", at)
	}
	p.do(chromedp.KeyEvent("\r"))
	p.untilText("#copied", "コピーしました：事実経過［P］")
	if live := ask[string](p, `document.querySelector("#copied").getAttribute("aria-live") + " " + document.querySelector("#copied").getAttribute("role")`); live != "polite status" {
		t.Errorf("what was copied is told by %s", live)
	}
	if got := ask[string](p, `navigator.clipboard.readText()`); got != courseText {
		t.Errorf("copied was %q, want %q", got, courseText)
	}
	if marks := ask[string](p, `[...document.querySelectorAll(".copied-mark")].map(m => m.hidden ? "-" : m.innerText).join(" ")`); marks != "- コピーしました -" {
		t.Errorf("the marks are %q", marks)
	}

	// What changed meanwhile is brought up to date without losing what was copied so far.
	r.desk.set(func() { r.desk.persons = "1,200人" })
	r.desk.changed(incidentID)
	p.untilText("#text-3", "1,200人")
	if ask[bool](p, `document.querySelectorAll(".copied-mark")[1].hidden`) {
		t.Error("the mark of what was copied is gone")
	}

	// Without the clipboard the text is copied by the selection, or left selected.
	p.js(`Object.defineProperty(navigator, "clipboard", {value: undefined, configurable: true})`)
	for _, way := range []struct{ allowed, said string }{{"true", "コピーしました：発覚日［P］"}, {"false", "選択しました"}} {
		p.js(`document.execCommand = () => ` + way.allowed)
		p.js(`getSelection().removeAllRanges()`)
		p.js(`document.querySelector('[data-copy="text-1"]').click()`)
		p.untilText("#copied", way.said)
		if got := ask[string](p, `getSelection().toString()`); got != "2026年11月22日（日） 01:45" {
			t.Errorf("selected is %q", got)
		}
	}
}

func TestTheDraftPagesCanBeReadByEverybody(t *testing.T) {
	r := openRoom(t)
	ctx := browser(t)
	for _, width := range []int64{wide, narrow} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			p := r.sitDown(ctx, t, suzuki, width)
			for _, page := range []struct{ name, path, ready string }{{"drafts", draftsPath, "#drafts table"}, {"draft", draftPath, "#text-1"}} {
				p.open(page.path)
				p.until(fmt.Sprintf("document.querySelector(%q)", page.ready))
				p.check(page.name, width)
			}
			p.js(`document.querySelector('[data-copy="text-1"]').click()`)
			p.untilText("#copied", "発覚日")
			p.check("draft-copied", width)
		})
	}
}
