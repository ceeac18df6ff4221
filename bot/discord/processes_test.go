package discord

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// twoDoors are two of our processes on one server and database, with a desk that says something
// else each time it is asked, as it does of a link that signs in.
func twoDoors(t *testing.T, reply func(n int32) chat.Reply) (*discordtest.Guild, *discordtest.Person, func(times int32)) {
	t.Helper()
	g := discordtest.New(t)
	g.Unlimited(true)
	p := g.AddMember("山本")
	g.AddChannel("general")
	var n atomic.Int32
	desk, memory := &doorDesk{}, &doorMemory{}
	desk.handle = func(context.Context, chat.Request) chat.Reply { return reply(n.Add(1)) }
	one := openDoor(t, g, desk, remembering(memory))
	two := openDoor(t, g, desk, remembering(memory))
	return g, p, func(times int32) {
		t.Helper()
		g.Wait("both to have asked", func() bool { return n.Load() == 2*times })
		idle(g, one)
		idle(g, two)
	}
}

func TestTwoProcessesBringOneLink(t *testing.T) {
	g, p, settled := twoDoors(t, func(n int32) chat.Reply {
		return chat.Reply{
			Accepted: true, Direct: true, Cards: []chat.Card{{Key: "web", Title: fmt.Sprint("サインインのリンク ", n)}, {Key: "web", Title: "もう一枚"}},
			Document: &chat.Document{Name: "台帳.xlsx", Type: "application/octet-stream", Body: fmt.Append(nil, n)},
		}
	})
	for try := 1; try <= 2; try++ {
		p.Command("general", "incident line", map[string]string{"text": "web"})
		settled(int32(try))
		if dms := p.DMs(); len(dms) != 3*try {
			t.Fatalf("asked %d times he has: %s", try, discordtest.Texts(dms))
		}
		if w := p.Whispers(); !strings.Contains(w[len(w)-1].Text(), "ダイレクトメッセージ") || len(w) != try {
			t.Errorf("where he asked: %s", discordtest.Texts(w))
		}
	}
	blameless(t, g)
}

// What must be made once only is made by the process that answers, by none twice.
func TestTwoProcessesMakeOneLink(t *testing.T) {
	g := discordtest.New(t)
	g.Unlimited(true)
	p := g.AddMember("山本")
	g.AddChannel("general")
	var asked, made atomic.Int32
	both := make(chan struct{})
	desk, memory := &doorDesk{}, &doorMemory{}
	desk.handle = func(_ context.Context, r chat.Request) chat.Reply {
		if asked.Add(1)%2 == 0 {
			close(both) // neither has claimed it yet
		}
		<-both
		if !r.Claim() {
			return chat.Reply{}
		}
		return chat.Reply{Accepted: true, Direct: true, Cards: []chat.Card{{Key: "web", Title: fmt.Sprint("サインインのリンク ", made.Add(1))}}}
	}
	one := openDoor(t, g, desk, remembering(memory))
	two := openDoor(t, g, desk, remembering(memory))
	press := func(do func()) {
		t.Helper()
		both = make(chan struct{})
		before := asked.Load()
		do()
		g.Wait("both to have asked", func() bool { return asked.Load() == before+2 })
		idle(g, one)
		idle(g, two)
	}
	press(func() { p.Command("general", "incident line", map[string]string{"text": "web"}) })
	if made.Load() != 1 || strings.Count(discordtest.Texts(p.DMs()), "サインインのリンク 1") != 1 {
		t.Errorf("%d links are made; he has %s", made.Load(), discordtest.Texts(p.DMs()))
	}
	if w := p.Whispers(); len(w) != 1 || !strings.Contains(w[0].Text(), "ダイレクトメッセージ") {
		t.Errorf("where he asked: %s", discordtest.Texts(w))
	}
	if _, err := one.Send(t.Context(), chat.Delivery{Key: "k", To: chat.Target{User: userID(p.ID)}, Card: chat.Card{Title: "ウェブ", Buttons: []chat.Button{{Label: "開く", Action: "web"}}}}); err != nil {
		t.Fatal(err)
	}
	press(func() { p.WaitPress("", "開く", "") })
	if made.Load() != 2 {
		t.Errorf("%d links are made of a command and a press", made.Load())
	}
	blameless(t, g)
}

func TestTwoProcessesAnswerADirectMessageOnce(t *testing.T) {
	for _, direct := range []bool{false, true} {
		g, p, settled := twoDoors(t, func(n int32) chat.Reply {
			return chat.Reply{Accepted: true, Direct: direct, Cards: []chat.Card{{Key: "k", Title: fmt.Sprint("答え ", n)}, {Key: "k", Title: "もう一枚"}}}
		})
		own := len(p.DMs())
		for try := 1; try <= 2; try++ { // he says the same again: that is answered again
			p.DM("PCを落とした")
			settled(int32(try))
			if text := discordtest.Texts(p.DMs()); strings.Count(text, "答え") != try || strings.Count(text, "もう一枚") != try {
				t.Errorf("said %d times, %d messages before: %s", try, own, text)
			}
		}
		blameless(t, g)
	}
}

// TestASuccessIsNotHiddenByAFailure: where one process could not do it and the other did, he hears
// that it was done.
func TestASuccessIsNotHiddenByAFailure(t *testing.T) {
	_, p, settled := twoDoors(t, func(n int32) chat.Reply {
		if n == 1 {
			return chat.Reply{Failed: true, Cards: []chat.Card{{Key: "fault", Tone: chat.Refused, Title: "記録できませんでした"}}}
		}
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Key: "k", Title: "受け付けました"}}}
	})
	p.DM("PCを落とした")
	settled(1)
	if text := discordtest.Texts(p.DMs()); strings.Count(text, "受け付けました") != 1 {
		t.Error(text)
	}
}

// TestTwoProcessesSayOnceWhoWasTakenOut: both hear that a channel was opened, and put it right.
func TestTwoProcessesSayOnceWhoWasTakenOut(t *testing.T) {
	g := discordtest.New(t)
	g.Unlimited(true)
	one, two := g.AddMember("一"), g.AddMember("二")
	memory := &doorMemory{}
	first := openDoor(t, g, &doorDesk{}, remembering(memory))
	second := openDoor(t, g, &doorDesk{}, remembering(memory))
	if kept, err := first.Keep(t.Context(), chat.Place{Channel: inc, Members: members(one)}); err != nil || kept.ID == "" {
		t.Fatalf("%+v %v", kept, err)
	}
	g.Delay(100 * time.Millisecond) // so that both are at it
	g.Overwrite(inc, discordtest.Overwrite{ID: two.ID, Allow: discordtest.ViewChannel})
	said := func() (n int) {
		c, _ := g.Channel(inc)
		for _, m := range c.Messages {
			if strings.Contains(m.Content, "外しました") {
				n++
			}
		}
		return n
	}
	g.Wait("it to be said", func() bool { return said() > 0 && !g.CanSee(two.ID, inc) })
	idle(g, first)
	idle(g, second)
	if n := said(); n != 1 {
		t.Errorf("it is said %d times", n)
	}
}
