package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
)

func TestOneCardIsKeptCurrent(t *testing.T) {
	b := newBench(t)
	one := b.Person("U1")
	d := toUser("page/1", "U1", "first")
	d.Update = b.send(d)
	d.Card.Title = "second"
	if id := b.send(d); id != d.Update {
		t.Errorf("the update is %s, the card was %s", id, d.Update)
	}
	if got := titles(one.DMs()); got != "second" {
		t.Errorf("one sees %q, want one card", got)
	}
	if n := b.Done("conversations.open"); n != 1 {
		t.Errorf("the conversation was opened %d times", n)
	}
	b.restart()
	b.send(toUser("page/2", "U1", "third"))
	if n := b.Done("conversations.open"); n != 1 {
		t.Errorf("after a restart the conversation was opened again")
	}
	b.clean()
}

// TestAnUncertainSendDoesNotDouble: the request went out and no answer came; the next try finds
// what it did, or does it.
func TestAnUncertainSendDoesNotDouble(t *testing.T) {
	for name, fault := range map[string]slacktest.Kind{
		"carried out": slacktest.CutAfter, "not carried out": slacktest.CutBefore, "status 500": slacktest.ServerError,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			one := b.Person("U1")
			b.send(toUser("other", "U1", "other"))
			b.Fail("chat.postMessage", 1, fault)
			d := toUser("page/1", "U1", "first")
			if _, err := b.Send(t.Context(), d); !errors.Is(err, chat.ErrUnsure) || errors.Is(err, chat.ErrGone) {
				t.Fatalf("got %v, want one that wraps ErrUnsure", err)
			}
			b.restart()
			d.Again, d.Card.Title = true, "again"
			b.send(d)
			if got := titles(one.DMs()); got != "other | again" {
				t.Errorf("one sees %q", got)
			}
			b.clean()
		})
	}
}

// TestKilledAfterPosting: the message is there and its ID was never recorded.
func TestKilledAfterPosting(t *testing.T) {
	b := newBench(t)
	b.After("chat.postMessage", func() { b.memory.die(true) })
	_, _ = b.Send(t.Context(), toUser("page/1", "U1", "first"))
	b.restart()
	d := toUser("page/1", "U1", "first")
	d.Again = true
	b.send(d)
	if got := titles(b.Person("U1").DMs()); got != "first" {
		t.Errorf("one sees %q", got)
	}
}

// A page that may have arrived goes out twice rather than never.
func TestWithoutRightToLookItIsSentAgain(t *testing.T) {
	b := newBench(t, slacktest.Scopes("chat:write", "im:write"))
	d := toUser("page/1", "U1", "page")
	d.Again, d.Urgent = true, true
	b.send(d)
	if got := titles(b.Person("U1").DMs()); got != "page" {
		t.Errorf("one sees %q", got)
	}
}

func TestADeletedCardIsPostedAnew(t *testing.T) {
	b := newBench(t)
	d := toUser("card", "U1", "first")
	b.send(d)
	d.Update = messageID(b.Person("U1").Direct(), "1111111111.000001")
	d.Key, d.Card.Title = "card/2", "second"
	id := b.send(d)
	if id == d.Update || id == "" {
		t.Errorf("the new card is %q", id)
	}
	if got := titles(b.Person("U1").DMs()); got != "first | second" {
		t.Errorf("one sees %q", got)
	}
}

