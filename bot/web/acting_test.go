package web_test

import (
	"net/http"
	"strings"
	"testing"

	"hikeshi/bot/chat"
)

func last(t *testing.T, d *fakeDesk) chat.Request {
	t.Helper()
	all := d.seen()
	if len(all) == 0 {
		t.Fatal("nothing reached the desk")
	}
	return all[len(all)-1]
}

func TestTheSameThingTwiceHasOneKey(t *testing.T) {
	r := openRoom(t)
	a, b := r.guest(t, suzuki), r.guest(t, suzuki)
	other := r.guest(t, sato)
	key := func(g *guest, path string, pairs ...string) string {
		t.Helper()
		if status, _ := g.script(path, append(pairs, "c", channel)...); status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		return last(t, r.desk).ID
	}
	for _, c := range []struct {
		name      string
		got, want string
		same      bool
	}{
		{"a line sent again", key(a, "/say", "text", "x", "line", "1"), key(a, "/say", "text", "x", "line", "1"), true},
		{"the same words as a new line", key(a, "/say", "text", "x", "line", "1"), key(a, "/say", "text", "x", "line", "2"), false},
		{"an edited line", key(a, "/say", "text", "x", "line", "1"), key(a, "/say", "text", "y", "line", "1"), false},
		{"somebody else's line of the same ID", key(a, "/say", "text", "x", "line", "1"), key(other, "/say", "text", "x", "line", "1"), false},
		{"a button, in two windows", key(a, "/press", "action", "take|1"), key(b, "/press", "action", "take|1"), true},
		{"another button", key(a, "/press", "action", "take|1"), key(a, "/press", "action", "take|2"), false},
		{"the same button, somebody else", key(a, "/press", "action", "take|1"), key(other, "/press", "action", "take|1"), false},
		{"a form sent again, corrected", key(a, "/submit", "draft", "d", "v.text", "x"), key(a, "/submit", "draft", "d", "v.text", "y"), true},
		{"another form", key(a, "/submit", "draft", "d"), key(a, "/submit", "draft", "e"), false},
	} {
		if (c.got == c.want) != c.same {
			t.Errorf("%s: %s and %s", c.name, c.got, c.want)
		}
	}
}

func TestWhatIsTypedArrivesWhole(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	g.script("/say", "c", channel, "line", "1", "text", " /incident 社用PC\r\n二行目\x00\xff ")
	got := last(t, r.desk)
	if got.Text != "/incident 社用PC\n二行目\uFFFD" || got.Channel != channel || got.From != suzuki || got.Name != "鈴木 健太" || got.Kind != chat.Said || !got.At.Equal(r.desk.now) {
		t.Errorf("%+v", got)
	}
	g.script("/submit", "draft", "every|||draft-2", "v.any", "", "v.any", "p-01", "v.any", "p-03", "v.none", "", "v.lines", "a\r\nb, c", "other", "x")
	got = last(t, r.desk)
	if got.Values["any"] != "p-01,p-03" || got.Values["lines"] != "a\nb, c" || len(got.Values) != 3 || got.Draft != "every|||draft-2" {
		t.Errorf("%+v", got)
	}
	if none, ok := got.Values["none"]; !ok || none != "" {
		t.Error("a question with nothing ticked is missing")
	}
	before := len(r.desk.seen())
	g.script("/say", "c", channel, "line", "9", "text", " 　\n")
	if len(r.desk.seen()) != before {
		t.Error("an empty line reached the desk")
	}
}

