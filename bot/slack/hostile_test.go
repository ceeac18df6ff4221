package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/intake"
	"hikeshi/bot/slack/slacktest"
)

// Where somebody who was left out cannot be taken out of the channel, nothing is said there:
// those who belong in it get it as direct messages, until he is out.
func TestNothingIsSaidBesideSomebodyWhoStays(t *testing.T) {
	b := newBench(t)
	p := chat.Place{Channel: inc, Topic: "x", Members: members("U1", "U2")}
	b.keep(p)
	card := b.send(toChannel("card", "before"))
	p.Members = members("U2")
	if held, err := b.Holds(t.Context(), inc, "slack:U1"); !held || err != nil {
		t.Errorf("before the channel is kept: %v, %v", held, err)
	}
	b.Grant(slices.DeleteFunc(slices.Clone(slacktest.DefaultScopes), func(s string) bool { return s == "groups:write" })...)
	b.keep(p)
	if held, err := b.Holds(t.Context(), inc, "slack:U1"); held || err != nil {
		t.Errorf("nothing waits for what cannot be: %v, %v", held, err)
	}
	d := toChannel("card", "secret")
	d.Update = card
	d.Update = b.send(d)
	if got := titles(b.channel(inc).Messages); strings.Contains(got, "secret") {
		t.Errorf("he reads %q", got)
	}
	if got := titles(b.channel(b.Person("U2").Direct()).Messages); got != "secret" {
		t.Errorf("who belongs in it reads %q", got)
	}
	if got := titles(b.channel(b.Person("U1").Direct()).Messages); got != "" {
		t.Errorf("he was sent %q", got)
	}
	b.Grant(slacktest.DefaultScopes...)
	b.keep(p)
	d.Card.Title = "after"
	b.send(d)
	if got := titles(b.channel(inc).Messages); got != "after" { // the card that stood there
		t.Errorf("the channel holds %q", got)
	}
	if held, err := b.Holds(t.Context(), inc, "slack:U2"); !held || err != nil {
		t.Errorf("who is in it: %v, %v", held, err)
	}
	// An invitation whose answer was lost may have brought him in.
	if err := b.rememberPlace(t.Context(), inc, place{ID: "C1", Inviting: []string{"U3"}}); err != nil {
		t.Fatal(err)
	}
	if held, err := b.Holds(t.Context(), inc, "slack:U3"); !held || err != nil {
		t.Errorf("who may be in it: %v, %v", held, err)
	}
}

// Somebody makes the channel public, or invites another company into it: nothing is said
// there any more once Slack has told.
func TestAChannelThatOthersCanReadIsLeft(t *testing.T) {
	for name, outside := range map[string]bool{"public": false, "shared with another company": true} {
		for _, effect := range []string{"topic", "invitation"} {
			t.Run(name+", told by the "+effect, func(t *testing.T) {
				b := newBench(t)
				p := chat.Place{Channel: inc, Topic: "x", Members: members("U1")}
				b.keep(p)
				b.Open(inc, outside)
				b.Grant(append(slices.Clone(slacktest.DefaultScopes), "channels:manage")...)
				if effect == "topic" {
					p.Topic = "y"
				} else {
					p.Members = members("U1", "U2")
				}
				if kept := b.keep(p); kept.Problem != chat.ProblemRefused {
					t.Errorf("kept %+v", kept)
				}
				b.send(toChannel("card", "secret"))
				if got := titles(b.channel(inc).Messages); got != "" {
					t.Errorf("everybody reads %q", got)
				}
				if got := titles(b.channel(b.Person("U1").Direct()).Messages); got != "secret" {
					t.Errorf("who belongs in it reads %q", got)
				}
				if kept := b.keep(p); kept.Problem != chat.ProblemRefused {
					t.Errorf("it is open still, and kept %+v", kept)
				}
			})
		}
	}
}

