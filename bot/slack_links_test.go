package main

import (
	"context"
	"time"

	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// links is an account that nobody knows, until an administrator says whose it is, and until that is
// taken back. The mail with a code is no message of Slack's.
func (g *gallery) links() {
	g.reply("link.no_mail", g.say("三浦", "", "/incident link"))
	with := g.config
	with.Mail = true
	g.desk = desk.New(with)
	g.reply("link.how", g.say("三浦", "", "/incident link"))
	g.form("link_mail.refused", g.send("三浦", g.form("link_mail", g.press("三浦", opens("link_mail", ""))), "link_mail", "三浦"))
	g.reply("link.sent", g.must(g.say("三浦", "", "/incident link nobody@example.co.jp")))
	g.form("link_code.refused", g.send("三浦", g.form("link_code", g.press("三浦", opens("link_code", ""))), "link_code", "0000 000x"))
	ask := g.form("link_name", g.press("三浦", opens("link_name", "")))
	g.form("link_name.refused", g.send("三浦", ask, "link_name", " "))
	g.must(g.send("三浦", ask, "link_name", "幽霊"))
	g.notice(incident.NoticeLinkAsk, "nobody", "佐藤", "")
	g.denied("三浦")
	g.reply("link.asked", g.must(g.send("三浦", g.press("三浦", opens("link_name", "")).Form, "link_name", "渡辺 浩")))
	g.notice(incident.NoticeLinkAsk, "open", "佐藤", "")
	g.reply("link.waiting", g.say("鈴木", "", "/incident link"))
	g.reply("link.decided", g.must(g.press("鈴木", act("link_yes", "", g.waiting()))))
	g.notice(incident.NoticeLinkAsk, "decided", "佐藤", "")
	g.notice(incident.NoticeLinked, "on", "渡辺", "")
	g.notice(incident.NoticeLinked, "on.lead", "佐藤", "")
	g.reply("link.own", g.say("三浦", "", "/incident link"))
	g.reply("link.undone", g.must(g.say("三浦", "", "/incident link off")))
	g.notice(incident.NoticeLinked, "off", "渡辺", "")
	g.notice(incident.NoticeLinked, "off.lead", "佐藤", "")
	g.desk = desk.New(g.config)
}

// waiting is the account that waits for an administrator.
func (g *gallery) waiting() string {
	g.t.Helper()
	asks, err := g.service.LinkAsks(context.Background(), g.person("鈴木"))
	if err != nil || len(asks) != 1 {
		g.t.Fatalf("%+v %v", asks, err)
	}
	return asks[0].ID
}

// denied has an administrator say no, and shows what the one who asked is told.
func (g *gallery) denied(name string) {
	g.t.Helper()
	g.must(g.press("鈴木", act("link_no", "", g.waiting())))
	list, err := g.service.ClaimMessages(context.Background(), "gallery", time.Minute, 100, false)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, m := range list {
		if m.Kind == incident.NoticeLinked && string(m.To) == string(g.user(name)) {
			g.worded("denied", m)
		}
		if err := g.service.FinishMessage(context.Background(), m, "gallery", workflows.Sent{OK: true, At: g.clock.Now(), Frontend: g.on, Message: m.Key}); err != nil {
			g.t.Fatal(err)
		}
	}
}
