package main

import (
	"hikeshi/bot/chat"
	"hikeshi/templates"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// legal asks what decides who has to be notified, by the shipped rules: the questions with the
// most that can stand in each form, a number that cannot be read, and two answers that contradict
// each other.
func (g *gallery) legal() {
	set, err := templates.Load(nil, false)
	if err != nil {
		g.t.Fatal(err)
	}
	g.service.UseClocks(set.Rules.For(company.Profile{Flags: map[company.Flag]bool{company.EUCustomers: false}}))
	id := g.report("山本", "受注サーバーのファイルが開けなくなった", "kind", "pc_abnormal")
	g.must(g.press("佐藤", act("take", id, "")))
	g.notice(incident.NoticeCard, "legal", "", id)
	g.reply("legal.open", g.say("佐藤", g.desk.Channel(id), "/incident clocks"))
	open := func(form string) *chat.Form { return g.press("佐藤", opens(form, id)).Form }
	for _, form := range []string{"legal_data", "legal_persons", "legal_mynumber", "legal_cause", "legal_others"} {
		g.form(form, g.press("佐藤", opens(form, id)))
	}
	g.form("legal_persons.refused", g.send("佐藤", open("legal_persons"), "persons", "約千人", "persons_max", "１，２００人"))
	g.reply("legal.changed", g.must(g.send("佐藤", open("legal_data"), "personal_data", "yes", "special_care", "yes", "encrypted_safe", "no")))
	g.reply("legal.disputed", g.must(g.send("佐藤", open("legal_cause"), "ransomware", "yes", "wrongful_purpose", "no")))
	g.form("legal_cause.disputed", g.press("佐藤", opens("legal_cause", id)))
	g.reply("legal.gone", g.must(g.send("佐藤", open("legal_data"), "personal_data", "no", "special_care", "no")))
	g.form("legal_mynumber.left", g.press("佐藤", opens("legal_mynumber", id)))
}
