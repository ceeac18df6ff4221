package slack

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/chat/chattest"
	"hikeshi/bot/slack/slacktest"
)

func TestConformance(t *testing.T) {
	for name, way := range map[string]bool{"Socket Mode": overSocket, "HTTP": overHTTP} {
		t.Run(name, func(t *testing.T) {
			chattest.Run(t, func(t *testing.T, desk chat.Handler) chattest.Driver {
				w := slacktest.New(t)
				d := &driver{t: t, w: w, people: map[chat.UserID]*slacktest.Person{}}
				for _, id := range []string{"U1", "U2"} {
					d.people[userID(id)] = w.AddUser(slacktest.User{ID: id, Name: id, RealName: "利用者" + id, Email: id + "@example.jp"})
				}
				d.f = openDoor(t, w, &doorDesk{handle: desk.Handle}, way)
				kept, err := d.f.Keep(t.Context(), chat.Place{Channel: d.Channel(), Topic: "試験", Members: []chat.UserID{"slack:U1", "slack:U2"}})
				if err != nil || len(kept.Missing) > 0 {
					t.Fatalf("the channel: %+v, %v", kept, err)
				}
				t.Cleanup(func() {
					if wrong := w.Mistakes(); len(wrong) > 0 {
						t.Errorf("Slack refused: %q", wrong)
					}
				})
				return d
			})
		})
	}
}

// driver acts as people do in Slack.
type driver struct {
	t      *testing.T
	w      *slacktest.Workspace
	f      *Front
	people map[chat.UserID]*slacktest.Person
}

func (d *driver) Frontend() chat.Frontend          { return d.f }
func (d *driver) People() (one, other chat.UserID) { return "slack:U1", "slack:U2" }
func (d *driver) Channel() string                  { return "inc-2026-0001" }

// at is where somebody is: a channel, or his direct messages.
func (d *driver) at(who chat.UserID, channel string) string {
	if channel == "" {
		return d.people[who].Direct()
	}
	return channel
}

// after gives what is shown because of something: new messages, and the window on top.
func (d *driver) after(who chat.UserID, do func(p *slacktest.Person)) chattest.Shown {
	p := d.people[who]
	places := []string{p.Direct(), d.Channel()}
	before := map[string]int{}
	for _, at := range places {
		before[at] = len(p.Look(at))
	}
	do(p)
	idle(d.w, d.f)
	var s chattest.Shown
	for _, at := range places {
		for _, m := range p.Look(at)[before[at]:] {
			s.Text += m.Text() + "\n"
			s.Buttons = append(s.Buttons, m.Buttons()...)
		}
	}
	if m := p.Modal(); m != nil {
		s.Text += m.Text()
		s.Buttons = append(s.Buttons, m.Buttons()...)
		if m.CallbackID == viewForm {
			s.Form = d.form(m)
		}
	}
	return s
}

// form reads a form off a window. What is wrong stands before it, and before each question.
func (d *driver) form(m *slacktest.Modal) *chattest.ShownForm {
	out := &chattest.ShownForm{Title: m.Title}
	said := map[string]string{}
	var wrongs []string
	for _, b := range m.Blocks {
		block, _ := b.(map[string]any)
		id, _ := block["block_id"].(string)
		if text, _ := block["text"].(map[string]any); text != nil {
			if s, _ := text["text"].(string); strings.HasPrefix(s, wrong) {
				wrongs = append(wrongs, strings.TrimPrefix(s, wrong))
				continue
			}
		}
		if len(wrongs) > 0 {
			if block["type"] == "input" {
				said[id] = wrongs[len(wrongs)-1]
				wrongs = wrongs[:len(wrongs)-1]
			}
			out.Error += strings.Join(wrongs, "\n")
			wrongs = nil
		}
	}
	on, err := readSheet(m.Metadata)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, in := range m.Inputs {
		name, _, ok := inputOf(in.Block)
		if !ok {
			d.t.Errorf("the input %q has no name", in.Label)
		}
		value := in.Value
		if len(in.Values) > 0 {
			value = strings.Join(in.Values, ",")
		}
		out.Inputs = append(out.Inputs, chattest.ShownInput{Name: name, Label: in.Label, Value: value, Error: in.Error + said[in.Block]})
	}
	for name, value := range on.Fixed {
		out.Inputs = append(out.Inputs, chattest.ShownInput{Name: name, Value: value})
	}
	return out
}

func (d *driver) Say(who chat.UserID, channel, text string) chattest.Shown {
	return d.after(who, func(p *slacktest.Person) {
		line, command := strings.CutPrefix(text, slash)
		if command || channel != "" {
			p.Slash(d.at(who, channel), strings.TrimSpace(line))
		} else {
			p.DM(text)
		}
	})
}

func (d *driver) Press(who chat.UserID, channel, label string) chattest.Shown {
	return d.after(who, func(p *slacktest.Person) { p.Press(d.at(who, channel), label, "") })
}

func (d *driver) Fill(who chat.UserID, values chat.Values) chattest.Shown {
	return d.Send(who, values, "")
}

func (d *driver) Send(who chat.UserID, values chat.Values, input string, files ...chattest.ChosenFile) chattest.Shown {
	return d.after(who, func(p *slacktest.Person) {
		for name, value := range values {
			p.Fill(name, value)
		}
		for _, f := range files {
			p.Attach(input, f.Name, f.Bytes)
		}
		p.Submit()
	})
}

func (d *driver) Repeat(who chat.UserID) {
	d.people[who].Repeat()
	idle(d.w, d.f)
}

// Deliver waits as the courier does when Slack is not to be called yet.
func (d *driver) Deliver(what chat.Delivery) (chat.MessageID, error) {
	for {
		id, err := d.f.Send(d.t.Context(), what)
		later := (*chat.Later)(nil)
		if !errors.As(err, &later) {
			return id, err
		}
		if !pauseFor(context.Background(), later.Wait) {
			return "", err
		}
	}
}

func (d *driver) Look(who chat.UserID, channel string) chattest.Shown {
	var s chattest.Shown
	for _, m := range d.people[who].Look(d.at(who, channel)) {
		s.Text += m.Text() + "\n"
		s.Buttons = slices.Concat(s.Buttons, m.Buttons())
	}
	return s
}