// Whom Slack does not know, or does not let us see, is nobody of ours, whatever the delivery
// says of his workspace.
func TestWhoIsNobodyOfOursIsNotLetIn(t *testing.T) {
	w := slacktest.New(t)
	w.AddUser(slacktest.User{ID: "U1"})
	for _, u := range []slacktest.User{
		{ID: "UGONE", Deleted: true}, {ID: "UBOT", Bot: true}, {ID: "UOTHER", TeamID: "T0OTHER"}, {ID: "USLACKBOT"},
	} {
		w.AddUser(u)
	}
	desk := &doorDesk{}
	f := newDoor(t, w, overHTTP)
	f.Use(desk)
	t.Cleanup(func() { f.work.Finish(time.Second) })
	if _, err := f.Keep(t.Context(), chat.Place{Channel: inc, Members: members("U1")}); err != nil {
		t.Fatal(err)
	}
	c, _ := w.Channel(inc)
	ts := w.Person("U1").Post(inc, "証拠")
	deliver := func(k kind, payload string) {
		f.seen = intake.NewSeen()
		d := delivery{kind: k, body: json.RawMessage(payload), at: time.Now(), ack: func(any) {}}
		switch k {
		case commands:
			f.command(t.Context(), desk, d)
		case interactions:
			f.interaction(t.Context(), desk, d)
		case events:
			f.event(t.Context(), desk, d)
		}
	}
	for _, who := range []string{"UGONE", "UBOT", "UOTHER", "USLACKBOT", "UNOBODY", "B0WORKFLOW", "W0ELSEWHERE", "U0BOT"} {
		for name, d := range map[string]struct {
			kind kind
			body string
		}{
			"a command":    {commands, `{"team_id":"T0FAKE","user_id":"WHO","command":"/incident","text":"x","trigger_id":"1","channel_id":"CHANNEL"}`},
			"a press":      {interactions, `{"type":"block_actions","team":{"id":"T0FAKE"},"user":{"id":"WHO","team_id":"T0FAKE"},"trigger_id":"1","channel":{"id":"CHANNEL"},"container":{"channel_id":"CHANNEL","message_ts":"1.2"},"actions":[{"block_id":"b","action_id":"press:1","value":"take|INC-2026-0001||"}]}`},
			"a form":       {interactions, `{"type":"view_submission","team":{"id":"T0FAKE"},"user":{"id":"WHO"},"trigger_id":"1","view":{"id":"V1","private_metadata":"{\"d\":\"report||||aaaaaaaaaaaaaaaa\"}","state":{"values":{"in.0.0.event":{"a":{"type":"plain_text_input","value":"x"}}}}}}`},
			"a shortcut":   {interactions, `{"type":"shortcut","callback_id":"report_incident","team":{"id":"T0FAKE"},"user":{"id":"WHO"},"trigger_id":"1"}`},
			"a quote":      {interactions, `{"type":"message_action","callback_id":"note_message","team":{"id":"T0FAKE"},"user":{"id":"WHO"},"trigger_id":"1","channel":{"id":"CHANNEL"},"message":{"text":"x","ts":"1.2","user":"U1"}}`},
			"a DM":         {events, `{"team_id":"T0FAKE","event":{"type":"message","channel_type":"im","user":"WHO","channel":"D1","ts":"1.2","text":"x"}}`},
			"a pushpin":    {events, `{"team_id":"T0FAKE","event":{"type":"reaction_added","reaction":"pushpin","user":"WHO","event_ts":"1.3","item":{"type":"message","channel":"CHANNEL","ts":"` + ts + `"}}}`},
			"the Home tab": {events, `{"team_id":"T0FAKE","event":{"type":"app_home_opened","tab":"home","user":"WHO"}}`},
		} {
			deliver(d.kind, strings.NewReplacer("WHO", who, "CHANNEL", c.ID, "T0FAKE", w.TeamID).Replace(d.body))
			if asked := desk.requests(); len(asked) > 0 {
				t.Fatalf("%s of %s reached the desk: %+v", name, who, asked)
			}
		}
		if f.publish(t.Context(), who) {
			t.Errorf("%s has a Home tab", who)
		}
	}
	deliver(events, `{"team_id":"`+w.TeamID+`","event":{"type":"reaction_added","reaction":"pushpin","user":"U1","event_ts":"1.3","item":{"type":"message","channel":"`+c.ID+`","ts":"`+ts+`"}}}`)
	if len(desk.requests()) != 1 {
		t.Error("who is of ours is not let in either")
	}
}

