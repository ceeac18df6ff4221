//go:build !windows

package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A rule of notification is changed while an incident is open and the server runs: the record
// says which clock changed, and why. A rule with a fault changes nothing, and the operator is
// told where it is.
func TestReloadOfNotificationRules(t *testing.T) {
	folder := t.TempDir()
	own, database := filepath.Join(folder, "own"), "sqlite:"+filepath.Join(folder, "practice.db")
	shipped, err := os.ReadFile("../templates/rules/jpcert.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rule := func(count string) string {
		changed := strings.Replace(string(shipped), "count: none", count, 1)
		if changed == string(shipped) {
			t.Fatal("jpcert.yaml has another way of counting now")
		}
		return changed
	}
	put(t, own, "README", "ours")
	settings := []string{"HIKESHI_DATA=" + filepath.Join(folder, "data"), "HIKESHI_CONFIG=" + own, "DATABASE_URL=" + database, "HIKESHI_LISTEN=127.0.0.1:0"}
	id := virusBefore(t, database)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, errs written
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, nil, settings, &out, &errs) }()
	until(t, "the address", func() bool { return printedAddress.MatchString(out.String()) })
	reload := func() {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	shown := func() string {
		t.Helper()
		var said, wrong bytes.Buffer
		beside := slices.DeleteFunc(slices.Clone(settings), func(s string) bool { return strings.HasPrefix(s, "HIKESHI_CONFIG=") }) // who reads the folder meets its fault
		if code := run(t.Context(), []string{"incidents", "show", string(id)}, beside, &said, &wrong); code != 0 {
			t.Fatalf("exit %d: %s", code, wrong.String())
		}
		return said.String()
	}
	why, changed := spoken("log.drawn.rules"), strings.SplitN(spoken("log.clocks_drawn.changed"), "{", 2)[0]+"JPCERT/CC"
	if before := shown(); strings.Contains(before, why) || strings.Contains(before, changed) {
		t.Fatalf("before anything changed:\n%s", before)
	}

	put(t, own, "rules/jpcert.yaml", rule("count: target\ntarget: 2"))
	reload()
	until(t, "the record says that the rule changed", func() bool { return strings.Contains(shown(), changed) })
	after := shown()
	if strings.Count(after, why) != 1 || strings.Count(after, changed) != 1 {
		t.Errorf("the record says:\n%s", after)
	}

	// A fault: where it is, is told, and the rule before stays in force.
	put(t, own, "rules/jpcert.yaml", rule("count: sometimes"))
	line := 1 + strings.Count(strings.SplitN(rule("count: sometimes"), "count: sometimes", 2)[0], "\n")
	reload()
	place := "rules/jpcert.yaml:" + strconv.Itoa(line)
	until(t, "the fault is told", func() bool { return strings.Contains(out.String(), place) })
	if got := ofRules(shown(), changed); !slices.Equal(got, ofRules(after, changed)) {
		t.Errorf("a faulty rule changed the record:\n%s", strings.Join(got, "\n"))
	}

	// It is mended, and the company's own rule taken back: the shipped one holds again.
	if err := os.Remove(filepath.Join(own, "rules", "jpcert.yaml")); err != nil {
		t.Fatal(err)
	}
	reload()
	until(t, "the record says that the rule is as before", func() bool { return strings.Count(shown(), changed) == 2 })
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("it ended with %d: %s%s", code, &out, &errs)
	}
}

