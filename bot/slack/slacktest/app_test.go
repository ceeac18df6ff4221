package slacktest_test

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	sl "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"hikeshi/bot/slack/slacktest"
)

// newApp is a client on slack-go, as the front end's is one.
func newApp(w *slacktest.Workspace) *sl.Client {
	return sl.New(w.BotToken, sl.OptionAPIURL(w.URL()), sl.OptionAppLevelToken(w.AppToken))
}

// connect runs an app over Socket Mode until the test ends.
func connect(t *testing.T, w *slacktest.Workspace, answer func(*sl.Client, socketmode.Event) any) *sl.Client {
	t.Helper()
	api := newApp(w)
	before := w.Sockets()
	client := socketmode.New(api, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = client.RunContext(ctx) }()
	handled := make(chan struct{})
	go func() {
		defer close(handled)
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-client.Events:
				if e.Request == nil || e.Request.EnvelopeID == "" {
					continue
				}
				if a := answer(api, e); a != nil {
					_ = client.Ack(*e.Request, a)
				} else {
					_ = client.Ack(*e.Request)
				}
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-ended; <-handled })
	w.Wait("a socket", func() bool { return w.Sockets() > before })
	return api
}

var modal = `{"type":"modal","callback_id":"f","title":{"type":"plain_text","text":"報告"},"submit":{"type":"plain_text","text":"送る"},"blocks":[
 {"type":"input","block_id":"b:title","label":{"type":"plain_text","text":"件名"},"element":{"type":"plain_text_input","action_id":"title","max_length":10}},
 {"type":"input","block_id":"b:who","optional":true,"label":{"type":"plain_text","text":"担当"},"element":{"type":"external_select","action_id":"who","min_query_length":0}},
 {"type":"input","block_id":"b:at","optional":true,"label":{"type":"plain_text","text":"日時"},"element":{"type":"datetimepicker","action_id":"at"}}]}`

func view(t *testing.T, raw string) sl.ModalViewRequest {
	t.Helper()
	var v sl.ModalViewRequest
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAFormOverSocketMode(t *testing.T) {
	// given an app that opens a form, refuses the first submission and takes the second
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1", RealName: "佐藤"})
	submissions := 0
	var last sl.InteractionCallback
	connect(t, w, func(api *sl.Client, e socketmode.Event) any {
		switch e.Type {
		case socketmode.EventTypeSlashCommand:
			cmd := e.Data.(sl.SlashCommand)
			if _, err := api.OpenView(cmd.TriggerID, view(t, modal)); err != nil {
				t.Errorf("views.open: %v", err)
			}
			return map[string]any{"text": "開きました"}
		case socketmode.EventTypeInteractive:
			in := e.Data.(sl.InteractionCallback)
			if in.Type == sl.InteractionTypeBlockSuggestion {
				return sl.OptionsResponse{Options: []*sl.OptionBlockObject{sl.NewOptionBlockObject("u-2", sl.NewTextBlockObject("plain_text", "鈴木", false, false), nil)}}
			}
			submissions++
			last = in
			if submissions == 1 {
				return sl.NewErrorsViewSubmissionResponse(map[string]string{"b:title": "短すぎます"})
			}
		}
		return nil
	})

	// when the person asks for the form and sends it
	p.Slash("", "報告")
	p.WaitText("", "開きました")
	if p.Submit() != nil {
		t.Fatal("a required field was left out, and the client sent the form")
	}
	p.Type("title", "12345678901")
	if p.Submit() != nil || p.Modal().Input("件名").Error == "" {
		t.Fatal("the client sent more than max_length")
	}
	p.Type("件名", "停電")
	p.Choose("who", "鈴木")
	p.Type("at", "2026-01-02T03:04")
	p.Submit()

	// then the error stands at the input, and the second time the form closes
	if got := p.Modal().Input("title").Error; got != "短すぎます" {
		t.Fatalf("the error is %q", got)
	}
	p.Submit()
	if p.Modal() != nil {
		t.Fatal("the modal is still open")
	}
	values := last.View.State.Values
	if values["b:title"]["title"].Value != "停電" || values["b:who"]["who"].SelectedOption.Value != "u-2" || values["b:at"]["at"].SelectedDateTime != 1767290640 {
		t.Fatalf("values: %+v", values)
	}
	none(t, w)
}

// none says that nothing was refused.
func none(t *testing.T, w *slacktest.Workspace) {
	t.Helper()
	if got := w.Refused(); len(got) > 0 {
		t.Errorf("refused: %q", got)
	}
}

func TestMessagesButtonsAndEvents(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	events := make(chan string, 10)
	api := connect(t, w, func(api *sl.Client, e socketmode.Event) any {
		switch d := e.Data.(type) {
		case slackevents.EventsAPIEvent:
			events <- d.InnerEvent.Type
		case sl.InteractionCallback:
			a := d.ActionCallback.BlockActions[0]
			events <- a.Value
			if _, _, err := api.PostMessage(d.Channel.ID, sl.MsgOptionText("受けました", false), sl.MsgOptionResponseURL(d.ResponseURL, sl.ResponseTypeEphemeral)); err != nil {
				t.Errorf("response_url: %v", err)
			}
		}
		return nil
	})
	c, _, _, err := api.OpenConversation(&sl.OpenConversationParameters{Users: []string{"U1"}})
	if err != nil {
		t.Fatal(err)
	}
	post := func(title, value string) {
		t.Helper()
		_, _, err := api.PostMessage(c.ID, sl.MsgOptionText("x", false), sl.MsgOptionBlocks(
			sl.NewSectionBlock(sl.NewTextBlockObject("mrkdwn", "*"+title+"*", false, false), nil, nil),
			sl.NewActionBlock("", sl.NewButtonBlockElement("go", value, sl.NewTextBlockObject("plain_text", "確認", false, false)))),
			sl.MsgOptionMetadata(sl.SlackMetadata{EventType: "hikeshi", EventPayload: map[string]any{"key": "k-" + value}}))
		if err != nil {
			t.Fatal(err)
		}
	}
	post("一", "1")
	post("二", "2")

	p.Press("", "確認", "一")
	p.Press("", "確認", "")
	ts := p.DM("こんにちは")
	p.React("", ts, "pushpin")
	p.OpenHome()
	for _, want := range []string{"1", "2", "message", "reaction_added", "app_home_opened"} {
		if got := <-events; got != want {
			t.Fatalf("%q came instead of %q", got, want)
		}
	}
	p.WaitText("", "受けました")
	history, err := api.GetConversationHistory(&sl.GetConversationHistoryParameters{ChannelID: c.ID, IncludeAllMetadata: true})
	if err != nil || len(history.Messages) != 3 || history.Messages[2].Metadata.EventPayload["key"] != "k-1" {
		t.Fatalf("history: %v %+v", err, history)
	}
	none(t, w)
}

// serve runs an app that is reached over HTTP.
func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}