// While Slack does not say who somebody is, the workspace that it has signed counts, in an
// organisation as well.
func TestAnotherWorkspaceIsRefusedUnseen(t *testing.T) {
	w := slacktest.New(t)
	f := newDoor(t, w, overHTTP)
	f.identity = identity{User: w.BotUser, Team: w.TeamID, Enterprise: "E0OURS"}
	for team, want := range map[string]bool{w.TeamID: true, "E0OURS": true, "T0OTHER": false, "E0OTHER": false} {
		w.Fail("users.info", 1, slacktest.ServerError)
		if _, ok := f.admit(t.Context(), stage{user: "U0NEW", quiet: true}, "U0NEW", "", team); ok != want {
			t.Errorf("somebody of %s is let in: %v", team, ok)
		}
	}
}

// Nothing is searched for somebody who is known not to be of ours.
func TestNoSuggestionsForOutsiders(t *testing.T) {
	w := slacktest.New(t)
	f := newDoor(t, w, overHTTP)
	desk := &doorDesk{suggest: func(context.Context, string, string) ([]chat.Option, error) {
		return []chat.Option{{Value: "p1", Label: "田中 一郎"}}, nil
	}}
	ask := func(who string) string {
		var out []byte
		f.interaction(t.Context(), desk, delivery{kind: interactions, at: time.Now(), ack: func(body any) { out, _ = json.Marshal(body) },
			body: json.RawMessage(`{"type":"block_suggestion","user":{"id":"` + who + `"},"block_id":"in.0.0.person","value":"田","view":{"private_metadata":"{\"d\":\"x\"}"}}`)})
		return string(out)
	}
	for id, p := range map[string]person{"U1": {ID: "U1"}, "UOUT": {ID: "UOUT", Outside: true}, "UGONE": {ID: "UGONE", Gone: true}, "UBOT": {ID: "UBOT", Bot: true}} {
		f.people.keep(p, time.Now())
		if got := ask(id); strings.Contains(got, "田中") != (id == "U1") {
			t.Errorf("%s finds %s", id, got)
		}
	}
}

// What somebody pointed at comes back with his own form alone, though another names its draft.
func TestAQuoteIsItsOwners(t *testing.T) {
	ctx, log := t.Context(), slog.New(slog.DiscardHandler)
	m := &doorMemory{}
	q := newQuotes(m)
	q.keep(ctx, "U1", "draft", quoteRef{For: "report", Link: "https://x"}, chat.Quote{Text: "秘密"}, log)
	for range 2 { // from here, and after a restart from the memory
		if k, ok := q.of(ctx, "U1", "draft"); !ok || k.Text != "秘密" {
			t.Errorf("his own: %+v", k)
		}
		if k, ok := q.of(ctx, "U2", "draft"); ok || k.Text != "" {
			t.Errorf("another's: %+v", k)
		}
		if got := q.quote(ctx, "U2", sheet{Draft: "draft", Quote: &quoteRef{For: "report"}}); got.Text != "" {
			t.Errorf("another's form holds %q", got.Text)
		}
		deadline := time.Now().Add(10 * time.Second)
		for raw, _ := m.Recall(ctx, quotePrefix+"draft"); raw == nil && time.Now().Before(deadline); raw, _ = m.Recall(ctx, quotePrefix+"draft") {
			_ = pauseFor(ctx, time.Millisecond)
		}
		q = newQuotes(m)
	}
}

// reader says whether it was read from.
type reader struct {
	io.Reader
	read bool
}

func (r *reader) Read(p []byte) (int, error) {
	r.read = true
	return r.Reader.Read(p)
}

// Nobody can have us read on who shows no signature of now.
func TestAStrangersBodyIsNotRead(t *testing.T) {
	w, f, _ := handed(t)
	for name, change := range map[string]func(h http.Header){
		"no headers":      func(h http.Header) { clear(h) },
		"an old stamp":    func(h http.Header) { h.Set("X-Slack-Request-Timestamp", "1531420618") },
		"no signature":    func(h http.Header) { h.Del("X-Slack-Signature") },
		"a long one":      func(h http.Header) { h.Set("X-Slack-Signature", "v0="+strings.Repeat("a", 10_000)) },
		"the second of 2": func(h http.Header) { h["X-Slack-Signature"] = []string{"v0=", h.Get("X-Slack-Signature")} },
	} {
		body := &reader{Reader: strings.NewReader("user_id=U1&text=x")}
		r := httptest.NewRequest(http.MethodPost, "/slack/commands", body)
		r.Header = merged(w.Sign("user_id=U1&text=x", time.Now()))
		change(r.Header)
		got := httptest.NewRecorder()
		f.Handler().ServeHTTP(got, r)
		if got.Code != http.StatusUnauthorized || body.read {
			t.Errorf("%s: status %d, read %v", name, got.Code, body.read)
		}
	}
}