// A rule leaves more time for a report that is owed for certain, which the lead and the representative
// are to hear of: the reload has it noted, and the program goes on.
func TestAReloadThatLeavesMoreTime(t *testing.T) {
	n, own, log := newNight(t, "ja"), t.TempDir(), slog.New(slog.DiscardHandler)
	n.program.settings.Config, n.program.out = own, &written{}
	s := n.house.service
	by := func(key string, do incident.Command, id incident.ID, person incident.PersonID) workflows.Outcome {
		t.Helper()
		p, _ := s.Contacts().Person(person)
		out, err := s.Do(t.Context(), workflows.Command{
			Key: key, Incident: id, By: incident.Actor{ID: p.ID, Name: p.Name}, Source: incident.FromPerson, Do: do,
		})
		if err != nil || !out.Accepted() {
			t.Fatalf("%+v %v", out, err)
		}
		return out
	}
	reporter := s.Contacts().People()[0].ID
	id := by("1", incident.Report{Text: "顧客名簿を電車に置き忘れた", What: incident.KindTheft}, "", reporter).Incident
	lead := s.Contacts().Holders(incident.IncidentLead, "")[0]
	by("2", incident.SetFacts{Facts: incident.Facts{
		incident.FactPersonalData: incident.Yes, incident.FactSpecialCare: incident.Yes, incident.FactEncryptedSafe: incident.No,
	}}, id, lead)
	due := func() string {
		t.Helper()
		in, err := n.house.store.Incident(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		c, _ := in.Clock("ppc-final")
		if c.Provisional || !c.Open() {
			t.Fatalf("%+v", c)
		}
		return c.Due
	}
	before := due()
	shipped, err := os.ReadFile("../templates/rules/ppc-final.yaml")
	if err != nil {
		t.Fatal(err)
	}
	put(t, own, "rules/ppc-final.yaml", strings.Replace(string(shipped), "days: 30", "days: 40", 1))
	if !n.program.reload(t.Context(), n.house, log) {
		t.Fatalf("it would have ended: %s", n.program.out)
	}
	follow, end := n.house.following(t.Context(), log)
	defer end()
	follow()
	until(t, "the report has more time", func() bool { return due() > before })
}

// ofRules returns the lines of a report that tell what JPCERT's rule asks for, and which of its clocks
// changed. The others go on without it: the report was made a minute later, and another call went out.
func ofRules(shown, changed string) []string {
	return slices.DeleteFunc(strings.Split(shown, "\n"), func(line string) bool {
		return !strings.Contains(line, changed) && !strings.HasPrefix(line, "| JPCERT/CC")
	})
}

// A reload is answered without waiting for all that is open to follow the rules: that comes behind
// it, or, where the program ended before, at the next start.
func TestAReloadDoesNotWaitForWhatIsOpen(t *testing.T) {
	n, own, log := newNight(t, "ja"), t.TempDir(), slog.New(slog.DiscardHandler)
	n.program.settings.Config, n.program.out = own, &written{}
	s := n.house.service
	reporter := s.Contacts().People()[0]
	out, err := s.Do(t.Context(), workflows.Command{
		Key: "1", By: incident.Actor{ID: reporter.ID, Name: reporter.Name}, Source: incident.FromPerson,
		Do: incident.Report{Text: "ウイルスの警告が出た", What: incident.KindVirus},
	})
	if err != nil || !out.Accepted() {
		t.Fatalf("%+v %v", out, err)
	}
	stale := func() bool {
		t.Helper()
		in, err := n.house.store.Incident(t.Context(), out.Incident)
		if err != nil {
			t.Fatal(err)
		}
		return in.ClocksStale(s.Clocks(), s.Now())
	}
	shipped, err := os.ReadFile("../templates/rules/jpcert.yaml")
	if err != nil {
		t.Fatal(err)
	}
	reload := func(count string) {
		t.Helper()
		put(t, own, "rules/jpcert.yaml", strings.Replace(string(shipped), "count: none", count, 1))
		if !n.program.reload(t.Context(), n.house, log) {
			t.Fatal("it would have ended")
		}
		if !stale() {
			t.Fatalf("it waited, or took nothing in: %s", n.program.out)
		}
	}
	reload("count: target\ntarget: 2")
	follow, end := n.house.following(t.Context(), log)
	follow()
	until(t, "what is open follows the rules", func() bool { return !stale() })
	end()

	reload("count: target\ntarget: 3")
	follow() // nobody is there any more
	if !stale() {
		t.Error("it goes on after its end")
	}
	if err := s.Tick(t.Context(), s.Now().Truncate(24*time.Hour)); err != nil || stale() { // as a start does
		t.Errorf("after a start it is as it was: %v", err)
	}
}

// virusBefore reports something for which JPCERT/CC can be told, before the server starts.
func virusBefore(t *testing.T, database string) incident.ID {
	t.Helper()
	p := &program{settings: settings{DatabaseURL: database, Lang: "ja", Mode: modePractice}}
	o, err := p.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h, err := p.wire(t.Context(), o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	reporter := h.service.Contacts().People()[0]
	out, err := h.service.Do(t.Context(), workflows.Command{
		Key: "first", By: incident.Actor{ID: reporter.ID, Name: reporter.Name, Department: reporter.Department}, Source: incident.FromPerson,
		Do: incident.Report{Text: "ウイルスの警告が出た", What: incident.KindVirus},
	})
	if err != nil || !out.Accepted() {
		t.Fatal(out, err)
	}
	h.web.Stop()
	if err := o.store.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Incident
}
