package workflows_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
	"hikeshi/workflows/procedure"
)

// changedBook is the company's next edition: at level 3 of a damage the first work has other
// words, and there is one step more.
func changedBook(t *testing.T) *procedure.Book {
	t.Helper()
	text, err := os.ReadFile("../templates/procedures/damage.yaml")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(text), "ja: 社内に、起きたこと", "ja: 【新】社内に、起きたこと")
	if changed == string(text) {
		t.Fatal("damage.yaml has no such words any more")
	}
	book, err := templates.LoadProcedures(fstest.MapFS{"procedures/damage.yaml": {Data: []byte(changed)}})
	if err != nil {
		t.Fatal(err)
	}
	return book
}

var slow = paging.FromWaits(paging.Waits{Unconfirmed: 30 * time.Minute, Level3: 30 * time.Minute, Level2: 40 * time.Minute, Level1: 50 * time.Minute, Again: time.Hour, AgainLed: time.Hour})

func (p *place) steps(t *testing.T, id incident.ID) string {
	t.Helper()
	in, err := p.store.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, s := range in.Steps {
		texts = append(texts, s.Text.JA)
	}
	return strings.Join(texts, "\n")
}

func (p *place) clean(t *testing.T) {
	t.Helper()
	v, err := workflows.Verify(t.Context(), p.store)
	if err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v.Breaches, err)
	}
}

