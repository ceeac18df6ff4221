package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows"
)

// restart ends the program as its operator does and starts it anew on the same database;
// meanwhile is what people do just then.
func (r *slackRig) restart(url string, meanwhile func()) {
	r.t.Helper()
	var all sync.WaitGroup
	all.Go(meanwhile)
	r.stop()
	all.Wait()
	p := &program{settings: slackSettings(r.slack, url), slackLimits: fast}
	r.house, r.stop = slackDuty(r.t, p, realClock{})
	r.slack.Wait("the program is connected", func() bool { return r.slack.Sockets() > 0 })
}

// The program ends and starts anew while windows are open and buttons wait to be pressed: all
// of them work afterwards. What is sent at that moment is accepted once, or its sender is told
// that it was not; whatever was not acknowledged comes again.
func TestARestartUnderOpenWindowsOnSlack(t *testing.T) {
	url := "sqlite:" + t.TempDir() + "/practice.db"
	r := newSlackRigOn(t, fast, url)
	people := r.crowd(14)
	lead, admin := r.slack.Person("U0NIGHT02"), r.slack.Person("U0NIGHT03")
	people[0].Slash("", "共有フォルダのファイルが開けません")
	id := printedNumber.FindString(people[0].WaitText("", "TRN-").Text())
	channel := strings.ToLower(id)
	admin.WaitText("", id)
	r.settle()
	lead.Press(channel, "記録する", "")
	lead.Wait("the form opens", func() bool { return lead.Modal() != nil })
	lead.Type(lead.Modal().Inputs[0].Block, "LANケーブルを抜いた")
	held := admin.Hold("", "対応します", id)
	writers := people[1:7]
	for i, p := range writers {
		p.Slash("", "")
		p.WaitModal("報告")
		p.Type(p.Modal().Inputs[0].Block, fmt.Sprintf("名簿を別の会社に送りました（%d件目）", i))
	}
	// Half of them send at the very moment of the stop, and others report.
	r.restart(url, func() {
		var all sync.WaitGroup
		for i, p := range slices.Concat(writers[:3], people[7:]) {
			if i < 3 {
				all.Go(func() { p.Submit() })
			} else {
				all.Go(func() { p.Slash("", "メールが送れません "+p.ID) })
			}
		}
		all.Wait()
	})
	lead.Submit()
	held.Press()
	for _, p := range writers[3:] {
		p.Submit()
	}
	r.slack.Wait("the button works", func() bool {
		return slices.ContainsFunc(lead.Look(channel), func(m slacktest.Message) bool {
			return strings.Contains(m.Text(), "鈴木 健太さんが対応します")
		})
	})
	r.slack.Wait("the form works", func() bool {
		return slices.ContainsFunc(lead.Look(channel), func(m slacktest.Message) bool { return strings.Contains(m.Text(), "LANケーブルを抜いた") })
	})
	number := func(p *slacktest.Person) string {
		said := slacktest.Texts(p.DMs())
		if m := p.Modal(); m != nil {
			said += m.Text()
		}
		return printedNumber.FindString(said)
	}
	for _, p := range writers[3:] {
		p.Wait("he is told his number", func() bool { return number(p) != "" })
	}
	for _, p := range people[7:] {
		p.Wait("he is told his number", func() bool { return number(p) != "" })
	}
	for _, p := range writers[:3] {
		p.Wait("he is told his number, or has his form before him", func() bool {
			m := p.Modal()
			return number(p) != "" || m != nil && m.Submit != "" && strings.Contains(m.Text(), "名簿を別の会社に送りました")
		})
		if number(p) == "" {
			p.Submit()
			p.Wait("he is told his number now", func() bool { return number(p) != "" })
		}
	}
	r.settle()
	r.cameOnce(len(people))
	list, err := r.house.store.Incidents(context.Background(), workflows.IncidentQuery{})
	if err != nil || len(list) != len(people) {
		t.Errorf("%d incidents, %v", len(list), err)
	}
	if lost := r.slack.Lost(); len(lost) > 0 {
		t.Errorf("never acknowledged: %q", lost)
	}
}
