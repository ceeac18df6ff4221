package discord

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

func TestAMessageIsPointedAt(t *testing.T) {
	// Without the privileged intent: the text comes with the pointing.
	g := discordtest.New(t, discordtest.Privileged(0))
	p, author := g.AddMember("山本"), g.AddMember("鈴木")
	g.AddChannel("general")
	desk := &doorDesk{handle: func(_ context.Context, r chat.Request) chat.Reply {
		if r.Kind == chat.Quoted && r.Quote.For == chat.ForReport {
			return chat.Reply{Form: &chat.Form{Draft: "report|||quoted", Title: "報告する", Inputs: []chat.Input{{Name: "event", Label: "何が", Kind: chat.Lines, Required: true, Value: r.Quote.Text}}}}
		}
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "受け付けました"}}}
	}}
	f := openDoor(t, g, desk)
	m := author.Share("general", "サーバーが落ちています <@"+p.ID+"> <:fire:123> *注意*", "画面.png", []byte("png"))
	p.MessageCommand("インシデントとして報告", "general", m)
	idle(g, f)
	r := desk.only(t)
	if r.Kind != chat.Quoted || r.Quote.Text != "サーバーが落ちています @山本 :fire: *注意*" || r.Quote.From != userID(author.ID) || r.Quote.Name != "鈴木" ||
		!slices.Equal(r.Quote.Files, []string{"画面.png"}) || r.Quote.Link == "" || r.Quote.At.IsZero() {
		t.Fatalf("%+v %+v", r, r.Quote)
	}
	var files []string
	desk.handle = func(_ context.Context, r chat.Request) chat.Reply {
		for file, err := range r.Files {
			if err != nil {
				t.Error(err)
				break
			}
			body, _ := io.ReadAll(file.Body)
			files = append(files, file.Input+" "+file.Name+" "+string(body))
		}
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "受け付けました"}}}
	}
	p.WaitModal("何が")
	p.Submit()
	p.WaitWhisper("受け付けました")
	idle(g, f)
	if r := desk.only(t); r.Quote == nil || r.Quote.Text != "サーバーが落ちています @山本 :fire: *注意*" || !slices.Equal(files, []string{"quoted 画面.png png"}) {
		t.Errorf("%+v %q", r, files)
	}
	blameless(t, g)
}

// 📌 and the command on a message put it into the record of the channel's incident, under one
// key, whoever uses them.
func TestAMessageGoesIntoTheRecord(t *testing.T) {
	g := discordtest.New(t)
	p, q := g.AddMember("山本"), g.AddMember("鈴木")
	g.AddChannel("general")
	desk := &doorDesk{}
	f := openDoor(t, g, desk)
	if _, err := f.Keep(t.Context(), chat.Place{Channel: "inc-2026-0001", Members: []chat.UserID{userID(p.ID), userID(q.ID)}}); err != nil {
		t.Fatal(err)
	}
	m := q.Post("inc-2026-0001", "2:07 電源を確認した")
	p.React("inc-2026-0001", m, "📌")
	p.React("inc-2026-0001", m, "👍")
	taken(g, f, p)
	r := desk.only(t)
	if r.Kind != chat.Quoted || r.Quote.For != chat.ForNote || r.Quote.Text != "2:07 電源を確認した" || r.Channel != "inc-2026-0001" || r.Quote.Name != "鈴木" {
		t.Fatalf("%+v %+v", r, r.Quote)
	}
	p.WaitText("", "受け付けました")
	q.MessageCommand("記録に追加", "inc-2026-0001", m)
	idle(g, f)
	if again := desk.only(t); again.ID != r.ID || again.From != userID(q.ID) || again.Quote.Text != r.Quote.Text {
		t.Errorf("%+v", again)
	}
	elsewhere := q.Post("general", "関係のない話")
	p.React("general", elsewhere, "📌")
	taken(g, f, p)
	if n := len(desk.requests()); n != 0 {
		t.Errorf("a pin in another channel reached the desk")
	}
	blameless(t, g)
}

