package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/chat/chattest"
	"hikeshi/bot/desk"
	"hikeshi/bot/web"
)

// taker is a desk that reads the files it is sent, or not.
type taker struct {
	*fakeDesk
	reads bool
	took  []string // name=size, or the error that ended them
}

func (d *taker) Handle(ctx context.Context, r chat.Request) chat.Reply {
	if r.Kind != chat.Submitted {
		return d.fakeDesk.Handle(ctx, r)
	}
	d.set(func() { d.requests = append(d.requests, r) })
	if !d.reads || r.Files == nil {
		return chat.Reply{Accepted: true}
	}
	for f, err := range r.Files {
		if err == nil {
			_, err = io.Copy(io.Discard, f.Body)
		}
		if err != nil {
			d.took = append(d.took, map[bool]string{true: "too much", false: "broken"}[errors.Is(err, chat.ErrTooMuch)])
			break
		}
		d.took = append(d.took, f.Name)
	}
	return chat.Reply{Accepted: true}
}

func openTaker(t *testing.T, reads bool) (*room, *taker) {
	d := &taker{fakeDesk: newFakeDesk(), reads: reads}
	r := openRoom(t, func(c *web.Config) { c.Desk = d })
	return r, d
}

func (g *guest) upload(v url.Values, files ...chattest.ChosenFile) (int, string) {
	g.t.Helper()
	kind, body := multiform(v, "v.file", files...)
	status, _, answer := g.do(http.MethodPost, "/submit", body, "Content-Type", kind)
	return status, answer
}

// A form with files has the guards of every other, and none of its bytes reaches the desk
// before they are passed.
func TestUploadsAreGuarded(t *testing.T) {
	r, d := openTaker(t, true)
	g := r.guest(t, suzuki)
	picture := chattest.ChosenFile{Name: "a.png", Bytes: []byte("x")}
	ok := func() url.Values { return url.Values{"csrf": {g.token}, "draft": {"attach|||x"}, "back": {"/"}} }
	for _, c := range []struct {
		name string
		want int
		do   func() (int, string)
	}{
		{"our own page", http.StatusSeeOther, func() (int, string) { return g.upload(ok(), picture) }},
		{"without the token", http.StatusForbidden, func() (int, string) { return g.upload(url.Values{"draft": {"x"}}, picture) }},
		{"with another's token", http.StatusForbidden, func() (int, string) {
			v := ok()
			v.Set("csrf", r.guest(t, suzuki).token)
			return g.upload(v, picture)
		}},
		{"the token behind the file", http.StatusForbidden, func() (int, string) {
			kind, files := multiform(nil, "v.file", picture)
			_, token := multiform(url.Values{"csrf": {g.token}}, "")
			body := strings.TrimSuffix(files, files[strings.LastIndex(files, "\r\n--"):]) + "\r\n" + token
			status, _, answer := g.do(http.MethodPost, "/submit", body, "Content-Type", kind)
			return status, answer
		}},
		{"from another site", http.StatusForbidden, func() (int, string) {
			kind, body := multiform(ok(), "v.file", picture)
			status, _, answer := g.do(http.MethodPost, "/submit", body, "Content-Type", kind, "Sec-Fetch-Site", "cross-site")
			return status, answer
		}},
		{"a stranger", http.StatusForbidden, func() (int, string) { return r.guest(t, "").upload(ok(), picture) }},
		{"too much typed", http.StatusRequestEntityTooLarge, func() (int, string) {
			v := ok()
			v.Set("v.where", strings.Repeat("あ", 1<<20))
			return g.upload(v, picture)
		}},
		{"no boundary", http.StatusBadRequest, func() (int, string) {
			status, _, answer := g.do(http.MethodPost, "/submit", "x", "Content-Type", "multipart/form-data")
			return status, answer
		}},
		{"no end", http.StatusBadRequest, func() (int, string) {
			kind, body := multiform(ok(), "v.file")
			status, _, answer := g.do(http.MethodPost, "/submit", body[:60], "Content-Type", kind)
			return status, answer
		}},
		{"a line that takes only typed forms", http.StatusForbidden, func() (int, string) {
			kind, body := multiform(ok(), "v.file", picture)
			status, _, answer := g.do(http.MethodPost, "/say", body, "Content-Type", kind)
			return status, answer
		}},
	} {
		before := len(d.seen())
		status, answer := c.do()
		if status != c.want {
			t.Errorf("%s: %d, want %d", c.name, status, c.want)
		}
		if done := len(d.seen()) > before; done != (c.want == http.StatusSeeOther) {
			t.Errorf("%s: carried out: %v", c.name, done)
		}
		if c.want != http.StatusSeeOther && !strings.Contains(answer, "。") {
			t.Errorf("%s: no sentence for people: %.200s", c.name, answer)
		}
	}
	if len(d.took) != 1 || d.took[0] != "a.png" {
		t.Errorf("took %q", d.took)
	}
}

