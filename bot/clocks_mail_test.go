package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/mail/mailtest"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// Whoever is in charge of clocks and has no account in the chat hears of them by mail: that they
// began, and the reminders; each once, without ringing anybody, and without what happened. Nothing
// of it stands among what could not be delivered.
func TestClocksReachByMailWhoHasNoChat(t *testing.T) {
	clock := &shiftedClock{}
	o := newMeansOutageOf(t, clock, func(p contact.Person) bool { return p.Name != "高橋 由美" })
	w, mails, h := o.slack, o.mails, o.house
	id := o.report("山本", "r1", "顧客名簿を電車に置き忘れた")
	about := func(subject string) (out []mailtest.Message) {
		for _, m := range mails.To("takahashi@example.co.jp") {
			if strings.Contains(m.Subject, string(id)) && strings.Contains(m.Subject, subject) {
				out = append(out, m)
			}
		}
		return out
	}
	settled := func() bool {
		b, err := h.service.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b.Pending == 0
	}
	w.Wait("the mail about the clocks", func() bool { return len(about("届出・連絡の期限")) > 0 && settled() })
	began := about("届出・連絡の期限")
	if len(began) != 1 {
		t.Fatalf("%d mails say that clocks began", len(began))
	}
	m := began[0]
	if !strings.Contains(m.Text, "本人への通知") || !strings.Contains(m.Text, "チャットで連絡がつかないため") || !strings.Contains(m.Text, "速やかに") {
		t.Errorf("the mail says\n%s", m.Text)
	}
	if strings.Contains(m.Subject+m.Text+m.HTML, "名簿") || m.Header.Get("Importance") != "" || m.Header.Get("X-Priority") != "" {
		t.Errorf("the mail is urgent, or tells what happened: %v\n%s", m.Header, m.Text)
	}

	// A reminder that was planned for tomorrow.
	owner := h.service.Contacts().Find("高橋")[0]
	at := clock.Now().Add(24 * time.Hour).Truncate(time.Minute)
	lead, _ := h.service.Contacts().Person(h.service.Contacts().Find("佐藤")[0])
	out, err := h.service.Do(t.Context(), workflows.Command{
		Key: "planned", Incident: id, By: incident.Actor{ID: lead.ID, Name: lead.Name, Department: lead.Department}, Source: incident.FromPerson,
		Do: incident.PlanReminders{Rule: "ppc-individuals", At: []time.Time{at}, Reason: "急ぐため"},
	})
	if err != nil || !out.Accepted() {
		t.Fatalf("%+v %v", out.Refusal, err)
	}
	clock.by.Add(int64(25 * time.Hour))
	h.courier.Wake()
	w.Wait("the reminder by mail", func() bool { return len(mails.To("takahashi@example.co.jp")) > 1 && settled() })
	var reminders []mailtest.Message
	for _, m := range mails.To("takahashi@example.co.jp") {
		if strings.Contains(m.Text, "期限が近づいています") {
			reminders = append(reminders, m)
		}
	}
	if len(reminders) != 1 || !strings.Contains(reminders[0].Text, "本人への通知") || reminders[0].Header.Get("Importance") != "" {
		t.Errorf("%d mails remind: %+v", len(reminders), reminders)
	}
	if got := len(about("届出・連絡の期限")); got != 2 {
		t.Errorf("%d mails about clocks, want that they began and the reminder", got)
	}
	lost, _, err := h.service.Undelivered(t.Context(), h.service.Contacts().Find("鈴木")[0], 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lost {
		if l.To == owner && l.Kind == incident.NoticeClocks {
			t.Errorf("among the undelivered: %+v", l)
		}
	}
	// Who is in the chat gets no mail about them.
	if slices.ContainsFunc(mails.To("sato@example.co.jp"), func(m mailtest.Message) bool { return strings.Contains(m.Subject, "届出・連絡の期限") }) {
		t.Error("the lead gets a mail beside the chat")
	}
	if dm := slacktest.Texts(w.Person(slackIDOf(h, "佐藤")).DMs()); !strings.Contains(dm, "届出・連絡の期限") {
		t.Errorf("the lead hears by chat:\n%s", dm)
	}
}