// Without the script: every form posts, and every answer is a page.
func TestEverythingWorksWithoutTheScript(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, yamamoto)
	_, body := g.post("/say", "text", "/incident", "line", "1", "back", "/")
	if !strings.Contains(body, `name="draft" value="report|||draft-1"`) || !strings.Contains(body, "<html") {
		t.Fatalf("no page with the form: %.400s", body)
	}
	status, body := g.post("/submit", "draft", "report|||draft-1", "v.text", " ", "v.discovered_at", "2026-11-21T23:00")
	for _, want := range []string{`aria-invalid="true"`, "ひとことでも", `value="2026-11-21T23:00"`, `aria-describedby="in-text-error in-text-hint"`} {
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("the refused form lacks %q", want)
		}
	}
	if status, _ := g.post("/submit", "draft", "report|||draft-1", "v.text", "鍵をなくした", "back", "/incidents"); status != http.StatusSeeOther {
		t.Error("an accepted form:", status)
	}
	_, page := g.get("/incidents")
	if !strings.Contains(page, "受け付けました") || !strings.Contains(page, "鍵をなくした") {
		t.Error("the next page does not show the answer")
	}
	if _, page := g.get("/incidents"); strings.Contains(page, "受け付けました") {
		t.Error("the answer is shown twice")
	}

	_, body = g.post("/confirm", "action", "close|1", "question", "よろしいですか。<b>", "label", "誤報", "back", "/")
	if !strings.Contains(body, "よろしいですか。&lt;b&gt;") || !strings.Contains(body, `name="action" value="close|1"`) || last(t, r.desk).Kind == chat.Pressed {
		t.Errorf("the question before a button: %.300s", body)
	}
	status, h, _ := g.do(http.MethodPost, "/press", values(g.token, "action", "open|1", "back", "//evil.example/"))
	if status != http.StatusSeeOther || h.Get("Location") != "/?c="+channel {
		t.Errorf("%d to %q", status, h.Get("Location"))
	}
	_, h, _ = g.do(http.MethodPost, "/press", values(g.token, "action", "take|1", "back", "//evil.example/"))
	if h.Get("Location") != "/" {
		t.Errorf("led away to %q", h.Get("Location"))
	}
}

func TestTheScriptGetsParts(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	if _, a := g.script("/say", "text", "/incident だめ", "line", "1", "c", channel); !a.Refused || !strings.Contains(a.Cards, "先へ進めません") || strings.Contains(a.Cards, "<html") {
		t.Errorf("%+v", a)
	}
	if _, a := g.script("/press", "action", "open|1", "c", ""); a.Go != "/?c="+channel || a.Cards != "" {
		t.Errorf("%+v", a)
	}
	if _, page := g.get("/?c=" + channel); !strings.Contains(page, "移動しました") {
		t.Error("the answer was lost on the way to the next page")
	}
	if _, a := g.script("/press", "action", "open|1", "c", channel); a.Go != "" || a.Cards == "" {
		t.Errorf("already there: %+v", a)
	}
}

func TestWhatPeopleTypeIsNeverMarkup(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	const evil = `<img src=x onerror=alert(1)>"'{{.}}`
	g.script("/say", "text", evil, "line", "1", "c", channel)
	_, page := g.get("/?c=" + channel)
	if strings.Contains(page, "<img src=x") || !strings.Contains(page, "&lt;img src=x onerror=alert(1)&gt;&#34;&#39;{{.}}") {
		t.Error("typed text became markup")
	}
	_, a := g.script("/say", "text", "/incident "+evil, "line", "2", "c", channel)
	if strings.Contains(a.Cards, "<img src=x") || !strings.Contains(a.Cards, "&lt;img") {
		t.Errorf("typed text became markup: %s", a.Cards)
	}
}

func TestADraftIsKeptForItsAuthor(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	if status, _ := g.post("/draft", "draft", "report|||d", "v.text", "途中まで"); status != http.StatusNoContent {
		t.Fatal(status)
	}
	if _, body := g.get("/draft?d=report|||d"); !strings.Contains(body, "途中まで") || !strings.Contains(body, "<html") {
		t.Errorf("%.300s", body)
	}
	if status, _ := r.guest(t, sato).get("/draft?d=report|||d"); status != http.StatusNotFound {
		t.Error("another's draft:", status)
	}
}
