package slacktest_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/slack/slacktest"
)

func TestCallsThatFail(t *testing.T) {
	w := slacktest.New(t)
	w.AddUser(slacktest.User{ID: "U1"})
	api := newApp(w)
	say := func() error { _, _, err := api.PostMessage("U1", sl.MsgOptionText("x", false)); return err }
	posted := func() int { return len(w.Person("U1").DMs()) }

	w.Fail("chat.postMessage", 1, slacktest.ServerError)
	w.Fail("chat.postMessage", 1, slacktest.Limited, 7*time.Second)
	w.Fail("chat.postMessage", 1, slacktest.CutBefore)
	var status sl.StatusCodeError
	if err := say(); !errors.As(err, &status) || status.Code != http.StatusInternalServerError {
		t.Errorf("500: %v", err)
	}
	var limited *sl.RateLimitedError
	if err := say(); !errors.As(err, &limited) || limited.RetryAfter != 7*time.Second {
		t.Errorf("429: %v", err)
	}
	if err := say(); err == nil || posted() != 0 {
		t.Errorf("cut before: %v, %d posted", err, posted())
	}
	w.Fail("chat.postMessage", 1, slacktest.CutAfter)
	var called atomic.Int32
	w.After("chat.postMessage", func() { called.Add(1) })
	if err := say(); err == nil || posted() != 1 || called.Load() != 1 {
		t.Errorf("cut after: %v, %d posted, hook called %d times", err, posted(), called.Load())
	}
	w.After("chat.postMessage", nil)
	if err := say(); err != nil || posted() != 2 || called.Load() != 1 {
		t.Errorf("the faults are over: %v", err)
	}
	w.Delay(30 * time.Millisecond)
	start := time.Now()
	if err := say(); err != nil || time.Since(start) < 30*time.Millisecond {
		t.Errorf("no delay: %v", err)
	}
}

func TestRates(t *testing.T) {
	w := slacktest.New(t)
	w.AddUser(slacktest.User{ID: "U1"})
	w.AddUser(slacktest.User{ID: "U2"})
	w.Limit("conversations.create", 2, time.Minute)
	for i, want := range []string{"ok", "ok", "ratelimited"} {
		answer := call(t, w, "conversations.create", "is_private", "true", "name", strings.Repeat("a", i+1))
		wants(t, answer, want)
		if want == "ratelimited" && answer["status"] != http.StatusTooManyRequests {
			t.Errorf("status %v", answer["status"])
		}
	}
	w.OnePerSecond(true)
	wants(t, call(t, w, "chat.postMessage", "channel", "U1", "text", "x"), "ok")
	wants(t, call(t, w, "chat.postMessage", "channel", "U2", "text", "x"), "ok")
	wants(t, call(t, w, "chat.postMessage", "channel", "U1", "text", "x"), "ratelimited")
}

