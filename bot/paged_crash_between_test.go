package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/phone/phonetest"
	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// failedTry is the moment at which the next means is taken already, and the try that failed is
// not recorded yet.
const failedTry = "failing"

// failingStore kills this process at that moment.
type failingStore struct{ *doomedStore }

func (s failingStore) FinishMessage(ctx context.Context, m workflows.Message, owner string, res workflows.Sent) error {
	if !res.OK && res.Error != "" {
		s.doom.at(failedTry)
	}
	return s.doomedStore.FinishMessage(ctx, m, owner, res)
}

func (s failingStore) FinishMessages(ctx context.Context, m []workflows.Message, owner string, res workflows.Sent) error {
	if !res.OK && res.Error != "" {
		s.doom.at(failedTry)
	}
	return s.doomedStore.FinishMessages(ctx, m, owner, res)
}

// TestPagedServer is the program on duty on a store by which it dies. Called as a test it does
// nothing.
func TestPagedServer(t *testing.T) {
	if os.Getenv("CRASH_MOMENT") != failedTry || os.Getenv("SMTP_URL") == "" {
		return
	}
	ctx := context.Background()
	s, err := readSettings(os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	p := &program{environ: os.Environ(), out: os.Stdout, errs: os.Stderr, settings: s}
	o, err := p.openStore(ctx)
	if err != nil {
		t.Fatal(err)
	}
	d := &doom{moment: failedTry}
	d.left.Store(1)
	o.store = failingStore{&doomedStore{o.store, d}}
	log := slog.New(slog.DiscardHandler)
	h, err := p.wire(ctx, o, log)
	if err != nil {
		t.Fatal(err)
	}
	duty, err := p.goOnDuty(ctx, h, log)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("http://" + duty.address)
	t.Fatal(<-duty.served)
}

// killedBetween kills the program between two things that belong together.
func killedBetween(t *testing.T, binary string) {
	t.Run("a means that failed and its record", func(t *testing.T) {
		t.Parallel()
		killedBeforeRecordingAFailure(t, binary)
	})
	for _, by := range []incident.Means{incident.ByPhone, incident.ByMail} {
		for _, heard := range []bool{true, false} {
			name := map[bool]string{true: "its card", false: "being heard"}[heard]
			t.Run(fmt.Sprintf("an answer by %s and %s", by, name), func(t *testing.T) {
				t.Parallel()
				killedAfterAnAnswer(t, binary, by, heard)
			})
		}
	}
}

// only gives the one incident there is, with its record.
func (c *pagedCrash) only() (in *incident.Incident, records []incident.Record) {
	c.t.Helper()
	ctx := c.t.Context()
	s, err := store.Open(ctx, c.url, store.WithReadOnly())
	if err != nil {
		c.t.Fatal(err)
	}
	defer s.Close()
	ids, err := s.AllIDs(ctx)
	if err != nil || len(ids) != 1 {
		c.t.Fatalf("%d incidents, %v", len(ids), err)
	}
	in, err1 := s.Incident(ctx, ids[0])
	records, err2 := s.Records(ctx, ids[0], 0, 0)
	if err := errors.Join(err1, err2); err != nil {
		c.t.Fatal(err)
	}
	return in, records
}

// events gives the events of a kind among some entries.
func events[E incident.Event](records []incident.Record) (out []E) {
	for _, r := range records {
		if e, ok := r.Event.(E); ok {
			out = append(out, e)
		}
	}
	return out
}

func killedBeforeRecordingAFailure(t *testing.T, binary string) {
	c := newPagedCrash(t, binary, 60*time.Second, false, inTurn)
	c.gateway.Fail(phonetest.Fault{Status: 500})
	dies := exec.Command(os.Args[0], "-test.run=^TestPagedServer$")
	dies.Env = []string{"CRASH_MOMENT=" + failedTry}
	first := c.beginAs(dies)
	c.report()
	c.w.Wait("the program is killed", first.over)
	if !first.killed() {
		t.Fatalf("it ended by itself: %s%s", first.out, first.errs)
	}
	_, records := c.only()
	failed := events[incident.MeansFailed](records)
	if len(failed) == 0 || c.count("kind = 'page' AND means = 'phone' AND error <> ''") != 0 {
		t.Fatalf("killed at another moment: %+v", records)
	}
	c.kills = append(c.kills, time.Now())
	tried := len(c.gateway.Requests())
	last := c.begin()
	c.w.Wait("the next means is used", func() bool { return last.over() || len(c.smtp.To("sato@example.co.jp")) > 0 })
	c.w.Wait("the means that failed is tried again", func() bool { return last.over() || len(c.gateway.Requests()) >= tried+3 })
	c.gateway.Fail(phonetest.Fault{})
	c.reaching(last)
	c.ends(last)
	c.asPaged(1)
	in, records := c.only()
	told := map[string]int{}
	for _, f := range events[incident.MeansFailed](records) {
		told[fmt.Sprint(f.Person, f.Means)]++
	}
	for what, n := range told {
		if n != 1 {
			t.Errorf("%s is recorded %d times", what, n)
		}
	}
	for _, p := range in.Pages {
		if len(p.Used()) == 0 {
			t.Errorf("%s is called by nothing", p.Person)
		}
	}
	for _, p := range calledCompany {
		if n := len(c.smtp.To(p.mail)); p.mail != "" && n > 1 {
			t.Errorf("%s got %d mails", p.name, n)
		}
	}
}

// killedAfterAnAnswer kills the program when somebody's answer is recorded: before his card in
// Slack shows it, and, where he has not heard, before he knows. He answers again then.
func killedAfterAnAnswer(t *testing.T, binary string, by incident.Means, heard bool) {
	c := newPagedCrash(t, binary, 40*time.Second, false, atOnce)
	first := c.begin()
	c.reported()
	lead := calledCompany[1]
	answers := c.answersOf(by, lead)
	c.slack.hold(func(path, _ string) bool { return strings.HasSuffix(path, "/chat.update") })
	if !heard {
		c.door.onAnswer(func(string) bool { first.kill(); return true })
	}
	if got := answers(); got != heard {
		t.Fatalf("the answer was heard: %v", got)
	}
	c.dies(first)
	c.slack.open()
	c.door.onAnswer(nil)
	if _, records := c.only(); len(events[incident.Acknowledged](records)) != 1 {
		t.Fatalf("the answer is not recorded: %+v", records)
	}
	mails, calls := len(c.smtp.To(lead.mail)), len(c.gateway.Calls())
	last := c.begin()
	c.w.Wait("the card says who takes care of it", func() bool {
		return last.over() || strings.Contains(c.card().Text(), lead.name)
	})
	// A gateway that hears nothing, or that the database does not answer yet, brings it again.
	c.w.Wait("the second answer is heard", answers)
	c.finish(last)
	c.asPaged(1)
	in, records := c.only()
	if len(events[incident.Acknowledged](records)) != 1 || len(events[incident.LeadTaken](records)) != 1 {
		t.Errorf("the answer is recorded more than once: %+v", records)
	}
	if page, _ := in.Page(in.Lead); page.Status != incident.PageAcknowledged {
		t.Errorf("the lead's call: %+v", page)
	}
	if len(c.smtp.To(lead.mail)) != mails || len(c.gateway.Calls()) != calls {
		t.Errorf("somebody was called again")
	}
}

// answersOf gives how somebody takes the call that has reached him by a means; false: he heard
// nothing of it.
func (c *pagedCrash) answersOf(by incident.Means, p reached) func() bool {
	c.t.Helper()
	if by == incident.ByPhone {
		calls := slices.DeleteFunc(c.gateway.Calls(), func(r phonetest.Call) bool { return r.To != p.phone })
		return func() bool {
			said, err := c.gateway.Press(calls[0], "1")
			if err != nil || said.Status != 200 {
				c.t.Logf("the key that was pressed is answered with %d, %v", said.Status, err)
			}
			return err == nil && said.Status == 200 && said.Choice == "take" && said.Said != ""
		}
	}
	mails := c.smtp.To(p.mail)
	link := answerLink.FindString(mails[0].Text)
	page := linkPage(link)
	if link == "" || page == "" {
		c.t.Fatalf("no page behind the link of %s", mails[0].Text)
	}
	return func() bool {
		return strings.Contains(linkSend(link, page, "take"), "「対応します」を記録しました")
	}
}
