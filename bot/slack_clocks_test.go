package main

import (
	"context"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// galleryClocks are sixteen rules after the manner of the shipped ones: a first report that may
// be passed on, one in hours, the others with a day each.
type galleryClocks struct{}

func (galleryClocks) Version() string { return "gallery" }

var galleryRules = []incident.Rule{
	"ppc-preliminary", "ppc-final", "ppc-individuals", "ppc-entruster", "mynumber-preliminary", "mynumber-final", "ipa-virus", "ipa-access",
	"police", "jpcert", "pmark-preliminary", "pmark-final", "gdpr33", "card-acquirer", "contract:みなと商事株式会社 西日本支社 物流センター", "recovery:受注",
}

func (galleryClocks) Duties(f incident.Facts, aware, _ time.Time) (out []incident.Duty) {
	day := func(n int) (string, time.Time) {
		local := aware.In(incident.Tokyo)
		end := time.Date(local.Year(), local.Month(), local.Day()+n, 0, 0, 0, 0, incident.Tokyo).Add(-time.Second)
		return end.Format(time.DateOnly), end.UTC()
	}
	for i, rule := range galleryRules {
		d := incident.Duty{Rule: rule, Owner: incident.IncidentLead, Aware: aware, Because: []incident.FactKey{incident.FactPersonalData}, Provisional: f.Get(incident.FactPersonalData) != incident.Yes}
		switch rule {
		case "ppc-individuals":
			d.Owner, d.Law = incident.PrivacyManager, true
		case "gdpr33":
			d.DueAt = aware.Add(72 * time.Hour)
			d.Due = d.DueAt.In(incident.Tokyo).Format(time.DateOnly)
			d.Raw = d.Due
		case "ppc-preliminary":
			d.Law, d.Passes = true, true
			d.Target, _ = day(3)
			d.Due, d.DueAt = day(5)
			d.Raw = d.Due
			d.Remind = []time.Time{d.DueAt.Add(time.Second - 15*time.Hour)}
		default:
			d.Due, d.DueAt = day(20 + i)
			d.Raw = d.Due
		}
		out = append(out, d)
	}
	return out
}

func (galleryClocks) Words(r incident.Rule, _ time.Time) (incident.RuleWords, bool) {
	w := func(s string) incident.Words { return incident.Words{JA: s, EN: s} }
	return incident.RuleWords{
		Title: incident.Words{JA: "個人情報保護委員会への速報（" + string(r) + "）", EN: "First report to the Commission (" + string(r) + ")"},
		Whom:  w("個人情報保護委員会"), Basis: w("個人情報保護法26条1項、施行規則7条・8条1項"), Why: incident.Words{JA: "国への報告が必要な場合に当たるためです。", EN: "It has to be reported."},
		Because: map[incident.FactKey]incident.Words{incident.FactPersonalData: w("個人データである")},
		Source:  "https://www.ppc.go.jp/personalinfo/legal/leakAction/", Checked: "2026-11-22",
	}, true
}

// duties is a leak while sixteen notifications are due: each message, form and answer about
// them, and the cards that grow by them.
func (g *gallery) duties() {
	g.service.UseClocks(galleryClocks{})
	day := g.clock.Now().In(incident.Tokyo)
	id := g.report("山本", "名簿を載せたノートPCを盗まれた", "kind", "theft")
	ch := g.desk.Channel(id)
	g.notice(incident.NoticeClocks, "begun", "佐藤", id)
	g.must(g.say("佐藤", ch, "/incident take"))
	g.must(g.say("佐藤", ch, "/incident fact personal_data yes"))
	g.notice(incident.NoticeFeed, "clocks", "", id)
	g.reply("clocks", g.say("佐藤", ch, "/incident clocks"))
	g.reply("clocks.all", g.say("佐藤", "", "/incident clocks"))
	g.reply("clock", g.press("佐藤", act("clock", id, "ppc-preliminary")))
	g.notice(incident.NoticeCard, "clocks", "", id)
	for _, f := range []struct {
		form  string
		wrong []string
	}{
		{"filed", []string{"on", "2026-01-01"}}, {"passed", []string{"clock_to", " "}}, {"unneeded", []string{"reason", " "}}, {"reminders", []string{"times", "あしたの朝"}},
	} {
		open := g.form(f.form, g.press("佐藤", opens(f.form, id)+"."+"ppc-preliminary"))
		g.form(f.form+".refused", g.send("佐藤", open, f.wrong...))
	}
	g.must(g.send("佐藤", g.press("佐藤", opens("unneeded", id)+".ppc-individuals").Form, "reason", "暗号化していた"))
	g.notice(incident.NoticeClocks, "unneeded", "田中", id)
	g.remind(id, nine(day.AddDate(0, 0, 4)))
	g.notice(incident.NoticeClocks, "today", "佐藤", id)
	g.remind(id, nine(day.AddDate(0, 0, 5)))
	g.notice(incident.NoticeClocks, "overdue", "田中", id)
	g.must(g.send("佐藤", g.press("佐藤", opens("filed", id)+".ppc-preliminary").Form, "receipt", "R8-0001"))
	g.notice(incident.NoticeClocks, "over", "田中", id)
}

// nine is nine o'clock of a day in Tokyo.
func nine(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, incident.Tokyo)
}

// remind has the reminders of an incident sent that are due at an instant.
func (g *gallery) remind(id incident.ID, at time.Time) {
	g.t.Helper()
	g.clock.set(at)
	out, err := g.service.Do(context.Background(), workflows.Command{
		Key: "remind " + at.String(), Incident: id, Bot: true, Source: incident.FromTimer, Do: incident.RemindClocks{},
	})
	if err != nil || !out.Did("clocks_reminded") {
		g.t.Fatalf("%+v, %v", out, err)
	}
}
