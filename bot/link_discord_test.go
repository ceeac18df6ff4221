package main

import (
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
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
