package slacktest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	sl "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"hikeshi/bot/slack/slacktest"
)

var everything = `{"type":"modal","notify_on_close":true,"title":{"type":"plain_text","text":"全部"},"submit":{"type":"plain_text","text":"送る"},"blocks":[
 {"type":"input","block_id":"n","optional":true,"label":{"type":"plain_text","text":"数"},"element":{"type":"number_input","action_id":"n","is_decimal_allowed":false,"min_value":"1","max_value":"9"}},
 {"type":"input","block_id":"one","optional":true,"label":{"type":"plain_text","text":"一つ"},"element":{"type":"static_select","action_id":"one","options":[{"text":{"type":"plain_text","text":"甲"},"value":"a"},{"text":{"type":"plain_text","text":"乙"},"value":"b"}]}},
 {"type":"input","block_id":"any","optional":true,"label":{"type":"plain_text","text":"幾つか"},"element":{"type":"checkboxes","action_id":"any","options":[{"text":{"type":"plain_text","text":"甲"},"value":"a"},{"text":{"type":"plain_text","text":"乙"},"value":"b"}]}},
 {"type":"input","block_id":"day","optional":true,"label":{"type":"plain_text","text":"日"},"element":{"type":"datepicker","action_id":"day"}},
 {"type":"input","block_id":"file","optional":true,"label":{"type":"plain_text","text":"ファイル"},"element":{"type":"file_input","action_id":"file","max_files":2}},
 {"type":"actions","elements":[{"type":"button","action_id":"next","value":"v","text":{"type":"plain_text","text":"次へ"}}]}]}`

// formed runs an app that answers submissions as told.
func formed(t *testing.T, raw string, answers ...any) (*slacktest.Workspace, *slacktest.Person, chan sl.InteractionCallback) {
	t.Helper()
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	got := make(chan sl.InteractionCallback, 10)
	api := connect(t, w, func(_ *sl.Client, e socketmode.Event) any {
		in, ok := e.Data.(sl.InteractionCallback)
		if !ok {
			return nil
		}
		got <- in
		if in.Type != sl.InteractionTypeViewSubmission || len(answers) == 0 {
			return nil
		}
		a := answers[0]
		answers = answers[1:]
		return a
	})
	if _, err := api.OpenView(w.Trigger("U1"), view(t, raw)); err != nil {
		t.Fatal(err)
	}
	return w, p, got
}

func TestValuesAreTypedAsSlackTypesThem(t *testing.T) {
	w, p, got := formed(t, everything)
	for _, wrong := range []string{"0", "10", "1.5", "x"} {
		p.Type("数", wrong)
		if p.Submit() != nil {
			t.Errorf("the client sent %q", wrong)
		}
	}
	p.Type("数", "7")
	p.Fill("one", "b")
	p.Fill("any", "a,b")
	p.Type("day", "2026-04-01")
	p.Attach("file", "a.txt", []byte("abc"))
	p.Attach("file", "b.txt", []byte("de"))
	p.Press(slacktest.InModal, "次へ", "")
	pressed := <-got
	if pressed.View.State.Values["n"]["n"].Value != "7" || pressed.Container.ViewID != p.Modal().ID || pressed.ActionCallback.BlockActions[0].Value != "v" {
		t.Errorf("pressed: %+v", pressed)
	}
	p.Submit()
	v := (<-got).View.State.Values
	if v["n"]["n"].Value != "7" || v["one"]["one"].SelectedOption.Value != "b" || len(v["any"]["any"].SelectedOptions) != 2 || v["day"]["day"].SelectedDate != "2026-04-01" || len(v["file"]["file"].Files) != 2 {
		t.Errorf("values: %+v", v)
	}
	if p.Modal() != nil {
		t.Error("the modal is still open")
	}
	none(t, w)
}

func TestWhatWasTypedSurvivesAnUpdate(t *testing.T) {
	w, p, got := formed(t, everything)
	p.Type("n", "3")
	p.Type("day", "2026-04-01")
	// the day's block comes under another name
	if _, err := newApp(w).UpdateView(view(t, strings.Replace(everything, `"block_id":"day"`, `"block_id":"day2"`, 1)), "", "", p.Modal().ID); err != nil {
		t.Fatal(err)
	}
	if n, day := p.Modal().Input("n").Value, p.Modal().Input("日").Value; n != "3" || day != "" {
		t.Errorf("after the update there are %q and %q", n, day)
	}
	p.CloseModal()
	if closed := <-got; closed.Type != sl.InteractionTypeViewClosed {
		t.Errorf("the app was told %+v", closed)
	}
}

