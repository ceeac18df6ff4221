package discord

import (
	"context"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

func TestACommandBecomesALine(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := &doorDesk{}
	f := openDoor(t, g, desk)
	for _, c := range []struct {
		path string
		with map[string]string
		want string
	}{
		{"incident report", map[string]string{"text": "社用PCを電車に置き忘れた"}, "/incident 報告 社用PCを電車に置き忘れた"},
		{"incident report", nil, "/incident"},
		{"incident status", map[string]string{"incident": "INC-2026-0001"}, "/incident 状況 INC-2026-0001"},
		{"incident level", map[string]string{"level": "2", "reason": "業務が止まったため", "incident": "INC-2026-0001"}, "/incident レベル INC-2026-0001 2 業務が止まったため"},
		{"incident line", map[string]string{"text": "戻す 早すぎたため"}, "/incident 戻す 早すぎたため"},
		{"incident line", map[string]string{"text": "/incident 進める"}, "/incident 進める"},
		{"incident list", nil, "/incident 一覧"},
	} {
		p.Command("general", c.path, c.with)
		idle(g, f)
		if r := desk.only(t); r.Kind != chat.Said || r.Text != c.want || r.From != userID(p.ID) || r.Name != "山本" || r.ID == "" || r.At.IsZero() {
			t.Errorf("%s %v: %+v", c.path, c.with, r)
		}
		if got := p.WaitWhisper("受け付けました"); got.OnlyFor != p.ID {
			t.Errorf("not for him alone: %+v", got)
		}
	}
	blameless(t, g)
}

// There is no room: nobody waits for it on the way in, where nothing more would be heard
// meanwhile, and everybody who is waiting for an answer is told at once.
func TestWhereThereIsNoRoomEverybodyIsToldAtOnce(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := &doorDesk{emergency: true}
	f := openDoor(t, g, desk)
	g.Unlimited(true)
	taken(g, f, p) // what the session began with leaves no room behind
	full := make(chan struct{})
	defer close(full)
	for f.work.Start(0, func(context.Context) { <-full }) {
	}
	const many = 5
	began := time.Now()
	for range many {
		g.AddMember("誰か").Post("general", "ただの会話") // for which nobody waits
	}
	p.DM("何か起きました")
	for range many {
		if d := p.Command("general", "incident list", nil); d.First() != answersMessage {
			t.Errorf("first answer %d", d.First())
		}
	}
	p.WaitWhisper("電話してください")
	g.Wait("the answer to the message", func() bool { return strings.Contains(discordtest.Texts(p.DMs()), "電話してください") })
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	if n := len(desk.requests()); n != 0 {
		t.Errorf("%d requests reached the desk", n)
	}
}
