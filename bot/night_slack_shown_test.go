package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows/incident"
)

// surface is something that can be read in Slack: a message, or a window.
type surface struct {
	who   string // a person's name, or the channel's
	id    string
	order string // among those that came together
	text  string
	own   bool // for this person only, in answer
}

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

// answeredSince waits until everything that was asked since is answered, and the answers can
// be read by those who asked.
func (s *slackNight) answeredSince(n int, before map[string]surface, name string) {
	s.t.Helper()
	var unseen []string
	done := s.slack.Until(func() bool {
		list, busy := s.ear.since(n)
		unseen = nil
		if busy || len(list) == 0 {
			unseen = []string{"the desk"}
			return false
		}
		now := s.surfacesOf(name)
		for _, h := range list {
			for _, title := range said(h.reply) {
				if !slices.ContainsFunc(slices.Collect(maps.Values(now)), func(f surface) bool {
					return f.own && before[f.id].text != f.text && strings.Contains(f.text, title)
				}) {
					unseen = append(unseen, title)
				}
			}
		}
		return len(unseen) == 0
	})
	list, _ := s.ear.since(n)
	if !done {
		for _, h := range list {
			s.t.Logf("asked %+v\nanswered %+v", h.request, h.reply)
		}
		for _, f := range s.surfacesOf(name) {
			if before[f.id].text != f.text {
				s.t.Logf("%s reads:\n%s", f.who, f.text)
			}
		}
		s.t.Fatalf("%q: nobody is shown %q; Slack refused %q", s.script, unseen, s.slack.Refused())
	}
	for _, h := range list {
		if s.accounts[name].ID != slackUserOf(h.who) {
			s.t.Errorf("%q was asked by %s", s.script, h.who)
		}
		if h.reply.Form != nil {
			s.open[name] = h.reply.Form
		}
		if len(h.reply.Cards) == 0 && h.reply.Form == nil {
			s.t.Errorf("%q is answered with nothing", s.script)
		}
	}
}

func slackUserOf(u chat.UserID) string { return strings.TrimPrefix(string(u), "slack:") }

// said is what must be read of an answer: how its cards begin, the form's title and errors.
func said(r chat.Reply) []string {
	begins := func(s string) string {
		if r := []rune(strings.TrimSpace(s)); len(r) > 60 {
			return string(r[:60])
		}
		return strings.TrimSpace(s)
	}
	var out []string
	for _, c := range r.Cards {
		switch {
		case c.Title != "":
			out = append(out, begins(c.Title))
		case len(c.Blocks) > 0:
			first, _, _ := strings.Cut(c.Blocks[0].Text, "\n")
			out = append(out, begins(first))
		}
	}
	if f := r.Form; f != nil {
		out = append(out, "〔"+f.Title+"〕")
		for _, in := range f.Inputs {
			if in.Error != "" {
				out = append(out, begins(in.Error))
			}
		}
	}
	return out
}

// tellSlack tells what has come or changed in Slack since it was last told: answers first,
// then what was brought to people, then the channels.
func (s *slackNight) tellSlack(timed int) {
	now := s.surfaces()
	var fresh []surface
	for id, f := range now {
		if s.told[id] != f.text {
			fresh = append(fresh, f)
		}
	}
	rank := func(f surface) int {
		if i := slices.Index(s.names, f.who); i >= 0 && f.own {
			return i
		} else if i >= 0 {
			return 1000 + i
		}
		return 2000
	}
	slices.SortFunc(fresh, func(a, b surface) int {
		if r := rank(a) - rank(b); r != 0 {
			return r
		}
		return strings.Compare(a.who+"\x00"+a.order+"\x00"+a.id, b.who+"\x00"+b.order+"\x00"+b.id)
	})
	if timed > 0 && len(fresh) > 0 {
		s.tell(0, s.clock.Now().In(incident.Tokyo).Format("15:04"))
	}
	for _, f := range fresh {
		if m := unsaid.FindString(messageLinks.ReplaceAllString(f.text, "")); m != "" && !strings.Contains(s.script, m) {
			s.t.Errorf("%q shows %q, which is no text for people", s.script, m)
		}
		old, known := s.told[f.id]
		arrow := " ⇐ "
		if f.own {
			arrow = " ← "
		}
		lines := strings.Split(messageLinks.ReplaceAllString(f.text, "${1}(message)"), "\n")
		if known {
			arrow = " ↻ "
			was := strings.Split(messageLinks.ReplaceAllString(old, "${1}(message)"), "\n")
			lines = append(lines[:1:1], slices.DeleteFunc(slices.Clone(lines[1:]), func(l string) bool { return slices.Contains(was, l) })...)
		}
		s.tell(1, f.who+arrow+strings.Join(lines, "\n        "))
	}
	for id := range s.told { // a window that was closed is new when it opens again
		if _, there := now[id]; !there {
			delete(s.told, id)
		}
	}
	for id, f := range now {
		s.told[id] = f.text
	}
}

// messageLinks lead to a message by a time that counts everything that happened.
var messageLinks = regexp.MustCompile(`(https://[a-z.]+/archives/)[A-Z0-9]+/p[0-9]+`)

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