func TestAnswersToASubmission(t *testing.T) {
	simple := map[string]any{"type": "modal", "title": map[string]any{"type": "plain_text", "text": "次"}, "submit": map[string]any{"type": "plain_text", "text": "次"}, "blocks": []any{}}
	push := map[string]any{"response_action": "push", "view": simple}
	w, p, _ := formed(t, everything,
		map[string]any{"response_action": "update", "view": simple}, push, push, push, // the last is one too many
		map[string]any{"response_action": "errors", "errors": map[string]string{"nowhere": "x"}},
		map[string]any{"response_action": "clear"})
	p.Submit()
	if m := p.Modal(); m.Title != "次" || m.Depth != 1 {
		t.Errorf("after update: %+v", m)
	}
	p.Submit()
	p.Submit()
	p.Submit()
	if m := p.Modal(); m.Depth != 3 {
		t.Errorf("after pushing thrice %d are open", m.Depth)
	}
	p.Submit()
	p.Submit()
	if p.Modal() != nil {
		t.Error("clear left a modal open")
	}
	got := w.Mistakes()
	if len(got) != 2 || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "ack: push_limit_reached") }) ||
		!slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "ack: invalid_errors") }) {
		t.Errorf("mistakes: %q", got)
	}
}

func TestAnEphemeralAnswerIsSeenByOneOnly(t *testing.T) {
	w := slacktest.New(t)
	p, other := w.AddUser(slacktest.User{ID: "U1"}), w.AddUser(slacktest.User{ID: "U2"})
	c := w.AddChannel("general", false, "U1", "U2")
	connect(t, w, func(api *sl.Client, e socketmode.Event) any {
		switch d := e.Data.(type) {
		case sl.SlashCommand:
			return map[string]any{"blocks": []any{map[string]any{"type": "actions", "elements": []any{
				map[string]any{"type": "button", "action_id": "a", "text": map[string]any{"type": "plain_text", "text": "直す"}}}}}}
		case sl.InteractionCallback:
			if !d.Container.IsEphemeral || d.Message.Timestamp != "" {
				t.Errorf("the press came as %+v", d)
			}
			_, _, err := api.PostMessage(d.Channel.ID, sl.MsgOptionText("直しました", false), sl.MsgOptionReplaceOriginal(d.ResponseURL))
			if err != nil {
				t.Errorf("response_url: %v", err)
			}
		}
		return nil
	})
	p.Slash("general", "x")
	p.WaitPress("general", "/^直/", "")
	p.WaitText(c.ID, "直しました")
	if mine := p.Look("general"); len(mine) != 1 || len(mine[0].Buttons()) != 0 || len(other.Look("general")) != 0 {
		t.Errorf("he sees %v, the other %v", mine, other.Look("general"))
	}
	none(t, w)
}

func TestAShortcutOnAMessage(t *testing.T) {
	w, p, got := formed(t, everything)
	c := w.AddChannel("general", false, "U1")
	ours := w.AddChannel("ours", true, "U1", w.BotUser)
	for _, channel := range []string{c.ID, ours.ID} {
		ts := p.Share(channel, "煙 <見えます>", "a.png", []byte("png"))
		p.MessageShortcut("quote", channel, ts)
		in := <-got
		if in.Type != sl.InteractionTypeMessageAction || in.CallbackID != "quote" || in.MessageTs != ts || in.Channel.ID != channel ||
			in.Message.Text != "煙 &lt;見えます&gt;" || len(in.Message.Files) != 1 || in.Message.User != "U1" {
			t.Errorf("the shortcut came as %+v", in)
		}
		// only where the app is can it read the file
		_, _, _, err := newApp(w).GetFileInfo(in.Message.Files[0].ID, 0, 0)
		if readable := err == nil; readable != (channel == ours.ID) {
			t.Errorf("in %s: %v", channel, err)
		}
	}
	if seen := p.Look("general")[0].Text(); seen != "煙 <見えます>\n📎 a.png" {
		t.Errorf("he sees %q", seen)
	}
}

func TestMessageTimesGrowHoweverTheClockGoes(t *testing.T) {
	at := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	w := slacktest.New(t, slacktest.Clock(func() time.Time { at = at.Add(-time.Second); return at }), slacktest.Events())
	p := w.AddUser(slacktest.User{ID: "U1"})
	last := ""
	for range 5 {
		ts := p.DM("x")
		if ts <= last || !strings.HasPrefix(ts, "1775") {
			t.Errorf("%s after %s", ts, last)
		}
		last = ts
	}
}

// What people see of Slack's marks: the date in words, the link by its label, letters as typed.
func TestWhatIsReadable(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	wants(t, call(t, w, "chat.postMessage", "channel", "U1", "text", "予備", "blocks",
		`[{"type":"section","text":{"type":"mrkdwn","text":"<!date^1767290640^{date_short}|2026-01-02 03:04> <https://a.example/|記録> a &amp; b &lt;c&gt; <@U2>"},
		"fields":[{"type":"plain_text","text":"<そのまま|です>"}]}]`), "ok")
	if got := p.DMs()[0].Text(); got != "2026-01-02 03:04 記録 a & b <c> @U2\n<そのまま|です>" {
		t.Errorf("he reads %q", got)
	}
	if got := p.DMs()[0].Fallback; got != "予備" {
		t.Errorf("the notification says %q", got)
	}
}
