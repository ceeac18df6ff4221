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
	c, _ := r.slack.Channel(channel)
	t.Logf("merged: %s", slacktest.Texts(c.Messages))
	o, _ := r.slack.Channel(other)
	t.Logf("other: %s", slacktest.Texts(o.Messages))
	for _, p := range people {
		t.Logf("%s: %s", p.ID, slacktest.Texts(p.DMs()))
	}
	t.Logf("lead: %s", slacktest.Texts(lead.DMs()))
	for _, m := range c.Messages {
		t.Logf("%q", m.Buttons())
	}
	for _, m := range people[1].DMs() {
		t.Logf("%q", m.Buttons())
	}
	for _, m := range lead.DMs() {
		t.Logf("%q", m.Buttons())
	}
	t.Log(slices.Sorted(slices.Values(c.Members)), slices.Sorted(slices.Values(o.Members)))
	if m := r.slack.Mistakes(); len(m) > 0 {
		t.Errorf("Slack refused: %q", m)
	}
	lead.Slash(other, "状況")
	_ = slacktest.Texts
	r.asPerson("佐藤 美咲", incident.ID(first), incident.Dismiss{Reason: "煙ではなかった"})
	r.slack.Wait("put away", func() bool { c, _ := r.slack.Channel(other); return c.Archived })
	r.asPerson("佐藤 美咲", incident.ID(first), incident.Reopen{Reason: "煙だった"})
	r.settle()
	r.slack.Wait("reopened", func() bool {
		for _, c := range r.slack.Channels() {
			if strings.HasPrefix(c.Name, other) && !c.Archived && len(c.Pinned) > 0 {
				t.Log(c.Name, c.Members)
				return true
			}
		}
		return false
	})
	r.settle()
	t.Logf("lead: %s", slacktest.Texts(lead.DMs()))
}
