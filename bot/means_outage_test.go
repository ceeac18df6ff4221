package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/mail/mailtest"
	"hikeshi/bot/phone"
	"hikeshi/bot/phone/phonetest"
	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// meansOutage is the program on duty by Slack, mail and phone, each of which can fail.
type meansOutage struct {
	t       *testing.T
	slack   *slacktest.Workspace
	mails   *mailtest.Server
	gateway *phonetest.Gateway
	program *program
	house   *house
}

func newMeansOutage(t *testing.T, more ...slacktest.Option) *meansOutage {
	t.Helper()
	return newMeansOutageOf(t, realClock{}, func(contact.Person) bool { return true }, more...)
}

// newMeansOutageOf is one by another clock, in whose workspace some have an account.
func newMeansOutageOf(t *testing.T, clock workflows.Clock, member func(contact.Person) bool, more ...slacktest.Option) *meansOutage {
	t.Helper()
	w := slacktest.New(t, append([]slacktest.Option{slacktest.Patience(2 * time.Minute), slacktest.Scopes(slack.Scopes()...)}, more...)...)
	mails, gateway := mailtest.Start(t, mailtest.NoTLS), phonetest.Start(t)
	database := pgtest.Database(t, filepath.Join(t.TempDir(), "live.db"), store.Migrate)
	p := &program{settings: slackSettings(w, database), slackLimits: fast}
	p.settings.Mode, p.settings.SMTPURL, p.settings.SMTPFrom = modeLive, mails.URL(), "hikeshi@example.co.jp"
	p.settings.PhoneURL, p.settings.PhoneSecret = gateway.URL(), gateway.Secret
	h, stop := slackDuty(t, p, clock)
	t.Cleanup(func() {
		h.courier.BreakOff() // what hangs would hold up the end
		stop()
	})
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	if _, err := h.service.ImportContacts(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	people := h.service.Contacts().People()
	for i, p := range people {
		if !member(p) {
			people[i].Email = "nobody@support.example.co.jp" // one of those whom moveIn leaves out
		}
	}
	moveIn(w, people)
	w.Wait("the program is connected", func() bool { return w.Sockets() > 0 })
	return &meansOutage{t: t, slack: w, mails: mails, gateway: gateway, program: p, house: h}
}

// report has somebody report in the web room, and gives the number he is shown.
func (o *meansOutage) report(who, key, text string) incident.ID {
	o.t.Helper()
	found := o.house.service.Contacts().Find(who)
	reply := o.house.desk.Handle(o.t.Context(), chat.Request{
		ID: key, Kind: chat.Said, From: desk.User(found[0]), Text: "/incident " + text, At: time.Now(),
	})
	if !reply.Accepted {
		o.t.Fatalf("%+v", reply)
	}
	return incident.ID(liveNumber.FindString(reply.Cards[0].Title))
}

// Slack refuses and the mail server, too, while the phone gateway is slow: the phone rings at
// once, a pressed key counts, and everything arrives when the others are back.
func TestCallsWhileSlackAndMailRefuse(t *testing.T) {
	o := newMeansOutage(t)
	w, mails, gateway, p, h := o.slack, o.mails, o.gateway, o.program, o.house

	w.Fail("chat.postMessage", 8, slacktest.ServerError)
	mails.Set(mailtest.Sender, mailtest.Fault{Code: 451, Text: "4.3.0 later"})
	gateway.Fail(phonetest.Fault{Wait: 300 * time.Millisecond})
	id := o.report("山本", "r1", "顧客名簿を電車に置き忘れた")
	calls := gateway.Await("the lead is rung", func(list []phonetest.Call) bool {
		return slices.ContainsFunc(list, func(c phonetest.Call) bool { return c.To == "+819000000002" })
	})
	lead := calls[slices.IndexFunc(calls, func(c phonetest.Call) bool { return c.To == "+819000000002" })]
	if lead.Incident != string(id) || strings.Contains(lead.Body, "名簿") || !strings.Contains(lead.Text, "Slackに届かないため") || lead.Callback == nil {
		t.Fatalf("he hears %s", lead.Body)
	}
	if said, err := h.answerByPhone(t.Context(), lead.Callback.Answer, phone.Take); err != nil || !strings.Contains(said, string(id)) {
		t.Errorf("%q %v", said, err)
	}
	if in, err := h.store.Incident(t.Context(), id); err != nil || in.Lead == "" {
		t.Errorf("nobody leads: %+v %v", in, err)
	}
	// What the gateway brings passes the checks of host and origin by its signature alone.
	rung, err := p.rung(h)
	if err != nil {
		t.Fatal(err)
	}
	gate := &probes{room: h.web.Handler(), phone: rung, metrics: h.metrics, log: h.log}
	seen := httptest.NewRecorder()
	gate.ServeHTTP(seen, httptest.NewRequest(http.MethodPost, phone.AnswerPath, bytes.NewReader(nil)))
	if seen.Code != http.StatusUnauthorized || !strings.Contains(seen.Body.String(), "signature") {
		t.Errorf("an unsigned answer: %d %s", seen.Code, seen.Body)
	}

	mails.Set(mailtest.Sender, mailtest.Fault{})
	w.Wait("everything is sent", func() bool {
		b, err := h.service.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b.Pending == 0
	})
	if dm := slacktest.Texts(w.Person(slackIDOf(h, "佐藤")).DMs()); !strings.Contains(dm, string(id)) {
		t.Errorf("the lead's card has not arrived: %s", dm)
	}
	for _, m := range mails.To("sato@example.co.jp") {
		t.Errorf("who has taken it gets a mail all the same: %+v", m)
	}
	if n := gateway.Strangers(); n > 0 {
		t.Errorf("%d requests were not signed as agreed", n)
	}
}

// slackIDOf is somebody's account in the workspace of the tests.
func slackIDOf(h *house, name string) string {
	found := h.service.Contacts().Find(name)
	return slackID(slices.IndexFunc(h.service.Contacts().People(), func(p contact.Person) bool { return p.ID == found[0] }))
}
