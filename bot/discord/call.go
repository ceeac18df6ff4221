package discord

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

const (
	// vacating is how often it is asked whether somebody who was left out of an incident is out of
	// its channel, vacatingPause what lies between: no other try of a call follows.
	vacating      = 4
	vacatingPause = time.Second
)

// callInChannel calls somebody whom direct messages do not reach by a mention in the incident's
// own channel, where he is in it. The courier takes the next means all the same. What is about
// several incidents is shown in the channel of none: there he is only called.
func (s *sender) callInChannel(ctx context.Context, user string, d chat.Delivery) {
	for _, part := range partsOf(d) {
		s.callIn(ctx, user, d, part)
	}
}

// updateCalls brings up to date how somebody was called in channels, where he is reached by now.
func (s *sender) updateCalls(ctx context.Context, user string, d chat.Delivery) {
	for _, part := range partsOf(d) {
		if b, err := s.config.Memory.Recall(ctx, "sent/"+callKey(user, part)); err == nil && b != nil {
			s.callIn(ctx, user, d, part)
		}
	}
}

// partsOf are the pages of a delivery, by their incidents.
func partsOf(d chat.Delivery) []chat.Part {
	if d.About != "" {
		return []chat.Part{{Key: d.Key, About: d.About}}
	}
	return d.Parts
}

// callKey is the key of a call in the channel of an incident.
func callKey(user string, part chat.Part) string {
	return keyOf(strings.ToLower(part.About), part.Key+" "+user, "")
}

// callIn calls somebody in the channel of one incident, with the page if it is of this one alone. A
// call that stands there already is brought up to date.
func (s *sender) callIn(ctx context.Context, user string, d chat.Delivery, part chat.Part) {
	channel := strings.ToLower(part.About)
	p, err := s.recallPlace(ctx, channel)
	if err != nil || p.ID == "" || p.Archived || p.Ended || !p.Safe || p.Stays || !p.Leaving.IsZero() || !slices.Contains(p.Invited, user) || !slices.Contains(p.Members, user) {
		return
	}
	if lost, err := s.lost(ctx, p.ID); err != nil || lost {
		return
	}
	if doubted, _ := s.doubted(p.ID); doubted {
		return
	}
	if err = s.vacated(ctx, channel); err == nil {
		err = s.sayCall(ctx, p.ID, user, d, part)
	}
	if err != nil {
		s.config.Log.Warn("somebody whom direct messages do not reach could not be called in the channel", "component", "discord", "error", err)
	}
}

func (s *sender) sayCall(ctx context.Context, id, user string, d chat.Delivery, part chat.Part) error {
	person := "<@" + user + ">"
	said := payload{Embeds: []*discordgo.MessageEmbed{}, Components: []discordgo.MessageComponent{}}
	if d.About != "" {
		said = s.payload(d.Card)
		said.Content = s.draw.say("discord.draw.called", "person", person) + "\n" + said.Content
	} else {
		said.Content = s.draw.say("discord.draw.called_bare", "person", person)
	}
	said.Mentions = mentions{Parse: []string{}, Users: []string{user}}
	l := lineOf(d)
	l.patience = max(l.patience, 2*time.Second) // no other try follows
	key := callKey(user, part)
	earlier, err := s.find(ctx, id, key, []payload{said}, l)
	if err != nil {
		earlier = "" // the nonce says the same for some minutes
	}
	if earlier != "" {
		if err := s.update(ctx, id, earlier, said, l); !replaced(err) {
			return err
		}
		key = keyOf(id, key, earlier)
	}
	switch {
	case d.Urgent && d.Document == nil:
		_, err := s.post(ctx, id, key, said, nil, l)
		return err
	case earlier != "":
		return nil // it is over, and somebody took away what was said of it
	}
	// What he can do about it is said once.
	once := "unreached " + user
	if told, err := s.kept(ctx, strings.ToLower(part.About)+" "+once); err != nil || told != "" {
		return err
	}
	s.note(strings.ToLower(part.About)+" "+once, "told")
	said.Content = s.draw.say("discord.draw.unreached", "person", person)
	said.Embeds, said.Components = []*discordgo.MessageEmbed{}, []discordgo.MessageComponent{}
	_, err = s.post(ctx, id, keyOf(id, once, ""), said, nil, l)
	return err
}

// vacated waits a moment for those to be taken out of a channel who were left out of its incident.
func (s *sender) vacated(ctx context.Context, channel string) error {
	if s.config.Vacated == nil {
		return nil
	}
	for n := 1; ; n++ {
		err := s.config.Vacated(ctx, channel)
		later := (*chat.Later)(nil)
		if !errors.As(err, &later) || n == vacating || !pauseFor(ctx, vacatingPause) {
			return err
		}
	}
}
