package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// asPerson does something as somebody of the contact list.
func (r *slackRig) asPerson(name string, id incident.ID, c incident.Command) incident.ID {
	r.t.Helper()
	p, _ := r.house.service.Contacts().Person(r.house.service.Contacts().Find(name)[0])
	out, err := r.house.service.Do(r.t.Context(), workflows.Command{
		Key: fmt.Sprintf("%s:%s:%s", name, id, c.Word()), Incident: id,
		By: incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}, Source: incident.FromPerson, Do: c,
	})
	if err != nil || !out.Accepted() {
		r.t.Fatalf("%s %s: %+v, %v", name, c.Word(), out, err)
	}
	return out.Incident
}

// Two report the same. One incident is merged into the other: its channel says where it goes
// on, with a way there, and is put away; who was called to it and who reported it hear the same.
// Both reporters hear what becomes of it.
func TestAMergedIncidentOnSlack(t *testing.T) {
	r := newSlackRig(t, fast)
	people := r.crowd(2)
	number := func(p *slacktest.Person, text string) string {
		p.Slash("", text)
		return printedNumber.FindString(p.WaitText("", "TRN-").Text())
	}
	first := number(people[0], "サーバー室で煙が出ています")
	second := number(people[1], "サーバー室が煙くさいです")
	r.settle()
	lead := r.slack.Person("U0NIGHT02")
	channel, other := strings.ToLower(second), strings.ToLower(first)
	r.asPerson("佐藤 美咲", incident.ID(second), incident.Take{})
	lead.Slash(channel, "統合 "+first)
	r.slack.Wait("the merged one's channel is put away", func() bool { c, _ := r.slack.Channel(channel); return c.Archived })
	r.settle()
	open := first + "を開く"
	c, _ := r.slack.Channel(channel)
	if !strings.Contains(c.Messages[len(c.Messages)-1].Text(), "この先は"+first) {
		t.Errorf("the last word in the channel is %q", c.Messages[len(c.Messages)-1].Text())
	}
	card := lead.Look(channel)[0]
	if !slices.Contains(card.Buttons(), open) || slices.Contains(card.Buttons(), "再開する") {
		t.Errorf("the card has the buttons %q", card.Buttons())
	}
	// Those who were called are told, and can go there.
	for _, who := range []string{"U0NIGHT02", "U0NIGHT03"} {
		p := r.slack.Person(who)
		p.Press("", open, second)
		p.WaitText("", "サーバー室で煙が出ています")
	}
	o, _ := r.slack.Channel(other)
	if !strings.Contains(slacktest.Texts(o.Messages), second+"を統合しました") || !strings.Contains(o.Messages[0].Text(), "member0さん（連絡先にない人）、member1さん（連絡先にない人）") {
		t.Errorf("the other channel says %s", slacktest.Texts(o.Messages))
	}
	people[1].WaitText("", second+" は "+first+" とまとめました")
	// Who reported it second hears how the first goes on, and what he adds goes there.
	r.asPerson("佐藤 美咲", incident.ID(first), incident.Take{})
	people[1].Wait("he hears who has taken it", func() bool {
		return slices.ContainsFunc(people[1].DMs(), func(m slacktest.Message) bool {
			return strings.Contains(m.Text(), first) && strings.Contains(m.Text(), "佐藤 美咲")
		})
	})
	people[1].Press("", "追加情報を送る", second+" は ")
	people[1].WaitModal(first)
	people[1].CloseModal()
	if m := r.slack.Mistakes(); len(m) > 0 {
		t.Errorf("Slack refused: %q", m)
	}
}

// An incident is taken up again after its channel was put away: the channel comes back, or
// where Slack does not give it back there is a new one, with everybody in it; all are told.
func TestAReopenedIncidentOnSlack(t *testing.T) {
	for name, refused := range map[string]bool{"the channel comes back": false, "a new channel": true} {
		t.Run(name, func(t *testing.T) {
			r := newSlackRig(t, fast)
			reporter := r.crowd(1)[0]
			reporter.Slash("", "サーバー室で煙が出ています")
			id := printedNumber.FindString(reporter.WaitText("", "TRN-").Text())
			channel := strings.ToLower(id)
			r.settle()
			old, _ := r.slack.Channel(channel)
			r.asPerson("佐藤 美咲", incident.ID(id), incident.Dismiss{Reason: "煙ではなかった"})
			r.slack.Wait("it is put away", func() bool { c, _ := r.slack.Channel(channel); return c.Archived })
			r.settle()
			if refused { // as Slack does where the bot was taken out of what it archived
				r.slack.Leave(channel, r.slack.BotUser)
			}
			r.asPerson("佐藤 美咲", incident.ID(id), incident.Reopen{Reason: "やはり煙だった"})
			want := channel
			if refused {
				want += "-2"
			}
			r.slack.Wait("there is a channel with everybody in it", func() bool {
				c, ok := r.slack.Channel(want)
				return ok && !c.Archived && len(c.Members) == len(old.Members) && len(c.Pinned) == 1 &&
					strings.Contains(slacktest.Texts(c.Messages), "やはり煙だった")
			})
			r.settle()
			c, _ := r.slack.Channel(want)
			if !c.Private || !strings.Contains(slacktest.Texts(c.Messages), "対応します") {
				t.Errorf("private %v, it says %s", c.Private, slacktest.Texts(c.Messages))
			}
			once(t, want, c.Messages)
			for _, p := range []*slacktest.Person{reporter, r.slack.Person("U0NIGHT02"), r.slack.Person("U0NIGHT03")} {
				p.WaitText("", "再開しました")
			}
			if n := len(r.slack.Channels()); n != 1 && !refused || n != 2 && refused {
				t.Errorf("%d channels", n)
			}
			if m := r.slack.Mistakes(); len(m) > 0 {
				t.Errorf("Slack refused: %q", m)
			}
		})
	}
}