// What was not taken when 📌 was set is taken when it is set again.
func TestAPinThatIsSetAgain(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	desk := &doorDesk{}
	var taken atomic.Bool
	desk.handle = func(context.Context, chat.Request) chat.Reply {
		if !taken.Load() {
			return chat.Reply{Cards: []chat.Card{{Tone: chat.Notice, Title: "いまは追加できません"}}}
		}
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Tone: chat.Good, Title: "追加しました"}}}
	}
	f := openDoor(t, g, desk)
	if _, err := f.Keep(t.Context(), chat.Place{Channel: "inc-2026-0001", Members: []chat.UserID{userID(p.ID)}}); err != nil {
		t.Fatal(err)
	}
	m := p.Post("inc-2026-0001", "2:07 電源を確認した")
	p.React("inc-2026-0001", m, "📌")
	p.WaitText("", "いまは追加できません")
	idle(g, f)
	taken.Store(true)
	p.Unreact("inc-2026-0001", m, "📌")
	p.React("inc-2026-0001", m, "📌")
	p.WaitText("", "追加しました")
	blameless(t, g)
}

// Without the privileged intent Discord keeps the text of 📌 from us: it is said what to do.
func TestAPinThatCannotBeReadIsSaid(t *testing.T) {
	g := discordtest.New(t, discordtest.Privileged(0))
	p, q := g.AddMember("山本"), g.AddMember("鈴木")
	g.AddChannel("general")
	desk := &doorDesk{}
	f := openDoor(t, g, desk)
	if _, err := f.Keep(t.Context(), chat.Place{Channel: "inc-2026-0001", Members: []chat.UserID{userID(p.ID), userID(q.ID)}}); err != nil {
		t.Fatal(err)
	}
	m := q.Post("inc-2026-0001", "2:07 電源を確認した")
	p.React("inc-2026-0001", m, "📌")
	p.WaitText("", "記録に追加できていません")
	taken(g, f, p)
	if n := len(desk.requests()); n != 0 {
		t.Errorf("%d requests reached the desk", n)
	}
	blameless(t, g)
}

func TestADirectMessage(t *testing.T) {
	g := discordtest.New(t)
	p, q := g.AddMember("山本"), g.AddMember("鈴木")
	g.AddChannel("general")
	desk := &doorDesk{}
	f := openDoor(t, g, desk)
	p.DM("一行目\n二行目")
	taken(g, f, p)
	if r := desk.only(t); r.Kind != chat.Said || r.Text != "一行目\n二行目" || r.Channel != "" || r.Name != "山本" {
		t.Errorf("%+v", r)
	}
	p.Share("", "画面です", "画面.png", []byte("x"))
	taken(g, f, p)
	if r := desk.only(t); r.Text != "画面です" {
		t.Errorf("%+v", r)
	}
	p.WaitText("", "ファイルはまだ記録されていません")
	p.Share("", "", "画面.png", []byte("x"))
	taken(g, f, p)
	if r := desk.only(t); r.Kind != chat.Quoted || r.Quote.For != chat.ForReport || !slices.Equal(r.Quote.Files, []string{"画面.png"}) {
		t.Errorf("%+v %+v", r, r.Quote)
	}
	p.Post("general", "みなさんこんにちは <@"+q.ID+">")
	p.Post("general", "これは <@"+g.BotID()+"> の話です")
	taken(g, f, p)
	if n := len(desk.requests()); n != 0 {
		t.Errorf("what people say among themselves reached the desk: %+v", desk.requests())
	}
	p.Post("general", "<@"+g.BotID()+"> 記録 一行目\n二行目")
	taken(g, f, p)
	if r := desk.only(t); r.Kind != chat.Said || r.Text != "/incident 記録 一行目\n二行目" {
		t.Errorf("%+v", r)
	}
	c, _ := g.Channel("general")
	for _, m := range c.Messages {
		if m.Author == g.BotID() {
			t.Errorf("what one person asked is answered before all: %s", m.Text())
		}
	}
	blameless(t, g)
}

// What a program has posted stands in its embeds.
func TestAnAlertIsQuotedWithItsEmbeds(t *testing.T) {
	f := newDoor(t, discordtest.New(t))
	m := &message{ID: "1", ChannelID: "2", Content: "警報 <t:1764000000:f> <#5> </incident report:7>", WebhookID: "9"}
	m.Embeds = append(m.Embeds, struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		Fields      []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"fields"`
	}{Title: "CPU 100%", Description: "web01"})
	_, q := f.quoteOf(chat.ForReport, "3", m)
	if want := "警報 2025-11-25 01:00 JST <#5> /incident report\nCPU 100%\nweb01"; q.Text != want || q.From != "" || !strings.HasSuffix(q.Link, "/3/2/1") {
		t.Errorf("%q, %+v", q.Text, q)
	}
}
