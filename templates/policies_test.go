package templates_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hikeshi/templates"
	"hikeshi/workflows/edition"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// policyOf reads a policy that is written there.
func policyOf(text string) (*paging.Policy, error) {
	return templates.LoadPaging(fstest.MapFS{"policies/paging.yaml": file(text)})
}

// ownPolicy says something in every place where a policy can.
const ownPolicy = `hours:
  - name: night
    from: "22:00"
    to: "7:00"
  - name: office
    days: [mon, workday]
    from: "09:00"
    to: "24:00"
unconfirmed:
  wait: 3m
level_3:
  call: [representative]
  personal: [privacy_manager]
  everyone: [representative]
  later: [{role: press, rounds: 2}]
  means: [[phone], [chat, mail]]
  wait: 4m
  silence: 1h30m
  again: 10m
  again_led: 24h
  at:
    - hours: night
      wait: 2m
      personal: []
    - hours: office
      call: [incident_lead]
      means: [[chat]]
level_2:
  call: [incident_lead]
  means: [[chat]]
  wait: 5m
  again: 10m
  again_led: 1h
level_1:
  call: [system_admin]
  means: [[chat]]
  wait: 1h
  again: 10m
  again_led: 1h
level_0:
  call: [system_admin]
  means: [[mail]]
`