// A file that stands still lets the form go on.
func TestAFileThatStandsStill(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	c := w.AddChannel("general", false, "U1", w.BotUser)
	f := newDoor(t, w, overHTTP, func(p *patience) { p.desk = 50 * time.Millisecond })
	p.Share(c.Name, "見てください", "list.csv", []byte("x"))
	w.Delay(time.Hour)
	t.Cleanup(func() { w.Delay(0) })
	ended := make(chan error, 1)
	go func() {
		for _, err := range f.files(context.Background(), []fileRef{{Input: "file", ID: "F1"}}, nil) {
			ended <- err
			return
		}
		ended <- nil
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it never ended")
	}
}

// Slack's answers, a broken line and an address that repeat what was sent put none of it into
// the log.
func TestTheLogHoldsNoSecrets(t *testing.T) {
	const typed, name = "顧客名簿を誤送信", "佐藤花子"
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1", Name: name, RealName: name, Email: "sato@example.jp", EmailConfirmed: true})
	log := &bytes.Buffer{}
	f := newDoor(t, w, overHTTP)
	f.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f.config.Log, f.sender.config.Log = f.log, f.log
	f.people = newPeople()
	desk := &doorDesk{handle: func(_ context.Context, r chat.Request) chat.Reply {
		if r.Kind == chat.Submitted {
			panic(typed)
		}
		return chat.Reply{Cards: []chat.Card{{Title: typed, Blocks: []chat.Block{{Text: typed}}}}}
	}}
	for _, kind := range []slacktest.Kind{slacktest.ServerError, slacktest.CutAfter, slacktest.CutBefore, slacktest.Limited} {
		w.Fail("", 6, kind, time.Millisecond)
		for _, d := range []delivery{
			{kind: commands, body: json.RawMessage(`{"team_id":"` + w.TeamID + `","user_id":"U1","text":"` + typed + `","trigger_id":"123.456.secrettrigger","response_url":"` + w.URL() + `hooks/secretpath"}`)},
			{kind: commands, body: json.RawMessage(`{"team_id":"` + w.TeamID + `","user_id":"U1","text":"` + typed + `","trigger_id":"t","response_url":"https://evil.example/secretpath"}`)},
			{kind: interactions, body: json.RawMessage(`{"type":"view_submission","user":{"id":"U1"},"trigger_id":"123.secrettrigger","view":{"id":"V1","private_metadata":"{\"d\":\"x\"}","state":{"values":{"in.0.0.text":{"a":{"type":"plain_text_input","value":"` + typed + `"}}}}}}`)},
			{kind: events, body: json.RawMessage(`{"team_id":"` + w.TeamID + `","event":{"type":"message","channel_type":"im","user":"U1","channel":"D1","ts":"1.2","text":"` + typed + `"}}`)},
		} {
			f.seen = intake.NewSeen()
			d.at, d.ack = time.Now(), func(any) {}
			switch d.kind {
			case commands:
				f.command(t.Context(), desk, d)
			case interactions:
				f.interaction(t.Context(), desk, d)
			case events:
				f.event(t.Context(), desk, d)
			}
		}
		_, _ = f.Send(t.Context(), chat.Delivery{Key: "k", To: chat.Target{User: userID(p.ID)}, Card: chat.Card{Title: typed}})
	}
	if log.Len() == 0 {
		t.Fatal("nothing was logged")
	}
	for _, secret := range []string{typed, name, "sato@example.jp", w.BotToken, w.SigningSecret, "secrettrigger", "secretpath", "evil.example"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
}

// Who has left the company is known by his ID or his address, also when Slack tells no address
// of an account that is switched off; another account with it counts.
func TestWhoHasLeft(t *testing.T) {
	b := newBench(t)
	now := time.Now()
	left := func(id, email string) bool { return b.Left(chat.UserID(id), email) }
	b.people.keep(person{ID: "U1", Email: "one@example.co.jp"}, now)
	if left("slack:U1", "") || left("", "One@example.co.jp ") || left("slack:UNEW", "") || left("", "") || left("", "new@example.co.jp") {
		t.Error("somebody counts as gone who is there, or of whom nothing is known")
	}
	b.people.keep(person{ID: "U1", Gone: true}, now)
	if !left("slack:U1", "") || !left("", "one@example.co.jp") {
		t.Error("he is taken as still there")
	}
	if b.Email("slack:U1") != "" {
		t.Error("his address lets him in")
	}
	b.people.keep(person{ID: "U2", Email: "one@example.co.jp"}, now)
	if left("", "one@example.co.jp") || !left("slack:U1", "one@example.co.jp") {
		t.Error("his successor counts as gone, or he does not")
	}
}

// Somebody of another company who does something in an incident's channel has been let into it:
// from then on those who belong in it are told by direct messages.
func TestAnOutsiderInTheChannel(t *testing.T) {
	w, f, desk := handed(t)
	w.AddUser(slacktest.User{ID: "UOUT", TeamID: "T0OTHER"})
	w.AddUser(slacktest.User{ID: "UGONE", Deleted: true})
	kept, err := f.Keep(t.Context(), chat.Place{Channel: inc, Members: members("U1")})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"UGONE", "UOUT"} {
		f.interaction(t.Context(), desk, delivery{kind: interactions, at: time.Now(), ack: func(any) {}, body: json.RawMessage(
			`{"type":"block_actions","user":{"id":"` + who + `"},"trigger_id":"1","channel":{"id":"` + string(kept.ID) + `"},"actions":[{"block_id":"b","action_id":"press:1","value":"take|INC-2026-0001||"}]}`)})
		if _, err := f.Send(t.Context(), toChannel("feed/"+who, who)); err != nil {
			t.Fatal(err)
		}
	}
	c, _ := w.Channel(inc)
	direct, _ := w.Channel(w.Person("U1").Direct())
	if in, by := titles(c.Messages), titles(direct.Messages); !strings.Contains(in, "UGONE") || strings.Contains(in, "UOUT") || !strings.Contains(by, "UOUT") {
		t.Errorf("in the channel %q, by direct messages %q", in, by)
	}
	if len(desk.requests()) > 0 {
		t.Error("he was let in")
	}
}

