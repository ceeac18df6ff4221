package report_test

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"

	"hikeshi/templates"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

var loaded = sync.OnceValues(func() (*templates.Texts, error) { return templates.LoadTexts(nil) })

// strictSay fails the test on a key that has no text, and on a placeholder left open.
func strictSay(t testing.TB, lang string) report.Say {
	t.Helper()
	return listening(t, lang, func(string) {})
}

func listening(t testing.TB, lang string, hear func(key string)) report.Say {
	t.Helper()
	texts, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return func(key string, pairs ...string) string {
		if !texts.Has(key) {
			t.Errorf("there is no text %q", key)
		}
		hear(key)
		given := map[string]bool{}
		for i := 0; i+1 < len(pairs); i += 2 {
			given[pairs[i]] = true
		}
		for _, p := range templates.Placeholders(texts.Say(lang, key)) {
			if !given[p] {
				t.Errorf("%s: nothing is given for {%s}", key, p)
			}
		}
		return texts.Say(lang, key, pairs...)
	}
}

// Every word of the domain has a name in the terms, and the terms name nothing else.
func TestTermsNameEveryWordOfTheDomain(t *testing.T) {
	texts, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	name := func(prefix string, values ...string) {
		for _, v := range values {
			want[prefix+"."+v] = true
		}
	}
	for _, v := range incident.Phases {
		name("phase", string(v))
	}
	for _, v := range append([]incident.Level{incident.Unassessed}, incident.Levels...) {
		name("level", v.String())
		name("levelmean", v.String())
	}
	for _, v := range incident.Kinds {
		name("kind", string(v))
	}
	for _, v := range incident.Categories {
		name("category", string(v))
	}
	for _, v := range incident.Roles {
		name("role", string(v))
	}
	for _, v := range incident.Fields {
		name("field", string(v))
	}
	for _, v := range incident.FactKeys {
		name("fact", string(v))
	}
	for _, v := range incident.StepKinds {
		name("stepkind", string(v))
	}
	for _, v := range incident.Publications {
		name("publication", string(v))
	}
	name("role", string(incident.Discoverer), "deputy", "acting")
	name("level", "provisional")
	name("category", "with_effect")
	name("field", "classification", "responsible", "log")
	name("answer", string(incident.Yes), string(incident.No), string(incident.Unknown), "count")
	name("requirement", string(incident.Always), string(incident.If), string(incident.Optional))
	name("leadhow", string(incident.LeadOffice), string(incident.LeadDeputy), string(incident.LeadHandover), string(incident.LeadLast))
	name("pagestatus", string(incident.PageOpen), string(incident.PageAcknowledged), string(incident.PageDeclined), string(incident.PageEnded))
	name("why", string(incident.WhyRole), string(incident.WhyPaged), string(incident.WhyAdded))
	name("source", string(incident.FromPerson), string(incident.FromTimer), string(incident.FromCommand))
	for m := 1; m <= 12; m++ {
		name("time.month", strconv.Itoa(m))
	}
	for d := range 7 {
		name("time.weekday", strconv.Itoa(d))
	}
	for key := range want {
		if !texts.Has(key) {
			t.Errorf("there is no term %q", key)
		}
	}
	file, err := os.ReadFile("../../templates/messages/terms.ja.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var terms map[string]string
	if err := yaml.Unmarshal(file, &terms); err != nil {
		t.Fatal(err)
	}
	for key := range terms {
		family := key[:strings.LastIndex(key, ".")+1]
		for k := range want {
			if strings.HasPrefix(k, family) && strings.Count(k, ".") == strings.Count(key, ".") && !want[key] {
				t.Errorf("the term %q names nothing", key)
				break
			}
		}
	}
}

// onDemand are the texts that only some entries ask for, as many as there are kinds and
// reasons; each has a test of its own.
func onDemand(key string) bool {
	return strings.HasPrefix(key, "log.what.") || strings.HasPrefix(key, "log.because.")
}

// Every text of the report and of the record is said somewhere.
func TestEveryTextIsSaid(t *testing.T) {
	texts, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	say := listening(t, "ja", func(key string) { said[key] = true })
	v := voice(t, "ja")
	v.Say = say
	for _, e := range everySentence {
		report.Sentence(incident.Record{Event: e}, v)
	}
	filed, _ := filings(t, "ja", "")
	tales := []*tale{outage(t), toldOutside(t), filed}
	for _, c := range endings {
		tales = append(tales, c.live(t))
	}
	// Nothing holds the last two back any more, for the summary of a handover.
	free := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました", What: incident.KindMisdelivery}).do("sato", incident.Take{})
	free.do("sato", incident.SetLevel{Level: incident.Level2}).settleSteps("sato", false)
	near := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "あやうく送るところでした", What: incident.KindNearMiss, ExpectedDamage: "名簿が漏れる"})
	near.do("suzuki", incident.Take{}).do("sato", incident.Take{}).do("sato", incident.SetLevel{Level: incident.Level0}).do("suzuki", incident.Approve{}).settleSteps("suzuki", true)
	long := newTale(t, "INC-2026-0001").do("tanaka", incident.Report{Text: "送り間違えました"})
	for range 20 {
		long.do("tanaka", incident.Inform{Text: "まだ続いています"})
	}
	for _, a := range append(tales, free, near, long, unanswered(t), unmoved(t)) {
		o := a.options("ja")
		o.Say, o.Deliveries = say, []report.Delivery{{}}
		report.Final(a.in, a.stored(""), o)
		report.Handover(a.in, a.stored(""), o)
		report.ParticularsOf(a.in, a.stored(""), o).Absent()
	}
	for _, key := range texts.Keys() {
		if (strings.HasPrefix(key, "report.") || strings.HasPrefix(key, "log.")) && !said[key] && !onDemand(key) {
			t.Errorf("nothing says %q", key)
		}
	}
}

// The reasons for a call are said as they are recorded.
func TestEveryReasonForACallHasAText(t *testing.T) {
	for _, lang := range templates.Languages {
		say := strictSay(t, lang)
		for _, because := range []string{"report", "level", "reopened", "restricted", "deputy", "round", "added", "answered", "ended", "excluded", "again"} {
			say("log.because." + because)
		}
	}
}
