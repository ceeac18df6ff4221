package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/store"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// Every form of a company of 200 people with 500 open incidents opens in Slack, each of its
// lists can be searched, and what was found can be chosen and sent. (Peers' defect 10)
func TestFormsOfALargeCompanyOnSlack(t *testing.T) {
	w := slacktest.New(t)
	p := &program{settings: slackSettings(w, "sqlite:"+filepath.Join(t.TempDir(), "practice.db")), slackLimits: fast}
	h := slackDesk(t, p)
	ids := largeCompany(t, h, 200, 500)
	_, accounts := moveIn(w, h.service.Contacts().People()[:10])
	w.Wait("the program is connected", func() bool { return w.Sockets() > 0 })

	lead := accounts["佐藤美咲"]
	id := ids[0]
	if _, err := h.service.Do(t.Context(), workflows.Command{Key: "take", Incident: id, By: actorNamed(t, h, "佐藤 美咲"), Source: incident.FromPerson, Do: incident.Take{}}); err != nil {
		t.Fatal(err)
	}
	general := w.AddChannel("general", false, lead.ID)
	lead.Slash(general.Name, "一覧") // from now on it is known who he is
	lead.WaitText(general.Name, "TRN-")
	opened, searched := 0, map[string]int{}
	for _, form := range desk.Forms {
		if reply := h.desk.Handle(t.Context(), chat.Request{
			ID: "look:" + form, Kind: chat.Pressed, From: chat.UserID("slack:" + lead.ID), Action: chat.Action("form|" + string(id) + "||" + form),
		}); reply.Form == nil {
			continue // not his to do now
		}
		card := chat.Card{Title: form, Buttons: []chat.Button{{Label: form, Action: chat.Action("form|" + string(id) + "||" + form)}}}
		if _, err := h.slack.Send(t.Context(), chat.Delivery{Key: form, To: chat.Target{User: chat.UserID("slack:" + lead.ID)}, Card: card, Urgent: true}); err != nil {
			t.Fatal(err)
		}
		lead.WaitPress("", form, "")
		lead.Wait("the form "+form, func() bool { m := lead.Modal(); return m != nil && len(m.Inputs) > 0 })
		opened++
		for _, in := range lead.Modal().Inputs {
			if n := len(in.Options); n > 100 {
				t.Errorf("%s: %s lists %d options", form, in.Label, n)
			}
			if !strings.HasSuffix(in.Kind, "external_select") {
				continue
			}
			if found := lead.Suggest(in.Block, ""); len(found) == 0 || len(found) > 100 {
				t.Errorf("%s: %s offers %d options", form, in.Label, len(found))
			}
			searched[form]++
			if form == "merge" { // the second of five hundred, far down in the list
				if found := lead.Suggest(in.Block, string(ids[1])); len(found) == 0 || !strings.Contains(found[0], string(ids[1])) {
					t.Errorf("%s: found %q", form, found)
				}
			}
		}
		lead.CloseModal()
	}
	if opened < 20 || searched["assign"] == 0 || searched["merge"] == 0 || searched["handover"] == 0 {
		t.Errorf("%d forms opened, searched in: %v", opened, searched)
	}

	// Whoever is far down in a list is found by typing, and can be chosen.
	lead.Press("", "assign", "")
	lead.Wait("the form", func() bool { return lead.Modal().Input("person").Block != "" })
	found := lead.Suggest("person", "社員 150")
	if len(found) != 1 {
		t.Fatalf("found %q", found)
	}
	lead.Choose("person", found[0])
	lead.Submit()
	w.Wait("he is of the circle", func() bool {
		in, err := h.store.Incident(t.Context(), id)
		return err == nil && in.InCircle(actorNamed(t, h, "社員 150").ID)
	})
	if m := w.Mistakes(); len(m) > 0 {
		t.Errorf("Slack refused: %q", m)
	}
}

// slackDesk is the program in a Slack workspace without anybody who sends what is due.
func slackDesk(t *testing.T, p *program) *house {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	o := &opened{clock: realClock{}}
	set, err := p.templates()
	if err != nil {
		t.Fatal(err)
	}
	o.take(set)
	if o.store, err = store.Open(ctx, p.settings.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	h, err := p.wire(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		if err := h.slack.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-heard
		h.web.Stop()
		if err := o.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// largeCompany is the sample company with more people, and incidents that are all open.
func largeCompany(t *testing.T, h *house, people, incidents int) (ids []incident.ID) {
	t.Helper()
	var csv strings.Builder
	csv.WriteString("name,department,role,phone,email\n")
	for i := range people {
		fmt.Fprintf(&csv, "社員 %03d,とても長い名前の部署がここに入りますので表示が切れることがあります第%03d課,,090-1111-%04d,s%03d@example.co.jp\n", i, i, i, i)
	}
	rows, faults := contact.Parse([]byte(csv.String()))
	sample, more := contact.Parse(templates.SampleContacts())
	if faults != nil || more != nil {
		t.Fatal(faults, more)
	}
	if _, err := h.service.ImportContacts(t.Context(), append(sample, rows...)); err != nil {
		t.Fatal(err)
	}
	for i := range incidents {
		ids = append(ids, reportIn(t, h, fmt.Sprint("report ", i), fmt.Sprintf("画面が固まった %d", i)))
	}
	return ids
}

func actorNamed(t *testing.T, h *house, name string) incident.Actor {
	t.Helper()
	for _, p := range h.service.Contacts().People() {
		if p.Name == name {
			return incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}
		}
	}
	t.Fatal("nobody is called " + name)
	return incident.Actor{}
}
