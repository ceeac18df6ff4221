package discord

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// A message that somebody forwards to the bot begins a report, with its words and its files; so does the
// command on a message by which another was forwarded.
func TestAForwardedMessageIsReportedAsItStands(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t, discordtest.Privileged(0))
	p, author := g.AddMember("山本"), g.AddMember("鈴木")
	g.AddChannel("general")
	g.AddChannel("random")
	quoted := func(_ context.Context, r chat.Request) chat.Reply {
		return chat.Reply{Form: &chat.Form{Draft: "report|||quoted", Title: "報告する", Inputs: []chat.Input{{Name: "event", Label: "何が", Kind: chat.Lines, Required: true, Value: r.Quote.Text}}}}
	}
	desk := &doorDesk{handle: quoted}
	f := openDoor(t, g, desk)
	m := author.Share("general", "このメールが届きました <@"+p.ID+">", "メール.eml", []byte("From: x"))
	is := func(what string) {
		t.Helper()
		r := desk.only(t)
		if r.Kind != chat.Quoted || r.Quote.For != chat.ForReport || r.Quote.Text != "このメールが届きました @山本" || !slices.Equal(r.Quote.Files, []string{"メール.eml"}) {
			t.Errorf("%s: %+v %+v", what, r, r.Quote)
		}
	}
	forwarded := p.Forward("general", m, "random")
	p.Forward("general", m, "")
	taken(g, f, p)
	is("forwarded to the bot")
	p.MessageCommand("インシデントとして報告", "random", forwarded)
	p.WaitModal("何が")
	idle(g, f)
	is("pointed at")
	var files []string
	desk.handle = func(_ context.Context, r chat.Request) chat.Reply {
		for file, err := range r.Files {
			if err != nil {
				t.Error(err)
				break
			}
			body, _ := io.ReadAll(file.Body)
			files = append(files, file.Name+" "+string(body))
		}
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "受け付けました"}}}
	}
	p.Submit()
	p.WaitWhisper("受け付けました")
	idle(g, f)
	if !slices.Equal(files, []string{"メール.eml From: x"}) {
		t.Errorf("the files are %q", files)
	}
	blameless(t, g)
}

// What says nothing that can be recorded is answered all the same: who sent it may believe that he has
// reported.
func TestAStickerIsAnswered(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := &doorDesk{}
	f := openDoor(t, g, desk)
	id := p.DM("助けて")
	taken(g, f, p)
	desk.only(t)
	g.Event("MESSAGE_CREATE", map[string]any{
		"id": id + "1", "channel_id": p.Direct(), "type": 0, "content": "", "attachments": []any{}, "embeds": []any{},
		"author": map[string]any{"id": p.ID, "username": "yamamoto"}, "sticker_items": []any{map[string]any{"id": "1", "name": "助けて", "format_type": 1}},
	})
	p.WaitText("", "この操作は読み取れませんでした")
	idle(g, f)
	if n := len(desk.requests()); n != 0 {
		t.Errorf("%d requests reached the desk", n)
	}
	blameless(t, g)
}

// Whatever stands in the place of what was forwarded, it is no more than nothing.
func TestWhatIsForwardedMayBeAnything(t *testing.T) {
	f := newDoor(t, discordtest.New(t))
	raw := func(snapshots string) []byte {
		return []byte(`{"id":"1","channel_id":"2","author":{"id":"3"},"content":" ","message_snapshots":` + snapshots + `}`)
	}
	for snapshots, want := range map[string]string{
		`null`: "", `[]`: "", `[null,{},{"message":null},{"message":{}}]`: "",
		`[{"message":{"content":"a <@5>","mentions":[null,{"id":"5","username":"sato"}]}},{"message":{"embeds":[{"title":"CPU"}],"attachments":[{"filename":"x"}]}}]`: "a @sato\nCPU",
		`[{"message":{"content":"a","message_snapshots":[{"message":{"content":"b"}}]}}]`:                                                                             "a",
	} {
		m, ok := readMessage(raw(snapshots))
		if !ok {
			t.Fatalf("%s cannot be read", snapshots)
		}
		_, q := f.quoteOf(chat.ForReport, "", &m)
		if q.Text != want || len(q.Files) != strings.Count(snapshots, "filename") {
			t.Errorf("%s: %+v", snapshots, q)
		}
	}
}