func TestFilesGoOnlyWhereTheAppIs(t *testing.T) {
	w := slacktest.New(t)
	w.AddUser(slacktest.User{ID: "U1"})
	ours, theirs := w.AddChannel("ours", true, "U1", w.BotUser), w.AddChannel("theirs", true, "U1")
	api := newApp(w)
	body := "report"
	got, err := api.UploadFile(sl.UploadFileParameters{Filename: "a.pdf", FileSize: len(body), Reader: strings.NewReader(body), Channel: ours.ID, Title: "報告書"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.UploadFile(sl.UploadFileParameters{Filename: "b.pdf", FileSize: len(body), Reader: strings.NewReader(body), Channel: theirs.ID}); err == nil || !strings.HasSuffix(err.Error(), "channel_not_found") {
		t.Errorf("into a channel that the app is not in: %v", err)
	}
	if _, err := api.UploadFile(sl.UploadFileParameters{Filename: "c.pdf", FileSize: 3, Reader: strings.NewReader(body), Channel: ours.ID}); err == nil {
		t.Error("more bytes than announced were taken")
	}
	files := w.Files()
	if len(files) != 1 || string(files[0].Body) != body || len(files[0].Channels) != 1 || files[0].Channels[0] != ours.ID {
		t.Fatalf("files: %+v", files)
	}
	f, _, _, err := api.GetFileInfo(got.ID, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := api.GetFile(f.URLPrivate, &b); err != nil || b.String() != body {
		t.Errorf("downloaded %q: %v", b.String(), err)
	}
	if err := sl.New("xoxb-other", sl.OptionAPIURL(w.URL())).GetFile(f.URLPrivate, &b); err == nil {
		t.Error("a file was given without the app's token")
	}
	wants(t, call(t, w, "files.completeUploadExternal", "files", `[{"id":"`+got.ID+`"}]`, "channel_id", ours.ID), "file_not_found")
}

func TestTriggers(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	v := `{"type":"modal","title":` + plain(1) + `,"blocks":[]}`
	open := func(trigger string) map[string]any {
		return call(t, w, "views.open", "trigger_id", trigger, "view", v)
	}
	wants(t, open("1.2.3"), "invalid_trigger_id")
	trigger := w.Trigger("U1")
	opened := open(trigger)
	wants(t, opened, "ok")
	wants(t, open(trigger), "exchanged_trigger_id")
	old := w.Trigger("U1")
	w.AgeTriggers(3 * time.Second)
	wants(t, open(old), "expired_trigger_id")
	wants(t, call(t, w, "views.push", "trigger_id", w.Trigger("U1"), "view", v), "invalid_trigger_id")

	update := func(hash string) map[string]any {
		return call(t, w, "views.update", "view_id", id(opened, "view", "id"), "hash", hash, "view", v)
	}
	wants(t, update("of-another"), "hash_conflict")
	updated := update(id(opened, "view", "hash"))
	wants(t, updated, "ok")
	wants(t, update(id(opened, "view", "hash")), "hash_conflict")
	p.CloseModal()
	wants(t, update(id(updated, "view", "hash")), "not_found")
}

func TestResponseURLs(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	got := make(chan string, 1)
	server := serve(t, func(out http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got <- r.Form.Get("response_url")
	})
	w.UseHTTP(server)
	answer := func(to, body string) map[string]any { return post(t, to, "application/json", "", body) }

	p.Slash("", "x")
	to := <-got
	wants(t, answer(to, `{"blocks":[{"type":"header","text":`+plain(151)+`}]}`), "invalid_blocks")
	// what is refused for its words counts as no use
	for range 5 {
		if a := answer(to, `{"text":"x"}`); a["body"] != "ok" {
			t.Errorf("not taken: %v", a)
		}
	}
	wants(t, answer(to, `{"text":"x"}`), "used_url")
	p.Slash("", "x")
	to = <-got
	w.AgeResponses(31 * time.Minute)
	wants(t, answer(to, `{"text":"x"}`), "expired_url")
	if n := len(p.DMs()); n != 5 {
		t.Errorf("%d answers are seen", n)
	}
}

func TestSignatures(t *testing.T) {
	w := slacktest.New(t, slacktest.AckWithin(300*time.Millisecond))
	p := w.AddUser(slacktest.User{ID: "U1"})
	type request struct {
		path, retry string
		verified    bool
	}
	got := make(chan request, 20)
	fails := 1
	server := serve(t, func(out http.ResponseWriter, r *http.Request) {
		v, err := sl.NewSecretsVerifier(r.Header, w.SigningSecret)
		if err != nil {
			t.Errorf("headers: %v", err)
			return
		}
		var b bytes.Buffer
		_, _ = b.ReadFrom(r.Body)
		_, _ = v.Write(b.Bytes())
		got <- request{r.URL.Path, r.Header.Get("X-Slack-Retry-Num"), v.Ensure() == nil}
		if strings.Contains(b.String(), "url_verification") {
			_, _ = out.Write(b.Bytes())
			return
		}
		if r.URL.Path == "/slack/events" && fails > 0 {
			fails--
			http.Error(out, "no", http.StatusInternalServerError)
		}
		if values, err := url.ParseQuery(b.String()); err == nil && values.Get("text") == "こんにちは" {
			_, _ = out.Write([]byte("はい"))
		}
	})
	w.UseHTTP(server + "/")
	if !w.VerifyURL() {
		t.Error("the challenge did not come back")
	}
	p.Slash("", "こんにちは")
	p.GlobalShortcut("report")
	p.DM("もしもし")
	want := []request{{"/slack/events", "", true}, {"/slack/commands", "", true}, {"/slack/interactions", "", true}, {"/slack/events", "", true}, {"/slack/events", "1", true}}
	for _, wanted := range want {
		if r := <-got; r != wanted {
			t.Errorf("%+v came instead of %+v", r, wanted)
		}
	}
	p.WaitText("", "はい")
}

func TestWhatIsNotAcknowledgedInTimeIsLost(t *testing.T) {
	w := slacktest.New(t, slacktest.AckWithin(50*time.Millisecond))
	p := w.AddUser(slacktest.User{ID: "U1"})
	ctx, cancel := context.WithCancel(context.Background())
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-ctx.Done():
		case <-r.Context().Done():
		}
	})
	defer cancel()
	w.UseHTTP(server)
	p.GlobalShortcut("report")
	w.Wait("the loss", func() bool { return len(w.Lost()) == 1 })
	if len(w.Acks()) != 0 {
		t.Errorf("acknowledged: %v", w.Acks())
	}
}
