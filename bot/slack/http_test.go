package slack

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/intake"
	"hikeshi/bot/slack/slacktest"
)

const formType = "application/x-www-form-urlencoded"

// handed gives a handler over HTTP with a desk that reports what reaches it.
func handed(t testing.TB) (*slacktest.Workspace, *Front, *doorDesk) {
	t.Helper()
	w := slacktest.New(t)
	w.AddUser(slacktest.User{ID: "U1", Name: "sato"})
	desk := &doorDesk{}
	f := newDoor(t, w, overHTTP)
	f.Use(desk)
	return w, f, desk
}

func TestOnlyWhatSlackSignedIsTaken(t *testing.T) {
	w, f, desk := handed(t)
	now := time.Now()
	f.clock = func() time.Time { return now }
	body := url.Values{"team_id": {w.TeamID}, "user_id": {"U1"}, "command": {slash}, "text": {"報告"}, "trigger_id": {"1.2.3"}}.Encode()
	for name, c := range map[string]struct {
		change func(r *http.Request)
		want   int
	}{
		"signed":                 {func(*http.Request) {}, http.StatusOK},
		"signed, five minutes":   {func(r *http.Request) { r.Header = merged(w.Sign(body, now.Add(-299*time.Second))) }, http.StatusOK},
		"no signature":           {func(r *http.Request) { r.Header.Del("X-Slack-Signature") }, http.StatusUnauthorized},
		"no timestamp":           {func(r *http.Request) { r.Header.Del("X-Slack-Request-Timestamp") }, http.StatusUnauthorized},
		"an old timestamp":       {func(r *http.Request) { r.Header = merged(w.Sign(body, now.Add(-301*time.Second))) }, http.StatusUnauthorized},
		"a timestamp to come":    {func(r *http.Request) { r.Header = merged(w.Sign(body, now.Add(302*time.Second))) }, http.StatusUnauthorized},
		"a timestamp of nothing": {func(r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", "x") }, http.StatusUnauthorized},
		"another timestamp": {func(r *http.Request) {
			r.Header.Set("X-Slack-Request-Timestamp", w.Sign(body, now.Add(time.Second)).Get("X-Slack-Request-Timestamp"))
		}, http.StatusUnauthorized},
		"another body":      {func(r *http.Request) { r.Body = http.NoBody }, http.StatusUnauthorized},
		"another version":   {func(r *http.Request) { r.Header.Set("X-Slack-Signature", "v1"+r.Header.Get("X-Slack-Signature")[2:]) }, http.StatusUnauthorized},
		"half a signature":  {func(r *http.Request) { r.Header.Set("X-Slack-Signature", r.Header.Get("X-Slack-Signature")[:35]) }, http.StatusUnauthorized},
		"an empty one":      {func(r *http.Request) { r.Header.Set("X-Slack-Signature", "v0=") }, http.StatusUnauthorized},
		"another type":      {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, http.StatusUnsupportedMediaType},
		"no type":           {func(r *http.Request) { r.Header.Del("Content-Type") }, http.StatusUnsupportedMediaType},
		"a look":            {func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
		"another path":      {func(r *http.Request) { r.URL.Path = "/slack/other" }, http.StatusNotFound},
		"more than a mebib": {func(r *http.Request) { *r = *signedRequest(w, now, strings.Repeat("a", maxBody+1)) }, http.StatusRequestEntityTooLarge},
	} {
		before := len(desk.requests())
		r := signedRequest(w, now, body)
		c.change(r)
		got := httptest.NewRecorder()
		f.Handler().ServeHTTP(got, r)
		idle(w, f)
		if got.Code != c.want {
			t.Errorf("%s: status %d, want %d", name, got.Code, c.want)
		}
		if asked := len(desk.requests()) - before; c.want != http.StatusOK && asked > 0 {
			t.Errorf("%s: refused, and yet the desk was asked", name)
		}
	}
	if len(desk.requests()) != 1 { // both signed ones are one command, delivered twice
		t.Errorf("%d requests reached the desk, want 1", len(desk.requests()))
	}
}

func merged(h http.Header) http.Header {
	h.Set("Content-Type", formType)
	return h
}

func signedRequest(w *slacktest.Workspace, at time.Time, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/slack/commands", strings.NewReader(body))
	r.Header = merged(w.Sign(body, at))
	return r
}

func TestTheChallengeIsAnsweredOnlyWhenSigned(t *testing.T) {
	w, f, _ := handed(t)
	w.UseHTTP(serve(t, f.Handler()))
	if !w.VerifyURL() {
		t.Error("the signed challenge did not come back")
	}
	r := httptest.NewRequest(http.MethodPost, "/slack/events", strings.NewReader(`{"type":"url_verification","challenge":"abc"}`))
	r.Header.Set("Content-Type", "application/json")
	got := httptest.NewRecorder()
	f.Handler().ServeHTTP(got, r)
	if got.Code != http.StatusUnauthorized || strings.Contains(got.Body.String(), "abc") {
		t.Errorf("an unsigned challenge: %d %q", got.Code, got.Body)
	}
}

// Without a desk, and while ending, nothing is taken in: Slack is told to come again.
func TestNothingIsAcknowledgedThatIsNotTakenIn(t *testing.T) {
	w := slacktest.New(t)
	f := newDoor(t, w, overHTTP)
	ask := func() int {
		got := httptest.NewRecorder()
		f.Handler().ServeHTTP(got, signedRequest(w, time.Now(), "user_id=U1&text=x"))
		return got.Code
	}
	if got := ask(); got != http.StatusServiceUnavailable {
		t.Errorf("without a desk: %d", got)
	}
	f.Use(&doorDesk{})
	f.work.Finish(time.Second)
	if got := ask(); got != http.StatusServiceUnavailable {
		t.Errorf("while ending: %d", got)
	}
}

func FuzzSignature(f *testing.F) {
	const secret = "8f742231b10e8888abcd99yyyzzz85a5"
	now := time.Unix(1531420618, 0)
	// The example of Slack's own page ("Verifying requests from Slack").
	const example = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	const signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	if !fromSlack(secret, "1531420618", signature, []byte(example), now) {
		f.Fatal("Slack's own example is refused")
	}
	f.Add("1531420618", signature, []byte(example+" "))
	f.Add("1531420618", "v0=", []byte(""))
	f.Add("-9223372036854775808", "v0=00", []byte("x"))
	f.Add("01531420618", signature, []byte(example))
	f.Fuzz(func(t *testing.T, stamp, got string, body []byte) {
		if fromSlack(secret, stamp, got, body, now) && (stamp != "1531420618" || !strings.EqualFold(got, signature) || string(body) != example) {
			t.Errorf("taken: %q %q %q", stamp, got, body)
		}
		if fromSlack("", stamp, got, body, now) {
			t.Error("taken without a secret")
		}
	})
}

// fuzzed delivers something and says what reached the desk. Nothing may panic.
func fuzzed(f *testing.F, k kind) func(t *testing.T, body []byte) []chat.Request {
	w := slacktest.New(f)
	w.AddUser(slacktest.User{ID: "U1", Name: "sato"})
	front := newDoor(f, w, overHTTP)
	f.Cleanup(func() { front.work.Finish(time.Second) })
	return func(t *testing.T, body []byte) []chat.Request {
		desk := &doorDesk{}
		acked := 0
		d := delivery{kind: k, body: body, at: time.Now(), ack: func(any) { acked++ }}
		front.seen, front.homes = intake.NewSeen(), newHomes()
		front.Use(desk)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		switch k { // without stumble, which would hide a panic
		case commands:
			front.command(ctx, desk, d)
		case interactions:
			front.interaction(ctx, desk, d)
		case events:
			front.event(ctx, desk, d)
		}
		return desk.requests()
	}
}

func FuzzCommand(f *testing.F) {
	f.Add([]byte(`{"team_id":"T0FAKE","user_id":"U1","command":"/incident","text":"&lt;b&gt;","trigger_id":"1"}`))
	f.Add([]byte(`{"user_id":""}`))
	f.Add([]byte(`null`))
	deliver := fuzzed(f, commands)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, r := range deliver(t, body) {
			if r.Kind != chat.Said || !strings.HasPrefix(string(r.From), "slack:") || r.From == "slack:" || r.Channel != "" {
				t.Errorf("the desk was asked %+v", r)
			}
		}
	})
}

func FuzzInteraction(f *testing.F) {
	f.Add([]byte(`{"type":"block_actions","user":{"id":"U1"},"actions":[{"block_id":"b","action_id":"press:0","value":"take|INC-2026-0001||"}],"container":{"channel_id":"C1","message_ts":"1.2"}}`))
	f.Add([]byte(`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","private_metadata":"{\"d\":\"x\"}","state":{"values":{"in.0.0.text":{"a":{"type":"plain_text_input","value":"x"}}}}}}`))
	f.Add([]byte(`{"type":"block_suggestion","user":{"id":"U1"},"block_id":"in.0.0.step","value":"x","view":{"private_metadata":"{\"d\":\"x\"}"}}`))
	f.Add([]byte(`{"type":"message_action","callback_id":"report_message","user":{"id":"U1"},"message":{"text":"<@U1>","ts":"1.2"}}`))
	f.Add([]byte(`{"type":"shortcut","callback_id":"report_incident","user":{"id":"U1"}}`))
	deliver := fuzzed(f, interactions)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, r := range deliver(t, body) {
			if r.ID == "" || r.From == "slack:" || r.Kind == chat.Pressed && r.Action == "" || r.Kind == chat.Submitted && r.Draft == "" || r.Channel != "" && r.Kind != chat.Submitted {
				t.Errorf("the desk was asked %+v", r)
			}
		}
	})
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"team_id":"T0FAKE","event":{"type":"message","channel_type":"im","user":"U1","channel":"D1","ts":"1.2","text":"x"}}`))
	f.Add([]byte(`{"event":{"type":"reaction_added","reaction":"pushpin","user":"U1","item":{"type":"message","channel":"C1","ts":"1.2"}}}`))
	f.Add([]byte(`{"event":{"type":"app_home_opened","tab":"home","user":"U1"}}`))
	f.Add([]byte(`{"event":{"type":"message","channel_type":"im","user":"U1","bot_id":"B1","ts":"1.2"}}`))
	deliver := fuzzed(f, events)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, r := range deliver(t, body) {
			if r.ID == "" || r.From == "slack:" || r.From == "slack:U0BOT" || r.Channel != "" {
				t.Errorf("the desk was asked %+v", r)
			}
		}
	})
}