// Names come as they were, whatever a browser does to them on the way.
func TestUploadedNamesComeAsTheyWere(t *testing.T) {
	r, d := openTaker(t, true)
	g := r.guest(t, suzuki)
	names := []string{`C:\報告\画面.png`, `a"b.png`, "\u202efdp.exe", "../../x", "a\nb", "長" + strings.Repeat("い", 300)}
	for _, n := range names {
		g.upload(url.Values{"csrf": {g.token}, "draft": {"d"}}, chattest.ChosenFile{Name: n, Bytes: []byte("x")})
	}
	if strings.Join(d.took, "|") != strings.Join(names, "|") {
		t.Errorf("took %q, want %q", d.took, names)
	}
}

// More than is taken at once is refused before it is read where its length is said, and cut
// off where it is not; the answer arrives all the same.
func TestTooMuchAtOnce(t *testing.T) {
	r, d := openTaker(t, true)
	g := r.guest(t, suzuki)
	kind, head := multiform(url.Values{"csrf": {g.token}, "draft": {"d"}, "back": {"/"}}, "v.file", chattest.ChosenFile{Name: "big.bin"})
	head = head[:strings.LastIndex(head, "\r\n--")]
	send := func(length int64) (int, string) {
		body := io.MultiReader(strings.NewReader(head), io.LimitReader(zeros{}, 110<<20))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL+"/submit", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Expect", "100-continue")
		req.ContentLength = length
		res, err := g.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	g.client.Transport = &http.Transport{ExpectContinueTimeout: time.Minute}
	if status, body := send(int64(len(head)) + 110<<20); status != http.StatusRequestEntityTooLarge || !strings.Contains(body, "100 MB") {
		t.Errorf("said to be too long: %d %.300s", status, body)
	}
	if len(d.seen()) != 0 {
		t.Error("it reached the desk")
	}
	if status, _ := send(-1); status != http.StatusSeeOther || len(d.took) != 1 || d.took[0] != "too much" {
		t.Errorf("too long without saying so: %d, took %q", status, d.took)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A desk that does not want the files is answered for all the same.
func TestFilesThatNobodyReads(t *testing.T) {
	r, d := openTaker(t, false)
	g := r.guest(t, suzuki)
	status, _ := g.upload(url.Values{"csrf": {g.token}, "draft": {"d"}, "back": {"/"}}, chattest.ChosenFile{Name: "a", Bytes: bytes.Repeat([]byte("x"), 3<<20)})
	if status != http.StatusSeeOther || len(d.seen()) != 1 {
		t.Errorf("%d, %d requests", status, len(d.seen()))
	}
}

// What is handed out is bytes to save, whatever it is.
func TestADownloadedFileIsOnlyBytes(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	status, h, body := g.do(http.MethodGet, "/incidents/"+incidentID+"/files/7", "")
	if status != http.StatusOK || body != "<script>alert(1)</script>" {
		t.Fatalf("%d %q", status, body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Content-Length": "25",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if err != nil || kind != "attachment" || params["filename"] != trickyName {
		t.Errorf("%q is read as %s %q, %v", h.Get("Content-Disposition"), kind, params, err)
	}
}

// To an outsider a file does not exist, nor to somebody who is left out meanwhile.
func TestAFileIsForTheCircle(t *testing.T) {
	r := openRoom(t)
	path := "/incidents/" + incidentID + "/files/7"
	g := r.guest(t, nakamura)
	if status, body := g.get(path); status != http.StatusNotFound {
		t.Errorf("an outsider is told: %d %.300s", status, body)
	}
	for _, p := range []string{"/incidents/" + incidentID + "/files/9", "/incidents/" + incidentID + "/files/", "/incidents/x/files/7", path + "/x"} {
		if status, _ := r.guest(t, suzuki).get(p); status != http.StatusNotFound {
			t.Errorf("%s: %d", p, status)
		}
	}
	mine := r.guest(t, suzuki)
	if status, _ := mine.get(path); status != http.StatusOK {
		t.Fatal(status)
	}
	r.desk.set(func() { r.desk.barred[suzuki] = true })
	if status, _ := mine.get(path); status != http.StatusNotFound {
		t.Errorf("left out meanwhile: %d", status)
	}
	if status, _ := r.guest(t, "").get(path); status == http.StatusNotFound || status == http.StatusInternalServerError {
		t.Errorf("a stranger: %d", status)
	}
}

func TestAHarmedFileIsSaidSo(t *testing.T) {
	r := openRoom(t)
	status, body := r.guest(t, sato).get("/incidents/" + incidentID + "/files/8")
	if status != http.StatusInternalServerError || !strings.Contains(body, texts.Say("ja", "web.error.harmed")) {
		t.Errorf("%d %.500s", status, body)
	}
}

// stingy is a desk whose file ends too early.
type stingy struct{ *fakeDesk }

func (s stingy) File(context.Context, chat.UserID, string, string) (desk.FileDownload, error) {
	return desk.FileDownload{Name: "a", Size: 100, Body: io.NopCloser(io.MultiReader(strings.NewReader("half"), broken{}))}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk failed") }

// Half a file is never taken for the whole.
func TestHalfADownloadIsNone(t *testing.T) {
	r := openRoom(t, func(c *web.Config) { c.Desk = stingy{newFakeDesk()} })
	g := r.guest(t, sato)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL+"/incidents/"+incidentID+"/files/7", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := g.client.Do(req)
	if err == nil {
		defer res.Body.Close()
		_, err = io.ReadAll(res.Body)
	}
	if err == nil {
		t.Error("half a file arrived without an error")
	}
}