func TestAPolicyIsRead(t *testing.T) {
	p, err := policyOf(ownPolicy)
	if err != nil {
		t.Fatal(err)
	}
	chat := [][]incident.Means{{incident.ByChat}}
	want := &paging.Policy{
		Hours:       []paging.Hours{{Name: "night", From: 22 * 60, To: 7 * 60}, {Name: "office", Days: []string{"mon", "workday"}, From: 9 * 60, To: 24 * 60}},
		Unconfirmed: paging.Plan{Wait: 3 * time.Minute},
		Level3: paging.Plan{
			Call: []incident.Role{incident.Representative}, Personal: []incident.Role{incident.PrivacyManager}, Everyone: []incident.Role{incident.Representative},
			Later: []paging.Later{{Role: incident.Press, Rounds: 2}}, Means: [][]incident.Means{{incident.ByPhone}, {incident.ByChat, incident.ByMail}},
			Wait: 4 * time.Minute, Silence: 90 * time.Minute, Again: 10 * time.Minute, AgainLed: 24 * time.Hour,
			At: []paging.Shift{
				{Hours: "night", Plan: paging.Plan{Wait: 2 * time.Minute, Personal: []incident.Role{}}},
				{Hours: "office", Plan: paging.Plan{Call: []incident.Role{incident.IncidentLead}, Means: chat}},
			},
		},
		Level2: paging.Plan{Call: []incident.Role{incident.IncidentLead}, Means: chat, Wait: 5 * time.Minute, Again: 10 * time.Minute, AgainLed: time.Hour},
		Level1: paging.Plan{Call: []incident.Role{incident.SystemAdmin}, Means: chat, Wait: time.Hour, Again: 10 * time.Minute, AgainLed: time.Hour},
		Level0: paging.Plan{Call: []incident.Role{incident.SystemAdmin}, Means: [][]incident.Means{{incident.ByMail}}},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// As an incident keeps it, it is the same: also that nobody is added at night.
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := edition.New(book, p)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := edition.Decode(e.Version(), e.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, kept.Paging); diff != "" {
		t.Errorf("kept (-read +kept):\n%s", diff)
	}
}

// The example at the end of the default file is sound once its marks are removed as it says.
func TestTheExampleOfANightIsSound(t *testing.T) {
	body, err := os.ReadFile("policies/paging.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(body), "\r", "")
	_, example, found := strings.Cut(text, "# 夜間だけ変える例")
	if !found {
		t.Fatal("there is no example")
	}
	var hours, at []string
	for _, line := range strings.Split(example, "\n") {
		code, isCode := strings.CutPrefix(line, "# ")
		switch {
		case isCode && (strings.HasPrefix(code, "hours:") || strings.HasPrefix(code, "  ") && at == nil):
			hours = append(hours, code)
		}
		if isCode && (strings.HasPrefix(code, "  at:") || at != nil && strings.HasPrefix(code, "    ")) {
			at = append(at, code)
		}
	}
	hours = slices.DeleteFunc(hours, func(l string) bool { return slices.Contains(at, l) })
	p, err := policyOf(strings.Join(hours, "\n") + "\n" + strings.Replace(text, "\n# ヒヤリハット", strings.Join(at, "\n")+"\n\n# ヒヤリハット", 1))
	if err != nil {
		t.Fatal(err)
	}
	night := time.Date(2026, 12, 2, 2, 0, 0, 0, incident.Tokyo)
	if plan := p.At(incident.Level1, true, night); plan.Wait != 8*time.Hour || len(plan.Means) != 1 {
		t.Errorf("at night: %+v", plan)
	}
	if plan := p.At(incident.Level1, true, night.Add(8*time.Hour)); plan.Wait != time.Hour {
		t.Errorf("by day: %+v", plan)
	}
	if plan := p.At(incident.Level1, true, time.Date(2026, 12, 6, 12, 0, 0, 0, incident.Tokyo)); plan.Wait != 4*time.Hour {
		t.Errorf("on a Sunday: %+v", plan)
	}
}

func TestPagingFaults(t *testing.T) {
	all := texts(t)
	const place = "policies/paging.yaml:"
	for _, tt := range []struct{ old, new, want string }{
		{"unconfirmed:", "unconfirmd:", `9:1: the key "unconfirmd" is not known; did you mean unconfirmed?`},
		{"  again_led: 24h\n", "", `12:3: the key "again_led" is missing; add a line with again_led`},
		{"level_0:\n  call: [system_admin]\n  means: [[mail]]\n", "", `1:1: the key "level_0" is missing; add a line with level_0`},
		{"call: [representative]", "call: [representativ]", `12:10: "representativ" is no role; did you mean representative?`},
		{"call: [representative]", "call: []", `12:9: nobody is called first; write at least one role`},
		{"  call: [representative]\n", "", `12:3: the key "call" is missing; add a line with call`},
		{"call: [representative]", "call: [press, press]", `12:17: the role "press" is written twice; keep one`},
		{"call: [representative]", "call: [outside_contact]", `12:10: contacts outside of the company cannot be called; write one of representative, incident_lead, system_admin, security_chief, department_lead, privacy_manager, privacy_desk, educator, auditor, press`},
		{"role: press", "role: x", `15:18: "x" is no role; write one of representative, incident_lead, system_admin, security_chief, department_lead, privacy_manager, privacy_desk, educator, auditor, press`},
		{"rounds: 2", "rounds: 0", `15:33: "0" is not a number of rounds; write a whole number from 1 to 99`},
		{"rounds: 2", "rounds: 1.5", `15:33: "1.5" is not a whole number; write it without a fraction`},
		{"[[phone], [chat, mail]]", "[[phon], [chat, mail]]", `16:12: "phon" is no means; did you mean phone?`},
		{"[[phone], [chat, mail]]", "[[phone], [chat, phone]]", `16:27: the means "phone" is written twice; keep one`},
		{"[[phone], [chat, mail]]", "[[phone], []]", `16:20: no means is written; write it like [[chat, mail], [phone]]`},
		{"[[phone], [chat, mail]]", "[]", `16:10: no means is written; write it like [[chat, mail], [phone]]`},
		{"[[phone], [chat, mail]]", "[phone]", `16:11: a text does not belong here; write a list`},
		{"wait: 4m", "wait: 4", `17:9: "4" is not a time to wait; write it like 5m (five minutes) or 1h30m`},
		{"silence: 1h30m", "silence: 25h", `18:12: the wait "25h" is not between 1m and 24h; write a time in between`},
		{"wait: 4m", "wait: 6m", `17:9: the wait of level_3.wait is longer than that of level_2.wait; the graver level must not wait longer`},
		{"wait: 2m", "wait: 6m", `23:13: the wait of level_3.at[0].wait is longer than that of level_2.wait; the graver level must not wait longer`},
		{"hours: night\n      wait", "hours: nite\n      wait", `22:14: "nite" is no name of hours; write one of night, office`},
		{"hours: office\n      call", "hours: ofice\n      call", `25:14: "ofice" is no name of hours; did you mean office?`},
		{"    - hours: night\n      wait", "    - wait", `22:7: the key "hours" is missing; add a line with hours`},
		{"days: [mon, workday]", "days: [monday]", `6:12: "monday" is no day; write one of mon, tue, wed, thu, fri, sat, sun, workday, holiday`},
		{"days: [mon, workday]", "days: [holidy]", `6:12: "holidy" is no day; did you mean holiday?`},
		{"days: [mon, workday]", "days: [mon, mon]", `6:17: the day "mon" is written twice; keep one`},
		{"days: [mon, workday]", "days: []", `6:11: without any day these hours never come; write some of mon, tue, wed, thu, fri, sat, sun, workday, holiday, or remove days for every day`},
		{"      personal: []\n    - hours: office\n      call: [incident_lead]\n      means: [[chat]]\n", "", `5:11: no level uses the hours "office"; use them under at of a level, or remove them`},
		{"name: office", "name: night", `5:11: the hours "night" are written twice; keep one`},
		{`from: "09:00"`, `from: "24:00"`, `7:11: "24:00" is not a time of the day; write it like "22:00"`},
		{`from: "09:00"`, `from: "9"`, `7:11: "9" is not a time of the day; write it like "22:00"`},
		{`    to: "24:00"`, `    to: "9:00"`, `8:9: from and to are the same; write different times, or remove both for the whole day`},
		{"    from: \"09:00\"\n", "", `5:5: the key "from" is missing; add a line with from`},
		{"call: [system_admin]\n  means: [[mail]]", "call: [system_admin]\n  means: [[mail]]\n  wait: 5m", `43:9: at level 0 nobody is waited for or called again; remove wait`},
		{"    from: \"22:00\"\n    to: \"7:00\"\n", "", `23:14: the hours "office" never count here: those above cover them; change the order, or remove them`},
		{"      wait: 2m\n", "      wait: 2m\n      at: []\n", `24:11: at cannot be written inside of hours; write each under at of the level`},
		{"  wait: 3m", "  wait: [3m]", `10:9: a list does not belong here; write a text`},
	} {
		text := strings.Replace(ownPolicy, tt.old, tt.new, 1)
		if text == ownPolicy {
			t.Fatalf("there is no %q", tt.old)
		}
		p, err := policyOf(text)
		if err == nil || p != nil {
			t.Errorf("%q: accepted", tt.new)
			continue
		}
		if got := err.Error(); !strings.Contains("\n"+got, "\n"+place+tt.want) {
			t.Errorf("%q: got\n%s\nwant %s", tt.new, got, place+tt.want)
		}
		for _, f := range faultsOf(t, err) {
			if ja := f.Say(all, "ja"); strings.ContainsAny(ja, "{}") || strings.Contains(ja, "overlay.") || strings.Contains(ja, "mend.") {
				t.Errorf("in Japanese: %s", ja)
			}
		}
	}
}

// However many faults there are, all are told at once, in the order of their lines.
func TestEveryFaultOfAPolicyIsToldAtOnce(t *testing.T) {
	text := ownPolicy
	for old, new := range map[string]string{
		"days: [mon, workday]": "days: [xyz]", "call: [representative]": "call: [nobody]", "wait: 4m": "wait: never", "means: [[mail]]": "means: [[smoke]]",
	} {
		text = strings.Replace(text, old, new, 1)
	}
	_, err := policyOf(text)
	var lines []int
	for _, f := range faultsOf(t, err) {
		lines = append(lines, f.Line)
	}
	if !slices.Equal(lines, []int{6, 12, 17, 42}) {
		t.Errorf("faults in the lines %v:\n%v", lines, err)
	}
}

func TestPagingDifferences(t *testing.T) {
	all := texts(t)
	from := loaded(t, fstest.MapFS{"policies/paging.yaml": file(ownPolicy)})
	for _, tt := range []struct {
		name     string
		old, new string
		want     []string
	}{
		{"whom", "call: [representative]", "call: [press, representative]", []string{`whom to call: level_3.call [representative] → [press, representative]`}},
		{"nobody more", "  personal: [privacy_manager]\n", "", []string{`whom to call: level_3.personal [privacy_manager] → -`}},
		{"nobody at night", "      personal: []\n", "", []string{`whom to call: level_3.at(night).personal [] → -`}},
		{"later", "rounds: 2", "rounds: 3", []string{`whom to call: level_3.later [press×2] → [press×3]`}},
		{"means", "[[phone], [chat, mail]]", "[[phone, chat], [mail]]", []string{`means: level_3.means [[phone], [chat, mail]] → [[phone, chat], [mail]]`}},
		{"waits", "again: 10m\n  again_led: 24h", "again: 20m\n  again_led: 23h", []string{`level_3.again 10m → 20m`, `level_3.again_led 24h → 23h`}},
		{"silence", "  silence: 1h30m\n", "", []string{`level_3.silence 1h30m → -`}},
		{"unconfirmed", "wait: 3m", "wait: 4m", []string{`unconfirmed.wait 3m → 4m`}},
		{"level 0", "[[mail]]", "[[chat]]", []string{`means: level_0.means [[mail]] → [[chat]]`}},
		{"hours", `"22:00"`, `"23:00"`, []string{`hours.night 22:00–07:00 → 23:00–07:00`}},
		{"days", "[mon, workday]", "[sat]", []string{`hours.office [mon, workday] 09:00–24:00 → [sat] 09:00–24:00`}},
		{"a shift", "      wait: 2m\n", "      wait: 1m\n", []string{`level_3.at(night).wait 2m → 1m`}},
		{"a shift less", "    - hours: office\n      call: [incident_lead]\n      means: [[chat]]\n", "", []string{`level_3: what held at the hours "office" removed`, `hours "office" removed`}},
		{"another order", "    - hours: night\n      wait: 2m\n      personal: []\n    - hours: office\n      call: [incident_lead]\n      means: [[chat]]\n",
			"    - hours: office\n      call: [incident_lead]\n      means: [[chat]]\n    - hours: night\n      wait: 2m\n      personal: []\n", []string{`level_3: hours in another order`}},
	} {
		text := strings.Replace(ownPolicy, tt.old, tt.new, 1)
		if strings.Contains(tt.name, "less") {
			a, b, _ := strings.Cut(text, "  - name: office\n")
			_, b, _ = strings.Cut(b, "unconfirmed:")
			text = a + "unconfirmed:" + b
		}
		var got []string
		for _, d := range loaded(t, fstest.MapFS{"policies/paging.yaml": file(text)}).Differences(from) {
			got = append(got, all.Word("en", d.What))
			if ja := all.Word("ja", d.What); strings.ContainsAny(ja, "{}") || strings.Contains(ja, "differs.") {
				t.Errorf("in Japanese: %s", ja)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// A file of the waits alone is the usual policy with these waits.
func TestAFileOfWaitsIsRead(t *testing.T) {
	const sound = "waits:\n  unconfirmed: 3m\n  level_3: 4m\n  level_2: 20m\n  level_1: 2h30m\nagain:\n  nobody_acts: 10m\n  somebody_leads: 24h\n"
	p, err := templates.LoadPaging(fstest.MapFS{"policies/paging.yaml": file(sound)})
	if err != nil || p.Unconfirmed.Wait != 3*time.Minute || p.Level3.Wait != 4*time.Minute || p.Level2.Wait != 20*time.Minute ||
		p.Level1.Wait != 150*time.Minute || p.Level3.Again != 10*time.Minute || p.Level3.AgainLed != 24*time.Hour {
		t.Fatalf("got %+v, %v", p, err)
	}
	want := paging.Usual()
	want.Unconfirmed.Wait = 3 * time.Minute
	for l, w := range map[*paging.Plan]time.Duration{&want.Level3: 4 * time.Minute, &want.Level2: 20 * time.Minute, &want.Level1: 150 * time.Minute} {
		l.Wait, l.Again, l.AgainLed = w, 10*time.Minute, 24*time.Hour
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct{ old, new, want string }{
		{"unconfirmed: 3m", "unconfirmed: 3", `policies/paging.yaml:2:16: "3" is not a time to wait; write it like 5m (five minutes) or 1h30m`},
		{"unconfirmed: 3m", "unconfirmed: 3分", `policies/paging.yaml:2:16: "3分" is not a time to wait; write it like 5m (five minutes) or 1h30m`},
		{"level_3: 4m", "level_3: 59s", `policies/paging.yaml:3:12: the wait "59s" is not between 1m and 24h; write a time in between`},
		{"level_1: 2h30m", "level_1: -5m", `policies/paging.yaml:5:12: the wait "-5m" is not between 1m and 24h; write a time in between`},
		{"somebody_leads: 24h", "somebody_leads: 24h1m", `policies/paging.yaml:8:19: the wait "24h1m" is not between 1m and 24h; write a time in between`},
		{"  level_2: 20m\n", "", `policies/paging.yaml:2:3: the key "level_2" is missing; add a line with level_2`},
		{"level_3: 4m", "level_3: 30m", `policies/paging.yaml:3:12: the wait of waits.level_3 is longer than that of waits.level_2; the graver level must not wait longer`},
		{"level_3:", "leve_3:", `policies/paging.yaml:3:3: the key "leve_3" is not known; did you mean level_3?`},
		{"level_3: 4m", "level_3: [4m]", `policies/paging.yaml:3:12: a list does not belong here; write a text`},
		{sound, "# later\n", `policies/paging.yaml: the file is empty; fill it in, or delete it to use the default`},
	} {
		p, err := templates.LoadPaging(fstest.MapFS{"policies/paging.yaml": file(strings.Replace(sound, tt.old, tt.new, 1))})
		if err == nil || err.Error() != tt.want || p != nil {
			t.Errorf("%q: got %v, %+v\nwant %s", tt.new, err, p, tt.want)
		}
	}
}

// FuzzPagingYAML: whatever stands in the file, it is read as a policy that calls somebody by
// something in time, or refused with faults that can be found.
func FuzzPagingYAML(f *testing.F) {
	fuzzFile(f, "policies/paging.yaml", "policies/paging.yaml", func(t *testing.T, overlay fs.FS) error {
		p, err := templates.LoadPaging(overlay)
		if err != nil {
			return err
		}
		within := func(w time.Duration) bool { return w >= time.Minute && w <= 24*time.Hour }
		for _, at := range []time.Time{time.Date(2026, 11, 22, 2, 7, 0, 0, time.UTC), time.Date(2026, 11, 24, 2, 7, 0, 0, time.UTC)} {
			for _, l := range incident.Levels {
				for _, confirmed := range []bool{true, false} {
					plan := p.At(l, confirmed, at)
					if len(plan.Call) == 0 || len(plan.Means) == 0 || slices.ContainsFunc(plan.Means, func(m []incident.Means) bool { return len(m) == 0 }) {
						t.Errorf("level %s calls nobody: %+v", l, plan)
					}
					chased := l != incident.Level0
					if chased != within(plan.Wait) || chased != within(plan.Again) || chased != within(plan.AgainLed) || plan.Silence != 0 && !within(plan.Silence) {
						t.Errorf("level %s waits %+v", l, plan)
					}
				}
			}
			if p.At(incident.Level3, true, at).Wait > p.At(incident.Level2, true, at).Wait || p.At(incident.Level2, true, at).Wait > p.At(incident.Level1, true, at).Wait {
				t.Errorf("a graver level waits longer: %+v", p)
			}
		}
		return nil
	})
}
