package main

import (
	"slices"
	"strings"

	"hikeshi/bot/slack/slacktest"
	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// card is the incident's card, which is pinned in its channel.
func (c *slackCrash) card() slacktest.Message {
	c.t.Helper()
	ch, _ := c.w.Channel(c.channel())
	if len(ch.Pinned) != 1 {
		c.t.Fatalf("pinned in %s: %q", ch.Name, ch.Pinned)
	}
	i := slices.IndexFunc(ch.Messages, func(m slacktest.Message) bool { return m.TS == ch.Pinned[0] })
	return ch.Messages[i]
}

// asLeft checks what stands in Slack in the end, beside what the database says about it.
func (c *slackCrash) asLeft(incidents int, m moment) {
	t, ctx := c.t, c.t.Context()
	t.Helper()
	s, err := store.Open(ctx, c.url, store.WithReadOnly())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if v, err := workflows.Verify(ctx, s); err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v.Breaches, err)
	}
	ids, err := s.AllIDs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	people, _, err := s.Contacts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	channels := c.w.Channels()
	want := incidents
	if m.direct {
		want = 0
	}
	if len(ids) != incidents || len(channels) != want {
		t.Errorf("%d incidents and %d channels, want %d and %d", len(ids), len(channels), incidents, want)
	}
	stands := c.standing(channels)
	for _, id := range ids {
		in, err := s.Incident(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.Messages(ctx, workflows.MessageQuery{Incident: id, All: true, Places: true})
		if err != nil {
			t.Fatal(err)
		}
		c.arrived(list, people, stands)
		if !slices.ContainsFunc(list, func(m workflows.Message) bool { return m.Kind == incident.NoticePage }) {
			t.Errorf("nobody was called to %s", id)
		}
		if !m.direct {
			c.channelLeft(in, list, people, m.ended)
		}
	}
	for _, p := range people {
		list, err := s.Messages(ctx, workflows.MessageQuery{Person: p.ID})
		if err != nil {
			t.Fatal(err)
		}
		c.arrived(slices.DeleteFunc(list, func(m workflows.Message) bool { return m.Incident != "" }), people, stands)
	}
	// What the database knows nothing of is there a second time.
	for where, key := range stands {
		if key != "" {
			t.Errorf("%s (%s) is known to nobody", where, key)
		}
	}
	if mistakes := c.w.Mistakes(); len(mistakes) > 0 {
		t.Errorf("Slack refused %q", mistakes)
	}
}

// standing is what the program has sent, by where it stands: messages with their keys, and
// files.
func (c *slackCrash) standing(channels []slacktest.Channel) map[string]string {
	stands := map[string]string{}
	add := func(where string, messages []slacktest.Message) {
		once(c.t, where, messages)
		for _, m := range messages {
			if m.Key != "" {
				stands[m.Channel+":"+m.TS] = m.Key
			}
		}
	}
	for _, ch := range channels {
		add("#"+ch.Name, ch.Messages)
	}
	for _, id := range c.everybody() {
		add(id, c.w.Person(id).DMs())
	}
	names := map[string]bool{}
	for _, f := range c.w.Files() {
		if len(f.Channels) != 1 || names[f.Name] {
			c.t.Errorf("%s stands in %q, or is there twice", f.Name, f.Channels)
		}
		names[f.Name] = true
		for _, ch := range f.Channels {
			stands[ch+":"+f.ID] = "file " + f.Name
		}
	}
	return stands
}

// arrived checks that each message stands where the database says, and takes
// it from what stands there.
func (c *slackCrash) arrived(list []workflows.Message, people []contact.Person, stands map[string]string) {
	for _, m := range list {
		if m.State != workflows.MessageSent {
			c.t.Errorf("%s is %s: %s", m.Key, m.State, m.Error)
			continue
		}
		if m.Kind == incident.NoticePlace {
			continue
		}
		for where := range strings.SplitSeq(m.Sent, ",") {
			key, there := stands[where]
			conversation, _, _ := strings.Cut(where, ":")
			if to := c.account(people, m.To); !there || to != "" && c.w.Person(to).Direct() != conversation {
				c.t.Errorf("%s does not stand where it should, in %q", m.Key, where)
			}
			// Several pages may be one message, under the key of the first.
			if key != "" && key != m.Key && m.Joined == 0 && !strings.HasPrefix(key, "file ") {
				c.t.Errorf("in %s stands %s, not %s", where, key, m.Key)
			}
			if there {
				stands[where] = ""
			}
		}
	}
}

// account is somebody's Slack account.
func (c *slackCrash) account(people []contact.Person, who incident.PersonID) string {
	for _, p := range people {
		switch {
		case p.ID != who:
		case p.SlackID != "":
			return p.SlackID
		default:
			return "U0" + strings.ToUpper(strings.TrimSuffix(p.Email, "@example.co.jp"))
		}
	}
	return strings.TrimPrefix(string(who), "slack:")
}

func (c *slackCrash) channelLeft(in *incident.Incident, list []workflows.Message, people []contact.Person, ended bool) {
	t := c.t
	ch, ok := c.w.Channel(channelName(string(in.ID)))
	if !ok {
		t.Errorf("%s has no channel", in.ID)
		return
	}
	if !ch.Private || ch.Creator != c.w.BotUser || ch.Archived != ended || !strings.Contains(ch.Topic, in.Title) {
		t.Errorf("%s: private %v, of %s, archived %v, about %q", ch.Name, ch.Private, ch.Creator, ch.Archived, ch.Topic)
	}
	members := []string{c.w.BotUser}
	for _, m := range in.Circle {
		if in.InCircle(m.Person) {
			members = append(members, c.account(people, m.Person))
		}
	}
	slices.Sort(members)
	if got := slices.Sorted(slices.Values(ch.Members)); !slices.Equal(got, slices.Compact(members)) {
		t.Errorf("in %s are %v, in the circle %v", ch.Name, got, members)
	}
	i := slices.IndexFunc(list, func(m workflows.Message) bool { return m.Kind == incident.NoticeCard })
	if i < 0 || len(ch.Pinned) != 1 || list[i].Sent != ch.ID+":"+ch.Pinned[0] {
		t.Errorf("pinned in %s is %q", ch.Name, ch.Pinned)
	}
	titles := map[string]bool{}
	for _, b := range ch.Bookmarks {
		if titles[b.Title] {
			t.Errorf("%s is a bookmark of %s twice", b.Title, ch.Name)
		}
		titles[b.Title] = true
	}
	if len(titles) == 0 {
		t.Errorf("%s has no bookmarks", ch.Name)
	}
}

func (c *slackCrash) everybody() []string {
	return append([]string{crashReporter, crashLead, crashAdmin, crashBoss, "U0TAKAHASHI"}, c.crowd...)
}