func TestWhoCannotBeReached(t *testing.T) {
	b := newBench(t)
	for _, user := range []string{"UGONE", "UBOT", "UOTHER", "UNOBODY"} {
		if _, err := b.Send(t.Context(), toUser("k", user, "secret words")); !errors.Is(err, chat.ErrGone) {
			t.Errorf("%s: got %v, want one that wraps ErrGone", user, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error quotes what was sent: %v", user, err)
		}
	}
	if _, err := b.Send(t.Context(), chat.Delivery{To: chat.Target{User: "web:p-01"}}); !errors.Is(err, chat.ErrGone) {
		t.Errorf("another front end's user: %v", err)
	}
}

// TestRefusalsAreToldApart: what gets better by waiting is no ErrGone.
func TestRefusalsAreToldApart(t *testing.T) {
	b := newBench(t, slacktest.Scopes("im:write"))
	_, err := b.Send(t.Context(), toUser("k", "U1", "words"))
	if err == nil || errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrUnsure) || code(err) != "missing_scope" {
		t.Errorf("a missing scope: %v", err)
	}
	b.Grant(slacktest.DefaultScopes...)
	b.Fail("chat.postMessage", 1, slacktest.Limited, 7*time.Second)
	_, err = b.Send(t.Context(), toUser("k", "U1", "words"))
	if wait := later(t, err); wait < 6*time.Second || wait > 8*time.Second {
		t.Errorf("asked to wait 7 s, the delivery waits %v", wait)
	}
	// Nobody asks Slack before that time is over.
	calls := len(b.Calls("chat.postMessage"))
	_, err = b.Send(t.Context(), toUser("k2", "U2", "words"))
	if wait := later(t, err); wait < 5*time.Second {
		t.Errorf("another delivery waits only %v", wait)
	}
	if n := len(b.Calls("chat.postMessage")); n != calls {
		t.Errorf("Slack was asked again")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = b.Send(ctx, toUser("k3", "U3", "words")); err == nil || errors.Is(err, chat.ErrUnsure) {
		t.Errorf("a try that never began: %v", err)
	}
}

func TestNoAddressOrTokenInErrors(t *testing.T) {
	b := newBench(t)
	b.send(toUser("k", "U1", "words"))
	b.Fail("chat.postMessage", 1, slacktest.CutAfter)
	_, err := b.Send(t.Context(), toUser("k", "U1", "words"))
	if err == nil || strings.Contains(err.Error(), b.BotToken) || strings.Contains(err.Error(), "http") {
		t.Errorf("got %v", err)
	}
}

// TestDocumentOnce: the file comes to the private channel, once, whatever breaks on the way.
func TestDocumentOnce(t *testing.T) {
	for name, breaks := range map[string]func(*bench){
		"nothing":                func(*bench) {},
		"killed after the URL":   func(b *bench) { b.Fail("upload", 1, slacktest.CutBefore) },
		"upload unanswered":      func(b *bench) { b.Fail("upload", 1, slacktest.CutAfter) },
		"completed, no answer":   func(b *bench) { b.Fail("files.completeUploadExternal", 1, slacktest.CutAfter) },
		"not completed":          func(b *bench) { b.Fail("files.completeUploadExternal", 1, slacktest.CutBefore) },
		"completed, status lost": func(b *bench) { b.Fail("files.completeUploadExternal", 1, slacktest.ServerError) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.keep(chat.Place{Channel: inc, Topic: "x", Members: members("U1")})
			d := toChannel("report/1", "the report")
			d.Document = &chat.Document{Name: "INC-2026-0001-v1.docx", Type: "application/msword", Body: []byte("body")}
			breaks(b)
			if _, err := b.Send(t.Context(), d); err != nil {
				b.restart()
				d.Again = true
				b.send(d)
			}
			d.Again = true
			b.send(d)
			files := b.Files()
			if len(files) != 1 || string(files[0].Body) != "body" || len(files[0].Channels) != 1 || files[0].Channels[0] != b.channel(inc).ID {
				t.Errorf("files: %+v", files)
			}
			if n := len(b.Calls("files.sharedPublicURL")); n > 0 {
				t.Errorf("a file was made public")
			}
			b.clean()
		})
	}
}

