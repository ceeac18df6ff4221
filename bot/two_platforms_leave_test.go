package main

import (
	"strings"
	"testing"

	"hikeshi/bot/discord/discordtest"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// rings counts the calls to a number about an incident.
func (b *bothPlatforms) rings(number string, id incident.ID) (n int) {
	for _, c := range b.gateway.Calls() {
		if c.To == number && c.Incident == string(id) {
			n++
		}
	}
	return n
}

// does has somebody carry out a command.
func (b *bothPlatforms) does(key, who string, id incident.ID, do incident.Command) {
	b.t.Helper()
	found := b.house.service.Contacts().Find(who)
	p, _ := b.house.service.Contacts().Person(found[0])
	out, err := b.house.service.Do(b.t.Context(), workflows.Command{
		Key: key, Incident: id, By: incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}, Source: incident.FromPerson, Do: do,
	})
	if err != nil || !out.Accepted() {
		b.t.Fatalf("%s: %+v %v", key, out, err)
	}
}

// Somebody leaves the Discord server while he is called there. Who is on Discord alone is rung by
// the next call at once; who is on both is called on Slack. Whoever comes back is let into the
// channels again.
func TestWhoLeavesDiscordIsCalledOtherwise(t *testing.T) {
	b := newBothPlatforms(t)
	b.guild.AddChannel("general")
	sato, suzuki := b.discord["佐藤"], b.discord["鈴木"]
	if out, err := b.house.service.Compromise(t.Context(), "mark", "", frontendSlack, true, workflows.DoorConsole); err != nil || !out.Accepted() {
		t.Fatalf("%+v %v", out, err)
	}
	first := b.report("山本", "r1", "顧客名簿を電車に置き忘れた")
	b.guild.Wait("both are called on Discord", func() bool {
		return b.onDiscord("佐藤", string(first)) > 0 && b.onDiscord("鈴木", string(first)) > 0
	})
	b.guild.Kick(sato.ID)
	b.guild.Kick(suzuki.ID)
	if out, err := b.house.service.Compromise(t.Context(), "unmark", "", frontendSlack, false, workflows.DoorConsole); err != nil || !out.Accepted() {
		t.Fatalf("%+v %v", out, err)
	}
	second := b.report("山本", "r2", "サーバーの画面に身代金の要求が出ている")
	b.slack.Wait("who is on both is called on Slack", func() bool { return b.onSlack("U0LEAD", string(second)) > 0 })
	b.guild.Wait("who was on Discord alone is rung", func() bool { return b.rings("+819000000003", second) > 0 })
	if b.onDiscord("鈴木", string(second)) > 0 {
		t.Error("he is written to on Discord all the same")
	}
	if n := b.rung(second); n != 0 {
		t.Errorf("who reads Slack is rung %d times all the same", n)
	}

	channel := strings.ToLower(string(second))
	b.settle()
	if b.guild.CanSee(suzuki.ID, channel) {
		t.Error("who has left sees the channel")
	}
	b.guild.Admit(suzuki.ID)
	suzuki.Command("general", "incident help", nil)
	b.guild.Wait("he is let in again", func() bool { return b.guild.CanSee(suzuki.ID, channel) })
}

// Somebody is left out of an incident, and one platform does not let us take him out of its channel
// for a while: nothing more is said there, and the other platform's channel goes on.
func TestAChannelThatIsNotVacatedKeepsTheOther(t *testing.T) {
	b := newBothPlatforms(t)
	b.guild.AddChannel("general")
	id := b.report("山本", "r1", "顧客名簿を電車に置き忘れた")
	channel := strings.ToLower(string(id))
	b.settle()
	b.does("take", "鈴木", id, incident.Take{})
	b.settle()
	sato := b.discord["佐藤"]
	if !b.guild.CanSee(sato.ID, channel) {
		t.Fatal("he does not see the channel on Discord")
	}
	b.guild.Fail(discordtest.DeleteOverwrite, 10_000, discordtest.ServerError)
	b.does("restrict", "田中", id, incident.Restrict{Exclude: b.house.service.Contacts().Find("佐藤"), Reason: "本人に関わる"})
	b.does("note", "鈴木", id, incident.Note{Text: "あとからの記録"})
	onSlack := func() (members []string, text string) {
		c, _ := b.slack.Channel(channel)
		return c.Members, slacktest.Texts(c.Messages)
	}
	onDiscord := func() string {
		c, _ := b.guild.Channel(channel)
		return discordtest.Texts(c.Messages)
	}
	b.slack.Wait("it goes on in Slack's channel without him", func() bool {
		members, text := onSlack()
		return strings.Contains(text, "あとからの記録") && !strings.Contains(strings.Join(members, " "), "U0LEAD")
	})
	if b.guild.CanSee(sato.ID, channel) && strings.Contains(onDiscord(), "あとからの記録") {
		t.Error("it is said on Discord where he reads it")
	}
	b.guild.Mend()
	b.guild.Wait("he is out of Discord's channel", func() bool { return !b.guild.CanSee(sato.ID, channel) })
	b.guild.Wait("it goes on there, too", func() bool { return strings.Contains(onDiscord(), "あとからの記録") })
	for _, what := range [][]string{b.slack.Mistakes(), b.guild.Mistakes()} {
		if len(what) > 0 {
			t.Errorf("refused: %q", what)
		}
	}
}
