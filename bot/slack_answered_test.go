package main

import (
	"strings"
	"testing"
	"time"

	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
)

// Whoever takes a call is seen to have taken it in the incident's channel, in the direct
// messages of everybody who was called, also where several calls are one message, and on the
// Home tabs that are open. (Peers' defect 9; that a silence calls again is the service's:
// workflows/incident, TestRoundsThatNobodyAnswers)
func TestATakenCallIsSeenEverywhereOnSlack(t *testing.T) {
	r := newSlackRig(t, slack.Limits{Channel: time.Millisecond, Tiers: [4]int{1e6, 1e6, 1e6, 1e6}})
	// Slack asks to wait, so that the calls to one person go out together.
	r.slack.Fail("chat.postMessage", 1, slacktest.Limited, 2*time.Second)
	first := string(reportIn(t, r.house, "r1", "社用PCを電車に忘れた"))
	second := string(reportIn(t, r.house, "r2", "不審なメールの添付を開いた"))
	lead, admin := r.slack.Person("U0NIGHT02"), r.slack.Person("U0NIGHT03")
	for _, p := range []*slacktest.Person{lead, admin} {
		p.WaitText("", second)
		p.OpenHome()
		p.WaitHome(second)
	}
	r.settle()
	for _, p := range []*slacktest.Person{lead, admin} {
		if n := len(callsOf(p, first)); n != 1 {
			t.Fatalf("%s has %d messages of the call, want one of both", p.ID, n)
		}
	}

	lead.Press("", "対応します", first)
	r.slack.Wait("his own call is answered, in his messages and on his Home tab", func() bool {
		return asks(callsOf(lead, first)[0].Buttons()) == 1 && asks(lead.HomeView().Buttons()) == 1
	})
	r.slack.Wait("whoever was called beside him sees it, in the same message and on the Home tab", func() bool {
		return saidOf(callsOf(admin, first)[0].Text(), first, "佐藤 美咲") && saidOf(admin.HomeView().Text(), first, "佐藤 美咲")
	})
	r.slack.Wait("so does the channel", func() bool {
		card := admin.Look(strings.ToLower(first))
		return len(card) > 0 && strings.Contains(card[0].Text(), "佐藤 美咲")
	})
	// The other call waits as before.
	if asks(callsOf(admin, second)[0].Buttons()) != 2 || saidOf(callsOf(admin, second)[0].Text(), second, "佐藤 美咲") {
		t.Error("the other call was answered, too")
	}
	r.settle()
	for _, p := range []*slacktest.Person{lead, admin} {
		if n := len(callsOf(p, first)); n != 1 {
			t.Errorf("%s has %d messages of the call at the end", p.ID, n)
		}
	}
	if m := r.slack.Mistakes(); len(m) > 0 {
		t.Errorf("Slack refused: %q", m)
	}
}

// callsOf are a person's direct messages by which he was called to an incident. What he is told
// of its notification clocks is another message.
func callsOf(p *slacktest.Person, id string) (calls []slacktest.Message) {
	for _, m := range p.DMs() {
		if !m.Ephemeral && strings.Contains(m.Text(), id) && !strings.Contains(m.Text(), spoken("notice.clocks.title", "id", id, "title", "")) {
			calls = append(calls, m)
		}
	}
	return calls
}

// asks counts the calls that wait for an answer.
func asks(buttons []string) (n int) {
	for _, b := range buttons {
		if b == "対応します" {
			n++
		}
	}
	return n
}

// saidOf says whether a text tells something of an incident: on its line, or on the next.
func saidOf(text, id, what string) bool {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.Contains(line, id) && strings.Contains(strings.Join(lines[i:min(i+2, len(lines))], "\n"), what) {
			return true
		}
	}
	return false
}