func TestOpenFileKeepsTheTokenWithSlack(t *testing.T) {
	b := newBench(t)
	b.keep(chat.Place{Channel: inc, Topic: "x", Members: members("U1")})
	b.Person("U1").Share(inc, "look", "photo.jpg", []byte("pixels"))
	var id string
	for _, f := range b.Files() {
		id = f.ID
	}
	name, body, err := b.openFile(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	got := make([]byte, 10)
	n, _ := body.Read(got)
	if name != "photo.jpg" || string(got[:n]) != "pixels" {
		t.Errorf("%s: %q", name, got[:n])
	}
	b.clean() // such as that it was made public to be fetched (peers' defect 3)
	for address, want := range map[string]bool{
		"https://files.slack.com/x": true, "https://slack.com/x": true, "https://a.b.slack.com/x": true,
		"http://files.slack.com/x": false, "https://slack.com.evil.example/x": false, "https://evilslack.com/x": false,
		"https://files.slack.com@evil.example/x": false, "https://u@files.slack.com/x": false, "//files.slack.com/x": false,
		"": false, "file:///etc/passwd": false, b.URL() + "x": true,
	} {
		if got := b.trusted(address); got != want {
			t.Errorf("trusted(%q) = %v", address, got)
		}
	}
	if err := b.postEphemeralURL(t.Context(), "https://evil.example/hook", nil, "text"); err == nil {
		t.Error("an answer went to a stranger's address")
	}
}

func TestDirect(t *testing.T) {
	b := newBench(t)
	if err := b.direct(t.Context(), "slack:U1", chat.Card{Title: "a link"}); err != nil {
		t.Fatal(err)
	}
	if got := titles(b.Person("U1").DMs()); got != "a link" {
		t.Errorf("one sees %q", got)
	}
}

func TestMessageAlsoInAThread(t *testing.T) {
	b := newBench(t)
	b.keep(chat.Place{Channel: inc, Topic: "x", Members: members("U1")})
	id := b.channel(inc).ID
	one := b.Person("U1")
	ts := one.Post(inc, "first")
	one.Post(inc, "second")
	m, err := b.message(t.Context(), id, ts)
	if err != nil || m.Text != "first" || m.User != "U1" {
		t.Errorf("got %q by %s, %v", m.Text, m.User, err)
	}
	if _, err := b.message(t.Context(), id, "1111111111.000001"); err == nil {
		t.Error("a message that does not exist was found")
	}
}

// TestPagesOvertake: where ordinary messages are told to come later, pages still go, and the
// first message after them is not lost.
func TestPagesOvertake(t *testing.T) {
	b := newBench(t)
	b.limited(Limits{Channel: time.Nanosecond, Tiers: [4]int{1, 20, 50, 4}}) // 12 messages a minute
	ordinary := 0
	for i := range 20 {
		_, err := b.Send(t.Context(), toUser(fmt.Sprint("card/", i), "U1", fmt.Sprint(i)))
		if later(t, err) == 0 {
			ordinary++
		}
	}
	if ordinary != 9 {
		t.Errorf("%d ordinary messages went, want 9 of 12", ordinary)
	}
	for i := range 3 {
		page := toUser(fmt.Sprint("page/", i), "U2", "page")
		page.Urgent = true
		b.send(page)
	}
	if got := titles(b.Person("U2").DMs()); got != "page | page | page" {
		t.Errorf("two sees %q", got)
	}
}

// TestOneASecondOnSlack: Slack never has to refuse a message for coming too early.
func TestOneASecondOnSlack(t *testing.T) {
	b := newBench(t)
	b.limited(Limits{})
	b.OnePerSecond(true)
	for i := range 4 {
		d := toUser(fmt.Sprint("card/", i), "U1", fmt.Sprint(i))
		for {
			_, err := b.Send(t.Context(), d)
			wait := later(t, err)
			if wait == 0 {
				break
			}
			<-time.After(wait)
		}
	}
	if r := b.Refused(); len(r) > 0 {
		t.Errorf("refused: %q", r)
	}
	if got := titles(b.Person("U1").DMs()); got != "0 | 1 | 2 | 3" {
		t.Errorf("one sees %q", got)
	}
}

// TestOnlyWhatWeWroteIsOurs: whoever knows a key or a file's name can write a message that
// claims to be ours.
func TestOnlyWhatWeWroteIsOurs(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, map[string]string{
			"/auth.test": `{"ok":true,"user_id":"U0BOT","bot_id":"B0BOT","team_id":"T1","url":"https://x.slack.com/"}`,
			"/conversations.history": `{"ok":true,"messages":[
				{"user":"U4","ts":"3.0","metadata":{"event_type":"hikeshi","event_payload":{"key":"k"}}},
				{"user":"U5","bot_id":"B5","ts":"2.0","metadata":{"event_type":"hikeshi","event_payload":{"key":"k"}}},
				{"user":"U0BOT","ts":"1.0","metadata":{"event_type":"hikeshi","event_payload":{"key":"other"}}}]}`,
			"/files.list": `{"ok":true,"files":[{"id":"F1","user":"U4","name":"report.docx","title":"report.docx"}]}`,
		}[r.URL.Path])
	}))
	defer server.Close()
	s := newSender(Config{BotToken: "xoxb-1", APIURL: server.URL}, titleOnly{})
	defer s.http.CloseIdleConnections()
	if ts, err := s.find(t.Context(), "D1", "k", line{}); err != nil || ts != "" {
		t.Errorf("found %q, %v", ts, err)
	}
	if ts, err := s.find(t.Context(), "D1", "other", line{}); err != nil || ts != "1.0" {
		t.Errorf("our own is %q, %v", ts, err)
	}
	if id, err := s.findDocument(t.Context(), "C1", "report.docx", line{}); err != nil || id != "" {
		t.Errorf("found %q, %v", id, err)
	}
}
