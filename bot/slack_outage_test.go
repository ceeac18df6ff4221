package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/slack/slacktest"
	"hikeshi/store/pgtest"
)

// PostgreSQL is away while people act in Slack: everything is acknowledged at once, forms open
// from what is in memory and become whole when it is back, and whoever reports is told whom to
// phone with what he typed in sight. What he sends again afterwards is done once.
func TestSlackWhileTheDatabaseIsAway(t *testing.T) {
	slackOutage(t, (*pgtest.Server).Down)
}

// The same when it crashed. A send that was under way then waits for its lease to run out, a
// minute by the clock on the wall: long enough for the long tests.
func TestSlackAfterACrashOfTheDatabaseSoak(t *testing.T) {
	if os.Getenv("HIKESHI_SOAK") == "" {
		t.Skip("a long test: make soak")
	}
	slackOutage(t, (*pgtest.Server).Crash)
}

func slackOutage(t *testing.T, end func(*pgtest.Server) error) {
	server := pgtest.Start(t, pgtest.Durable...)
	r := newSlackRigOn(t, fast, server.Empty(t))
	people := r.crowd(6)
	lead := r.slack.Person("U0NIGHT02")
	people[0].Slash("", "共有フォルダのファイルが開けません")
	id := printedNumber.FindString(people[0].WaitText("", "TRN-").Text())
	r.settle()
	lead.WaitText("", id)
	lead.Press("", "対応します", id)
	r.slack.Wait("it is taken", func() bool {
		return slices.ContainsFunc(lead.Look(strings.ToLower(id)), func(m slacktest.Message) bool {
			return slices.Contains(m.Buttons(), "記録する") && strings.Contains(m.Text(), "佐藤 美咲")
		})
	})
	r.settle()
	// A report that is half written.
	writer := people[1]
	writer.Slash("", "")
	writer.WaitModal("報告")
	event := writer.Modal().Inputs[0].Block
	writer.Type(event, "顧客名簿を別の会社に送ってしまいました")

	if err := end(server); err != nil {
		t.Log(err) // the shell tells that the server was ended
	}
	typed := map[*slacktest.Person]string{}
	for i, p := range people[2:] {
		typed[p] = "プリンターから知らない紙が出てきます" + string(rune('A'+i))
		p.Slash("", typed[p])
	}
	writer.Submit()
	lead.Press(strings.ToLower(id), "記録する", "")
	// The form of an incident is the same whether it can be looked up or not.
	lead.Wait("the form opens", func() bool { return lead.Modal() != nil })
	for p, text := range typed {
		p.Wait("he is told whom to phone, with what he typed", func() bool {
			said := slacktest.Texts(p.DMs())
			return strings.Contains(said, "090-0000-") && strings.Contains(said, text)
		})
		if strings.Contains(slacktest.Texts(p.DMs()), "TRN-") {
			t.Errorf("%s was told a number", p.ID)
		}
	}
	writer.Wait("the writer, too", func() bool {
		m := writer.Modal()
		said := slacktest.Texts(writer.DMs())
		if m != nil {
			said += m.Text()
		}
		return strings.Contains(said, "090-0000-") && strings.Contains(said, "顧客名簿を別の会社に送ってしまいました")
	})
	if m := lead.Modal(); !strings.Contains(m.Text(), id) {
		t.Errorf("the form from memory says %s", m.Text())
	}
	from := r.slack.Done("views.update")
	if slowest := r.slack.Slowest(); slowest >= time.Second {
		t.Errorf("something was acknowledged after %v", slowest)
	}
	if err := server.Up(); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	r.slack.Wait("the form becomes whole", func() bool { return r.slack.Done("views.update") > from })
	lead.Type(lead.Modal().Inputs[0].Block, "サーバーを切り離した")
	lead.Submit()
	writer.Submit()
	writer.Repeat()
	for p := range typed { // Slack delivers it once more, and again
		p.Repeat()
		p.Repeat()
	}
	r.slack.Wait("all are accepted", func() bool { return r.incidents() >= 6 })
	t.Logf("all were accepted within %v", time.Since(back))
	for p := range typed {
		p.WaitText("", "TRN-")
	}
	r.settle()
	if c, _ := r.slack.Channel(strings.ToLower(id)); strings.Count(slacktest.Texts(c.Messages), "サーバーを切り離した") != 1 {
		t.Errorf("what was written into the form from memory: %s", slacktest.Texts(c.Messages))
	}
	r.cameOnce(6)
	for _, p := range people {
		once(t, p.ID, p.DMs())
	}
	if lost := r.slack.Lost(); len(lost) > 0 {
		t.Errorf("never acknowledged: %q", lost)
	}
}
