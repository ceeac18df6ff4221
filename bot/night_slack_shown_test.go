package main

import (
	"maps"
	"slices"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
)

// surfaces is everything that can be read now.
func (s *slackNight) surfaces() map[string]surface {
	all := map[string]surface{}
	for _, c := range s.slack.Channels() {
		for _, m := range c.Messages {
			all[c.ID+m.TS] = surface{"#" + c.Name, c.ID + m.TS, m.Key, m.Text(), false}
		}
	}
	for _, name := range s.names {
		maps.Copy(all, s.surfacesOf(name))
	}
	return all
}

// surfacesOf are those that only one person can read.
func (s *slackNight) surfacesOf(name string) map[string]surface {
	all := map[string]surface{}
	p := s.accounts[name]
	if m := p.Modal(); m != nil {
		id := "window/" + m.ID
		all[id] = surface{name, id, "", "〔" + m.Title + "〕\n" + strings.TrimPrefix(m.Text(), m.Title+"\n") + frame(m), true}
	}
	for _, m := range s.messagesOf(p) {
		if m.User != p.ID { // not what he wrote himself
			all[m.Channel+m.TS] = surface{name, m.Channel + m.TS, m.Key, m.Text(), m.Ephemeral || m.Key == ""}
		}
	}
	return all
}

// messagesOf are somebody's direct messages, and what only he is shown elsewhere.
func (s *slackNight) messagesOf(p *slacktest.Person) []slacktest.Message {
	return s.settled(append(p.DMs(), p.Whispers()...))
}

// settled leaves out that a command has come in: it may be read before the answer or after it.
func (s *slackNight) settled(messages []slacktest.Message) []slacktest.Message {
	received := s.house.say("ja", "slack.received")
	return slices.DeleteFunc(messages, func(m slacktest.Message) bool { return m.Text() == received })
}

func frame(m *slacktest.Modal) string {
	if m.Submit == "" {
		return ""
	}
	return "\n〔" + m.Submit + "〕"
}

func (s *slackNight) until(cond func() bool) bool { return s.slack.Until(cond) }

func (s *slackNight) refused() []string { return s.slack.Refused() }

func (s *slackNight) userOf(name string) chat.UserID {
	return chat.UserID("slack:" + s.accounts[name].ID)
}

// mustRead is how an answer's cards begin, the form's title and what is wrong in it.
func (s *slackNight) mustRead(r chat.Reply) []string {
	out := saidInCards(r)
	if r.Form != nil {
		out = append(append(out, "〔"+r.Form.Title+"〕"), wrongInForm(r.Form)...)
	}
	return out
}

// lookAt tells what stands in somebody's messages or in a channel. Who looks at his messages
// opens the Home tab, too.
func (s *slackNight) lookAt(name, channel string) {
	p := s.account(name)
	if channel == "" {
		p.OpenHome()
		p.Wait("the Home tab", func() bool { return p.HomeView() != nil })
	}
	messages := s.messagesOf(p)
	if channel != "" {
		messages = s.settled(p.Look(channel))
	}
	for _, m := range messages {
		first, _, _ := strings.Cut(m.Text(), "\n")
		s.tell(1, first+" "+strings.Join(m.Buttons(), " "))
	}
}
