package main

import (
	"slices"
	"testing"

	"hikeshi/bot/phone/phonetest"
	"hikeshi/workflows"
)

// A Slack that is marked as compromised gets no request of any kind: no message, no channel, and no
// question after an account, though nobody's ID is in the contact list.
func TestNoRequestGoesToAMarkedSlack(t *testing.T) {
	o := newMeansOutage(t)
	ctx := t.Context()
	if out, err := o.house.service.Compromise(ctx, "mark", "", frontendSlack, true, workflows.DoorConsole); err != nil || !out.Accepted() {
		t.Fatalf("%+v %v", out, err)
	}
	before := len(o.slack.Calls(""))
	o.report("山本", "r1", "顧客名簿を電車に置き忘れた")
	o.report("山本", "r2", "PCの画面が固まった")
	o.gateway.Await("two people are rung", func(list []phonetest.Call) bool {
		numbers := map[string]bool{}
		for _, c := range list {
			numbers[c.To] = true
		}
		return len(numbers) >= 2
	})
	o.slack.Wait("nothing but what waits for Slack is left", func() bool {
		list, err := o.house.store.Messages(ctx, workflows.MessageQuery{All: true})
		if err != nil {
			t.Fatal(err)
		}
		return !slices.ContainsFunc(list, func(m workflows.Message) bool {
			return m.State == workflows.MessagePending && (m.By() != "chat" || m.Attempt > 0)
		})
	})
	if err := o.house.courier.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	for _, c := range o.slack.Calls("")[before:] {
		t.Errorf("%s was asked", c.Method)
	}
	if out, err := o.house.service.Compromise(ctx, "lift", "", frontendSlack, false, workflows.DoorConsole); err != nil || !out.Accepted() {
		t.Fatalf("%+v %v", out, err)
	}
	o.slack.Wait("the lead's card comes when the mark is lifted", func() bool {
		return len(o.slack.Person(slackIDOf(o.house, "佐藤")).DMs()) > 0
	})
}
