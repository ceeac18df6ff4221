package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// One guest reports again and again: no report is refused, the first ring everybody, further ones
// within the hour the lead alone, who is told so with what to do. Whoever is on the contact list
// is never held back, as long as he is recognised.
func TestOneGuestDoesNotRingEverybodyAgainAndAgain(t *testing.T) {
	for lang, says := range map[string]string{"ja": "1時間以内に%d件目の報告です", "en": "report number %d within an hour"} {
		t.Run(lang, func(t *testing.T) {
			b := newCalls(t, lang)
			n := 0
			report := func(from chat.UserID) *incident.Incident {
				t.Helper()
				n++
				b.must(b.ask(chat.Request{Kind: chat.Said, From: from, Name: "客", Text: fmt.Sprintf("/incident 画面がおかしい その%d", n)}))
				return b.incident(incident.ID(fmt.Sprintf("INC-2026-%04d", n)))
			}
			called := func(in *incident.Incident) (names []string) {
				for _, pg := range in.Pages {
					names = append(names, b.service.Name(in, pg.Person))
				}
				slices.Sort(names)
				return names
			}
			all := called(report(stranger))
			if len(all) < 2 {
				t.Fatalf("the first calls %v", all)
			}
			for range incident.FreeReports - 1 {
				if got := called(report(stranger)); !slices.Equal(got, all) {
					t.Errorf("report %d calls %v, want %v", n, got, all)
				}
			}
			for range 3 {
				in := report(stranger)
				want := fmt.Sprintf(says, n)
				lead := b.service.Contacts().Chain(incident.IncidentLead, "")[0]
				if len(in.Pages) != 1 || in.Pages[0].Person != lead || !in.Curbed() {
					t.Fatalf("report %d calls %v", n, called(in))
				}
				if card, err := b.desk.Card(ctx, b.called(in.ID, "佐藤", incident.ByChat)); err != nil || !strings.Contains(showCard(card), want) {
					t.Errorf("the lead reads %v\n%s", err, showCard(card))
				}
				if text := b.everything("佐藤", in.ID); !strings.Contains(text, want) {
					t.Errorf("the card does not say %q", want)
				}
			}
			// Somebody of the company, though as often.
			for range incident.FreeReports + 2 {
				if in := report(b.user("山本")); len(in.Pages) <= len(all) || in.Frequent != 0 { // his department's lead, too
					t.Errorf("report %d of an employee calls %v", n, called(in))
				}
			}
			// Another guest is another person; and the hour goes by.
			if got := called(report("slack:U0OTHER")); !slices.Equal(got, all) {
				t.Errorf("another guest's calls %v", got)
			}
			b.clock.move(incident.FrequentWithin + time.Minute)
			if got := called(report(stranger)); !slices.Equal(got, all) {
				t.Errorf("an hour later %v are called, want %v", got, all)
			}
			// The lead takes it, and reads whom his answer has not called; then he says that there is
			// something to it, each time in another way.
			for i, judge := range []func(*incident.Incident) incident.Command{
				func(*incident.Incident) incident.Command {
					return incident.SetLevel{Level: incident.Level2, Reason: "x"}
				},
				func(*incident.Incident) incident.Command {
					return incident.SetFacts{Facts: incident.Facts{incident.FactBusinessStopped: incident.Yes}}
				},
				func(in *incident.Incident) incident.Command {
					open := slices.IndexFunc(in.Steps, func(s incident.StepState) bool { return !s.Settled() })
					return incident.DoStep{Step: in.Steps[open].Key}
				},
			} {
				nth := incident.FreeReports + 1 + i
				id, said := incident.ID(fmt.Sprintf("INC-2026-%04d", nth)), fmt.Sprintf(says, nth)
				b.do("佐藤", id, incident.Take{})
				if in := b.incident(id); !in.Curbed() || len(in.Pages) != 1 || !strings.Contains(b.everything("佐藤", id), said) {
					t.Errorf("taken, %v are called", called(in))
				}
				command := judge(b.incident(id))
				b.do("佐藤", id, command)
				if in := b.incident(id); in.Curbed() || !slices.Equal(called(in), all) || strings.Contains(b.everything("佐藤", id), said) {
					t.Errorf("after %s %v are called, want %v", command.Word(), called(in), all)
				}
			}
		})
	}
}
