package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// Somebody whom nobody knows on Discord asks to be known, an administrator confirms it there, and
// he is brought into the channels of what he works on; with the link he is taken out of them again.
func TestAnAccountIsLinkedOnDiscord(t *testing.T) {
	b := newBothPlatforms(t)
	const general = "general"
	b.guild.AddChannel(general)
	id := b.report("山本", "k1", "社用PCを電車に置き忘れた")
	channel := b.house.desk.Channel(id)
	for i, line := range []string{"/incident 対応 ", "/incident 担当 "} {
		if i == 1 {
			line += string(id) + " 渡辺"
		} else {
			line += string(id)
		}
		lead := b.house.service.Contacts().Find("佐藤")[0]
		reply := b.house.desk.Handle(t.Context(), chat.Request{ID: line, Kind: chat.Said, From: desk.User(lead), Text: line, At: time.Now()})
		if !reply.Accepted {
			t.Fatalf("%s: %+v", line, reply)
		}
	}
	b.settle()
	stranger := b.guild.AddMember("ひろし")
	sees := func() bool { return b.guild.CanSee(stranger.ID, channel) }
	if sees() {
		t.Fatal("a stranger sees the channel")
	}
	stranger.Command(general, "link", map[string]string{"text": "watanabe@example.co.jp"})
	stranger.WaitWhisper("管理者に確認を頼みました")
	b.settle()
	admin := b.discord["鈴木"]
	admin.WaitPress("", "この人です", "渡辺 浩")
	admin.WaitPress("", b.house.say("ja", "discord.sure.yes"), "")
	b.guild.Wait("he is in the channel", sees)
	stranger.Command(general, "status", map[string]string{"incident": string(id)})
	stranger.WaitWhisper("社用PCを電車に置き忘れた")
	stranger.Command(general, "link", map[string]string{"text": "解除"})
	stranger.WaitWhisper("連携を解除しました")
	b.guild.Wait("he is out of the channel", func() bool { return !sees() })
	if m := b.guild.Mistakes(); len(m) > 0 {
		t.Errorf("Discord refused: %v", m)
	}
}

// linked has an administrator say that an account is that of 渡辺.
func (b *bothPlatforms) linked(account *discordtest.Person, channel string) {
	b.t.Helper()
	account.Command(channel, "link", map[string]string{"text": "watanabe@example.co.jp"})
	account.WaitWhisper("管理者に確認を頼みました")
	b.settle()
	admin := b.discord["鈴木"]
	admin.WaitPress("", "この人です", "渡辺 浩")
	admin.WaitPress("", b.house.say("ja", "discord.sure.yes"), "")
	b.guild.Wait("the account is his", func() bool {
		id, _ := b.house.service.Account(b.house.service.Contacts().Find("渡辺")[0], "discord")
		return id == account.ID
	})
	b.settle()
}

// Whoever was left out of an incident and administers the server sees every channel of it, by whatever
// account: by one that he has taken back himself, by the one before, and after he has left the company.
// So nothing is said in the channel, however his account stops counting as his.
func TestWhoIsLeftOutDoesNotOpenAChannelByHisLink(t *testing.T) {
	const general, admins = "general", "管理"
	for name, act := range map[string]func(b *bothPlatforms, his *discordtest.Person){
		"he takes the link back": func(b *bothPlatforms, his *discordtest.Person) {
			his.Command(general, "link", map[string]string{"text": "解除"})
			his.WaitWhisper("連携を解除しました")
		},
		"another account is linked": func(b *bothPlatforms, _ *discordtest.Person) {
			other := b.guild.AddMember("ひろし2")
			b.linked(other, general)
		},
		"he leaves the company": func(b *bothPlatforms, _ *discordtest.Person) {
			rows := slices.DeleteFunc(slices.Clone(b.rows), func(r contact.Row) bool { return strings.HasPrefix(r.Name, "渡辺") })
			if _, err := b.house.service.ImportContacts(b.t.Context(), rows); err != nil {
				b.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBothPlatforms(t)
			b.guild.AddChannel(general)
			his := b.guild.AddMember("ひろし")
			b.guild.AddRole(admins, discordtest.Administrator, his.ID)
			b.linked(his, general)
			lead, left := b.house.service.Contacts().Find("佐藤")[0], b.house.service.Contacts().Find("渡辺")[0]
			id := b.report("山本", "k1", "社用PCを電車に置き忘れた")
			do := func(c incident.Command, key string) {
				t.Helper()
				out, err := b.house.service.Do(t.Context(), workflows.Command{
					Key: key, Incident: id, By: incident.Actor{ID: lead, Name: "佐藤 美咲"}, Source: incident.FromPerson, Do: c,
				})
				if err != nil || !out.Accepted() {
					t.Fatalf("%+v %v", out, err)
				}
				b.settle()
			}
			said := func(text string) bool {
				c, _ := b.guild.Channel(b.house.desk.Channel(id))
				return holding(c.Messages, text) > 0
			}
			do(incident.Take{}, "take")
			do(incident.Restrict{Reason: "持ち出しの疑い", Exclude: []incident.PersonID{left}}, "restrict")
			do(incident.Note{Text: "最初の記録"}, "note 1")
			if said("最初の記録") {
				t.Fatal("he reads it as he is")
			}
			act(b, his)
			b.settle()
			do(incident.Note{Text: "あとの記録"}, "note 2")
			if said("最初の記録") || said("あとの記録") {
				c, _ := b.guild.Channel(b.house.desk.Channel(id))
				t.Errorf("he reads %q", c.Messages)
			}
			if !b.guild.CanSee(his.ID, b.house.desk.Channel(id)) {
				t.Error("he does not see the channel, and this shows nothing")
			}
		})
	}
}
