package main

import (
	"strings"

	"hikeshi/workflows/incident"
)

// outside is a leak of which people outside are told: each message, form and answer about the
// texts for them, with one that is longer than a message and a form of Slack's take, and about
// who is affected.
func (g *gallery) outside() {
	id := g.report("山本", "会員名簿を誤って外部に送った", "kind", "misdelivery", "personal_data", "yes")
	ch := g.desk.Channel(id)
	g.must(g.say("佐藤", ch, "/incident take"))
	g.reply("texts.none", g.say("佐藤", ch, "/incident texts"))
	g.reply("parties.none", g.say("佐藤", ch, "/incident party"))
	long := "お客様各位\n\n" + strings.Repeat("このたびはご心配をおかけし、誠に申し訳ございません。\n", 400) + "以上"
	open := g.form("texts", g.press("佐藤", opens("texts", id)))
	g.form("texts.refused", g.send("佐藤", open, "outside_kind", "press", "outside_text", "（空欄）"))
	g.reply("text.proposed", g.must(g.send("佐藤", open, "outside_kind", "individuals", "outside_text", long)))
	g.notice(incident.NoticeSign, "open", "田中", id)
	g.notice(incident.NoticeFeed, "text", "", id)
	g.notice(incident.NoticeCard, "texts", "", id)
	g.reply("text.whole", g.press("田中", act("texts", id, "individuals-1")))
	g.form("texts.again", g.press("佐藤", opens("texts", id)+".individuals-1"))
	back := g.form("sendback", g.press("田中", opens("sendback", id)+".individuals-1"))
	g.form("sendback.refused", g.send("田中", back, "reason", " "))
	g.must(g.press("田中", act("sign", id, "individuals-1")))
	g.notice(incident.NoticeSigned, "approved", "佐藤", id)
	g.notice(incident.NoticeSign, "over", "田中", id)
	publish := g.form("publish", g.press("佐藤", opens("publish", id)+".individuals-1"))
	g.form("publish.refused", g.send("佐藤", publish, "outside_when", "2026-01-01T10:00", "outside_where", "郵送"))
	g.must(g.send("佐藤", publish, "outside_where", "対象の方全員に郵送"))
	g.must(g.send("佐藤", g.press("佐藤", opens("texts", id)).Form, "outside_kind", "press", "outside_text", "お知らせ"))
	g.must(g.send("田中", g.press("田中", opens("sendback", id)+".press-1").Form, "reason", "件数を確かめてから"))
	g.notice(incident.NoticeSigned, "refused", "佐藤", id)
	g.reply("texts", g.say("佐藤", ch, "/incident texts"))

	party := g.form("party", g.press("佐藤", opens("party", id)))
	g.form("party.refused", g.send("佐藤", party, "party_name", "会員", "party_count", "約千人"))
	g.must(g.send("佐藤", party, "party_name", "会員", "party_count", "1,200"))
	told := g.form("partytold", g.press("佐藤", opens("partytold", id)+".1"))
	g.form("partytold.refused", g.send("佐藤", told, "party_topics", "fact", "party_how", "郵送", "on", "2026-01-01"))
	g.must(g.send("佐藤", told, "party_topics", "fact,measure", "party_how", "郵送"))
	g.reply("parties", g.say("佐藤", ch, "/incident party"))
	gone := g.form("partygone", g.press("佐藤", opens("partygone", id)+".1"))
	g.form("partygone.refused", g.send("佐藤", gone, "reason", " "))

	// As many characters as a record takes, each of which Slack counts as two: no form of its has
	// room for them, and none is shown in which the end would be lost.
	g.must(g.send("佐藤", g.press("佐藤", opens("texts", id)).Form, "outside_kind", "customers", "outside_text", strings.Repeat("🔥", incident.MaxText)))
	g.form("texts.elsewhere", g.press("佐藤", opens("texts", id)+".customers-1"))
}
