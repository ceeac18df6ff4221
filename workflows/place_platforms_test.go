package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// again makes a service on the same database, with channels on these platforms.
func (c *channels) again(places ...string) {
	c.t.Helper()
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.service, err = workflows.New(c.t.Context(), workflows.Options{Store: c.store, Clock: c.clock, Book: book, Places: places}); err != nil {
		c.t.Fatal(err)
	}
	if err := c.service.Keep(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// What goes to an incident's channel goes to it on each platform, and what goes to a person once.
func TestAChannelOnEachPlatform(t *testing.T) {
	c := newChannels(t, "slack", "discord")
	id := c.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
	c.do("佐藤", id, incident.Take{})
	if err := c.service.Share(t.Context(), "press", c.service.Contacts().Find("佐藤")[0], id, incident.ReportPDF); err != nil {
		t.Fatal(err)
	}
	var plain, further, people []string
	for _, key := range c.claimed() {
		switch name, on := strings.CutSuffix(key, "@discord"); {
		case on:
			further = append(further, name)
		case len(only([]string{key}, "place:", "card:", "feed:", "report:")) > 0:
			plain = append(plain, key)
		default:
			people = append(people, key)
		}
	}
	if len(plain) < 4 || !slices.Equal(plain, further) {
		t.Errorf("on the first platform %q,\non the further one %q", plain, further)
	}
	slices.Sort(people)
	if n := len(people); n == 0 || len(slices.Compact(people)) != n {
		t.Errorf("to people: %q", people)
	}
}

// One platform that fails neither delays the other's message nor has it sent again.
func TestOnePlatformThatFailsIsNoneOfTheOther(t *testing.T) {
	c := newChannels(t, "slack", "discord")
	ctx := t.Context()
	id := c.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
	try := func(fails string) map[string]int {
		t.Helper()
		tried := map[string]int{}
		for {
			list, err := c.service.ClaimMessages(ctx, "a", time.Minute, 1, false)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) == 0 {
				return tried
			}
			m := list[0]
			res := workflows.Sent{OK: true, At: c.clock.Now(), Frontend: c.service.Platform(m.Notice), Message: "M1"}
			if m.To == "" && res.Frontend == fails {
				res = workflows.Sent{At: c.clock.Now(), Frontend: fails, Error: "refused", Retry: c.clock.Now().Add(time.Minute)}
			}
			if m.Kind == incident.NoticeCard {
				tried[c.service.Platform(m.Notice)]++
			}
			if err := c.service.FinishMessage(ctx, m, "a", res); err != nil {
				t.Fatal(err)
			}
		}
	}
	if tried := try("slack"); tried["slack"] != 1 || tried["discord"] != 1 {
		t.Errorf("tried %v", tried)
	}
	for front, want := range map[string]bool{"": true, "discord": false} {
		if waits, err := c.service.ChannelWaits(ctx, id, front); err != nil || waits != want {
			t.Errorf("%q: waits %v, %v", front, waits, err)
		}
	}
	c.clock.move(time.Minute)
	if tried := try(""); tried["slack"] != 1 || tried["discord"] != 0 {
		t.Errorf("tried again: %v", tried)
	}
}

// Who has no account on one platform is not missing while he is in the other's channel; who is in
// neither is named once.
func TestWhoIsMissingIsSoOnAllPlatforms(t *testing.T) {
	c := newChannels(t, "slack", "discord")
	ctx := t.Context()
	id := c.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
	lacks := func(p incident.PersonID, elsewhere bool) workflows.PlaceMissing {
		return workflows.PlaceMissing{Person: p, Why: "not_here", Elsewhere: elsewhere}
	}
	record := func(front string, kept workflows.PlaceKept) []string {
		t.Helper()
		c.importSample() // have both kept again
		list, err := c.service.ClaimMessages(ctx, "a", time.Minute, 100, false)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(list, func(m workflows.Message) bool { return m.Kind == incident.NoticePlace && m.Front == front })
		if i < 0 {
			t.Fatalf("no channel to keep on %q", front)
		}
		if err := c.service.RecordPlace(ctx, list[i], "a", kept, workflows.Sent{OK: true, At: c.clock.Now()}); err != nil {
			t.Fatal(err)
		}
		told := only(c.claimed(), "absent:")
		c.clock.move(2 * time.Minute)
		c.claimed()
		return told
	}
	named := func(front string) (people []incident.PersonID) {
		t.Helper()
		kept, _, err := c.service.PlaceOf(ctx, id, front)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range kept.Missing {
			people = append(people, m.Person)
		}
		return people
	}
	here := "absent:" + string(id)

	// The first channel, while the other is not made: a is expected there, b has no account at all.
	if told := record("", workflows.PlaceKept{ID: "C1", Missing: []workflows.PlaceMissing{lacks("a", true), lacks("b", false)}}); !slices.Equal(told, []string{here}) {
		t.Errorf("told %q", told)
	}
	if got := named(""); !slices.Equal(got, []incident.PersonID{"b"}) {
		t.Errorf("named in the first channel: %q", got)
	}
	// The other has a, and knows neither b, who is named already, nor d, who is in the first.
	if told := record("discord", workflows.PlaceKept{ID: "D1", Missing: []workflows.PlaceMissing{lacks("b", false), lacks("d", true)}}); told != nil {
		t.Errorf("told %q", told)
	}
	if got := named("discord"); got != nil {
		t.Errorf("named in the other: %q", got)
	}
	// a could not be brought in there after all: he is in neither now.
	if told := record("discord", workflows.PlaceKept{ID: "D1", Missing: []workflows.PlaceMissing{lacks("a", true), lacks("b", false)}}); !slices.Equal(told, []string{here + "@discord"}) {
		t.Errorf("told %q", told)
	}
	if got := named("discord"); !slices.Equal(got, []incident.PersonID{"a"}) {
		t.Errorf("named in the other: %q", got)
	}
	if told := record("", workflows.PlaceKept{ID: "C1", Missing: []workflows.PlaceMissing{lacks("a", true), lacks("b", false)}}); told != nil {
		t.Errorf("told again: %q", told)
	}
	// Who does not belong in it and is still there is said of each channel.
	stays := workflows.PlaceKept{ID: "D1", Missing: []workflows.PlaceMissing{{Person: "x", Why: workflows.WhyStays, Elsewhere: true}, {Person: "y", Why: workflows.WhySeesAll, Elsewhere: true}}}
	if told := record("discord", stays); !slices.Equal(told, []string{here + "@discord"}) {
		t.Errorf("told %q", told)
	}
	if got := named("discord"); !slices.Equal(got, []incident.PersonID{"x", "y"}) {
		t.Errorf("named in the other: %q", got)
	}
	// Without a channel on the other, those hear of it who are not in the first.
	in, err := c.store.Incident(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	out := in.Circle[0].Person
	record("", workflows.PlaceKept{ID: "C1", Missing: []workflows.PlaceMissing{lacks(out, true)}})
	if told := record("discord", workflows.PlaceKept{Problem: "forbidden"}); !slices.Equal(told, []string{here + ":" + string(out)}) {
		t.Errorf("without a channel %q hear of it, want %s alone", told, out)
	}
	if kept, front, err := c.service.NoPlace(ctx, id); err != nil || front != "discord" || kept.Problem != "forbidden" {
		t.Errorf("%+v on %q, %v", kept, front, err)
	}
}

// The platform that was there first keeps its messages when another comes, wherever that stands in
// the order, and the open incidents get their channels on the new one.
func TestAPlatformThatComesLater(t *testing.T) {
	c := newChannels(t, "discord")
	c.again("discord")
	id := c.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
	c.claimed()
	c.again("discord")
	if keys := c.claimed(); keys != nil {
		t.Errorf("the same platforms: %q", keys)
	}
	c.again("slack", "discord")
	want := []string{"place:" + string(id) + "@slack", "card:" + string(id) + "@slack", "place:" + string(id) + "@slack"}
	if keys := c.claimed(); !slices.Equal(keys, want) {
		t.Errorf("%q, want %q", keys, want)
	}
	if name := c.service.Platform(incident.Notice{}); name != "discord" {
		t.Errorf("messages without a name go to %q", name)
	}
	c.do("佐藤", id, incident.Note{Text: "記録"})
	if keys := only(c.claimed(), "feed:"); len(keys) != 2 || keys[1] != keys[0]+"@slack" {
		t.Errorf("%q", keys)
	}
	c.again("slack")
	if keys := c.claimed(); !slices.Equal(keys, []string{"place:" + string(id), "card:" + string(id)}) {
		t.Errorf("the one that is left goes on: %q", keys)
	}
}

// A version that knew of one platform remembered its channels without a name: they were Slack's. The
// open incidents get theirs where the company has moved to with the new version.
func TestAnotherPlatformComesWithTheVersionThatKnowsSeveral(t *testing.T) {
	for name, c := range map[string]struct {
		kept   bool
		places []string
		want   func(id string) []string
	}{
		"moved":  {true, []string{"discord"}, func(id string) []string { return []string{"place:" + id, "card:" + id} }},
		"stayed": {true, []string{"slack"}, func(string) []string { return nil }},
		"one more": {true, []string{"slack", "discord"}, func(id string) []string {
			return []string{"place:" + id + "@discord", "card:" + id + "@discord", "place:" + id + "@discord"}
		}},
		"nothing to go from": {false, []string{"discord"}, func(string) []string { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			b := newChannels(t, "slack")
			id := b.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
			if c.kept {
				if err := b.service.RecordPlace(t.Context(), b.place(id), "a", workflows.PlaceKept{ID: "C1"}, workflows.Sent{OK: true, At: b.clock.Now(), Frontend: "slack"}); err != nil {
					t.Fatal(err)
				}
				b.clock.now = b.clock.now.Add(2 * time.Minute) // what else was claimed by then is free again
			}
			b.claimed()
			b.again(c.places...)
			if got := b.claimed(); !slices.Equal(only(got, "place:", "card:"), c.want(string(id))) {
				t.Errorf("%q", got)
			}
		})
	}
}

// While a server of an older version is still running, what is reported by it gets its channel on
// the platform that it does not know; once, and nothing that is on its way is put forward by it.
func TestWhatAnOlderServerReportsGetsItsChannels(t *testing.T) {
	c := newChannels(t, "slack")
	older := c.service
	c.again("slack", "discord")
	newer := c.service
	c.service = older
	id := c.do("山本", "", incident.Report{Text: "画面が固まった", What: incident.KindVirus})
	c.service = newer
	own := c.do("佐藤", "", incident.Report{Text: "財布がない", What: incident.KindLoss})
	if keys := c.claimed(); slices.Contains(keys, "place:"+string(id)+"@discord") || !slices.Contains(keys, "place:"+string(own)+"@discord") {
		t.Fatalf("%q", keys)
	}
	today := time.Date(2026, 11, 24, 0, 0, 0, 0, incident.Tokyo)
	for range 2 {
		if err := newer.Tick(t.Context(), today); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"place:" + string(id) + "@discord", "card:" + string(id) + "@discord", "place:" + string(id) + "@discord"} // the card is pinned
	if keys := only(c.claimed(), "place:", "card:"); !slices.Equal(keys, want) {
		t.Errorf("%q, want %q", keys, want)
	}
	if err := newer.Tick(t.Context(), today); err != nil {
		t.Fatal(err)
	}
	if keys := only(c.claimed(), "place:", "card:"); keys != nil {
		t.Errorf("made again: %q", keys)
	}
}