// Neither the token nor an answer goes to an address that a delivery or a file names, unless
// it is Slack's or that of the settings.
func TestOnlySlacksAddressesAreCalled(t *testing.T) {
	b := newBench(t)
	for address, want := range map[string]bool{
		"https://hooks.slack.com/commands/T1/2/3":             true,
		"https://files.slack.com/files-pri/T1-F1/x.csv":       true,
		"https://HOOKS.SLACK.COM/x":                           true,
		"https://hooks.slack-gov.com/x":                       true,
		b.URL() + "hooks/1":                                   true,
		"http://hooks.slack.com/x":                            false,
		"https://slack.com.evil.example/x":                    false,
		"https://evilslack.com/x":                             false,
		"https://hooks.slack.com@evil.example/x":              false,
		"https://me:you@hooks.slack.com/x":                    false,
		`https://evil.example\@hooks.slack.com/x`:             false,
		"https://evil.example#.slack.com":                     false,
		"https://evil.example/?.slack.com":                    false,
		"https://127.0.0.1/x":                                 false,
		"http://169.254.169.254/latest/meta-data":             false,
		"file:///etc/passwd":                                  false,
		"ftp://hooks.slack.com/x":                             false,
		"//hooks.slack.com/x":                                 false,
		"":                                                    false,
		"https://xn--slack-xyz.com":                           false,
		strings.Replace(b.URL(), "127.0.0.1", "127.0.0.2", 1): false,
	} {
		if got := b.trusted(address); got != want {
			t.Errorf("%s is called: %v", address, got)
		}
	}
	called := false
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer evil.Close()
	if err := b.postEphemeralURL(t.Context(), evil.URL+"/x", nil, "secret"); err == nil || called || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("called %v, %v", called, err)
	}
}
