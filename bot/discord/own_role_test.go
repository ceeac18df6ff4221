package discord

import (
	"testing"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/discord/discordtest"
)

// Who names the bot's role in the place of the bot is told that nothing was received, and how to write
// it: Discord keeps the text from us. What names another role is none of our business.
func TestWhoNamesTheRoleOfTheBotIsTold(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t, discordtest.Privileged(0))
	p, closed := g.Owner(), g.AddMember("鈴木")
	g.AddChannel("general")
	another := g.AddRole("情シス", discordtest.MentionEveryone, closed.ID)
	g.CloseDMs(closed.ID, true)
	desk := &doorDesk{}
	f := openDoor(t, g, desk)
	p.Post("general", "<@&"+another+"> お願いします")
	taken(g, f, p)
	if n := len(p.DMs()); n != 0 {
		t.Errorf("the bot answers what was said to others: %v", p.DMs())
	}
	p.Post("general", "<@&"+g.BotRole()+"> PCを落とした")
	p.WaitText("", "メッセージを受け取れませんでした")
	closed.Post("general", "<@&"+g.BotRole()+"> PCを落とした")
	closed.WaitText("general", "お返事を送れませんでした")
	closed.Press("general", "返事を見る（自分だけに表示）", "")
	closed.WaitWhisper("メッセージを受け取れませんでした")
	taken(g, f, p)
	if n := len(desk.requests()); n != 0 {
		t.Errorf("%d requests reached the desk", n)
	}
	blameless(t, g)
}

// Where Discord lets the text be read, the role stands for the bot.
func TestTheRoleOfTheBotStandsForIt(t *testing.T) {
	g := discordtest.New(t)
	f := newDoor(t, g)
	f.Use(&doorDesk{})
	f.identity.User = g.BotID()
	role := func(id, bot string) string { return `{"id":"` + id + `","tags":{"bot_id":"` + bot + `"}}` }
	for _, c := range []struct{ event, raw, role string }{
		{"GUILD_ROLE_CREATE", `{"guild_id":"1","role":` + role("7", g.BotID()) + `}`, ""},
		{"GUILD_ROLE_CREATE", `{"guild_id":"` + g.ID() + `","role":` + role("7", "8") + `}`, ""},
		{"GUILD_ROLE_CREATE", `{"guild_id":"` + g.ID() + `","role":` + role("7", g.BotID()) + `}`, "7"},
		{"GUILD_ROLE_UPDATE", `{"guild_id":"` + g.ID() + `","role":{"id":"9"}}`, "7"},
		{"GUILD_CREATE", `{"id":"` + g.ID() + `","roles":[null,7,{"id":"1","tags":null},` + role("2", "") + `,` + role("5", g.BotID()) + `]}`, "5"},
		{"GUILD_CREATE", `{"id":"1","roles":[` + role("6", g.BotID()) + `]}`, "5"},
	} {
		f.happened(&discordgo.Event{Type: c.event, RawData: []byte(c.raw)})
		if got := f.role.get(); got != c.role {
			t.Errorf("after %s %s the role is %q", c.event, c.raw, got)
		}
	}
	f.work.Finish(f.patience.grace)
	for content, want := range map[string]string{
		" <@&5> PCを落とした": "PCを落とした", "<@" + g.BotID() + ">": "", "<@!" + g.BotID() + "> 進める": "進める",
	} {
		if text, hidden, ok := f.named(&message{Content: content, Roles: []string{"5"}}); text != want || hidden || !ok {
			t.Errorf("%q says %q to the bot, %v %v", content, text, hidden, ok)
		}
	}
	raw := `{"id":"1","channel_id":"2","guild_id":"` + g.ID() + `","author":{"id":"3"},"mention_roles":["5"]}`
	if f.writer([]byte(raw)) == nil {
		t.Error("who finds no room is not told, where he names the role")
	}
	for _, m := range []message{{Content: "<@&6> PC"}, {Content: "みなさん <@&5>", Roles: []string{"5"}}, {Roles: []string{"6"}}, {}} {
		if _, hidden, ok := f.named(&m); hidden || ok {
			t.Errorf("%+v is for the bot", m)
		}
	}
	f.role.is("")
	if _, _, ok := f.named(&message{Content: "<@&> x", Roles: []string{""}}); ok {
		t.Error("a role that nobody knows stands for the bot")
	}
}
