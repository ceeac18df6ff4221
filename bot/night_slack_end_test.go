package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// excused are refusals of Slack that say how things are, and no mistake of ours.
var excused = map[string]bool{
	"users.lookupByEmail: users_not_found": true, // an outside contact has no account
}

// asLeft checks what a night has left in Slack.
func (s *slackNight) asLeft() {
	for _, r := range s.slack.Refused() {
		if !excused[r] {
			s.t.Errorf("Slack refused %s", r)
		}
	}
	if lost := s.slack.Lost(); len(lost) > 0 {
		s.t.Errorf("never acknowledged: %q", lost)
	}
	if slowest := s.slack.Slowest(); slowest >= time.Second {
		s.t.Errorf("something was acknowledged after %v", slowest)
	}
	ctx := context.Background()
	ids, err := s.house.store.AllIDs(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	channels := map[string]slacktest.Channel{}
	for _, c := range s.slack.Channels() {
		channels[c.Name] = c
		if !c.Private {
			s.t.Errorf("%s is public", c.Name)
		}
		once(s.t, "#"+c.Name, c.Messages)
	}
	for _, name := range s.names {
		once(s.t, name, s.accounts[name].DMs())
	}
	if len(channels) != len(ids) {
		s.t.Errorf("%d channels for %d incidents", len(channels), len(ids))
	}
	for _, id := range ids {
		in, err := s.house.store.Incident(ctx, id)
		if err != nil {
			s.t.Fatal(err)
		}
		c, ok := channels[channelName(string(id))]
		if !ok {
			s.t.Errorf("%s has no channel", id)
			continue
		}
		s.channelAsLeft(ctx, in, c)
	}
}

func (s *slackNight) channelAsLeft(ctx context.Context, in *incident.Incident, c slacktest.Channel) {
	if !strings.Contains(c.Topic, in.Title) {
		s.t.Errorf("the topic of %s is %q, not %q", c.Name, c.Topic, in.Title)
	}
	if c.Archived != in.Phase.Ended() {
		s.t.Errorf("%s: archived %v, its incident has ended: %v", c.Name, c.Archived, in.Phase.Ended())
	}
	want := []string{s.slack.BotUser}
	for _, m := range in.Circle {
		p, ok := s.house.service.Contacts().Person(m.Person)
		if account := s.accounts[strings.ReplaceAll(p.Name, " ", "")]; ok && account != nil && in.InCircle(m.Person) {
			want = append(want, account.ID)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(c.Members)); !slices.Equal(got, want) {
		s.t.Errorf("in %s are %v, in the circle %v", c.Name, got, want)
	}
	if len(c.Pinned) != 1 {
		s.t.Errorf("%s has %d pinned messages", c.Name, len(c.Pinned))
		return
	}
	i := slices.IndexFunc(c.Messages, func(m slacktest.Message) bool { return m.TS == c.Pinned[0] })
	shown := c.Messages[i].Text()
	for _, part := range pieces(s.card(ctx, in.ID)) {
		if !strings.Contains(days.ReplaceAllString(shown, ""), days.ReplaceAllString(part, "")) {
			s.t.Errorf("the pinned card of %s does not say %q, but:\n%s", c.Name, part, shown)
		}
	}
}

// card is an incident's card as it is now.
func (s *stage) card(ctx context.Context, id incident.ID) chat.Card {
	messages, err := s.house.store.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range messages {
		if m.Kind == incident.NoticeCard {
			card, err := s.house.desk.Card(ctx, m)
			if err != nil {
				s.t.Fatal(err)
			}
			return card
		}
	}
	s.t.Fatalf("%s has no card", id)
	return chat.Card{}
}

// pieces are what a card says, piece by piece.
func pieces(c chat.Card) []string {
	out := []string{c.Title}
	for _, b := range c.Blocks {
		out = append(out, b.Heading)
		out = append(out, strings.Split(b.Text, "\n")...)
		for _, f := range b.Fields {
			out = append(out, f.Label)
			if f.At.IsZero() {
				out = append(out, strings.Split(f.Value, "\n")...)
			}
		}
		for _, i := range b.Items {
			out = append(out, strings.Split(i.Text, "\n")...)
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return strings.TrimSpace(s) == "" })
}

// once finds what came twice: a message with a key stands once in a place.
func once(t testing.TB, where string, messages []slacktest.Message) {
	seen := map[string]bool{}
	for _, m := range messages {
		if m.Key != "" && seen[m.Key] {
			t.Errorf("%s: %s came twice", where, m.Key)
		}
		seen[m.Key] = true
	}
}