// An incident goes on by the rules it began with, before and after a restart; one that
// begins after the change goes by the new ones.
func TestAnIncidentKeepsTheEditionItBeganWith(t *testing.T) {
	p := newPlace(t)
	ctx := t.Context()
	yamamoto, sato := p.person(t, "山本"), p.person(t, "佐藤")
	if err := p.service.Keep(ctx); err != nil {
		t.Fatal(err)
	}
	old := p.do(t, workflows.Command{Key: "1", By: yamamoto, Do: incident.Report{Text: "サーバーが止まりました", What: incident.KindServiceStop, Facts: incident.Facts{incident.FactNearMiss: incident.Yes}}}).Incident
	raised := p.do(t, workflows.Command{Key: "1b", By: yamamoto, Do: incident.Report{Text: "別のサーバーも止まりました", What: incident.KindServiceStop, Facts: incident.Facts{incident.FactNearMiss: incident.Yes}}}).Incident
	first := p.service.InForce().Version()

	if err := p.service.Use(ctx, changedBook(t), slow); err != nil {
		t.Fatal(err)
	}
	second := p.service.InForce().Version()
	if first == second {
		t.Fatal("the version did not change")
	}
	raise := func(key string, id incident.ID) {
		t.Helper()
		p.do(t, workflows.Command{Key: key + "take", Incident: id, By: sato, Do: incident.Take{}})
		if out := p.do(t, workflows.Command{Key: key, Incident: id, By: sato, Do: incident.SetLevel{Level: incident.Level3, Reason: "業務停止"}}); !out.Accepted() {
			t.Fatalf("%s: %+v", id, out.Refusal)
		}
	}
	check := func(id incident.ID, version string, changed bool, wait time.Duration) {
		t.Helper()
		in, err := p.store.Incident(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if in.Procedure != version {
			t.Errorf("%s is of the edition %s, want %s", id, in.Procedure, version)
		}
		if got := strings.Contains(p.steps(t, id), "【新】"); got != changed {
			t.Errorf("%s: the changed words are there: %v, want %v\n%s", id, got, changed, p.steps(t, id))
		}
		if err := p.service.Recall(ctx, in); err != nil {
			t.Fatal(err)
		}
		if got := p.service.Rules(in).Paging.Wait(in, p.clock.Now()); got != wait {
			t.Errorf("%s waits %v, want %v", id, got, wait)
		}
	}
	raise("2", raised)
	check(raised, first, false, 5*time.Minute)
	fresh := p.do(t, workflows.Command{Key: "3", By: yamamoto, Do: incident.Report{Text: "今度はファイルが開けません", What: incident.KindServiceStop}}).Incident
	raise("4", fresh)
	check(fresh, second, true, 30*time.Minute)

	// After a restart the other edition is found in the database, and nowhere else.
	next, err := workflows.New(ctx, workflows.Options{Store: p.store, Clock: p.clock, Book: changedBook(t), Paging: slow, Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	p.service = next
	raise("5", old)
	check(old, first, false, 5*time.Minute)
	rows, _, err := p.service.Incidents(ctx, sato.ID, workflows.Listing{})
	if err != nil || len(rows) != 3 {
		t.Errorf("%d incidents, %v", len(rows), err)
	}
	p.clean(t)
}

// The round of calls falls due by the policy the incident began with.
func TestCallsWaitByThePolicyTheIncidentBeganWith(t *testing.T) {
	p := newPlace(t)
	ctx := t.Context()
	if err := p.service.Use(ctx, p.service.Book(), slow); err != nil {
		t.Fatal(err)
	}
	p.do(t, workflows.Command{Key: "1", By: p.person(t, "山本"), Do: incident.Report{Text: "サーバーが止まりました", What: incident.KindServiceStop}})
	if err := p.service.Use(ctx, p.service.Book(), paging.Usual()); err != nil {
		t.Fatal(err)
	}
	p.clock.move(29 * time.Minute)
	if due, err := p.service.Claim(ctx, "a", time.Minute, 9); err != nil || len(due) != 0 {
		t.Fatalf("after 29 minutes: %+v, %v", due, err)
	}
	p.clock.move(time.Minute)
	due, err := p.service.Claim(ctx, "a", time.Minute, 9)
	if err != nil || len(due) != 1 {
		t.Fatalf("after 30 minutes: %+v, %v", due, err)
	}
	if err := p.service.Fire(ctx, due[0]); err != nil {
		t.Fatal(err)
	}
	next, ok, err := p.service.NextDue(ctx)
	in, _ := p.store.Incident(ctx, "TRN-2026-0001")
	if round, waits := slow.Due(in, p.service.People()); err != nil || !ok || !waits || next.After(round) || in.Round != 1 {
		t.Errorf("next due %v, %v, %v; the round of the incident %v, %d passed", next, ok, err, round, in.Round)
	}
	p.clean(t)
}

// An edition that is gone, or that somebody changed, holds no incident up: it goes on by the
// rules in force, and the log says so once, without a word of the incident.
func TestAnIncidentWhoseEditionIsGoneGoesOn(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, p *place){
		"never stored": func(*testing.T, *place) {},
		"changed": func(t *testing.T, p *place) {
			if err := p.store.SaveEdition(t.Context(), p.service.InForce().Version(), []byte(`{"procedures":{}}`), p.clock.Now()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			const secret = "山本さんの秘密の話"
			id := p.do(t, workflows.Command{Key: "1", By: p.person(t, "山本"), Do: incident.Report{Text: secret, What: incident.KindServiceStop}}).Incident
			spoil(t, p)
			var log bytes.Buffer
			next, err := workflows.New(t.Context(), workflows.Options{
				Store: p.store, Clock: p.clock, Book: changedBook(t), Practice: true, Log: slog.New(slog.NewTextHandler(&log, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			old := p.service.InForce().Version()
			p.service = next
			sato := p.person(t, "佐藤")
			p.do(t, workflows.Command{Key: "2", Incident: id, By: sato, Do: incident.Take{}})
			if out := p.do(t, workflows.Command{Key: "3", Incident: id, By: sato, Do: incident.SetLevel{Level: incident.Level3}}); !out.Accepted() {
				t.Fatalf("%+v", out.Refusal)
			}
			if !strings.Contains(p.steps(t, id), "【新】") {
				t.Error("the rules in force are not used")
			}
			said := log.String()
			if strings.Count(said, "\n") != 1 || !strings.Contains(said, old) || !strings.Contains(said, string(id)) || strings.Contains(said, secret) {
				t.Errorf("the log says %q", said)
			}
			p.clean(t)
		})
	}
}

// An incident of a version without editions kept the version of its procedures alone.
func TestTheVersionOfTheProceduresAloneIsUnderstood(t *testing.T) {
	p := newPlace(t)
	in := incident.New("TRN-2026-0001")
	in.Procedure = p.service.Book().Version
	if err := p.service.Recall(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	if p.service.Rules(in) != p.service.InForce() {
		t.Error("another edition")
	}
}
