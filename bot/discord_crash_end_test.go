package main

import (
	"slices"
	"strings"

	"hikeshi/bot/discord/discordtest"
	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// card is the incident's card, which is pinned in its channel.
func (c *discordCrash) card() discordtest.Message {
	c.t.Helper()
	ch, _ := c.g.Channel(c.room())
	i := slices.IndexFunc(ch.Messages, func(m discordtest.Message) bool { return m.Pinned && len(m.Embeds) > 0 })
	if i < 0 {
		c.t.Fatalf("pinned in %s: %q", ch.Name, ch.Pinned)
	}
	return ch.Messages[i]
}

// asLeft checks what stands on Discord in the end, beside what the database says about it.
func (c *discordCrash) asLeft(incidents int, m discordMoment) {
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
	rooms := c.rooms()
	want := incidents
	if m.direct {
		want = 0
	}
	if len(ids) != incidents || len(rooms) != want {
		t.Errorf("%d incidents and %d channels, want %d and %d", len(ids), len(rooms), incidents, want)
	}
	c.sharedOnce()
	stands := c.standing(rooms)
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
			c.roomLeft(in, list, people, m)
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
	for where, text := range stands {
		if text != "" {
			t.Errorf("%s is known to nobody:\n%s", where, text)
		}
	}
	if mistakes := c.g.Mistakes(); len(mistakes) > 0 {
		t.Errorf("Discord refused %q", mistakes)
	}
}

// sharedOnce checks that what several incidents share is there once: the categories, and the
// channel for threads.
func (c *discordCrash) sharedOnce() {
	names := map[string]bool{}
	for _, ch := range c.g.Channels() {
		if ch.Kind == discordtest.Category || ch.Kind == discordtest.Text && ch.Name != "filler" {
			if names[ch.Name] {
				c.t.Errorf("%s is there twice", ch.Name)
			}
			names[ch.Name] = true
		}
	}
}

// standing is what the program has sent, by where it stands. What it was asked for by somebody,
// and gave him in his direct messages, goes under no key.
func (c *discordCrash) standing(rooms []discordtest.Channel) map[string]string {
	stands := map[string]string{}
	links := spoken("discord.keep.links")
	add := func(where string, messages []discordtest.Message) {
		onceOnDiscord(c.t, where, messages)
		shown := map[string]bool{}
		for _, m := range messages {
			switch {
			case m.Author != c.g.BotID() || m.Nonce == "" || m.OnlyFor != "":
				continue
			case strings.HasPrefix(m.Content, "**"+links):
				if shown[links] {
					c.t.Errorf("the links of %s are there twice", where)
				}
				shown[links] = true
				continue
			}
			stands[m.Channel+"/"+m.ID] = m.Text()
		}
	}
	for _, ch := range rooms {
		add("#"+ch.Name, ch.Messages)
	}
	for _, p := range c.everybody() {
		add(p.ID, p.DMs())
	}
	return stands
}

// arrived checks that each message stands where the database says, and takes it from what stands
// there.
func (c *discordCrash) arrived(list []workflows.Message, people []contact.Person, stands map[string]string) {
	leftOver := c.leftOver()
	for _, m := range list {
		if leftOver[m.ID] && m.Sent == "" {
			continue
		}
		if m.State != workflows.MessageSent && !leftOver[m.ID] {
			c.t.Errorf("%s is %s: %s", m.Key, m.State, m.Error)
			continue
		}
		if m.Kind == incident.NoticePlace {
			continue
		}
		for where := range strings.SplitSeq(m.Sent, ",") {
			_, there := stands[where]
			conversation, _, _ := strings.Cut(where, "/")
			if to := c.account(people, m.To); !there || to != "" && c.g.Person(to).Direct() != conversation {
				c.t.Errorf("%s does not stand where it should, in %q", m.Key, where)
			}
			if there {
				stands[where] = ""
			}
		}
	}
}

// account is somebody's account on Discord.
func (c *discordCrash) account(people []contact.Person, who incident.PersonID) string {
	for _, p := range people {
		if p.ID == who {
			return p.DiscordID
		}
	}
	return strings.TrimPrefix(string(who), "discord:")
}

func (c *discordCrash) roomLeft(in *incident.Incident, list []workflows.Message, people []contact.Person, m discordMoment) {
	t := c.t
	ch, ok := c.g.Channel(channelName(string(in.ID)))
	if !ok {
		t.Errorf("%s has no channel", in.ID)
		return
	}
	if thread := ch.Kind == discordtest.PrivateThread; thread != m.threads || !thread && !strings.Contains(ch.Topic, in.Title) {
		t.Errorf("%s: of the kind %d, about %q", ch.Name, ch.Kind, ch.Topic)
	}
	belongs := map[string]bool{}
	for _, m := range in.Circle {
		if in.InCircle(m.Person) {
			belongs[c.account(people, m.Person)] = true
		}
	}
	for _, p := range c.everybody() {
		if sees := c.g.CanSee(p.ID, ch.ID); sees != belongs[p.ID] {
			t.Errorf("%s sees %s: %v, is in the circle: %v", p.ID, ch.Name, sees, belongs[p.ID])
		}
		if belongs[p.ID] && p.CanWrite(ch.ID) == m.ended {
			t.Errorf("%s is over: %v; %s can write in %s: %v", in.ID, m.ended, p.ID, ch.Name, !m.ended)
		}
	}
	i := slices.IndexFunc(list, func(m workflows.Message) bool { return m.Kind == incident.NoticeCard })
	if i < 0 || len(ch.Pinned) != 2 || !slices.Contains(ch.Pinned, strings.TrimPrefix(list[i].Sent, ch.ID+"/")) {
		t.Errorf("pinned in %s is %q", ch.Name, ch.Pinned)
	}
}
