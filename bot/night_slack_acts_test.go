package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
)

// act does what a line says, as its person does it in Slack, and waits until he has seen the
// answer.
func (s *slackNight) act(ctx context.Context, line string) {
	name := s.called(line)
	before, n := s.surfacesOf(name), s.ear.count()
	switch {
	case fills.MatchString(line):
		m := fills.FindStringSubmatch(line)
		if why := s.fill(m[1], m[2]); why != "" {
			s.tell(1, "("+why+")")
			return
		}
		if s.account(m[1]).Submit() == nil {
			s.tell(1, "(Slack does not send it)")
			return
		}
	case types.MatchString(line):
		m := types.FindStringSubmatch(line)
		if why := s.fill(m[1], m[2]); why != "" {
			s.t.Fatalf("%q: %s", s.script, why)
		}
		return
	case presses.MatchString(line):
		m := presses.FindStringSubmatch(line)
		held := s.find(m[1], m[3], m[4], m[5])
		if m[2] != "" {
			s.held[m[1]] = held
			return
		}
		held.Press()
	case stale.MatchString(line):
		s.held[stale.FindStringSubmatch(line)[1]].Press()
	case again.MatchString(line):
		s.account(again.FindStringSubmatch(line)[1]).Repeat()
		s.slack.Wait("nobody is at the desk", func() bool { _, busy := s.ear.since(n); return !busy })
		return
	case pages.MatchString(line):
		m := pages.FindStringSubmatch(line)
		s.page(ctx, m[1], m[2])
		return
	case looks.MatchString(line):
		m := looks.FindStringSubmatch(line)
		s.lookAt(m[1], channelName(m[2]))
		return
	case speaks.MatchString(line):
		m := speaks.FindStringSubmatch(line)
		if why := refusedByClient(m[3]); why != "" {
			s.tell(1, "("+why+")")
			return
		}
		s.says(m[1], m[2], m[3])
	default:
		s.t.Fatalf("nobody understands %q", line)
	}
	s.answeredSince(n, before, name)
}

// called gives the whole name of whom a line begins with; a stranger gets an account.
func (s *slackNight) called(line string) string {
	name := strings.TrimSuffix(strings.Fields(line)[0], ":")
	for _, full := range s.names {
		if strings.HasPrefix(full, name) {
			return full
		}
	}
	n := len(s.names)
	s.names = append(s.names, name)
	s.accounts[name] = s.slack.AddUser(slacktest.User{
		ID: slackID(n), Name: name, RealName: name, Email: fmt.Sprintf("guest%d@example.co.jp", n), EmailConfirmed: true,
	})
	return name
}

func (s *slackNight) account(name string) *slacktest.Person { return s.accounts[s.called(name)] }

func slackID(n int) string { return fmt.Sprintf("U0NIGHT%02d", n+1) }

// writes reports whether somebody can write in an incident's channel.
func (s *slackNight) writes(name, channel string) bool {
	c, ok := s.slack.Channel(channelName(channel))
	return ok && !c.Archived && slices.Contains(c.Members, s.account(name).ID)
}

// says types a line where it can be typed. A window in the way is closed first, as Slack wants.
func (s *slackNight) says(name, id, text string) {
	p := s.account(name)
	s.closeWindows(p)
	word, isWord := strings.CutPrefix(text, "/")
	if rest, ok := strings.CutPrefix(word, "incident"); isWord && ok {
		word = strings.TrimSpace(rest)
	}
	channel := channelName(id)
	switch inside := id != "" && s.writes(name, id); {
	case isWord && (id == "" || inside):
		p.Slash(channel, word)
	case isWord:
		p.Slash("", id+" "+word)
	case id == "":
		p.DM(text)
	case inside && timed.MatchString(text):
		p.Slash(channel, "記録 "+text)
	case inside:
		p.React(channel, p.Post(channel, text), "pushpin")
	default:
		p.Slash("", id+" 記録 "+text)
	}
}

// timed is a note that says when it was: a message that is pointed at is never interpreted, so
// it is written with the word.
var timed = regexp.MustCompile(`^[0-9]{1,2}[:/][0-9]{2} |^[0-9]{1,2}/[0-9]{1,2} `)

// maxTyped is what Slack's clients take in a message; of more they want to make a snippet
// (Slack Help Center, "Send and read messages": 12,000 characters).
const maxTyped = 12000

// refusedByClient says why a line does not leave somebody's Slack client.
func refusedByClient(text string) string {
	switch {
	case utf8.RuneCountInString(text) > maxTyped:
		return "Slack wants to make a snippet of it"
	case text == "/じょうきょう":
		return "Slack knows no such command"
	}
	return ""
}

func (s *slackNight) closeWindows(p *slacktest.Person) {
	for p.Modal() != nil {
		p.CloseModal()
	}
}

// find finds a button: in the window that is open, else in the newest message that has it. Who
// is not in the channel has the incident's card shown first.
func (s *slackNight) find(name, id, label, beside string) *slacktest.Held {
	s.t.Helper()
	p := s.account(name)
	where := slacktest.Visible
	switch {
	case id == "" && p.CanPress(slacktest.InModal, label, beside):
		return p.Hold(slacktest.InModal, label, beside)
	case id != "" && s.writes(name, id):
		where = channelName(id)
	case id != "":
		full := s.called(name)
		before, n := s.surfacesOf(full), s.ear.count()
		s.says(name, id, "/状況")
		s.answeredSince(n, before, full)
	}
	s.closeWindows(p)
	return p.Hold(where, label, beside)
}

// fill types what a line says into the window that is open. What Slack's inputs cannot hold
// is not typed; why says so then.
func (s *slackNight) fill(name, text string) (why string) {
	s.t.Helper()
	p, form := s.account(name), s.open[s.called(name)]
	if form == nil || p.Modal() == nil {
		s.t.Fatalf("no window is open for %s at %q", name, s.script)
	}
	for pair := range strings.SplitSeq(text, "; ") {
		k, val, ok := strings.Cut(strings.TrimSpace(pair), ":")
		if !ok {
			continue
		}
		i := slices.IndexFunc(form.Inputs, func(in chat.Input) bool { return in.Name == k })
		if i < 0 {
			s.t.Fatalf("the form has no input %q at %q", k, s.script)
		}
		held, ok := s.holds(form.Inputs[i], strings.ReplaceAll(val, `\n`, "\n"))
		if !ok {
			why = "Slack has no way to enter " + pair
			continue
		}
		p.Fill(k, held)
	}
	return why
}

// holds gives a value as an input of Slack takes it.
func (s *stage) holds(in chat.Input, val string) (held string, ok bool) {
	switch in.Kind {
	case chat.Choice, chat.Choices:
		held = chosen(in, val)
		for part := range strings.SplitSeq(held, ",") {
			if part != "" && !slices.ContainsFunc(in.Options, func(o chat.Option) bool { return o.Value == part }) {
				return "", false
			}
		}
		return held, true
	case chat.DateTime:
		_, err := time.Parse("2006-01-02T15:04", val)
		return val, val == "" || err == nil
	case chat.Date:
		for _, layout := range []string{"2006-01-02", "2006/1/2", "1/2"} {
			if t, err := time.Parse(layout, val); err == nil {
				if t.Year() == 0 {
					t = t.AddDate(s.clock.Now().Year(), 0, 0)
				}
				return t.Format("2006-01-02"), true
			}
		}
		return "", val == ""
	}
	return val, true
}
